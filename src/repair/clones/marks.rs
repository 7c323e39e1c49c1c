//! Go sources that tell which lines run: a call before every statement. Unlike Go's own coverage it also tells of tests
//! that panic or never end.

use tree_sitter::Node;

use super::parse;
use super::registry::{package, registry_path};
use crate::base::path::RepoPath;
use crate::base::text::edit::{self, Edit};
use crate::repair::Source;
use crate::repair::schema::COVERAGE_VARIABLE;

/// The files of a package that tell, with one more that writes.
pub type Marked = Vec<(RepoPath, String)>;

/// The files of one package (`sources`: those in one folder) that add `path<TAB>line,line` to the file named by
/// [`COVERAGE_VARIABLE`] for every statement, when it runs first. Tests are left alone.
pub fn mark(sources: &[&Source]) -> Marked {
    let (mut lines, mut files, mut registry) = (Vec::new(), Vec::new(), None);
    for source in sources.iter().filter(|source| !source.is_test) {
        let Some(tree) = parse(&source.text).filter(|tree| !tree.root_node().has_error()) else {
            continue;
        };
        let mut edits = Vec::new();
        sites(tree.root_node(), &mut |statement| {
            let at = statement.start_byte();
            edits.push(Edit::new(at..at, format!("greenloopMark({}); ", lines.len())));
            lines.push(format!("{}\\t{}", source.path, own_lines(statement)));
        });
        if let Some(text) = edit::apply(&source.text, &edits) {
            registry = registry
                .or_else(|| Some((registry_path(&source.path)?, package(&source.text, &tree))));
            files.push((source.path.clone(), text));
        }
    }
    files.extend(registry.map(|(path, package)| (path, writer(&package, &lines))));
    files
}

/// Every statement of every function, in order.
fn sites(node: Node<'_>, each: &mut dyn FnMut(Node<'_>)) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        let is_statement = node.kind() == "statement_list" && child.kind() != "comment";
        if is_statement && child.kind() != "empty_statement" {
            each(child);
        }
        sites(child, each);
    }
}

/// The lines of a statement, counted from 1, that are not in statements inside it.
fn own_lines(statement: Node<'_>) -> String {
    let mut inside = Vec::new();
    lists(statement, &mut inside);
    let rows = statement.start_position().row..=statement.end_position().row;
    let own = rows.filter(|row| {
        *row == statement.start_position().row
            || !inside.iter().any(|(first, last)| first <= row && row <= last)
    });
    own.map(|row| (row + 1).to_string()).collect::<Vec<_>>().join(",")
}

fn lists(node: Node<'_>, found: &mut Vec<(usize, usize)>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if child.kind() == "statement_list" {
            // The grammar counts the line break behind a list to it.
            let mut cursor = child.walk();
            let last = child.named_children(&mut cursor).last().unwrap_or(child);
            found.push((child.start_position().row, last.end_position().row));
        } else {
            lists(child, found);
        }
    }
}

fn writer(package: &str, lines: &[String]) -> String {
    let quoted: String = lines.iter().map(|line| format!("\t\"{line}\",\n")).collect();
    format!(
        "package {package}

import greenloopOs \"os\"

var greenloopLines = [...]string{{
{quoted}}}

var greenloopSeen [{n}]bool

func greenloopMark(site int) {{
	if greenloopSeen[site] {{
		return
	}}
	greenloopSeen[site] = true
	path := greenloopOs.Getenv(\"{COVERAGE_VARIABLE}\")
	file, err := greenloopOs.OpenFile(path, greenloopOs.O_APPEND|greenloopOs.O_CREATE|greenloopOs.O_WRONLY, 0600)
	if path == \"\" || err != nil {{
		return
	}}
	_, _ = file.WriteString(greenloopLines[site] + \"\\n\")
	_ = file.Close()
}}
",
        n = lines.len()
    )
}
