//! `textDocument/codeAction`: what can be done about the lines under the cursor.

mod shown;
mod wider;

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Response;
use tower_lsp::lsp_types::{
    CodeAction, CodeActionContext, CodeActionDisabled, CodeActionKind, CodeActionOrCommand,
    CodeActionParams, CodeActionTriggerKind, Command, Range, Url,
};

use self::shown::{about, is_of_test, shown};
use self::wider::wider;
use crate::logic::review::HunkState as Found;
use crate::lsp::capabilities::{Capabilities, LLM_GENERATED};
use crate::lsp::commands;
use crate::lsp::findings::What;
use crate::lsp::from_proto;
use crate::lsp::handlers::code_action_resolve;
use crate::lsp::plan_docs;
use crate::lsp::review::edits::conflicting;
use crate::lsp::review::hunks::{HunkId, HunkState, HunkView};
use crate::lsp::review::view::{FileView, FindingView};
use crate::lsp::review::view_of;
use crate::lsp::session::Session;
use crate::model::report::TestId;

pub const ACCEPT: &str = "quickfix.greenloop.accept";
pub const REJECT: &str = "quickfix.greenloop.reject";
pub const FIX: &str = "quickfix.greenloop.fix";
pub const TEST: &str = "source.greenloop.test";
const SHOW: &str = "quickfix.greenloop.show";
const REVISE: &str = "quickfix.greenloop.revise";
const SWAP: &str = "quickfix.greenloop.swap";
const REBASE: &str = "quickfix.greenloop.rebase";
const INCLUDE: &str = "quickfix.greenloop.include";
const CHECK: &str = "quickfix.greenloop.check";
const PLAN: &str = "refactor.rewrite.greenloop.plan";
const FILE: &str = "quickfix.greenloop.file";
const STEP: &str = "quickfix.greenloop.step";
const PROPOSAL: &str = "quickfix.greenloop.proposal";

pub async fn code_action(
    session: Arc<Session>,
    params: CodeActionParams,
) -> Vec<CodeActionOrCommand> {
    if plan_docs::run_of(&params.text_document.uri).is_some() {
        let actions = plan_docs::actions(&session, params).await;
        return actions.into_iter().map(CodeActionOrCommand::CodeAction).collect();
    }
    let lines = (params.range.start.line, params.range.end.line);
    let mut actions = match view_of(&session, &params.text_document.uri).await {
        Some(view) => {
            if params.context.trigger_kind != Some(CodeActionTriggerKind::AUTOMATIC) {
                session.state().check_offers(&view, lines);
            }
            listed(&view, lines, &params.context, session.capabilities())
        }
        None => Vec::new(),
    };
    actions.extend(plan_here(&session, &params));
    if !session.capabilities().action_literals {
        make_titles_unique(&mut actions);
        let commands = actions.into_iter().filter_map(as_command);
        return commands.map(CodeActionOrCommand::Command).collect();
    }
    if !session.capabilities().resolves_edit {
        actions = with_edits(&session, actions).await;
    }
    make_titles_unique(&mut actions);
    actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
}

/// For editors that know no other actions. What would be an edit is one that the server asks for.
fn as_command(action: CodeAction) -> Option<Command> {
    match action.data {
        Some(mut data) => {
            let hunk = data["greenloop"].take();
            Some(Command::new(action.title, commands::HUNK_ACCEPT.into(), Some(vec![hunk])))
        }
        None => action.command.map(|command| Command { title: action.title, ..command }),
    }
}

/// For editors that never ask for an edit. An action whose edit can no longer be made is left out.
async fn with_edits(session: &Arc<Session>, actions: Vec<CodeAction>) -> Vec<CodeAction> {
    let mut complete = Vec::with_capacity(actions.len());
    for action in actions {
        let action = code_action_resolve::with_edit(session, action).await;
        complete.extend(action.map(completed));
    }
    complete
}

