//! Red projects, the repair worker on them, and whether what it finds is green.

use greenloop::base::cancel::CancelToken;
use greenloop::base::ids::TreeId;
use greenloop::base::path::RepoPath;
use greenloop::io::checks::{self, Select};
use greenloop::io::sandbox::Abilities;
use greenloop::io::worker::{Assignment, Desk, Progress, repair};
use greenloop::logic::verdict::{Verdict, judge, targets};
use greenloop::model::check::{Check, CheckRun};
use greenloop::model::event::WorkResult;
use greenloop::model::proposal::SearchFact;
use greenloop::model::report::TestId;
use greenloop::model::run::Goal;

use crate::place::{Place, rungs};
use crate::support::Fixture;

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
        Red::new(place)
    }

    pub fn of_files(files: &[(&str, &str)]) -> Red {
        Red::new(Place::new(&rungs().pop().unwrap().1, files))
    }

    pub fn work(
        &self,
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
            attempts: &[],
            refused,
            lessons: &[],
        };
        let desk = Desk { store: &self.place.store, worlds: &self.place.worlds, cancel, progress };
        repair::work(&assignment, &desk).unwrap()
    }

    /// What the worker finds; the whole checks must be green on it.
    pub fn fix(&self, refused: &[TreeId]) -> (TreeId, String, SearchFact) {
        self.fix_telling(refused, &|_| {})
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
