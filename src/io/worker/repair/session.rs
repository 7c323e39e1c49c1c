//! A program of ours that goes on from one specification to the next: each is a file in a folder that it watches.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::base::cancel::CancelToken;
use crate::io::process::Output;
use crate::io::worlds::{Command, World};

/// The program, which ends with this.
pub(super) struct Session {
    folder: PathBuf,
    n_given: usize,
    is_left: bool,
    lines: Receiver<Vec<u8>>,
    stop: CancelToken,
    running: Option<JoinHandle<Output>>,
}

/// What there is to hear of a program.
pub(super) enum Heard {
    Line(Vec<u8>),
    /// Nothing within the time.
    Nothing,
    /// It has ended.
    End,
}

impl Session {
    /// Starts a program that gets the folder as its last argument. The folder is made anew.
    pub fn start(
        world: Arc<World>,
        mut command: Command,
        folder: PathBuf,
        cancel: &CancelToken,
    ) -> io::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir(&folder)?;
        command.argv.push(folder.to_string_lossy().into_owned());
        let stop = cancel.child();
        #[expect(
            clippy::disallowed_methods,
            reason = "who ends it must never wait; the flood limit bounds what is queued"
        )]
        let (tell, lines) = mpsc::channel();
        let own_stop = stop.clone();
        let running = thread::spawn(move || {
            // Where nobody listens any more it is about to be stopped.
            world.run(&command, &own_stop, &mut |line| drop(tell.send(line.to_vec())))
        });
        Ok(Self { folder, n_given: 0, is_left: false, lines, stop, running: Some(running) })
    }

    /// Gives it the next specification, once it is done with the last.
    pub fn give(&mut self, spec: &[u8]) -> io::Result<()> {
        self.n_given += 1;
        self.is_left = false;
        self.write("half", spec)?;
        // It never sees a part of one.
        let name = format!("{}.json", self.n_given);
        fs::rename(self.folder.join("half"), self.folder.join(name))
    }

    /// Which specification it was given last, from 1.
    pub fn n_given(&self) -> usize {
        self.n_given
    }

    /// Tells it that the last specification is not wanted any more; what is heard from now on still belongs to it.
    pub fn leave(&mut self) -> io::Result<()> {
        self.is_left = true;
        self.write(&format!("{}.stop", self.n_given), b"")
    }

    /// Makes a file anew. What runs inside may put links where it lies: they are not followed.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if !fs::symlink_metadata(&self.folder)?.is_dir() {
            return Err(io::Error::other("it is a folder no more"));
        }
        let file = self.folder.join(name);
        drop(fs::remove_file(&file));
        OpenOptions::new().write(true).create_new(true).open(file)?.write_all(bytes)
    }

    pub fn is_left(&self) -> bool {
        self.is_left
    }

    pub fn hear(&self, patience: Duration) -> Heard {
        match self.lines.recv_timeout(patience) {
            Ok(line) => Heard::Line(line),
            Err(RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// Ends it; what it came to, unless that was told already.
    pub fn end(&mut self) -> Option<Output> {
        self.stop.cancel();
        self.running.take().and_then(|running| running.join().ok())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.end());
    }
}
