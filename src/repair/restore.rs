//! Puts back what was changed since the last commit, piece by piece: when tests turn red, the latest edits are the likeliest
//! cause (Zeller, "Yesterday, my program worked. Today, it does not. Why?", ESEC/FSE 1999).

mod changes;

use std::ops::Range;
use std::slice;

pub use self::changes::changed_lines;
use self::changes::{Change, Texts, replaced};
use super::rank;
use super::site::{Drafts, described};
use super::syntax::{Node, Tree};
use crate::base::text::counted;
use crate::base::text::edit::Edit;

pub const RESTORE: &str = "restore";
/// Of a template that puts one word back; what the size of a piece adds comes on top.
const COST: f64 = 0.2;
/// For lines that no measured test ran: they may be constants, or nothing at all.
const NOT_RUN: f64 = 1.0;
/// For taking out lines or words that are new and putting nothing in their place: they are meant to be there.
const TAKES_OUT: f64 = 1.5;
/// For some of the words that were changed together: half of a change is seldom what was meant.
const PART: f64 = 0.3;
/// Edits that are told one by one, at most; a run with more words is put back as a whole.
const TOLD_MAX: usize = 2;
/// At most this many pieces of a file.
const PIECES_MAX: usize = 400;
/// At most this many pieces of all files.
pub const PIECES_OF_ALL_MAX: usize = 2_000;
/// Changed files that no red test is seen to run, at most.
pub const UNSEEN_FILES_MAX: usize = 50;
/// Changed places of a file that are put back at once, at most.
const TOGETHER_MAX: usize = 8;

/// At most `n_max` drafts for one file, and how many they are. `doubts` has what each line's suspicion adds, by its number;
/// `before` is the committed text.
pub fn restore<'t>(
    tree: &'t Tree<'t>,
    doubts: &[Option<f64>],
    before: &str,
    n_max: usize,
    drafts: &mut Drafts<'t>,
) -> usize {
    // Of a new file nothing can be put back.
    let before = Some(before).filter(|before| !before.trim().is_empty());
    let Some(before) = before.and_then(|text| Tree::parse(tree.language, text)) else { return 0 };
    drafts.by(RESTORE, COST);
    drafts.near = None;
    let mut pieces = pieces(&Texts::new(tree, &before));
    pieces.truncate(n_max);
    let n_pieces = pieces.len();
    for (edits, more) in pieces {
        let lines = edits.iter().flat_map(|edit| touched(tree, edit));
        let known = lines.filter_map(|line| doubts.get(line as usize).copied().flatten());
        drafts.doubt = known.reduce(f64::min).unwrap_or(NOT_RUN);
        let what = format!("{}, as committed", told(tree, &edits));
        let n_breaks = |edit: &Edit| tree.text[edit.range()].trim_end().matches('\n').count();
        let n_lines: usize = edits.iter().map(n_breaks).sum();
        let more = more + rank::LINE * n_lines as f64;
        drafts.edits(holder(tree, &edits), edits, Some(what), more);
    }
    n_pieces
}

/// Whether edits only take out what the commit has not.
pub fn takes_out(text: &str, edits: &[Edit]) -> bool {
    let words = edits.iter().flat_map(|edit| replaced(&text[edit.range()], &edit.text));
    let (old, new): (String, String) = words.unzip();
    !old.trim().is_empty() && new.trim().is_empty()
}

/// What edits put back, for people.
fn told(tree: &Tree<'_>, edits: &[Edit]) -> String {
    let is_space =
        |edit: &Edit| tree.text[edit.range()].split_whitespace().eq(edit.text.split_whitespace());
    match edits.iter().filter(|edit| is_space(edit)).count() {
        n if n == edits.len() => space(tree, edits),
        0 if edits.len() <= TOLD_MAX => described(tree.text, edits),
        _ => format!("{} put back", counted(edits.len(), "change")),
    }
}

