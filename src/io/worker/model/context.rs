//! What a model is shown before it begins: the task, how the tests fail, the code around the failures, and the rules
//! that the project's people wrote for such helpers.

use super::draft::Draft;
use crate::base::path::RepoPath;
use crate::base::text::clipped;
use crate::io::worker::{Assignment, Reach};
use crate::logic::brief;
use crate::logic::guard::class::is_test_path;
use crate::logic::repo_map::Focus;
use crate::logic::secrets::withheld;
use crate::model::failure::Failure;
use crate::model::report::Place;

/// Files in which projects tell agents their rules, from <https://agents.md> and the agents' own documentation.
const RULES: &[&str] = &[
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    ".github/copilot-instructions.md",
    ".cursorrules",
    ".windsurfrules",
    ".rules",
];
/// What is read of them, in bytes.
const RULES_BYTES_MAX: usize = 8_000;
/// Pieces of code that are shown.
const PIECES_MAX: usize = 8;
/// Lines shown before and after a place.
const AROUND: u32 = 15;
/// The part of a model's window that a map may take.
const MAP_WINDOW_PART: usize = 16;
/// Tokens of a map.
const MAP_TOKENS_MAX: usize = 2_000;
/// Bytes of code that are shown.
const CODE_BYTES_MAX: usize = 16_000;

/// The project's own rules; empty when it has none.
pub(super) fn rules(draft: &Draft<'_>) -> Result<String, Failure> {
    for name in RULES {
        let Some(path) = RepoPath::new(name) else { continue };
        if let Ok(text) = draft.text(&path)? {
            let text = clipped(withheld(text.trim()).trim(), RULES_BYTES_MAX);
            return Ok(format!(
                "The project's rules, from {name}:\n\n{}",
                brief::fenced("", &text)
            ));
        }
    }
    Ok(String::new())
}

/// The code at the places where the targets fail: what is tested before the tests themselves, the innermost first.
pub(super) fn code(draft: &Draft<'_>, assignment: &Assignment<'_>) -> Result<String, Failure> {
    let cases = assignment.baseline.iter().flat_map(|run| &run.report.cases);
    let red = cases.filter(|case| assignment.targets.contains(&case.id) && case.outcome.is_red());
    let mut places: Vec<&Place> =
        red.flat_map(|case| case.frames.iter().rev().chain(&case.at)).collect();
    places.extend(
        assignment
            .baseline
            .iter()
            .flat_map(|run| &run.problems)
            .filter_map(|problem| problem.at.as_ref()),
    );
    let (tests, tested): (Vec<&Place>, Vec<&Place>) =
        places.into_iter().partition(|place| is_test_path(&place.path));
    let (mut pieces, mut shown): (Vec<String>, Vec<&Place>) = (Vec::new(), Vec::new());
    for place in tested.into_iter().chain(tests) {
        let is_near =
            |other: &&Place| other.path == place.path && other.line.abs_diff(place.line) < AROUND;
        let n_bytes: usize = pieces.iter().map(String::len).sum();
        if pieces.len() == PIECES_MAX || n_bytes > CODE_BYTES_MAX {
            break;
        }
        if shown.iter().any(is_near) {
            continue;
        }
        if let Ok(text) = draft.text(&place.path)? {
            let (from, to) =
                (place.line.saturating_sub(AROUND).max(1), place.line.saturating_add(AROUND));
            let lines = numbered(&withheld(&text), from, to);
            pieces.push(format!(
                "{}, from line {from}:\n{}",
                place.path,
                brief::fenced("", &lines)
            ));
            shown.push(place);
        }
    }
    if pieces.is_empty() {
        return Ok(String::new());
    }
    Ok(format!("## Code where it goes wrong\n\n{}", pieces.join("\n\n")))
}

/// What the assignment is about, for the map.
pub(super) fn focus(assignment: &Assignment<'_>) -> Focus {
    let cases = assignment.baseline.iter().flat_map(|run| &run.report.cases);
    let red = cases.filter(|case| assignment.targets.contains(&case.id));
    let places: Vec<&Place> = red.flat_map(|case| case.frames.iter().chain(&case.at)).collect();
    let paths = places.into_iter().map(|place| place.path.clone());
    let (tests, files): (Vec<RepoPath>, Vec<RepoPath>) = paths.partition(is_test_path);
    let step = assignment.step;
    let names = names(&format!("{} {}", step.title, step.intent));
    Focus { files, names, tests }
}

/// Words that may be identifiers.
pub(super) fn names(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| word.len() > 2).map(str::to_owned).collect()
}

/// What matters most of the repository, in a part of the window; empty where nothing is known.
pub(super) fn map(reach: &Reach<'_>, focus: &Focus, window: u32) -> Result<String, Failure> {
    let tokens_max = (window as usize / MAP_WINDOW_PART).min(MAP_TOKENS_MAX);
    let ranked = (reach.map)()?.ranked(focus, tokens_max);
    if ranked.trim().is_empty() {
        return Ok(String::new());
    }
    Ok(format!(
        "## What the project defines, the most important of it\n\n{}",
        brief::fenced("", &ranked)
    ))
}

/// Lines `from` to `to` with their numbers, counted from 1.
pub(super) fn numbered(text: &str, from: u32, to: u32) -> String {
    let lines = text.lines().enumerate().map(|(at, line)| (at as u32 + 1, line));
    let wanted = lines.filter(|(number, _)| (from..=to).contains(number));
    wanted.map(|(number, line)| format!("{number:>5}  {line}")).collect::<Vec<_>>().join("\n")
}
