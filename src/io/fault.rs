//! Injected failures, compiled out of release builds. `GREENLOOP_FAULT=POINT:N` kills this process, as `kill -9`
//! does, when it passes POINT for the N-th time.

/// A place where the process can be made to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// An event is decided but not yet in the journal.
    BeforeAppend,
    /// An event is in the journal but nothing was done about it yet.
    AfterAppend,
    /// A file of the user's is about to be written, made or taken away.
    BeforeWrite,
    /// That is done, and it may not be the last.
    AfterWrite,
}

/// Dies here when told to; otherwise nothing.
#[cfg(not(all(debug_assertions, unix, target_os = "linux")))]
pub fn pass(_point: FaultPoint) {}

/// Dies here when told to; otherwise nothing.
#[cfg(all(debug_assertions, unix, target_os = "linux"))]
pub fn pass(point: FaultPoint) {
    use std::sync::atomic::{AtomicU32, Ordering};

    static PASSED: [AtomicU32; 4] = [const { AtomicU32::new(0) }; 4];
    let (slot, name) = match point {
        FaultPoint::BeforeAppend => (0, "before-append"),
        FaultPoint::AfterAppend => (1, "after-append"),
        FaultPoint::BeforeWrite => (2, "before-write"),
        FaultPoint::AfterWrite => (3, "after-write"),
    };
    let n = PASSED[slot].fetch_add(1, Ordering::SeqCst) + 1;
    if std::env::var("GREENLOOP_FAULT").is_ok_and(|wanted| wanted == format!("{name}:{n}")) {
        let killed =
            nix::sys::signal::kill(nix::unistd::getpid(), nix::sys::signal::Signal::SIGKILL);
        unreachable!("a process outlived SIGKILL: {killed:?}");
    }
}
