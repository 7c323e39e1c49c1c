//! Stored output that was taken anew.

use super::change::{Change, File};
use crate::model::guard::{Class, Finding, FindingKind};

/// Parts of the names of data that tests compare with.
const EXPECTED: [&str; 7] =
    ["expected", "golden", "output", "result", "want", "snapshot", "reference"];

pub fn compare(file: &File<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
    let name = file.path.as_str().to_lowercase();
    let is_expected =
        file.class == Class::Fixture && EXPECTED.iter().any(|word| name.contains(word));
    let is_stored = file.class == Class::Snapshot || is_expected;
    let Some(before) = file.before.as_ref().filter(|_| is_stored && change.is_attempt()) else {
        return;
    };
    match &file.after {
        None => all.push(file.finding(
            FindingKind::Snapshot,
            1,
            "what tests compare with is gone".to_owned(),
        )),
        Some(after) if after.code.text != before.code.text => {
            let same = before
                .code
                .text
                .lines()
                .zip(after.code.text.lines())
                .take_while(|(a, b)| a == b)
                .count();
            let why = "what tests compare with was taken anew".to_owned();
            all.push(file.finding(FindingKind::Snapshot, same as u32 + 1, why));
        }
        Some(_) => {}
    }
}
