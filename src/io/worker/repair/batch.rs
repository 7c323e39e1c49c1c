//! `greenloop __batch FILE`: runs built test programs many times inside a world, one process per run, and prints one
//! JSON line for each result.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fast_path::{Job, Verdict};
use crate::base::cancel::CancelToken;
use crate::base::ids::CheckId;
use crate::base::limits::{
    COVERAGE_BYTES_MAX, OBSERVE_WALL, SEARCH_WALL_MAX, SELECT_BYTES_MAX, TRY_BASELINE_FACTOR,
    TRY_CPU_MIN, TRY_SCREEN_MAX, TRY_WALL_MAX, TRY_WALL_MIN,
};
use crate::base::path::RepoPath;
use crate::io::process::{self, End};
use crate::io::sandbox;
use crate::io::worlds::{Command, World};
use crate::logic::report_parse::libtest::Reader;
use crate::model::failure::Failure;
use crate::model::report::TestOutcome;
use crate::repair::clones::TIME_VARIABLE;
use crate::repair::schema::{ARMS_VARIABLE, COVERAGE_VARIABLE};

/// The first argument that asks for a batch.
pub const ARGUMENT: &str = "__batch";

/// What to run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spec {
    pub programs: Vec<Program>,
    pub task: Task,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Task {
    /// Run each test alone and let it write what it covers into the file.
    Observe {
        tests: Vec<(Test, PathBuf)>,
    },
    Try(Trial),
}

/// Patches to try, and what they must turn and keep green.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trial {
    /// The values of [`ARMS_VARIABLE`].
    pub patches: Vec<String>,
    /// The first one screens.
    pub failing: Vec<Test>,
    pub passing: Vec<Test>,
}

/// A test program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Program {
    pub path: PathBuf,
    pub dir: PathBuf,
    pub env: Vec<(String, String)>,
    pub dialect: Dialect,
}

/// How a test program is told what to run, and tells what passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Dialect {
    /// Rust's.
    Libtest,
    /// That of Go's `testing`.
    Go,
}

/// A test of a program, by the place of the program in the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Test {
    pub program: usize,
    pub name: String,
}

/// What is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Line {
    /// Without any patch the screening test passes: what was built does not behave as the project does.
    NotTheOriginal,
    Tried {
        patch: usize,
        outcome: Outcome,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    StillRed,
    Breaks,
    /// Places in the list of failing tests that pass now; all of them when it is plausible.
    Fixes(Vec<usize>),
}

/// Runs the batch described in the file named by the only argument; returns the exit code.
pub fn main(mut args: impl Iterator<Item = OsString>) -> i32 {
    let spec = args.next().and_then(|file| std::fs::read(file).ok());
    match spec.and_then(|json| serde_json::from_slice::<Spec>(&json).ok()) {
        Some(spec) => {
            run(&spec, &|line| print(&line));
            0
        }
        None => 2,
    }
}

fn print(line: &Line) {
    let mut out = std::io::stdout().lock();
    // When nobody reads any more, the batch is about to be ended anyway.
    drop(serde_json::to_writer(&mut out, line).map(|()| out.write_all(b"\n")));
    drop(out.flush());
}

fn run(spec: &Spec, tell: &(dyn Fn(Line) + Sync)) {
    match &spec.task {
        Task::Observe { tests } => each_in_parallel(tests.len(), &|at| {
            let (test, file) = &tests[at];
            let file = file.to_string_lossy().into_owned();
            let only = [test.name.as_str()];
            passed(spec, test.program, &only, (COVERAGE_VARIABLE, &file), OBSERVE_WALL);
        }),
        Task::Try(trial) => {
            if let Some(bench) = Bench::new(spec, trial) {
                each_in_parallel(trial.patches.len(), &|patch| {
                    tell(Line::Tried { patch, outcome: bench.outcome(&trial.patches[patch]) });
                });
            } else {
                tell(Line::NotTheOriginal);
            }
        }
    }
}

