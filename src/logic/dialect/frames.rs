//! Cuts an answer's bytes into pieces, however they arrive: server-sent events, lines of JSON, or one JSON body.

/// How a dialect streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Streams {
    /// Server-sent events (WHATWG HTML, section 9.2).
    Events,
    /// One JSON value a line.
    Lines,
}

/// One piece; `event` is empty where the server names none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) event: String,
    pub(super) data: String,
}

/// What the bytes turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Unknown,
    Stream,
    /// Asked for a stream, some servers answer with a whole body all the same; so do proxies, with a page of HTML.
    Body,
}

#[derive(Debug)]
pub(super) struct Frames {
    streams: Streams,
    form: Form,
    /// What has no end yet. Lines end at `\n`, which is never inside a character of UTF-8.
    rest: Vec<u8>,
    frame: Frame,
    has_data: bool,
}

impl Frames {
    pub(super) fn new(streams: Streams) -> Self {
        let frame = Frame::default();
        Self { streams, form: Form::Unknown, rest: Vec::new(), frame, has_data: false }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Frame> {
        let searched = self.rest.len();
        self.rest.extend_from_slice(bytes);
        if self.form == Form::Unknown {
            self.form = self.form();
        }
        if self.form != Form::Stream {
            return Vec::new();
        }
        let mut frames = Vec::new();
        let mut start = 0;
        // What was there before has no line break.
        while let Some(at) = find(&self.rest[start.max(searched)..]) {
            let end = start.max(searched) + at;
            let line = String::from_utf8_lossy(&self.rest[start..end]).into_owned();
            self.line(line.strip_suffix('\r').unwrap_or(&line), &mut frames);
            start = end + 1;
        }
        self.rest.drain(..start);
        frames
    }

    /// What is left when no more bytes come: a whole body, or a last piece without its end.
    pub(super) fn finish(&mut self) -> Vec<Frame> {
        let rest = std::mem::take(&mut self.rest);
        let rest = String::from_utf8_lossy(&rest);
        let mut frames = Vec::new();
        if self.form == Form::Body {
            frames.push(Frame { data: rest.into_owned(), ..Frame::default() });
        } else {
            self.line(rest.trim_end_matches('\r'), &mut frames);
            self.line("", &mut frames);
        }
        frames
    }

    pub(super) fn is_body(&self) -> bool {
        self.form == Form::Body
    }

    fn form(&self) -> Form {
        let text = self.rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.rest);
        match (self.streams, text.iter().find(|byte| !byte.is_ascii_whitespace())) {
            (_, None) => Form::Unknown,
            (_, Some(b'<')) | (Streams::Events, Some(b'{' | b'[')) => Form::Body,
            _ => Form::Stream,
        }
    }

    fn line(&mut self, line: &str, frames: &mut Vec<Frame>) {
        if self.streams == Streams::Lines {
            if !line.trim().is_empty() {
                frames.push(Frame { data: line.to_owned(), ..Frame::default() });
            }
            return;
        }
        let field = line.strip_prefix('\u{feff}').unwrap_or(line);
        if field.is_empty() {
            let frame = std::mem::take(&mut self.frame);
            if std::mem::take(&mut self.has_data) {
                frames.push(frame);
            }
        } else if let Some(data) = field.strip_prefix("data:") {
            if std::mem::replace(&mut self.has_data, true) {
                self.frame.data.push('\n');
            }
            self.frame.data.push_str(data.strip_prefix(' ').unwrap_or(data));
        } else if let Some(event) = field.strip_prefix("event:") {
            event.trim().clone_into(&mut self.frame.event);
        }
    }
}

fn find(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(streams: Streams, bytes: &[u8], expected: &[(&str, &str)]) {
        for n in [1, 2, 3, 7, 1_000] {
            let mut frames = Frames::new(streams);
            let mut all: Vec<Frame> =
                bytes.chunks(n).flat_map(|chunk| frames.feed(chunk)).collect();
            all.extend(frames.finish());
            let all: Vec<_> =
                all.iter().map(|frame| (frame.event.as_str(), frame.data.as_str())).collect();
            assert_eq!(all, expected, "in chunks of {n}");
        }
    }

    #[test]
    fn events_are_found_however_they_are_written() {
        let events = Streams::Events;
        check(events, b"data: a\n\ndata:b\n\n", &[("", "a"), ("", "b")]);
        check(events, b"event: x\r\ndata: a\r\n\r\n", &[("x", "a")]);
        check(events, b": comment\n\nid: 7\ndata: a\ndata: b\n\n", &[("", "a\nb")]);
        check(events, "data: gr\u{fc}\u{df} \u{1f980}\n\n".as_bytes(), &[("", "grüß 🦀")]);
        check(events, b"\xef\xbb\xbfdata: a\n\n", &[("", "a")]);
        check(events, b"data: a\n\ndata: last", &[("", "a"), ("", "last")]);
        check(events, b"event: ping\n\n", &[]);
        check(events, b"", &[]);
    }

    #[test]
    fn a_body_is_one_piece_and_lines_are_many() {
        check(Streams::Events, b" {\"a\":\n\n1}", &[("", " {\"a\":\n\n1}")]);
        check(Streams::Events, b"<html>\n\n</html>", &[("", "<html>\n\n</html>")]);
        check(
            Streams::Lines,
            b"{\"a\":1}\n\n{\"b\":2}\r\n{\"c\"",
            &[("", "{\"a\":1}"), ("", "{\"b\":2}"), ("", "{\"c\"")],
        );
    }
}
