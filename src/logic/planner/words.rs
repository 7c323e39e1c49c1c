//! What a step is called and what is said of it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::cause::{Cause, Red};
use super::{Group, Rank};
use crate::base::limits::SIGNATURE_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::base::text::counted;
use crate::logic::signature::{kind, named, signature, telling_line};

/// Messages told of one step.
const TOLD_MAX: usize = 3;

/// What is red and where, in one line.
pub(super) fn title(group: &Group<'_>) -> String {
    let count = || counted(group.red.len(), "red test");
    match &group.cause {
        None => format!("The rest: {}", count()),
        Some(Cause::Broken { at, .. }) => {
            let builds = group.red.iter().filter(|one| one.rank() == Rank::Build);
            let checks: Vec<String> = builds.map(|one| format!("`{}`", one.id.check)).collect();
            let at = at.as_ref().map(|path| format!(": {path}")).unwrap_or_default();
            format!("Build of {}{at}", checks.join(" and "))
        }
        Some(Cause::Stopped { path, function }) => {
            let at = function.as_ref().map(|name| format!("`{name}` in ")).unwrap_or_default();
            let what = match (shared_kind(group), group.red.len()) {
                (Some(kind), 1) => kind,
                (Some(kind), n) => format!("{kind} in {n} tests"),
                (None, _) => count(),
            };
            format!("{at}{path}: {what}")
        }
        Some(Cause::Said(said)) => format!("{said}: {}", count()),
        Some(Cause::StandsIn(path)) if group.red.len() == 1 => {
            format!("{path}: {}", short(&group.red[0], path))
        }
        Some(Cause::Tried(path) | Cause::StandsIn(path)) => format!("{path}: {}", count()),
        Some(Cause::Unknown(check)) => format!("`{check}`: {}", count()),
        Some(Cause::Found { check, path }) => {
            let at = path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
            format!("{at}{} of `{check}`", counted(group.red.len(), "finding"))
        }
    }
}

/// Why these tests are one step, and what they say.
pub(super) fn intent(group: &Group<'_>) -> String {
    let why = match &group.cause {
        None => "Too many causes for a step each.",
        Some(Cause::Broken { .. }) => "Nothing can be tested before it is built.",
        Some(Cause::Stopped { .. }) => "All of them stopped there.",
        Some(Cause::Said(_)) => "All of them say the same.",
        Some(Cause::Tried(_)) => "It is what their file imports.",
        Some(Cause::StandsIn(_)) => "They stand in one file.",
        Some(Cause::Unknown(_)) => "It is not told where they go wrong.",
        Some(Cause::Found { .. }) => "They are in one file.",
    };
    let why = if group.red.len() == 1 { "" } else { why };
    // What differs in values only is told once, as the first one says it.
    let mut said: BTreeMap<String, (usize, usize, String)> = BTreeMap::new();
    for one in &group.red {
        let (signature, text) = told(one);
        said.entry(signature).or_insert((0, one.nth, text)).0 += 1;
    }
    let mut said: Vec<(usize, usize, String)> = said.into_values().collect();
    said.retain(|(_, _, text)| !text.is_empty());
    said.sort_by_key(|(n, nth, _)| (Reverse(*n), *nth));
    let line = |(n, _, text): &(usize, usize, String)| {
        let times = if *n > 1 { format!(" ({n} times)") } else { String::new() };
        format!("- {text}{times}")
    };
    let lines: Vec<String> = said.iter().take(TOLD_MAX).map(line).collect();
    let parts = [why, &lines.join("\n")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// What a test or build says: what tells it from others, and the line itself.
fn told(one: &Red<'_>) -> (String, String) {
    let of_build = || one.problems.first().map(|problem| problem.message.as_str());
    let message = one.case.map(|case| case.message.as_str()).or_else(of_build).unwrap_or_default();
    let line = telling_line(message);
    let end = line.floor_char_boundary(SIGNATURE_BYTES_MAX);
    let cut = if end < line.len() { "…" } else { "" };
    (named(message), format!("{}{cut}", &line[..end]))
}

/// The exception that all of a group's tests stopped with.
fn shared_kind(group: &Group<'_>) -> Option<String> {
    let kinds: Option<Vec<String>> =
        group.red.iter().map(|one| kind(&signature(one.case?)).map(str::to_owned)).collect();
    let kinds = kinds?;
    kinds.iter().all(|other| *other == kinds[0]).then(|| kinds[0].clone())
}

/// A test's name without what its file says already.
fn short(one: &Red<'_>, path: &RepoPath) -> String {
    let name = one.id.name.as_str();
    let bare = path.as_str().rsplit_once('.').map_or(path.as_str(), |(bare, _)| bare);
    let module = bare.replace('/', ".");
    let rest = name.strip_prefix(path.as_str()).or_else(|| name.strip_prefix(&module));
    let rest = rest.map(|rest| rest.trim_start_matches([':', '.']));
    format!("`{}`", rest.filter(|rest| !rest.is_empty()).unwrap_or(name))
}
