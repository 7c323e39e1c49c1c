//! Red projects, the repair worker on them, and whether what it finds is green.

use std::sync::Arc;
use std::time::Instant;

use greenloop::base::cancel::CancelToken;
use greenloop::base::ids::{AttemptId, StepId, TreeId};
use greenloop::base::limits::WORK_WALL_MAX;
use greenloop::base::path::RepoPath;
use greenloop::io::checks::{self, Select};
use greenloop::io::model::Caller;
use greenloop::io::sandbox::Abilities;
use greenloop::io::worker::{Assignment, Desk, Judge, Progress, Reach, Trial, model, repair};
use greenloop::logic::prompts::Prompts;
use greenloop::logic::verdict::{Verdict, judge, targets};
use greenloop::model::check::{Check, CheckRun};
use greenloop::model::event::WorkResult;
use greenloop::model::guard::Guarded;
use greenloop::model::plan::Step;
use greenloop::model::proposal::SearchFact;
use greenloop::model::provider::Model;
use greenloop::model::report::TestId;
use greenloop::model::run::{Attempt, AttemptResult, Goal, Verified};

use greenloop::model::worker::Worker;

use crate::place::{Place, rungs};
use crate::support::{Fixture, install};

/// A red project with its baseline.
pub struct Red {
    pub place: Place,
    tree: TreeId,
    checks: Vec<Check>,
    baseline: Vec<CheckRun>,
    pub targets: Vec<TestId>,
}

impl Red {
    fn new(place: Place) -> Red {
        let tree = place.snapshot();
        let checks = checks::detect(&place.store, &tree, &RepoPath::root()).unwrap().checks;
        let baseline = run_all(&place, &tree, &checks);
        let targets = targets(&baseline, &Goal::default()).unwrap();
        assert!(!targets.is_empty());
        Red { place, tree, checks, baseline, targets }
    }

    pub fn of_fixture(name: &str, config: &str, abilities: &Abilities) -> Red {
        let place = Place::new(abilities, &[("greenloop.toml", config)]);
        let copy = Fixture::load(name).copy();
        let status = std::process::Command::new("cp")
            .args(["-r", "-T"])
            .args([&copy.root, &place.root])
            .status();
        assert!(status.unwrap().success());
        if place.root.join("package-lock.json").exists() {
            install(name, &place.root);
        }
        Red::new(place)
    }

    pub fn of_files(files: &[(&str, &str)]) -> Red {
        Red::new(Place::new(&rungs().pop().unwrap().1, files))
    }

    /// With the packages of a fixture.
    pub fn of_files_with_packages(fixture: &str, files: &[(&str, &str)]) -> Red {
        let place = Place::new(&rungs().pop().unwrap().1, files);
        install(fixture, &place.root);
        Red::new(place)
    }

