//! Folders outside a project that its packages come from: neighbours that a manifest names by path, and packages that
//! are installed as links. All is read from the user's own disk: what a worker writes into a copy opens nothing.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use crate::base::path::RepoPath;

/// Folders that are followed at most; a project with more is told by its tests.
const FOLDERS_MAX: usize = 256;
/// Larger manifests are no manifests.
const BYTES_MAX: u64 = 1 << 20;

/// What a folder of packages is followed by.
const MANIFESTS: [&str; 4] = ["Cargo.toml", "go.mod", "go.work", "node_modules"];

/// The neighbours that the project at `root` with these files is linked to, and theirs in turn.
pub fn neighbours<'a>(root: &Path, files: impl Iterator<Item = &'a RepoPath>) -> Vec<PathBuf> {
    let own = files.filter(|path| is_manifest(path.file_name())).map(RepoPath::parent);
    let own: BTreeSet<RepoPath> = own.chain([RepoPath::root()]).collect();
    let mut open: Vec<PathBuf> =
        own.iter().flat_map(|folder| manifests(&folder.under(root))).collect();
    let (mut found, mut workspaces) = (BTreeSet::new(), Workspaces::new());
    // What holds the project would be the user's own copy of it, beside the one that is tested.
    let is_beside = |folder: &PathBuf| !folder.starts_with(root) && !root.starts_with(folder);
    while let Some(manifest) = open.pop() {
        let named = named_by(&manifest, &mut workspaces).into_iter();
        let named = named.filter_map(|folder| folder.canonicalize().ok());
        for folder in named.filter(|folder| folder.is_dir() && is_beside(folder)) {
            if found.len() < FOLDERS_MAX && found.insert(folder.clone()) {
                open.extend(manifests(&folder));
            }
        }
    }
    found.into_iter().collect()
}

fn is_manifest(name: &str) -> bool {
    name == "package.json" || MANIFESTS.contains(&name)
}

fn manifests(folder: &Path) -> Vec<PathBuf> {
    MANIFESTS.iter().map(|name| folder.join(name)).filter(|path| path.exists()).collect()
}

/// The folders that a manifest, or a folder of installed packages, names; not all of them need to be there.
fn named_by(manifest: &Path, workspaces: &mut Workspaces) -> Vec<PathBuf> {
    let folder = manifest.parent().unwrap_or(manifest);
    match manifest.file_name().and_then(|name| name.to_str()) {
        Some("Cargo.toml") => by_cargo(folder, manifest, workspaces),
        Some("go.mod" | "go.work") => by_go(folder, manifest),
        _ => links(manifest),
    }
}

fn text_of(file: &Path) -> Option<String> {
    let is_small = fs::metadata(file).is_ok_and(|meta| meta.len() <= BYTES_MAX);
    is_small.then(|| fs::read_to_string(file).ok())?
}

/// Which folders are known to begin a workspace of cargo, or not to.
type Workspaces = HashMap<PathBuf, bool>;

/// Path dependencies, and the workspaces they belong to: cargo reads what packages inherit from those.
fn by_cargo(folder: &Path, manifest: &Path, workspaces: &mut Workspaces) -> Vec<PathBuf> {
    let table = |file: &Path| text_of(file)?.parse::<toml::Table>().ok();
    let mut paths = Vec::new();
    table(manifest).iter().for_each(|table| values_of_path(table, &mut paths));
    let packages = paths.iter().map(|path| folder.join(path));
    let packages = packages.filter(|package| package.join("Cargo.toml").is_file());
    let packages: BTreeSet<PathBuf> =
        packages.filter_map(|package| package.canonicalize().ok()).collect();
    let mut is_workspace = |folder: &&Path| {
        let begins = || {
            let manifest = table(&folder.join("Cargo.toml"));
            manifest.is_some_and(|table| table.contains_key("workspace"))
        };
        *workspaces.entry(folder.to_path_buf()).or_insert_with(begins)
    };
    let around: Vec<PathBuf> = packages
        .iter()
        .filter_map(|package| package.ancestors().skip(1).find(&mut is_workspace))
        .map(Path::to_path_buf)
        .collect();
    packages.into_iter().chain(around).collect()
}

