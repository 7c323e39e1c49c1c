//! Drives the router of `tower-lsp`: messages are taken in arrival order, each runs behind a wall against panics, and
//! nothing an editor does or fails to do can stall the others.

pub mod guard;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tower::Service;
use tower_lsp::LspService;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};

use self::guard::Guarded;
use super::frames::{Frame, FrameReader};
use super::handlers::{code_action, initialize};
use super::latency::{self, Turn};
use super::server::Server;
use super::session::Session;
use super::{tasks, test_list};
use crate::base::limits;
use crate::base::text::clipped;

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
    let slots = Arc::new(Semaphore::new(limits::REQUESTS_WAITING_MAX));
    let mut driver = Driver { service, session: session.clone(), slots, shut_down: false };
    let mut frames = FrameReader::new(input, limits::FRAME_BYTES_MAX);
    let code = tokio::select! {
        code = driver.run(&mut frames) => code,
        _ = &mut writer => driver.code(),
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
    /// One per request whose handler waits.
    slots: Arc<Semaphore>,
    shut_down: bool,
}

impl Driver {
    async fn run<R: AsyncRead + Unpin>(&mut self, frames: &mut FrameReader<R>) -> i32 {
        loop {
            let goes_on = match frames.next().await {
                Ok(Some(Frame::Message(bytes))) => self.take(bytes).await,
                Ok(Some(Frame::Malformed(why))) => self.refuse(&why),
                Ok(None) => return 1,
                Err(error) => {
                    self.session.log.debug(&format!("standard input: {error}"));
                    return 1;
                }
            };
            if !goes_on {
                return self.code();
            }
            // Answers get out between two messages, however fast those come.
            tokio::task::yield_now().await;
            if self.session.outbox.is_full() {
                self.session.log.debug("reading stops, as the editor leaves too much unread");
            }
            self.session.outbox.has_room().await;
        }
    }

    /// How to end when the editor leaves. After `shutdown` it need not listen any more.
    fn code(&self) -> i32 {
        if self.shut_down { 0 } else { 1 }
    }

    /// Handles one message; `false` when it was `exit`.
    async fn take(&mut self, bytes: Vec<u8>) -> bool {
        let since = Instant::now();
        let decoded = if bytes.len() > limits::FRAME_AT_ONCE_BYTES_MAX {
            // Only a panic would be an error, and decoding has none.
            spawn_blocking(move || decoded(&bytes))
                .await
                .unwrap_or_else(|panic| Err(panic.to_string()))
        } else {
            decoded(&bytes)
        };
        match decoded {
            Ok(message) => self.handle(message, since),
            Err(why) => self.refuse(&why),
        }
    }

    fn handle(&mut self, mut message: Value, since: Instant) -> bool {
        let turn = Turn::begin();
        let Some(method) = message["method"].as_str().map(str::to_owned) else {
            if is_answer(&message) {
                self.settle(&mut message);
            } else {
                self.invalid(&message, "neither a call nor an answer; batches are not taken");
            }
            return true;
        };
        if method == "exit" {
            self.session.log.debug(&format!("latencies{}", self.session.latency));
            return false;
        }
        if let Some(why) = overlong_name(&message) {
            self.refuse_name(&message, &why);
            return true;
        }
        self.normalise(&mut message);
        self.request(message, since);
        self.session.latency.turn(&method, &turn);
        true
    }

    fn request(&mut self, message: Value, since: Instant) {
        let id = message["id"].clone();
        if id.as_str().is_some_and(|id| id.len() > limits::REQUEST_ID_BYTES_MAX) {
            let most = limits::REQUEST_ID_BYTES_MAX;
            return self.invalid(&Value::Null, &format!("its id is longer than {most} bytes"));
        }
        match serde_json::from_value::<Request>(message) {
            Ok(request) => self.call(request, since),
            Err(error) => {
                self.session.state().documents.distrust_all();
                self.invalid(&json!({ "id": id }), &error.to_string());
            }
        }
    }