/// An action that nothing more is asked about. Its tag is still to be made.
fn completed(action: CodeAction) -> CodeAction {
    let is_llm = action.data.as_ref().is_some_and(|data| data[LLM] == true);
    CodeAction { data: is_llm.then(|| json!({ LLM: true })), ..action }
}

/// The actions at the lines from `lines.0` to `lines.1`, without edits.
fn listed(
    view: &FileView,
    lines: (u32, u32),
    context: &CodeActionContext,
    capabilities: &Capabilities,
) -> Vec<CodeAction> {
    let asked = |kind: &str| is_asked(context, kind);
    let shown = shown(view, context, lines);
    let mut actions = Vec::new();
    let here: Vec<&HunkView> =
        view.hunks.iter().filter(|hunk| hunk.touches(lines.0, lines.1)).collect();
    for hunk in &here {
        let offered = [
            asked(ACCEPT).then(|| accept(hunk, &view.uri, capabilities)),
            asked(ACCEPT).then(|| accept_part(hunk, lines, &view.uri, capabilities)),
            asked(REJECT).then(|| reject(hunk)),
        ];
        let own = shown.iter().filter(|known| !is_of_test(known) && known.range == hunk.range);
        actions.extend(
            offered.into_iter().flatten().flatten().map(|action| about(action, own.clone())),
        );
    }
    // What an editor asks for by itself at every move of the cursor is kept short.
    if context.trigger_kind != Some(CodeActionTriggerKind::AUTOMATIC) {
        let of_hunks = shown.iter().filter(|known| !is_of_test(known));
        let wider = wider(view, &here, capabilities, asked);
        actions.extend(wider.into_iter().map(|action| about(action, of_hunks.clone())));
    }
    let at_cursor = |finding: &&FindingView| lines.0 <= finding.line && finding.line <= lines.1;
    for finding in view.findings.iter().filter(at_cursor) {
        let What::Test(test) = &finding.finding.what else { continue };
        let offered =
            [asked(FIX).then(|| fix(test, view)), asked(TEST).then(|| run_test(test, view))];
        let of_tests = shown.iter().filter(|known| is_of_test(known));
        actions.extend(offered.into_iter().flatten().map(|action| about(action, of_tests.clone())));
    }
    actions
}

/// By whole parts of the name: `quickfix` asks for `quickfix.greenloop.accept` too.
pub fn is_asked(context: &CodeActionContext, kind: &str) -> bool {
    let covers = |only: &CodeActionKind| {
        kind.strip_prefix(only.as_str()).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('.') || only.as_str().is_empty()
        })
    };
    context.only.as_ref().is_none_or(|only| only.iter().any(covers))
}

fn accept(hunk: &HunkView, uri: &Url, capabilities: &Capabilities) -> Option<CodeAction> {
    let pending = match hunk.state {
        HunkState::Pending | HunkState::Partly => true,
        HunkState::Conflict if capabilities.disabled_actions => false,
        HunkState::Conflict
        | HunkState::Applied
        | HunkState::Rejected
        | HunkState::Settled
        | HunkState::Superseded => {
            return None;
        }
    };
    let action = CodeAction {
        title: format!("Accept {} ({})", hunk.label, hunk.evidence),
        kind: Some(CodeActionKind::new(ACCEPT)),
        ..CodeAction::default()
    };
    if !pending {
        return Some(CodeAction {
            disabled: Some(CodeActionDisabled { reason: conflicting().message }),
            ..action
        });
    }
    let mut action = with_data(action, hunk, &hunk.id, uri, capabilities);
    action.is_preferred = capabilities.preferred_actions.then_some(true);
    Some(action)
}

/// In an action's data until it gets its tag.
const LLM: &str = "llm";

/// Tags the actions that accept a model's change, for which the types of the protocol's older versions have no place.
pub fn tagged(response: Response) -> Response {
    let (id, result) = response.into_parts();
    let with_tags = result.map(|mut actions| {
        for action in actions.as_array_mut().into_iter().flatten() {
            let Some(data) = action.get_mut("data").and_then(Value::as_object_mut) else {
                continue;
            };
            if data.remove(LLM).is_some() {
                let is_empty = data.is_empty();
                action["tags"] = json!([LLM_GENERATED]);
                if is_empty {
                    action.as_object_mut().and_then(|fields| fields.remove("data"));
                }
            }
        }
        actions
    });
    Response::from_parts(id, with_tags)
}

