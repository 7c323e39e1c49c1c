//! A text cut into tokens, with its brackets matched and patterns found in it.

use std::ops::Range;

use super::lexer::{Kind, Language, Token, tokens};
use crate::base::path::RepoPath;

/// How many tokens `~` of a pattern may stand for.
const GAP_MAX: usize = 24;

pub struct Code<'a> {
    pub path: &'a RepoPath,
    pub language: Language,
    pub text: &'a str,
    /// Without comments.
    pub tokens: Vec<Token<'a>>,
    pub comments: Vec<Token<'a>>,
    /// For each bracket the place of the one it belongs to.
    partners: Vec<Option<usize>>,
}

impl<'a> Code<'a> {
    pub fn parse(path: &'a RepoPath, text: &'a str) -> Code<'a> {
        let (comments, tokens): (Vec<_>, Vec<_>) =
            tokens(path, text).into_iter().partition(|token| token.kind == Kind::Comment);
        let partners = partners(&tokens);
        Code { path, language: Language::of(path), text, tokens, comments, partners }
    }

    pub fn all(&self) -> Range<usize> {
        0..self.tokens.len()
    }

    /// The text of a token; empty behind the last one.
    pub fn at(&self, place: usize) -> &'a str {
        self.tokens.get(place).map_or("", |token| token.text)
    }

    pub fn line(&self, place: usize) -> u32 {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.get(place.min(last)).map_or(1, |token| token.line)
    }

    /// The line a range of tokens ends in.
    pub fn last_line(&self, range: &Range<usize>) -> u32 {
        let Some(token) = range.end.checked_sub(1).and_then(|last| self.tokens.get(last)) else {
            return 1;
        };
        token.line + token.text.bytes().filter(|byte| *byte == b'\n').count() as u32
    }

    /// The bracket that closes the one at `place`.
    pub fn closing(&self, place: usize) -> Option<usize> {
        self.partners.get(place).copied().flatten().filter(|partner| *partner > place)
    }

    /// What lies between the bracket at `place` and the one that closes it.
    pub fn inside(&self, place: usize) -> Range<usize> {
        self.closing(place).map_or(place..place, |end| place + 1..end)
    }

    /// One past the line that `place` lies in, with the lines that its brackets go over.
    pub fn line_end(&self, place: usize) -> usize {
        let mut at = place;
        while at < self.tokens.len() {
            if at > place && self.tokens[at].is_first && !self.continues(at) {
                return at;
            }
            at = self.closing(at).unwrap_or(at) + 1;
        }
        at
    }

    /// Whether the line that starts at `place` goes on with the statement before it.
    fn continues(&self, place: usize) -> bool {
        let (token, before) = (&self.tokens[place], self.at(place - 1));
        match self.language {
            Language::Python | Language::Other => before == "\\",
            _ => {
                matches!(token.text, "." | "?." | "&&" | "||" | "+" | "?")
                    || matches!(before, "," | "&&" | "||" | "=" | "." | "+" | "=>")
            }
        }
    }

    /// One past the block of lines that are indented deeper than the line at `place`.
    pub fn indented_end(&self, place: usize) -> usize {
        let column = self.tokens[place].column;
        let mut at = self.line_end(place);
        while at < self.tokens.len()
            && (!self.tokens[at].is_first || self.tokens[at].column > column)
        {
            at = self.closing(at).unwrap_or(at) + 1;
        }
        at
    }

    /// Where a pattern stands: texts with spaces between; `*` is any token, `x*` one that starts with `x`, `~` some on
    /// the same line, `'x'` a string literal.
    pub fn find(&self, range: Range<usize>, pattern: &str) -> Vec<usize> {
        let wanted: Vec<&str> = pattern.split(' ').collect();
        range.clone().filter(|place| self.fits(*place, range.end, &wanted)).collect()
    }

    pub fn holds(&self, range: Range<usize>, pattern: &str) -> bool {
        let wanted: Vec<&str> = pattern.split(' ').collect();
        range.clone().any(|place| self.fits(place, range.end, &wanted))
    }

    fn fits(&self, place: usize, end: usize, wanted: &[&str]) -> bool {
        let Some((first, rest)) = wanted.split_first() else { return true };
        if *first == "~" {
            let line_end = self.line_end(place.min(self.tokens.len().saturating_sub(1)));
            let stop = end.min(line_end).min(place + GAP_MAX);
            return (place..stop).any(|at| self.fits(at, end, rest));
        }
        place < end && self.is(place, first) && self.fits(place + 1, end, rest)
    }

    fn is(&self, place: usize, wanted: &str) -> bool {
        let token = &self.tokens[place];
        if let Some(text) = wanted.strip_prefix('\'') {
            return token.kind == Kind::Text && token.bare() == text.trim_end_matches('\'');
        }
        match wanted.strip_suffix('*') {
            Some("") => true,
            Some("*") => token.text == "**",
            Some(start) => token.text.starts_with(start),
            None => token.text == wanted,
        }
    }

    /// The parts of a range between its commas, brackets kept together.
    pub fn parts(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let (mut start, mut at) = (range.start, range.start);
        while at < range.end {
            if self.at(at) == "," {
                parts.push(start..at);
                start = at + 1;
            }
            at = self.closing(at).unwrap_or(at) + 1;
        }
        parts.push(start..range.end);
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// The text of a range as it is written.
    pub fn text_of(&self, range: &Range<usize>) -> &'a str {
        let start = self.tokens.get(range.start).map_or(self.text.len(), |token| token.start);
        let last = range.end.checked_sub(1).and_then(|last| self.tokens.get(last));
        &self.text[start..last.map_or(start, |token| token.start + token.text.len()).max(start)]
    }

    /// The tokens of a range in one line, for people and for comparing.
    pub fn joined(&self, range: Range<usize>) -> String {
        let texts: Vec<&str> = self.tokens[range].iter().map(|token| token.text).collect();
        texts.join(" ")
    }

    /// The same without regard to what quotes a text has.
    pub fn plain(&self, range: Range<usize>) -> String {
        let texts: Vec<&str> = self.tokens[range].iter().map(Token::bare).collect();
        texts.join(" ")
    }
}

fn partners(tokens: &[Token<'_>]) -> Vec<Option<usize>> {
    let mut partners = vec![None; tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    for (place, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Mark) {
        let opener = match token.text {
            "(" | "[" | "{" => {
                open.push(place);
                continue;
            }
            ")" => "(",
            "]" => "[",
            "}" => "{",
            _ => continue,
        };
        if let Some(at) = open.iter().rposition(|at| tokens[*at].text == opener) {
            let start = open[at];
            open.truncate(at);
            (partners[start], partners[place]) = (Some(place), Some(start));
        }
    }
    partners
}
