//! `greenloop __batch FILE`: runs built test programs many times inside a world, one process per run, and prints one
//! JSON line for each result.

mod dialect;
mod outside;
mod ran;

pub(super) use dialect::Dialect;
pub(super) use outside::{read_lines, run_in};

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::base::limits::{
    CANDIDATE_MEMORY_BYTES, CANDIDATE_MEMORY_BYTES_MIN, MEGABYTE, OBSERVE_TEST_WALL,
    SELECT_BYTES_MAX, TRY_BASELINE_FACTOR, TRY_CPU_MIN, TRY_SCREEN_MAX, TRY_WALL_MAX, TRY_WALL_MIN,
    TRY_WALL_SHORT,
};
use crate::io::process;
use crate::repair::schema::{ARMS_VARIABLE, COVERAGE_VARIABLE};
use crate::repair::stop::Stop;
use ran::{Ran, passed};

/// The first argument that asks for a batch.
pub const ARGUMENT: &str = "__batch";

/// What to run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spec {
    pub programs: Vec<Program>,
    /// Processes at the same time.
    pub n_at_once: usize,
    pub task: Task,
    /// Tools that watch a program's memory map many times what it uses.
    pub is_watched: bool,
}

impl Spec {
    pub fn on_all_cores(programs: Vec<Program>, task: Task, argv: &[String]) -> Self {
        let n_at_once = thread::available_parallelism().map_or(1, usize::from);
        let is_watched = argv.iter().any(|word| WATCHING.contains(&word.as_str()));
        Self { programs, n_at_once, task, is_watched }
    }
}

/// Options of `go test` that have memory watched.
const WATCHING: [&str; 3] = ["-race", "-msan", "-asan"];

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
    /// The first one that fails alone screens.
    pub failing: Vec<Test>,
    /// Those of them that are known not to end.
    pub endless: Vec<Test>,
    pub passing: Vec<Test>,
    /// Whether those are waited for that are late.
    pub is_patient: bool,
    /// Where they are not, how long the first of them are waited for after all others as long as nothing is found.
    pub late_wall: Duration,
}

/// A test program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Program {
    pub path: PathBuf,
    pub dir: PathBuf,
    pub env: Vec<(String, String)>,
    pub dialect: Dialect,
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
    /// Without any patch no test fails: what was built does not behave as the project does.
    NotTheOriginal,
    Tried {
        patch: usize,
        outcome: Outcome,
    },
    /// So long were those waited for that are late.
    Waited {
        ms: u64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    StillRed,
    /// It got further, or nearer to what it wants, by so many percent.
    Nearer {
        by: u8,
    },
    /// The screening test takes longer than there is patience for.
    Late,
    /// A test is red that is to be kept green.
    Breaks {
        by: String,
    },
    /// Places in the list of failing tests that pass now; all of them when it is plausible.
    Fixes(Vec<usize>),
}

/// Runs the batch described in the file named by the only argument; returns the exit code.
pub fn main(mut args: impl Iterator<Item = OsString>) -> i32 {
    let spec = args.next().and_then(|file| std::fs::read(file).ok());
    match spec.and_then(|json| serde_json::from_slice::<Spec>(&json).ok()) {
        Some(spec) => {
            if !spec.is_watched {
                process::limit_memory(memory(spec.n_at_once));
            }
            run(&spec, &|line| print(&line));
            0
        }
        None => 2,
    }
}

/// What an edit has a test program take without end must not come out of what others need. As each core runs one program,
/// whoever started it, each gets its share.
fn memory(n_at_once: usize) -> u64 {
    let n_cores = thread::available_parallelism().map_or(1, usize::from) as u64;
    let share = (CANDIDATE_MEMORY_BYTES / n_cores).max(CANDIDATE_MEMORY_BYTES_MIN);
    // The stacks of our own threads count as well, as this process has the limit that it hands on.
    share + n_at_once as u64 * STACKS_BYTES
}

/// Where longer tests stop is not looked at.
const STOP_WALL_MAX: Duration = Duration::from_secs(1);
/// So many failing tests are run to find one that screens.
const SCREENS_MAX: usize = 8;
/// Of the threads that run one program and read what it says.
const STACKS_BYTES: u64 = 8 * MEGABYTE;

fn print(line: &Line) {
    let mut out = std::io::stdout().lock();
    // When nobody reads any more, the batch is about to be ended anyway.
    drop(serde_json::to_writer(&mut out, line).map(|()| out.write_all(b"\n")));
    drop(out.flush());
}

fn run(spec: &Spec, tell: &(dyn Fn(Line) + Sync)) {
    match &spec.task {
        Task::Observe { tests } => each_in_parallel(spec.n_at_once, tests.len(), &|at| {
            let (test, file) = &tests[at];
            let file = file.to_string_lossy().into_owned();
            let only = [test.name.as_str()];
            passed(spec, test.program, &only, (COVERAGE_VARIABLE, &file), OBSERVE_TEST_WALL);
        }),
        Task::Try(trial) => {
            if let Some(bench) = Bench::new(spec, trial) {
                bench.try_all(tell);
            } else {
                tell(Line::NotTheOriginal);
            }
        }
    }
}