/// Accepts what is selected of a hunk, when that is not all that is left of it.
fn accept_part(
    hunk: &HunkView,
    lines: (u32, u32),
    uri: &Url,
    capabilities: &Capabilities,
) -> Option<CodeAction> {
    let pending = |(_, part): &(usize, &Found)| matches!(part, Found::Pending { .. });
    let left: Vec<(usize, &Found)> = hunk.parts.iter().enumerate().filter(pending).collect();
    let selected = lines.0..lines.1 + 1;
    let here = left.iter().filter(|(_, part)| part.touches(&selected));
    let parts: Vec<usize> = here.map(|(at, _)| *at).collect();
    if parts.is_empty() || parts.len() == left.len() {
        return None;
    }
    let action = CodeAction {
        // Checks are made of whole changes.
        title: format!(
            "Accept {} of {} lines of {} (not checked without the rest)",
            parts.len(),
            hunk.parts.len(),
            hunk.label
        ),
        kind: Some(CodeActionKind::new(ACCEPT)),
        ..CodeAction::default()
    };
    let id = HunkId { parts, ..hunk.id.clone() };
    Some(with_data(action, hunk, &id, uri, capabilities))
}

/// An action whose edit is made when it is chosen: for all of a hunk, or for the part with this name.
fn with_data(
    action: CodeAction,
    hunk: &HunkView,
    id: &HunkId,
    uri: &Url,
    capabilities: &Capabilities,
) -> CodeAction {
    let mut action = with_way(action, id, uri, capabilities);
    if hunk.llm && capabilities.llm_tag {
        action.data.get_or_insert_with(|| json!({}))[LLM] = json!(true);
    }
    action
}

fn with_way(action: CodeAction, id: &HunkId, uri: &Url, capabilities: &Capabilities) -> CodeAction {
    let has_no_version = capabilities.drops_versions || !capabilities.document_changes;
    if has_no_version && capabilities.apply_edit {
        // What is typed while the action is on its way would be overwritten by an edit of the action itself.
        let (name, argument) = (commands::HUNK_ACCEPT.into(), json!(id));
        let command = Command::new(action.title.clone(), name, Some(vec![argument]));
        return CodeAction { command: Some(command), ..action };
    }
    CodeAction {
        // Some editors ask for the edit only of an action that has no command either.
        command: (!capabilities.resolves_command).then(|| code_action_resolve::recheck(id)),
        data: Some(code_action_resolve::data(id, uri)),
        ..action
    }
}

fn reject(hunk: &HunkView) -> Option<CodeAction> {
    hunk.is_open().then(|| {
        let title = format!("Reject {}", hunk.label);
        command_action(REJECT, title, commands::HUNK_REJECT, json!(hunk.id))
    })
}

/// Asks for a goal about the lines that are selected in a file of a project.
fn plan_here(session: &Session, params: &CodeActionParams) -> Option<CodeAction> {
    let (Range { start, end }, uri) = (params.range, &params.text_document.uri);
    let is_wanted = is_asked(&params.context, PLAN)
        && is_selection(session, params)
        && params.context.trigger_kind != Some(CodeActionTriggerKind::AUTOMATIC);
    let path = from_proto::path(uri).filter(|_| is_wanted)?;
    session.state().projects.folder_of(&path)?;
    // A selection of whole lines ends where the next one begins.
    let last = if end.character == 0 { end.line.saturating_sub(1) } else { end.line };
    let lines = [start.line, last.max(start.line)];
    let argument = json!({"uri": uri, "file": uri, "lines": lines, "ask": true});
    Some(command_action(PLAN, "Plan a change here…".into(), commands::PLAN, argument))
}

