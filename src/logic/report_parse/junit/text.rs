//! The bytes of an XML file as UTF-8 of bounded parts: whatever it is encoded in, and however long a text in it is.

use std::io::{self, Read};

/// Of one stretch of text, one `CDATA` or one comment this much is passed on, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// A tag longer than this ends the file as if it were cut there, in bytes.
const TAG_BYTES_MAX: usize = 1024 * 1024;
/// What is needed to tell an encoding, in bytes.
const HEAD_BYTES: usize = 256;
const PIECE_BYTES: usize = 64 * 1024;

/// Reads an XML file as bounded UTF-8. Bytes that are no text become U+FFFD.
pub(super) struct Text<R> {
    input: R,
    encoding: Option<Encoding>,
    raw: Vec<u8>,
    at_end: bool,
    clipper: Clipper,
    ready: Vec<u8>,
    n_given: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 {
        is_big_endian: bool,
    },
    /// ISO-8859-1, which stands for its relatives too.
    Latin1,
}

impl<R: Read> Text<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            encoding: None,
            raw: Vec::new(),
            at_end: false,
            clipper: Clipper::default(),
            ready: Vec::new(),
            n_given: 0,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.n_given = 0;
        while self.ready.is_empty() && !self.at_end {
            let n_old = self.raw.len();
            self.raw.resize(n_old + PIECE_BYTES, 0);
            let n_read = self.input.read(&mut self.raw[n_old..])?;
            self.raw.truncate(n_old + n_read);
            self.at_end = n_read == 0;
            if self.encoding.is_none() && (self.raw.len() >= HEAD_BYTES || self.at_end) {
                let (encoding, n_mark) = detected(&self.raw);
                self.raw.drain(..n_mark);
                self.encoding = Some(encoding);
            }
            if let Some(encoding) = self.encoding {
                let text = decode(&mut self.raw, encoding, self.at_end);
                self.clipper.pass(text.as_bytes(), &mut self.ready);
            }
            self.at_end |= self.clipper.is_broken;
        }
        Ok(())
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.n_given == self.ready.len() {
            self.fill()?;
        }
        let rest = &self.ready[self.n_given..];
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        self.n_given += n;
        Ok(n)
    }
}

/// The encoding and the length of the byte order mark.
fn detected(head: &[u8]) -> (Encoding, usize) {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
        [0xFF, 0xFE, ..] => (Encoding::Utf16 { is_big_endian: false }, 2),
        [0xFE, 0xFF, ..] => (Encoding::Utf16 { is_big_endian: true }, 2),
        [b'<', 0, ..] => (Encoding::Utf16 { is_big_endian: false }, 0),
        [0, b'<', ..] => (Encoding::Utf16 { is_big_endian: true }, 0),
        _ => (declared(head), 0),
    }
}

/// The encoding that `<?xml … encoding="…"?>` names. Every other one than these has its markup in ASCII.
fn declared(head: &[u8]) -> Encoding {
    let head = String::from_utf8_lossy(&head[..head.len().min(HEAD_BYTES)]).to_ascii_lowercase();
    let declaration = head.split("?>").next().unwrap_or_default();
    let name = declaration.split_once("encoding").map_or("", |(_, name)| name);
    let name = name.trim_start_matches(['=', ' ', '"', '\'']);
    if ["iso-8859-1", "windows-125", "cp125", "latin"].iter().any(|start| name.starts_with(start)) {
        Encoding::Latin1
    } else {
        Encoding::Utf8
    }
}

/// Takes what is whole from `raw`; at the end of the file everything.
fn decode(raw: &mut Vec<u8>, encoding: Encoding, at_end: bool) -> String {
    let n_whole = if at_end { raw.len() } else { whole(raw, encoding) };
    let bytes: Vec<u8> = raw.drain(..n_whole).collect();
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(&bytes).into_owned(),
        Encoding::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        Encoding::Utf16 { is_big_endian } => {
            let unit = |two: &[u8]| {
                let two = [two[0], two.get(1).copied().unwrap_or_default()];
                if is_big_endian { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) }
            };
            let chars = char::decode_utf16(bytes.chunks(2).map(unit));
            chars.map(|ch| ch.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
    }
}

/// How many bytes can be decoded without what follows.
fn whole(raw: &[u8], encoding: Encoding) -> usize {
    match encoding {
        Encoding::Latin1 => raw.len(),
        Encoding::Utf8 => {
            let start = raw.len().saturating_sub(4);
            let first = raw[start..].iter().rposition(|byte| *byte & 0xC0 != 0x80);
            // A character of several bytes may go on.
            match first.map(|at| start + at) {
                Some(at) if raw[at] >= 0xC0 => at,
                _ => raw.len(),
            }
        }
        Encoding::Utf16 { is_big_endian } => {
            let even = raw.len() & !1;
            let high = even.checked_sub(if is_big_endian { 2 } else { 1 });
            let is_split = high.is_some_and(|at| raw[at] & 0xFC == 0xD8);
            if is_split { even - 2 } else { even }
        }
    }
}

