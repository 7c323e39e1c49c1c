//! How long the map of a repository takes, and what memory: `cargo bench --bench repo_map -- [--project DIR]
//! [--against-aider PYTHON]`. The project is this repository when not said; it is only read. With a Python that has
//! `aider-chat`, aider's map of the same files is made in the same run, one after the other.

#![allow(clippy::print_stdout, reason = "figures are for reading")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenloop::base::cancel::CancelToken;
use greenloop::base::ids::TreeId;
use greenloop::base::path::RepoPath;
use greenloop::io::repo_maps::RepoMaps;
use greenloop::io::store::Store;
use greenloop::logic::outline::language_of;
use greenloop::logic::repo_map::{Focus, RepoMap};

const ROUNDS: usize = 10;
const TOKENS: usize = 4_096;

/// What is asked of both, in this order; the figures of aider come by these names.
const FIGURES: [(&str, &str); 5] = [
    ("cold", "nothing known, first map"),
    ("reopened", "new process, nothing changed"),
    ("warm", "same process, other focus"),
    ("edit", "same process, one file edited"),
    ("", "  of that the update alone"),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |option: &str| {
        let at = args.iter().position(|arg| arg == option)?;
        args.get(at + 1).cloned()
    };
    let root = value("--project").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let root = root.canonicalize().expect("the project is there");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(&root, &folder.path().join("state")).expect("opens");
    let tree = store.snapshot(&[]).expect("a snapshot").tree;
    let memory = memory_kib();

    let project = Project { store: &store, tree, cache: folder.path().join("cache") };
    let (ours, map) = project.measure();
    let paths: Vec<&RepoPath> = map.files().map(|(path, _)| path).collect();
    println!(
        "{}: {} files, {} of them sources with an outline; outlines {:.1} MB, process {:.0} MB more than before\n",
        root.display(),
        store.files(&project.tree).expect("files").len(),
        paths.len(),
        map.n_bytes() as f64 / 1e6,
        memory_kib().saturating_sub(memory) as f64 / 1024.0,
    );
    let theirs = value("--against-aider")
        .map(|python| aider(&python, &root, &folder.path().join("aider"), &paths));
    println!(
        "{:31}{:>22}{:>24}{:>16}",
        "milliseconds, wall / processor", "greenloop", "aider", "ratio"
    );
    for ((name, what), own) in FIGURES.iter().zip(ours) {
        let own = [own.wall, own.cpu].map(|time| time.as_secs_f64() * 1e3);
        print!("{what:31}{:>12.2} {:>9.2}", own[0], own[1]);
        let theirs = theirs.as_ref().and_then(|theirs| theirs.get(name));
        if let Some(theirs) = theirs {
            let other = [0, 1].map(|at| theirs[at].as_f64().unwrap_or(f64::NAN) * 1e3);
            print!("{:>12.0} {:>11.0}", other[0], other[1]);
            print!("{:>7.0}x {:>6.0}x", other[0] / own[0], other[1] / own[1]);
        }
        println!();
    }
}

struct Project<'a> {
    store: &'a Store,
    tree: TreeId,
    cache: PathBuf,
}

impl Project<'_> {
    /// In the order of [`FIGURES`]; the median where there are several rounds.
    fn measure(&self) -> ([Cost; 5], Arc<RepoMap>) {
        let paths = sources(self.store, &self.tree);
        let focus = |round: usize| Focus {
            files: vec![paths[(round + 1) * paths.len() / (ROUNDS + 2)].clone()],
            ..Focus::default()
        };
        let show = |maps: &RepoMaps, tree: &TreeId, round: usize| {
            drop(self.map(maps, tree).ranked(&focus(round), TOKENS));
        };
        let reopened = || timed(|| show(&RepoMaps::open(&self.cache), &self.tree, 0));
        let cold = reopened();
        let reopened = median((0..ROUNDS).map(|_| reopened()));
        let maps = RepoMaps::open(&self.cache);
        let map = self.map(&maps, &self.tree);
        let warm = median((0..ROUNDS).map(|round| timed(|| show(&maps, &self.tree, round))));
        // The map from before stays in use, as with workers that are still at it.
        let edit = |round| {
            let tree = self.edited(&paths, round);
            let update = timed(|| drop(self.map(&maps, &tree)));
            (update, timed(|| show(&maps, &tree, round)))
        };
        let (updates, shows): (Vec<Cost>, Vec<Cost>) = (0..ROUNDS).map(edit).unzip();
        let (update, shown) = (median(updates.into_iter()), median(shows.into_iter()));
        let edit = Cost { wall: update.wall + shown.wall, cpu: update.cpu + shown.cpu };
        ([cold, reopened, warm, edit, update], map)
    }

    fn map(&self, maps: &RepoMaps, tree: &TreeId) -> Arc<RepoMap> {
        maps.of(self.store, tree, &CancelToken::new()).expect("a map")
    }

    /// The project with a line added to one of its files.
    fn edited(&self, paths: &[RepoPath], round: usize) -> TreeId {
        let path = &paths[(round + 1) * paths.len() / (ROUNDS + 2)];
        let mut bytes = self.store.read(&self.tree, path).expect("readable").expect("a file");
        bytes.extend_from_slice(format!("\nedited_{round}()\n").as_bytes());
        let tree = self.store.with_files(&self.tree, &[(path.clone(), Some(bytes))]);
        tree.expect("a tree")
    }
}

/// The files that get an outline.
fn sources(store: &Store, tree: &TreeId) -> Vec<RepoPath> {
    let files = store.files(tree).expect("files").into_iter();
    files.map(|file| file.path).filter(|path| language_of(path).is_some()).collect()
}

/// Wall time, and the processors' time of all threads: what others do on the machine says little in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

/// Seconds of wall and processor time by the names in [`FIGURES`].
fn aider(python: &str, root: &Path, cache: &Path, paths: &[&RepoPath]) -> serde_json::Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/repo_map/aider_map.py");
    let mut child = Command::new(python)
        .arg(script)
        .args([root, cache])
        .arg(TOKENS.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Python starts");
    let list: String = paths.iter().map(|path| format!("{path}\n")).collect();
    child.stdin.take().expect("a pipe").write_all(list.as_bytes()).expect("is read");
    let output = child.wait_with_output().expect("ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    println!("aider: {last}");
    serde_json::from_str(last).expect("figures")
}

fn timed(work: impl FnOnce()) -> Cost {
    let (start, cpu) = (Instant::now(), cpu_time());
    work();
    Cost { wall: start.elapsed(), cpu: cpu_time() - cpu }
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn median(costs: impl Iterator<Item = Cost>) -> Cost {
    let mut costs: Vec<Cost> = costs.collect();
    costs.sort();
    let wall = costs[costs.len() / 2].wall;
    costs.sort_by_key(|cost| cost.cpu);
    Cost { wall, cpu: costs[costs.len() / 2].cpu }
}

/// Resident memory; 0 where it is not told.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
