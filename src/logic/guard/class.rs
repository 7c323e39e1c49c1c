//! What a file is to the verdict on a change, by its place and name.

use super::lexer::Language;
use crate::base::path::RepoPath;
use crate::model::guard::Class;

/// Folders whose programs are tests, whatever the language.
const TEST_FOLDERS: [&str; 10] = [
    "test",
    "tests",
    "testing",
    "__tests__",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "benches",
    "androidTest",
];
const FIXTURE_FOLDERS: [&str; 8] = [
    "fixtures",
    "fixture",
    "__fixtures__",
    "testdata",
    "test_data",
    "test-data",
    "testcases",
    "cassettes",
];
const SNAPSHOT_FOLDERS: [&str; 8] = [
    "__snapshots__",
    "snapshots",
    "__image_snapshots__",
    "golden",
    "goldens",
    "approvals",
    "__file_snapshots__",
    "baselines",
];
const SNAPSHOT_PARTS: [&str; 10] = [
    ".snap",
    ".ambr",
    ".approved.",
    ".golden",
    ".received.",
    ".verified.",
    ".expected",
    ".snapshot",
    ".gold",
    ".shot",
];
const CI_FOLDERS: [&str; 10] = [
    ".github",
    ".circleci",
    ".buildkite",
    ".gitlab",
    ".teamcity",
    ".ci",
    "ci",
    ".azure-pipelines",
    ".husky",
    ".woodpecker",
];
const CI_NAMES: [&str; 15] = [
    ".gitlab-ci.yml",
    ".travis.yml",
    "azure-pipelines.yml",
    "jenkinsfile",
    "bitbucket-pipelines.yml",
    "appveyor.yml",
    ".appveyor.yml",
    ".drone.yml",
    ".cirrus.yml",
    ".woodpecker.yml",
    "cloudbuild.yaml",
    "buildspec.yml",
    "lefthook.yml",
    "codemagic.yaml",
    "wercker.yml",
];
const HOOK_STEMS: &[&str] = &[
    "conftest",
    "sitecustomize",
    "usercustomize",
    "jest.setup",
    "jest-setup",
    "jestsetup",
    "vitest.setup",
    "vitest-setup",
    "setuptests",
    "setup-tests",
    "setup-test",
    "test-setup",
    "testsetup",
    "globalsetup",
    "spec_helper",
    "rails_helper",
    "test_helper",
    "global-setup",
    "setup-jest",
    "setupjest",
    "setup-vitest",
    "setupvitest",
    "setup-mocha",
    "mocha-setup",
    "mocha.setup",
    "setup.jest",
    "setup.vitest",
    "globalteardown",
    "global-teardown",
];
/// Modules that runners of Python import at their start. One of that name where they look first runs in its place.
const SHADOWED: &[&str] = &[
    "pytest",
    "_pytest",
    "pluggy",
    "iniconfig",
    "packaging",
    "unittest",
    "nose",
    "tomllib",
    "tomli",
    "argparse",
    "ast",
    "bdb",
    "builtins",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "difflib",
    "enum",
    "fnmatch",
    "functools",
    "gc",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "json",
    "linecache",
    "logging",
    "os",
    "pathlib",
    "pdb",
    "pprint",
    "random",
    "re",
    "runpy",
    "shlex",
    "shutil",
    "signal",
    "site",
    "string",
    "subprocess",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "token",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "warnings",
    "weakref",
    "zipfile",
];
const CONFIG_NAMES: [&str; 22] = [
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    "tox.ini",
    "noxfile.py",
    "nextest.toml",
    ".rspec",
    "phpunit.xml",
    "phpunit.xml.dist",
    "testng.xml",
    "junit-platform.properties",
    "greenloop.toml",
    "runtests.py",
    "run_tests.py",
    "run-tests.sh",
    "runtests.sh",
    "run_tests.sh",
    "test.sh",
    "check.sh",
    "cypress.json",
    "tests.mk",
    "ctesttestfile.cmake",
];
/// Followed by any ending.
const CONFIG_STEMS: [&str; 10] = [
    "jest.config",
    "vitest.config",
    "vitest.workspace",
    ".mocharc",
    "karma.conf",
    "playwright.config",
    "cypress.config",
    "ava.config",
    "wdio.conf",
    "jest-config",
];
const LINT_NAMES: [&str; 31] = [
    ".pre-commit-config.yaml",
    ".eslintignore",
    ".flake8",
    ".pylintrc",
    "pylintrc",
    "ruff.toml",
    ".ruff.toml",
    "mypy.ini",
    ".mypy.ini",
    "pyrightconfig.json",
    "clippy.toml",
    ".clippy.toml",
    ".golangci.yml",
    ".golangci.yaml",
    ".golangci.toml",
    ".rubocop.yml",
    ".rubocop_todo.yml",
    ".coveragerc",
    ".nycrc",
    ".nycrc.json",
    "codecov.yml",
    ".codecov.yml",
    "codecov.yaml",
    "tarpaulin.toml",
    "biome.json",
    "tslint.json",
    "checkstyle.xml",
    "phpstan.neon",
    ".c8rc.json",
    "sonar-project.properties",
    ".simplecov",
];

