//! Drives the router of `tower-lsp`: messages are taken in arrival order, each runs behind a wall against panics, and
//! nothing an editor does or fails to do can stall the others.

pub mod guard;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service;
use tower_lsp::LspService;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};

use self::guard::Guarded;
use super::frames::{Frame, FrameReader};
use super::handlers::initialize;
use super::latency::Latency;
use super::server::Server;
use super::session::Session;
use super::tasks;
use crate::base::limits;

/// Serves one editor until it leaves; returns the exit code: 0 after `shutdown` and `exit`, else 1.
pub async fn serve<R, W>(
    service: LspService<Server>,
    session: Arc<Session>,
    input: R,
    output: W,
) -> i32
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let outbox = session.outbox.clone();
    let mut writer = tokio::spawn(async move { outbox.write_to(output).await });
    let mut driver =
        Driver { service, session: session.clone(), latency: Arc::default(), shut_down: false };
    let mut frames = FrameReader::new(input, limits::FRAME_BYTES_MAX);
    let code = tokio::select! {
        code = driver.run(&mut frames) => code,
        _ = &mut writer => 1,
        () = session.editor_gone() => 1,
    };
    session.outbox.close();
    if !writer.is_finished() {
        // An editor that does not read now never will.
        tokio::time::timeout(limits::FLUSH_WALL_MAX, writer).await.ok();
    }
    code
}

struct Driver {
    service: LspService<Server>,
    session: Arc<Session>,
    latency: Arc<Mutex<Latency>>,
    shut_down: bool,
}

impl Driver {
    async fn run<R: AsyncRead + Unpin>(&mut self, frames: &mut FrameReader<R>) -> i32 {
        loop {
            let goes_on = match frames.next().await {
                Ok(Some(Frame::Message(bytes))) => self.take(&bytes),
                Ok(Some(Frame::Malformed(why))) => self.refuse(&why),
                Ok(None) => return 1,
                Err(error) => {
                    self.session.log.debug(&format!("standard input: {error}"));
                    return 1;
                }
            };
            if !goes_on {
                return if self.shut_down { 0 } else { 1 };
            }
            // Answers get out between two messages, however fast those come.
            tokio::task::yield_now().await;
            self.session.outbox.has_room().await;
        }
    }

    /// Handles one message; `false` when it was `exit`.
    fn take(&mut self, bytes: &[u8]) -> bool {
        let Ok(mut message) = serde_json::from_slice::<Value>(bytes) else {
            return self.refuse("message that is not JSON");
        };
        match message["method"].as_str() {
            None if is_answer(&message) => self.settle(&mut message),
            None => self.invalid(&message),
            Some("exit") => {
                self.session.log.debug(&format!("latencies{}", self.latencies()));
                return false;
            }
            Some(_) => {
                self.normalise(&mut message);
                let id = message["id"].clone();
                match serde_json::from_value::<Request>(message) {
                    Ok(request) => self.call(request),
                    Err(_) => {
                        self.session.state().documents.distrust_all();
                        self.invalid(&json!({ "id": id }));
                    }
                }
            }
        }
        true
    }

    /// Evens out what editors do differently, and keeps what typed parameters would lose.
    fn normalise(&mut self, message: &mut Value) {
        match message["method"].as_str() {
            Some("initialize") => self.session.remember_initialize(&message["params"]),
            Some("shutdown") => {
                self.shut_down = true;
                message.as_object_mut().and_then(|fields| fields.remove("params"));
            }
            Some(tasks::SNAPSHOT) => {
                message.as_object_mut().and_then(|fields| fields.remove("params"));
            }
            Some("textDocument/didOpen") => {
                if let Some(spelled) = message["params"]["textDocument"]["uri"].as_str() {
                    self.session.outbox.aliases().learn(spelled);
                }
            }
            Some(_) | None => {}
        }
    }

    /// Runs the handler up to its first wait right here, hence in arrival order; only what waits becomes a task.
    fn call(&mut self, request: Request) {
        let method = request.method().to_owned();
        let document = changed_document(&request);
        let answering = Answering {
            id: request.id().cloned(),
            method,
            since: Instant::now(),
            session: self.session.clone(),
            latency: self.latency.clone(),
        };
        let before = document.as_deref().and_then(|uri| self.session.revision_of(uri));
        let mut handler = Guarded::new(|| self.service.call(request));
        match Pin::new(&mut handler).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => {
                // Parameters that cannot be read are refused before any handler of ours sees them.
                if let Some(uri) = &document
                    && (result.is_err() || self.session.revision_of(uri) == before)
                {
                    self.session.distrust_document(uri);
                }
                answering.finish(result);
            }
            Poll::Pending => {
                tokio::spawn(async move { answering.finish(handler.await) });
            }
        }
    }

    /// An answer to one of our own requests.
    fn settle(&self, message: &mut Value) {
        let answer = match message.get_mut("error") {
            Some(error) if !error.is_null() => Err(error.take()),
            Some(_) | None => Ok(message["result"].take()),
        };
        if !self.session.client.settle(&message["id"], answer) {
            self.session.log.debug(&format!("nobody waits for the answer to {}", message["id"]));
        }
    }

    /// Always goes on. What was dropped may have been a change of any document.
    fn refuse(&self, why: &str) -> bool {
        self.session.state().documents.distrust_all();
        self.session.log.warning(&format!("dropped a {why}"));
        self.session.outbox.respond(Response::from_error(Id::Null, Error::parse_error()));
        true
    }

    fn invalid(&self, message: &Value) {
        let id = serde_json::from_value(message["id"].clone()).unwrap_or(Id::Null);
        self.session.outbox.respond(Response::from_error(id, Error::invalid_request()));
    }

    fn latencies(&self) -> String {
        self.latency.lock().unwrap_or_else(PoisonError::into_inner).to_string()
    }
}

fn is_answer(message: &Value) -> bool {
    message.get("id").is_some() && message.get("method").is_none()
}

/// The document whose text a message carries on.
fn changed_document(request: &Request) -> Option<String> {
    let carries = matches!(request.method(), "textDocument/didOpen" | "textDocument/didChange");
    let uri = request.params().filter(|_| carries)?["textDocument"]["uri"].as_str()?;
    Some(uri.to_owned())
}

/// What is needed to answer one message.
struct Answering {
    id: Option<Id>,
    method: String,
    since: Instant,
    session: Arc<Session>,
    latency: Arc<Mutex<Latency>>,
}

impl Answering {
    /// `Err` holds the text of a panic.
    fn finish(self, result: Result<Option<Response>, String>) {
        let response = match (result, self.id) {
            (Ok(Some(response)), _) => Some(response),
            (Ok(None), Some(id)) => Some(Response::from_error(id, Error::method_not_found())),
            (Ok(None), None) => None,
            (Err(panic), id) => {
                self.session.log.error(&format!("internal error in {}: {panic}", self.method));
                id.map(|id| Response::from_error(id, internal_error(&self.method)))
            }
        };
        if let Some(response) = response {
            let response = match self.method.as_str() {
                "initialize" => initialize::completed(response),
                _ => response,
            };
            self.session.outbox.respond(response);
        }
        let mut latency = self.latency.lock().unwrap_or_else(PoisonError::into_inner);
        latency.record(&self.method, self.since.elapsed());
    }
}

fn internal_error(method: &str) -> Error {
    Error {
        code: ErrorCode::InternalError,
        message: format!("internal error in {method}, see the log").into(),
        data: None,
    }
}
