//! What failure messages say about the fault: which templates to try first and which literals to put in.

mod gaps;
mod rewording;
pub(super) mod sides;
mod signs;
mod types;
mod unknown;

use std::collections::BTreeSet;

pub use self::gaps::Gap;
use self::gaps::gaps;
pub use self::rewording::Rewording;
use self::rewording::rewording;
use self::sides::pairs;
pub use self::signs::Sign;
use self::signs::{BONUSES, FAVOURS, PHRASES};
use super::similarity::distance;
use super::usage::words;
use crate::model::report::TestCase;

/// Facts read from the messages of red tests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    pub signs: BTreeSet<Sign>,
    /// What stands in quotes in the messages.
    pub texts: Vec<String>,
    /// Numbers in the messages, as source text.
    pub numbers: Vec<String>,
    /// Numbers that were got and those that were wanted.
    pub gaps: Vec<Gap>,
    /// Characters, neither letters nor digits, that stand in texts that were got or wanted where the other has another.
    pub exchanged: BTreeSet<(char, char)>,
    /// What stands in one place of a text that was got or wanted, and not in the other, which is the same but for that.
    pub inserted: BTreeSet<String>,
    /// What texts say otherwise, both ways round: which side was wanted is not always told.
    pub rewordings: BTreeSet<Rewording>,
    /// Names in the messages that begin with a capital letter, as those of types, variants and errors do.
    names: BTreeSet<String>,
    /// Types that the messages say were wanted where another was given.
    pub types: BTreeSet<String>,
    /// Names that the messages say nothing has.
    unknown: BTreeSet<String>,
    /// Names that were read of what was nothing.
    of_nothing: BTreeSet<String>,
    /// Whether something unnamed was.
    reads_nothing: bool,
}

const LITERALS_MAX: usize = 24;
/// Longer texts that one side has are values and not what is put between them, in characters.
const INSERTED_CHARS_MAX: usize = 12;
const INSERTED_MAX: usize = 4;
const REWORDINGS_MAX: usize = 8;

impl Hints {
    pub fn read(failures: &[TestCase]) -> Self {
        let mut hints = Hints::default();
        for failure in failures {
            hints.read_message(&failure.message);
        }
        hints
    }

    pub fn has(&self, sign: Sign) -> bool {
        self.signs.contains(&sign)
    }

    /// Whether a text has a name that stands in the messages.
    pub fn names(&self, text: &str) -> bool {
        words(text).any(|word| self.names.contains(word))
    }

    /// Whether the messages say that nothing has this name.
    pub fn is_unknown(&self, name: &str) -> bool {
        self.unknown.contains(name)
    }

    /// Whether the messages say, or may say, that this part was read of what was nothing.
    pub fn reads_of_nothing(&self, part: &str) -> bool {
        self.reads_nothing || self.of_nothing.contains(part)
    }

    /// What the signs take off or put on the cost of a template.
    pub fn bonus(&self, template: &str) -> f64 {
        let fit = BONUSES
            .iter()
            .filter(|(sign, _, templates)| self.has(*sign) && templates.contains(&template));
        -fit.map(|(_, bonus, _)| *bonus).fold(0.0, f64::max)
    }

    /// What the signs take off the cost of a form such as `$.lower()`.
    pub fn favour(&self, form: &str) -> f64 {
        let fits = |(sign, parts): &(Sign, &[&str])| {
            self.has(*sign) && parts.iter().any(|part| form.contains(part))
        };
        if FAVOURS.iter().any(fits) { -1.2 } else { 0.0 }
    }

    /// Whether a message shows this very literal, and it is not one that stands in every program.
    pub fn tells(&self, text: &str) -> bool {
        let bare = unquoted(text.trim());
        bare.len() > 1
            && bare != "-1"
            && (self.numbers.iter().any(|known| known == bare)
                || self.texts.iter().any(|known| known == bare))
    }

    fn read_message(&mut self, message: &str) {
        for (sign, phrases) in PHRASES {
            if phrases.iter().any(|phrase| says(message, phrase)) {
                self.signs.insert(*sign);
            }
        }
        let mut told: Vec<Gap> = Vec::new();
        for (actual, expected) in pairs(message) {
            self.signs.extend(difference(actual, expected));
            for gap in gaps(actual, expected) {
                if !told.contains(&gap) {
                    told.push(gap);
                }
            }
            self.exchanged.extend(exchanged(actual, expected));
            self.exchanged.extend(exchanged(expected, actual));
            let room = INSERTED_MAX.saturating_sub(self.inserted.len());
            self.inserted.extend(inserted(actual, expected).into_iter().take(room));
            let reworded = [(actual, expected), (expected, actual)];
            let reworded = reworded.into_iter().filter_map(|(a, b)| rewording(a, b));
            let room = REWORDINGS_MAX.saturating_sub(self.rewordings.len());
            self.rewordings.extend(reworded.take(room));
            self.note(actual);
            self.note(expected);
        }
        let room = LITERALS_MAX.saturating_sub(self.gaps.len());
        self.gaps.extend(told.into_iter().take(room));
        quoted(message).for_each(|text| self.note(text));
        self.unknown.extend(unknown::names(message).map(str::to_owned));
        self.types.extend(types::wanted(message).map(str::to_owned));
        self.of_nothing.extend(unknown::of_nothing(message).map(str::to_owned));
        self.reads_nothing |= message.contains(unknown::UNNAMED);
        let names =
            words(message).filter(|word| word.len() > 3 && word.starts_with(char::is_uppercase));
        self.names.extend(names.map(str::to_owned).take(LITERALS_MAX));
    }

