//! An engine in the test's own process, and what it tells.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use greenloop::base::ids::RunId;
use greenloop::engine::{self, Command, Consent, Dirs, EngineHandle, Notice, RunView, new_run_id};
use greenloop::io::journal::Journal;
use greenloop::io::sandbox::Abilities;
use greenloop::model::budget::AskedBudget;
use greenloop::model::event::Event;
use greenloop::model::run::Goal;

use crate::support::Project;

/// Longer than anything here takes; only a test that fails waits for it.
const LONG: Duration = Duration::from_secs(120);

pub struct Watched {
    pub engine: EngineHandle,
    notices: Receiver<Notice>,
    pub dirs: Dirs,
}

/// State and cache of a project lie beside it.
pub fn dirs(project: &Project) -> Dirs {
    let [state, cache] = ["state", "cache"].map(|name| project.root.with_file_name(name));
    for own in [&state, &cache] {
        std::fs::create_dir_all(own).unwrap();
    }
    Dirs { focus: Default::default(), root: project.root.clone(), state, cache }
}

impl Watched {
    pub fn start(project: &Project, abilities: &Abilities) -> Watched {
        Watched::start_at(dirs(project), abilities)
    }

    pub fn start_at(dirs: Dirs, abilities: &Abilities) -> Watched {
        let (told, notices) = sync_channel(10_000);
        let listener = Arc::new(move |notice: &Notice| drop(told.try_send(notice.clone())));
        let engine =
            engine::start_with(dirs.clone(), abilities.clone(), Consent::default(), listener)
                .unwrap();
        Watched { engine, notices, dirs }
    }

    /// The next notice that is wanted.
    pub fn wait<T>(&self, mut wanted: impl FnMut(Notice) -> Option<T>) -> T {
        loop {
            let notice = self.notices.recv_timeout(LONG).expect("the engine tells nothing");
            if let Some(found) = wanted(notice) {
                return found;
            }
        }
    }

    /// The next state of a run that is wanted.
    pub fn wait_view(&self, id: RunId, wanted: impl Fn(&RunView) -> bool) -> Arc<RunView> {
        self.wait(|notice| match notice {
            Notice::Changed(view) if view.run.id == id && wanted(&view) => Some(view),
            Notice::Refused { failure, .. } => panic!("refused: {failure}"),
            _ => None,
        })
    }

    pub fn start_run(&self, goal: Goal) -> RunId {
        let id = new_run_id();
        let (budget, buffers) = (AskedBudget::default(), Vec::new());
        self.engine.send(Command::Start { id, goal, budget, buffers }).unwrap();
        id
    }

    /// A run to its end.
    pub fn finish(&self, goal: Goal) -> Arc<RunView> {
        let id = self.start_run(goal);
        self.wait_view(id, |view| view.run.is_finished())
    }

    pub fn events(&self, id: RunId) -> Vec<Event> {
        Journal::open(&self.dirs.state.join("journal.sqlite")).unwrap().events(id).unwrap()
    }
}
