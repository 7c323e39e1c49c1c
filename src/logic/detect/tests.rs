//! Tests of finding checks. A project is written as `//- path` lines, each followed by the file's text.

use super::*;

fn project(text: &str) -> BTreeMap<RepoPath, String> {
    let parts = text.split("//- ").skip(1).map(|part| part.split_once('\n').unwrap());
    parts.map(|(path, text)| (RepoPath::new(path).unwrap(), text.to_owned())).collect()
}

fn told(found: Found) -> String {
    let checks = found.checks.iter().map(|check| {
        let env: String =
            check.env.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        let argv = check.argv.join(" ");
        format!("{} in {}: {env}{argv} ({})\n", check.id, check.dir, check.why)
    });
    let notes = found.notes.iter().map(|note| format!("note: {note}\n"));
    let blocked = found.blocked.iter().map(|note| format!("not run: {note}\n"));
    checks.chain(notes).chain(blocked).collect()
}

fn found(text: &str, python: Option<Python>) -> String {
    let texts = project(text);
    let files: Vec<RepoPath> = texts.keys().cloned().collect();
    told(detect(&Project {
        files: &files,
        read: &|path| texts.get(path).cloned(),
        python: &|_| python.clone(),
        program: &|_, _| None,
        has_program: &|program| program != "ctest",
    }))
}

fn with(has_pytest: bool) -> Option<Python> {
    Some(Python { program: "python3".into(), has_pytest })
}