    fn note(&mut self, literal: &str) {
        let bare = unquoted(literal);
        let list = if literal.parse::<f64>().is_ok() { &mut self.numbers } else { &mut self.texts };
        if list.len() < LITERALS_MAX && bare.len() < 80 && !list.iter().any(|known| known == bare) {
            list.push(bare.to_owned());
        }
    }
}

/// Whether a message has a phrase; what was read of nothing is known well.
fn says(message: &str, phrase: &str) -> bool {
    let is_nothing = |line: &str| {
        phrase == "has no attribute" && line.contains("'NoneType' object has no attribute")
    };
    message.contains(phrase)
        && message.lines().any(|line| line.contains(phrase) && !is_nothing(line))
}

/// The one character that stands in `a` for another in `b`, when nothing else differs.
fn exchanged(a: &str, b: &str) -> Option<(char, char)> {
    let differ: BTreeSet<(char, char)> = a.chars().zip(b.chars()).filter(|(x, y)| x != y).collect();
    let is_sign = |ch: char| !ch.is_alphanumeric() && !matches!(ch, '"' | '\'' | '`' | '\\');
    let [only] = differ.into_iter().collect::<Vec<_>>()[..] else { return None };
    (a.chars().count() == b.chars().count() && is_sign(only.0) && is_sign(only.1)).then_some(only)
}

/// What one of two shown texts has in one place beside all of the other; nothing that would have to be escaped.
fn inserted(a: &str, b: &str) -> Option<String> {
    let n_chars = |text: &str| text.chars().count();
    let (short, long) = if n_chars(a) < n_chars(b) { (a, b) } else { (b, a) };
    let same = |(x, y): &(char, char)| x == y;
    let n_before = short.chars().zip(long.chars()).take_while(same).count();
    let n_after = short.chars().rev().zip(long.chars().rev()).take_while(same).count();
    let (n_short, n) = (n_chars(short), n_chars(long) - n_chars(short));
    // What is repeated may stand in one of several places.
    let is_whole = is_text(short) == is_text(long) && n_before + n_after >= n_short;
    let is_other = [short, long].iter().any(|one| is_list(one) || one.parse::<f64>().is_ok());
    let text: String = long.chars().skip(n_before.min(n_short)).take(n).collect();
    let is_plain = !text.contains(['"', '\'', '`', '\\', '\n', '{', '}', '$']);
    let is_short = (1..=INSERTED_CHARS_MAX).contains(&n) && n_short > 2;
    (is_whole && !is_other && is_plain && is_short).then_some(text)
}

/// What tells two shown values apart.
fn difference(a: &str, b: &str) -> Option<Sign> {
    if let (Ok(x), Ok(y)) = (a.parse::<f64>(), b.parse::<f64>()) {
        return match (x - y).abs() {
            d if (d - 1.0).abs() < 1e-9 => Some(Sign::ByOne),
            _ if x == -y => Some(Sign::Negated),
            _ => None,
        };
    }
    if a == b {
        return None;
    }
    if a.starts_with("Ok(") && b.starts_with("Err(") {
        return Some(Sign::Raises);
    }
    if is_list(a) && is_list(b) {
        return list_difference(&items(a), &items(b));
    }
    let bare = |text: &str| text.chars().filter(|ch| !ch.is_whitespace()).collect::<String>();
    match (unquoted(a), unquoted(b)) {
        (x, y) if x.to_lowercase() == y.to_lowercase() => Some(Sign::Case),
        (x, y) if bare(x) == bare(y) => Some(Sign::Space),
        (x, y) if sorted(x.chars()) == sorted(y.chars()) => Some(Sign::Order),
        (x, y)
            if a.len() < 200
                && b.len() < 200
                && is_text(a)
                && is_text(b)
                && distance(x, y) == 1 =>
        {
            Some(Sign::ByOne)
        }
        _ if a == "None" || b == "None" => None,
        _ if is_text(a) != is_text(b) || is_list(a) != is_list(b) => Some(Sign::Type),
        _ => None,
    }
}

fn list_difference(a: &[&str], b: &[&str]) -> Option<Sign> {
    if a.len().abs_diff(b.len()) == 1 {
        return Some(Sign::ByOne);
    }
    (sorted(a.iter()) == sorted(b.iter())).then_some(Sign::Order)
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}

