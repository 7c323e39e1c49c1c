//! What kind of failure a red test is: the line that says it, without what differs from run to run and from value to
//! value. The same for every runner that tells the same exception.

use crate::base::limits::SIGNATURE_BYTES_MAX;
use crate::model::report::{TestCase, TestOutcome};

/// What stands for a number, an address or an id.
const NUMBER: &str = "#";
/// What stands for a path or an address of the net.
const PATH: &str = "<path>";
/// What stands for a text between quotes.
const TEXT: &str = "<text>";
/// All of these.
const MARKS: [&str; 3] = [NUMBER, PATH, TEXT];

/// The signature of a red test, at most [`SIGNATURE_BYTES_MAX`] bytes, never empty.
pub fn signature(case: &TestCase) -> String {
    match normal(&case.message, Names::Dropped) {
        said if said.is_empty() => outcome(case.outcome).to_owned(),
        said => said,
    }
}

/// As [`signature`], with the names between quotes, which tell one cause from another; empty when nothing was said.
pub fn named(message: &str) -> String {
    normal(message, Names::Kept)
}

/// The exception or error before the colon of a signature, if it begins with one.
pub fn kind(signature: &str) -> Option<&str> {
    let kind = signature.split([':', ' ']).next()?;
    let is_name = |kind: &str| {
        kind.starts_with(char::is_uppercase)
            && kind.chars().all(|ch| ch.is_alphanumeric() || ch == '_')
    };
    let ends = ["Error", "Exception", "Failure", "Warning", "Exit", "Interrupt", "Iteration"];
    Some(kind).filter(|kind| is_name(kind) && ends.iter().any(|end| kind.ends_with(end)))
}

fn outcome(outcome: TestOutcome) -> &'static str {
    match outcome {
        TestOutcome::Failed => "failed",
        TestOutcome::Errored => "errored",
        TestOutcome::Crashed => "crashed",
        TestOutcome::TimedOut => "timed out",
        TestOutcome::Passed => "passed",
        TestOutcome::Skipped => "skipped",
    }
}

/// Whether texts between quotes stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Kept,
    Dropped,
}

fn normal(message: &str, names: Names) -> String {
    let line = telling_line(message);
    let line = &line[..line.floor_char_boundary(8 * SIGNATURE_BYTES_MAX)];
    let mut out = Out { text: String::new() };
    let mut rest = line;
    while let Some(ch) = rest.chars().next() {
        rest = step(ch, rest, names, &mut out);
    }
    bare_kind(cut(out.text.trim()))
}

/// Takes the next piece of a line; gives back what is left.
fn step<'l>(ch: char, rest: &'l str, names: Names, out: &mut Out) -> &'l str {
    let is_start = out.is_between_words();
    if ch.is_whitespace() || ch.is_control() {
        out.blank();
        return &rest[ch.len_utf8()..];
    }
    let is_text = is_start && ['\'', '"'].contains(&ch) && names == Names::Dropped;
    if let Some(n) = is_text.then(|| quoted_len(rest, ch)).flatten() {
        out.value(TEXT);
        return &rest[n..];
    }
    if let Some(n) = is_start.then(|| path_len(rest)).flatten() {
        out.value(PATH);
        return &rest[n..];
    }
    let n_word = word_len(rest);
    if let Some(n) = is_start.then(|| id_len(rest, n_word)).flatten() {
        out.value(NUMBER);
        return &rest[n..];
    }
    if is_start && is_code(&rest[..n_word]) {
        out.text.push_str(&rest[..n_word]);
        return &rest[n_word..];
    }
    if let Some(n) = number_len(rest, is_start) {
        if is_start {
            out.value(NUMBER);
        } else {
            out.text.push_str(NUMBER);
        }
        return &rest[n..];
    }
    out.text.push(ch);
    &rest[ch.len_utf8()..]
}

struct Out {
    text: String,
}

impl Out {
    /// Whether what comes next does not belong to a word. What stands for a value is one.
    fn is_between_words(&self) -> bool {
        !self.text.ends_with(is_word) && !MARKS.iter().any(|mark| self.text.ends_with(mark))
    }

