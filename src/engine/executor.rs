//! Carries out one effect on the calling thread and answers with exactly one event, whatever happens.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use super::gate::Gate;
use super::purse::Purse;
use super::recover::Records;
use super::{Consent, Dirs, plan, verify, work};
use crate::base::cancel::CancelToken;
use crate::base::ids::{AttemptId, TreeId};
use crate::base::path::RepoPath;
use crate::io::checks::{self, CheckCache};
use crate::io::journal::Journal;
use crate::io::model::own_models;
use crate::io::presence::Presence;
use crate::io::repo_maps::RepoMaps;
use crate::io::sandbox::{self, Abilities};
use crate::io::store::Store;
use crate::io::worker::Progress;
use crate::io::worlds::{self, Worlds};
use crate::io::{dirs, prompts};
use crate::logic::affected;
use crate::logic::config::models::Models;
use crate::logic::machine::{self, Effect};
use crate::logic::prompts::Prompts;
use crate::logic::subset;
use crate::model::budget::Expense;
use crate::model::check::Check;
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};
use crate::model::provider::Model;
use crate::model::run::{Attempt, GoalKind, Run};
use crate::model::snapshot::Buffer;
use crate::model::subset::{Choice, SubsetVerdict};

/// Everything of ours about one project.
pub(super) struct Project {
    pub(super) dirs: Dirs,
    pub(super) store: Arc<Store>,
    pub(super) worlds: Worlds,
    pub(super) journal: Journal,
    pub(super) presence: Presence,
    pub(super) check_cache: CheckCache,
    pub(super) repo_maps: RepoMaps,
    pub(super) prompts: Prompts,
    /// What is wrong with the user's own, for people.
    prompt_notes: Vec<String>,
    consent: Consent,
}

impl Project {
    pub(super) fn open(
        dirs: Dirs,
        abilities: Abilities,
        consent: Consent,
    ) -> Result<Project, Failure> {
        let store = Arc::new(Store::open(&dirs.root, &dirs.state)?);
        let worlds = Worlds::open(store.clone(), &dirs.cache, abilities)?;
        let journal = Journal::open(&journal_path(&dirs))?;
        let presence = Presence::announce(&dirs.state)?;
        let repo_maps = RepoMaps::open(&dirs.cache);
        let check_cache = CheckCache::open(dirs.cache.join("checks"));
        let (prompts, prompt_notes) =
            dirs::config().map(|folder| prompts::load(&folder)).unwrap_or_default();
        Ok(Project {
            dirs,
            store,
            worlds,
            journal,
            presence,
            consent,
            check_cache,
            repo_maps,
            prompts,
            prompt_notes,
        })
    }

    /// Whether its user trusts it.
    pub(super) fn is_trusted(&self) -> bool {
        self.consent.trusted
    }

    pub(super) fn records(&self) -> Records<'_> {
        Records { journal: &self.journal, store: &self.store, state: &self.dirs.state }
    }
}

/// What this machine can enforce, found out by doing it. Fails when that is nothing and nobody consented to it.
pub(super) fn abilities(dirs: &Dirs, consent: Consent) -> Result<Abilities, Failure> {
    let jail = sandbox::own_program().map_err(|error| {
        Failure::environment(
            format!("our own program cannot be found: {error}"),
            "Install greenloop again.",
        )
    })?;
    let abilities = sandbox::probe(&dirs.cache, &jail);
    if !consent.unsandboxed && !abilities.confine() {
        return Err(unconfined(&abilities));
    }
    Ok(abilities)
}

fn unconfined(abilities: &Abilities) -> Failure {
    Failure::environment(
        format!("the project's tests cannot be confined here: {}", abilities.overlay_reason),
        "Allow user namespaces or use a kernel with Landlock, or start greenloop with --unsandboxed to let tests \
         write and connect wherever you may.",
    )
}

pub(super) fn journal_path(dirs: &Dirs) -> PathBuf {
    dirs.state.join("journal.sqlite")
}

/// One effect of one run, with all it needs.
pub(super) struct Task {
    pub(super) run: Run,
    pub(super) effect: Effect,
    /// The screen, for the snapshot.
    pub(super) buffers: Arc<[Buffer]>,
    pub(super) cancel: CancelToken,
    /// What may be spent on the way.
    pub(super) purse: Arc<Purse>,
}

impl Task {
    /// The same work on another view of its run.
    pub(super) fn on(&self, run: Run) -> Task {
        let (effect, buffers) = (self.effect.clone(), Arc::clone(&self.buffers));
        let (cancel, purse) = (self.cancel.clone(), Arc::clone(&self.purse));
        Task { run, effect, buffers, cancel, purse }
    }
}

