//! An answer as it grows, the same for every dialect, and what makes a turn of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::transcript::{
    Arguments, Delta, Message, Part, Request, Role, Stop, ToolCall, Turn, Usage,
};

/// The tool that stands for a structured answer where a dialect has no better way.
pub(super) const ANSWER_TOOL: &str = "final_answer";

/// How far an answer has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    #[default]
    Open,
    /// Its end is proven; what still may come is its bill.
    Ended,
    /// Nothing more comes.
    Done,
}

#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Call(Draft),
    Opaque(Value),
}

/// A call on its way.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// What its pieces are told apart by, beside the id.
    pub(super) index: Option<u64>,
    /// The provider's; may be missing or of another call of the conversation too.
    pub(super) id: String,
    pub(super) name: String,
    /// The arguments' text.
    pub(super) text: String,
    pub(super) is_told: bool,
}

#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) pieces: Vec<Piece>,
    pub(super) stop: Option<Stop>,
    pub(super) progress: Progress,
    /// What the provider says; `None` until it does.
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) cached: u64,
    pub(super) cache_written: u64,
    pub(super) deltas: Vec<Delta>,
    /// Ids of the conversation's calls.
    used: BTreeSet<String>,
    /// Of what was sent.
    n_bytes_sent: usize,
    /// The answer is to be one JSON value, asked for as the arguments of [`ANSWER_TOOL`].
    by_tool: bool,
}

impl Answer {
    pub(super) fn new(request: &Request, n_bytes_sent: usize, by_tool: bool) -> Self {
        let parts = request.messages.iter().flat_map(|message| &message.parts);
        let ids = parts.filter_map(|part| match part {
            Part::Call(call) => Some(call.id.clone()),
            Part::Text { .. } | Part::Result { .. } | Part::Opaque { .. } => None,
        });
        Self { used: ids.collect(), n_bytes_sent, by_tool, ..Self::default() }
    }

    pub(super) fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.deltas.push(Delta::Text(text.to_owned()));
        match self.pieces.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    pub(super) fn reasoning(&mut self, text: &str) {
        if !text.is_empty() {
            self.deltas.push(Delta::Reasoning(text.to_owned()));
        }
    }

    /// The call at this place in `pieces`; `None` where there is none.
    pub(super) fn draft(&mut self, place: usize) -> Option<&mut Draft> {
        match self.pieces.get_mut(place) {
            Some(Piece::Call(draft)) => Some(draft),
            _ => None,
        }
    }

    pub(super) fn drafts(&self) -> impl DoubleEndedIterator<Item = (usize, &Draft)> {
        self.pieces.iter().enumerate().filter_map(|(place, piece)| match piece {
            Piece::Call(draft) => Some((place, draft)),
            Piece::Text(_) | Piece::Opaque(_) => None,
        })
    }

    /// Begins a call and says where it is.
    pub(super) fn begin(&mut self, draft: Draft) -> usize {
        self.pieces.push(Piece::Call(draft));
        self.pieces.len() - 1
    }

    /// Tells people about a call once its name is known.
    pub(super) fn tell(&mut self, place: usize) {
        let by_tool = self.by_tool;
        let Some(draft) = self.draft(place) else { return };
        let is_answer = by_tool && draft.name == ANSWER_TOOL;
        if !draft.is_told && !draft.name.is_empty() && !is_answer {
            draft.is_told = true;
            let name = draft.name.clone();
            self.deltas.push(Delta::Call { name });
        }
    }

    pub(super) fn ended(&mut self, progress: Progress) {
        self.progress = self.progress.max(progress);
    }

    pub(super) fn usage(&self) -> Usage {
        let n_bytes = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Call(draft) => draft.name.len() + draft.text.len(),
            Piece::Opaque(value) => value.to_string().len(),
        });
        let tokens = |n_bytes: usize| n_bytes.div_ceil(4) as u64;
        // Nothing is said where something came: some servers put zeros instead of leaving it out.
        let told = |n: Option<u64>| n.filter(|n| *n > 0);
        Usage {
            input: told(self.input).unwrap_or_else(|| tokens(self.n_bytes_sent)),
            cached: self.cached,
            cache_written: self.cache_written,
            output: told(self.output).unwrap_or_else(|| tokens(n_bytes.sum())),
        }
    }

    /// The turn, once the end is proven. `tag` marks what only this provider and model can read.
    pub(super) fn turn(mut self, tag: &str) -> Turn {
        let usage = self.usage();
        let stop = self.stop.take().unwrap_or(Stop::End);
        let mut parts = Vec::new();
        for piece in std::mem::take(&mut self.pieces) {
            match piece {
                Piece::Text(text) => parts.push(Part::Text { text }),
                Piece::Opaque(value) => {
                    parts.push(Part::Opaque { provider: tag.to_owned(), value });
                }
                Piece::Call(draft) if self.by_tool && draft.name == ANSWER_TOOL => {
                    // Cut short it is no JSON, as any other answer would be.
                    parts.push(Part::Text { text: draft.text });
                }
                Piece::Call(draft) => parts.extend(self.call(draft, &stop).map(Part::Call)),
            }
        }
        let calls = parts.iter().any(|part| matches!(part, Part::Call(_)));
        let stop = match stop {
            Stop::End if calls => Stop::Calls,
            Stop::Calls if !calls && self.by_tool => Stop::End,
            Stop::Calls if !calls => Stop::Other("calls, but there are none".to_owned()),
            other => other,
        };
        Turn { message: Message { role: Role::Assistant, parts }, stop, usage }
    }

    /// `None` for a call that was cut off.
    fn call(&mut self, draft: Draft, stop: &Stop) -> Option<ToolCall> {
        let Draft { id, name, text, .. } = draft;
        let is_cut = *stop == Stop::Length;
        let arguments = match serde_json::from_str(&text) {
            _ if text.trim().is_empty() && (is_cut || name.is_empty()) => return None,
            _ if text.trim().is_empty() => Arguments::Object(Map::new()),
            Ok(Value::Object(object)) => Arguments::Object(object),
            Err(_) if is_cut => return None,
            Ok(_) => Arguments::Unreadable { text, problem: "is no JSON object".to_owned() },
            Err(error) => Arguments::Unreadable { text, problem: error.to_string() },
        };
        Some(ToolCall { id: self.unique(id), name, arguments })
    }

    /// Some servers give no ids, others the same ones in every answer.
    fn unique(&mut self, id: String) -> String {
        let stem = if id.is_empty() { "call".to_owned() } else { id.clone() };
        let made = (1..).map(|n| format!("{stem}_{n}"));
        let given = Some(id).filter(|id| !id.is_empty());
        let free = given.into_iter().chain(made).find(|id| !self.used.contains(id));
        let free = free.unwrap_or(stem);
        self.used.insert(free.clone());
        free
    }
}
