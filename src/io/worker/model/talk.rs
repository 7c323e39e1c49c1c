//! The tool loop: the model asks, somebody carries it out and answers, until that is done or gets nowhere.

use std::borrow::Cow;

use super::super::{Desk, Progress};
use crate::base::limits::MODEL_TURNS_MAX;
use crate::base::text::clipped;
use crate::io::model::Caller;
use crate::logic::secrets::withheld;
use crate::logic::stall::{self, Kind, Round};
use crate::logic::talk;
use crate::model::failure::Failure;
use crate::model::provider::Model;
use crate::model::transcript::{
    CallFailure, Delta, Fault, Message, Part, Request, Role, Stop, ToolCall, Turn,
};

/// What is kept of a model's reasons, in bytes.
const WORDS_BYTES_MAX: usize = 300;

/// Who carries out what the model asks for, and knows when it is done.
pub(super) trait Host {
    type Done;

    fn carry_out(&mut self, call: &ToolCall) -> Result<Answer<Self::Done>, Failure>;

    /// What to say to a model that uses no tool.
    fn nudge(&self) -> &'static str;
}

/// What a call is answered with.
pub(super) struct Answer<T> {
    pub text: String,
    pub is_error: bool,
    /// Nothing more is to be said.
    pub done: Option<T>,
    /// How much is left to do, where that is known.
    pub left: Option<usize>,
    /// What was seen, without what differs each time; `None` for all of the text.
    pub seen: Option<String>,
}

impl<T> Answer<T> {
    pub fn error(text: String) -> Self {
        Answer { text, is_error: true, done: None, left: None, seen: None }
    }

    pub fn said(text: String) -> Self {
        Answer { text, is_error: false, done: None, left: None, seen: None }
    }
}

/// How it ended.
pub(super) enum Ended<T> {
    Done(T),
    /// The model gave up, or had to.
    Stopped {
        reason: String,
    },
    /// It could not be called.
    Failed(CallFailure),
}

/// One conversation with one model.
pub(super) struct Talk<'a> {
    pub desk: &'a Desk<'a>,
    pub model: &'a Model,
    pub request: Request,
    rounds: Vec<Round>,
}

impl<'a> Talk<'a> {
    pub fn new(desk: &'a Desk<'a>, model: &'a Model, mut request: Request) -> Self {
        request.system = withheld(&request.system).into_owned();
        for message in &mut request.messages {
            message.parts.iter_mut().for_each(withhold);
        }
        Talk { desk, model, request, rounds: Vec::new() }
    }

    /// Talks until it ends.
    pub fn hold<H: Host>(
        &mut self,
        caller: &dyn Caller,
        host: &mut H,
    ) -> Result<Ended<H::Done>, Failure> {
        for _ in 0..MODEL_TURNS_MAX {
            let turn = match self.call(caller) {
                Ok(turn) => turn,
                Err(failure) => return Ok(Ended::Failed(failure)),
            };
            if let Some(ended) = self.take(turn, host)? {
                return Ok(ended);
            }
            if let Some(stalled) = stall::stall(&self.rounds) {
                return Ok(Ended::Stopped { reason: format!("it {}", stalled.told()) });
            }
        }
        Ok(Ended::Stopped { reason: format!("it was not done within {MODEL_TURNS_MAX} turns") })
    }

    /// The next turn. A conversation that does not fit is shortened once.
    fn call(&mut self, caller: &dyn Caller) -> Result<Turn, CallFailure> {
        talk::shorten(&mut self.request, self.model.window);
        match self.call_once(caller) {
            Err(failure)
                if failure.fault == Fault::Overflow && talk::shorten_all(&mut self.request) > 0 =>
            {
                self.call_once(caller)
            }
            done => done,
        }
    }

    fn call_once(&self, caller: &dyn Caller) -> Result<Turn, CallFailure> {
        self.tell("thinks");
        caller.turn(&self.request, self.desk.cancel, &mut |delta| {
            if let Delta::Again { why } = delta {
                self.tell(&format!("is asked again: {why}"));
            }
        })
    }

