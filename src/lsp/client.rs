//! Questions to the editor. Nobody waits for an answer inside a handler, and an answer that nobody waits for any more
//! is no harm.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::outbox::Outbox;
use crate::base::limits;

/// The editor's answer as it came: `Err` holds its error object.
pub type Answer = Result<Value, Value>;

/// Clones ask the same editor.
#[derive(Clone)]
pub struct Client {
    outbox: Outbox,
    open: Arc<Open>,
}

#[derive(Default)]
struct Open {
    n_asked: AtomicU64,
    waiting: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
}

/// A question that is forgotten when its asker goes away, answered or not.
struct Question<'a> {
    client: &'a Client,
    id: String,
}

impl Client {
    pub fn new(outbox: Outbox) -> Self {
        Self { outbox, open: Arc::default() }
    }

    /// Asks and waits at most `wall_max`; `None` when no answer came, or too many questions are open. The question is
    /// taken back then.
    pub async fn ask(&self, method: &str, params: Value, wall_max: Duration) -> Option<Answer> {
        let id = format!("greenloop-{}", self.open.n_asked.fetch_add(1, Ordering::Relaxed));
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            if waiting.len() >= limits::QUESTIONS_OPEN_MAX {
                return None;
            }
            waiting.insert(id.clone(), sender);
        }
        self.outbox.request(&id, method, params);
        let question = Question { client: self, id };
        let answer = tokio::time::timeout(wall_max, receiver).await.ok()?.ok();
        drop(question);
        answer
    }

    /// Hands an answer to who waits for it; `false` when nobody does.
    pub fn settle(&self, id: &Value, answer: Answer) -> bool {
        let waiting = id.as_str().and_then(|id| self.waiting().remove(id));
        waiting.is_some_and(|sender| sender.send(answer).is_ok())
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Answer>>> {
        self.open.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        let unanswered = self.client.waiting().remove(&self.id).is_some();
        if unanswered {
            self.client.outbox.notify_raw("$/cancelRequest", json!({ "id": self.id }));
        }
    }
}
