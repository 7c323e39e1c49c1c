//! The tamper guard: a change cannot become green by touching what judges it. It says what each edit touches, which
//! edits the project's policy leaves out, and which of them look like a way to be green without being right.

pub mod class;
mod code;
mod findings;
mod glob;
mod lexer;
mod regions;
pub mod set_up;
mod units;

use std::ops::Range;

use crate::base::path::RepoPath;
use crate::model::guard::{Class, Finding, FindingKind, GuardPolicy, Guarded, LeftOut, Rule};
use crate::model::proposal::{ChangeKind, FileChange, Hunk};
use crate::model::report::TestCase;
use crate::model::subset::Choice;
use regions::Region;

pub use findings::findings;

/// A change of one file with its texts.
#[derive(Clone, Copy, Debug)]
pub struct FileEdit<'a> {
    pub change: &'a FileChange,
    pub before: &'a str,
    pub after: &'a str,
}

/// What is known of the project a change is made to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The folders of the projects whose checks run: what lies around one says nothing about its files.
    pub projects: &'a [RepoPath],
    /// The tests that were red before the change.
    pub red: &'a [&'a TestCase],
    /// Texts of tests before the change.
    pub tests: &'a [(RepoPath, String)],
    /// Files that run around the tests because a configuration names them.
    pub set_up: &'a [RepoPath],
    /// Files for which the user has answered what the policy asks.
    pub allowed: &'a [RepoPath],
}

/// Edits, told apart by what becomes of them.
#[derive(Clone, Debug, Default)]
pub struct Sorted {
    /// What is judged and, if green, proposed.
    pub kept: Choice,
    /// Findings, what was left out, and what of `kept` is guarded.
    pub guarded: Guarded,
    /// Why the change is not looked at further.
    pub refused: Option<String>,
}

