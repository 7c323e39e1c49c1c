//! `greenloop.show`: a document about a run.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::{Arguments, Outcome, Reply};
use crate::base::ids::RunId;
use crate::base::path::RepoPath;
use crate::lsp::board::Board;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::session::Session;
use crate::lsp::virtual_docs::{self, Document, What};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Wanted {
    what: Kind,
    /// Without it the newest run.
    task_id: Option<RunId>,
    /// Which file, for `base` and `proposed`.
    path: Option<RepoPath>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Base,
    Proposed,
    Diff,
    Log,
    Plan,
    #[default]
    Run,
}

pub async fn show(session: Arc<Session>, arguments: Arguments) -> Outcome {
    let wanted: Wanted = arguments.read(|what| json!({ "what": what }))?;
    let newest = || {
        let state = session.state();
        state.boards.values().flat_map(Board::runs).map(|view| view.run.id).max()
    };
    let run = wanted.task_id.or_else(newest);
    let run = run.ok_or_else(|| Refusal::new(Reason::NotFound, "there is no run to show"))?;
    let path = || {
        let message = "name the file by `path`";
        wanted.path.clone().ok_or_else(|| Refusal::new(Reason::BadArguments, message))
    };
    let what = match wanted.what {
        Kind::Base => What::Base(path()?),
        Kind::Proposed => What::Proposed(path()?),
        Kind::Diff => What::Diff,
        Kind::Log => What::Log,
        Kind::Plan => What::Plan,
        Kind::Run => What::Run,
    };
    let uri = virtual_docs::show(&session, Document { run, what }).await?;
    Ok(Reply { task_id: Some(run), uri: Some(uri), ..Reply::default() })
}