/// Calls `work` with 0 to `n`, in order, so many at once.
fn each_in_parallel(n_at_once: usize, n: usize, work: &(dyn Fn(usize) + Sync)) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..n_at_once.clamp(1, n.max(1)) {
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
    /// Its limit is for what is waited for.
    screen: Group<'a>,
    /// Where that stops without a patch.
    stopped: Option<Stop>,
    /// How long the screening test may take at first.
    quick: Duration,
    /// Found when the first patch gets that far: most trials never need it.
    guards: OnceLock<Vec<Group<'a>>>,
    /// The test that was last broken by a patch: likely to be broken by the next.
    killer: Mutex<Option<Test>>,
}

impl<'a> Bench<'a> {
    /// Screens with the first test that fails alone too: some fail only after others. `None` when there is none.
    fn new(spec: &'a Spec, trial: &'a Trial) -> Option<Self> {
        let alone = |test: &'a Test| {
            let names = vec![test.name.as_str()];
            let is_endless = trial.endless.contains(test);
            let wall = if is_endless { TRY_CPU_MIN } else { TRY_SCREEN_MAX };
            let ran = passed(spec, test.program, &names, (ARMS_VARIABLE, ""), wall);
            // What did not end then does not end at all, whatever ended it.
            let took = if is_endless || ran.took >= wall { Duration::ZERO } else { ran.took };
            ran.names.is_empty().then_some((test.program, names, took, ran.stop))
        };
        let (program, names, took, stopped) =
            trial.failing.iter().take(SCREENS_MAX).find_map(alone)?;
        // Of a test that stops now so and now so, it says nothing where.
        let again = || passed(spec, program, &names, (ARMS_VARIABLE, ""), TRY_SCREEN_MAX).stop;
        let stopped = stopped.filter(|stop| took < STOP_WALL_MAX && again().as_ref() == Some(stop));
        let patience = limit(took, TRY_WALL_MIN);
        let quick = if trial.is_patient { patience } else { limit(took, TRY_WALL_SHORT) };
        let screen = Group { program, names, limit: patience };
        let (guards, killer) = (OnceLock::new(), Mutex::default());
        Some(Self { spec, trial, screen, stopped, quick, guards, killer })
    }

    /// Tries all patches; those that are late after the others, as far as there is time and nothing is found.
    fn try_all(&self, tell: &(dyn Fn(Line) + Sync)) {
        let (patches, n_at_once) = (&self.trial.patches, self.spec.n_at_once);
        let (late, is_found) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
        each_in_parallel(n_at_once, patches.len(), &|patch| {
            let outcome = self.outcome(&patches[patch], self.quick);
            if outcome == Outcome::Late && !is_found.load(Ordering::Relaxed) {
                held(&late).insert(patch);
                return;
            }
            is_found.fetch_or(self.is_mended(&outcome), Ordering::Relaxed);
            tell(Line::Tried { patch, outcome });
        });
        let late: Vec<usize> = held(&late).iter().copied().collect();
        let (began, patience) = (Instant::now(), self.screen.limit);
        each_in_parallel(n_at_once, late.len(), &|at| {
            let has_time = began.elapsed() + patience <= self.trial.late_wall;
            let outcome = if has_time && !is_found.load(Ordering::Relaxed) {
                self.outcome(&patches[late[at]], patience)
            } else {
                Outcome::Late
            };
            is_found.fetch_or(self.is_mended(&outcome), Ordering::Relaxed);
            tell(Line::Tried { patch: late[at], outcome });
        });
        if !late.is_empty() {
            tell(Line::Waited { ms: began.elapsed().as_millis() as u64 });
        }
    }

    /// Whether nothing more is to be looked for. Without tests to keep green others look at it again.
    fn is_mended(&self, outcome: &Outcome) -> bool {
        !self.trial.passing.is_empty()
            && matches!(outcome, Outcome::Fixes(fixed) if fixed.len() == self.trial.failing.len())
    }

    fn outcome(&self, arms: &str, limit: Duration) -> Outcome {
        let ran = self.run(&self.screen, arms, limit);
        if ran.names.len() < self.screen.names.len() {
            let is_cut_short = ran.took >= limit && limit < self.screen.limit;
            let by =
                ran.stop.zip(self.stopped.as_ref()).map_or(0, |(now, was)| now.nearer_than(was));
            return match by {
                _ if is_cut_short => Outcome::Late,
                0 => Outcome::StillRed,
                by => Outcome::Nearer { by },
            };
        }
        match self.broken(arms) {
            Some(by) => Outcome::Breaks { by },
            None => Outcome::Fixes(self.fixed(arms)),
        }
    }

    fn run(&self, group: &Group<'_>, arms: &str, limit: Duration) -> Ran {
        passed(self.spec, group.program, &group.names, (ARMS_VARIABLE, arms), limit)
    }

    /// Whether a test is red under a patch that was not: its name, empty where several are, which one alone may have ended.
    fn broken(&self, arms: &str) -> Option<String> {
        let guards = self.guards.get_or_init(|| self.find_guards());
        let killer = held(&self.killer).clone();
        let again = killer.filter(|killer| {
            let names = vec![killer.name.as_str()];
            let group = Group { program: killer.program, names, limit: self.screen.limit };
            self.run(&group, arms, group.limit).names.is_empty()
        });
        match again {
            Some(killer) => Some(killer.name),
            None => guards.iter().find_map(|group| self.broken_of(group, arms)),
        }
    }

    fn broken_of(&self, group: &Group<'_>, arms: &str) -> Option<String> {
        let names = self.run(group, arms, group.limit).names;
        let mut broken = group.names.iter().filter(|name| !names.contains(**name));
        let first = (*broken.next()?).to_owned();
        *held(&self.killer) = Some(Test { program: group.program, name: first.clone() });
        Some(if broken.next().is_none() { first } else { String::new() })
    }

    /// The tests to keep green that are green without a patch in what was built: some look at their own source.
    fn find_guards(&self) -> Vec<Group<'a>> {
        let mut groups = grouped(&self.trial.passing);
        for group in &mut groups {
            let original =
                passed(self.spec, group.program, &group.names, (ARMS_VARIABLE, ""), TRY_WALL_MAX);
            group.names.retain(|name| original.names.contains(*name));
            group.limit = limit(original.took, TRY_WALL_MIN);
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
                self.run(group, arms, group.limit).names.into_iter().map(named)
            })
            .collect();
        let places = self.trial.failing.iter().enumerate();
        places.filter(|(_, test)| green.contains(test)).map(|(at, _)| at).collect()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

