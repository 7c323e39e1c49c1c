//! A run's progress bar in the editor.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Duration, timeout};
use tower_lsp::lsp_types::request::{Request, WorkDoneProgressCreate};

use super::session::Session;
use crate::base::ids::RunId;
use crate::base::limits;

/// Shows the newest text, at most a few times a second. Dropping it ends the bar, whatever happened.
pub struct Progress(watch::Sender<String>);

const TOKEN_PREFIX: &str = "greenloop-task-";

impl Progress {
    /// Must be called on the runtime.
    pub fn start(session: &Arc<Session>, id: RunId, title: &str) -> Progress {
        let (sender, receiver) = watch::channel("starting".to_owned());
        let bar =
            Bar { session: session.clone(), token: format!("{TOKEN_PREFIX}{id}"), texts: receiver };
        let title = title.to_owned();
        if session.capabilities().progress {
            tokio::spawn(bar.show(title));
        } else {
            tokio::spawn(bar.log(title));
        }
        Progress(sender)
    }

    pub fn say(&self, text: String) {
        self.0.send_replace(text);
    }
}

/// The run whose bar has this token.
pub fn run_of(token: &str) -> Option<RunId> {
    RunId::parse(token.strip_prefix(TOKEN_PREFIX)?)
}

/// Waits for a bar's end, for a while. What comes meanwhile is still new afterwards, hence another receiver.
async fn ends_within(texts: &watch::Receiver<String>, pause: Duration) -> bool {
    let mut texts = texts.clone();
    timeout(pause, texts.wait_for(|_| false)).await.is_ok()
}

struct Bar {
    session: Arc<Session>,
    token: String,
    texts: watch::Receiver<String>,
}

impl Bar {
    async fn show(mut self, title: String) {
        let params = json!({ "token": self.token });
        let create = self.session.client.ask(
            WorkDoneProgressCreate::METHOD,
            params,
            limits::EDITOR_ANSWER_WALL_MAX,
        );
        if !matches!(create.await, Some(Ok(_))) {
            self.session.log.debug(&format!("the editor takes no progress for {}", self.token));
            return self.log(title).await;
        }
        let text = self.newest();
        self.send(json!({"kind": "begin", "title": title, "cancellable": true, "message": text}));
        let pause = Duration::from_secs(1) / limits::PROGRESS_PER_SECOND_MAX;
        // Ends when the sender is dropped; a pause is cut short by that too.
        while !ends_within(&self.texts, pause).await && self.texts.changed().await.is_ok() {
            let text = self.newest();
            self.send(json!({"kind": "report", "message": text}));
        }
        let text = self.newest();
        self.send(json!({"kind": "end", "message": text}));
    }

    /// For editors without progress bars: each phase once.
    async fn log(mut self, title: String) {
        while self.texts.changed().await.is_ok() {
            let text = self.newest();
            self.session.log.info(&format!("{title}: {text}"));
            ends_within(&self.texts, limits::EDITOR_WATCH_EVERY).await;
        }
    }

    fn newest(&mut self) -> String {
        self.texts.borrow_and_update().clone()
    }

    fn send(&self, value: serde_json::Value) {
        self.session.outbox.notify_raw("$/progress", json!({"token": self.token, "value": value}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_said_in_a_pause_is_shown_after_it() {
        let (sender, mut texts) = watch::channel("starting".to_owned());
        texts.borrow_and_update();
        let pause = Duration::from_secs(1);
        let (ends, ()) = tokio::join!(ends_within(&texts, pause), async {
            tokio::time::sleep(pause / 2).await;
            sender.send_replace("waits for your answer".into());
        });
        assert!(!ends);
        assert!(texts.has_changed().unwrap());
        drop(sender);
        assert!(ends_within(&texts, pause).await);
    }
}
