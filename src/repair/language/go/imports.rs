//! Imports that edits need, and those that they leave unused: Go compiles neither without.

use crate::base::text::edit::Edit;
use crate::repair::syntax::{Node, Tree};

/// Packages of the standard library that repairs call.
const PACKAGES: &[&str] = &[
    "bytes",
    "errors",
    "fmt",
    "math",
    "math/bits",
    "os",
    "regexp",
    "sort",
    "strconv",
    "strings",
    "time",
    "unicode",
    "unicode/utf8",
];

/// What the imports need beside these edits; nothing where they bring their own.
pub fn edits(tree: &Tree<'_>, edits: &[Edit]) -> Vec<Edit> {
    if edits.iter().any(|edit| is_import(tree, edit)) {
        return Vec::new();
    }
    let specs: Vec<Node<'_>> = tree
        .nodes()
        .take_while(|node| !is_code(*node))
        .filter(|node| node.kind() == "import_spec")
        .collect();
    let added = PACKAGES.iter().filter(|path| {
        edits.iter().any(|edit| calls(&edit.text, last(path)))
            && !specs.iter().any(|spec| name(*spec) == last(path))
    });
    let added = added.filter_map(|path| add(tree, &specs, path));
    let unused = specs.iter().filter(|spec| {
        let name = name(**spec);
        let leaves = |edit: &Edit| tree.text.get(edit.range()).is_some_and(|old| calls(old, name));
        edits.iter().any(leaves)
            && !edits.iter().any(|edit| calls(&edit.text, name))
            && !uses(tree, name).any(|at| !edits.iter().any(|edit| edit.range().contains(&at)))
    });
    added.chain(unused.filter_map(|spec| remove(tree, *spec))).collect()
}

/// Whether an edit changes imports or adds one.
fn is_import(tree: &Tree<'_>, edit: &Edit) -> bool {
    let declarations = tree.nodes().take_while(|node| !is_code(*node));
    let mut imports = declarations.filter(|node| node.kind() == "import_declaration");
    let touches = |node: Node<'_>| {
        edit.start < node.range().end && node.range().start < edit.end.max(edit.start + 1)
    };
    imports.any(touches) || edit.text.lines().any(|line| line.starts_with("import "))
}

fn is_code(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "function_declaration"
            | "method_declaration"
            | "type_declaration"
            | "var_declaration"
            | "const_declaration"
    )
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What a file calls an imported package.
fn name(spec: Node<'_>) -> &str {
    match spec.part(&["name"]) {
        Some(name) => name.text(),
        None => last(spec.part(&["path"]).map_or("", Node::text).trim_matches(['"', '`'])),
    }
}

/// Whether a text takes something of a package.
fn calls(text: &str, package: &str) -> bool {
    text.match_indices(package).any(|(at, _)| {
        let is_part = |ch: char| ch.is_alphanumeric() || ch == '_' || ch == '.';
        !text[..at].ends_with(is_part) && text[at + package.len()..].starts_with('.')
    })
}

/// Where the file takes something of a package.
fn uses<'t>(tree: &'t Tree<'t>, package: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_use = move |node: &Node<'t>| {
        let is_part =
            |node: Node<'_>| matches!(node.kind(), "selector_expression" | "qualified_type");
        node.is_named() && node.text() == package && node.parent().is_some_and(is_part)
    };
    tree.nodes().filter(is_use).map(|node| node.range().start)
}

fn add(tree: &Tree<'_>, specs: &[Node<'_>], path: &str) -> Option<Edit> {
    let newline = crate::base::text::line_ending(tree.text);
    let Some(first) = specs.first() else {
        let clause = tree.nodes().find(|node| node.kind() == "package_clause")?;
        let end = clause.range().end;
        return Some(Edit::new(end..end, format!("{newline}{newline}import \"{path}\"")));
    };
    let list = first.parent()?;
    if list.kind() != "import_spec_list" {
        let end = list.range().end;
        return Some(Edit::new(end..end, format!("{newline}import \"{path}\"")));
    }
    let quoted = format!("\"{path}\"");
    let own = specs.iter().take_while(|spec| spec.parent().map(Node::id) == Some(list.id()));
    let before = own.take_while(|spec| spec.text() < quoted.as_str()).last();
    Some(match before {
        Some(spec) => {
            let end = spec.range().end;
            Edit::new(end..end, format!("{newline}\t{quoted}"))
        }
        None => {
            let start = first.range().start;
            Edit::new(start..start, format!("{quoted}{newline}\t"))
        }
    })
}

