//! The command's process tree: waiting for its root, reaping its orphans, ending all of it.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};

use crate::base::limits::{DRAIN_WAIT, KILL_GRACE};

/// How the processes below us are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// We are process 1: all others of the namespace, and they end when we do.
    Namespace,
    /// We adopt orphans: whoever descends from us in `/proc`.
    Descendants,
}

pub enum Ended {
    Exited(i32),
    Signalled(i32),
}

const EVERYONE_ELSE: Pid = Pid::from_raw(-1);

/// Between two looks at processes that were killed and have not gone yet.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

impl Tree {
    /// Buries whoever dies until `command` does.
    pub fn reap_until(command: Pid) -> Result<Ended, Errno> {
        loop {
            match waitpid(None, None) {
                Ok(WaitStatus::Exited(pid, code)) if pid == command => {
                    return Ok(Ended::Exited(code));
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) if pid == command => {
                    return Ok(Ended::Signalled(signal as i32));
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a jail has one thread and nothing else to wait for"
    )]
    /// Asks everybody to end, waits the grace, and kills whoever is left.
    pub fn end_with_grace(self) {
        self.signal(Signal::SIGTERM);
        thread::sleep(KILL_GRACE);
        self.signal(Signal::SIGKILL);
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a jail has one thread and nothing else to wait for"
    )]
    /// Leaves nobody. A killed namespace needs no help: it goes with us.
    pub fn end_now(self) {
        let give_up = Instant::now() + DRAIN_WAIT;
        while self == Tree::Descendants && has_children() && Instant::now() < give_up {
            self.signal(Signal::SIGKILL);
            thread::sleep(LOOK_AGAIN);
        }
    }

    fn signal(self, signal: Signal) {
        let targets = match self {
            Tree::Namespace => vec![EVERYONE_ELSE],
            Tree::Descendants => descendants(getpid()),
        };
        for target in targets {
            // One that died since it was listed needs no signal.
            let _gone_already = kill(target, signal);
        }
    }
}

/// Buries who is dead; whether anybody alive is left.
fn has_children() -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
}

/// Children of `ancestor`, their children, and so on, as `/proc` shows them now.
fn descendants(ancestor: Pid) -> Vec<Pid> {
    let parents: Vec<(Pid, Pid)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((Pid::from_raw(pid), parent_of(pid)?)))
        .collect();
    let mut found = vec![ancestor];
    let mut n_seen = 0;
    while let Some(parent) = found.get(n_seen).copied() {
        found.extend(
            parents.iter().filter(|(_, its_parent)| *its_parent == parent).map(|(pid, _)| *pid),
        );
        n_seen += 1;
    }
    found.split_off(1)
}

/// The second field after the program's name, which stands in parentheses and may hold anything.
fn parent_of(pid: i32) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    after_name.split_whitespace().nth(1)?.parse().ok().map(Pid::from_raw)
}
