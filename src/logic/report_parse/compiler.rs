//! Errors with a place in what build tools print, for tests that cannot be built.

use super::stack::places_in;
use super::{FindPath, add_problem};
use crate::model::check::Problem;
use crate::model::report::Place;

/// Lines longer than this are looked at no further, in bytes.
const LINE_BYTES_MAX: usize = 4 * 1024;

/// Reads output line by line.
#[derive(Debug, Default)]
pub struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    /// Takes the next line: `x.c:3:5: error: …`, `x.java:3: error: …`, `x.cs(3,5): error CS1002: …`,
    /// `[ERROR] x.java:[3,5] …`.
    pub fn line(&mut self, line: &[u8], find: FindPath<'_>) {
        let text = String::from_utf8_lossy(&line[..line.len().min(LINE_BYTES_MAX)]);
        let text = text.trim();
        let Some((head, message)) = parts(text) else { return };
        let at = places_in(&head.replace(":[", ":"))
            .into_iter()
            .find_map(|(path, line)| find(&path).map(|path| Place { path, line }));
        if at.is_some() {
            add_problem(&mut self.problems, Problem { at, message: message.to_owned() });
        }
    }

    /// The errors in the order they came.
    pub fn finish(self) -> Vec<Problem> {
        self.problems
    }
}

/// The part of a line that names the place, and what is wrong there.
fn parts(line: &str) -> Option<(&str, &str)> {
    if let Some(rest) = line.strip_prefix("[ERROR] ") {
        let (place, message) = rest.split_once("] ")?;
        return place.contains(":[").then_some((place, message));
    }
    let at =
        [": error: ", ": fatal error: ", ": error "].iter().find_map(|mark| line.find(mark))?;
    Some((&line[..=at], line[at + 2..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::path::RepoPath;

    #[test]
    fn errors_with_a_place_of_the_project_are_told() {
        let told = |line: &str| {
            let mut reader = Reader::default();
            let find = |path: &str| RepoPath::new(path.strip_prefix("/p/").unwrap_or(path));
            reader.line(line.as_bytes(), &find);
            let told = reader.finish().pop();
            told.map(|problem| {
                let at = problem.at.unwrap();
                format!("{}:{} {}", at.path, at.line, problem.message)
            })
        };
        let check = |line: &str, expected: &str| assert_eq!(told(line).as_deref(), Some(expected));
        check("/p/x.c:3:5: error: expected ';'", "x.c:3 error: expected ';'");
        check("a/X.java:7: error: cannot find symbol", "a/X.java:7 error: cannot find symbol");
        check("[ERROR] /p/X.java:[3,5] cannot find symbol", "X.java:3 cannot find symbol");
        check(
            "/p/T.cs(3,5): error CS1002: ; expected [/p/T.csproj]",
            "T.cs:3 error CS1002: ; expected [/p/T.csproj]",
        );
        assert_eq!(told("x.c:3:5: warning: unused"), None);
        assert_eq!(told("make: *** error"), None);
        assert_eq!(told("[ERROR] There are test failures."), None);
    }
}
