//! Why a Rust test failed, from what it printed.

use super::super::FindPath;
use crate::model::report::{Place, TestOutcome};

/// What the text of a failed test tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub outcome: TestOutcome,
    pub message: String,
    pub at: Option<Place>,
    /// Where panics happened, that of the test's own thread first.
    pub frames: Vec<Place>,
}

/// What the runtime says when a program went wrong by itself, without an assertion.
const RUNTIME_PANICS: [&str; 16] = [
    "called `Option::unwrap()`",
    "called `Result::unwrap()`",
    "called `Result::unwrap_err()`",
    "index out of bounds",
    "range start index",
    "range end index",
    "slice index starts",
    "byte index",
    "start byte index",
    "end byte index",
    "attempt to ",
    "not yet implemented",
    "not implemented",
    "internal error: entered unreachable code",
    "already borrowed",
    "already mutably borrowed",
];

struct Panic<'a> {
    thread: &'a str,
    place: &'a str,
    message: String,
}

/// Reads the block that libtest prints for the failed test `name`.
pub(super) fn told(name: &str, block: &str, find: FindPath<'_>) -> Told {
    let panics = panics(block);
    let own = |panic: &&Panic<'_>| panic.thread == name || panic.thread == "main";
    let Some(last) = panics.iter().rfind(own).or(panics.last()) else {
        return without_panic(block, find);
    };
    let others = panics.iter().filter(|panic| !std::ptr::eq(*panic, last));
    let all = std::iter::once(last).chain(others);
    Told {
        outcome: kind(&last.message),
        message: last.message.clone(),
        at: place(last.place, find),
        frames: all.filter_map(|panic| place(panic.place, find)).collect(),
    }
}

fn kind(message: &str) -> TestOutcome {
    let by_itself = RUNTIME_PANICS.iter().any(|start| message.starts_with(start));
    if by_itself { TestOutcome::Errored } else { TestOutcome::Failed }
}

/// A test that returned an error, or should have panicked.
fn without_panic(block: &str, find: FindPath<'_>) -> Told {
    let message = block.trim().to_owned();
    let should_panic = "note: test did not panic as expected";
    let note = message.lines().find_map(|line| line.strip_prefix(should_panic));
    Told {
        outcome: if note.is_some() { TestOutcome::Failed } else { TestOutcome::Errored },
        at: note.and_then(|note| place(note.trim_start().strip_prefix("at ")?, find)),
        frames: Vec::new(),
        message,
    }
}

fn panics(block: &str) -> Vec<Panic<'_>> {
    let mut found: Vec<Panic<'_>> = Vec::new();
    let mut in_message = false;
    for line in block.lines() {
        if let Some(panic) = panic_start(line) {
            // The old notation has the message in the same line.
            in_message = panic.message.is_empty();
            found.push(panic);
        } else if ["note: run with `RUST_BACKTRACE", "note: Some details", "stack backtrace:"]
            .iter()
            .any(|start| line.starts_with(start))
        {
            in_message = false;
        } else if let (true, Some(panic)) = (in_message, found.last_mut()) {
            panic.message.push_str(line);
            panic.message.push('\n');
        }
    }
    found.iter_mut().for_each(|panic| panic.message = panic.message.trim().to_owned());
    found
}

/// `thread 'x' panicked at src/a.rs:1:2:`, with the thread's number since Rust 1.91, or with the message in quotes
/// before the place until Rust 1.72.
fn panic_start(line: &str) -> Option<Panic<'_>> {
    let (thread, rest) = line.strip_prefix("thread '")?.split_once("' ")?;
    let (number, rest) = rest.split_once("panicked at ")?;
    if !number.is_empty() && !number.starts_with('(') {
        return None;
    }
    if let Some(place) = rest.strip_suffix(':') {
        return Some(Panic { thread, place, message: String::new() });
    }
    let (message, place) = rest.strip_prefix('\'')?.rsplit_once("', ")?;
    Some(Panic { thread, place, message: message.to_owned() })
}

/// `src/a.rs:10:5` as a place of the project.
pub(super) fn place(text: &str, find: FindPath<'_>) -> Option<Place> {
    let (rest, column) = text.trim().rsplit_once(':')?;
    let (path, line) = rest.rsplit_once(':')?;
    column.parse::<u32>().ok()?;
    let line = line.parse::<u32>().ok().filter(|line| *line > 0)?;
    find(path).map(|path| Place { path, line })
}
