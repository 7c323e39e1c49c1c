//! What tests of the real program share: fixture projects, git repositories, homes of their own, fingerprints.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use tempfile::TempDir;

/// What `fixtures/NAME/fixture.toml` says. Read by tests only; copies of a fixture come without it.
#[derive(Clone, Debug, Deserialize)]
pub struct Fixture {
    #[serde(skip)]
    pub name: String,
    /// `unittest`, `pytest`, `cargo test`, `node-test`, `jest`, `vitest` or `mocha`.
    pub check: String,
    /// Tests that pass as the project stands.
    pub passing: usize,
    /// Tests that are skipped or still to be written.
    #[serde(default)]
    pub skipped: usize,
    /// Tests that are red as the project stands, in the runner's notation.
    pub red: Vec<String>,
    pub fault: Fault,
    /// Faults that have nothing to do with it or each other.
    #[serde(default)]
    pub more_faults: Vec<Fault>,
}

/// A fault of one place: with `good` in place of `bad` at all of them all tests pass.
#[derive(Clone, Debug, Deserialize)]
pub struct Fault {
    pub file: String,
    pub good: String,
    pub bad: String,
}

/// The top of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Fixture {
    pub fn load(name: &str) -> Fixture {
        let path = repository().join("fixtures").join(name).join("fixture.toml");
        let fixture: Fixture = toml::from_str(&read(&path)).unwrap();
        Fixture { name: name.to_owned(), ..fixture }
    }

    /// A copy of the project as it stands, red, in a folder of its own.
    pub fn copy(&self) -> Project {
        let project = Project::empty(&self.name);
        copy_folder(&repository().join("fixtures").join(&self.name), &project.root);
        project
    }

    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        std::iter::once(&self.fault).chain(&self.more_faults)
    }

    /// A copy without its faults: all green.
    pub fn copy_healthy(&self) -> Project {
        let project = self.copy();
        for fault in self.faults() {
            project.replace(&fault.file, &fault.bad, &fault.good);
        }
        project
    }
}

/// A project in a temporary folder, gone when dropped.
pub struct Project {
    /// Absolute and canonical.
    pub root: PathBuf,
    #[expect(dead_code, reason = "held for its drop, which deletes the folder")]
    holder: TempDir,
}

impl Project {
    /// A folder of this name with nothing in it.
    pub fn empty(name: &str) -> Project {
        let holder = tempfile::tempdir().unwrap();
        let root = holder.path().canonicalize().unwrap().join(name);
        fs::create_dir(&root).unwrap();
        Project { root, holder }
    }

    pub fn read(&self, file: &str) -> String {
        read(&self.root.join(file))
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Puts `new` in place of `old`, which must be there exactly once.
    pub fn replace(&self, file: &str, old: &str, new: &str) {
        self.write(file, &replaced(&self.read(file), old, new));
    }

    /// Runs git here, alone with its repository: no configuration of the user, a fixed identity and time.
    pub fn git(&self, args: &[&str]) -> Output {
        let output = Command::new("git")
            .args(args)
            .current_dir(&self.root)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|key| (key, "Ada")))
            .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|key| (key, "ada@example.org")))
            .envs(
                ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|key| (key, "2024-03-15T12:00:00Z")),
            )
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    /// Makes the folder a repository with everything in one commit.
    pub fn commit_all(&self) {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "start"]);
    }

    /// Starts the program here; see [`Home::greenloop`].
    pub fn greenloop(&self, home: &Home) -> Command {
        let mut command = home.greenloop();
        command.current_dir(&self.root);
        command
    }
}

/// `text` with `new` in place of `old`, which must be there exactly once.
pub fn replaced(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old:?} must be there once");
    text.replace(old, new)
}

/// A user's home of our own: no test sees another's state, cache or configuration.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    pub fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    pub fn cache(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    pub fn config(&self) -> PathBuf {
        self.0.path().join("config")
    }

    /// The program under test with an environment of its own and nothing inherited.
    pub fn greenloop(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_greenloop"))
    }

    /// Any program, in the same environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(toolchains()).envs([
            ("HOME", self.0.path().to_path_buf()),
            ("XDG_STATE_HOME", self.state()),
            ("XDG_CACHE_HOME", self.cache()),
            ("XDG_CONFIG_HOME", self.config()),
        ]);
        command
    }
}

/// The Python with pytest that `tests/setup.sh` makes.
pub fn python() -> PathBuf {
    let python = repository().join("target/test-venv/bin/python3");
    assert!(python.exists(), "{} is missing; run tests/setup.sh once", python.display());
    python
}

/// Puts the packages that `tests/setup.sh` installed for a fixture into a project, without copying them if it can be.
pub fn install(fixture: &str, root: &Path) {
    let packages = repository().join("target/test-node").join(fixture).join("node_modules");
    assert!(packages.exists(), "{} is missing; run tests/setup.sh once", packages.display());
    link_folder(&packages, &root.join("node_modules"));
}

fn link_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for child in fs::read_dir(from).unwrap() {
        let child = child.unwrap();
        let target = to.join(child.file_name());
        let kind = child.file_type().unwrap();
        if kind.is_dir() {
            link_folder(&child.path(), &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(child.path()).unwrap(), &target).unwrap();
        } else {
            let linked = fs::hard_link(child.path(), &target);
            linked.or_else(|_| fs::copy(child.path(), &target).map(drop)).unwrap();
        }
    }
}

