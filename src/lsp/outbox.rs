//! The one way out to the editor: a queue in order, written by a single task, so that a notification sent before an
//! answer arrives before it.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tower_lsp::lsp_types::notification::{LogMessage, Notification, PublishDiagnostics};

use super::aliases::Aliases;
use crate::base::limits;

/// Clones are the same queue. Never blocks. Answers and requests are never dropped; of diagnostics for one document
/// and progress reports for one token only the newest waits, and lines of the log are dropped when the queue is full.
#[derive(Clone, Default)]
pub struct Outbox(Arc<Inner>);

#[derive(Default)]
struct Inner {
    queue: Mutex<Queue>,
    pushed: Notify,
    taken: Notify,
    aliases: Aliases,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Entry>,
    /// Of all bodies.
    n_bytes: usize,
    closed: bool,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.waiting.len() >= limits::OUTBOX_MESSAGES_MAX
            || self.n_bytes >= limits::OUTBOX_BYTES_MAX
    }

    /// Puts an entry in the place of an older one with its key, else at the end.
    fn push(&mut self, entry: Entry) {
        self.n_bytes += entry.body.len();
        let key = entry.key.as_ref();
        let older = key.and_then(|key| {
            self.waiting.iter_mut().rev().find(|older| older.key.as_ref() == Some(key))
        });
        match older {
            Some(older) => {
                self.n_bytes -= older.body.len();
                *older = entry;
            }
            None => self.waiting.push_back(entry),
        }
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.waiting.pop_front()?;
        self.n_bytes -= entry.body.len();
        Some(entry)
    }
}

struct Entry {
    /// Entries with equal keys replace each other.
    key: Option<String>,
    body: String,
}

impl Outbox {
    /// Names of documents as the editor spells them.
    pub fn aliases(&self) -> &Aliases {
        &self.0.aliases
    }

    pub fn notify<N: Notification>(&self, params: N::Params) {
        self.notify_raw(N::METHOD, to_value(params));
    }

    pub fn notify_raw(&self, method: &str, params: Value) {
        if method == LogMessage::METHOD && self.queue().is_full() {
            return;
        }
        let key = conflation_key(method, &params);
        self.push(key, json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// `Null` stands for no parameters at all.
    pub fn request(&self, id: &str, method: &str, params: Value) {
        let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
        if !params.is_null() {
            message["params"] = params;
        }
        self.push(None, message);
    }

    /// Queues an answer to the editor.
    pub fn respond(&self, response: impl Serialize) {
        self.push(None, to_value(response));
    }

    fn push(&self, key: Option<String>, mut message: Value) {
        self.0.aliases.restore(&mut message);
        let body = message.to_string();
        self.queue().push(Entry { key, body });
        self.0.pushed.notify_one();
    }

    pub fn is_full(&self) -> bool {
        self.queue().is_full()
    }

    /// Waits while the editor leaves too much unread.
    pub async fn has_room(&self) {
        while self.is_full() {
            self.0.taken.notified().await;
        }
    }

    /// Lets [`Outbox::write_to`] return once all is written.
    pub fn close(&self) {
        self.queue().closed = true;
        self.0.pushed.notify_one();
    }

    /// Writes what is queued, in order, until the queue is closed and empty or the editor stops listening.
    pub async fn write_to(&self, mut output: impl AsyncWrite + Unpin) -> io::Result<()> {
        loop {
            let (next, closed) = {
                let mut queue = self.queue();
                (queue.pop(), queue.closed)
            };
            match next {
                Some(entry) => write_frame(&mut output, &entry.body).await?,
                None if closed => return Ok(()),
                None => self.0.pushed.notified().await,
            }
            self.0.taken.notify_one();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What makes an older message of the same kind worthless.
fn conflation_key(method: &str, params: &Value) -> Option<String> {
    match method {
        PublishDiagnostics::METHOD => Some(format!("diagnostics {}", params["uri"])),
        "greenloop/state" => Some(method.to_owned()),
        "$/progress" if params["value"]["kind"] == "report" => {
            Some(format!("progress {}", params["token"]))
        }
        _ => None,
    }
}

async fn write_frame(output: &mut (impl AsyncWrite + Unpin), body: &str) -> io::Result<()> {
    let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    output.write_all(frame.as_bytes()).await?;
    output.flush().await
}

/// The JSON of one of our own or the protocol's types.
pub fn to_value(from: impl Serialize) -> Value {
    serde_json::to_value(from).expect("protocol types have text keys and no failing serialisers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(outbox: &Outbox) -> Vec<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut bytes = Vec::new();
        outbox.close();
        runtime.block_on(outbox.write_to(&mut bytes)).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let bodies = text
            .split("Content-Length: ")
            .skip(1)
            .map(|frame| frame.split_once("\r\n\r\n").unwrap());
        bodies
            .map(|(length, body)| {
                assert_eq!(length.parse::<usize>().unwrap(), body.len());
                serde_json::from_str(body).unwrap()
            })
            .collect()
    }

    #[test]
    fn a_full_queue_takes_no_more_of_the_log() {
        let outbox = Outbox::default();
        let log = || outbox.notify_raw("window/logMessage", json!({"type": 3, "message": "x"}));
        log();
        outbox.respond(json!("y".repeat(limits::OUTBOX_BYTES_MAX)));
        log();
        outbox.notify_raw("window/showMessage", json!({}));
        assert!(outbox.queue().is_full());
        assert_eq!(drained(&outbox).len(), 3);
        assert_eq!(outbox.queue().n_bytes, 0);
        (1..limits::OUTBOX_MESSAGES_MAX).for_each(|_| outbox.respond(json!("y")));
        assert!(!outbox.queue().is_full());
        outbox.respond(json!("y"));
        assert!(outbox.queue().is_full());
    }

    #[test]
    fn only_worthless_messages_are_replaced() {
        let outbox = Outbox::default();
        let report = |token: &str, n: u32, kind: &str| {
            outbox
                .notify_raw("$/progress", json!({"token": token, "value": {"kind": kind, "n": n}}));
        };
        let diagnostics = |uri: &str, n: u32| {
            outbox.notify_raw("textDocument/publishDiagnostics", json!({"uri": uri, "n": n}));
        };
        report("a", 0, "begin");
        report("a", 1, "report");
        diagnostics("x", 1);
        outbox.respond(json!({"id": 1, "result": "é"}));
        report("b", 2, "report");
        report("a", 3, "report");
        diagnostics("y", 2);
        diagnostics("x", 3);
        report("a", 4, "end");
        outbox.respond(json!({"id": 2}));

        let brief: Vec<String> = drained(&outbox)
            .iter()
            .map(|message| match message["params"]["token"].as_str() {
                Some(token) => format!("{token}{}", message["params"]["value"]["n"]),
                None if message["id"].is_null() => {
                    format!("{}{}", message["params"]["uri"], message["params"]["n"])
                }
                None => format!("#{}", message["id"]),
            })
            .collect();
        assert_eq!(brief, ["a0", "a3", "\"x\"3", "#1", "b2", "\"y\"2", "a4", "#2"]);
    }
}
