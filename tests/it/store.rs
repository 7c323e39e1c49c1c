//! The private store against real repositories: what a snapshot holds, and that the user's folder is never written.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use greenloop::base::hash::ContentHash;
use greenloop::base::ids::TreeId;
use greenloop::base::limits::{SNAPSHOT_FILE_BYTES_MAX, SNAPSHOT_WARNINGS_MAX};
use greenloop::base::path::RepoPath;
use greenloop::io::store::{FileMode, Store, TreeChange, TreeFile};
use greenloop::model::failure::FailureKind;
use greenloop::model::snapshot::{Buffer, Snapshot};
use proptest::prelude::*;
use tempfile::TempDir;

/// A project in a folder of its own, with a state folder beside it.
struct Case {
    folder: TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(case.root()).unwrap();
        case
    }

    /// A repository with these files committed.
    fn committed(files: &[(&str, &str)]) -> Self {
        let case = Self::new();
        case.git(&["init", "-q", "-b", "main"]);
        case.write_all(files);
        case.commit();
        case
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("project")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("state")
    }

    fn store(&self) -> Store {
        self.store_at(&self.root())
    }

    fn store_at(&self, root: &Path) -> Store {
        Store::open(root, &self.state()).unwrap()
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    fn write_all(&self, files: &[(&str, &str)]) {
        files.iter().for_each(|(path, text)| self.write(path, text));
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "c"]);
    }

    fn git(&self, args: &[&str]) -> String {
        git(&self.root(), args)
    }
}

