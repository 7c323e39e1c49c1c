//! Tests of finding checks. A project is written as `//- path` lines, each followed by the file's text.

use super::*;

fn found(text: &str, python: Option<Python>) -> String {
    let mut texts: BTreeMap<RepoPath, String> = BTreeMap::new();
    for part in text.split("//- ").skip(1) {
        let (path, text) = part.split_once('\n').unwrap();
        texts.insert(RepoPath::new(path).unwrap(), text.to_owned());
    }
    let files: Vec<RepoPath> = texts.keys().cloned().collect();
    let found = detect(&Project {
        files: &files,
        read: &|path| texts.get(path).cloned(),
        python: &|_| python.clone(),
        has_program: &|program| program != "ctest",
    });
    let checks = found.checks.iter().map(|check| {
        format!("{} in {}: {} ({})\n", check.id, check.dir, check.argv.join(" "), check.why)
    });
    checks.chain(found.notes.iter().map(|note| format!("note: {note}\n"))).collect()
}

fn with(has_pytest: bool) -> Option<Python> {
    Some(Python { program: "python3".into(), has_pytest })
}

#[test]
fn python_projects() {
    let unittest = "//- tests/test_a.py\nimport unittest\n//- a.py\n";
    insta::assert_snapshot!(found(unittest, with(true)), @"unittest in .: python3 -m unittest (`tests/test_a.py` uses unittest)");
    insta::assert_snapshot!(found(unittest, None), @"note: `tests/test_a.py` is a Python test, but there is no Python: install python3, or make a virtual environment `.venv`");
    let both = "//- pyproject.toml\n[tool.pytest.ini_options]\n//- tests/test_a.py\nfrom unittest import TestCase\n";
    insta::assert_snapshot!(found(both, with(true)), @"pytest in .: python3 -m pytest (`pyproject.toml` configures pytest)");
    insta::assert_snapshot!(found(both, with(false)), @r#"
    unittest in .: python3 -m unittest (`tests/test_a.py` uses unittest)
    note: `pyproject.toml` configures pytest, but `python3` cannot import pytest: install it with `python3 -m pip install pytest`
    "#);
    insta::assert_snapshot!(found("//- test_a.py\ndef test_a():\n    pass\n", with(false)), @"note: `test_a.py` has test functions outside classes, but `python3` cannot import pytest: install it with `python3 -m pip install pytest`");
    insta::assert_snapshot!(found("//- test_a.py\nimport pytest\n", with(true)), @"pytest in .: python3 -m pytest (`test_a.py` imports pytest)");
    insta::assert_snapshot!(found("//- setup.cfg\n[metadata]\n//- x/conftest.py\n//- x/test_a.py\n", with(true)), @"pytest in .: python3 -m pytest (`x/conftest.py` is for pytest)");
    insta::assert_snapshot!(found("//- testing.py\nprint(1)\n//- test_server.py\nprint(2)\n", with(true)), @"");
}

#[test]
fn several_projects_in_one_repository() {
    let text = "//- Cargo.toml\n[workspace]\nmembers = []\n//- src/lib.rs\n/// ```\n\
        //- crates/a/Cargo.toml\n//- crates/a/src/lib.rs\n#[test]\n\
        //- fixtures/py/pyproject.toml\n//- fixtures/py/tests/test_a.py\nimport unittest\n\
        //- backend/pyproject.toml\n//- backend/tests/test_a.py\nimport pytest\n\
        //- backend/tests/requirements.txt\n\
        //- backend/plugins/x/setup.py\n//- backend/plugins/x/test_x.py\nimport pytest\n\
        //- tools/gen/Cargo.toml\n//- node_modules/x/test_a.py\nimport unittest\n\
        //- .venv/lib/test_a.py\nimport unittest\n";
    insta::assert_snapshot!(found(text, with(true)), @r#"
    cargo test in .: cargo test --workspace (`crates/a/src/lib.rs` holds Rust tests)
    pytest:backend in backend: python3 -m pytest --ignore=plugins/x (`backend/tests/test_a.py` imports pytest)
    pytest:backend/plugins/x in backend/plugins/x: python3 -m pytest (`backend/plugins/x/test_x.py` imports pytest)
    "#);
}

#[test]
fn cargo_projects() {
    insta::assert_snapshot!(found("//- Cargo.toml\n[package]\n//- src/lib.rs\nfn a() {}\n", None), @"note: `Cargo.toml` is a Cargo project without tests");
    let two = "//- a/Cargo.toml\n[package]\n//- a/tests/it.rs\n#[tokio::test]\n//- b/Cargo.toml\n//- b/src/lib.rs\n    #[test]\n";
    insta::assert_snapshot!(found(two, None), @r#"
    cargo test:a in a: cargo test (`a/tests/it.rs` holds Rust tests)
    cargo test:b in b: cargo test (`b/src/lib.rs` holds Rust tests)
    "#);
    // Without a project around it, a folder called fixtures is nothing special.
    insta::assert_snapshot!(found("//- fixtures/a/Cargo.toml\n//- fixtures/a/src/lib.rs\n#[test]\n", None), @"cargo test:fixtures/a in fixtures/a: cargo test (`fixtures/a/src/lib.rs` holds Rust tests)");
}

#[test]
fn a_project_that_configures_nextest() {
    let text =
        "//- Cargo.toml\n[workspace]\n//- .config/nextest.toml\n//- src/lib.rs\n/// ```\n#[test]\n";
    insta::assert_snapshot!(found(text, None), @"
    nextest in .: cargo nextest run --workspace (`.config/nextest.toml` configures nextest)
    doc tests in .: cargo test --workspace --doc (`src/lib.rs` holds Rust tests)
    ");
}

#[test]
fn go_modules() {
    let text = "//- go.mod\nmodule a\n\ngo 1.19\n//- a_test.go\n//- vendor/modules.txt\n//- tools/go.mod\nmodule b\n//- tools/x/b_test.go\n//- tools/vendor/modules.txt\n//- empty/go.mod\n//- empty/a.go\n";
    insta::assert_snapshot!(found(text, None), @"
    go test in .: go test ./... (`a_test.go` is a Go test)
    go test:tools in tools: go test -mod=vendor ./... (`tools/x/b_test.go` is a Go test)
    note: `empty/go.mod` is a Go module without tests
    ");
}

#[test]
fn tools_that_leave_reports() {
    let maven = "//- pom.xml\n//- a/pom.xml\n//- a/src/test/java/ATest.java\n";
    insta::assert_snapshot!(found(maven, None), @"maven in .: mvn --offline --quiet --batch-mode --fail-at-end test (`a/src/test/java/ATest.java` is a test)");
    let gradle = "//- build.gradle.kts\n//- gradlew\n//- src/test/kotlin/ATest.kt\n";
    insta::assert_snapshot!(found(gradle, None), @"gradle in .: ./gradlew test --offline --continue (`src/test/kotlin/ATest.kt` is a test)");
    let ctest = "//- CMakeLists.txt\nenable_testing()\n//- a/CMakeLists.txt\nenable_testing()\n";
    insta::assert_snapshot!(found(ctest, None), @"note: `CMakeLists.txt` has tests of CTest, but there is no `ctest`: install CMake");
    let rspec = "//- Gemfile\ngem 'rspec_junit_formatter'\n//- .rspec\n//- spec/a_spec.rb\n";
    insta::assert_snapshot!(found(rspec, None), @"rspec in .: bundle exec rspec --format progress --format RspecJunitFormatter --out tmp/greenloop-rspec.xml (`spec/a_spec.rb` is a spec)");
    insta::assert_snapshot!(found("//- .rspec\n//- spec/a_spec.rb\n", None), @"note: `spec/a_spec.rb` is a spec; add the gem `rspec_junit_formatter` to the Gemfile, or name a check in greenloop.toml");
}

#[test]
fn a_project_with_too_many_files_says_so() {
    let files: Vec<RepoPath> =
        (0..=DETECT_FILES_MAX).map(|n| RepoPath::new(format!("test_{n}.py")).unwrap()).collect();
    let found = detect(&Project {
        files: &files,
        read: &|_| Some(String::new()),
        python: &|_| None,
        has_program: &|_| true,
    });
    assert_eq!(found.notes.len(), 1);
    assert_eq!(found.checks, []);
}

#[test]
fn a_project_is_told_from_a_folder_inside_one() {
    let files: Vec<RepoPath> =
        ["Cargo.toml", "apps/web/a.py", "apps/web/tests/test_a.py", "lib/setup.py", "lib/b/c.py"]
            .iter()
            .map(|path| RepoPath::new(path).unwrap())
            .collect();
    let is = |folder: &str| is_project(&files, &RepoPath::new(folder).unwrap());
    assert!(is("") && is("apps/web") && is("lib"));
    assert!(!is("apps") && !is("apps/web/tests") && !is("lib/b"));
}
