//! Cargo projects: every `Cargo.toml` with none above it. Packages below it are its members, or data of its tests.

use super::{Files, Found, check};
use crate::base::path::RepoPath;
use crate::model::check::{Check, Runner};

const MANIFEST: &str = "Cargo.toml";

pub(super) fn detect(files: &Files<'_>, found: &mut Found) {
    let manifests = files.list.iter().filter(|path| path.file_name() == MANIFEST);
    for manifest in manifests {
        let dir = manifest.parent();
        let is_below_another =
            !dir.is_root() && dir.parent().ancestors().any(|above| files.has(&above, MANIFEST));
        if is_below_another {
            continue;
        }
        match evidence(files, &dir) {
            Some(why) => found.checks.push(cargo(files, manifest, &dir, why)),
            None => found.notes.push(format!("`{manifest}` is a Cargo project without tests")),
        }
    }
}

fn cargo(files: &Files<'_>, manifest: &RepoPath, dir: &RepoPath, why: String) -> Check {
    let text = files.text(manifest).unwrap_or_default();
    // Without it, a workspace with a package of its own at the top tests that package only.
    let is_workspace = text.lines().any(|line| line.trim_start().starts_with("[workspace"));
    let workspace = is_workspace.then_some("--workspace");
    let argv = ["cargo", "test"].into_iter().chain(workspace).map(str::to_owned).collect();
    check("cargo test", Runner::Cargo, dir, argv, why)
}

/// The first source that holds a test.
fn evidence(files: &Files<'_>, dir: &RepoPath) -> Option<String> {
    let sources =
        || files.list.iter().filter(|path| path.extension() == "rs" && path.is_within(dir));
    // Most tests are found fastest where only tests are.
    let (tests, others): (Vec<&&RepoPath>, Vec<&&RepoPath>) =
        sources().partition(|path| path.as_str().split('/').any(|part| part == "tests"));
    tests
        .into_iter()
        .chain(others)
        .find(|path| files.text(path).is_some_and(|text| has_test(&text)))
        .map(|path| format!("`{path}` holds Rust tests"))
}

fn has_test(text: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        let is_attribute = line.starts_with("#[")
            && ["#[test", "::test", "#[rstest", "#[quickcheck", "#[wasm_bindgen_test"]
                .iter()
                .any(|mark| line.contains(mark));
        let is_example = ["/// ```", "//! ```"].iter().any(|mark| line.starts_with(mark));
        is_attribute || is_example
    })
}
