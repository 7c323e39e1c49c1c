//! RSpec, minitest and ExUnit: blocks from a first word to the `end` below it.

use std::ops::Range;

use super::{Found, Role, below};
use crate::logic::guard::lexer::Kind;

const TESTS: [&str; 9] =
    ["it", "test", "specify", "example", "scenario", "xit", "fit", "xspecify", "its"];
const GROUPS: [&str; 8] =
    ["describe", "context", "feature", "xdescribe", "xcontext", "fdescribe", "class", "module"];

impl Found<'_> {
    pub(super) fn ruby(&mut self, range: Range<usize>, prefix: &str) {
        let code = self.code;
        let mut at = range.start;
        while at < range.end {
            let token = &code.tokens[at];
            let word = if code.at(at + 1) == "." && token.text == "RSpec" { at + 2 } else { at };
            let text = code.at(word);
            let is_group = GROUPS.contains(&text);
            let is_block = token.is_first && (is_group || TESTS.contains(&text) || text == "def");
            if !is_block || token.kind != Kind::Word {
                at += 1;
                continue;
            }
            let (body, end) = self.block(at, range.end);
            let name = below(prefix, code.tokens.get(word + 1).map_or("", |name| name.bare()));
            let is_test =
                TESTS.contains(&text) || text == "def" && code.at(word + 1).starts_with("test_");
            let role = match (is_group, is_test) {
                (true, _) => Role::Group,
                (_, true) => Role::Test,
                (false, false) => Role::Function,
            };
            self.add(role, name.clone(), at, body.clone(), end);
            if is_group {
                self.ruby(body, &name);
            }
            at = end.max(at + 1);
        }
    }

    /// The body of the block that starts at `at`, and one past its `end`.
    fn block(&self, at: usize, stop: usize) -> (Range<usize>, usize) {
        let code = self.code;
        let column = code.tokens[at].column;
        let head = code.line_end(at).min(stop);
        let is_open = ["do", "|"].contains(&code.at(head - 1))
            || ["def", "class", "module"].contains(&code.at(at));
        let ends = |place: &usize| {
            let token = &code.tokens[*place];
            token.is_first && token.column <= column
        };
        match (is_open, (head..stop).find(ends)) {
            (true, Some(end)) => (head..end, end + usize::from(code.at(end) == "end")),
            (true, None) => (head..stop, stop),
            (false, _) => (head..head, head),
        }
    }
}
