//! Comments and marks by which lint and coverage look away.

use std::collections::BTreeSet;

use super::change::{Change, File, Side};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::Language;
use crate::model::guard::{Class, Finding, FindingKind};

/// In comments, in lower case, of one line.
const LINE: [&str; 18] = [
    "noqa",
    "type: ignore",
    "pylint: disable",
    "pyright: ignore",
    "eslint-disable-line",
    "eslint-disable-next-line",
    "@ts-ignore",
    "@ts-expect-error",
    "nolint",
    "nosec",
    "nosonar",
    "noinspection",
    "biome-ignore",
    "rubocop:disable",
    "skipcq",
    "tslint:disable",
    "phpstan-ignore",
    "ruff: ignore",
];
/// Of a file, a block or of coverage, which count wherever they are put.
const BLOCK: [&str; 20] = [
    "ruff: noqa",
    "flake8: noqa",
    "mypy: ignore-errors",
    "@ts-nocheck",
    "pragma: no cover",
    "istanbul ignore",
    "c8 ignore",
    "v8 ignore",
    "lcov_excl",
    "codecov:ignore",
    "coverage:ignore",
    ":nocov:",
    "pylint: skip-file",
    "pyright: basic",
    "node:coverage disable",
    "coverage: ignore",
    "grcov_excl",
    "nocover",
    "jscpd:ignore",
    "type: ignore-errors",
];
const MARKS: [&str; 9] = [
    "# [ allow (",
    "# [ coverage ( off",
    "# [ cfg_attr ( tarpaulin",
    "# [ cfg_attr ( coverage",
    "# ! [ allow (",
    "# ! [ coverage",
    "@ SuppressWarnings",
    "ExcludeFromCodeCoverage",
    "SuppressMessage",
];

pub fn find(file: &File<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
    let (Some(after), Some(before)) = (&file.after, &file.before) else { return };
    if !after.code.language.is_code() {
        return;
    }
    let lines = code_lines(before);
    for comment in &after.code.comments {
        let text = comment.text.to_lowercase();
        let is_block = BLOCK.iter().any(|word| text.contains(word)) || is_open_disable(&text);
        let is_line = LINE.iter().any(|word| text.contains(word));
        if !(is_block || is_line) || !is_new(&text, file, change) {
            continue;
        }
        let below = line_below(after, comment.line, comment.is_first);
        let is_about_old = lines.contains(below.as_str());
        // People say of what they write why it is left out; an attempt may only do so with what it adds, line by line.
        let counts = if change.is_attempt() {
            is_block || is_about_old
        } else {
            is_about_old && !names_a_rule(&text) && !expects_an_error(&text, file)
        };
        if counts {
            let why = format!("lint or coverage looks away: `{}`", comment.text.trim());
            all.push(file.finding(FindingKind::LintExclusion, comment.line, why));
        }
    }
    marks(file, after, &lines, change, all);
}

/// Whether a comment is there more often than before, in its file and in all of them: one that moved is not new.
fn is_new(text: &str, file: &File<'_>, change: &Change<'_>) -> bool {
    let count = |side: &Option<Side<'_>>| {
        let comments = side.iter().flat_map(|side| &side.code.comments);
        comments.filter(|comment| comment.text.to_lowercase() == text).count()
    };
    let n_old: usize = change.files.iter().map(|file| count(&file.before)).sum();
    let n_new: usize = change.files.iter().map(|file| count(&file.after)).sum();
    count(&file.after) > count(&file.before) && n_new > n_old
}

/// In a test the comment asserts that the compiler refuses the next line.
fn expects_an_error(text: &str, file: &File<'_>) -> bool {
    file.class == Class::Test && text.contains("@ts-expect-error")
}

/// Attributes and annotations that say the same.
fn marks(
    file: &File<'_>,
    after: &Side<'_>,
    lines: &BTreeSet<String>,
    change: &Change<'_>,
    all: &mut Vec<Finding>,
) {
    let code = &after.code;
    for at in MARKS.iter().flat_map(|pattern| file.new_places(pattern)) {
        let is_coverage =
            code.holds(at..at + 6, "coverage") || code.at(at) == "ExcludeFromCodeCoverage";
        let is_named =
            !is_coverage && !["all", "'all'"].iter().any(|word| code.holds(at..at + 6, word));
        if is_named && !change.is_attempt() {
            continue;
        }
        let is_whole = code.holds(at..at + 3, "# ! [") || is_coverage;
        let is_foreign = code.language != Language::Rust;
        if is_whole || is_foreign || lines.contains(code_behind(code, at).as_str()) {
            let why = "lint or coverage looks away".to_owned();
            all.push(file.finding(FindingKind::LintExclusion, code.line(at), why));
        }
    }
}

/// The code of the line behind a mark.
fn code_behind(code: &Code<'_>, at: usize) -> String {
    let end = code.closing(at + 1).map_or(at + 1, |end| end + 1);
    let rest = code.tokens.get(end..).unwrap_or_default();
    let line = rest.first().map_or(0, |token| token.line);
    rest.iter().take_while(|token| token.line == line).map(|token| token.text).collect()
}

/// Whether the comment says what it is not to be told, and no more.
fn names_a_rule(text: &str) -> bool {
    let behind = |word: &str| {
        text.split(word)
            .nth(1)
            .is_some_and(|rest| rest.trim_start().starts_with(['[', ':']) || rest.trim().len() > 3)
    };
    [
        "noqa",
        "type: ignore",
        "nolint",
        "nosec",
        "disable",
        "disable-line",
        "disable-next-line",
        "pyright: ignore",
    ]
    .iter()
    .any(|word| behind(word))
}

/// `eslint-disable` without the end of its line is for all that follows.
fn is_open_disable(text: &str) -> bool {
    text.contains("eslint-disable") && !text.contains("disable-line") && !text.contains("next-line")
}

/// The lines of a text without comments.
fn code_lines(side: &Side<'_>) -> BTreeSet<String> {
    let mut lines: BTreeSet<String> = BTreeSet::new();
    let mut line = (0, String::new());
    for token in &side.code.tokens {
        if token.line != line.0 {
            lines.insert(std::mem::replace(&mut line, (token.line, String::new())).1);
        }
        line.1.push_str(token.text);
    }
    lines.insert(line.1);
    lines.remove("");
    lines
}

/// The code of a comment's line; of the one below where it stands alone.
fn line_below(side: &Side<'_>, line: u32, stands_alone: bool) -> String {
    let tokens = &side.code.tokens;
    let wanted = if stands_alone && !tokens.iter().any(|token| token.line == line) {
        tokens.iter().map(|token| token.line).find(|other| *other > line).unwrap_or(line)
    } else {
        line
    };
    tokens.iter().filter(|token| token.line == wanted).map(|token| token.text).collect()
}
