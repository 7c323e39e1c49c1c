//! Checks that Python runs: our own programs beside unittest or inside pytest write a line per test to a file, which
//! is read while they run.

use std::fs::{self, File};
use std::io::Read;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use super::ending::{crashed, exit_code, last_line, missing_program};
use super::{Done, Job, Select};
use crate::base::limits::{REPORT_BYTES_MAX, REPORT_POLL};
use crate::io::process::Output;
use crate::io::worlds::Command;
use crate::logic::report_parse::jsonl::{Reader, Reported};
use crate::model::check::{CheckEnd, Runner};
use crate::model::failure::Failure;
use crate::model::report::TestCase;

const PROGRAMS: [(&str, &str); 3] = [
    ("greenloop_report.py", include_str!("greenloop_report.py")),
    ("greenloop_unittest.py", include_str!("greenloop_unittest.py")),
    ("greenloop_pytest.py", include_str!("greenloop_pytest.py")),
];

/// pytest's exit code when it found nothing to run.
const PYTEST_NO_TESTS: i32 = 5;

/// The files of one run, in the world's scratch folder and gone with it.
struct Desk {
    folder: PathBuf,
    report: PathBuf,
    only: Option<PathBuf>,
    /// Opened before the tests run, so that nothing they put in the report's place is ever opened.
    reader: File,
}

