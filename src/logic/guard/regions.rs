//! The guarded parts of files that are not guarded as a whole: tests inside sources, and the tables, scripts and
//! targets of manifests that say how tests run.

mod settings;

pub use settings::n_runners;

use std::ops::Range;

use super::code::Code;
use super::lexer::{Kind, Language};
use super::units::{Role, units};
use crate::base::path::RepoPath;
use crate::model::guard::Class;

/// Lines from `lines.start` to before `lines.end`, counted from 0, that are of a guarded class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub lines: Range<u32>,
    pub class: Class,
}

/// The guarded parts of a file whose own class is `Source`.
pub fn regions(path: &RepoPath, text: &str) -> Vec<Region> {
    let code = Code::parse(path, text);
    match code.language {
        Language::Python => tests(&code).into_iter().chain(doctests(text)).collect(),
        Language::Rust => tests(&code).into_iter().chain(rust_doctests(&code)).collect(),
        Language::Script => {
            let inner = code.find(code.all(), "import . meta . vitest");
            let blocks = inner.iter().filter_map(|at| (*at..at + 8).find(|at| code.at(*at) == "{"));
            let blocks =
                blocks.map(|open| lines_of(&code, &(open..code.inside(open).end + 1), Class::Test));
            blocks.chain(settings::of(&code)).collect()
        }
        Language::Go | Language::Ruby => {
            tests(&code).into_iter().chain(settings::of(&code)).collect()
        }
        Language::Braces | Language::Other => settings::of(&code),
    }
}

/// Lines of a range of tokens.
pub(super) fn lines_of(code: &Code<'_>, range: &Range<usize>, class: Class) -> Region {
    Region { lines: code.line(range.start) - 1..code.last_line(range), class }
}

/// The outermost tests and modules of tests.
fn tests(code: &Code<'_>) -> Vec<Region> {
    let mut outermost: Vec<Range<usize>> = Vec::new();
    for unit in units(code) {
        let is_guarded = unit.is_test_only || unit.role == Role::Test;
        let is_inside = outermost.last().is_some_and(|last| unit.range.start < last.end);
        if is_guarded && !is_inside {
            outermost.push(unit.range);
        }
    }
    outermost.iter().map(|range| lines_of(code, range, Class::Test)).collect()
}

/// `>>>` examples with what they print, up to an empty line.
fn doctests(text: &str) -> Vec<Region> {
    let mut found: Vec<Region> = Vec::new();
    let mut start = None;
    for (line, text) in (0..).zip(text.lines().chain([""])) {
        let text = text.trim();
        let ends = text.is_empty() || text.starts_with("\"\"\"") || text.starts_with("'''");
        if text.starts_with(">>>") {
            start.get_or_insert(line);
        } else if let (true, Some(first)) = (ends, start) {
            found.push(Region { lines: first..line, class: Class::Test });
            start = None;
        }
    }
    found
}

/// The tests inside a source, as a text of their own: examples of documentation as assertions. `None` without any.
pub fn inner_tests(path: &RepoPath, text: &str) -> Option<String> {
    let holds_any = ["#[test]", "cfg(test)", "```", ">>>", "def test_", "import.meta.vitest"];
    if !holds_any.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let inside = regions(path, text).into_iter().filter(|region| region.class == Class::Test);
    let mut found = String::new();
    for region in inside {
        let range = region.lines.start as usize..(region.lines.end as usize).min(lines.len());
        let lines = lines.get(range).unwrap_or_default();
        match lines.first().is_some_and(|line| line.trim_start().starts_with(">>>")) {
            true => examples(lines, &mut found),
            false => lines.iter().for_each(|line| {
                let line = line.trim_start();
                let bare = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
                found.push_str(bare.unwrap_or(line));
                found.push('\n');
            }),
        }
    }
    (!found.is_empty()).then_some(found)
}

/// `>>> f(1)` and `2` below it become `assert f(1) == 2`.
fn examples(lines: &[&str], found: &mut String) {
    let mut asked: Option<&str> = None;
    for line in lines.iter().map(|line| line.trim()) {
        if let Some(call) = line.strip_prefix(">>>") {
            asked = Some(call.trim());
        } else if let Some(call) = asked.take().filter(|_| !line.starts_with("...")) {
            found.push_str(&format!("assert {call} == {line}\n"));
        }
    }
}

/// Code blocks in documentation comments.
fn rust_doctests(code: &Code<'_>) -> Vec<Region> {
    let mut found = Vec::new();
    let mut start = None;
    for comment in code.comments.iter().filter(|comment| comment.kind == Kind::Comment) {
        let Some(text) =
            comment.text.strip_prefix("///").or_else(|| comment.text.strip_prefix("//!"))
        else {
            start = None;
            continue;
        };
        if !text.trim_start().starts_with("```") {
            continue;
        }
        match start.take() {
            Some(first) => found.push(Region { lines: first..comment.line, class: Class::Test }),
            None => start = Some(comment.line - 1),
        }
    }
    found
}

