//! Code and prose as words, numbers, texts and signs: enough to find calls and literals in either, whatever the language.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    /// As it is written.
    Number(&'t str),
    /// What stands between its quotes.
    Text(&'t str),
    /// One character, or several that belong together.
    Sign(&'t str),
}

#[derive(Clone, Debug)]
pub(super) struct Lexeme<'t> {
    pub token: Token<'t>,
    pub range: Range<usize>,
}

const SIGNS: [&str; 9] = ["===", "!==", "==", "!=", "=>", "->", "::", ":=", "//"];
/// Names that are values by themselves, and those that hold one.
const VALUES: [&str; 9] =
    ["true", "false", "True", "False", "None", "null", "nil", "undefined", "NaN"];
pub(super) const HOLDERS: [&str; 3] = ["Some", "Ok", "Err"];
/// Lists in lists.
const DEPTH_MAX: usize = 16;
/// How the types of numbers are written behind them.
const SUFFIXES: [&str; 15] = [
    "n", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    "f32", "f64",
];

/// The lexemes of a text; backticks, which set code apart in prose, are none.
pub(super) fn lexemes(text: &str) -> Vec<Lexeme<'_>> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, n) = match first {
            '"' | '\'' => quoted(rest, first),
            _ if is_digit(first) => {
                let n = run(rest, |ch| ch.is_ascii_alphanumeric() || matches!(ch, '_' | '.'));
                // What ends a sentence is no part of it.
                let n = rest[..n].trim_end_matches('.').len();
                (Some(Token::Number(&rest[..n])), n)
            }
            _ if is_word(first) => {
                let n = run(rest, is_word);
                (Some(Token::Word(&rest[..n])), n)
            }
            _ if first.is_whitespace() || first == '`' => (None, first.len_utf8()),
            _ => {
                let known = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let n = known.map_or(first.len_utf8(), |sign| sign.len());
                (Some(Token::Sign(&rest[..n])), n)
            }
        };
        all.extend(token.map(|token| Lexeme { token, range: at..at + n }));
        at += n;
    }
    all
}

/// A text that begins here, and its bytes with the quotes; a quote that nothing ends, as in `don't`, is a sign.
fn quoted(rest: &str, quote: char) -> (Option<Token<'_>>, usize) {
    let mut is_escaped = false;
    for (at, ch) in rest.char_indices().skip(1) {
        match ch {
            '\n' => break,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if ch == quote => return (Some(Token::Text(&rest[1..at])), at + 1),
            _ => {}
        }
    }
    (Some(Token::Sign(&rest[..1])), 1)
}

fn run(text: &str, belongs: fn(char) -> bool) -> usize {
    text.find(|ch| !belongs(ch)).unwrap_or(text.len())
}

fn is_digit(ch: char) -> bool {
    ch.is_ascii_digit()
}

fn is_word(ch: char) -> bool {
    ch.is_alphanumeric() || matches!(ch, '_' | '$')
}

