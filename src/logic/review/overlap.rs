//! How the changes of two proposals to one file lie to each other. Their bases may differ: what counts is the text
//! both are offered in.

use super::edits::{Page, Pick, Way};
use super::{HunkState, Reading};
use crate::base::text::edit::{Edit, apply};
use crate::model::proposal::Hunk;

/// How a hunk lies to those of another proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// It neither touches nor abuts one: both can be offered, and each can be accepted after the other.
    Disjoint,
    /// One of them makes the same text of the same place: it is enough to offer one.
    Same,
    /// One of them wants something else of the same place.
    Overlapping,
}

/// A hunk and how it stands in the current text.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    pub hunk: &'a Hunk,
    pub reading: &'a Reading,
}

/// How each hunk of a proposal lies to those of another one, both read in `current`.
pub fn relations(ours: &[Placed<'_>], theirs: &[Placed<'_>], current: &str) -> Vec<Relation> {
    let page = Page::new(current);
    let relation = |our: &Placed<'_>, their: &Placed<'_>| {
        let beside = our.is_beside(their);
        // The same insertion may stand elsewhere among equal lines.
        let alike =
            our.hunk.removed == their.hunk.removed && our.hunk.inserted == their.hunk.inserted;
        if (beside || alike) && make_the_same(our.rest(&page), their.rest(&page), current) {
            Relation::Same
        } else if beside {
            Relation::Overlapping
        } else {
            Relation::Disjoint
        }
    };
    let strongest = |our| theirs.iter().map(|their| relation(our, their)).max();
    ours.iter().map(|our| strongest(our).unwrap_or(Relation::Disjoint)).collect()
}

impl Placed<'_> {
    /// Whether a part of one touches or abuts a part of the other.
    fn is_beside(&self, other: &Self) -> bool {
        let near = |a: &HunkState, b: &HunkState| {
            let (a, b) = (a.lines(), b.lines());
            a.start <= b.end && b.start <= a.end
        };
        near(&self.reading.state, &other.reading.state)
            && self
                .reading
                .parts
                .iter()
                .any(|own| other.reading.parts.iter().any(|part| near(own, part)))
    }

    /// What is left to do to have all of it; `None` for a conflict.
    fn rest(&self, page: &Page<'_>) -> Option<Vec<Edit>> {
        let edits = page.part_edits(&Pick::whole(self.hunk, self.reading), Way::In)?;
        page.in_one(edits.into_iter().map(|(_, edit)| edit).collect())
    }
}

fn make_the_same(a: Option<Vec<Edit>>, b: Option<Vec<Edit>>, current: &str) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    a == b || apply(current, &a) == apply(current, &b)
}
