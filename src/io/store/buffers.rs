//! The bytes an editor would write for a buffer: editors hide byte order marks, line endings and encodings.

use std::borrow::Cow;

use crate::base::text::line_ending;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// What saving a buffer would do to the file.
#[derive(Debug, PartialEq, Eq)]
pub enum Saved {
    Unchanged,
    Bytes(Vec<u8>),
    /// The file is not UTF-8 and the text has characters its encoding has not.
    Unencodable,
}

/// The outcome of saving `text` over `disk`; `None` when there is no such file.
pub fn saved(disk: Option<&[u8]>, text: &str) -> Saved {
    let Some(disk) = disk else { return Saved::Bytes(text.as_bytes().to_vec()) };
    if disk == text.as_bytes() {
        return Saved::Unchanged;
    }
    match std::str::from_utf8(disk) {
        Ok(known) if shown(known) == shown(text) => Saved::Unchanged,
        Ok(known) => Saved::Bytes(like(known, text).into_bytes()),
        Err(_) => saved_latin1(disk, text),
    }
}

fn saved_latin1(disk: &[u8], text: &str) -> Saved {
    let known: String = disk.iter().copied().map(char::from).collect();
    // An editor that does not guess encodings shows replacement characters.
    if shown(&known) == shown(text) || shown(&String::from_utf8_lossy(disk)) == shown(text) {
        return Saved::Unchanged;
    }
    let bytes: Result<Vec<u8>, _> = like(&known, text).chars().map(u8::try_from).collect();
    bytes.map_or(Saved::Unencodable, Saved::Bytes)
}

/// A text as every editor shows it: no byte order mark, plain line breaks.
fn shown(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) }
}

/// `text` with the byte order mark and the line endings of `known` where the editor hid them.
fn like(known: &str, text: &str) -> String {
    let hidden_mark = known.starts_with(BYTE_ORDER_MARK) && !text.starts_with(BYTE_ORDER_MARK);
    let hidden_ends = line_ending(known) == "\r\n" && !text.contains('\r');
    let text = if hidden_ends { text.replace('\n', "\r\n") } else { text.to_owned() };
    if hidden_mark { format!("{BYTE_ORDER_MARK}{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::Saved::{Bytes, Unchanged, Unencodable};
    use super::*;

    #[test]
    fn saving_keeps_what_editors_hide() {
        let bytes = |text: &str| Bytes(text.as_bytes().to_vec());
        let cases: [(&str, &[u8], &str, Saved); 13] = [
            ("the same", b"a\nb", "a\nb", Unchanged),
            ("another", b"a\nb", "a\nc", bytes("a\nc")),
            ("hidden returns", b"a\r\nb\r\n", "a\nb\n", Unchanged),
            ("hidden returns, edited", b"a\r\nb\r\n", "a\nc\n", bytes("a\r\nc\r\n")),
            ("shown returns, edited", b"a\r\nb\r\n", "a\r\nc\r\n", bytes("a\r\nc\r\n")),
            ("few returns among many lines", b"a\r\nb\nc\n", "a\nB\nc\n", bytes("a\nB\nc\n")),
            ("mixed line endings, hidden", b"a\r\nb\r\nc\n", "a\nb\nc\n", Unchanged),
            ("hidden mark", "\u{feff}a".as_bytes(), "a", Unchanged),
            ("hidden mark, edited", "\u{feff}a".as_bytes(), "b", bytes("\u{feff}b")),
            ("Latin-1", b"caf\xe9\r\n", "caf\u{e9}\n", Unchanged),
            ("Latin-1, edited", b"caf\xe9\r\n", "th\u{e9}\n", Bytes(b"th\xe9\r\n".to_vec())),
            ("shown with replacement characters", b"caf\xe9", "caf\u{fffd}", Unchanged),
            ("beyond Latin-1", b"caf\xe9", "caf\u{e9} \u{2603}", Unencodable),
        ];
        for (name, disk, text, expected) in cases {
            assert_eq!(saved(Some(disk), text), expected, "{name}");
        }
        assert_eq!(saved(None, "a\n"), bytes("a\n"));
    }
}
