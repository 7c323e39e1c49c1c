//! Edits that an editor was given, followed through what is typed until they arrive. Some editors apply an edit to a
//! text that has moved on from the one it was made for; what was typed must not be lost by that.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use tokio::time::Instant;
use tower_lsp::lsp_types::{self, TextEdit};

use super::documents::Text;
use super::from_proto;
use crate::base::ids::RunId;
use crate::base::limits::{EDIT_ARRIVES_WALL_MAX, EDITS_AWAITED_MAX, RECENT_CHANGES_MAX};
use crate::base::text::Encoding;
use crate::base::text::edit::{self, Edit};
use crate::logic::review::edits::Way;
use crate::model::subset::Choice;

/// The decisions that edits are given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    pub way: Way,
    pub run: RunId,
    pub hunks: Choice,
    /// Only these parts, of the one hunk there is; empty for all.
    pub parts: Vec<usize>,
}

/// What is given at once, for one document or for several.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Grows.
    pub number: u64,
    /// What for; `None` for what takes back what came too late.
    pub errand: Option<Arc<Errand>>,
}

/// The edits given for one document that have not arrived.
#[derive(Clone, Debug, Default)]
pub struct Awaited {
    given: Vec<Given>,
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
    batch: Batch,
    /// Where it was given for, and its text.
    range: lsp_types::Range,
    new: String,
    /// The bytes it is meant for, wherever typing has moved them.
    place: Range<usize>,
    /// What they were.
    old: String,
    /// The part of it that differs from what it replaces; some editors apply only that.
    core: Edit,
    /// Something was typed in its place or right beside it.
    touched: bool,
    /// What looks like it has come. It may have been the user's own doing, so that the edit itself is still to come.
    came: bool,
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
    pub fn give(
        &mut self,
        edits: &[TextEdit],
        batch: &Batch,
        (seen, version): (&Text, i32),
        encoding: Encoding,
    ) {
        for edit in edits {
            self.give_one(Given::new(edit, batch.clone(), seen, encoding), version);
        }
    }

    /// An edit for the text of this version.
    fn give_one(&mut self, mut given: Given, version: i32) {
        let later = self.recent.iter().filter(|change| change.version > version);
        for change in later {
            given.touched |= touch(&change.old, &given.place);
            given.carry(&change.old, change.n_new);
        }
        // Of two for one place only the later one will be looked for. Typing can have moved the parts of one together, and
        // what takes one back looks for the same place.
        let takes_back = given.batch.errand.is_none();
        let stays = |known: &Given| {
            takes_back || known.is_of(given.batch.number) || !overlap(&known.place, &given.place)
        };
        self.given.retain(stays);
        if self.given.len() < EDITS_AWAITED_MAX {
            self.given.push(given);
        }
    }

    /// None that was given for this is on its way any more, up to the batch with this number.
    pub fn forget(&mut self, errand: &Errand, last: u64) {
        self.given.retain(|given| !given.batch.is_for(errand, last));
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
        let arrived = self.take_arrived(text, change, encoding);
        if arrived.is_none() {
            self.given.retain(|given| !given.came_within(text, change, encoding));
        }
        let (old, n_new) = (change.range(), change.text.len());
        for (at, other) in self.given.iter_mut().enumerate() {
            // The parts of one edit may stand side by side, and those before this one stay before it.
            let is_ours = arrived.as_ref().is_some_and(|arrived| arrived.is_as_meant);
            let is_before = arrived.as_ref().is_some_and(|arrived| {
                let is_earlier = arrived.at.is_some_and(|found| at < found);
                is_earlier && other.is_of(arrived.batch) && other.place.end <= old.start
            });
            other.touched |= !is_ours && touch(&old, &other.place);
            if !is_before {
                other.carry(&old, n_new);
            }
        }
        if self.recent.len() == RECENT_CHANGES_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(Change { version, old, n_new });
        let end = change.start + change.text.len();
        let back = Edit::new(change.start..end, &text.string[change.range()]);
        arrived.map(|Found { is_as_meant, batch, .. }| Arrival { is_as_meant, back, batch })
    }