/// The same of edits that change white space alone.
fn space(tree: &Tree<'_>, edits: &[Edit]) -> String {
    let line = |at: usize| tree.lines.line_of(at) + 1;
    let old = |edit: &Edit| &tree.text[edit.range()];
    let first = |edit: &Edit| edit.end - old(edit).trim_start().len();
    let last = |edit: &Edit| (edit.start + old(edit).trim_end().len()).max(first(edit));
    let starts =
        |at: usize| tree.text[..at].trim_end_matches([' ', '\t']).ends_with('\n') || at == 0;
    let is_indentation = edits.iter().all(|edit| starts(first(edit)));
    let what = if is_indentation { "indentation" } else { "white space" };
    let start = edits.iter().map(|edit| line(first(edit))).min().unwrap_or(1);
    let end = edits.iter().map(|edit| line(last(edit))).max().unwrap_or(start);
    if start == end {
        format!("{what} of line {start}")
    } else {
        format!("{what} of lines {start} to {end}")
    }
}

/// The lines that an edit touches, with both neighbours of a place where it only puts something in.
fn touched(tree: &Tree<'_>, edit: &Edit) -> Range<u32> {
    let line = |at: usize| tree.lines.line_of(at) + 1;
    if edit.range().is_empty() {
        return line(edit.start).saturating_sub(1)..line(edit.start) + 1;
    }
    line(edit.start)..line(edit.end - 1) + 1
}

/// The innermost node around all edits.
fn holder<'t>(tree: &'t Tree<'t>, edits: &[Edit]) -> Node<'t> {
    let start = edits.iter().map(|edit| edit.start).min().unwrap_or(0);
    let end = edits.iter().map(|edit| edit.end).max().unwrap_or(0);
    let around = tree.nodes().filter(|node| node.holds(&(start..end)));
    around.min_by_key(|node| node.range().len()).unwrap_or(tree.root())
}

