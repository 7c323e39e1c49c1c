//! From our types to the protocol's; nothing else.

use std::path::Path;

use tower_lsp::lsp_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, Position, Range,
    TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};

use super::documents::Text;
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
    Range::new(position(text, start, encoding), position(text, end, encoding))
}

pub fn text_edit(text: &Text, edit: Edit, encoding: Encoding) -> TextEdit {
    let range =
        Range::new(position(text, edit.start, encoding), position(text, edit.end, encoding));
    TextEdit::new(range, edit.text)
}

/// One document's edit; `version` is `None` for a document that is not open.
pub fn workspace_edit(
    uri: Url,
    version: Option<i32>,
    edit: TextEdit,
    document_changes: bool,
) -> WorkspaceEdit {
    if !document_changes {
        return WorkspaceEdit::new([(uri, vec![edit])].into());
    }
    let text_document = OptionalVersionedTextDocumentIdentifier { uri, version };
    let edit = TextDocumentEdit { text_document, edits: vec![OneOf::Left(edit)] };
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(vec![edit])),
        ..WorkspaceEdit::default()
    }
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

    #[test]
    fn an_edit_always_names_a_version() {
        let uri = Url::parse("file:///a").unwrap();
        let edit = |version, changes| {
            let edit = TextEdit::new(Range::default(), "x".into());
            serde_json::to_value(workspace_edit(uri.clone(), version, edit, changes)).unwrap()
        };
        assert_eq!(
            edit(None, true)["documentChanges"][0]["textDocument"]["version"],
            serde_json::Value::Null
        );
        assert!(
            edit(None, true)["documentChanges"][0]["textDocument"]
                .as_object()
                .unwrap()
                .contains_key("version")
        );
        assert_eq!(edit(Some(0), true)["documentChanges"][0]["textDocument"]["version"], 0);
        assert_eq!(edit(Some(3), false)["changes"]["file:///a"][0]["newText"], "x");
    }
}
