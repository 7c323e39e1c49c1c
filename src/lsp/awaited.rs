//! Edits that an editor was given, followed through what is typed until they arrive. Some editors apply an edit to a
//! text that has moved on from the one it was made for; what was typed must not be lost by that.

use std::collections::VecDeque;
use std::ops::Range;

use tokio::time::Instant;
use tower_lsp::lsp_types::{self, TextEdit};

use super::documents::Text;
use super::from_proto;
use crate::base::limits::{EDIT_ARRIVES_WALL_MAX, EDITS_AWAITED_MAX, RECENT_CHANGES_MAX};
use crate::base::text::Encoding;
use crate::base::text::edit::{self, Edit};

/// The edits given for one document that have not arrived.
#[derive(Clone, Debug, Default)]
pub struct Awaited {
    given: Vec<Given>,
    n_batches: u64,
    /// The latest changes, for edits that were made for a text before them.
    recent: VecDeque<Change>,
}

#[derive(Clone, Debug)]
struct Change {
    /// The version that it was part of.
    version: i32,
    old: Range<usize>,
    n_new: usize,
}

#[derive(Clone, Debug)]
struct Given {
    /// Those with the same number were given together.
    batch: u64,
    /// Where it was given for, and its text.
    range: lsp_types::Range,
    new: String,
    /// The bytes it is meant for, wherever typing has moved them.
    place: Range<usize>,
    /// The part of it that differs from what it replaces; some editors apply only that.
    core: Edit,
    /// Something was typed in its place or right beside it.
    touched: bool,
    /// Later it may be somebody's own doing that looks like it.
    until: Instant,
}

/// An edit that was given has come.
#[derive(Debug)]
pub struct Arrival {
    /// In its place, over nothing that was typed since.
    pub is_as_meant: bool,
    /// Takes it back, right after it.
    pub back: Edit,
    batch: u64,
}

impl Awaited {
    /// Edits for `seen`, the text of this version, to be applied together.
    pub fn give(&mut self, edits: &[TextEdit], seen: &Text, version: i32, encoding: Encoding) {
        self.n_batches += 1;
        edits.iter().for_each(|edit| self.give_one(edit, seen, version, encoding));
    }

    fn give_one(&mut self, edit: &TextEdit, seen: &Text, version: i32, encoding: Encoding) {
        let place = from_proto::byte_range(seen, edit.range, encoding);
        let new = edit.new_text.clone();
        let core = Edit::new(place.clone(), &new).narrowed(&seen.string);
        let (range, batch) = (edit.range, self.n_batches);
        let until = Instant::now() + EDIT_ARRIVES_WALL_MAX;
        let mut given = Given { batch, range, new, place, core, touched: false, until };
        let later = self.recent.iter().filter(|change| change.version > version);
        for change in later {
            given.touched |= touch(&change.old, &given.place);
            given.carry(&change.old, change.n_new);
        }
        // Of two for one place only the later one will be looked for.
        self.given.retain(|known| !overlap(&known.place, &given.place));
        if self.given.len() < EDITS_AWAITED_MAX {
            self.given.push(given);
        }
    }

    /// None is on its way any more.
    pub fn forget(&mut self) {
        self.given.clear();
    }

    /// Nothing is known of places any more.
    pub fn clear(&mut self) {
        self.given.clear();
        self.recent.clear();
    }

    /// Sees a change of `text` just before it makes it this version: an edit that arrives, or `None` for something typed.
    pub fn follow(
        &mut self,
        text: &Text,
        change: &Edit,
        version: i32,
        encoding: Encoding,
    ) -> Option<Arrival> {
        let is_as_meant = self.take_arrived(text, change, encoding);
        let (old, n_new) = (change.range(), change.text.len());
        for other in &mut self.given {
            // The parts of one edit may stand side by side.
            other.touched |= is_as_meant.is_none() && touch(&old, &other.place);
            other.carry(&old, n_new);
        }
        // It came with something typed and was told of as one with that.
        let holds = |text: &str, given: &Given| !given.new.is_empty() && text.contains(&given.new);
        self.given.retain(|given| {
            is_as_meant.is_some()
                || !holds(&change.text, given)
                || holds(&text.string[change.range()], given)
        });
        if self.recent.len() == RECENT_CHANGES_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(Change { version, old, n_new });
        let end = change.start + change.text.len();
        let back = Edit::new(change.start..end, &text.string[change.range()]);
        is_as_meant.map(|(is_as_meant, batch)| Arrival { is_as_meant, back, batch })
    }

    /// Whether all edits that were given together with this one have come. Editors apply them together, so an edit that
    /// seems to come alone is somebody's own doing.
    pub fn is_whole(&self, arrival: &Arrival) -> bool {
        !self.given.iter().any(|given| given.batch == arrival.batch)
    }

