//! An engine without a project: it keeps what it is asked and says what the schedule wants.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use greenloop::base::ids::{AttemptId, BlobId, CheckId, RunId, TreeId};
use greenloop::base::path::RepoPath;
use greenloop::engine::{
    Busy, Command, DraftFile, Engine, EngineHandle, Engines, Listener, Notice, Review, ReviewFile,
    RunView,
};
use greenloop::logic::{diff, machine};
use greenloop::model::budget::AskedBudget;
use greenloop::model::check::CheckRun;
use greenloop::model::event::Event;
use greenloop::model::failure::Failure;
use greenloop::model::guard::{Class, Guarded, LeftOut};
use greenloop::model::plan::Step;
use greenloop::model::proposal::{ChangeKind, Evidence, FileChange, HunkAt, Proposal, StepChange};
use greenloop::model::report::TestId;
use greenloop::model::run::{Goal, GoalKind, Outcome, Phase, Run};

/// Survives servers; the newest one that opened it listens.
pub struct FakeEngine {
    root: PathBuf,
    /// Whether files are those on the real disk below the root.
    on_disk: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    commands: VecDeque<Command>,
    runs: BTreeMap<RunId, RunView>,
    disk: HashMap<RepoPath, Vec<u8>>,
    outputs: HashMap<BlobId, Vec<u8>>,
    documents: HashMap<PathBuf, String>,
    listener: Option<Listener>,
}

/// What is proposed for one file.
#[derive(Clone, Debug)]
pub struct Draft {
    pub path: RepoPath,
    pub kind: ChangeKind,
    pub before: String,
    pub after: String,
    /// The guard keeps it out of the proposal.
    pub left_out: bool,
}

impl Draft {
    fn change(&self) -> FileChange {
        FileChange {
            path: self.path.clone(),
            kind: self.kind.clone(),
            before: BlobId::new("before"),
            after: BlobId::new("after"),
            hunks: diff::hunks(&self.before, &self.after),
        }
    }
}

impl FakeEngine {
    pub fn new(root: &Path) -> Arc<Self> {
        Arc::new(Self { root: root.to_owned(), on_disk: false, inner: Mutex::default() })
    }

    /// For files that a real editor reads and writes.
    pub fn on_disk(root: &Path) -> Arc<Self> {
        Arc::new(Self { root: root.to_owned(), on_disk: true, inner: Mutex::default() })
    }

    pub fn write(&self, path: &str, bytes: Vec<u8>) {
        if self.on_disk {
            let file = self.root.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            return fs::write(file, bytes).unwrap();
        }
        self.inner().disk.insert(RepoPath::new(path).unwrap(), bytes);
    }

    pub fn read(&self, path: &str) -> Vec<u8> {
        if self.on_disk {
            return fs::read(self.root.join(path)).unwrap_or_default();
        }
        self.inner().disk.get(&RepoPath::new(path).unwrap()).cloned().unwrap_or_default()
    }

    pub fn has(&self, path: &str) -> bool {
        self.inner().disk.contains_key(&RepoPath::new(path).unwrap())
    }

    /// What a file held that is gone now.
    pub fn remove(&self, path: &str) -> Option<Vec<u8>> {
        self.inner().disk.remove(&RepoPath::new(path).unwrap())
    }

    /// What it was asked first and has not looked at.
    pub fn next_command(&self) -> Option<Command> {
        self.inner().commands.pop_front()
    }

    /// The hunks of an acceptance, and which parts of the only one.
    pub fn acceptance(&self, id: RunId, acceptance: &str) -> (Vec<HunkAt>, Vec<usize>) {
        let inner = self.inner();
        let known = inner.runs.get(&id).map(|view| view.run.acceptances.as_slice());
        let mut known = known.unwrap_or_default().iter();
        let found = known.find(|known| serde_json::json!(known.id) == acceptance);
        found
            .map(|known| (known.hunks.iter().cloned().collect(), known.parts.clone()))
            .unwrap_or_default()
    }

    pub fn knows_reviews(&self) -> bool {
        self.inner().runs.values().any(|view| view.review.is_some())
    }

    /// A run that was asked for and is at work.
    pub fn begin(&self, id: RunId, goal: Goal) {
        self.tell(RunView {
            run: run(id, goal),
            interrupted: false,
            review: None,
            checking: Vec::new(),
        });
    }

    /// A run's work is done: these changes, which turn these tests green.
    pub fn propose(
        &self,
        id: RunId,
        title: &str,
        drafts: Vec<Draft>,
        fixed: &[&str],
    ) -> Arc<Review> {
        let (left_out, drafts): (Vec<Draft>, Vec<Draft>) =
            drafts.into_iter().partition(|draft| draft.left_out);
        let left = |draft: &Draft| LeftOut { class: Class::Test, change: draft.change() };
        let left_out = left_out.iter().map(left).collect();
        let files = drafts.iter().map(Draft::change).collect();
        let proposal = Proposal {
            run: id,
            attempt: AttemptId(1),
            title: title.into(),
            worker: String::new(),
            llm: false,
            base: TreeId::new("base"),
            result: TreeId::new("result"),
            files,
            evidence: evidence(fixed),
            guard: Guarded { left_out, ..Guarded::default() },
            steps: Vec::new(),
        };
        let proposal = Proposal { steps: steps(&self.view(id).run, &proposal), ..proposal };
        let shown = |(draft, change): (Draft, &FileChange)| ReviewFile {
            path: draft.path,
            kind: draft.kind,
            before: draft.before.into(),
            after: draft.after.into(),
            rejected: vec![false; change.n_items()],
        };
        let files = drafts.into_iter().zip(&proposal.files).map(shown).collect();
        let review = Arc::new(Review { proposal: proposal.clone(), files });
        let mut view = self.view(id);
        view.run.phase = Phase::Finished(Outcome::Green);
        view.run.proposal = Some(proposal);
        view.review = Some(review.clone());
        self.tell(view);
        review
    }

