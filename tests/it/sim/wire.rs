//! An editor's mouth and ears: framed JSON to and from a server in this process, and a look at everything it sends.

use std::collections::VecDeque;
use std::sync::Arc;

use greenloop::lsp::{Options, serve};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf,
};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::engine::{FakeEngine, FakeEngines};
use super::manners;
use super::relay::Relay;
use crate::wire::model::{Direction, Model};

enum Event {
    /// By the server.
    Said(Value),
    /// From a real editor.
    Heard(Value),
}

/// How requests begin that no editor sends.
const OURS: &str = "desk-";

/// More than is ever under way.
const PIPE_BYTES: usize = 1 << 20;
const INCOMING_MAX: usize = 10_000;

pub struct Wire {
    output: WriteHalf<DuplexStream>,
    incoming: Receiver<Value>,
    server: JoinHandle<i32>,
    capabilities: Value,
    n_requests: i64,
    /// Questions to the user that are open, oldest first.
    pub questions: VecDeque<Value>,
    /// The id of the question on the screen: some editors put the next one in its place and never answer it.
    open_question: Option<Value>,
    /// Documents it had the editor show, oldest first.
    pub shown: Vec<String>,
    /// What it said with notifications that are not of the protocol, and of progress.
    pub notified: Vec<Value>,
    /// Edits the server asks for, oldest first.
    pub asked: VecDeque<Value>,
    /// What it told the user.
    pub told: Vec<String>,
    /// The newest diagnostics per document that this editor would show: uri, version, list.
    pub published: Vec<Value>,
    /// What it sent although nobody said it may.
    pub rude: Option<String>,
    /// Holds all of it to the protocol. A real editor brings what it can do in other places too, and is held to nothing.
    model: Model,
    /// A real editor, to whom everything is passed on.
    pub relay: Option<Relay>,
}

impl Wire {
    /// Starts a server.
    pub fn start(engine: &Arc<FakeEngine>, capabilities: Value) -> Self {
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        let (input, output) = tokio::io::split(theirs);
        let engines = Box::new(FakeEngines(engine.clone()));
        let server = tokio::spawn(serve(Options { log: None, engines }, input, output));
        let (ears, output) = tokio::io::split(ours);
        let (sender, incoming) = channel(INCOMING_MAX);
        tokio::spawn(listen(BufReader::new(ears), sender));
        Self {
            output,
            incoming,
            server,
            capabilities,
            n_requests: 0,
            questions: VecDeque::new(),
            open_question: None,
            shown: Vec::new(),
            notified: Vec::new(),
            asked: VecDeque::new(),
            told: Vec::new(),
            published: Vec::new(),
            rude: None,
            model: Model::default(),
            relay: None,
        }
    }

    /// Starts a server for a real editor.
    pub fn start_for(engine: &Arc<FakeEngine>, relay: Relay) -> Self {
        Self { relay: Some(relay), ..Self::start(engine, Value::Null) }
    }

    /// What the editor said it can do.
    pub fn capabilities(&self) -> &Value {
        &self.capabilities
    }

    async fn send(&mut self, message: Value) {
        self.check(Direction::ToServer, &message);
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.output.write_all(frame.as_bytes()).await.unwrap();
    }

    fn check(&mut self, direction: Direction, message: &Value) {
        if self.relay.is_none()
            && let Err(fault) = self.model.check(direction, message)
        {
            self.rude.get_or_insert(fault);
        }
    }

