//! What a red test is suspected to be red for.

use std::collections::BTreeMap;

use super::Rank;
use crate::base::ids::CheckId;
use crate::base::path::RepoPath;
use crate::logic::affected::Imports;
use crate::logic::guard::class::{class_of, holds_code};
use crate::logic::report_parse::{BUILD, FINDING};
use crate::logic::signature;
use crate::model::check::{CheckRun, Problem};
use crate::model::guard::Class;
use crate::model::report::{Place, TestCase, TestId, TestOutcome};

/// Tests with the same one belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// It cannot be built, by the first error or, without any, by the check.
    Broken { at: Option<RepoPath>, what: String },
    /// They stopped in this function of a file, the last of the project's own in their stacks.
    Stopped { path: RepoPath, function: Option<String> },
    /// They said the same, with the same names in it.
    Said(String),
    /// Nothing but the file that their own imports.
    Tried(RepoPath),
    /// Nothing but the file that they stand in.
    StandsIn(RepoPath),
    /// Nothing at all.
    Unknown(CheckId),
    /// A check found something in this file.
    Found { check: CheckId, path: Option<RepoPath> },
}

impl Cause {
    /// The file that has the fault, as far as is known.
    pub(super) fn file(&self) -> Option<&RepoPath> {
        match self {
            Cause::Stopped { path, .. } | Cause::Tried(path) => Some(path),
            Cause::Broken { at, .. } | Cause::Found { path: at, .. } => at.as_ref(),
            Cause::Said(_) | Cause::StandsIn(_) | Cause::Unknown(_) => None,
        }
    }
}

/// A target with what its check told of it.
#[derive(Clone, Debug)]
pub(super) struct Red<'a> {
    /// Its place among the targets.
    pub nth: usize,
    pub id: &'a TestId,
    /// `None` for a build.
    pub case: Option<&'a TestCase>,
    /// Those of a build.
    pub problems: &'a [Problem],
}

