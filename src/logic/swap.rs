//! Another change in the place of the one that was proposed, of those that pass as well.

use crate::base::ids::TreeId;
use crate::logic::{avoid, machine};
use crate::model::proposal::{Confidence, Difference, Other, Proposal, SearchFact, StepChange};
use crate::model::run::{Goal, Run, Wish};
use crate::model::subset::Choice;

/// What can take the place of what a step brought, in the order in which people are told of it, counted from 1.
pub fn others(proposal: &Proposal) -> impl Iterator<Item = (usize, &StepChange, &Other)> {
    let others = proposal.steps.iter().flat_map(|step| {
        let searched = step.search.iter();
        searched.flat_map(|search| &search.others).map(move |other| (step, other))
    });
    let known = others.filter(|(_, other)| other.tree.is_some());
    known.enumerate().map(|(at, (step, other))| (at + 1, step, other))
}

/// What is to be done to have the `number`-th of these, and what is said no to for it; `None` where there is none.
pub fn goal(run: &Run, number: usize) -> Option<(Goal, Choice)> {
    let proposal = run.proposal.as_ref()?;
    let (_, step, other) = others(proposal).find(|(known, ..)| *known == number)?;
    let attempt = run.attempts.iter().find(|attempt| attempt.id == step.attempt)?;
    let wish = Wish {
        title: other.title.clone(),
        base: base(run, attempt.base.as_ref())?,
        tree: other.tree.clone()?,
        tests: machine::tests(run, step.step).to_vec(),
    };
    let mut goal = run.goal.clone();
    goal.avoid.extend(avoid::of(proposal, &step.hunks, |_| String::new()));
    goal.wish = Some(wish);
    Some((goal, step.hunks.clone()))
}

fn base(run: &Run, of_attempt: Option<&TreeId>) -> Option<TreeId> {
    let snapshot = run.snapshot.as_ref().map(|snapshot| &snapshot.tree);
    of_attempt.or(snapshot).cloned()
}

/// Where the tests leave two behaviours open.
pub struct Open<'a> {
    /// The proposed change, in words.
    pub title: &'a str,
    /// What it differs in from the change with this number.
    pub difference: &'a Difference,
    pub number: usize,
}

/// The first thing that one would have to ask a person about a proposal.
pub fn open(proposal: &Proposal) -> Option<Open<'_>> {
    others(proposal).find_map(|(number, step, other)| {
        let Some(SearchFact {
            confidence: Some(Confidence::Differ { difference, .. }),
            others,
            ..
        }) = &step.search
        else {
            return None;
        };
        // The first of them is the one that the difference is about.
        let is_first = others.first().is_some_and(|first| first == other);
        is_first.then_some(Open { title: &step.title, difference, number })
    })
}
