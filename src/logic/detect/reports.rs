//! Tools that leave JUnit XML without further ado: Maven, Gradle and CTest by their build files, RSpec with the
//! formatter that writes it.

use super::{Files, Found, check};
use crate::base::path::RepoPath;
use crate::model::check::{Check, Runner};

/// A tool, told by a file at the top of a project.
struct Tool {
    name: &'static str,
    manifests: &'static [&'static str],
    /// Programs in the project itself that start it.
    wrapper: &'static str,
    program: &'static str,
    argv: &'static [&'static str],
    reports: &'static [&'static str],
}

const TOOLS: [Tool; 2] = [
    Tool {
        name: "maven",
        manifests: &["pom.xml"],
        wrapper: "mvnw",
        program: "mvn",
        argv: &["--offline", "--quiet", "--batch-mode", "--fail-at-end", "test"],
        reports: &["**/target/surefire-reports/TEST-*.xml"],
    },
    Tool {
        name: "gradle",
        manifests: &["build.gradle", "build.gradle.kts"],
        wrapper: "gradlew",
        program: "gradle",
        argv: &["test", "--offline", "--continue"],
        reports: &["**/build/test-results/**/TEST-*.xml"],
    },
];

/// Folders of tests by which JVM projects are told.
const JVM_TESTS: [&str; 4] =
    ["src/test/java", "src/test/kotlin", "src/test/groovy", "src/test/scala"];

pub(super) fn detect(files: &Files<'_>, has_program: &dyn Fn(&str) -> bool, found: &mut Found) {
    for tool in &TOOLS {
        let is_manifest = |path: &&&RepoPath| tool.manifests.contains(&path.file_name());
        for manifest in files.list.iter().filter(is_manifest) {
            jvm(files, tool, manifest, has_program, found);
        }
    }
    ctest(files, has_program, found);
    rspec(files, has_program, found);
}

fn jvm(
    files: &Files<'_>,
    tool: &Tool,
    manifest: &RepoPath,
    has_program: &dyn Fn(&str) -> bool,
    found: &mut Found,
) {
    let dir = manifest.parent();
    let is_module = !dir.is_root()
        && dir
            .parent()
            .ancestors()
            .any(|above| tool.manifests.iter().any(|name| files.has(&above, name)));
    if is_module {
        return;
    }
    let is_test = |path: &&&RepoPath| {
        path.is_within(&dir) && JVM_TESTS.iter().any(|folder| path.as_str().contains(folder))
    };
    let Some(test) = files.list.iter().find(is_test) else {
        found.notes.push(format!("`{manifest}` is a project of {} without tests", tool.name));
        return;
    };
    let program = if files.has(&dir, tool.wrapper) {
        format!("./{}", tool.wrapper)
    } else {
        tool.program.to_owned()
    };
    if !program.starts_with("./") && !has_program(tool.program) {
        found.blocked.push(format!(
            "`{test}` is a test, but there is no `{}`: install it, or add its wrapper to the project",
            tool.program
        ));
        return;
    }
    let argv =
        [program].into_iter().chain(tool.argv.iter().map(|word| (*word).to_owned())).collect();
    let check = check(tool.name, Runner::Junit, &dir, argv, format!("`{test}` is a test"));
    found.checks.push(reporting(check, tool.reports));
}

/// A project that CMake builds, with tests.
fn ctest(files: &Files<'_>, has_program: &dyn Fn(&str) -> bool, found: &mut Found) {
    let manifests = files.list.iter().filter(|path| path.file_name() == "CMakeLists.txt");
    for manifest in manifests {
        let dir = manifest.parent();
        let is_part = !dir.is_root()
            && dir.parent().ancestors().any(|above| files.has(&above, "CMakeLists.txt"));
        let text = if is_part { None } else { files.text(manifest) };
        let has_tests = text.is_some_and(|text| {
            ["enable_testing", "include(CTest"].iter().any(|words| text.contains(words))
        });
        if !has_tests {
            continue;
        }
        let why = format!("`{manifest}` has tests of CTest");
        let missing = ["cmake", "ctest"].into_iter().find(|program| !has_program(program));
        if let Some(program) = missing {
            found.blocked.push(format!("{why}, but there is no `{program}`: install CMake"));
            continue;
        }
        let script = "cmake -S . -B build && cmake --build build && exec ctest --test-dir build --output-junit ctest.xml \"$@\"";
        let argv = ["sh", "-c", script, "ctest"].map(str::to_owned).to_vec();
        found
            .checks
            .push(reporting(check("ctest", Runner::Junit, &dir, argv, why), &["build/ctest.xml"]));
    }
}

fn rspec(files: &Files<'_>, has_program: &dyn Fn(&str) -> bool, found: &mut Found) {
    for spec in files.list.iter().filter(|path| path.file_name() == ".rspec") {
        let dir = spec.parent();
        let is_spec =
            |path: &&&RepoPath| path.is_within(&dir) && path.file_name().ends_with("_spec.rb");
        let Some(test) = files.list.iter().find(is_spec) else { continue };
        let gems = dir.join("Gemfile").and_then(|path| files.text(&path)).unwrap_or_default();
        if !gems.contains("rspec_junit_formatter") {
            found.blocked.push(format!(
                "`{test}` is a spec; add the gem `rspec_junit_formatter` to the Gemfile, or name a check in greenloop.toml"
            ));
            continue;
        }
        if !has_program("bundle") {
            found.blocked.push(format!(
                "`{test}` is a spec, but there is no `bundle`: install Ruby with Bundler"
            ));
            continue;
        }
        let report = "tmp/greenloop-rspec.xml";
        let formats = ["--format", "progress", "--format", "RspecJunitFormatter", "--out", report];
        let argv =
            ["bundle", "exec", "rspec"].into_iter().chain(formats).map(str::to_owned).collect();
        let check = check("rspec", Runner::Junit, &dir, argv, format!("`{test}` is a spec"));
        found.checks.push(reporting(check, &[report]));
    }
}

fn reporting(check: Check, reports: &[&str]) -> Check {
    let report = reports.iter().map(|pattern| (*pattern).to_owned()).collect();
    Check { report, ..check }
}
