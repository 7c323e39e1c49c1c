//! Texts of any language as words, numbers, texts and marks, so that one detector serves many languages. Never fails:
//! what it does not know is a mark.

use crate::base::path::RepoPath;

/// Whose rules a file follows, as far as the guard tells languages apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Python,
    Rust,
    /// JavaScript and TypeScript.
    Script,
    Go,
    /// Java, Kotlin, Scala, C#, C++, PHP, Swift: methods in braces.
    Braces,
    /// Ruby and Elixir: blocks that `end`.
    Ruby,
    /// Settings and scripts.
    Other,
}

impl Language {
    pub fn of(path: &RepoPath) -> Language {
        match path.extension() {
            "py" | "pyi" | "pyx" => Language::Python,
            "rs" => Language::Rust,
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" => {
                Language::Script
            }
            "go" => Language::Go,
            "java" | "kt" | "kts" | "scala" | "groovy" | "gradle" | "cs" | "cc" | "cpp" | "cxx"
            | "c" | "h" | "hpp" | "php" | "swift" | "dart" => Language::Braces,
            "rb" | "rake" | "ex" | "exs" => Language::Ruby,
            _ => Language::Other,
        }
    }

    /// Whether files of this language are programs.
    pub fn is_code(self) -> bool {
        self != Language::Other
    }

    fn has_hash_comments(self, path: &RepoPath) -> bool {
        matches!(self, Language::Python | Language::Ruby)
            || self == Language::Other
                && !["json", "json5", "jsonc", "xml"].contains(&path.extension())
            || path.extension() == "php"
    }

    fn has_slash_comments(self, path: &RepoPath) -> bool {
        matches!(self, Language::Rust | Language::Script | Language::Go | Language::Braces)
            || self == Language::Other && ["json5", "jsonc"].contains(&path.extension())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    Number,
    /// A string literal, quotes included.
    Text,
    Mark,
    Comment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// Byte where it starts.
    pub start: usize,
    /// Counted from 1.
    pub line: u32,
    /// Bytes before it on its line; indentation where it is the first.
    pub column: u32,
    /// Nothing stands before it on its line.
    pub is_first: bool,
}

impl Token<'_> {
    pub fn is_literal(&self) -> bool {
        matches!(self.kind, Kind::Number | Kind::Text)
    }

    /// A string literal without its quotes and prefix; any other token as it is.
    pub fn bare(&self) -> &str {
        if self.kind != Kind::Text {
            return self.text;
        }
        let text =
            self.text.trim_start_matches(|ch: char| ch.is_ascii_alphabetic() || "@#$".contains(ch));
        text.trim_end_matches('#').trim_matches(['"', '\'', '`'])
    }
}

/// The marks of more than one character.
const LONG_MARKS: [&str; 30] = [
    "===", "!==", "...", "..=", "<=>", "**=", "//=", "==", "!=", "<=", ">=", "=>", "->", "::",
    ":=", "&&", "||", "+=", "-=", "*=", "/=", "|=", "??", "?.", "..", "=~", "!~", "**", "<<", ">>",
];

