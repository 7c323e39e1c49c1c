//! A Rust source that tells which of its lines ran.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tree_sitter::Node;

use super::units::{inside, is_const, is_tail};
use super::{COVERAGE_VARIABLE, Region, parse};

/// A source whose statements note their lines before they run.
#[derive(Clone, Debug)]
pub struct Instrumented {
    pub text: String,
    /// The functions that were changed, in the numbering `instrument` takes to leave some out.
    functions: Vec<Region>,
}

impl Instrumented {
    /// The changed function that holds a line of the text, counted from 1.
    pub fn function_at(&self, line: u32) -> Option<usize> {
        self.functions
            .iter()
            .find(|region| region.lines.contains(&line))
            .map(|region| region.pieces[0])
    }
}

/// What is instrumented.
#[derive(Clone, Copy)]
struct Source<'t> {
    text: &'t str,
    name: &'t str,
    constants: &'t Constants<'t>,
}

/// Text to put in at a byte of the source; a mark is `Some` with the lines it stands for.
struct Insert {
    at: usize,
    text: &'static str,
    lines: Option<BTreeSet<u32>>,
}

/// Changes every function but those in `left_out` so that each statement, the first time it is reached, appends a
/// line `name<TAB>line,line` (lines counted from 1) to the file that [`COVERAGE_VARIABLE`] names.
pub fn instrument(text: &str, name: &str, left_out: &BTreeSet<usize>) -> Instrumented {
    let Some(tree) = parse(text) else {
        return Instrumented { text: text.into(), functions: Vec::new() };
    };
    let mut functions = Vec::new();
    outermost_functions(text, tree.root_node(), &mut functions);
    let mut constants = Constants::new();
    find_constants(text, tree.root_node(), &mut constants);
    write(Source { text, name, constants: &constants }, &functions, left_out)
}

/// Tests tell nothing of where a fault is.
fn outermost_functions<'t>(text: &str, node: Node<'t>, functions: &mut Vec<Node<'t>>) {
    let mut cursor = node.walk();
    let mut is_test = false;
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "attribute_item" => {
                is_test |= matches!(&text[child.byte_range()], "#[test]" | "#[cfg(test)]");
                continue;
            }
            "function_item" if !is_test => functions.push(child),
            _ if !is_test => outermost_functions(text, child, functions),
            _ => {}
        }
        is_test &= child.is_extra();
    }
}

fn write(source: Source<'_>, functions: &[Node<'_>], left_out: &BTreeSet<usize>) -> Instrumented {
    let text = source.text;
    let mut out = String::with_capacity(text.len() * 3);
    let mut regions = Vec::new();
    let mut done = 0;
    for (number, function) in functions.iter().enumerate() {
        let Some(body) = function.child_by_field_name("body") else { continue };
        if left_out.contains(&number) || is_const(*function) || body.has_error() {
            continue;
        }
        out.push_str(&text[done..function.start_byte()]);
        out.push_str("#[allow(warnings)]\n");
        let first = line_of(&out);
        out.push_str(&text[function.start_byte()..inside(body).start]);
        let mut marks = Marks { text, constants: source.constants, inserts: Vec::new() };
        marks.below(body);
        body_with_marks(source, inside(body), &marks.inserts, &mut out);
        done = inside(body).end;
        regions.push(Region {
            lines: first..line_of(&out) + 1,
            pieces: vec![number],
            is_arm: false,
        });
    }
    out.push_str(&text[done..]);
    Instrumented { text: out, functions: regions }
}

fn line_of(out: &str) -> u32 {
    1 + out.bytes().filter(|byte| *byte == b'\n').count() as u32
}

fn body_with_marks(source: Source<'_>, body: Range<usize>, inserts: &[Insert], out: &mut String) {
    let Source { text, name, .. } = source;
    let marks: Vec<String> =
        inserts.iter().filter_map(|insert| insert.lines.as_ref()).map(listed).collect();
    out.push_str(&marker(name, &marks));
    let mut done = body.start;
    let mut site = 0;
    for insert in inserts {
        out.push_str(&text[done..insert.at]);
        done = insert.at;
        out.push_str(insert.text);
        if insert.lines.is_some() {
            out.push_str(&format!("greenloop_mark({site}); "));
            site += 1;
        }
    }
    out.push_str(&text[done..body.end]);
}

fn listed(lines: &BTreeSet<u32>) -> String {
    lines.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// Lines of what the compiler evaluates, by name: it runs nowhere, so who mentions it is said to run it.
type Constants<'t> = BTreeMap<&'t str, BTreeSet<u32>>;

fn find_constants<'t>(text: &'t str, node: Node<'_>, constants: &mut Constants<'t>) {
    let is_constant = matches!(node.kind(), "const_item" | "static_item")
        || node.kind() == "function_item" && is_const(node);
    if let Some(name) = node.child_by_field_name("name").filter(|_| is_constant) {
        constants.entry(&text[name.byte_range()]).or_default().extend(lines(node));
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        find_constants(text, child, constants);
    }
}