impl<'a> Red<'a> {
    pub(super) fn all(baseline: &'a [CheckRun], targets: &'a [TestId]) -> Vec<Red<'a>> {
        let cases = baseline.iter().flat_map(|run| &run.report.cases);
        let cases: BTreeMap<&TestId, &TestCase> = cases.map(|case| (&case.id, case)).collect();
        let problems: BTreeMap<&CheckId, &[Problem]> =
            baseline.iter().map(|run| (&run.check, run.problems.as_slice())).collect();
        let red = |(nth, id): (usize, &'a TestId)| {
            let is_build = id.name == BUILD;
            let of_build = problems.get(&id.check).filter(|_| is_build);
            let problems = of_build.copied().unwrap_or_default();
            Red { nth, id, case: cases.get(id).copied(), problems }
        };
        targets.iter().enumerate().map(red).collect()
    }

    pub(super) fn rank(&self) -> Rank {
        match self.id.name.as_str() {
            BUILD => Rank::Build,
            name if name.ends_with(FINDING) => Rank::Finding,
            _ => Rank::Test,
        }
    }

    /// Where it goes wrong: its own place, or the errors of a build.
    pub(super) fn places(&self) -> impl Iterator<Item = &'a Place> {
        let own = self.case.and_then(|case| case.at.as_ref());
        own.into_iter().chain(self.problems.iter().filter_map(|problem| problem.at.as_ref()))
    }

    /// Whether an error of this build is one of another build, or what a finding is about.
    pub(super) fn shares_problem(&self, other: &Red<'_>) -> bool {
        let is_compiled = other.rank() != Rank::Test;
        is_compiled && self.places().any(|at| other.places().any(|of_other| of_other == at))
    }

    pub(super) fn cause(&self, imports: &Imports) -> Cause {
        match self.rank() {
            Rank::Build => self.broken(),
            Rank::Finding => {
                let path = self.places().next().map(|at| at.path.clone());
                Cause::Found { check: self.id.check.clone(), path }
            }
            Rank::Test => self.of_test(imports),
        }
    }

    fn broken(&self) -> Cause {
        let first = self.problems.iter().find(|problem| problem.at.is_some());
        let at = first.and_then(|problem| problem.at.clone());
        let what =
            first.or(self.problems.first()).map(|problem| signature::named(&problem.message));
        let what = what.unwrap_or_else(|| self.id.check.to_string());
        Cause::Broken { at: at.map(|at| at.path), what }
    }

    fn of_test(&self, imports: &Imports) -> Cause {
        let stopped = self.stopped();
        let own = self.own_file();
        let tried = || own.as_ref().and_then(|file| tried(file, imports)).map(Cause::Tried);
        let stands_in = || own.clone().map(Cause::StandsIn);
        stopped
            .or_else(|| self.said())
            .or_else(tried)
            .or_else(stands_in)
            .unwrap_or_else(|| Cause::Unknown(self.id.check.clone()))
    }

    /// The innermost frame in a program that is no test's.
    fn stopped(&self) -> Option<Cause> {
        let case = self.case?;
        let is_own = |at: &&Place| class_of(&at.path) == Class::Source && holds_code(&at.path);
        let at = case.frames.iter().rev().find(is_own)?;
        let mark = format!("{}:{} in ", at.path, at.line);
        let named = |line: &str| line.trim_start().strip_prefix(&mark).map(str::to_owned);
        let function = case.message.lines().find_map(named);
        // A module is no function.
        let function = function.filter(|name| !name.is_empty() && !name.starts_with('<'));
        Some(Cause::Stopped { path: at.path.clone(), function })
    }

    /// What it said, if that names what is wrong. Values that differ are no names: tests of different things fail with
    /// the same words.
    fn said(&self) -> Option<Cause> {
        let case = self.case.filter(|case| case.outcome == TestOutcome::Errored)?;
        let said = signature::named(&case.message);
        let has_name = |quote: char| {
            let inside = said.split(quote).skip(1).step_by(2);
            inside.into_iter().any(|name| name.chars().filter(|ch| ch.is_alphabetic()).count() > 1)
        };
        (has_name('\'') || has_name('"') || has_name('`')).then_some(Cause::Said(said.clone()))
    }

    /// The file that holds the test.
    fn own_file(&self) -> Option<RepoPath> {
        let of_name = || {
            let path = RepoPath::new(self.id.name.split("::").next()?)?;
            holds_code(&path).then_some(path)
        };
        let of_case = self.case.and_then(|case| case.at.as_ref().or(case.frames.first()));
        of_case.map(|at| at.path.clone()).or_else(of_name)
    }
}

/// The one file that a file of tests imports, by its name when there are several.
fn tried(file: &RepoPath, imports: &Imports) -> Option<RepoPath> {
    let is_source = |path: &&RepoPath| class_of(path) == Class::Source;
    let all: Vec<&RepoPath> = imports.get(file)?.iter().filter(is_source).collect();
    let own = subject(file);
    let by_name = all.iter().filter(|path| stem(path) == own);
    // A package's own file is imported with every file of it.
    let whole = ["__init__", "index", "mod"];
    let parts = all.iter().filter(|path| !whole.contains(&stem(path)));
    let found = only(by_name).or_else(|| only(parts)).or_else(|| only(all.iter()));
    found.map(|path| (*path).clone())
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    found.next().filter(|_| found.next().is_none())
}

fn stem(path: &RepoPath) -> &str {
    path.file_name().split('.').next().unwrap_or_default()
}

/// What a file of tests is named after.
fn subject(file: &RepoPath) -> &str {
    let stem = stem(file);
    let bare = ["test_", "test-"].iter().find_map(|start| stem.strip_prefix(start));
    let ends = ["_test", "_tests", "_spec", "-test", "Test", "Tests", "Spec"];
    bare.or_else(|| ends.iter().find_map(|end| stem.strip_suffix(end))).unwrap_or(stem)
}