/// What stands behind a key `path`, however deep: dependencies stand in many tables.
fn values_of_path(table: &toml::Table, paths: &mut Vec<String>) {
    for (key, value) in table {
        match value {
            toml::Value::String(path) if key == "path" => paths.push(path.clone()),
            toml::Value::Table(inner) => values_of_path(inner, paths),
            _ => {}
        }
    }
}

/// Modules in place of others, and those that a workspace uses.
fn by_go(folder: &Path, manifest: &Path) -> Vec<PathBuf> {
    let text = text_of(manifest).unwrap_or_default();
    let is_path = |word: &str| ["./", "../", "/"].iter().any(|start| word.starts_with(start));
    let words = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let paths = words.flat_map(str::split_whitespace).filter(|word| is_path(word));
    paths.map(|path| folder.join(path)).filter(|path| path.join("go.mod").is_file()).collect()
}

/// Where the links among installed packages of Node.js lead, those of a scope too.
fn links(packages: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let scopes =
        entries(packages).filter(|entry| entry.file_name().to_string_lossy().starts_with('@'));
    let folders = scopes.map(|scope| scope.path()).chain([packages.to_path_buf()]);
    let all = folders.flat_map(|folder| entries(&folder));
    let is_link = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_symlink());
    let packages = all.filter(is_link).map(|entry| entry.path());
    packages.filter(|path| path.join("package.json").is_file()).collect()
}

/// Folders of Python packages below a prefix, such as a virtual environment.
pub fn python_packages(prefix: &Path) -> Vec<PathBuf> {
    let versions = fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    let versions =
        versions.filter(|entry| entry.file_name().to_string_lossy().starts_with("python"));
    let mut folders: Vec<PathBuf> = versions
        .flat_map(|version| {
            ["site-packages", "dist-packages"].map(|name| version.path().join(name))
        })
        .filter(|folder| folder.is_dir())
        .collect();
    folders.sort();
    folders
}

/// How far above its packages a Python project begins at most.
const LEVELS_MAX: usize = 4;

/// Where the packages that are installed in place (`pip install --editable`) below a prefix lie: folders that a `.pth` file
/// adds to Python's path, or those in the table of a finder that setuptools makes.
pub fn editable(prefix: &Path) -> Vec<PathBuf> {
    let named = python_packages(prefix).into_iter().flat_map(|folder| {
        let files = fs::read_dir(&folder).into_iter().flatten().flatten();
        let named = files.flat_map(|entry| named_in_place(&entry));
        named.map(move |place| folder.join(place)).collect::<Vec<_>>()
    });
    let named = named.filter_map(|place| place.canonicalize().ok());
    named.map(|place| project_around(&place).unwrap_or(place)).collect()
}

/// The places that a file among the packages adds.
fn named_in_place(entry: &fs::DirEntry) -> Vec<PathBuf> {
    let name = entry.file_name().to_string_lossy().into_owned();
    let is_finder = name.starts_with("__editable__") && name.ends_with(".py");
    let text = (name.ends_with(".pth") || is_finder).then(|| text_of(&entry.path())).flatten();
    let text = text.unwrap_or_default();
    let is_place =
        |line: &&str| !line.is_empty() && !line.starts_with('#') && !line.starts_with("import ");
    match is_finder {
        true => text
            .split(['\'', '"'])
            .filter(|word| word.starts_with('/'))
            .map(PathBuf::from)
            .collect(),
        false => text.lines().map(str::trim).filter(is_place).map(PathBuf::from).collect(),
    }
}