    /// Whether all edits that were given together with this one have come. Editors apply them together, so an edit that
    /// seems to come alone is somebody's own doing.
    pub fn is_whole(&self, arrival: &Arrival) -> bool {
        !self.given.iter().any(|given| given.is_of(arrival.batch) && !given.came)
    }

    /// The edit that comes with this change; `None` when none comes. What comes once more cannot be meant.
    fn take_arrived(&mut self, text: &Text, change: &Edit, encoding: Encoding) -> Option<Found> {
        if self.given.is_empty() {
            return None;
        }
        let now = Instant::now();
        self.given.retain(|given| now <= given.until);
        let narrow = change.clone().narrowed(&text.string);
        let found = self.joined(text, &narrow, encoding, false);
        let found = found.or_else(|| self.alone(text, &narrow, encoding));
        let found = found.or_else(|| self.joined(text, &narrow, encoding, true))?;
        self.came(|given| match found.at {
            Some(_) => given.is(&narrow, text, encoding),
            None => given.is_of(found.batch),
        });
        Some(found)
    }

    /// An edit that comes by itself.
    fn alone(&self, text: &Text, narrow: &Edit, encoding: Encoding) -> Option<Found> {
        let given = self.given.iter().enumerate();
        let found = given.filter(|(_, given)| given.is(narrow, text, encoding));
        // An older one that looks the same was refused before.
        let (batch, at) = found.map(|(at, given)| (given.batch.number, at)).max()?;
        let as_meant = |given: &Given| {
            !given.came && given.is_free(text) && same(text, &given.meant(text), narrow)
        };
        let changes_nothing = narrow.range().is_empty() && narrow.text.is_empty();
        let is_as_meant = changes_nothing || self.given.iter().any(as_meant);
        Some(Found { is_as_meant, batch, at: Some(at) })
    }

    /// Edits that an editor applied together and tells of as of one. Those of them that change nothing where the text is
    /// now are told of in no other way. `again` is for parts that seem to have come before.
    fn joined(&self, text: &Text, narrow: &Edit, encoding: Encoding, again: bool) -> Option<Found> {
        let mut batches: Vec<u64> = self.given.iter().map(|given| given.batch.number).collect();
        batches.dedup();
        let mut newest_first = batches.into_iter().rev();
        newest_first.find_map(|batch| {
            let own = self.given.iter().filter(|given| given.is_of(batch));
            let together: Vec<&Given> = own.filter(|given| again || !given.came).collect();
            let is_as_meant = is_joined(&together, text, narrow, encoding)?;
            Some(Found { is_as_meant, batch, at: None })
        })
    }

    /// Those that fit have come.
    fn came(&mut self, fits: impl Fn(&Given) -> bool) {
        self.given.iter_mut().filter(|given| fits(given)).for_each(|given| given.came = true);
    }
}

/// Which of the edits that were given a change is.
struct Found {
    is_as_meant: bool,
    batch: u64,
    /// Its index; `None` for a whole batch.
    at: Option<usize>,
}

impl Batch {
    /// Whether it was given for this, and is not one after the last.
    pub fn is_for(&self, errand: &Errand, last: u64) -> bool {
        self.number <= last && self.errand.as_deref() == Some(errand)
    }
}

impl Given {
    fn new(edit: &TextEdit, batch: Batch, seen: &Text, encoding: Encoding) -> Self {
        let place = from_proto::byte_range(seen, edit.range, encoding);
        Self {
            batch,
            range: edit.range,
            new: edit.new_text.clone(),
            old: seen.string[place.clone()].to_owned(),
            core: Edit::new(place.clone(), &edit.new_text).narrowed(&seen.string),
            place,
            touched: false,
            came: false,
            until: Instant::now() + EDIT_ARRIVES_WALL_MAX,
        }
    }

    fn is_of(&self, batch: u64) -> bool {
        self.batch.number == batch
    }

