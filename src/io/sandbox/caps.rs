//! From what `greenloop.toml` limits to what a jail enforces.

use super::spec::Caps;
use crate::base::limits::{
    JAIL_DISK_BYTES_DEFAULT, JAIL_MEMORY_BYTES_DEFAULT_MIN, JAIL_PROCESSES_DEFAULT, MEGABYTE,
};
use crate::model::policy::Limits;

impl Caps {
    pub fn of(limits: &Limits) -> Caps {
        let bytes = |megabytes: Option<u64>| megabytes.map(|n| n.saturating_mul(MEGABYTE));
        Caps {
            memory_bytes: bytes(limits.memory_mb).unwrap_or_else(memory_default),
            processes: limits.processes.unwrap_or(JAIL_PROCESSES_DEFAULT),
            disk_bytes: bytes(limits.disk_mb).unwrap_or(JAIL_DISK_BYTES_DEFAULT),
        }
    }
}

/// Half of the machine's memory, where that is known, but not less than builds need.
fn memory_default() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes = total.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    (kilobytes.unwrap_or(0) * 1024 / 2).max(JAIL_MEMORY_BYTES_DEFAULT_MIN)
}
