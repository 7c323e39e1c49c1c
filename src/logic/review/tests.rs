//! Laws of review states over random texts, and the cases people meet.

mod overlap;
mod parts;
mod typing;

use std::mem::discriminant;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::HunkState::{Applied, Conflict, Partly, Pending};
use super::cut::{Cut, Line, joined};
use super::edits::{Pick, edits};
use super::*;
use crate::base::text::edit::{Edit, apply as apply_edits};
use crate::base::text::lines;
use crate::logic::diff::{apply, hunks};

/// Runs a law over this many cases, the same ones each time. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for others.
pub fn laws(n_cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { n_cases };
    let rng_seed = match asked.rng_seed {
        RngSeed::Random => RngSeed::Fixed(0x0067_7265_656e),
        seed @ RngSeed::Fixed(_) => seed,
    };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..asked }
}

/// The edits that turn a pending hunk into an applied one, or an applied one back; none for other states.
fn flip(reading: &Reading, hunk: &Hunk, text: &str) -> Option<Vec<Edit>> {
    let way = match reading.state {
        Pending { .. } => Way::In,
        Applied { .. } => Way::Out,
        Partly { .. } | Conflict { .. } => return None,
    };
    edits(&[Pick::whole(hunk, reading)], way, text)
}

/// `text` after those edits.
fn edited(text: &str, reading: &Reading, hunk: &Hunk) -> String {
    apply_edits(text, &flip(reading, hunk, text).unwrap()).unwrap()
}

fn is_pending(reading: &Reading) -> bool {
    matches!(reading.state, Pending { .. })
}

/// The states of whole hunks.
fn states(base: &str, hunks: &[Hunk], current: &str) -> Vec<HunkState> {
    readings(base, hunks, current).into_iter().map(|reading| reading.state).collect()
}

const BASE: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
const AFTER: &str = "1\ntwo\n3\n4\n5\n6\nx\n7\n8\n";

#[test]
fn states_follow_the_text() {
    let hunks = hunks(BASE, AFTER);
    let cases: [(&str, &str, [HunkState; 3]); 10] = [
        (
            "untouched",
            BASE,
            [Pending { lines: 1..2 }, Pending { lines: 6..6 }, Pending { lines: 8..9 }],
        ),
        (
            "all applied",
            AFTER,
            [Applied { lines: 1..2 }, Applied { lines: 6..7 }, Applied { lines: 9..9 }],
        ),
        (
            "one applied",
            "1\n2\n3\n4\n5\n6\nx\n7\n8\n9\n",
            [Pending { lines: 1..2 }, Applied { lines: 6..7 }, Pending { lines: 9..10 }],
        ),
        (
            "moved down by a line above",
            "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n",
            [Pending { lines: 2..3 }, Pending { lines: 7..7 }, Pending { lines: 9..10 }],
        ),
        (
            "applied below an edit elsewhere",
            "1\n2\n3\nfour\n5\n6\nx\n7\n8\n9\n",
            [Pending { lines: 1..2 }, Applied { lines: 6..7 }, Pending { lines: 9..10 }],
        ),
        (
            "edited inside a hunk",
            "1\n2!\n3\n4\n5\n6\n7\n8\n9\n",
            [Conflict { lines: 1..2 }, Pending { lines: 6..6 }, Pending { lines: 8..9 }],
        ),
        (
            "a line typed right above a hunk",
            "1\nnew\n2\n3\n4\n5\n6\n7\n8\n9\n",
            [Conflict { lines: 1..3 }, Pending { lines: 7..7 }, Pending { lines: 9..10 }],
        ),
        (
            "something else inserted at the place of an insertion",
            "1\n2\n3\n4\n5\n6\ny\n7\n8\n9\n",
            [Pending { lines: 1..2 }, Conflict { lines: 6..7 }, Pending { lines: 9..10 }],
        ),
        (
            "other line endings",
            "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\nx\r\n7\r\n8\r\n9\r\n",
            [Pending { lines: 1..2 }, Applied { lines: 6..7 }, Pending { lines: 9..10 }],
        ),
        (
            "emptied",
            "",
            [Conflict { lines: 0..0 }, Conflict { lines: 0..0 }, Conflict { lines: 0..0 }],
        ),
    ];
    assert_eq!(hunks.len(), 3);
    for (name, current, expected) in cases {
        assert_eq!(states(BASE, &hunks, current), expected, "{name}");
    }
}

#[test]
fn a_hunk_among_equal_lines_is_not_offered_twice() {
    let cases = [
        // Whichever blank line a diff blames, the hunk is applied.
        ("\n\n\na\n", "\n\n\n\na\n", "\n\n\n\na\n", true),
        ("\n\n\na\n", "\n\n\n\na\n", "top\n\n\n\n\na\n", false),
        // Two insertions in one hunk, each of which could be its neighbour.
        ("s\n\n}\n\n", "s\n\n\n}\n\n\n", "s\na\n\n\n}\n\n\na\n", false),
        // A removal among equal lines.
        ("a\na\na\nb\n", "a\na\nb\n", "new\na\na\nb\n", false),
    ];
    for (base, after, current, readable) in cases {
        let state = &states(base, &hunks(base, after), current)[0];
        let expected = if readable {
            matches!(state, Applied { .. })
        } else {
            matches!(state, Conflict { .. })
        };
        assert!(expected, "{base:?} {current:?} {state:?}");
    }
}

