//! Random schedules of a run with several steps: workers that fail, lie, break things, are slow or never come back,
//! people who answer early, late or never, pauses, cancels, kills. What a run must be whatever happens is held after
//! every event. Deterministic: the run's policy is pure, and time and chance are the seed's.

#[path = "schedules/people.rs"]
mod people;
#[path = "schedules/play.rs"]
mod play;
#[path = "schedules/rules.rs"]
mod rules;
#[path = "schedules/world.rs"]
mod world;

use std::collections::BTreeMap;

pub use self::play::schedule;

/// How many schedules ended how.
pub type Ends = BTreeMap<&'static str, u64>;
