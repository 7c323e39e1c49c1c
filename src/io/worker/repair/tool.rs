//! What the tool that objects can mend itself: the fixes of compilers and linters, tried before any search. A fix counts
//! when the finding is gone with it; the check that verifies it all comes later, as for any change.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use super::super::{Desk, Progress};
use super::{Group, case_of, is_build, still_failing};
use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::io::process::End;
use crate::io::store::TreeFile;
use crate::io::worlds::{Command, World};
use crate::model::check::{Check, Linter, Runner};
use crate::model::failure::Failure;
use crate::model::report::TestCase;

const TYPESCRIPT: &str = include_str!("tool/typescript.cjs");
/// What lets cargo write to files whose changes are not committed, or are in no repository.
const CARGO: [&str; 5] =
    ["--allow-dirty", "--allow-staged", "--allow-no-vcs", "--offline", "--quiet"];

/// Files with findings that `gopls` is asked to mend: each takes seconds.
const GOPLS_FILES_MAX: usize = 4;
/// Fixes for each of them.
const GOPLS_FIXES_MAX: usize = 8;
const GOPLS_WALL: Duration = Duration::from_secs(20);
/// How functions begin that it makes for names that nothing has.
const STUB: &str = "panic(\"";

/// A tree on which the tool's own fixes mended all of the group's findings, with them in words; `None` where it has none
/// for all of them.
pub(super) fn fixed(
    desk: &Desk<'_>,
    tree: &TreeId,
    group: &Group<'_>,
    until: Instant,
) -> Result<Option<(TreeId, String)>, Failure> {
    let mut fixes = fixes(group);
    if fixes.is_empty() {
        return Ok(None);
    }
    let world = desk.worlds.enter(tree)?;
    if group.check.runner == Runner::Lint(Linter::Tsc) {
        fixes[0].argv.push(typescript(&world)?);
    }
    let mut left = tree.clone();
    let mut by = "";
    for fix in &fixes {
        let program = fix.program();
        let text = format!("letting {program} mend what it can");
        (desk.progress)(Progress { text, ..Progress::default() });
        let after = run(desk, &world, group.check, fix, (left.clone(), until))?;
        if after != left {
            (left, by) = (after, program);
        }
    }
    drop(world);
    let Some(left) = in_files_of(desk, tree, &left, group)? else { return Ok(None) };
    if adds_stub(desk, group, tree, &left)? || !still_failing(desk, &left, group)?.is_empty() {
        return Ok(None);
    }
    let paths: BTreeSet<String> = desk
        .store
        .changes(tree, &left)?
        .into_iter()
        .map(|change| change.path.to_string())
        .collect();
    let files = paths.into_iter().collect::<Vec<_>>().join(", ");
    Ok(Some((left, format!("{files}: what {by} mends by itself"))))
}

/// The tree that is left where a tool wrote its fixes, until it had no more or its time was over, into another one.
fn run(
    desk: &Desk<'_>,
    world: &World,
    check: &Check,
    fix: &Fix,
    (mut before, until): (TreeId, Instant),
) -> Result<TreeId, Failure> {
    let command = Command {
        argv: world.absolute_program(fix.argv.clone(), &check.dir),
        dir: check.dir.clone(),
        env: check.env.clone().into_iter().collect(),
        deadline: Duration::from_millis(check.timeout_ms).min(fix.wall),
        policy: check.policy.clone(),
    };
    for _ in 0..fix.n_times {
        if desk.cancel.is_cancelled() || Instant::now() >= until {
            break;
        }
        // What it says of findings that are left is no word on those it mended.
        let output = world.run(&command, desk.cancel, &mut |_| {});
        if matches!(output.end, End::NotStarted(_)) {
            break;
        }
        let after = world.left_tree()?;
        if after == before {
            break;
        }
        before = after;
    }
    Ok(before)
}

/// `tree` with the changes of files that have findings of the group; `None` where there are none. The tool may have
/// changed much beside what is to be mended.
fn in_files_of(
    desk: &Desk<'_>,
    tree: &TreeId,
    left: &TreeId,
    group: &Group<'_>,
) -> Result<Option<TreeId>, Failure> {
    let places = files_of(group);
    let mut files = Vec::new();
    for change in desk.store.changes(tree, left)? {
        if let Some(after) = change.after.filter(|_| places.contains(&change.path)) {
            files.push((change.path, Some(desk.store.blob(&after.blob)?)));
        }
    }
    match files.is_empty() {
        true => Ok(None),
        false => desk.store.with_files(tree, &files).map(Some),
    }
}

