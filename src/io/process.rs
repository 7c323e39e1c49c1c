//! Runs a program and owns everything it starts: output caps, deadline, cancel, and the end of the whole tree.

mod capture;
mod memory;
mod signals;

use std::any::Any;
use std::io::{self, PipeReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use self::capture::Capture;
pub use self::memory::limit_memory;
use crate::base::cancel::CancelToken;
use crate::base::limits::{DRAIN_WAIT, KILL_GRACE, OUTPUT_FLOOD_BYTES};
use crate::model::policy::Resource;

/// What to run. Nothing is inherited from our own environment.
#[derive(Clone, Debug)]
pub struct Spec {
    pub argv: Vec<String>,
    pub cwd: PathBuf,
    pub env: Vec<(String, String)>,
    pub deadline: Duration,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Exited(i32),
    Signalled(i32),
    TimedOut,
    Flooded {
        bytes: u64,
    },
    /// Its sandbox ended it for using too much: megabytes of memory or disk, or a number of processes.
    OverLimit {
        what: Resource,
        limit: u64,
    },
    Cancelled,
    /// It could not be started; the text says why.
    NotStarted(String),
}

#[derive(Clone, Debug)]
pub struct Output {
    pub end: End,
    /// Standard output and standard error in the order they came, cut in the middle at the limits.
    pub text: Vec<u8>,
    pub duration: Duration,
}

/// Runs to the end, the deadline, the flood limit or the cancel. `on_line` sees each line of output as it comes,
/// without its line break. When this returns, the program and its process group are gone; a program that may leave
/// its group belongs in a sandbox ([`crate::io::sandbox::run`]), which leaves nothing behind.
pub fn run(spec: &Spec, cancel: &CancelToken, on_line: &mut dyn FnMut(&[u8])) -> Output {
    let Some((program, args)) = spec.argv.split_first() else {
        return not_started("the command is empty".into());
    };
    if !spec.cwd.is_dir() {
        return not_started(no_folder(&spec.cwd));
    }
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(&spec.cwd)
        .env_clear()
        .envs(spec.env.iter().cloned())
        .stdin(Stdio::null());
    signals::own_group(&mut command);
    supervise(command, None, true, spec.deadline, cancel, on_line)
}

/// Runs a program of the user's that answers a question with its standard output: in our own environment and folder,
/// without a shell, and without its standard error in the answer.
pub fn ask(argv: &[String], deadline: Duration, cancel: &CancelToken) -> Output {
    let Some((program, args)) = argv.split_first() else {
        return not_started("the command is empty".into());
    };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stderr(Stdio::null());
    signals::own_group(&mut command);
    supervise(command, None, false, deadline, cancel, &mut |_| {})
}

/// A run that never began.
pub(super) fn not_started(reason: String) -> Output {
    Output { end: End::NotStarted(reason), text: Vec::new(), duration: Duration::ZERO }
}

/// Why a program did not start: nothing can be started in this folder.
pub(super) fn no_folder(folder: &Path) -> String {
    format!("{NO_FOLDER}`{}` not found", folder.display())
}

/// How that begins.
pub const NO_FOLDER: &str = "folder ";

/// Why a program did not start, for people.
pub(super) fn start_failure(program: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("program `{program}` not found"),
        _ => format!("program `{program}` cannot be started: {error}"),
    }
}

/// Starts `command` with its output captured, its standard error too where `with_stderr`, and sees to its end. A program
/// with a `leash` is asked to end everything by dropping it; any other gets signals to its process group.
pub(super) fn supervise(
    mut command: Command,
    leash: Option<Box<dyn Any>>,
    with_stderr: bool,
    limit: Duration,
    cancel: &CancelToken,
    on_line: &mut dyn FnMut(&[u8]),
) -> Output {
    if cancel.is_cancelled() {
        return Output { end: End::Cancelled, ..not_started(String::new()) };
    }
    let started = Instant::now();
    let program = command.get_program().to_string_lossy().into_owned();
    let (child, events) = match start(&mut command, with_stderr, cancel) {
        Ok(started) => started,
        Err(error) => return not_started(start_failure(&program, &error)),
    };
    // The command holds our copies of the pipe's write end; with them open the output would never end.
    drop(command);
    let mut watch = Watch {
        child,
        leash,
        events,
        stage: Stage::Running,
        until: started + limit.min(FOREVER),
        stopped: None,
        exit: None,
        output_closed: false,
    };
    let mut output = Capture::default();
    watch.watch_to_end(&mut output, on_line);
    let end = watch.stopped.or_else(|| watch.exit.map(end_of)).unwrap_or(End::TimedOut);
    Output { end, text: output.finish(on_line), duration: started.elapsed() }
}