    /// Whether a change is this edit, in its place or where it was given for.
    fn is(&self, change: &Edit, text: &Text, encoding: Encoding) -> bool {
        let as_given = |up| self.as_given(text, up, encoding).narrowed(&text.string);
        let core = self.core.clone().narrowed(&text.string);
        let all = [self.meant(text), as_given(false), as_given(true), core];
        all.iter().any(|edit| same(text, edit, change))
    }

    /// The edit where it was given for. A column that is inside a character by now is moved down or up to an end of it.
    fn as_given(&self, text: &Text, up: bool, encoding: Encoding) -> Edit {
        let mut bytes = from_proto::byte_range(text, self.range, encoding);
        if up && from_proto::is_inside_character(text, self.range.end, encoding) {
            bytes.end = text.string.ceil_char_boundary(bytes.end + 1);
        }
        Edit::new(bytes, &self.new)
    }

    /// Whether it came together with something typed, and the editor told of both as of one change: what it takes away
    /// goes and what it brings comes, right there.
    fn came_within(&self, text: &Text, change: &Edit, encoding: Encoding) -> bool {
        let old = &text.string[change.range()];
        let comes = |part: &str| change.text.matches(part).count() > old.matches(part).count();
        let goes = |part: &str| change.text.matches(part).count() < old.matches(part).count();
        let places = [self.place.clone(), from_proto::byte_range(text, self.range, encoding)];
        let replaces = |place: &Range<usize>| {
            let taken = text.string.get(place.clone());
            touch(&change.range(), place)
                && taken.is_some_and(|taken| taken.is_empty() || goes(taken))
        };
        !self.new.is_empty() && comes(&self.new) && places.iter().any(replaces)
    }

    /// Whether it would neither take away nor run into what was typed: nothing was, or what was typed beside it is lines
    /// of their own or gone again.
    fn is_free(&self, text: &Text) -> bool {
        let Range { start, end } = self.place;
        let ends_line = |part: &str| part.is_empty() || part.ends_with('\n');
        let is_alone = || {
            let (before, after) = (&text.string[..start], &text.string[end..]);
            ends_line(before) && (after.is_empty() || ends_line(&self.old) && ends_line(&self.new))
        };
        !self.touched || text.string.get(start..end) == Some(&*self.old) && is_alone()
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

/// Whether two edits do the same to a text: what repeats itself can be cut in more than one way, and some editors give
/// all lines one kind of break. Most differ at once, so nothing is copied.
fn same(text: &Text, a: &Edit, b: &Edit) -> bool {
    let all = a.start.min(b.start)..a.end.max(b.end);
    let after = |edit: &'_ Edit| {
        let part = |range: Range<usize>| text.string.get(range);
        Some([part(all.start..edit.start)?, part(edit.end..all.end)?])
    };
    let (Some([a_head, a_tail]), Some([b_head, b_tail])) = (after(a), after(b)) else {
        return a == b;
    };
    plain_breaks([a_head, &a.text, a_tail]).eq(plain_breaks([b_head, &b.text, b_tail]))
}

/// The bytes of these one after another, with every line break as one byte.
fn plain_breaks<'a>(parts: [&'a str; 3]) -> impl Iterator<Item = u8> + 'a {
    let mut bytes = parts.into_iter().flat_map(str::bytes).peekable();
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte == b'\r' { bytes.next_if_eq(&b'\n').or(Some(byte)) } else { Some(byte) }
    })
}

