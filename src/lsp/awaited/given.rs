//! One edit on its way: what it looks like when it comes, wherever typing has moved it.

use std::ops::Range;

use tokio::time::Instant;
use tower_lsp::lsp_types::{self, TextEdit};

use super::Batch;
use crate::base::limits::EDIT_ARRIVES_WALL_MAX;
use crate::base::text::Encoding;
use crate::base::text::edit::{self, Edit};
use crate::lsp::documents::{Text, plain_breaks};
use crate::lsp::from_proto;

/// One edit.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) batch: Batch,
    /// Where it was given for, and its text.
    range: lsp_types::Range,
    new: String,
    /// The bytes it is meant for, wherever typing has moved them.
    pub(super) place: Range<usize>,
    /// What they were.
    old: String,
    /// The part of it that differs from what it replaces; some editors apply only that.
    core: Edit,
    /// Something was typed in its place or right beside it.
    pub(super) touched: bool,
    /// The text it comes to was never the one it was made for.
    pub(super) is_misplaced: bool,
    /// The version that what looks like it has come with, since all of its batch came last.
    pub(super) came: Option<i32>,
    /// How often all of its batch has come. It may have been the user's own doing, so that the edit itself is still to come.
    pub(super) n_came: u32,
    /// Later it may be somebody's own doing that looks like it.
    pub(super) until: Instant,
}

impl Given {
    pub(super) fn new(edit: &TextEdit, batch: Batch, seen: &Text, encoding: Encoding) -> Self {
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
            came: None,
            n_came: 0,
            until: Instant::now() + EDIT_ARRIVES_WALL_MAX,
        }
    }

    pub(super) fn is_of(&self, batch: u64) -> bool {
        self.batch.number == batch
    }

    pub(super) fn came_before(&self) -> bool {
        self.came.is_some() || self.n_came > 0
    }

    /// Whether it was given for the same as a later batch.
    pub(super) fn is_older(&self, batch: &Batch) -> bool {
        batch.errand.as_deref().is_some_and(|errand| self.batch.is_for(errand, batch.number))
    }

    /// Whether a change is this edit, in its place or where it was given for.
    pub(super) fn is(&self, change: &Edit, text: &Text, encoding: Encoding) -> bool {
        let as_given = |up| self.as_given(text, up, encoding).narrowed(&text.string);
        let core = self.core.clone().narrowed(&text.string);
        let all = [self.meant(text), as_given(false), as_given(true), core];
        all.iter().any(|edit| same(text, edit, change))
    }

    /// The edit where it was given for. A column that is inside a character by now is moved down or up to an end of it.
    pub(super) fn as_given(&self, text: &Text, up: bool, encoding: Encoding) -> Edit {
        let mut bytes = from_proto::byte_range(text, self.range, encoding);
        if up && from_proto::is_inside_character(text, self.range.end, encoding) {
            bytes.end = text.string.ceil_char_boundary(bytes.end + 1);
        }
        Edit::new(bytes, &self.new)
    }

    /// Whether it came together with something typed, and the editor told of both as of one change: what it takes away
    /// goes and what it brings comes, right there.
    pub(super) fn came_within(&self, text: &Text, change: &Edit, encoding: Encoding) -> bool {
        let old = &text.string[change.range()];
        let comes = |part: &str| count(&change.text, part) > count(old, part);
        let goes = |part: &str| count(&change.text, part) < count(old, part);
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
    pub(super) fn comes_as_meant(&self, change: &Edit, text: &Text) -> bool {
        if self.batch.errand.is_some() {
            return self.is_free(text) && same(text, &self.meant(text), change);
        }
        let own = Edit::new(0..self.old.len(), &*self.new).narrowed(&self.old);
        change.range().is_empty() || text.string[change.range()] == self.old[own.range()]
    }

    /// Whether it would neither take away nor run into what was typed: nothing was, or what was typed beside it is lines
    /// of their own or gone again.
    pub(super) fn is_free(&self, text: &Text) -> bool {
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

    pub(super) fn meant(&self, text: &Text) -> Edit {
        Edit::new(self.place.clone(), &self.new).narrowed(&text.string)
    }

    /// Follows a change that puts `n_new` bytes in place of `old`. What is put in right at an end stays outside.
    pub(super) fn carry(&mut self, old: &Range<usize>, n_new: usize) {
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

/// How often a part is in a text. A break that ends a line is no empty line.
fn count(text: &str, part: &str) -> usize {
    let is_blank = part.trim().is_empty();
    let stands = |at: usize| !is_blank || at == 0 || text[..at].ends_with('\n');
    text.match_indices(part).filter(|(at, _)| stands(*at)).count()
}

/// Whether edits that come together as this change come as meant; `None` when they do not come.
pub(super) fn is_joined(
    together: &[&Given],
    text: &Text,
    narrow: &Edit,
    encoding: Encoding,
) -> Option<bool> {
    let meant = |given: &&Given| Edit::new(given.place.clone(), &given.new);
    let as_given = |up| together.iter().map(move |given| given.as_given(text, up, encoding));
    let is = |one: Option<Edit>| one.is_some_and(|one| same(text, &one, narrow));
    if is(joined(text, together.iter().map(meant))) {
        return Some(together.iter().all(|given| !given.came_before() && given.is_free(text)));
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

pub(super) fn touch(a: &Range<usize>, b: &Range<usize>) -> bool {
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
