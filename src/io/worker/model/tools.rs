//! Carries out what a model asks for, on its draft. What a tool says is data for the model and never more than it can read.

use std::ops::ControlFlow;

use regex::Regex;

use super::context::numbered;
use super::draft::Draft;
use crate::base::glob::Globs;
use crate::base::path::RepoPath;
use crate::base::text::{clipped, in_a_line};
use crate::io::worker::{Desk, Reach};
use crate::logic::outline;
use crate::logic::repo_map::Symbol;
use crate::logic::secrets::withheld;
use crate::logic::tools::Use;
use crate::model::failure::Failure;

/// What one tool says at most, in bytes.
const SAID_BYTES_MAX: usize = 12_000;
/// Lines of a file shown at once when no others are asked for.
const LINES_MAX: u32 = 300;
/// Lines found by one search.
const FOUND_MAX: usize = 60;
/// What is shown of a line that was found, in bytes.
const FOUND_LINE_BYTES_MAX: usize = 200;
/// Files listed of a folder.
const LISTED_MAX: usize = 200;
/// Memory that a search may take for its pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// What a tool said. `Err` inside: it could not be done, and why.
pub(super) type Said = Result<String, String>;

/// Carries out a tool that only looks at the draft or changes it.
pub(super) fn carry_out(
    draft: &mut Draft<'_>,
    desk: &Desk<'_>,
    reach: &Reach<'_>,
    wanted: &Use,
) -> Result<Said, Failure> {
    let said = match wanted {
        Use::Read { path, from, to } => read(draft, path, *from, *to)?,
        Use::Outline { path } => outline(draft, path)?,
        Use::Search { pattern, files } => search(draft, desk, pattern, files.as_deref())?,
        Use::Symbol { name } => symbol(draft, reach, name)?,
        Use::Edit { path, old, new } => {
            draft.edit(path, old, new)?.map(|line| edited(draft, path, line))
        }
        Use::Write { path, text } => {
            draft.write(path, text)?.map(|()| format!("{path} is written."))
        }
        Use::Delete { path } => draft.delete(path)?.map(|()| format!("{path} is deleted.")),
        Use::RunTests | Use::Ask { .. } | Use::Done { .. } => {
            Err("this is not done here".to_owned())
        }
    };
    let clip = |text: String| clipped(&text, SAID_BYTES_MAX);
    Ok(said.map(clip).map_err(clip))
}

fn read(
    draft: &Draft<'_>,
    path: &RepoPath,
    from: Option<u32>,
    to: Option<u32>,
) -> Result<Said, Failure> {
    let text = match draft.text(path)? {
        Ok(text) => text,
        Err(refusal) => return Ok(Err(similar(draft, path, refusal)?)),
    };
    let n_lines = text.lines().count() as u32;
    let from = from.unwrap_or(1);
    let to = to.unwrap_or(u32::MAX).min(from.saturating_add(LINES_MAX - 1));
    if n_lines == 0 {
        return Ok(Ok(format!("{path} is empty.")));
    }
    if from > n_lines {
        return Ok(Err(format!("{path} has {n_lines} lines only")));
    }
    let lines = numbered(&withheld(&text), from, to);
    let rest = if to < n_lines { format!("\n… to line {n_lines}") } else { String::new() };
    Ok(Ok(format!("{lines}{rest}")))
}

/// A refusal with files of that name elsewhere.
fn similar(draft: &Draft<'_>, path: &RepoPath, refusal: String) -> Result<String, Failure> {
    let files = draft.files()?;
    let same = files.iter().filter(|file| file.file_name() == path.file_name());
    let same: Vec<&str> = same.take(5).map(RepoPath::as_str).collect();
    Ok(if same.is_empty() { refusal } else { format!("{refusal}; there is {}", same.join(", ")) })
}

