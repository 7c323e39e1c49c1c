//! What a folder listing says of a file, to tell without reading that it has not changed.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use git2::{IndexEntry, IndexTime, Oid};

use crate::io::store::FileMode;
use crate::io::store::objects::mode_bits;

/// Seconds since 1970 and nanoseconds, as git's index keeps them.
pub type Moment = (i32, u32);

/// Later than any file's time.
pub const END_OF_TIME: Moment = (i32::MAX, u32::MAX);

/// Equal as long as nobody wrote to the file, but for writes within the clock's grain: see [`Stat::settled`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    written: Moment,
    changed: Moment,
    inode: u32,
    size: u32,
}

/// How long after a write a file may be written again without its time changing, on the coarsest file systems.
const GRAIN: Duration = Duration::from_secs(2);

impl Stat {
    #[cfg(unix)]
    pub fn of(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            written: (meta.mtime() as i32, meta.mtime_nsec() as u32),
            changed: (meta.ctime() as i32, meta.ctime_nsec() as u32),
            inode: meta.ino() as u32,
            size: meta.len() as u32,
        }
    }

    #[cfg(not(unix))]
    pub fn of(meta: &Metadata) -> Self {
        let written = meta.modified().map_or((0, 0), moment);
        Self { written, changed: written, inode: 0, size: meta.len() as u32 }
    }

    pub fn size(&self) -> u32 {
        self.size
    }

    /// Whether the file was last touched before `moment`, so that equal later means unchanged.
    pub fn settled(&self, moment: Moment) -> bool {
        self.written.max(self.changed) < moment
    }

    pub fn of_index(entry: &IndexEntry) -> Self {
        let moment = |time: IndexTime| (time.seconds(), time.nanoseconds());
        Self {
            written: moment(entry.mtime),
            changed: moment(entry.ctime),
            inode: entry.ino,
            size: entry.file_size,
        }
    }

    pub fn to_index(self, path: &str, mode: FileMode, id: Oid) -> IndexEntry {
        let time = |moment: Moment| IndexTime::new(moment.0, moment.1);
        IndexEntry {
            ctime: time(self.changed),
            mtime: time(self.written),
            dev: 0,
            ino: self.inode,
            mode: mode_bits(mode) as u32,
            uid: 0,
            gid: 0,
            file_size: self.size,
            id,
            flags: 0,
            flags_extended: 0,
            path: path.as_bytes().to_vec(),
        }
    }
}

/// The moment of a time of the system's clock.
pub fn moment(time: SystemTime) -> Moment {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs() as i32, since.subsec_nanos())
}

/// Files last touched before this moment are settled for a look that starts at `now`.
pub fn grain_before(now: SystemTime) -> Moment {
    moment(now - GRAIN)
}

/// The mode of a regular file.
#[cfg(unix)]
pub fn plain_mode(meta: &Metadata) -> FileMode {
    use std::os::unix::fs::PermissionsExt;
    if meta.permissions().mode() & 0o100 == 0 { FileMode::Plain } else { FileMode::Executable }
}

#[cfg(not(unix))]
pub fn plain_mode(_meta: &Metadata) -> FileMode {
    FileMode::Plain
}