/// Calls `work` with 0 to `n`, in order, on all cores.
fn each_in_parallel(n: usize, work: &(dyn Fn(usize) + Sync)) {
    let next = AtomicUsize::new(0);
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..n_threads.min(n) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= n {
                        break;
                    }
                    work(at);
                }
            });
        }
    });
}

/// Tests of one program that are run together.
struct Group<'a> {
    program: usize,
    names: Vec<&'a str>,
    limit: Duration,
}

/// What all patches of a trial are measured by.
struct Bench<'a> {
    spec: &'a Spec,
    trial: &'a Trial,
    screen: Group<'a>,
    /// Found when the first patch gets that far: most trials never need it.
    guards: OnceLock<Vec<Group<'a>>>,
    /// The test that was last broken by a patch: likely to be broken by the next.
    killer: Mutex<Option<Test>>,
}

impl<'a> Bench<'a> {
    /// `None` when the screening test passes without a patch.
    fn new(spec: &'a Spec, trial: &'a Trial) -> Option<Self> {
        let first = trial.failing.first()?;
        let names = vec![first.name.as_str()];
        let original = passed(spec, first.program, &names, (ARMS_VARIABLE, ""), TRY_SCREEN_MAX);
        if !original.names.is_empty() {
            return None;
        }
        // What did not end then does not end at all.
        let is_endless = original.took >= TRY_SCREEN_MAX;
        let limit = if is_endless { TRY_WALL_MIN } else { limit(original.took) };
        let screen = Group { program: first.program, names, limit };
        Some(Self { spec, trial, screen, guards: OnceLock::new(), killer: Mutex::default() })
    }

    fn outcome(&self, arms: &str) -> Outcome {
        if self.run(&self.screen, arms).len() < self.screen.names.len() {
            return Outcome::StillRed;
        }
        if self.breaks(arms) { Outcome::Breaks } else { Outcome::Fixes(self.fixed(arms)) }
    }

    fn run(&self, group: &Group<'_>, arms: &str) -> HashSet<String> {
        passed(self.spec, group.program, &group.names, (ARMS_VARIABLE, arms), group.limit).names
    }

    fn breaks(&self, arms: &str) -> bool {
        let guards = self.guards.get_or_init(|| self.find_guards());
        let killer = self.killer().clone();
        let breaks_again = killer.is_some_and(|killer| {
            let names = vec![killer.name.as_str()];
            let group = Group { program: killer.program, names, limit: self.screen.limit };
            self.run(&group, arms).is_empty()
        });
        breaks_again || guards.iter().any(|group| self.breaks_one_of(group, arms))
    }

    fn breaks_one_of(&self, group: &Group<'_>, arms: &str) -> bool {
        let names = self.run(group, arms);
        let Some(broken) = group.names.iter().find(|name| !names.contains(**name)) else {
            return false;
        };
        *self.killer() = Some(Test { program: group.program, name: (*broken).to_owned() });
        true
    }

    fn killer(&self) -> MutexGuard<'_, Option<Test>> {
        self.killer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tests to keep green that are green without a patch in what was built: some look at their own source.
    fn find_guards(&self) -> Vec<Group<'a>> {
        let mut groups = grouped(&self.trial.passing);
        for group in &mut groups {
            let original =
                passed(self.spec, group.program, &group.names, (ARMS_VARIABLE, ""), TRY_WALL_MAX);
            group.names.retain(|name| original.names.contains(*name));
            group.limit = limit(original.took);
        }
        groups.retain(|group| !group.names.is_empty());
        groups
    }

    fn fixed(&self, arms: &str) -> Vec<usize> {
        let groups = grouped(&self.trial.failing);
        let green: BTreeSet<Test> = groups
            .iter()
            .flat_map(|group| {
                let named = |name| Test { program: group.program, name };
                self.run(group, arms).into_iter().map(named)
            })
            .collect();
        let places = self.trial.failing.iter().enumerate();
        places.filter(|(_, test)| green.contains(test)).map(|(at, _)| at).collect()
    }
}

