//! What of a text that was got is other in the text that was wanted: `x must be odd` for `x must be even`.

/// What stands between the same beginning and end of two texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rewording {
    pub old: String,
    pub new: String,
    /// What both have before and after it.
    before: String,
    after: String,
}

/// More than this is another value, not another wording, in characters.
const CHARS_MAX: usize = 24;
/// What is looked at beside it.
const BESIDE_MAX: usize = 12;
/// So many characters are the same by more than chance.
const SAME_MIN: usize = 3;

/// How a text has to be changed to become the other; `None` where they have too little in common, or what is new would
/// have to be escaped.
pub fn rewording(from: &str, to: &str) -> Option<Rewording> {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let n_least = from.len().min(to.len());
    let n_before = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let same_end = from.iter().rev().zip(to.iter().rev()).take_while(|(a, b)| a == b);
    let n_after = same_end.count().min(n_least - n_before);
    let old = &from[n_before..from.len() - n_after];
    let new = &to[n_before..to.len() - n_after];
    let is_escaped = |ch: &char| {
        matches!(ch, '"' | '\'' | '`' | '\\' | '{' | '}' | '$' | '%') || ch.is_control()
    };
    // Digits are values.
    let is_value = |part: &[char]| part.iter().any(char::is_ascii_digit);
    let is_plain = ![old, new].iter().any(|part| part.iter().any(is_escaped) || is_value(part));
    let is_short = old.len() <= CHARS_MAX && new.len() <= CHARS_MAX && old != new;
    let text = |part: &[char]| part.iter().collect::<String>();
    (is_plain && is_short && n_before + n_after > 2).then(|| Rewording {
        old: text(old),
        new: text(new),
        before: text(&from[n_before.saturating_sub(BESIDE_MAX)..n_before]),
        after: text(&from[from.len() - n_after..][..n_after.min(BESIDE_MAX)]),
    })
}

impl Rewording {
    /// Where in a piece of source what is old stands as it does in the text, in bytes, and how many characters beside it
    /// are the same; the best place first. What is nothing stands between what is beside it.
    pub fn places(&self, source: &str) -> Vec<(usize, usize)> {
        let bounds = source.char_indices().map(|(at, _)| at).chain([source.len()]);
        let all = bounds.filter(|at| source[*at..].starts_with(&self.old));
        let mut places: Vec<(usize, usize)> =
            all.filter_map(|at| Some((at, self.n_same(source, at)?))).collect();
        places.sort_by_key(|(_, n_same)| std::cmp::Reverse(*n_same));
        places
    }

    /// How many characters are the same beside a place; `None` where that is by chance: fewer than three that are not all
    /// there are.
    fn n_same(&self, source: &str, at: usize) -> Option<usize> {
        let (before, after) = (&source[..at], &source[at + self.old.len()..]);
        let same = |(a, b): &(char, char)| a == b;
        let n_before = before.chars().rev().zip(self.before.chars().rev()).take_while(same).count();
        let n_after = after.chars().zip(self.after.chars()).take_while(same).count();
        let n_same = n_before + n_after;
        let is_whole = n_before == before.chars().count() && n_after == after.chars().count();
        (n_same >= SAME_MIN || is_whole && n_same > 0).then_some(n_same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_other_in_a_text_is_found_in_its_source() {
        let check = |from: &str, to: &str, source: &str| {
            let known = rewording(from, to)?;
            let (at, _) = *known.places(source).first()?;
            let (before, rest) = source.split_at(at);
            Some(format!("{before}{}{}", known.new, &rest[known.old.len()..]))
        };
        let odd = check("'x must be odd'", "'x must be even'", "{name} must be odd");
        assert_eq!(odd.as_deref(), Some("{name} must be even"));
        let dash = check("unknown flag: -x", "unknown flag: --x", "unknown flag: -%s");
        assert_eq!(dash.as_deref(), Some("unknown flag: --%s"));
        let space = check("'a:b'", "'a: b'", "%s:%s");
        assert_eq!(space, None, "one sign of several is too little");
        assert_eq!(check("'a:b'", "'a: b'", ":").as_deref(), Some(": "));
        assert_eq!(check("'a cat'", "'a car'", "date"), None);
        assert_eq!(check("'so done'", "'so% done'", "%s done"), None);
        assert_eq!(check("'a = b'", "'a == b'", " = ").as_deref(), Some(" == "));
        assert_eq!(check("'ab'", "'12'", "ab"), None);
        assert_eq!(check("'size 12 big'", "'size 13 big'", "size 12"), None);
        assert_eq!(check("größe", "größer", "größe").as_deref(), Some("größer"));
        assert_eq!(check("same", "same", "same"), None);
    }
}
