//! Folders of installed dependencies: on disk, beside a manifest, and in no snapshot.

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::path::RepoPath;
use crate::io::store::TreeFile;

/// The dependency folders beside the manifests among `files`, and at the root.
pub fn folders(root: &Path, files: &[TreeFile]) -> Vec<RepoPath> {
    let beside_manifests = files
        .iter()
        .filter(|file| is_manifest(file.path.file_name()))
        .map(|file| file.path.parent());
    let places: BTreeSet<RepoPath> = beside_manifests.chain([RepoPath::root()]).collect();
    let names = ["node_modules", ".venv", "venv", "env"];
    let candidates =
        places.iter().flat_map(|place| names.iter().filter_map(|name| place.join(name)));
    candidates.filter(|folder| is_installed(root, folder) && !holds(files, folder)).collect()
}

fn is_manifest(name: &str) -> bool {
    matches!(name, "package.json" | "pyproject.toml" | "setup.py" | "setup.cfg" | "Pipfile")
        || (name.starts_with("requirements") && name.ends_with(".txt"))
}

fn is_installed(root: &Path, folder: &RepoPath) -> bool {
    let path = folder.under(root);
    if folder.file_name() == "node_modules" {
        path.is_dir()
    } else {
        path.join("pyvenv.cfg").is_file()
    }
}

fn holds(files: &[TreeFile], folder: &RepoPath) -> bool {
    let at = files.partition_point(|file| file.path < *folder);
    files[at..]
        .iter()
        .take_while(|file| file.path.as_str().starts_with(folder.as_str()))
        .any(|file| file.path.is_within(folder))
}