fn is_text(value: &str) -> bool {
    value.starts_with(['"', '\''])
}

fn is_list(value: &str) -> bool {
    value.starts_with(['[', '(', '{'])
}

fn items(list: &str) -> Vec<&str> {
    let list = list.trim_matches(['[', ']', '(', ')', '{', '}']);
    // Go writes no commas.
    let between = if list.contains(',') { ',' } else { ' ' };
    list.split(between).map(str::trim).filter(|item| !item.is_empty()).collect()
}

fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

/// Texts between quotes in a message.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.lines().flat_map(|line| {
        let marks: Vec<usize> = line.match_indices(['\'', '"']).map(|(at, _)| at).collect();
        let spans = marks.chunks(2).filter(|pair| pair.len() == 2).map(|pair| pair[0] + 1..pair[1]);
        spans.map(|span| &line[span]).collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::testing::failure;

    #[test]
    fn messages_give_signs() {
        let table: &[(&str, &[Sign])] = &[
            ("AssertionError: 3 != 4", &[Sign::ByOne]),
            ("E   assert 5 == -5\nE    +  where 5 = f(1)", &[Sign::Negated]),
            ("assertion `left == right` failed\n  left: \"Ab\"\n right: \"ab\"", &[Sign::Case]),
            (
                "Expected values to be strictly equal:\n+ actual - expected\n\n+ 3\n- 4",
                &[Sign::ByOne],
            ),
            ("- Expected\n+ Received\n\n  {\n-   n: 'Ab',\n+   n: 'ab',\n  }", &[Sign::Case]),
            ("+ actual - expected\n\n+ 3\n- 4\n- 5", &[]),
            ("AssertionError: Lists differ: [1, 2] != [2, 1]", &[Sign::Order]),
            ("AssertionError: [1, 2] != [1, 2, 3]", &[Sign::ByOne]),
            ("AssertionError: ' a' != 'a'", &[Sign::Space]),
            ("KeyError: 'qty'", &[Sign::Missing]),
            ("attempt to subtract with overflow", &[Sign::Bounds]),
            ("AssertionError: True is not false", &[]),
            ("m_test.go:7: Len(\"ab\") = 3, want 4", &[Sign::ByOne]),
            ("m_test.go:7: got [2 1], want [1 2]", &[Sign::Order]),
            ("m_test.go:7: expected 5, got -5", &[Sign::Negated]),
            ("Expected values to be strictly equal:\n\n3 !== 4\n", &[Sign::ByOne]),
            ("AssertionError: expected 5 to be -5 // Object.is equality", &[Sign::Negated]),
            ("Expected: \"Ab\"\nReceived: \"ab\"", &[Sign::Case]),
            ("Missing expected exception (RangeError).", &[Sign::Raises]),
        ];
        for (message, signs) in table {
            let hints = Hints::read(&[failure(message)]);
            assert_eq!(hints.signs.iter().copied().collect::<Vec<_>>(), *signs, "{message}");
        }
    }

    #[test]
    fn messages_give_exchanged_characters() {
        let check = |message: &str| Hints::read(&[failure(message)]).exchanged;
        assert_eq!(check("AssertionError: 'a-b-c' != 'a_b_c'"), [('-', '_'), ('_', '-')].into());
        assert_eq!(check("AssertionError: 'a-b' != 'a_bc'"), [].into());
        assert_eq!(check("AssertionError: 'a-b c' != 'a_b.c'"), [].into());
        assert_eq!(check("AssertionError: 3 != 4"), [].into());
    }

    #[test]
    fn messages_give_what_one_text_has_more() {
        let check = |message: &str| {
            let inserted = Hints::read(&[failure(message)]).inserted;
            inserted.into_iter().collect::<Vec<_>>().join("|")
        };
        assert_eq!(check("AssertionError: 'ab c' != 'a b c'"), " ");
        assert_eq!(check("+ actual - expected\n\n+ 'ab c'\n- 'a b c'\n    ^"), " ");
        assert_eq!(check("AssertionError: '<a' != '<a>'"), ">");
        assert_eq!(check("AssertionError: 'a, , b' != 'a, b'"), ", ");
        assert_eq!(check("AssertionError: 'a' != 'b c'"), "");
        assert_eq!(check("AssertionError: 'ab' != 'a\\nb'"), "");
        assert_eq!(check("AssertionError: 1234 != 123"), "");
        assert_eq!(check("AssertionError: [1, 2] != [1, 2, 3]"), "");
        assert_eq!(check("AssertionError: 'äöü' != 'abcde'"), "");
    }

    #[test]
    fn messages_give_literals() {
        let hints = Hints::read(&[failure(
            "AssertionError: 'a b' != 'c'\nKeyError: \"qty\"\nassert 12 == 7",
        )]);
        assert_eq!(hints.texts, ["a b", "c", "qty"]);
        assert_eq!(hints.numbers, ["12", "7"]);
    }
}
