//! Edits that an editor was given, followed through what is typed until they arrive. Some editors apply an edit to a
//! text that has moved on from the one it was made for; what was typed must not be lost by that.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use tokio::time::Instant;
use tower_lsp::lsp_types::{self, TextEdit};

use super::documents::{Text, plain_breaks};
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
    /// The text it comes to was never the one it was made for.
    is_misplaced: bool,
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
        // Of two for one decision only the later one will be looked for, as an older one was refused.
        self.given.retain(|given| !given.is_older(batch));
        if self.given.len() + edits.len() > EDITS_AWAITED_MAX {
            return;
        }
        for edit in edits {
            self.give_one(Given::new(edit, batch.clone(), seen, encoding), version);
        }
    }

    /// What was given so is for another text than this document has been.
    pub fn misplace(&mut self, batch: &Batch) {
        let own = self.given.iter_mut().filter(|given| given.is_of(batch.number));
        own.for_each(|given| given.is_misplaced = true);
    }

    /// An edit for the text of this version.
    fn give_one(&mut self, mut given: Given, version: i32) {
        let later = self.recent.iter().filter(|change| change.version > version);
        for change in later {
            given.touched |= touch(&change.old, &given.place);
            given.carry(&change.old, change.n_new);
        }
        self.given.push(given);
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
            self.end_within(text, change, encoding);
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
        let as_meant = |given: &Given| !given.came && given.comes_as_meant(narrow, text);
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

    /// Nobody waits for a batch any more that came together with something typed. All of it came then: what is typed can
    /// look like one of several edits.
    fn end_within(&mut self, text: &Text, change: &Edit, encoding: Encoding) {
        let is_left_out = |given: &&Given| !given.came_within(text, change, encoding);
        let left_out: BTreeSet<u64> =
            self.given.iter().filter(is_left_out).map(|given| given.batch.number).collect();
        self.given.retain(|given| left_out.contains(&given.batch.number));
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
            is_misplaced: false,
            came: false,
            until: Instant::now() + EDIT_ARRIVES_WALL_MAX,
        }
    }

    fn is_of(&self, batch: u64) -> bool {
        self.batch.number == batch
    }

    /// Whether it was given for the same as a later batch.
    fn is_older(&self, batch: &Batch) -> bool {
        batch.errand.as_deref().is_some_and(|errand| self.batch.is_for(errand, batch.number))
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

    /// Whether this change, which is this edit, is it over nothing that was typed since. What puts back may come anywhere,
    /// as long as it takes away what it is to take away.
    fn comes_as_meant(&self, change: &Edit, text: &Text) -> bool {
        if self.batch.errand.is_some() {
            return self.is_free(text) && same(text, &self.meant(text), change);
        }
        let own = Edit::new(0..self.old.len(), &*self.new).narrowed(&self.old);
        change.range().is_empty() || text.string[change.range()] == self.old[own.range()]
    }

    /// Whether it would neither take away nor run into what was typed: nothing was, or what was typed beside it is lines
    /// of their own or gone again.
    fn is_free(&self, text: &Text) -> bool {
        if self.is_misplaced {
            return false;
        }
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
    // Those that have come to stand at one place keep their order.
    edits.sort_by_key(|edit| edit.start);
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
mod tests;
