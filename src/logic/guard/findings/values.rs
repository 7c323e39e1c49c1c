//! Settings as keys with the words of their values, whatever the form of the file.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::{Kind, Token};

/// Values by key; a key that is used more than once has all its words. With the line it stands in first.
pub type Values = BTreeMap<String, (u32, Vec<String>)>;

/// The keys of a file in the lines that matter.
pub fn values(code: &Code<'_>, matters: &dyn Fn(u32) -> bool) -> Values {
    let mut values = Values::new();
    for at in code.all() {
        let token = &code.tokens[at];
        let is_key = matches!(token.kind, Kind::Word | Kind::Text) && matters(token.line);
        let Some(sign) = is_key.then(|| sign(code, at)).flatten() else { continue };
        let key = key_name(code, at, sign);
        let words = code.tokens[value(code, at, sign)]
            .iter()
            .filter(|word| word.kind != Kind::Mark || word.text == "!");
        let entry = values.entry(key).or_insert((token.line, Vec::new()));
        entry.1.extend(words.map(|word| word.bare().to_owned()));
    }
    values
}

/// Where the `:` or `=` after a key stands: keys may have dots and dashes.
fn sign(code: &Code<'_>, at: usize) -> Option<usize> {
    let mut end = at + 1;
    while matches!(code.at(end), "-" | ".")
        && code.tokens.get(end + 1).is_some_and(|next| next.kind == Kind::Word)
        && code.line(end) == code.line(at)
    {
        end += 2;
    }
    let is_start = at == 0 || !matches!(code.at(at - 1), "-" | ".") || code.tokens[at].is_first;
    let is_table = [".toml", ".cfg", ".ini"].iter().any(|end| code.path.as_str().ends_with(end));
    let is_sign = matches!(code.at(end), "=" | "+=" | ":=")
        || code.at(end) == ":" && !is_table
        || code.at(end) == "?" && code.at(end + 1) == "=";
    (is_start && is_sign).then_some(end)
}

fn key_name(code: &Code<'_>, at: usize, sign: usize) -> String {
    let parts: Vec<&str> = code.tokens[at..sign].iter().map(Token::bare).collect();
    parts.concat().to_lowercase()
}

/// The tokens of the value behind a sign: up to the next key, with the brackets and deeper lines that belong to it.
fn value(code: &Code<'_>, at: usize, sign: usize) -> Range<usize> {
    let start = sign + 1;
    if matches!(code.at(start), "[" | "{" | "(") {
        return code.inside(start);
    }
    let key = &code.tokens[at];
    let mut end = start;
    while end < code.tokens.len() {
        let token = &code.tokens[end];
        let goes_on = token.line == key.line
            || token.column > key.column
            || token.text == "-" && token.column == key.column;
        let ends = matches!(token.text, "," | "}" | ")" | ";") && token.line == key.line
            || token.is_first && !(goes_on && key.is_first);
        if ends && (end > start || token.is_first) {
            break;
        }
        end = code.closing(end).unwrap_or(end) + 1;
    }
    start..end
}
