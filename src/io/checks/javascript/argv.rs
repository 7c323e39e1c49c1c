//! The command lines of JavaScript runners: the check's own, without what would change what is told (other reporters,
//! coverage and its thresholds, watching, stopping at the first failure), with our reporter and the selection.

use std::path::Path;
use std::time::Duration;

use globset::GlobBuilder;

use super::super::desk::text;
use super::wanted::Wanted;
use crate::model::check::Runner;

/// The files of ours that a command needs.
pub(super) struct Ours<'a> {
    /// Where the reporters lie.
    pub folder: &'a Path,
    /// Where runners may keep what they compiled, since installed packages are shown read-only.
    pub cache: &'a Path,
    /// The major version of Mocha; `None` where it is not known.
    pub mocha: Option<u32>,
    /// What one file of `node --test` gets, where that is to be said.
    pub limit: Option<Duration>,
}

impl Ours<'_> {
    /// What keeps Mocha in one process and going, where a configuration may say otherwise: files of its own are read since
    /// version 6, tests in parallel came with 8. It refuses what it does not know.
    fn of_mocha(&self) -> impl Iterator<Item = String> {
        let version = self.mocha.unwrap_or(u32::MAX);
        let known = [("--no-parallel", 8), ("--no-bail", 6)].into_iter();
        known.filter(move |(_, since)| version >= *since).map(|(option, _)| option.to_owned())
    }
}

/// The option of `node --test` that ends a file; since 20.11.
pub(super) const FILE_LIMIT: &str = "--test-timeout";

/// Options left out, with those that take the next word as their value.
struct LeftOut {
    flags: &'static [&'static str],
    with_value: &'static [&'static str],
    /// Left out with all that begin so.
    prefixes: &'static [&'static str],
}

const NODE: LeftOut = LeftOut {
    flags: &["--watch", "--experimental-test-coverage", "--watch-preserve-output"],
    with_value: &["--test-reporter", "--test-reporter-destination", "--watch-path"],
    prefixes: &["--test-coverage-"],
};

const JEST: LeftOut = LeftOut {
    flags: &[
        "--coverage",
        "--collectCoverage",
        "--no-coverage",
        "--watch",
        "--watchAll",
        "--json",
        "--listTests",
        "-o",
        "--onlyChanged",
        "--onlyFailures",
        "-f",
        "--bail",
        "-b",
        "--notify",
        "--updateSnapshot",
        "-u",
        "--lastCommit",
        "--verbose",
        "--silent",
        "--watchman",
        "--no-watchman",
        "--passWithNoTests",
    ],
    with_value: &[
        "--reporters",
        "--outputFile",
        "--collectCoverageFrom",
        "--coverageReporters",
        "--coverageDirectory",
        "--coverageThreshold",
        "--changedSince",
        "--cacheDirectory",
        "--coverageProvider",
    ],
    prefixes: &["--watch=", "--watchAll="],
};

const VITEST: LeftOut = LeftOut {
    flags: &[
        "--coverage",
        "--watch",
        "-w",
        "--ui",
        "--open",
        "--update",
        "-u",
        "--changed",
        "--allowOnly",
        "--run",
    ],
    with_value: &["--reporter", "--outputFile", "--bail"],
    prefixes: &["--coverage.", "--no-coverage", "--outputFile."],
};

const MOCHA: LeftOut = LeftOut {
    flags: &["--watch", "-w", "--bail", "-b", "--parallel", "-p", "--no-parallel"],
    with_value: &[
        "--reporter",
        "-R",
        "--reporter-option",
        "--reporter-options",
        "-O",
        "--jobs",
        "-j",
        "--watch-files",
        "--watch-ignore",
    ],
    prefixes: &[],
};

