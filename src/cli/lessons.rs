//! `greenloop lessons`: what was learned from what people accepted and rejected, listed or forgotten.

use lexopt::prelude::*;

use super::fix::folder_of;
use super::{Stop, say};
use crate::engine::Dirs;
use crate::io::lessons::Lessons;
use crate::model::lesson::Lesson;

pub(super) fn main(mut parser: lexopt::Parser) -> Result<i32, Stop> {
    let (mut delete, mut folder) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("delete") => delete = Some(parser.value()?.string()?),
            Value(path) if folder.is_none() => folder = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let lessons = Lessons::beside(&Dirs::find(&folder_of(folder))?.state);
    let Some(which) = delete else { return list(&lessons) };
    let id = match which.as_str() {
        "all" => None,
        number => Some(number.parse().map_err(|_not| {
            Stop::Usage("--delete takes the number of a lesson, or all".to_owned())
        })?),
    };
    let n = lessons.delete(id)?;
    say(&format!("{n} forgotten\n"));
    Ok(i32::from(n == 0))
}

fn list(lessons: &Lessons) -> Result<i32, Stop> {
    let mut all = lessons.all()?;
    if all.is_empty() {
        say("Nothing was learned yet; it is told by what you accept and reject.\n");
    }
    all.sort_by(|(_, a), (_, b)| b.hit_rate().total_cmp(&a.hit_rate()));
    for (id, lesson) in all {
        let Lesson {
            signature, runner, worker, template, hits, misses, note, source, project, ..
        } = lesson;
        let by = if template.is_empty() { worker } else { format!("{worker} ({template})") };
        say(&format!(
            "{id:>4}  {runner:?}: {signature}\n      {by}: {hits} accepted, {misses} not; last in run {source} of {project}\n"
        ));
        if !note.is_empty() {
            say(&format!("      rejected once: {note}\n"));
        }
    }
    Ok(0)
}