    fn blank(&mut self) {
        if !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    /// Adds what stands for a value; a list of them is told as one.
    fn value(&mut self, mark: &str) {
        let is_again = self.text.strip_suffix(", ").is_some_and(|head| head.ends_with(mark));
        if is_again {
            self.text.truncate(self.text.len() - 2);
        } else {
            self.text.push_str(mark);
        }
    }
}

/// The line of a message that says what went wrong.
pub fn telling_line(message: &str) -> &str {
    let lines = || message.lines().filter(|line| !line.trim().is_empty());
    // pytest's own pages put an `E` before it; a whole traceback ends in it.
    let of_pytest = || lines().find_map(|line| line.strip_prefix("E   ").map(str::trim));
    let is_trace =
        lines().next().is_some_and(|line| line.trim_start().starts_with("Traceback (most"));
    let of_trace = || lines().skip(1).find(|line| !line.starts_with(char::is_whitespace));
    let found = if is_trace { of_trace() } else { of_pytest() };
    let mut line = found.or_else(|| lines().next()).unwrap_or_default().trim();
    while let Some(rest) = without_place(line) {
        line = rest;
    }
    line
}

/// What follows `money_test.go:12: ` and the like.
fn without_place(line: &str) -> Option<&str> {
    let (place, rest) = line.split_once(": ")?;
    let (path, number) = place.split_once(':')?;
    let is_number =
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let is_path = path.contains('.') && !path.contains(char::is_whitespace);
    (is_number && is_path).then(|| rest.trim_start())
}

/// An exception's name without its packages: what follows has a colon or nothing.
fn bare_kind(line: &str) -> String {
    let head = line.split(':').next().unwrap_or_default();
    let is_dotted = head.contains('.')
        && head
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(is_word) && !part.contains('#'));
    let n_packages = head.rfind('.').filter(|_| is_dotted).map_or(0, |dot| dot + 1);
    line[n_packages..].to_owned()
}

/// At most [`SIGNATURE_BYTES_MAX`] bytes, whole words where there are any.
fn cut(line: &str) -> &str {
    if line.len() <= SIGNATURE_BYTES_MAX {
        return line;
    }
    let end = line.floor_char_boundary(SIGNATURE_BYTES_MAX);
    line[..line[..end].rfind(' ').unwrap_or(end)].trim_end()
}

fn is_word(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '_'
}

fn word_len(text: &str) -> usize {
    text.find(|ch| !is_word(ch)).unwrap_or(text.len())
}

/// The bytes of a text between quotes, both included, when nothing stands right behind it.
fn quoted_len(text: &str, quote: char) -> Option<usize> {
    let mut from = 1;
    loop {
        let at = from + text[from..].find(quote)?;
        let next = &text[at + 1..];
        let is_end = !MARKS.iter().any(|mark| next.starts_with(mark)) && !next.starts_with(is_word);
        if is_end {
            return Some(at + 1);
        }
        from = at + 1;
    }
}

/// The bytes of a path or address, with the numbers of a line and column.
fn path_len(text: &str) -> Option<usize> {
    let ends = |ch: char| ch.is_whitespace() || "\"'`()[]{}<>,;|".contains(ch);
    let token = &text[..text.find(ends).unwrap_or(text.len())];
    let token = token.trim_end_matches(['.', ':', '!', '?']);
    let starts = ["/", "./", "../", "~/"]
        .iter()
        .any(|start| token.strip_prefix(start).is_some_and(|rest| rest.starts_with(is_word)));
    let has_ending = || {
        let last = token.rsplit('/').next().unwrap_or_default();
        let ending = last.rsplit_once('.').map_or("", |(_, ending)| ending);
        token.starts_with(is_word) && token.contains('/') && ending.starts_with(char::is_alphabetic)
    };
    let is_drive = || {
        let rest = token.strip_prefix(|ch: char| ch.is_ascii_alphabetic());
        rest.is_some_and(|rest| rest.starts_with(":\\") || rest.starts_with(":/"))
    };
    (starts || token.contains("://") || is_drive() || has_ending()).then_some(token.len())
}

/// The bytes of an address or of an id in hexadecimal digits.
fn id_len(text: &str, n_word: usize) -> Option<usize> {
    let word = &text[..n_word];
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if word.strip_prefix("0x").is_some_and(|digits| !digits.is_empty() && is_hex(digits)) {
        return Some(n_word);
    }
    const UUID: [usize; 5] = [8, 4, 4, 4, 12];
    let token = text.get(..36).filter(|_| !text[text.len().min(36)..].starts_with(is_word));
    let is_uuid = |token: &&str| {
        let sizes = token.split('-').map(|part| if is_hex(part) { part.len() } else { 0 });
        sizes.eq(UUID)
    };
    if token.is_some_and(|token| is_uuid(&token)) {
        return Some(36);
    }
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    (n_word >= 8 && is_hex(word) && has_digit).then_some(n_word)
}

