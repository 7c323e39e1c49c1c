//! What a check's outcome depends on beside the files: its definition, the environment, tools, installed dependencies,
//! the sandbox and this program. As a digest, so that runs in different settings are never taken for the same.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::Serialize;

use crate::base::ids::TreeId;
use crate::base::limits::LINKED_FILES_MAX;
use crate::base::path::RepoPath;
use crate::io::linked;
use crate::io::sandbox::{allowed_environment, own_program};
use crate::io::store::{self, Store};
use crate::io::worlds::Worlds;
use crate::model::check::Check;
use crate::model::failure::Failure;

/// Folders that builds write.
const BUILT: [&str; 2] = ["__pycache__", "node_modules"];

#[derive(Serialize)]
struct Setting<'a> {
    check: &'a Check,
    environment: Vec<(String, String)>,
    enforced: Vec<String>,
    platform: [&'static str; 2],
    /// Things on disk that no tree holds, each with what shows that it changed.
    marks: Vec<String>,
}

/// The setting of a check on a tree.
pub fn setting(
    store: &Store,
    worlds: &Worlds,
    tree: &TreeId,
    check: &Check,
) -> Result<String, Failure> {
    let mut marks = Vec::new();
    marks.extend(own_program().ok().map(|program| mark(&program)));
    marks.extend(program(store.root(), check).iter().flat_map(|file| tool(store.root(), file)));
    marks.extend(toolchains().iter().map(|file| mark(file)));
    for folder in store.dependency_folders(tree)? {
        marks.push(installed(&folder.under(store.root())));
    }
    let files = store.files(tree)?;
    let neighbours = linked::neighbours(store.root(), files.iter().map(|file| &file.path));
    marks.extend(neighbours.iter().map(|folder| sources(folder)));
    let setting = Setting {
        check,
        environment: allowed_environment(Path::new("/tmp"), &check.policy.doors.pass_env, &[]),
        enforced: worlds.enforced(&check.policy),
        platform: [env::consts::OS, env::consts::ARCH],
        marks,
    };
    let text = serde_json::to_string(&setting).map_err(|error| {
        Failure::new(
            crate::model::failure::FailureKind::Bug,
            format!("a check's setting cannot be written: {error}"),
            "Please report this.",
        )
    })?;
    Ok(store::digest(&text))
}

/// The name of a check's program when it is not there, in the project at `root` or on the search path.
pub fn missing_program<'c>(root: &Path, check: &'c Check) -> Option<&'c str> {
    let name = check.argv.first()?;
    let is_there = program(root, check).is_some_and(|file| file.is_file());
    (!is_there).then_some(name)
}

/// The file that a check's program is: by its path, or by name on the search path.
fn program(root: &Path, check: &Check) -> Option<PathBuf> {
    let name = check.argv.first()?;
    if name.contains('/') {
        return Some(
            check
                .dir
                .join(name)
                .map_or_else(|| PathBuf::from(name), |path: RepoPath| path.under(root)),
        );
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// A program and the packages installed for it.
fn tool(root: &Path, program: &Path) -> Vec<String> {
    let real = program.canonicalize().unwrap_or_else(|_| program.to_path_buf());
    let prefixes = [program, &real].map(|file| file.parent().and_then(Path::parent));
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".local"));
    let prefixes: Vec<&Path> = prefixes.into_iter().flatten().chain(home.as_deref()).collect();
    let packages = prefixes.iter().flat_map(|prefix| linked::python_packages(prefix));
    let packages: Vec<String> = packages.map(|folder| installed(&folder)).collect();
    let in_place = prefixes.iter().flat_map(|prefix| linked::editable(prefix));
    // The project itself is told by its tree.
    let is_beside = |folder: &PathBuf| !folder.starts_with(root) && !root.starts_with(folder);
    let in_place = in_place.filter(is_beside).map(|folder| sources(&folder));
    [mark(&real)].into_iter().chain(packages).chain(in_place).collect()
}

/// Files that say which toolchain stands behind a program such as `cargo`, and how it is set up.
fn toolchains() -> Vec<PathBuf> {
    let home = |variable: &str, below_home: &str| {
        let own = env::var_os(variable).map(PathBuf::from);
        own.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(below_home)))
    };
    let rustup = home("RUSTUP_HOME", ".rustup").map(|folder| folder.join("settings.toml"));
    let cargo = home("CARGO_HOME", ".cargo").map(|folder| folder.join("config.toml"));
    rustup.into_iter().chain(cargo).collect()
}

