//! How near a red test came to being green: where it stopped, and with what words.

use super::hints::sides;
use super::similarity::distance;

/// Where a red test stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Empty where it is always that of the test.
    file: String,
    /// From 1; 0 where it is not known.
    line: u32,
    said: String,
}

/// Of all that a test wants it got further.
const FURTHER: u8 = 100;
/// It says what was got, where before it broke off.
const TELLS: u8 = 40;
/// Smaller shares of what was wrong may go by chance, in percent.
const SHARE_MIN: u8 = 20;
/// Longer values are compared as far as this, in characters.
const COMPARED_MAX: usize = 200;

impl Stop {
    pub fn new(file: &str, line: u32, said: &str) -> Self {
        Self { file: file.to_owned(), line, said: said.to_owned() }
    }

    /// From `LINE WORDS`, of the test's own file.
    pub fn read(text: &str) -> Self {
        let (line, said) = text.split_once(' ').unwrap_or((text, ""));
        Self::new("", line.parse().unwrap_or(0), said)
    }

    /// How much nearer to green this is than another stop of the same test, in percent; 0 where it is no nearer or that is
    /// not known.
    pub fn nearer_than(&self, other: &Stop) -> u8 {
        match (self.line, other.line) {
            (0, _) | (_, 0) => return 0,
            _ if self.file != other.file => {}
            (here, there) if here > there => return FURTHER,
            (here, there) if here < there => return 0,
            _ => {}
        }
        let [now, before] = [self, other].map(|stop| sides::pairs(&stop.said).into_iter().next());
        match (now, before) {
            (Some(_), None) => TELLS,
            (Some(now), Some(before)) => nearer(now, before),
            (None, _) => 0,
        }
    }
}

/// How much nearer the sides of one comparison are to each other than those of another one of the same place, where one
/// side is the same: which of them is what is wanted is as its author likes it.
fn nearer(now: (&str, &str), before: (&str, &str)) -> u8 {
    if now.0 != before.0 && now.1 != before.1 {
        return 0;
    }
    let [now, before] = [now, before].map(|(a, b)| apart(a, b));
    let share = before.saturating_sub(now) * 100 / before.max(1);
    if share >= usize::from(SHARE_MIN) { share.min(99) as u8 } else { 0 }
}

fn apart(got: &str, wanted: &str) -> usize {
    let [got, wanted] =
        [got, wanted].map(|text| text.chars().take(COMPARED_MAX).collect::<String>());
    distance(&got, &wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_tell_apart_what_is_in_a_test_and_before_it() {
        let check = |before: &Stop, after: &Stop| after.nearer_than(before);
        let test = Stop::new("tests/a.rs", 4, "left: 1\nright: 2");
        let code = Stop::new("src/a.rs", 9, "index out of bounds");
        assert_eq!((check(&code, &test), check(&test, &code)), (40, 0));
    }

    #[test]
    fn a_test_is_nearer_that_gets_further_or_nearer_to_what_is_wanted() {
        let check = |before: &str, after: &str, percent: u8| {
            assert_eq!(Stop::read(after).nearer_than(&Stop::read(before)), percent, "{after}");
        };
        check("4 AssertionError: 1 != 2", "5 AssertionError: 1 != 3", 100);
        check("4 AssertionError: 1 != 2", "3 AssertionError: 1 != 3", 0);
        check("0 AssertionError: 1 != 2", "3 AssertionError: 1 != 3", 0);
        check("4 TypeError: no number", "4 AssertionError: 1 != 2", 40);
        check("4 AssertionError: 1 != 2", "4 TypeError: no number", 0);
        // Another row of a table, before or after.
        check("4 AssertionError: 1 != 2", "4 AssertionError: 3 != 4", 0);
        check("4 AssertionError: 'a-b-' != 'b a'", "4 AssertionError: 'a-b-' != 'a b'", 50);
        check("4 AssertionError: 'b a' != 'a-b-'", "4 AssertionError: 'a b' != 'a-b-'", 50);
        check("4 AssertionError: 'a b' != 'a-b-'", "4 AssertionError: 'b a' != 'a-b-'", 0);
        check("4 AssertionError: 1 != 2", "4 AssertionError: 3 != 2", 0);
        check("", "4 AssertionError: 3 != 2", 0);
    }
}
