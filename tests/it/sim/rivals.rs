//! Whether a newer proposal leaves room for a hunk of an older one. The server shows an older hunk only where it neither
//! touches nor abuts what a newer one changes; worked out here from who owns which line.

use std::ops::Range;

use super::oracle::Known;
use super::text::{Owner, Text, bare};
use super::whole::Whole;

/// What newer proposals leave of a hunk's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Free,
    Taken,
    /// The user has typed in a newer hunk, or the two lie side by side in parts.
    Unknown,
}

impl Known {
    /// What the newer ones among `all` leave of its place in this text.
    pub fn room_beside(&self, all: &[Known], wholes: &[Whole], text: &Text) -> Room {
        if self.is_replaced {
            return Room::Taken;
        }
        if wholes.iter().any(|whole| !whole.is_replaced && whole.is_about(self.document)) {
            return Room::Unknown;
        }
        let rivals = all.iter().filter(|other| {
            other.document == self.document
                && other.run > self.run
                && other.parts.is_empty()
                && !other.is_replaced
        });
        let rooms: Vec<Room> = rivals.map(|rival| self.room_of(rival, text)).collect();
        [Room::Taken, Room::Unknown]
            .into_iter()
            .find(|room| rooms.contains(room))
            .unwrap_or(Room::Free)
    }

    fn room_of(&self, rival: &Known, text: &Text) -> Room {
        let (Some(own), Some(other)) = (self.lines_in(text), rival.lines_in(text)) else {
            return Room::Unknown;
        };
        if own.end < other.start || other.end < own.start {
            return Room::Free;
        }
        let is_pending = self.place(text).is_some() && rival.place(text).is_some();
        let both_insert = own.is_empty() && other.is_empty();
        let changed = rival.changed();
        let share = self.changed().any(|owner| changed.clone().any(|other| other == owner));
        if is_pending && (both_insert || share) { Room::Taken } else { Room::Unknown }
    }

    /// Its lines, whether they are in or out.
    fn lines_in(&self, text: &Text) -> Option<Range<usize>> {
        let pending = || Some((self.place(text)?, self.removed.len()));
        let landed = || Some((self.landed_at(text)?, self.inserted.len()));
        let (start, n_lines) = pending().or_else(landed)?;
        Some(start..start + n_lines)
    }

    /// The lines it takes away for good, whatever parts it is cut into.
    fn changed(&self) -> impl Iterator<Item = Owner> + Clone {
        let comes_again = |line: &str| self.inserted.iter().any(|new| bare(new).0 == bare(line).0);
        self.removed.iter().filter(move |(_, line)| !comes_again(line)).map(|(owner, _)| *owner)
    }
}
