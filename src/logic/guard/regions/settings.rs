//! Tables, scripts and targets about tests inside manifests and build files.

use std::ops::Range;

use super::{Region, lines_of};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::Kind;
use crate::model::guard::Class;

/// Programs that run tests, as words of a command.
pub const RUNNERS: [&str; 30] = [
    "pytest",
    "py.test",
    "unittest",
    "nose2",
    "nosetests",
    "tox",
    "nox",
    "jest",
    "vitest",
    "mocha",
    "ava",
    "karma",
    "jasmine",
    "tap",
    "cypress",
    "playwright",
    "nextest",
    "rspec",
    "minitest",
    "ctest",
    "phpunit",
    "gotestsum",
    "surefire",
    "failsafe",
    "testng",
    "bats",
    "behave",
    "trial",
    "stestr",
    "kotest",
];

/// Commands of more than one word that run tests.
const COMMANDS: [&str; 16] = [
    "cargo test",
    "go test",
    "npm test",
    "npm run test",
    "npm t",
    "yarn test",
    "pnpm test",
    "bun test",
    "deno test",
    "node --test",
    "mvn test",
    "mvn verify",
    "gradle test",
    "gradlew test",
    "dotnet test",
    "make test",
];

const LINTERS: [&str; 10] = [
    "ruff",
    "mypy",
    "flake8",
    "pylint",
    "coverage",
    "pyright",
    "eslintConfig",
    "nyc",
    "c8",
    "jacoco",
];

/// How often a text calls a program that runs tests.
pub fn n_runners(text: &str) -> usize {
    let is_boundary = |ch: char| !(ch.is_alphanumeric() || "._-@".contains(ch));
    let words = text.split(is_boundary).filter(|word| RUNNERS.contains(word)).count();
    words + COMMANDS.iter().map(|command| text.matches(command).count()).sum::<usize>()
}

/// The regions of a file by its name.
pub(super) fn of(code: &Code<'_>) -> Vec<Region> {
    let name = code.path.file_name();
    match name {
        "Cargo.toml" => sections(code.text, cargo),
        "pyproject.toml" | "setup.cfg" => sections(code.text, python),
        "package.json" | "composer.json" | "deno.json" | "deno.jsonc" | "angular.json"
        | "project.json" => json(code),
        "pom.xml" => elements(code.text),
        "CMakeLists.txt" => lines(
            code.text,
            &["add_test", "enable_testing", "_test_properties", "discover_tests", "ctest"],
        ),
        "setup.py" => lines(code.text, &["test_suite", "tests_require", "pytest"]),
        "mix.exs" => lines(code.text, &["test"]),
        _ if is_make(name) => targets(code.text),
        _ if name.starts_with("vite.config") || name.contains(".gradle") => blocks(code),
        _ if code.path.extension() == "sh" || name.is_empty() => runner_lines(code.text),
        _ => Vec::new(),
    }
}

fn is_make(name: &str) -> bool {
    [
        "Makefile",
        "makefile",
        "GNUmakefile",
        "justfile",
        "Justfile",
        "Rakefile",
        "Taskfile.yml",
        "tasks.py",
    ]
    .contains(&name)
        || name.ends_with(".mk")
}

/// `[header]` sections; the class is by header and, where that says nothing, by key.
fn sections(text: &str, class: fn(&str, &str) -> Class) -> Vec<Region> {
    let (mut found, mut header): (Vec<Region>, String) = (Vec::new(), String::new());
    let mut key = String::new();
    for (line, text) in (0..).zip(text.lines()) {
        let bare = text.trim();
        let is_header = bare.starts_with('[')
            && bare.ends_with(']')
            && !bare.contains('=')
            && !bare.starts_with("[\"");
        if is_header {
            header = bare.trim_matches(['[', ']']).trim().to_owned();
            key.clear();
        } else if let Some((name, _)) =
            bare.split_once('=').filter(|_| !text.starts_with([' ', '\t']))
        {
            key = name.trim().to_owned();
        }
        let class = class(&header, &key);
        match found.last_mut() {
            _ if class == Class::Source || bare.is_empty() => {}
            Some(last) if last.lines.end == line && last.class == class => {
                last.lines.end = line + 1;
            }
            _ => found.push(Region { lines: line..line + 1, class }),
        }
    }
    found
}

fn cargo(header: &str, key: &str) -> Class {
    let is_target =
        ["test", "bench", "profile.test"].contains(&header) || header.starts_with("profile.test.");
    let is_key = [
        "test",
        "doctest",
        "harness",
        "autotests",
        "autobins",
        "exclude",
        "default-members",
        "autobenches",
    ];
    let is_lint =
        header == "lints" || header.starts_with("lints.") || header.starts_with("workspace.lints");
    if is_lint {
        Class::LintConfig
    } else if is_target || is_key.contains(&key) || header.starts_with("target.") && key == "runner"
    {
        Class::TestConfig
    } else {
        Class::Source
    }
}

fn python(header: &str, key: &str) -> Class {
    let tool = header.trim_start_matches("tool").trim_start_matches(['.', ':']);
    let first = tool.split(['.', ':']).next().unwrap_or("");
    let is_script =
        header.contains("scripts") && key.contains("test") || header.contains("envs.test");
    if LINTERS.contains(&first) {
        Class::LintConfig
    } else if ["pytest", "tox", "nox", "unittest", "nosetests", "aliases"].contains(&first)
        || is_script
    {
        Class::TestConfig
    } else {
        Class::Source
    }
}