/// A folder of installed packages: by its installer's own record, else by what lies in it. Not by its time, since tools
/// keep caches in such folders.
fn installed(folder: &Path) -> String {
    let records = [".package-lock.json", ".yarn-integrity", ".modules.yaml"];
    let record = records.iter().map(|name| folder.join(name)).find(|file| file.is_file());
    record.map_or_else(
        || {
            let names = entries(folder);
            let kept = names.iter().filter(|name| !name.starts_with('.') && *name != "__pycache__");
            let names: Vec<&str> = kept.map(String::as_str).collect();
            format!("{} {}", folder.display(), store::digest(&names.join("\n")))
        },
        |file| mark(&file),
    )
}

/// A folder outside the project whose files tests may use: by the size and time of each, without what is built or hidden.
fn sources(folder: &Path) -> String {
    let (mut open, mut marks) = (vec![folder.to_path_buf()], Vec::new());
    let mut n_looked = 0;
    while let Some(place) = open.pop() {
        let names = entries(&place);
        // A folder that cargo builds in lies beside a manifest; elsewhere it is a source by that name.
        let is_built = |name: &str| match name {
            "target" => names.iter().any(|other| other == "Cargo.toml"),
            name => BUILT.contains(&name),
        };
        let is_source =
            |name: &&String| (!name.starts_with('.') || *name == ".cargo") && !is_built(name);
        for name in names.iter().filter(is_source) {
            n_looked += 1;
            if n_looked > LINKED_FILES_MAX {
                break;
            }
            let path = place.join(name);
            match fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir()) {
                true => open.push(path),
                false => marks.push(mark(&path)),
            }
        }
    }
    format!("{} {}", folder.display(), store::digest(&marks.join("\n")))
}

/// The names in a folder, sorted; none when it cannot be read.
fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

/// A file with its size and time; the path alone when there is none.
fn mark(file: &Path) -> String {
    let told = fs::metadata(file).ok().and_then(|meta| {
        let at = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("{} {}", meta.len(), at.as_nanos()))
    });
    format!("{} {}", file.display(), told.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linked_folder_is_told_by_its_sources() {
        let place = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("src/a.py", "1");
        put("Cargo.toml", "");
        let before = sources(place.path());
        put("src/__pycache__/a.pyc", "");
        put("target/debug/a", "");
        put(".git/index", "");
        assert_eq!(sources(place.path()), before, "what is built");
        put("src/a.py", "12");
        let changed = sources(place.path());
        assert_ne!(changed, before);
        put("src/target/mod.rs", "");
        assert_ne!(sources(place.path()), changed, "a source of that name");
    }

    #[test]
    fn a_project_that_is_installed_in_place_is_told_by_its_tree_alone() {
        let place = tempfile::tempdir().unwrap();
        let top = place.path().canonicalize().unwrap();
        let (own, near) = (top.join("own"), top.join("near"));
        let packages = own.join(".venv/lib/python3.11/site-packages");
        for folder in [&packages, &own.join(".venv/bin"), &near] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(packages.join("own.pth"), own.to_str().unwrap()).unwrap();
        fs::write(packages.join("near.pth"), near.to_str().unwrap()).unwrap();
        let program = own.join(".venv/bin/python");
        let told = || tool(&own, &program);
        let before = told();
        fs::write(own.join("a.py"), "saved").unwrap();
        assert_eq!(told(), before);
        fs::write(near.join("a.py"), "saved").unwrap();
        assert_ne!(told(), before);
    }

    #[test]
    fn installed_packages_are_told_by_what_is_installed() {
        let place = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
        put("a", "");
        let before = installed(place.path());
        put(".cache", "");
        put("__pycache__", "");
        assert_eq!(installed(place.path()), before, "caches");
        put("b", "");
        let with_b = installed(place.path());
        assert_ne!(with_b, before);
        put(".package-lock.json", "{}");
        let by_record = installed(place.path());
        put("c", "");
        assert_eq!(installed(place.path()), by_record);
        put(".package-lock.json", "{ }");
        assert_ne!(installed(place.path()), by_record);
    }
}
