//! `greenloop __jail SPECFILE`: makes the place a command runs in, runs it there, and leaves nothing behind.
//!
//! Standard input is the leash: when it ends, everything ends. Standard output belongs to the command; standard error
//! is for reports and never reaches the command. With namespaces there are two processes: the outer one makes the
//! namespaces and waits; the inner one is process 1 of them, so that its death is everybody's.

#[cfg(target_os = "linux")]
mod confine;
#[cfg(target_os = "linux")]
mod hosts;
#[cfg(target_os = "linux")]
mod loopback;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod syscalls;
#[cfg(target_os = "linux")]
mod tree;
#[cfg(target_os = "linux")]
mod watch;

#[cfg(target_os = "linux")]
pub(super) use self::confine::{Confines, rules};
#[cfg(target_os = "linux")]
pub(super) use self::syscalls::can_filter;

use std::ffi::OsString;

/// The first argument of the program that asks for a jail.
pub const ARGUMENT: &str = "__jail";

/// The exit code of a jail that could not run its command; the report says why.
const FAILED: i32 = 125;

/// Runs a jail to its end. `args` are those after [`ARGUMENT`]. Must be called before any thread exists.
#[cfg(target_os = "linux")]
pub fn main(args: impl Iterator<Item = OsString>) -> i32 {
    linux::main(args)
}

