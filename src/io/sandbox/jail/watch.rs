//! Looks at what a command's processes use together, and ends them all when it is too much.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::statfs;

use super::super::spec::{Caps, JailSpec, Report};
use super::linux::Trouble;
use super::mounts;
use super::tree::{Member, Tree};
use crate::base::limits::{JAIL_THREADS_PER_PROCESS, JAIL_WATCH_EVERY, JAIL_WATCH_SHARE, MEGABYTE};
use crate::model::policy::Resource;

/// How much older than the time of now a file that is just written can be: the kernel stamps with the last tick.
const TICK: Duration = Duration::from_millis(20);

/// What an empty file takes on a disk, in bytes.
const FILE_BYTES: u64 = 512;
const BLOCK_BYTES: u64 = 512;

#[derive(Clone)]
pub struct Watch {
    caps: Caps,
    tree: Tree,
    counted: Arc<[File]>,
    /// File systems in memory.
    in_memory: Vec<PathBuf>,
    since: Duration,
    over: Arc<OnceLock<Report>>,
}

impl Watch {
    /// Opens what is to be watched, which must not be covered yet.
    pub fn prepare(spec: &JailSpec, tree: Tree) -> Result<Watch, Trouble> {
        let open = |path: &PathBuf| {
            File::open(path)
                .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let private = tree == Tree::Namespace;
        Ok(Watch {
            caps: spec.caps,
            tree,
            counted: spec.counted.iter().map(open).collect::<Result<_, _>>()?,
            in_memory: mounts::in_memory(spec).filter(|_| private).collect(),
            since: now.saturating_sub(TICK),
            over: Arc::default(),
        })
    }

    /// Looks from now on, on threads of their own.
    pub fn start(&self) {
        let (processes, disk) = (self.clone(), self.clone());
        thread::spawn(move || processes.end_when(&|| processes.use_of_processes()));
        thread::spawn(move || disk.end_when(&|| disk.use_of_disk()));
    }

    /// What was too much, when something was. `may_be` tells whether it may have been and nobody looked: a command that
    /// found its disk full may end by itself.
    pub fn verdict(&self, may_be: bool) -> Option<Report> {
        let look = || self.use_of_disk().or_else(|| self.use_of_processes());
        self.over.get().cloned().or_else(|| may_be.then(look).flatten())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a thread of its own has nothing else to wait for"
    )]
    fn end_when(&self, look: &dyn Fn() -> Option<Report>) {
        let mut pause = JAIL_WATCH_EVERY;
        loop {
            thread::sleep(pause);
            let begun = Instant::now();
            if let Some(report) = look() {
                // Whoever comes second ends the same processes.
                drop(self.over.set(report));
                self.tree.keep_killing();
            }
            pause = JAIL_WATCH_EVERY.max(begun.elapsed() * JAIL_WATCH_SHARE);
        }
    }

    fn use_of_processes(&self) -> Option<Report> {
        let members = self.tree.members();
        let n_threads: u64 = members.iter().map(|member| member.n_threads).sum();
        let most = self.caps.processes;
        if members.len() as u64 > most || n_threads >= threads_max(most) {
            return Some(Report::OverLimit { what: Resource::Processes, limit: most });
        }
        let too_much = self.memory_is_over(&members);
        too_much.then(|| over(Resource::Memory, self.caps.memory_bytes))
    }

    /// Pages shared by processes count once; what is mapped from files not at all, since it can be given up.
    fn memory_is_over(&self, members: &[Member]) -> bool {
        let page = rustix::param::page_size() as u64;
        let in_files: u64 = self.in_memory.iter().map(|folder| used(folder)).sum();
        let at_most: u64 = members.iter().map(|member| member.n_pages * page).sum();
        if at_most + in_files <= self.caps.memory_bytes {
            return false;
        }
        let (mut own, mut shared) = (0, 0);
        for member in members {
            let (its_own, its_shared) = portions(member).unwrap_or((member.n_pages * page, 0));
            own += its_own;
            shared += its_shared;
        }
        // Files in memory that are mapped as well are the same memory.
        own + in_files.max(shared) > self.caps.memory_bytes
    }

    fn use_of_disk(&self) -> Option<Report> {
        let most = self.caps.disk_bytes;
        let mut total = 0;
        for folder in &*self.counted {
            // Its path may be covered by now.
            let path = format!("/proc/self/fd/{}", folder.as_raw_fd());
            total += written(Path::new(&path), self.since, most);
        }
        (total > most).then(|| over(Resource::Disk, most))
    }
}

pub fn threads_max(processes: u64) -> u64 {
    processes.saturating_mul(JAIL_THREADS_PER_PROCESS)
}

fn over(what: Resource, bytes: u64) -> Report {
    Report::OverLimit { what, limit: bytes / MEGABYTE }
}

/// What files take on the file system in memory that is mounted at `folder`, if one is.
fn used(folder: &Path) -> u64 {
    let stat = statfs(folder).ok().filter(|stat| stat.f_type == TMPFS);
    stat.map_or(0, |stat| (stat.f_blocks - stat.f_bfree) * stat.f_bsize as u64)
}

/// `TMPFS_MAGIC` of the kernel's `magic.h`.
const TMPFS: i64 = 0x0102_1994;

/// Memory of its own and its part of shared memory, in bytes; `None` for a process that is gone or not ours to look at.
fn portions(member: &Member) -> Option<(u64, u64)> {
    let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", member.pid)).ok()?;
    let bytes = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
            * 1024
    };
    Some((bytes("Pss_Anon") + bytes("SwapPss"), bytes("Pss_Shmem")))
}

/// What files in `folder` that changed since a time take on disk, in bytes. Stops to count above `enough`.
fn written(folder: &Path, since: Duration, enough: u64) -> u64 {
    let mut total = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop()
        && total <= enough
    {
        // What cannot be read, or is gone, is counted on the next look.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() {
                folders.push(entry.path());
            } else if (meta.ctime(), meta.ctime_nsec())
                >= (since.as_secs() as i64, i64::from(since.subsec_nanos()))
            {
                total += FILE_BYTES + meta.blocks() * BLOCK_BYTES;
            }
        }
    }
    total
}
