//! A suite: what it says of its cases, held against those it has.

use super::case::{Attributes, Open};

#[derive(Debug, Default)]
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) file: Option<String>,
    n_declared: Option<usize>,
    n_failures_declared: Option<usize>,
    n_errors_declared: Option<usize>,
    /// Cases, in suites inside as well.
    n_cases: usize,
    /// Failures, errors and attempts that failed, in suites inside as well.
    n_bad: usize,
    /// What some count as tests of their own: attempts, and errors when a test is torn down.
    n_extra: usize,
    /// Red cases of this very suite.
    n_own_red: usize,
    has_own_errors: bool,
}

impl Suite {
    pub(super) fn open(attributes: &Attributes) -> Self {
        let figure = |name| attributes.get(name).and_then(|text| text.trim().parse().ok());
        Self {
            name: attributes.get("name").unwrap_or_default().to_owned(),
            file: attributes.get("file").or_else(|| attributes.get("filepath")).map(str::to_owned),
            n_declared: figure("tests"),
            n_failures_declared: figure("failures"),
            n_errors_declared: figure("errors"),
            ..Self::default()
        }
    }

    pub(super) fn count(&mut self, case: &Open) {
        // What a suite itself went wrong with is no case, and not everybody counts it.
        self.n_cases += usize::from(case.suite_depth.is_none());
        self.n_bad += case.n_bad;
        self.n_extra += case.n_extra;
        self.n_own_red += usize::from(case.is_red() && case.suite_depth.is_none());
        self.has_own_errors |= case.n_extra > 0;
    }

    pub(super) fn add(&mut self, inner: &Suite) {
        self.n_cases += inner.n_cases;
        self.n_bad += inner.n_bad;
        self.n_extra += inner.n_extra;
    }

    /// Where what was declared and what is there cannot both be true. Who counts suites inside, and who does not, differs;
    /// so do those who count a test with two errors twice.
    pub(super) fn contradiction(&self) -> Option<String> {
        let says = |n: usize, what: &str, there: usize| {
            Some(format!(
                "suite `{}` says that it has {n} {what}, but {there} are there",
                self.name
            ))
        };
        if let Some(n) = self.n_declared.filter(|n| *n > self.n_cases + self.n_extra) {
            return says(n, "tests", self.n_cases);
        }
        let n_red = self.n_failures_declared.unwrap_or(0) + self.n_errors_declared.unwrap_or(0);
        if n_red > self.n_bad {
            return says(n_red, "red tests", self.n_bad);
        }
        let knows_all = self.n_failures_declared.is_some()
            && (self.n_errors_declared.is_some() || !self.has_own_errors);
        if knows_all && self.n_own_red > n_red {
            return says(n_red, "red tests", self.n_own_red);
        }
        None
    }
}
