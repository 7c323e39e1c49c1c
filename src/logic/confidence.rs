//! How sure a search is of what it found, in words.

use crate::model::proposal::{Confidence, Contradiction, Difference, SearchFact, Strength};
use crate::model::report::Place;

/// A sentence or two for people.
pub fn told(search: &SearchFact) -> String {
    let sure = watched(search);
    match &search.contradiction {
        None => sure,
        Some(found) if sure.is_empty() => contradicts(found),
        Some(found) => format!("{}; {sure}", contradicts(found)),
    }
}

/// That documentation says otherwise than a test.
pub fn contradicts(found: &Contradiction) -> String {
    let Contradiction { place, call, documented, wanted } = found;
    let Place { path, line } = place;
    format!(
        "{path}:{line} says that `{call}` is `{documented}`, the test wants `{wanted}`: one of them has to change"
    )
}

/// How sure one can be, and how well tests watch.
fn watched(search: &SearchFact) -> String {
    let sure = sure(search);
    match &search.strength {
        Some(Strength { mutants, killed }) if *mutants > 0 => {
            let noticed = format!("tests notice {killed} of {mutants} small changes near it");
            if sure.is_empty() { noticed } else { format!("{sure}; {noticed}") }
        }
        _ => sure,
    }
}

/// What else passes, and what that means.
fn sure(search: &SearchFact) -> String {
    let SearchFact { tried, total, plausible, .. } = search;
    match &search.confidence {
        None if *plausible > 1 => unjudged(*plausible),
        None => String::new(),
        Some(Confidence::Only) => format!("the only fix among all {total} edits there were to try"),
        Some(Confidence::OnlySoFar) => {
            format!("the only fix found among the {tried} edits tried")
        }
        Some(Confidence::Agree { calls }) => {
            format!("{plausible} edits pass; the best of them do the same in {calls} other calls")
        }
        Some(Confidence::Differ { behaviours, difference }) => {
            let Difference { call, this, other } = &**difference;
            format!(
                "{behaviours} different behaviours pass these tests: `{call}` {this} with this one, {other} with another"
            )
        }
        Some(Confidence::Unjudged) => unjudged(*plausible),
        Some(Confidence::FewTests { tests }) => {
            let why = match tests {
                // What stands outside functions runs before any test.
                0 => "which tests it matters to cannot be seen".to_owned(),
                1 => "only one test runs it".to_owned(),
                n => format!("only {n} tests run it"),
            };
            tentative(&why, *plausible)
        }
        Some(Confidence::WeakTests) => tentative("the tests that run it say little", *plausible),
    }
}

fn tentative(why: &str, plausible: usize) -> String {
    let others = if plausible > 1 { "; " } else { "" };
    format!("tentative: {why}{others}{}", unjudged(plausible))
}

/// What passes beside the edit that was chosen; empty when nothing does.
fn unjudged(plausible: usize) -> String {
    let edits = match plausible {
        0 | 1 => return String::new(),
        2 => "1 other edit passes".to_owned(),
        n => format!("{} other edits pass", n - 1),
    };
    format!("{edits} these tests as well; read the change, more tests would tell")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_says_how_sure_one_can_be() {
        let check = |plausible, confidence| {
            let search = SearchFact {
                tried: 900,
                total: 1200,
                plausible,
                confidence,
                ..SearchFact::default()
            };
            told(&search)
        };
        let difference = Difference {
            call: "f(0)".into(),
            this: "gives 1".into(),
            other: "raises Error".into(),
        };
        let all = [
            check(1, None),
            check(3, None),
            check(1, Some(Confidence::Only)),
            check(1, Some(Confidence::OnlySoFar)),
            check(4, Some(Confidence::Agree { calls: 60 })),
            check(4, Some(Confidence::Differ { behaviours: 2, difference: Box::new(difference) })),
            check(2, Some(Confidence::Unjudged)),
            check(1, Some(Confidence::FewTests { tests: 0 })),
            check(1, Some(Confidence::FewTests { tests: 1 })),
            check(9, Some(Confidence::FewTests { tests: 2 })),
        ];
        let watched = |killed, confidence| {
            let strength = Some(Strength { mutants: 40, killed });
            told(&SearchFact {
                total: 9,
                plausible: 2,
                confidence,
                strength,
                ..SearchFact::default()
            })
        };
        let weak = watched(7, Some(Confidence::WeakTests));
        let all = [all.as_slice(), &[watched(38, Some(Confidence::Only)), weak]].concat();
        insta::assert_snapshot!(all.join("\n"), @r"
        
        2 other edits pass these tests as well; read the change, more tests would tell
        the only fix among all 1200 edits there were to try
        the only fix found among the 900 edits tried
        4 edits pass; the best of them do the same in 60 other calls
        2 different behaviours pass these tests: `f(0)` gives 1 with this one, raises Error with another
        1 other edit passes these tests as well; read the change, more tests would tell
        tentative: which tests it matters to cannot be seen
        tentative: only one test runs it
        tentative: only 2 tests run it; 8 other edits pass these tests as well; read the change, more tests would tell
        the only fix among all 9 edits there were to try; tests notice 38 of 40 small changes near it
        tentative: the tests that run it say little; 1 other edit passes these tests as well; read the change, more tests would tell; tests notice 7 of 40 small changes near it
        ");
    }
}