/// The project that a folder of Python packages belongs to: its code may read what lies beside it.
fn project_around(place: &Path) -> Option<PathBuf> {
    let is_project = |folder: &&Path| {
        ["pyproject.toml", "setup.py", "setup.cfg"].iter().any(|name| folder.join(name).is_file())
    };
    place.ancestors().take(LEVELS_MAX).find(is_project).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(top: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = top.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn below(top: &Path, folders: &[PathBuf]) -> Vec<String> {
        let names = folders.iter().map(|folder| folder.strip_prefix(top).unwrap());
        names.map(|name| name.to_str().unwrap().to_owned()).collect()
    }

    /// The neighbours of the project in `app`, of which these files are known.
    fn check(files: &[(&str, &str)], known: &[&str], expected: &[&str]) {
        let top = tempfile::tempdir().unwrap();
        let top = top.path().canonicalize().unwrap();
        put(&top, files);
        let known: Vec<RepoPath> = known.iter().map(|path| RepoPath::new(path).unwrap()).collect();
        assert_eq!(below(&top, &neighbours(&top.join("app"), known.iter())), expected);
    }

    #[test]
    fn path_dependencies_of_cargo_are_followed_to_their_workspaces() {
        let app = "[lib]\npath = \"src/lib.rs\"\n[dependencies]\nnear = { path = \"../near\" }\ngone = { path = \"../gone\" }\n\
            own = { path = \"own\" }\n[target.'cfg(unix)'.dev-dependencies.far]\npath = \"../many/far\"\n";
        check(
            &[
                ("app/Cargo.toml", app),
                ("app/own/Cargo.toml", ""),
                ("near/Cargo.toml", "[dependencies]\nnext = { path = \"../next\" }\n"),
                ("next/Cargo.toml", "not TOML ["),
                ("many/Cargo.toml", "[workspace]\nmembers = [\"far\"]\n"),
                ("many/far/Cargo.toml", ""),
                ("beside/Cargo.toml", ""),
            ],
            &["Cargo.toml", "own/Cargo.toml"],
            &["many", "many/far", "near", "next"],
        );
    }

    #[test]
    fn modules_of_go_in_place_of_others_are_neighbours() {
        let module = "module app\nreplace (\n\texample.com/a => ../a // ../b\n\texample.com/c v1 => example.com/d v2\n)\n";
        check(
            &[
                ("app/go.mod", module),
                ("app/go.work", "use ./\nuse ../e\n"),
                ("a/go.mod", ""),
                ("b/go.mod", ""),
                ("e/go.mod", ""),
            ],
            &["go.mod", "go.work"],
            &["a", "e"],
        );
    }

    #[test]
    fn what_a_copy_names_and_the_disk_does_not_is_no_neighbour() {
        check(&[("app/x", ""), ("near/Cargo.toml", "")], &["Cargo.toml"], &[]);
    }

    #[cfg(unix)]
    #[test]
    fn links_among_installed_packages_lead_to_neighbours() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path().canonicalize().unwrap();
        put(&top, &[("app/node_modules/plain/index.js", ""), ("app/packages/own/index.js", "")]);
        put(
            &top,
            &[
                ("near/package.json", ""),
                ("scoped/package.json", ""),
                ("app/node_modules/@s/x/i.js", ""),
                ("secret/key", ""),
            ],
        );
        for (link, to) in [
            ("near", "near"),
            ("@s/scoped", "scoped"),
            ("own", "app/packages/own"),
            ("x", "secret"),
        ] {
            std::os::unix::fs::symlink(top.join(to), top.join("app/node_modules").join(link))
                .unwrap();
        }
        assert_eq!(below(&top, &neighbours(&top.join("app"), [].iter())), ["near", "scoped"]);
    }

    #[test]
    fn packages_of_python_that_are_installed_in_place_are_found() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path();
        let at = |name: &str| top.join(name).to_str().unwrap().to_owned();
        let packages = "venv/lib/python3.11/site-packages";
        let pth = format!("import os; os.getcwd()\n{}\n{}\nrelative\n", at("a/src"), at("gone"));
        let finder = format!("MAPPING: dict[str, str] = {{'b': '{}'}}\n", at("b/b"));
        put(
            top,
            &[
                (&format!("{packages}/__editable__.a-1.pth"), &pth),
                (&format!("{packages}/__editable___b_1_finder.py"), &finder),
                (&format!("{packages}/other.py"), &format!("'{}'", at("c"))),
                ("a/src/a.py", ""),
                ("b/b/__init__.py", ""),
                ("b/pyproject.toml", ""),
                ("c/x", ""),
            ],
        );
        let mut found = editable(&top.join("venv"));
        found.sort();
        assert_eq!(below(top, &found), ["a/src", "b"]);
    }
}
