//! A Rust file as far as the rules care: what it imports, its functions, where its tests begin.

use std::fs;
use std::path::{Path, PathBuf};

use tree_sitter::{Node, Parser};

/// A file of this repository. Its inline test modules are left out of everything but `text`.
#[derive(Default)]
pub struct Source {
    /// From the top of the repository, with `/`.
    pub path: String,
    pub text: String,
    /// Every path in `use` declarations, types, expressions, attributes and macro calls.
    pub imports: Vec<Import>,
    pub functions: Vec<Function>,
    /// Lines that are not tests.
    pub n_lines: usize,
}

pub struct Import {
    /// Counted from 1.
    pub line: usize,
    /// Written out from the top: `crate::io::store::Store`, `std::fs`.
    pub path: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// Counted from 1.
    pub line: usize,
    /// From the line with `fn` to the closing brace.
    pub n_lines: usize,
}

impl Source {
    pub fn parse(path: &str, text: &str) -> Source {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_rust::LANGUAGE.into()).unwrap();
        let tree = parser.parse(text, None).unwrap();
        let n_lines = text.lines().count();
        let source =
            Source { path: path.to_owned(), text: text.to_owned(), n_lines, ..Source::default() };
        let module = source.module();
        let mut reader = Reader { text, source, module };
        reader.read_children(tree.root_node());
        reader.source
    }

    /// The module the file holds, from `crate` on; `main` and `lib` stand for themselves.
    pub fn module(&self) -> Vec<String> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        ["crate"].into_iter().chain(inner.split('/')).map(str::to_owned).collect()
    }

    /// Whether all of the file is tests.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
    }
}

/// All Rust files below folders of the repository, sorted by path.
pub fn sources(repository: &Path, folders: &[&str]) -> Vec<Source> {
    let mut files = Vec::new();
    folders.iter().for_each(|folder| files_below(&repository.join(folder), &mut files));
    files.retain(|file| file.extension().is_some_and(|ending| ending == "rs"));
    files.sort();
    let read = |file: &PathBuf| {
        let path = file.strip_prefix(repository).unwrap().to_str().unwrap().replace('\\', "/");
        Source::parse(&path, &fs::read_to_string(file).unwrap())
    };
    files.iter().map(read).collect()
}

/// Every file below a folder; none when there is no such folder.
pub fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for child in fs::read_dir(folder).into_iter().flatten() {
        let path = child.unwrap().path();
        if path.is_dir() {
            files_below(&path, files);
        } else {
            files.push(path);
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    source: Source,
    /// Where `self` is.
    module: Vec<String>,
}

impl<'t> Reader<'t> {
    fn read_children(&mut self, node: Node<'_>) {
        let mut is_test = false;
        for child in node.named_children(&mut node.walk()) {
            match child.kind() {
                "attribute_item" => {
                    let text = self.text(child);
                    is_test |= text.starts_with("#[cfg(") && text.contains("test");
                    self.read(child);
                }
                "line_comment" | "block_comment" => {}
                _ if is_test => {
                    self.source.n_lines -=
                        child.end_position().row - child.start_position().row + 1;
                    is_test = false;
                }
                _ => self.read(child),
            }
        }
    }

    fn read(&mut self, node: Node<'_>) {
        match node.kind() {
            "use_declaration" => self.read_use(node.child_by_field_name("argument").unwrap(), ""),
            "scoped_identifier" | "scoped_type_identifier" => self.import(node, self.text(node)),
            "token_tree" => self.read_tokens(node),
            "mod_item" => {
                self.module.push(self.name(node));
                self.read_children(node);
                self.module.pop();
            }
            "function_item" => {
                let line = node.start_position().row + 1;
                let n_lines = node.end_position().row - node.start_position().row + 1;
                self.source.functions.push(Function { name: self.name(node), line, n_lines });
                self.read_children(node);
            }
            _ => self.read_children(node),
        }
    }

    /// Takes a tree such as `a::{b, c as d, e::*}` apart.
    fn read_use(&mut self, node: Node<'_>, above: &str) {
        match node.kind() {
            "scoped_use_list" => {
                let path = node.child_by_field_name("path").map_or("", |path| self.text(path));
                self.read_use(node.child_by_field_name("list").unwrap(), &joined(above, path));
            }
            "use_list" => {
                node.named_children(&mut node.walk()).for_each(|child| self.read_use(child, above));
            }
            "use_as_clause" => self.read_use(node.child_by_field_name("path").unwrap(), above),
            "use_wildcard" => self.read_use(node.named_child(0).unwrap(), above),
            "self" if !above.is_empty() => self.import(node, above),
            _ => self.import(node, &joined(above, self.text(node))),
        }
    }

    /// Macro calls hold tokens; paths in them are words joined by `::`.
    fn read_tokens(&mut self, node: Node<'_>) {
        let is_word = |ch: char| ch.is_alphanumeric() || ch == '_' || ch == ':';
        let words: Vec<String> =
            self.text(node).split(|ch| !is_word(ch)).map(str::to_owned).collect();
        words.iter().filter(|word| word.contains("::")).for_each(|word| self.import(node, word));
    }

    fn import(&mut self, node: Node<'_>, path: &str) {
        let compact: String = path.split_whitespace().collect();
        let path = self.absolute(&compact);
        self.source.imports.push(Import { line: node.start_position().row + 1, path });
    }

    /// Resolves `self` and `super`; `greenloop` is what the binary calls our crate.
    fn absolute(&self, path: &str) -> String {
        let mut parts: Vec<&str> = path.trim_start_matches("::").split("::").collect();
        let mut full: Vec<&str> = match parts[0] {
            "self" | "super" => self.module.iter().map(String::as_str).collect(),
            "greenloop" => vec!["crate"],
            _ => return parts.join("::"),
        };
        while ["self", "super", "greenloop"].iter().any(|word| parts.first() == Some(word)) {
            if parts.remove(0) == "super" {
                full.pop();
            }
        }
        full.append(&mut parts);
        full.join("::")
    }

    fn name(&self, node: Node<'_>) -> String {
        self.text(node.child_by_field_name("name").unwrap()).to_owned()
    }

    fn text(&self, node: Node<'_>) -> &'t str {
        &self.text[node.byte_range()]
    }
}

fn joined(above: &str, path: &str) -> String {
    if above.is_empty() { path.to_owned() } else { format!("{above}::{path}") }
}

#[test]
fn imports_are_written_out() {
    let text = r#"//! Job.
use std::{fs, io::{self, Read as _}};
use super::store::*;
pub mod inner { use super::super::clock; }
#[tokio::main]
fn main() -> crate::model::Failure {
    greenloop::cli::run(format!("{}", self::helper::name()));
    nix::unistd::getpid()
}
#[cfg(test)]
mod tests { use std::process; }
"#;
    let source = Source::parse("src/io/worlds.rs", text);
    let imports: Vec<_> =
        source.imports.iter().map(|import| (import.line, &*import.path)).collect();
    assert_eq!(
        imports,
        [
            (2, "std::fs"),
            (2, "std::io"),
            (2, "std::io::Read"),
            (3, "crate::io::store"),
            (4, "crate::io::clock"),
            (5, "tokio::main"),
            (6, "crate::model::Failure"),
            (7, "crate::cli::run"),
            (7, "crate::io::worlds::helper::name"),
            (8, "nix::unistd::getpid"),
        ]
    );
    assert_eq!(source.functions, [Function { name: "main".into(), line: 6, n_lines: 4 }]);
    assert_eq!(source.n_lines, 10);
}