/// Tests that are run together: those of one program, as far as their names fit on a command line.
fn grouped(tests: &[Test]) -> Vec<Group<'_>> {
    let mut by_program: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for test in tests {
        by_program.entry(test.program).or_default().push(&test.name);
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (program, names) in by_program {
        let mut n_bytes = SELECT_BYTES_MAX;
        for name in names {
            n_bytes += name.len() + 1;
            if n_bytes > SELECT_BYTES_MAX {
                groups.push(Group { program, names: Vec::new(), limit: TRY_WALL_MAX });
                n_bytes = name.len() + 1;
            }
            groups.last_mut().expect("the first name opens a group").names.push(name);
        }
    }
    groups
}

fn limit(original: Duration) -> Duration {
    (original * TRY_BASELINE_FACTOR).clamp(TRY_WALL_MIN, TRY_WALL_MAX)
}

/// What a run of a test program showed.
struct Ran {
    /// Tests that passed.
    names: HashSet<String>,
    took: Duration,
}

/// Runs some tests of a program one after the other, in a process of their own.
fn passed(
    spec: &Spec,
    program: usize,
    names: &[&str],
    variable: (&str, &str),
    limit: Duration,
) -> Ran {
    let program = &spec.programs[program];
    let mut argv = vec![program.path.to_string_lossy().into_owned()];
    argv.extend(program.dialect.arguments(names));
    let mut env: Vec<(String, String)> =
        std::env::vars().chain(program.env.iter().cloned()).collect();
    env.extend(program.dialect.environment(limit));
    env.push((variable.0.to_owned(), variable.1.to_owned()));
    let run = process::Spec { argv, cwd: program.dir.clone(), env, deadline: limit };
    if program.dialect == Dialect::Go {
        let mut passed = HashSet::new();
        let output = process::run(&run, &CancelToken::new(), &mut |line| {
            passed.extend(go_passed(line).filter(|name| names.contains(&name.as_str())));
        });
        return Ran { names: passed, took: output.duration };
    }
    let mut reader = Reader::new(&CheckId::new(ARGUMENT));
    reader.line(b"     Running tests (./tests)", &|_| None, &mut |_| {});
    let output = process::run(&run, &CancelToken::new(), &mut |line| {
        reader.line(line, &|_| None, &mut |_| {});
    });
    let cases = reader.finish(&|_| None, &mut |_| {}).report.cases.into_iter();
    let passed = cases.filter(|case| case.outcome == TestOutcome::Passed);
    let names = passed.filter_map(|case| Some(case.id.name.strip_prefix("tests ")?.to_owned()));
    Ran { names: names.collect(), took: output.duration }
}

impl Dialect {
    /// What makes a program run these tests one after the other and tell of each.
    fn arguments(self, names: &[&str]) -> Vec<String> {
        match self {
            Dialect::Libtest => {
                let fixed = ["--exact", "--test-threads=1"].into_iter();
                fixed.chain(names.iter().copied()).map(str::to_owned).collect()
            }
            Dialect::Go => {
                vec!["-test.v".to_owned(), format!("-test.run={}", go_pattern(names))]
            }
        }
    }

    fn environment(self, limit: Duration) -> Option<(String, String)> {
        match self {
            // A backtrace of an unoptimised program takes longer than most tests.
            Dialect::Libtest => Some(("RUST_BACKTRACE".into(), "0".into())),
            Dialect::Go => {
                // What a run takes on a busy machine is no measure of what it computes.
                let spent = if limit <= TRY_WALL_MIN { TRY_CPU_MIN } else { limit };
                Some((TIME_VARIABLE.into(), spent.as_millis().to_string()))
            }
        }
    }
}

/// The test that a line of a Go program says passed: `--- PASS: TestX/y (0.00s)`.
fn go_passed(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let (_, rest) = line.split_once("--- PASS: ")?;
    Some(rest.rsplit_once(" (")?.0.to_owned())
}