/// All tokens of a text, comments among them.
pub fn tokens<'a>(path: &RepoPath, text: &'a str) -> Vec<Token<'a>> {
    let language = Language::of(path);
    let mut lexer = Lexer {
        text,
        at: 0,
        line: 1,
        line_start: 0,
        is_first: true,
        language,
        hash: language.has_hash_comments(path),
        slash: language.has_slash_comments(path),
        tokens: Vec::new(),
    };
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    line_start: usize,
    is_first: bool,
    language: Language,
    hash: bool,
    slash: bool,
    tokens: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(ch) = rest.chars().next() else { return false };
        if ch == '\n' {
            self.at += 1;
            self.line += 1;
            self.line_start = self.at;
            self.is_first = true;
        } else if ch.is_whitespace() {
            self.at += ch.len_utf8();
        } else {
            let (kind, length) = self.token(ch, rest);
            self.push(kind, length);
        }
        true
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let text = &self.rest()[..length];
        let column = (self.at - self.line_start) as u32;
        let token =
            Token { kind, text, start: self.at, line: self.line, column, is_first: self.is_first };
        self.tokens.push(token);
        // A comment before code on a line is as if it were not there.
        self.is_first &= kind == Kind::Comment;
        self.at += length;
        if let Some(last) = text.rfind('\n') {
            self.line += text.bytes().filter(|byte| *byte == b'\n').count() as u32;
            self.line_start = self.at - (text.len() - last - 1);
        }
    }

    fn token(&self, ch: char, rest: &str) -> (Kind, usize) {
        let starts_word = self.at == 0
            || self.text[..self.at].ends_with(char::is_whitespace)
            || self.language != Language::Other;
        if self.hash && ch == '#' && starts_word {
            return (Kind::Comment, line_length(rest));
        }
        if self.slash && rest.starts_with("//") {
            return (Kind::Comment, line_length(rest));
        }
        if self.slash && rest.starts_with("/*") {
            return (Kind::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2));
        }
        if let Some(length) = self.string(rest) {
            return (Kind::Text, length);
        }
        if ch.is_ascii_digit() {
            return (Kind::Number, number_length(rest));
        }
        if is_word(ch) {
            let end = rest.find(|ch| !is_word(ch) && !ch.is_ascii_digit());
            return (Kind::Word, end.unwrap_or(rest.len()));
        }
        if self.language == Language::Script
            && ch == '/'
            && self.expects_value()
            && let Some(length) = regex_length(rest)
        {
            return (Kind::Text, length);
        }
        let long = LONG_MARKS.iter().find(|mark| rest.starts_with(**mark));
        (Kind::Mark, long.map_or(ch.len_utf8(), |mark| mark.len()))
    }

    /// The length of the string literal that starts here.
    fn string(&self, rest: &str) -> Option<usize> {
        let prefix =
            rest.find(|ch: char| !ch.is_ascii_alphabetic() && ch != '@' && ch != '$').unwrap_or(0);
        let is_prefix = match self.language {
            Language::Python => {
                prefix <= 2 && rest[..prefix].chars().all(|ch| "rRbBfFuU".contains(ch))
            }
            Language::Rust => matches!(&rest[..prefix], "" | "r" | "b" | "br" | "c" | "cr"),
            Language::Braces => {
                matches!(&rest[..prefix], "" | "@" | "$" | "$@" | "@$" | "L" | "u8" | "R")
            }
            Language::Script | Language::Go | Language::Ruby | Language::Other => prefix == 0,
        };
        let body = is_prefix.then(|| &rest[prefix..])?;
        if self.language == Language::Rust && (prefix > 0 && rest[..prefix].ends_with('r')) {
            let hashes = body.bytes().take_while(|byte| *byte == b'#').count();
            let open = body[hashes..].starts_with('"').then_some(hashes + 1)?;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = body[open..].find(&close).map_or(body.len(), |end| open + end + close.len());
            return Some(prefix + end);
        }
        let quote = body.chars().next().filter(|ch| matches!(ch, '"' | '\'' | '`'))?;
        let triple = quote.to_string().repeat(3);
        if matches!(self.language, Language::Python | Language::Braces) && body.starts_with(&triple)
        {
            let end = body[3..].find(&triple).map_or(body.len(), |end| end + 6);
            return Some(prefix + end);
        }
        if self.language == Language::Rust && quote == '\'' {
            return char_length(body).map(|length| prefix + length);
        }
        if quote == '`'
            && !matches!(self.language, Language::Script | Language::Go | Language::Other)
        {
            return None;
        }
        let spans_lines =
            quote == '`' || self.language == Language::Rust || self.language == Language::Ruby;
        let raw = quote == '`' && self.language == Language::Go;
        quoted_length(body, quote, spans_lines, raw).map(|length| prefix + length)
    }

    /// Whether a value may start here, so that a slash is no division.
    fn expects_value(&self) -> bool {
        let before = self.tokens.iter().rev().find(|token| token.kind != Kind::Comment);
        before.is_none_or(|token| match token.kind {
            Kind::Mark => !matches!(token.text, ")" | "]" | "}"),
            Kind::Word => matches!(token.text, "return" | "case" | "typeof"),
            Kind::Number | Kind::Text | Kind::Comment => false,
        })
    }
}

fn is_word(ch: char) -> bool {
    ch.is_alphabetic() || ch == '_'
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let is_part = byte.is_ascii_alphanumeric()
            || *byte == b'_'
            || *byte == b'.' && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)
            || matches!(byte, b'+' | b'-')
                && matches!(bytes[end - 1], b'e' | b'E')
                && !rest.starts_with("0x");
        if !is_part {
            break;
        }
        end += 1;
    }
    end
}

