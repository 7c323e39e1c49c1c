//! Which files a snapshot leaves out: git's ignore rules, and folders and files that are outputs whatever the rules.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::base::limits::IGNORE_FILE_BYTES_MAX;
use crate::io::store::stat::{Stat, grain_before};

/// Outputs and installed dependencies that no project wants in a snapshot. Weakest of all rules: a project's own
/// `!name` brings one back. `target` is not here: cargo marks its folder with a tag of its own.
const BUILD_OUTPUTS: &str = "\
__pycache__/
*.pyc
.pytest_cache/
.mypy_cache/
.ruff_cache/
.hypothesis/
.tox/
.nox/
.venv/
node_modules/
.gradle/
.greenloop/
.DS_Store
.hg/
.svn/
.jj/
";

/// The files by which a folder says what it is.
pub const OUTPUT_MARKS: [&str; 2] = [CACHE_TAG, VIRTUAL_ENVIRONMENT];
const CACHE_TAG: &str = "CACHEDIR.TAG";
const VIRTUAL_ENVIRONMENT: &str = "pyvenv.cfg";
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Whether a folder says of itself that it holds only what can be made again: a valid `CACHEDIR.TAG`, or a Python
/// virtual environment.
pub fn is_output_folder(folder: &Path) -> bool {
    let is_file =
        |name: &str| fs::symlink_metadata(folder.join(name)).is_ok_and(|meta| meta.is_file());
    is_file(VIRTUAL_ENVIRONMENT) || (is_file(CACHE_TAG) && has_signature(&folder.join(CACHE_TAG)))
}

fn has_signature(tag: &Path) -> bool {
    let mut start = [0; CACHE_SIGNATURE.len()];
    fs::File::open(tag).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == CACHE_SIGNATURE
}

/// The rules of one ignore file, on paths relative to its folder.
fn parse(text: &str) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for line in text.trim_start_matches('\u{feff}').lines() {
        // Like git: a pattern that makes no sense matches nothing.
        builder.add_line(None, line).ok();
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// The text of an ignore file, empty when there is none. A link is not followed, as in git.
pub fn read_rules(file: &Path) -> String {
    let is_file = fs::symlink_metadata(file).is_ok_and(|meta| meta.is_file());
    let mut bytes = Vec::new();
    if is_file && let Ok(file) = fs::File::open(file) {
        file.take(IGNORE_FILE_BYTES_MAX).read_to_end(&mut bytes).ok();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Ignore files read before, read again when they change.
#[derive(Default)]
pub struct RulesCache(HashMap<PathBuf, Known>);

struct Known {
    stat: Stat,
    settled: bool,
    rules: Arc<Gitignore>,
}

impl RulesCache {
    /// The rules in `file`; `None` when there is no such file.
    pub fn get(&mut self, file: &Path) -> Option<Arc<Gitignore>> {
        let meta = fs::symlink_metadata(file).ok().filter(Metadata::is_file)?;
        let stat = Stat::of(&meta);
        match self.0.get(file) {
            Some(known) if known.settled && known.stat == stat => Some(known.rules.clone()),
            Some(_) | None => {
                let settled = stat.settled(grain_before(SystemTime::now()));
                let rules = Arc::new(parse(&read_rules(file)));
                self.0.insert(file.to_path_buf(), Known { stat, settled, rules: rules.clone() });
                Some(rules)
            }
        }
    }
}

/// The rules that hold in one folder, nearest first.
#[derive(Clone)]
pub struct Scope(Arc<Layer>);

struct Layer {
    rules: Arc<Gitignore>,
    /// Length of the folder's path with its slash: where paths relative to it begin.
    skip: usize,
    outer: Option<Scope>,
}

impl Scope {
    /// Our own rules, the weakest.
    pub fn outputs() -> Self {
        Self(Arc::new(Layer { rules: Arc::new(parse(BUILD_OUTPUTS)), skip: 0, outer: None }))
    }

    /// With an ignore file that holds in `folder`, a path relative to the top, where there is one.
    pub fn with(self, rules: Option<Arc<Gitignore>>, folder: &str) -> Self {
        match rules {
            Some(rules) if !rules.is_empty() => {
                let skip = if folder.is_empty() { 0 } else { folder.len() + 1 };
                Self(Arc::new(Layer { rules, skip, outer: Some(self) }))
            }
            Some(_) | None => self,
        }
    }

    /// Whether the rules leave out `path`, relative to the top, in a folder that they do not leave out.
    pub fn ignores(&self, path: &str, is_folder: bool) -> bool {
        let mut scope = Some(self);
        while let Some(Scope(layer)) = scope {
            match layer.rules.matched(&path[layer.skip..], is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => scope = layer.outer.as_ref(),
            }
        }
        false
    }
}
