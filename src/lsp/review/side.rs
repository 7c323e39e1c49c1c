//! A file as the editor shows it, else as it is on disk.

use std::sync::Arc;

use tower_lsp::lsp_types::Url;

use crate::base::path::RepoPath;
use crate::engine::EngineHandle;
use crate::lsp::documents::{Document, Text};

/// A place for a file, whether there is one or not.
#[derive(Clone)]
pub struct Side {
    pub uri: Url,
    /// The open document's.
    pub version: Option<i32>,
    pub source: Source,
}

#[derive(Clone)]
pub enum Source {
    Open(Arc<Text>),
    Disk(EngineHandle, RepoPath),
    /// Open, but what the editor shows is not known.
    Unknown,
}

/// What is at a place.
pub enum Look {
    Nothing,
    Text(Arc<Text>),
    /// No text, or none that is known.
    Unreadable,
}

impl Side {
    pub(super) fn new(
        engine: &EngineHandle,
        path: &RepoPath,
        uri: Url,
        document: Option<&Document>,
    ) -> Self {
        let source = match document {
            Some(document) if document.in_sync => Source::Open(document.text.clone()),
            Some(_) => Source::Unknown,
            None => Source::Disk(engine.clone(), path.clone()),
        };
        Self { uri, version: document.map(|document| document.version), source }
    }

    /// What is on the screen, else on disk.
    pub fn look(&self) -> Look {
        match &self.source {
            Source::Open(text) => Look::Text(text.clone()),
            Source::Disk(engine, path) => match engine.disk(path).map(String::from_utf8) {
                Some(Ok(text)) => {
                    // Editors hide the mark: it has no column.
                    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                    Look::Text(Arc::new(Text::new(text)))
                }
                Some(Err(_)) => Look::Unreadable,
                None => Look::Nothing,
            },
            Source::Unknown => Look::Unreadable,
        }
    }

    /// The text on the screen, else on disk; `None` when there is none or it is not known.
    pub fn text(&self) -> Option<Arc<Text>> {
        match self.look() {
            Look::Text(text) => Some(text),
            Look::Nothing | Look::Unreadable => None,
        }
    }
}
