//! Where our own programs inside test runners write their reports, which are read while they are written.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use serde_json::{Value, json};

use super::Job;
use crate::base::limits::{REPORT_BYTES_MAX, REPORT_POLL};
use crate::io::process::Output;
use crate::io::worlds::Command;
use crate::logic::report_parse::jsonl::{Reader, Reported};
use crate::model::failure::Failure;
use crate::model::report::TestCase;

/// The files of one run, in the world's scratch folder and gone with it.
pub(super) struct Desk {
    pub folder: PathBuf,
    /// What every line of the report has to hold.
    key: String,
    /// Opened before the tests run, so that nothing they put in the report's place is ever opened.
    reader: File,
}

impl Desk {
    /// Puts down `programs`, each a name with its text, an empty report, and beside them the task: where to write, with
    /// which key, and what `more` says. Our programs take task and report's name away before tests run.
    pub fn set(job: &Job<'_>, programs: &[(&str, &str)], more: Value) -> io::Result<Desk> {
        Self::set_in(job, "", programs, more)
    }

    /// The same with all of it in a folder `inside` its own.
    pub fn set_in(
        job: &Job<'_>,
        inside: &str,
        programs: &[(&str, &str)],
        more: Value,
    ) -> io::Result<Desk> {
        // A world may be asked to run checks more than once.
        static N_RUNS: AtomicU64 = AtomicU64::new(0);
        let own = format!("check-{}", N_RUNS.fetch_add(1, Ordering::Relaxed));
        let folder = job.world.scratch().join(own).join(inside);
        fs::create_dir_all(&folder)?;
        for (name, text) in programs {
            fs::write(folder.join(name), text)?;
        }
        let (report, key) = (folder.join("report.jsonl"), new_key());
        File::create(&report)?;
        let task = json!({
            "report": text(&report), "root": text(job.world.root()), "key": key, "more": more,
        });
        fs::write(folder.join("greenloop.json"), task.to_string())?;
        Ok(Desk { reader: File::open(&report)?, folder, key })
    }

    /// Runs the command and reads the report.
    pub fn follow(
        self,
        job: &Job<'_>,
        command: &Command,
        on_case: &mut dyn FnMut(&TestCase),
    ) -> (Output, Reported) {
        let reader = Reader::new(&job.check.id, &self.key);
        let mut report = Tail { file: self.reader, n_read: 0, reader };
        let output = follow(job, command, &mut || report.read(job, on_case));
        report.read(job, on_case);
        (output, report.reader.finish())
    }
}

/// Sixteen bytes that nobody can guess, from the randomness that hash tables are seeded with.
fn new_key() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

/// What a desk that cannot be set up means for people.
pub(super) fn trouble(job: &Job<'_>) -> impl Fn(io::Error) -> Failure {
    move |error| {
        let folder = job.world.scratch().display();
        Failure::environment(
            format!("cannot write to `{folder}`: {error}"),
            "Free some space, or look at the permissions of the cache folder.",
        )
    }
}

/// A path as an argument.
pub(super) fn text(path: &Path) -> String {
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