#[cfg(test)]
mod tests_of_regions {
    use super::*;

    /// The guarded lines of a text, counted from 1.
    fn check(path: &str, text: &str) -> String {
        let path = RepoPath::new(path).unwrap();
        let mut found = regions(&path, text);
        found.sort_by_key(|region| region.lines.start);
        let words = found.iter().map(|region| {
            format!("{}-{} {}", region.lines.start + 1, region.lines.end, region.class.name())
        });
        words.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn tests_inside_sources_are_guarded() {
        let rust = "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {}\n}\n\n/// ```\n/// f();\n/// ```\nfn g() {}\n#[cfg(test)]\nmod more;\n#[cfg(not(test))]\nfn h() {}\n";
        assert_eq!(check("src/a.rs", rust), "3-7 tests, 9-11 tests, 13-14 tests");
        let python = "def f(x):\n    \"\"\"\n    >>> f(1)\n    2\n\n    More.\n    \"\"\"\n    return x\n\n\ndef test_f():\n    assert f(1)\n";
        assert_eq!(check("a.py", python), "3-4 tests, 11-12 tests");
    }

    #[test]
    fn tests_inside_sources_are_read_as_tests() {
        let inner = |path: &str, text: &str| inner_tests(&RepoPath::new(path).unwrap(), text);
        let python = "def f(x):\n    \"\"\"\n    >>> f(1)\n    2\n    >>> g()\n    >>> f(3)\n    4\n    \"\"\"\n    return x\n";
        assert_eq!(inner("a.py", python).unwrap(), "assert f(1) == 2\nassert f(3) == 4\n");
        let rust = "/// ```\n/// assert_eq!(f(1), 2);\n/// ```\nfn f() {}\n\n#[test]\nfn a() { assert!(f()) }\n";
        insta::assert_snapshot!(inner("src/a.rs", rust).unwrap(), @"
        #[test]
        fn a() { assert!(f()) }
         ```
         assert_eq!(f(1), 2);
         ```
        ");
        assert_eq!(inner("a.py", "def f():\n    return 1\n"), None);
    }

    #[test]
    fn settings_of_tests_inside_manifests_are_guarded() {
        let all = [
            (
                "Cargo.toml",
                "[package]\nname = \"a\"\n\n[lib]\ntest = false\n\n[[test]]\nname = \"x\"\n\n[dependencies]\nb = \"1\"\n",
            ),
            (
                "pyproject.toml",
                "[project]\nname = \"a\"\n[tool.pytest.ini_options]\naddopts = \"-q\"\n[tool.ruff.lint]\nignore = []\n[tool.black]\nx = 1\n",
            ),
            (
                "setup.cfg",
                "[metadata]\nname = a\n[tool:pytest]\naddopts = -q\n[flake8]\nignore = E1\n",
            ),
            (
                "package.json",
                "{\n  \"name\": \"a\",\n  \"scripts\": {\n    \"build\": \"tsc\",\n    \"test\": \"jest\"\n  },\n  \"jest\": {\n    \"bail\": true\n  }\n}\n",
            ),
            ("Makefile", "all:\n\tcc a.c\n\ntest: all\n\tpytest\n\techo ok\n\nclean:\n\trm a\n"),
            (
                "vite.config.ts",
                "export default defineConfig({\n  plugins: [],\n  test: {\n    globals: true,\n  },\n})\n",
            ),
            ("build.gradle", "plugins { id 'java' }\ntest {\n  useJUnitPlatform()\n}\n"),
            (
                "pom.xml",
                "<project>\n<plugin>\n<artifactId>maven-surefire-plugin</artifactId>\n<x/>\n</plugin>\n<a/>\n</project>\n",
            ),
            ("CMakeLists.txt", "project(a)\nadd_test(NAME t COMMAND t)\n"),
        ];
        let told: Vec<String> =
            all.iter().map(|(path, text)| format!("{path}: {}", check(path, text))).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        Cargo.toml: 5-5 test configuration, 7-8 test configuration
        pyproject.toml: 3-4 test configuration, 5-6 lint and coverage settings
        setup.cfg: 3-4 test configuration, 5-6 lint and coverage settings
        package.json: 5-5 test configuration, 7-9 test configuration
        Makefile: 4-6 test configuration
        vite.config.ts: 3-5 test configuration
        build.gradle: 2-4 test configuration, 3-3 test configuration
        pom.xml: 2-5 test configuration
        CMakeLists.txt: 2-2 test configuration
        ");
    }
}
