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

    #[expect(
        clippy::disallowed_methods,
        reason = "a thread of its own has nothing else to wait for"
    )]
    /// Kills everybody for as long as we live.
    pub fn keep_killing(self) -> ! {
        loop {
            self.signal(Signal::SIGKILL);
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// All processes but us.
    pub fn members(self) -> Vec<Member> {
        let own = getpid();
        match self {
            Tree::Namespace => {
                let mut all = all_processes();
                all.retain(|member| member.pid != own);
                all
            }
            Tree::Descendants => descendants(own),
        }
    }

    fn signal(self, signal: Signal) {
        let targets = match self {
            Tree::Namespace => vec![EVERYONE_ELSE],
            Tree::Descendants => descendants(getpid()).iter().map(|member| member.pid).collect(),
        };
        for target in targets {
            // One that died since it was listed needs no signal.
            let _gone_already = kill(target, signal);
        }
    }
}

/// A process as `/proc` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub pid: Pid,
    parent: Pid,
    pub n_threads: u64,
    /// Memory pages of it that are in memory, shared ones included.
    pub n_pages: u64,
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

fn all_processes() -> Vec<Member> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(member)
        .collect()
}

/// Children of `ancestor`, their children, and so on, as `/proc` shows them now.
fn descendants(ancestor: Pid) -> Vec<Member> {
    let all = all_processes();
    let mut family = vec![ancestor];
    let mut found: Vec<Member> = Vec::new();
    let mut n_seen = 0;
    while let Some(parent) = family.get(n_seen).copied() {
        let children = all.iter().filter(|member| member.parent == parent);
        found.extend(children.clone());
        family.extend(children.map(|member| member.pid));
        n_seen += 1;
    }
    found
}

/// Fields of a line of which the program's name, in parentheses, may hold anything.
fn member(pid: i32) -> Option<Member> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Member {
        pid: Pid::from_raw(pid),
        parent: Pid::from_raw(fields.get(1)?.parse().ok()?),
        n_threads: fields.get(17)?.parse().ok()?,
        n_pages: fields.get(21)?.parse().ok()?,
    })
}
