//! Go modules: every `go.mod` with tests of its own. In a workspace each module is a check, as `./...` ends at its own.

use super::{Files, Found, check};
use crate::base::path::RepoPath;
use crate::model::check::Runner;

const MANIFEST: &str = "go.mod";
/// From this version on go takes `vendor` by itself.
const VENDORS_BY_ITSELF: (u32, u32) = (1, 14);

pub(super) fn detect(files: &Files<'_>, has_program: &dyn Fn(&str) -> bool, found: &mut Found) {
    let manifests = files.list.iter().filter(|path| path.file_name() == MANIFEST);
    for manifest in manifests {
        let dir = manifest.parent();
        if is_ignored(files, &dir) {
            found.notes.push(format!("`{manifest}` is in a folder that go ignores"));
            continue;
        }
        let is_test = |path: &&&RepoPath| {
            path.as_str().ends_with("_test.go") && module_of(files, path).as_ref() == Some(&dir)
        };
        let Some(test) = files.list.iter().find(is_test) else {
            found.notes.push(format!("`{manifest}` is a Go module without tests"));
            continue;
        };
        if !has_program("go") {
            found.blocked.push(format!("`{test}` is a Go test, but there is no `go`: install Go"));
            continue;
        }
        let mut argv = vec!["go", "test"];
        if needs_vendor(files, manifest, &dir) {
            argv.push("-mod=vendor");
        }
        argv.push("./...");
        let argv = argv.into_iter().map(str::to_owned).collect();
        found.checks.push(check(
            "go test",
            Runner::Go,
            &dir,
            argv,
            format!("`{test}` is a Go test"),
        ));
    }
}

/// Whether go looks into no folder of this name below a module: `go help packages`.
fn is_ignored(files: &Files<'_>, dir: &RepoPath) -> bool {
    let is_left_out = |name: &str| name.starts_with(['.', '_']) || name == "testdata";
    let mut left_out = dir.ancestors().filter(|folder| is_left_out(folder.file_name()));
    left_out.any(|folder| folder.parent().ancestors().any(|outer| files.has(&outer, MANIFEST)))
}

/// The folder of the module that a file belongs to.
fn module_of(files: &Files<'_>, path: &RepoPath) -> Option<RepoPath> {
    path.parent().ancestors().find(|folder| files.has(folder, MANIFEST))
}

/// Whether the dependencies are in the project and go would not look for them there.
fn needs_vendor(files: &Files<'_>, manifest: &RepoPath, dir: &RepoPath) -> bool {
    let vendor = dir.join("vendor").is_some_and(|vendor| files.has(&vendor, "modules.txt"));
    vendor && version(&files.text(manifest).unwrap_or_default()) < VENDORS_BY_ITSELF
}

/// Of the line `go 1.19`; without one it is as old as can be.
fn version(manifest: &str) -> (u32, u32) {
    let line = manifest.lines().find_map(|line| line.trim().strip_prefix("go "));
    let mut parts = line.unwrap_or_default().trim().split('.').map(|part| part.parse().ok());
    (parts.next().flatten().unwrap_or(1), parts.next().flatten().unwrap_or(0))
}
