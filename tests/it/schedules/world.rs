//! A project in words: a tree is the list of what was done to it, and tests look for that in it.

use std::collections::BTreeSet;

use greenloop::base::ids::{BlobId, CheckId, StepId, TreeId};
use greenloop::base::path::RepoPath;
use greenloop::logic::machine;
use greenloop::model::check::{Check, CheckEnd, CheckRun, Runner};
use greenloop::model::plan::{Plan, Step};
use greenloop::model::proposal::{ChangeKind, FileChange, Hunk};
use greenloop::model::provider::{Dialect, KeySource, Model, Vendor};
use greenloop::model::report::{TestCase, TestId, TestOutcome, TestReport};
use greenloop::model::run::Run;

/// Edits in a tree, by name: `f2` fixes test 2, `b2` breaks it, `c7=2` writes 2 at place 7, anything else does nothing.
pub type Edits = BTreeSet<String>;

/// Tests that pass before anything is done.
const STABLE: [u32; 2] = [100, 101];

pub fn tree(edits: &Edits) -> TreeId {
    let list: Vec<&str> = edits.iter().map(String::as_str).collect();
    TreeId::new(format!("[{}]", list.join(" ")))
}

pub fn edits(tree: &TreeId) -> Edits {
    let list = tree.as_str().trim_matches(['[', ']']);
    list.split_whitespace().map(str::to_owned).collect()
}

pub fn test(number: u32) -> TestId {
    TestId { check: CheckId::new("unit"), name: number.to_string() }
}

/// Whether a test passes in a tree. Test 1 of a pair with a shared cause is mended by the edit of the other as well.
pub fn passes(edits: &Edits, number: u32) -> bool {
    let has = |edit: String| edits.contains(&edit);
    let is_fixed = STABLE.contains(&number)
        || has(format!("f{number}"))
        || (number.is_multiple_of(3) && has(format!("f{}", number - 1)));
    is_fixed && !has(format!("b{number}"))
}

/// What one side did to a base, done to the other; `None` when both write otherwise at one place.
pub fn merge(base: &Edits, ours: &Edits, theirs: &Edits) -> Option<Edits> {
    let place = |edit: &str| edit.split_once('=').map(|(place, _)| place.to_owned());
    let added: Edits = theirs.difference(base).cloned().collect();
    let clashes = |edit: &&String| {
        let at = place(edit);
        at.is_some() && ours.iter().any(|known| place(known) == at && known != *edit)
    };
    if added.iter().any(|edit| clashes(&edit)) {
        return None;
    }
    Some(ours.union(&added).cloned().collect())
}

/// What the check says of a tree.
pub fn run_check(edits: &Edits, n_red: u32) -> CheckRun {
    let case = |number: u32| TestCase {
        id: test(number),
        outcome: if passes(edits, number) { TestOutcome::Passed } else { TestOutcome::Failed },
        message: String::new(),
        at: None,
        frames: Vec::new(),
        duration_ms: 0,
    };
    CheckRun {
        check: CheckId::new("unit"),
        tree: tree(edits),
        end: CheckEnd::Completed,
        report: TestReport { cases: (1..=n_red).chain(STABLE).map(case).collect(), complete: true },
        problems: Vec::new(),
        command: String::new(),
        output: BlobId::new("0"),
        duration_ms: 1,
        enforced: Vec::new(),
        flaky: Vec::new(),
        partial: false,
        setting: String::new(),
        reused: false,
    }
}

/// Every test that must never be red in what is proposed beside the targets.
pub fn breaks_nothing(edits: &Edits) -> bool {
    STABLE.iter().all(|number| passes(edits, *number))
}

/// The changes of a tree: one file an edit.
pub fn files(edits: &Edits) -> Vec<FileChange> {
    let change = |edit: &String| FileChange {
        path: RepoPath::new(edit.replace('=', "-")).unwrap_or_else(RepoPath::root),
        kind: ChangeKind::Modify,
        before: BlobId::new("0"),
        after: BlobId::new("1"),
        hunks: vec![Hunk { start: 0, removed: Vec::new(), inserted: vec![format!("{edit}\n")] }],
    };
    edits.iter().map(change).collect()
}

pub fn check() -> Check {
    Check {
        id: CheckId::new("unit"),
        runner: Runner::Command,
        dir: RepoPath::root(),
        argv: Vec::new(),
        env: Default::default(),
        report: Vec::new(),
        timeout_ms: 1,
        policy: Default::default(),
        why: String::new(),
        on_request: false,
        configured: false,
    }
}

/// The number of the test that a step is to turn green; 0 for one without a test.
pub fn number(run: &Run, step: StepId) -> u32 {
    machine::tests(run, step).first().map_or(0, |test| test.name.parse().unwrap_or_default())
}

/// Who plans here.
pub fn planner() -> Model {
    Model {
        name: "planner".into(),
        vendor: Vendor::Custom,
        dialect: Dialect::Chat,
        url: String::new(),
        model: String::new(),
        key: KeySource::None,
        window: 1,
        output_max: 1,
        idle_ms: 1,
        stream: false,
        prices: None,
        of_project: false,
    }
}

/// A plan of these steps: each its number, what it waits for, and whether it is to be left out.
pub fn plan(steps: &[(u32, Vec<u32>, bool)]) -> Plan {
    let step = |(id, after, skip): &(u32, Vec<u32>, bool)| Step {
        tests: vec![test(*id)],
        after: after.iter().copied().map(StepId).collect(),
        skip: *skip,
        ..Step::new(StepId(*id), format!("make {id} pass"))
    };
    Plan {
        title: "make all pass".into(),
        intro: String::new(),
        steps: steps.iter().map(step).collect(),
    }
}
