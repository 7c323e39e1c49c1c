//! A plan without a model: red tests with one suspected cause are one step. What cannot be built comes first and is waited
//! for; findings of linters and type checkers come last. Says who waits for whom only where it is evident, and no
//! scope: a step that may not change the file with the fault fails for nothing.

mod cause;
mod words;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::StepId;
use crate::base::limits::PLAN_STEPS_MAX;
use crate::base::path::RepoPath;
use crate::logic::affected::Imports;
use crate::model::check::CheckRun;
use crate::model::plan::{Plan, Step};
use crate::model::report::TestId;
use cause::{Cause, Red};

/// What is done at once, in the order it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Build,
    Test,
    Finding,
}

/// Red tests with one cause.
#[derive(Clone, Debug)]
struct Group<'a> {
    rank: Rank,
    /// `None` for what is left when there are too many groups.
    cause: Option<Cause>,
    /// In the order of the targets.
    red: Vec<Red<'a>>,
}

impl Group<'_> {
    fn stopped(&self) -> bool {
        matches!(self.cause, Some(Cause::Stopped { .. }))
    }

    /// Where it goes wrong, as far as is known.
    fn files(&self) -> BTreeSet<&RepoPath> {
        let at = self.red.iter().flat_map(Red::places).map(|at| &at.path);
        self.cause.iter().filter_map(Cause::file).chain(at).collect()
    }
}

/// The plan for the targets of a run. `imports` says which files of the project import which; without it tests are told
/// apart by their stacks, messages and files only.
pub fn plan(baseline: &[CheckRun], targets: &[TestId], imports: &Imports) -> Plan {
    let red = Red::all(baseline, targets);
    let mut groups = grouped(red, imports);
    // The cause with the most tests first: it is worth most.
    groups.sort_by_key(|group| (group.rank, Reverse(group.red.len())));
    let mut groups = bounded(groups);
    // Where they stopped is known best, and what stops often makes others differ: mended, those go with it.
    groups.sort_by_key(|group| (group.rank, group.cause.is_none(), !group.stopped()));
    let n = targets.len();
    Plan {
        title: format!("Take {n} red {} to green", if n == 1 { "test" } else { "tests" }),
        intro: String::new(),
        steps: steps(&groups),
    }
}

/// Groups in the order of their first test.
fn grouped<'a>(red: Vec<Red<'a>>, imports: &Imports) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut by_cause: BTreeMap<(Rank, Cause), usize> = BTreeMap::new();
    let causes = causes(&red, imports);
    for (one, (rank, cause)) in red.into_iter().zip(causes) {
        let at = *by_cause.entry((rank, cause.clone())).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.red.push(one),
            None => groups.push(Group { rank, cause: Some(cause), red: vec![one] }),
        }
    }
    groups
}

/// What each test is suspected to be red for.
fn causes(red: &[Red<'_>], imports: &Imports) -> Vec<(Rank, Cause)> {
    let builds: Vec<&Red<'_>> = red.iter().filter(|one| one.rank() == Rank::Build).collect();
    let cause = |one: &Red<'_>| {
        // What a compiler says twice has one cause.
        let of_build = builds.iter().find(|build| build.shares_problem(one));
        let cause_of = *of_build.unwrap_or(&one);
        (cause_of.rank(), cause_of.cause(imports))
    };
    let mut causes: Vec<(Rank, Cause)> = red.iter().map(cause).collect();
    let mut stopped: BTreeMap<RepoPath, BTreeSet<Cause>> = BTreeMap::new();
    for (_, cause) in &causes {
        if let Cause::Stopped { path, .. } = cause {
            stopped.entry(path.clone()).or_default().insert(cause.clone());
        }
    }
    // A test of which only the file it tries is known goes with those that stopped in the one function of that file.
    for (_, cause) in &mut causes {
        let there = if let Cause::Tried(path) = &*cause { stopped.get(path) } else { None };
        if let Some(only) = there.filter(|there| there.len() == 1).and_then(BTreeSet::first) {
            *cause = only.clone();
        }
    }
    causes
}

/// At most as many groups as a plan may have steps; what is too much becomes one.
fn bounded(mut groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    if groups.len() > PLAN_STEPS_MAX {
        let rest = groups.split_off(PLAN_STEPS_MAX - 1);
        let rank = rest.iter().map(|group| group.rank).max().unwrap_or(Rank::Test);
        let mut red: Vec<Red<'_>> = rest.into_iter().flat_map(|group| group.red).collect();
        red.sort_by_key(|one| one.nth);
        groups.push(Group { rank, cause: None, red });
    }
    groups
}

fn steps(groups: &[Group<'_>]) -> Vec<Step> {
    let id = |at: usize| StepId(at as u32 + 1);
    let files: Vec<BTreeSet<&RepoPath>> = groups.iter().map(Group::files).collect();
    // Behind a broken build nobody sees anything, and findings in a file that is changed may go, or come, with it.
    let waits = |at: usize, before: usize| match (groups[at].rank, groups[before].rank) {
        (Rank::Test | Rank::Finding, Rank::Build) => true,
        (Rank::Finding, Rank::Test) => !files[at].is_disjoint(&files[before]),
        _ => false,
    };
    let step = |(at, group): (usize, &Group<'_>)| Step {
        intent: words::intent(group),
        tests: group.red.iter().map(|one| one.id.clone()).collect(),
        after: (0..at).filter(|before| waits(at, *before)).map(id).collect(),
        ..Step::new(id(at), words::title(group))
    };
    groups.iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests;
