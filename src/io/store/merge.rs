//! Two trees that come from one made into one. Objects are written by the store itself, because git's own merge would
//! touch the times of files in the user's repository.

use git2::{MergeFileInput, merge_file};

use super::objects::{Held, parse_id, unusable};
use super::{FileMode, NewFile, Store, TreeChange, TreeFile, blob_id};
use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::model::failure::Failure;

/// What came of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    Tree(TreeId),
    /// Both sides changed the same lines of these files, or one side makes what the other cannot hold; sorted.
    Conflicts(Vec<RepoPath>),
}

impl Store {
    /// What `theirs` changed of `base`, done to `ours`.
    pub fn merge(&self, base: &TreeId, ours: &TreeId, theirs: &TreeId) -> Result<Merged, Failure> {
        let (mut edits, mut conflicts) = (Vec::new(), Vec::new());
        for change in self.changes(base, theirs)? {
            match self.merged(ours, &change)? {
                Side::Theirs(file) => edits.push((change.path, file)),
                Side::Ours => {}
                Side::Conflict => conflicts.push(change.path),
            }
        }
        match conflicts.is_empty() {
            true => self.with_modes(ours, &edits).map(Merged::Tree),
            false => Ok(Merged::Conflicts(conflicts)),
        }
    }

    fn merged(&self, ours: &TreeId, change: &TreeChange) -> Result<Side, Failure> {
        let here = match self.held(ours, &change.path)? {
            Here::File(file) => Some(file),
            Here::Nothing => None,
            Here::Blocked => return Ok(Side::Conflict),
        };
        let (before, after) = (&change.before, &change.after);
        if here == *after {
            return Ok(Side::Ours);
        }
        if here == *before {
            let file = after.as_ref().map(|file| Ok((file.mode, self.blob(&file.blob)?)));
            return Ok(Side::Theirs(file.transpose()?));
        }
        let (Some(before), Some(here), Some(after)) = (before, &here, after) else {
            return Ok(Side::Conflict);
        };
        self.merged_text(before, here, after)
    }

    fn merged_text(
        &self,
        before: &TreeFile,
        here: &TreeFile,
        after: &TreeFile,
    ) -> Result<Side, Failure> {
        let modes = [before.mode, here.mode, after.mode];
        let is_plain = matches!(before.mode, FileMode::Plain | FileMode::Executable);
        if !is_plain || modes.iter().any(|mode| *mode != before.mode) {
            return Ok(Side::Conflict);
        }
        let texts = [self.blob(&before.blob)?, self.blob(&here.blob)?, self.blob(&after.blob)?];
        if texts.iter().any(|text| text.contains(&0)) {
            return Ok(Side::Conflict);
        }
        let inputs = texts.each_ref().map(|text| {
            let mut input = MergeFileInput::new();
            input.content(text);
            input
        });
        let merged = merge_file(&inputs[0], &inputs[1], &inputs[2], None)
            .map_err(|error| unusable("two texts cannot be merged", &error))?;
        Ok(match merged.is_automergeable() {
            true => Side::Theirs(Some((before.mode, merged.content().to_vec()))),
            false => Side::Conflict,
        })
    }

    /// What stands at a path where a file may come.
    fn held(&self, tree: &TreeId, path: &RepoPath) -> Result<Here, Failure> {
        let (objects, tree) = (self.objects(), parse_id(tree.as_str())?);
        for folder in path.ancestors().skip(1) {
            if matches!(objects.find(tree, &folder)?, Some(Held::File(..))) {
                return Ok(Here::Blocked);
            }
        }
        Ok(match objects.find(tree, path)? {
            Some(Held::File(mode, blob)) => {
                Here::File(TreeFile { path: path.clone(), blob: blob_id(blob), mode })
            }
            Some(Held::Folder(_)) => Here::Blocked,
            None => Here::Nothing,
        })
    }
}

/// Which side of a merge a file is taken from.
enum Side {
    /// The file there, or none.
    Theirs(Option<NewFile>),
    Ours,
    Conflict,
}

enum Here {
    File(TreeFile),
    Nothing,
    /// A folder, or something below a file.
    Blocked,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of a tree as `path=text`, where lines of a text are parted by `/`.
    fn tree(store: &Store, files: &str) -> TreeId {
        let empty = store.snapshot(&[]).unwrap().tree;
        let files: Vec<_> = files
            .split_whitespace()
            .map(|file| {
                let (path, text) = file.split_once('=').unwrap();
                let text = text.replace('/', "\n").into_bytes();
                (RepoPath::new(path).unwrap(), Some((FileMode::Plain, text)))
            })
            .collect();
        store.with_modes(&empty, &files).unwrap()
    }

    fn check(base: &str, ours: &str, theirs: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project");
        std::fs::create_dir(&root).unwrap();
        let store = Store::open(&root, &root.with_file_name("state")).unwrap();
        let [base, ours, theirs] = [base, ours, theirs].map(|files| tree(&store, files));
        match store.merge(&base, &ours, &theirs).unwrap() {
            Merged::Tree(tree) => {
                let told = |file: TreeFile| {
                    let text = String::from_utf8(store.blob(&file.blob).unwrap()).unwrap();
                    format!("{}={}", file.path, text.replace('\n', "/"))
                };
                store.files(&tree).unwrap().into_iter().map(told).collect::<Vec<_>>().join(" ")
            }
            Merged::Conflicts(paths) => format!("conflicts: {paths:?}"),
        }
    }

    #[test]
    fn changes_of_both_sides_come_together_or_conflict() {
        let all = [
            check("a=1/2/3/4/5/ b=x/", "a=one/2/3/4/5/ b=x/", "a=1/2/3/4/five/ b=y/ c=new/"),
            check("a=1/2/3/", "a=1/2/ours/", "a=1/2/theirs/"),
            check("a=1/2/3/", "a=1/2/same/", "a=1/2/same/"),
            check("a=1/2/3/", "", "a=1/2/theirs/"),
            check("a=1/ b=2/", "a=1/ b=ours/", "b=2/"),
            check("", "a=ours/", "a=theirs/"),
            check("a=1/", "a=1/ d=file/", "a=1/ d/x=2/"),
            check("a=1/", "a=1/ d/x=2/", "a=1/ d=file/"),
            check("a=no-end", "a=no-end b=1/", "a=other-end"),
        ];
        // The slash of a path is written as a line break in a text.
        insta::assert_snapshot!(all.join("\n"), @r#"
        a=one/2/3/4/five/ b=y/ c=new/
        conflicts: [RepoPath("a")]
        a=1/2/same/
        conflicts: [RepoPath("a")]
        b=ours/
        conflicts: [RepoPath("a")]
        conflicts: [RepoPath("d/x")]
        conflicts: [RepoPath("d")]
        a=other-end b=1/
        "#);
    }
}
