//! Parts of hunks: what they are, what is said of them, and which edits they get.

use super::*;

/// For example `partly 1..4: applied 1..2, pending 3..4`.
pub fn told(reading: &Reading) -> String {
    let one = |state: &HunkState| match state {
        Pending { lines } => format!("pending {lines:?}"),
        Applied { lines } => format!("applied {lines:?}"),
        Partly { lines } => format!("partly {lines:?}"),
        Conflict { lines } => format!("conflict {lines:?}"),
    };
    let parts: Vec<String> = reading.parts.iter().map(one).collect();
    format!("{}: {}", one(&reading.state), parts.join(", "))
}

/// Base `1..6` with one hunk of a pair of lines, a gap, a removal and an insertion beside it.
const PARTS_BASE: &str = "1\n2\n3\n4\n5\n6\n";
const PARTS_AFTER: &str = "1\nA\nB\n4\nnew\nmore\n6\n";

#[test]
fn parts_follow_the_text() {
    let hunks = hunks(PARTS_BASE, PARTS_AFTER);
    assert_eq!(hunks.len(), 1);
    let cases = [
        ("untouched", PARTS_BASE, "pending 1..5: pending 1..2, pending 2..3, pending 4..5"),
        ("applied", PARTS_AFTER, "applied 1..6: applied 1..2, applied 2..3, applied 4..6"),
        ("one line", "1\n2\nB\n4\n5\n6\n", "partly 1..5: pending 1..2, applied 2..3, pending 4..5"),
        ("moved", "0\n1\nA\n3\n4\n5\n6\n", "partly 2..6: applied 2..3, pending 3..4, pending 5..6"),
        (
            "the block, other endings",
            "1\r\n2\r\n3\r\n4\r\nnew\r\nmore\r\n6\r\n",
            "partly 1..6: pending 1..2, pending 2..3, applied 4..6",
        ),
        (
            "a line edited",
            "1\n2\n3!\n4\nnew\nmore\n6\n",
            "conflict 1..6: conflict 1..3, conflict 1..3, applied 4..6",
        ),
        (
            "the end cut off",
            "1\nA\n3\n4\n",
            "conflict 1..4: applied 1..2, pending 2..3, conflict 4..4",
        ),
        (
            "between two",
            "1\nA\n3\n4!\n5\n6\n",
            "conflict 1..5: applied 1..2, conflict 1..5, conflict 1..5",
        ),
    ];
    for (name, current, expected) in cases {
        assert_eq!(told(&readings(PARTS_BASE, &hunks, current)[0]), expected, "{name}");
    }
}

#[test]
fn parts_beside_an_edit_are_told_apart_where_nobody_can_mistake_them() {
    let cases = [
        ("untouched neighbours", "1\n2\n3\n4\n5\n", "1\nB\n3!\n4\nE\n", "PCCCA"),
        ("a line gone", "1\n2\n3\n4\n5\n", "1\n2\n4\n5\n", "PCCCP"),
        ("equal lines", "a\na\na\n", "a\na\n", "CCC"),
        ("lines moved", "1\n2\n3\n4\n5\n", "5\n4\n3!\n2\n1\n", "CCCCC"),
    ];
    for (name, base, current, expected) in cases {
        let letters = ["A\n", "B\n", "C\n", "D\n", "E\n"];
        let after = letters[..lines(base).len()].concat();
        let reading = &readings(base, &hunks(base, &after), current)[0];
        let letter = |state: &HunkState| match state {
            Pending { .. } => 'P',
            Applied { .. } => 'A',
            Partly { .. } => '?',
            Conflict { .. } => 'C',
        };
        assert_eq!(
            reading.parts.iter().map(letter).collect::<String>(),
            expected,
            "{name}: {reading:?}"
        );
    }
}