fn git(root: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(args)
        .current_dir(root)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What git itself would commit from the worktree at `top`.
fn tree_by_git(top: &Path) -> String {
    let index = tempfile::tempdir().unwrap();
    let index = index.path().join("index");
    let users = git(top, &["rev-parse", "--path-format=absolute", "--git-path", "index"]);
    fs::copy(users, &index).ok();
    let run = |args: &[&str]| {
        let output = Command::new("git")
            .args(args)
            .current_dir(top)
            .env("GIT_INDEX_FILE", &index)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    run(&["add", "-A"]);
    run(&["write-tree"])
}

fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

fn buffer(at: &str, text: &str) -> Buffer {
    Buffer { path: path(at), text: text.into() }
}

fn names(store: &Store, tree: &TreeId) -> Vec<String> {
    store.files(tree).unwrap().iter().map(|file| file.path.to_string()).collect()
}

fn text(store: &Store, snapshot: &Snapshot, at: &str) -> Option<String> {
    store
        .read(&snapshot.tree, &path(at))
        .unwrap()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Every file and folder below `folder` but for `state`, with its times, mode and content.
fn everything(folder: &Path, state: &Path) -> BTreeMap<PathBuf, String> {
    let mut seen = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            if meta.is_dir() && path != state {
                folders.push(path.clone());
            }
            let content =
                if meta.is_file() { fs::read(&path).unwrap_or_default() } else { Vec::new() };
            let times = (meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec());
            // Git renews the time of a shared index whenever any git reads it.
            let is_shared_index =
                path.file_name().unwrap().to_string_lossy().starts_with("sharedindex.");
            let times = if is_shared_index { (0, 0, 0, 0) } else { times };
            seen.insert(
                path,
                format!("{times:?} {:o} {} {}", meta.mode(), meta.ino(), ContentHash::of(content)),
            );
        }
    }
    seen.retain(|path, _| path != state);
    seen
}

/// Asserts that `everything` is as it was, naming only what is not.
fn assert_untouched(
    before: &BTreeMap<PathBuf, String>,
    after: &BTreeMap<PathBuf, String>,
    name: &str,
) {
    let paths: BTreeSet<&PathBuf> = before.keys().chain(after.keys()).collect();
    let touched: Vec<_> =
        paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
    assert_eq!(touched, Vec::<&PathBuf>::new(), "{name}");
}

/// A layout: its name, and what makes it in an empty project folder.
type Layout = (&'static str, fn(&Case));

const FILES: &[(&str, &str)] =
    &[("a.py", "a = 1\n"), ("lib/b.py", "b = 2\n"), ("lib/deep/c.py", "c = 3\n")];

/// Layouts in which git itself, without conversions, would commit exactly what a snapshot holds.
const PLAIN: &[Layout] = &[
    ("committed", |case| init(case, &[])),
    ("packed", |case| {
        init(case, &[]);
        case.git(&["gc", "-q"]);
    }),
    ("unborn", |case| {
        case.git(&["init", "-q"]);
        case.write_all(FILES);
    }),
    ("dirty", |case| {
        init(case, &[]);
        case.write("a.py", "a = 2\n");
        case.write("new/n.py", "n\n");
        fs::remove_file(case.root().join("lib/b.py")).unwrap();
        case.write("lib/deep/c.py", "staged\n");
        case.git(&["add", "lib/deep/c.py"]);
        case.write("lib/deep/c.py", "staged, then edited\n");
    }),
    ("intent to add", |case| {
        init(case, &[]);
        case.write("later.py", "later\n");
        case.git(&["add", "-N", "later.py"]);
    }),
    ("conflicted", |case| {
        init(case, &[]);
        case.git(&["checkout", "-q", "-b", "other"]);
        case.write("a.py", "theirs\n");
        case.commit();
        case.git(&["checkout", "-q", "main"]);
        case.write("a.py", "ours\n");
        case.commit();
        let merge = ["-c", "user.name=a", "-c", "user.email=a@example.org", "merge", "-q", "other"];
        assert!(
            !Command::new("git")
                .args(merge)
                .current_dir(case.root())
                .output()
                .unwrap()
                .status
                .success()
        );
    }),
    ("a file that became a folder", |case| {
        init(case, &[]);
        fs::remove_file(case.root().join("a.py")).unwrap();
        case.write("a.py/inner.py", "inner\n");
    }),
    ("split index", |case| {
        init(case, &[]);
        case.write("ignored.log", "tracked all the same\n");
        case.write(".gitignore", "*.log\n");
        case.git(&["add", "-f", "ignored.log"]);
        case.git(&["update-index", "--split-index"]);
    }),
    ("index version 4", |case| {
        init(case, &[]);
        case.git(&["update-index", "--index-version", "4"]);
    }),
    ("reftable", |case| init(case, &["--ref-format=reftable"])),
    ("submodule", |case| {
        let other = case.folder.path().join("other");
        fs::create_dir(&other).unwrap();
        git(&other, &["init", "-q"]);
        fs::write(other.join("inner.py"), "inner\n").unwrap();
        git(&other, &["add", "-A"]);
        git(&other, &["commit", "-q", "-m", "c"]);
        init(case, &[]);
        case.git(&["submodule", "--quiet", "add", other.to_str().unwrap(), "vendored"]);
        case.commit();
    }),
    ("links and modes", |case| {
        case.git(&["init", "-q"]);
        case.write("run.sh", "#!/bin/sh\n");
        fs::set_permissions(case.root().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("run.sh", case.root().join("link")).unwrap();
        symlink("/nowhere/at/all", case.root().join("dangling")).unwrap();
        fs::create_dir(case.root().join("folder")).unwrap();
        symlink("../folder", case.root().join("folder/loop")).unwrap();
        case.commit();
        fs::set_permissions(case.root().join("run.sh"), fs::Permissions::from_mode(0o644)).unwrap();
        case.write("bytes.bin", [0u8, 0xff, 0xfe, b'\r', b'\n']);
    }),
    ("names that sort oddly", |case| {
        case.git(&["init", "-q"]);
        case.write_all(&[
            ("a", "1"),
            ("a.b", "2"),
            ("a-", "3"),
            ("a0", "4"),
            ("b/x", "5"),
            ("b.c", "6"),
            ("b-/y", "7"),
            ("ä", "8"),
        ]);
    }),
    ("detached worktree of a repository", |case| {
        let main = case.folder.path().join("main");
        fs::create_dir(&main).unwrap();
        git(&main, &["init", "-q", "-b", "main"]);
        fs::write(main.join("a.py"), "a\n").unwrap();
        git(&main, &["add", "-A"]);
        git(&main, &["commit", "-q", "-m", "c"]);
        fs::remove_dir(case.root()).unwrap();
        git(&main, &["worktree", "add", "-q", "--detach", case.root().to_str().unwrap()]);
        case.write("a.py", "edited\n");
    }),
];

/// Layouts that only have to be read, not written.
const OTHER: &[Layout] = &[
    ("SHA-256", |case| init(case, &["--object-format=sha256"])),
    ("sparse index", |case| {
        init(case, &[]);
        case.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "lib/deep"]);
    }),
    ("without git", |case| case.write_all(FILES)),
];

fn init(case: &Case, options: &[&str]) {
    case.git(&[&["init", "-q", "-b", "main"], options].concat());
    case.write_all(FILES);
    case.commit();
}

fn made((name, make): &Layout) -> (Case, &'static str) {
    let case = Case::new();
    make(&case);
    (case, name)
}

/// Makes the user's index look written long after the files, so that what it knows of them is believed.
fn believe_index(case: &Case) {
    let index = fs::File::options().write(true).open(case.root().join(".git/index")).unwrap();
    index.set_modified(SystemTime::now() + Duration::from_secs(60)).unwrap();
}

#[test]
fn a_snapshot_is_what_git_would_commit() {
    for layout in PLAIN {
        let (case, name) = made(layout);
        let store = case.store();
        for round in ["first", "again"] {
            let snapshot = store.snapshot(&[]).unwrap();
            assert_eq!(snapshot.tree.as_str(), tree_by_git(&case.root()), "{name}, {round}");
            assert_eq!(snapshot.warnings, Vec::<String>::new(), "{name}");
            assert_eq!(snapshot.n_files, store.files(&snapshot.tree).unwrap().len(), "{name}");
        }
        case.write("added.py", "added\n");
        let snapshot = store.snapshot(&[]).unwrap();
        assert_eq!(snapshot.tree.as_str(), tree_by_git(&case.root()), "{name}, after an edit");
        let reopened = case.store().snapshot(&[]).unwrap();
        assert_eq!(reopened.tree, snapshot.tree, "{name}, reopened");
    }
}

#[test]
fn nothing_of_the_users_is_written() {
    for layout in PLAIN.iter().chain(OTHER) {
        let (case, name) = made(layout);
        let before = everything(case.folder.path(), &case.state());
        let store = case.store();
        let tree = store.snapshot(&[]).unwrap().tree;
        store.snapshot(&[buffer("a.py", "typed\n"), buffer("typed.py", "typed\n")]).unwrap();
        // Back to contents that the user's repository holds.
        let plain =
            store.files(&tree).unwrap().into_iter().filter(|file| file.mode == FileMode::Plain);
        let same: Vec<_> =
            plain.map(|file| (file.path.clone(), store.read(&tree, &file.path).unwrap())).collect();
        let typed = store.with_files(&tree, &[(path("a.py"), Some(b"typed\n".to_vec()))]).unwrap();
        store.with_files(&typed, &same).unwrap();
        store.is_ignored(&path("a.py"));
        store.dependency_folders(&tree).unwrap();
        drop(store);
        case.store().snapshot(&[]).unwrap();
        assert_untouched(&before, &everything(case.folder.path(), &case.state()), name);
    }
}

#[test]
fn layouts_libgit2_cannot_read_are_captured_too() {
    for layout in OTHER {
        let (case, name) = made(layout);
        let in_git = case.root().join(".git").exists();
        case.write_all(&[(".gitignore", "*.log\n"), ("kept.log", "tracked\n"), ("left.log", "")]);
        if in_git {
            case.git(&["add", "-f", "--sparse", "kept.log"]);
        }
        let store = case.store();
        let snapshot = store.snapshot(&[]).unwrap();
        let names = names(&store, &snapshot.tree);
        assert_eq!(names.contains(&"kept.log".to_owned()), in_git, "{name}");
        assert!(!names.contains(&"left.log".to_owned()), "{name}");
        assert_eq!(text(&store, &snapshot, "lib/deep/c.py").as_deref(), Some("c = 3\n"), "{name}");
        assert_eq!(snapshot.warnings, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn bytes_are_the_disks_whatever_git_converts() {
    let cases: [(&str, &str, &[&str]); 5] = [
        ("line endings by attribute", "* text=auto eol=crlf\n", &[]),
        ("line endings by configuration", "", &["config", "core.autocrlf", "true"]),
        (
            "a filter that keeps the length",
            "*.py filter=loud\n",
            &["config", "filter.loud.clean", "tr a-z A-Z"],
        ),
        (
            "a filter that shortens",
            "*.py filter=short\n",
            &["config", "filter.short.clean", "head -c 3"],
        ),
        ("expanded ids", "*.py ident\n", &[]),
    ];
    for (name, attributes, config) in cases {
        let case = Case::new();
        case.git(&["init", "-q"]);
        if !config.is_empty() {
            case.git(config);
        }
        case.write(".gitattributes", attributes);
        case.write("a.py", "abc\r\ndef $Id: 0123456789012345678901234567890123456789 $\r\n");
        case.commit();
        believe_index(&case);
        let store = case.store();
        let snapshot = store.snapshot(&[]).unwrap();
        let disk = fs::read_to_string(case.root().join("a.py")).unwrap();
        assert_eq!(text(&store, &snapshot, "a.py"), Some(disk), "{name}");
    }
}

#[test]
fn a_filter_taken_away_leaves_no_trace_in_a_snapshot() {
    let case = Case::new();
    case.git(&["init", "-q"]);
    case.git(&["config", "filter.short.clean", "head -c 3"]);
    case.write_all(&[(".gitattributes", "*.bin filter=short\n"), ("a.bin", "0123456789")]);
    // Long before the index, so that git itself has no doubt.
    let file = fs::File::options().write(true).open(case.root().join("a.bin")).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(600)).unwrap();
    case.commit();
    // As `git lfs untrack` leaves it: the index still holds the short form.
    case.write(".gitattributes", "");
    case.git(&["add", ".gitattributes"]);
    believe_index(&case);
    let store = case.store();
    let snapshot = store.snapshot(&[]).unwrap();
    assert_eq!(text(&store, &snapshot, "a.bin").as_deref(), Some("0123456789"));
}

#[test]
fn what_differs_from_the_last_commit_is_known() {
    let case = Case::committed(&[("a.py", "1\n"), ("same.py", "1\n"), ("old.py", "1\n2\n")]);
    case.write_all(&[
        ("a.py", "2\n"),
        ("new.py", "3\n"),
        (".gitignore", "_version.py\n"),
        ("_version.py", "# @generated\n"),
    ]);
    fs::rename(case.root().join("old.py"), case.root().join("renamed.py")).unwrap();
    let store = case.store();
    let committed = |paths: &[&str]| {
        let mut files = store.files(&store.snapshot(&[]).unwrap().tree).unwrap();
        files.retain(|file| paths.contains(&file.path.as_str()));
        assert_eq!(files.len(), paths.len());
        let known = store.committed(&files).into_iter();
        let known = known
            .map(|(path, bytes)| format!("{path}={}", String::from_utf8(bytes).unwrap().trim()));
        known.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        committed(&["a.py", "new.py", "renamed.py", "same.py"]),
        "a.py=1 new.py= renamed.py="
    );
    assert_eq!(committed(&["_version.py"]), "", "what git ignores was not changed by anybody");
    let unborn = Case::new();
    unborn.git(&["init", "-q", "-b", "main"]);
    unborn.write("a.py", "1\n");
    let store = unborn.store();
    let files = store.files(&store.snapshot(&[]).unwrap().tree).unwrap();
    assert!(store.committed(&files).is_empty(), "without a commit nothing is known to be new");
}

#[test]
fn edits_of_the_same_length_and_time_are_noticed() {
    let case = Case::committed(&[("a.py", "1\n")]);
    believe_index(&case);
    let file = fs::File::options().write(true).open(case.root().join("a.py")).unwrap();
    let time = file.metadata().unwrap().modified().unwrap();
    let store = case.store();
    for digit in ["2\n", "3\n", "4\n"] {
        case.write("a.py", digit);
        file.set_modified(time).unwrap();
        let snapshot = store.snapshot(&[]).unwrap();
        assert_eq!(text(&store, &snapshot, "a.py").as_deref(), Some(digit));
    }
}

#[test]
fn tracked_files_are_captured_whatever_the_rules_say() {
    let case = Case::committed(&[
        ("kept.log", "k"),
        ("logs/in/deep.log", "d"),
        ("target/CACHEDIR.TAG", TAG),
        ("target/kept", "k"),
    ]);
    case.write_all(&[
        (".gitignore", "*.log\nlogs/\n"),
        ("left.log", ""),
        ("logs/in/left", ""),
        ("target/left", ""),
    ]);
    let store = case.store();
    let now = || names(&store, &store.snapshot(&[]).unwrap().tree);
    assert_eq!(
        now(),
        [".gitignore", "kept.log", "logs/in/deep.log", "target/CACHEDIR.TAG", "target/kept"]
    );
    case.git(&["add", "-f", "left.log", "logs/in/left"]);
    assert_eq!(
        now(),
        [
            ".gitignore",
            "kept.log",
            "left.log",
            "logs/in/deep.log",
            "logs/in/left",
            "target/CACHEDIR.TAG",
            "target/kept"
        ]
    );
    case.git(&["rm", "-q", "--cached", "kept.log", "left.log", "logs/in/deep.log", "logs/in/left"]);
    assert_eq!(now(), [".gitignore", "target/CACHEDIR.TAG", "target/kept"]);
    assert!(!store.is_ignored(&path("target/kept")) && store.is_ignored(&path("target/left")));
}

#[test]
fn generated_code_is_there_although_git_ignores_it_and_secrets_are_not() {
    let case = Case::committed(&[
        (".gitignore", "_version.py\n*_pb2.py\n*.so\nlocal.py\n.env\nbuild/\n"),
        ("pkg/__init__.py", "from ._version import version\n"),
    ]);
    case.write_all(&[
        ("pkg/_version.py", "version = '1'\n"),
        ("pkg/a_pb2.py", "# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler.\n"),
        ("pkg/fast.so", "\0ELF"),
        ("pkg/local.py", "PASSWORD = 'x'\n"),
        (".env", "KEY=x\n"),
        ("build/_version.py", "version = '1'\n"),
    ]);
    let store = case.store();
    let now = || names(&store, &store.snapshot(&[]).unwrap().tree);
    let wanted =
        [".gitignore", "pkg/__init__.py", "pkg/_version.py", "pkg/a_pb2.py", "pkg/fast.so"];
    assert_eq!(now(), wanted);
    assert_eq!(now(), wanted, "also from what is remembered");
}

const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n";

#[test]
fn outputs_are_left_out_without_being_named() {
    let case = Case::new();
    case.write_all(&[
        ("a.py", ""),
        ("__pycache__/a.pyc", ""),
        ("pkg/node_modules/x/index.js", ""),
        ("target/debug/a", ""),
        ("other/CACHEDIR.TAG", "not the signature"),
        ("other/b.py", ""),
        ("env/pyvenv.cfg", ""),
        ("env/lib/site.py", ""),
        (".venv/x", ""),
        (".DS_Store", ""),
        ("vendor/.gitignore", "!node_modules/\n"),
        ("vendor/node_modules/kept.js", ""),
    ]);
    let store = case.store();
    let now = || names(&store, &store.snapshot(&[]).unwrap().tree);
    let kept = [
        "a.py",
        "other/CACHEDIR.TAG",
        "other/b.py",
        "target/debug/a",
        "vendor/.gitignore",
        "vendor/node_modules/kept.js",
    ];
    assert_eq!(now(), kept, "a folder called target is nothing special");
    case.write("target/CACHEDIR.TAG", TAG);
    assert_eq!(
        now(),
        kept.iter().filter(|path| !path.starts_with("target")).copied().collect::<Vec<_>>()
    );
    assert!(store.is_ignored(&path("target")) && store.is_ignored(&path("target/debug/new")));
    assert!(
        store.is_ignored(&path("env/lib/site.py"))
            && !store.is_ignored(&path("vendor/node_modules/kept.js"))
    );
}

#[test]
fn rules_that_change_are_followed() {
    let case = Case::committed(&[("a.py", "")]);
    case.write_all(&[("notes/n.txt", ""), ("b.tmp", "")]);
    let store = case.store();
    let now = || names(&store, &store.snapshot(&[]).unwrap().tree);
    assert_eq!(now(), ["a.py", "b.tmp", "notes/n.txt"]);
    case.write(".gitignore", "notes\n");
    assert_eq!(now(), [".gitignore", "a.py", "b.tmp"]);
    case.write(".git/info/exclude", "*.tmp\n");
    assert_eq!(now(), [".gitignore", "a.py"]);
    case.write(".gitignore", "!*.tmp\n");
    assert_eq!(now(), [".gitignore", "a.py", "b.tmp", "notes/n.txt"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn rules_mean_what_they_mean_to_git(
        root_rules in prop::collection::vec(rule(), 0..5),
        inner_rules in prop::collection::vec(rule(), 0..4),
        files in prop::collection::btree_set("(a|b|d)(/(a|b|d|x\\.y)){0,3}/f(\\.o)?", 1..12),
    ) {
        let case = Case::new();
        case.git(&["init", "-q"]);
        files.iter().for_each(|file| case.write(file, ""));
        case.write(".gitignore", root_rules.join("\n"));
        case.write("a/.gitignore", inner_rules.join("\n"));
        let store = case.store();
        let ours = names(&store, &store.snapshot(&[]).unwrap().tree);
        let gits = case.git(&["ls-files", "-co", "--exclude-standard"]);
        prop_assert_eq!(&ours, &gits.lines().map(str::to_owned).collect::<Vec<_>>());
        for file in &files {
            prop_assert_eq!(store.is_ignored(&path(file)), !ours.contains(file), "{}", file);
        }
    }
}

fn rule() -> impl Strategy<Value = String> {
    "!?/?(a|b|d|f|\\*|\\*\\*|\\*\\.o|x\\.y|f\\*|\\[ab\\])(/(a|b|\\*|\\*\\*|f|f\\.o)){0,2}/?"
}

#[test]
fn what_cannot_be_captured_is_named() {
    let case = Case::committed(&[("a.py", "a")]);
    let big = fs::File::create(case.root().join("big.bin")).unwrap();
    big.set_len(SNAPSHOT_FILE_BYTES_MAX + 1).unwrap();
    fs::write(case.root().join(OsStr::from_bytes(b"odd\xff.py")), "").unwrap();
    let _socket = UnixListener::bind(case.root().join("socket")).unwrap();
    assert!(Command::new("mkfifo").arg(case.root().join("fifo")).status().unwrap().success());
    case.write("nested/inner.py", "");
    git(&case.root().join("nested"), &["init", "-q"]);
    let store = case.store();
    let snapshot = store.snapshot(&[]).unwrap();
    assert_eq!(names(&store, &snapshot.tree), ["a.py"]);
    assert_eq!(
        snapshot.warnings,
        [
            "left out odd\u{fffd}.py: its name is not Unicode",
            "left out big.bin: larger than 100 MiB",
            "left out nested: a git repository of its own",
        ]
    );
}

#[test]
fn unreadable_files_are_named() {
    let case = Case::committed(&[("a.py", "a")]);
    case.write("secret", "s");
    fs::set_permissions(case.root().join("secret"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(case.root().join("secret")).is_ok() {
        return; // Nothing is unreadable to this user.
    }
    let snapshot = case.store().snapshot(&[]).unwrap();
    assert_eq!(snapshot.n_files, 1);
    assert_eq!(snapshot.warnings, ["left out secret: Permission denied (os error 13)"]);
}

#[test]
fn many_warnings_are_counted() {
    let case = Case::new();
    for at in 0..50u8 {
        fs::write(case.root().join(OsStr::from_bytes(&[b'0' + at, 0xff])), "").unwrap();
    }
    let warnings = case.store().snapshot(&[]).unwrap().warnings;
    assert_eq!(warnings.len(), SNAPSHOT_WARNINGS_MAX + 1);
    assert_eq!(warnings.last().unwrap(), "30 warnings more");
}

#[test]
fn several_repositories_in_a_plain_folder_are_all_captured() {
    let case = Case::new();
    case.write_all(&[("one/a.py", ""), ("two/b.py", "")]);
    git(&case.root().join("one"), &["init", "-q"]);
    let store = case.store();
    assert_eq!(names(&store, &store.snapshot(&[]).unwrap().tree), ["one/a.py", "two/b.py"]);
}

#[test]
fn a_subfolder_of_a_repository_is_its_part_of_the_tree() {
    let case = Case::committed(FILES);
    case.write(".gitignore", "*.log\n/lib/only\n");
    case.write_all(&[
        ("lib/x.log", ""),
        ("lib/only/y", ""),
        ("lib/new.py", "new\n"),
        ("elsewhere.py", ""),
    ]);
    let before = everything(&case.root(), &case.state());
    let store = case.store_at(&case.root().join("lib"));
    let snapshot = store.snapshot(&[buffer("b.py", "typed\n")]).unwrap();
    assert_eq!(names(&store, &snapshot.tree), ["b.py", "deep/c.py", "new.py"]);
    assert_eq!(snapshot.unsaved, [path("b.py")]);
    assert!(
        store.is_ignored(&path("x.log"))
            && store.is_ignored(&path("only/y"))
            && !store.is_ignored(&path("new.py"))
    );
    assert_untouched(&before, &everything(&case.root(), &case.state()), "a subfolder");
    let plain = store.snapshot(&[]).unwrap();
    assert_eq!(
        plain.tree.as_str(),
        case.git(&["rev-parse", &format!("{}:lib", tree_by_git(&case.root()))])
    );
}

#[test]
fn a_project_in_a_corner_that_a_repository_ignores_stands_for_itself() {
    let case = Case::committed(&[(".gitignore", "*\n")]);
    case.write_all(&[
        ("work/project/a.py", ""),
        ("work/project/.gitignore", "b.py"),
        ("work/project/b.py", ""),
    ]);
    let store = case.store_at(&case.root().join("work/project"));
    assert_eq!(names(&store, &store.snapshot(&[]).unwrap().tree), [".gitignore", "a.py"]);
}

#[test]
fn buffers_lie_on_top_of_the_disk() {
    let case = Case::committed(&[
        ("same.py", "a\nb\n"),
        ("edited.py", "a\n"),
        ("crlf.py", "\u{feff}a\r\nb\r\n"),
        ("crlf-edited.py", "\u{feff}a\r\nb\r\n"),
        (".gitignore", "*.log\n"),
        ("real/in.py", "x\n"),
    ]);
    case.write("latin1.py", b"# caf\xe9\n");
    case.write("latin1-edited.py", b"# caf\xe9\n");
    symlink("real", case.root().join("link")).unwrap();
    symlink("/etc/hostname", case.root().join("outside")).unwrap();
    fs::set_permissions(case.root().join("edited.py"), fs::Permissions::from_mode(0o755)).unwrap();
    let store = case.store();
    let disk = store.snapshot(&[]).unwrap();
    let snapshot = store
        .snapshot(&[
            buffer("same.py", "a\nb\n"),
            buffer("edited.py", "typed\n"),
            buffer("crlf.py", "a\nb\n"),
            buffer("crlf-edited.py", "a\nc\n"),
            buffer("latin1.py", "# caf\u{e9}\n"),
            buffer("latin1-edited.py", "# th\u{e9}\n"),
            buffer("new/file.py", "new\n"),
            buffer("x.log", "ignored\n"),
            buffer(".git/COMMIT_EDITMSG", "a message\n"),
            buffer("link/in.py", "through a link\n"),
            buffer("link/new.py", "new through a link\n"),
            buffer("outside", "not ours\n"),
        ])
        .unwrap();
    let unsaved = [
        "crlf-edited.py",
        "edited.py",
        "latin1-edited.py",
        "new/file.py",
        "real/in.py",
        "real/new.py",
    ];
    assert_eq!(snapshot.unsaved, unsaved.map(path));
    assert_eq!(snapshot.n_files, disk.n_files + 2);
    let changed: Vec<_> = store
        .changes(&disk.tree, &snapshot.tree)
        .unwrap()
        .into_iter()
        .map(|change| change.path)
        .collect();
    assert_eq!(changed, unsaved.map(path));
    let bytes = |at: &str| store.read(&snapshot.tree, &path(at)).unwrap().unwrap();
    assert_eq!(bytes("crlf-edited.py"), "\u{feff}a\r\nc\r\n".as_bytes());
    assert_eq!(bytes("latin1-edited.py"), b"# th\xe9\n");
    assert_eq!(bytes("real/in.py"), b"through a link\n");
    let edited = store
        .files(&snapshot.tree)
        .unwrap()
        .into_iter()
        .find(|file| file.path == path("edited.py"));
    assert_eq!(edited.unwrap().mode, FileMode::Executable);
}

#[test]
fn a_buffer_that_its_file_cannot_hold_is_refused_by_name() {
    let case = Case::committed(&[]);
    case.write("latin1.py", b"# caf\xe9\n");
    let failure =
        case.store().snapshot(&[buffer("latin1.py", "# caf\u{e9} \u{2603}\n")]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Project);
    assert_eq!(
        failure.message,
        "latin1.py is not UTF-8 and its unsaved text does not fit the file's encoding"
    );
}

#[test]
fn trees_are_edited_and_compared() {
    let case = Case::committed(&[("a.py", "a"), ("lib/b.py", "b"), ("lib/c.py", "c")]);
    fs::set_permissions(case.root().join("lib/b.py"), fs::Permissions::from_mode(0o755)).unwrap();
    let store = case.store();
    let before = store.snapshot(&[]).unwrap().tree;
    let bytes = |text: &str| Some(text.as_bytes().to_vec());
    let after = store
        .with_files(
            &before,
            &[
                (path("a.py"), None),
                (path("lib/b.py"), bytes("B")),
                (path("lib/c.py"), None),
                (path("new/deep/d.py"), bytes("d")),
                (path("absent.py"), None),
            ],
        )
        .unwrap();
    let blob = |text: &str| store.put_blob(text.as_bytes()).unwrap();
    let file =
        |at: &str, text: &str, mode| Some(TreeFile { path: path(at), blob: blob(text), mode });
    let change = |at: &str, before, after| TreeChange { path: path(at), before, after };
    assert_eq!(
        store.changes(&before, &after).unwrap(),
        [
            change("a.py", file("a.py", "a", FileMode::Plain), None),
            change(
                "lib/b.py",
                file("lib/b.py", "b", FileMode::Executable),
                file("lib/b.py", "B", FileMode::Executable)
            ),
            change("lib/c.py", file("lib/c.py", "c", FileMode::Plain), None),
            change("new/deep/d.py", None, file("new/deep/d.py", "d", FileMode::Plain)),
        ]
    );
    assert_eq!(store.changes(&after, &after).unwrap(), []);
    assert_eq!(store.read(&after, &path("lib")).unwrap(), None);
    assert_eq!(store.read(&after, &path("a.py")).unwrap(), None);
    assert_eq!(store.blob(&blob("B")).unwrap(), b"B");
    let empty = store
        .with_files(&after, &[(path("lib/b.py"), None), (path("new/deep/d.py"), None)])
        .unwrap();
    assert_eq!(store.files(&empty).unwrap(), []);
}

#[test]
fn files_and_folders_take_each_others_place_with_their_modes() {
    let case = Case::committed(&[("a/b/x", "x"), ("a/c", "c"), ("f", "f")]);
    let store = case.store();
    let before = store.snapshot(&[]).unwrap().tree;
    let put = |mode, text: &str| Some((mode, text.as_bytes().to_vec()));
    let changes = [
        (path("a"), put(FileMode::Executable, "a")),
        (path("a/b/x"), None),
        (path("a/c"), None),
        (path("f"), None),
        (path("f/link"), put(FileMode::Symlink, "../a")),
    ];
    let after = store.with_modes(&before, &changes).unwrap();
    assert_eq!(names(&store, &after), ["a", "f/link"]);
    let modes = ["a", "f/link", "f", "gone"].map(|at| store.mode(&after, &path(at)).unwrap());
    assert_eq!(modes, [Some(FileMode::Executable), Some(FileMode::Symlink), None, None]);
    let plain = store.with_modes(&after, &[(path("a"), put(FileMode::Plain, "a"))]).unwrap();
    for (from, to) in [(&before, &after), (&after, &before), (&after, &plain), (&plain, &before)] {
        assert_eq!(store.changes(from, to).unwrap(), differing_files(&store, from, to));
    }
}

/// What differs between the lists of two trees' files.
fn differing_files(store: &Store, from: &TreeId, to: &TreeId) -> Vec<TreeChange> {
    let files = |tree| store.files(tree).unwrap().into_iter().map(|file| (file.path.clone(), file));
    let (before, after) = (BTreeMap::from_iter(files(from)), BTreeMap::from_iter(files(to)));
    let paths: BTreeSet<&RepoPath> = before.keys().chain(after.keys()).collect();
    let change = |path: &RepoPath| TreeChange {
        path: path.clone(),
        before: before.get(path).cloned(),
        after: after.get(path).cloned(),
    };
    paths.into_iter().map(change).filter(|change| change.before != change.after).collect()
}

#[test]
fn an_empty_project_has_an_empty_tree() {
    let case = Case::new();
    let store = case.store();
    let snapshot = store.snapshot(&[]).unwrap();
    assert_eq!((snapshot.n_files, store.files(&snapshot.tree).unwrap()), (0, vec![]));
    assert_eq!(store.snapshot(&[buffer("a.py", "a")]).unwrap().n_files, 1);
}

#[test]
fn engines_share_a_state_folder() {
    let case = Case::committed(&[]);
    for at in 0..200 {
        case.write(&format!("f{}/x{at}.py", at % 7), format!("{at}\n"));
    }
    let expected = tree_by_git(&case.root());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    assert_eq!(case.store().snapshot(&[]).unwrap().tree.as_str(), expected);
                }
            });
        }
    });
    let shared = case.store();
    std::thread::scope(|scope| {
        for at in 0..4 {
            let shared = &shared;
            scope.spawn(move || {
                let snapshot = shared.snapshot(&[buffer("typed.py", &format!("{at}"))]).unwrap();
                assert_eq!(text(shared, &snapshot, "typed.py"), Some(at.to_string()));
            });
        }
    });
}

#[test]
fn kept_texts_outlive_the_users_objects() {
    let case = Case::committed(&[("kept.py", "kept\n"), ("borrowed.py", "borrowed\n")]);
    let (kept, borrowed) = {
        let store = case.store();
        let files = store.files(&store.snapshot(&[]).unwrap().tree).unwrap();
        let blob = |name| files.iter().find(|file| file.path == path(name)).unwrap().blob.clone();
        store.keep(&[blob("kept.py")]).unwrap();
        (blob("kept.py"), blob("borrowed.py"))
    };
    fs::remove_dir_all(case.root().join(".git/objects")).unwrap();
    fs::create_dir(case.root().join(".git/objects")).unwrap();
    let store = case.store();
    assert_eq!(store.blob(&kept).unwrap(), b"kept\n");
    assert_eq!(store.blob(&borrowed).unwrap_err().kind, FailureKind::Stale);
}

#[test]
fn the_state_folder_may_lie_in_the_project_and_must_be_usable() {
    let case = Case::committed(&[("a.py", "")]);
    let inside = case.root().join("state");
    let store = Store::open(&case.root(), &inside).unwrap();
    assert_eq!(names(&store, &store.snapshot(&[]).unwrap().tree), ["a.py"]);
    assert!(store.is_ignored(&path("state/store.git/HEAD")));

    case.write("file", "");
    let failure = Store::open(&case.root(), &case.root().join("file/state")).err().unwrap();
    assert_eq!(failure.kind, FailureKind::Environment);
    assert!(failure.message.contains("file/state"), "{}", failure.message);
    assert!(!failure.hint.is_empty());
    let gone =
        Store::open(&case.root().join("gone"), &case.state()).unwrap().snapshot(&[]).unwrap_err();
    assert_eq!(gone.kind, FailureKind::Environment);
}

#[test]
fn dependencies_are_found_beside_manifests() {
    let case = Case::committed(&[
        ("web/package.json", "{}"),
        ("tools/requirements-dev.txt", ""),
        ("plain/x.py", ""),
        ("vendor/package.json", "{}"),
        ("vendor/node_modules/committed.js", ""),
    ]);
    case.write_all(&[
        ("web/node_modules/x/index.js", ""),
        ("plain/node_modules/x/index.js", ""),
        ("tools/venv/pyvenv.cfg", ""),
        (".venv/pyvenv.cfg", ""),
        ("env/just-a-folder.txt", ""),
    ]);
    let store = case.store();
    let tree = store.snapshot(&[]).unwrap().tree;
    assert_eq!(
        store.dependency_folders(&tree).unwrap(),
        [".venv", "tools/venv", "web/node_modules"].map(path)
    );
}
