//! The time of day, the only place that asks for it, and ids made from it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::base::ids::{AcceptanceId, RunId};

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// A fresh id, later than all before.
pub fn new_run_id() -> RunId {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let fresh = now_ms() << 8 | u64::from(std::process::id() & 0xff);
    let before = LAST.fetch_max(fresh, Ordering::SeqCst);
    if before < fresh { RunId(fresh) } else { RunId(LAST.fetch_add(1, Ordering::SeqCst) + 1) }
}

/// As for runs.
pub fn new_acceptance_id() -> AcceptanceId {
    AcceptanceId(new_run_id())
}
