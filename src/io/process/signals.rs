//! Ending processes and learning that they ended: by group and without polling on Linux, one process at a time
//! elsewhere.

#[cfg(not(target_os = "linux"))]
pub use elsewhere::*;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(target_os = "linux")]
mod linux {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};
    use std::sync::mpsc::Sender;
    use std::thread;
    use std::time::{Duration, Instant};

    use nix::errno::Errno;
    use nix::sys::signal::{Signal, killpg};
    use nix::sys::wait::{Id, WaitPidFlag, waitid};
    use nix::unistd::Pid;

    use crate::io::process::Event;

    pub fn own_group(command: &mut Command) {
        command.process_group(0);
    }

    /// Sends `Exited` when the child has ended, and leaves it unreaped so that its number cannot be taken by another
    /// process before we are done with its group.
    pub fn announce_exit(child: &Child, events: Sender<Event>) {
        let pid = pid_of(child);
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        thread::spawn(move || {
            while waitid(Id::Pid(pid), flags) == Err(Errno::EINTR) {}
            drop(events.send(Event::Exited));
        });
    }

    pub fn has_ended(_child: &mut Child) -> bool {
        false
    }

    pub fn wait_slice(until: Instant) -> Duration {
        until.saturating_duration_since(Instant::now())
    }

    pub fn terminate_group(child: &Child) {
        signal_group(child, Signal::SIGTERM);
    }

    /// And the child itself, which may not have made its group yet.
    pub fn kill_group(child: &mut Child) {
        signal_group(child, Signal::SIGKILL);
        drop(child.kill());
    }

    /// To the group when the child leads one. One that is gone already is as good as ended.
    fn signal_group(child: &Child, signal: Signal) {
        let _gone_already = killpg(pid_of(child), signal);
    }

    fn pid_of(child: &Child) -> Pid {
        Pid::from_raw(child.id() as i32)
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::process::{Child, Command};
    use std::sync::mpsc::Sender;
    use std::time::{Duration, Instant};

    use crate::io::process::Event;

    const POLL: Duration = Duration::from_millis(10);

    pub fn own_group(command: &mut Command) {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        #[cfg(not(unix))]
        let _ = command;
    }

    /// Nobody announces it here: `has_ended` is asked at every `wait_slice`.
    pub fn announce_exit(_child: &Child, _events: Sender<Event>) {}

    pub fn has_ended(child: &mut Child) -> bool {
        matches!(child.try_wait(), Ok(Some(_)))
    }

    pub fn wait_slice(until: Instant) -> Duration {
        until.saturating_duration_since(Instant::now()).min(POLL)
    }

    /// Only killing is known everywhere.
    pub fn terminate_group(_child: &Child) {}

    pub fn kill_group(child: &mut Child) {
        #[cfg(unix)]
        drop(Command::new("/bin/kill").args(["-KILL", "--", &format!("-{}", child.id())]).output());
        drop(child.kill());
    }
}
