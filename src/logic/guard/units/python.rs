//! `def test_…`, in classes that unittest or pytest look into.

use std::ops::Range;

use super::{Found, Role, below};

impl Found<'_> {
    pub(super) fn python(&mut self, range: Range<usize>, prefix: &str, takes_tests: bool) {
        let code = self.code;
        let (mut at, mut marks) = (range.start, None);
        while at < range.end {
            let token = &code.tokens[at];
            let word = if token.text == "async" { at + 1 } else { at };
            match code.at(word) {
                "@" if token.is_first => {
                    marks.get_or_insert(at);
                    at = code.line_end(at);
                }
                kind @ ("def" | "class") if token.is_first => {
                    let (start, name) =
                        (marks.take().unwrap_or(at), below(prefix, code.at(word + 1)));
                    let (body, end) = (head_end(self, at), code.indented_end(at).min(range.end));
                    if kind == "class" {
                        let takes = is_test_class(self, word + 1, body);
                        self.add(Role::Group, name.clone(), start, body..end, end);
                        self.python(body..end, &name, takes);
                    } else {
                        let is_test = takes_tests && code.at(word + 1).starts_with("test");
                        let role = if is_test { Role::Test } else { Role::Function };
                        self.add(role, name, start, body..end, end);
                    }
                    at = end.max(at + 1);
                }
                _ => {
                    marks = None;
                    at += 1;
                }
            }
        }
    }
}

/// One past the colon of a head.
fn head_end(found: &Found<'_>, start: usize) -> usize {
    let code = found.code;
    let mut at = start;
    while at < code.tokens.len() && code.at(at) != ":" {
        at = code.closing(at).unwrap_or(at) + 1;
    }
    (at + 1).min(code.tokens.len())
}

/// A class that pytest finds by its name or unittest by its base.
fn is_test_class(found: &Found<'_>, name: usize, body: usize) -> bool {
    let bases = found.code.joined(name + 1..body);
    let has_base = bases.contains("Test") || bases.contains("Case") || bases.contains("Mixin");
    found.code.at(name).starts_with("Test") || has_base
}
