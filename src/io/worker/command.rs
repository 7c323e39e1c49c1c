//! Any program as a worker. It reads from a file what it is to do and changes the files it finds; what it says is shown
//! to people and otherwise not believed.

mod brief;

use std::path::Path;
use std::time::{Duration, Instant};

use super::{Assignment, Desk, Progress};
use crate::base::ids::TreeId;
use crate::base::limits::{PROGRESS_EVERY, WORKER_LINE_BYTES_MAX};
use crate::base::path::RepoPath;
use crate::base::text::clipped;
use crate::io::process::{End, Output};
use crate::io::worlds::{Command, World};
use crate::logic::verdict;
use crate::model::event::WorkResult;
use crate::model::failure::{Failure, FailureKind};
use crate::model::policy::Policy;
use crate::model::run::AttemptResult;

/// Names the file that tells the program what to do.
const BRIEF: &str = "GREENLOOP_BRIEF";

/// A program that is a worker.
pub struct Program<'a> {
    /// As people know it.
    pub name: &'a str,
    pub argv: &'a [String],
    pub dir: &'a RepoPath,
    pub timeout: Duration,
}

/// Runs the program in a world of the assignment's tree and reads the tree it leaves. A program that fails or changes
/// nothing has nothing to offer.
pub fn work(
    program: &Program<'_>,
    assignment: &Assignment<'_>,
    desk: &Desk<'_>,
) -> Result<WorkResult, Failure> {
    let world = desk.worlds.enter(assignment.tree)?;
    let brief = world.scratch().join("brief.json");
    brief::write(&brief, &world, assignment)?;
    let output = run(program, &world, &brief, desk);
    let nothing = |reason: String| {
        Ok(WorkResult::Nothing { reason: format!("{}: {reason}", program.name), search: None })
    };
    if let Some(reason) = failed(&output, program.timeout) {
        return nothing(reason);
    }
    let tree = match world.left_tree() {
        Ok(tree) => tree,
        Err(failure) if failure.kind == FailureKind::Refused => return nothing(failure.message),
        Err(failure) => return Err(failure),
    };
    let paths = changed(assignment, desk, &tree)?;
    let Some(first) = paths.first() else { return nothing("it changed nothing".to_owned()) };
    if let Some(reason) = refused_before(assignment, &tree) {
        return nothing(format!("it made a change again that was not good enough: {reason}"));
    }
    let title = match paths.len() {
        1 => format!("{first}, changed by {}", program.name),
        n => format!("{first} and {} more, changed by {}", n - 1, program.name),
    };
    Ok(WorkResult::Changed { tree, title, search: None })
}

fn run(program: &Program<'_>, world: &World, brief: &Path, desk: &Desk<'_>) -> Output {
    let command = Command {
        argv: world.absolute_program(program.argv.to_vec(), program.dir),
        dir: program.dir.clone(),
        env: vec![(BRIEF.to_owned(), brief.to_string_lossy().into_owned())],
        deadline: program.timeout,
        policy: Policy::default(),
    };
    (desk.progress)(Progress {
        text: format!("{} is at work", program.name),
        ..Progress::default()
    });
    let mut told: Option<Instant> = None;
    world.run(&command, desk.cancel, &mut |line| {
        if told.is_none_or(|told| told.elapsed() >= PROGRESS_EVERY) {
            told = Some(Instant::now());
            let line = String::from_utf8_lossy(line);
            let text = format!("{}: {}", program.name, clipped(line.trim(), WORKER_LINE_BYTES_MAX));
            (desk.progress)(Progress { text, ..Progress::default() });
        }
    })
}

/// Why what the program left is not to be looked at; `None` when it ended well.
fn failed(output: &Output, timeout: Duration) -> Option<String> {
    Some(match &output.end {
        End::Exited(0) => return None,
        End::Exited(code) => {
            let text = String::from_utf8_lossy(&output.text);
            let said = text.lines().map(str::trim).rfind(|line| !line.is_empty());
            let said = clipped(said.unwrap_or("it printed nothing"), WORKER_LINE_BYTES_MAX);
            format!("exit code {code}: {said}")
        }
        End::Signalled(signal) => format!("ended by signal {signal}"),
        End::TimedOut => format!("it did not end within {} s", timeout.as_secs()),
        End::Flooded { bytes } => format!("stopped after {bytes} bytes of output"),
        End::OverLimit { what, limit } => format!("it {}", verdict::over_limit(*what, *limit)),
        End::Cancelled => "it was cancelled".to_owned(),
        End::NotStarted(why) => why.clone(),
    })
}

/// Why this very tree was not good enough before; `None` when it is new.
fn refused_before(assignment: &Assignment<'_>, tree: &TreeId) -> Option<String> {
    let same = assignment.attempts.iter().find(|attempt| attempt.tree() == Some(tree))?;
    match &same.result {
        Some(AttemptResult::Red { reason } | AttemptResult::Nothing { reason }) => {
            Some(reason.clone())
        }
        Some(AttemptResult::Green) | None => None,
    }
}

/// Paths on which the tree differs from what the program was given.
fn changed(
    assignment: &Assignment<'_>,
    desk: &Desk<'_>,
    tree: &TreeId,
) -> Result<Vec<RepoPath>, Failure> {
    let changes = desk.store.changes(assignment.tree, tree)?;
    Ok(changes.into_iter().map(|change| change.path).collect())
}
