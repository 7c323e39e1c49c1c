//! Cuts the byte stream from an editor into messages (`Content-Length` framing), whatever the stream holds.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use crate::base::limits;

/// What the stream held next.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Message(Vec<u8>),
    /// Something that is no message; reading goes on behind it. Says what was wrong.
    Malformed(String),
}

pub struct FrameReader<R> {
    input: BufReader<R>,
    length_max: usize,
    /// Said by a header that stood behind rubbish on its line.
    length: Option<usize>,
    /// Whether rubbish was told of and no message came since.
    lost: bool,
}

/// What one header line says.
enum Header {
    Blank,
    Length(usize),
    Other,
    Rubbish(String),
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Messages longer than `length_max` bytes are skipped.
    pub fn new(input: R, length_max: usize) -> Self {
        let input = BufReader::with_capacity(64 * 1024, input);
        Self { input, length_max, length: None, lost: false }
    }

    /// The next frame; `None` at the end of the stream, also when it ends inside a frame. Rubbish is told of once,
    /// however long it is.
    pub async fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            let Some(line) = self.line().await? else { return Ok(None) };
            match header(&line) {
                Header::Blank => {
                    if let Some(length) = self.length.take() {
                        self.lost = false;
                        return self.body(length).await;
                    }
                }
                Header::Other => {}
                Header::Length(bytes) => match self.length {
                    Some(other) if other != bytes => {
                        self.length = Some(bytes);
                        return Ok(Some(Frame::Malformed("header with two lengths".into())));
                    }
                    Some(_) | None => self.length = Some(bytes),
                },
                Header::Rubbish(why) => {
                    // A body whose length nobody knew ends where the next header begins.
                    self.length = length_at_end(&line);
                    if !self.lost {
                        self.lost = true;
                        return Ok(Some(Frame::Malformed(why)));
                    }
                }
            }
        }
    }

    /// One line with its break, or as much of it as a header may have; `None` at the end of the stream.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.input).take(limits::HEADER_LINE_BYTES_MAX as u64);
        let n_read = bounded.read_until(b'\n', &mut line).await?;
        let ended_inside = !line.ends_with(b"\n") && n_read < limits::HEADER_LINE_BYTES_MAX;
        Ok((!ended_inside).then_some(line))
    }

    async fn body(&mut self, length: usize) -> io::Result<Option<Frame>> {
        let mut body = (&mut self.input).take(length as u64);
        if length > self.length_max {
            let skipped = tokio::io::copy(&mut body, &mut tokio::io::sink()).await?;
            let why =
                format!("message of {length} bytes, more than {} are not read", self.length_max);
            return Ok((skipped == length as u64).then_some(Frame::Malformed(why)));
        }
        // Grows with what arrives, not with what the header claims.
        let mut bytes = Vec::with_capacity(length.min(64 * 1024));
        body.read_to_end(&mut bytes).await?;
        Ok((bytes.len() == length).then_some(Frame::Message(bytes)))
    }
}

const LENGTH: &[u8] = b"content-length:";

/// What a header says that stands behind something else on its line.
fn length_at_end(line: &[u8]) -> Option<usize> {
    let at = line.windows(LENGTH.len()).rposition(|part| part.eq_ignore_ascii_case(LENGTH))?;
    std::str::from_utf8(&line[at + LENGTH.len()..]).ok()?.trim().parse().ok()
}

fn header(line: &[u8]) -> Header {
    let Ok(text) = std::str::from_utf8(line) else {
        return Header::Rubbish("header that is not text".into());
    };
    let text = text.trim();
    if text.is_empty() {
        return Header::Blank;
    }
    match text.split_once(':') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("content-length") => value
            .trim()
            .parse()
            .map_or_else(|_| Header::Rubbish(format!("header `{text}`")), Header::Length),
        Some((name, _))
            if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') =>
        {
            Header::Other
        }
        _ => Header::Rubbish(format!("header `{}`", text.chars().take(60).collect::<String>())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All frames of a stream that arrives byte by byte.
    fn frames(stream: &[u8]) -> Vec<Frame> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (mut into, out) = tokio::io::duplex(1);
        let stream = stream.to_vec();
        runtime.block_on(async move {
            let feed = async {
                tokio::io::AsyncWriteExt::write_all(&mut into, &stream).await.unwrap();
                drop(into);
            };
            let read = async {
                let mut reader = FrameReader::new(out, 20);
                let mut all = Vec::new();
                while let Some(frame) = reader.next().await.unwrap() {
                    all.push(frame);
                }
                all
            };
            tokio::join!(feed, read).1
        })
    }

    fn message(text: &str) -> Frame {
        Frame::Message(text.into())
    }

    #[test]
    fn header_names_have_no_case_and_blank_lines_are_passed_over() {
        let stream = b"\r\ncontent-LENGTH: 2\r\nContent-Type: x; charset=utf-8\r\n\r\n{}\r\n\nContent-Length:1\n\n1";
        assert_eq!(frames(stream), [message("{}"), message("1")]);
    }

    #[test]
    fn rubbish_is_told_and_reading_goes_on() {
        let stream = b"hello\r\nContent-Length: 2\r\n\r\n{}Content-Length: -4\r\n\r\nContent-Length: 2\r\n\r\n[]";
        let found = frames(stream);
        assert_eq!(found[1], message("{}"));
        assert_eq!(found[3], message("[]"));
        assert!(matches!(&found[0], Frame::Malformed(why) if why.contains("hello")));
        assert!(matches!(&found[2], Frame::Malformed(why) if why.contains("-4")));
    }

    #[test]
    fn a_body_of_unknown_length_costs_no_other_message() {
        let lost = "{\"lost\":1}";
        let message = "Content-Length: 2\r\n\r\n{}";
        for header in ["", "Content-Length: -4\r\n\r\n", "X: y\r\n\r\n", "\u{fffd}\n\u{fffd}\n"] {
            let found = frames(format!("{message}{header}{lost}{message}{message}").as_bytes());
            let [first, Frame::Malformed(_), rest @ ..] = &found[..] else { panic!("{found:?}") };
            assert_eq!(*first, self::message("{}"), "{header}");
            assert_eq!(rest, [self::message("{}"), self::message("{}")], "{header}");
        }
        let long = "x".repeat(3 * limits::HEADER_LINE_BYTES_MAX);
        assert_eq!(frames(format!("{long}\r\n{message}").as_bytes()).len(), 2);
    }

    #[test]
    fn two_lengths_are_told() {
        let found =
            frames(b"Content-Length: 9\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}");
        assert!(matches!(&found[0], Frame::Malformed(why) if why.contains("two lengths")));
        assert_eq!(found[1], message("{}"));
    }

    #[test]
    fn an_oversized_message_is_skipped() {
        let stream = format!(
            "Content-Length: 21\r\n\r\n{}Content-Length: 20\r\n\r\n{}",
            "x".repeat(21),
            "y".repeat(20)
        );
        let found = frames(stream.as_bytes());
        assert!(matches!(&found[0], Frame::Malformed(why) if why.contains("21 bytes")));
        assert_eq!(found[1], message(&"y".repeat(20)));
    }

    #[test]
    fn an_end_inside_a_frame_is_the_end() {
        assert_eq!(frames(b"Content-Length: 9\r\n\r\n{}"), []);
        assert_eq!(frames(b"Content-Le"), []);
    }
}