    pub fn work(
        &self,
        refused: &[TreeId],
        cancel: &CancelToken,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> WorkResult {
        self.work_until(Instant::now() + WORK_WALL_MAX, refused, cancel, progress)
    }

    /// What the worker does once what it left before is refused.
    pub fn work_after(&self, left: &[WorkResult]) -> WorkResult {
        let made = |(at, left): (usize, Option<&WorkResult>)| {
            let id = AttemptId(at as u32 + 1);
            let begun = Attempt::started(id, StepId::first(), Worker::REPAIR, None);
            Attempt { left: left.cloned(), ..begun }
        };
        let all = left.iter().map(Some).chain([None]).enumerate();
        let attempts: Vec<Attempt> = all.map(made).collect();
        let attempts: Vec<&Attempt> = attempts.iter().collect();
        let refused: Vec<TreeId> =
            attempts.iter().filter_map(|made| made.tree()).cloned().collect();
        let until = Instant::now() + WORK_WALL_MAX;
        self.assigned(&attempts, until, &refused, &CancelToken::new(), &|_| {})
    }

    pub fn work_until(
        &self,
        until: Instant,
        refused: &[TreeId],
        cancel: &CancelToken,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> WorkResult {
        self.assigned(&[], until, refused, cancel, progress)
    }

    fn assigned(
        &self,
        attempts: &[&Attempt],
        until: Instant,
        refused: &[TreeId],
        cancel: &CancelToken,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> WorkResult {
        let assignment = Assignment {
            tree: &self.tree,
            checks: &self.checks,
            baseline: &self.baseline,
            targets: &self.targets,
            goal: &Goal::default(),
            step: &Step::new(StepId::first(), ""),
            draft: None,
            asked: &[],
            may_ask: false,
            attempts,
            refused,
            lessons: &[],
            until,
        };
        let desk = Desk { store: &self.place.store, worlds: &self.place.worlds, cancel, progress };
        repair::work(&assignment, &desk).unwrap()
    }

    /// What language models make of it, each call of which `caller` answers.
    pub fn ask(&self, models: &[Model], caller: &dyn Caller) -> WorkResult {
        let goal = Goal::default();
        let step = Step::new(StepId::first(), "Take the red tests to green");
        let assignment = Assignment {
            tree: &self.tree,
            checks: &self.checks,
            baseline: &self.baseline,
            targets: &self.targets,
            goal: &goal,
            step: &step,
            draft: None,
            asked: &[],
            may_ask: true,
            attempts: &[],
            refused: &[],
            lessons: &[],
            until: Instant::now() + WORK_WALL_MAX,
        };
        let (store, worlds) = (&self.place.store, &self.place.worlds);
        let desk = Desk { store, worlds, cancel: &CancelToken::new(), progress: &|_| {} };
        let reach = Reach {
            callers: &|_| Ok(Box::new(caller)),
            map: &|| Ok(Arc::default()),
            prompts: &Prompts::default(),
        };
        let judge = Judge { trial: &|tree| Ok(self.trial(tree)), candidates: 1 };
        model::work(models, &assignment, &desk, &reach, &judge).unwrap()
    }

    fn trial(&self, tree: &TreeId) -> Trial {
        let runs = run_all(&self.place, tree, &self.checks);
        let result = match judge(&self.baseline, &runs, &self.targets) {
            Verdict::Green { .. } => AttemptResult::Green,
            Verdict::Red { .. } => AttemptResult::Red { reason: "still red".to_owned() },
            Verdict::Inconclusive(reason) => AttemptResult::Red { reason },
        };
        let (files, guard) = (Vec::new(), Guarded::default());
        Trial { verified: Verified { tree: None, runs, files, guard, changed: Vec::new() }, result }
    }

    /// What the worker finds; the whole checks must be green on it.
    pub fn fix(&self, refused: &[TreeId]) -> (TreeId, String, SearchFact) {
        self.fix_telling(refused, &|_| {})
    }

    /// Why the worker finds nothing, and how it searched.
    pub fn why_nothing(&self) -> (String, Option<SearchFact>) {
        match self.work(&[], &CancelToken::new(), &|_| {}) {
            WorkResult::Nothing { reason, search } => (reason, search),
            other => panic!("{other:?}"),
        }
    }

    pub fn fix_telling(
        &self,
        refused: &[TreeId],
        progress: &(dyn Fn(Progress) + Sync),
    ) -> (TreeId, String, SearchFact) {
        let result = self.work(refused, &CancelToken::new(), progress);
        let WorkResult::Changed { tree, title, search } = result else { panic!("{result:?}") };
        let now = run_all(&self.place, &tree, &self.checks);
        let verdict = judge(&self.baseline, &now, &self.targets);
        assert!(matches!(verdict, Verdict::Green { .. }), "{title}: {verdict:?}");
        (tree, title, search.unwrap())
    }

    /// The text of a file in a tree.
    pub fn text(&self, tree: &TreeId, path: &str) -> String {
        let path = RepoPath::new(path).unwrap();
        String::from_utf8(self.place.store.read(tree, &path).unwrap().unwrap()).unwrap()
    }
}

fn run_all(place: &Place, tree: &TreeId, checks: &[Check]) -> Vec<CheckRun> {
    let world = place.worlds.enter(tree).unwrap();
    let run = |check| {
        checks::run(&place.store, &world, check, Select::All, &CancelToken::new(), &mut |_| {})
            .unwrap()
    };
    checks.iter().map(run).collect()
}