/// How many of the first lexemes are a literal, be it a list or map of such; `None` where they begin with something else.
pub(super) fn literal(lexemes: &[Lexeme<'_>]) -> Option<usize> {
    literal_in(lexemes, DEPTH_MAX)
}

/// As [`literal`], of what stands in brackets; `key:` and `key=` may be names.
pub(super) fn bracketed(lexemes: &[Lexeme<'_>]) -> Option<usize> {
    bracketed_in(lexemes, DEPTH_MAX)
}

fn literal_in(lexemes: &[Lexeme<'_>], depth: usize) -> Option<usize> {
    let rest = lexemes.get(1..).unwrap_or_default();
    match lexemes.first()?.token {
        Token::Number(_) | Token::Text(_) => Some(1),
        Token::Word(word) if VALUES.contains(&word) => Some(1),
        Token::Word(word) if HOLDERS.contains(&word) => Some(1 + bracketed_in(rest, depth)?),
        Token::Sign("-") => matches!(rest.first()?.token, Token::Number(_)).then_some(2),
        Token::Sign("&") => Some(1 + bracketed_in(rest, depth)?),
        Token::Sign("[" | "(" | "{") => bracketed_in(lexemes, depth),
        _ => None,
    }
}

fn bracketed_in(lexemes: &[Lexeme<'_>], depth: usize) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    let end = match lexemes.first()?.token {
        Token::Sign("(") => ")",
        Token::Sign("[") => "]",
        Token::Sign("{") => "}",
        _ => return None,
    };
    let mut at = 1;
    let mut is_apart = true;
    loop {
        let next = lexemes.get(at + 1).map(|next| next.token);
        match lexemes.get(at)?.token {
            Token::Sign(sign) if sign == end => return Some(at + 1),
            Token::Sign("," | ":") => (at, is_apart) = (at + 1, true),
            // What is computed of several, and texts that go on, are no literals.
            _ if !is_apart => return None,
            Token::Word(_) if matches!(next, Some(Token::Sign(":" | "="))) => at += 2,
            _ => (at, is_apart) = (at + literal_in(&lexemes[at..], depth)?, false),
        }
    }
}

/// Whether two calls are the same, however they quote, and write numbers and keys.
pub(super) fn is_same_call(a: &[Lexeme<'_>], b: &[Lexeme<'_>]) -> bool {
    said(a) == said(b)
}

/// Whether two values may be the same: also where what they hold stands in another order, as in maps it may.
pub(super) fn is_same_value(a: &[Lexeme<'_>], b: &[Lexeme<'_>]) -> bool {
    let [mut a, mut b] = [a, b].map(|all| said(bare(all)));
    a.sort_unstable();
    b.sort_unstable();
    a == b
}

/// What stands in brackets that hold nothing else, or in `Some` and its like, which prose leaves out.
fn bare<'l, 't>(all: &'l [Lexeme<'t>]) -> &'l [Lexeme<'t>] {
    match all {
        [first, inner @ .., last]
            if first.token == Token::Sign("(")
                && last.token == Token::Sign(")")
                && literal(inner) == Some(inner.len()) =>
        {
            bare(inner)
        }
        [first, inner @ ..] if matches!(first.token, Token::Word(word) if HOLDERS.contains(&word)) => {
            bare(inner)
        }
        _ => all,
    }
}

fn said(all: &[Lexeme<'_>]) -> Vec<String> {
    let next = all.iter().skip(1).map(|next| Some(next.token)).chain([None]);
    let is_last = |next| matches!(next, None | Some(Token::Sign(")" | "]" | "}")));
    let is_kept = |token, next| match token {
        Token::Sign("&") => false,
        Token::Sign(",") => !is_last(next),
        _ => true,
    };
    let all = all.iter().map(|it| it.token).zip(next);
    let kept = all.filter(|(token, next)| is_kept(*token, *next));
    kept.map(|(token, next)| match token {
        Token::Word(key) if next == Some(Token::Sign(":")) => format!("\"{key}"),
        Token::Word(text) | Token::Sign(text) => text.to_owned(),
        Token::Text(text) => format!("\"{}", text.replace("\\'", "'").replace("\\\"", "\"")),
        Token::Number(text) => number(text),
    })
    .collect()
}

/// A number in one of the ways to write it.
fn number(text: &str) -> String {
    let bare = text.replace('_', "");
    let of_base = |start: &str, base| i128::from_str_radix(bare.strip_prefix(start)?, base).ok();
    let whole = of_base("0x", 16).or_else(|| of_base("0o", 8)).or_else(|| of_base("0b", 2));
    let digits = SUFFIXES.iter().find_map(|suffix| bare.strip_suffix(suffix)).unwrap_or(&bare);
    let known = whole.map(|whole| whole as f64).or_else(|| digits.parse::<f64>().ok());
    known.map_or_else(|| bare.clone(), |number| number.to_string())
}