    /// The checks of a run have run: what they found red, and what they printed.
    pub fn report(&self, id: RunId, checks: Vec<CheckRun>, printed: &str) {
        let outputs = checks.iter().map(|check| (check.output.clone(), printed.into()));
        self.inner().outputs.extend(outputs);
        let mut view = self.view(id);
        let n_red = checks.iter().map(|check| check.report.red().count()).sum();
        view.run.baseline = Some(checks);
        if view.run.goal.kind == GoalKind::RunChecks {
            view.run.phase = Phase::Finished(Outcome::Checked { n_red });
        }
        self.tell(view);
    }

    /// A run is over without a proposal.
    pub fn end(&self, id: RunId, outcome: Outcome) {
        let mut view = self.view(id);
        view.run.phase = Phase::Finished(outcome);
        self.tell(view);
    }

    /// A run's process died, or somebody goes on with it.
    pub fn interrupt(&self, id: RunId, interrupted: bool) {
        let view = self.view(id);
        self.tell(RunView { interrupted, ..view });
    }

    /// Documents that were put into files, with what they hold.
    pub fn document(&self, path: &Path) -> Option<String> {
        self.inner().documents.get(path).cloned()
    }

    pub fn view(&self, id: RunId) -> RunView {
        self.inner().runs[&id].clone()
    }

    /// Folds in what happened to a run, as the real engine does.
    pub fn record(&self, id: RunId, event: &Event) {
        let mut view = self.view(id);
        machine::apply(&mut view.run, event);
        if let Some(review) = &mut view.review {
            for file in &mut Arc::make_mut(review).files {
                for (hunk, rejected) in file.rejected.iter_mut().enumerate() {
                    *rejected = view.run.rejected.contains(&(file.path.clone(), hunk));
                }
            }
        }
        self.tell(view);
    }

    fn tell(&self, view: RunView) {
        self.inner().runs.insert(view.run.id, view.clone());
        let listener = self.inner().listener.clone();
        if let Some(listener) = listener {
            listener(&Notice::Changed(Arc::new(view)));
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for FakeEngine {
    fn root(&self) -> &Path {
        &self.root
    }

    fn send(&self, command: Command) -> Result<(), Busy> {
        self.inner().commands.push_back(command);
        Ok(())
    }

    fn disk(&self, path: &RepoPath) -> Option<Vec<u8>> {
        if self.on_disk {
            return fs::read(path.under(&self.root)).ok();
        }
        self.inner().disk.get(path).cloned()
    }

    fn output(&self, blob: &BlobId) -> Option<Vec<u8>> {
        self.inner().outputs.get(blob).cloned()
    }

    fn put_document(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.root.join(".documents").join(name);
        if self.on_disk {
            self.write(&format!(".documents/{name}"), text.into());
        }
        self.inner().documents.insert(path.clone(), text.to_owned());
        Ok(path)
    }

    fn put_draft(&self, name: &str, text: &str) -> Result<DraftFile, Failure> {
        self.put_document(name, text).map(|path| DraftFile { path, aside: None })
    }

    fn draft(&self, _: &str) -> Result<Option<greenloop::engine::EditedDraft>, Failure> {
        Ok(None)
    }
}

pub struct FakeEngines(pub Arc<FakeEngine>);

impl Engines for FakeEngines {
    fn root_of(&self, _: &Path) -> Result<PathBuf, Failure> {
        Ok(self.0.root.clone())
    }

    fn open(&self, _: &Path, _trusted: bool, listener: Listener) -> Result<EngineHandle, Failure> {
        let known: Vec<RunView> = self.0.inner().runs.values().cloned().collect();
        for view in known {
            listener(&Notice::Changed(Arc::new(view)));
        }
        self.0.inner().listener = Some(listener);
        Ok(self.0.clone())
    }
}

fn run(id: RunId, goal: Goal) -> Run {
    Run { phase: Phase::Working, ..Run::requested(id, goal, AskedBudget::default(), 0) }
}

/// Where the run has a plan, each file is what one step brought.
fn steps(run: &Run, proposal: &Proposal) -> Vec<StepChange> {
    let steps = run.plan.iter().flat_map(|plan| &plan.steps).zip(&proposal.files);
    let change = |(step, file): (&Step, &FileChange)| StepChange {
        step: step.id,
        attempt: AttemptId(step.id.0),
        title: step.title.clone(),
        worker: String::new(),
        llm: false,
        hunks: file.items().collect(),
        search: None,
    };
    steps.map(change).collect()
}

fn evidence(fixed: &[&str]) -> Evidence {
    let test = |name: &&str| TestId { check: CheckId::new("unittest"), name: (*name).into() };
    Evidence {
        tree: TreeId::new("result"),
        fixed: fixed.iter().map(test).collect(),
        still_red: Vec::new(),
        flaky: Vec::new(),
        n_passed: 3,
        n_skipped: 0,
        checks: Vec::new(),
        search: None,
    }
}