fn start(
    command: &mut Command,
    with_stderr: bool,
    cancel: &CancelToken,
) -> io::Result<(Child, Receiver<Event>)> {
    let (reader, writer) = io::pipe()?;
    if with_stderr {
        command.stderr(writer.try_clone()?);
    }
    let child = command.stdout(writer).spawn()?;
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever cancels must never wait; the flood limit bounds what is queued"
    )]
    let (sender, events) = mpsc::channel();
    signals::announce_exit(&child, sender.clone());
    let waker = sender.clone();
    cancel.on_cancel(move || drop(waker.send(Event::Cancelled)));
    thread::spawn(move || read_output(reader, &sender));
    Ok((child, events))
}

/// What the threads around a program tell its watcher.
enum Event {
    Output(Vec<u8>),
    Flooded {
        bytes: u64,
    },
    OutputClosed,
    /// The program ended and waits to be reaped.
    Exited,
    Cancelled,
}

/// Passes on what the program writes, up to the flood limit; reads on after it so that the program never blocks.
fn read_output(mut reader: PipeReader, events: &Sender<Event>) {
    let mut chunk = vec![0; 64 * 1024];
    let mut total = 0u64;
    loop {
        let n_read = match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(n_read) => n_read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let was_flooded = total > OUTPUT_FLOOD_BYTES;
        total += n_read as u64;
        let event = match (total > OUTPUT_FLOOD_BYTES, was_flooded) {
            (false, _) => Event::Output(chunk[..n_read].to_vec()),
            (true, false) => Event::Flooded { bytes: total },
            (true, true) => continue,
        };
        if events.send(event).is_err() {
            break;
        }
    }
    // Nobody listens any more when the watcher gave up on a pipe that somebody holds open.
    drop(events.send(Event::OutputClosed));
}

/// Longer than anything runs, and short enough to be added to a time.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// How far the end of a program has come; each stage but the last has a time at which the next begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    /// It was asked to end.
    Asked,
    /// It was killed.
    Killed,
    /// It ended and its output is read to the end.
    Draining,
}

struct Watch {
    child: Child,
    leash: Option<Box<dyn Any>>,
    events: Receiver<Event>,
    stage: Stage,
    until: Instant,
    /// Why we ended it, when we did.
    stopped: Option<End>,
    exit: Option<ExitStatus>,
    output_closed: bool,
}

impl Watch {
    fn watch_to_end(&mut self, output: &mut Capture, on_line: &mut dyn FnMut(&[u8])) {
        while !(self.exit.is_some() && self.output_closed) {
            match self.events.recv_timeout(signals::wait_slice(self.until)) {
                Ok(Event::Output(bytes)) => output.push(&bytes, on_line),
                Ok(Event::OutputClosed) => self.output_closed = true,
                Ok(Event::Flooded { bytes }) => self.ask_to_end(End::Flooded { bytes }),
                Ok(Event::Cancelled) => self.ask_to_end(End::Cancelled),
                Ok(Event::Exited) => self.reap(),
                Err(RecvTimeoutError::Timeout) => {
                    if self.overdue() {
                        break;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => self.output_closed = true,
            }
        }
    }

    fn ask_to_end(&mut self, why: End) {
        if self.stage != Stage::Running {
            return;
        }
        self.stopped = Some(why);
        // A leashed program needs the grace for its own tree first.
        let leashed = self.leash.take().is_some();
        if !leashed {
            signals::terminate_group(&self.child);
        }
        self.enter(Stage::Asked, if leashed { KILL_GRACE + DRAIN_WAIT } else { KILL_GRACE });
    }

    /// Takes the next step when a stage has lasted its time; true when nothing is left to do.
    fn overdue(&mut self) -> bool {
        if self.exit.is_none() && signals::has_ended(&mut self.child) {
            self.reap();
        }
        if Instant::now() < self.until {
            return false;
        }
        match self.stage {
            Stage::Running => self.ask_to_end(End::TimedOut),
            Stage::Asked => {
                signals::kill_group(&mut self.child);
                self.enter(Stage::Killed, DRAIN_WAIT);
            }
            Stage::Killed | Stage::Draining => return true,
        }
        false
    }

    /// Ends what is left of the group while the dead leader still keeps its number taken, then buries it.
    fn reap(&mut self) {
        signals::kill_group(&mut self.child);
        self.exit = self.child.wait().ok();
        self.enter(Stage::Draining, DRAIN_WAIT);
    }

    fn enter(&mut self, stage: Stage, wait: Duration) {
        self.stage = stage;
        self.until = Instant::now() + wait;
    }
}

#[cfg(unix)]
fn end_of(status: ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt;

    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Signalled(signal.unwrap_or(0)),
    }
}

#[cfg(not(unix))]
fn end_of(status: ExitStatus) -> End {
    End::Exited(status.code().unwrap_or(-1))
}

#[cfg(test)]
mod tests;