    /// Whether an edit that comes with this change comes as it was meant, and what it was given with; `None` when none
    /// comes. It is not awaited any more.
    fn take_arrived(
        &mut self,
        text: &Text,
        change: &Edit,
        encoding: Encoding,
    ) -> Option<(bool, u64)> {
        if self.given.is_empty() {
            return None;
        }
        let now = Instant::now();
        self.given.retain(|given| now <= given.until);
        let narrow = change.clone().narrowed(&text.string);
        let found = self.given.iter().filter(|given| given.is(&narrow, text, encoding));
        if let Some(batch) = found.map(|given| given.batch).max() {
            let as_meant =
                |given: &Given| !given.touched && same(text, &given.meant(text), &narrow);
            let is_as_meant = self.given.iter().any(as_meant);
            // An older one that looks the same was refused before.
            self.given.retain(|given| !given.is(&narrow, text, encoding));
            return Some((is_as_meant, batch));
        }
        // Some editors tell of edits that they applied together as of one.
        let batch = self.n_batches;
        let together: Vec<&Given> =
            self.given.iter().filter(|given| given.batch == batch).collect();
        let as_given = |given: &&Given| {
            let bytes = from_proto::byte_range(text, given.range, encoding);
            Edit::new(bytes, &given.new)
        };
        let meant = |given: &&Given| Edit::new(given.place.clone(), &given.new);
        let is_as_meant = if joined(text, together.iter().map(meant)) == Some(narrow.clone()) {
            !together.iter().any(|given| given.touched)
        } else if joined(text, together.iter().map(as_given)) == Some(narrow) {
            false
        } else {
            return None;
        };
        self.given.retain(|given| given.batch != batch);
        Some((is_as_meant, batch))
    }
}

impl Given {
    /// Whether a change is this edit, in its place or where it was given for.
    fn is(&self, change: &Edit, text: &Text, encoding: Encoding) -> bool {
        let as_given = from_proto::byte_range(text, self.range, encoding);
        let as_given = Edit::new(as_given, &self.new).narrowed(&text.string);
        let core = self.core.clone().narrowed(&text.string);
        [self.meant(text), as_given, core].iter().any(|edit| same(text, edit, change))
    }

    fn meant(&self, text: &Text) -> Edit {
        Edit::new(self.place.clone(), &self.new).narrowed(&text.string)
    }

    /// Follows a change that puts `n_new` bytes in place of `old`. What is put in right at an end stays outside.
    fn carry(&mut self, old: &Range<usize>, n_new: usize) {
        self.place = carried(&self.place, old, n_new);
        let core = carried(&self.core.range(), old, n_new);
        (self.core.start, self.core.end) = (core.start, core.end);
    }
}

/// Whether two edits do the same to a text: what repeats itself can be cut in more than one way.
fn same(text: &Text, a: &Edit, b: &Edit) -> bool {
    let all = a.start.min(b.start)..a.end.max(b.end);
    let after = |edit: &Edit| {
        let string = &text.string;
        [&string[all.start..edit.start], &edit.text, &string[edit.end..all.end]].concat()
    };
    let grows = |edit: &Edit| edit.text.len() as isize - edit.range().len() as isize;
    a == b || (grows(a) == grows(b) && after(a) == after(b))
}

/// Several edits as one; `None` where there are fewer than two, or one stands in another's place.
fn joined(text: &Text, edits: impl Iterator<Item = Edit>) -> Option<Edit> {
    let mut edits: Vec<Edit> = edits.collect();
    edits.sort();
    let all = edits.first()?.start..edits.last()?.end;
    let moved = edits
        .iter()
        .map(|edit| Edit::new(edit.start - all.start..edit.end - all.start, &*edit.text));
    let new = edit::apply(text.string.get(all.clone())?, &moved.collect::<Vec<_>>())?;
    (edits.len() > 1).then(|| Edit::new(all, new).narrowed(&text.string))
}

fn touch(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start <= b.end && b.start <= a.end
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a == b || (a.start < b.end && b.start < a.end)
}