    /// Evens out what editors do differently, and keeps what typed parameters would lose.
    fn normalise(&mut self, message: &mut Value) {
        match message["method"].as_str() {
            Some("initialize") => self.session.remember_initialize(&message["params"]),
            Some("shutdown") => {
                self.shut_down = true;
                message.as_object_mut().and_then(|fields| fields.remove("params"));
            }
            Some(tasks::SNAPSHOT | test_list::TESTS) => {
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
    fn call(&mut self, request: Request, since: Instant) {
        let document = changed_document(&request);
        let answering = Answering {
            id: request.id().cloned(),
            method: request.method().to_owned(),
            since,
            session: self.session.clone(),
        };
        let slot = self.slots.clone().try_acquire_owned();
        if slot.is_err() && answering.id.is_some() {
            return answering.finish(Ok(answering.id.clone().map(too_busy)));
        }
        let before = document.as_deref().and_then(|uri| self.session.revision_of(uri));
        let mut handler = Guarded::new(|| self.service.call(request));
        match Pin::new(&mut handler).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => {
                // Parameters that cannot be read are refused before any handler of ours sees them.
                if let Some(uri) = &document
                    && (result.is_err() || self.session.revision_of(uri) == before)
                {
                    self.session.distrust_document(uri);
                    let hint = "Its text is not known until all of it is sent again.";
                    self.session.log.warning(&format!("{uri}: a change had no effect. {hint}"));
                }
                answering.finish(result);
            }
            Poll::Pending => {
                let (session, method) = (self.session.clone(), answering.method.clone());
                tokio::spawn(async move {
                    let _slot = slot;
                    let work = async { answering.finish(handler.await) };
                    latency::counted(&session.latency, &method, work).await;
                });
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
        let message = format!("dropped a {why}");
        self.session.log.warning(&message);
        let error = Error { message: message.into(), ..Error::parse_error() };
        self.session.outbox.respond(Response::from_error(Id::Null, brief(error)));
        true
    }

    /// No document of that name is known, so that nothing more can be lost.
    fn refuse_name(&self, message: &Value, why: &str) {
        match message.get("id") {
            Some(_) => self.invalid(message, why),
            None => self.session.log.warning(&format!("dropped {}: {why}", message["method"])),
        }
    }

    fn invalid(&self, message: &Value, why: &str) {
        let id = serde_json::from_value(message["id"].clone()).unwrap_or(Id::Null);
        let message = format!("invalid request: {why}");
        let error = Error { message: message.into(), ..Error::invalid_request() };
        self.session.outbox.respond(Response::from_error(id, brief(error)));
    }
}

/// A message, or why it cannot be read.
fn decoded(bytes: &[u8]) -> Result<Value, String> {
    if bytes.len() > limits::FRAME_UNCOUNTED_BYTES_MAX && has_too_many_values(bytes) {
        let most = limits::FRAME_VALUES_MAX;
        return Err(format!("message of more than {most} values; send it in parts"));
    }
    serde_json::from_slice(bytes).map_err(|error| format!("message that is not JSON: {error}"))
}

/// Whether reading a message would take many times its size in memory.
fn has_too_many_values(bytes: &[u8]) -> bool {
    let (mut n_values, mut in_text, mut escaped) = (0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => n_values += 1,
            _ => {}
        }
    }
    n_values > limits::FRAME_VALUES_MAX
}

fn is_answer(message: &Value) -> bool {
    message.get("id").is_some() && message.get("method").is_none()
}

/// What is wrong with the name of the document that a message is about, if it is longer than any file's.
fn overlong_name(message: &Value) -> Option<String> {
    let params = &message["params"];
    let names =
        [&params["textDocument"]["uri"], &params["uri"]].into_iter().filter_map(Value::as_str);
    let n_bytes = names.map(str::len).max().filter(|n| *n > limits::URI_BYTES_MAX)?;
    Some(format!("a name of {n_bytes} bytes is not taken, {} are the most", limits::URI_BYTES_MAX))
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
}

impl Answering {
    /// `Err` holds the text of a panic.
    fn finish(&self, result: Result<Option<Response>, String>) {
        let response = match (result, self.id.clone()) {
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
                "textDocument/codeAction" => code_action::tagged(response),
                _ => response,
            };
            let (id, result) = response.into_parts();
            self.session.outbox.respond(Response::from_parts(id, result.map_err(brief)));
        }
        self.session.latency.answered(&self.method, self.since.elapsed());
    }
}

/// Errors may quote what was sent.
fn brief(error: Error) -> Error {
    Error { message: clipped(&error.message, limits::ERROR_BYTES_MAX).into(), ..error }
}

fn too_busy(id: Id) -> Response {
    const REQUEST_FAILED: i64 = -32803;
    let n = limits::REQUESTS_WAITING_MAX;
    let hint = "wait for answers or cancel some, then ask again";
    let error = Error {
        code: ErrorCode::ServerError(REQUEST_FAILED),
        message: format!("{n} requests are waiting already; {hint}").into(),
        data: None,
    };
    Response::from_error(id, error)
}

fn internal_error(method: &str) -> Error {
    Error {
        code: ErrorCode::InternalError,
        message: format!("internal error in {method}, see the log").into(),
        data: None,
    }
}
