//! Commands of checks as people type them.

use super::Job;

impl Job<'_> {
    /// The check's command with the names of tests, when they are few.
    pub(super) fn shown(&self, names: &[String]) -> String {
        let few = if names.len() <= NAMES_SHOWN_MAX { names } else { &[] };
        self.shown_as(&[&self.check.argv, few].concat())
    }

    /// A command as a person would type it in the project's folder.
    pub(super) fn shown_as(&self, argv: &[String]) -> String {
        let env = self.check.env.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
        let words: Vec<String> = env.chain(argv.iter().map(|word| quoted(word))).collect();
        let cd = match self.check.dir.as_str() {
            "" => String::new(),
            dir => format!("cd {} && ", quoted(dir)),
        };
        cd + &words.join(" ")
    }
}

/// More selected tests than this are not spelled out in the command shown.
const NAMES_SHOWN_MAX: usize = 8;

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |ch: char| ch.is_ascii_alphanumeric() || "_-./:=+,@%".contains(ch);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_when_a_shell_would_change_them() {
        assert_eq!(quoted("a::b/c.py"), "a::b/c.py");
        assert_eq!(quoted("t[a b]"), "'t[a b]'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
