//! How sure a search is of what it found, in words.

use crate::model::proposal::{Confidence, Difference, SearchFact};

/// A sentence or two for people.
pub fn told(search: &SearchFact) -> String {
    let SearchFact { tried, total, plausible, .. } = search;
    match &search.confidence {
        None if *plausible > 1 => unjudged(*plausible),
        None => String::new(),
        Some(Confidence::Only) => format!("the only fix among all {total} edits there were to try"),
        Some(Confidence::OnlySoFar) => {
            format!("the only fix found among {tried} of {total} edits")
        }
        Some(Confidence::Agree { calls }) => {
            format!("{plausible} edits pass; the best of them do the same in {calls} other calls")
        }
        Some(Confidence::Differ { behaviours, difference }) => {
            let Difference { call, this, other } = difference;
            format!(
                "{behaviours} different behaviours pass these tests: `{call}` {this} with this one, {other} with another"
            )
        }
        Some(Confidence::Unjudged) => unjudged(*plausible),
        Some(Confidence::FewTests { tests: 1 }) => "tentative: one test alone runs it".into(),
        Some(Confidence::FewTests { tests }) => format!("tentative: only {tests} tests run it"),
    }
}

/// Why to look twice, in a few words.
pub fn doubt(search: &SearchFact) -> Option<&'static str> {
    match search.confidence.as_ref()? {
        Confidence::Differ { .. } => Some("other fixes that pass differ"),
        Confidence::FewTests { .. } => Some("tentative: few tests run it"),
        Confidence::Unjudged => Some("other fixes pass too"),
        Confidence::Only | Confidence::OnlySoFar | Confidence::Agree { .. } => None,
    }
}

fn unjudged(plausible: usize) -> String {
    let n = plausible.saturating_sub(1);
    let edits = if n == 1 { "1 other edit passes" } else { &format!("{n} other edits pass") };
    format!("{edits} these tests as well; read the change, more tests would tell")
}
