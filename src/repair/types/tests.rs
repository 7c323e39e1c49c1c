//! Code that compiles is let through, and what no compiler takes is not.

use std::path::{Path, PathBuf};

use super::*;
use crate::base::path::RepoPath;
use crate::base::text::edit::{Edit, apply};
use crate::repair::language;

/// What a file has that would be refused if edits touched it.
fn refused(path: &str, text: &str) -> Vec<String> {
    let tree = Tree::parse(language::of(&RepoPath::new(path).unwrap()).unwrap(), text).unwrap();
    let types = Types::of(&tree).unwrap();
    let is_refused = |node: &Node<'_>| {
        let function = node.function();
        let outer = || std::iter::once(*node).chain(node.ancestors());
        let is_its_body = outer().all(|outer| outer.role() != Role::Lambda)
            && outer().filter(|outer| outer.role() == Role::Function).count() == 1;
        let at = types.at(function, &|at| at, &[]);
        let at = if is_its_body { at } else { At { gives: None, ..at } };
        !node.is_frozen() && !types.allows(*node, at)
    };
    let refused = tree.nodes().filter(is_refused);
    refused
        .map(|node| format!("{}: {}", node.line(), node.text().lines().next().unwrap()))
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_source = path.extension().is_some_and(|end| {
            ["rs", "go", "js", "mjs", "cjs", "ts", "mts"].iter().any(|known| end == *known)
        });
        if path.is_dir() {
            sources(&path, found);
        } else if is_source {
            found.push(path);
        }
    }
}

/// Whether `new` may stand for `old`, which is there once, in a file.
fn is_allowed(path: &str, text: &str, old: &str, new: &str) -> bool {
    let tree = Tree::parse(language::of(&RepoPath::new(path).unwrap()).unwrap(), text).unwrap();
    let start = text.find(old).unwrap();
    let edits = [Edit::new(start..start + old.len(), new)];
    let changed = apply(text, &edits).unwrap();
    let after = Tree::parse(tree.language, &changed).unwrap();
    let at = tree.nodes().filter(|node| node.range().contains(&start)).last().unwrap();
    let function = at.function();
    let change =
        Change { tree: &after, n_around: 0, start: 0, edits: &edits, function, is_its_body: true };
    Types::of(&tree).unwrap().allow(&change)
}

/// What stands in a text, what may come in its place, and whether that fits.
fn check(path: &str, text: &str, cases: &[(&str, &str, bool)]) {
    let wrong = cases.iter().filter(|(old, new, fits)| is_allowed(path, text, old, new) != *fits);
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<&(&str, &str, bool)>::new());
}

const RUST: &str = "
struct Shelf { names: Vec<String>, width: usize, load: f64 }
impl Shelf {
    fn room(&self, more: usize, is_wide: bool) -> usize {
        let mut left = self.width;
        let first = &self.names[0];
        for name in &self.names { left = left + name.len(); }
        if is_wide && more > 1 { return left; }
        let last = more.min(2);
        helped(left, first) + last
    }
}
fn helped(n: usize, text: &str) -> usize { n + text.len() }
";

const GO: &str = "package p
type shelf struct { names []string; width int }
func (s *shelf) room(more int, wide bool) int {
\tleft := s.width
\tfor _, name := range s.names { left = left + len(name) }
\tif wide && more > 1 { return left }
\tlast := more * 2
\treturn helped(left, s.names[0]) + last
}
func helped(n int, text string) int { return n + len(text) }
";

