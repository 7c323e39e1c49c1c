//! The wire formats of language models: from what we say to a request's body, and from an answer's bytes, however they
//! are cut, to a turn or a failure.

mod answer;
mod chat;
mod date;
pub mod fault;
mod frames;
mod messages;
mod ollama;
mod responses;
mod wire;

use serde_json::Value;

use answer::Answer;
pub use answer::Progress;
use fault::Problem;
use frames::{Frame, Frames, Streams};

use crate::model::provider::{Dialect, Model, Vendor};
use crate::model::transcript::{Delta, Request, Turn, Usage};

/// A request ready to be sent, but for its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    pub url: String,
    /// Beside the key and `content-type`.
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Value,
}

/// What to send to `model`. The same conversation gives the same bytes from its beginning on, so that providers can
/// cache what they have read. With `stream` the answer is asked for piece by piece.
pub fn outgoing(model: &Model, request: &Request, stream: bool) -> Outgoing {
    let (path, body) = match model.dialect {
        Dialect::Chat => ("/chat/completions", chat::body(model, request, stream)),
        Dialect::Responses => ("/responses", responses::body(model, request, stream)),
        Dialect::Messages => ("/messages", messages::body(model, request, stream)),
        Dialect::Ollama => ("/api/chat", ollama::body(model, request, stream)),
    };
    let headers = match model.dialect {
        Dialect::Messages => vec![("anthropic-version", "2023-06-01")],
        Dialect::Chat | Dialect::Responses | Dialect::Ollama => Vec::new(),
    };
    Outgoing { url: address(&model.url, path), headers, body }
}

/// The header that carries the key, and what stands in front of it.
pub fn key_header(model: &Model) -> (&'static str, &'static str) {
    match (model.vendor, model.dialect) {
        (Vendor::Azure, _) => ("api-key", ""),
        (_, Dialect::Messages) => ("x-api-key", ""),
        (_, Dialect::Chat | Dialect::Responses | Dialect::Ollama) => ("authorization", "Bearer "),
    }
}

/// `path` below `url`, in front of a query.
fn address(url: &str, path: &str) -> String {
    let (base, query) =
        url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let base = base.trim_end_matches('/');
    let base = base.strip_suffix(path).unwrap_or(base);
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    format!("{base}{path}{query}")
}

/// Marks what only this model at this provider can read.
fn tag(model: &Model) -> String {
    let (_, rest) = model.url.split_once("://").unwrap_or(("", &model.url));
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{}:{}@{host}", wire::word(model.dialect), model.model)
}

/// One dialect's way to tell an answer.
trait Read {
    fn frame(&mut self, value: &Value, answer: &mut Answer) -> Result<(), Problem>;

    /// Once no more comes and the end is proven.
    fn close(&mut self, _answer: &mut Answer) {}
}

/// Reads one answer. Whether bytes come one by one or all at once makes no difference.
pub struct Reader {
    frames: Frames,
    read: Box<dyn Read + Send>,
    answer: Answer,
    problem: Option<Problem>,
    dialect: Dialect,
    tag: String,
}

impl Reader {
    /// For the answer to `request`, of which `sent` went out.
    pub fn new(model: &Model, request: &Request, sent: &Outgoing) -> Self {
        let n_bytes = sent.body.to_string().len();
        let by_tool = request.answer.is_some() && model.dialect == Dialect::Messages;
        let (streams, read): (_, Box<dyn Read + Send>) = match model.dialect {
            Dialect::Chat => (Streams::Events, Box::<chat::Chat>::default()),
            Dialect::Responses => (Streams::Events, Box::<responses::Responses>::default()),
            Dialect::Messages => (Streams::Events, Box::<messages::Messages>::default()),
            Dialect::Ollama => (Streams::Lines, Box::<ollama::Ollama>::default()),
        };
        Self {
            frames: Frames::new(streams),
            read,
            answer: Answer::new(request, n_bytes, by_tool),
            problem: None,
            dialect: model.dialect,
            tag: tag(model),
        }
    }

    /// What the next bytes tell, for people who watch.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Delta> {
        for frame in self.frames.feed(bytes) {
            self.frame(&frame, false);
        }
        std::mem::take(&mut self.answer.deltas)
    }

    /// Whether more is needed.
    pub fn progress(&self) -> Progress {
        if self.problem.is_some() { Progress::Done } else { self.answer.progress }
    }

    /// What came, once nothing more does, with the last of it for people who watch. A failure comes with what it cost
    /// as far as the provider said so.
    pub fn finish(mut self) -> (Vec<Delta>, Result<Turn, (Problem, Usage)>) {
        for frame in self.frames.finish() {
            self.frame(&frame, true);
        }
        let deltas = std::mem::take(&mut self.answer.deltas);
        let is_open = self.answer.progress == Progress::Open;
        let problem = self.problem.take().or_else(|| is_open.then(Problem::truncated));
        if let Some(problem) = problem {
            let is_told = self.answer.input.is_some();
            let usage = if is_told { self.answer.usage() } else { Usage::default() };
            return (deltas, Err((problem, usage)));
        }
        self.read.close(&mut self.answer);
        (deltas, Ok(self.answer.turn(&self.tag)))
    }

    fn frame(&mut self, frame: &Frame, is_last: bool) {
        if self.progress() == Progress::Done {
            return;
        }
        self.problem = self.told(frame, is_last).err();
    }

    fn told(&mut self, frame: &Frame, is_last: bool) -> Result<(), Problem> {
        if frame.data.trim() == "[DONE]" {
            // In the other dialects it proves nothing.
            if self.dialect == Dialect::Chat {
                self.answer.ended(Progress::Done);
            }
            return Ok(());
        }
        let value: Value = match serde_json::from_str(&frame.data) {
            Ok(value) => value,
            // The end of a stream that was cut.
            Err(error) if is_last && error.is_eof() => return Ok(()),
            Err(_) => return Err(Problem::garbled(&frame.data)),
        };
        if let Some(problem) = fault::in_band(&value) {
            return Err(problem);
        }
        if frame.event == "error" {
            return Err(fault::told(&value));
        }
        self.read.frame(&value, &mut self.answer)?;
        if self.frames.is_body() && self.answer.progress == Progress::Open {
            return Err(Problem::garbled(&frame.data));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