/// What selects one test alone, or at least several by their outermost names.
fn go_pattern(names: &[&str]) -> String {
    let is_plain = |ch: char| ch.is_alphanumeric() || ch == '_' || !ch.is_ascii();
    let quoted = |part: &str| {
        let quote = |ch: char| if is_plain(ch) { vec![ch] } else { vec!['\\', ch] };
        part.chars().flat_map(quote).collect::<String>()
    };
    if let [name] = names {
        let parts: Vec<String> =
            name.split('/').map(|part| format!("^{}$", quoted(part))).collect();
        return parts.join("/");
    }
    let outermost = |name: &&str| quoted(name.split('/').next().unwrap_or(name));
    let tests: BTreeSet<String> = names.iter().map(outermost).collect();
    format!("^({})$", tests.into_iter().collect::<Vec<_>>().join("|"))
}

impl Outcome {
    /// `in_programs` are the places, in the caller's list, of the failing tests that were run.
    pub fn verdict(self, in_programs: &[usize]) -> Verdict {
        match self {
            Outcome::StillRed => Verdict::StillRed,
            Outcome::Breaks => Verdict::Breaks,
            Outcome::Fixes(fixed) if fixed.len() == in_programs.len() => Verdict::Plausible,
            Outcome::Fixes(fixed) => {
                let place = |at: usize| in_programs.get(at).copied();
                Verdict::Partial { fixed: fixed.into_iter().filter_map(place).collect() }
            }
        }
    }
}

/// Runs a batch inside a world to its end, the job's cancel, or until `each` breaks.
pub(super) fn run_in(
    world: &World,
    job: &Job<'_>,
    spec: &Spec,
    each: &mut dyn FnMut(Line) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Failure> {
    let file = world.scratch().join("batch.json");
    let json = serde_json::to_vec(spec).map_err(std::io::Error::from);
    json.and_then(|json| std::fs::write(&file, json))
        .map_err(|error| not_run(&format!("`{}` cannot be written: {error}", file.display())))?;
    let program = sandbox::own_program().map_err(|error| not_run(&error.to_string()))?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let command = Command {
        argv: vec![text(&program), ARGUMENT.into(), text(&file)],
        dir: job.check.dir.clone(),
        env: job.check.env.clone().into_iter().collect(),
        deadline: 2 * SEARCH_WALL_MAX,
        policy: job.check.policy.clone(),
    };
    let stop = job.desk.cancel.child();
    let output = world.run(&command, &stop, &mut |line| {
        if stop.is_cancelled() {
            return;
        }
        if let Ok(line) = serde_json::from_slice(line)
            && each(line).is_break()
        {
            stop.cancel();
        }
    });
    match output.end {
        _ if stop.is_cancelled() => Ok(ControlFlow::Break(())),
        End::Exited(0) => Ok(ControlFlow::Continue(())),
        end => Err(not_run(&format!("the runs of test programs ended early ({end:?})"))),
    }
}

fn not_run(reason: &str) -> Failure {
    Failure::environment(
        format!("the search cannot go on: {reason}"),
        "Candidates are tried one check at a time instead.",
    )
}

/// Lines as instrumented programs write them: `path<TAB>line,line`. A file that is not there is no line.
pub(super) fn read_lines(file: &Path) -> BTreeMap<RepoPath, BTreeSet<u32>> {
    let mut text = String::new();
    if let Ok(file) = File::open(file) {
        // What cannot be read tells nothing; what was read before still counts.
        drop(file.take(COVERAGE_BYTES_MAX).read_to_string(&mut text));
    }
    let mut lines: BTreeMap<RepoPath, BTreeSet<u32>> = BTreeMap::new();
    for (path, numbers) in text.lines().filter_map(|line| line.split_once('\t')) {
        if let Some(path) = RepoPath::new(path) {
            let numbers = numbers.split(',').filter_map(|number| number.parse::<u32>().ok());
            lines.entry(path).or_default().extend(numbers);
        }
    }
    lines
}
