//! Laws that all candidates keep, whatever the source.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tree_sitter::Parser;

use super::syntax::Node;
use super::testing::{all_lines, outcomes, question, source};
use super::*;

const PYTHON: &str = include_str!("corpus/python.txt");
const RUST: &str = include_str!("corpus/rust.txt");

/// The source text of a corpus: what is right and what is not, one after the other.
fn code(corpus: &str) -> String {
    let lines = corpus.lines().filter(|line| line.starts_with(' ') || line.starts_with('-'));
    lines.map(|line| format!("{}\n", &line[1..])).collect()
}

fn n_errors(language: &language::Language, text: &str) -> usize {
    fn below(node: tree_sitter::Node<'_>) -> usize {
        let own = usize::from(node.is_error() || node.is_missing());
        let mut cursor = node.walk();
        own + node.children(&mut cursor).map(below).sum::<usize>()
    }
    let mut parser = Parser::new();
    parser.set_language(&(language.grammar)()).unwrap();
    below(parser.parse(text, None).unwrap().root_node())
}

/// The bytes of a source that are test code.
fn test_items(source: &Source) -> Vec<Range<usize>> {
    let language = language::of(&source.path).unwrap();
    let tree = Tree::parse(language, &source.text).unwrap();
    tree.nodes().filter(|node| language.is_test_item(*node)).map(Node::range).collect()
}

/// Asserts every law for the candidates of one source.
fn keep_laws(source: &Source) {
    let language = language::of(&source.path).unwrap();
    let n_before = n_errors(language, &source.text);
    let tests = test_items(source);
    let mut texts = BTreeSet::from([source.text.to_string()]);
    let mut cost = f64::NEG_INFINITY;
    for (at, (made, text)) in
        outcomes(source, &["AssertionError: ValueError not raised", "assert 3 == 4"])
            .into_iter()
            .enumerate()
    {
        let told = format!("{} {}: {}", made.template, made.line, made.what);
        // Parsing takes most of the time.
        if at % 3 == 0 {
            assert!(n_errors(language, &text) <= n_before, "{told} is invalid:\n{text}");
        }
        assert!(made.cost >= cost, "{told} is out of order");
        let touches = |edit: &Edit| {
            tests
                .iter()
                .any(|test| edit.start < test.end && test.start < edit.end.max(edit.start + 1))
        };
        assert!(!made.edits.iter().any(touches), "{told} edits a test");
        if let Some(function) = &made.function {
            assert!(
                made.edits
                    .iter()
                    .all(|edit| function.start <= edit.start && edit.end <= function.end),
                "{told}"
            );
        }
        assert!(texts.insert(text), "{told} is known");
        cost = made.cost;
    }
}

#[test]
fn candidates_of_the_corpus_keep_the_laws() {
    for (path, corpus) in [("a.py", PYTHON), ("a.rs", RUST)] {
        // By functions, since a candidate per line of the whole would be too many.
        for piece in corpus.split("=== ").skip(1) {
            keep_laws(&source(path, &code(piece)));
        }
    }
}

#[test]
fn odd_texts_keep_the_laws() {
    let python = "# é\r\nclass Ä:\r\n\tdef f(self, ä, b=[]):\r\n\t\tif ä: return 1\r\n\t\telse: self.ö = 'ß' ; b = 2\r\n\t\twhile b : b -= 1 # 𝒳\r\n\t\treturn f'{ä}é' [1:]\r\n\r\n\r\ndef broken(:\r\n\treturn 1 +\r\n";
    let rust = "fn f(é: &[u8]) -> u8 {\r\n\tlet s = \"𝒳\"; // é\r\n\tmatch é { [] => 0, [x, ..] if *x > 1 => { g(*x, 2) } _ => vec![1, s.len()][0], }\r\n}\r\nfn broken( { 1 + }\r\n";
    keep_laws(&source("a.py", python));
    keep_laws(&source("a.rs", rust));
    keep_laws(&source("a.py", "def f(a): return a + 1"));
    keep_laws(&source("a.py", "def f(a):\n    if a:\n        b = 1\n    else:"));
    let torn = "        if items[middle] == wanted:\n            return middle\n        if items[middle] < wanted:\n            \
                low = middle + 1\n        else:\n       ";
    keep_laws(&source("a.py", torn));
    keep_laws(&source("a.rs", ""));
}

