//! Parts and what the user types: beside each other they commute, on top of each other it is a conflict.

use std::cell::Cell;

use proptest::test_runner::TestRunner;

use super::parts::{as_hunk, told};
use super::*;

/// Lines of a program: most of them different, some blank or a lone brace.
pub fn program() -> impl Strategy<Value = Vec<String>> {
    let kind = prop::sample::select(vec!["line", "line", "line", "line", "", "}"]);
    prop::collection::vec(kind, 6..60).prop_map(|kinds| {
        let line = |(at, kind): (usize, &&str)| {
            if *kind == "line" { format!("line {at}\n") } else { format!("{kind}\n") }
        };
        kinds.iter().enumerate().map(line).collect()
    })
}

/// What the user does to lines: every line they touch gets a token of its own, with characters of every width.
pub fn typed(lines: &[String], keys: &[(usize, u8)]) -> Vec<String> {
    let mut lines = lines.to_vec();
    for (n, (at, kind)) in keys.iter().enumerate() {
        let at = at % (lines.len() + 1);
        match kind % 4 {
            0 => lines.insert(at, format!("user {n} \u{1d4b3}\n")),
            1 if at < lines.len() && !lines[at].contains("user") => {
                lines.remove(at);
            }
            2 if at < lines.len() => lines[at].insert_str(0, &format!("user {n} \u{e9}")),
            _ => lines.insert(at, format!("\tuser {n};\n")),
        }
    }
    lines
}

pub fn keys(n: usize) -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((any::<usize>(), any::<u8>()), 1..n)
}

/// All parts with the index of their hunk and their own.
fn all_parts(hunks: &[Hunk]) -> Vec<(usize, usize, Hunk)> {
    let parts = |(hunk, whole): (usize, &Hunk)| {
        let parts = Cut::new(whole).parts();
        parts.iter().enumerate().map(|(part, cut)| (hunk, part, as_hunk(cut))).collect::<Vec<_>>()
    };
    hunks.iter().enumerate().flat_map(parts).collect()
}

fn range(hunk: &Hunk) -> Range<usize> {
    hunk.start as usize..hunk.start as usize + hunk.removed.len()
}

/// A base, what a proposal does to it and what the user does.
type Typing = (Vec<String>, Vec<(usize, u8, String)>, Vec<(usize, u8)>);

#[test]
fn what_is_typed_elsewhere_commutes_with_accepting_a_part() {
    let (n_apart, n_landed) = (Cell::new(0), Cell::new(0));
    let law = |(base, ours, keys): Typing| {
        let after = mutated(&base, &ours).concat();
        let current = typed(&base, &keys).concat();
        let base = base.concat();
        let (hunks, typed) = (hunks(&base, &after), hunks(&base, &current));
        let found = readings(&base, &hunks, &current);
        for (hunk, part, change) in all_parts(&hunks) {
            let apart = |typed: &Hunk| {
                range(typed).end < range(&change).start || range(&change).end < range(typed).start
            };
            // Among equal lines, what was typed may be what another part does.
            let by_hand =
                found.iter().any(|reading| reading.parts.iter().any(|part| part.can_go(Way::Out)));
            if by_hand || !typed.iter().all(apart) {
                continue;
            }
            n_apart.set(n_apart.get() + 1);
            if !matches!(found[hunk].parts[part], Pending { .. }) {
                continue;
            }
            n_landed.set(n_landed.get() + 1);
            let pick = Pick { hunk: &hunks[hunk], reading: &found[hunk], parts: vec![part] };
            let edits = edits(&[pick], Way::In, &current).unwrap();
            let mut both: Vec<Hunk> = typed.iter().cloned().chain([change]).collect();
            both.sort_by_key(|hunk| hunk.start);
            prop_assert_eq!(
                apply(&base, &both),
                apply_edits(&current, &edits),
                "{}",
                told(&found[hunk])
            );
        }
        Ok(())
    };
    TestRunner::new(laws(1000)).run(&(program(), ops("our [a-z]{3}", 6), keys(4)), law).unwrap();
    let (apart, landed) = (n_apart.get(), n_landed.get());
    assert!(landed * 100 >= apart * 99, "{landed} of {apart} accepted parts landed");
}

/// The lines that hold a token of the user's.
fn users_lines(text: &str) -> Vec<&str> {
    lines(text).into_iter().filter(|line| line.contains("user")).collect()
}

proptest! {
    #![proptest_config(laws(1000))]

    #[test]
    fn a_part_is_accepted_exactly_or_in_conflict(
        base in program(), ours in ops("our [a-z]{3}", 9), keys in keys(6), from_ours in any::<bool>(),
    ) {
        let after = mutated(&base, &ours);
        let current = typed(if from_ours { &after } else { &base }, &keys).concat();
        let (base, after) = (base.concat(), after.concat());
        let hunks = hunks(&base, &after);
        let found = readings(&base, &hunks, &current);
        for (hunk, part, change) in all_parts(&hunks) {
            let (way, old, new) = match found[hunk].parts[part] {
                Pending { .. } => (Way::In, &change.removed, &change.inserted),
                Applied { .. } => (Way::Out, &change.inserted, &change.removed),
                Partly { .. } | Conflict { .. } => continue,
            };
            let pick = Pick { hunk: &hunks[hunk], reading: &found[hunk], parts: vec![part] };
            let Some(edits) = edits(&[pick], way, &current) else { continue };
            prop_assert_eq!(edits.len(), 1);
            prop_assert_eq!(&current[edits[0].range()], old.concat());
            prop_assert_eq!(&edits[0].text, &new.concat());
            let edited = apply_edits(&current, &edits).unwrap();
            prop_assert_eq!(users_lines(&edited), users_lines(&current));
        }
    }
}
