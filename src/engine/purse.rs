//! What a run may still spend on models, shared by all that work for it at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::cancel::CancelToken;
use crate::base::ids::AttemptId;
use crate::io::model::Caller;
use crate::logic::dialect::fault::hint;
use crate::logic::talk;
use crate::model::budget::{Budget, Expense, Spent};
use crate::model::event::Event;
use crate::model::provider::Model;
use crate::model::transcript::{CallFailure, Delta, Fault, Request, Turn, Usage};

/// A run's own, as long as this process works on it.
#[derive(Default)]
pub(super) struct Purse(Mutex<State>);

#[derive(Default)]
struct State {
    /// With calls that are under way, as much as they may come to.
    spent: Spent,
}

impl Purse {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the run had spent already counts.
    pub(super) fn with(spent: Spent) -> Purse {
        Purse(Mutex::new(State { spent }))
    }

    /// Lays aside what a call may come to; `Err` names the key of `[budget]` that does not allow it.
    fn reserve(&self, budget: &Budget, most: &Spent) -> Result<(), &'static str> {
        let mut state = self.state();
        if let Some(key) = budget.forbids_calls(&state.spent) {
            return Err(key);
        }
        state.spent.tokens += most.tokens;
        state.spent.cost += most.cost;
        Ok(())
    }

    /// What a call came to, in place of what was laid aside for it.
    fn settle(&self, most: &Spent, expense: &Expense) {
        let mut state = self.state();
        state.spent.tokens = state.spent.tokens.saturating_sub(most.tokens);
        state.spent.cost = state.spent.cost.saturating_sub(most.cost);
        state.spent.add(expense);
    }
}

impl Purse {
    /// Takes runs of checks off that a worker asked for.
    pub(super) fn take_checks(&self, n: u32) {
        self.state().spent.checks += n;
    }

    /// Whether a worker may have checks run.
    pub(super) fn allows_checks(&self, budget: &Budget) -> bool {
        budget.checks_max.is_none_or(|max| self.state().spent.checks < max)
    }
}

/// A model that is called within a run's budget, and of which each call is recorded.
pub(super) struct Metered<'a> {
    pub(super) inner: Box<dyn Caller + 'a>,
    pub(super) model: Model,
    pub(super) purse: Arc<Purse>,
    pub(super) budget: Budget,
    pub(super) attempt: Option<AttemptId>,
    pub(super) record: &'a (dyn Fn(Event) + Sync),
}

impl Metered<'_> {
    /// The most that a call may come to, as far as one can tell before.
    fn most(&self, request: &Request) -> Spent {
        let tokens = talk::tokens(request);
        let output = u64::from(request.output_max);
        let usage = Usage { input: tokens.saturating_sub(output), output, ..Usage::default() };
        Spent { tokens, cost: self.cost(&usage), ..Spent::default() }
    }

    fn cost(&self, usage: &Usage) -> u64 {
        self.model.prices.map_or(0, |prices| prices.of(usage))
    }
}

impl Caller for Metered<'_> {
    fn turn(
        &self,
        request: &Request,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(Delta),
    ) -> Result<Turn, CallFailure> {
        let most = self.most(request);
        if let Err(key) = self.purse.reserve(&self.budget, &most) {
            return Err(CallFailure {
                fault: Fault::Spent,
                message: format!("what `budget.{key}` allows is spent"),
                hint: hint(Fault::Spent).to_owned(),
                usage: Usage::default(),
            });
        }
        let done = self.inner.turn(request, cancel, tell);
        let usage = match &done {
            Ok(turn) => turn.usage,
            Err(failure) => failure.usage,
        };
        let (model, cost) = (self.model.name.clone(), self.cost(&usage));
        let expense = Expense::Call { model, usage, cost };
        self.purse.settle(&most, &expense);
        (self.record)(Event::Spent { attempt: self.attempt, on: expense });
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_under_way_count_until_it_is_known_what_they_came_to() {
        let purse = Purse::with(Spent { tokens: 500, ..Spent::default() });
        let budget = Budget { tokens_max: Some(1_000), ..Budget::default() };
        let most = Spent { tokens: 600, ..Spent::default() };
        assert_eq!(purse.reserve(&budget, &most), Ok(()));
        assert_eq!(purse.reserve(&budget, &most), Err("tokens"));
        let usage = Usage { input: 80, output: 20, ..Usage::default() };
        purse.settle(&most, &Expense::Call { model: "m".to_owned(), usage, cost: 0 });
        assert_eq!(purse.reserve(&budget, &most), Ok(()));
        assert_eq!(purse.state().spent.tokens, 1_200);
    }
}
