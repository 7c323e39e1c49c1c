//! Settings and scripts by which fewer tests run, or their failures do not count.

use super::change::{Change, File, Side};
use super::values::{Values, values};
use crate::logic::guard::lexer::Kind;
use crate::logic::guard::regions::{Region, n_runners, regions};
use crate::model::guard::{Class, Finding, FindingKind};

/// Texts of a line by which a failure is not passed on.
const SWALLOWS: [&str; 34] = [
    "|| true",
    "||true",
    "|| :",
    "||:",
    "|| exit 0",
    "; true",
    ";true",
    "; exit 0",
    ";exit 0",
    "|| echo",
    "|| printf",
    "|| /bin/true",
    "set +e",
    "continue-on-error: true",
    "allow_failure: true",
    "ignore_errors = true",
    "ignorefailures",
    "testfailureignore",
    "maven.test.failure.ignore",
    "--passwithnotests",
    "--pass-with-no-tests",
    "--exit-zero",
    "if: false",
    "if: ${{ false }}",
    "when: never",
    "when: manual",
    "returnstatus: true",
    "|| return 0",
    "ignore_outcome = true",
    "catcherror",
    "silentlycontinue",
    "xfail_strict = false",
    "failonnotests",
    "soft_fail: true",
];
/// Of these, such as say so without a runner on the line.
const ALONE: [&str; 19] = [
    "set +e",
    "continue-on-error: true",
    "allow_failure: true",
    "ignorefailures",
    "testfailureignore",
    "maven.test.failure.ignore",
    "passwithnotests",
    "if: false",
    "if: ${{ false }}",
    "when: never",
    "when: manual",
    "ignore_outcome = true",
    "xfail_strict = false",
    "exit-zero",
    "returnstatus: true",
    "catcherror",
    "silentlycontinue",
    "failonnotests",
    "soft_fail: true",
];
/// Options by which a runner runs fewer tests or none.
const FILTERS: [&str; 40] = [
    "-k",
    "-m",
    "-t",
    "-run",
    "--run",
    "--grep",
    "-g",
    "--fgrep",
    "-f",
    "--filter",
    "-E",
    "--filter-expr",
    "--testNamePattern",
    "--test-name-pattern",
    "--tests",
    "--collect-only",
    "--co",
    "--no-run",
    "--list",
    "--list-tests",
    "--listTests",
    "--dry-run",
    "--lib",
    "--doc",
    "--bins",
    "--lf",
    "--last-failed",
    "--testPathPattern",
    "--testPathPatterns",
    "--onlyChanged",
    "--changed",
    "--findRelatedTests",
    "-short",
    "--short",
    "--spec",
    "--only",
    "-Dtest",
    "--tag",
    "--tags",
    "--example",
];
const EXCLUDES: [&str; 20] = [
    "--ignore",
    "--ignore-glob",
    "--deselect",
    "--exclude",
    "--skip",
    "-skip",
    "--testPathIgnorePatterns",
    "-DskipTests",
    "-DskipITs",
    "-Dmaven.test.skip",
    "--exclude-tag",
    "--exclude-task",
    "-x test",
    "--no-doc",
    "--exclude-pattern",
    "-Dskip",
    "--modulePathIgnorePatterns",
    "--coveragePathIgnorePatterns",
    "--norecursedirs",
    "-Dsurefire.skip",
];
const RETRIES: [&str; 7] = [
    "--reruns",
    "--retries",
    "--retry",
    "--flaky",
    "--rerun-failures",
    "-Dsurefire.rerunFailingTestsCount",
    "--force-flaky",
];
const SNAPSHOTS: [&str; 10] = [
    "--updateSnapshot",
    "--snapshot-update",
    "--update-snapshots",
    "--ci=false",
    "INSTA_UPDATE=always",
    "UPDATE_SNAPSHOTS",
    "UPDATE_EXPECT",
    "--accept",
    "--force-regen",
    "--inline-snapshot=fix",
];

pub fn compare(file: &File<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
    let Some(after) = &file.after else {
        let had = file.before.as_ref().map_or(0, |side| n_runners(side.code.text));
        if had > 0 && is_config(file.class) && !runs_elsewhere(file, change) {
            all.push(file.finding(FindingKind::Filter, 1, "what ran the tests is gone".to_owned()));
        }
        return;
    };
    let Some(lines) = Lines::of(file, after) else { return };
    for (line, text) in &lines.added {
        scan_line(file, &lines, *line, text, all);
    }
    fewer_runners(file, change, &lines, all);
    keys(file, after, all);
}

fn is_config(class: Class) -> bool {
    matches!(class, Class::TestConfig | Class::CiConfig | Class::Hook | Class::LintConfig)
}

