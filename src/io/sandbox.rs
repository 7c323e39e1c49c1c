//! What this machine can enforce, and the program that enforces it (`greenloop __jail`).

mod caps;
mod environment;
pub mod jail;
mod probe;
#[cfg(target_os = "linux")]
mod relay;
#[cfg(any(target_os = "macos", test))]
mod seatbelt;
mod spec;
mod view;
mod words;

use std::fs;
use std::io::{self, Read};
#[cfg(target_os = "linux")]
use std::net::Shutdown;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
#[cfg(target_os = "linux")]
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub use self::environment::allowed as allowed_environment;
pub use self::environment::{expanded, name_service};
pub use self::probe::probe;
#[cfg(target_os = "linux")]
use self::relay::Relay;
use self::spec::Report;
pub use self::spec::{Caps, JailSpec, Layered, Namespaces, Overlay};
pub use self::view::{Needs, View};
pub use self::words::open;
use super::process::{self, End, Output};
use crate::base::cancel::CancelToken;
use crate::base::limits::JAIL_REPORT_BYTES_MAX;
#[cfg(target_os = "linux")]
use crate::model::policy::Network;

/// How worlds are made and confined on this machine, probed once by really doing it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the machine")]
pub struct Abilities {
    /// Overlay at the project's own path, in namespaces of its own.
    pub overlay: bool,
    /// Why not, when not; for `doctor`.
    pub overlay_reason: String,
    /// Namespaces of its own for network, processes and mounts; always so where `overlay` is.
    pub namespaces: bool,
    /// The newest Landlock ABI whose rights are used, 0 when there is none.
    pub landlock: i32,
    /// Whether system calls can be filtered.
    pub seccomp: bool,
    /// Whether macOS confines programs by a profile.
    pub seatbelt: bool,
    /// The program that knows `__jail`.
    pub jail: PathBuf,
}

/// The program that knows `__jail`: this very one, even when its file was replaced since.
pub fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

/// The first Landlock ABI that can refuse TCP connections.
const LANDLOCK_ABI_TCP: i32 = 4;
/// The first that can refuse sockets that lie in folders.
const LANDLOCK_ABI_SOCKETS: i32 = 9;

/// Ends everything inside when it is dropped, whoever else holds the socket.
#[cfg(target_os = "linux")]
struct Leash(UnixStream);

#[cfg(target_os = "linux")]
impl Drop for Leash {
    fn drop(&mut self) {
        // One whose other end is gone has done its work.
        drop(self.0.shutdown(Shutdown::Both));
    }
}

/// Runs what `spec` says in a jail. `spec_file` is where it may be written. When this returns, no process of the tree
/// is left.
#[cfg(target_os = "linux")]
pub fn run(
    jail: &Path,
    spec: &JailSpec,
    spec_file: &Path,
    limit: Duration,
    cancel: &CancelToken,
    on_line: &mut dyn FnMut(&[u8]),
) -> Output {
    let prepared = serde_json::to_vec(spec).map_err(io::Error::from).and_then(|json| {
        fs::write(spec_file, json)?;
        let (leash_end, leash) = UnixStream::pair()?;
        Ok((OwnedFd::from(leash_end), leash.try_clone()?, Leash(leash), io::pipe()?))
    });
    let (leash_end, hosts_end, leash, (mut reports, reports_end)) = match prepared {
        Ok(pipes) => pipes,
        Err(error) => {
            return process::not_started(format!("the sandbox cannot be prepared: {error}"));
        }
    };
    let _carried = match &spec.network {
        Network::Hosts(hosts) if spec.namespaces.is_some() => {
            Some(Relay::start(hosts_end, hosts.clone()))
        }
        Network::Hosts(_) | Network::Private | Network::Open => None,
    };
    let mut command = Command::new(jail);
    command.arg(jail::ARGUMENT).arg(spec_file).env_clear();
    command.stdin(leash_end).stderr(reports_end);
    let mut output =
        process::supervise(command, Some(Box::new(leash)), false, limit, cancel, on_line);
    output.end = match output.end {
        End::Exited(_) | End::Signalled(_) => end_by_reports(&mut reports, output.end),
        End::NotStarted(reason) => {
            End::NotStarted(format!("the sandbox cannot be started: {reason}"))
        }
        end @ (End::TimedOut | End::Flooded { .. } | End::OverLimit { .. } | End::Cancelled) => end,
    };
    output
}

/// What the jail said of the command's end; its own end counts only when it could say nothing.
#[cfg(target_os = "linux")]
fn end_by_reports(reports: &mut impl Read, own_end: End) -> End {
    let mut text = String::new();
    // A report that cannot be read is no report.
    drop(reports.take(JAIL_REPORT_BYTES_MAX).read_to_string(&mut text));
    let last = text.lines().filter_map(|line| serde_json::from_str(line).ok()).next_back();
    match last {
        Some(Report::Exited(code)) => End::Exited(code),
        Some(Report::Signalled(signal)) => End::Signalled(signal),
        Some(Report::NotStarted(reason)) => End::NotStarted(reason),
        Some(Report::OverLimit { what, limit }) => End::OverLimit { what, limit },
        Some(Report::Started) => own_end,
        None => End::NotStarted(format!("the sandbox failed ({own_end:?}): {}", text.trim())),
    }
}

/// Without a jail for this platform the command runs in a profile on macOS, elsewhere as it is, with the allow-listed
/// environment.
#[cfg(not(target_os = "linux"))]
pub fn run(
    _jail: &Path,
    spec: &JailSpec,
    _spec_file: &Path,
    limit: Duration,
    cancel: &CancelToken,
    on_line: &mut dyn FnMut(&[u8]),
) -> Output {
    #[cfg(target_os = "macos")]
    let argv = if spec.seatbelt { seatbelt::confined(spec) } else { spec.argv.clone() };
    #[cfg(not(target_os = "macos"))]
    let argv = spec.argv.clone();
    let plain =
        process::Spec { argv, cwd: spec.cwd.clone(), env: spec.env.clone(), deadline: limit };
    process::run(&plain, cancel, on_line)
}
