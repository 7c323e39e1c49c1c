//! The ledger: every test with how it stood before a change and how it stands after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::logic::report_parse::{FINDING, build_of, is_in_scope, phase_scope};
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::report::{TestId, TestOutcome};

/// All tests of some check runs, before and after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub entries: BTreeMap<TestId, Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `None` for a test that was not there.
    pub before: Option<TestOutcome>,
    pub after: Standing,
}

/// How a test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Is(TestOutcome),
    /// It came out differently in two runs on the same files, before the change or after it.
    Flaky,
    /// It was not to be run, or the runner never came to it.
    NotRun,
    /// The runner ran all it knows, and this one was not among them.
    Gone,
}

impl Ledger {
    /// Enters the tests of both sides. A build that failed is a red test of its own.
    pub fn of(before: &[CheckRun], after: &[CheckRun]) -> Ledger {
        let flaky: BTreeSet<&TestId> =
            before.iter().chain(after).flat_map(|run| &run.flaky).collect();
        let was = outcomes(before);
        let now = Now { outcomes: outcomes(after), runs: after };
        let ids: BTreeSet<&TestId> = was.keys().chain(now.outcomes.keys()).collect();
        let entry = |id: &TestId| {
            let after = match now.standing(id) {
                Standing::Is(_) if flaky.contains(id) => Standing::Flaky,
                standing => standing,
            };
            (id.clone(), Entry { before: was.get(id).copied(), after })
        };
        Ledger { entries: ids.into_iter().map(entry).collect() }
    }

    /// How a test stands after the change.
    pub fn after(&self, id: &TestId) -> Standing {
        self.entries.get(id).map_or(Standing::Gone, |entry| entry.after)
    }

    /// The tests that stand like this after the change.
    pub fn standing(&self, wanted: Standing) -> impl Iterator<Item = &TestId> {
        self.entries.iter().filter(move |(_, entry)| entry.after == wanted).map(|(id, _)| id)
    }
}

fn outcomes(runs: &[CheckRun]) -> BTreeMap<TestId, TestOutcome> {
    let cases = runs.iter().flat_map(|run| &run.report.cases);
    let builds = runs
        .iter()
        .filter(|run| run.end == CheckEnd::BuildFailed)
        .map(|run| (build_of(&run.check), TestOutcome::Errored));
    cases.map(|case| (case.id.clone(), case.outcome)).chain(builds).collect()
}

struct Now<'a> {
    outcomes: BTreeMap<TestId, TestOutcome>,
    runs: &'a [CheckRun],
}

impl Now<'_> {
    /// A phase that is no longer reported passed when tests of its scope did.
    fn standing(&self, id: &TestId) -> Standing {
        if let Some(outcome) = self.outcomes.get(id) {
            return Standing::Is(*outcome);
        }
        let is_well = phase_scope(&id.name).is_some_and(|scope| {
            self.outcomes.iter().any(|(other, outcome)| {
                *outcome == TestOutcome::Passed
                    && other.check == id.check
                    && is_in_scope(&other.name, scope)
            })
        });
        let is_whole = self.runs.iter().any(|run| run.check == id.check && run.is_whole());
        match is_whole {
            _ if is_well => Standing::Is(TestOutcome::Passed),
            false => Standing::NotRun,
            true if id.name.ends_with(FINDING) => Standing::Is(TestOutcome::Passed),
            true => Standing::Gone,
        }
    }
}
