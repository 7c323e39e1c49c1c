//! A program of ours that goes on from one specification to the next: each is a file in a folder that it watches.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
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
        fs::create_dir_all(&folder)?;
        command.argv.push(folder.to_string_lossy().into_owned());
        let (stop, (tell, lines)) = (cancel.child(), channel());
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
        let half = self.folder.join("half");
        fs::write(&half, spec)?;
        // It never sees a part of one.
        fs::rename(half, self.folder.join(format!("{}.json", self.n_given)))
    }

    /// Tells it that the last specification is not wanted any more; what is heard from now on still belongs to it.
    pub fn leave(&mut self) -> io::Result<()> {
        self.is_left = true;
        fs::write(self.folder.join(format!("{}.stop", self.n_given)), "")
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
