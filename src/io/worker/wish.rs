//! The change that a person would rather have, in the place of a worker's.

use super::{Assignment, Desk};
use crate::io::store::Merged;
use crate::model::event::WorkResult;
use crate::model::failure::Failure;

/// The wished-for change on what the attempt starts from; `None` where it is not meant for this step, does not fit any more
/// or was not good enough before.
pub(super) fn granted(
    assignment: &Assignment<'_>,
    desk: &Desk<'_>,
) -> Result<Option<WorkResult>, Failure> {
    let is_meant = |test| assignment.targets.contains(test);
    let wish = assignment.goal.wish.as_ref();
    let Some(wish) = wish.filter(|wish| wish.tests.iter().any(is_meant)) else { return Ok(None) };
    Ok(match desk.store.merge(&wish.base, assignment.tree, &wish.tree)? {
        Merged::Tree(tree) if tree != *assignment.tree && !assignment.refused.contains(&tree) => {
            Some(WorkResult::Changed { tree, title: wish.title.clone(), search: None })
        }
        Merged::Tree(_) | Merged::Conflicts(_) => None,
    })
}
