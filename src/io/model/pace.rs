//! When a call of a model is tried again, and after how long.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use crate::base::limits::{
    MODEL_ATTEMPTS_MAX, MODEL_WAIT_ASKED_MAX, MODEL_WAIT_FIRST, MODEL_WAIT_MAX,
};
use crate::logic::dialect::fault::Problem;
use crate::model::transcript::Fault;

#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Attempts at one call, the first included.
    pub attempts: u32,
    pub first: Duration,
    pub max: Duration,
    /// The longest wait that a provider may ask for.
    pub asked_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            attempts: MODEL_ATTEMPTS_MAX,
            first: MODEL_WAIT_FIRST,
            max: MODEL_WAIT_MAX,
            asked_max: MODEL_WAIT_ASKED_MAX,
        }
    }
}

/// Attempts where another one seldom helps: a server that is not there, or says nothing for minutes, or answers rubbish.
const ATTEMPTS_SELDOM: u32 = 2;

impl Pace {
    /// How long to wait after the `n`th attempt, counted from 1; `None` when it was the last.
    pub(super) fn wait(&self, n: u32, problem: &Problem) -> Option<Duration> {
        let attempts = match problem.fault {
            Fault::RateLimited | Fault::Unavailable | Fault::Truncated => self.attempts,
            Fault::Idle | Fault::Unreachable | Fault::Invalid => self.attempts.min(ATTEMPTS_SELDOM),
            Fault::Overflow
            | Fault::Unauthorized
            | Fault::Quota
            | Fault::Spent
            | Fault::Cancelled => 1,
        };
        if !problem.again || n >= attempts {
            return None;
        }
        if let Some(asked) = problem.wait_ms.map(Duration::from_millis) {
            // Those who were sent away together do not come back together.
            return (asked <= self.asked_max).then(|| asked + self.first.mul_f64(chance()));
        }
        let doubled = self.first.saturating_mul(1 << (n - 1).min(20)).min(self.max);
        Some(doubled.mul_f64(0.5 + chance() / 2.0))
    }
}

/// From 0 to 1.
fn chance() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_bound_and_end() {
        let pace = Pace::default();
        let problem = Problem::new(Fault::Unavailable, "");
        let mut most = 500;
        for n in 1..pace.attempts {
            let wait = pace.wait(n, &problem).unwrap().as_millis();
            most = (most * 2).min(30_000);
            assert!((most / 2..=most).contains(&wait), "{n}: {wait}");
        }
        assert_eq!(pace.wait(pace.attempts, &problem), None);
        assert_eq!(pace.wait(2, &Problem::new(Fault::Idle, "")), None);
        assert_eq!(pace.wait(1, &Problem::new(Fault::Quota, "")), None);
    }

    #[test]
    fn what_a_provider_asks_for_is_heeded_within_reason() {
        let pace = Pace::default();
        let asked = |ms| Problem { wait_ms: Some(ms), ..Problem::new(Fault::RateLimited, "") };
        let wait = pace.wait(1, &asked(7_000)).unwrap();
        assert!((7_000..=8_000).contains(&wait.as_millis()), "{wait:?}");
        assert_eq!(pace.wait(1, &asked(3_600_000)), None);
    }
}
