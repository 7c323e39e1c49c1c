//! From our types to the protocol's; nothing else.

use std::path::Path;

use tower_lsp::lsp_types::{
    AnnotatedTextEdit, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, ResourceOp, TextDocumentEdit,
    TextEdit, Url, WorkspaceEdit,
};

use super::capabilities::Capabilities;
use super::documents::Text;
use super::error::{Reason, Refusal};
use super::review::edits::FileEdit;
use crate::base::text::Encoding;
use crate::base::text::edit::Edit;

/// The position of a byte offset.
pub fn position(text: &Text, offset: usize, encoding: Encoding) -> Position {
    let position = text.lines.position(&text.string, offset, encoding);
    Position::new(position.line, position.column)
}

/// From the first to the last visible character of some lines; one line at least, the text's last at most.
pub fn visible(text: &Text, lines: std::ops::Range<u32>, encoding: Encoding) -> Range {
    let last_line = text.lines.n_lines() - 1;
    let first = lines.start.min(last_line);
    let last = lines.end.saturating_sub(1).clamp(first, last_line);
    let indent = text.line(first).len() - text.line(first).trim_start().len();
    let end = text.lines.start_of(last) + text.line(last).trim_end().len();
    let start = (text.lines.start_of(first) + indent).min(end);
    range(text, start..end, encoding)
}

pub fn text_edit(text: &Text, edit: Edit, encoding: Encoding) -> TextEdit {
    TextEdit::new(range(text, edit.range(), encoding), edit.text)
}

/// The range of some bytes.
pub fn range(text: &Text, bytes: std::ops::Range<usize>, encoding: Encoding) -> Range {
    Range::new(position(text, bytes.start, encoding), position(text, bytes.end, encoding))
}

/// All of it in one edit: files are made before they are filled, edited before they get another name, and deleted
/// last. A document that is not open has no version.
pub fn workspace_edit(
    files: Vec<FileEdit>,
    capabilities: &Capabilities,
) -> Result<WorkspaceEdit, Refusal> {
    let mut operations: Vec<(u8, DocumentChangeOperation)> = Vec::new();
    let mut texts: Vec<TextDocumentEdit> = Vec::new();
    for FileEdit { side, edits, operation, .. } in files {
        // An edit of nothing, for its version: an open file is not deleted when it has moved on.
        let guards = side.version.is_some() && matches!(operation, Some(ResourceOp::Delete(_)));
        if let Some(operation) = operation {
            let order = order_of(&operation, capabilities)?;
            operations.push((order, DocumentChangeOperation::Op(operation)));
        }
        if guards && !capabilities.stops_when_late {
            return Err(must_be_closed(&side.uri));
        }
        if !edits.is_empty() || guards {
            let (uri, version) = (side.uri, side.version);
            let text_document = OptionalVersionedTextDocumentIdentifier { uri, version };
            let edits = edits.into_iter().map(OneOf::Left).collect();
            texts.push(TextDocumentEdit { text_document, edits });
        }
    }
    if !capabilities.document_changes {
        return Ok(WorkspaceEdit::new(texts.into_iter().map(unversioned).collect()));
    }
    let changes = if operations.is_empty() {
        DocumentChanges::Edits(texts)
    } else {
        operations
            .extend(texts.into_iter().map(|edit| (TEXTS, DocumentChangeOperation::Edit(edit))));
        operations.sort_by_key(|(order, _)| *order);
        DocumentChanges::Operations(operations.into_iter().map(|(_, one)| one).collect())
    };
    Ok(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
}

/// Where edits of texts come among the operations on files.
const TEXTS: u8 = 1;

fn order_of(operation: &ResourceOp, capabilities: &Capabilities) -> Result<u8, Refusal> {
    let can = &capabilities.file_operations;
    let (order, able, what, uri) = match operation {
        ResourceOp::Create(create) => (0, can.create, "make", &create.uri),
        ResourceOp::Rename(rename) => (2, can.rename, "rename", &rename.old_uri),
        ResourceOp::Delete(delete) => (3, can.delete, "delete", &delete.uri),
    };
    if able && capabilities.document_changes {
        return Ok(order);
    }
    let file = uri.path();
    let message = format!(
        "this editor does not {what} files for servers; {what} {file} by hand, then accept the rest"
    );
    Err(Refusal::new(Reason::NeedsClient, message))
}

fn must_be_closed(uri: &Url) -> Refusal {
    let file = uri.path();
    let message = format!(
        "this editor would delete {file} with whatever you type there meanwhile; close it, then try again"
    );
    Refusal::new(Reason::Conflict, message)
}

fn unversioned(edit: TextDocumentEdit) -> (Url, Vec<TextEdit>) {
    let plain = |edit| match edit {
        OneOf::Left(edit) => edit,
        OneOf::Right(AnnotatedTextEdit { text_edit, .. }) => text_edit,
    };
    (edit.text_document.uri, edit.edits.into_iter().map(plain).collect())
}

/// The name of a file below a folder that the editor named.
pub fn uri_below(folder: &Url, path: &Path) -> Option<Url> {
    let mut uri = folder.clone();
    let parts = path.iter().map(|part| part.to_str()).collect::<Option<Vec<_>>>()?;
    uri.path_segments_mut().ok()?.pop_if_empty().extend(parts);
    Some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_visible_part_of_lines_leaves_out_indent_and_breaks() {
        let text = Text::new("if x:\r\n    \u{1d4b3} = 1  \r\n\r\n".into());
        let range = |lines| {
            let range = visible(&text, lines, Encoding::Utf16);
            (range.start.line, range.start.character, range.end.line, range.end.character)
        };
        assert_eq!(range(1..2), (1, 4, 1, 10));
        assert_eq!(range(0..2), (0, 0, 1, 10));
        assert_eq!(range(2..3), (2, 0, 2, 0));
        assert_eq!(range(1..1), (1, 4, 1, 10), "an empty range shows the line it stands at");
        assert_eq!(range(7..9), (3, 0, 3, 0));
    }

    #[test]
    fn a_file_keeps_its_folders_spelling() {
        let folder = Url::parse("file:///c%3A/my%20folder/").unwrap();
        let uri = uri_below(&folder, Path::new("src/a b%.py")).unwrap();
        assert_eq!(uri.as_str(), "file:///c%3A/my%20folder/src/a%20b%25.py");
    }
}
