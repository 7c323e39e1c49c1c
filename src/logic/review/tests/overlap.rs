//! Two proposals over one text.

use super::super::overlap::{Placed, Relation, relations};
use super::typing::{keys, program, typed};
use super::*;

fn placed<'a>(hunks: &'a [Hunk], readings: &'a [Reading]) -> Vec<Placed<'a>> {
    hunks.iter().zip(readings).map(|(hunk, reading)| Placed { hunk, reading }).collect()
}

/// How each hunk of the first of two proposals, as base and result, lies to those of the second.
fn related(ours: [&str; 2], theirs: [&str; 2], current: &str) -> Vec<Relation> {
    let (our_hunks, their_hunks) = (hunks(ours[0], ours[1]), hunks(theirs[0], theirs[1]));
    let ours = readings(ours[0], &our_hunks, current);
    let theirs = readings(theirs[0], &their_hunks, current);
    relations(&placed(&our_hunks, &ours), &placed(&their_hunks, &theirs), current)
}

#[test]
fn hunks_of_two_proposals_are_told_apart() {
    use Relation::{Disjoint, Overlapping, Same};
    let base = "1\n2\n3\n4\n5\n6\n7\n8\n";
    let ours = "1\nB\n3\n4\n5\n6\nG\n8\n";
    let cases: [(&str, &str, &str, &str, &[Relation]); 9] = [
        ("nothing", base, base, base, &[Disjoint, Disjoint]),
        ("elsewhere", base, "1\n2\n3\nD\n5\n6\n7\n8\n", base, &[Disjoint, Disjoint]),
        ("one the same", base, "1\nB\n3\n4\n5\n6\n7\n8\n", base, &[Same, Disjoint]),
        ("one otherwise", base, "1\n2\n3\n4\n5\n6\nseven\n8\n", base, &[Disjoint, Overlapping]),
        ("right beside", base, "1\n2\nC\n4\n5\n6\n7\n8\n", base, &[Overlapping, Disjoint]),
        (
            "the same in a moved text",
            base,
            "1\nB\n3\n4\n5\n6\n7\n8\n",
            "0\n1\n2\n3\n4\n5\n6\n7\n8\n",
            &[Same, Disjoint],
        ),
        (
            "of the text with ours",
            ours,
            "1\nB!\n3\n4\n5\n6\nG\n8\n",
            ours,
            &[Overlapping, Disjoint],
        ),
        (
            "of a longer text",
            "0\n1\n2\n3\n4\n5\n6\n7\n8\n",
            "0\n1\n2\n3\n4\n5\n6\nG\n8\n",
            base,
            &[Disjoint, Same],
        ),
        ("in the text already", base, ours, ours, &[Same, Same]),
    ];
    for (name, their_base, theirs, current, expected) in cases {
        assert_eq!(related([base, ours], [their_base, theirs], current), expected, "{name}");
    }
}

#[test]
fn the_same_insertion_among_equal_lines_is_the_same() {
    let base = "a\n\nb\n";
    let hunk = |start| Hunk { start, removed: vec![], inserted: vec!["\n".into()] };
    let (above, below) = ([hunk(1)], [hunk(2)]);
    let (our, their) = (readings(base, &above, base), readings(base, &below, base));
    let found = relations(&placed(&above, &our), &placed(&below, &their), base);
    assert_eq!(found, [Relation::Same]);
}

proptest! {
    #![proptest_config(laws(1000))]

    #[test]
    fn what_is_disjoint_can_be_accepted_after_each_other(
        base in prop_oneof![program(), distinct_text()], ours in ops("our [a-z]{3}", 6), theirs in ops("their [a-z]{3}", 6),
        shared in ops("both [a-z]{3}", 3), keys in keys(3),
    ) {
        let between = mutated(&base, &shared);
        let our_hunks = hunks(&base.concat(), &mutated(&between, &ours).concat());
        let moved = typed(&base, &keys);
        let their_hunks = hunks(&moved.concat(), &mutated(&mutated(&moved, &shared), &theirs).concat());
        let distinct = base.iter().all(|line| base.iter().filter(|other| *other == line).count() == 1);
        let (base, current) = (base.concat(), moved.concat());
        let our_readings = readings(&base, &our_hunks, &current);
        let their_readings = readings(&current, &their_hunks, &current);
        for (their, theirs) in their_hunks.iter().enumerate() {
            let placed_theirs = Placed { hunk: theirs, reading: &their_readings[their] };
            let found = relations(&placed(&our_hunks, &our_readings), &[placed_theirs], &current);
            let with_theirs = edited(&current, &their_readings[their], theirs);
            let later = readings(&base, &our_hunks, &with_theirs);
            for (our, relation) in found.iter().enumerate().filter(|(our, _)| is_pending(&our_readings[*our])) {
                let ours = &our_hunks[our];
                match relation {
                    Relation::Same => prop_assert_eq!(edited(&current, &our_readings[our], ours), with_theirs.clone()),
                    Relation::Disjoint if is_pending(&later[our]) => {
                        let both = edited(&with_theirs, &later[our], ours);
                        let with_ours = edited(&current, &our_readings[our], ours);
                        let again = &readings(&current, &their_hunks, &with_ours)[their];
                        prop_assert!(!is_pending(again) || edited(&with_ours, again, theirs) == both);
                    }
                    // Beside equal lines it may be a conflict, or in the text already.
                    Relation::Disjoint => prop_assert!(!distinct, "{:?}", later[our]),
                    // So may an equal line stand in for one that is gone.
                    Relation::Overlapping => prop_assert!(!distinct || !is_pending(&later[our]), "{:?}", later[our]),
                }
            }
        }
    }
}
