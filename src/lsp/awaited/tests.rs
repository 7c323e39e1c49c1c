//! Tests of edits on their way.

use std::time::Duration;

use super::*;
use crate::base::limits::EDITOR_APPLY_WALL_MAX;
use tower_lsp::lsp_types::{self, Position};

const BEFORE: &str = "1\n2\n3\n4\n";

fn errand(way: Way) -> Errand {
    Errand { way, run: RunId(1), hunks: Choice::new(), parts: Vec::new() }
}

fn batch(number: u64) -> Batch {
    let errand = errand(Way::In);
    Batch { number, errand: Some(Arc::new(errand)) }
}

/// What takes an edit back that was given for line 2 of `BEFORE`, when these changes come.
fn check(new: &str, changes: &[(Range<usize>, &str)]) -> Option<String> {
    let mut text = Text::new(BEFORE.into());
    let mut awaited = Awaited::default();
    let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
    awaited.give(&[TextEdit::new(range, new.into())], &batch(1), (&text, 1), Encoding::Utf16);
    let mut back = None;
    for (bytes, new) in changes {
        let arrival = awaited.follow(&text, &Edit::new(bytes.clone(), *new), 2, Encoding::Utf16);
        if let Some(late) = arrival.filter(|arrival| !arrival.is_as_meant) {
            let mut after = text.string.clone();
            after.replace_range(bytes.clone(), new);
            let taken = late.back.unwrap();
            after.replace_range(taken.range(), &taken.text);
            back = Some(after);
        }
        text.string.replace_range(bytes.clone(), new);
        text = Text::new(text.string);
    }
    back
}

#[test]
fn the_break_of_a_typed_line_is_no_empty_line_that_was_given() {
    let mut text = Text::new("1\n".into());
    let mut awaited = Awaited::default();
    let end = Position::new(1, 0);
    let empty_line = TextEdit::new(lsp_types::Range::new(end, end), "\n".into());
    awaited.give(&[empty_line], &batch(1), (&text, 1), Encoding::Utf16);
    let mut hear = |at: usize, new: &str| {
        let arrival = awaited.follow(&text, &Edit::new(at..at, new), 2, Encoding::Utf16);
        text = Text::new(format!("{}{new}", text.string));
        arrival
    };
    assert!(hear(2, "2\n").is_none());
    assert!(hear(4, "3").is_none());
    assert!(hear(5, "\n").is_some_and(|late| !late.is_as_meant));
}

#[test]
fn an_edit_that_arrives_over_what_was_typed_can_be_taken_back() {
    type Changes = &'static [(Range<usize>, &'static str)];
    let cases: [(&str, Changes, Option<&str>); 9] = [
        ("in time", &[(2..4, "two\n")], None),
        ("in time, by one who sends only what differs", &[(2..3, "two")], None),
        ("late, carried over", &[(0..0, "0\n"), (4..6, "two\n")], None),
        ("late, over another line", &[(0..0, "0\n"), (2..4, "two\n")], Some("0\n1\n2\n3\n4\n")),
        ("late, over what was typed", &[(3..3, "!"), (2..5, "two\n")], Some("1\n2!\n3\n4\n")),
        ("late, into what was typed", &[(3..3, "!"), (2..3, "two")], Some("1\n2!\n3\n4\n")),
        (
            "late, after something like it was typed elsewhere",
            &[(8..8, "two\n"), (3..3, "!"), (2..5, "two\n")],
            Some("1\n2!\n3\n4\ntwo\n"),
        ),
        ("something else", &[(3..3, "!"), (2..5, "")], None),
        ("in time, and once more by hand", &[(2..4, "two\n"), (2..6, "two\n")], None),
    ];
    for (name, changes, expected) in cases {
        assert_eq!(check("two\n", changes).as_deref(), expected, "{name}");
    }
    // The user takes the same line out by hand before the edit takes another one.
    let (own, late) = ((2..4, ""), (2..4, ""));
    assert_eq!(check("", &[own.clone(), late]).as_deref(), Some("1\n3\n4\n"));
    let (typed, late) = ((4..4, "!"), (2..5, ""));
    assert_eq!(check("", &[typed, own, late]).as_deref(), Some("1\n!3\n4\n"));
    // What was typed there is gone again, or is a line of its own.
    assert_eq!(check("", &[(3..3, "!"), (3..4, ""), (2..4, "")]), None);
    assert_eq!(check("", &[(2..2, "!\n"), (4..6, "")]), None);
}

