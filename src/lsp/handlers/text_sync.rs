//! Open, change and close of documents: done when the handler returns, so that what follows sees it.

use tower_lsp::lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
};

use crate::lsp::session::Session;

pub fn did_open(session: &Session, params: DidOpenTextDocumentParams) {
    let uri = params.text_document.uri.clone();
    let opened = session.state().opened(params.text_document);
    if let Err(lost) = opened {
        session.log.warning(&format!("{uri}: {lost}"));
    }
    session.review_changed();
}

pub fn did_change(session: &Session, params: DidChangeTextDocumentParams) {
    let (uri, version) = (params.text_document.uri, params.text_document.version);
    let encoding = session.capabilities().encoding;
    let changed = session.state().documents.change(&uri, version, params.content_changes, encoding);
    if let Err(lost) = changed {
        session.log.warning(&format!("{uri}: {lost}"));
    }
    session.review_changed();
}

pub fn did_close(session: &Session, params: &DidCloseTextDocumentParams) {
    session.state().documents.close(&params.text_document.uri);
    session.review_changed();
}
