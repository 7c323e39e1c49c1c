//! From the protocol's types to ours; nothing else.

use std::ops::Range;
use std::path::{Path, PathBuf};

use tower_lsp::lsp_types::{self, Url};

use super::documents::Text;
use crate::base::limits;
use crate::base::text::{Encoding, Position};

/// The canonical path behind a URI; `None` when it is not a `file:` one, or longer than any file's. What does not exist
/// yet is canonical up to the first folder that does.
pub fn path(uri: &Url) -> Option<PathBuf> {
    if uri.scheme() != "file" || uri.as_str().len() > limits::URI_BYTES_MAX {
        return None;
    }
    Some(canonical(&uri.to_file_path().ok()?))
}

fn canonical(path: &Path) -> PathBuf {
    for folder in path.ancestors() {
        if let (Ok(canonical), Ok(rest)) = (folder.canonicalize(), path.strip_prefix(folder)) {
            // Joined with nothing it would end in a slash.
            return if folder == path { canonical } else { canonical.join(rest) };
        }
    }
    path.to_owned()
}

pub fn position(position: lsp_types::Position) -> Position {
    Position { line: position.line, column: position.character }
}

/// The bytes of a range; empty at its start when it ends before that.
pub fn byte_range(text: &Text, range: lsp_types::Range, encoding: Encoding) -> Range<usize> {
    found(text, range, encoding).0
}

/// The same, and whether it begins or ends inside a character, where no text of ours can be cut.
pub fn found(text: &Text, range: lsp_types::Range, encoding: Encoding) -> (Range<usize>, bool) {
    let find = |at| text.lines.find(&text.string, position(at), encoding);
    let ((start, cuts_start), (end, cuts_end)) = (find(range.start), find(range.end));
    (start..end.max(start), cuts_start || cuts_end)
}

/// Whether a position lies inside a character.
pub fn is_inside_character(text: &Text, at: lsp_types::Position, encoding: Encoding) -> bool {
    text.lines.find(&text.string, position(at), encoding).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_canonical_path_however_it_is_spelled() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("real")).unwrap();
        std::fs::write(root.join("real/a b.py"), "").unwrap();
        let expected = Some(root.join("real/a b.py"));
        let spelled =
            |tail: &str| path(&Url::parse(&format!("file://{}/{tail}", root.display())).unwrap());
        assert_eq!(spelled("real/a%20b.py"), expected);
        assert_eq!(spelled("real/%61%20b.py"), expected);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root.join("real"), root.join("link")).unwrap();
            assert_eq!(spelled("link/a%20b.py"), expected);
            assert_eq!(spelled("link/new/b.py"), Some(root.join("real/new/b.py")));
        }
        assert_eq!(path(&Url::parse("untitled:Untitled-1").unwrap()), None);
        assert_eq!(path(&Url::parse("git:/x/a.py").unwrap()), None);
    }
}
