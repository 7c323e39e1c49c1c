//! Edits that an editor was given, followed through what is typed until they arrive. Some editors apply an edit to a
//! text that has moved on from the one it was made for; what was typed must not be lost by that.

mod given;

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use tokio::time::Instant;
use tower_lsp::lsp_types::TextEdit;

use self::given::{Given, is_joined, touch};
use super::documents::Text;
use crate::base::ids::RunId;
use crate::base::limits::{EDITS_AWAITED_MAX, RECENT_CHANGES_MAX};
use crate::base::text::Encoding;
use crate::base::text::edit::Edit;
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

/// An edit that was given has come.
#[derive(Debug)]
pub struct Arrival {
    /// In its place, over nothing that was typed since.
    pub is_as_meant: bool,
    /// Takes it back, right after it; `None` where the editor told of it and of typing as of one change.
    pub back: Option<Edit>,
    /// The number of its batch.
    pub batch: u64,
    /// All of the batch has come with it. Editors apply all of it together, so what seems to come alone is somebody's own
    /// doing.
    pub completes: bool,
}

impl Arrival {
    /// Whether the change that it came with is it and nothing else.
    pub fn is_alone(&self) -> bool {
        self.back.is_some()
    }
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

    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Nothing is known of places any more.
    pub fn clear(&mut self) {
        self.given.clear();
        self.recent.clear();
    }

    pub fn is_waiting(&self) -> bool {
        !self.given.is_empty()
    }

    /// Whether a change would be what was given.
    pub fn has_given(&self, text: &Text, change: &Edit, encoding: Encoding) -> bool {
        self.joined(text, change, encoding, false).is_some()
            || self.alone(text, change, encoding).is_some()
    }

    /// Sees a change of `text` just before it makes it this version: an edit that arrives, or `None` for something typed.
    pub fn follow(
        &mut self,
        text: &Text,
        change: &Edit,
        version: i32,
        encoding: Encoding,
    ) -> Option<Arrival> {
        let arrived = self.take_arrived(text, change, version, encoding);
        let within = match &arrived {
            Some(_) => None,
            None => self.end_within(text, change, encoding),
        };
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
        let arrived = arrived.map(|Found { is_as_meant, batch, completes, .. }| Arrival {
            is_as_meant,
            back: Some(back),
            batch,
            completes,
        });
        let within =
            within.map(|batch| Arrival { is_as_meant: false, back: None, batch, completes: true });
        arrived.or(within)
    }

    /// The edit that comes with this change; `None` when none comes. What comes once more cannot be meant.
    fn take_arrived(
        &mut self,
        text: &Text,
        change: &Edit,
        version: i32,
        encoding: Encoding,
    ) -> Option<Found> {
        if self.given.is_empty() {
            return None;
        }
        let now = Instant::now();
        self.given.retain(|given| now <= given.until);
        let narrow = change.clone().narrowed(&text.string);
        let found = self.joined(text, &narrow, encoding, false);
        let found = found.or_else(|| self.alone(text, &narrow, encoding));
        let found = found.or_else(|| self.joined(text, &narrow, encoding, true))?;
        // What looks like several of them at once is one of them.
        let complete = self.came(version, |at, given| match found.at {
            Some(found) => at == found,
            None => given.is_of(found.batch),
        });
        Some(Found { completes: complete.contains(&found.batch), ..found })
    }

    /// An edit that comes by itself.
    fn alone(&self, text: &Text, narrow: &Edit, encoding: Encoding) -> Option<Found> {
        let given = self.given.iter().enumerate();
        // What took something back was needed once; what looks like it later is the user's own undo.
        let is_over = |given: &Given| given.batch.errand.is_none() && given.n_came > 0;
        let found = given.filter(|(_, given)| !is_over(given) && given.is(narrow, text, encoding));
        // An older one that looks the same was refused before.
        let newest = found.map(|(at, given)| (given.batch.number, given.came.is_none(), at));
        let (batch, _, at) = newest.max()?;
        let as_meant = |given: &Given| !given.came_before() && given.comes_as_meant(narrow, text);
        let changes_nothing = narrow.range().is_empty() && narrow.text.is_empty();
        let is_as_meant = changes_nothing || self.given.iter().any(as_meant);
        Some(Found { is_as_meant, batch, at: Some(at), completes: false })
    }

    /// Edits that an editor applied together and tells of as of one. Those of them that change nothing where the text is
    /// now are told of in no other way. `again` is for parts that seem to have come before.
    fn joined(&self, text: &Text, narrow: &Edit, encoding: Encoding, again: bool) -> Option<Found> {
        let mut batches: Vec<u64> = self.given.iter().map(|given| given.batch.number).collect();
        batches.dedup();
        let mut newest_first = batches.into_iter().rev();
        newest_first.find_map(|batch| {
            let own = self.given.iter().filter(|given| given.is_of(batch));
            let together: Vec<&Given> = own.filter(|given| again || given.came.is_none()).collect();
            let is_as_meant = is_joined(&together, text, narrow, encoding)?;
            Some(Found { is_as_meant, batch, at: None, completes: false })
        })
    }

    /// Nobody waits for a batch any more that came together with something typed. All of it came then: what is typed can
    /// look like one of several edits. Returns one of which the place had been typed in before.
    fn end_within(&mut self, text: &Text, change: &Edit, encoding: Encoding) -> Option<u64> {
        let is_left_out = |given: &&Given| !given.came_within(text, change, encoding);
        let left_out: BTreeSet<u64> =
            self.given.iter().filter(is_left_out).map(|given| given.batch.number).collect();
        let is_over = |given: &mut Given| !left_out.contains(&given.batch.number);
        let over: Vec<Given> = self.given.extract_if(.., is_over).collect();
        over.iter().find(|given| !given.is_free(text)).map(|given| given.batch.number)
    }

    /// Those that fit have come with this version: the batches of which all have come now. Several edits that come with one
    /// version are what was given, and nothing of them is to come any more; anything else may be somebody's own doing.
    fn came(&mut self, version: i32, fits: impl Fn(usize, &Given) -> bool) -> BTreeSet<u64> {
        let fitting = self.given.iter_mut().enumerate().filter(|(at, given)| fits(*at, given));
        fitting.for_each(|(_, given)| given.came = Some(version));
        let all: BTreeSet<u64> = self.given.iter().map(|given| given.batch.number).collect();
        let versions = |batch: u64| {
            let own = self.given.iter().filter(move |given| given.is_of(batch));
            own.map(|given| given.came).collect::<Vec<_>>()
        };
        let is_complete = |batch: &u64| versions(*batch).iter().all(Option::is_some);
        let complete: BTreeSet<u64> = all.into_iter().filter(is_complete).collect();
        let is_over = |batch: &&u64| {
            let versions = versions(**batch);
            versions.len() > 1 && versions.iter().all(|known| *known == Some(version))
        };
        let over: BTreeSet<u64> = complete.iter().filter(is_over).copied().collect();
        self.given.retain(|given| !over.contains(&given.batch.number));
        for given in self.given.iter_mut().filter(|given| complete.contains(&given.batch.number)) {
            (given.came, given.n_came) = (None, given.n_came + 1);
        }
        complete
    }
}

/// Which of the edits that were given a change is.
struct Found {
    is_as_meant: bool,
    batch: u64,
    /// Its index; `None` for a whole batch.
    at: Option<usize>,
    completes: bool,
}

impl Batch {
    /// Whether it was given for this, and is not one after the last.
    pub fn is_for(&self, errand: &Errand, last: u64) -> bool {
        self.number <= last && self.errand.as_deref() == Some(errand)
    }
}

#[cfg(test)]
mod tests;
