//! Suspicion where coverage cannot see: all lines of a statement, a function's head, what cases are compared with, constants
//! that its body uses.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::language::Role;
use super::methods::type_of;
use super::statement::body;
use super::syntax::{Node, Tree};

/// What a function's head keeps of its body's suspicion: defaults and bounds are seldom at fault.
const HEAD: f64 = 0.5;
/// What a case keeps of the suspicion of its switch: it may have been compared with, though it was not taken.
const CASE: f64 = 0.5;
/// What functions of errors keep of theirs: they run because something failed before.
const ERROR: f64 = 0.3;
/// What a constant keeps of the suspicion of the lines that use it.
const CONSTANT: f64 = 0.5;
/// So many lines of a table are together as suspicious as one of them alone would be.
const TABLE_LINES: u32 = 16;

/// The suspicion of each line, by its number, from that of the lines that were measured.
pub fn spread(tree: &Tree<'_>, measured: &BTreeMap<u32, f64>) -> Vec<f64> {
    let mut lines = vec![0.0; tree.lines.n_lines() as usize + 2];
    for (line, score) in measured {
        if let Some(known) = lines.get_mut(*line as usize) {
            *known = *score;
        }
    }
    for function in tree.nodes().filter(|node| is_of_error(*node)) {
        lower(&mut lines, function.line()..function.last_line() + 1, ERROR);
    }
    for node in tree.nodes().filter(|node| is_spread(*node)) {
        let head = head(node);
        let score = highest(&lines, head.clone());
        raise(&mut lines, head, score);
    }
    for (case, switch) in tree.nodes().filter_map(|node| Some((node, switch_of(node)?))) {
        let score = CASE * highest(&lines, switch.line()..switch.line() + 1);
        raise(&mut lines, case.line()..case.line() + 1, score);
    }
    for function in tree.nodes().filter(|node| node.role() == Role::Function) {
        let whole = function.line()..function.last_line() + 1;
        let score = HEAD * highest(&lines, whole);
        raise(&mut lines, head(function), score);
    }
    for (constant, score) in constants(tree, &lines) {
        raise(&mut lines, constant.line()..constant.last_line() + 1, CONSTANT * score);
    }
    for table in tables(tree) {
        let table = table.line()..table.last_line() + 1;
        let share = f64::from(TABLE_LINES) / table.len() as f64;
        // What more is known of, as where a stack names it, stays.
        let usual = measured.range(table.clone()).map(|(_, score)| *score);
        let usual = usual.fold(f64::INFINITY, f64::min);
        let is_known = |line: &u32| measured.get(line).is_some_and(|score| *score > usual);
        for line in table.filter(|line| !is_known(line)) {
            lower(&mut lines, line..line + 1, share);
        }
    }
    lines
}

/// Lists and maps of so many lines that each of them is seldom at fault: whatever uses one makes all of it suspicious.
fn tables<'t>(tree: &'t Tree<'t>) -> impl Iterator<Item = Node<'t>> {
    let mut end = 0;
    let is_table = |node: &Node<'_>| {
        node.is(&[Role::List, Role::Map, Role::Tuple])
            && node.last_line() - node.line() >= TABLE_LINES
            && node.descendants().all(|part| part.role() != Role::Function)
    };
    let outermost = move |node: &Node<'_>| {
        let is_outer = node.range().start >= end && is_table(node);
        end = if is_outer { node.range().end } else { end };
        is_outer
    };
    tree.nodes().filter(outermost)
}

fn is_spread(node: Node<'_>) -> bool {
    let is_statement = node.parent().is_some_and(|parent| parent.role() == Role::Block);
    is_statement && node.is_named() && !node.is(&[Role::Function, Role::Class])
}

/// Whether a node is a method of an error.
fn is_of_error(node: Node<'_>) -> bool {
    let is_error = |name: &str| name.ends_with("Error") || name.ends_with("Exception");
    node.role() == Role::Function && type_of(node).is_some_and(is_error)
}

