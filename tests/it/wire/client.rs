//! A client that talks to the real server process, claims every message and waits for nothing without a deadline.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::model::{Direction, Model};
use crate::support::Home;

/// Far above what anything here takes on a loaded machine.
pub const DEADLINE: Duration = Duration::from_secs(180);

/// Messages read ahead of the test.
const INCOMING_MAX: usize = 100_000;

/// Notifications that may come at any time and need not be claimed.
const UNCLAIMED_OK: [&str; 5] = [
    "textDocument/publishDiagnostics",
    "$/progress",
    "window/logMessage",
    "$/cancelRequest",
    "greenloop/state",
];

pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Lets the reading thread begin.
    listen: Option<SyncSender<()>>,
    /// Reads what the server says.
    reader: Option<thread::JoinHandle<()>>,
    incoming: Option<Receiver<Value>>,
    inbox: VecDeque<Value>,
    /// Checks all traffic; `None` once a test sends what no editor would.
    model: Option<Model>,
    /// Every message must have been expected.
    claims: bool,
    n_requests: i64,
    home: Option<Home>,
    ended: bool,
}

impl Client {
    /// Starts the server with a home of its own.
    pub fn start() -> Client {
        Self::start_in(Home::new(), "")
    }

    /// Starts a server that knows what an earlier one left in `home`, and dies at a fault if one is named.
    pub fn start_in(home: Home, fault: &str) -> Client {
        let mut client = Self::start_deaf(home, fault);
        client.listen();
        client
    }

    /// Starts as above, but reads nothing that the server says.
    pub fn start_deaf(home: Home, fault: &str) -> Client {
        fs::create_dir_all(home.state()).unwrap();
        let mut command = home.greenloop();
        command
            .args(["lsp", "--stdio", "--clientProcessId=1", "--log"])
            .arg(log_in(&home))
            .env("GREENLOOP_FAULT", fault);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let (sender, incoming) = sync_channel(INCOMING_MAX);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (listen, listening) = sync_channel(1);
        // Ends, and with it the pipe, when nobody listens any more.
        let reader = thread::spawn(move || {
            if listening.recv().is_ok() {
                while read_frame(&mut stdout).is_some_and(|message| sender.send(message).is_ok()) {}
            }
        });
        Client {
            child,
            stdin,
            listen: Some(listen),
            reader: Some(reader),
            incoming: Some(incoming),
            inbox: VecDeque::new(),
            model: Some(Model::default()),
            claims: true,
            n_requests: 0,
            home: Some(home),
            ended: false,
        }
    }

    /// Begins to read what the server says.
    pub fn listen(&mut self) {
        if let Some(listen) = self.listen.take() {
            listen.send(()).unwrap();
        }
    }

    /// Starts and initialises as an editor with these capabilities on these folders.
    pub fn initialized(capabilities: Value, folders: &[&Path]) -> Client {
        let mut client = Client::start();
        client.initialize(capabilities, folders);
        client
    }

    pub fn initialize(&mut self, capabilities: Value, folders: &[&Path]) -> Value {
        self.initialize_with(capabilities, folders, Value::Null)
    }

    /// The same with `initializationOptions`.
    pub fn initialize_with(
        &mut self,
        capabilities: Value,
        folders: &[&Path],
        options: Value,
    ) -> Value {
        let folders: Vec<Value> =
            folders.iter().map(|folder| json!({"uri": uri(folder), "name": "folder"})).collect();
        let params = json!({
            "processId": std::process::id(),
            "clientInfo": {"name": "wire tests"},
            "capabilities": capabilities,
            "workspaceFolders": folders,
            "initializationOptions": options,
        });
        let result = self.ask("initialize", params);
        self.notify("initialized", json!({}));
        result
    }

    /// Gives up checking the server's messages: what this client sends from now on has no model.
    #[allow(dead_code, reason = "not for the benchmark, which shares this file")]
    pub fn unchecked(&mut self) {
        self.model = None;
        self.claims = false;
    }

    /// Who sends rubbish cannot know what is said to it, and when; it is as the protocol has it all the same.
    #[allow(dead_code, reason = "not for the benchmark, which shares this file")]
    pub fn unclaimed(&mut self) {
        self.claims = false;
    }

    pub fn send(&mut self, message: &Value) {
        self.check(Direction::ToServer, message);
        let body = message.to_string();
        self.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(bytes).and_then(|()| stdin.flush()).unwrap();
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and returns its id.
    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        self.n_requests += 1;
        let id = self.n_requests;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The whole answer to a request.
    pub fn answer(&mut self, id: i64) -> Value {
        self.expect(&format!("an answer to {id}"), |message| {
            message["id"] == id && message["method"].is_null()
        })
    }

    /// Sends a request and returns its result.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        let mut answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Sends a request that must fail and returns its error code.
    pub fn ask_error(&mut self, method: &str, params: Value) -> i64 {
        let id = self.request(method, params);
        let answer = self.answer(id);
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("{method}: {answer}"))
    }

    pub fn command(&mut self, name: &str, argument: Value) -> Value {
        let arguments = if argument.is_null() { json!([]) } else { json!([argument]) };
        self.ask("workspace/executeCommand", json!({"command": name, "arguments": arguments}))
    }

    /// The next notification of this method that fits.
    pub fn notification(&mut self, method: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let what = format!("a fitting {method}");
        self.expect(&what, |message| {
            message["method"] == method && message.get("id").is_none() && fits(&message["params"])
        })
    }

    /// The next request of the server of this method.
    pub fn server_request(&mut self, method: &str) -> Value {
        self.expect(&format!("request {method}"), |message| {
            message["method"] == method && message.get("id").is_some()
        })
    }

