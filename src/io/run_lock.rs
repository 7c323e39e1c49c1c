//! Who works on which run. The system lets go of a lock when its process dies, however it dies.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use crate::base::ids::RunId;
use crate::model::failure::Failure;

/// Held while this process works on a run; dropping it lets go.
pub struct RunLock {
    /// Open for as long as the lock is held.
    _file: File,
}

impl RunLock {
    /// Takes the run in the project whose state is in `state_dir`; `Ok(None)` when another process works on it.
    pub fn take(state_dir: &Path, run: RunId) -> Result<Option<RunLock>, Failure> {
        let folder = state_dir.join("runs");
        let fail = |error: std::io::Error| {
            Failure::environment(
                format!("the folder {} cannot be written to: {error}", folder.display()),
                "Check permissions and free space.",
            )
        };
        fs::create_dir_all(&folder).map_err(fail)?;
        let path = folder.join(format!("{run}.lock"));
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(fail)?;
        Ok(file.try_lock().is_ok().then_some(RunLock { _file: file }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let take = |run| RunLock::take(folder.path(), RunId(run)).unwrap();
        let first = take(1);
        assert!(first.is_some() && take(1).is_none() && take(2).is_some());
        drop(first);
        assert!(take(1).is_some());
    }
}
