//! Changes that were rejected and must not come back.

use crate::base::path::RepoPath;
use crate::model::proposal::Hunk;
use crate::model::run::Avoid;

/// The rejected hunk that is among a file's hunks: it takes the same lines out and puts the same in, wherever they
/// stand.
pub fn avoided<'a>(avoid: &'a [Avoid], path: &RepoPath, hunks: &[Hunk]) -> Option<&'a Avoid> {
    let is_same = |hunk: &Hunk, avoid: &Avoid| {
        hunk.removed == avoid.removed && hunk.inserted == avoid.inserted
    };
    avoid.iter().find(|avoid| avoid.path == *path && hunks.iter().any(|hunk| is_same(hunk, avoid)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::diff;

    #[test]
    fn the_same_lines_of_the_same_file_are_avoided_wherever_they_stand() {
        let path = |text: &str| RepoPath::new(text).unwrap();
        let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect();
        let avoid = [Avoid {
            path: path("a"),
            removed: lines("x\n"),
            inserted: lines("y\n"),
            note: "no".into(),
        }];
        let check = |file: &str, before: &str, after: &str| {
            avoided(&avoid, &path(file), &diff::hunks(before, after)).is_some()
        };
        assert!(check("a", "1\nx\n", "1\ny\n"));
        assert!(check("a", "x\n1\n2\n3\n4\n", "y\n1\n2\n3\nfour\n"));
        assert!(!check("b", "1\nx\n", "1\ny\n"));
        assert!(!check("a", "1\nx\n", "1\nz\n"));
        assert!(!check("a", "1\nx\n", "one\ny\n"), "a larger hunk is another one");
    }
}