/// Whether a change makes up what the messages say is not there, as Go's tools do: that compiles and does nothing.
fn adds_stub(
    desk: &Desk<'_>,
    group: &Group<'_>,
    before: &TreeId,
    after: &TreeId,
) -> Result<bool, Failure> {
    let names = group.baseline.problems.iter().filter_map(|problem| {
        let (_, name) = problem.message.split_once("undefined: ")?;
        name.split_whitespace().next()
    });
    let made = |name| [format!("{name} :="), format!("var {name} "), format!("func {name}(")];
    let stubs: Vec<String> = names.flat_map(made).chain([STUB.to_owned()]).collect();
    for change in desk.store.changes(before, after)? {
        let n_stubs = |file: Option<TreeFile>| -> Result<usize, Failure> {
            let bytes = file.map_or(Ok(Vec::new()), |file| desk.store.blob(&file.blob))?;
            let text = String::from_utf8_lossy(&bytes);
            Ok(stubs.iter().map(|stub| text.matches(stub).count()).sum())
        };
        if n_stubs(change.after)? > n_stubs(change.before)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Files with findings of the group.
fn files_of<'g>(group: &Group<'g>) -> BTreeSet<&'g RepoPath> {
    let cases = group.failing.iter().filter_map(|name| case_of(group.baseline, name));
    let of_cases = cases.filter_map(|case: &TestCase| case.at.as_ref());
    let of_build = group.baseline.problems.iter().filter_map(|problem| problem.at.as_ref());
    of_cases.chain(of_build).map(|place| &place.path).collect()
}

/// A command that has a tool write fixes into the files.
struct Fix {
    argv: Vec<String>,
    /// At most, where it writes one at a time.
    n_times: usize,
    /// For each time.
    wall: Duration,
}

impl Fix {
    fn of(argv: Vec<String>) -> Self {
        Self { argv, n_times: 1, wall: Duration::MAX }
    }

    fn program(&self) -> &str {
        let program = self.argv.first().map_or("", String::as_str);
        program.rsplit('/').next().unwrap_or(program)
    }
}

/// What has the tool of a check write its fixes, in turn; nothing where it has none.
fn fixes(group: &Group<'_>) -> Vec<Fix> {
    let argv = &group.check.argv;
    let one = |argv| vec![Fix::of(argv)];
    match group.check.runner {
        Runner::Lint(Linter::Ruff) => one(with(argv, &["--fix"])),
        Runner::Lint(Linter::Eslint) => one(with(argv, &["--fix", "--quiet"])),
        Runner::Lint(Linter::Clippy) => one(with(argv, &[&["--fix"], &CARGO[..]].concat())),
        Runner::Lint(Linter::CargoCheck) => {
            let word = |word: &String| if word == "check" { "fix".into() } else { word.clone() };
            let argv: Vec<String> = argv.iter().map(word).collect();
            one(with(&argv, &[&["--broken-code"], &CARGO[..]].concat()))
        }
        // With a program of ours.
        Runner::Lint(Linter::Tsc) => one(vec!["node".to_owned()]),
        Runner::Cargo | Runner::Nextest if is_build(&group.failing) => {
            let start = ["cargo", "fix", "--all-targets", "--broken-code"].map(str::to_owned);
            one(with(&start, &CARGO))
        }
        Runner::Lint(Linter::GoVet) => {
            let at = argv.iter().position(|word| word == "vet").map_or(argv.len(), |at| at + 1);
            let vet = [&argv[..at], &["-fix".to_owned()], &argv[at..]].concat();
            std::iter::once(Fix::of(vet)).chain(gopls(group)).collect()
        }
        Runner::Go if is_build(&group.failing) => gopls(group),
        _ => Vec::new(),
    }
}

/// Imports that are missing or not needed, and the fixes of `gopls`, which go by other names since its version 0.17.
fn gopls(group: &Group<'_>) -> Vec<Fix> {
    let files = files_of(group).into_iter().take(GOPLS_FILES_MAX);
    let own = files.filter_map(|file| file.relative_to(&group.check.dir));
    own.flat_map(|file| {
        let command = |words: &[&str], n_times| {
            let words = [&["gopls"], words, &[file.as_str()]].concat();
            let argv = words.into_iter().map(str::to_owned).collect();
            Fix { argv, n_times, wall: GOPLS_WALL }
        };
        [
            command(&["imports", "-w"], 1),
            command(&["codeaction", "-kind=quickfix", "-exec", "-write"], GOPLS_FIXES_MAX),
            command(&["fix", "-a", "-w"], 1),
        ]
    })
    .collect()
}

/// Where the program lies that has TypeScript write its fixes.
fn typescript(world: &World) -> Result<String, Failure> {
    let file = world.scratch().join("typescript.cjs");
    fs::write(&file, TYPESCRIPT).map_err(|error| {
        let message = format!("`{}` cannot be written: {error}", file.display());
        Failure::environment(message, "Is there space left on the disk?")
    })?;
    Ok(file.to_string_lossy().into_owned())
}

/// A command with more options: before `--`, behind which those of another program stand.
fn with(argv: &[String], options: &[&str]) -> Vec<String> {
    let at = argv.iter().position(|word| word == "--").unwrap_or(argv.len());
    let options: Vec<String> = options.iter().map(|word| (*word).to_owned()).collect();
    [&argv[..at], &options, &argv[at..]].concat()
}