#[test]
fn what_no_compiler_takes_is_refused() {
    check(
        "a.rs",
        RUST,
        &[
            ("left + name.len()", "left - name.len()", true),
            ("left + name.len()", "left + name", false),
            ("left + name.len()", "left + more", true),
            ("left + name.len()", "left + is_wide", false),
            ("left + name.len()", "left + self.names", false),
            ("left + name.len()", "left + self.load", false),
            ("left + name.len()", "left + self.load as usize", true),
            ("left + name.len()", "left + last", false),
            ("left + name.len()", "left + unknown", true),
            ("name.len()", "name.abs()", false),
            ("name.len()", "name.is_empty()", false),
            ("name.len()", "name.chars().count()", true),
            ("is_wide && more > 1", "is_wide && more", false),
            ("is_wide && more > 1", "!is_wide && more > 1", true),
            ("is_wide && more > 1", "first.is_empty() && more > 1", true),
            ("is_wide && more > 1", "more.is_empty() && more > 1", false),
            ("is_wide && more > 1", "left", false),
            ("return left;", "return is_wide;", false),
            ("return left;", "return more;", true),
            ("more.min(2)", "name.len()", false),
            ("helped(left, first)", "helped(first, first)", false),
            ("helped(left, first)", "helped(left)", false),
            ("helped(left, first)", "helped(last, first)", true),
            ("self.names[0]", "self.names[1]", true),
            ("self.names[0]", "self.width[0]", false),
            ("left = self.width", "left = self.width.len", false),
        ],
    );
    check(
        "a.go",
        GO,
        &[
            ("left + len(name)", "left + name", false),
            ("left + len(name)", "left + more", true),
            ("left + len(name)", "left + last", false),
            ("left = left +", "left = wide +", false),
            ("wide && more > 1", "wide && more", false),
            ("wide && more > 1", "wide && len(s.names) > 1", true),
            ("more * 2", "more * wide", false),
            ("more * 2", "s.names * 2", false),
            ("helped(left, s.names[0])", "helped(s.names[0], left)", false),
            ("helped(left, s.names[0])", "helped(more, s.names[1])", true),
            ("return left", "return wide", false),
            ("left := s.width", "left := s.width.count()", false),
        ],
    );
}