    /// For people who watch.
    pub fn tell(&self, what: &str) {
        let text = format!("{} {what}", self.model.name);
        (self.desk.progress)(Progress { text, ..Progress::default() });
    }

    /// Answers a turn.
    fn take<H: Host>(
        &mut self,
        turn: Turn,
        host: &mut H,
    ) -> Result<Option<Ended<H::Done>>, Failure> {
        let words = words(&turn.message);
        let calls: Vec<ToolCall> = turn.message.parts.iter().filter_map(call_of).cloned().collect();
        if !turn.message.parts.is_empty() {
            self.request.messages.push(turn.message);
        }
        let mut round =
            Round { kind: Kind::Fail, did: String::new(), saw: String::new(), left: None };
        if turn.stop == Stop::Paused {
            // The provider is still at it.
            self.rounds.push(Round { kind: Kind::Wait, ..round });
            return Ok(None);
        }
        if let Some(why) = gave_up(&turn.stop) {
            let said = clipped(words.trim(), WORDS_BYTES_MAX);
            let reason = if said.is_empty() { why } else { format!("{why}: {said}") };
            return Ok(Some(Ended::Stopped { reason }));
        }
        let (mut answers, mut done) = (Vec::new(), None);
        // What is asked for at once is one round.
        for call in &calls {
            let (text, is_error) = match &done {
                Some(_) => ("not carried out: you were done".to_owned(), true),
                None => {
                    let answer = host.carry_out(call)?;
                    if !answer.is_error {
                        round.kind = Kind::Act;
                    }
                    round.did.push_str(&asked(call));
                    round.saw.push_str(answer.seen.as_ref().unwrap_or(&answer.text));
                    round.left = answer.left.or(round.left);
                    done = answer.done;
                    (answer.text, answer.is_error)
                }
            };
            answers.push(Part::Result { call: call.id.clone(), text, is_error });
        }
        if turn.stop == Stop::Length {
            let n = self.request.output_max;
            let text = format!("Your answer was cut off at {n} tokens. Go on in smaller steps.");
            answers.push(Part::Text { text });
        } else if calls.is_empty() {
            answers.push(Part::Text { text: host.nudge().to_owned() });
        }
        self.rounds.push(round);
        self.answer(answers);
        Ok(done.map(Ended::Done))
    }

    /// Turns of the same side are one message.
    fn answer(&mut self, mut parts: Vec<Part>) {
        parts.iter_mut().for_each(withhold);
        match self.request.messages.last_mut() {
            Some(last) if last.role == Role::User => last.parts.extend(parts),
            _ => self.request.messages.push(Message { role: Role::User, parts }),
        }
    }
}

/// Whatever way it came: what looks like a secret goes to nobody.
fn withhold(part: &mut Part) {
    match part {
        Part::Text { text } | Part::Result { text, .. } => {
            if let Cow::Owned(kept) = withheld(text) {
                *text = kept;
            }
        }
        Part::Call(_) | Part::Opaque { .. } => {}
    }
}

/// A call in a line, to see whether it was made before.
fn asked(call: &ToolCall) -> String {
    let arguments = serde_json::to_string(&call.arguments).unwrap_or_default();
    format!("{} {arguments}\n", call.name)
}

/// Why a model that ended so will say no more.
fn gave_up(stop: &Stop) -> Option<String> {
    Some(match stop {
        Stop::Refused => "the model will not do it".to_owned(),
        Stop::Filtered => "the provider keeps its answer back".to_owned(),
        Stop::Other(word) => {
            format!("it ended with `{}`, which is not known", clipped(word, WORDS_BYTES_MAX))
        }
        Stop::End | Stop::Calls | Stop::Length | Stop::Paused => return None,
    })
}

fn call_of(part: &Part) -> Option<&ToolCall> {
    match part {
        Part::Call(call) => Some(call),
        Part::Text { .. } | Part::Result { .. } | Part::Opaque { .. } => None,
    }
}

fn words(message: &Message) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text { text } => Some(text.as_str()),
        Part::Call(_) | Part::Result { .. } | Part::Opaque { .. } => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}