pub(super) fn run(job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Result<Done, Failure> {
    let desk = Desk::set(job).map_err(|error| {
        let folder = job.world.scratch().display();
        Failure::environment(
            format!("cannot write to `{folder}`: {error}"),
            "Free some space, or look at the permissions of the cache folder.",
        )
    })?;
    let command = match job.check.runner {
        Runner::Pytest => pytest(job, &desk),
        _ => unittest(job, &desk),
    };
    let mut report = Tail { file: desk.reader, n_read: 0, reader: Reader::new(&job.check.id) };
    let output = follow(job, &command, &mut || report.read(job, on_case));
    report.read(job, on_case);
    let reported = report.reader.finish();
    let end = end(job, &output, &reported);
    let names = if let Select::Only(names) = job.select { names } else { &[] };
    let Reported { report, problems, .. } = reported;
    Ok(Done { end, report, problems, command: job.shown(names), output })
}

impl Desk {
    fn set(job: &Job<'_>) -> std::io::Result<Desk> {
        // A world may be asked to run checks more than once.
        static N_RUNS: AtomicU64 = AtomicU64::new(0);
        let folder =
            job.world.scratch().join(format!("check-{}", N_RUNS.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&folder)?;
        for (name, text) in PROGRAMS {
            fs::write(folder.join(name), text)?;
        }
        let report = folder.join("report.jsonl");
        File::create(&report)?;
        let only = match job.select {
            Select::All => None,
            Select::Only(names) => {
                let only = folder.join("only.json");
                fs::write(&only, serde_json::to_vec(names)?)?;
                Some(only)
            }
        };
        Ok(Desk { reader: File::open(&report)?, folder, report, only })
    }
}

/// The check's command with our program in the place of unittest's.
fn unittest(job: &Job<'_>, desk: &Desk) -> Command {
    let argv = &job.check.argv;
    let at = argv.windows(2).position(|two| two == ["-m", "unittest"]);
    let (before, after) = at.map_or((&argv[..], &argv[..0]), |at| (&argv[..at], &argv[at + 2..]));
    let mut argv = before.to_vec();
    argv.push(text(&desk.folder.join("greenloop_unittest.py")));
    argv.extend(["--report".into(), text(&desk.report), "--root".into(), text(job.world.root())]);
    if let Some(only) = &desk.only {
        argv.extend(["--only".into(), text(only)]);
    }
    argv.extend_from_slice(after);
    job.command(argv, environment(job, Vec::new()))
}

/// The check's command as it is, with our plugin put in by variables, so that it may be wrapped in any other program.
fn pytest(job: &Job<'_>, desk: &Desk) -> Command {
    let given = |name: &str| job.check.env.get(name).cloned().unwrap_or_default();
    let folder = text(&desk.folder);
    let path = [folder.clone(), given("PYTHONPATH")].into_iter().filter(|part| !part.is_empty());
    let options =
        "-p greenloop_pytest -p no:randomly --rootdir=. -o cache_dir=$GREENLOOP_FOLDER/cache";
    let mut env = vec![
        ("PYTHONPATH".into(), path.collect::<Vec<_>>().join(if cfg!(windows) { ";" } else { ":" })),
        (
            "PYTEST_ADDOPTS".into(),
            format!("{} {options}", given("PYTEST_ADDOPTS")).trim().to_owned(),
        ),
        ("GREENLOOP_FOLDER".into(), folder),
        ("GREENLOOP_REPORT".into(), text(&desk.report)),
        ("GREENLOOP_ROOT".into(), text(job.world.root())),
    ];
    env.extend(desk.only.iter().map(|only| ("GREENLOOP_ONLY".into(), text(only))));
    job.command(job.check.argv.clone(), environment(job, env))
}

/// What every Python gets. Bytecode is not written: it is trusted by time and size, and a changed source can have both
/// in common with the one before.
fn environment(job: &Job<'_>, ours: Vec<(String, String)>) -> Vec<(String, String)> {
    let fixed =
        [("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONHASHSEED", "0"), ("PYTHONUNBUFFERED", "1")];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let given = job.check.env.clone().into_iter();
    let given = given.filter(|(name, _)| !ours.iter().any(|(own, _)| own == name));
    fixed.into_iter().chain(given).chain(ours.clone()).collect()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A report that is being written.
struct Tail {
    file: File,
    n_read: u64,
    reader: Reader,
}

impl Tail {
    /// Takes what was added. A report that cannot be read or is too long lacks its end.
    fn read(&mut self, job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        let mut piece = [0; 64 * 1024];
        let find = |path: &str| job.find_path(path);
        while let Ok(n @ 1..) = self.file.read(&mut piece) {
            self.n_read += n as u64;
            if self.n_read > REPORT_BYTES_MAX {
                return;
            }
            self.reader.feed(&piece[..n], &find, on_case);
        }
    }
}

/// Runs the command in a thread of its own and looks at the report meanwhile.
fn follow(job: &Job<'_>, command: &Command, look: &mut dyn FnMut()) -> Output {
    let (world, cancel) = (job.world, job.cancel);
    thread::scope(|scope| {
        let (sender, over) = mpsc::sync_channel::<()>(0);
        let running = scope.spawn(move || {
            let output = world.run(command, cancel, &mut |_| {});
            drop(sender);
            output
        });
        while over.recv_timeout(REPORT_POLL) == Err(RecvTimeoutError::Timeout) {
            look();
        }
        running.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

fn end(job: &Job<'_>, output: &Output, reported: &Reported) -> CheckEnd {
    let code = match exit_code(job, output) {
        Ok(code) => code,
        Err(CheckEnd::Crashed { detail }) => return broken_off(&detail, &output.text, reported),
        Err(end) => return end,
    };
    if reported.ended {
        return end_of_whole(job.check.runner, code, reported);
    }
    if let Some(end) = missing_program(code, &output.text) {
        return end;
    }
    let said = String::from_utf8_lossy(&output.text);
    if job.check.runner == Runner::Pytest && said.contains("No module named pytest") {
        let python = job.check.argv.first().map_or("python3", String::as_str);
        let hint = format!("Install it: `{python} -m pip install pytest`.");
        return CheckEnd::Missing { program: "pytest".to_owned(), hint };
    }
    if !reported.problems.is_empty() {
        return CheckEnd::BuildFailed;
    }
    broken_off(&format!("exit code {code} before the end of its report"), &output.text, reported)
}

fn end_of_whole(runner: Runner, code: i32, reported: &Reported) -> CheckEnd {
    let is_red = reported.report.red().next().is_some();
    if reported.report.cases.is_empty() || (runner == Runner::Pytest && code == PYTEST_NO_TESTS) {
        CheckEnd::NoTests
    } else if is_red == (code != 0) {
        CheckEnd::Completed
    } else if is_red {
        crashed("exit code 0 although tests are red")
    } else {
        crashed(format!("exit code {code} although no test is red"))
    }
}

/// A run that ended in the middle, with the test it was at, or its last words when it was at none.
fn broken_off(how: &str, text: &[u8], reported: &Reported) -> CheckEnd {
    match (&reported.running, last_line(text)) {
        (Some(name), _) => crashed(format!("{how}, while running `{name}`")),
        (None, said) if said.is_empty() => crashed(how),
        (None, said) => crashed(format!("{how}; it said: {said}")),
    }
}