/// The guarded lines of a file that are new or gone.
struct Lines<'a> {
    /// Counted from 1.
    added: Vec<(u32, &'a str)>,
    removed: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    fn of(file: &File<'a>, after: &Side<'a>) -> Option<Lines<'a>> {
        let is_whole =
            is_config(file.class) && (!after.code.language.is_code() || file.class != Class::Hook);
        let kept = |side: &Side<'a>| -> Vec<(u32, &'a str)> {
            let guarded =
                if is_whole { Vec::new() } else { regions(side.code.path, side.code.text) };
            let lines = (1..).zip(side.code.text.lines());
            lines.filter(|(line, _)| is_whole || guards(&guarded, *line)).collect()
        };
        let is_manifest = file.class == Class::Source && !after.code.language.is_code()
            || after.code.path.file_name().contains("config.");
        let is_gradle = after.code.path.file_name().contains(".gradle")
            || after.code.path.file_name() == "Rakefile";
        if !(is_whole || is_manifest || is_gradle) {
            return None;
        }
        let (before, after) = (file.before.as_ref().map(kept).unwrap_or_default(), kept(after));
        let is_new =
            |(_, text): &&(u32, &str)| !before.iter().any(|(_, old)| old.trim() == text.trim());
        let added = after.iter().filter(is_new).copied().collect();
        let is_gone =
            |(_, text): &&(u32, &str)| !after.iter().any(|(_, new)| new.trim() == text.trim());
        let removed = before.iter().filter(is_gone).map(|(_, text)| *text).collect();
        Some(Lines { added, removed })
    }
}

fn guards(regions: &[Region], line: u32) -> bool {
    regions.iter().any(|region| region.class != Class::Test && region.lines.contains(&(line - 1)))
}

fn scan_line(file: &File<'_>, lines: &Lines<'_>, line: u32, text: &str, all: &mut Vec<Finding>) {
    let bare = text.trim();
    if bare.starts_with('#') && !bare.starts_with("#!") || bare.starts_with("//") {
        return;
    }
    let lower = bare.to_lowercase();
    let shown: String = bare.chars().take(90).collect();
    let runs = n_runners(bare) > 0;
    let mut tell =
        |kind, what: &str| all.push(file.finding(kind, line, format!("{what}: `{shown}`")));
    let was = lines.removed.iter().max_by_key(|old| shared(old, bare));
    let was = was.filter(|old| shared(old, bare) > 0).copied().unwrap_or("");
    let old_lower = was.to_lowercase();
    let swallow =
        SWALLOWS.iter().find(|word| lower.contains(**word) && !old_lower.contains(**word));
    let is_about_tests =
        runs || n_runners(was) > 0 || lower.contains("test") && !lower.contains("coverage");
    if swallow.is_some_and(|word| is_about_tests || ALONE.iter().any(|alone| word.contains(alone)))
    {
        tell(FindingKind::SwallowedExit, "failures are not passed on");
    } else if runs && ends_well(bare, was) {
        tell(FindingKind::SwallowedExit, "the exit code of the tests is lost");
    }
    let has =
        |options: &[&str]| options.iter().any(|option| count(bare, option) > count(was, option));
    let is_narrower = || runs && n_runners(was) > 0 && narrower(was, bare);
    if (runs || is_options(&lower)) && has(&FILTERS) || is_narrower() {
        tell(FindingKind::Filter, "fewer tests run");
    }
    if (runs || is_options(&lower)) && has(&EXCLUDES) {
        tell(FindingKind::ConfigExclude, "tests are left out");
    }
    if (runs || is_options(&lower)) && has(&RETRIES) {
        tell(FindingKind::Tolerance, "failing tests are tried until they pass");
    }
    if SNAPSHOTS.iter().any(|word| bare.contains(word) && !was.contains(word))
        || runs && has(&["-u"])
    {
        tell(FindingKind::Snapshot, "stored output is taken anew at every run");
    }
}

/// Lines of options without the runner's name.
fn is_options(lower: &str) -> bool {
    ["addopts", "args", "opts", "options", "script", "commands", "flags", "run:", "command"]
        .iter()
        .any(|word| lower.contains(word))
        || lower.starts_with("--")
        || lower.starts_with("- -")
        || lower.starts_with('-')
        || lower.starts_with('"')
}

fn count(text: &str, option: &str) -> usize {
    if option.contains(' ') {
        return text.matches(option).count();
    }
    let words = text.split(|ch: char| ch.is_whitespace() || "\"',[]`".contains(ch));
    words.filter(|word| word.split('=').next() == Some(option)).count()
}