    pub fn respond(&mut self, request: &Value, result: Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": request["id"], "result": result}));
    }

    /// The first message that fits, of those that came and those to come; the others stay.
    pub fn expect(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        let mut seen = 0;
        loop {
            while seen < self.inbox.len() {
                if fits(&self.inbox[seen]) {
                    return self.inbox.remove(seen).unwrap();
                }
                seen += 1;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.incoming.as_ref().expect("stdout is open").recv_timeout(left) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => panic!("no {what}; there is {:#?}", self.inbox),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the server ended before {what}; there is {:#?}", self.inbox)
                }
            }
        }
    }

    /// What came before the last message that was claimed, and was not claimed itself.
    pub fn passed_over(&mut self) -> Vec<Value> {
        self.inbox.drain(..).collect()
    }

    fn check(&mut self, direction: Direction, message: &Value) {
        if let Some(model) = &mut self.model
            && let Err(why) = model.check(direction, message)
        {
            panic!("not as the protocol has it: {why}");
        }
    }

    /// Editors grant progress bars without asking anyone.
    fn take(&mut self, message: Value) {
        self.check(Direction::ToEditor, &message);
        if message["method"] == "window/workDoneProgress/create" {
            self.respond(&message, Value::Null);
        }
        self.inbox.push_back(message);
    }

    pub fn open(&mut self, path: &Path, version: i32, text: &str) {
        let document =
            json!({"uri": uri(path), "languageId": "x", "version": version, "text": text});
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Memory the server holds (`VmRSS`) or held at most (`VmHWM`), in kilobytes; `None` where the system does not show
    /// it.
    pub fn memory_kb(&self, field: &str) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with(field))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// The open end that the server reads from, for another thread; what is sent so is not checked.
    #[allow(dead_code, reason = "not for the benchmark, which shares this file")]
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().expect("stdin is open")
    }

    #[allow(dead_code, reason = "not for the benchmark, which shares this file")]
    pub fn put_stdin(&mut self, stdin: ChildStdin) {
        self.stdin = Some(stdin);
    }

    pub fn log(&self) -> String {
        self.home
            .as_ref()
            .and_then(|home| fs::read_to_string(log_in(home)).ok())
            .unwrap_or_default()
    }

    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Stops listening for good.
    pub fn close_stdout(&mut self) {
        self.listen = None;
        self.incoming = None;
    }

    /// Waits until the pipe is closed after [`Client::close_stdout`], which the next message of the server brings about.
    #[allow(dead_code, reason = "not for the benchmark, which shares this file")]
    pub fn pipe_closed(&mut self) {
        self.reader.take().unwrap().join().unwrap();
    }

    /// Asks until the server finds nobody listening and ends. Once is not enough: a process that another test is just
    /// starting holds the pipe, too, until it is its own program.
    #[allow(dead_code, reason = "not for the benchmark, which shares this file")]
    pub fn ask_until_end(&mut self, method: &str, params: &Value) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        while self.child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            self.n_requests += 1;
            let request = json!({"jsonrpc": "2.0", "id": self.n_requests, "method": method, "params": params});
            let body = request.to_string();
            let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
            // It may end at any moment.
            self.stdin.as_mut().expect("stdin is open").write_all(frame.as_bytes()).ok();
            thread::yield_now();
        }
        self.wait()
    }

    /// Waits for the server's end, however it comes; a server that does not end is killed, which shows in its status.
    pub fn wait(&mut self) -> ExitStatus {
        self.ended = true;
        let pid = self.child.id().to_string();
        let (ended, watch) = sync_channel::<()>(1);
        let watchdog = thread::spawn(move || {
            if watch.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
                Command::new("kill").args(["-KILL", &pid]).status().unwrap();
            }
        });
        let status = self.child.wait().unwrap();
        drop(ended);
        watchdog.join().unwrap();
        status
    }

    /// Waits for the server's end and hands on what it leaves.
    pub fn wait_and_leave(mut self) -> Home {
        self.wait();
        self.home.take().unwrap()
    }

    /// Ends the server as editors do and checks how it ends.
    pub fn finish(&mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.notify("exit", Value::Null);
        assert_eq!(self.wait().code(), Some(0), "after shutdown and exit");
        let claimed = |message: &Value| {
            let method = message["method"].as_str().unwrap_or_default();
            UNCLAIMED_OK.contains(&method) || method == "window/workDoneProgress/create"
        };
        let last_words: Vec<Value> = self.incoming.take().into_iter().flatten().collect();
        last_words.iter().for_each(|message| self.check(Direction::ToEditor, message));
        let rest: Vec<Value> =
            self.inbox.drain(..).chain(last_words).filter(|message| !claimed(message)).collect();
        assert!(rest.is_empty() || !self.claims, "nobody expected {rest:#?}");
    }
}

impl Drop for Client {
    #[expect(clippy::print_stdout, reason = "shown only with the failure of a test")]
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if thread::panicking() {
            self.child.kill().ok();
            self.child.wait().ok();
            println!("--- log of the server\n{}", self.log());
        } else {
            self.finish();
        }
    }
}

pub fn uri(path: &Path) -> String {
    let encoded = |byte: u8| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
            (byte as char).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    let path: String = path.to_str().unwrap().bytes().map(encoded).collect();
    format!("file://{path}")
}

fn log_in(home: &Home) -> PathBuf {
    home.state().join("wire.log")
}

/// One message; `None` at the end.
fn read_frame(stdout: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                let value = header.strip_prefix("Content-Length: ");
                length = value.expect("only framed messages on stdout").parse().unwrap();
            }
        }
    }
    let mut body = vec![0; length];
    stdout.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).unwrap())
}
