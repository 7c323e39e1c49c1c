//! Checks that Node.js runs: `node --test`, Jest, Vitest and Mocha, each with a reporter of ours that writes a line per
//! test to a file, which is read while they run. The package manager is never asked.

mod argv;
pub(super) mod packages;
mod wanted;

use std::env;
use std::path::PathBuf;

use serde_json::Value;

use self::argv::Ours;
use self::wanted::Wanted;
use super::desk::{self, Desk};
use super::ending::{broken_off, end_of_whole, exit_code, missing_program};
use super::{Done, Job, Select};
use crate::base::limits::CHECK_PROGRAM_SHARE;
use crate::io::process::Output;
use crate::logic::report_parse::jsonl::Reported;
use crate::model::check::{CheckEnd, Runner};
use crate::model::failure::Failure;
use crate::model::report::TestCase;

const PROGRAMS: [(&str, &str); 6] = [
    ("greenloop_report.cjs", include_str!("greenloop_report.cjs")),
    ("greenloop_node.mjs", include_str!("greenloop_node.mjs")),
    ("greenloop_node_guard.cjs", include_str!("greenloop_node_guard.cjs")),
    ("greenloop_jest.cjs", include_str!("greenloop_jest.cjs")),
    ("greenloop_vitest.mjs", include_str!("greenloop_vitest.mjs")),
    ("greenloop_mocha.cjs", include_str!("greenloop_mocha.cjs")),
];

/// Where our reporters lie: as an installed package, which Vite loads from outside the project too, and does not compile.
const PACKAGE: &str = "node_modules/greenloop";

/// What runners say when they find no file with tests; all but the last end before their reporters begin.
const NO_TESTS: [&str; 4] =
    ["No tests found, exiting", "No test files found", "Could not find '", "No test suite found"];

pub(super) fn run(job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Result<Done, Failure> {
    let wanted = Wanted::of(job.select);
    let mut done = attempt(job, &wanted, &wanted, true, on_case)?;
    let is_limited = !says_unknown(&done.output);
    if !is_limited {
        done = attempt(job, &wanted, &wanted, false, on_case)?;
    }
    // What selects tests by file and name may miss one, such as one that a helper in another file defines.
    let is_missed = done.end == CheckEnd::Completed || done.end == CheckEnd::NoTests;
    if is_missed && !wanted.are_all_in(&done.report) {
        return attempt(job, &Wanted::of(Select::All), &wanted, is_limited, on_case);
    }
    Ok(done)
}

/// Whether Node.js is too old to know of a limit.
fn says_unknown(output: &Output) -> bool {
    let bad = format!("bad option: {}", argv::FILE_LIMIT);
    String::from_utf8_lossy(&output.text).contains(&bad)
}

/// Runs the tests that `select` says and reports those that are `wanted`.
fn attempt(
    job: &Job<'_>,
    select: &Wanted<'_>,
    wanted: &Wanted<'_>,
    is_limited: bool,
    on_case: &mut dyn FnMut(&TestCase),
) -> Result<Done, Failure> {
    let desk = Desk::set_in(job, PACKAGE, &PROGRAMS, Value::Null).map_err(desk::trouble(job))?;
    let ours = Ours {
        folder: &desk.folder,
        cache: &job.world.scratch().join("javascript-cache"),
        mocha: packages::major(job.store.root(), &job.check.dir, "mocha"),
        limit: is_limited.then(|| job.limit(CHECK_PROGRAM_SHARE)),
    };
    let argv = argv::with_ours(job.check.runner, &job.check.argv, &ours, select);
    let argv = argv::expanded(job.check.runner, argv, &|| files(job));
    let command = job.command(argv, environment(job));
    let mut tell = |case: &TestCase| {
        if wanted.has(&case.id.name) {
            on_case(case);
        }
    };
    let (output, mut reported) = desk.follow(job, &command, &mut tell);
    let end = end(job, &output, &reported);
    reported.report.cases.retain(|case| wanted.has(&case.id.name));
    let is_empty = end == CheckEnd::Completed && reported.report.cases.is_empty();
    let end = if is_empty { CheckEnd::NoTests } else { end };
    let shown = job.shown_as(&argv::shown(job.check.runner, &job.check.argv, select));
    let Reported { report, problems, running, .. } = reported;
    Ok(Done { end, report, problems, running, command: shown, output })
}

/// The files of the tree below the check's folder, as seen from there.
fn files(job: &Job<'_>) -> Vec<String> {
    let files = job.store.files(job.world.tree()).unwrap_or_default();
    let below = files.iter().filter_map(|file| file.path.relative_to(&job.check.dir));
    below.map(|path| path.as_str().to_owned()).collect()
}

/// As package managers set it: the programs of installed packages can be called by name.
fn environment(job: &Job<'_>) -> Vec<(String, String)> {
    let bins = job.check.dir.ancestors().filter_map(|folder| folder.join("node_modules/.bin"));
    let bins = bins.map(|folder| folder.under(job.world.root()));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = bins.chain(env::split_paths(&path)).collect();
    let path = env::join_paths(folders).ok().and_then(|path| path.into_string().ok());
    let path = path.map(|path| ("PATH".to_owned(), path));
    path.into_iter().chain(job.check.env.clone()).collect()
}

fn end(job: &Job<'_>, output: &Output, reported: &Reported) -> CheckEnd {
    let code = match exit_code(job, output) {
        Ok(code) => code,
        Err(CheckEnd::Crashed { detail }) => return broken_off(&detail, &output.text, reported),
        Err(end) => return end,
    };
    if reported.ended {
        return end_of_whole(code, &reported.report);
    }
    if let Some(end) = missing_program(code, &output.text) {
        return end;
    }
    let said = String::from_utf8_lossy(&output.text);
    if reported.report.cases.is_empty() && NO_TESTS.iter().any(|words| said.contains(words)) {
        return CheckEnd::NoTests;
    }
    missing_runner(job, &said).unwrap_or_else(|| {
        let how = format!("exit code {code} before the end of its report");
        broken_off(&how, &output.text, reported)
    })
}

/// Set when Node.js found no file at the runner's path.
fn missing_runner(job: &Job<'_>, said: &str) -> Option<CheckEnd> {
    let (_, rest) = said.split_once("Cannot find module '")?;
    let (path, _) = rest.split_once('\'')?;
    let is_runner = job.check.argv.iter().any(|word| {
        word.contains("node_modules/") && path.ends_with(word.trim_start_matches("../"))
    });
    is_runner.then(|| CheckEnd::Missing {
        program: packages::name_of(job.check.runner).to_owned(),
        hint: "Run `npm install` (or what this project uses) once: dependencies are never installed by us."
            .to_owned(),
    })
}

/// The command of a runner whose program is found from `dir`, for a check that names none.
pub(super) fn default_argv(runner: Runner, program: Option<String>) -> Vec<String> {
    let words: Vec<String> = match runner {
        Runner::NodeTest => vec!["--test".to_owned()],
        _ => {
            let name = packages::name_of(runner);
            vec![program.unwrap_or_else(|| format!("node_modules/{name}/{name}"))]
        }
    };
    let run = (runner == Runner::Vitest).then(|| "run".to_owned());
    ["node".to_owned()].into_iter().chain(words).chain(run).collect()
}
