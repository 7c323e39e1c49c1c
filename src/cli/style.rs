//! Colour, only where a person looks at a terminal that has not asked for none.

use std::io::IsTerminal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    on: bool,
}

impl Style {
    /// For standard output. `NO_COLOR` (no-color.org) turns it off.
    pub(super) fn of_stdout() -> Style {
        Style {
            on: std::io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
        }
    }

    pub(super) fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// A unified diff with its added and removed lines in colour.
    pub(super) fn diff(self, diff: &str) -> String {
        let paint = |line: &str| match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => self.bold(line),
            [b'+', ..] => self.green(line),
            [b'-', ..] => self.red(line),
            [b'@', ..] => self.faint(line),
            _ => line.to_owned(),
        };
        diff.lines().map(|line| paint(line) + "\n").collect()
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
