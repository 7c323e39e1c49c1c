//! Files that a change makes, deletes or renames: each is accepted, and taken back, as a whole.

use crate::logic::review::cut::split;
use crate::logic::review::{HunkState, readings, unmarked};
use crate::model::proposal::{ChangeKind, FileChange};

/// Where such a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    Pending,
    Applied,
    /// What is there is neither what the change starts from nor what it leads to.
    Conflict,
}

/// The texts of the places that a change touches; `None` where there is no file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places<'a> {
    /// At the change's path.
    pub here: Option<&'a str>,
    /// Where a renamed file came from.
    pub from: Option<&'a str>,
}

/// The state of a change that is more than an edit of lines, between the texts `before` and `after`.
pub fn file_state(change: &FileChange, before: &str, after: &str, places: Places<'_>) -> FileState {
    match (&change.kind, places.here) {
        (ChangeKind::Create, None) | (ChangeKind::Modify, _) => FileState::Pending,
        (ChangeKind::Create, Some(text)) if same(text, after) => FileState::Applied,
        (ChangeKind::Create, Some("")) => FileState::Pending,
        (ChangeKind::Delete, None) => FileState::Applied,
        (ChangeKind::Delete, Some(text)) if same(text, before) => FileState::Pending,
        (ChangeKind::Create | ChangeKind::Delete, Some(_)) => FileState::Conflict,
        (ChangeKind::Rename { .. }, here) => rename_state(change, before, here, places.from),
    }
}

fn rename_state(
    change: &FileChange,
    before: &str,
    here: Option<&str>,
    from: Option<&str>,
) -> FileState {
    let all = |text, wanted: fn(&HunkState) -> bool| {
        readings(before, &change.hunks, text).iter().all(|reading| wanted(&reading.state))
    };
    let applied = |state: &HunkState| matches!(state, HunkState::Applied { .. });
    let clean = |state: &HunkState| !matches!(state, HunkState::Conflict { .. });
    match (here, from) {
        (Some(text), _) if !change.hunks.is_empty() && all(text, applied) => FileState::Applied,
        (Some(_), None) if change.hunks.is_empty() => FileState::Applied,
        (None, Some(text)) if all(text, clean) => FileState::Pending,
        (Some(_) | None, _) => FileState::Conflict,
    }
}

/// Whether two texts are the same but for line endings and a byte order mark.
fn same(one: &str, other: &str) -> bool {
    split(unmarked(one)) == split(unmarked(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::BlobId;
    use crate::base::path::RepoPath;
    use crate::logic::diff;

    fn check(kind: ChangeKind, before: &str, after: &str, places: Places<'_>, state: FileState) {
        let change = FileChange {
            path: RepoPath::new("b.py").unwrap(),
            kind,
            before: BlobId::new("1"),
            after: BlobId::new("2"),
            hunks: diff::hunks(before, after),
        };
        assert_eq!(file_state(&change, before, after, places), state, "{places:?}");
    }

    #[test]
    fn a_made_file_is_applied_when_it_holds_what_was_made() {
        let at = |here| Places { here, from: None };
        let made = |here, state| check(ChangeKind::Create, "", "a\nb\n", at(here), state);
        made(None, FileState::Pending);
        made(Some(""), FileState::Pending);
        made(Some("a\r\nb\r\n"), FileState::Applied);
        made(Some("mine\n"), FileState::Conflict);
    }

    #[test]
    fn a_deleted_file_is_pending_while_it_is_as_it_was() {
        let at = |here| Places { here, from: None };
        let deleted = |here, state| check(ChangeKind::Delete, "a\nb\n", "", at(here), state);
        deleted(None, FileState::Applied);
        deleted(Some("\u{feff}a\nb\n"), FileState::Pending);
        deleted(Some("a\nb\nmine\n"), FileState::Conflict);
    }

    #[test]
    fn a_renamed_file_is_where_its_text_is() {
        let renamed = |after: &str, here, from, state| {
            let kind = ChangeKind::Rename { from: RepoPath::new("a.py").unwrap() };
            check(kind, "a\nb\nc\n", after, Places { here, from }, state);
        };
        for after in ["a\nb\nc\n", "a\nB\nc\n"] {
            renamed(after, None, Some("a\nb\nc\nmine\n"), FileState::Pending);
            renamed(after, Some(after), None, FileState::Applied);
            renamed(after, None, None, FileState::Conflict);
        }
        renamed("a\nB\nc\n", None, Some("a\nmine\nc\n"), FileState::Conflict);
        renamed("a\nB\nc\n", Some("a\nb\nc\n"), None, FileState::Conflict);
        renamed("a\nb\nc\n", Some("a\n"), Some("a\n"), FileState::Conflict);
    }
}
