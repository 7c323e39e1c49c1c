//! Loops that have to be seen within three wasted rounds, and long work that is no loop.

use super::*;

/// A round like `did>saw:left`, with `!` before one that failed and `~` before one that waited. `#` in it is the
/// round's number, for what never repeats.
fn round(text: &str, number: usize) -> Round {
    let text = text.replace('#', &number.to_string());
    let (kind, text) = match text.split_at(1) {
        ("!", rest) => (Kind::Fail, rest),
        ("~", rest) => (Kind::Wait, rest),
        _ => (Kind::Act, text.as_str()),
    };
    let (did, rest) = text.split_once('>').unwrap_or((text, ""));
    let (saw, left) = rest.split_once(':').unwrap_or((rest, ""));
    Round { kind, did: did.into(), saw: saw.into(), left: left.parse().ok() }
}

/// The rounds before and in a cycle, parted by `|`.
fn rounds(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (before, cycle) = text.split_once('|').unwrap_or((text, ""));
    (before.split_whitespace().collect(), cycle.split_whitespace().collect())
}

/// How many rounds of a cycle are made after each of its rounds was made once, until it is seen, and what is seen. What
/// waits is not counted.
fn check(text: &str) -> (usize, Option<Stall>) {
    let (before, cycle) = rounds(text);
    let mut made: Vec<Round> = Vec::new();
    for text in before.iter().chain(&cycle) {
        made.push(round(text, made.len()));
        if let Some(stall) = stall(&made) {
            return (0, Some(stall));
        }
    }
    let mut n_wasted = 0;
    for text in cycle.iter().cycle().take(60) {
        made.push(round(text, made.len()));
        n_wasted += usize::from(!text.starts_with('~'));
        if let Some(stall) = stall(&made) {
            return (n_wasted, Some(stall));
        }
    }
    (n_wasted, None)
}

#[test]
fn loops_are_seen_within_three_wasted_rounds() {
    use Stall::{Alternating, Done, Failing, NoProgress, Oscillating, Same};

    let loops = [
        // The same.
        ("| edit-a>red-x:1", Same),
        ("| read-f>text-f", Same),
        ("| run-tests>red-x-y:2", Same),
        ("| search-foo>nothing", Same),
        ("read-f>text-f edit-a>red-x:3 | edit-a>red-x:3", Same),
        ("edit-a>red-x-y:2 edit-b>red-x:1 | edit-b>red-x:1", Same),
        ("| list>files", Same),
        ("| ask-outline>outline", Same),
        ("~wait>running | edit-a>red-x:1 ~wait>running", Same),
        ("| edit-a>does-not-apply", Same),
        // Two in turn.
        ("| edit-a>red-x:1 edit-b>red-y:1", Alternating),
        ("| edit-a>red-x:1 undo-a>red-x-y:2", Alternating),
        ("| read-f>text-f read-g>text-g", Alternating),
        ("| edit-a>build-error run-tests>no-build", Alternating),
        ("edit-c>red-x-y:2 | edit-a>red-x:1 edit-b>red-y:1", Alternating),
        ("| format>changed unformat>red-lint:1", Alternating),
        ("| add-import>red-cycle:1 drop-import>red-name:1", Alternating),
        ("| edit-a>red-x:1 ~wait>running edit-b>red-y:1 ~wait>running", Alternating),
        ("| open>text close>closed", Alternating),
        // More in turn.
        ("| read-f>f read-g>g read-h>h", Oscillating),
        ("| a>1 b>2 c>3 d>4", Oscillating),
        ("| search>hits read-f>f edit-a>red-x:1", Oscillating),
        ("| a>1 b>2 c>3 d>4 e>5", Oscillating),
        ("| undo>u edit-a>red-x:1 edit-b>red-y:1", Oscillating),
        // What cannot be carried out.
        ("| !edit>no-such-text", Failing),
        ("| !edit-#>malformed", Failing),
        ("read-f>text-f | !tool-x>no-such-tool", Failing),
        ("| !edit-a>ambiguous !edit-b>ambiguous", Failing),
        ("edit-a>red-x:1 | !json-#>schema", Failing),
        ("| !run>refused !run>refused !read>outside", Failing),
        ("| !answer-#>not-the-schema-#", Failing),
        // Nothing left to do.
        ("edit-a>green:0 | run-tests>green:0", Done),
        ("edit-a>green:0 | polish-#>green:0", Done),
        ("| run-tests>green:0", Done),
        ("edit-a>red-x:1 edit-b>green:0 | comment-#>green:0 run-tests>green:0", Done),
        ("edit-a>green:0 | rename-#>green:0 rename-back-#>green:0", Done),
        // Always something else, and nothing comes of it.
        ("| edit-#>red-x:1", NoProgress),
        ("edit-a>red-x-y:2 | edit-#>red-x-y:2", NoProgress),
        ("| edit-#>build-error", NoProgress),
        ("| print-#>red-x:1", NoProgress),
        ("edit-a>red-x:1 edit-b>red-x-y:2 | edit-#>red-x-y:2", NoProgress),
        ("| search-#>nothing", NoProgress),
        ("read-f>f | edit-#>red-x:1 run-tests-#>red-x:1", NoProgress),
        ("| sleep-#>red-x:1 run-#>red-x:1", NoProgress),
        ("read-f>text-f edit-a>red-x:5 | upgrade>red-y:5 downgrade>red-x:5", NoProgress),
        ("start>s | a>x:3 b>y:3 c>z:3 d>w:3", NoProgress),
        ("| edit-a>red-x:1 edit-b>red-y:1 edit-c>red-z:1", NoProgress),
    ];
    assert!(loops.len() >= 40);
    for (text, wanted) in loops {
        let (n_wasted, seen) = check(text);
        assert!(n_wasted <= 3, "{text}: {n_wasted} wasted rounds");
        assert_eq!(seen, Some(wanted), "{text}");
    }
}