/// How many words two lines share.
fn shared(a: &str, b: &str) -> usize {
    let words = |text: &str| {
        text.split(|ch: char| !ch.is_alphanumeric())
            .filter(|word| word.len() > 1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let others = words(b);
    words(a).iter().filter(|word| others.contains(word)).count()
}

/// A pipe, a background job or a leading dash that hides the exit code of the line before.
fn ends_well(text: &str, was: &str) -> bool {
    let is_piped = (text.contains("| tee")
        || text.contains("| cat")
        || text.contains("| grep")
        || text.contains("| tail")
        || text.contains("| head"))
        && !text.contains("pipefail")
        && !was.contains('|');
    let is_background =
        text.trim_end_matches(['"', ',', '\'']).ends_with(" &") && !was.trim_end().ends_with('&');
    let start = text.trim_start_matches([' ', '\t']);
    let is_ignored = start.starts_with('-')
        && !start.starts_with("- ")
        && !start.starts_with("--")
        && !was.trim_start().starts_with('-');
    let is_dashed = start.starts_with("- ") && was.trim() == start[2..].trim();
    let is_negated =
        start.trim_start_matches(['-', ' ']).trim_start_matches("run: ").starts_with("! ")
            && !was.contains("! ");
    is_piped || is_background || is_ignored || is_dashed || is_negated
}

/// The same command with something to select by behind it.
fn narrower(was: &str, is: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|ch: char| ch.is_whitespace() || "\"',".contains(ch));
        parts.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (old, new) = (words(was), words(is));
    let gone: Vec<&String> = old.iter().filter(|word| !new.contains(word)).collect();
    let more: Vec<&String> = new.iter().filter(|word| !old.contains(word)).collect();
    let selects = |word: &&&String| {
        !word.starts_with('-')
            && !word.contains('=')
            && word.as_str() != "&&"
            && word.chars().any(char::is_alphanumeric)
    };
    let n_selecting = more.iter().filter(selects).count();
    let is_wide = |word: &&&String| {
        word.ends_with("...")
            || word.ends_with('/')
            || word.as_str() == "."
            || word.as_str() == "--workspace"
            || word.as_str() == "--all"
            || word.as_str() == "--all-targets"
    };
    gone.iter().any(|word| is_wide(&word))
        || gone.is_empty()
            && n_selecting > 0
            && !is.contains("&&")
            && more.iter().all(|word| selects(&word))
        || gone.iter().all(|word| word.contains('/'))
            && n_selecting > 0
            && more.iter().any(|word| gone.iter().any(|old| word.starts_with(old.as_str())))
}

/// A file that called the tests more often before, when they are not called from elsewhere now.
fn fewer_runners(file: &File<'_>, change: &Change<'_>, lines: &Lines<'_>, all: &mut Vec<Finding>) {
    let n_old: usize = lines.removed.iter().map(|text| runs(text)).sum();
    let n_new: usize = lines.added.iter().map(|(_, text)| runs(text)).sum();
    if n_old > n_new && !runs_elsewhere(file, change) {
        let gone = lines.removed.iter().find(|text| runs(text) > 0).copied().unwrap_or_default();
        let line = lines.added.first().map_or(1, |(line, _)| *line);
        all.push(file.finding(
            FindingKind::Filter,
            line,
            format!("tests are no longer run: `{}`", gone.trim()),
        ));
    }
}

/// Calls of runners in a line that is no comment and installs nothing.
fn runs(text: &str) -> usize {
    let bare = text.trim();
    let installs = [
        "install", "add ", "^", "~=", ">=", "image:", "name:", "uses:", "requires", "import ",
        "from ",
    ]
    .iter()
    .any(|word| bare.contains(word));
    if bare.starts_with('#') || bare.starts_with("//") || installs || bare.starts_with('[') {
        0
    } else {
        n_runners(bare)
    }
}

fn runs_elsewhere(file: &File<'_>, change: &Change<'_>) -> bool {
    let others = change.files.iter().filter(|other| {
        !std::ptr::eq(*other, file) && (is_config(other.class) || other.class == Class::Source)
    });
    let gained = |other: &File<'_>| {
        let n = |side: &Option<Side<'_>>| {
            side.as_ref().map_or(0, |side| side.code.text.lines().map(runs).sum::<usize>())
        };
        n(&other.after) > n(&other.before)
    };
    others.into_iter().any(gained)
}

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

