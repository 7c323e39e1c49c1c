//! Commits of a git directory that touch tests, read with the `git` program.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use greenloop::base::path::RepoPath;
use greenloop::logic::guard::class::class_of;
use greenloop::model::guard::Class;

use crate::cheats::{Edited, Files};

pub struct Commit {
    pub id: String,
    pub edited: Edited,
}

/// Commits looked at, the latest first.
const COMMITS_MAX: usize = 1_000;
/// A commit of more files is an import or a change of style.
const FILES_MAX: usize = 40;
const FILE_BYTES_MAX: usize = 400_000;

/// The commits with one parent that change tests which were there before.
pub fn commits(folder: &Path) -> Vec<Commit> {
    let log = git(folder, &["rev-list", "--no-merges", "--min-parents=1", "HEAD"]);
    let mut blobs = Blobs::open(folder);
    let mut found = Vec::new();
    for id in log.lines().take(COMMITS_MAX) {
        let raw = git(
            folder,
            &["diff-tree", "-r", "-M50", "--raw", "--no-abbrev", "-z", "--no-commit-id", id],
        );
        if let Some(edited) = commit(&raw, &mut blobs) {
            found.push(Commit { id: id[..10].to_owned(), edited });
        }
    }
    found
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git").arg("--git-dir").arg(folder).args(args).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The change of one commit; `None` when it changes no test that was there before.
fn commit(raw: &str, blobs: &mut Blobs) -> Option<Edited> {
    let (mut before, mut after) = (Files::new(), Files::new());
    let mut renamed = Vec::new();
    let mut touches = false;
    let mut n = 0;
    let mut parts = raw.split('\0');
    while let Some(head) = parts.next().and_then(|head| head.strip_prefix(':')) {
        let fields: Vec<&str> = head.split(' ').collect();
        let [_, _, was, is, status] = fields[..] else { return None };
        let from = parts.next()?.to_owned();
        let to = if status.starts_with('R') { parts.next()?.to_owned() } else { from.clone() };
        n += 1;
        let is_test = matches!(class_of(&RepoPath::new(&from)?), Class::Test);
        touches |= is_test && !status.starts_with('A');
        if status.starts_with('R') {
            renamed.push((from.clone(), to.clone()));
        }
        if !was.starts_with("0000") {
            before.insert(from, blobs.read(was)?);
        }
        if !is.starts_with("0000") {
            after.insert(to, blobs.read(is)?);
        }
    }
    (touches && n <= FILES_MAX).then(|| Edited::between(&before, &after, &renamed))
}

/// `git cat-file --batch`, one question at a time.
struct Blobs {
    child: Child,
}

impl Blobs {
    fn open(folder: &Path) -> Blobs {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(folder).args(["cat-file", "--batch"]);
        Blobs { child: command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap() }
    }

    /// A blob's text; `None` when it is no text or too large.
    fn read(&mut self, id: &str) -> Option<String> {
        writeln!(self.child.stdin.as_mut().unwrap(), "{id}").unwrap();
        let out = self.child.stdout.as_mut().unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while out.read_exact(&mut byte).is_ok() && byte[0] != b'\n' {
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let size: usize = head.split(' ').nth(2)?.parse().ok()?;
        let mut bytes = vec![0; size + 1];
        out.read_exact(&mut bytes).ok()?;
        bytes.pop();
        let text = String::from_utf8(bytes)
            .ok()
            .filter(|text| text.len() <= FILE_BYTES_MAX && !text.contains('\0'));
        // What is no text, or generated, says nothing about tests.
        Some(text.unwrap_or_default())
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}