/// A code of an error, such as `E0308` or `TS2322`, which is a name and no number.
fn is_code(word: &str) -> bool {
    let n_letters = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = &word[n_letters..];
    let is_number =
        (2..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (1..=4).contains(&n_letters) && is_number
}

/// The bytes of `3`, `-3`, `1.5`, `2e-9`, `1_000` or `1.2.3`.
fn number_len(text: &str, takes_sign: bool) -> Option<usize> {
    let digits = |at: usize| {
        let rest = text[at..].bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_');
        let n = rest.count();
        text[at..].starts_with(|ch: char| ch.is_ascii_digit()).then_some(at + n)
    };
    let start = usize::from(takes_sign && text.starts_with(['-', '+']));
    let mut end = digits(start)?;
    while let Some(more) = text[end..].starts_with('.').then(|| digits(end + 1)).flatten() {
        end = more;
    }
    let exponent = text[end..].strip_prefix(['e', 'E']).map(|_| end + 1);
    let signed = exponent.map(|at| at + usize::from(text[at..].starts_with(['-', '+'])));
    Some(signed.and_then(digits).unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::review::tests::laws;
    use crate::logic::verdict::samples;
    use proptest::prelude::*;

    #[test]
    fn what_differs_by_chance_is_left_out() {
        let check =
            |message: &str, wanted: &str| assert_eq!(normal(message, Names::Dropped), wanted);
        check(
            "ZeroDivisionError: division by zero\n\n  app/m.py:3 in half",
            "ZeroDivisionError: division by zero",
        );
        check("AssertionError: 3 != -4.5", "AssertionError: # != #");
        check(
            "AssertionError: Lists differ: [1, 2, 3] != [1, 2]",
            "AssertionError: Lists differ: [#] != [#]",
        );
        check("KeyError: 'currency'", "KeyError: <text>");
        check(
            "ValueError: don't use \"it's\" or 'b', 'c'",
            "ValueError: don't use <text> or <text>",
        );
        check(
            "FileNotFoundError: [Errno 2] No such file: '/tmp/tmpab12/x.json'",
            "FileNotFoundError: [Errno #] No such file: <text>",
        );
        check("cannot open /tmp/tmpab12/x.json: no", "cannot open <path>: no");
        check(
            "see src/app/money.py:12:3, C:\\a\\b and https://h:80/x?y=1.",
            "see <path> and <path>.",
        );
        check("either/or 3/4 of text/html", "either/or #/# of text/html");
        check("<app.Money object at 0x7f3a2b>", "<app.Money object at #>");
        check("no row 3f2a9c77de of 123e4567-e89b-12d3-a456-426614174000", "no row # of #");
        check("error[E0308]: mismatched types", "error[E0308]: mismatched types");
        check("TS2322: Type 'a' is not 'b'", "TS2322: Type <text> is not <text>");
        check("user_17 took 1.5e-3s of utf8, v1.2.3", "user_# took #s of utf#, v#");
    }

    #[test]
    fn every_runner_says_it_alike() {
        let check = |messages: &[&str], wanted: &str| {
            messages.iter().for_each(|message| assert_eq!(normal(message, Names::Dropped), wanted));
        };
        check(
            &[
                "ValueError: bad rate 7\n\n  a.py:3 in rate",
                "Traceback (most recent call last):\n  File \"a.py\", line 3\n    raise\nValueError: bad rate 8\n",
                "    def test():\n>       rate(7)\nE       ValueError: bad rate 7\n\na.py:3: ValueError",
                "com.acme.ValueError: bad rate 9\n\tat com.acme.A.b(A.java:3)",
                "a_test.go:12: ValueError: bad rate 1",
            ],
            "ValueError: bad rate #",
        );
        check(
            &["assertion `left == right` failed\n  left: 1\n right: 2"],
            "assertion `left == right` failed",
        );
        check(&["", "\n \n"], "");
    }

    #[test]
    fn a_test_that_says_nothing_has_its_outcome() {
        let mut case = samples::case("a", "t=timed-out");
        assert_eq!(signature(&case), "why");
        case.message.clear();
        assert_eq!(signature(&case), "timed out");
    }

    #[test]
    fn names_are_kept_where_they_tell_causes_apart() {
        assert_eq!(named("KeyError: 'rate 3'"), "KeyError: 'rate #'");
        assert_eq!(kind("KeyError: 'rate'"), Some("KeyError"));
        for other in ["assertion failed", "Lists differ: 'x'", "expected # but got #", ""] {
            assert_eq!(kind(other), None, "{other}");
        }
    }

    #[test]
    fn it_is_cut_at_a_word() {
        let long = "word ".repeat(SIGNATURE_BYTES_MAX);
        assert!(normal(&long, Names::Kept).ends_with("word"));
        assert!(normal(&long, Names::Kept).len() > SIGNATURE_BYTES_MAX - 6);
        assert_eq!(
            normal(&"é".repeat(SIGNATURE_BYTES_MAX), Names::Kept).len(),
            SIGNATURE_BYTES_MAX
        );
    }

    proptest! {
        #![proptest_config(laws(2000))]

        #[test]
        fn a_signature_is_short_and_its_own(
            message in prop_oneof![
                "[a-zE0-9_.:/ '\"#,é<>\\-+x\\\\]{0,60}",
                "((E   |Traceback \\(most|a\\.b:3: |com\\.A|'b', |1, |/tmp/x |0x1f|don't |\"q\" |-2|[.:] |\n| ){0,8}){0,6}",
                "(?s).{0,40}",
                "[a-f0-9' ]{100,200}",
            ],
        ) {
            for names in [Names::Kept, Names::Dropped] {
                let once = normal(&message, names);
                prop_assert!(once.len() <= SIGNATURE_BYTES_MAX);
                prop_assert_eq!(normal(&once, names), once);
            }
        }
    }
}