fn limit(original: Duration, least: Duration) -> Duration {
    (original * TRY_BASELINE_FACTOR).clamp(least, TRY_WALL_MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const MENDS: &str = "1=1";
    const RED: &str = "1=2";
    const SLOW: &str = "1=3";
    const ENDLESS: &str = "1=4";

    /// What a program comes to of which one test passes always, and one depends on the arm; empty where no test screens.
    fn check(
        patches: &[&str],
        failing: &[&str],
        is_patient: bool,
        late_wall: Duration,
    ) -> Vec<Outcome> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program");
        let passes = |name: &str| format!("echo '--- PASS: {name} (0.00s)'");
        let (late, a) = (passes("TestLate"), passes("TestA"));
        let text = format!(
            "#!/bin/sh\n{late}\ncase \"${ARMS_VARIABLE}\" in\n{MENDS}) {a};;\n{SLOW}) sleep 0.6; {a};;\n{ENDLESS}) while :; do :; done;;\nesac\n"
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let dir = dir.path().to_owned();
        let program = Program { path, dir, env: Vec::new(), dialect: Dialect::Go };
        let named = |name: &&str| Test { program: 0, name: (*name).to_owned() };
        let failing = failing.iter().map(named).collect();
        let patches = patches.iter().map(|arms| (*arms).to_owned()).collect();
        let endless = Vec::new();
        let passing = vec![Test { program: 0, name: "TestLate".to_owned() }];
        let trial = Trial { patches, failing, endless, passing, is_patient, late_wall };
        let spec = Spec::on_all_cores(vec![program], Task::Try(trial), &[]);
        let told = Mutex::new(BTreeMap::new());
        run(&spec, &|line| match line {
            Line::Tried { patch, outcome } => drop(held(&told).insert(patch, outcome)),
            Line::NotTheOriginal | Line::Waited { .. } => {}
        });
        told.into_inner().unwrap().into_values().collect()
    }

    #[test]
    fn a_test_that_goes_on_is_late_or_else_red() {
        let (fixes, red, late) =
            (|| Outcome::Fixes(vec![0]), || Outcome::StillRed, || Outcome::Late);
        let check = |patches: &[&str], is_patient, late_wall| {
            check(patches, &["TestA"], is_patient, late_wall)
        };
        let all = &[MENDS, RED, SLOW, ENDLESS];
        assert_eq!(check(all, true, Duration::ZERO), [fixes(), red(), fixes(), red()]);
        assert_eq!(check(all, false, Duration::ZERO), [fixes(), red(), late(), late()]);
        // Once more as far as there is time and nothing is found.
        let long = 2 * TRY_WALL_MIN;
        assert_eq!(check(&[SLOW, RED], false, Duration::ZERO), [late(), red()]);
        assert_eq!(check(&[SLOW, RED], false, long), [fixes(), red()]);
        assert_eq!(check(&[ENDLESS, RED], false, long), [red(), red()]);
        assert_eq!(check(&[SLOW, MENDS], false, long), [late(), fixes()]);
    }

    #[test]
    fn a_test_that_passes_alone_does_not_screen() {
        let failing = &["TestLate", "TestA"];
        let outcomes = [Outcome::Fixes(vec![0, 1]), Outcome::StillRed];
        assert_eq!(check(&[MENDS, RED], failing, false, Duration::ZERO), outcomes);
        assert_eq!(check(&[MENDS], &["TestLate"], false, Duration::ZERO), []);
    }
}