/// Options of `node` that take the next word as their value.
const NODE_VALUES: [&str; 22] = [
    "--import",
    "--require",
    "-r",
    "--loader",
    "--experimental-loader",
    "--conditions",
    "-C",
    "--env-file",
    "--env-file-if-exists",
    "--test-name-pattern",
    "--test-skip-pattern",
    "--test-concurrency",
    "--test-timeout",
    "--test-shard",
    "--test-isolation",
    "--experimental-test-isolation",
    "--test-global-setup",
    "--input-type",
    "--disable-warning",
    "--test-rerun-failures",
    "--experimental-config-file",
    "--icu-data-dir",
];

/// Selections of Mocha, of which the last one counts.
const MOCHA_SELECTIONS: LeftOut = LeftOut {
    flags: &["--invert", "-i"],
    with_value: &["--grep", "-g", "--fgrep", "-f"],
    prefixes: &[],
};

/// The command of a check with our reporter and what selects at least the wanted tests.
pub(super) fn with_ours(
    runner: Runner,
    argv: &[String],
    ours: &Ours<'_>,
    wanted: &Wanted<'_>,
) -> Vec<String> {
    let file = |name: &str| text(&ours.folder.join(name));
    let selection = selection(runner, wanted);
    let argv = selectable(runner, argv, wanted);
    let mut all = argv;
    match runner {
        Runner::Jest => {
            all.extend(words(&[
                "--coverage=false",
                "--testLocationInResults",
                "--watchman=false",
                "--ci",
            ]));
            all.push(format!("--cacheDirectory={}", text(&ours.cache.join("jest"))));
            all.extend([
                "--reporters=default".to_owned(),
                format!("--reporters={}", file("greenloop_jest.cjs")),
            ]);
            // The last option takes no more words, so that files can follow.
            all.push("--bail=0".to_owned());
        }
        Runner::Vitest => {
            all.push("--reporter=default".to_owned());
            all.push(format!("--reporter={}", file("greenloop_vitest.mjs")));
            all.extend(words(&[
                "--coverage.enabled=false",
                "--bail=0",
                "--allowOnly",
                "--includeTaskLocation",
            ]));
        }
        Runner::Mocha => {
            let reporter = file("greenloop_mocha.cjs");
            all.extend([format!("--require={reporter}"), format!("--reporter={reporter}")]);
            all.extend(ours.of_mocha());
        }
        _ => {
            let at = all.iter().position(|word| is_node(word)).map_or(0, |at| at + 1);
            let reporter = file("greenloop_node.mjs");
            let options = [
                format!("--require={}", file("greenloop_node_guard.cjs")),
                "--test-reporter=spec".to_owned(),
                "--test-reporter-destination=stdout".to_owned(),
                format!("--test-reporter={reporter}"),
                "--test-reporter-destination=stderr".to_owned(),
            ];
            let is_limited = all.iter().any(|word| word.starts_with(FILE_LIMIT));
            let limit = ours.limit.filter(|_| !is_limited);
            let limit = limit.map(|limit| format!("{FILE_LIMIT}={}", limit.as_millis()));
            all.splice(at..at, options.into_iter().chain(limit));
        }
    }
    place(runner, all, selection)
}

/// As a person would type it: without our reporter.
pub(super) fn shown(runner: Runner, argv: &[String], wanted: &Wanted<'_>) -> Vec<String> {
    place(runner, selectable(runner, argv, wanted), selection(runner, wanted))
}

/// Puts the selection where the runner takes it: `node` reads no options after the first file.
fn place(runner: Runner, mut argv: Vec<String>, selection: Selection) -> Vec<String> {
    if runner == Runner::NodeTest {
        let at = argv.iter().position(|word| is_node(word)).map_or(0, |at| at + 1);
        argv.splice(at..at, selection.options);
    } else {
        argv.extend(selection.options);
    }
    argv.extend(selection.files);
    argv
}

#[derive(Default)]
struct Selection {
    options: Vec<String>,
    files: Vec<String>,
}