#[test]
fn an_edit_can_be_late_for_as_long_as_an_editor_may_take() {
    let late_after = |wall: Duration| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let text = Text::new(BEFORE.into());
            let mut awaited = Awaited::default();
            let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
            let edit = TextEdit::new(range, "two\n".into());
            awaited.give(&[edit], &batch(1), (&text, 1), Encoding::Utf16);
            let typed = Edit::new(3..3, "!");
            assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
            let text = Text::new("1\n2!\n3\n4\n".into());
            tokio::time::advance(wall).await;
            awaited.follow(&text, &Edit::new(2..5, "two\n"), 3, Encoding::Utf16).is_some()
        })
    };
    assert!(late_after(Duration::from_secs(6)));
    assert!(late_after(EDITOR_APPLY_WALL_MAX));
    assert!(!late_after(2 * EDITOR_APPLY_WALL_MAX));
}

#[test]
fn parts_that_typing_has_moved_together_are_all_awaited() {
    let edit = |line, new: &str| {
        let at = Position::new(line, 0);
        let end = if new.is_empty() { Position::new(line + 1, 0) } else { at };
        TextEdit::new(lsp_types::Range::new(at, end), new.into())
    };
    let mut awaited = Awaited::default();
    // Told of as one change, before the edit is given that was made for the text without it.
    let seen = Text::new(BEFORE.into());
    let typed = Edit::new(0..8, "!1\n2\n3\n4!\n");
    assert!(awaited.follow(&seen, &typed, 2, Encoding::Utf16).is_none());
    awaited.give(&[edit(0, ""), edit(2, "new\n")], &batch(1), (&seen, 1), Encoding::Utf16);
    let text = Text::new(typed.text);
    let comes = Edit::new(0..5, "2\nnew\n");
    let arrival = awaited.follow(&text, &comes, 3, Encoding::Utf16);
    assert!(arrival.is_some_and(|arrival| !arrival.is_as_meant && arrival.completes));
}

#[test]
fn what_one_errand_has_come_to_ends_no_other() {
    let text = Text::new(BEFORE.into());
    let line = |line| lsp_types::Range::new(Position::new(line, 0), Position::new(line + 1, 0));
    let mut awaited = Awaited::default();
    for (at, way) in [(0, Way::In), (1, Way::Out)] {
        let edit = [TextEdit::new(line(at), String::new())];
        let batch = Batch { number: u64::from(at), errand: Some(Arc::new(errand(way))) };
        awaited.give(&edit, &batch, (&text, 1), Encoding::Utf16);
    }
    let comes = |awaited: &Awaited, bytes| {
        let change = Edit::new(bytes, "");
        awaited.clone().follow(&text, &change, 2, Encoding::Utf16).is_some()
    };
    awaited.forget(&errand(Way::Out), 0);
    assert!(comes(&awaited, 2..4), "given later");
    awaited.forget(&errand(Way::In), 1);
    assert!(!comes(&awaited, 0..2));
    assert!(comes(&awaited, 2..4), "for something else");
}

#[test]
fn nothing_typed_joins_the_line_of_an_edit() {
    // The last line gets no break, and another one was typed below.
    let mut text = Text::new(BEFORE.into());
    let mut awaited = Awaited::default();
    let range = lsp_types::Range::new(Position::new(3, 0), Position::new(4, 0));
    awaited.give(&[TextEdit::new(range, "four".into())], &batch(1), (&text, 1), Encoding::Utf16);
    assert!(awaited.follow(&text, &Edit::new(8..8, "5\n"), 2, Encoding::Utf16).is_none());
    text = Text::new(format!("{BEFORE}5\n"));
    let arrival = awaited.follow(&text, &Edit::new(6..8, "four"), 3, Encoding::Utf16);
    assert!(!arrival.unwrap().is_as_meant);
}