#[test]
fn a_byte_order_mark_alone_is_no_line() {
    for (base, after, shown, state) in [
        ("\u{feff}b\n", "\u{feff}", "", Applied { lines: 0..0 }),
        ("\u{feff}b\n", "\u{feff}", "b\n", Pending { lines: 0..1 }),
        ("\u{feff}", "\u{feff}b\n", "", Pending { lines: 0..0 }),
        ("\u{feff}", "\u{feff}b\n", "b\n", Applied { lines: 0..1 }),
    ] {
        assert_eq!(
            states(base, &hunks(base, after), shown),
            [state],
            "{base:?} {after:?} {shown:?}"
        );
    }
}

#[test]
fn a_byte_order_mark_stays_where_it_is() {
    let marked = |text: &str| format!("\u{feff}{text}");
    for base in [BASE.to_owned(), marked(BASE)] {
        let after = base.replacen("1\n", "one\n", 1);
        let hunks = hunks(&base, &after);
        for (current, expected) in
            [(BASE.to_owned(), "one\n".to_owned()), (marked(BASE), marked("one\n"))]
        {
            let reading = &readings(&base, &hunks, &current)[0];
            assert_eq!(reading.state, Pending { lines: 0..1 });
            let applied = edited(&current, reading, &hunks[0]);
            assert!(applied.starts_with(&expected), "{applied:?}");
            let reading = &readings(&base, &hunks, &applied)[0];
            assert_eq!(edited(&applied, reading, &hunks[0]), current);
        }
    }
}

#[test]
fn line_endings_are_the_documents() {
    let hunks = hunks("a\nb\nc", "a\nB\nBB\nc");
    let current = "a\r\nb\r\nc";
    let reading = &readings("a\nb\nc", &hunks, current)[0];
    assert_eq!(edited(current, reading, &hunks[0]), "a\r\nB\r\nBB\r\nc");
}

#[test]
fn a_hunk_of_line_endings_alone_has_nothing_to_do() {
    let hunks = hunks("a\r\nb\r\n", "a\nb\n");
    for current in ["a\r\nb\r\n", "a\nb\n", "a\r\nb\n"] {
        assert!(
            matches!(states("a\r\nb\r\n", &hunks, current)[..], [Applied { .. }]),
            "{current:?}"
        );
    }
}

#[test]
fn hunks_of_another_base_are_conflicts() {
    let hunks = hunks(BASE, AFTER);
    assert!(
        states("something\nelse\n", &hunks, "short\n")
            .iter()
            .all(|state| matches!(state, Conflict { .. }))
    );
}

/// Texts whose lines are all different, so that a diff has one answer.
fn distinct_text() -> impl Strategy<Value = Vec<String>> {
    (4usize..40).prop_map(|n| (0..n).map(|at| format!("line {at}\n")).collect())
}

/// Random edits of whole lines, drawing new lines from `pool`.
fn mutated(lines: &[String], ops: &[(usize, u8, String)]) -> Vec<String> {
    let mut lines = lines.to_vec();
    for (at, kind, new) in ops {
        let at = at % (lines.len() + 1);
        match kind % 3 {
            0 => lines.insert(at, new.clone()),
            1 if at < lines.len() => {
                lines.remove(at);
            }
            _ if at < lines.len() => lines[at] = new.clone(),
            _ => lines.push(new.clone()),
        }
    }
    lines
}

fn ops(pool: &'static str, n: usize) -> impl Strategy<Value = Vec<(usize, u8, String)>> {
    prop::collection::vec((any::<usize>(), any::<u8>(), pool.prop_map(|text| text + "\n")), 1..n)
}

pub const FEW_LINES: &[&str] = &["a\n", "b\n", "\n", "}\n"];
const ODD_LINES: &[&str] = &["a\n", "b\n", "\n", "}\n", "c\r\n", "\r", "d"];

/// Base, proposal and current text made of few different lines.
pub fn hard_texts(
    lines: &'static [&'static str],
) -> impl Strategy<Value = (String, String, String)> {
    let line = prop::sample::select(lines);
    let base = prop::collection::vec(line.prop_map(str::to_owned), 0..20);
    (base, ops("[ab}]?", 6), ops("[ab}]?", 6), any::<bool>()).prop_map(
        |(base, ours, theirs, from_ours)| {
            let after = mutated(&base, &ours);
            let current = mutated(if from_ours { &after } else { &base }, &theirs);
            (base.concat(), after.concat(), current.concat())
        },
    )
}

