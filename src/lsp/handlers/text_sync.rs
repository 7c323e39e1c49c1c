//! Open, change and close of documents: done when the handler returns, so that what follows sees it.

use tower_lsp::lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
};

use crate::lsp::session::Session;

pub fn did_open(session: &Session, params: DidOpenTextDocumentParams) {
    session.state().opened(params.text_document);
    session.review_changed();
}

pub fn did_change(session: &Session, params: DidChangeTextDocumentParams) {
    let (uri, version) = (params.text_document.uri, params.text_document.version);
    let encoding = session.capabilities().encoding;
    let known = session.state().documents.change(&uri, version, params.content_changes, encoding);
    if !known {
        session.log.warning(&format!("ignored a change of {uri}, which is not open"));
    }
    session.review_changed();
}

pub fn did_close(session: &Session, params: &DidCloseTextDocumentParams) {
    session.state().documents.close(&params.text_document.uri);
    session.review_changed();
}
