//! Puts back what an attempt did to what judges it, before the checks run.

use super::changes::{file_changes, with_hunks};
use crate::base::ids::TreeId;
use crate::base::limits::{GUARD_TEST_BYTES_MAX, GUARD_TEST_FILES_MAX};
use crate::base::path::RepoPath;
use crate::io::store::Store;
use crate::logic::detect;
use crate::logic::guard::{self, Facts, FileEdit, Sorted};
use crate::model::failure::Failure;
use crate::model::guard::{Class, Guarded};
use crate::model::proposal::FileChange;
use crate::model::report::TestCase;
use crate::model::run::Run;

/// What is left of an attempt.
pub(super) struct Judged {
    /// What the checks have to run on; `None` for the tree that the worker left.
    pub tree: Option<TreeId>,
    /// Its changes.
    pub files: Vec<FileChange>,
    pub guard: Guarded,
    /// Why the attempt is not looked at further.
    pub refused: Option<String>,
}

/// Sorts the changes of an attempt by the run's policy and leaves out what has to be asked for.
pub(super) fn put_back(
    store: &Store,
    run: &Run,
    tree: &TreeId,
    files: Vec<FileChange>,
) -> Result<Judged, Failure> {
    let Some(base) = run.snapshot.as_ref().map(|snapshot| &snapshot.tree) else {
        return Ok(Judged { tree: None, files, guard: Guarded::default(), refused: None });
    };
    let paths: Vec<RepoPath> = store.files(base)?.into_iter().map(|file| file.path).collect();
    let projects = projects(run, &paths);
    let red: Vec<&TestCase> = red(run);
    let tests = tests(store, base, &paths, &projects)?;
    let set_up = set_up(store, base, &paths)?;
    let allowed = &run.goal.allow;
    let facts = Facts { projects: &projects, red: &red, tests: &tests, set_up: &set_up, allowed };

    let texts = texts(store, &files)?;
    let edits = edits(&files, &texts);
    let Sorted { kept, mut guarded, refused } = guard::sort(&edits, &run.guard, &facts);
    if guarded.left_out.is_empty() || refused.is_some() {
        return Ok(Judged { tree: None, files, guard: guarded, refused });
    }
    let before: Vec<(&FileChange, &str)> =
        edits.iter().map(|edit| (edit.change, edit.before)).collect();
    let left = with_hunks(store, base, &before, &kept)?;
    let files = file_changes(store, base, &left)?;
    // Hunks have other places in what is left.
    let texts = self::texts(store, &files)?;
    guarded.allowed = guard::sort(&self::edits(&files, &texts), &run.guard, &facts).guarded.allowed;
    Ok(Judged { tree: (left != *tree).then_some(left), files, guard: guarded, refused: None })
}

fn texts(store: &Store, files: &[FileChange]) -> Result<Vec<(String, String)>, Failure> {
    let text = |blob| Ok(String::from_utf8_lossy(&store.blob(blob)?).into_owned());
    files.iter().map(|file| Ok((text(&file.before)?, text(&file.after)?))).collect()
}

fn edits<'a>(files: &'a [FileChange], texts: &'a [(String, String)]) -> Vec<FileEdit<'a>> {
    let pairs = files.iter().zip(texts);
    pairs.map(|(change, (before, after))| FileEdit { change, before, after }).collect()
}

/// The folders of the projects that the checks belong to.
fn projects(run: &Run, paths: &[RepoPath]) -> Vec<RepoPath> {
    let project = |dir: &RepoPath| dir.ancestors().find(|folder| detect::is_project(paths, folder));
    run.checks.iter().filter_map(|check| project(&check.dir)).collect()
}

fn red(run: &Run) -> Vec<&TestCase> {
    run.baseline.iter().flatten().flat_map(|run| run.report.red()).collect()
}

/// Files that run around the tests because a configuration of the tree names them.
fn set_up(store: &Store, base: &TreeId, paths: &[RepoPath]) -> Result<Vec<RepoPath>, Failure> {
    let (mut named, known) = (Vec::new(), paths.iter().collect());
    let configs = paths.iter().filter(|path| guard::set_up::may_name(path));
    for config in configs.take(GUARD_TEST_FILES_MAX) {
        let bytes = store.read(base, config)?.filter(|bytes| bytes.len() <= GUARD_TEST_BYTES_MAX);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        named.extend(guard::set_up::named(config, &text, &known));
    }
    Ok(named)
}

/// Texts of tests in the tree, as many as are read in a moment.
fn tests(
    store: &Store,
    base: &TreeId,
    paths: &[RepoPath],
    projects: &[RepoPath],
) -> Result<Vec<(RepoPath, String)>, Failure> {
    let facts = Facts { projects, ..Facts::default() };
    let mut of_interest: Vec<(Class, &RepoPath)> = paths
        .iter()
        .map(|path| (guard::class_in(path, &facts), path))
        .filter(|(class, _)| matches!(class, Class::Test | Class::Fixture | Class::Source))
        .collect();
    // Where there are too many, sources with tests inside are left out first.
    of_interest.sort_by_key(|(class, _)| *class == Class::Source);
    let mut texts = Vec::new();
    for (class, path) in of_interest.into_iter().take(GUARD_TEST_FILES_MAX) {
        let bytes = store.read(base, path)?.filter(|bytes| bytes.len() <= GUARD_TEST_BYTES_MAX);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.and_then(|text| guard::tests_in(path, class, &text));
        texts.extend(text.map(|text| (path.clone(), text)));
    }
    Ok(texts)
}