fn remove(tree: &Tree<'_>, spec: Node<'_>) -> Option<Edit> {
    let list = spec.parent()?;
    let n_specs = list.parts().filter(|part| part.kind() == "import_spec").count();
    let whole = if list.kind() != "import_spec_list" {
        list
    } else if n_specs == 1 {
        list.parent()?
    } else {
        spec
    };
    let start = tree.text[..whole.range().start].trim_end().len();
    let start = if whole.id() == spec.id() { start } else { whole.range().start };
    Some(Edit::new(start..whole.range().end, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::edit::apply;
    use crate::repair::language::go::GO;

    fn after(text: &str, old: &str, new: &str) -> String {
        let tree = Tree::parse(&GO, text).unwrap();
        let start = text.find(old).unwrap();
        let own = vec![Edit::new(start..start + old.len(), new)];
        let mut all = edits(&tree, &own);
        all.extend(own);
        all.sort();
        apply(text, &all).unwrap()
    }

    #[test]
    fn edits_that_bring_their_own_imports_need_no_others() {
        let check = |text: &str, own: &[(&str, &str)]| {
            let tree = Tree::parse(&GO, text).unwrap();
            let edit = |(old, new): &(&str, &str)| {
                let start = text.find(old).unwrap();
                Edit::new(start..start + old.len(), *new)
            };
            edits(&tree, &own.iter().map(edit).collect::<Vec<_>>())
        };
        let code = "package p\n\nimport \"os\"\n\nfunc f() { os.Exit(1) }\n";
        let call = ("os.Exit(1)", "strings.ToUpper(\"\")");
        assert_eq!(check(code, &[call]).len(), 2);
        assert_eq!(check(code, &[("\"os\"", "\"strings\""), call]), []);
        assert_eq!(check(code, &[("\nimport \"os\"\n", "\nimport \"strings\"\n"), call]), []);
        let none = "package p\n\nfunc f() { }\n";
        let call = ("{ }", "{ os.Exit(1) }");
        assert_eq!(check(none, &[call]).len(), 1);
        assert_eq!(check(none, &[("\n\nfunc", "\n\nimport \"os\"\n\nfunc"), call]), []);
    }

    #[test]
    fn imports_follow_what_is_called() {
        let code = "\n\nfunc f(a string) string {\n\treturn strings.TrimSpace(a)\n}\n";
        let both = format!("package p\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n){code}");
        let one = format!("package p\n\nimport \"strings\"{code}");
        let call = "strings.TrimSpace(a)";
        assert!(after(&both, call, "a").contains("import (\n\t\"fmt\"\n)\n"));
        assert!(after(&one, call, "a").starts_with("package p\n\n\n\nfunc"));
        assert!(after(&one, "(a)", "(fmt.Sprint(a))").contains("\"strings\"\nimport \"fmt\"\n"));
        let sorted = after(&both, "(a)", "(strconv.Quote(sort.X(a)))");
        assert!(
            sorted.contains("\t\"fmt\"\n\t\"sort\"\n\t\"strconv\"\n\t\"strings\"\n"),
            "{sorted}"
        );
        assert!(after(&both, "(a)", "(errors.Is(a))").contains("(\n\t\"errors\"\n\t\"fmt\"\n"));
        let none = "package p\n\nfunc f(a int) int { return a }\n";
        assert!(
            after(none, "return a", "return math.Abs(a)")
                .starts_with("package p\n\nimport \"math\"\n")
        );
    }
}