/// Where Rust, git and the test Python are found. Rust's folders are named because they hang on the real `HOME`.
pub fn toolchains() -> Vec<(&'static str, OsString)> {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let or_home =
        |key: &str, folder: &str| std::env::var_os(key).unwrap_or(home.join(folder).into());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        [python().parent().unwrap().to_path_buf()].into_iter().chain(std::env::split_paths(&path));
    vec![
        ("PATH", std::env::join_paths(folders).unwrap()),
        ("CARGO_HOME", or_home("CARGO_HOME", ".cargo")),
        ("RUSTUP_HOME", or_home("RUSTUP_HOME", ".rustup")),
        ("LANG", "C.UTF-8".into()),
    ]
}

/// Everything a folder holds, itself included, `.git` too: to show that nothing was touched.
#[derive(Debug, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<PathBuf, Entry>);

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// Type and permissions.
    mode: u32,
    /// Seconds and nanoseconds.
    changed: (i64, i64),
    /// A file's bytes, a link's target.
    content: Vec<u8>,
}

impl Fingerprint {
    pub fn of(folder: &Path) -> Fingerprint {
        let mut entries = BTreeMap::new();
        collect(folder, folder, &mut entries);
        Fingerprint(entries)
    }

    /// Panics with the paths that were added, removed or changed since.
    pub fn assert_unchanged(&self, folder: &Path) {
        let differences = self.differences(&Fingerprint::of(folder));
        assert!(
            differences.is_empty(),
            "{} was touched:\n{}",
            folder.display(),
            differences.join("\n")
        );
    }

    fn differences(&self, now: &Fingerprint) -> Vec<String> {
        let paths: BTreeSet<_> = self.0.keys().chain(now.0.keys()).collect();
        let describe = |path: &PathBuf| {
            let what = match (self.0.get(path), now.0.get(path)) {
                (Some(_), None) => "removed",
                (None, _) => "added",
                (Some(before), Some(after)) if before == after => return None,
                (Some(before), Some(after)) if before.content != after.content => "other bytes",
                (Some(before), Some(after)) if before.mode != after.mode => "other mode",
                (Some(_), Some(_)) => "other time",
            };
            Some(format!("  {}: {what}", path.display()))
        };
        paths.into_iter().filter_map(describe).collect()
    }
}

fn collect(top: &Path, path: &Path, entries: &mut BTreeMap<PathBuf, Entry>) {
    let meta = fs::symlink_metadata(path).unwrap();
    let content = if meta.is_symlink() {
        fs::read_link(path).unwrap().into_os_string().into_encoded_bytes()
    } else if meta.is_file() {
        fs::read(path).unwrap()
    } else {
        Vec::new()
    };
    let entry = Entry { mode: meta.mode(), changed: (meta.mtime(), meta.mtime_nsec()), content };
    entries.insert(path.strip_prefix(top).unwrap().to_path_buf(), entry);
    if meta.is_dir() {
        fs::read_dir(path).unwrap().for_each(|child| collect(top, &child.unwrap().path(), entries));
    }
}

/// Copies a fixture: no expectations, no outputs of earlier runs.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for child in fs::read_dir(from).unwrap() {
        let child = child.unwrap();
        let name = child.file_name();
        if ["fixture.toml", "target", "__pycache__", ".pytest_cache", "node_modules"]
            .iter()
            .any(|skip| name == *skip)
        {
            continue;
        }
        if child.file_type().unwrap().is_dir() {
            copy_folder(&child.path(), &to.join(name));
        } else {
            fs::copy(child.path(), to.join(name)).unwrap();
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn committed_copies_are_the_same_bytes() {
    let head = || {
        let project = Fixture::load("python-billing").copy();
        project.commit_all();
        assert!(!project.root.join("fixture.toml").exists());
        String::from_utf8(project.git(&["rev-parse", "HEAD"]).stdout).unwrap()
    };
    assert_eq!(head(), head());
}

#[test]
fn a_fingerprint_sees_every_touch() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let touch = |name: &str, act: fn(&Project)| {
        let project = Fixture::load("python-billing").copy();
        symlink("tests", project.root.join("link")).unwrap();
        let before = Fingerprint::of(&project.root);
        before.assert_unchanged(&project.root);
        act(&project);
        let seen = before.differences(&Fingerprint::of(&project.root)).join("\n");
        assert!(seen.contains(name), "{name} not in: {seen}");
    };
    touch("README.md: removed", |project| fs::remove_file(project.root.join("README.md")).unwrap());
    touch("new/file: added", |project| project.write("new/file", ""));
    touch("README.md: other bytes", |project| project.write("README.md", "x"));
    touch("link: other bytes", |project| {
        fs::remove_file(project.root.join("link")).unwrap();
        symlink("billing", project.root.join("link")).unwrap();
    });
    touch("README.md: other mode", |project| {
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(project.root.join("README.md"), private).unwrap();
    });
    touch("README.md: other time", |project| {
        let file = fs::File::options().write(true).open(project.root.join("README.md")).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    });
    touch(": other time", |project| {
        let path = project.root.join("billing/passing.tmp");
        fs::write(&path, "").unwrap();
        fs::remove_file(path).unwrap();
    });
}

#[test]
fn the_program_starts_in_a_home_of_its_own() {
    let (home, project) = (Home::new(), Fixture::load("python-billing").copy());
    let command = project.greenloop(&home);
    let names: Vec<_> = command.get_envs().map(|(name, _)| name.to_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "CARGO_HOME",
            "HOME",
            "LANG",
            "PATH",
            "RUSTUP_HOME",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME"
        ]
    );
}
