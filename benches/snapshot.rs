//! How long snapshots take, by the size of the project: `cargo bench --bench snapshot`. Prints the least and the
//! median of several runs, in milliseconds. A number as argument gives one size of one's own.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and waits for the clock"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use greenloop::base::path::RepoPath;
use greenloop::io::store::Store;
use greenloop::model::snapshot::Buffer;

const FILES_PER_FOLDER: usize = 20;
const ROUNDS: usize = 9;

fn main() {
    let chosen: Vec<usize> =
        std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if chosen.is_empty() { vec![100, 5_000, 50_000] } else { chosen.clone() };
    println!("{:>8}  {:<34} {:>9} {:>9}", "files", "what", "least", "median");
    for n_files in sizes {
        measure(n_files, true);
    }
    if chosen.is_empty() {
        measure(1_000, false);
    }
}

fn measure(n_files: usize, in_git: bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().canonicalize().expect("the folder exists");
    let root = folder.join("project");
    let files = write_project(&root, n_files);
    if in_git {
        git(&root, &["init", "-q"]);
        git(&root, &["add", "-A"]);
        git(
            &root,
            &["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "c"],
        );
    }
    // Files written within the clock's grain would be read again, and again.
    std::thread::sleep(Duration::from_millis(2_100));
    let kind = if in_git { "in git" } else { "without git" };
    let report =
        |what: &str, times: Vec<Duration>| print_row(n_files, &format!("{what}, {kind}"), times);

    let first = |round: usize| {
        let state = folder.join(format!("state-{round}"));
        timed(|| {
            drop(Store::open(&root, &state).expect("opens").snapshot(&[]).expect("a snapshot"));
        })
    };
    report("first", (0..1).map(first).collect());
    let reopened = || {
        timed(|| {
            drop(
                Store::open(&root, &folder.join("state-0"))
                    .expect("opens")
                    .snapshot(&[])
                    .expect("a snapshot"),
            );
        })
    };
    report("first of a process", (0..3).map(|_| reopened()).collect());

    let store = Store::open(&root, &folder.join("state-0")).expect("opens");
    let tree = store.snapshot(&[]).expect("a snapshot").tree;
    report("unchanged", (0..ROUNDS).map(|_| timed(|| drop(store.snapshot(&[])))).collect());
    let edited = |round: usize| {
        for file in &files[..3.min(files.len())] {
            fs::write(root.join(file), format!("edited {round}\n")).expect("a file is written");
        }
        timed(|| drop(store.snapshot(&[])))
    };
    report("3 edits on disk", (0..ROUNDS).map(edited).collect());
    let path = |file: &PathBuf| RepoPath::new(file).expect("a relative path");
    let buffers = |round: usize| -> Vec<Buffer> {
        files[..3]
            .iter()
            .map(|file| Buffer { path: path(file), text: format!("typed {round}\n") })
            .collect()
    };
    report(
        "3 buffers",
        (0..ROUNDS).map(|round| timed(|| drop(store.snapshot(&buffers(round))))).collect(),
    );
    let changed = |round: usize| {
        let changes: Vec<_> = files[..3]
            .iter()
            .map(|file| (path(file), Some(format!("put {round}\n").into_bytes())))
            .collect();
        timed(|| drop(store.with_files(&tree, &changes)))
    };
    report("3 files put into a known tree", (0..ROUNDS).map(changed).collect());
}

fn write_project(root: &Path, n_files: usize) -> Vec<PathBuf> {
    let file = |at: usize| {
        let folder = at / FILES_PER_FOLDER;
        PathBuf::from(format!("part{}/module{folder}/file{at}.py", folder / FILES_PER_FOLDER))
    };
    let files: Vec<PathBuf> = (0..n_files).map(file).collect();
    for (at, file) in files.iter().enumerate() {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder is made");
        fs::write(path, format!("# file {at}\n{}", "def f():\n    return 1\n\n".repeat(at % 100)))
            .expect("a file is written");
    }
    fs::write(root.join(".gitignore"), "*.log\n/build/\n").expect("a file is written");
    files
}

fn git(root: &Path, args: &[&str]) {
    assert!(Command::new("git").args(args).current_dir(root).status().expect("git runs").success());
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn print_row(n_files: usize, what: &str, mut times: Vec<Duration>) {
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let (least, median) = (milliseconds(times[0]), milliseconds(times[times.len() / 2]));
    println!("{n_files:>8}  {what:<34} {least:>9.2} {median:>9.2}");
}
