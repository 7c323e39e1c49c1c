//! Places of a change that look like a way to be green without being right.

mod answers;
mod assertions;
mod change;
mod conditions;
mod exclusions;
mod exits;
mod expected;
mod flow;
mod hard_coded;
mod hollow;
mod hooks;
mod marks;
mod rows;
mod settings;
mod snapshots;
mod sources;
mod stand_ins;
mod strength;
mod tests;
mod tolerance;
mod values;
mod weakened;

use super::{Facts, FileEdit};
use crate::model::guard::Finding;
use change::Change;

/// What is suspicious about a change, in the order of its files and lines.
pub fn findings(edits: &[FileEdit<'_>], facts: &Facts<'_>) -> Vec<Finding> {
    let change = Change::of(edits, facts);
    let mut all = Vec::new();
    for file in &change.files {
        tests::compare(file, &change, &mut all);
        hooks::find(file, &change, &mut all);
        settings::compare(file, &change, &mut all);
        snapshots::compare(file, &change, &mut all);
        exclusions::find(file, &change, &mut all);
        sources::find(file, &mut all);
        hard_coded::find(file, &change, &mut all);
    }
    all.sort();
    all.dedup_by(|a, b| (a.kind, &a.path, a.line) == (b.kind, &b.path, b.line));
    all
}