/// There is no jail on this platform.
#[cfg(not(target_os = "linux"))]
pub fn main(_args: impl Iterator<Item = OsString>) -> i32 {
    FAILED
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsString;
    use std::io::{self, Read, Write};
    use std::os::fd::AsFd;
    use std::os::unix::process::ExitStatusExt;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::{fs, thread};

    use nix::sched::{CloneFlags, unshare};
    use nix::sys::prctl;
    use nix::sys::signal::Signal;
    use nix::unistd::{Pid, close, getgid, getuid, setsid};

    use super::super::spec::{JailSpec, Report};
    use super::tree::{Ended, Tree};
    use super::watch::Watch;
    use super::{ARGUMENT, FAILED, confine, hosts, loopback, mounts};
    use crate::io::process::{no_folder, start_failure};
    use crate::model::policy::Network;

    /// What a step of the jail could not do, in words.
    pub type Trouble = String;

    pub fn main(mut args: impl Iterator<Item = OsString>) -> i32 {
        let (Some(spec_file), inner) = (args.next().map(PathBuf::from), args.next()) else {
            return FAILED;
        };
        close_inherited();
        let ended = match inner {
            None => read_spec(&spec_file).and_then(|spec| match spec.namespaces {
                Some(_) => outside(&spec, &spec_file),
                None => alone(&spec),
            }),
            Some(ids) => read_spec(&spec_file).and_then(|spec| inside(&spec, &ids)),
        };
        ended.unwrap_or_else(|trouble| {
            report(&Report::NotStarted(trouble));
            FAILED
        })
    }

    /// Whatever our caller's caller left open is not for commands. Must come before we open anything.
    fn close_inherited() {
        let open: Vec<i32> = fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|number| *number > STANDARD_ERROR)
            .collect();
        for number in open {
            // The folder listed itself, and is closed by now.
            let _closed_already = close(number);
        }
    }

    const STANDARD_ERROR: i32 = 2;

    fn read_spec(file: &Path) -> Result<JailSpec, Trouble> {
        let json = fs::read(file)
            .map_err(|error| format!("`{}` cannot be read: {error}", file.display()))?;
        serde_json::from_slice(&json)
            .map_err(|error| format!("`{}` is damaged: {error}", file.display()))
    }

    /// The process outside: makes the namespaces, starts the process inside and waits for it.
    fn outside(spec: &JailSpec, spec_file: &Path) -> Result<i32, Trouble> {
        own_session();
        die_with_parent()?;
        let (uid, gid) = (getuid(), getgid());
        let mut flags = CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS;
        if spec.network == Network::Open {
            flags.remove(CloneFlags::CLONE_NEWNET);
        }
        new_users(flags, (0, uid.as_raw()), (0, gid.as_raw()))?;
        let mut inside = Command::new("/proc/self/exe");
        inside.arg(ARGUMENT).arg(spec_file).arg(format!("{uid}:{gid}"));
        let status =
            inside.status().map_err(|error| format!("process 1 cannot be started: {error}"))?;
        Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
    }

    /// Process 1 of the namespaces: builds the view, gives up every right to change it, and runs the command. `ids`
    /// are the user and group to be again, as `uid:gid`.
    fn inside(spec: &JailSpec, ids: &OsString) -> Result<i32, Trouble> {
        let (uid, gid) = ids
            .to_str()
            .and_then(|ids| ids.split_once(':'))
            .and_then(|(uid, gid)| Some((uid.parse().ok()?, gid.parse().ok()?)))
            .ok_or("the ids of the user are damaged")?;
        let watch = Watch::prepare(spec, Tree::Namespace)?;
        mounts::build(spec)?;
        match &spec.network {
            Network::Open => {}
            Network::Private => loopback::up()?,
            Network::Hosts(names) => loopback::up().and_then(|()| hosts::stand_in(names))?,
        }
        new_users(CloneFlags::empty(), (uid, 0), (gid, 0))?;
        die_with_parent()?;
        run_command(spec, Tree::Namespace, &watch)
    }

    /// Without namespaces: adopts every orphan of the tree, so that none can be lost.
    fn alone(spec: &JailSpec) -> Result<i32, Trouble> {
        own_session();
        prctl::set_child_subreaper(true)
            .map_err(|error| format!("orphans cannot be adopted: {error}"))?;
        run_command(spec, Tree::Descendants, &Watch::prepare(spec, Tree::Descendants)?)
    }

    fn run_command(spec: &JailSpec, tree: Tree, watch: &Watch) -> Result<i32, Trouble> {
        let command = confined_and_started(spec)?;
        report(&Report::Started);
        watch.start();
        thread::spawn(move || {
            wait_for_leash();
            tree.end_with_grace();
        });
        let ended =
            Tree::reap_until(command).map_err(|error| format!("the command was lost: {error}"))?;
        tree.end_now();
        let (code, said) = match ended {
            Ended::Exited(code) => (code, Report::Exited(code)),
            Ended::Signalled(signal) => (128 + signal, Report::Signalled(signal)),
        };
        report(&watch.verdict(code != 0).unwrap_or(said));
        Ok(code)
    }

    /// On a thread of its own: what a thread gives up it gives up for those it starts, and we must stay free to look
    /// after them, out of their reach.
    fn confined_and_started(spec: &JailSpec) -> Result<Pid, Trouble> {
        let started = thread::scope(|scope| {
            scope.spawn(|| confine::give_up(spec).and_then(|()| spawn(spec))).join()
        });
        started.unwrap_or_else(|_panic| Err("the command's thread died".to_owned()))
    }

    fn spawn(spec: &JailSpec) -> Result<Pid, Trouble> {
        let (program, args) = spec.argv.split_first().ok_or("the command is empty")?;
        if !spec.cwd.is_dir() {
            return Err(no_folder(&spec.cwd));
        }
        let output = || io::stdout().as_fd().try_clone_to_owned().map(Stdio::from);
        let (out, err) = output()
            .and_then(|out| Ok((out, output()?)))
            .map_err(|error| format!("no output: {error}"))?;
        let mut command = Command::new(program);
        command.args(args).current_dir(&spec.cwd).env_clear().envs(spec.env.iter().cloned());
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().map_err(|error| start_failure(program, &error))?;
        Ok(Pid::from_raw(child.id() as i32))
    }

    /// Enters a user namespace in which one user and one group exist, given as (inside, outside), and the namespaces
    /// of `more`.
    fn new_users(more: CloneFlags, uids: (u32, u32), gids: (u32, u32)) -> Result<(), Trouble> {
        unshare(CloneFlags::CLONE_NEWUSER | more)
            .map_err(|error| format!("namespaces are refused: {error}"))?;
        let write = |file: &str, text: String| {
            fs::write(file, text).map_err(|error| format!("`{file}` cannot be written: {error}"))
        };
        write("/proc/self/setgroups", "deny".into())?;
        write("/proc/self/uid_map", format!("{} {} 1", uids.0, uids.1))?;
        write("/proc/self/gid_map", format!("{} {} 1", gids.0, gids.1))
    }

    /// No signal to our caller's process group or from its terminal reaches us. Fails only for one that leads a group
    /// of its own, which is as good.
    fn own_session() {
        let _leads_already = setsid();
    }

    fn die_with_parent() -> Result<(), Trouble> {
        prctl::set_pdeathsig(Signal::SIGKILL)
            .map_err(|error| format!("the end cannot be tied to our caller's: {error}"))
    }

    /// Returns when the other end of standard input is closed: our caller wants an end, or is no more.
    fn wait_for_leash() {
        let mut stdin = io::stdin().lock();
        let mut byte = [0];
        while !matches!(stdin.read(&mut byte), Ok(0) | Err(_)) {}
    }

    /// One JSON line to our caller. One that is gone cannot be told.
    fn report(report: &Report) {
        if let Ok(line) = serde_json::to_string(report) {
            drop(io::stderr().write_all(format!("{line}\n").as_bytes()));
        }
    }
}