#[test]
fn parts_that_stand_at_one_place_keep_their_order() {
    // What was typed has left nothing between an insertion and the line to be changed below.
    let mut awaited = Awaited::default();
    let at = |line| Position::new(line, 0);
    let edits = [
        TextEdit::new(lsp_types::Range::new(at(0), at(0)), "new\n".into()),
        TextEdit::new(lsp_types::Range::new(at(1), at(2)), "two\n".into()),
    ];
    let mut text = Text::new(BEFORE.into());
    awaited.give(&edits, &batch(1), (&text, 1), Encoding::Utf16);
    let all = [
        (Edit::new(0..2, "!\n"), None),
        (Edit::new(2..4, "two\n"), Some(true)),
        (Edit::new(2..2, "new\n"), Some(true)),
    ];
    for (change, expected) in all {
        let arrival = awaited.follow(&text, &change, 2, Encoding::Utf16);
        assert_eq!(arrival.map(|arrival| arrival.is_as_meant), expected, "{change:?}");
        text.string.replace_range(change.range(), &change.text);
        text = Text::new(text.string);
    }
}

#[test]
fn the_last_of_several_parts_comes_as_meant() {
    let mut text = Text::new(BEFORE.into());
    let mut awaited = Awaited::default();
    let edit = |line, new: &str| {
        let range = lsp_types::Range::new(Position::new(line, 0), Position::new(line + 1, 0));
        TextEdit::new(range, new.into())
    };
    let edits = [edit(0, "one\n"), edit(2, "")];
    awaited.give(&edits, &batch(1), (&text, 1), Encoding::Utf16);
    for change in [Edit::new(4..6, ""), Edit::new(0..2, "one\n")] {
        let arrival = awaited.follow(&text, &change, 2, Encoding::Utf16);
        assert!(arrival.unwrap().is_as_meant, "{change:?}");
        text.string.replace_range(change.range(), &change.text);
        text = Text::new(text.string);
    }
}

#[test]
fn line_breaks_may_come_as_the_editor_has_them() {
    let text = Text::new(BEFORE.into());
    let mut awaited = Awaited::default();
    let at = Position::new(1, 0);
    let edit = TextEdit::new(lsp_types::Range::new(at, at), "new\r\n".into());
    awaited.give(&[edit], &batch(1), (&text, 1), Encoding::Utf16);
    let arrival = awaited.follow(&text, &Edit::new(2..2, "new\n"), 2, Encoding::Utf16);
    assert!(arrival.unwrap().is_as_meant);
}

#[test]
fn an_edit_may_end_inside_a_character_by_now() {
    let mut text = Text::new("ab\n".into());
    let mut awaited = Awaited::default();
    let range = lsp_types::Range::new(Position::new(0, 0), Position::new(0, 2));
    awaited.give(&[TextEdit::new(range, "x".into())], &batch(1), (&text, 1), Encoding::Utf16);
    let typed = Edit::new(0..2, " \u{1d4b3}");
    assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
    text = Text::new(" \u{1d4b3}\n".into());
    for end in [1, 5] {
        let mut awaited = awaited.clone();
        let arrival = awaited.follow(&text, &Edit::new(0..end, "x"), 3, Encoding::Utf16);
        assert!(!arrival.unwrap().is_as_meant, "{end}");
    }
}

#[test]
fn the_later_of_two_edits_for_a_place_counts() {
    let mut text = Text::new(BEFORE.into());
    let mut awaited = Awaited::default();
    let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
    let edit = TextEdit::new(range, "two\n".into());
    awaited.give(std::slice::from_ref(&edit), &batch(1), (&text, 2), Encoding::Utf16);
    for (bytes, new) in [(2..3, "x"), (2..3, "2")] {
        let change = Edit::new(bytes.clone(), new);
        assert!(awaited.follow(&text, &change, 2, Encoding::Utf16).is_none());
        text.string.replace_range(bytes, new);
    }
    // Given anew, for a text that is what it was.
    awaited.give(std::slice::from_ref(&edit), &batch(2), (&text, 2), Encoding::Utf16);
    let arrival = awaited.follow(&text, &Edit::new(2..4, "two\n"), 3, Encoding::Utf16);
    assert!(arrival.unwrap().is_as_meant);
}