/// Collects what to insert into a function.
struct Marks<'t> {
    text: &'t str,
    constants: &'t Constants<'t>,
    /// In the order of the text.
    inserts: Vec<Insert>,
}

impl Marks<'_> {
    fn below(&mut self, node: Node<'_>) {
        match node.kind() {
            "const_item" | "static_item" | "const_block" | "array_type" | "type_arguments"
            | "macro_definition" | "token_tree" | "mod_item" => return,
            "function_item" if is_const(node) => return,
            _ => {}
        }
        let mut cursor = node.walk();
        let mut attributes = None;
        for child in node.named_children(&mut cursor) {
            if child.kind() == "attribute_item" {
                attributes = attributes.or(Some(child.start_byte()));
                continue;
            }
            let start = attributes.filter(|_| !child.is_extra()).unwrap_or(child.start_byte());
            self.child(node, child, start);
            if !child.is_extra() {
                attributes = None;
            }
        }
    }

    /// `start` is where the child begins with its attributes.
    fn child(&mut self, node: Node<'_>, child: Node<'_>, start: usize) {
        let is_arm = node.kind() == "match_arm" && node.child_by_field_name("value") == Some(child);
        let wraps = is_arm && child.kind() != "block";
        if wraps || node.kind() == "block" && is_step(child) {
            let text = if wraps { "{ " } else { "" };
            let lines = Some(self.own_lines(child));
            self.inserts.push(Insert { at: start, text, lines });
        }
        self.below(child);
        if wraps {
            self.inserts.push(Insert { at: child.end_byte(), text: " }", lines: None });
        }
    }

    /// The lines of a statement, counted from 1, without those of statements inside it, with those of its constants.
    fn own_lines(&self, node: Node<'_>) -> BTreeSet<u32> {
        let mut lines = lines(node);
        drop_inner(node, &mut lines);
        lines.insert(node.start_position().row as u32 + 1);
        self.mentioned(node, &mut lines);
        lines
    }

    fn mentioned(&self, node: Node<'_>, lines: &mut BTreeSet<u32>) {
        if node.kind() == "identifier" {
            lines.extend(self.constants.get(&self.text[node.byte_range()]).into_iter().flatten());
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor).filter(|child| child.kind() != "block") {
            self.mentioned(child, lines);
        }
    }
}

/// Whether a node of a block is something that runs.
fn is_step(node: Node<'_>) -> bool {
    matches!(node.kind(), "let_declaration" | "expression_statement") || is_tail(node)
}

fn drop_inner(node: Node<'_>, lines_left: &mut BTreeSet<u32>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        let is_value =
            node.kind() == "match_arm" && node.child_by_field_name("value") == Some(child);
        // The statements of a block are dropped, and what stands before it is not.
        if node.kind() == "block" || is_value && child.kind() != "block" {
            let first = child.start_position().row as u32 + 1;
            lines_left.retain(|line| !(first..=child.end_position().row as u32 + 1).contains(line));
        } else {
            drop_inner(child, lines_left);
        }
    }
}

fn lines(node: Node<'_>) -> BTreeSet<u32> {
    (node.start_position().row as u32 + 1..=node.end_position().row as u32 + 1).collect()
}

/// The function that notes a site. It keeps to the standard library and stands inside each function, because no path
/// reaches a common one from every module and edition.
fn marker(name: &str, lines: &[String]) -> String {
    let n = lines.len();
    format!(
        "\nfn greenloop_mark(site: usize) {{ \
         extern crate std as greenloop_std; use greenloop_std::sync::atomic::{{AtomicBool, Ordering}}; \
         use greenloop_std::io::Write as _; \
         static SEEN: [AtomicBool; {n}] = [const {{ AtomicBool::new(false) }}; {n}]; \
         static LINES: [&str; {n}] = {lines:?}; \
         if SEEN[site].load(Ordering::Relaxed) || SEEN[site].swap(true, Ordering::Relaxed) {{ return; }} \
         if let ::core::option::Option::Some(path) = greenloop_std::env::var_os(\"{COVERAGE_VARIABLE}\") {{ \
         let file = greenloop_std::fs::OpenOptions::new().create(true).append(true).open(path); \
         if let ::core::result::Result::Ok(mut file) = file {{ \
         let line = greenloop_std::format!(\"{{}}\\t{{}}\\n\", {name:?}, LINES[site]); \
         let _ = file.write_all(line.as_bytes()); }} }} }}\n"
    )
}
