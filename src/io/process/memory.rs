//! How much memory a process may take.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Lets this process, and each that it starts from now on, hold at most so many bytes of its own; a program that asks for
/// more is told that there are none. Linux counts them (`RLIMIT_DATA` in setrlimit(2)); elsewhere the limit may stand for
/// less.
pub fn limit_memory(bytes: u64) {
    let limited = getrlimit(Resource::RLIMIT_DATA)
        .and_then(|(soft, hard)| setrlimit(Resource::RLIMIT_DATA, soft.min(bytes), hard));
    debug_assert!(limited.is_ok(), "a process may lower its own limit: {limited:?}");
}
