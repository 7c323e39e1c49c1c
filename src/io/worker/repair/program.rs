//! Programs of ours that try candidates inside a world: each gets specifications in a folder, one after the other, and
//! answers in JSON lines.

mod messages;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use self::messages::{FileEdits, Message, Spec};
use super::fast_path::{FastPath, Job, Patch, Request, Verdict, given_up};
use super::patch;
use super::session::{Heard, Session};
use crate::base::limits::{CANDIDATE_MEMORY_BYTES, JUDGE_WALL_MIN, OBSERVE_WALL};
use crate::io::worlds::{Command, World};
use crate::model::failure::Failure;
use crate::repair::judge::Response;
use crate::repair::stop::Stop;
use crate::repair::{Standing, TestCoverage, localize};

const OBSERVE: &str = "observe";
const SEARCH: &str = "search";
const BEHAVE: &str = "behave";
/// How long it is listened before it is looked for what cannot be heard.
const LISTEN: Duration = Duration::from_millis(20);
/// How long a program may take to leave what it is at.
const LEAVE_WALL: Duration = Duration::from_secs(1);

/// A program that lies in the scratch folder of a world.
pub(super) struct Program<'a> {
    pub job: &'a Job<'a>,
    /// While a session goes on, nothing else can run in it.
    pub world: Arc<World>,
    /// For people.
    pub language: &'static str,
    pub framework: &'static str,
    /// What the check gives to the framework.
    pub args: Vec<String>,
    /// What starts the program; the folder with its specifications comes last.
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Whether it can tell what patches do where no test looks.
    pub behaves: bool,
    /// There is none before it is given something to do.
    pub session: Option<Session>,
}

/// Puts a program's files into a world's scratch folder.
pub(super) fn put(world: &World, files: &[(&str, &str)]) -> Result<(), Failure> {
    for (name, text) in files {
        let file = world.scratch().join(name);
        let folder = file.parent().unwrap_or(world.scratch());
        fs::create_dir_all(folder).map_err(|error| not_written(folder, &error))?;
        fs::write(&file, text).map_err(|error| not_written(&file, &error))?;
    }
    Ok(())
}

impl FastPath for Program<'_> {
    fn observe(&mut self) -> Result<Vec<TestCoverage>, Failure> {
        let mut seen = Vec::new();
        let red = [self.job.failing, self.job.others_observed()].concat();
        let sample = localize::sample(&red, self.job.passing);
        let sample: Vec<String> = sample.into_iter().cloned().collect();
        let spec = Spec { passing: &sample, ..self.spec(OBSERVE, &red) }.text()?;
        let job = self.job;
        self.run(OBSERVE, &spec, &mut |message| {
            if let Message::Test { id, outcome, lines } = message {
                let standing = job.standing(&id);
                if standing != Standing::Green || outcome == "passed" {
                    seen.push(TestCoverage { standing, lines });
                }
            }
            ControlFlow::Continue(())
        })?;
        Ok(seen)
    }

    fn search(
        &mut self,
        request: &Request<'_, '_>,
        each: &mut dyn FnMut(usize, Verdict) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let mut spec = Spec { patient: request.is_patient, ..self.spec(SEARCH, request.failing) };
        spec.patches = request.patches.iter().map(file_edits).collect();
        let spec = spec.text()?;
        let (mut first, mut nearer) = (None, BTreeMap::new());
        self.run(SEARCH, &spec, &mut |message| match message {
            Message::Stop { at: 0, text } => {
                first = Some(Stop::read(&text));
                ControlFlow::Continue(())
            }
            Message::Stop { at, text } => {
                let by = first.as_ref().map(|first| Stop::read(&text).nearer_than(first));
                nearer.extend(by.map(|by| (at, by)));
                ControlFlow::Continue(())
            }
            Message::Verdicts { verdicts } => verdicts
                .into_iter()
                .filter(|(index, _)| *index < request.patches.len())
                .try_for_each(|(index, found)| each(index, found.verdict(&nearer))),
            _ => ControlFlow::Continue(()),
        })
    }

    fn is_quick(&self) -> bool {
        true
    }

    fn behave(&mut self, patches: &[Patch<'_>]) -> Result<Vec<Response>, Failure> {
        let mut responses = Vec::new();
        if !self.behaves {
            return Ok(responses);
        }
        let mut spec = self.spec(BEHAVE, self.job.failing);
        spec.patches = patches.iter().map(file_edits).collect();
        let spec = spec.text()?;
        self.run(BEHAVE, &spec, &mut |message| {
            if let Message::Response { call, gives } = message
                && gives.len() == patches.len()
            {
                responses.push(Response { call, gives });
            }
            ControlFlow::Continue(())
        })?;
        Ok(responses)
    }
}

