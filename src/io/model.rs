//! Calls of language models, over the network and with patience: what fails in passing is tried again, and nothing of an
//! answer that was cut short is ever used.

mod key;
mod own;
mod pace;
mod tape;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use key::Key;
pub use key::NoKey;
pub use own::own_models;
pub use pace::Pace;
pub use tape::Tape;
use wire::{Exchange, Wire};

use crate::base::cancel::CancelToken;
use crate::base::limits::{MODEL_ANSWER_BYTES_MAX, MODEL_BILL_WALL_MAX, MODEL_REFUSAL_BYTES_MAX};
use crate::io::clock;
use crate::logic::dialect::fault::{self, Problem};
use crate::logic::dialect::{self, Outgoing, Progress, Reader};
use crate::model::failure::Failure;
use crate::model::provider::{KeySource, Model, Vendor};
use crate::model::transcript::{
    Arguments, CallFailure, Delta, Fault, Part, Request, Tool, Turn, Usage,
};

/// Who answers requests: a provider, or what stands for one in tests.
pub trait Caller: Sync {
    /// Blocks until the answer is whole, or there is none. `on` sees what arrives meanwhile. A raised `cancel` ends it at
    /// once.
    fn turn(
        &self,
        request: &Request,
        cancel: &CancelToken,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Turn, CallFailure>;
}

impl<T: Caller + ?Sized> Caller for &T {
    fn turn(
        &self,
        request: &Request,
        cancel: &CancelToken,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Turn, CallFailure> {
        (**self).turn(request, cancel, on)
    }
}

/// One configured model.
pub struct Provider {
    model: Model,
    wire: Wire,
    pace: Pace,
    /// What a program said; asked again only when it is not taken any more.
    key: Mutex<Option<Key>>,
}

/// What one attempt came to; a failure with its cost as far as it was told.
type Attempt = Result<Turn, (Problem, Usage)>;

impl Provider {
    /// Makes no connection yet.
    pub fn open(model: &Model) -> Result<Provider, Failure> {
        Self::with(model, Pace::default(), Tape::from_env()?)
    }

    pub fn with(model: &Model, pace: Pace, tape: Tape) -> Result<Provider, Failure> {
        let wire = Wire::open(model, tape)?;
        Ok(Provider { model: model.clone(), wire, pace, key: Mutex::new(None) })
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Whether a key is there, or none is needed.
    pub fn has_key(&self, cancel: &CancelToken) -> Result<(), NoKey> {
        key::find(&self.model.key, cancel).map(drop)
    }

    fn key(&self, cancel: &CancelToken) -> Result<Option<Key>, NoKey> {
        if self.wire.is_replayed() {
            return Ok(None);
        }
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            *known = key::find(&self.model.key, cancel)?;
        }
        Ok(known.clone())
    }

    /// Keys that programs say may be short-lived. Whether asking again may help.
    fn forget_key(&self) -> bool {
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        known.take().is_some() && matches!(self.model.key, KeySource::Command(_))
    }

