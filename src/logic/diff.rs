//! What differs between two texts, by lines: as hunks for review and as a patch for other programs.

use std::fmt::Write;
use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::base::limits::DIFF_LINES_MAX;
use crate::base::path::RepoPath;
use crate::base::text::lines;
use crate::model::proposal::{ChangeKind, Hunk};

/// Unchanged lines between two changes below which they are one hunk.
const HUNK_GAP_MIN: usize = 2;
/// Unchanged lines shown around a change in a patch.
const CONTEXT_LINES: usize = 3;

/// Items of one sequence that stand in place of items of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub before: Range<usize>,
    pub after: Range<usize>,
}

/// The changes that make `after` of `before`, in order, with something unchanged between any two. Few, but not always
/// as few as possible; one for everything where comparing would take too long.
pub fn changes<T: Eq + Hash>(before: &[T], after: &[T]) -> Vec<Change> {
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (before_rest, after_rest) = (&before[start..], &after[start..]);
    let end =
        before_rest.iter().rev().zip(after_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (before_len, after_len) = (before_rest.len() - end, after_rest.len() - end);
    let whole = Change { before: start..start + before_len, after: start..start + after_len };
    if before_len == 0 && after_len == 0 {
        return Vec::new();
    }
    if before_len == 0 || after_len == 0 || before_len + after_len > DIFF_LINES_MAX {
        return vec![whole];
    }
    let ops =
        capture_diff_slices(Algorithm::Myers, &before_rest[..before_len], &after_rest[..after_len]);
    let moved = |range: Range<usize>| range.start + start..range.end + start;
    let changed = ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    joined(
        changed.map(|op| Change { before: moved(op.old_range()), after: moved(op.new_range()) }),
        1,
    )
}

/// Changes with fewer than `gap` unchanged items between them made one.
fn joined(changes: impl Iterator<Item = Change>, gap: usize) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    for change in changes {
        match all.last_mut() {
            Some(last) if change.before.start < last.before.end + gap => {
                last.before.end = change.before.end;
                last.after.end = change.after.end;
            }
            Some(_) | None => all.push(change),
        }
    }
    all
}

/// The hunks that make `after` of `before`; between any two there are at least two unchanged lines.
pub fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    let (before, after) = (lines(before), lines(after));
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let changes = joined(changes(&before, &after).into_iter(), HUNK_GAP_MIN);
    changes
        .into_iter()
        .map(|change| Hunk {
            start: change.before.start as u32,
            removed: owned(&before[change.before]),
            inserted: owned(&after[change.after]),
        })
        .collect()
}

/// `before` with `hunks` in it; `None` unless they are in order and remove exactly what is there.
pub fn apply(before: &str, hunks: &[Hunk]) -> Option<String> {
    let lines = lines(before);
    let mut after = String::with_capacity(before.len() + 256);
    let mut done = 0;
    for hunk in hunks {
        let start = hunk.start as usize;
        let end = start + hunk.removed.len();
        after.extend(lines.get(done..start)?.iter().copied());
        if lines.get(start..end)? != hunk.removed {
            return None;
        }
        after.extend(hunk.inserted.iter().map(String::as_str));
        done = end;
    }
    after.extend(lines.get(done..)?.iter().copied());
    Some(after)
}

/// A patch in the form `git apply` takes; empty when nothing differs.
pub fn unified(path: &RepoPath, kind: &ChangeKind, before: &str, after: &str) -> String {
    // Patches know one line break only.
    let before: Vec<&str> = before.split_inclusive('\n').collect();
    let after: Vec<&str> = after.split_inclusive('\n').collect();
    let changes = changes(&before, &after);
    let mut patch = header(path, kind, &before, &after);
    for (n, group) in
        changes.chunk_by(|a, b| b.before.start - a.before.end <= 2 * CONTEXT_LINES).enumerate()
    {
        if n == 0 {
            patch.push_str(&sides(path, kind));
        }
        push_group(&mut patch, group, &before, &after);
    }
    patch
}

/// What git says of a file before its lines; nothing where the lines say it all.
fn header(path: &RepoPath, kind: &ChangeKind, before: &[&str], after: &[&str]) -> String {
    let old = match kind {
        ChangeKind::Rename { from } => from,
        ChangeKind::Modify | ChangeKind::Create | ChangeKind::Delete => path,
    };
    let (old, new) = (quoted("a/", old), quoted("b/", path));
    let git = format!("diff --git {} {}\n", trimmed(&old), trimmed(&new));
    match kind {
        // Without it, programs take a file that is emptied for one that is deleted.
        ChangeKind::Modify if after.is_empty() && !before.is_empty() => git,
        ChangeKind::Modify => String::new(),
        ChangeKind::Create => git + "new file mode 100644\n",
        ChangeKind::Delete => git + "deleted file mode 100644\n",
        ChangeKind::Rename { from } => {
            let names = [quoted("", from), quoted("", path)];
            let [from, to] = names.each_ref().map(|name| trimmed(name));
            git + &format!("rename from {from}\nrename to {to}\n")
        }
    }
}

