//! Copies of functions, variables and constants, and marked statements.

use super::*;
use crate::repair::testing::source;

fn edit(text: &str, old: &str, new: &str) -> Vec<Edit> {
    let start = text.find(old).unwrap();
    vec![Edit::new(start..start + old.len(), new)]
}

const TEXT: &str = "package p\n\nimport \"fmt\"\n\nconst width = 3\n\nvar names = []string{\"a\"}\n\n\
    func (t *T) Pad(_ int, rest ...string) (n int, err error) {\n\treturn width, fmt.Errorf(\"x\")\n}\n\n\
    func each[K comparable](all map[K]int, f func(K)) {\n\tfor k := range all {\n\t\tf(k)\n\t}\n}\n";

fn built(edits: &[Vec<Edit>]) -> (String, Vec<Place>) {
    let source = source("a.go", TEXT);
    let pieces: Vec<Piece> = edits
        .iter()
        .map(|edits| Piece { path: source.path.clone(), edits: edits.clone() })
        .collect();
    let package = build(&[&source], &pieces.iter().collect::<Vec<_>>(), 4);
    (package.texts.get(&source.path).cloned().unwrap_or_default(), package.places)
}

#[test]
fn functions_variables_and_constants_have_copies() {
    let (text, places) = built(&[
        edit(TEXT, "return width", "return -width"),
        edit(TEXT, "range all", "range nil"),
        edit(TEXT, "\"a\"", "\"b\""),
        edit(TEXT, "= 3", "= 4"),
        edit(TEXT, "f(k)", "f(k"),
        edit(TEXT, "K comparable", "K any"),
    ]);
    assert_eq!(
        places,
        [
            Place::Arms(vec![(4, 1)]),
            Place::Arms(vec![(5, 1)]),
            Place::Arms(vec![(6, 1)]),
            Place::OutOfReach,
            Place::Malformed,
            Place::OutOfReach,
        ]
    );
    insta::assert_snapshot!(text);
}

#[test]
fn a_constant_changes_in_every_function_that_names_it() {
    let (text, places) = built(&[edit(TEXT, "3", "4")]);
    assert_eq!(places, [Place::Arms(vec![(4, 1)])]);
    assert!(text.contains("{const width = 4; \n\treturn width"), "{text}");
}

#[test]
fn messages_name_the_copy() {
    assert_eq!(blamed("./greenloop_arm_12_3.go:4:2: undefined: x"), Some((12, 3)));
    assert_eq!(blamed("./a.go:4:2: undefined: x"), None);
}

#[test]
fn statements_tell_their_own_lines() {
    let text = "package p\n\nfunc f(a int) int {\n\tif a > 1 {\n\t\treturn 1\n\t} else if a < 0 {\n\t\treturn 2\n\t}\n\treturn g(\n\t\ta)\n}\n";
    let marked = mark(&[&source("q/a.go", text)]);
    let written = &marked.last().unwrap().1;
    let lines: Vec<&str> = written.lines().filter(|line| line.starts_with("\t\"q/")).collect();
    assert_eq!(
        lines,
        ["\t\"q/a.go\\t4,6,8\",", "\t\"q/a.go\\t5\",", "\t\"q/a.go\\t7\",", "\t\"q/a.go\\t9,10\","]
    );
    assert!(marked[0].1.contains("greenloopMark(0); if a > 1 {"), "{}", marked[0].1);
}