/// Top keys about runners, and scripts whose name or command is about tests.
fn json(code: &Code<'_>) -> Vec<Region> {
    let mut found = Vec::new();
    for (key, value) in members(code, 0) {
        let name = code.tokens[key].bare();
        match name {
            "scripts" | "tasks" => {
                for (key, value) in members(code, value.start) {
                    let is_test = is_about_tests(code.tokens[key].bare())
                        || n_runners(code.text_of(&value)) > 0;
                    found.extend(
                        is_test.then(|| lines_of(code, &(key..value.end), Class::TestConfig)),
                    );
                }
            }
            _ if RUNNERS.contains(&name) || name == "test" => {
                found.push(lines_of(code, &(key..value.end), Class::TestConfig));
            }
            _ if LINTERS.contains(&name) || name == "eslintIgnore" => {
                found.push(lines_of(code, &(key..value.end), Class::LintConfig));
            }
            _ => {}
        }
    }
    found
}

/// The members of the object at `open`: the key's place and the value's range.
fn members(code: &Code<'_>, open: usize) -> Vec<(usize, Range<usize>)> {
    let parts = code.parts(if code.at(open) == "{" { code.inside(open) } else { open..open });
    let is_member = |part: &Range<usize>| {
        code.tokens[part.start].kind == Kind::Text && code.at(part.start + 1) == ":"
    };
    parts.into_iter().filter(is_member).map(|part| (part.start, part.start + 2..part.end)).collect()
}

fn is_about_tests(name: &str) -> bool {
    let words = name.split(|ch: char| !ch.is_alphanumeric());
    let about = [
        "test",
        "tests",
        "pretest",
        "posttest",
        "check",
        "ci",
        "lint",
        "cover",
        "coverage",
        "verify",
        "spec",
        "validate",
        "unit",
        "e2e",
        "qa",
        "typecheck",
        "prepublishOnly",
    ];
    words.into_iter().any(|word| about.contains(&word))
}

/// Targets of makefiles whose name is about tests, and lines that call a runner.
fn targets(text: &str) -> Vec<Region> {
    let mut found: Vec<Region> = Vec::new();
    let mut in_target = false;
    for (line, text) in (0..).zip(text.lines()) {
        let head = text.split([':', '=', '(']).next().unwrap_or("");
        let is_head = !text.starts_with([' ', '\t', '#', '}']) && !text.trim().is_empty();
        if is_head {
            in_target = is_about_tests(&head.to_lowercase().replace('_', "-"));
        }
        if (in_target && !text.trim().is_empty()) || n_runners(text) > 0 {
            match found.last_mut() {
                Some(last) if last.lines.end == line => last.lines.end = line + 1,
                _ => found.push(Region { lines: line..line + 1, class: Class::TestConfig }),
            }
        }
    }
    found
}

/// `test { … }`, `test: { … }` and calls about tests in build scripts.
fn blocks(code: &Code<'_>) -> Vec<Region> {
    let words = code.all().filter(|at| {
        let word = code.at(*at).to_lowercase();
        code.tokens[*at].kind == Kind::Word
            && (word == "test" || word.contains("jacoco") || word.contains("junit"))
    });
    let block = |at: usize| {
        let stop = code.line_end(at).max(at + 4).min(code.tokens.len());
        let open = (at..stop).find(|place| code.at(*place) == "{");
        lines_of(
            code,
            &(at..open.and_then(|open| code.closing(open)).map_or(at + 1, |end| end + 1)),
            Class::TestConfig,
        )
    };
    words.map(block).collect()
}

/// Plug-ins of a Maven build that run tests, and properties that skip them.
fn elements(text: &str) -> Vec<Region> {
    let mut found = Vec::new();
    let (mut start, mut is_about) = (None, false);
    for (line, text) in (0..).zip(text.lines()) {
        if text.contains("<plugin>") {
            (start, is_about) = (Some(line), false);
        }
        is_about |=
            ["surefire", "failsafe", "jacoco", "testng"].iter().any(|word| text.contains(word));
        if let (true, Some(first)) = (text.contains("</plugin>"), start) {
            found.extend(
                is_about.then(|| Region { lines: first..line + 1, class: Class::TestConfig }),
            );
            start = None;
        }
        let skips = ["skipTests", "maven.test", "skipITs"].iter().any(|word| text.contains(word));
        found.extend(skips.then(|| Region { lines: line..line + 1, class: Class::TestConfig }));
    }
    found
}

fn lines(text: &str, words: &[&str]) -> Vec<Region> {
    let is_about = |text: &str| words.iter().any(|word| text.contains(word));
    let about = (0..).zip(text.lines()).filter(|(_, text)| is_about(text));
    about.map(|(line, _)| Region { lines: line..line + 1, class: Class::TestConfig }).collect()
}

fn runner_lines(text: &str) -> Vec<Region> {
    let about = (0..).zip(text.lines()).filter(|(_, text)| n_runners(text) > 0);
    about.map(|(line, _)| Region { lines: line..line + 1, class: Class::TestConfig }).collect()
}