/// Who hears of an effect before it comes back.
pub(super) struct Teller<'a> {
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
    /// An event of its own, beside the one it comes back as.
    pub(super) record: &'a (dyn Fn(Event) + Sync),
}

impl Teller<'_> {
    /// Counts runs of checks that the event of the effect does not tell of.
    pub(super) fn checks_ran(&self, attempt: Option<AttemptId>, n: u32) {
        if n > 0 {
            (self.record)(Event::Spent { attempt, on: Expense::Checks { n } });
        }
    }
}

/// Carries out the task. A panic becomes a failure of the run; the engine lives.
pub(super) fn execute(project: &Project, task: &Task, teller: &Teller<'_>) -> Event {
    let progress = teller.progress;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // A run may be resumed by somebody who trusts the project less.
        refuse_doors(project, &task.run.checks)?;
        match &task.effect {
            Effect::TakeSnapshot => take_snapshot(project, task),
            Effect::RunBaseline => run_baseline(project, task, teller),
            Effect::Work { attempt } => work::work(project, task, *attempt, teller),
            Effect::Plan => plan::plan(project, task, teller),
            Effect::Replan { step } => plan::replan(project, task, *step, teller),
            Effect::Verify { attempt, tree, onto } => {
                let attempt = found(&task.run, *attempt)?;
                verify::verify(project, task, attempt, (tree, onto.as_ref()), teller)
            }
            Effect::CheckSubset { tree, hunks } => {
                check_subset(project, task, tree, hunks, progress)
            }
        }
    }));
    let failure = match outcome {
        Ok(Ok(event)) => return event,
        Ok(Err(failure)) => failure,
        Err(panic) => Failure::new(
            FailureKind::Bug,
            format!("internal error: {}", said(&*panic)),
            "Please report this.",
        ),
    };
    failed(&task.effect, failure)
}

