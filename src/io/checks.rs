//! The project's checks: found, run in a world, read into reports.

mod cache;
mod cargo;
mod command;
mod desk;
mod ending;
pub mod go;
mod interpreter;
mod javascript;
mod junit;
mod lint;
mod nextest;
mod programs;
mod python;
mod setting;
mod settled;
mod shown;
mod tap;
mod wanted;

use self::javascript::packages;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;

use crate::base::cancel::CancelToken;
use crate::base::ids::{CheckId, TreeId};
use crate::base::path::RepoPath;
use crate::io::process::Output;
use crate::io::store::Store;
use crate::io::worlds::{Command, World};
use crate::logic::config::models::Models;
use crate::logic::config::{self, CheckConfig, Config, ConfigError, Staff};
use crate::logic::detect;
use crate::model::approval::Approval;
use crate::model::budget::Budget;
use crate::model::check::{Check, CheckEnd, CheckRun, Problem, Runner};
use crate::model::failure::{Failure, FailureKind};
use crate::model::guard::GuardPolicy;
use crate::model::report::{TestCase, TestReport};

pub use self::cache::CheckCache;
pub use self::setting::{missing_program, setting};
pub use self::settled::{Watch, run_settled};

/// What was found in a tree.
#[derive(Clone, Debug, Default)]
pub struct Detected {
    pub checks: Vec<Check>,
    /// What `greenloop.toml` grants a run, the defaults where it says nothing.
    pub budget: Budget,
    /// Who may work, beside models.
    pub staff: Staff,
    /// The project's own; they count only where it is trusted.
    pub models: Models,
    /// What changes may do to what judges them.
    pub guard: GuardPolicy,
    /// When people have a say.
    pub approval: Approval,
    /// What people should know of how the checks were found.
    pub notes: Vec<String>,
    /// Tests that were found and that something missing keeps from being run, and what to do about it.
    pub blocked: Vec<String>,
}

/// What `greenloop.toml` says.
#[derive(Debug, Default)]
struct Configured {
    config: Config,
    errors: Vec<ConfigError>,
    /// The folder that holds the file; paths in it start there.
    folder: RepoPath,
}

/// Reads the nearest `greenloop.toml` at or above `focus`; the defaults when there is none. Fails when it is there and
/// cannot be read.
fn read_config(store: &Store, tree: &TreeId, focus: &RepoPath) -> Result<Configured, Failure> {
    for folder in focus.ancestors() {
        let Some(path) = folder.join(config::FILE_NAME) else { continue };
        if let Some(bytes) = store.read(tree, &path)? {
            let (config, errors) = config::read(&bytes).map_err(|error| {
                let hint =
                    format!("Correct {path} or delete it: nothing is run while it cannot be read.");
                Failure::new(FailureKind::Config, error.to_string(), hint)
            })?;
            return Ok(Configured { config, errors, folder });
        }
    }
    Ok(Configured::default())
}

/// The checks that `greenloop.toml` names, else those the files of the nearest project at or above `focus` speak
/// for. Fails when the file names a check that cannot be run as written: without it nothing could be called green.
pub fn detect(store: &Store, tree: &TreeId, focus: &RepoPath) -> Result<Detected, Failure> {
    let Configured { config, errors, folder } = read_config(store, tree, focus)?;
    let notes: Vec<String> = errors.iter().map(ToString::to_string).collect();
    if config.n_unusable > 0 {
        return Err(Failure::new(
            FailureKind::Config,
            format!("an entry cannot be run as written: {}", notes.join("; ")),
            "Correct the entry in greenloop.toml, or delete it.",
        ));
    }
    let (budget, staff, policy) = (config.budget, config.staff(&folder), config.policy.clone());
    let models = config.models;
    let guard = GuardPolicy { folder: folder.clone(), ..config.guard };
    let approval = config.approval;
    if !config.checks.is_empty() {
        // Somebody wrote them in an order, and one may need what another leaves.
        let budget = Budget { checks_at_once: budget.checks_at_once.or(Some(1)), ..budget };
        let configured = |check| configured(store.root(), &folder, check);
        let checks = config.checks.into_iter().map(configured).collect();
        let blocked = Vec::new();
        return Ok(Detected { checks, budget, staff, models, guard, approval, notes, blocked });
    }
    let files: Vec<RepoPath> = store.files(tree)?.into_iter().map(|file| file.path).collect();
    let mut all_notes = notes;
    let is_project = |folder: &RepoPath| folder.is_root() || detect::is_project(&files, folder);
    let mut on_request = Vec::new();
    for folder in focus.ancestors().filter(is_project) {
        let mut found = detect_by_files(store, tree, &files, &folder);
        // Tests that something missing keeps from being run are still the tests that were meant, not those around them.
        let has_tests = found.checks.iter().any(|check| !check.on_request);
        found.checks.iter_mut().for_each(|check| check.policy = policy.clone());
        all_notes.extend(found.notes);
        if has_tests || !found.blocked.is_empty() {
            return Ok(Detected {
                checks: found.checks,
                budget,
                staff,
                models,
                guard,
                approval,
                notes: all_notes,
                blocked: found.blocked,
            });
        }
        on_request.extend(found.checks);
    }
    // The same tool may be set up in folders around each other: the nearest one is meant.
    let mut seen = BTreeSet::new();
    on_request.retain(|check: &Check| seen.insert(check.id.clone()));
    let (checks, notes, blocked) = (on_request, all_notes, Vec::new());
    Ok(Detected { checks, budget, staff, models, guard, approval, notes, blocked })
}

