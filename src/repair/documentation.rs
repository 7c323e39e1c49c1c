//! What documentation says that a call gives, where a red test wants something else of the same call.

mod assertion;
mod lexeme;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use self::assertion::value_of;
use self::lexeme::{
    HOLDERS, Lexeme, Token, bracketed, is_same_call, is_same_value, lexemes, literal,
};
use super::Source;
use super::language::{self, Role};
use super::syntax::{Node, Tree};
use super::usage::words;
use crate::base::path::RepoPath;
use crate::model::proposal::Contradiction;
use crate::model::report::{Place, TestCase};

/// How the names of documents end.
const ENDINGS: [&str; 4] = ["md", "markdown", "rst", "adoc"];
/// What names of documents hold that tell of what was so once.
const PAST: [&str; 7] =
    ["change", "changes", "changelog", "history", "news", "release", "releases"];
/// Words of lines that do the same, or say what is not so.
const WAS: [&str; 10] =
    ["bug", "fix", "fixed", "fixes", "wrong", "instead", "longer", "was", "previously", "not"];
/// What stands between a call and what it gives, where people write that.
const GIVES: [&str; 12] =
    ["=>", "->", "→", "=", "//", "#", ":", ";", "returns", "return", "gives", "is"];
/// What ends an example or begins the next.
const ENDS: [&str; 4] = [">>>", "\"\"\"", "'''", "```"];
/// Longer lines are no prose, in bytes.
const LINE_BYTES_MAX: usize = 1_000;
/// Statements around a place that are looked at: Go asserts in the condition around it.
const AROUND: usize = 2;
/// What lines of comments and lists begin with.
const MARKS: [char; 8] = [' ', '\t', '#', '/', '*', '-', '!', '>'];

/// That a call of nothing but literals gives something.
struct Claim<'t> {
    /// What stands before its name, and the sign between them.
    receiver: Option<(&'t str, &'t str)>,
    name: &'t str,
    /// The name and what follows in brackets.
    call: Vec<Lexeme<'t>>,
    call_text: &'t str,
    value: Vec<Lexeme<'t>>,
    value_text: &'t str,
}

/// Whether a file is written for people, and of what is so now.
pub fn is_document(path: &RepoPath) -> bool {
    let name = path.as_str().rsplit('/').next().unwrap_or_default().to_lowercase();
    ENDINGS.contains(&path.extension())
        && !name.split(|ch: char| !ch.is_alphabetic()).any(|word| PAST.contains(&word))
}

/// The first place in `documents` or in the comments of `sources` that says otherwise than one of the `red` tests does, where
/// no other place agrees with that test. Calls are compared as they are written, and only those of functions: objects may
/// have changed before.
pub fn contradiction(
    red: &[TestCase],
    tests: &[&Source],
    sources: &[Source],
    documents: impl FnOnce() -> Vec<Source>,
) -> Option<Contradiction> {
    let lines = |test: &Source| -> BTreeSet<u32> {
        let here = red.iter().flat_map(places).filter(|place| place.path == test.path);
        here.map(|place| place.line).collect()
    };
    let tests = tests.iter().map(|test| (*test, lines(test))).filter(|(_, it)| !it.is_empty());
    let trees: Vec<(&Source, BTreeSet<u32>, Tree<'_>)> =
        tests.filter_map(|(test, lines)| Some((test, lines, test.parsed()?))).collect();
    let wanted = trees.iter().flat_map(|(test, lines, tree)| {
        lines.iter().filter_map(|line| wanted(tree, *line, test.is_test))
    });
    let wanted: Vec<Claim<'_>> = wanted.collect();
    if wanted.is_empty() {
        return None;
    }
    let documents = documents();
    let mut found: Vec<(usize, Contradiction)> = Vec::new();
    let mut agreed: BTreeSet<usize> = BTreeSet::new();
    for document in documents.iter().chain(sources) {
        if wanted.iter().any(|claim| document.text.contains(claim.name)) {
            compare(document, &wanted, &mut found, &mut agreed);
        }
    }
    found.into_iter().find(|(place, _)| !agreed.contains(place)).map(|(_, found)| found)
}

fn places(case: &TestCase) -> impl Iterator<Item = &Place> {
    case.at.iter().chain(&case.frames)
}

/// What a statement of a test in a line wants; all of a file may be tests.
fn wanted<'t>(tree: &'t Tree<'t>, line: u32, is_test: bool) -> Option<Claim<'t>> {
    let is_here = |node: &Node<'_>| {
        (node.line()..=node.last_line()).contains(&line)
            && node.is_named()
            && node.coarse_role() != Role::Block
            && node.parent().is_some_and(|parent| parent.coarse_role() == Role::Block)
            && (is_test || node.is_frozen())
    };
    let statements: Vec<Node<'_>> = tree.nodes().filter(is_here).collect();
    let heads = statements.into_iter().rev().take(AROUND).map(head);
    // Backticks are no more than marks where lexemes are read.
    let claim = heads.filter(|head| !head.contains('`')).find_map(asserted);
    claim.filter(|claim| {
        claim.receiver.is_none_or(|(name, sign)| sign == "::" || is_imported(tree.text, name))
    })
}