/// What becomes of an effect that could not be carried out.
pub(super) fn failed(effect: &Effect, failure: Failure) -> Event {
    match effect {
        // The run is not the worse for it.
        Effect::CheckSubset { tree, hunks } => Event::SubsetChecked {
            tree: tree.clone(),
            hunks: hunks.clone(),
            verdict: SubsetVerdict::Unknown { reason: failure.message },
            checks: Vec::new(),
        },
        Effect::Replan { step } => Event::Replanned {
            step: *step,
            steps: Vec::new(),
            by: String::new(),
            why: failure.message,
        },
        Effect::TakeSnapshot
        | Effect::RunBaseline
        | Effect::Plan
        | Effect::Work { .. }
        | Effect::Verify { .. } => Event::EffectFailed { failure },
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic")
}

fn take_snapshot(project: &Project, task: &Task) -> Result<Event, Failure> {
    let snapshot = project.store.snapshot(&task.buffers)?;
    let detected = checks::detect(&project.store, &snapshot.tree, &task.run.goal.focus)?;
    let mut notes = detected.notes;
    notes.extend(project.prompt_notes.iter().cloned());
    if task.run.goal.kind == GoalKind::RunChecks {
        notes.extend(on_request(&detected.checks));
    }
    let checks = wanted(detected.checks, &task.run)?;
    refuse_doors(project, &checks)?;
    let mut left_out = Vec::new();
    if task.run.goal.checks.is_empty() && task.run.goal.tests.is_empty() {
        left_out.extend(detected.blocked.into_iter().map(|why| Failure::environment(why, "")));
    } else {
        notes.extend(detected.blocked);
    }
    let budget = Box::new(task.run.asked.over(detected.budget));
    let models = models(project, detected.models, &mut notes)?;
    let (workers, planners) = (detected.staff.ladder(&models), models.planners());
    if detected.budget.cost_max.is_some() {
        notes.extend(models.all.iter().filter(|model| model.prices.is_none()).map(unpriced));
    }
    let guard = Box::new(detected.guard);
    let approval = Box::new(detected.approval);
    Ok(Event::SnapshotTaken {
        snapshot,
        checks,
        budget,
        notes,
        left_out,
        workers,
        planners,
        guard,
        approval,
    })
}

fn unpriced(model: &Model) -> String {
    format!("`budget.cents` does not hold for model `{}`: nobody said what it costs", model.name)
}

/// The models that a run may call: the user's own, and the project's where it is trusted.
fn models(
    project: &Project,
    of_project: Models,
    notes: &mut Vec<String>,
) -> Result<Models, Failure> {
    let (own, problems) = own_models().unwrap_or_else(|failure| {
        let told = failure.text();
        (Models::default(), vec![told])
    });
    notes.extend(problems);
    let models = own.clone().with_project(of_project, project.consent.trusted);
    let models = models.unwrap_or_else(|refused| {
        notes.push(format!("{}: it is not called. {}", refused.message, refused.hint));
        own
    });
    notes.extend(models.unknown_roles());
    Ok(models)
}

/// Doors of a sandbox are opened by who trusts the project, not by the project.
pub(super) fn refuse_doors(project: &Project, checks: &[Check]) -> Result<(), Failure> {
    let opens = |check: &&Check| !project.consent.trusted && !check.policy.doors.are_closed();
    let Some(check) = checks.iter().find(opens) else { return Ok(()) };
    let doors = sandbox::open(&check.policy.doors, true).join(", ");
    Err(Failure::new(
        FailureKind::Refused,
        format!("greenloop.toml opens the sandbox of check `{}`: {doors}", check.id),
        "Doors stay shut in a project that is not trusted. If you trust it, start greenloop with --trust, or trust the \
         workspace in your editor; else take them out of greenloop.toml.",
    ))
}

/// What else can be asked for, for people.
fn on_request(checks: &[Check]) -> Option<String> {
    let names: Vec<&str> =
        checks.iter().filter(|check| check.on_request).map(|check| check.id.as_str()).collect();
    (!names.is_empty()).then(|| format!("run only when named: {}", names.join(", ")))
}

/// The checks that the goal names, all but those on request when it names none.
fn wanted(found: Vec<Check>, run: &Run) -> Result<Vec<Check>, Failure> {
    let names =
        || found.iter().map(|check| format!("`{}`", check.id)).collect::<Vec<_>>().join(", ");
    if let Some(unknown) =
        run.goal.checks.iter().find(|id| !found.iter().any(|check| check.id == **id))
    {
        return Err(Failure::new(
            FailureKind::Config,
            format!("there is no check `{unknown}` in this project"),
            if found.is_empty() {
                "No check was found at all.".to_owned()
            } else {
                format!("Known checks: {}.", names())
            },
        ));
    }
    let is_wanted = |check: &Check| match run.goal.checks.is_empty() {
        true => !check.on_request,
        false => run.goal.checks.contains(&check.id),
    };
    Ok(found.into_iter().filter(is_wanted).collect())
}

fn run_baseline(project: &Project, task: &Task, teller: &Teller<'_>) -> Result<Event, Failure> {
    let tree = snapshot(&task.run)?;
    let mut gate = Gate::new(project, task, tree, (&[], &[]), teller.progress);
    let runs = gate.all()?;
    teller.checks_ran(None, gate.untold());
    worlds::keep_outputs(gate.into_worlds())?;
    Ok(Event::BaselineTaken { runs })
}

/// The texts that say what they import.
pub(super) fn sources(
    project: &Project,
    tree: &TreeId,
) -> Result<Vec<(RepoPath, String)>, Failure> {
    let files = project.store.files(tree)?.into_iter().map(|file| file.path);
    let mut sources = Vec::new();
    for path in files.filter(affected::has_imports) {
        if let Some(bytes) = project.store.read(tree, &path)? {
            sources.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(sources)
}

pub(super) fn found(run: &Run, attempt: AttemptId) -> Result<&Attempt, Failure> {
    run.attempts.iter().find(|known| known.id == attempt).ok_or_else(|| {
        Failure::new(
            FailureKind::Bug,
            format!("the run has no attempt {attempt}"),
            "Please report this.",
        )
    })
}

fn check_subset(
    project: &Project,
    task: &Task,
    tree: &TreeId,
    hunks: &Choice,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Event, Failure> {
    let targets = machine::goal_tests(&task.run);
    let baseline = task.run.baseline.as_deref().unwrap_or_default();
    let runs = Gate::new(project, task, tree, (baseline, &targets), progress).all()?;
    Ok(Event::SubsetChecked {
        tree: tree.clone(),
        hunks: hunks.clone(),
        verdict: subset::verdict(&task.run, &runs),
        checks: runs.iter().map(machine::check_fact).collect(),
    })
}

/// What an attempt began with.
pub(super) fn base<'a>(run: &'a Run, attempt: &'a Attempt) -> Result<&'a TreeId, Failure> {
    attempt.base.as_ref().map_or_else(|| snapshot(run), Ok)
}

pub(super) fn snapshot(run: &Run) -> Result<&TreeId, Failure> {
    run.snapshot.as_ref().map(|snapshot| &snapshot.tree).ok_or_else(|| {
        Failure::new(
            FailureKind::Bug,
            "a run has checks to run but no snapshot",
            "Please report this.",
        )
    })
}
