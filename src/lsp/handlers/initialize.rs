//! `initialize` and what follows it.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Response;
use tower_lsp::lsp_types::request::{RegisterCapability, Request};
use tower_lsp::lsp_types::{
    DidChangeWorkspaceFoldersParams, InitializeParams, InitializeResult, ServerInfo, Url,
};

use crate::lsp::capabilities;
use crate::lsp::from_proto;
use crate::lsp::latency;
use crate::lsp::plan_docs;
use crate::lsp::projects;
use crate::lsp::review;
use crate::lsp::session::Session;
use crate::lsp::settings;
use crate::lsp::virtual_docs;

/// Answers at once; folders are opened only after `initialized`.
pub fn initialize(session: &Session, params: &InitializeParams) -> InitializeResult {
    session.state().folders_named = folders(params);
    settings::take_at_first(
        session,
        params.initialization_options.as_ref().unwrap_or(&Value::Null),
    );
    InitializeResult {
        capabilities: capabilities::offered(session.capabilities().encoding),
        server_info: Some(ServerInfo {
            name: env!("CARGO_PKG_NAME").into(),
            version: Some(env!("CARGO_PKG_VERSION").into()),
        }),
    }
}

/// The answer with what the types of the protocol's older versions have no place for.
pub fn completed(response: Response) -> Response {
    let (id, result) = response.into_parts();
    let with_documents = result.map(|mut result| {
        let schemes = json!({"schemes": [virtual_docs::SCHEME]});
        result["capabilities"]["workspace"]["textDocumentContent"] = schemes;
        result
    });
    Response::from_parts(id, with_documents)
}

#[expect(deprecated, reason = "some editors still name their folder only there")]
fn folders(params: &InitializeParams) -> Vec<Url> {
    let listed = params.workspace_folders.iter().flatten().map(|folder| folder.uri.clone());
    let listed: Vec<Url> = listed.collect();
    if !listed.is_empty() {
        return listed;
    }
    let path = || Url::from_file_path(params.root_path.as_ref()?).ok();
    params.root_uri.clone().or_else(path).into_iter().collect()
}

/// Opens the folders and starts to draw.
pub fn initialized(session: &Arc<Session>) {
    let drawer = session.clone();
    tokio::spawn(async move {
        let drawing = review::keep_drawn(drawer.clone());
        latency::counted(&drawer.latency, "(drawing)", drawing).await;
    });
    tokio::spawn(review::keep_refreshed(session.clone()));
    register(session);
    settings::ask(session);
    let folders = std::mem::take(&mut session.state().folders_named);
    for folder in folders {
        projects::open(session, &folder);
    }
}

/// Asks an editor that can to come to us with what is ours.
fn register(session: &Session) {
    let plans = plan_docs::registrations(session);
    let registrations: Vec<Value> =
        plans.into_iter().chain(settings::registration(session)).collect();
    if !registrations.is_empty() {
        let params = json!({ "registrations": registrations });
        session.ask_in_background(RegisterCapability::METHOD, params);
    }
}

pub fn folders_changed(session: &Arc<Session>, params: &DidChangeWorkspaceFoldersParams) {
    for folder in &params.event.removed {
        if let Some(path) = from_proto::path(&folder.uri) {
            projects::close(session, &path);
        }
    }
    for folder in &params.event.added {
        projects::open(session, &folder.uri);
    }
    session.review_changed();
}