fn selection(runner: Runner, wanted: &Wanted<'_>) -> Selection {
    let Some(files) = wanted.files() else { return Selection::default() };
    let pattern =
        if runner == Runner::NodeTest { wanted.pattern_by_title() } else { wanted.pattern() };
    let option = match runner {
        Runner::NodeTest => "--test-name-pattern",
        Runner::Mocha => "--grep",
        _ => "--testNamePattern",
    };
    let by_path = (runner == Runner::Jest).then(|| "--runTestsByPath".to_owned());
    let pattern = pattern.map(|pattern| format!("{option}={pattern}"));
    // Mocha adds files to those that its configuration names, so that naming some leaves none out.
    let files = if runner == Runner::Mocha { Default::default() } else { files };
    Selection {
        options: by_path.into_iter().chain(pattern).collect(),
        files: files.into_iter().map(str::to_owned).collect(),
    }
}

/// The check's command without what is left out, and without its own selection where another one is to count.
fn selectable(runner: Runner, argv: &[String], wanted: &Wanted<'_>) -> Vec<String> {
    let left_out = match runner {
        Runner::Jest => &JEST,
        Runner::Vitest => &VITEST,
        Runner::Mocha => &MOCHA,
        _ => &NODE,
    };
    let argv = without(argv, left_out);
    match (runner, wanted.files()) {
        (Runner::Mocha, Some(_)) => without(&argv, &MOCHA_SELECTIONS),
        (Runner::NodeTest, Some(_)) => without_files(&argv),
        _ => argv,
    }
}

fn without(argv: &[String], left_out: &LeftOut) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = argv.iter().peekable();
    while let Some(word) = rest.next() {
        let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        let is_prefixed = left_out.prefixes.iter().any(|start| word.starts_with(start));
        if left_out.with_value.contains(&name) {
            rest.next_if(|value| name == word && !value.starts_with("--"));
        } else if left_out.flags.contains(&name) || is_prefixed {
            // `--bail 1`, `--silent false`.
            rest.next_if(|value| is_switch(value));
        } else {
            kept.push(word.clone());
        }
    }
    kept
}

fn is_switch(value: &str) -> bool {
    value == "true" || value == "false" || value.parse::<u32>().is_ok()
}

/// `node --test` without the files it names.
fn without_files(argv: &[String]) -> Vec<String> {
    let start = argv.iter().position(|word| is_node(word)).map_or(0, |at| at + 1);
    let mut kept = argv[..start].to_vec();
    let mut is_value = false;
    for word in &argv[start..] {
        if is_value || word.starts_with('-') {
            kept.push(word.clone());
        }
        is_value = NODE_VALUES.contains(&word.as_str());
    }
    kept
}

/// Files that older versions of Node.js do not look for themselves: `test/**/*.test.js` becomes the files of that
/// name, when there are some.
pub(super) fn expanded(
    runner: Runner,
    argv: Vec<String>,
    files: &dyn Fn() -> Vec<String>,
) -> Vec<String> {
    let is_pattern = |word: &str| !word.starts_with('-') && word.contains(['*', '?', '{']);
    if runner != Runner::NodeTest || !argv.iter().any(|word| is_pattern(word)) {
        return argv;
    }
    let files = files();
    let expand = |word: String| -> Vec<String> {
        let pattern = word.strip_prefix("./").unwrap_or(&word);
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        let Some(glob) = glob.ok().filter(|_| is_pattern(&word)) else { return vec![word] };
        let matcher = glob.compile_matcher();
        let found: Vec<String> =
            files.iter().filter(|file| matcher.is_match(file)).cloned().collect();
        if found.is_empty() { vec![word] } else { found }
    };
    argv.into_iter().flat_map(expand).collect()
}