#[test]
fn parts_at_lines_get_edits_of_their_own() {
    let hunks = hunks(PARTS_BASE, PARTS_AFTER);
    let cases = [
        (PARTS_BASE, Way::In, 0..6, r#"2..6 "A\nB\n", 8..10 "new\nmore\n""#),
        (PARTS_BASE, Way::In, 2..3, r#"4..6 "B\n""#),
        (PARTS_BASE, Way::In, 2..5, r#"4..6 "B\n", 8..10 "new\nmore\n""#),
        (PARTS_BASE, Way::In, 3..4, ""),
        (PARTS_BASE, Way::Out, 0..6, ""),
        (PARTS_AFTER, Way::Out, 0..6, r#"2..6 "2\n3\n", 8..17 "5\n""#),
        ("1\nA\n3\n4\n5\n6\n", Way::In, 1..3, r#"4..6 "B\n""#),
        ("1\r\nA\r\n3\r\n4\r\n", Way::Out, 1..3, r#"3..6 "2\r\n""#),
        ("1\nA\n3\n4\n", Way::In, 1..5, "refused"),
    ];
    for (current, way, lines, expected) in cases {
        let reading = &readings(PARTS_BASE, &hunks, current)[0];
        let edits = edits(&[Pick::at(&hunks[0], reading, &lines)], way, current);
        let shown = |edit: &Edit| format!("{:?} {:?}", edit.range(), edit.text);
        let shown = edits.map(|edits| edits.iter().map(shown).collect::<Vec<_>>().join(", "));
        assert_eq!(
            shown.as_deref().unwrap_or("refused"),
            expected,
            "{current:?} {way:?} {lines:?}"
        );
    }
}

#[test]
fn the_edits_of_a_hunk_bring_its_line_endings() {
    let (base, after) = ("a\r\nb\r\nc\r\n", "A\r\nb\nC\n");
    let hunks = hunks(base, after);
    let reading = &readings(base, &hunks, base)[0];
    assert_eq!(edited(base, reading, &hunks[0]), after);
    let reading = &readings(base, &hunks, after)[0];
    assert_eq!(edited(after, reading, &hunks[0]), base);
}

/// A part as a hunk of its own.
pub fn as_hunk(part: &Cut<Line<'_>>) -> Hunk {
    let owned = |lines: &[Line<'_>]| lines.iter().map(|line| joined(&[*line])).collect();
    Hunk {
        start: part.start as u32,
        removed: owned(&part.removed),
        inserted: owned(&part.inserted),
    }
}

/// `base` with the parts that `chosen` has a bit for, and for each part whether it was chosen.
fn with_parts(base: &str, hunks: &[Hunk], chosen: u64) -> (String, Vec<bool>) {
    let parts: Vec<Cut<Line<'_>>> =
        hunks.iter().map(Cut::new).flat_map(|cut| cut.parts()).collect();
    let flags: Vec<bool> = (0..parts.len()).map(|at| chosen >> (at % 64) & 1 == 1).collect();
    let taken: Vec<Hunk> = parts
        .iter()
        .zip(&flags)
        .filter(|(_, taken)| **taken)
        .map(|(part, _)| as_hunk(part))
        .collect();
    (apply(base, &taken).unwrap(), flags)
}

fn part_flags(readings: &[Reading]) -> Vec<Option<bool>> {
    let flag = |state: &HunkState| match state {
        Pending { .. } => Some(false),
        Applied { .. } => Some(true),
        Partly { .. } | Conflict { .. } => None,
    };
    readings.iter().flat_map(|reading| reading.parts.iter().map(flag)).collect()
}

/// The number of the set of parts that a text is read as.
fn chosen_in(readings: &[Reading]) -> Option<u64> {
    let flags = part_flags(readings);
    flags
        .iter()
        .enumerate()
        .try_fold(0, |chosen, (at, flag)| Some(chosen | u64::from((*flag)?) << at))
}

proptest! {
    #![proptest_config(laws(3000))]

    #[test]
    fn any_set_of_parts_is_read_back((base, after, _) in hard_texts(FEW_LINES), chosen in any::<u64>()) {
        let hunks = hunks(&base, &after);
        let (current, _) = with_parts(&base, &hunks, chosen);
        let found = readings(&base, &hunks, &current);
        let read = chosen_in(&found);
        prop_assert!(read.is_some(), "{:?}", found);
        // Among equal lines another set may make the same text.
        prop_assert_eq!(with_parts(&base, &hunks, read.unwrap()).0, current);
    }

    #[test]
    fn sets_of_parts_among_distinct_lines_are_read_back_exactly(
        base in distinct_text(), ours in ops("our [a-z]{3}", 9), chosen in any::<u64>(),
    ) {
        let after = mutated(&base, &ours).concat();
        let base = base.concat();
        let hunks = hunks(&base, &after);
        let (current, flags) = with_parts(&base, &hunks, chosen);
        let found: Vec<_> = part_flags(&readings(&base, &hunks, &current)).into_iter().flatten().collect();
        prop_assert_eq!(found, flags);
    }

    #[test]
    fn parts_applied_in_any_order_make_the_same_text(
        (base, after, _) in hard_texts(FEW_LINES), chosen in any::<u64>(), order in any::<u64>(),
    ) {
        let hunks = hunks(&base, &after);
        let (target, _) = with_parts(&base, &hunks, chosen);
        let mut wanted: Vec<(usize, usize)> = Vec::new();
        for (at, reading) in readings(&base, &hunks, &target).iter().enumerate() {
            let applied = (0..reading.parts.len()).filter(|part| matches!(reading.parts[*part], Applied { .. }));
            wanted.extend(applied.map(|part| (at, part)));
        }
        let mut text = base.clone();
        for round in 0..wanted.len() {
            let (at, part) = wanted.remove((order >> (round % 60)) as usize % wanted.len());
            let found = readings(&base, &hunks, &text);
            // Equal lines: where another part was read as applied, the text is one of the same set's.
            let pick = Pick { hunk: &hunks[at], reading: &found[at], parts: vec![part] };
            text = apply_edits(&text, &edits(&[pick], Way::In, &text).unwrap()).unwrap();
        }
        prop_assert_eq!(text, target);
    }
}
