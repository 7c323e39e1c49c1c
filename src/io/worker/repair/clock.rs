//! How long a search goes on: much longer where nothing is found than after its first find.

use std::time::{Duration, Instant};

use crate::base::limits::{SEARCH_AFTER_HIT_MAX, SEARCH_AFTER_HIT_MIN, SEARCH_WALL_MAX};

pub(super) struct Clock {
    started: Instant,
    first_hit: Option<Instant>,
}

impl Clock {
    pub fn start() -> Self {
        Self { started: Instant::now(), first_hit: None }
    }

    /// Something was found.
    pub fn hit(&mut self) {
        self.first_hit.get_or_insert_with(Instant::now);
    }

    /// What was found is not enough: it goes on as if the first of it were found now.
    pub fn hit_anew(&mut self) {
        self.first_hit = Some(Instant::now());
    }

    pub fn spent(&self) -> Duration {
        self.started.elapsed()
    }

    /// How much longer the search goes on at most.
    pub fn left(&self) -> Duration {
        let to_hit = self.first_hit.map(|hit| hit.duration_since(self.started));
        wall(to_hit).saturating_sub(self.spent())
    }

    /// Whether it is worth beginning something that takes `at_least` so long after a find; before one it always is.
    pub fn has_time(&self, at_least: Duration) -> bool {
        self.first_hit.is_none() || self.left() > at_least
    }
}

/// How long a search lasts that had its first find after `to_hit`.
fn wall(to_hit: Option<Duration>) -> Duration {
    // What ranks first is nearly always the first find, and where not, comes within as long again.
    let more = |to_hit: Duration| to_hit.clamp(SEARCH_AFTER_HIT_MIN, SEARCH_AFTER_HIT_MAX);
    to_hit.map_or(SEARCH_WALL_MAX, |to_hit| to_hit + more(to_hit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_lasts_longer_the_later_it_finds_something() {
        let check = |to_hit: Option<u64>| wall(to_hit.map(Duration::from_secs)).as_secs();
        assert_eq!(check(None), SEARCH_WALL_MAX.as_secs());
        assert_eq!(check(Some(0)), SEARCH_AFTER_HIT_MIN.as_secs());
        assert_eq!(check(Some(10)), 20);
        assert_eq!(check(Some(100)), 100 + SEARCH_AFTER_HIT_MAX.as_secs());
    }

    #[test]
    fn a_find_that_is_not_enough_gives_time_for_another() {
        let started = Instant::now() - Duration::from_secs(40);
        let mut clock = Clock { started, first_hit: Some(started + Duration::from_secs(15)) };
        assert!(clock.left().is_zero());
        clock.hit_anew();
        let left = clock.left();
        assert!(!left.is_zero() && left <= SEARCH_AFTER_HIT_MAX, "{left:?}");
    }
}