/// The class of a whole file; `Source` also for files of which only parts are guarded. The path starts at the project.
pub fn class_of(path: &RepoPath) -> Class {
    let name = path.file_name().to_lowercase();
    let folder = path.parent();
    let in_any = |names: &[&str]| folder.as_str().split('/').any(|part| names.contains(&part));
    let is_code = Language::of(path).is_code();
    if in_any(&CI_FOLDERS[..5])
        || in_any(&CI_FOLDERS[5..]) && !in_any(&TEST_FOLDERS)
        || CI_NAMES.contains(&name.as_str())
    {
        return Class::CiConfig;
    }
    if is_hook(path, &name) {
        return Class::Hook;
    }
    if CONFIG_NAMES.contains(&name.as_str())
        || CONFIG_STEMS.iter().any(|stem| name.starts_with(stem))
    {
        return Class::TestConfig;
    }
    let is_lint = name.starts_with(".eslintrc")
        || name.starts_with("eslint.config")
        || LINT_NAMES.contains(&name.as_str());
    if is_lint {
        return Class::LintConfig;
    }
    let is_in_tests = in_any(&TEST_FOLDERS) || in_any(&FIXTURE_FOLDERS);
    let is_stored = in_any(&SNAPSHOT_FOLDERS) || in_any(&["expected"]) && is_in_tests;
    if (is_stored && !is_code) || SNAPSHOT_PARTS.iter().any(|part| holds_part(&name, part)) {
        return Class::Snapshot;
    }
    if in_any(&FIXTURE_FOLDERS) {
        return Class::Fixture;
    }
    if is_code && (in_any(&TEST_FOLDERS) || is_test_name(path)) {
        return Class::Test;
    }
    // A specification may lie in `spec` without being a test's data.
    if in_any(&["test", "tests", "__tests__", "e2e"]) { Class::Fixture } else { Class::Source }
}

/// Whether a file is a program.
pub fn holds_code(path: &RepoPath) -> bool {
    Language::of(path).is_code()
}

/// Whether a file holds tests or what only tests use.
pub fn is_test_path(path: &RepoPath) -> bool {
    let class = class_of(path);
    matches!(class, Class::Test | Class::Fixture | Class::Snapshot)
        || class == Class::Hook && path.extension() == "py"
}

fn is_hook(path: &RepoPath, name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_build = path.file_name() == "build.rs" || name.ends_with(".pth");
    let in_cargo = path.parent().file_name() == ".cargo";
    let in_mocks = path.parent().file_name() == "__mocks__";
    is_build
        || in_cargo
        || in_mocks
        || HOOK_STEMS.contains(&stem)
        || HOOK_STEMS.contains(&stem.trim_end_matches(".spec"))
}

/// Whether a module or package stands at the top of a project, or of its `src`, in the place of a runner's own.
pub fn shadows(path: &RepoPath) -> bool {
    let path = path.as_str();
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let (first, is_package) = match inside.split_once('/') {
        Some((folder, rest)) => (folder, rest == "__init__.py" || rest == "__main__.py"),
        None => (inside.strip_suffix(".py").unwrap_or(""), true),
    };
    is_package && SHADOWED.contains(&first)
}

fn holds_part(name: &str, part: &str) -> bool {
    if part.ends_with('.') { name.contains(part) } else { name.ends_with(part) }
}

