//! Whole runs of checks that need not be made again: the same files in the same setting give the same answer.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::base::ids::TreeId;
use crate::base::limits::{CHECK_CACHE_AGE_MAX, CHECK_CACHE_MAX};
use crate::io::store::{self, Store};
use crate::model::check::{CheckEnd, CheckRun};

/// One file a run, called by what it answers. May be deleted at any time; what cannot be read or written is not known.
pub struct CheckCache {
    folder: PathBuf,
}

impl CheckCache {
    pub fn open(folder: PathBuf) -> CheckCache {
        CheckCache { folder }
    }

    /// The run of a check on these files in this setting, unless it is too long ago or its output is gone.
    pub fn get(&self, store: &Store, tree: &TreeId, setting: &str) -> Option<CheckRun> {
        let file = self.file(tree, setting);
        if age(&file)? > CHECK_CACHE_AGE_MAX {
            return None;
        }
        let run: CheckRun = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        let is_it = run.tree == *tree && run.setting == setting && is_lasting(&run);
        (is_it && store.blob(&run.output).is_ok()).then_some(CheckRun { reused: true, ..run })
    }

    /// Remembers a run, unless chance or a limit had a part in it.
    pub fn put(&self, run: &CheckRun) {
        if is_lasting(run) {
            // What is not remembered is run again.
            self.write(run).ok();
        }
    }

    fn write(&self, run: &CheckRun) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        self.make_room();
        let file = self.file(&run.tree, &run.setting);
        let new = file.with_extension(format!("{}.new", std::process::id()));
        fs::write(&new, serde_json::to_vec(run)?)?;
        fs::rename(new, file)
    }

    fn file(&self, tree: &TreeId, setting: &str) -> PathBuf {
        self.folder.join(store::digest(&format!("{tree}\n{setting}"))).with_extension("json")
    }

    /// Removes the oldest half when there are too many.
    fn make_room(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<(Duration, PathBuf)> =
            entries.filter_map(|entry| Some((age(&entry.path())?, entry.path()))).collect();
        if files.len() < CHECK_CACHE_MAX {
            return;
        }
        files.sort_unstable();
        for (_, file) in &files[CHECK_CACHE_MAX / 2..] {
            fs::remove_file(file).ok();
        }
    }
}

/// Only what would come out the same again: a whole run in which nothing was flaky, or a build that failed.
fn is_lasting(run: &CheckRun) -> bool {
    let is_answer = run.is_whole() || (run.end == CheckEnd::BuildFailed && !run.partial);
    is_answer && run.flaky.is_empty() && !run.setting.is_empty()
}

/// A time in the future counts as now.
fn age(file: &Path) -> Option<Duration> {
    let written = fs::metadata(file).ok()?.modified().ok()?;
    Some(SystemTime::now().duration_since(written).unwrap_or_default())
}
