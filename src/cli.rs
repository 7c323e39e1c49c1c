//! The command line: one file per subcommand. Exit codes: 0 done or green, 1 not green, 2 usage, configuration or
//! environment, 3 waits for people.

mod apply;
mod checks;
mod decide;
mod doctor;
mod fix;
mod json;
mod lessons;
mod lsp;
mod named;
mod report;
mod runs;
mod screen;
mod steer;
mod style;
mod swap;
mod watch;

use std::ffi::OsString;
use std::io::Write;

use crate::model::failure::{Failure, FailureKind};

/// What `greenloop --help` says; `README.md` shows the same.
const HELP: &str = "\
Greenloop takes red tests to green, in isolated copies, with the project's own tests as judge.

Usage: greenloop COMMAND [DIR] [OPTIONS]

Commands:
  fix [DIR]       find a change that turns the red tests green, and show it with its evidence
  plan [DIR]      the same, after showing the steps and waiting for your yes
  plan 'WORDS' [DIR]  change what the words say, and break nothing; needs a model or another worker
  runs [DIR]      list what was done here
  show RUN        what a run found, did and proposes
  accept RUN [CHANGE...]  write a proposal's changes, or some of them, to the project
  reject RUN [CHANGE...]  say no to them; no later run offers them again
  undo RUN        take back what was accepted last
  swap RUN [N]    take another change that passes, told as `or N`, in the place of the one proposed
  resume RUN      go on with an interrupted run
  answer RUN yes|no|'WORDS'  answer what a run asks, and go on with it; words have a model plan anew
  pause RUN       have a run begin nothing new until `resume`
  cancel RUN      end a run
  lessons         list what was learned from what you accepted and rejected; --delete N or all
  report [DIR]    say where time, attempts and people's answers went, and where runs stalled
  checks [DIR]    list the checks that were found and why, and run them
  doctor [DIR]    say what is available here and what to do about what is not
  lsp             serve an editor on standard input and output

Options of fix:
  --check NAME    only this check (repeatable)
  --test NAME     only this red test (repeatable); an unambiguous end of the name is enough
  --wall SECONDS  stop after this time (default 900)
  --attempts N    verify at most this many changes (default 3)
  --run           with `plan`: do not wait for your yes
  --apply         write the change to the project once it is green
  --resume RUN    go on with an interrupted run
  --fresh         run every check, also where nothing changed since it was run last
  --unsandboxed   run tests even where nothing can confine them
  --trust         open the doors that greenloop.toml asks for
  --format human|json

Options of accept, reject and undo:
  --step N, with `undo` --acceptance ID, with `reject` --note TEXT, --dir DIR
  a CHANGE is a file, or a file and a number: src/money.py:2

Options of swap:
  --dir DIR, and those of resume: --apply, --unsandboxed, --trust, --format human|json

Options of answer:
  --note TEXT, --question N, and those of resume: --apply, --unsandboxed, --trust, --format human|json

Options of checks:
  --check NAME, --fresh, --unsandboxed, --trust, --format human|json

Options of doctor:
  --models        make one tiny call to each configured model
  --trust         look at the models of greenloop.toml too

Options of lsp:
  --unsandboxed, --trust, --log FILE

Without --apply nothing in the project is written.
Exit code: 0 green or already green, 1 not green, 2 usage, configuration or environment, 3 waits for your answer.
";

/// Runs the program on these arguments (without its name); returns the exit code.
pub fn main(args: Vec<OsString>) -> i32 {
    match dispatch(args) {
        Ok(code) => code,
        Err(Stop::Usage(message)) => {
            say_error(&format!("error: {message}\n"), "Run `greenloop --help` for the options.");
            2
        }
        Err(Stop::Failure(failure)) => {
            say_error(&format!("error: {}\n", failure.message), &failure.hint);
            code_of(&failure)
        }
    }
}

/// Why a command did not do its work.
enum Stop {
    Usage(String),
    Failure(Failure),
}

impl From<lexopt::Error> for Stop {
    fn from(error: lexopt::Error) -> Self {
        Stop::Usage(error.to_string())
    }
}

/// The whole number above 0 that an option takes.
fn positive(option: &str, value: OsString) -> Result<u32, Stop> {
    match value.to_str().and_then(|text| text.parse().ok()) {
        Some(n) if n > 0 => Ok(n),
        _ => Err(Stop::Usage(format!("{option} takes a whole number above 0"))),
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failure(failure)
    }
}

fn dispatch(args: Vec<OsString>) -> Result<i32, Stop> {
    use lexopt::prelude::*;

    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        say(HELP);
        return Ok(0);
    }
    let mut parser = lexopt::Parser::from_args(args);
    match parser.next()? {
        Some(Value(name)) => match name.to_str() {
            Some("fix") => fix::main(parser),
            Some("plan") => fix::plan(parser),
            Some("runs") => runs::list(parser),
            Some("show") => runs::show(parser),
            Some("accept") => decide::accept(parser),
            Some("reject") => decide::reject(parser),
            Some("undo") => decide::undo(parser),
            Some("swap") => swap::main(parser),
            Some("resume") => steer::resume(parser),
            Some("answer") => steer::answer(parser),
            Some("pause") => steer::pause(parser),
            Some("cancel") => steer::cancel(parser),
            Some("lessons") => lessons::main(parser),
            Some("report") => report::main(parser),
            Some("checks") => checks::main(parser),
            Some("doctor") => doctor::main(parser),
            Some("lsp") => lsp::main(parser),
            Some("help") => {
                say(HELP);
                Ok(0)
            }
            _ => Err(Stop::Usage(format!("there is no command {}", name.display()))),
        },
        Some(Short('V') | Long("version")) => {
            say(concat!("greenloop ", env!("CARGO_PKG_VERSION"), "\n"));
            Ok(0)
        }
        Some(other) => Err(other.unexpected().into()),
        None => {
            say(HELP);
            Ok(2)
        }
    }
}

/// The exit code of a run or command that failed like this.
fn code_of(failure: &Failure) -> i32 {
    match failure.kind {
        FailureKind::Project | FailureKind::Stale => 1,
        FailureKind::Refused
        | FailureKind::Config
        | FailureKind::Environment
        | FailureKind::Bug => 2,
    }
}

/// Writes to standard output. A reader that went away is no error of ours.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Writes to standard error.
fn say_aside(text: &str) {
    let mut out = std::io::stderr().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

fn say_error(message: &str, hint: &str) {
    say_aside(message);
    say_aside(&format!(" hint: {hint}\n"));
}