    async fn turn_of(
        &self,
        request: &Request,
        cancel: &CancelToken,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Turn, CallFailure> {
        let mut spent = Usage::default();
        let mut stream = self.model.stream;
        let mut n_keys = 0;
        let mut n = 0;
        loop {
            n += 1;
            let key = self.key(cancel).map_err(|no| CallFailure {
                fault: if cancel.is_cancelled() { Fault::Cancelled } else { Fault::Unauthorized },
                message: no.message,
                hint: no.hint,
                usage: spent,
            })?;
            let (problem, usage) = match self.attempt(request, stream, key.as_ref(), on).await {
                Ok(turn) if stream && self.is_suspect(&turn, request) => {
                    // The streaming parsers of tool calls are the weak part of such servers.
                    stream = false;
                    spent = sum(spent, turn.usage);
                    on(Delta::Again { why: "the arguments of a call cannot be read".to_owned() });
                    continue;
                }
                Ok(turn) => return Ok(Turn { usage: sum(spent, turn.usage), ..turn }),
                Err(failed) => failed,
            };
            spent = sum(spent, usage);
            let message = key.map_or(problem.message.clone(), |key| key.redact(&problem.message));
            if problem.fault == Fault::Unauthorized && n_keys == 0 && self.forget_key() {
                n_keys += 1;
                continue;
            }
            let Some(wait) = self.pace.wait(n, &problem) else {
                return Err(given_up(&problem, message, n, spent));
            };
            on(Delta::Again { why: message });
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        stream: bool,
        key: Option<&Key>,
        on: &mut dyn FnMut(Delta),
    ) -> Attempt {
        let out = dialect::outgoing(&self.model, request, stream);
        let sent = within(self.idle(), self.wire.send(&self.model, &out, key)).await;
        let mut exchange = match sent {
            Some(Ok(exchange)) => exchange,
            // A recording that is missing stays missing.
            Some(Err(why)) if self.wire.is_replayed() => {
                return Err((Problem::new(Fault::Invalid, why), Usage::default()));
            }
            Some(Err(why)) => {
                let why = format!("no answer from {}: {why}", self.model.url);
                return Err((Problem::new(Fault::Unreachable, why), Usage::default()));
            }
            None => return Err((self.silent(), Usage::default())),
        };
        let came = if (200..300).contains(&exchange.status) {
            self.read(&mut exchange, request, &out, on).await
        } else {
            Err((self.refusal(&mut exchange).await, Usage::default()))
        };
        match exchange.close(key) {
            Err(why) if came.is_ok() => {
                let why = format!("the exchange cannot be recorded: {why}");
                Err((Problem::new(Fault::Invalid, why), Usage::default()))
            }
            _ => came,
        }
    }

    async fn read(
        &self,
        exchange: &mut Exchange,
        request: &Request,
        out: &Outgoing,
        on: &mut dyn FnMut(Delta),
    ) -> Attempt {
        let mut reader = Reader::new(&self.model, request, out);
        let mut n_bytes = 0;
        let mut broken = None;
        while reader.progress() < Progress::Done {
            let is_open = reader.progress() == Progress::Open;
            let limit = if is_open { self.idle() } else { MODEL_BILL_WALL_MAX };
            match within(limit, exchange.chunk()).await {
                Some(Ok(Some(bytes))) => {
                    n_bytes += bytes.len();
                    if n_bytes > MODEL_ANSWER_BYTES_MAX {
                        let message =
                            format!("the answer is longer than {MODEL_ANSWER_BYTES_MAX} bytes");
                        broken = Some(Problem::new(Fault::Invalid, message));
                        break;
                    }
                    reader.feed(&bytes).into_iter().for_each(&mut *on);
                }
                Some(Ok(None)) => break,
                // What is proven to have ended needs no more.
                Some(Err(_)) | None if !is_open => break,
                Some(Err(why)) => {
                    let message = format!("the connection was cut: {why}");
                    broken = Some(Problem::new(Fault::Truncated, message));
                    break;
                }
                None => {
                    broken = Some(self.silent());
                    break;
                }
            }
        }
        let (deltas, came) = reader.finish();
        deltas.into_iter().for_each(on);
        match (broken, came) {
            (None, came) => came,
            (Some(problem), Ok(turn)) if problem.fault != Fault::Truncated => {
                Err((problem, turn.usage))
            }
            // The last piece was whole all the same.
            (Some(_), Ok(turn)) => Ok(turn),
            (Some(problem), Err((_, usage))) => Err((problem, usage)),
        }
    }

    async fn refusal(&self, exchange: &mut Exchange) -> Problem {
        if (300..400).contains(&exchange.status) {
            let to = exchange.header("location").unwrap_or("nowhere").to_owned();
            let message = format!("the server sends us on to {to}, which is not followed");
            return Problem::new(Fault::Invalid, message);
        }
        let mut body = Vec::new();
        while body.len() < MODEL_REFUSAL_BYTES_MAX {
            match within(self.idle(), exchange.chunk()).await {
                Some(Ok(Some(bytes))) => body.extend(bytes),
                Some(Ok(None) | Err(_)) | None => break,
            }
        }
        fault::refused(exchange.status, &exchange.headers, &body, clock::now_ms())
    }

    fn idle(&self) -> Duration {
        Duration::from_millis(self.model.idle_ms)
    }

    fn silent(&self) -> Problem {
        let seconds = self.idle().as_secs_f64();
        Problem::new(Fault::Idle, format!("nothing came for {seconds} seconds"))
    }

    /// Whether the server may have lost arguments between the model and us.
    fn is_suspect(&self, turn: &Turn, request: &Request) -> bool {
        let is_hosted = matches!(
            self.model.vendor,
            Vendor::Openai | Vendor::OpenaiResponses | Vendor::Anthropic | Vendor::Azure
        );
        let is_lost = |part: &Part| match part {
            Part::Call(call) => match &call.arguments {
                Arguments::Unreadable { .. } => true,
                Arguments::Object(object) => {
                    object.is_empty() && needs_arguments(&request.tools, &call.name)
                }
            },
            Part::Text { .. } | Part::Result { .. } | Part::Opaque { .. } => false,
        };
        !is_hosted && turn.message.parts.iter().any(is_lost)
    }
}

impl Caller for Provider {
    fn turn(
        &self,
        request: &Request,
        cancel: &CancelToken,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Turn, CallFailure> {
        let raised = Arc::new(Notify::new());
        let waker = raised.clone();
        cancel.on_cancel(move || waker.notify_one());
        // A runtime of its own: when it goes, so does everything the call began.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| CallFailure {
            fault: Fault::Unreachable,
            message: format!("the call cannot be made: {error}"),
            hint: "Close other programs: the system has no more room for it.".to_owned(),
            usage: Usage::default(),
        })?;
        let outcome = runtime.block_on(async {
            tokio::select! {
                biased;
                () = raised.notified() => Err(CallFailure {
                    fault: Fault::Cancelled,
                    message: "the call was cancelled".to_owned(),
                    hint: String::new(),
                    usage: Usage::default(),
                }),
                outcome = self.turn_of(request, cancel, on) => outcome,
            }
        });
        // A name that is still being looked up is not waited for.
        runtime.shutdown_background();
        outcome
    }
}

/// `None` when the time is up.
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

fn given_up(problem: &Problem, message: String, n: u32, usage: Usage) -> CallFailure {
    let asked = problem.wait_ms.filter(|_| problem.again).map_or(String::new(), |ms| {
        format!(" (it asks to be left alone for {} seconds)", ms.div_ceil(1_000))
    });
    let attempts = if n > 1 { format!(", after {n} attempts") } else { String::new() };
    CallFailure {
        fault: problem.fault,
        message: format!("{message}{asked}{attempts}"),
        hint: fault::hint(problem.fault).to_owned(),
        usage,
    }
}

fn needs_arguments(tools: &[Tool], name: &str) -> bool {
    let tool = tools.iter().find(|tool| tool.name == name);
    tool.is_some_and(|tool| {
        tool.schema["required"].as_array().is_some_and(|required| !required.is_empty())
    })
}

fn sum(a: Usage, b: Usage) -> Usage {
    Usage {
        input: a.input.saturating_add(b.input),
        cached: a.cached.saturating_add(b.cached),
        cache_written: a.cache_written.saturating_add(b.cache_written),
        output: a.output.saturating_add(b.output),
    }
}