#[test]
fn test_code_is_never_edited() {
    let items = [
        "#[cfg(test)]\nmod tests {\n    fn helper(a: u8) -> u8 { a + 1 }\n}\n",
        "#[test]\nfn t() { assert!(1 < 2); }\n",
        "/// Doc.\n#[tokio::test]\nasync fn t() { let a = 1; }\n",
        "#[cfg(all(test, unix))]\nimpl A { fn t() -> u8 { 1 } }\n",
        "proptest! {\n    #[test]\n    fn t(a in 0..9) { assert!(a < 9); }\n}\n",
    ];
    for item in items {
        assert_eq!(outcomes(&source("src/a.rs", item), &[]), [], "{item}");
    }
    let kept = "#[cfg(not(test))]\nfn f() -> u8 { 1 }\n";
    assert_ne!(outcomes(&source("src/a.rs", kept), &[]), []);
    assert_eq!(outcomes(&source("src/a.rs", "#![cfg(test)]\nfn f() -> u8 { 1 }\n"), &[]), []);
    assert_eq!(outcomes(&source("a.py", "def test_it():\n    assert 1 < 2\n"), &[]), []);
    assert_eq!(
        outcomes(
            &source(
                "a.py",
                "class A(unittest.TestCase):\n    def helper(self):\n        return 1\n"
            ),
            &[]
        ),
        []
    );
}

#[test]
fn test_files_are_never_edited() {
    assert_eq!(outcomes(&source("tests/a.py", "def f():\n    return 1\n"), &[]), []);
}

#[test]
fn only_suspicious_lines_are_searched_and_no_more_made_than_asked() {
    let code = source("a.py", "def f(a):\n    b = a + 1\n    return b + 2\n");
    let mut suspicion = all_lines(&code);
    suspicion.lines.values_mut().for_each(|lines| lines.retain(|line, _| *line == 3));
    let (sources, cancel) = ([code], CancelToken::new());
    let mut question = question(&sources, &suspicion, &cancel);
    let all = candidates(&question);
    let second = 10..23;
    let changes =
        |edit: &Edit| edit.start < edit.end && edit.start < second.end && second.start < edit.end;
    assert_ne!(all, []);
    assert_eq!(all.iter().find(|made| made.edits.iter().any(changes)), None);
    question.n_max = 7;
    assert_eq!(candidates(&question), all[..7]);
}

#[test]
fn no_more_are_made_once_the_search_is_cancelled() {
    let code = source("a.py", "def f(a):\n    return a + 1\n");
    let suspicion = all_lines(&code);
    let (sources, cancel) = ([code], CancelToken::new());
    let question = question(&sources, &suspicion, &cancel);
    let grounds = Grounds::of(&question);
    let mut made = grounds.candidates(&question);
    assert!(made.next().is_some());
    cancel.cancel();
    assert_eq!(made.next(), None);
    assert!(grounds.drafts(&question, 9).is_empty());
}

#[test]
fn too_large_files_are_left_out() {
    let text = format!("def f():\n    return 1\n#{}", "x".repeat(REPAIR_FILE_BYTES_MAX));
    assert_eq!(outcomes(&source("a.py", &text), &[]), []);
}

#[test]
fn repairs_that_only_answer_the_test_are_offered_last() {
    let code = source("a.py", "def f(a):\n    return a * 10\n");
    let failures = [testing::failure("AssertionError: 30 != 42")];
    let suspicion = all_lines(&code);
    let (sources, cancel) = ([code], CancelToken::new());
    let question = Question { failures: &failures, ..question(&sources, &suspicion, &cancel) };
    let all = candidates(&question);
    let find = |what: &str| all.iter().find(|made| made.what == what).unwrap().clone();
    let (told, plain) = (find("`10` → `42`"), find("`10` → `11`"));
    let ordered = rank::Ranking::new(&question).order(vec![told.clone(), plain.clone()]);
    assert_eq!(ordered, [plain, told]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Any cut through good code, hence code with errors of all kinds.
    #[test]
    fn torn_texts_keep_the_laws(is_rust: bool, start in 0usize..400, len in 0usize..160) {
        let (path, text) = if is_rust { ("a.rs", code(RUST)) } else { ("a.py", code(PYTHON)) };
        let start = text.floor_char_boundary(start * text.len() / 400);
        let end = text.floor_char_boundary((start + len).min(text.len()));
        keep_laws(&source(path, &text[start..end]));
    }
}
