//! Actions on more than one change: of a file, of a step, of a proposal, and work to be done once more.

use std::collections::HashSet;

use serde_json::json;
use tower_lsp::lsp_types::CodeAction;

use super::{CHECK, FILE, INCLUDE, PROPOSAL, REBASE, REVISE, SHOW, STEP, SWAP, command_action};
use crate::base::text::counted;
use crate::lsp::capabilities::Capabilities;
use crate::lsp::commands;
use crate::lsp::review::evidence::Offer;
use crate::lsp::review::hunks::{HunkState, HunkView};
use crate::lsp::review::view::FileView;

/// Actions on more than one hunk, for each proposal that has an open one among `here`.
pub(super) fn wider(
    view: &FileView,
    here: &[&HunkView],
    capabilities: &Capabilities,
    asked: impl Fn(&str) -> bool,
) -> Vec<CodeAction> {
    let mut actions = Vec::new();
    let mut done = HashSet::new();
    for hunk in here.iter().filter(|hunk| hunk.is_open() && done.insert(hunk.id.run)) {
        if asked(SHOW) {
            let title = format!("Show the diff of {}", hunk.label);
            let argument = json!({"what": "diff", "taskId": hunk.id.run});
            actions.push(command_action(SHOW, title, commands::SHOW, argument));
        }
        actions.extend(again(hunk, &asked));
        if !capabilities.apply_edit {
            continue;
        }
        let same_file = |other: &&HunkView| {
            other.id.run == hunk.id.run && other.id.path == hunk.id.path && other.is_open()
        };
        let n_open = view.hunks.iter().filter(same_file).count();
        if asked(FILE) && n_open > 1 {
            let (file, argument) =
                (hunk.id.path.file_name(), json!({"taskId": hunk.id.run, "path": hunk.id.path}));
            let all = [("Accept", commands::FILE_ACCEPT), ("Reject", commands::FILE_REJECT)];
            let what = format!("all {n_open} changes in {file}");
            actions.extend(all.map(|(verb, command)| {
                let title = titled(verb, &what, &hunk.of_file);
                command_action(FILE, title, command, argument.clone())
            }));
        }
        let steps = here.iter().filter(|other| other.id.run == hunk.id.run && other.is_open());
        if asked(STEP) {
            actions.extend(of_steps(steps));
        }
        let (n_changes, n_files) = hunk.whole;
        if asked(PROPOSAL) && n_changes > 1 {
            let argument = json!({ "taskId": hunk.id.run });
            let files = match hunk.n_judging {
                0 => counted(n_files, "file"),
                n => format!("{}, {n} of what judges them", counted(n_files, "file")),
            };
            let all =
                [("Accept", commands::PROPOSAL_ACCEPT), ("Reject", commands::PROPOSAL_REJECT)];
            let what = format!("the whole proposal ({n_changes} changes in {files})");
            actions.extend(all.map(|(verb, command)| {
                let title = titled(verb, &what, &hunk.of_proposal);
                command_action(PROPOSAL, title, command, argument.clone())
            }));
        }
    }
    actions
}

/// The title of an action on several changes, with what is known of the texts once they are accepted.
fn titled(verb: &str, what: &str, offer: &Offer) -> String {
    match verb {
        "Accept" => format!("{verb} {what} ({})", offer.said),
        _ => format!("{verb} {what}"),
    }
}

/// Actions on all that a step brought, for each step that has one of these open hunks.
fn of_steps<'a>(hunks: impl Iterator<Item = &'a &'a HunkView>) -> Vec<CodeAction> {
    let mut done = HashSet::new();
    let mut actions = Vec::new();
    for hunk in hunks {
        let Some(step) = hunk.step.as_ref().filter(|step| done.insert(step.id)) else { continue };
        let what =
            format!("step {} ({}): {}", step.id, counted(step.n_changes, "change"), step.title);
        let argument = json!({"taskId": hunk.id.run, "step": step.id});
        let all = [
            ("Accept", commands::STEP_ACCEPT),
            ("Reject", commands::STEP_REJECT),
            ("Look for another way at", commands::STEP_REVISE),
        ];
        actions.extend(all.map(|(verb, command)| {
            command_action(STEP, titled(verb, &what, &step.offer), command, argument.clone())
        }));
    }
    actions
}

/// Work to be done once more about a hunk.
fn again(hunk: &HunkView, asked: impl Fn(&str) -> bool) -> Vec<CodeAction> {
    let mut actions = Vec::new();
    if hunk.state == HunkState::Conflict {
        if asked(REBASE) {
            let title = format!("Redo {} on your text", hunk.label);
            let argument = json!({ "taskId": hunk.id.run });
            actions.push(command_action(REBASE, title, commands::PROPOSAL_REBASE, argument));
        }
    } else if asked(REVISE) {
        let title = format!("Look for another {}", hunk.label);
        actions.push(command_action(REVISE, title, commands::HUNK_REVISE, json!(hunk.id)));
    }
    if asked(SWAP) {
        actions.extend(hunk.others.iter().map(|(number, title)| {
            let title = format!("Take instead: {title}");
            let argument = json!({"taskId": hunk.id.run, "other": number});
            command_action(SWAP, title, commands::PROPOSAL_SWAP, argument)
        }));
    }
    if asked(INCLUDE) && hunk.n_left_out > 0 {
        let n = counted(hunk.n_left_out, "edit");
        let title = format!("Redo with the {n} left out of what judges the change");
        let argument = json!({ "taskId": hunk.id.run });
        actions.push(command_action(INCLUDE, title, commands::PROPOSAL_INCLUDE, argument));
    }
    let (n_changes, _) = hunk.whole;
    if asked(CHECK) && n_changes > 1 && hunk.can_go_in() {
        let title = format!("Check {} without the rest", hunk.label);
        actions.push(command_action(CHECK, title, commands::HUNK_CHECK, json!(hunk.id)));
    }
    actions
}
