//! Changes of a step that need no typing, as edits of the plan's text.

use std::ops::Range;

use serde_json::json;
use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, CodeActionTriggerKind, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, WorkspaceEdit,
};

use super::{Open, drawn, run_of};
use crate::base::ids::StepId;
use crate::base::text::edit::Edit;
use crate::base::text::line_ending;
use crate::logic::plan_check::Field;
use crate::logic::plan_edit::{PlanEdit, edited};
use crate::logic::plan_text::{Section, parse, print};
use crate::lsp::commands;
use crate::lsp::from_proto;
use crate::lsp::handlers::code_action::{command_action, is_asked};
use crate::lsp::session::Session;
use crate::lsp::to_proto;
use crate::model::plan::{Plan, Step};
use crate::model::report::TestId;

const PLAN: &str = "quickfix.greenloop.plan";

/// What can be done with the step under the cursor; the selected tests can become a step of their own.
pub async fn actions(session: &Session, params: CodeActionParams) -> Vec<CodeAction> {
    let capabilities = session.capabilities();
    let kind = CodeActionKind::REFACTOR_REWRITE;
    // An editor asks by itself at every move of the cursor, and none of it is urgent.
    let is_asked = |kind: &str| is_asked(&params.context, kind);
    let is_wanted = (is_asked(kind.as_str()) || is_asked(PLAN))
        && params.context.trigger_kind != Some(CodeActionTriggerKind::AUTOMATIC)
        && capabilities.action_literals;
    if !is_wanted {
        return Vec::new();
    }
    let versioned = capabilities.document_changes;
    let uri = params.text_document.uri.clone();
    drawn(session, &uri, move |open| open.actions(params.range, versioned)).await
}

impl Open {
    fn actions(&self, range: tower_lsp::lsp_types::Range, versioned: bool) -> Vec<CodeAction> {
        let text = &self.text.string;
        let selected = from_proto::byte_range(&self.text, range, self.encoding);
        let parsed = parse(text);
        // What could not be read would be lost.
        let is_read = parsed.marks.is_empty();
        let at = parsed.steps.iter().position(|section| section.whole.contains(&selected.start));
        let mut actions = Vec::new();
        if is_read && self.facts.is_some() {
            let title = "Carry out this plan".to_owned();
            let argument = json!({ "taskId": run_of(&self.uri) });
            actions.push(command_action(PLAN, title, commands::PLAN_APPROVE, argument.clone()));
            let title = "Reject this plan".to_owned();
            actions.push(command_action(PLAN, title, commands::PLAN_REFUSE, argument));
        }
        let Some(at) = at.filter(|_| is_read) else { return actions };
        let (step, section) = (&parsed.plan.steps[at], &parsed.steps[at]);
        let is_one = parsed.plan.steps.iter().filter(|other| other.id == step.id).count() == 1;
        if !is_one {
            return actions;
        }
        let workers = self.facts.iter().flat_map(|facts| &facts.workers);
        let tests = selected_tests(step, section, &selected);
        let offered = offered(step, tests, workers);
        let action = |(title, edit): (String, PlanEdit)| {
            let plan = edited(&parsed.plan, step.id, &edit).ok()?;
            Some(self.action(title, &plan, versioned))
        };
        actions.extend(offered.into_iter().filter_map(action));
        if self.asked == Some(step.id) {
            let argument = json!({ "taskId": run_of(&self.uri), "step": step.id });
            let title = format!("Approve step {}", step.id);
            actions.insert(0, command_action(PLAN, title, commands::PLAN_APPROVE, argument));
        }
        if self.facts.is_some() {
            let title = format!("Carry out step {} alone", step.id);
            let alone = action((title, PlanEdit::Alone));
            let alone = alone.map(|action| self.then_approved(action, step.id));
            actions.splice(1..1, alone);
        }
        actions
    }

    /// The plan is carried out as soon as the edit has made it so. Some editors send the command also when they refused
    /// the edit.
    fn then_approved(&self, action: CodeAction, only: StepId) -> CodeAction {
        let title = action.title.clone();
        let argument = json!({"taskId": run_of(&self.uri), "only": only});
        let command = command_action(PLAN, title, commands::PLAN_APPROVE, argument).command;
        CodeAction { command, ..action }
    }

    fn action(&self, title: String, plan: &Plan, versioned: bool) -> CodeAction {
        let old = &self.text.string;
        let new = print(plan).replace('\n', line_ending(old));
        let edit = Edit::new(0..old.len(), new).narrowed(old);
        let edits = vec![to_proto::text_edit(&self.text, edit, self.encoding)];
        let uri = self.uri.clone();
        let edit = if versioned {
            let text_document =
                OptionalVersionedTextDocumentIdentifier { uri, version: Some(self.version) };
            let edits = edits.into_iter().map(OneOf::Left).collect();
            let changes = DocumentChanges::Edits(vec![TextDocumentEdit { text_document, edits }]);
            WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
        } else {
            WorkspaceEdit::new([(uri, edits)].into())
        };
        let kind = Some(CodeActionKind::REFACTOR_REWRITE);
        CodeAction { title, kind, edit: Some(edit), ..CodeAction::default() }
    }
}

fn offered<'w>(
    step: &Step,
    tests: Vec<TestId>,
    workers: impl Iterator<Item = &'w String>,
) -> Vec<(String, PlanEdit)> {
    let id = step.id;
    let skip = match step.skip {
        true => (format!("Do step {id} after all"), PlanEdit::Skip(false)),
        false => (format!("Skip step {id}"), PlanEdit::Skip(true)),
    };
    let n = tests.len();
    let split = format!("Make {n} {} of step {id} a step", if n == 1 { "test" } else { "tests" });
    let mut offered = vec![
        skip,
        (format!("Move step {id} up"), PlanEdit::Up),
        (format!("Move step {id} down"), PlanEdit::Down),
        (split, PlanEdit::Split(tests)),
        (format!("Join step {id} with the one above"), PlanEdit::Join),
    ];
    let others = workers.filter(|name| step.worker.as_ref() != Some(name));
    offered.extend(others.map(|name| {
        (format!("Let `{name}` begin step {id}"), PlanEdit::Worker(Some(name.clone())))
    }));
    offered
}

fn selected_tests(step: &Step, section: &Section, selected: &Range<usize>) -> Vec<TestId> {
    let places = section.entries.iter().filter(|place| place.field == Field::Tests);
    let tests = places.flat_map(|place| &place.items).zip(&step.tests);
    let is_in = |place: &Range<usize>| place.start <= selected.end && selected.start <= place.end;
    tests.filter(|(place, _)| is_in(place)).map(|(_, test)| test.clone()).collect()
}
