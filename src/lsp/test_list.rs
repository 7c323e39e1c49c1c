//! `greenloop/tests`: every test that is known with its latest result, for editors that list tests themselves.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::board::Board;
use super::review::view::is_fixed;
use super::session::{Session, State};
use crate::base::ids::RunId;
use crate::base::path::RepoPath;
use crate::logic::comparison::comparison;
use crate::logic::signature::telling_line;
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::report::{TestCase, TestId};

pub const TESTS: &str = "greenloop/tests";

/// A result with the run that has it.
type Known = BTreeMap<TestId, (RunId, TestCase)>;

/// All of them, by project, check and name.
pub fn listed(session: &Session) -> Value {
    let state = session.state();
    let tests = state.boards.iter().flat_map(|(root, board)| {
        let known = known(board).into_values();
        known.map(|(run, case)| state.listed_test(root, board, run, &case)).collect::<Vec<_>>()
    });
    json!({ "tests": tests.collect::<Vec<_>>() })
}

/// Newer results take the place of older ones: of the same test, and of the whole check where all of it ran.
fn known(board: &Board) -> Known {
    let mut known = Known::new();
    for view in board.runs() {
        let is_all = view.run.goal.tests.is_empty();
        for check in view.run.baseline.iter().flatten() {
            if is_all && is_whole(check) {
                known.retain(|test, _| test.check != check.check);
            }
            for case in &check.report.cases {
                known.insert(case.id.clone(), (view.run.id, case.clone()));
            }
        }
    }
    known
}

fn is_whole(check: &CheckRun) -> bool {
    check.end == CheckEnd::Completed && check.report.complete && !check.partial
}

impl State {
    /// A test of the project at `root`. What runs of other sessions found says nothing about the texts of this one, so
    /// their tests have no outcome.
    fn listed_test(&self, root: &Path, board: &Board, run: RunId, case: &TestCase) -> Value {
        let reviews = board.reviews();
        let is_ours = self.started.contains_key(&run);
        let is_fixed = case.outcome.is_red() && is_fixed(&case.id, run, &reviews, board.applied());
        let outcome = if is_fixed { json!("passed") } else { json!(case.outcome) };
        let said = if is_fixed { "" } else { case.message.trim() };
        let sides = case.outcome.is_red().then(|| comparison(said)).flatten();
        let place = case.at.as_ref().or(case.frames.last());
        json!({
            "check": case.id.check,
            "name": case.id.name,
            "root": self.uri_of(root, &RepoPath::root()),
            "uri": place.and_then(|place| self.uri_of(root, &place.path)),
            "line": place.map(|place| place.line.saturating_sub(1)),
            "outcome": is_ours.then_some(outcome),
            "headline": telling_line(said),
            "message": said,
            "expected": sides.as_ref().map(|sides| &sides.expected),
            "actual": sides.as_ref().map(|sides| &sides.actual),
            "durationMs": case.duration_ms,
            "taskId": run,
        })
    }
}