fn carried(place: &Range<usize>, old: &Range<usize>, n_new: usize) -> Range<usize> {
    let new_end = old.start + n_new;
    let start = match place.start {
        start if start < old.start => start,
        start if start > old.end => start - old.end + new_end,
        _ => new_end,
    };
    let end = match place.end {
        end if end <= old.start => end,
        end if end > old.end => end - old.end + new_end,
        _ => new_end,
    };
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower_lsp::lsp_types::Position;

    const BEFORE: &str = "1\n2\n3\n4\n";

    /// What takes an edit back that was given for line 2 of `BEFORE`, when these changes come.
    fn check(changes: &[(Range<usize>, &str)]) -> Option<String> {
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
        awaited.give(&[TextEdit::new(range, "two\n".into())], &text, 1, Encoding::Utf16);
        let mut back = None;
        for (bytes, new) in changes {
            let arrival =
                awaited.follow(&text, &Edit::new(bytes.clone(), *new), 2, Encoding::Utf16);
            if let Some(late) = arrival.filter(|arrival| !arrival.is_as_meant) {
                let mut after = text.string.clone();
                after.replace_range(bytes.clone(), new);
                after.replace_range(late.back.range(), &late.back.text);
                back.get_or_insert(after);
            }
            text.string.replace_range(bytes.clone(), new);
            text = Text::new(text.string);
        }
        back
    }

    #[test]
    fn an_edit_that_arrives_over_what_was_typed_can_be_taken_back() {
        type Changes = &'static [(Range<usize>, &'static str)];
        let cases: [(&str, Changes, Option<&str>); 8] = [
            ("in time", &[(2..4, "two\n")], None),
            ("in time, by one who sends only what differs", &[(2..3, "two")], None),
            ("late, carried over", &[(0..0, "0\n"), (4..6, "two\n")], None),
            ("late, over another line", &[(0..0, "0\n"), (2..4, "two\n")], Some("0\n1\n2\n3\n4\n")),
            ("late, over what was typed", &[(3..3, "!"), (2..5, "two\n")], Some("1\n2!\n3\n4\n")),
            ("late, into what was typed", &[(3..3, "!"), (2..3, "two")], Some("1\n2!\n3\n4\n")),
            ("something else", &[(3..3, "!"), (2..5, "")], None),
            ("in time, and once more by hand", &[(2..4, "two\n"), (2..6, "two\n")], None),
        ];
        for (name, changes, expected) in cases {
            assert_eq!(check(changes).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn the_later_of_two_edits_for_a_place_counts() {
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
        let edit = TextEdit::new(range, "two\n".into());
        awaited.give(std::slice::from_ref(&edit), &text, 2, Encoding::Utf16);
        for (bytes, new) in [(2..3, "x"), (2..3, "2")] {
            let change = Edit::new(bytes.clone(), new);
            assert!(awaited.follow(&text, &change, 2, Encoding::Utf16).is_none());
            text.string.replace_range(bytes, new);
        }
        // Given anew, for a text that is what it was.
        awaited.give(std::slice::from_ref(&edit), &text, 2, Encoding::Utf16);
        let arrival = awaited.follow(&text, &Edit::new(2..4, "two\n"), 3, Encoding::Utf16);
        assert!(arrival.unwrap().is_as_meant);
    }

    #[test]
    fn an_edit_that_was_refused_is_no_reason_to_take_a_later_one_back() {
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
        let edit = [TextEdit::new(range, String::new())];
        awaited.give(&edit, &text, 1, Encoding::Utf16);
        // Two keystrokes told of as one, so that the place of the edit is lost among them.
        let typed = Edit::new(0..8, "a1\n2\n3\nb4\n");
        assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
        text = Text::new(typed.text);
        awaited.give(&edit, &text, 2, Encoding::Utf16);
        let arrival = awaited.follow(&text, &Edit::new(3..5, ""), 3, Encoding::Utf16);
        assert!(arrival.unwrap().is_as_meant);
    }

    #[test]
    fn edits_that_come_as_one_are_known() {
        let position = |line| Position::new(line, 0);
        let edit = |line, new: &str| {
            TextEdit::new(lsp_types::Range::new(position(line), position(line + 1)), new.into())
        };
        let comes = |typed: Option<Edit>, comes: Edit| {
            let mut text = Text::new(BEFORE.into());
            let mut awaited = Awaited::default();
            awaited.give(&[edit(1, "two\n"), edit(3, "four\n")], &text, 1, Encoding::Utf16);
            if let Some(typed) = typed {
                assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
                text.string.replace_range(typed.range(), &typed.text);
                text = Text::new(text.string);
            }
            let arrival = awaited.follow(&text, &comes, 3, Encoding::Utf16);
            arrival.map(|arrival| arrival.is_as_meant)
        };
        assert_eq!(comes(None, Edit::new(2..7, "two\n3\nfour")), Some(true));
        assert_eq!(comes(None, Edit::new(2..7, "two\n3\nfive")), None);
        let typed = || Some(Edit::new(3..3, "!"));
        assert_eq!(comes(typed(), Edit::new(2..8, "two\n3\nfour")), Some(false));
    }
}
