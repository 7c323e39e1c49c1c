//! Every command by name, with what people need to know to send it.

use std::fmt::Write;
use std::sync::Arc;

use super::decide::{accept, check, decide, include, rebase, recheck, revise, swap, undo};
use super::selection::Level;
use super::show::show;
use super::start::start;
use super::{Arguments, Outcome, Running, answer, task};
use crate::logic::review::edits::Way;
use crate::lsp::session::Session;
use crate::model::run::GoalKind;

pub const FIX: &str = "greenloop.fix";
pub const TEST_RUN: &str = "greenloop.test.run";
pub const HUNK_ACCEPT: &str = "greenloop.hunk.accept";
pub const HUNK_REJECT: &str = "greenloop.hunk.reject";
pub const HUNK_RESTORE: &str = "greenloop.hunk.restore";
pub const FILE_ACCEPT: &str = "greenloop.file.accept";
pub const FILE_REJECT: &str = "greenloop.file.reject";
pub const FILE_RESTORE: &str = "greenloop.file.restore";
pub const STEP_ACCEPT: &str = "greenloop.step.accept";
pub const STEP_REJECT: &str = "greenloop.step.reject";
pub const STEP_REVISE: &str = "greenloop.step.revise";
pub const PROPOSAL_ACCEPT: &str = "greenloop.proposal.accept";
pub const PROPOSAL_REJECT: &str = "greenloop.proposal.reject";
pub const PROPOSAL_RESTORE: &str = "greenloop.proposal.restore";
pub const HUNK_REVISE: &str = "greenloop.hunk.revise";
pub const HUNK_CHECK: &str = "greenloop.hunk.check";
pub const PROPOSAL_REVISE: &str = "greenloop.proposal.revise";
pub const PROPOSAL_SWAP: &str = "greenloop.proposal.swap";
pub const PROPOSAL_REBASE: &str = "greenloop.proposal.rebase";
pub const PROPOSAL_INCLUDE: &str = "greenloop.proposal.include";
pub const PROPOSAL_CHECK: &str = "greenloop.proposal.check";
pub const PLAN: &str = "greenloop.plan";
pub const PLAN_REFUSE: &str = "greenloop.plan.refuse";
pub const PLAN_APPROVE: &str = "greenloop.plan.approve";
pub const SHOW: &str = "greenloop.show";
pub const PROPOSAL_UNDO: &str = "greenloop.proposal.undo";
pub const PROPOSAL_REDO: &str = "greenloop.proposal.redo";
pub const HUNK_RECHECK: &str = "greenloop.hunk.recheck";

pub struct Row {
    pub name: &'static str,
    /// What may come with it, all of it optional where it ends in `?`.
    argument: &'static str,
    effect: &'static str,
    pub run: fn(Arc<Session>, Arguments) -> Running,
}

const TESTS: &str = "`{checks?, tests?, uri?, file?, lines?}`";
const TESTS_OR_NAME: &str = "`{goal?, checks?, tests?, uri?, file?, lines?}` or a test's name";
const HUNK: &str = "`{path, hunk, taskId?}`";
const FILE: &str = "`{path}` or `{uri}`, `taskId?`";
const STEP: &str = "`{step, taskId?}`";
const TASK: &str = "`{taskId?}`";
const ACCEPTANCE: &str = "`{acceptanceId?, taskId?}`";