/// Whether something is selected. A single character is what the cursor of a modal editor stands on.
fn is_selection(session: &Session, params: &CodeActionParams) -> bool {
    let (range, encoding) = (params.range, session.capabilities().encoding);
    let state = session.state();
    let Some(document) = state.documents.get(&params.text_document.uri) else {
        return range.start != range.end;
    };
    let selected = &document.text.string[from_proto::byte_range(&document.text, range, encoding)];
    selected != "\r\n" && selected.chars().nth(1).is_some()
}

fn fix(test: &TestId, view: &FileView) -> CodeAction {
    let arguments = json!({"checks": [test.check], "tests": [test.name], "uri": view.uri});
    command_action(FIX, format!("Fix failing test {}", test.name), commands::FIX, arguments)
}

fn run_test(test: &TestId, view: &FileView) -> CodeAction {
    let arguments = json!({"checks": [test.check], "tests": [test.name], "uri": view.uri});
    command_action(TEST, format!("Run {}", test.name), commands::TEST_RUN, arguments)
}

pub fn command_action(
    kind: &'static str,
    title: String,
    command: &str,
    argument: Value,
) -> CodeAction {
    CodeAction {
        kind: Some(CodeActionKind::new(kind)),
        command: Some(Command::new(title.clone(), command.into(), Some(vec![argument]))),
        title,
        ..CodeAction::default()
    }
}

/// Some editors find the chosen action by its title.
fn make_titles_unique(actions: &mut [CodeAction]) {
    let mut taken = HashSet::new();
    for action in actions {
        let title = action.title.clone();
        let mut n = 1;
        while !taken.insert(action.title.clone()) {
            n += 1;
            action.title = format!("{title} [{n}]");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(only: &str, kind: &str) -> bool {
        let only = Some(vec![CodeActionKind::from(only.to_owned())]);
        is_asked(&CodeActionContext { only, ..CodeActionContext::default() }, kind)
    }

    #[test]
    fn kinds_are_asked_for_by_whole_parts() {
        assert!(asks("quickfix", ACCEPT));
        assert!(asks("quickfix.greenloop.accept", ACCEPT));
        assert!(asks("", ACCEPT));
        assert!(asks("source", TEST));
        assert!(!asks("quick", ACCEPT));
        assert!(!asks("source.fixAll", TEST));
        assert!(!asks("quickfix.greenloop.reject", ACCEPT));
        assert!(is_asked(&CodeActionContext::default(), FIX));
    }

    #[test]
    fn a_models_change_is_tagged_as_one() {
        let actions = json!([
            {"title": "a", "data": {"llm": true}},
            {"title": "b", "data": {}},
            {"title": "c", "data": {"llm": true, "uri": "x"}},
        ]);
        let (_, tagged) = tagged(Response::from_ok(1.into(), actions)).into_parts();
        let tagged = tagged.unwrap();
        assert_eq!(tagged[0]["tags"], json!([1]));
        assert_eq!(tagged[0].get("data"), None, "it is no data of ours");
        assert_eq!(tagged[1].get("tags"), None);
        assert_eq!((&tagged[2]["tags"], &tagged[2]["data"]), (&json!([1]), &json!({"uri": "x"})));
    }

    #[test]
    fn an_action_with_its_edit_keeps_only_its_mark() {
        let action = |data| CodeAction { data: Some(data), ..CodeAction::default() };
        let marked = completed(action(json!({"greenloop": {}, "uri": "x", "llm": true})));
        assert_eq!(marked.data, Some(json!({"llm": true})));
        assert_eq!(completed(action(json!({"greenloop": {}}))).data, None);
    }

    #[test]
    fn equal_titles_are_told_apart() {
        let mut actions = ["a", "a", "b", "a"]
            .map(|title| CodeAction { title: title.into(), ..Default::default() });
        make_titles_unique(&mut actions);
        assert_eq!(actions.map(|action| action.title), ["a", "a [2]", "b", "a [3]"]);
    }
}
