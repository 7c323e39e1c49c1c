//! What documentation says that a call gives, where a red test wants something else of the same call.

mod lexeme;

use std::ops::Range;

use self::lexeme::{Lexeme, Token, bracketed, is_same, lexemes, literal};
use super::Source;
use super::language::{self, Role};
use super::syntax::{Node, Tree};
use crate::model::proposal::Contradiction;
use crate::model::report::{Place, TestCase};

/// What stands between a call and what it gives, where people write that.
const GIVES: [&str; 14] = [
    "=>", "->", "→", "==", "===", "=", "//", "#", ":", "returns", "return", "gives", "is", "yields",
];
/// What assertions of equality have in their names.
const EQUALITY: [&str; 4] = ["equal", "tobe", "assert_eq", "deeply"];
/// What says that an assertion is of something else.
const OTHERWISE: [&str; 6] = ["not", "assert_ne", "almost", "close", "approx", "raise"];

/// That a call of nothing but literals gives something.
struct Claim<'t> {
    /// What stands before its name and a dot.
    receiver: Option<&'t str>,
    name: &'t str,
    /// The name and what follows in brackets.
    call: Vec<Lexeme<'t>>,
    call_text: &'t str,
    value: Vec<Lexeme<'t>>,
    value_text: &'t str,
}

/// The first place in `documents` that says otherwise than one of the `red` tests does: a line of a text, or of the comments
/// in code. Calls are compared as they are written, and only those of functions: objects may have changed before.
pub fn contradiction(
    red: &[TestCase],
    tests: &[&Source],
    documents: &[&Source],
) -> Option<Contradiction> {
    let is_red = |test: &Source| red.iter().flat_map(places).any(|place| place.path == test.path);
    let tests = tests.iter().filter(|test| is_red(test));
    let trees: Vec<(&Source, Tree<'_>)> =
        tests.filter_map(|test| Some((*test, test.parsed()?))).collect();
    let wanted: Vec<Claim<'_>> = trees
        .iter()
        .flat_map(|(test, tree)| {
            let here = red.iter().flat_map(places).filter(|place| place.path == test.path);
            here.filter_map(|place| wanted(tree, place.line))
        })
        .collect();
    documents.iter().find_map(|document| {
        let is_named = |claim: &&Claim<'_>| document.text.contains(claim.name);
        let wanted: Vec<&Claim<'_>> = wanted.iter().filter(is_named).collect();
        if wanted.is_empty() { None } else { contradicted(document, &wanted) }
    })
}

fn places(case: &TestCase) -> impl Iterator<Item = &Place> {
    case.at.iter().chain(&case.frames)
}

/// What the innermost statement in a line that asserts something wants.
fn wanted<'t>(tree: &'t Tree<'t>, line: u32) -> Option<Claim<'t>> {
    let is_here = |node: &Node<'_>| {
        (node.line()..=node.last_line()).contains(&line)
            && node.parent().is_some_and(|parent| parent.role() == Role::Block)
    };
    let statements: Vec<Node<'_>> = tree.nodes().filter(is_here).collect();
    let claim = statements.into_iter().rev().find_map(|statement| asserted(head(statement)));
    claim.filter(|claim| claim.receiver.is_none_or(|name| is_imported(tree.text, name)))
}

/// A statement without the statements in it.
fn head(statement: Node<'_>) -> &str {
    let block = statement.descendants().find(|node| node.role() == Role::Block);
    let end = block.map_or(statement.range().end, |block| block.range().start);
    &statement.tree.text[statement.range().start..end]
}

/// Whether a text gets a name from elsewhere, so that it may be that of a module or a class.
fn is_imported(text: &str, name: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        let begins = ["import ", "from ", "use ", "\""].iter().any(|start| line.starts_with(start));
        (begins || line.contains("require(")) && line.contains(name)
    })
}

/// What a text that asserts equality says of the first call in it that has a literal beside it.
fn asserted(text: &str) -> Option<Claim<'_>> {
    let all = lexemes(text);
    let names = all.iter().filter_map(|it| match it.token {
        Token::Word(word) => Some(word.to_lowercase()),
        _ => None,
    });
    let names: Vec<String> = names.collect();
    let has = |parts: &[&str]| names.iter().any(|name| parts.iter().any(|it| name.contains(it)));
    // Go tests for what must not be.
    let compares = |it: &Lexeme<'_>| matches!(it.token, Token::Sign("==" | "===" | "!="));
    let is_negated = |it: &Lexeme<'_>| matches!(it.token, Token::Sign("!=" | "!=="));
    let is_go = all.iter().any(|it| it.token == Token::Sign(":="));
    if has(&OTHERWISE) || !is_go && all.iter().any(is_negated) {
        return None;
    }
    if !has(&EQUALITY) && !all.iter().any(compares) {
        return None;
    }
    calls(&all).find_map(|call| {
        let before = literals(&all[..call.start]).pop().filter(|literal| {
            let between = all[literal.end..call.start].iter().map(|it| it.token);
            between.clone().eq([Token::Sign(",")]) || between.eq([Token::Sign("==")])
        });
        let after = || literals(&all[call.end..]).into_iter().next();
        let after = || after().map(|it| it.start + call.end..it.end + call.end);
        claim(text, &all, call.clone(), before.or_else(after)?)
    })
}