/// The checks of one folder, as if it were the whole project.
fn detect_by_files(
    store: &Store,
    tree: &TreeId,
    files: &[RepoPath],
    folder: &RepoPath,
) -> detect::Found {
    let files: Vec<RepoPath> = files.iter().filter_map(|file| file.relative_to(folder)).collect();
    let read = |path: &RepoPath| {
        let bytes = store.read(tree, &folder.join(path.as_str())?).ok()??;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let in_project = |dir: &RepoPath| folder.join(dir.as_str()).unwrap_or_default();
    let python = |dir: &RepoPath| interpreter::find(store.root(), &in_project(dir));
    let program =
        |dir: &RepoPath, name: &str| packages::program(store.root(), &in_project(dir), name);
    let mut found = detect::detect(&detect::Project {
        files: &files,
        read: &read,
        python: &python,
        program: &program,
        has_program: &programs::is_on_path,
    });
    for check in &mut found.checks {
        check.dir = in_project(&check.dir);
    }
    found
}

fn configured(root: &Path, folder: &RepoPath, check: CheckConfig) -> Check {
    let dir = folder.join(check.dir.as_str()).unwrap_or_default();
    let python =
        || interpreter::find(root, &dir).map_or("python3".to_owned(), |found| found.program);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut argv = match (check.runner, check.command) {
        // The runner's own program is told by `-m unittest`; a bare interpreter is one too.
        (Runner::Unittest, Some(mut command)) => {
            if !command.iter().any(|word| word == "unittest") {
                command.extend(words(&["-m", "unittest"]));
            }
            command
        }
        (_, Some(command)) => command,
        (Runner::Unittest, None) => words(&[&python(), "-m", "unittest"]),
        (Runner::Pytest, None) => words(&[&python(), "-m", "pytest"]),
        (Runner::Cargo, None) => words(&["cargo", "test"]),
        (Runner::NodeTest | Runner::Jest | Runner::Vitest | Runner::Mocha, None) => {
            let program = packages::program(root, &dir, packages::name_of(check.runner));
            javascript::default_argv(check.runner, program)
        }
        (Runner::Lint(linter), None) => words(linter.argv()),
        (Runner::Go, None) => words(&["go", "test", "./..."]),
        (Runner::Nextest, None) => words(&["cargo", "nextest", "run"]),
        (Runner::Junit | Runner::Tap | Runner::Command, None) => Vec::new(),
    };
    argv.extend(check.args);
    Check {
        id: CheckId::new(check.name),
        runner: check.runner,
        dir,
        argv,
        env: check.env,
        report: check.report,
        timeout_ms: check.timeout_ms,
        policy: check.policy,
        why: format!("{} names it", config::FILE_NAME),
        on_request: check.on_request,
        configured: true,
    }
}

/// Which tests of a check to run.
#[derive(Clone, Copy, Debug)]
pub enum Select<'a> {
    All,
    /// Names as in `TestId::name`.
    Only(&'a [String]),
}

/// Runs a check on the files `world` shows. Every way it can go wrong is a `CheckEnd`; `Err` is only for our own
/// store and disk. `on_case` sees each test as it is reported.
pub fn run(
    store: &Store,
    world: &World,
    check: &Check,
    select: Select<'_>,
    cancel: &CancelToken,
    on_case: &mut dyn FnMut(&TestCase),
) -> Result<CheckRun, Failure> {
    let job = Job {
        store,
        world,
        check,
        select,
        cancel,
        paths: RefCell::default(),
        endings: RefCell::default(),
        files: OnceCell::new(),
    };
    let done = match check.runner {
        Runner::Unittest | Runner::Pytest => python::run(&job, on_case)?,
        Runner::Cargo => cargo::run(&job, on_case),
        Runner::NodeTest | Runner::Jest | Runner::Vitest | Runner::Mocha => {
            javascript::run(&job, on_case)?
        }
        Runner::Junit => junit::run(&job, on_case)?,
        Runner::Tap => tap::run(&job, on_case)?,
        Runner::Go => go::run(&job, on_case),
        Runner::Nextest => nextest::run(&job, on_case)?,
        Runner::Command => command::run(&job, on_case),
        Runner::Lint(linter) => lint::run(&job, linter, on_case)?,
    };
    let mut cases = done.report.cases;
    let is_empty = done.end == CheckEnd::Completed && cases.is_empty();
    let end = if is_empty { CheckEnd::NoTests } else { done.end };
    let complete = done.report.complete && end == CheckEnd::Completed;
    if let Some(case) = ending::unfinished(&job, &end, done.running) {
        on_case(&case);
        cases.push(case);
    }
    Ok(CheckRun {
        check: check.id.clone(),
        tree: world.tree().clone(),
        end,
        report: TestReport { cases, complete },
        problems: done.problems,
        command: done.command,
        output: store.put_blob(&done.output.text)?,
        duration_ms: done.output.duration.as_millis() as u64,
        enforced: world.enforced(&check.policy),
        flaky: Vec::new(),
        partial: matches!(select, Select::Only(_)),
        setting: String::new(),
        reused: false,
    })
}

/// One run of a check.
struct Job<'a> {
    store: &'a Store,
    world: &'a World,
    check: &'a Check,
    select: Select<'a>,
    cancel: &'a CancelToken,
    /// Paths that runners named, by how they spelled them.
    paths: RefCell<HashMap<String, Option<RepoPath>>>,
    /// The same for the ends of paths.
    endings: RefCell<HashMap<String, Option<RepoPath>>>,
    files: OnceCell<Vec<RepoPath>>,
}

