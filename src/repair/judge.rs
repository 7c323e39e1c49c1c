//! How sure one can be of the edit that is offered: what else passes, and whether it does the same.

use crate::model::proposal::{Confidence, Difference};

/// What edits that pass make of one call, each in words, in the order of the edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The call as one would write it.
    pub call: String,
    pub gives: Vec<String>,
}

/// The edits by what they do: those in one list do the same in every response. Each list is in the order of the edits,
/// and so are the lists by their firsts.
pub fn behaviours(n_edits: usize, responses: &[Response]) -> Vec<Vec<usize>> {
    let mut lists: Vec<Vec<usize>> = Vec::new();
    for edit in 0..n_edits {
        match lists.iter_mut().find(|list| difference(list[0], edit, responses).is_none()) {
            Some(list) => list.push(edit),
            None => lists.push(vec![edit]),
        }
    }
    lists
}

/// The first response that tells two edits apart.
fn difference(one: usize, other: usize, responses: &[Response]) -> Option<&Response> {
    responses.iter().find(|response| response.gives.get(one) != response.gives.get(other))
}

/// What is to be said of the edit `chosen`. `n_tests` judged it; the search went through everything or not; `responses`
/// are empty where they could not be had.
pub fn confidence(
    chosen: usize,
    n_edits: usize,
    n_tests: usize,
    is_exhausted: bool,
    responses: &[Response],
) -> Confidence {
    let others = || (0..n_edits).filter(|other| *other != chosen);
    let apart = others().find_map(|other| Some((other, difference(chosen, other, responses)?)));
    if let Some((other, response)) = apart {
        let gives = |edit: usize| response.gives.get(edit).cloned().unwrap_or_default();
        return Confidence::Differ {
            behaviours: behaviours(n_edits, responses).len(),
            difference: Box::new(Difference {
                call: response.call.clone(),
                this: gives(chosen),
                other: gives(other),
            }),
        };
    }
    if n_tests < TESTS_MIN {
        return Confidence::FewTests { tests: n_tests };
    }
    match (n_edits, responses.len()) {
        (0 | 1, _) if is_exhausted => Confidence::Only,
        (0 | 1, _) => Confidence::OnlySoFar,
        (_, 0) => Confidence::Unjudged,
        (_, calls) => Confidence::Agree { calls },
    }
}

/// Fewer tests than this say little.
pub const TESTS_MIN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn responses(table: &[(&str, &[&str])]) -> Vec<Response> {
        let gives = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        table
            .iter()
            .map(|(call, all)| Response { call: (*call).into(), gives: gives(all) })
            .collect()
    }

    #[test]
    fn edits_are_grouped_by_what_they_do() {
        let check = |table: &[(&str, &[&str])]| behaviours(4, &responses(table));
        assert_eq!(check(&[]), [[0, 1, 2, 3]]);
        let told = check(&[("f(1)", &["1", "1", "2", "1"]), ("f(2)", &["1", "3", "1", "1"])]);
        assert_eq!(told, [vec![0, 3], vec![1], vec![2]]);
    }

    #[test]
    fn confidence_says_what_else_passes() {
        let check = |chosen, n_edits, n_tests, exhausted, table: &[(&str, &[&str])]| {
            let told = confidence(chosen, n_edits, n_tests, exhausted, &responses(table));
            format!("{told:?}")
        };
        let same: &[(&str, &[&str])] = &[("f(1)", &["1", "1"]), ("f(2)", &["4", "4"])];
        let apart: &[(&str, &[&str])] = &[("f(1)", &["1", "1"]), ("f(0)", &["0", "raises"])];
        let told = [
            check(0, 1, 9, true, &[]),
            check(0, 1, 9, false, &[]),
            check(0, 1, 2, true, &[]),
            check(0, 2, 9, true, &[]),
            check(0, 2, 9, false, same),
            check(1, 2, 1, true, apart),
        ];
        insta::assert_snapshot!(told.join("\n"), @r#"
        Only
        OnlySoFar
        FewTests { tests: 2 }
        Unjudged
        Agree { calls: 2 }
        Differ { behaviours: 2, difference: Difference { call: "f(0)", this: "raises", other: "0" } }
        "#);
    }
}
