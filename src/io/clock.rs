//! The time of day and of processors, the only place that asks for them, and ids made from the time of day.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::base::ids::{AcceptanceId, RunId};

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// How long a processor has worked for this thread; `None` where the system does not say.
pub fn thread_time() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    return {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).ok()
    };
    #[cfg(not(target_os = "linux"))]
    None
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