fn is_node(word: &str) -> bool {
    matches!(word.rsplit(['/', '\\']).next(), Some("node" | "node.exe"))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::Select;
    use super::*;

    fn split(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn whole(runner: Runner, argv: &str) -> String {
        with_mocha(runner, argv, None)
    }

    fn with_mocha(runner: Runner, argv: &str, mocha: Option<u32>) -> String {
        let ours = Ours { folder: Path::new("/d"), cache: Path::new("/c"), mocha, limit: None };
        with_ours(runner, &split(argv), &ours, &Wanted::of(Select::All)).join(" ")
    }

    fn subset(runner: Runner, argv: &str) -> String {
        let names = ["test/a.js::adds".to_owned()];
        shown(runner, &split(argv), &Wanted::of(Select::Only(&names))).join(" ")
    }

    #[test]
    fn what_would_change_the_report_is_left_out() {
        insta::assert_snapshot!(whole(Runner::NodeTest, "node --import tsx --test --test-reporter tap --experimental-test-coverage --test-coverage-lines=90 test/a.ts"), @"node --require=/d/greenloop_node_guard.cjs --test-reporter=spec --test-reporter-destination=stdout --test-reporter=/d/greenloop_node.mjs --test-reporter-destination=stderr --import tsx --test test/a.ts");
        insta::assert_snapshot!(whole(Runner::Jest, "node jest.js --coverage --coverageReporters text --config x.js -w 2 --bail 1 --watchAll=true src"), @"node jest.js --config x.js -w 2 src --coverage=false --testLocationInResults --watchman=false --ci --cacheDirectory=/c/jest --reporters=default --reporters=/d/greenloop_jest.cjs --bail=0");
        insta::assert_snapshot!(whole(Runner::Vitest, "node vitest.mjs run --coverage.enabled --coverage.thresholds.lines=90 --reporter=junit --outputFile=x.xml --project unit"), @"node vitest.mjs run --project unit --reporter=default --reporter=/d/greenloop_vitest.mjs --coverage.enabled=false --bail=0 --allowOnly --includeTaskLocation");
        insta::assert_snapshot!(whole(Runner::Mocha, "node mocha.js -R spec --parallel --jobs 4 -r ts-node/register test/**/*.ts"), @"node mocha.js -r ts-node/register test/**/*.ts --require=/d/greenloop_mocha.cjs --reporter=/d/greenloop_mocha.cjs --no-parallel --no-bail");
    }

    #[test]
    fn an_old_mocha_gets_no_option_that_it_does_not_know() {
        insta::assert_snapshot!(with_mocha(Runner::Mocha, "node mocha.js", Some(7)), @"node mocha.js --require=/d/greenloop_mocha.cjs --reporter=/d/greenloop_mocha.cjs --no-bail");
        insta::assert_snapshot!(with_mocha(Runner::Mocha, "node mocha.js", Some(5)), @"node mocha.js --require=/d/greenloop_mocha.cjs --reporter=/d/greenloop_mocha.cjs");
    }

    #[test]
    fn selections_name_files_and_tests() {
        insta::assert_snapshot!(subset(Runner::NodeTest, "node --import tsx --test test/*.ts"), @r"node --test-name-pattern=^(?:\s*adds\s*)$ --import tsx --test test/a.js");
        insta::assert_snapshot!(subset(Runner::Jest, "node jest.js src"), @r"node jest.js src --runTestsByPath --testNamePattern=^(?:\s*adds\s*)$ test/a.js");
        insta::assert_snapshot!(subset(Runner::Vitest, "node vitest.mjs run"), @r"node vitest.mjs run --testNamePattern=^(?:\s*adds\s*)$ test/a.js");
        insta::assert_snapshot!(subset(Runner::Mocha, "node mocha.js --grep slow -i test"), @r"node mocha.js test --grep=^(?:\s*adds\s*)$");
    }

    #[test]
    fn patterns_become_files() {
        let files = || split("test/a.test.js test/deep/b.test.js src/a.js");
        let check = |argv: &str, expected: &str| {
            assert_eq!(expanded(Runner::NodeTest, split(argv), &files).join(" "), expected);
        };
        check("node --test test/*.js", "node --test test/a.test.js");
        check(
            "node --test ./test/**/*.test.{js,mjs}",
            "node --test test/a.test.js test/deep/b.test.js",
        );
        check("node --test none/*.js", "node --test none/*.js");
        assert_eq!(
            expanded(Runner::Mocha, split("mocha test/*.js"), &files).join(" "),
            "mocha test/*.js"
        );
    }
}