/// A statement without the statements in it.
fn head(statement: Node<'_>) -> &str {
    let block = statement.descendants().find(|node| node.coarse_role() == Role::Block);
    let end = block.map_or(statement.range().end, |block| block.range().start);
    statement.tree.text[statement.range().start..end].trim_end().trim_end_matches('{')
}

/// Whether a text gets a name from elsewhere, so that it may be that of a module or a class.
fn is_imported(text: &str, name: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        let begins = ["import ", "from ", "use ", "\""].iter().any(|start| line.starts_with(start));
        (begins || line.contains("require(")) && words(line).any(|word| word == name)
    })
}

/// What a text that asserts equality says of a call.
fn asserted(text: &str) -> Option<Claim<'_>> {
    let all = if text.len() > LINE_BYTES_MAX { Vec::new() } else { lexemes(text) };
    calls(&all).find_map(|call| claim(text, &all, call.clone(), value_of(&all, call)?))
}

/// What a line that tells it says of the first call in it: `f(2) => 4`, `f(2) is 4`.
fn told(text: &str) -> Option<Claim<'_>> {
    let all = lexemes(text);
    let call = calls(&all).next()?;
    let gives = |it: &&Lexeme<'_>| match it.token {
        Token::Word(text) | Token::Sign(text) => GIVES.contains(&text),
        _ => false,
    };
    let n_between = all[call.end..].iter().take_while(gives).count();
    let start = call.end + n_between;
    let value = start..start + literal(&all[start..])?;
    // A number of a note.
    let is_note = all[start].token == Token::Sign("(") && value.len() == 3;
    let rest = text[all[value.end - 1].range.end..].trim_start_matches('`');
    let ends = matches!(rest.trim(), "" | "." | ";")
        || [". ", " and "].iter().any(|start| rest.starts_with(start));
    (n_between > 0 && ends && !is_note).then(|| claim(text, &all, call, value))?
}

/// What `>>> f(2)` over `4` says, where `after` is no more of what it gives.
fn shown<'t>(line: &'t str, next: &'t str, after: &str) -> Option<Claim<'t>> {
    let (_, input) = line.split_once(">>> ")?;
    let (all, output) = (lexemes(input), lexemes(next));
    let call = calls(&all).next().filter(|call| *call == (0..all.len()))?;
    let after = after.trim();
    let is_all = after.is_empty() || ENDS.iter().any(|start| after.starts_with(start));
    literal(&output).filter(|n| *n == output.len() && is_all && !next.contains("..."))?;
    let whole = 0..call.end;
    let claim = claim(input, &all, call, whole)?;
    Some(Claim { value: output, value_text: next.trim(), ..claim })
}