/// Whether edits that come together as this change come as meant; `None` when they do not come.
fn is_joined(together: &[&Given], text: &Text, narrow: &Edit, encoding: Encoding) -> Option<bool> {
    let meant = |given: &&Given| Edit::new(given.place.clone(), &given.new);
    let as_given = |up| together.iter().map(move |given| given.as_given(text, up, encoding));
    let is = |one: Option<Edit>| one.is_some_and(|one| same(text, &one, narrow));
    if is(joined(text, together.iter().map(meant))) {
        return Some(together.iter().all(|given| !given.came && given.is_free(text)));
    }
    [false, true].into_iter().any(|up| is(joined(text, as_given(up)))).then_some(false)
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

    fn batch(number: u64) -> Batch {
        Batch { number, errand: None }
    }

    /// What takes an edit back that was given for line 2 of `BEFORE`, when these changes come.
    fn check(new: &str, changes: &[(Range<usize>, &str)]) -> Option<String> {
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
        awaited.give(&[TextEdit::new(range, new.into())], &batch(1), (&text, 1), Encoding::Utf16);
        let mut back = None;
        for (bytes, new) in changes {
            let arrival =
                awaited.follow(&text, &Edit::new(bytes.clone(), *new), 2, Encoding::Utf16);
            if let Some(late) = arrival.filter(|arrival| !arrival.is_as_meant) {
                let mut after = text.string.clone();
                after.replace_range(bytes.clone(), new);
                after.replace_range(late.back.range(), &late.back.text);
                back = Some(after);
            }
            text.string.replace_range(bytes.clone(), new);
            text = Text::new(text.string);
        }
        back
    }

    #[test]
    fn an_edit_that_arrives_over_what_was_typed_can_be_taken_back() {
        type Changes = &'static [(Range<usize>, &'static str)];
        let cases: [(&str, Changes, Option<&str>); 9] = [
            ("in time", &[(2..4, "two\n")], None),
            ("in time, by one who sends only what differs", &[(2..3, "two")], None),
            ("late, carried over", &[(0..0, "0\n"), (4..6, "two\n")], None),
            ("late, over another line", &[(0..0, "0\n"), (2..4, "two\n")], Some("0\n1\n2\n3\n4\n")),
            ("late, over what was typed", &[(3..3, "!"), (2..5, "two\n")], Some("1\n2!\n3\n4\n")),
            ("late, into what was typed", &[(3..3, "!"), (2..3, "two")], Some("1\n2!\n3\n4\n")),
            (
                "late, after something like it was typed elsewhere",
                &[(8..8, "two\n"), (3..3, "!"), (2..5, "two\n")],
                Some("1\n2!\n3\n4\ntwo\n"),
            ),
            ("something else", &[(3..3, "!"), (2..5, "")], None),
            ("in time, and once more by hand", &[(2..4, "two\n"), (2..6, "two\n")], None),
        ];
        for (name, changes, expected) in cases {
            assert_eq!(check("two\n", changes).as_deref(), expected, "{name}");
        }
        // The user takes the same line out by hand before the edit takes another one.
        let (own, late) = ((2..4, ""), (2..4, ""));
        assert_eq!(check("", &[own.clone(), late]).as_deref(), Some("1\n3\n4\n"));
        let (typed, late) = ((4..4, "!"), (2..5, ""));
        assert_eq!(check("", &[typed, own, late]).as_deref(), Some("1\n!3\n4\n"));
        // What was typed there is gone again, or is a line of its own.
        assert_eq!(check("", &[(3..3, "!"), (3..4, ""), (2..4, "")]), None);
        assert_eq!(check("", &[(2..2, "!\n"), (4..6, "")]), None);
    }

    #[test]
    fn parts_that_typing_has_moved_together_are_all_awaited() {
        let edit = |line, new: &str| {
            let at = Position::new(line, 0);
            let end = if new.is_empty() { Position::new(line + 1, 0) } else { at };
            TextEdit::new(lsp_types::Range::new(at, end), new.into())
        };
        let mut awaited = Awaited::default();
        // Told of as one change, before the edit is given that was made for the text without it.
        let seen = Text::new(BEFORE.into());
        let typed = Edit::new(0..8, "!1\n2\n3\n4!\n");
        assert!(awaited.follow(&seen, &typed, 2, Encoding::Utf16).is_none());
        awaited.give(&[edit(0, ""), edit(2, "new\n")], &batch(1), (&seen, 1), Encoding::Utf16);
        let text = Text::new(typed.text);
        let comes = Edit::new(0..5, "2\nnew\n");
        let arrival = awaited.follow(&text, &comes, 3, Encoding::Utf16);
        assert!(arrival.is_some_and(|arrival| !arrival.is_as_meant && awaited.is_whole(&arrival)));
    }

    #[test]
    fn what_one_errand_has_come_to_ends_no_other() {
        let text = Text::new(BEFORE.into());
        let line = |line| lsp_types::Range::new(Position::new(line, 0), Position::new(line + 1, 0));
        let errand = |way| Errand { way, run: RunId(1), hunks: Choice::new(), parts: Vec::new() };
        let mut awaited = Awaited::default();
        for (at, way) in [(0, Way::In), (1, Way::Out), (2, Way::In)] {
            let edit = [TextEdit::new(line(at), String::new())];
            let batch = Batch { number: u64::from(at), errand: Some(Arc::new(errand(way))) };
            awaited.give(&edit, &batch, (&text, 1), Encoding::Utf16);
        }
        awaited.forget(&errand(Way::In), 1);
        let comes =
            |bytes| awaited.clone().follow(&text, &Edit::new(bytes, ""), 2, Encoding::Utf16);
        assert!(comes(0..2).is_none());
        assert!(comes(2..4).is_some(), "for something else");
        assert!(comes(4..6).is_some(), "given later");
    }

    #[test]
    fn nothing_typed_joins_the_line_of_an_edit() {
        // The last line gets no break, and another one was typed below.
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        let range = lsp_types::Range::new(Position::new(3, 0), Position::new(4, 0));
        awaited.give(
            &[TextEdit::new(range, "four".into())],
            &batch(1),
            (&text, 1),
            Encoding::Utf16,
        );
        assert!(awaited.follow(&text, &Edit::new(8..8, "5\n"), 2, Encoding::Utf16).is_none());
        text = Text::new(format!("{BEFORE}5\n"));
        let arrival = awaited.follow(&text, &Edit::new(6..8, "four"), 3, Encoding::Utf16);
        assert!(!arrival.unwrap().is_as_meant);
    }

    #[test]
    fn parts_that_stand_at_one_place_keep_their_order() {
        // What was typed has left nothing between an insertion and the line to be changed below.
        let mut awaited = Awaited::default();
        let at = |line| Position::new(line, 0);
        let edits = [
            TextEdit::new(lsp_types::Range::new(at(0), at(0)), "new\n".into()),
            TextEdit::new(lsp_types::Range::new(at(1), at(2)), "two\n".into()),
        ];
        let mut text = Text::new(BEFORE.into());
        awaited.give(&edits, &batch(1), (&text, 1), Encoding::Utf16);
        let all = [
            (Edit::new(0..2, "!\n"), None),
            (Edit::new(2..4, "two\n"), Some(true)),
            (Edit::new(2..2, "new\n"), Some(true)),
        ];
        for (change, expected) in all {
            let arrival = awaited.follow(&text, &change, 2, Encoding::Utf16);
            assert_eq!(arrival.map(|arrival| arrival.is_as_meant), expected, "{change:?}");
            text.string.replace_range(change.range(), &change.text);
            text = Text::new(text.string);
        }
    }

    #[test]
    fn the_last_of_several_parts_comes_as_meant() {
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        let edit = |line, new: &str| {
            let range = lsp_types::Range::new(Position::new(line, 0), Position::new(line + 1, 0));
            TextEdit::new(range, new.into())
        };
        let edits = [edit(0, "one\n"), edit(2, "")];
        awaited.give(&edits, &batch(1), (&text, 1), Encoding::Utf16);
        for change in [Edit::new(4..6, ""), Edit::new(0..2, "one\n")] {
            let arrival = awaited.follow(&text, &change, 2, Encoding::Utf16);
            assert!(arrival.unwrap().is_as_meant, "{change:?}");
            text.string.replace_range(change.range(), &change.text);
            text = Text::new(text.string);
        }
    }

    #[test]
    fn line_breaks_may_come_as_the_editor_has_them() {
        let text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        let at = Position::new(1, 0);
        let edit = TextEdit::new(lsp_types::Range::new(at, at), "new\r\n".into());
        awaited.give(&[edit], &batch(1), (&text, 1), Encoding::Utf16);
        let arrival = awaited.follow(&text, &Edit::new(2..2, "new\n"), 2, Encoding::Utf16);
        assert!(arrival.unwrap().is_as_meant);
    }

    #[test]
    fn an_edit_may_end_inside_a_character_by_now() {
        let mut text = Text::new("ab\n".into());
        let mut awaited = Awaited::default();
        let range = lsp_types::Range::new(Position::new(0, 0), Position::new(0, 2));
        awaited.give(&[TextEdit::new(range, "x".into())], &batch(1), (&text, 1), Encoding::Utf16);
        let typed = Edit::new(0..2, " \u{1d4b3}");
        assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
        text = Text::new(" \u{1d4b3}\n".into());
        for end in [1, 5] {
            let mut awaited = awaited.clone();
            let arrival = awaited.follow(&text, &Edit::new(0..end, "x"), 3, Encoding::Utf16);
            assert!(!arrival.unwrap().is_as_meant, "{end}");
        }
    }

    #[test]
    fn the_later_of_two_edits_for_a_place_counts() {
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
        let edit = TextEdit::new(range, "two\n".into());
        awaited.give(std::slice::from_ref(&edit), &batch(1), (&text, 2), Encoding::Utf16);
        for (bytes, new) in [(2..3, "x"), (2..3, "2")] {
            let change = Edit::new(bytes.clone(), new);
            assert!(awaited.follow(&text, &change, 2, Encoding::Utf16).is_none());
            text.string.replace_range(bytes, new);
        }
        // Given anew, for a text that is what it was.
        awaited.give(std::slice::from_ref(&edit), &batch(2), (&text, 2), Encoding::Utf16);
        let arrival = awaited.follow(&text, &Edit::new(2..4, "two\n"), 3, Encoding::Utf16);
        assert!(arrival.unwrap().is_as_meant);
    }

    #[test]
    fn an_edit_that_was_refused_is_no_reason_to_take_a_later_one_back() {
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
        let edit = [TextEdit::new(range, String::new())];
        awaited.give(&edit, &batch(1), (&text, 1), Encoding::Utf16);
        // Two keystrokes told of as one, so that the place of the edit is lost among them.
        let typed = Edit::new(0..8, "a1\n2\n3\nb4\n");
        assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
        text = Text::new(typed.text);
        awaited.give(&edit, &batch(2), (&text, 2), Encoding::Utf16);
        let arrival = awaited.follow(&text, &Edit::new(3..5, ""), 3, Encoding::Utf16);
        assert!(arrival.unwrap().is_as_meant);
    }

    #[test]
    fn edits_that_come_as_one_are_known() {
        let position = |line| Position::new(line, 0);
        let edit = |line, new: &str| {
            TextEdit::new(lsp_types::Range::new(position(line), position(line + 1)), new.into())
        };
        let last_comes = |last: &str, typed: Option<Edit>, comes: Edit| {
            let mut text = Text::new(BEFORE.into());
            let mut awaited = Awaited::default();
            awaited.give(
                &[edit(1, "two\n"), edit(3, last)],
                &batch(1),
                (&text, 1),
                Encoding::Utf16,
            );
            if let Some(typed) = typed {
                assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
                text.string.replace_range(typed.range(), &typed.text);
                text = Text::new(text.string);
            }
            let arrival = awaited.follow(&text, &comes, 3, Encoding::Utf16);
            let whole = arrival.filter(|arrival| awaited.is_whole(arrival));
            whole.map(|arrival| arrival.is_as_meant)
        };
        let comes = |typed, comes| last_comes("four\n", typed, comes);
        assert_eq!(comes(None, Edit::new(2..7, "two\n3\nfour")), Some(true));
        assert_eq!(comes(None, Edit::new(2..7, "two\n3\nfive")), None);
        let typed = || Some(Edit::new(3..3, "!"));
        assert_eq!(comes(typed(), Edit::new(2..8, "two\n3\nfour")), Some(false));
        // The last one has no line left to take away, which nobody tells of.
        let above = Some(Edit::new(0..2, ""));
        assert_eq!(last_comes("", above, Edit::new(2..4, "two\n")), Some(false));
    }
}
