//! Schemas against the real compiler: what they build to does what the edits alone would.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::*;

/// Code in the shapes that make schemas hard.
const CORPUS: &str = r##"
#![deny(warnings)]
pub struct Stack<T> { items: Vec<T> }
impl<T: Clone + PartialOrd> Stack<T> {
    pub fn new() -> Self { Stack { items: Vec::new() } }
    pub fn push(&mut self, item: T) -> &mut Self { self.items.push(item); self }
    /// The largest.
    pub fn largest(&self) -> Option<T> {
        let mut best = self.items.first()?.clone();
        for item in self.items.iter().skip(1) {
            if *item > best { best = item.clone(); }
        }
        Some(best)
    }
}
pub trait Area { fn sides(&self) -> (u32, u32); fn area(&self) -> u32 { let (a, b) = self.sides(); a * b } }
pub struct Square(pub u32);
impl Area for Square { fn sides(&self) -> (u32, u32) { (self.0, self.0 + 0) } }
pub fn evens(up_to: u32) -> impl Iterator<Item = u32> { (0..up_to).filter(|n| n % 2 == 0) }
pub fn grade(points: u32) -> &'static str {
    #![allow(clippy::needless_return)]
    match points {
        0..=49 => "fail",
        n if n < 90 => "pass",
        _ => { return "best"; }
    }
}
pub fn parse(text: &str) -> Result<Vec<i64>, String> {
    let mut sum = 0i64; // running
    let parts: Vec<i64> = text.split(',').map(|part| part.trim().parse::<i64>().map_err(|e| e.to_string())).collect::<Result<_, _>>()?;
    let Some(first) = parts.first() else { return Err("é".into()) };
    'outer: loop {
        for part in &parts { sum += part; if sum > 100 { break 'outer; } }
        break;
    }
    let parity = if sum % 2 == 0 { 0 } else { 1 };
    while sum > 10 + parity { sum -= 10; if sum < -50 { break; } }
    Ok(vec![*first, sum, [0; 1 + 1].len() as i64])
}
pub fn nested(n: u64) -> u64 {
    const BASE: u64 = 2 + 1;
    fn twice(n: u64) -> u64 { n * 2 }
    const fn thrice(n: u64) -> u64 { n * 3 }
    unsafe { twice(n) + thrice(std::hint::black_box(n)).unchecked_add(BASE) }
}
pub const fn fixed(n: u32) -> u32 { n + 7 }
macro_rules! double { ($e:expr) => { $e * 2 } }
pub fn doubled(n: u32) -> u32 { double!(n + 1) }

#[test]
fn all() {
    let mut stack = Stack::new();
    stack.push(3).push(9).push(4);
    assert_eq!(stack.largest(), Some(9));
    assert_eq!(Square(3).area(), 9);
    assert_eq!(evens(7).collect::<Vec<_>>(), [0, 2, 4, 6]);
    assert_eq!([grade(49), grade(50), grade(90)], ["fail", "pass", "best"]);
    assert_eq!(parse("1, 2"), Ok(vec![1, 3, 2]));
    assert_eq!(parse("90, 20"), Ok(vec![90, 10, 2]));
    assert!(parse("x").is_err());
    assert_eq!(nested(2), 13);
    assert_eq!(doubled(fixed(0)), 16);
}
"##;

/// Replaces each ` + `, ` - `, ` * `, ` > `, ` < `, ` == ` in the part before the tests.
fn operator_pieces(text: &str, span: Span) -> Vec<Piece> {
    let end = text.find("#[test]").unwrap();
    let swaps =
        [(" + ", " - "), (" * ", " + "), (" > ", " <= "), (" < ", " >= "), (" == ", " != ")];
    let at = |(old, new): (&str, &'static str)| -> Vec<Piece> {
        let places = text[..end].match_indices(old);
        places
            .map(|(at, _)| Piece { edits: vec![Edit::new(at..at + old.len(), new)], span })
            .collect()
    };
    swaps.into_iter().flat_map(at).collect()
}

fn compile(folder: &Path, text: &str) -> String {
    std::fs::write(folder.join("a.rs"), text).unwrap();
    let rustc = Command::new("rustc")
        .current_dir(folder)
        .args(["--test", "--edition=2024", "a.rs"])
        .output();
    String::from_utf8(rustc.unwrap().stderr).unwrap()
}

fn passes(folder: &Path, variable: &str, value: &str) -> bool {
    Command::new(folder.join("a")).env(variable, value).output().unwrap().status.success()
}

#[test]
fn a_schema_builds_and_does_what_the_original_and_each_edit_would() {
    let folder = tempfile::tempdir().unwrap();
    for span in [Span::Smallest, Span::Statement, Span::Function] {
        let mut pieces = operator_pieces(CORPUS, span);
        // Two closures never have one type, so that these edits only fit into the closure's own body.
        let closure = CORPUS.find("n % 2").unwrap();
        pieces.retain(|piece| span == Span::Smallest || piece.edits[0].start.abs_diff(closure) > 9);
        let schema = build(CORPUS, &pieces, 5);
        assert_eq!(compile(folder.path(), &schema.text), "", "{}", schema.text);
        assert!(passes(folder.path(), ARMS_VARIABLE, ""));
        let arms = pieces.iter().zip(&schema.places);
        let arms: Vec<_> = arms.filter_map(|(piece, place)| Some((piece, place.arm()?))).collect();
        assert!(arms.len() >= 15, "{}", arms.len());
        // Each edit costs a run of the compiler; a third of them covers every shape between the two spans.
        for (piece, Arm { unit, arm, .. }) in arms.iter().skip(span as usize).step_by(3) {
            let alone = edit::apply(CORPUS, &piece.edits).unwrap();
            let other = tempfile::tempdir().unwrap();
            assert_eq!(compile(other.path(), &alone), "");
            let expected = passes(other.path(), ARMS_VARIABLE, "");
            let arms = format!("{unit}={arm}");
            assert_eq!(passes(folder.path(), ARMS_VARIABLE, &arms), expected, "{:?}", piece.edits);
        }
    }
}

fn piece(text: &str, old: &str, new: &str) -> Piece {
    let at = text.find(old).unwrap();
    Piece { edits: vec![Edit::new(at..at + old.len(), new)], span: Span::Smallest }
}

#[test]
fn what_an_arm_repeats_is_as_small_as_it_can_be() {
    let text = "fn f(a: u32) -> u32 {\n    if a < 3 {\n        return a;\n    }\n    let b = a + 1;\n    b\n}\n";
    let pieces =
        [piece(text, "<", "<="), piece(text, "return a", "return 0"), piece(text, "+", "-")];
    let schema = build(text, &pieces, 1);
    let without_selector: Vec<&str> =
        schema.text.lines().filter(|line| !line.starts_with("fn greenloop_arm")).collect();
    insta::assert_snapshot!(without_selector.join("\n"), @r"
    #[allow(warnings)]
    fn f(a: u32) -> u32 {

        if { let greenloop_value: bool; match greenloop_arm(1) { 0 => { greenloop_value = {
    a < 3
    }; }
    1 => { greenloop_value = {
    a <= 3
    }; }
    _ => loop {} } greenloop_value } {
            match greenloop_arm(2) { 0 => { {
    return a;
    } }
    1 => { {
    return { let greenloop_value: u32 = 0; greenloop_value };
    } }
    _ => loop {} }
        }
        let b = { let greenloop_value; match greenloop_arm(3) { 0 => { greenloop_value = {
    a + 1
    }; }
    1 => { greenloop_value = {
    a - 1
    }; }
    _ => loop {} } greenloop_value };
        b
    }
    ");
    assert_eq!(schema.next_unit, 4);
}

#[test]
fn errors_are_blamed_on_the_innermost_place() {
    let text = "fn f(a: u32) -> u32 {\n    a + 1\n}\nfn g() {}\n";
    let schema = build(text, &[piece(text, "+", "-"), piece(text, "1", "2")], 1);
    let line = |part: &str| {
        schema.text[..schema.text.find(part).unwrap()].matches('\n').count() as u32 + 1
    };
    assert_eq!(schema.blame(line("a - 1")), Blame::Arm(0));
    assert_eq!(schema.blame(line("a + 2")), Blame::Arm(1));
    assert_eq!(schema.blame(line("a + 1")), Blame::Around(vec![0, 1]));
    assert_eq!(schema.blame(line("fn f")), Blame::Around(vec![0, 1]));
    assert_eq!(schema.blame(line("fn g()")), Blame::Nobody);
}

#[test]
fn edits_that_no_arm_can_hold_are_told_apart() {
    let place = |old, new| build(CORPUS, &[piece(CORPUS, old, new)], 0).places[0];
    assert_eq!(place("n + 7", "n + 8"), Place::OutOfReach, "const fn");
    assert_eq!(place("(points: u32)", "(points: u64)"), Place::OutOfReach, "signature");
    assert_eq!(place("$e * 2", "$e * 3"), Place::OutOfReach, "macro");
    assert_eq!(place("a * b", "a * "), Place::Malformed);
    assert_eq!(place("a * b", "a } fn x() { b"), Place::Malformed);
    assert!(
        place("2 + 1", "2 - 1").arm().is_some(),
        "a constant inside a function goes with its block"
    );
}

#[test]
fn coverage_names_the_lines_that_ran() {
    let folder = tempfile::tempdir().unwrap();
    let text = instrument(CORPUS, "src/a.rs", &BTreeSet::new()).text;
    assert_eq!(compile(folder.path(), &text), "", "{text}");
    let log = folder.path().join("lines");
    assert!(passes(folder.path(), COVERAGE_VARIABLE, log.to_str().unwrap()));
    let log = std::fs::read_to_string(log).unwrap();
    let mut ran: BTreeSet<usize> = BTreeSet::new();
    for line in log.lines() {
        let lines = line.strip_prefix("src/a.rs\t").unwrap().split(',');
        ran.extend(lines.map(|line| line.parse::<usize>().unwrap()));
    }
    let lines: Vec<&str> = CORPUS.lines().collect();
    let line = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap() + 1;
    for part in [
        "if *item > best",
        "n if n < 90",
        "return \"best\"",
        "sum += part",
        "unsafe {",
        "Some(best)",
    ] {
        assert!(ran.contains(&line(part)), "{part}");
    }
    assert!(!ran.contains(&line("n + 7")), "only tests mention this constant function");
    assert!(ran.contains(&line("const BASE")), "who mentions a constant runs it");
    assert!(!ran.contains(&line("assert_eq!(nested")), "nor does a test");
}

#[test]
fn patterns_before_blocks_run_with_their_match() {
    let text = "fn f(a: u32, b: u32) -> u32 {\n    match a {\n        1 if b > 2 => {\n            3\n        }\n        2 if b > 4 => 5,\n        6 => 7,\n        8 => {\n            9\n        }\n        _ => 0,\n    }\n}\n";
    let marked = instrument(text, "a.rs", &BTreeSet::new()).text;
    let lines = marked.split("LINES: [&str; ").nth(1).unwrap();
    let lines = lines.split(" = ").nth(1).unwrap().split(';').next().unwrap();
    insta::assert_snapshot!(lines, @r#"["2,3,5,8,10,12", "4", "6", "7", "9", "11"]"#);
}
