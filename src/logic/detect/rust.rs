//! Cargo projects: every `Cargo.toml` with none above it. Packages below it are its members, or data of its tests.

use super::{Files, Found, check};
use crate::base::ids::CheckId;
use crate::base::path::RepoPath;
use crate::model::check::{Check, Runner};

const MANIFEST: &str = "Cargo.toml";

pub(super) fn detect(files: &Files<'_>, has_program: &dyn Fn(&str) -> bool, found: &mut Found) {
    let manifests = files.list.iter().filter(|path| path.file_name() == MANIFEST);
    for manifest in manifests {
        let dir = manifest.parent();
        let is_below_another =
            !dir.is_root() && dir.parent().ancestors().any(|above| files.has(&above, MANIFEST));
        if is_below_another {
            continue;
        }
        match evidence(files, &dir, has_test) {
            Some(why) => {
                let Some(nextest) = nextest(files, &dir, has_program, found) else {
                    found.checks.push(cargo(files, manifest, &dir, why));
                    continue;
                };
                found.checks.push(nextest);
                if let Some(why) = evidence(files, &dir, is_example) {
                    found.checks.push(documentation(cargo(files, manifest, &dir, why)));
                }
            }
            None => found.notes.push(format!("`{manifest}` is a Cargo project without tests")),
        }
    }
}

fn cargo(files: &Files<'_>, manifest: &RepoPath, dir: &RepoPath, why: String) -> Check {
    let argv = ["cargo", "test"].into_iter().chain(workspace(files, manifest));
    check("cargo test", Runner::Cargo, dir, argv.map(str::to_owned).collect(), why)
}

/// Without it, a workspace with a package of its own at the top tests that package only.
fn workspace(files: &Files<'_>, manifest: &RepoPath) -> Option<&'static str> {
    let text = files.text(manifest).unwrap_or_default();
    let is_workspace = text.lines().any(|line| line.trim_start().starts_with("[workspace"));
    is_workspace.then_some("--workspace")
}

/// A project that configures nextest is run by it, where it is installed.
fn nextest(
    files: &Files<'_>,
    dir: &RepoPath,
    has_program: &dyn Fn(&str) -> bool,
    found: &mut Found,
) -> Option<Check> {
    let folder = dir.join(".config")?;
    if !files.has(&folder, "nextest.toml") {
        return None;
    }
    let why = format!("`{}` configures nextest", folder.join("nextest.toml")?);
    if !has_program("cargo-nextest") {
        found.notes.push(format!(
            "{why}, but there is no `cargo-nextest`: without it `cargo test` runs the tests"
        ));
        return None;
    }
    let manifest = dir.join(MANIFEST)?;
    let argv = ["cargo", "nextest", "run"].into_iter().chain(workspace(files, &manifest));
    Some(check("nextest", Runner::Nextest, dir, argv.map(str::to_owned).collect(), why))
}

/// Documentation tests, which nextest leaves out.
fn documentation(mut check: Check) -> Check {
    check.id = CheckId::new(check.id.as_str().replacen("cargo test", "doc tests", 1));
    check.argv.push("--doc".to_owned());
    check
}

/// The first source that holds a test.
fn evidence(files: &Files<'_>, dir: &RepoPath, is_test: fn(&str) -> bool) -> Option<String> {
    let sources =
        || files.list.iter().filter(|path| path.extension() == "rs" && path.is_within(dir));
    // Most tests are found fastest where only tests are.
    let (tests, others): (Vec<&&RepoPath>, Vec<&&RepoPath>) =
        sources().partition(|path| path.as_str().split('/').any(|part| part == "tests"));
    tests
        .into_iter()
        .chain(others)
        .find(|path| files.text(path).is_some_and(|text| is_test(&text)))
        .map(|path| format!("`{path}` holds Rust tests"))
}

/// Attributes that make a test, anywhere in a line: macros and short modules hold them in the middle.
fn has_test(text: &str) -> bool {
    let makes_test = |attribute: &str| {
        let name = attribute.split(']').next().unwrap_or_default();
        let starts = ["test", "rstest", "quickcheck", "wasm_bindgen_test"];
        name.contains("::test") || starts.iter().any(|start| name.starts_with(start))
    };
    let is_code = |line: &&str| !line.starts_with("//");
    let mut lines = text.lines().map(str::trim_start).filter(is_code);
    lines.any(|line| line.split("#[").skip(1).any(makes_test)) || is_example(text)
}

/// Whether documentation in a source holds code.
fn is_example(text: &str) -> bool {
    let starts = |line: &str| ["/// ```", "//! ```"].iter().any(|mark| line.starts_with(mark));
    text.lines().map(str::trim_start).any(starts)
}