/// A character in quotes; `None` for a lifetime.
fn char_length(body: &str) -> Option<usize> {
    let mut chars = body.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        return body[2..].char_indices().skip(1).find(|(_, ch)| *ch == '\'').map(|(at, _)| at + 3);
    }
    chars.next().filter(|(_, ch)| *ch == '\'').map(|(at, _)| at + 1)
}

/// A string up to its closing quote. One that may not go over lines ends with its line when it is not closed there; an
/// apostrophe in plain words, which is never closed, is none.
fn quoted_length(body: &str, quote: char, spans_lines: bool, raw: bool) -> Option<usize> {
    let mut is_escaped = false;
    for (at, ch) in body.char_indices().skip(1) {
        match ch {
            _ if is_escaped => is_escaped = false,
            '\\' if !raw => is_escaped = true,
            '\n' if !spans_lines => return None,
            _ if ch == quote => return Some(at + ch.len_utf8()),
            _ => {}
        }
    }
    None
}

fn regex_length(rest: &str) -> Option<usize> {
    let (mut is_escaped, mut in_class) = (false, false);
    for (at, ch) in rest.char_indices().skip(1) {
        match ch {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '\n' => return None,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens of a text, with a sign of their kind.
    fn check(path: &str, text: &str) -> String {
        let path = RepoPath::new(path).unwrap();
        let sign = |token: &Token<'_>| match token.kind {
            Kind::Word => format!("w:{}", token.text),
            Kind::Number => format!("n:{}", token.text),
            Kind::Text => format!("s:{}", token.text),
            Kind::Mark => format!("m:{}", token.text),
            Kind::Comment => format!("c:{}", token.text),
        };
        tokens(&path, text).iter().map(sign).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn texts_are_cut_by_the_rules_of_their_language() {
        let all = [
            ("a.py", "x = rb'a' + \"\"\"b\nc\"\"\" # d\ny >= 1.5e-3"),
            ("a.rs", "fn f<'a>(x: &'a str) { r#\"q\"# == 'x' } // c"),
            ("a.ts", "a = /b[/]c/g.test(d) / 2; `x\n${y}` /* z */"),
            ("a.go", "if got != `a\\` { t.Fatalf(\"x\") }"),
            ("a.yml", "run: don't #1 # all"),
            ("a.json", "{\"a\": [1, true]}"),
        ];
        let cut: Vec<String> = all.iter().map(|(path, text)| check(path, text)).collect();
        insta::assert_snapshot!(cut.join("\n"), @r##"
        w:x m:= s:rb'a' m:+ s:"""b
        c""" c:# d w:y m:>= n:1.5e-3
        w:fn w:f m:< m:' w:a m:> m:( w:x m:: m:& m:' w:a w:str m:) m:{ s:r#"q"# m:== s:'x' m:} c:// c
        w:a m:= s:/b[/]c/ w:g m:. w:test m:( w:d m:) m:/ n:2 m:; s:`x
        ${y}` c:/* z */
        w:if w:got m:!= s:`a\` m:{ w:t m:. w:Fatalf m:( s:"x" m:) m:}
        w:run m:: w:don m:' w:t c:#1 # all
        m:{ s:"a" m:: m:[ n:1 m:, w:true m:] m:}
        "##);
    }

    #[test]
    fn places_are_known() {
        let path = RepoPath::new("a.py").unwrap();
        let found: Vec<_> = tokens(&path, "a = '''x\ny''' b\n  c d")
            .into_iter()
            .map(|token| (token.text, token.line, token.column, token.is_first))
            .collect();
        assert_eq!(
            found[2..],
            [
                ("'''x\ny'''", 1, 4, false),
                ("b", 2, 5, false),
                ("c", 3, 2, true),
                ("d", 3, 4, false)
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_into_pieces_in_order(text in "\\PC{0,60}", ending in "(py|rs|ts|go|java|rb|yml|json)") {
            let path = RepoPath::new(format!("a.{ending}")).unwrap();
            let mut end = 0;
            for token in tokens(&path, &text) {
                assert!(token.start >= end && text[end..token.start].trim().is_empty());
                end = token.start + token.text.len();
            }
            assert!(text[end..].trim().is_empty());
        }
    }
}
