//! What people and agents type: where it hurts, with everything that makes texts hard.

use std::ops::Range;

use super::rng::Rng;
use super::text::{Text, bare, lines};

/// Lines that texts are full of, so that one cannot be told from another.
pub const EQUAL_LINES: &[&str] = &["", "}", "    pass"];

/// Makes every word different.
#[derive(Default)]
pub struct Words(usize);

impl Words {
    /// A word that was never used before, sometimes with characters of two or four bytes.
    pub fn word(&mut self, kind: char, rng: &mut Rng) -> String {
        self.0 += 1;
        let n = self.0;
        match rng.below(8) {
            0 => format!("{kind}{n} \u{1d4b3}\u{e9}"),
            1 => format!("\u{1d4b3}{kind}{n}"),
            2 => format!("    {kind}{n}\u{e9} = {n}"),
            _ => format!("{kind}{n}"),
        }
    }

    fn line(&mut self, kind: char, rng: &mut Rng) -> String {
        if rng.percent(6) {
            return EQUAL_LINES[rng.below(EQUAL_LINES.len())].to_owned();
        }
        self.word(kind, rng)
    }

    /// A file; most end in a line break.
    pub fn file(&mut self, rng: &mut Rng) -> String {
        let all: Vec<String> = (0..rng.between(1, 20)).map(|_| self.line('b', rng)).collect();
        all.join("\n") + if rng.percent(80) { "\n" } else { "" }
    }

    /// Another version of a text, as an agent would write it: a few lines changed, added, dropped.
    pub fn revised(&mut self, base: &str, rng: &mut Rng) -> String {
        let (mark, base) = match base.strip_prefix('\u{feff}') {
            Some(rest) => ("\u{feff}", rest),
            None => ("", base),
        };
        let ending = super::text::ending(base);
        let ended = base.ends_with('\n') || base.is_empty();
        let mut all: Vec<String> = lines(base).iter().map(|line| (*line).to_owned()).collect();
        for _ in 0..rng.between(1, 4) {
            let at = rng.below(all.len() + 1);
            let end = (at + rng.below(3)).min(all.len());
            let new: Vec<String> =
                (0..rng.below(3)).map(|_| self.line('h', rng) + ending).collect();
            all.splice(at..end, new);
        }
        let last = all.len().saturating_sub(1);
        for (at, line) in all.iter_mut().enumerate() {
            let text = bare(line).0.len();
            if at == last && (!ended || rng.percent(5)) {
                line.truncate(text);
            } else if text == line.len() {
                line.push_str(ending);
            }
        }
        format!("{mark}{}", all.concat())
    }

    /// What a user does next: these bytes become that. `near` is a line worth typing at.
    pub fn keystroke(
        &mut self,
        text: &Text,
        near: Option<usize>,
        rng: &mut Rng,
    ) -> (Range<usize>, String) {
        let at = place(text, near, rng);
        let line_end = at + text.string[at..].find('\n').unwrap_or(text.string.len() - at);
        match rng.below(20) {
            0..=6 => (at..at, self.word('u', rng)),
            7..=10 => (at..at, self.word('u', rng) + "\n"),
            11..=13 => (at..later(&text.string, at, rng.between(1, 6)), String::new()),
            14 | 15 => {
                let start = text.string[..at].rfind('\n').map_or(0, |at| at + 1);
                (start..(line_end + 1).min(text.string.len()), String::new())
            }
            16 | 17 => (at..later(&text.string, at, rng.between(1, 12)), self.word('u', rng)),
            _ => {
                let breaks = if rng.percent(50) { "\r\n" } else { "\n" };
                let all: Vec<String> =
                    (0..rng.between(2, 4)).map(|_| self.line('u', rng)).collect();
                (at..at, all.join(breaks) + breaks)
            }
        }
    }
}

/// A place in a text, never inside a character or a line break.
fn place(text: &Text, near: Option<usize>, rng: &mut Rng) -> usize {
    let len = text.string.len();
    let start_of = |line: usize| text.bytes_of(0..line.min(text.owners.len())).end;
    match (rng.below(10), near) {
        (0..=3, Some(line)) => {
            let line = (line + rng.below(5)).saturating_sub(2);
            let start = start_of(line);
            later(
                &text.string,
                start,
                [0, 0, 1, 3, 99][rng.below(5)].min(start_of(line + 1) - start),
            )
        }
        (4, _) => 0,
        (5, _) => len,
        (6 | 7, _) => start_of(rng.below(text.owners.len() + 1)),
        _ => later(&text.string, 0, rng.below(len + 1)),
    }
}

/// Some bytes further on, a little less where that would cut something.
fn later(text: &str, at: usize, bytes: usize) -> usize {
    let mut end = (at + bytes).min(text.len());
    while !text.is_char_boundary(end)
        || (text[..end].ends_with('\r') && text[end..].starts_with('\n'))
    {
        end -= 1;
    }
    end.max(at)
}
