//! The methods of the protocol, each handed to what carries it out.

use std::sync::Arc;

use serde_json::Value;
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{
    CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionParams,
    CompletionResponse, DidChangeConfigurationParams, DidChangeTextDocumentParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, DocumentSymbolParams, DocumentSymbolResponse, ExecuteCommandParams,
    FoldingRange, FoldingRangeParams, InitializeParams, InitializeResult, InitializedParams,
    InlayHint, InlayHintParams, NumberOrString, WorkDoneProgressCancelParams,
};
use tower_lsp::{LanguageServer, LspService, async_trait};

use super::handlers::{
    code_action, code_action_resolve, code_lens, initialize, inlay_hint, text_sync,
};
use super::session::Session;
use super::tasks::{self, HunksParams};
use super::virtual_docs::{self, ContentParams};
use super::{commands, plan_docs, progress, settings, test_list};

pub struct Server {
    pub session: Arc<Session>,
}

/// The router with all methods.
pub fn service(session: &Arc<Session>) -> LspService<Server> {
    let server = Server { session: session.clone() };
    let builder = LspService::build(|_client| server);
    let builder = builder.custom_method("window/workDoneProgress/cancel", Server::cancel_progress);
    let builder = builder.custom_method(virtual_docs::CONTENT, Server::content);
    let builder = builder
        .custom_method(tasks::SNAPSHOT, Server::snapshot)
        .custom_method(tasks::HUNKS, Server::hunks)
        .custom_method(test_list::TESTS, Server::tests);
    #[cfg(debug_assertions)]
    let builder = builder.custom_method(super::probe::METHOD, Server::probe);
    builder.finish().0
}

#[async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        Ok(initialize::initialize(&self.session, &params))
    }

    async fn initialized(&self, _: InitializedParams) {
        initialize::initialized(&self.session);
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        initialize::folders_changed(&self.session, &params);
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        settings::changed(&self.session, &params.settings);
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        text_sync::did_open(&self.session, params);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        text_sync::did_change(&self.session, params);
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {
        self.session.review_changed();
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        text_sync::did_close(&self.session, &params);
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        Ok(Some(code_action::code_action(self.session.clone(), params).await))
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        code_action_resolve::resolved(&self.session, action).await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        Ok(Some(code_lens::code_lens(self.session.clone(), params.text_document.uri).await))
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        Ok(Some(inlay_hint::inlay_hint(self.session.clone(), params).await))
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let found = plan_docs::completion(&self.session, &at.text_document.uri, at.position).await;
        Ok(Some(CompletionResponse::Array(found)))
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        let steps = plan_docs::symbols(&self.session, &params.text_document.uri).await;
        Ok(Some(DocumentSymbolResponse::Nested(steps)))
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        Ok(Some(plan_docs::folding(&self.session, &params.text_document.uri).await))
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        commands::execute(self.session.clone(), &params.command, params.arguments).await
    }
}

impl Server {
    async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        let NumberOrString::String(token) = params.token else { return };
        if let Some(id) = progress::run_of(&token) {
            commands::cancel(&self.session, id);
        }
    }

    async fn snapshot(&self) -> Result<Value> {
        Ok(tasks::snapshot(&self.session).await)
    }

    async fn hunks(&self, params: HunksParams) -> Result<Value> {
        Ok(tasks::hunks(&self.session, params).await)
    }

    async fn tests(&self) -> Result<Value> {
        Ok(test_list::listed(&self.session).await)
    }

    async fn content(&self, params: ContentParams) -> Result<Value> {
        virtual_docs::content(self.session.clone(), params).await
    }

    #[cfg(debug_assertions)]
    async fn probe(&self, probe: super::probe::Probe) -> Result<Value> {
        super::probe::run(&self.session, probe).await
    }
}
