//! What looks like a key, a password or a token in a text, so that it is not sent to anybody.

use std::borrow::Cow;
use std::ops::Range;

/// Stands where something was withheld.
pub const WITHHELD: &str = "[withheld: looks like a secret]";

/// Starts of tokens whose form is known, with how many characters follow at least.
/// From the providers' documentation of their tokens.
const STARTS: &[(&str, usize)] = &[
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghs_", 36),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("sk-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("AIza", 35),
    ("npm_", 36),
    ("pypi-", 32),
    ("hf_", 30),
    ("eyJ", 40),
];

/// Parts of names to which a secret is given.
const NAMES: &[&str] =
    &["secret", "passw", "token", "api_key", "apikey", "access_key", "private_key", "credential"];

/// Letters that a value given to such a name must have at least.
const VALUE_CHARS_MIN: usize = 12;

/// The text with everything that looks like a secret withheld. Lines stay lines.
pub fn withheld(text: &str) -> Cow<'_, str> {
    let mut found = blocks(text);
    found.extend(tokens(text));
    found.extend(values(text));
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|range| (range.start, range.end));
    let (mut kept, mut done) = (String::with_capacity(text.len()), 0);
    for range in found {
        if range.start < done {
            continue;
        }
        kept.push_str(&text[done..range.start]);
        let n_breaks = text[range.clone()].matches('\n').count();
        kept.push_str(WITHHELD);
        kept.push_str(&"\n".repeat(n_breaks));
        done = range.end;
    }
    kept.push_str(&text[done..]);
    Cow::Owned(kept)
}

/// Private keys in PEM form, to their end or the end of the text.
fn blocks(text: &str) -> Vec<Range<usize>> {
    let starts = text.match_indices("-----BEGIN ");
    let is_private =
        |at: usize| text[at..].lines().next().is_some_and(|line| line.contains("PRIVATE KEY"));
    starts
        .map(|(at, _)| at)
        .filter(|at| is_private(*at))
        .map(|at| {
            let end = text[at..].find("-----END ").map_or(text.len(), |end| {
                let last = at + end;
                text[last..].find('\n').map_or(text.len(), |rest| last + rest)
            });
            at..end
        })
        .collect()
}

fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || ['_', '-', '.', '/', '+', '='].contains(&c)
}

fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (start, n_more) in STARTS {
        for (at, _) in text.match_indices(start) {
            let is_inside =
                text[..at].chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
            let rest = &text[at + start.len()..];
            let n_token = rest.find(|c| !is_token_char(c)).unwrap_or(rest.len());
            if !is_inside && n_token >= *n_more && is_random(&rest[..n_token], 1) {
                found.push(at..at + start.len() + n_token);
            }
        }
    }
    found
}

/// Quoted or bare values after `name =`, `name:` where the name speaks of a secret.
fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.to_ascii_lowercase();
        let named = NAMES.iter().flat_map(|name| lower.match_indices(name));
        let values = named.filter_map(|(named, _)| value(line, named));
        found.extend(values.map(|value| at + value.start..at + value.end));
        at += line.len();
    }
    found
}

/// The value given on a line to the name that stands at `named`.
fn value(line: &str, named: usize) -> Option<Range<usize>> {
    let sign = named + line[named..].find(['=', ':'])?;
    let is_name =
        |c: char| c.is_ascii_alphanumeric() || ['_', '-', '"', '\'', ' ', '.'].contains(&c);
    line[named..sign].chars().all(is_name).then_some(())?;
    let after = &line[sign + 1..];
    let start = sign
        + 1
        + after.find(|c: char| !c.is_whitespace() && !['=', '"', '\'', '`'].contains(&c))?;
    let rest = &line[start..];
    let n_value = rest.find(|c: char| !is_token_char(c)).unwrap_or(rest.len());
    let value = &rest[..n_value];
    (value.len() >= VALUE_CHARS_MIN && is_random(value, 2)).then_some(start..start + n_value)
}

/// Letters and digits mixed as nobody writes them: code and words are not.
fn is_random(value: &str, digits_min: usize) -> bool {
    let n_digits = value.chars().filter(char::is_ascii_digit).count();
    let n_letters = value.chars().filter(char::is_ascii_alphabetic).count();
    let is_path = value.contains("::") || value.split('.').count() > 3 && !value.starts_with("eyJ");
    n_digits >= digits_min && n_letters >= 2 && !is_path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_withheld_and_code_is_not() {
        let cases = [
            ("key = \"AKIAIOSFODNN7EXAMPLE\"\n", "key = \"[withheld: looks like a secret]\"\n"),
            (
                "API_KEY=abcd1234efgh5678\nx = 1\n",
                "API_KEY=[withheld: looks like a secret]\nx = 1\n",
            ),
            (
                "  \"password\": \"hunter2hunter2\",\n",
                "  \"password\": \"[withheld: looks like a secret]\",\n",
            ),
            (
                "token = ghp_0123456789abcdefghijABCDEFGHIJ012345\n",
                "token = [withheld: looks like a secret]\n",
            ),
            (
                "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\nb\n",
                "a\n[withheld: looks like a secret]\n\n\nb\n",
            ),
            ("-----BEGIN PRIVATE KEY-----\nMIIB", "[withheld: looks like a secret]\n"),
            ("let token = self.tokens.next_token();\n", "let token = self.tokens.next_token();\n"),
            (
                "password = get_password_from_keyring()\n",
                "password = get_password_from_keyring()\n",
            ),
            ("def tokenize(text: str) -> list:\n", "def tokenize(text: str) -> list:\n"),
            ("task-1234567890abcdefghijkl = 1", "task-1234567890abcdefghijkl = 1"),
            (
                "{\"token_type\":\"bearer\",\"access_token\":\"abc123def456ghi\",\"refresh_token\":\"xyz789xyz789xyz\"}",
                "{\"token_type\":\"bearer\",\"access_token\":\"[withheld: looks like a secret]\",\"refresh_token\":\"[withheld: looks like a secret]\"}",
            ),
            ("secret_len: usize = 0x1234", "secret_len: usize = 0x1234"),
        ];
        for (text, expected) in cases {
            assert_eq!(withheld(text), expected);
        }
    }
}
