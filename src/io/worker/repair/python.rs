//! Python's fast path: a process that has loaded the tests tries candidates in forked children, many in each.
//!
//! The program is `python/*.py`; it gets a specification in a file and answers in JSON lines.

use std::path::PathBuf;
use std::sync::Arc;

use super::fast_path::Job;
use super::program::{self, Program};
use crate::model::check::{Check, Runner};
use crate::model::failure::Failure;

/// The program's files, from the folder it is started with. Tests are found by the check's own finder.
const PROGRAM: &[(&str, &str)] = &[
    ("greenloop_report.py", include_str!("../../checks/greenloop_report.py")),
    ("greenloop_unittest.py", include_str!("../../checks/greenloop_unittest.py")),
    ("_greenloop_repair/behave.py", include_str!("python/behave.py")),
    ("_greenloop_repair/budget.py", include_str!("python/budget.py")),
    ("_greenloop_repair/edits.py", include_str!("python/edits.py")),
    ("_greenloop_repair/frameworks.py", include_str!("python/frameworks.py")),
    ("_greenloop_repair/fresh.py", include_str!("python/fresh.py")),
    ("_greenloop_repair/guard.py", include_str!("python/guard.py")),
    ("_greenloop_repair/loaded.py", include_str!("python/loaded.py")),
    ("_greenloop_repair/main.py", include_str!("python/main.py")),
    ("_greenloop_repair/observe.py", include_str!("python/observe.py")),
    ("_greenloop_repair/pool.py", include_str!("python/pool.py")),
    ("_greenloop_repair/search.py", include_str!("python/search.py")),
    ("_greenloop_repair/units.py", include_str!("python/units.py")),
];

/// Loads our package from the folder in the first argument, then leaves the import path as the check's program has it.
const START: &str = "import sys; sys.path.insert(0, sys.argv[1]); \
     from _greenloop_repair.main import main; del sys.path[0]; main(sys.argv[2])";

/// How the check starts Python.
#[derive(Debug, PartialEq, Eq)]
struct Launch {
    interpreter: Vec<String>,
    framework: &'static str,
    args: Vec<String>,
}

/// Puts the program into a world; fails when the check does not start Python in a way it can imitate.
pub(super) fn open<'a>(job: &'a Job<'a>) -> Result<Program<'a>, Failure> {
    let launch = Launch::of(job.check).ok_or_else(|| {
        Failure::environment(
            format!("check `{}` does not say which Python it uses", job.check.id),
            "Name it as `python3 -m unittest` or `python3 -m pytest`.",
        )
    })?;
    let world = job.desk.worlds.enter(job.tree)?;
    program::put(&world, PROGRAM)?;
    let scratch = world.scratch().to_string_lossy().into_owned();
    let Launch { mut interpreter, framework, args } = launch;
    interpreter.extend(["-c".into(), START.into(), scratch]);
    // As when the check runs.
    let env = [("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONHASHSEED", "0")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let language = "Python";
    let world = Arc::new(world);
    Ok(Program {
        job,
        world,
        language,
        framework,
        args,
        argv: interpreter,
        env,
        behaves: true,
        session: None,
    })
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

#[cfg(test)]
mod tests;