/// What a node is a case of.
fn switch_of(node: Node<'_>) -> Option<Node<'_>> {
    let switch = node.parent()?.parent().filter(|_| node.is_named());
    switch.filter(|switch| switch.role() == Role::Switch || node.role() == Role::Arm)
}

/// The lines of a statement up to its block, if it has one.
fn head(node: Node<'_>) -> Range<u32> {
    let block = body(node).or_else(|| node.descendants().find(|part| part.role() == Role::Block));
    let end = block.map_or(node.last_line() + 1, |block| block.line().max(node.line() + 1));
    node.line()..end
}

fn highest(lines: &[f64], range: Range<u32>) -> f64 {
    lines.iter().take(range.end as usize).skip(range.start as usize).copied().fold(0.0, f64::max)
}

fn raise(lines: &mut [f64], range: Range<u32>, score: f64) {
    for line in lines.iter_mut().take(range.end as usize).skip(range.start as usize) {
        *line = line.max(score);
    }
}

fn lower(lines: &mut [f64], range: Range<u32>, share: f64) {
    for line in lines.iter_mut().take(range.end as usize).skip(range.start as usize) {
        *line *= share;
    }
}

/// Assignments outside functions, each with the highest suspicion of the lines that name what they assign.
fn constants<'t>(tree: &'t Tree<'t>, lines: &[f64]) -> Vec<(Node<'t>, f64)> {
    let outside = |node: &Node<'t>| {
        node.role() == Role::Assign && !node.is_frozen() && node.function().is_none()
    };
    let assigned: Vec<(Node<'t>, &str)> = tree
        .nodes()
        .filter(outside)
        .filter_map(|node| Some((node, node.part(&["left", "name"])?.text())))
        .collect();
    let known: BTreeSet<&str> = assigned.iter().map(|(_, name)| *name).collect();
    let mut uses: BTreeMap<&str, f64> = BTreeMap::new();
    for node in
        tree.nodes().filter(|node| node.is(&[Role::Name, Role::Field]) && node.function().is_some())
    {
        if known.contains(node.text()) {
            let score = lines.get(node.line() as usize).copied().unwrap_or(0.0);
            let highest = uses.entry(node.text()).or_default();
            *highest = highest.max(score);
        }
    }
    assigned.into_iter().filter_map(|(node, name)| Some((node, *uses.get(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::language::go::GO;
    use crate::repair::language::javascript::JAVASCRIPT;
    use crate::repair::language::python::PYTHON;
    use crate::repair::language::rust::RUST;

    #[test]
    fn suspicion_reaches_what_coverage_leaves_out() {
        let text = "LIMIT = 3\nOTHER = 4\n\ndef f(a=1,\n      b=2):\n    x = g(\n        a)\n    return LIMIT\n";
        let tree = Tree::parse(&PYTHON, text).unwrap();
        let lines = spread(&tree, &BTreeMap::from([(6, 0.4), (8, 1.0)]));
        assert_eq!(lines[1..=8], [0.5, 0.0, 0.0, 0.5, 0.5, 0.4, 0.4, 1.0]);
    }

    #[test]
    fn what_tells_of_an_error_is_suspected_less() {
        let check = |language, text: &str| {
            let tree = Tree::parse(language, text).unwrap();
            let all = spread(&tree, &(1..=6).map(|line| (line, 1.0)).collect());
            (1..=6).filter(|line| all[*line] < 1.0).map(|line| line.to_string()).collect::<String>()
        };
        let python = "class LateError(E):\n    def __str__(self):\n        return self.text\n\ndef f(a):\n    return a\n";
        assert_eq!(check(&PYTHON, python), "23");
        let go =
            "package p\nfunc (e *LateError) Error() string {\n\treturn e.text\n}\nfunc f() {\n}\n";
        assert_eq!(check(&GO, go), "234");
        let rust = "impl Display for Error {\n    fn fmt(&self) {\n        f.write(\"late\")\n    }\n}\nfn f() {}\n";
        assert_eq!(check(&RUST, rust), "234");
        let javascript =
            "class LateError extends Error {\n  constructor(a) {\n    super(a);\n  }\n}\nf();\n";
        assert_eq!(check(&JAVASCRIPT, javascript), "234");
    }

    #[test]
    fn the_lines_of_a_table_share_its_suspicion() {
        let rows = "    (1, [2]),\n".repeat(30);
        let text = format!("TABLE = [\n{rows}]\nSHORT = [\n    1,\n]\n");
        let tree = Tree::parse(&PYTHON, &text).unwrap();
        let lines = spread(&tree, &(1..=35).map(|line| (line, 1.0)).collect());
        assert_eq!([lines[1], lines[20], lines[33], lines[34]], [0.5, 0.5, 1.0, 1.0]);
        let named = (1..=35).map(|line| (line, if line == 20 { 0.8 } else { 0.6 })).collect();
        let lines = spread(&tree, &named);
        assert_eq!([lines[19], lines[20]], [0.4, 0.8]);
        let methods = "  a() {\n    f();\n  },\n".repeat(10);
        let methods = format!("const all = {{\n{methods}}};\n");
        let tree = Tree::parse(&JAVASCRIPT, &methods).unwrap();
        assert!(tables(&tree).next().is_none());
    }

    #[test]
    fn what_a_switch_compares_with_is_suspected_with_it() {
        let text = "function f(x) {\n  switch (x) {\n    case \"a\":\n      return 1;\n    default:\n      return 2;\n  }\n}\n";
        let tree = Tree::parse(&JAVASCRIPT, text).unwrap();
        let lines = spread(&tree, &BTreeMap::from([(2, 1.0), (6, 0.8)]));
        assert_eq!(lines[1..=7], [0.5, 1.0, 0.5, 0.0, 0.5, 0.8, 0.0]);
        let text = "fn f(x: u8) -> u8 {\n    match x {\n        1 => {\n            2\n        }\n        3 => 4,\n        _ => 5,\n    }\n}\n";
        let tree = Tree::parse(&RUST, text).unwrap();
        let lines = spread(&tree, &BTreeMap::from([(2, 1.0), (7, 0.8)]));
        assert_eq!(lines[2..=8], [1.0, 0.5, 0.0, 0.0, 0.5, 0.8, 0.0]);
    }
}
