//! `textDocument/codeLens`: the same decisions as the code actions, in sight.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::{CodeLens, Command, Url};

use crate::base::ids::RunId;
use crate::base::text::counted;
use crate::lsp::capabilities::Capabilities;
use crate::lsp::commands;
use crate::lsp::findings::What;
use crate::lsp::plan_docs;
use crate::lsp::review::hunks::{HunkState, HunkView};
use crate::lsp::review::view::{FileView, FindingView, line_start};
use crate::lsp::review::view_of;
use crate::lsp::session::Session;

pub async fn code_lens(session: Arc<Session>, uri: Url) -> Vec<CodeLens> {
    if let Some(run) = plan_docs::run_of(&uri) {
        return of_plan(&session, run).into_iter().collect();
    }
    let Some(view) = view_of(&session, &uri).await else { return Vec::new() };
    listed(&view, session.capabilities())
}

fn listed(view: &FileView, capabilities: &Capabilities) -> Vec<CodeLens> {
    let open: Vec<&HunkView> = view.hunks.iter().filter(|hunk| hunk.is_open()).collect();
    let mut lenses = Vec::new();
    if capabilities.apply_edit {
        lenses.extend(of_file(&open));
        lenses.extend(open.iter().flat_map(|hunk| of_hunk(hunk)));
    }
    if !capabilities.greenloop.test_ui {
        lenses.extend(view.findings.iter().flat_map(|finding| of_test(finding, view)));
    }
    lenses
}

/// At the top of a plan that can still be carried out.
fn of_plan(session: &Session, run: RunId) -> Option<CodeLens> {
    let state = session.state();
    let (_, view) = state.run(run)?;
    let is_open = view.run.plan.is_some() && !view.run.is_finished();
    let (title, argument) = ("Carry out this plan".to_owned(), json!({ "taskId": run }));
    is_open.then(|| lens(0, title, commands::PLAN_APPROVE, argument))
}

fn of_hunk(hunk: &HunkView) -> Vec<CodeLens> {
    let line = hunk.range.start.line;
    let run = hunk.id.run;
    let accept =
        lens(line, format!("Accept ({})", hunk.evidence), commands::HUNK_ACCEPT, json!(hunk.id));
    let reject = lens(line, "Reject".into(), commands::HUNK_REJECT, json!(hunk.id));
    let argument = json!({"what": "diff", "taskId": run, "path": hunk.id.path});
    let diff = lens(line, "Diff".into(), commands::SHOW, argument);
    match hunk.state {
        HunkState::Pending | HunkState::Partly => vec![accept, reject, diff],
        HunkState::Conflict => vec![reject, diff],
        HunkState::Applied | HunkState::Rejected | HunkState::Settled | HunkState::Superseded => {
            Vec::new()
        }
    }
}

/// At the top, for each proposal with several changes here.
fn of_file(open: &[&HunkView]) -> Vec<CodeLens> {
    let mut lenses = Vec::new();
    let mut rest = open;
    while let Some(first) = rest.first() {
        let n_same = rest.iter().take_while(|hunk| hunk.id.run == first.id.run).count();
        if n_same > 1 {
            let (n, said) = (counted(n_same, "change"), &first.of_file.said);
            let title = format!("Greenloop: {n} | Accept all ({said})");
            let argument = json!({"taskId": first.id.run, "path": first.id.path});
            lenses.push(lens(0, title, commands::FILE_ACCEPT, argument));
        }
        rest = &rest[n_same..];
    }
    lenses
}

fn of_test(finding: &FindingView, view: &FileView) -> Vec<CodeLens> {
    let What::Test(test) = &finding.finding.what else { return Vec::new() };
    let argument = json!({"checks": [test.check], "tests": [test.name], "uri": view.uri});
    vec![
        lens(finding.line, "Fix until green".into(), commands::FIX, argument.clone()),
        lens(finding.line, "Run test".into(), commands::TEST_RUN, argument),
    ]
}

fn lens(line: u32, title: String, command: &str, argument: Value) -> CodeLens {
    let command = Command::new(title, command.into(), Some(vec![argument]));
    CodeLens { range: line_start(line), command: Some(command), data: None }
}
