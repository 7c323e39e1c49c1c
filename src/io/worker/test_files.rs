//! Which files are tests, so that no worker changes what it is measured by.

use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::io::store::Store;
use crate::logic::detect;
use crate::logic::guard::class::is_test_path;
use crate::model::failure::Failure;

/// Judges files from their place in the project that a check belongs to: what lies around that project says nothing
/// about them, so that one inside a folder of fixtures can be worked on too.
pub(super) struct TestFiles {
    project: RepoPath,
}

impl TestFiles {
    pub fn of(store: &Store, tree: &TreeId, check_dir: &RepoPath) -> Result<Self, Failure> {
        let files: Vec<RepoPath> = store.files(tree)?.into_iter().map(|file| file.path).collect();
        let project = check_dir.ancestors().find(|folder| detect::is_project(&files, folder));
        Ok(Self { project: project.unwrap_or_default() })
    }

    pub fn hold(&self, path: &RepoPath) -> bool {
        is_test_path(path.relative_to(&self.project).as_ref().unwrap_or(path))
    }
}