/// The claim that a call gives a value, both of which are in `all`; `None` where more is asked than a name, and for texts that
/// can be written in several ways.
fn claim<'t>(
    text: &'t str,
    all: &[Lexeme<'t>],
    call: Range<usize>,
    value: Range<usize>,
) -> Option<Claim<'t>> {
    let Token::Word(name) = all[call.start].token else { return None };
    let is_escaped = |it: &Lexeme<'_>| matches!(it.token, Token::Text(text) if text.contains('\\'));
    if all[value.clone()].iter().any(is_escaped) {
        return None;
    }
    let before = |n: usize| call.start.checked_sub(n).map(|at| all[at].token);
    let receiver = match (before(1), before(2), before(3)) {
        (Some(Token::Sign(".")), _, Some(Token::Sign("."))) => return None,
        (Some(Token::Sign(sign @ ("." | "::"))), Some(Token::Word(name)), _) => Some((name, sign)),
        (Some(Token::Sign("." | "::")), ..) => return None,
        _ => None,
    };
    let written =
        |part: &Range<usize>| &text[all[part.start].range.start..all[part.end - 1].range.end];
    let (call_text, value_text) = (written(&call), written(&value));
    let (call, value) = (all[call].to_vec(), all[value].to_vec());
    Some(Claim { receiver, name, call, call_text, value, value_text })
}