#[test]
fn an_edit_that_was_refused_is_no_reason_to_take_a_later_one_back() {
    let mut text = Text::new(BEFORE.into());
    let mut awaited = Awaited::default();
    let range = lsp_types::Range::new(Position::new(1, 0), Position::new(2, 0));
    let edit = [TextEdit::new(range, String::new())];
    awaited.give(&edit, &batch(1), (&text, 1), Encoding::Utf16);
    // Two keystrokes told of as one, so that the place of the edit is lost among them.
    let typed = Edit::new(0..8, "a1\n2\n3\nb4\n");
    assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
    text = Text::new(typed.text);
    awaited.give(&edit, &batch(2), (&text, 2), Encoding::Utf16);
    let arrival = awaited.follow(&text, &Edit::new(3..5, ""), 3, Encoding::Utf16);
    assert!(arrival.unwrap().is_as_meant);
}

#[test]
fn edits_that_come_as_one_are_known() {
    let position = |line| Position::new(line, 0);
    let edit = |line, new: &str| {
        TextEdit::new(lsp_types::Range::new(position(line), position(line + 1)), new.into())
    };
    let last_comes = |last: &str, typed: Option<Edit>, comes: Edit| {
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        awaited.give(&[edit(1, "two\n"), edit(3, last)], &batch(1), (&text, 1), Encoding::Utf16);
        if let Some(typed) = typed {
            assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
            text.string.replace_range(typed.range(), &typed.text);
            text = Text::new(text.string);
        }
        let arrival = awaited.follow(&text, &comes, 3, Encoding::Utf16);
        let whole = arrival.filter(|arrival| arrival.completes);
        whole.map(|arrival| arrival.is_as_meant)
    };
    let comes = |typed, comes| last_comes("four\n", typed, comes);
    assert_eq!(comes(None, Edit::new(2..7, "two\n3\nfour")), Some(true));
    assert_eq!(comes(None, Edit::new(2..7, "two\n3\nfive")), None);
    let typed = || Some(Edit::new(3..3, "!"));
    assert_eq!(comes(typed(), Edit::new(2..8, "two\n3\nfour")), Some(false));
    // The last one has no line left to take away, which nobody tells of.
    let above = Some(Edit::new(0..2, ""));
    assert_eq!(last_comes("", above, Edit::new(2..4, "two\n")), Some(false));
}

/// Whether all of these edits of `BEFORE` have come as they were given when this comes after what was typed, and whether
/// they came as meant.
fn come_at_once(edits: &[TextEdit], typed: &[Edit], comes: &Edit) -> Option<bool> {
    let mut text = Text::new(BEFORE.into());
    let mut awaited = Awaited::default();
    awaited.give(edits, &batch(1), (&text, 1), Encoding::Utf16);
    for change in typed {
        assert!(awaited.follow(&text, change, 2, Encoding::Utf16).is_none());
        text.string.replace_range(change.range(), &change.text);
        text = Text::new(text.string);
    }
    let arrival = awaited.follow(&text, comes, 3, Encoding::Utf16);
    arrival.filter(|arrival| arrival.completes).map(|arrival| arrival.is_as_meant)
}

fn edit_of(lines: Range<u32>, new: &str) -> TextEdit {
    let at = |line| Position::new(line, 0);
    TextEdit::new(lsp_types::Range::new(at(lines.start), at(lines.end)), new.into())
}

#[test]
fn what_was_typed_may_look_like_one_of_several_edits() {
    let edits = [edit_of(1..2, "two\n"), edit_of(3..4, "\n")];
    let typed = [Edit::new(6..8, ""), Edit::new(6..6, "a\nb\n"), Edit::new(2..2, "c\n")];
    let comes = Edit::new(2..8, "two\n2\n\n");
    assert_eq!(come_at_once(&edits, &typed, &comes), Some(false));
}

#[test]
fn edits_behind_the_end_of_a_text_by_now_come_in_their_order() {
    let edits = [edit_of(2..2, "new\n"), edit_of(3..4, "four\n")];
    let typed = Edit::new(1..8, "2!\n");
    let comes = Edit::new(4..4, "new\nfour\n");
    assert_eq!(come_at_once(&edits, &[typed], &comes), Some(false));
}

