//! What the tool that objects can mend itself: the fixes of compilers and linters, tried before any search. A fix counts
//! when the finding is gone with it; the check that verifies it all comes later, as for any change.

use std::collections::BTreeSet;
use std::fs;

use super::super::{Desk, Progress};
use super::{Group, case_of, is_build, still_failing};
use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::io::worlds::{Command, World};
use crate::model::check::{Linter, Runner};
use crate::model::failure::Failure;
use crate::model::report::TestCase;

const TYPESCRIPT: &str = include_str!("tool/typescript.cjs");
/// What lets cargo write to files whose changes are not committed, or are in no repository.
const CARGO: [&str; 5] =
    ["--allow-dirty", "--allow-staged", "--allow-no-vcs", "--offline", "--quiet"];

/// A tree on which the tool's own fixes mended all of the group's findings, with them in words; `None` where it has none
/// for all of them.
pub(super) fn fixed(
    desk: &Desk<'_>,
    tree: &TreeId,
    group: &Group<'_>,
) -> Result<Option<(TreeId, String)>, Failure> {
    let Some(mut argv) = fixer(group) else { return Ok(None) };
    let world = desk.worlds.enter(tree)?;
    if group.check.runner == Runner::Lint(Linter::Tsc) {
        argv.push(typescript(&world)?);
    }
    let shown = argv.first().map_or("", |program| program.rsplit('/').next().unwrap_or(program));
    let text = format!("letting {shown} mend what it can");
    (desk.progress)(Progress { text, ..Progress::default() });
    let check = group.check;
    let command = Command {
        argv: world.absolute_program(argv.clone(), &check.dir),
        dir: check.dir.clone(),
        env: check.env.clone().into_iter().collect(),
        deadline: std::time::Duration::from_millis(check.timeout_ms),
        policy: check.policy.clone(),
    };
    // What it says of findings that are left is no word on those it mended.
    world.run(&command, desk.cancel, &mut |_| {});
    let left = world.left_tree()?;
    drop(world);
    let Some(left) = in_files_of(desk, tree, &left, group)? else { return Ok(None) };
    if !still_failing(desk, &left, group)?.is_empty() {
        return Ok(None);
    }
    let paths: BTreeSet<String> = desk
        .store
        .changes(tree, &left)?
        .into_iter()
        .map(|change| change.path.to_string())
        .collect();
    let files = paths.into_iter().collect::<Vec<_>>().join(", ");
    Ok(Some((left, format!("{files}: what {shown} mends by itself"))))
}

/// `tree` with the changes of files that have findings of the group; `None` where there are none. The tool may have
/// changed much beside what is to be mended.
fn in_files_of(
    desk: &Desk<'_>,
    tree: &TreeId,
    left: &TreeId,
    group: &Group<'_>,
) -> Result<Option<TreeId>, Failure> {
    let cases = group.failing.iter().filter_map(|name| case_of(group.baseline, name));
    let of_cases = cases.filter_map(|case: &TestCase| case.at.as_ref());
    let of_build = group.baseline.problems.iter().filter_map(|problem| problem.at.as_ref());
    let places: BTreeSet<&RepoPath> = of_cases.chain(of_build).map(|place| &place.path).collect();
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

/// The command that has the tool of a check write its fixes into the files; `None` where it has none.
fn fixer(group: &Group<'_>) -> Option<Vec<String>> {
    let argv = &group.check.argv;
    match group.check.runner {
        Runner::Lint(Linter::Ruff) => Some(with(argv, &["--fix"])),
        Runner::Lint(Linter::Eslint) => Some(with(argv, &["--fix", "--quiet"])),
        Runner::Lint(Linter::Clippy) => Some(with(argv, &[&["--fix"], &CARGO[..]].concat())),
        Runner::Lint(Linter::CargoCheck) => {
            let word = |word: &String| if word == "check" { "fix".into() } else { word.clone() };
            let argv: Vec<String> = argv.iter().map(word).collect();
            Some(with(&argv, &[&["--broken-code"], &CARGO[..]].concat()))
        }
        // With a program of ours.
        Runner::Lint(Linter::Tsc) => Some(vec!["node".to_owned()]),
        Runner::Cargo | Runner::Nextest if is_build(&group.failing) => {
            let start = ["cargo", "fix", "--all-targets", "--broken-code"].map(str::to_owned);
            Some(with(&start, &CARGO))
        }
        _ => None,
    }
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