/// Everything that changed and that a compiler sees, in pieces that may be put back alone: runs of lines, lines, words, and
/// all of it; each with what it costs more than others.
fn pieces(texts: &Texts<'_>) -> Vec<(Vec<Edit>, f64)> {
    let loss = |words: &[Edit]| if takes_out(texts.now(), words) { TAKES_OUT } else { 0.0 };
    let words_of = |change: &Change| -> Vec<Edit> {
        texts.words(change).iter().map(|word| texts.edit(word)).collect()
    };
    // Whole runs first, as what is too much is left out.
    let mut runs: Vec<(Vec<Edit>, f64)> = Vec::new();
    let mut parts: Vec<(Vec<Edit>, f64)> = Vec::new();
    for (run, lines) in texts.runs() {
        let words = words_of(&run);
        if words.is_empty() {
            continue;
        }
        let lines = lines.iter().filter(|line| !texts.is_in_test(line));
        let lines = lines.map(|line| (texts.edit(line), words_of(line)));
        let lines = lines.filter(|(_, words)| !words.is_empty());
        parts.extend(lines.map(|(line, words)| (vec![line], loss(&words))));
        if words.len() > 1 {
            let word = |word: &Edit| (vec![word.clone()], PART + loss(slice::from_ref(word)));
            parts.extend(words.iter().map(word));
        }
        let lost = loss(&words);
        let is_by_word = words.len() <= TOLD_MAX || texts.is_in_test(&run);
        runs.push((if is_by_word { words } else { vec![texts.edit(&run)] }, lost));
    }
    if (2..=TOGETHER_MAX).contains(&runs.len()) {
        let all = runs.iter().flat_map(|(edits, _)| edits.clone()).collect();
        runs.push((all, runs.iter().map(|(_, lost)| lost).sum()));
    }
    runs.extend(parts);
    runs.truncate(PIECES_MAX);
    runs
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::base::cancel::CancelToken;
    use crate::base::text::edit;
    use crate::repair::rank::Ranking;
    use crate::repair::testing::{all_lines, source};
    use crate::repair::{Candidate, Question, candidates};

    const COMMITTED: &str = "\
LIMIT = 8


def fits(a, b):
    a = abs(a)
    total = a + b
    if total > LIMIT:
        return False
    return total >= 0
";

    /// What is put back of a text, as `what → lines that differ from it then`, the likeliest first.
    fn check(now: &str) -> String {
        restored("a.py", COMMITTED, now)
    }

    /// Asks about a text of which every line is suspicious.
    fn asked<T>(path: &str, committed: &str, now: &str, ask: impl Fn(&Question<'_>) -> T) -> T {
        let code = source(path, now);
        let committed = BTreeMap::from([(code.path.clone(), Arc::from(committed))]);
        let suspicion = all_lines(&code);
        let sources = [code];
        ask(&Question {
            sources: &sources,
            suspicion: &suspicion,
            committed: &committed,
            failures: &[],
            favoured: &[],
            n_max: 4000,
            cancel: &CancelToken::new(),
        })
    }

    fn restored(path: &str, committed: &str, now: &str) -> String {
        let told = |made: &Candidate| {
            let after = edit::apply(now, &made.edits).unwrap();
            let left = if after == committed { "all" } else { "some" };
            format!("{:.1} {}:{} {left}", made.cost, made.line, made.what)
        };
        let all = asked(path, committed, now, candidates).into_iter();
        let all = all.filter(|made| made.template == RESTORE);
        all.map(|made| told(&made)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_was_changed_is_put_back_in_pieces() {
        insta::assert_snapshot!(check(&COMMITTED.replace("a + b", "a - b")), @"0.3 6:`-` → `+`, as committed all");
        insta::assert_snapshot!(check(&COMMITTED.replace("    a = abs(a)\n", "")), @"0.5 5:add `a = abs(a)`, as committed all");
        insta::assert_snapshot!(check(&COMMITTED.replace("    total", "    b = b or 0\n    total")), @"2.0 6:remove `b = b or 0`, as committed all");
        let two = COMMITTED.replace("a + b", "b").replace(">= 0", "> 1").replace("= 8", "= 9");
        insta::assert_snapshot!(check(&two), @r#"
        0.3 1:`9` → `8`, as committed some
        0.3 9:`>` → `>=`, `1` → `0`, as committed some
        0.4 6:add `a +`, as committed some
        0.4 1:4 changes put back, as committed all
        0.6 9:`1` → `0`, as committed some
        0.6 9:`>` → `>=`, as committed some
        "#);
        assert_eq!(check(COMMITTED), "");
    }

    #[test]
    fn what_was_changed_in_files_that_no_test_is_seen_to_run_is_put_back() {
        let code = source("a.py", COMMITTED);
        let suspicion = all_lines(&code);
        let limits = |text: &str| source("limits.py", text);
        let sources = [limits("LIMIT = 9\nSTEP = 2\n"), code, source("new.py", "SIZE = 1\n")];
        let before = |text: &str| Arc::<str>::from(text);
        let committed = BTreeMap::from([
            (sources[0].path.clone(), before("LIMIT = 8\nSTEP = 2\n")),
            (sources[2].path.clone(), before("")),
        ]);
        let (failures, favoured) = (&[][..], &[][..]);
        let all = candidates(&Question {
            sources: &sources,
            suspicion: &suspicion,
            committed: &committed,
            failures,
            favoured,
            n_max: 4000,
            cancel: &CancelToken::new(),
        });
        let there = all.iter().filter(|made| made.path != sources[1].path);
        let there: Vec<String> = there.map(|made| format!("{}:{}", made.path, made.what)).collect();
        assert_eq!(there, ["limits.py:`9` → `8`, as committed"]);
    }

    #[test]
    fn what_is_put_back_makes_sense_together() {
        let committed = "function f(xs) {\n  let parts = [];\n  for (const x of xs) parts.push(x);\n  return parts.length;\n}\n";
        let now = committed.replace("[]", "\"\"").replace("parts.push(x)", "parts += x");
        let all = restored("a.js", committed, &now);
        assert!(all.lines().any(|told| told.ends_with(" all")), "{all}");
    }

    #[test]
    fn a_new_file_stays() {
        assert_eq!(restored("a.py", "", COMMITTED), "");
    }

    #[test]
    fn what_was_added_is_taken_out_late() {
        let more = |new: &str| check(&COMMITTED.replace("total > LIMIT", new));
        insta::assert_snapshot!(more("total > LIMIT and a < b"), @"1.9 7:remove `and a < b`, as committed all");
        insta::assert_snapshot!(more("(total > LIMIT)"), @"1.8 7:remove `(`, remove `)`, as committed all");
        // Something was there before.
        insta::assert_snapshot!(more("total >= LIMIT"), @"0.3 7:`>=` → `>`, as committed all");
        insta::assert_snapshot!(more("total > LIMIT + b or a"), @"1.9 7:remove `+ b or a`, as committed all");
        insta::assert_snapshot!(more("total + 1 > b"), @r#"
        0.4 7:remove `+ 1`, `b` → `LIMIT`, as committed all
        0.7 7:`b` → `LIMIT`, as committed some
        "#);
    }

    #[test]
    fn a_small_edit_of_what_was_added_is_better_than_none_of_it() {
        let now = COMMITTED.replace("total > LIMIT", "total > LIMIT + b or a < b");
        asked("a.py", COMMITTED, &now, |question| {
            let all = Ranking::new(question).order(candidates(question));
            let place = |what: &str| all.iter().position(|made| made.what == what).unwrap();
            assert!(place("`<` → `<=`") < place("remove `+ b or a < b`, as committed"));
        });
    }

    #[test]
    fn long_lines_are_told_by_where_they_differ() {
        let call = "    return first_of(list_of_numbers, another_list_of_numbers, a, b, c, d, e)\n";
        let committed = format!("def f():\n{call}");
        let now = committed.replace("a, b, c, d, e", "b, c and d, e or a, 1, a, 2");
        let all = restored("a.py", &committed, &now);
        insta::assert_snapshot!(all.lines().find(|told| told.ends_with(" all")).unwrap(), @"0.7 2:`…ist_of_numbers, b, c and d, e or a, 1, a, 2)` → `…ist_of_numbers, a, b, c, d, e)`, as committed all");
    }

    #[test]
    fn tests_beside_the_code_stay_as_they_are() {
        let committed = "\
fn f(a: i32) -> i32 {
    a + 1
}

#[cfg(test)]
mod tests {
    #[test]
    fn works() {
        assert_eq!(super::f(1), 2);
    }
}
";
        let check = |now: &str| restored("a.rs", committed, now);
        assert_ne!(check(&committed.replace("a + 1", "a + 2")), "");
        assert_eq!(check(&committed.replace("f(1), 2", "f(1), 3")), "");
        assert_eq!(
            check(&committed.replace("    #[test]\n", "    #[test]\n    #[should_panic]\n")),
            ""
        );
        // One run of lines through both.
        let now = "fn f(a: i32) -> i32 {\n    a + 2\n}\n#[test]\nfn works() {\n    f(1);\n}\n";
        let before = now.replace("a + 2\n}\n", "a + 1\n}\n\n").replace("f(1)", "f(3)");
        let before = before.replace("#[test]\n", "#[test]\n#[should_panic]\n");
        insta::assert_snapshot!(restored("a.rs", &before, now), @"0.3 2:`2` → `1`, as committed some");
    }

    #[test]
    fn committed_imports_come_once() {
        let before = "package p\n\nimport \"strings\"\n\nfunc f(a string) string {\n\treturn strings.ToUpper(a)\n}\n";
        let now = before.replace("import \"strings\"\n\n", "").replace("strings.ToUpper(a)", "a");
        asked("a.go", before, &now, |question| {
            let all = candidates(question);
            let texts = all.iter().map(|made| edit::apply(&now, &made.edits).unwrap());
            let texts: Vec<String> = texts.collect();
            assert!(texts.iter().any(|text| text == before), "{texts:?}");
            assert!(texts.iter().all(|text| text.matches("import").count() <= 1), "{texts:?}");
        });
    }

    #[test]
    fn imports_types_and_decorators_are_put_back() {
        let python = "from math import floor\n\n\n@cache\ndef f(a):\n    return floor(a)\n";
        let check = |now: &str| restored("a.py", python, now);
        insta::assert_snapshot!(check(&python.replace("import floor", "import ceil as floor")), @"1.9 1:remove `ceil as`, as committed all");
        insta::assert_snapshot!(check(&python.replace("@cache\n", "")), @"0.4 4:add `@cache`, as committed all");
        let rust = "fn f(a: &str) -> u32 {\n    a.len() as u32\n}\n";
        insta::assert_snapshot!(restored("a.rs", rust, &rust.replace("u32", "u8")), @r#"
        0.4 1:`u8` → `u32`, `u8` → `u32`, as committed all
        0.5 2:`a.len() as u8` → `a.len() as u32`, as committed some
        0.5 1:`fn f(a: &str) -> u8 {` → `fn f(a: &str) -> u32 {`, as committed some
        "#);
    }

    #[test]
    fn what_no_compiler_sees_is_not_put_back() {
        let nothing = |now: &str| assert_eq!(check(now), "", "{now}");
        nothing(&COMMITTED.replace("a + b", "a  +  b  # both"));
        nothing(&COMMITTED.replace("    total", "\n    # Both.\n    total"));
        nothing(&COMMITTED.replace("\n\n\n", "\n"));
        // Line breaks of another system.
        nothing(&COMMITTED.replace('\n', "\r\n"));
        nothing(&COMMITTED.replacen('\n', "\r\n", 3));
        let code = "fn f(a: u8) -> &str {\n    // To tell.\n    g(a, \"x y\")\n}\n";
        let rust = |now: &str| restored("a.rs", code, now);
        assert_eq!(rust(&code.replace("    // To tell.\n", "")), "");
        assert_eq!(rust(&code.replace("a, ", "\n        a,\n        ")), "");
        insta::assert_snapshot!(rust(&code.replace("x y", "x  y")), @"0.3 3:white space of line 3, as committed all");
        // A comment beside what is put back stays.
        let two = COMMITTED.replace("a + b", "a - b  # both");
        insta::assert_snapshot!(check(&two), @"0.3 6:`-` → `+`, as committed some");
    }

    #[test]
    fn indentation_is_put_back_where_it_means_something() {
        let now = COMMITTED.replace("        return False", "    return False");
        insta::assert_snapshot!(check(&now), @"0.4 8:indentation of line 8, as committed all");
        let now = COMMITTED.replace("    return total", "        return total");
        insta::assert_snapshot!(check(&now), @"0.4 9:indentation of line 9, as committed all");
        let now = COMMITTED.replace("    if", "    if a:\n        if");
        let now = now.replace("        return F", "            return F");
        insta::assert_snapshot!(check(&now), @r#"
        0.8 9:indentation of line 9, as committed some
        2.2 7:2 changes put back, as committed all
        2.5 7:remove `a: if`, as committed some
        "#);
        let deep = "def f():\n    if a:\n        b()\n        c()\n        d()\n";
        let now = deep.replace("        ", "    ").replace("if a:", "a()");
        insta::assert_snapshot!(restored("a.py", deep, &now), @r#"
        0.4 2:`a()` → `if a:`, as committed some
        0.5 3:indentation of line 3, as committed some
        0.5 4:indentation of line 4, as committed some
        0.5 5:indentation of line 5, as committed some
        0.7 2:`()` → `:`, as committed some
        1.2 2:`a() b() c() d()` → `if a: b() c() d()`, as committed all
        "#);
        let now = deep.replace("        c()\n        d()\n", "    c()\n    d()\n");
        insta::assert_snapshot!(restored("a.py", deep, &now), @r#"
        0.5 4:indentation of line 4, as committed some
        0.5 5:indentation of line 5, as committed some
        0.5 4:indentation of lines 4 to 5, as committed all
        "#);
    }

    #[test]
    fn what_is_put_back_has_the_line_breaks_of_the_text() {
        // As it is read: the committed text has the line break that most lines have.
        let committed = COMMITTED.replace('\n', "\r\n");
        let now = committed.replacen("\r\n", "\n", 2).replace("    a = abs(a)\r\n", "");
        insta::assert_snapshot!(restored("a.py", &committed, &now), @"0.5 5:add `a = abs(a)`, as committed some");
    }

    #[test]
    fn changed_lines_are_known() {
        let now = COMMITTED.replace("a + b", "b").replace("    a = abs(a)\n", "");
        assert_eq!(changed_lines(&now, COMMITTED), [5]);
        let shorter = COMMITTED.replace("    a = abs(a)\n", "");
        assert_eq!(changed_lines(&shorter, COMMITTED), [4, 5], "beside what went");
        assert_eq!(changed_lines("a\nb\n", ""), [1, 2], "a new file");
        assert!(changed_lines(COMMITTED, COMMITTED).is_empty());
        let mixed = COMMITTED.replacen('\n', "\r\n", 3);
        assert!(changed_lines(&mixed, COMMITTED).is_empty(), "only line breaks");
        let long = "x = 1\n".repeat(changes::PARTS_MAX);
        assert_eq!(
            changed_lines(&format!("{long}y = 2\n{long}"), &format!("{long}y = 3\n{long}")),
            [changes::PARTS_MAX as u32 + 1]
        );
    }
}