/// Leaves out what is too long without understanding more of XML than where its parts end.
#[derive(Default)]
struct Clipper {
    part: Part,
    /// Bytes of this part.
    n_bytes: usize,
    /// The last bytes, the newest lowest.
    last: u64,
    is_broken: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Text,
    /// A tag or declaration; the byte is the quote of the value we are in, 0 outside.
    Tag(u8),
    CData,
    Comment,
}

impl Clipper {
    fn pass(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            if self.is_broken {
                return;
            }
            self.byte(*byte, out);
        }
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.n_bytes += 1;
        self.last = self.last << 8 | u64::from(byte);
        match (self.part, byte) {
            (Part::Text, b'<') => {
                out.push(byte);
                self.enter(Part::Tag(0));
            }
            (Part::Tag(quote), _) => {
                out.push(byte);
                self.tag_byte(byte, quote);
            }
            (Part::CData, b'>') if self.last & 0xFF_FFFF == 0x5D_5D_3E => self.close(b"]]>", out),
            (Part::Comment, b'>') if self.last & 0xFF_FFFF == 0x2D_2D_3E => self.close(b"-->", out),
            (Part::Text | Part::CData | Part::Comment, _) => {
                if self.n_bytes <= TEXT_BYTES_MAX {
                    out.push(byte);
                }
            }
        }
    }

    fn tag_byte(&mut self, byte: u8, quote: u8) {
        match byte {
            _ if self.n_bytes == 8 && self.last == u64::from_be_bytes(*b"![CDATA[") => {
                self.enter(Part::CData);
            }
            _ if self.n_bytes == 3 && self.last & 0xFF_FFFF == 0x21_2D_2D => {
                self.enter(Part::Comment);
            }
            b'>' if quote == 0 => self.enter(Part::Text),
            b'"' | b'\'' if quote == 0 => self.part = Part::Tag(byte),
            _ if byte == quote => self.part = Part::Tag(0),
            _ => self.is_broken = self.n_bytes > TAG_BYTES_MAX,
        }
    }

    /// The end of a part, whole even where its beginning was left out.
    fn close(&mut self, mark: &[u8], out: &mut Vec<u8>) {
        if self.n_bytes <= TEXT_BYTES_MAX {
            out.push(b'>');
        } else {
            out.extend(mark);
        }
        self.enter(Part::Text);
    }

    fn enter(&mut self, part: Part) {
        self.part = part;
        self.n_bytes = 0;
        self.last = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> String {
        let mut text = String::new();
        Text::new(bytes).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn encodings_are_told_by_mark_or_declaration() {
        assert_eq!(read(b"\xEF\xBB\xBF<a/>"), "<a/>");
        assert_eq!(
            read(b"<?xml encoding='ISO-8859-1'?><a>\xe9</a>"),
            "<?xml encoding='ISO-8859-1'?><a>é</a>"
        );
        assert_eq!(read("<a>é</a>".as_bytes()), "<a>é</a>");
        assert_eq!(read(b"<a>\xff</a>"), "<a>\u{fffd}</a>");
        let units = "\u{feff}<a>é😀</a>".encode_utf16();
        let (little, big): (Vec<u8>, Vec<u8>) = (
            units.clone().flat_map(u16::to_le_bytes).collect(),
            units.flat_map(u16::to_be_bytes).collect(),
        );
        assert_eq!(read(&little), "<a>é😀</a>");
        assert_eq!(read(&big), "<a>é😀</a>");
    }

    #[test]
    fn long_parts_keep_their_ends() {
        let long = "x".repeat(TEXT_BYTES_MAX + 9);
        let short = &long[..TEXT_BYTES_MAX];
        assert_eq!(read(format!("<a>{long}</a>").as_bytes()), format!("<a>{short}</a>"));
        let cdata = |text: &str| format!("<a><![CDATA[{text}]]></a>");
        assert_eq!(read(cdata(&long).as_bytes()), cdata(short));
        let comment = |text: &str| format!("<!--{text}--><a/>");
        assert_eq!(read(comment(&long).as_bytes()), comment(short));
        let tag = format!("<a b='{}'/>", "x".repeat(TAG_BYTES_MAX));
        assert!(read(tag.as_bytes()).len() < TAG_BYTES_MAX + 9);
    }

    #[test]
    fn characters_are_not_cut_between_pieces() {
        let text = format!("<a>{}é</a>", "x".repeat(PIECE_BYTES - 4));
        assert!(read(text.as_bytes()).ends_with("é</a>"));
    }

    proptest! {
        #[test]
        fn what_is_short_passes_unchanged(text in "(<a b='[>x]*'>|<!\\[CDATA\\[[<>x\\]]{0,9}\\]\\]>|<!--[<>x]{0,9}-->|é|&lt;|</a>){0,12}") {
            prop_assert_eq!(read(text.as_bytes()), text);
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            read(&bytes);
        }
    }
}