/// The calls that depend on literals only, and on at least one.
fn calls<'l>(all: &'l [Lexeme<'_>]) -> impl Iterator<Item = Range<usize>> + 'l {
    (0..all.len()).filter_map(|at| {
        let is_name = matches!(all[at].token, Token::Word(word) if !HOLDERS.contains(&word));
        let rest = all.get(at + 1..).filter(|rest| is_name && opens(rest))?;
        bracketed(rest).filter(|n| *n > 2).map(|n| at..at + 1 + n)
    })
}

fn opens(lexemes: &[Lexeme<'_>]) -> bool {
    lexemes.first().is_some_and(|first| first.token == Token::Sign("("))
}

/// Notes what a document says otherwise than tests want, and the places of those that it agrees with.
fn compare(
    document: &Source,
    wanted: &[Claim<'_>],
    found: &mut Vec<(usize, Contradiction)>,
    agreed: &mut BTreeSet<usize>,
) {
    for (first_line, passage) in passages(document) {
        let lines: Vec<&str> = passage.lines().collect();
        let line = |at: usize| lines.get(at).copied().unwrap_or_default();
        for at in 0..lines.len() {
            if !wanted.iter().any(|claim| line(at).contains(claim.name)) {
                continue;
            }
            let Some(said) = said(line(at), line(at + 1), line(at + 2)) else { continue };
            for (place, claim) in wanted.iter().enumerate().filter(|(_, it)| is_of_same(it, &said))
            {
                if is_same_value(&claim.value, &said.value) {
                    agreed.insert(place);
                    continue;
                }
                let contradiction = Contradiction {
                    place: Place { path: document.path.clone(), line: first_line + at as u32 },
                    call: said.call_text.to_owned(),
                    documented: said.value_text.to_owned(),
                    wanted: claim.value_text.to_owned(),
                };
                found.push((place, contradiction));
            }
        }
    }
}

/// What a line says, with the two below it.
fn said<'t>(line: &'t str, next: &'t str, after: &str) -> Option<Claim<'t>> {
    let is_long = line.len() > LINE_BYTES_MAX || next.len() > LINE_BYTES_MAX;
    if is_long || words(&line.to_lowercase()).any(|word| WAS.contains(&word)) {
        return None;
    }
    let own = line.trim_start_matches(MARKS);
    shown(line, next, after).or_else(|| told(own)).or_else(|| asserted(own))
}

/// Whether a document speaks of the call of a test.
fn is_of_same(wanted: &Claim<'_>, said: &Claim<'_>) -> bool {
    let [own, theirs] = [wanted, said].map(|claim| claim.receiver.map(|(name, _)| name));
    is_same_call(&wanted.call, &said.call) && (theirs.is_none() || own == theirs)
}

/// What a document says to people, each part with its first line: all of a text, the comments in code.
fn passages(document: &Source) -> Vec<(u32, Cow<'_, str>)> {
    if language::of(&document.path).is_none() {
        return vec![(1, Cow::Borrowed(&*document.text))];
    }
    let Some(tree) = document.parsed() else { return Vec::new() };
    let comments = tree.nodes().filter(|node| node.is_comment());
    comments.map(|node| (node.line(), Cow::Owned(node.text().to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::testing::{failure, source};

    /// What a document says otherwise than the test of which line `line` fails.
    fn check(test: (&str, &str), line: u32, document: (&str, &str)) -> String {
        let (test, document) = (source(test.0, test.1), source(document.0, document.1));
        let at = Some(Place { path: test.path.clone(), line });
        let red = [TestCase { at, ..failure("") }];
        let found = contradiction(&red, &[&test], &[], || vec![document]);
        found.map_or("nothing".into(), |it| {
            let Contradiction { place, call, documented, wanted } = it;
            format!("{}:{}: {call}: {documented}, not {wanted}", place.path, place.line)
        })
    }

    #[test]
    fn documents_say_otherwise_than_tests() {
        let py =
            ("test_a.py", "from a import slug\n\ndef test_a():\n    assert slug('A b') == 'a_b'\n");
        let cases = [
            check(py, 4, ("README.md", "Texts\n\n    slug(\"A b\")  # => \"a-b\"\n")),
            check(py, 4, ("README.md", "So `slug('A b')` gives `'a-b'` and no more.\n")),
            check(
                py,
                4,
                (
                    "a.py",
                    "def slug(t):\n    \"\"\"Words.\n\n    >>> slug('A b')\n    'a-b'\n    \"\"\"\n",
                ),
            ),
            check(py, 4, ("README.md", "slug('A b'); // => 'a-b'\n")),
            check(py, 4, ("README.md", "slug('A b') == 'a_b'\n")),
            check(py, 4, ("README.md", "slug('A c') == 'a-c'\n")),
            check(py, 4, ("README.md", "slug('A b') is 3 times as fast\n")),
            check(py, 4, ("README.md", "text.slug('A b') == 'a-b'\n")),
            check(py, 4, ("a.py", "def slug(t):\n    return slug('A b') == 'a-b'\n")),
        ];
        insta::assert_snapshot!(cases.join("\n"), @r#"
        README.md:3: slug("A b"): "a-b", not 'a_b'
        README.md:1: slug('A b'): 'a-b', not 'a_b'
        a.py:4: slug('A b'): 'a-b', not 'a_b'
        README.md:1: slug('A b'): 'a-b', not 'a_b'
        nothing
        nothing
        nothing
        nothing
        nothing
        "#);
    }

    #[test]
    fn tests_of_every_language_are_read() {
        let cases = [
            ("a.test.js", "test('a', () => {\n  expect(twice(2)).toBe(5);\n});\n", 2),
            (
                "a.test.js",
                "test('a', () => {\n  assert.deepStrictEqual(5, twice(2), 'told');\n});\n",
                2,
            ),
            ("a.test.ts", "test('a', () => {\n  expect(twice(2)).not.toBe(5);\n});\n", 2),
            (
                "a_test.go",
                "func TestA(t *testing.T) {\n\tif got := twice(2); got != 5 {\n\t\tt.Errorf(\"%d\", got)\n\t}\n}\n",
                3,
            ),
            ("test_a.rs", "#[test]\nfn a() {\n    assert_eq!(twice(2), 5);\n}\n", 3),
            ("test_a.rs", "#[test]\nfn a() {\n    assert_ne!(twice(2), 5);\n}\n", 3),
            (
                "test_a.py",
                "class A(T):\n    def test(self):\n        self.assertEqual(twice(2), 5)\n",
                3,
            ),
            ("test_a.py", "def test():\n    assert it.twice(2) == 5\n", 2),
            ("test_a.py", "import it\ndef test():\n    assert it.twice(2) == 5\n", 3),
            ("a.test.js", "test('a', () => {\n  expect(twice(2)).toBe(4);\n});\n", 2),
        ];
        let all = cases
            .map(|(path, text, line)| check((path, text), line, ("README.md", "`twice(2)` is 4")));
        insta::assert_snapshot!(all.join("\n"), @r"
        README.md:1: twice(2): 4, not 5
        README.md:1: twice(2): 4, not 5
        nothing
        README.md:1: twice(2): 4, not 5
        README.md:1: twice(2): 4, not 5
        nothing
        README.md:1: twice(2): 4, not 5
        nothing
        README.md:1: twice(2): 4, not 5
        nothing
        ");
    }

    #[test]
    fn what_has_another_shape_says_nothing() {
        let tests = [
            ("test_a.py", "assert f(2).upper() == 'A'"),
            ("test_a.py", "assert len(f(2)) == 3"),
            ("test_a.py", "assert f(2) == double(2)"),
            ("test_a.py", "assert f(2)[0] == 1"),
            ("test_a.py", "assert f(2) == 'a' * 3"),
            ("test_a.py", "assert f(2) == 5 or 6"),
            ("test_a.py", "assertEqual(f(2), wanted, 'case 3')"),
            ("test_a.py", "assertGreaterEqual(f(2), 3)"),
            ("test_a.py", "assert Some(4) == g()"),
            ("a.test.js", "expect(f(2).length).toBe(3)"),
            ("a.test.js", "expect(f(2)).toBeGreaterThan(3)"),
            ("a.test.js", "expect(f(2)).toBe(`x 3`)"),
            ("test_a.rs", "assert_eq!(f(2) + 1, 5)"),
            ("a_test.go", "if _, err := f(2); err != nil"),
            ("a_test.go", "if got := f(2); got == 5"),
            ("a_test.go", "if Equal(f(2), 4)"),
            ("test_a.py", "assert f(2) == (17 - 2, 2)"),
            ("test_a.py", "assert f(2) == ('one'\n 'two')"),
            ("a.test.js", "assert.not.equal(f(2), 4)"),
        ];
        let none: Vec<&str> = tests
            .iter()
            .filter(|(_, text)| asserted(text).is_some())
            .map(|(_, text)| *text)
            .collect();
        assert!(none.is_empty(), "{none:?}");
        let deep = ["[".repeat(60_000), "-".repeat(60_000), "f(".repeat(30_000), "\\'".repeat(900)];
        assert!(
            deep.iter().all(|text| said(text, text, text).is_none() && asserted(text).is_none())
        );
    }

    #[test]
    fn documents_that_speak_of_something_else_say_nothing() {
        let test = ("test_a.py", "def test():\n    assert half(5) == 3\n");
        let all = [
            ("CHANGES.md", "half(5) == 2"),
            ("README.md", "Fixed a bug where `half(5)` returns `2`."),
            ("README.md", "half(5) == 2 is what some expect"),
            ("README.md", "`half(5)` is 2, 3 or 4"),
            ("README.md", "half(5) // 2\nhalf(5) // 3"),
            ("README.md", "dec.half(5) == 2"),
            ("README.md", "half(0x5) == 2"),
            ("README.md", "`half(5)` is `2`, `3` or `4`"),
            ("README.md", "`half(5)` is `2` if it is floored"),
            ("README.md", "if (half(5) === 2) {"),
            ("README.md", "half(5)  # (1)"),
            ("a.rst", ">>> half(5)\n2...9\n"),
            ("a.rst", ">>> half(5)\n2\n3\n"),
        ];
        let told = all.map(|document| {
            let isnt = !is_document(&RepoPath::new(document.0).unwrap());
            if isnt { "no document".into() } else { check(test, 2, document) }
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        no document
        nothing
        nothing
        nothing
        nothing
        nothing
        README.md:1: half(0x5): 2, not 3
        nothing
        nothing
        nothing
        nothing
        nothing
        nothing
        ");
        let same = |a: &str, b: &str| is_same_value(&lexemes(a), &lexemes(b));
        assert!(!is_same_call(&lexemes("f(1, 2)"), &lexemes("f(2, 1)")));
        assert!(
            same("{ a: 1 }", "{ \"a\": 1, }") && same("0x10", "16u8") && same("1_000", "1000.0")
        );
        assert!(same("(4)", "4") && same("Some(4)", "4") && same("{a: 1, b: 2}", "{b: 2, a: 1}"));
        assert!(!same("0xff", "0xab") && !same("'2'", "2"));
    }
}
