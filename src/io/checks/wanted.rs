//! The tests that a run of a check is for.

use std::collections::BTreeSet;

use super::Select;
use crate::logic::report_parse::phase_scope;
use crate::model::report::{TestCase, TestReport};

pub(super) struct Wanted<'a> {
    /// `None` for all.
    pub names: Option<BTreeSet<&'a str>>,
}

impl<'a> Wanted<'a> {
    /// All tests where a phase is among those asked for: a build is tested by every test, and what goes wrong outside of
    /// tests does so whichever are run.
    pub fn of(select: Select<'a>) -> Self {
        match select {
            Select::Only(names) if names.iter().any(|name| phase_scope(name).is_some()) => {
                Self { names: None }
            }
            Select::All | Select::Only(_) => Self::by_name(select),
        }
    }

    /// What was asked for by name, and nothing else.
    pub fn by_name(select: Select<'a>) -> Self {
        let names = match select {
            Select::All => None,
            Select::Only(names) => Some(names.iter().map(String::as_str).collect()),
        };
        Self { names }
    }

    pub fn has(&self, case: &TestCase) -> bool {
        self.names.as_ref().is_none_or(|names| names.contains(case.id.name.as_str()))
    }

    /// Leaves the other cases out of a report.
    pub fn keep(&self, report: &mut TestReport) {
        report.cases.retain(|case| self.has(case));
    }
}