    pub async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        self.n_requests += 1;
        // Editors number their own.
        let id = match self.relay {
            Some(_) => json!(format!("{OURS}{}", self.n_requests)),
            None => json!(self.n_requests),
        };
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        id
    }

    pub async fn respond(&mut self, request: &Value, answer: Result<Value, Value>) {
        let id = &request["id"];
        self.open_question.take_if(|open| open == id);
        let message = match answer {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(error) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
        };
        self.send(message).await;
    }

    /// The answer to a request, `Err` with its error; what comes before it is taken in.
    pub async fn answer(&mut self, id: Value) -> Result<Value, Value> {
        loop {
            let mut message = match self.event().await {
                Some(Event::Said(message)) => message,
                Some(Event::Heard(message)) => {
                    self.pass_on(message).await;
                    continue;
                }
                None => return Err(json!({"message": "the server has gone"})),
            };
            if message["id"] == id && message["method"].is_null() {
                self.check(Direction::ToEditor, &message);
                return match message["error"].take() {
                    Value::Null => Ok(message["result"].take()),
                    error => Err(error),
                };
            }
            self.take(message).await;
        }
    }

    pub async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.request(method, params).await;
        self.answer(id).await
    }

    /// What comes next, from the server or from a real editor; `None` once the server has gone. Nothing is lost when
    /// nobody waits for it any more.
    async fn event(&mut self) -> Option<Event> {
        let Some(relay) = &mut self.relay else {
            return self.incoming.recv().await.map(Event::Said);
        };
        tokio::select! {
            message = self.incoming.recv() => message.map(Event::Said),
            Some(message) = relay.heard.recv() => Some(Event::Heard(message)),
        }
    }

    async fn meet(&mut self, event: Event) {
        match event {
            Event::Said(message) => self.take(message).await,
            Event::Heard(message) => self.pass_on(message).await,
        }
    }

    /// Takes in what comes first.
    pub async fn step(&mut self) -> bool {
        match self.event().await {
            Some(event) => {
                self.meet(event).await;
                true
            }
            None => false,
        }
    }

    /// The editor says something to the server.
    async fn pass_on(&mut self, message: Value) {
        if let Some(relay) = &mut self.relay {
            relay.hear(&message);
            match message["method"].as_str() {
                Some("initialize") => {
                    let params = &message["params"];
                    self.capabilities = params["capabilities"].clone();
                    // Client libraries have no other place for what is our plugin's.
                    if self.capabilities["experimental"].is_null() {
                        let own = params["initializationOptions"]["experimental"].clone();
                        self.capabilities["experimental"] = own;
                    }
                }
                None => {
                    self.open_question.take_if(|open| *open == message["id"]);
                    self.questions.retain(|open| open["id"] != message["id"]);
                }
                Some(_) => {}
            }
        }
        self.send(message).await;
    }

    /// Takes in what has come.
    pub async fn catch_up(&mut self) {
        while let Ok(message) = self.incoming.try_recv() {
            self.take(message).await;
        }
    }

    /// Takes in what comes within some milliseconds of this runtime's own time.
    pub async fn wait(&mut self, ms: u64) {
        self.wait_until(ms, |_| false).await;
    }

    /// The same, but no longer than until an edit is asked for: editors leave none lying about.
    pub async fn wait_for_edit(&mut self, ms: u64) {
        self.wait_until(ms, |wire| !wire.asked.is_empty()).await;
    }

    async fn wait_until(&mut self, ms: u64, done: impl Fn(&Self) -> bool) {
        let pause = tokio::time::sleep(std::time::Duration::from_millis(ms));
        tokio::pin!(pause);
        while !done(self) {
            tokio::select! {
                () = &mut pause => break,
                Some(event) = self.event() => self.meet(event).await,
            }
        }
        self.catch_up().await;
    }

    async fn take(&mut self, message: Value) {
        self.check(Direction::ToEditor, &message);
        if let Some(relay) = &mut self.relay {
            relay.tell(&message);
        }
        if let Some(fault) = manners::breach(&message, &self.capabilities) {
            self.rude.get_or_insert(format!("{fault}: {message}"));
        }
        match message["method"].as_str() {
            Some("workspace/applyEdit") => self.asked.push_back(message),
            Some("window/workDoneProgress/create") => self.agree(&message, Value::Null).await,
            Some("window/showMessageRequest") => {
                if self.open_question.replace(message["id"].clone()).is_some() {
                    self.rude.get_or_insert("it asks while another question is open".into());
                }
                self.questions.push_back(message);
            }
            Some("window/showDocument") => {
                self.shown.extend(message["params"]["uri"].as_str().map(str::to_owned));
                self.agree(&message, json!({"success": true})).await;
            }
            // Nothing is set.
            Some("workspace/configuration") => self.agree(&message, json!([null])).await,
            Some("$/progress") => self.notified.push(message),
            Some("$/cancelRequest") => {
                self.questions.retain(|open| open["id"] != message["params"]["id"]);
                self.open_question.take_if(|open| *open == message["params"]["id"]);
            }
            Some(method) if method.starts_with("greenloop/") => {
                self.heed_plugin_question(method, &message["params"]);
                self.notified.push(message);
            }
            Some(method) if method.ends_with("/refresh") => {
                self.agree(&message, Value::Null).await;
            }
            Some("window/showMessage") => {
                self.told.extend(message["params"]["message"].as_str().map(str::to_owned));
            }
            Some("window/logMessage") if message["params"]["type"] == 1 => {
                self.rude.get_or_insert(message["params"]["message"].to_string());
            }
            Some("textDocument/publishDiagnostics") => {
                let params = &message["params"];
                self.published.retain(|known| known["uri"] != params["uri"]);
                self.published.push(params.clone());
            }
            Some(_) | None => {}
        }
    }

    /// A question that the plugin of a real editor shows is open as any other.
    fn heed_plugin_question(&mut self, method: &str, params: &Value) {
        if self.relay.is_none() {
            return;
        }
        // No id of a request.
        let id = json!([params["questionId"]]);
        match method {
            "greenloop/question" => {
                let shown = json!({"id": id, "params": {"message": params["text"]}});
                self.questions.push_back(shown);
            }
            "greenloop/questionClosed" => self.questions.retain(|open| open["id"] != id),
            _ => {}
        }
    }

    /// Answers what needs no thinking; a real editor does so itself.
    async fn agree(&mut self, request: &Value, answer: Value) {
        if self.relay.is_none() {
            self.respond(request, Ok(answer)).await;
        }
    }

    /// Every listed action must suit the editor, and titles must tell them apart.
    pub fn look_over(&self, actions: &[Value]) -> Result<(), String> {
        for (at, action) in actions.iter().enumerate() {
            if let Some(breach) = manners::action_breach(action, &self.capabilities) {
                return Err(format!("{breach}: {action}"));
            }
            if actions[..at].iter().any(|known| known["title"] == action["title"]) {
                return Err(format!("two actions are called {}", action["title"]));
            }
        }
        Ok(())
    }

    /// Ends the server as editors do, or by going away.
    pub async fn end(mut self, politely: bool) -> Result<(), String> {
        if politely {
            let answer = self.ask("shutdown", Value::Null).await;
            if answer != Ok(Value::Null) {
                return Err(format!("shutdown was answered {answer:?}"));
            }
            self.notify("exit", Value::Null).await;
        }
        let Self { output, incoming, server, .. } = self;
        drop((output, incoming));
        if !politely {
            server.abort();
            return Ok(());
        }
        match server.await {
            Ok(0) => Ok(()),
            other => Err(format!("the server ended with {other:?}")),
        }
    }
}

/// Hands on messages until either side goes away.
async fn listen(mut input: BufReader<ReadHalf<DuplexStream>>, sender: Sender<Value>) {
    while let Some(message) = read(&mut input).await {
        if sender.send(message).await.is_err() {
            return;
        }
    }
}

async fn read(input: &mut BufReader<ReadHalf<DuplexStream>>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => length = header.strip_prefix("Content-Length: ")?.parse().ok()?,
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).await.ok()?;
    serde_json::from_slice(&body).ok()
}