/// Sorts the edits of an attempt by the policy.
pub fn sort(edits: &[FileEdit<'_>], policy: &GuardPolicy, facts: &Facts<'_>) -> Sorted {
    let mut sorted = Sorted::default();
    let mut refused = Vec::new();
    for edit in edits {
        let path = &edit.change.path;
        for (hunk, class) in classes(edit, policy, facts).into_iter().enumerate() {
            let at = (path.clone(), hunk);
            match rule(policy, path, class, facts) {
                _ if class == Class::Source => drop(sorted.kept.insert(at)),
                Rule::Allow => {
                    sorted.kept.insert(at.clone());
                    sorted.guarded.allowed.push((at, class));
                }
                Rule::Ask => leave_out(&mut sorted.guarded.left_out, edit.change, hunk, class),
                Rule::Refuse => refused.push(format!("{path} ({})", class.name())),
            }
        }
    }
    sorted.guarded.findings = findings(edits, facts);
    refused.dedup();
    let tricks = sorted.guarded.findings.iter().filter(|finding| is_trick(finding, facts));
    let mut tricks =
        tricks.map(|finding| format!("{}:{}: {}", finding.path, finding.line, finding.why));
    sorted.refused = match (tricks.next(), refused.is_empty()) {
        (Some(first), _) => Some(format!("it makes the tests pass without being right: {first}")),
        (None, false) => {
            Some(format!("it changed what must not be changed: {}", refused.join(", ")))
        }
        (None, true) => None,
    };
    sorted
}

/// Whether a finding is about a source, which no policy lets pass.
fn is_trick(finding: &Finding, facts: &Facts<'_>) -> bool {
    let in_source = class_in(&finding.path, facts) == Class::Source;
    match finding.kind {
        FindingKind::HardCoded | FindingKind::TestDetection => true,
        FindingKind::PatchedRunner | FindingKind::EarlyExit => in_source,
        _ => false,
    }
}

/// Adds a hunk to what is left out of its file and class.
fn leave_out(all: &mut Vec<LeftOut>, change: &FileChange, hunk: usize, class: Class) {
    let known =
        all.iter().position(|known| known.class == class && known.change.path == change.path);
    let place = known.unwrap_or_else(|| {
        all.push(LeftOut { class, change: FileChange { hunks: Vec::new(), ..change.clone() } });
        all.len() - 1
    });
    all[place].change.hunks.extend(change.hunks.get(hunk).cloned());
}

fn rule(policy: &GuardPolicy, path: &RepoPath, class: Class, facts: &Facts<'_>) -> Rule {
    if is_any(&policy.allow, path, policy) {
        return Rule::Allow;
    }
    let rule = match policy.rules.get(&class).copied().unwrap_or_default() {
        Rule::Allow if is_any(&policy.protect, path, policy) => Rule::Ask,
        rule => rule,
    };
    if rule == Rule::Ask && facts.allowed.contains(path) { Rule::Allow } else { rule }
}

fn is_any(patterns: &[String], path: &RepoPath, policy: &GuardPolicy) -> bool {
    let path = path.relative_to(&policy.folder);
    path.is_some_and(|path| patterns.iter().any(|pattern| glob::matches(pattern, &path)))
}

/// The class of a file, seen from the project it belongs to.
pub fn class_in(path: &RepoPath, facts: &Facts<'_>) -> Class {
    match class::class_of(&inside(path, facts)) {
        Class::Source if facts.set_up.contains(path) => Class::Hook,
        class => class,
    }
}

/// A path seen from the project it belongs to.
fn inside(path: &RepoPath, facts: &Facts<'_>) -> RepoPath {
    let around = facts.projects.iter().filter(|project| path.is_within(project));
    let nearest = around.max_by_key(|project| project.as_str().len());
    nearest.and_then(|project| path.relative_to(project)).unwrap_or_else(|| path.clone())
}

/// What a file says of what tests give and expect: a test's own text, data that tests read, tests inside a source.
pub fn tests_in(path: &RepoPath, class: Class, text: &str) -> Option<String> {
    match class {
        Class::Test => class::holds_code(path).then(|| text.to_owned()),
        Class::Fixture => (path.extension() == "json").then(|| text.to_owned()),
        Class::Source => regions::inner_tests(path, text),
        _ => None,
    }
}

/// The class of each hunk; of the file as a whole where it has none.
pub fn classes(edit: &FileEdit<'_>, policy: &GuardPolicy, facts: &Facts<'_>) -> Vec<Class> {
    let change = edit.change;
    let n = change.hunks.len().max(1);
    let from = match &change.kind {
        ChangeKind::Rename { from } => from,
        ChangeKind::Modify | ChangeKind::Create | ChangeKind::Delete => &change.path,
    };
    let whole = [from, &change.path].map(|path| match class_in(path, facts) {
        Class::Source if is_any(&policy.protect, path, policy) => Class::Test,
        class => class,
    });
    if let Some(class) = whole.into_iter().find(|class| *class != Class::Source) {
        return vec![class; n];
    }
    let is_new = matches!(change.kind, ChangeKind::Create | ChangeKind::Rename { .. });
    if is_new && class::shadows(&inside(&change.path, facts)) {
        return vec![Class::Hook; n];
    }
    let (before, after) =
        (regions::regions(from, edit.before), regions::regions(&change.path, edit.after));
    // A file that comes or goes does so as a whole, with what it says of how tests run; tests in it are its own.
    if matches!(change.kind, ChangeKind::Create | ChangeKind::Delete) || change.hunks.is_empty() {
        let regions = before.iter().chain(&after).filter(|_| !change.hunks.is_empty());
        let settings = regions.map(|region| region.class).find(|class| *class != Class::Test);
        return vec![settings.unwrap_or_default(); n];
    }
    let mut n_added: i64 = 0;
    let class = |hunk: &Hunk| {
        let (n_removed, n_inserted) = (hunk.removed.len() as u32, hunk.inserted.len() as u32);
        let start = (i64::from(hunk.start) + n_added) as u32;
        n_added += i64::from(n_inserted) - i64::from(n_removed);
        let was = touched(&before, &(hunk.start..hunk.start + n_removed));
        was.or_else(|| touched(&after, &(start..start + n_inserted))).unwrap_or_default()
    };
    change.hunks.iter().map(class).collect()
}

/// The class of the first region that shares lines with these; for no lines, the one they lie inside of.
fn touched(regions: &[Region], lines: &Range<u32>) -> Option<Class> {
    let shares = |region: &&Region| {
        region.lines.start < lines.end && lines.start < region.lines.end
            || lines.is_empty()
                && region.lines.start < lines.start
                && lines.start < region.lines.end
    };
    regions.iter().find(shares).map(|region| region.class)
}

/// What was left out, in words: `3 edits of tests/test_money.py (tests)`.
pub fn told(left_out: &LeftOut) -> String {
    let LeftOut { class, change } = left_out;
    let what = match (&change.kind, change.hunks.len()) {
        (ChangeKind::Create, _) => "the new file".to_owned(),
        (ChangeKind::Delete, _) => "the deletion of".to_owned(),
        (ChangeKind::Rename { from }, _) => format!("the renaming of {from} to"),
        (ChangeKind::Modify, 1) => "an edit of".to_owned(),
        (ChangeKind::Modify, n) => format!("{n} edits of"),
    };
    format!("{what} {} ({})", change.path, class.name())
}

/// What was left out of a change and what is suspicious about it, in one line; empty when nothing was.
pub fn summary(guarded: &Guarded) -> String {
    let left_out: Vec<String> = guarded.left_out.iter().map(told).collect();
    let about =
        |finding: &&Finding| guarded.left_out.iter().any(|left| left.change.path == finding.path);
    let mut why: Vec<&str> =
        guarded.findings.iter().filter(about).map(|finding| finding.why.as_str()).collect();
    why.dedup();
    match (left_out.is_empty(), why.is_empty()) {
        (true, _) => String::new(),
        (false, true) => left_out.join(", "),
        (false, false) => format!("{}: {}", left_out.join(", "), why.join(", ")),
    }
}

#[cfg(test)]
mod tests;
