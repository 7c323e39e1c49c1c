//! Lines of project files that a failure's text names, in the notations of many languages.

use super::FindPath;
use crate::model::report::Place;

/// Lines of one text that are looked at.
const LINES_MAX: usize = 400;
/// Places kept of one text.
const FRAMES_MAX: usize = 64;

/// The project's lines in a stack, outermost first, each once.
pub(crate) fn frames(text: &str, find: FindPath<'_>) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    let mut is_outermost_first = false;
    for line in text.lines().take(LINES_MAX) {
        let python = python_frame(line);
        is_outermost_first |= python.is_some() || is_pytest_frame(line);
        let named = match python.or_else(|| jvm_frame(line)) {
            Some(named) => vec![named],
            None => places_in(line),
        };
        for (path, line) in named {
            let place = find(&path).map(|path| Place { path, line });
            found.extend(place.filter(|place| !found.contains(place)));
        }
        if found.len() >= FRAMES_MAX {
            break;
        }
    }
    if !is_outermost_first {
        found.reverse();
    }
    found
}

/// `File "app/money.py", line 3, in half`.
fn python_frame(line: &str) -> Option<(String, u32)> {
    let (path, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
    Some((path.to_owned(), number(rest)?.0))
}

/// `tests/test_a.py:3: ` with the error's name, or nothing.
fn is_pytest_frame(line: &str) -> bool {
    let after = line.split_once(".py:").and_then(|(_, rest)| number(rest));
    after.is_some_and(|(_, after)| after.trim_end() == ":" || after.starts_with(": "))
}

/// `at app//com.acme.MoneyTest.adds(MoneyTest.java:12)`: the package is the folder.
fn jvm_frame(line: &str) -> Option<(String, u32)> {
    let (method, rest) = line.trim_start().strip_prefix("at ")?.split_once('(')?;
    let (file, rest) = rest.split_once(':')?;
    let is_jvm = [".java", ".kt", ".groovy", ".scala"].iter().any(|ending| file.ends_with(ending));
    if !is_jvm || file.contains(['/', ' ']) {
        return None;
    }
    let class = method.rsplit('/').next()?.rsplit_once('.')?.0;
    let package = class.rsplit_once('.').map_or("", |(package, _)| package);
    let folder = package.replace('.', "/");
    let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    Some((path, number(rest)?.0))
}

/// Every `path:12`, `path:line 12`, `path, line 12`, `path line 12` and `path(12)` of a line.
pub(crate) fn places_in(line: &str) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, mark) in line.match_indices([':', '(', ',', ' ']) {
        if at < from {
            continue;
        }
        let rest = &line[at + 1..];
        let spelled = rest.trim_start().strip_prefix("line ");
        if [",", " "].contains(&mark) && spelled.is_none() {
            continue;
        }
        let Some((n_line, after)) = number(spelled.unwrap_or(rest)) else { continue };
        if mark == "(" && !after.starts_with([')', ',']) {
            continue;
        }
        let start = line[from..at].rfind(is_boundary).map_or(from, |space| {
            from + space + line[from + space..].chars().next().map_or(1, char::len_utf8)
        });
        let path = line[start..at].strip_prefix("file://").unwrap_or(&line[start..at]);
        if path.contains(['.', '/']) && !path.starts_with("http") && n_line > 0 {
            found.push((path.to_owned(), n_line));
            from = line.len() - after.len();
        }
    }
    found
}

/// What cannot stand in a path as runners print them.
fn is_boundary(ch: char) -> bool {
    ch.is_whitespace() || "()[]<>\"'`,|=".contains(ch)
}

/// A line number at the start of a text, with what follows it.
fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok().map(|number| (number, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::path::RepoPath;
    use proptest::prelude::*;

    fn told(text: &str) -> String {
        let find = |path: &str| {
            let path = path.strip_prefix("/p/").unwrap_or(path);
            (!path.starts_with('/')).then(|| RepoPath::new(path))?
        };
        let places = frames(text, &find);
        places.iter().map(|at| format!("{}:{}", at.path, at.line)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn stacks_of_many_languages() {
        let check = |text: &str, places: &str| assert_eq!(told(text), places, "{text}");
        check(
            "org.opentest4j.AssertionFailedError: expected: <3>\n\tat app//com.acme.Money.add(Money.java:7)\n\tat com.acme.MoneyTest$In.adds(MoneyTest.java:12)\n",
            "com/acme/MoneyTest.java:12 com/acme/Money.java:7",
        );
        check("\tat Main.main(Main.kt:3)", "Main.kt:3");
        check(
            "     # ./spec/a_spec.rb:5:in `block'\n     # ./lib/a.rb:2:in `x'",
            "lib/a.rb:2 spec/a_spec.rb:5",
        );
        check(
            "Error: no\n    at f (/p/src/a.js:3:9)\n    at file:///p/t/a.test.js:10:1\n    at node:internal/x:1:1",
            "node:internal/x:1 t/a.test.js:10 src/a.js:3",
        );
        check(
            "Traceback:\n  File \"/p/t.py\", line 9, in t\n  File \"m.py\", line 2\n",
            "t.py:9 m.py:2",
        );
        check("   at A.B() in /p/T.cs:line 12", "T.cs:12");
        check("/p/x.cc:12: Failure\nx.cpp(3): error", "x.cpp:3 x.cc:12");
        check("#   at t/a.t line 12.\n", "t/a.t:12");
        check("(in test file a.bats, line 2)\n", "a.bats:2");
        check("tests/ATest.php:12\n/usr/lib/x.php:3", "tests/ATest.php:12");
        check("at 12:30 the clock of http://host.example:80 struck f(3), a.c:0", "");
        check("a.c:1 a.c:1 é.c:2", "é.c:2 a.c:1");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a:(/0-9é .\n]{0,80}") {
            told(&text);
        }
    }
}
