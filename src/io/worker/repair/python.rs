//! Python's fast path: a process that has loaded the tests tries candidates in forked children, many in each.
//!
//! The program is `python/*.py`; it gets a specification in a file and answers in JSON lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread;

use serde::{Deserialize, Serialize};

use super::fast_path::{FastPath, Job, Patch, Verdict};
use super::patch;
use crate::base::limits::{CANDIDATE_MEMORY_BYTES, OBSERVE_WALL, SEARCH_WALL_MAX};
use crate::base::path::RepoPath;
use crate::io::worlds::{Command, World};
use crate::model::check::{Check, Runner};
use crate::model::failure::Failure;
use crate::repair::TestCoverage;

/// The program's package, named so that no project has a module of that name.
const PACKAGE: &str = "_greenloop_repair";

/// The program's files, from the folder it is started with. Tests are found by the check's own finder.
const PROGRAM: &[(&str, &str)] = &[
    ("greenloop_report.py", include_str!("../../checks/greenloop_report.py")),
    ("greenloop_unittest.py", include_str!("../../checks/greenloop_unittest.py")),
    ("_greenloop_repair/budget.py", include_str!("python/budget.py")),
    ("_greenloop_repair/edits.py", include_str!("python/edits.py")),
    ("_greenloop_repair/frameworks.py", include_str!("python/frameworks.py")),
    ("_greenloop_repair/fresh.py", include_str!("python/fresh.py")),
    ("_greenloop_repair/guard.py", include_str!("python/guard.py")),
    ("_greenloop_repair/main.py", include_str!("python/main.py")),
    ("_greenloop_repair/observe.py", include_str!("python/observe.py")),
    ("_greenloop_repair/pool.py", include_str!("python/pool.py")),
    ("_greenloop_repair/search.py", include_str!("python/search.py")),
    ("_greenloop_repair/units.py", include_str!("python/units.py")),
];

/// Loads our package from the folder in the first argument, then leaves the import path as the check's program has it.
const START: &str = "import sys; sys.path.insert(0, sys.argv[1]); \
     from _greenloop_repair.main import main; del sys.path[0]; main(sys.argv[2])";

pub(super) struct Python<'a> {
    job: &'a Job<'a>,
    world: World,
    launch: Launch,
}

/// How the check starts Python.
#[derive(Debug, PartialEq, Eq)]
struct Launch {
    interpreter: Vec<String>,
    framework: &'static str,
    args: Vec<String>,
}

#[derive(Serialize)]
struct Spec<'a> {
    mode: &'static str,
    root: &'a Path,
    scratch: &'a Path,
    framework: &'static str,
    args: &'a [String],
    failing: &'a [String],
    passing: &'a [String],
    sources: Vec<&'a RepoPath>,
    patches: Vec<Vec<FileEdits<'a>>>,
    workers: usize,
    /// For observing passing tests.
    seconds: f64,
    memory: u64,
}

/// A path and its `(start, end, text)`.
type FileEdits<'a> = (&'a RepoPath, Vec<(usize, usize, &'a str)>);

#[derive(Deserialize)]
#[serde(tag = "t", rename_all = "kebab-case")]
enum Message {
    Test { id: String, outcome: String, lines: BTreeMap<RepoPath, BTreeSet<u32>> },
    Verdicts { verdicts: Vec<(usize, Found)> },
    End,
}

/// As the program writes verdicts.
#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
enum Found {
    Invalid,
    StillRed,
    Breaks,
    Partial { fixed: Vec<usize> },
    Plausible,
}

impl From<Found> for Verdict {
    fn from(found: Found) -> Self {
        match found {
            Found::Invalid => Verdict::Invalid,
            Found::StillRed => Verdict::StillRed,
            Found::Breaks => Verdict::Breaks,
            Found::Partial { fixed } => Verdict::Partial { fixed },
            Found::Plausible => Verdict::Plausible,
        }
    }
}

impl<'a> Python<'a> {
    /// Puts the program into a world; fails when the check does not start Python in a way it can imitate.
    pub fn open(job: &'a Job<'a>) -> Result<Self, Failure> {
        let launch = Launch::of(job.check).ok_or_else(|| {
            Failure::environment(
                format!("check `{}` does not say which Python it uses", job.check.id),
                "Name it as `python3 -m unittest` or `python3 -m pytest`.",
            )
        })?;
        let world = job.desk.worlds.enter(job.tree)?;
        let folder = world.scratch().join(PACKAGE);
        fs::create_dir_all(&folder).map_err(|error| not_written(&folder, &error))?;
        for (name, text) in PROGRAM {
            let file = world.scratch().join(name);
            fs::write(&file, text).map_err(|error| not_written(&file, &error))?;
        }
        Ok(Self { job, world, launch })
    }

    fn spec<'s>(&'s self, mode: &'static str, failing: &'s [String]) -> Spec<'s> {
        Spec {
            mode,
            root: self.world.root(),
            scratch: self.world.scratch(),
            framework: self.launch.framework,
            args: &self.launch.args,
            failing,
            passing: self.job.passing,
            sources: self.job.sources.iter().map(|source| &source.path).collect(),
            patches: Vec::new(),
            workers: thread::available_parallelism().map_or(1, usize::from),
            seconds: OBSERVE_WALL.as_secs_f64(),
            memory: CANDIDATE_MEMORY_BYTES,
        }
    }

    /// Runs the program to its end, the job's cancel, or until `each` breaks.
    fn run(
        &self,
        spec: &Spec<'_>,
        each: &mut dyn FnMut(Message) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let file = self.world.scratch().join("spec.json");
        let text = serde_json::to_vec(spec).map_err(|error| not_written(&file, &error.into()))?;
        fs::write(&file, text).map_err(|error| not_written(&file, &error))?;
        let stop = self.job.desk.cancel.child();
        let mut has_ended = false;
        let output = self.world.run(&self.command(&file), &stop, &mut |line| {
            if stop.is_cancelled() {
                return;
            }
            match serde_json::from_slice(line) {
                Ok(Message::End) => has_ended = true,
                Ok(message) => {
                    if each(message).is_break() {
                        stop.cancel();
                    }
                }
                // Output of the interpreter itself.
                Err(_) => {}
            }
        });
        if has_ended || stop.is_cancelled() { Ok(()) } else { Err(died(&output.text)) }
    }

    fn command(&self, spec: &Path) -> Command {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        // As when the check runs.
        let fixed = [("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONHASHSEED", "0")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter();
        let start = ["-c".into(), START.into(), text(self.world.scratch()), text(spec)];
        Command {
            argv: self.launch.interpreter.iter().cloned().chain(start).collect(),
            dir: self.job.check.dir.clone(),
            env: fixed.chain(self.job.check.env.clone()).collect(),
            deadline: 2 * SEARCH_WALL_MAX,
            policy: self.job.check.policy.clone(),
        }
    }
}

