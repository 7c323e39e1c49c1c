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
        let mut told = self.newest();
        self.send(json!({"kind": "begin", "title": title, "cancellable": true, "message": told}));
        let pause = Duration::from_secs(1) / limits::PROGRESS_PER_SECOND_MAX;
        while self.has_more(pause, &told).await {
            told = self.newest();
            self.send(json!({"kind": "report", "message": told}));
        }
        let text = self.newest();
        self.send(json!({"kind": "end", "message": text}));
    }

    /// For editors without progress bars: each phase once.
    async fn log(mut self, title: String) {
        let (mut told, mut pause) = (self.newest(), Duration::ZERO);
        while self.has_more(pause, &told).await {
            (told, pause) = (self.newest(), limits::EDITOR_WATCH_EVERY);
            self.session.log.info(&format!("{title}: {told}"));
        }
    }

    /// After a pause: whether there is something else to tell than what was told. Waits for it; no when the sender is
    /// dropped, which cuts the pause short too.
    async fn has_more(&mut self, pause: Duration, told: &str) -> bool {
        if timeout(pause, self.texts.wait_for(|_| false)).await.is_ok() {
            return false;
        }
        // What came in the pause counts as seen, hence the look at the text itself.
        *self.texts.borrow() != told || self.texts.changed().await.is_ok()
    }

    fn newest(&mut self) -> String {
        self.texts.borrow_and_update().clone()
    }

    fn send(&self, value: serde_json::Value) {
        self.session.outbox.notify_raw("$/progress", json!({"token": self.token, "value": value}));
    }
}
