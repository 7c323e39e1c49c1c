//! What a run may still spend on models, shared by all that work for it at the same time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::cancel::CancelToken;
use crate::base::ids::AttemptId;
use crate::io::model::Caller;
use crate::logic::dialect::fault::hint;
use crate::logic::talk;
use crate::model::budget::{Budget, Expense, Spent};
use crate::model::event::Event;
use crate::model::provider::Model;
use crate::model::transcript::{CallFailure, Delta, Fault, Request, Turn, Usage};

/// Between two looks whether a call that waits for others is still wanted.
const SETTLED_LOOK_EVERY: Duration = Duration::from_millis(50);

/// A run's own, as long as this process works on it.
#[derive(Default)]
pub(super) struct Purse {
    state: Mutex<State>,
    /// Told when something that was laid aside is settled.
    settled: Condvar,
}

#[derive(Default)]
struct State {
    spent: Spent,
    /// What calls that are under way may come to.
    aside: Spent,
}

impl Purse {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the run had spent already counts.
    pub(super) fn with(spent: Spent) -> Purse {
        let purse = Purse::default();
        purse.state().spent = spent;
        purse
    }

    /// Lays aside what a call may come to; `Err` names the key of `[budget]` that does not allow it. Waits for what is laid
    /// aside when it hangs on that.
    fn reserve(
        &self,
        budget: &Budget,
        most: &Spent,
        cancel: &CancelToken,
    ) -> Result<(), &'static str> {
        let mut state = self.state();
        loop {
            if let Some(key) = budget.forbids_calls(&state.spent) {
                return Err(key);
            }
            let all = Spent {
                tokens: state.spent.tokens.saturating_add(state.aside.tokens),
                cost: state.spent.cost.saturating_add(state.aside.cost),
                ..state.spent
            };
            let Some(key) = budget.forbids_calls(&all) else { break };
            if cancel.is_cancelled() {
                return Err(key);
            }
            let waited = self.settled.wait_timeout(state, SETTLED_LOOK_EVERY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.aside.tokens = state.aside.tokens.saturating_add(most.tokens);
        state.aside.cost = state.aside.cost.saturating_add(most.cost);
        Ok(())
    }

    /// What a call came to, in place of what was laid aside for it.
    fn settle(&self, most: &Spent, expense: &Expense) {
        let mut state = self.state();
        state.aside.tokens = state.aside.tokens.saturating_sub(most.tokens);
        state.aside.cost = state.aside.cost.saturating_sub(most.cost);
        state.spent.add(expense);
        self.settled.notify_all();
    }

    /// Takes a run of a check off before it begins; `false` where none is left of so many.
    pub(super) fn take_check(&self, max: Option<u32>) -> bool {
        let mut state = self.state();
        let may = max.is_none_or(|max| state.spent.checks < max);
        state.spent.checks += u32::from(may);
        may
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
        let usage = Usage { output: u64::from(request.output_max), ..asked(request) };
        let tokens = usage.input.saturating_add(usage.output);
        Spent { tokens, cost: self.cost(&usage), ..Spent::default() }
    }

    fn cost(&self, usage: &Usage) -> u64 {
        self.model.prices.map_or(0, |prices| prices.of(usage))
    }
}

/// What sending a request takes, about.
fn asked(request: &Request) -> Usage {
    let output = u64::from(request.output_max);
    Usage { input: talk::tokens(request).saturating_sub(output), ..Usage::default() }
}

impl Caller for Metered<'_> {
    fn turn(
        &self,
        request: &Request,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(Delta),
    ) -> Result<Turn, CallFailure> {
        let most = self.most(request);
        if let Err(key) = self.purse.reserve(&self.budget, &most, cancel) {
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
            // It was read by then, whoever stopped it.
            Err(failure)
                if failure.fault == Fault::Cancelled && failure.usage == Usage::default() =>
            {
                asked(request)
            }
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
    fn a_call_waits_for_what_others_may_come_to() {
        let purse = Purse::with(Spent { tokens: 500, ..Spent::default() });
        let budget = Budget { tokens_max: Some(1_000), ..Budget::default() };
        let most = Spent { tokens: 600, ..Spent::default() };
        let (cancel, stop) = (CancelToken::new(), CancelToken::new());
        stop.cancel();
        assert_eq!(purse.reserve(&budget, &most, &cancel), Ok(()));
        assert_eq!(purse.reserve(&budget, &most, &stop), Err("tokens"));
        let call = |output| {
            let usage = Usage { input: 80, output, ..Usage::default() };
            Expense::Call { model: "m".to_owned(), usage, cost: 0 }
        };
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| purse.reserve(&budget, &most, &cancel));
            purse.settle(&most, &call(20));
            assert_eq!(waiting.join().unwrap(), Ok(()));
        });
        purse.settle(&most, &call(400));
        assert_eq!(purse.state().spent.tokens, 1_080);
        assert_eq!(purse.reserve(&budget, &most, &cancel), Err("tokens"));
    }
}