fn keys(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
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
        if let Some((kind, what)) = judge(key, old, words, &fresh, is_lint, file) {
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

fn judge(
    key: &str,
    old: Option<&[String]>,
    words: &[String],
    fresh: &[&String],
    is_lint: bool,
    file: &File<'_>,
) -> Option<(FindingKind, &'static str)> {
    let key = key.trim_start_matches("--");
    let first = words.first().map_or("", String::as_str).to_lowercase();
    let harmless = fresh.iter().all(|word| {
        HARMLESS.iter().any(|known| {
            word.trim_matches(['/', '*', '<', '>', '.', '\\', '^', '$', '(', ')']).to_lowercase()
                == *known
        }) || word.len() < 2
    });
    let number = |words: &[String]| words.iter().find_map(|word| word.parse::<f64>().ok());
    let existed = file.before.is_some();
    if COVERAGE.contains(&key) || key == "cov-fail-under" {
        let lower = old.and_then(number).zip(number(words)).is_some_and(|(was, is)| is < was);
        let off = key == "check-coverage" && first == "false";
        return (lower || off)
            .then_some((FindingKind::LintExclusion, "less coverage is asked for"));
    }
    let is_target = matches!(
        key,
        "test" | "doctest" | "harness" | "autotests" | "enabled" | "usejunitplatform"
    );
    if is_target && first == "false" {
        return Some((FindingKind::ConfigExclude, "tests are not built or run"));
    }
    if matches!(key, "runner") && file.class == Class::Hook {
        return Some((FindingKind::PatchedRunner, "tests are run by another program"));
    }
    if key == "shell" && file.path.file_name().to_lowercase().contains("make") {
        return Some((FindingKind::SwallowedExit, "commands are run by another program"));
    }
    if matches!(
        key,
        "retries"
            | "retry"
            | "retrytimes"
            | "flaky_test_attempts"
            | "rerunfailingtestscount"
            | "reruns"
            | "testretry"
    ) && existed
        && first != "0"
        && first != "false"
    {
        return Some((FindingKind::Tolerance, "failing tests are tried until they pass"));
    }
    if matches!(
        key,
        "setupfiles"
            | "setupfilesafterenv"
            | "globalsetup"
            | "testrunner"
            | "reporters"
            | "transform"
            | "testrunnerconfig"
            | "modulenamemapper"
            | "testenvironment"
            | "resolver"
    ) && existed
        && key != "testenvironment"
        && key != "reporters"
        && key != "transform"
    {
        return Some((FindingKind::PatchedRunner, "other code runs around the tests"));
    }
    if matches!(
        key,
        "passwithnotests"
            | "allowonly"
            | "failzero"
            | "forbidonly"
            | "dangerouslyignoreunhandlederrors"
            | "failwithnotests"
    ) && (first == "true") != matches!(key, "failzero" | "forbidonly")
    {
        return Some((FindingKind::SwallowedExit, "failures, or no tests at all, pass"));
    }
    if matches!(
        key,
        "testnamepattern"
            | "grep"
            | "fgrep"
            | "invert"
            | "filter_expr"
            | "tagexpression"
            | "groups"
            | "includetags"
    ) && existed
    {
        return Some((FindingKind::Filter, "fewer tests run"));
    }
    if !is_lint
        && EXCLUDING.contains(&key)
        && !fresh.is_empty()
        && !harmless
        && first != "false"
        && first != "null"
    {
        return Some((FindingKind::ConfigExclude, "tests are left out"));
    }
    if !is_lint && DISCOVERING.contains(&key) {
        let lost = old.is_some_and(|old| old.iter().any(|word| !words.contains(word)));
        let narrows =
            old.is_none() && existed && key != "projects" && key != "members" && key != "files";
        return (lost || narrows)
            .then_some((FindingKind::ConfigExclude, "tests are looked for elsewhere"));
    }
    let off = |words: &[String]| {
        words
            .iter()
            .filter(|word| ["off", "allow", "none", "0"].contains(&word.to_lowercase().as_str()))
            .count()
    };
    let grows = LINT.contains(&key) && !fresh.is_empty() && !harmless && first != "false";
    let weaker = is_lint
        && (off(words) > off(old.unwrap_or_default())
            || matches!(
                key,
                "strict"
                    | "enable"
                    | "warn_unused_ignores"
                    | "disallow_untyped_defs"
                    | "enabled"
                    | "check_untyped_defs"
            ) && first == "false");
    ((is_lint && grows) || weaker).then_some((FindingKind::LintExclusion, "less is looked at"))
}

/// Files that are nothing but a list of what is not looked at.
fn lines_of_ignore_files(file: &File<'_>, after: &Side<'_>, all: &mut Vec<Finding>) {
    if file.class != Class::LintConfig || !file.path.file_name().ends_with("ignore") {
        return;
    }
    let old: Vec<&str> = file.before.iter().flat_map(|side| side.code.text.lines()).collect();
    let is_listed =
        |text: &str| !text.trim().is_empty() && !text.starts_with('#') && !old.contains(&text);
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
