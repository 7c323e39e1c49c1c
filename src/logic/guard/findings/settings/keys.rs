//! Keys of settings that say which tests there are and what counts.

use super::{guards, is_config};
use crate::logic::guard::findings::change::{File, Side};
use crate::logic::guard::findings::values::{Values, values};
use crate::logic::guard::lexer::Kind;
use crate::logic::guard::regions::{Region, regions};
use crate::model::guard::{Class, Finding, FindingKind};

/// Keys whose lists leave tests out.
const EXCLUDING: [&str; 28] = [
    "testpathignorepatterns",
    "modulepathignorepatterns",
    "norecursedirs",
    "collect_ignore",
    "collect_ignore_glob",
    "testignore",
    "excludetags",
    "excludes",
    "exclude_patterns",
    "watchpathignorepatterns",
    "excludetestsmatching",
    "exclude-tags",
    "excludegroups",
    "skiptests",
    "skipits",
    "maven.test.skip",
    "required-features",
    "skip-tests",
    "exclude",
    "ignore",
    "skip",
    "exclude-package",
    "ignore-patterns",
    "excludespecpattern",
    "haltonfailure",
    "skip_tests",
    "excludedgroups",
    "default-filter",
];
/// Keys that say where tests are.
const DISCOVERING: [&str; 20] = [
    "testmatch",
    "testregex",
    "testpaths",
    "python_files",
    "python_functions",
    "python_classes",
    "roots",
    "include",
    "spec",
    "pattern",
    "testdir",
    "specpattern",
    "default-filter",
    "includes",
    "files",
    "test_suite",
    "testsuite",
    "projects",
    "members",
    "default-members",
];
const COVERAGE: [&str; 12] = [
    "fail_under",
    "branches",
    "functions",
    "lines",
    "statements",
    "minimum",
    "cov-fail-under",
    "threshold",
    "target",
    "minimum_coverage",
    "check-coverage",
    "fail-under",
];
const LINT: [&str; 20] = [
    "ignore",
    "extend-ignore",
    "per-file-ignores",
    "disable",
    "exclude",
    "extend-exclude",
    "ignorepatterns",
    "ignores",
    "omit",
    "exclude_lines",
    "coveragepathignorepatterns",
    "exclude_also",
    "extend-per-file-ignores",
    "ignore_errors",
    "ignore_missing_imports",
    "enable-ignore",
    "disable_error_code",
    "excludes",
    "exclude-rules",
    "excluded",
];
/// Values that say nothing about tests of the project.
const HARMLESS: [&str; 22] = [
    "node_modules",
    "dist",
    "build",
    ".git",
    "venv",
    ".venv",
    "target",
    "coverage",
    "vendor",
    ".tox",
    ".eggs",
    "eggs",
    "out",
    "lib",
    "__pycache__",
    "cypress",
    ".next",
    "tmp",
    "docs",
    "rootdir",
    "examples",
    "egg",
];
pub fn compare(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    let read = |side: &Side<'_>| -> Values {
        let guarded = regions(side.code.path, side.code.text);
        let is_whole = is_config(file.class);
        values(&side.code, &|line| is_whole || guards(&guarded, line))
    };
    let (was, is) = (file.before.as_ref().map(read).unwrap_or_default(), read(after));
    let guarded = regions(after.code.path, after.code.text);
    for (key, (line, words)) in &is {
        let old = was.get(key).map(|(_, words)| words.as_slice());
        if old == Some(words) {
            continue;
        }
        let of_linters = |region: &Region| {
            region.class == Class::LintConfig && region.lines.contains(&(line - 1))
        };
        let is_lint = file.class == Class::LintConfig || guarded.iter().any(of_linters);
        let fresh: Vec<&String> =
            words.iter().filter(|word| !old.unwrap_or_default().contains(word)).collect();
        let shown =
            format!("`{key}` became `{}`", words.join(" ").chars().take(80).collect::<String>());
        let mut tell =
            |kind, what: &str| all.push(file.finding(kind, *line, format!("{what}: {shown}")));
        let name = key.trim_start_matches("--");
        let key = Key { name, old, words, fresh: &fresh, is_lint, file };
        if let Some((kind, what)) = key.judge() {
            tell(kind, what);
        }
    }
    for (key, (_, words)) in was.iter().filter(|(key, _)| !is.contains_key(*key)) {
        let is_number = words.iter().any(|word| word.parse::<f64>().is_ok());
        if COVERAGE.contains(&key.trim_start_matches("--")) && is_number {
            all.push(file.finding(
                FindingKind::LintExclusion,
                1,
                format!("coverage is no longer asked for: `{key}`"),
            ));
        }
    }
    lines_of_ignore_files(file, after, all);
}

/// A key whose value is another than before.
struct Key<'a> {
    name: &'a str,
    old: Option<&'a [String]>,
    words: &'a [String],
    /// Words that the old value did not have.
    fresh: &'a [&'a String],
    is_lint: bool,
    file: &'a File<'a>,
}