impl Program<'_> {
    fn spec<'s>(&'s self, mode: &'static str, failing: &'s [String]) -> Spec<'s> {
        Spec {
            mode,
            root: self.world.root(),
            scratch: self.world.scratch(),
            framework: self.framework,
            args: &self.args,
            failing,
            targets: self.job.failing.len(),
            passing: self.job.passing,
            others: self.job.others,
            sources: self.job.sources.iter().map(|source| &source.path).collect(),
            patches: Vec::new(),
            patient: true,
            workers: thread::available_parallelism().map_or(1, usize::from),
            seconds: OBSERVE_WALL.as_secs_f64(),
            memory: CANDIDATE_MEMORY_BYTES,
        }
    }

    /// Has a specification worked off until it is done, the job is cancelled or late, or `each` breaks.
    fn run(
        &mut self,
        mode: &str,
        spec: &[u8],
        each: &mut dyn FnMut(Message) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let until = Instant::now() + self.wall(mode);
        let world = Arc::clone(&self.world);
        let not_given = |error| not_written(world.scratch(), &error);
        let mut session = self.ready().map_err(not_given)?;
        session.give(spec).map_err(not_given)?;
        let mut has_said = false;
        loop {
            let mut is_wanted = !self.job.desk.cancel.is_cancelled() && Instant::now() < until;
            match session.hear(LISTEN) {
                Heard::Line(line) => match serde_json::from_slice(&line) {
                    Ok(Message::End { of }) if of == session.n_given() => break,
                    // Of no work, or of an older one.
                    Ok(Message::End { .. }) => {}
                    Ok(message) => {
                        has_said = true;
                        is_wanted &= each(message).is_continue();
                    }
                    // Output of the interpreter itself.
                    Err(_) => {}
                },
                Heard::Nothing => {}
                Heard::End if self.job.is_over() => return Ok(()),
                // What was done before may have been too much for it.
                Heard::End if !has_said && session.n_given() > 1 => {
                    return self.run(mode, spec, each);
                }
                Heard::End => {
                    let output = session.end().map_or_else(Vec::new, |output| output.text);
                    return Err(self.died(&output));
                }
            }
            if !is_wanted {
                session.leave().map_err(not_given)?;
                break;
            }
        }
        self.session = Some(session);
        Ok(())
    }

    /// The session under way once it is done with what it was given last, else a new one.
    fn ready(&mut self) -> io::Result<Session> {
        if let Some(session) = self.session.take()
            && (!session.is_left() || is_done(&session))
        {
            return Ok(session);
        }
        // What edits do may be asked when the time is over.
        let command = self.command(self.job.left() + 2 * JUDGE_WALL_MIN);
        let folder = self.world.scratch().join("specs");
        Session::start(Arc::clone(&self.world), command, folder, self.job.desk.cancel)
    }

    /// How long it may work on a specification.
    fn wall(&self, mode: &str) -> Duration {
        let left = self.job.left();
        if mode == BEHAVE { left.max(JUDGE_WALL_MIN) } else { left }
    }

    fn command(&self, deadline: Duration) -> Command {
        Command {
            argv: self.argv.clone(),
            dir: self.job.check.dir.clone(),
            env: self.env.iter().cloned().chain(self.job.check.env.clone()).collect(),
            deadline,
            policy: self.job.check.policy.clone(),
        }
    }

    fn died(&self, output: &[u8]) -> Failure {
        let text = String::from_utf8_lossy(output);
        given_up(format!("the {} search ended early: {}", self.language, error_said(&text)))
    }
}

/// Waits for a program that was told to leave its work. One that is at it for long is not waited for.
fn is_done(session: &Session) -> bool {
    let until = Instant::now() + LEAVE_WALL;
    loop {
        match session.hear(LISTEN) {
            Heard::Line(line) => {
                let said = serde_json::from_slice(&line);
                if matches!(said, Ok(Message::End { of }) if of == session.n_given()) {
                    return true;
                }
            }
            Heard::End => return false,
            Heard::Nothing => {}
        }
        if Instant::now() > until {
            return false;
        }
    }
}

/// What a program said that ended without saying so: the error of its interpreter, which Node.js puts before where it was
/// and its own version, or else its last line.
fn error_said(text: &str) -> &str {
    let lines =
        || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('{'));
    let is_trace = |line: &str| line.starts_with("at ") || line.starts_with("Node.js v");
    let error = lines().rev().find(|line| {
        let kind = line.split(':').next().unwrap_or_default();
        !is_trace(line) && (kind.ends_with("Error") || kind.contains("Error ["))
    });
    error.or_else(|| lines().next_back()).unwrap_or("no output")
}

fn file_edits<'a>(patch: &Patch<'a>) -> Vec<FileEdits<'a>> {
    patch::edits(patch)
        .into_iter()
        .map(|(path, edits)| {
            (path, edits.iter().map(|edit| (edit.start, edit.end, edit.text.as_str())).collect())
        })
        .collect()
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    Failure::environment(
        format!("`{}` cannot be written: {error}", path.display()),
        "Check the space and the permissions of the cache folder.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_an_interpreter_says_the_error_is_told() {
        let check = |text: &str, said: &str| assert_eq!(error_said(text), said);
        check(
            "x.cjs:5\n  throw er;\n\nError: write EPIPE\n    at send (x.cjs:1:2)\n\nNode.js v20.1.0\n",
            "Error: write EPIPE",
        );
        check("TypeError [ERR_X]: no\n    at a\nNode.js v20.1.0", "TypeError [ERR_X]: no");
        check(
            "Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: no\n",
            "ValueError: no",
        );
        check("{\"t\":\"test\"}\n", "no output");
        check("killed\n", "killed");
    }
}
