//! `greenloop/tests`: every test that is known with its latest result, for editors that list tests themselves.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tower_lsp::lsp_types::Url;

use super::board::Board;
use super::review::evidence::Applied;
use super::review::view::is_fixed;
use super::session::{Session, State};
use crate::base::ids::RunId;
use crate::base::path::RepoPath;
use crate::engine::{Review, RunView};
use crate::logic::comparison::comparison;
use crate::logic::signature::telling_line;
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::report::{Place, TestCase, TestId};

pub const TESTS: &str = "greenloop/tests";

/// What a project is known by, without the session's lock.
struct Project {
    root: PathBuf,
    runs: Vec<Arc<RunView>>,
    /// Those that this session asked for.
    ours: HashSet<RunId>,
    reviews: Vec<Arc<Review>>,
    applied: Arc<Applied>,
}

/// A result with the run that has it.
type Known<'p> = BTreeMap<&'p TestId, (RunId, &'p TestCase)>;

/// All of them, by project, check and name.
pub async fn listed(session: &Arc<Session>) -> Value {
    let session = session.clone();
    let listed = spawn_blocking(move || {
        let projects = session.state().projects_with_runs();
        let tests = projects.iter().flat_map(|project| {
            let known = project.known();
            let places = known.values().filter_map(|(_, case)| Some(&place(case)?.path));
            let uris = session.state().uris_of(&project.root, &places.collect());
            let listed = known.into_values().map(|(run, case)| project.listed(run, case, &uris));
            listed.collect::<Vec<_>>()
        });
        Value::Array(tests.collect())
    });
    // Only a panic would be an error, and no test is known then.
    let mut answer = json!({"tests": []});
    if let Ok(tests) = listed.await {
        answer["tests"] = tests;
    }
    answer
}

fn place(case: &TestCase) -> Option<&Place> {
    case.at.as_ref().or(case.frames.last())
}

fn is_whole(check: &CheckRun) -> bool {
    check.end == CheckEnd::Completed && check.report.complete && !check.partial
}

impl State {
    fn projects_with_runs(&self) -> Vec<Project> {
        let project = |(root, board): (&PathBuf, &Board)| Project {
            root: root.clone(),
            runs: board.runs().cloned().collect(),
            ours: self.started.keys().copied().collect(),
            reviews: board.reviews(),
            applied: board.applied().clone(),
        };
        self.boards.iter().map(project).collect()
    }
}

impl Project {
    /// Newer results take the place of older ones: of the same test, and of the whole check where all of it ran.
    fn known(&self) -> Known<'_> {
        let mut known = Known::new();
        for view in &self.runs {
            let is_all = view.run.goal.tests.is_empty();
            for check in view.run.baseline.iter().flatten() {
                if is_all && is_whole(check) {
                    known.retain(|test, _| test.check != check.check);
                }
                for case in &check.report.cases {
                    known.insert(&case.id, (view.run.id, case));
                }
            }
        }
        known
    }

    /// What runs of other sessions found says nothing about the texts of this one, so their tests have no outcome.
    fn listed(&self, run: RunId, case: &TestCase, uris: &HashMap<RepoPath, Url>) -> Value {
        let is_ours = self.ours.contains(&run);
        let is_fixed =
            case.outcome.is_red() && is_fixed(&case.id, run, &self.reviews, &self.applied);
        let outcome = if is_fixed { json!("passed") } else { json!(case.outcome) };
        let said = if is_fixed { "" } else { case.message.trim() };
        let sides = case.outcome.is_red().then(|| comparison(said)).flatten();
        let place = place(case);
        json!({
            "check": case.id.check,
            "name": case.id.name,
            "root": uris.get(&RepoPath::root()),
            "uri": place.and_then(|place| uris.get(&place.path)),
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
