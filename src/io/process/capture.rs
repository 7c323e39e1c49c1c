//! Keeps the head and the tail of a program's output and cuts the stream into lines.

use std::collections::VecDeque;

use crate::base::limits::{OUTPUT_HEAD_BYTES_MAX, OUTPUT_LINE_BYTES_MAX, OUTPUT_TAIL_BYTES_MAX};

#[derive(Default)]
pub struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    n_dropped: u64,
    /// The line that has not ended yet, cut at the limit.
    line: Vec<u8>,
}

impl Capture {
    pub fn push(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&[u8])) {
        self.keep(bytes);
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        // `split` always yields a first piece; every later one begins after a line break.
        self.extend_line(pieces.next().unwrap_or_default());
        for piece in pieces {
            on_line(&self.line);
            self.line.clear();
            self.extend_line(piece);
        }
    }

    /// Passes on a last line without line break; returns what was kept.
    pub fn finish(mut self, on_line: &mut dyn FnMut(&[u8])) -> Vec<u8> {
        if !self.line.is_empty() {
            on_line(&self.line);
        }
        if self.n_dropped > 0 {
            self.head.extend(format!("\n… {} bytes left out …\n", self.n_dropped).bytes());
        }
        self.head.extend(self.tail);
        self.head
    }

    fn keep(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(OUTPUT_HEAD_BYTES_MAX - self.head.len()));
        self.head.extend(head);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(OUTPUT_TAIL_BYTES_MAX);
        self.tail.drain(..excess);
        self.n_dropped += excess as u64;
    }

    fn extend_line(&mut self, piece: &[u8]) {
        let room = OUTPUT_LINE_BYTES_MAX - self.line.len();
        self.line.extend(&piece[..piece.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn captured(chunks: &[Vec<u8>]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let mut lines = Vec::new();
        let mut capture = Capture::default();
        for chunk in chunks {
            capture.push(chunk, &mut |line| lines.push(line.to_vec()));
        }
        let text = capture.finish(&mut |line| lines.push(line.to_vec()));
        (text, lines)
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_output_was_chunked(chunks: Vec<Vec<u8>>) {
            let whole = chunks.concat();
            let mut expected: Vec<Vec<u8>> = whole.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            if expected.last().is_some_and(Vec::is_empty) {
                expected.pop();
            }
            prop_assert_eq!(captured(&chunks), (whole, expected));
        }
    }

    #[test]
    fn the_middle_of_long_output_is_counted_and_dropped() {
        let chunk = |byte: u8| vec![byte; OUTPUT_HEAD_BYTES_MAX];
        let (text, lines) = captured(
            &[b"ab"]
                .iter()
                .map(|ab| ab.to_vec())
                .chain((b'c'..=b'z').map(chunk))
                .collect::<Vec<_>>(),
        );
        assert!(text.starts_with(b"abcc") && text.ends_with(b"zz"));
        let n_total = 2 + 24 * OUTPUT_HEAD_BYTES_MAX;
        let n_dropped = n_total - OUTPUT_HEAD_BYTES_MAX - OUTPUT_TAIL_BYTES_MAX;
        let mark = format!("\n… {n_dropped} bytes left out …\n");
        assert!(String::from_utf8(text).unwrap().contains(&mark));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].len(), n_total.min(OUTPUT_LINE_BYTES_MAX));
    }
}