/// A quoted name where nothing follows that it would have to be told from.
fn trimmed(name: &str) -> &str {
    name.trim_end_matches('\t')
}

/// The two lines that name a file before and after.
fn sides(path: &RepoPath, kind: &ChangeKind) -> String {
    let nowhere = || "/dev/null".to_owned();
    let (old, new) = match kind {
        ChangeKind::Modify => (quoted("a/", path), quoted("b/", path)),
        ChangeKind::Create => (nowhere(), quoted("b/", path)),
        ChangeKind::Delete => (quoted("a/", path), nowhere()),
        ChangeKind::Rename { from } => (quoted("a/", from), quoted("b/", path)),
    };
    format!("--- {old}\n+++ {new}\n")
}

fn push_group(patch: &mut String, group: &[Change], before: &[&str], after: &[&str]) {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return };
    let lead = first.before.start.min(CONTEXT_LINES);
    let trail = (before.len() - last.before.end).min(CONTEXT_LINES);
    let old = first.before.start - lead..last.before.end + trail;
    let new = first.after.start - lead..last.after.end + trail;
    // Writing to a string cannot fail.
    writeln!(patch, "@@ -{} +{} @@", span(&old), span(&new)).ok();
    let mut done = old.start;
    for change in group {
        push_lines(patch, ' ', &before[done..change.before.start]);
        push_lines(patch, '-', &before[change.before.clone()]);
        push_lines(patch, '+', &after[change.after.clone()]);
        done = change.before.end;
    }
    push_lines(patch, ' ', &before[done..old.end]);
}

