//! `greenloop report [DIR]`: where the work went, as Markdown that reads well on a terminal.

use lexopt::prelude::*;

use super::fix::folder_of;
use super::{Stop, say};
use crate::engine::{self, Dirs};
use crate::logic::report;

pub(super) fn main(mut parser: lexopt::Parser) -> Result<i32, Stop> {
    let mut folder = None;
    while let Some(arg) = parser.next()? {
        match arg {
            Value(path) if folder.is_none() => folder = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let histories = engine::histories(&Dirs::find(&folder_of(folder))?)?;
    say(&report::markdown(&report::report(&histories)));
    Ok(0)
}