const JS: &str = "
class Shelf {
  #names = [];
  byId = new Map();
  constructor(width = 4, load) { this.width = width; this.load = load; this.last = null; }
  get size() { return this.#names.length; }
  room(more, wide) {
    let left = this.width;
    let found = null;
    const first = this.#names[0];
    for (const name of this.#names) { left = left + name.length; found = name; }
    if (wide && more > 1) { return left; }
    const label = `n${left}`;
    const known = this.byId.get(label);
    return helped(left, first) + label;
  }
}
function helped(n, text) { return n + text.length; }
function sorted(names) { return names.slice(); }
const shown = { format(v) { return v; } };
function idioms(text, maybe, list) {
  const items = text.split(':');
  let sum = 0, found = false;
  if (maybe && maybe.map(f).filter(g)) sum = maybe.length;
  for (const at in list) { if (at > 'a') sum += at.length; }
  found = list.find(f);
  return sum + items[0];
}
function any() { return arguments.length; }
function first(at, near) {
  if (near) { var late = at; }
  const all = any(1);
  all.map((at) => at.trim() + at.toUpperCase());
  return near + at;
}
function moved(a, b) { let changed = false; changed = changed || a !== b; return changed; }
function most(n, names, once) {
  names.push(once - 1);
  return names.map((name) => name).concat(n > 2 ? n - 1 : n);
}
";
const TS: &str = "
import { Set } from 'immutable';
function made(fn: (n: number) => number[]) { return fn(1); }
function shown(names: string[], width: number, note?: string): string {
  const parts: Map<string, number> = new Map();
  for (const name of names) { parts.set(name, name.length + width); }
  if (width > 3) { return names.join(note); }
  made((n) => [n]);
  const tags: Set<string> = Set.of(names);
  made(tags.first());
  return names[0];
}
";

#[test]
fn what_javascript_mixes_and_nobody_means_is_refused() {
    check(
        "a.js",
        JS,
        &[
            ("left + name.length", "left - name.length", true),
            ("left + name.length", "left - this.#names", false),
            ("left + name.length", "left + this.#names", false),
            ("left + name.length", "left + this.byId", false),
            ("left + name.length", "left * label", true),
            ("left + name.length", "left + this.load", true),
            ("left + name.length", "left + this.last", true),
            ("left + name.length", "left + found", true),
            ("left + name.length", "left + this.room", false),
            ("left + name.length", "left + helped", false),
            ("left + name.length", "left + (more > 1)", false),
            ("more > 1", "this.#names > 1", false),
            ("more > 1", "this.#names.length > 1", true),
            ("more > 1", "this.size > 1", true),
            ("more > 1", "(this.last ?? more) > 1", true),
            ("more > 1", "(more > 0 ?? wide) > 1", false),
            ("more > 1", "(this.#names && more)", true),
            ("more > 1", "(this.room && more)", false),
            ("more > 1", "this.#names ?? more", true),
            ("more > 1", "label in this.byId", true),
            ("more > 1", "!this.#names", true),
            ("more > 1", "!known", true),
            ("more > 1", "typeof more === 'number'", true),
            ("more > 1", "typeof more === 1", false),
            ("this.#names.length", "this.#names.size", false),
            ("this.byId.get(label)", "this.byId.push(label)", false),
            ("helped(left, first)", "helped(left)", true),
            ("helped(left, first)", "helped(left, first, wide)", false),
            ("helped(left, first)", "helped(...first)", true),
            ("names.slice()", "names - 1", true),
            ("n > 2 ? n - 1 : n", "n > 2 ? n - names : n", false),
            ("n > 2 ? n - 1 : n", "names.length > 2 ? n.length : n", false),
            ("n > 2 ? n - 1 : n", "once ? n - 1 : n", true),
            ("n > 2 ? n - 1 : n", "once > n ? n - 1 : n", true),
            ("left = this.width", "left = this.width.length", false),
            ("near + at", "near - at", true),
            ("maybe.length", "maybe - 1", true),
            ("sum + items[0]", "sum - items[0]", true),
            ("sum + items[0]", "sum * items", false),
            ("sum + items[0]", "sum - found", true),
            ("sum + items[0]", "sum + 'x' + (at > 1)", true),
            ("sum + items[0]", "format(1, 2, 3)", true),
            ("at > 'a'", "at >= 'a'", true),
            ("near + at", "near - at.length", true),
            ("near + at", "near - late", true),
            ("any(1)", "any(1, 2)", true),
            ("changed = changed || a !== b", "changed |= a !== b", true),
            ("changed = changed || a !== b", "changed -= a !== b", false),
        ],
    );
}

#[test]
fn what_typescript_mixes_and_nobody_means_is_refused() {
    check(
        "a.ts",
        TS,
        &[
            ("width > 3", "names > 3", false),
            ("width > 3", "names.length > 3", true),
            ("width > 3", "note > 3", true),
            ("width > 3", "parts.size > 3", true),
            ("width > 3", "parts.length > 3", false),
            ("name.length + width", "name.length + name", true),
            ("name.length + width", "name.length - name", false),
            ("name.length + width", "name.length - names", false),
            ("return names.join(note)", "return width", false),
            ("return names[0]", "return names", false),
            ("return names[0]", "return names[0].trim()", true),
            ("return names[0]", "return names.map((name) => { return 1; }).join()", true),
            ("made((n) => [n])", "made((n) => [n, n])", true),
            ("tags.first()", "tags.map(names)", true),
        ],
    );
}

#[test]
fn what_types_of_the_file_lend_and_convert_is_let_through() {
    let rust = "
        enum Suit { Hearts, Spades }
        fn all(scores: &HashMap<u32, f64>, items: &Vec<u32>, grid: &mut Vec<Vec<u32>>, suit: Suit) -> usize {
            let mut sum = 0f64;
            let mut out = items.clone();
            out.sort();
            for row in grid.iter_mut() { row.push(1); }
            sum += scores[&1];
            let lanes = Wide::new(2.0) * 2.0;
            sum += lanes.y;
            suit as usize + out.len()
        }";
    assert_eq!(refused("a.rs", rust), Vec::<String>::new());
    let go = "package p
        type fetcher interface { Fetch(url string) error }
        type config struct { name string }
        func all(names []string) config {
            for _, name := range names { use(name) }
            return config{name: url.PathEscape(names[0])}
        }";
    assert_eq!(refused("a.go", go), Vec::<String>::new());
    let average =
        "package p\nfunc f(sum int, n int) float64 {\n\tavg := sum / n\n\treturn float64(avg)\n}\n";
    assert!(is_allowed("a.go", average, "sum / n", "float64(sum) / float64(n)"));
    assert!(!is_allowed("a.go", average, "sum / n", "sum > n"));
}

#[test]
fn code_that_compiles_is_let_through() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "fixtures/corpus", "editors/vscode/src", "editors/vscode/e2e"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 10, "{files:?}");
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let found = refused(name, &text).into_iter();
        wrong.extend(found.map(|what| format!("{}:{what}", file.display())));
    }
    assert!(wrong.is_empty(), "{} {:#?}", wrong.len(), wrong);
}