#[test]
fn waiting_and_slow_progress_are_no_loops() {
    let work = [
        "start-build>started | ~look>building",
        "| ~wait>tests-running",
        "edit-a>red-x:1 | ~poll-#>running",
        "run-tests>started | ~wait>1-of-900 ~wait>2-of-900",
        "| ~lock>held-by-another",
        "| ~network>rate-limited",
        "edit-a>red-x-y:2 ~wait>running edit-b>red-x:1 | ~wait>running",
        "| ~ask>no-answer-yet",
        // One test less a round, for as long as it takes.
        "e>r:60 e>r:59 e>r:58 e>r:57 e>r:56 e>r:55 e>r:54 e>r:53 e>r:52 e>r:51",
        // Always another file is read.
        "| read-#>text-#",
        // Twice wasted, then something new, again and again.
        "| edit-a>applied edit-a>applied look-#>new-#",
        "a>1 a>1 a>1 b>2",
    ];
    for text in work {
        assert_eq!(check(text).1, None, "{text}");
    }
}

/// How often what is left was looked at and was no less than ever, until the stall was seen.
fn measures(cycle: &str) -> Option<usize> {
    let mut made: Vec<Round> = Vec::new();
    for text in cycle.split_whitespace().cycle().take(120) {
        made.push(round(text, made.len()));
        if stall(&made).is_some() {
            return Some(made.iter().filter(|round| round.left.is_some()).count() - 1);
        }
    }
    None
}

#[test]
fn edits_that_never_help_are_seen_whatever_is_said_of_them() {
    // What is said never comes twice: new lines, new times, new addresses.
    let loops = [
        "edit-#>lines-# run-tests>red-x-in-#-s:2",
        "edit-#>lines-# run-tests>red-#:1",
        "read-#>text-# edit-#>lines-# run-tests>red-x-at-#:3",
        "read-#>text-# search-#>hits-# edit-#>lines-# edit-#>lines-# run-tests>red-#:7",
        "edit-#>lines-# run-tests>red-#:2 undo-#>lines-# run-tests>red-#:3",
        "edit-#>lines-# run-tests>red-#:1 edit-#>lines-# run-tests>red-#:5 edit-#>l-# run-tests>r-#:3",
        "run-tests>red-#:4",
        "write-#>text-# done>red-#:2",
    ];
    for cycle in loops {
        assert_eq!(measures(cycle), Some(3), "{cycle}");
    }
    let mut falls: Vec<Round> = Vec::new();
    for left in (1..40).rev() {
        // Up and down on the way, and always less in the end.
        for text in
            [format!("edit-#>l-# run>r-#:{}", left + 2), format!("edit-#>l-# run>r-#:{left}")]
        {
            for text in text.split_whitespace() {
                falls.push(round(text, falls.len()));
                assert_eq!(stall(&falls), None, "{left}");
            }
        }
    }
}
