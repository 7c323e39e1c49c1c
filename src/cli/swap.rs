//! `greenloop swap RUN [N]`: another change that passes in the place of the one that a run proposed.

use lexopt::prelude::*;

use super::named::{self, Named};
use super::{Stop, fix, positive};
use crate::engine::{Command, new_run_id};
use crate::logic::swap;
use crate::model::budget::AskedBudget;
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};

pub(super) fn main(mut parser: lexopt::Parser) -> Result<i32, Stop> {
    let (mut run, mut number, mut folder) = (None, None, None);
    let mut how = fix::How::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("unsandboxed") => how.consent.unsandboxed = true,
            Long("trust") => how.consent.trusted = true,
            Long("apply") => how.apply = true,
            Long("format") => how.format = parser.value()?.parse()?,
            Long("dir") => folder = Some(parser.value()?.into()),
            Value(name) if run.is_none() => run = Some(name.string()?),
            Value(n) if number.is_none() => number = Some(positive("swap RUN", n)?),
            other => return Err(other.unexpected().into()),
        }
    }
    let named = named::find(run.as_deref(), folder);
    fix::told(how.format, named.and_then(|named| swapped(named, number.unwrap_or(1), &how)))
}

/// Says no to the change, and has the other one checked as if it had been found.
fn swapped(Named { dirs, view }: Named, number: u32, how: &fix::How) -> Result<i32, Stop> {
    let id = view.run.id;
    let refused = |message: String, hint: String| Failure::new(FailureKind::Refused, message, hint);
    let Some((goal, hunks)) = swap::goal(&view.run, number as usize) else {
        let hint =
            "`greenloop show` numbers the changes that a search found beside the one it proposed.";
        return Err(
            refused(format!("run {id} has no other change {number}"), hint.to_owned()).into()
        );
    };
    let mut standing = view.run.acceptances.iter().filter(|known| !known.undone);
    if standing.any(|known| !known.hunks.is_disjoint(&hunks)) {
        let hint = format!("`greenloop undo {id}` takes it back; then swap it.");
        return Err(refused("the change was accepted already".to_owned(), hint).into());
    }
    let rejection = Command::Decide { id, hunks, rejected: true, note: String::new() };
    let is_it = |event: &Event| matches!(event, Event::HunksDecided { .. });
    named::record(dirs.clone(), id, rejection, is_it)?;
    let (id, budget) = (new_run_id(), AskedBudget::default());
    fix::carry_out(dirs, how, id, Command::Start { id, goal, budget, buffers: Vec::new() })
}
