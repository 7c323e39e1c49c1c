//! Whether work is getting anywhere, judged by what was done and what came of it, never by what a worker says of itself.

use crate::base::limits::WASTED_MAX;

/// One round of acting and looking: an attempt and its verdict, or a tool call and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    pub kind: Kind,
    /// What was done, for example the tree that was left, or a tool with its arguments.
    pub did: String,
    /// What was seen after it, for example the red tests, or an error without its numbers.
    pub saw: String,
    /// How much is left to do, where that is known: red tests, errors.
    pub left: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It looked at something or changed something.
    Act,
    /// It could not be carried out: malformed, unknown, refused.
    Fail,
    /// It waited for something that is still under way. Waiting is no loop, however long.
    Wait,
}

/// How work turns in circles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    /// The same was done again and the same came of it.
    Same,
    /// Two things are done in turn.
    Alternating,
    /// More than two things are done in turn.
    Oscillating,
    /// Nothing of it could be carried out.
    Failing,
    /// Nothing is left to do, and it goes on.
    Done,
    /// Always something else is done, and nothing new is seen.
    NoProgress,
}

impl Stall {
    /// For people, to follow who it is.
    pub fn told(self) -> &'static str {
        match self {
            Stall::Same => "does the same again and again",
            Stall::Alternating => "goes back and forth between two things",
            Stall::Oscillating => "goes round in a circle",
            Stall::Failing => "asks for what cannot be carried out, again and again",
            Stall::Done => "goes on although nothing is left to do",
            Stall::NoProgress => "changes things and nothing comes of it",
        }
    }
}

/// Why work should not go on as it does; `None` while it gets somewhere. The last [`WASTED_MAX`] rounds must have been
/// wasted, waiting left out; or the last as many that say what is left must have left no less than was left before, whatever
/// was seen.
pub fn stall(rounds: &[Round]) -> Option<Stall> {
    let rounds: Vec<&Round> = rounds.iter().filter(|round| round.kind != Kind::Wait).collect();
    let is_wasted = |place: &usize| is_wasted(&rounds[..*place], rounds[*place]);
    let n_wasted = (0..rounds.len()).rev().take_while(is_wasted).count();
    let measured: Vec<usize> = rounds.iter().filter_map(|round| round.left).collect();
    let best = measured.iter().min();
    // The first to leave so little was progress; all after it brought nothing.
    let since = measured.iter().position(|left| Some(left) == best);
    let n_after = since.map_or(0, |at| measured.len() - at - 1);
    (n_wasted >= WASTED_MAX || n_after >= WASTED_MAX).then(|| kind(&rounds))
}

/// A round that brought nothing: it failed, or it saw what was seen before and left no less to do than before.
fn is_wasted(before: &[&Round], round: &Round) -> bool {
    if round.kind == Kind::Fail {
        return true;
    }
    let best = before.iter().filter_map(|earlier| earlier.left).min();
    let is_better = match (round.left, best) {
        (Some(left), Some(best)) => left < best,
        (Some(_) | None, _) => false,
    };
    let is_seen = before.iter().any(|earlier| earlier.saw == round.saw);
    is_seen && !is_better
}

/// Rounds that must be as they were one turn before for it to be called a circle.
const REPEATED_MIN: usize = 2;

/// The shape of the circle at the end of the rounds.
fn kind(rounds: &[&Round]) -> Stall {
    let tail = &rounds[rounds.len() - WASTED_MAX..];
    if tail.iter().all(|round| round.kind == Kind::Fail) {
        return Stall::Failing;
    }
    if tail.iter().all(|round| round.left == Some(0)) {
        return Stall::Done;
    }
    let repeats = |period: usize| {
        let end = &rounds[rounds.len() - REPEATED_MIN - period..];
        end[period..].iter().zip(end).all(|(now, then)| now.did == then.did)
    };
    match (1..=rounds.len() - REPEATED_MIN).find(|period| repeats(*period)) {
        Some(1) => Stall::Same,
        Some(2) => Stall::Alternating,
        Some(_) => Stall::Oscillating,
        None => Stall::NoProgress,
    }
}

#[cfg(test)]
mod tests;