/// What a run came to.
struct Done {
    end: CheckEnd,
    report: TestReport,
    problems: Vec<Problem>,
    /// The test that had begun and not ended.
    running: Option<String>,
    command: String,
    output: Output,
}

impl Job<'_> {
    /// These variables, under those of the check.
    fn environment(&self, fixed: &[(&str, &str)]) -> Vec<(String, String)> {
        let fixed = fixed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        fixed.chain(self.check.env.clone()).collect()
    }

    /// One of so many parts of the check's time.
    fn limit(&self, n_parts: u32) -> Duration {
        Duration::from_millis(self.check.timeout_ms) / n_parts
    }

    fn command(&self, argv: Vec<String>, env: Vec<(String, String)>) -> Command {
        Command {
            argv: self.world.absolute_program(argv, &self.check.dir),
            dir: self.check.dir.clone(),
            env,
            deadline: self.limit(1),
            policy: self.check.policy.clone(),
        }
    }

    /// The project's file that a runner means by `path`, absolute or relative to the check's folder or one above it.
    /// Installed packages and build outputs are none.
    fn find_path(&self, path: &str) -> Option<RepoPath> {
        if let Some(known) = self.paths.borrow().get(path) {
            return known.clone();
        }
        let found = if Path::new(path).is_absolute() {
            RepoPath::below(self.world.root(), Path::new(path)).filter(|path| {
                !path.as_str().contains("site-packages/") && !self.store.is_ignored(path)
            })
        } else {
            let above = std::iter::successors(Some(self.check.dir.clone()), |at| {
                (!at.is_root()).then(|| at.parent())
            });
            above.filter_map(|folder| folder.join(path)).find(|path| self.is_in_tree(path))
        };
        self.paths.borrow_mut().insert(path.to_owned(), found.clone());
        found
    }

    /// The one file of the project whose path ends with `path`: many tools name files by package, or without their folder.
    fn find_ending(&self, path: &str) -> Option<RepoPath> {
        let ending = RepoPath::new(path).filter(|ending| !ending.is_root())?;
        if let Some(known) = self.endings.borrow().get(path) {
            return known.clone();
        }
        let files = self.files.get_or_init(|| {
            // A store that cannot be read shows itself where the output is put.
            let files = self.store.files(self.world.tree()).unwrap_or_default();
            files.into_iter().map(|file| file.path).collect()
        });
        let fits = |file: &&RepoPath| {
            let head = file.as_str().strip_suffix(ending.as_str());
            head.is_some_and(|head| head.is_empty() || head.ends_with('/'))
        };
        let mut fitting = files.iter().filter(fits);
        let found = fitting.next().filter(|_| fitting.next().is_none()).cloned();
        self.endings.borrow_mut().insert(path.to_owned(), found.clone());
        found
    }

    fn is_in_tree(&self, path: &RepoPath) -> bool {
        // A store that cannot be read shows itself where the output is put.
        matches!(self.store.read(self.world.tree(), path), Ok(Some(_)))
    }
}