fn outline(draft: &Draft<'_>, path: &RepoPath) -> Result<Said, Failure> {
    let files = draft.files()?;
    if files.contains(path) {
        return Ok(match draft.text(path)? {
            Err(refusal) => Err(refusal),
            Ok(text) => match outline::outline(path, &withheld(&text)) {
                Some(outline) => Ok(outline::render(&outline)),
                None => Err(format!("{path} is in no language that has an outline here: read it")),
            },
        });
    }
    let inside: Vec<&RepoPath> = files.iter().filter(|file| file.is_within(path)).collect();
    if inside.is_empty() {
        return Ok(Err(similar(draft, path, format!("there is no file or folder {path}"))?));
    }
    let mut lines: Vec<&str> = inside.iter().take(LISTED_MAX).map(|file| file.as_str()).collect();
    let rest = format!("… {} files more", inside.len().saturating_sub(LISTED_MAX));
    if inside.len() > LISTED_MAX {
        lines.push(&rest);
    }
    Ok(Ok(lines.join("\n")))
}

/// Where a name is defined and used, in the tree that the draft began with.
fn symbol(draft: &Draft<'_>, reach: &Reach<'_>, name: &str) -> Result<Said, Failure> {
    let Symbol { definitions, references } = (reach.map)()?.symbol(name);
    let mut lines: Vec<String> = definitions
        .iter()
        .take(FOUND_MAX)
        .map(|(path, one)| format!("defined in {path}:{}: {}", one.first_line, one.signature))
        .collect();
    let n_used: usize = references.iter().map(|(_, lines)| lines.len()).sum();
    let shown = references.iter().take(FOUND_MAX).map(|(path, lines)| {
        let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
        format!("used in {path}, lines {}", lines.join(", "))
    });
    lines.extend(shown);
    if definitions.is_empty() && n_used == 0 {
        let why = format!("`{name}` is neither defined nor used; search for a part of it");
        return Ok(Err(why));
    }
    if !draft.is_unchanged() {
        lines.push("(as it was before your changes)".to_owned());
    }
    Ok(Ok(lines.join("\n")))
}

fn search(
    draft: &Draft<'_>,
    desk: &Desk<'_>,
    pattern: &str,
    files: Option<&str>,
) -> Result<Said, Failure> {
    let regex = match regex::RegexBuilder::new(pattern)
        .multi_line(true)
        .crlf(true)
        .size_limit(PATTERN_BYTES_MAX)
        .build()
    {
        Ok(regex) => regex,
        Err(error) => return Ok(Err(format!("the pattern cannot be used: {error}"))),
    };
    let globs = match files.map(|files| Globs::new(&RepoPath::root(), [files])) {
        None => None,
        Some(Some(globs)) => Some(globs),
        Some(None) => {
            return Ok(Err("`files` is no pattern of files, such as src/**/*.py".to_owned()));
        }
    };
    let mut found: Vec<String> = Vec::new();
    let is_wanted = |path: &RepoPath| globs.as_ref().is_none_or(|globs| globs.fit(path));
    draft.read_all(is_wanted, |path, text| {
        found.extend(lines_with(&regex, path, text));
        match desk.cancel.is_cancelled() || found.len() > FOUND_MAX {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    if found.is_empty() {
        return Ok(Ok("Nothing fits.".to_owned()));
    }
    if found.len() > FOUND_MAX {
        found.truncate(FOUND_MAX);
        found.push("… and more: look for something rarer, or in fewer files".to_owned());
    }
    Ok(Ok(found.join("\n")))
}

fn lines_with(regex: &Regex, path: &RepoPath, text: &str) -> Vec<String> {
    if !regex.is_match(text) {
        return Vec::new();
    }
    let text = withheld(text);
    let lines = text.lines().enumerate().filter(|(_, line)| regex.is_match(line));
    lines
        .take(FOUND_MAX + 1)
        .map(|(at, line)| format!("{path}:{}: {}", at + 1, in_a_line(line, FOUND_LINE_BYTES_MAX)))
        .collect()
}

/// How a file looks around an edit that was made.
fn edited(draft: &Draft<'_>, path: &RepoPath, line: u32) -> String {
    let text = draft.text(path).ok().and_then(Result::ok).unwrap_or_default();
    let shown = numbered(&withheld(&text), line.saturating_sub(3).max(1), line + 12);
    format!("{path} is changed. It reads now:\n{shown}")
}
