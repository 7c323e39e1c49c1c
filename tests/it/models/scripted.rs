//! A model's server that says what a script says, in every wire format: on loopback, with faults, and strict about what
//! it is sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use greenloop::model::provider::{Dialect, KeySource, Model, Vendor};
use serde_json::{Value, json};

use super::format;

/// One answer, the same for every wire format.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub text: String,
    /// Name and arguments.
    pub calls: Vec<(String, Value)>,
    pub ends: Ends,
    pub usage: (u64, u64),
    /// Instead of an answer.
    pub refused: Option<(u16, String)>,
    pub headers: Vec<(String, String)>,
    pub how: How,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ends {
    #[default]
    Well,
    Length,
    Refusal,
    /// The request does not fit the window.
    Overflow,
}

/// How it comes over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum How {
    #[default]
    Whole,
    /// So many bytes at a time, through characters and events.
    Drip(usize),
    /// The connection is cut in the middle.
    Cut,
    /// The answer ends in the middle as if it were whole.
    Short,
    /// Something in the middle is no JSON.
    Garbled,
    /// The middle is reached and nothing more comes.
    Hang,
}

impl Reply {
    pub fn text(text: &str) -> Reply {
        Reply { text: text.to_owned(), usage: (100, 7), ..Reply::default() }
    }

    pub fn call(name: &str, arguments: Value) -> Reply {
        Reply::text("").and(name, arguments)
    }

    pub fn and(mut self, name: &str, arguments: Value) -> Reply {
        self.calls.push((name.to_owned(), arguments));
        self
    }

    pub fn ending(self, ends: Ends) -> Reply {
        Reply { ends, ..self }
    }

    pub fn coming(self, how: How) -> Reply {
        Reply { how, ..self }
    }

    pub fn status(status: u16, body: &str) -> Reply {
        Reply { refused: Some((status, body.to_owned())), ..Reply::default() }
    }

    pub fn with_header(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub dialect: Dialect,
    pub body: Value,
    /// By small names.
    pub headers: Vec<(String, String)>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn is_streamed(&self) -> bool {
        self.body["stream"] == true
    }
}

type Answers = dyn FnMut(&Seen) -> Reply + Send;

/// Ends when dropped; then every request must have been well formed.
pub struct Scripted {
    port: u16,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    answers: Mutex<Box<Answers>>,
    seen: Mutex<Vec<Seen>>,
    faults: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl Scripted {
    /// Answers one request after the other; with more requests than replies, an error that nobody tries again.
    pub fn start(replies: Vec<Reply>) -> Scripted {
        let mut replies = replies.into_iter();
        let over = || Reply::status(418, r#"{"error":{"message":"the script is over"}}"#);
        Self::start_with(move |_| replies.next().unwrap_or_else(over))
    }

    /// Answers as `answers` says for each request; needed where several come at once.
    pub fn start_with(answers: impl FnMut(&Seen) -> Reply + Send + 'static) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            answers: Mutex::new(Box::new(answers)),
            seen: Mutex::default(),
            faults: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let theirs = shared.clone();
        let listening = std::thread::spawn(move || {
            let mut talks = Vec::new();
            while let Ok((stream, _)) = listener.accept() {
                if theirs.over.load(Ordering::SeqCst) {
                    break;
                }
                let shared = theirs.clone();
                talks.push(std::thread::spawn(move || shared.talk(stream)));
            }
            talks.into_iter().for_each(|talk| drop(talk.join()));
        });
        Scripted { port, shared, listening: Some(listening) }
    }

    pub fn url(&self, dialect: Dialect) -> String {
        let version = if dialect == Dialect::Ollama { "" } else { "/v1" };
        format!("http://127.0.0.1:{}{version}", self.port)
    }

    /// A model of this server as `greenloop.toml` would name it, without a key.
    pub fn model(&self, dialect: Dialect) -> Model {
        Model {
            name: "scripted".to_owned(),
            vendor: Vendor::Custom,
            dialect,
            url: self.url(dialect),
            model: "scripted-1".to_owned(),
            key: KeySource::None,
            window: 32_768,
            output_max: 4_096,
            idle_ms: 20_000,
            stream: true,
            prices: None,
            of_project: false,
        }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes who listens.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        self.listening.take().into_iter().for_each(|thread| drop(thread.join()));
        let faults = self.shared.faults.lock().unwrap();
        if !std::thread::panicking() {
            assert!(faults.is_empty(), "requests were not well formed: {faults:?}");
        }
    }
}

impl Shared {
    fn talk(&self, stream: TcpStream) {
        let Some(seen) = receive(&stream) else { return };
        self.faults.lock().unwrap().extend(format::unpaired(&seen));
        let reply = (self.answers.lock().unwrap())(&seen);
        self.seen.lock().unwrap().push(seen.clone());
        // Who is gone hears nothing.
        drop(send(stream, &seen, &reply));
    }
}

fn receive(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.split('?').next()?.to_owned();
    let dialect = match path.as_str() {
        "/v1/chat/completions" => Dialect::Chat,
        "/v1/responses" => Dialect::Responses,
        "/v1/messages" => Dialect::Messages,
        "/api/chat" => Dialect::Ollama,
        _ => return None,
    };
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { dialect, body: serde_json::from_slice(&body).ok()?, headers })
}

fn send(mut stream: TcpStream, seen: &Seen, reply: &Reply) -> std::io::Result<()> {
    let overflow = (reply.ends == Ends::Overflow).then(|| (400, format::overflow(seen.dialect)));
    let (status, kind, bytes) = match reply.refused.clone().or(overflow) {
        Some((status, body)) => (status, "application/json", body.into_bytes()),
        None => (200, format::content_type(seen), format::bytes(seen, reply)),
    };
    let mut head = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n"
    );
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    let middle = bytes.len() / 2;
    let sent = match reply.how {
        How::Whole | How::Drip(_) | How::Garbled => bytes.as_slice(),
        How::Cut | How::Short | How::Hang => &bytes[..middle],
    };
    let size = if let How::Drip(size) = reply.how { size } else { 1_000_000 };
    for chunk in sent.chunks(size) {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes())?;
        stream.write_all(chunk)?;
        stream.write_all(b"\r\n")?;
        stream.flush()?;
    }
    match reply.how {
        How::Cut => Ok(()),
        // Until the other side has enough of it.
        How::Hang => stream.read_to_end(&mut Vec::new()).map(drop),
        _ => stream.write_all(b"0\r\n\r\n"),
    }
}

/// Nothing in particular, for tests that need some arguments.
pub fn path(path: &str) -> Value {
    json!({ "path": path })
}
