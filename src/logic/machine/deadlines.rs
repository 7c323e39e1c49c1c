//! When something happens to a run although nobody does anything.

use super::questions::waits_for_people;
use crate::base::ids::QuestionId;
use crate::model::run::Run;

/// What happens to a run when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Its wall time is over.
    Wall,
    /// Nobody answered this in time.
    Answer(QuestionId),
}

/// A run's deadlines, in milliseconds since 1970. Its wall time stands still while it waits for people.
pub fn deadlines(run: &Run) -> Vec<(Due, u64)> {
    let wall = run.started_ms.saturating_add(run.budget.wall_ms_max);
    let open = run.open_questions();
    let answers = open.filter_map(|asked| {
        let until = asked.at_ms.saturating_add(asked.question.wait_ms?);
        Some((Due::Answer(asked.question.id), until))
    });
    let is_counted = !waits_for_people(run);
    answers.chain(is_counted.then_some((Due::Wall, wall))).collect()
}