#[test]
fn python_projects() {
    let unittest = "//- tests/test_a.py\nimport unittest\n//- a.py\n";
    insta::assert_snapshot!(found(unittest, with(true)), @"unittest in .: python3 -m unittest (`tests/test_a.py` uses unittest)");
    insta::assert_snapshot!(found(unittest, None), @"not run: `tests/test_a.py` is of Python tests, but there is no Python: install python3, or make a virtual environment `.venv`");
    insta::assert_snapshot!(found("//- testlib.py\nfrom unittest import mock\n", with(true)), @"");
    let services = "//- a/tests/__init__.py\n//- a/tests/test_a.py\nimport unittest\n//- b/tests/__init__.py\n//- b/tests/test_b.py\nimport unittest\n//- c/test_c.py\nimport unittest\n";
    insta::assert_snapshot!(found(services, with(true)), @r#"
    unittest:a in a: python3 -m unittest (`a/tests/test_a.py` uses unittest)
    unittest:b in b: python3 -m unittest (`b/tests/test_b.py` uses unittest)
    unittest:c in c: python3 -m unittest (`c/test_c.py` uses unittest)
    "#);
    let apart = services.replace("b/tests", "b/checks_tests");
    insta::assert_snapshot!(found(&apart, with(true)), @"unittest in .: python3 -m unittest (`a/tests/test_a.py` uses unittest)");
    let both = "//- pyproject.toml\n[tool.pytest.ini_options]\n//- tests/test_a.py\nfrom unittest import TestCase\n";
    insta::assert_snapshot!(found(both, with(true)), @"pytest in .: python3 -m pytest (`pyproject.toml` configures pytest)");
    insta::assert_snapshot!(found(both, with(false)), @r#"
    unittest in .: python3 -m unittest (`tests/test_a.py` uses unittest)
    note: `pyproject.toml` configures pytest, but `python3` cannot import pytest: install it with `python3 -m pip install pytest`
    "#);
    let mixed = |text: &str| found(&format!("{both}//- tests/test_b.py\n{text}\n"), with(false));
    assert_eq!(mixed("from unittest import TestCase"), found(both, with(false)));
    assert_eq!(mixed("class TestB:"), mixed("def test_b():"));
    insta::assert_snapshot!(mixed("def test_b():"), @r#"
    unittest in .: python3 -m unittest (`tests/test_a.py` uses unittest)
    not run: `pyproject.toml` configures pytest, but `python3` cannot import pytest: install it with `python3 -m pip install pytest`
    "#);
    insta::assert_snapshot!(found("//- test_a.py\ndef test_a():\n    pass\n", with(false)), @"not run: `test_a.py` has test functions outside classes, but `python3` cannot import pytest: install it with `python3 -m pip install pytest`");
    insta::assert_snapshot!(found("//- test_a.py\nimport pytest\n", with(true)), @"pytest in .: python3 -m pytest (`test_a.py` imports pytest)");
    insta::assert_snapshot!(found("//- setup.cfg\n[metadata]\n//- x/conftest.py\n//- x/test_a.py\n", with(true)), @"pytest in .: python3 -m pytest (`x/conftest.py` is for pytest)");
    insta::assert_snapshot!(found("//- pytest.ini\naddopts = --doctest-modules\n//- a.py\n", with(true)), @"pytest in .: python3 -m pytest (`pytest.ini` configures pytest)");
    let below = "//- pyproject.toml\n[project]\ndependencies = [\"unittest-xml\"]\n//- tests/pytest.ini\n--doctest-modules\n//- tests/test_a.py\ndef test_a():\n";
    insta::assert_snapshot!(found(below, with(true)), @"pytest in .: python3 -m pytest (`tests/test_a.py` has test functions outside classes)");
    insta::assert_snapshot!(found("//- test_a.py\ndef load_tests(loader, tests, ignore):\n", with(true)), @"unittest in .: python3 -m unittest (`test_a.py` uses unittest)");
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
    cargo-check in .: cargo check --all-targets --workspace (`Cargo.toml`)
    clippy in .: cargo clippy --all-targets --workspace (`Cargo.toml`)
    "#);
}

#[test]
fn cargo_projects() {
    insta::assert_snapshot!(found("//- Cargo.toml\n[package]\n//- src/lib.rs\nfn a() {}\n", None), @"
    cargo-check in .: cargo check --all-targets (`Cargo.toml`)
    clippy in .: cargo clippy --all-targets (`Cargo.toml`)
    note: `Cargo.toml` is a Cargo project without tests
    ");
    let short = "//- Cargo.toml\n[package]\n//- src/lib.rs\nmod tests { #[test] fn a() {} }\n";
    insta::assert_snapshot!(found(short, None), @"
    cargo test in .: cargo test (`src/lib.rs` holds Rust tests)
    cargo-check in .: cargo check --all-targets (`Cargo.toml`)
    clippy in .: cargo clippy --all-targets (`Cargo.toml`)
    ");
    let two = "//- a/Cargo.toml\n[package]\n//- a/tests/it.rs\n#[tokio::test]\n//- b/Cargo.toml\n//- b/src/lib.rs\n    #[test]\n";
    insta::assert_snapshot!(found(two, None), @r#"
    cargo test:a in a: cargo test (`a/tests/it.rs` holds Rust tests)
    cargo test:b in b: cargo test (`b/src/lib.rs` holds Rust tests)
    cargo-check:a in a: cargo check --all-targets (`a/Cargo.toml`)
    cargo-check:b in b: cargo check --all-targets (`b/Cargo.toml`)
    clippy:a in a: cargo clippy --all-targets (`a/Cargo.toml`)
    clippy:b in b: cargo clippy --all-targets (`b/Cargo.toml`)
    "#);
    // Without a project around it, a folder called fixtures is nothing special.
    insta::assert_snapshot!(found("//- fixtures/a/Cargo.toml\n//- fixtures/a/src/lib.rs\n#[test]\n", None), @"
    cargo test:fixtures/a in fixtures/a: cargo test (`fixtures/a/src/lib.rs` holds Rust tests)
    cargo-check:fixtures/a in fixtures/a: cargo check --all-targets (`fixtures/a/Cargo.toml`)
    clippy:fixtures/a in fixtures/a: cargo clippy --all-targets (`fixtures/a/Cargo.toml`)
    ");
}

#[test]
fn a_project_that_configures_nextest() {
    let text =
        "//- Cargo.toml\n[workspace]\n//- .config/nextest.toml\n//- src/lib.rs\n/// ```\n#[test]\n";
    insta::assert_snapshot!(found(text, None), @"
    nextest in .: cargo nextest run --workspace (`.config/nextest.toml` configures nextest)
    doc tests in .: cargo test --workspace --doc (`src/lib.rs` holds Rust tests)
    cargo-check in .: cargo check --all-targets --workspace (`Cargo.toml`)
    clippy in .: cargo clippy --all-targets --workspace (`Cargo.toml`)
    ");
}

#[test]
fn go_modules() {
    let text = "//- go.mod\nmodule a\n\ngo 1.19\n//- a_test.go\n//- vendor/modules.txt\n//- tools/go.mod\nmodule b\n//- tools/x/b_test.go\n//- tools/vendor/modules.txt\n//- empty/go.mod\n//- empty/a.go\n//- _benchmark/go/go.mod\nmodule c\n//- _benchmark/go/c_test.go\n";
    insta::assert_snapshot!(found(text, None), @"
    go test in .: go test ./... (`a_test.go` is a Go test)
    go test:tools in tools: go test -mod=vendor ./... (`tools/x/b_test.go` is a Go test)
    go-vet in .: go vet ./... (`go.mod`)
    note: `_benchmark/go/go.mod` is in a folder that go ignores
    note: `empty/go.mod` is a Go module without tests
    ");
    let alone = "//- _src/go.mod\nmodule a\n//- _src/a_test.go\n";
    insta::assert_snapshot!(found(alone, None), @"
    go test:_src in _src: go test ./... (`_src/a_test.go` is a Go test)
    go-vet:_src in _src: go vet ./... (`_src/go.mod`)
    ");
}

#[test]
fn tools_that_leave_reports() {
    let maven = "//- pom.xml\n//- a/pom.xml\n//- a/src/test/java/ATest.java\n";
    insta::assert_snapshot!(found(maven, None), @"maven in .: mvn --offline --quiet --batch-mode --fail-at-end test (`a/src/test/java/ATest.java` is a test)");
    let gradle = "//- build.gradle.kts\n//- gradlew\n//- src/test/kotlin/ATest.kt\n";
    insta::assert_snapshot!(found(gradle, None), @"gradle in .: ./gradlew test --offline --continue (`src/test/kotlin/ATest.kt` is a test)");
    let ctest = "//- CMakeLists.txt\nenable_testing()\n//- a/CMakeLists.txt\nenable_testing()\n";
    insta::assert_snapshot!(found(ctest, None), @"not run: `CMakeLists.txt` has tests of CTest, but there is no `ctest`: install CMake");
    let rspec = "//- Gemfile\ngem 'rspec_junit_formatter'\n//- .rspec\n//- spec/a_spec.rb\n";
    insta::assert_snapshot!(found(rspec, None), @"rspec in .: bundle exec rspec --format progress --format RspecJunitFormatter --out tmp/greenloop-rspec.xml (`spec/a_spec.rb` is a spec)");
    insta::assert_snapshot!(found("//- .rspec\n//- spec/a_spec.rb\n", None), @"not run: `spec/a_spec.rb` is a spec; add the gem `rspec_junit_formatter` to the Gemfile, or name a check in greenloop.toml");
}

#[test]
fn a_project_with_too_many_files_says_so() {
    let files: Vec<RepoPath> =
        (0..=DETECT_FILES_MAX).map(|n| RepoPath::new(format!("test_{n}.py")).unwrap()).collect();
    let found = detect(&Project {
        files: &files,
        read: &|_| Some(String::new()),
        python: &|_| None,
        program: &|_, _| None,
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

/// Like `found`, with these packages installed in the root's `node_modules`.
fn found_js(text: &str, installed: &[&str]) -> String {
    let texts = project(text);
    let files: Vec<RepoPath> = texts.keys().cloned().collect();
    let program = |dir: &RepoPath, name: &str| {
        let way = "../".repeat(dir.ancestors().count() - 1);
        installed.contains(&name).then(|| format!("{way}node_modules/{name}/bin.js"))
    };
    let read = |path: &RepoPath| texts.get(path).cloned();
    told(detect(&Project {
        files: &files,
        read: &read,
        python: &|_| None,
        program: &program,
        has_program: &|_| true,
    }))
}

#[test]
fn javascript_projects() {
    let script = |test: &str| {
        format!(
            "//- package.json\n{{\"scripts\": {{\"test\": \"{test}\", \"lint\": \"eslint .\"}}}}\n"
        )
    };
    let all = ["jest", "vitest", "mocha"];
    insta::assert_snapshot!(found_js(&script("node --test"), &[]), @"node-test in .: node --test (`package.json` runs `node --test`)");
    insta::assert_snapshot!(found_js(&script("npm run lint && jest --coverage"), &all), @"jest in .: node node_modules/jest/bin.js --coverage (`package.json` runs `npm run lint && jest --coverage`)");
    insta::assert_snapshot!(found_js(&script("cross-env X=1 mocha test/**/*.js"), &all), @"mocha in .: X=1 node node_modules/mocha/bin.js test/**/*.js (`package.json` runs `cross-env X=1 mocha test/**/*.js`)");
    let deep = "//- test/deep/a.js\n";
    insta::assert_snapshot!(found_js(&(script("cross-env X=1 mocha test/**/*.js") + deep), &all), @"mocha in .: X=1 node node_modules/mocha/bin.js test/*/*.js (`package.json` runs `cross-env X=1 mocha test/**/*.js`)");
    insta::assert_snapshot!(found_js(&(script("mocha 'test/**/*.js'") + deep), &all), @"mocha in .: node node_modules/mocha/bin.js test/**/*.js (`package.json` runs `mocha 'test/**/*.js'`)");
    insta::assert_snapshot!(found_js(&script("jest && vitest && jest --config b.js"), &all), @"
    jest in .: node node_modules/jest/bin.js (`package.json` runs `jest && vitest && jest --config b.js`)
    vitest in .: node node_modules/vitest/bin.js run (`package.json` runs `jest && vitest && jest --config b.js`)
    jest-2 in .: node node_modules/jest/bin.js --config b.js (`package.json` runs `jest && vitest && jest --config b.js`)
    ");
    insta::assert_snapshot!(found_js(&script("echo \\\"Error: no test specified\\\" && exit 1"), &all), @"");
    let built = script("vitest run a && tsc -p . && vitest run b");
    insta::assert_snapshot!(found_js(&built, &all), @"
    vitest in .: node node_modules/vitest/bin.js run a (`package.json` runs `vitest run a && tsc -p . && vitest run b`)
    vitest-2 in .: node node_modules/vitest/bin.js run b (`package.json` runs `vitest run a && tsc -p . && vitest run b`)
    note: `package.json` runs `tsc -p .` before its tests, which is left out here: tests of what it makes need it in a `[[check]]` entry of their own; run only when named: vitest-2
    ");
    let looked = built + "//- tsconfig.json\n{\"compilerOptions\": {\"noEmit\": true}}\n";
    let commented = looked.replace("{\"noEmit", "{\n// \"noEmit");
    assert!(found_js(&commented, &all).contains("run only when named: vitest-2"));
    insta::assert_snapshot!(found_js(&looked, &all), @"
    vitest in .: node node_modules/vitest/bin.js run a (`package.json` runs `vitest run a && tsc -p . && vitest run b`)
    vitest-2 in .: node node_modules/vitest/bin.js run b (`package.json` runs `vitest run a && tsc -p . && vitest run b`)
    tsc in .: node node_modules/typescript/bin/tsc --noEmit (`tsconfig.json`)
    ");
    insta::assert_snapshot!(found_js(&(script("vitest") + "//- pnpm-lock.yaml\n"), &[]), @"not run: `package.json` runs `vitest`, but vitest is not installed: run `pnpm install`");
    insta::assert_snapshot!(found_js(&(script("jest") + "//- yarn.lock\n//- .pnp.cjs\n"), &[]), @r#"not run: `package.json` runs `jest`, but Yarn's Plug'n'Play is not supported: set `nodeLinker: node-modules` and run `yarn install`, or add a `[[check]]` entry with `runner = "command"` to greenloop.toml"#);
    insta::assert_snapshot!(found_js(&script("jest && ava"), &all), @r#"
    jest in .: node node_modules/jest/bin.js (`package.json` runs `jest && ava`)
    not run: `package.json` runs its tests with `ava`, which is not read test by test: add a `[[check]]` entry with `runner = "command"` and `command = ["npx", "ava"]` to greenloop.toml
    "#);
    insta::assert_snapshot!(found_js(&script("nyc ava --serial"), &all), @r#"not run: `package.json` runs its tests with `ava`, which is not read test by test: add a `[[check]]` entry with `runner = "command"` and `command = ["npx", "ava"]` to greenloop.toml"#);
    insta::assert_snapshot!(found_js(&script("npm run lint && node test/run.js"), &all), @r#"not run: `package.json` runs its tests with `node test/run.js`, which is not read test by test: add a `[[check]]` entry with `runner = "command"` and `command = ["node", "test/run.js"]` to greenloop.toml"#);
    insta::assert_snapshot!(found_js(&(script("node test/run.js") + "//- test/run.js\nimport 'node:test'\n"), &all), @"node-test in .: node --test test/run.js (`package.json` runs `node test/run.js`)");
    insta::assert_snapshot!(found_js("//- package.json\n{\"scripts\": {\"test:unit\": \"vitest run\", \"test:watch\": \"vitest\", \"pretest:unit\": \"tsc -b\"}}\n", &all), @"
    vitest in .: node node_modules/vitest/bin.js run (`package.json` runs `vitest run`)
    note: `package.json` runs `tsc -b` before its tests, which is left out here: tests of what it makes need it in a `[[check]]` entry of their own
    ");
}

#[test]
fn javascript_projects_without_a_script_that_says_it() {
    let all = ["jest", "vitest", "mocha"];
    insta::assert_snapshot!(found_js("//- package.json\n{\"devDependencies\": {\"vitest\": \"1\"}}\n//- vitest.config.ts\n", &all), @"vitest in .: node node_modules/vitest/bin.js run (`vitest.config.ts` configures vitest)");
    insta::assert_snapshot!(found_js("//- package.json\n{\"devDependencies\": {\"jest\": \"1\"}, \"jest\": {}}\n", &all), @"jest in .: node node_modules/jest/bin.js (`package.json` configures jest)");
    insta::assert_snapshot!(found_js("//- package.json\n{\"devDependencies\": {\"mocha\": \"1\"}}\n//- test/a.js\n", &all), @"mocha in .: node node_modules/mocha/bin.js (`package.json` asks for mocha and `test/a.js` is a test)");
    insta::assert_snapshot!(found_js("//- package.json\n{\"devDependencies\": {\"mocha\": \"1\"}}\n//- a.js\n", &all), @"");
    insta::assert_snapshot!(found_js("//- package.json\n{}\n//- a.test.mjs\nimport test from 'node:test';\n", &all), @"node-test in .: node --test (`a.test.mjs` uses node:test)");
    insta::assert_snapshot!(found_js("//- package.json\n{\"scripts\": [], \"workspaces\": 3}\n//- b/package.json\nnonsense\n", &all), @"");
}

#[test]
fn javascript_workspaces() {
    let member = |name: &str, test: &str| {
        format!("//- packages/{name}/package.json\n{{\"scripts\": {{\"test\": \"{test}\"}}}}\n")
    };
    let members = member("a", "jest") + &member("b", "node --test") + &member("c", "tap");
    let root = |test: &str| {
        format!(
            "//- package.json\n{{\"workspaces\": [\"packages/*\"], \"scripts\": {{\"test\": \"{test}\"}}}}\n"
        )
    };
    insta::assert_snapshot!(found_js(&(root("npm test --workspaces") + &members), &["jest"]), @r#"
    jest:packages/a in packages/a: node ../../node_modules/jest/bin.js (`packages/a/package.json` runs `jest`)
    node-test:packages/b in packages/b: node --test (`packages/b/package.json` runs `node --test`)
    not run: `packages/c/package.json` runs its tests with `tap`, which is not read test by test: add a `[[check]]` entry with `runner = "command"` and `command = ["npx", "tap"]` to greenloop.toml
    "#);
    insta::assert_snapshot!(found_js(&(root("jest") + &members), &["jest"]), @r#"
    jest in .: node node_modules/jest/bin.js (`package.json` runs `jest`)
    node-test:packages/b in packages/b: node --test (`packages/b/package.json` runs `node --test`)
    not run: `packages/c/package.json` runs its tests with `tap`, which is not read test by test: add a `[[check]]` entry with `runner = "command"` and `command = ["npx", "tap"]` to greenloop.toml
    "#);
    let pnpm = "//- package.json\n{\"scripts\": {\"test\": \"pnpm -r test\"}}\n//- pnpm-workspace.yaml\npackages:\n  - 'packages/*'\n  - '!packages/c'\n";
    insta::assert_snapshot!(found_js(&(pnpm.to_owned() + &members), &[]), @"
    node-test:packages/b in packages/b: node --test (`packages/b/package.json` runs `node --test`)
    not run: `packages/a/package.json` runs `jest`, but jest is not installed: run `npm install`
    ");
    let example = "//- package.json\n{\"scripts\": {\"test\": \"node --test\"}}\n//- examples/x/package.json\n{\"scripts\": {\"test\": \"jest\"}}\n";
    insta::assert_snapshot!(found_js(example, &[]), @"node-test in .: node --test (`package.json` runs `node --test`)");
}