type Judged = Option<(FindingKind, &'static str)>;

impl Key<'_> {
    fn judge(&self) -> Judged {
        let by_value = self.coverage().or_else(|| self.switched_off()).or_else(|| self.runner());
        by_value.or_else(|| self.passes()).or_else(|| self.lists()).or_else(|| self.lint())
    }

    fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.name)
    }

    fn first(&self) -> String {
        self.words.first().map_or_else(String::new, |word| word.to_lowercase())
    }

    /// Whether the file was there, so that somebody relied on what it said.
    fn existed(&self) -> bool {
        self.file.before.is_some()
    }

    /// Whether all that is new says nothing about the project's own tests.
    fn is_harmless(&self) -> bool {
        self.fresh.iter().all(|word| is_harmless(word) || word.len() < 2)
    }

    fn coverage(&self) -> Judged {
        let number = |words: &[String]| words.iter().find_map(|word| word.parse::<f64>().ok());
        let numbers = self.old.and_then(number).zip(number(self.words));
        let is_less = numbers.is_some_and(|(was, is)| is < was);
        let is_off = self.name == "check-coverage" && self.first() == "false";
        let is_about = COVERAGE.contains(&self.name);
        (is_about && (is_less || is_off))
            .then_some((FindingKind::LintExclusion, "less coverage is asked for"))
    }

    fn switched_off(&self) -> Judged {
        let targets = ["test", "doctest", "harness", "autotests", "enabled", "usejunitplatform"];
        (self.is(&targets) && self.first() == "false")
            .then_some((FindingKind::ConfigExclude, "tests are not built or run"))
    }

    fn runner(&self) -> Judged {
        let is_make = self.file.path.file_name().to_lowercase().contains("make");
        let around = [
            "setupfiles",
            "setupfilesafterenv",
            "globalsetup",
            "testrunner",
            "modulenamemapper",
            "resolver",
        ];
        if self.is(&["runner"]) && self.file.class == Class::Hook {
            Some((FindingKind::PatchedRunner, "tests are run by another program"))
        } else if self.is(&["shell"]) && is_make {
            Some((FindingKind::SwallowedExit, "commands are run by another program"))
        } else if self.is(&around) && self.existed() {
            Some((FindingKind::PatchedRunner, "other code runs around the tests"))
        } else {
            None
        }
    }

    fn passes(&self) -> Judged {
        let retries = [
            "retries",
            "retry",
            "retrytimes",
            "flaky_test_attempts",
            "rerunfailingtestscount",
            "reruns",
            "testretry",
        ];
        let lenient =
            ["passwithnotests", "dangerouslyignoreunhandlederrors", "allowonly", "failwithnotests"];
        let strict = ["failzero", "forbidonly"];
        let selects = [
            "testnamepattern",
            "grep",
            "fgrep",
            "invert",
            "filter_expr",
            "tagexpression",
            "groups",
            "includetags",
        ];
        let first = self.first();
        if self.is(&retries) && self.existed() && first != "0" && first != "false" {
            Some((FindingKind::Tolerance, "failing tests are tried until they pass"))
        } else if self.is(&lenient) && first == "true" || self.is(&strict) && first == "false" {
            Some((FindingKind::SwallowedExit, "failures, or no tests at all, pass"))
        } else if self.is(&selects) && self.existed() {
            Some((FindingKind::Filter, "fewer tests run"))
        } else {
            None
        }
    }

    /// Lists of what is left out and of where tests are.
    fn lists(&self) -> Judged {
        if self.is_lint {
            return None;
        }
        let is_set = !["false", "null"].contains(&self.first().as_str());
        if EXCLUDING.contains(&self.name) && !self.fresh.is_empty() && !self.is_harmless() && is_set
        {
            return Some((FindingKind::ConfigExclude, "tests are left out"));
        }
        let is_less = self.old.is_some_and(|old| old.iter().any(|word| !self.words.contains(word)));
        let is_new =
            self.old.is_none() && self.existed() && !self.is(&["projects", "members", "files"]);
        (DISCOVERING.contains(&self.name) && (is_less || is_new))
            .then_some((FindingKind::ConfigExclude, "tests are looked for elsewhere"))
    }

    fn lint(&self) -> Judged {
        let is_off =
            |word: &&String| ["off", "allow", "none", "0"].contains(&word.to_lowercase().as_str());
        // A rule with its options says first whether it holds.
        let is_on = |words: &[String]| {
            words
                .first()
                .is_some_and(|word| ["error", "warn", "deny", "1", "2"].contains(&word.as_str()))
        };
        let n_off =
            |words: &[String]| if is_on(words) { 0 } else { words.iter().filter(is_off).count() };
        let checks = [
            "strict",
            "enable",
            "warn_unused_ignores",
            "disallow_untyped_defs",
            "enabled",
            "check_untyped_defs",
        ];
        let grows = LINT.contains(&self.name) && !self.fresh.is_empty() && !self.is_harmless();
        let weaker = n_off(self.words) > n_off(self.old.unwrap_or_default())
            || self.is(&checks) && self.first() == "false";
        (self.is_lint && (grows && self.first() != "false" || weaker))
            .then_some((FindingKind::LintExclusion, "less is looked at"))
    }
}

/// Whether a pattern names what no project has its tests in.
fn is_harmless(pattern: &str) -> bool {
    let marks = ['/', '*', '<', '>', '.', '\\', '^', '$', '(', ')'];
    HARMLESS.contains(&pattern.trim().trim_matches(marks).to_lowercase().as_str())
}

/// Files that are nothing but a list of what is not looked at.
fn lines_of_ignore_files(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    if file.class != Class::LintConfig || !file.path.file_name().ends_with("ignore") {
        return;
    }
    let old: Vec<&str> = file.before.iter().flat_map(|side| side.code.text.lines()).collect();
    let is_listed = |text: &str| {
        !text.trim().is_empty()
            && !text.starts_with('#')
            && !old.contains(&text)
            && !is_harmless(text)
    };
    let fresh = (1..).zip(after.code.text.lines()).find(|(_, text)| is_listed(text));
    let has_words = after.code.tokens.iter().any(|token| token.kind != Kind::Mark);
    if let Some((line, text)) = fresh.filter(|_| has_words) {
        all.push(file.finding(
            FindingKind::LintExclusion,
            line,
            format!("less is looked at: `{text}`"),
        ));
    }
}
