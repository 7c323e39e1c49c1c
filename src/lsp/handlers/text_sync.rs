//! Open, change and close of documents: done when the handler returns, so that what follows sees it.

use tower_lsp::lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
};

use std::sync::Arc;

use crate::lsp::put_back::put_back;
use crate::lsp::session::Session;

pub fn did_open(session: &Session, params: DidOpenTextDocumentParams) {
    let uri = params.text_document.uri.clone();
    let encoding = session.capabilities().encoding;
    let opened = session.state().opened(params.text_document, encoding);
    if let Err(lost) = opened {
        session.log.warning(&format!("{uri}: {lost}"));
    }
    session.review_changed();
}

pub fn did_change(session: &Arc<Session>, params: DidChangeTextDocumentParams) {
    let (uri, version) = (params.text_document.uri, params.text_document.version);
    let encoding = session.capabilities().encoding;
    let (changed, late) = {
        let documents = &mut session.state().documents;
        let changed = documents.change(&uri, version, params.content_changes, encoding);
        (changed, documents.take_late(&uri))
    };
    if let Err(lost) = changed {
        session.log.warning(&format!("{uri}: {lost}"));
    }
    session.review_changed();
    if let Some(late) = late {
        put_back(session, uri, late);
    }
}

pub fn did_close(session: &Session, params: &DidCloseTextDocumentParams) {
    session.state().documents.close(&params.text_document.uri);
    session.review_changed();
}
