//! What happened, for people: everything to a file when one was asked for, warnings and errors to the editor's log.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tower_lsp::lsp_types::notification::LogMessage;
use tower_lsp::lsp_types::{LogMessageParams, MessageType};

use super::outbox::Outbox;
use crate::base::limits;
use crate::base::text::clipped;

pub type Sink = Box<dyn Write + Send>;

/// Clones write to the same places. Never standard output, which belongs to the protocol.
#[derive(Clone)]
pub struct Log {
    file: Option<Arc<Mutex<Sink>>>,
    outbox: Outbox,
    started: Instant,
}

impl Log {
    pub fn new(file: Option<Sink>, outbox: Outbox) -> Self {
        Self { file: file.map(|sink| Arc::new(Mutex::new(sink))), outbox, started: Instant::now() }
    }

    pub fn debug(&self, text: &str) {
        self.write("debug", text);
    }

    /// For the file and the editor's log.
    pub fn info(&self, text: &str) {
        self.tell("info", MessageType::INFO, text);
    }

    pub fn warning(&self, text: &str) {
        self.tell("warning", MessageType::WARNING, text);
    }

    pub fn error(&self, text: &str) {
        self.tell("error", MessageType::ERROR, text);
    }

    fn tell(&self, level: &str, typ: MessageType, text: &str) {
        self.write(level, text);
        let message = clipped(text, limits::LOG_ENTRY_BYTES_MAX);
        self.outbox.notify::<LogMessage>(LogMessageParams { typ, message });
    }

    fn write(&self, level: &str, text: &str) {
        let Some(file) = &self.file else { return };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let text = clipped(text, limits::LOG_ENTRY_BYTES_MAX);
        let since = self.started.elapsed().as_secs_f64();
        // A log that cannot be written has nowhere to say so.
        writeln!(file, "{since:10.4} {level}: {text}").and_then(|()| file.flush()).ok();
    }
}