/// In the order in which a user meets them.
pub const ROWS: &[Row] = &[
    Row {
        name: TEST_RUN,
        argument: TESTS,
        effect: "runs the checks on what is on the screen",
        run: |session, arguments| now(start(&session, arguments, GoalKind::RunChecks, false)),
    },
    Row {
        name: "greenloop.test.cancel",
        argument: TASK,
        effect: "ends a run of checks",
        run: |session, arguments| now(task::cancel(&session, arguments)),
    },
    Row {
        name: FIX,
        argument: TESTS_OR_NAME,
        effect: "works until green, or on what `goal` says in words, then proposes",
        run: |session, arguments| now(start(&session, arguments, GoalKind::FixUntilGreen, false)),
    },
    Row {
        name: PLAN,
        argument: "`{goal?, ask?, checks?, tests?, uri?, file?, lines?}` or a test's name",
        effect: "the same, once you said yes to its plan; with `ask` you are asked for the goal",
        run: |session, arguments| now(start(&session, arguments, GoalKind::FixUntilGreen, true)),
    },
    Row {
        name: PLAN_APPROVE,
        argument: "`{taskId?, only?, step?}`",
        effect: "has a plan carried out as it stands in its document, and says yes to it where that is asked; with `only` a step's number it is refused if the plan leaves more to be done; with `step` it says yes to that step alone",
        run: |session, arguments| Box::pin(task::approve(session, arguments)),
    },
    Row {
        name: PLAN_REFUSE,
        argument: "`{taskId?, feedback?}`",
        effect: "says no to what a run asks about its plan",
        run: |session, arguments| now(task::refuse(&session, arguments)),
    },
    Row {
        name: "greenloop.task.status",
        argument: TASK,
        effect: "answers with the runs, their hunks and acceptances, and the open question",
        run: |session, arguments| Box::pin(task::status(session, arguments)),
    },
    Row {
        name: "greenloop.task.cancel",
        argument: TASK,
        effect: "ends a run",
        run: |session, arguments| now(task::cancel(&session, arguments)),
    },
    Row {
        name: "greenloop.task.pause",
        argument: TASK,
        effect: "begins nothing new in a run",
        run: |session, arguments| now(task::pause(&session, arguments)),
    },
    Row {
        name: "greenloop.task.unpause",
        argument: TASK,
        effect: "goes on with a paused run",
        run: |session, arguments| now(task::unpause(&session, arguments)),
    },
    Row {
        name: "greenloop.task.resume",
        argument: TASK,
        effect: "goes on with a run that was interrupted",
        run: |session, arguments| now(task::resume(&session, arguments)),
    },
    Row {
        name: HUNK_ACCEPT,
        argument: HUNK,
        effect: "has the editor apply one change",
        run: |session, arguments| Box::pin(accept(session, arguments, Level::Hunk)),
    },
    Row {
        name: HUNK_REJECT,
        argument: HUNK,
        effect: "says no to one change",
        run: |session, arguments| now(decide(&session, arguments, Level::Hunk, true)),
    },
    Row {
        name: HUNK_RESTORE,
        argument: HUNK,
        effect: "takes that no back",
        run: |session, arguments| now(decide(&session, arguments, Level::Hunk, false)),
    },
    Row {
        name: HUNK_REVISE,
        argument: "`{path, hunk, taskId?, feedback?}`",
        effect: "says no to one change and has another one looked for",
        run: |session, arguments| now(revise(&session, arguments, Level::Hunk)),
    },
    Row {
        name: HUNK_CHECK,
        argument: HUNK,
        effect: "runs the checks on what is accepted so far and this change, without the rest",
        run: |session, arguments| now(check(&session, arguments, Level::Hunk)),
    },
    Row {
        name: HUNK_RECHECK,
        argument: HUNK,
        effect: "looks whether a change arrived; accept actions send it by themselves",
        run: |session, arguments| now(recheck(session, arguments)),
    },
    Row {
        name: FILE_ACCEPT,
        argument: FILE,
        effect: "has the editor apply all changes of a file that were not rejected",
        run: |session, arguments| Box::pin(accept(session, arguments, Level::File)),
    },
    Row {
        name: FILE_REJECT,
        argument: FILE,
        effect: "says no to all changes of a file",
        run: |session, arguments| now(decide(&session, arguments, Level::File, true)),
    },
    Row {
        name: FILE_RESTORE,
        argument: FILE,
        effect: "takes that no back",
        run: |session, arguments| now(decide(&session, arguments, Level::File, false)),
    },
    Row {
        name: STEP_ACCEPT,
        argument: STEP,
        effect: "has the editor apply all changes of a step of the plan that were not rejected",
        run: |session, arguments| Box::pin(accept(session, arguments, Level::Step)),
    },
    Row {
        name: STEP_REJECT,
        argument: STEP,
        effect: "says no to all changes of a step",
        run: |session, arguments| now(decide(&session, arguments, Level::Step, true)),
    },
    Row {
        name: "greenloop.step.restore",
        argument: STEP,
        effect: "takes that no back",
        run: |session, arguments| now(decide(&session, arguments, Level::Step, false)),
    },
    Row {
        name: STEP_REVISE,
        argument: "`{step, taskId?, feedback?}`",
        effect: "says no to all changes of a step and has others looked for",
        run: |session, arguments| now(revise(&session, arguments, Level::Step)),
    },
    Row {
        name: PROPOSAL_ACCEPT,
        argument: TASK,
        effect: "has the editor apply all changes that were not rejected, in one edit",
        run: |session, arguments| Box::pin(accept(session, arguments, Level::Proposal)),
    },
    Row {
        name: PROPOSAL_REJECT,
        argument: TASK,
        effect: "says no to the whole proposal",
        run: |session, arguments| now(decide(&session, arguments, Level::Proposal, true)),
    },
    Row {
        name: PROPOSAL_RESTORE,
        argument: TASK,
        effect: "takes that no back",
        run: |session, arguments| now(decide(&session, arguments, Level::Proposal, false)),
    },
    Row {
        name: PROPOSAL_REVISE,
        argument: "`{taskId?, feedback?}`",
        effect: "says no to the whole proposal and has another one looked for",
        run: |session, arguments| now(revise(&session, arguments, Level::Proposal)),
    },
    Row {
        name: PROPOSAL_SWAP,
        argument: "`{other, taskId?}`",
        effect: "says no to a change and has another one checked that passes as well: the one with this number of those told",
        run: |session, arguments| now(swap(&session, arguments)),
    },
    Row {
        name: PROPOSAL_REBASE,
        argument: TASK,
        effect: "has the work done again on the texts as they are now",
        run: |session, arguments| now(rebase(&session, arguments)),
    },
    Row {
        name: PROPOSAL_INCLUDE,
        argument: TASK,
        effect: "has the work done again with the edits of tests and the like that were left out",
        run: |session, arguments| now(include(&session, arguments)),
    },
    Row {
        name: PROPOSAL_CHECK,
        argument: TASK,
        effect: "runs the checks on what was not rejected",
        run: |session, arguments| now(check(&session, arguments, Level::Proposal)),
    },
    Row {
        name: PROPOSAL_UNDO,
        argument: ACCEPTANCE,
        effect: "takes an earlier acceptance back, the latest if none is named",
        run: |session, arguments| Box::pin(undo(session, arguments, Way::Out)),
    },
    Row {
        name: PROPOSAL_REDO,
        argument: ACCEPTANCE,
        effect: "makes an acceptance again that was taken back",
        run: |session, arguments| Box::pin(undo(session, arguments, Way::In)),
    },
    Row {
        name: SHOW,
        argument: "`{what: run, plan, diff, log, base or proposed; taskId?, path?}`",
        effect: "opens a document about a run",
        run: |session, arguments| Box::pin(show(session, arguments)),
    },
    Row {
        name: "greenloop.answer",
        argument: "`{choice, questionId?}` or the choice",
        effect: "answers a question; one that a model asked in any words",
        run: |session, arguments| now(answer(&session, arguments)),
    },
];

fn now(outcome: Outcome) -> Running {
    Box::pin(std::future::ready(outcome))
}

/// The commands as a table of Markdown, for the documentation.
pub fn markdown() -> String {
    let mut table = "| command | argument | effect |\n|---|---|---|\n".to_owned();
    for Row { name, argument, effect, .. } in ROWS {
        // Writing to a string cannot fail.
        writeln!(table, "| `{name}` | {argument} | {effect} |").ok();
    }
    table
}
