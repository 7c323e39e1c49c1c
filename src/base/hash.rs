//! Content hashes of texts in memory. For identity within one process and its journal, not for security.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 64-bit FNV-1a of a text's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(pub u64);

impl ContentHash {
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        let start = 0xcbf2_9ce4_8422_2325u64;
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(bytes.as_ref().iter().fold(start, step))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