fn push_lines(patch: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        patch.push(mark);
        patch.push_str(line);
        if !line.ends_with('\n') {
            patch.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// Lines as a patch counts them: from 1, and the line before for an empty range.
fn span(lines: &Range<usize>) -> String {
    let start = if lines.is_empty() { lines.start } else { lines.start + 1 };
    format!("{start},{}", lines.len())
}

/// A file name as git writes it: quoted when it has characters that would end or garble it.
fn quoted(side: &str, path: &RepoPath) -> String {
    let name = format!("{side}{path}");
    if !name.contains(|ch: char| ch.is_ascii_control() || ch == '"' || ch == '\\') {
        // A tab ends a name that has spaces.
        return if name.contains(' ') { name + "\t" } else { name };
    }
    let mut quoted = String::from("\"");
    for ch in name.chars() {
        match ch {
            '"' | '\\' => quoted.extend(['\\', ch]),
            _ if ch.is_ascii_control() => quoted.push_str(&format!("\\{:03o}", ch as u32)),
            _ => quoted.push(ch),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn hunk(start: u32, removed: &[&str], inserted: &[&str]) -> Hunk {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Hunk { start, removed: owned(removed), inserted: owned(inserted) }
    }

    /// Texts of few different lines, with every kind of line break, so that diffs are hard.
    fn text() -> impl Strategy<Value = String> {
        let line = prop::sample::select(vec!["a\n", "b\n", "c\r\n", "\n", "d\r", "e", "f f\n"]);
        prop::collection::vec(line, 0..30).prop_map(|lines| lines.concat())
    }

    #[test]
    fn hunks_are_small_but_not_closer_than_two_lines() {
        assert_eq!(hunks("a\nb\n", "a\nb\n"), []);
        assert_eq!(
            hunks("1\n2\n3\n4\n5\n6\n", "X\n2\nY\n4\n5\nZ\n"),
            [hunk(0, &["1\n", "2\n", "3\n"], &["X\n", "2\n", "Y\n"]), hunk(5, &["6\n"], &["Z\n"])]
        );
        assert_eq!(hunks("", "a"), [hunk(0, &[], &["a"])]);
    }

    #[test]
    fn line_breaks_count() {
        assert_eq!(hunks("a\r\nb", "a\r\nb\n"), [hunk(1, &["b"], &["b\n"])]);
        assert_eq!(hunks("a\r\n", "a\n"), [hunk(0, &["a\r\n"], &["a\n"])]);
    }

    #[test]
    fn hunks_that_do_not_fit_are_refused() {
        assert_eq!(apply("a\nb\n", &[hunk(1, &["x\n"], &[])]), None);
        assert_eq!(apply("a\n", &[hunk(1, &["b\n"], &[])]), None);
        assert_eq!(apply("a\n", &[hunk(7, &[], &["b\n"])]), None);
        let backwards = [hunk(1, &["b\n"], &[]), hunk(0, &["a\n"], &[])];
        assert_eq!(apply("a\nb\n", &backwards), None);
    }

    #[test]
    fn texts_too_long_to_compare_are_one_change() {
        let before: Vec<usize> = (0..DIFF_LINES_MAX).collect();
        let after: Vec<usize> = before.iter().rev().copied().collect();
        let len = before.len();
        assert_eq!(changes(&before, &after), [Change { before: 0..len, after: 0..len }]);
    }

    #[test]
    fn a_patch_reads_like_gits() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let after = "1\n2\n3\n4\nfive\n6\n7\n8\nnine\n";
        insta::assert_snapshot!(modified("a b/\"c\".py", before, after), @r#"
        --- "a/a b/\"c\".py"
        +++ "b/a b/\"c\".py"
        @@ -2,8 +2,8 @@
         2
         3
         4
        -5
        +five
         6
         7
         8
        -9
        \ No newline at end of file
        +nine
        "#);
    }

    fn modified(name: &str, before: &str, after: &str) -> String {
        unified(&RepoPath::new(name).unwrap(), &ChangeKind::Modify, before, after)
    }

    /// Runs the real `git apply` on a file of this name and content.
    fn apply_by_git(name: &str, before: &str, patch: &str) -> Vec<u8> {
        let mut files = files_by_git(&[(name, before)], patch);
        files.remove(name).unwrap_or_else(|| panic!("{name} is gone:\n{patch}"))
    }

    /// Runs the real `git apply` on files; returns what is there after it.
    fn files_by_git(files: &[(&str, &str)], patch: &str) -> BTreeMap<String, Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, before) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, before).unwrap();
        }
        fs::write(folder.path().join("the.patch"), patch).unwrap();
        let output = Command::new("git")
            .args(["apply", "--whitespace=nowarn", "--unidiff-zero", "the.patch"])
            .current_dir(folder.path())
            .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}\n{patch}", String::from_utf8_lossy(&output.stderr));
        fs::remove_file(folder.path().join("the.patch")).unwrap();
        let mut found = BTreeMap::new();
        let mut folders = vec![folder.path().to_path_buf()];
        while let Some(at) = folders.pop() {
            for path in fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(folder.path()).unwrap().to_str().unwrap();
                    found.insert(name.to_owned(), fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    #[test]
    fn git_takes_files_that_come_go_and_move() {
        let path = |name: &str| RepoPath::new(name).unwrap();
        let rename = |from: &str| ChangeKind::Rename { from: path(from) };
        let names = ["a.py", "with space.py", "q\"uote\\.py", "ümlaut/tab\there"];
        for name in names {
            for text in ["", "a\nb\n", "no line break"] {
                let made = unified(&path(name), &ChangeKind::Create, "", text);
                let files = files_by_git(&[], &made);
                assert_eq!(files, [(name.to_owned(), text.into())].into(), "{made}");
                let gone = unified(&path(name), &ChangeKind::Delete, text, "");
                assert_eq!(files_by_git(&[(name, text)], &gone), [].into(), "{gone}");
                let moved = unified(&path("to/new name"), &rename(name), text, text);
                let files = files_by_git(&[(name, text)], &moved);
                assert_eq!(files, [("to/new name".to_owned(), text.into())].into(), "{moved}");
            }
            let moved = unified(&path(name), &rename("old name"), "1\n2\n3\n", "1\ntwo\n3\n");
            let files = files_by_git(&[("old name", "1\n2\n3\n")], &moved);
            assert_eq!(files, [(name.to_owned(), "1\ntwo\n3\n".into())].into(), "{moved}");
        }
        insta::assert_snapshot!(unified(&path("b"), &rename("a"), "1\n", "2\n"), @"
        diff --git a/a b/b
        rename from a
        rename to b
        --- a/a
        +++ b/b
        @@ -1,1 +1,1 @@
        -1
        +2
        ");
    }

    #[test]
    fn git_takes_patches_of_odd_names() {
        for name in
            ["a.py", "with space.py", "tab\there", "q\"uote\\.py", "ümlaut/ß.py", "line\nbreak"]
        {
            let patch = modified(name, "a\nb\n", "a\nc");
            assert_eq!(apply_by_git(name, "a\nb\n", &patch), b"a\nc", "{name}");
        }
        let patch = modified("with space.py", "a\n", "b\n");
        assert!(
            patch.starts_with("--- a/with space.py\t\n"),
            "other programs end a name at a space: {patch}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn hunks_make_one_text_of_the_other(before in text(), after in text()) {
            let hunks = hunks(&before, &after);
            prop_assert_eq!(apply(&before, &hunks), Some(after));
            for pair in hunks.windows(2) {
                prop_assert!(pair[0].start as usize + pair[0].removed.len() + HUNK_GAP_MIN <= pair[1].start as usize);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn git_takes_every_patch(before in text(), after in text()) {
            let patch = modified("a.txt", &before, &after);
            // Nothing to apply is an error to git.
            prop_assume!(!patch.is_empty());
            prop_assert_eq!(apply_by_git("a.txt", &before, &patch), after.as_bytes());
        }
    }
}