#[test]
fn what_puts_back_may_come_beside_what_was_typed() {
    let back = Batch { number: 1, errand: None };
    let comes = |edit: TextEdit, typed: Edit, comes: Edit| {
        let mut text = Text::new(BEFORE.into());
        let mut awaited = Awaited::default();
        awaited.give(&[edit], &back, (&text, 1), Encoding::Utf16);
        assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
        text.string.replace_range(typed.range(), &typed.text);
        text = Text::new(text.string);
        awaited.follow(&text, &comes, 3, Encoding::Utf16).map(|arrival| arrival.is_as_meant)
    };
    let line = || edit_of(1..1, "old\n");
    assert_eq!(comes(line(), Edit::new(2..2, "!"), Edit::new(3..3, "old\n")), Some(true));
    // It takes away what was typed inside.
    let line = || edit_of(1..2, "old\n");
    assert_eq!(comes(line(), Edit::new(3..3, "!"), Edit::new(2..5, "old\n")), Some(false));
    assert_eq!(comes(line(), Edit::new(2..2, "!\n"), Edit::new(4..6, "old\n")), Some(true));
}

#[test]
fn edits_given_together_stay_together() {
    // What is given later for the place of one of them does not end the wait for all.
    let text = Text::new(BEFORE.into());
    let mut awaited = Awaited::default();
    let both = [edit_of(0..1, "one\n"), edit_of(2..3, "three\n")];
    awaited.give(&both, &batch(1), (&text, 1), Encoding::Utf16);
    let other = Batch { number: 2, errand: Some(Arc::new(errand(Way::Out))) };
    awaited.give(&[edit_of(2..3, "")], &other, (&text, 1), Encoding::Utf16);
    let typed = Edit::new(1..1, "!");
    assert!(awaited.follow(&text, &typed, 2, Encoding::Utf16).is_none());
    let text = Text::new("1!\n2\n3\n4\n".into());
    let comes = Edit::new(0..6, "one\n2\nthree");
    let arrival = awaited.follow(&text, &comes, 3, Encoding::Utf16).unwrap();
    assert!(!arrival.is_as_meant && arrival.completes);
}

#[test]
fn what_looks_like_one_of_several_edits_that_have_come_is_typed() {
    let mut text = Text::new(BEFORE.into());
    let mut awaited = Awaited::default();
    let edits = [edit_of(0..1, "one\n"), edit_of(2..3, "")];
    awaited.give(&edits, &batch(1), (&text, 1), Encoding::Utf16);
    let parts = [(Edit::new(4..6, ""), false), (Edit::new(0..2, "one\n"), true)];
    // The line below has taken the place of the one that went.
    let typed = [(Edit::new(6..8, ""), false)];
    for (change, completes) in parts.into_iter().chain(typed) {
        let arrival = awaited.follow(&text, &change, 2, Encoding::Utf16);
        assert_eq!(arrival.is_some_and(|arrival| arrival.completes), completes, "{change:?}");
        text.string.replace_range(change.range(), &change.text);
        text = Text::new(text.string);
    }
}

#[test]
fn a_late_edit_may_look_like_another_one_in_its_place() {
    // A line more has moved the first edit to where the second one was given for.
    let mut text = Text::new("1\n2\n3\n4\n".into());
    let mut awaited = Awaited::default();
    awaited.give(&[edit_of(1..2, ""), edit_of(2..3, "")], &batch(1), (&text, 1), Encoding::Utf16);
    let typed = (Edit::new(0..0, "0\n"), None);
    let late = [(Edit::new(4..6, ""), Some(false)), (Edit::new(2..4, ""), Some(true))];
    for (change, completes) in [typed].into_iter().chain(late) {
        let arrival = awaited.follow(&text, &change, 2, Encoding::Utf16);
        assert_eq!(arrival.map(|arrival| arrival.completes), completes, "{change:?}");
        text.string.replace_range(change.range(), &change.text);
        text = Text::new(text.string);
    }
}