proptest! {
    #![proptest_config(laws(3000))]

    #[test]
    fn hunks_applied_in_any_order_make_the_proposal(
        (base, after, _) in hard_texts(FEW_LINES),
        order in any::<u64>(),
    ) {
        let hunks = hunks(&base, &after);
        let mut text = base.clone();
        for round in 0..hunks.len() {
            let found = readings(&base, &hunks, &text);
            let pending: Vec<usize> = (0..hunks.len()).filter(|at| is_pending(&found[*at])).collect();
            prop_assert_eq!(pending.len(), hunks.len() - round, "{:?}", found);
            let pick = pending[order as usize % pending.len()];
            text = edited(&text, &found[pick], &hunks[pick]);
        }
        prop_assert_eq!(text, after);
    }

    #[test]
    fn accept_and_undo_flip_one_hunk_and_keep_the_rest(
        base in distinct_text(),
        ours in ops("our [a-z]{3}", 6),
        theirs in ops("their [a-z]{3}", 6),
    ) {
        let after = mutated(&base, &ours).concat();
        let current = mutated(&base, &theirs).concat();
        let base = base.concat();
        let hunks = hunks(&base, &after);
        let before = readings(&base, &hunks, &current);
        for (at, hunk) in hunks.iter().enumerate().filter(|(at, _)| is_pending(&before[*at])) {
            let accepted = edited(&current, &before[at], hunk);
            let later = readings(&base, &hunks, &accepted);
            prop_assert!(matches!(later[at].state, Applied { .. }), "{:?}", later);
            for other in (0..hunks.len()).filter(|other| *other != at) {
                prop_assert_eq!(discriminant(&later[other].state), discriminant(&before[other].state));
            }
            prop_assert_eq!(edited(&accepted, &later[at], hunk), current.clone());
        }
    }

    #[test]
    fn accepting_and_typing_commute(
        base in distinct_text(),
        ours in ops("our [a-z]{3}", 6),
        theirs in ops("their [a-z]{3}", 6),
    ) {
        let after = mutated(&base, &ours).concat();
        let current = mutated(&base, &theirs).concat();
        let base = base.concat();
        let (hunks, typed) = (hunks(&base, &after), hunks(&base, &current));
        let found = readings(&base, &hunks, &current);
        for (at, hunk) in hunks.iter().enumerate().filter(|(at, _)| is_pending(&found[*at])) {
            let rebased = edited(&current, &found[at], hunk);
            // The other way round: accept in the base, then type what was typed.
            let mut both: Vec<Hunk> = typed.iter().cloned().chain([hunk.clone()]).collect();
            both.sort_by_key(|hunk| hunk.start);
            prop_assert_eq!(apply(&base, &both), Some(rebased));
        }
    }

    #[test]
    fn wild_texts_never_panic_and_edits_stay_inside((base, after, current) in hard_texts(ODD_LINES)) {
        let hunks = hunks(&base, &after);
        for (reading, hunk) in readings(&base, &hunks, &current).iter().zip(&hunks) {
            let Some(edits) = flip(reading, hunk, &current) else { continue };
            let edited = apply_edits(&current, &edits).unwrap();
            // What stood outside the hunk's lines still stands there, line by line.
            prop_assert_eq!(
                lines(&edited).len() as isize - lines(&current).len() as isize,
                (hunk.inserted.len() as isize - hunk.removed.len() as isize) * if is_pending(reading) { 1 } else { -1 }
            );
        }
    }

    #[test]
    fn hunks_of_anything_in_anything_never_panic(
        base in ".{0,40}", current in ".{0,40}", start in 0u32..60,
        removed in prop::collection::vec(".{0,3}\n?", 0..4), inserted in prop::collection::vec(".{0,3}\n?", 0..4),
    ) {
        let hunk = Hunk { start, removed, inserted };
        for text in [&current, &base] {
            let reading = &readings(&base, std::slice::from_ref(&hunk), text)[0];
            flip(reading, &hunk, text);
        }
    }
}

/// Long texts, partly of equal lines.
fn long_texts() -> impl Strategy<Value = Vec<String>> {
    let runs = prop::collection::vec((0usize..120, any::<bool>()), 1..8);
    runs.prop_map(|runs| {
        let mut lines = Vec::new();
        for (run, (n_lines, same)) in runs.iter().enumerate() {
            lines.extend((0..n_lines / 3).filter(|_| *same).map(|_| "a\n".to_owned()));
            lines.extend((0..=*n_lines).map(|at| format!("{run} {at}\n")));
        }
        lines
    })
}

proptest! {
    #![proptest_config(laws(500))]

    #[test]
    fn a_reader_tells_the_same_whatever_it_read_before(
        base in long_texts(), ours in ops("[ab]?", 8), history in prop::collection::vec(ops("[ab]?", 4), 1..5), from_ours in any::<bool>(),
    ) {
        let after = mutated(&base, &ours);
        let mut current = if from_ours { after.clone() } else { base.clone() };
        let base = base.concat();
        let hunks = hunks(&base, &after.concat());
        let reader = Reader::new(&base, &hunks);
        for step in history {
            current = mutated(&current, &step);
            let text = current.concat();
            prop_assert_eq!(reader.readings(&text), readings(&base, &hunks, &text));
        }
    }
}
