//! Comments and marks by which lint and coverage look away.

use std::collections::BTreeSet;

use super::change::{Change, File, Side};
use crate::logic::guard::lexer::Language;
use crate::model::guard::{Finding, FindingKind};

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
    let old: Vec<String> =
        before.code.comments.iter().map(|comment| comment.text.to_lowercase()).collect();
    let lines = code_lines(before);
    for comment in &after.code.comments {
        let text = comment.text.to_lowercase();
        let n_old = old.iter().filter(|known| **known == text).count();
        let n_new =
            after.code.comments.iter().filter(|other| other.text.to_lowercase() == text).count();
        let is_new = n_new > n_old;
        let is_block = BLOCK.iter().any(|word| text.contains(word)) || is_open_disable(&text);
        let is_line = LINE.iter().any(|word| text.contains(word));
        let is_about_old =
            || lines.contains(line_below(after, comment.line, comment.is_first).as_str());
        if is_new
            && (is_block
                || is_line && is_about_old() && (change.is_attempt() || !names_a_rule(&text)))
        {
            let why = format!("lint or coverage looks away: `{}`", comment.text.trim());
            all.push(file.finding(FindingKind::LintExclusion, comment.line, why));
        }
    }
    for at in MARKS.iter().flat_map(|pattern| file.new_places(pattern)) {
        let code = &after.code;
        let line = code.line(at);
        let end = code.closing(at + 1).map_or(at + 1, |end| end + 1);
        let below = line_below(after, code.line(end.saturating_sub(1)), true);
        if !change.is_attempt()
            && code.language == Language::Rust
            && !code.holds(at..at + 6, "all")
            && !code.holds(at..at + 6, "coverage")
        {
            continue;
        }
        if code.holds(at..at + 3, "# ! [")
            || code.language != Language::Rust
            || lines.contains(below.as_str())
            || code.holds(at..at + 6, "coverage")
        {
            all.push(file.finding(
                FindingKind::LintExclusion,
                line,
                "lint or coverage looks away".to_owned(),
            ));
        }
    }
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
    } else if stands_alone && side.code.language == Language::Rust {
        tokens.iter().map(|token| token.line).find(|other| *other > line).unwrap_or(line)
    } else {
        line
    };
    tokens.iter().filter(|token| token.line == wanted).map(|token| token.text).collect()
}
