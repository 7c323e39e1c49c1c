//! How much memory a program and all that it starts take together.

use std::fs;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Looks at a process tree until it is asked.
pub struct Watch {
    over: SyncSender<()>,
    looking: JoinHandle<u64>,
}

impl Watch {
    pub fn begin(root: u32) -> Watch {
        let (over, is_over) = mpsc::sync_channel(0);
        let looking = thread::spawn(move || {
            let mut most = 0;
            while is_over.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                most = tree(root).into_iter().map(bytes).sum::<u64>().max(most);
            }
            most
        });
        Watch { over, looking }
    }

    /// The most that was seen, in MiB; pages that processes share are counted once.
    pub fn end(self) -> u64 {
        drop(self.over);
        self.looking.join().unwrap() >> 20
    }
}

/// A process and all below it.
fn tree(root: u32) -> Vec<u32> {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let all: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, parent(id)?))).collect();
    let mut tree = vec![root];
    let mut at = 0;
    while let Some(&above) = tree.get(at) {
        tree.extend(all.iter().filter(|(_, parent)| *parent == above).map(|(id, _)| *id));
        at += 1;
    }
    tree
}

fn parent(id: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}

/// Its part of what it has in memory; nothing once it is gone.
fn bytes(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kib.unwrap_or(0_u64) << 10
}
