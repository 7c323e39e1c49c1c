//! Settings and scripts by which fewer tests run, or their failures do not count.

mod commands;
mod keys;

use super::change::{Change, File, Side};
use crate::logic::guard::regions::{Region, n_runners, regions};
use crate::model::guard::{Class, Finding, FindingKind};

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
        commands::scan_line(file, &lines, *line, text, all);
    }
    fewer_runners(file, change, &lines, all);
    // What CI calls by such names are systems to run on.
    if file.class != Class::CiConfig {
        keys::compare(file, after, all);
    }
}

pub fn is_config(class: Class) -> bool {
    matches!(class, Class::TestConfig | Class::CiConfig | Class::Hook | Class::LintConfig)
}

/// The guarded lines of a file that are new or gone.
pub struct Lines<'a> {
    /// Counted from 1.
    pub added: Vec<(u32, &'a str)>,
    pub removed: Vec<&'a str>,
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

pub fn guards(regions: &[Region], line: u32) -> bool {
    regions.iter().any(|region| region.class != Class::Test && region.lines.contains(&(line - 1)))
}

/// A file that called the tests more often before, when they are not called from elsewhere now.
fn fewer_runners(file: &File<'_>, change: &Change<'_>, lines: &Lines<'_>, all: &mut Vec<Finding>) {
    let n_old: usize = lines.removed.iter().map(|text| runs(text)).sum();
    let n_new: usize = lines.added.iter().map(|(_, text)| runs(text)).sum();
    // People may go over to a runner that nobody here knows.
    let is_other = !change.is_attempt() && gives_other_program(lines);
    if n_old > n_new && !is_other && !runs_elsewhere(file, change) {
        let gone = lines.removed.iter().find(|text| runs(text) > 0).copied().unwrap_or_default();
        let line = lines.added.first().map_or(1, |(line, _)| *line);
        all.push(file.finding(
            FindingKind::Filter,
            line,
            format!("tests are no longer run: `{}`", gone.trim()),
        ));
    }
}

/// Whether a key that ran the tests, such as `"test":`, has another program that does something.
fn gives_other_program(lines: &Lines<'_>) -> bool {
    let pairs = |text: &str| -> Vec<(String, String)> {
        let bare = |part: &str| part.trim_matches([' ', '\t', '"', '\'', '}']).to_owned();
        let pairs = text.split(['{', ',']).filter_map(|pair| pair.split_once(':'));
        pairs.map(|(key, value)| (bare(key), bare(value))).collect()
    };
    let old: Vec<_> = lines.removed.iter().flat_map(|text| pairs(text)).collect();
    let new: Vec<_> = lines.added.iter().flat_map(|(_, text)| pairs(text)).collect();
    let does_something = |value: &str| {
        let program = value.split_whitespace().next().unwrap_or("");
        !["", "true", ":", "exit", "echo", "node"].contains(&program)
    };
    let has_other =
        |key: &str| new.iter().any(|(name, value)| name == key && does_something(value));
    old.iter().any(|(key, value)| runs(value) > 0 && has_other(key))
}

/// Calls of runners in a line that is no comment and installs nothing.
fn runs(text: &str) -> usize {
    let bare = text.trim();
    let installs = [
        "install", "add ", "^", "~=", ">=", "==", "image:", "name:", "uses:", "requires",
        "import ", "from ",
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