/// Whether a runner looks into a program of this name for tests.
pub fn is_discovered(path: &RepoPath) -> bool {
    let folder = path.parent();
    match Language::of(path) {
        Language::Rust => {
            ["tests", "benches"].contains(&folder.file_name()) || !folder.as_str().contains("tests")
        }
        Language::Script => {
            is_test_name(path)
                || folder.as_str().contains("__tests__")
                || folder.file_name() == "test"
        }
        Language::Other => false,
        _ => is_test_name(path),
    }
}

/// Whether a program's name says that it holds tests.
fn is_test_name(path: &RepoPath) -> bool {
    let name = path.file_name();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let lower = stem.to_lowercase();
    let is_plain = ["test", "tests"].contains(&lower.as_str());
    let by_language = match Language::of(path) {
        Language::Python => {
            lower.starts_with("test_") || lower.ends_with("_test") || lower.ends_with("_tests")
        }
        Language::Rust => lower.ends_with("_test") || lower.ends_with("_tests"),
        Language::Go => lower.ends_with("_test"),
        Language::Script => {
            [".test", ".spec", "-test", "-spec", "_test", ".e2e", ".cy", ".stories-test"]
                .iter()
                .any(|ending| lower.ends_with(ending))
        }
        Language::Braces => {
            ["Test", "Tests", "TestCase", "IT", "Spec", "_test", "_unittest"]
                .iter()
                .any(|ending| stem.ends_with(ending))
                || stem.starts_with("Test") && stem[4..].starts_with(char::is_uppercase)
        }
        Language::Ruby => {
            lower.ends_with("_spec") || lower.ends_with("_test") || lower.starts_with("test_")
        }
        Language::Other => false,
    };
    is_plain || by_language
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_worker_edits_what_only_tests_use() {
        let tests = "test_a.py a_test.py conftest.py pkg/tests/util.py test/util.py tests/a.rs src/a/tests.rs \
                     src/tests/a.rs src/a_test.rs benches/a.rs tests/data.json";
        let sources =
            "a.py src/contest.py src/latest.rs src/testing_tools.rs attest/a.py data.json build.rs";
        let is_test = |path: &str| is_test_path(&RepoPath::new(path).unwrap());
        tests.split_whitespace().for_each(|path| assert!(is_test(path), "{path}"));
        sources.split_whitespace().for_each(|path| assert!(!is_test(path), "{path}"));
    }

    #[test]
    fn places_and_names_tell_what_a_file_is() {
        let classes = [
            (
                Class::Test,
                "tests/test_a.py a_test.go src/a.test.ts src/__tests__/a.js test/helper.js spec/a_spec.rb",
            ),
            (
                Class::Test,
                "src/test/java/ATest.java src/a_test.rs src/a/tests.rs tests/a.rs benches/a.rs ATests.cs",
            ),
            (
                Class::Fixture,
                "tests/data.json testdata/in.txt tests/fixtures/a.py spec/fixtures/a.yml",
            ),
            (
                Class::Snapshot,
                "src/__snapshots__/a.test.js.snap tests/snapshots/a.txt a.golden tests/a.approved.txt",
            ),
            (
                Class::TestConfig,
                "pytest.ini sub/tox.ini jest.config.ts vitest.config.mts .mocharc.yml greenloop.toml",
            ),
            (Class::CiConfig, ".github/workflows/ci.yml .gitlab-ci.yml ci/run.sh Jenkinsfile"),
            (
                Class::Hook,
                "conftest.py tests/conftest.py build.rs .cargo/config.toml src/setupTests.js sitecustomize.py \
                 config/setup-jest.ts",
            ),
            (
                Class::LintConfig,
                ".eslintrc.json eslint.config.mjs .flake8 ruff.toml .coveragerc .golangci.yml",
            ),
            (
                Class::Source,
                "src/a.py src/latest.rs src/contest.py attest/a.go package.json Makefile src/Latest.java",
            ),
            (
                Class::Source,
                "spec/api.yaml src/testing_tools.rs pyproject.toml data.json pkg/json.py src/pkg/types.py",
            ),
        ];
        for (class, paths) in classes {
            for path in paths.split(' ') {
                assert_eq!(class_of(&RepoPath::new(path).unwrap()), class, "{path}");
            }
        }
    }
}
