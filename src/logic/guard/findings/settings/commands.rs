//! Lines that call a runner, or give it options.

use super::Lines;
use crate::logic::guard::findings::change::File;
use crate::logic::guard::regions::n_runners;
use crate::model::guard::Finding;
use crate::model::guard::FindingKind;

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
pub fn scan_line(
    file: &File<'_>,
    lines: &Lines<'_>,
    line: u32,
    text: &str,
    all: &mut Vec<Finding>,
) {
    let bare = text.trim();
    if bare.starts_with('#') && !bare.starts_with("#!") || bare.starts_with("//") {
        return;
    }
    let lower = bare.to_lowercase();
    let shown: String = bare.chars().take(90).collect();
    let runs = n_runners(bare) > 0;
    let mut tell =
        |kind, what: &str| all.push(file.finding(kind, line, format!("{what}: `{shown}`")));
    let was = lines
        .removed
        .iter()
        .max_by_key(|old| (first_word(old) == first_word(bare), shared(old, bare)));
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
    let is_lint = lower.contains("clippy");
    if (runs || is_options(&lower)) && has(&FILTERS) && !is_lint || is_narrower() {
        tell(FindingKind::Filter, "fewer tests run");
    }
    if (runs || is_options(&lower)) && has(&EXCLUDES) {
        tell(FindingKind::ConfigExclude, "tests are left out");
    }
    if (runs || is_options(&lower)) && has(&RETRIES) {
        tell(FindingKind::Tolerance, "failing tests are tried until they pass");
    }
    let is_element =
        |words: &[&str]| words.iter().any(|word| bare.contains(word) && !was.contains(word));
    if is_element(&[
        "<skipTests>true",
        "<skip>true",
        "<maven.test.skip>true",
        "<skipITs>true",
        "<exclude>",
        "<excludedGroups>",
    ]) {
        tell(FindingKind::ConfigExclude, "tests are left out");
    }
    if is_element(&["<groups>", "<include>", "<test>"]) {
        tell(FindingKind::Filter, "fewer tests run");
    }
    if is_element(&["<rerunFailingTestsCount>"]) {
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

/// The key of a line of settings, or the program of a command.
fn first_word(text: &str) -> Option<&str> {
    text.split(|ch: char| !(ch.is_alphanumeric() || ":-_.".contains(ch)))
        .find(|word| !word.is_empty())
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
    let is_left = |text: &str| text.contains(" &\"") || text.trim_end().ends_with(" &");
    let is_background = is_left(text) && !is_left(was);
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
            && word.chars().any(char::is_alphabetic)
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