/// What a line that tells it says of the first call in it: `f(2) => 4`, `f(2) is 4`.
fn told(text: &str) -> Option<Claim<'_>> {
    let all = lexemes(text);
    calls(&all).find_map(|call| {
        let gives = |it: &&Lexeme<'_>| match it.token {
            Token::Word(text) | Token::Sign(text) => GIVES.contains(&text),
            _ => false,
        };
        let n_between = all[call.end..].iter().take_while(gives).count();
        let start = call.end + n_between;
        let value = start..start + literal(&all[start..])?;
        let rest = &text[all[value.end - 1].range.end..];
        let ends = rest.trim().is_empty() || rest.starts_with(['`', '.', ',', ';', ')']);
        (n_between > 0 && ends).then(|| claim(text, &all, call, value))?
    })
}

/// What `>>> f(2)` over `4` says.
fn shown<'t>(line: &'t str, next: &'t str) -> Option<Claim<'t>> {
    let (_, input) = line.split_once(">>> ")?;
    let (all, output) = (lexemes(input), lexemes(next));
    let call = calls(&all).next().filter(|call| *call == (0..all.len()))?;
    literal(&output).filter(|n| *n == output.len())?;
    let whole = 0..call.end;
    let claim = claim(input, &all, call, whole)?;
    Some(Claim { value: output, value_text: next.trim(), ..claim })
}

/// The claim that a call gives a value, both of which are in `all`; `None` where more is asked than a name.
fn claim<'t>(
    text: &'t str,
    all: &[Lexeme<'t>],
    call: Range<usize>,
    value: Range<usize>,
) -> Option<Claim<'t>> {
    let Token::Word(name) = all[call.start].token else { return None };
    let before = |n: usize| call.start.checked_sub(n).map(|at| all[at].token);
    let receiver = match (before(1), before(2), before(3)) {
        (Some(Token::Sign(".")), _, Some(Token::Sign("."))) => return None,
        (Some(Token::Sign(".")), Some(Token::Word(receiver)), _) => Some(receiver),
        (Some(Token::Sign(".")), ..) => return None,
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
        let is_word = matches!(all[at].token, Token::Word(_));
        let n = bracketed(all.get(at + 1..)?).filter(|n| is_word && *n > 2)?;
        (all[at + 1].token == Token::Sign("(")).then_some(at..at + 1 + n)
    })
}

/// Literals that are in no other; what a name has in brackets behind it is none.
fn literals(all: &[Lexeme<'_>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let is_named = at > 0 && matches!(all[at - 1].token, Token::Word(_));
        let n = literal(&all[at..]).filter(|_| !is_named || all[at].token != Token::Sign("("));
        found.extend(n.map(|n| at..at + n));
        at += n.unwrap_or(1);
    }
    found
}

fn contradicted(document: &Source, wanted: &[&Claim<'_>]) -> Option<Contradiction> {
    passages(document).into_iter().find_map(|(first_line, passage)| {
        let lines: Vec<&str> = passage.lines().collect();
        (0..lines.len()).find_map(|at| {
            let next = lines.get(at + 1).copied().unwrap_or_default();
            let line = lines[at];
            let said = shown(line, next).or_else(|| told(line)).or_else(|| asserted(line))?;
            let other = wanted.iter().find(|it| is_other(it, &said))?;
            Some(Contradiction {
                place: Place { path: document.path.clone(), line: first_line + at as u32 },
                call: said.call_text.to_owned(),
                documented: said.value_text.to_owned(),
                wanted: other.value_text.to_owned(),
            })
        })
    })
}

/// Whether a document says something else of the call of a test.
fn is_other(wanted: &Claim<'_>, said: &Claim<'_>) -> bool {
    is_same(&wanted.call, &said.call)
        && said.receiver.is_none_or(|receiver| wanted.receiver == Some(receiver))
        && !is_same(&wanted.value, &said.value)
}

/// What a document says to people, each part with its first line: all of a text, the comments in code.
fn passages(document: &Source) -> Vec<(u32, String)> {
    let Some(language) = language::of(&document.path) else {
        return vec![(1, document.text.to_string())];
    };
    let Some(tree) = Tree::parse(language, &document.text) else { return Vec::new() };
    let comments = tree.nodes().filter(|node| node.is_comment());
    let text = |node: Node<'_>| (node.line(), node.text().to_owned());
    comments.map(text).collect()
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
        let found = contradiction(&red, &[&test], &[&document]);
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
}
