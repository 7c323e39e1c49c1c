//! Plans with odd names and texts, and edits of their text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::base::ids::{CheckId, StepId};
use crate::model::plan::{Plan, Step};
use crate::model::report::TestId;

/// Lines that could be taken for something else.
const LINES: &[&str] = &[
    "",
    " ",
    "## 3. x",
    "# 1. y",
    "## plain",
    "### 2) z",
    "##",
    "#",
    "# title",
    "   ## 4. w",
    "##5. v",
    "#### 6.7 u",
    "- tests of `a`:",
    "- tests of a b: c",
    "- tests of",
    "- tests",
    "- worker: x",
    "* checks: `a`",
    "+ Scope :",
    "- note: y",
    "- skip the rest",
    "- after that: x",
    "- after: 1, 2",
    "  - nested",
    "\t- x",
    "    code",
    "- plain",
    "-",
    "- ",
    "```",
    "```rust",
    "````",
    "~~~",
    "~~~ a",
    "  ```",
    "``` a`b",
    "\\## 3. x",
    "\\\\- worker: x",
    "\\",
    "\\- note: y",
    "text `a` | b",
    "<!-- x -->",
    "1. x",
    "===",
    "---",
    "> quoted",
    "- skip: yes",
    "a\\",
    "é𝒳",
];

pub(super) fn step(number: u32, title: &str) -> Step {
    Step::new(StepId(number), title)
}

pub(super) fn tests(check: &str, names: &[&str]) -> Vec<TestId> {
    let test = |name: &&str| TestId { check: CheckId::new(check), name: (*name).to_owned() };
    names.iter().map(test).collect()
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "a",
            "cargo test",
            "a.b.C",
            "a`b",
            "`",
            "``",
            "x, y",
            "\"q\"",
            "\"",
            " ",
            "",
            "- x",
            "a\nb",
            "é𝒳",
            "yes",
            "1"
        ])
        .prop_map(str::to_owned),
        "[a-z` |,\"\\\\:#-]{0,8}",
        "(?s).{0,6}",
    ]
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(LINES).prop_map(str::to_owned), 1 => "(?s).{0,8}", 1 => "[ #\\\\-]{0,4}[a-z0-9.:` ]{0,8}"]
}

fn text() -> impl Strategy<Value = String> {
    vec(line(), 0..8).prop_map(|lines| lines.join("\n"))
}

fn any_step() -> impl Strategy<Value = Step> {
    let tests = vec((select(vec!["a", "b c", "d`", ""]), name()), 0..4);
    let lists = (tests, vec(name(), 0..3), vec(name(), 0..3), vec(0u32..9, 0..3));
    let parts = (any::<u32>(), line(), text(), option::of(name()), any::<bool>(), lists);
    parts.prop_map(|(id, title, intent, worker, skip, (tests, scope, checks, after))| Step {
        id: StepId(id),
        title,
        intent,
        scope,
        worker,
        tests: tests
            .into_iter()
            .map(|(check, name)| TestId { check: CheckId::new(check), name })
            .collect(),
        checks: checks.into_iter().map(CheckId::new).collect(),
        after: after.into_iter().map(StepId).collect(),
        skip,
    })
}

/// Any plan at all, also such as make no sense.
pub(super) fn plan() -> impl Strategy<Value = Plan> {
    (line(), text(), vec(any_step(), 0..4)).prop_map(|(title, intro, steps)| Plan {
        title,
        intro,
        steps,
    })
}

#[derive(Clone, Debug)]
pub(super) enum Edit {
    Delete(Index, Index),
    Insert(Index, String),
    DeleteLine(Index),
    InsertLine(Index, String),
    SwapLines(Index, Index),
}

pub(super) fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        (at(), at()).prop_map(|(from, to)| Edit::Delete(from, to)),
        (at(), "(?s)[#\\-` :.\n\\\\a1]{0,3}").prop_map(|(at, text)| Edit::Insert(at, text)),
        at().prop_map(Edit::DeleteLine),
        (at(), line()).prop_map(|(at, line)| Edit::InsertLine(at, line)),
        (at(), at()).prop_map(|(one, other)| Edit::SwapLines(one, other)),
    ]
}

impl Edit {
    pub(super) fn make(&self, text: &mut String) {
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let offset = |at: &Index| text.floor_char_boundary(at.index(text.len() + 1));
        match self {
            Edit::Delete(from, to) => {
                let (from, to) = (offset(from), offset(to));
                text.replace_range(from.min(to)..from.max(to), "");
                return;
            }
            Edit::Insert(at, new) => {
                let at = offset(at);
                text.insert_str(at, new);
                return;
            }
            Edit::DeleteLine(at) => drop(lines.remove(at.index(lines.len()))),
            Edit::InsertLine(at, line) => lines.insert(at.index(lines.len()), line.clone()),
            Edit::SwapLines(one, other) => {
                let n = lines.len();
                lines.swap(one.index(n), other.index(n));
            }
        }
        *text = lines.join("\n");
    }
}