impl FastPath for Python<'_> {
    fn observe(&mut self) -> Result<Vec<TestCoverage>, Failure> {
        let mut seen = Vec::new();
        let red: BTreeSet<&String> = self.job.failing.iter().collect();
        self.run(&self.spec("observe", self.job.failing), &mut |message| {
            if let Message::Test { id, outcome, lines } = message {
                let red = red.contains(&id);
                if red || outcome == "passed" {
                    seen.push(TestCoverage { red, lines });
                }
            }
            ControlFlow::Continue(())
        })?;
        Ok(seen)
    }

    fn search(
        &mut self,
        patches: &[Patch<'_>],
        failing: &[String],
        each: &mut dyn FnMut(usize, Verdict) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let mut spec = self.spec("search", failing);
        spec.patches = patches.iter().map(file_edits).collect();
        self.run(&spec, &mut |message| {
            let Message::Verdicts { verdicts } = message else { return ControlFlow::Continue(()) };
            verdicts
                .into_iter()
                .filter(|(index, _)| *index < patches.len())
                .try_for_each(|(index, found)| each(index, found.into()))
        })
    }
}

fn file_edits<'a>(patch: &Patch<'a>) -> Vec<FileEdits<'a>> {
    patch::edits(patch)
        .into_iter()
        .map(|(path, edits)| {
            (path, edits.iter().map(|edit| (edit.start, edit.end, edit.text.as_str())).collect())
        })
        .collect()
}

impl Launch {
    /// `<interpreter> -m <framework> <args>`, or a `pytest` that stands next to its interpreter.
    fn of(check: &Check) -> Option<Self> {
        let framework = match check.runner {
            Runner::Unittest => "unittest",
            Runner::Pytest => "pytest",
            Runner::Cargo
            | Runner::NodeTest
            | Runner::Jest
            | Runner::Vitest
            | Runner::Mocha
            | Runner::Junit
            | Runner::Tap
            | Runner::Go
            | Runner::Nextest
            | Runner::Command
            | Runner::Lint(_) => return None,
        };
        if let Some(at) = check.argv.windows(2).position(|pair| pair == ["-m", framework]) {
            let (interpreter, rest) = check.argv.split_at(at);
            return Some(Self {
                interpreter: interpreter.to_vec(),
                framework,
                args: rest[2..].to_vec(),
            });
        }
        let (program, args) = check.argv.split_first()?;
        let program = PathBuf::from(program);
        if program.file_name()?.to_str()? != framework {
            return None;
        }
        let interpreter = program.with_file_name("python3").to_str()?.to_owned();
        Some(Self { interpreter: vec![interpreter], framework, args: args.to_vec() })
    }
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(
        format!("`{}` cannot be written: {error}", path.display()),
        "Check the space and the permissions of the cache folder.",
    )
}

/// It ended without saying so; the last line it printed tells most.
fn died(output: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(output);
    let said = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output");
    Failure::environment(
        format!("the Python search ended early: {said}"),
        "Candidates are tried one check at a time instead.",
    )
}

#[cfg(test)]
mod tests;
