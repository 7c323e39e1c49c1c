//! Trees made of other trees, and what differs between two.

use std::collections::BTreeMap;

use git2::{Delta, Diff, DiffFindOptions, DiffOptions, ObjectType, Oid};

use super::objects::{Held, Objects, Put, file_mode, parse_id, unusable};
use super::{FileMode, NewFile, Store, TreeChange, TreeFile, blob_id, tree_id};
use crate::base::ids::TreeId;
use crate::base::limits::RENAME_PERCENT_MIN;
use crate::base::path::RepoPath;
use crate::model::failure::Failure;

impl Store {
    /// `tree` with files replaced, added (plain, or the mode they had) or, where `None`, removed.
    pub fn with_files(
        &self,
        tree: &TreeId,
        changes: &[(RepoPath, Option<Vec<u8>>)],
    ) -> Result<TreeId, Failure> {
        with_files(&self.objects(), parse_id(tree.as_str())?, changes)
    }

    /// The same with the mode of every file that is put; links hold their target.
    pub fn with_modes(
        &self,
        tree: &TreeId,
        changes: &[(RepoPath, Option<NewFile>)],
    ) -> Result<TreeId, Failure> {
        let changes = changes.iter().map(|(path, file)| {
            (path, file.as_ref().map(|(mode, bytes)| (Some(*mode), bytes.as_slice())))
        });
        edited(&self.objects(), parse_id(tree.as_str())?, changes)
    }

    /// The mode of the file at `path`; `None` when the tree has none there.
    pub fn mode(&self, tree: &TreeId, path: &RepoPath) -> Result<Option<FileMode>, Failure> {
        Ok(match self.objects().find(parse_id(tree.as_str())?, path)? {
            Some(Held::File(mode, _)) => Some(mode),
            Some(Held::Folder(_)) | None => None,
        })
    }

    /// What differs between two trees, sorted by path.
    pub fn changes(&self, from: &TreeId, to: &TreeId) -> Result<Vec<TreeChange>, Failure> {
        let mut changes = self.compare(from, to, |diff| {
            Ok(diff.deltas().filter_map(|delta| change(&delta)).collect::<Vec<_>>())
        })?;
        changes.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }

    /// Files of `to` that are files of `from` under another name: the new path with the old one. They are alike enough
    /// ([`RENAME_PERCENT_MIN`]), and one is in `to` only, the other in `from` only.
    pub fn renames(
        &self,
        from: &TreeId,
        to: &TreeId,
    ) -> Result<BTreeMap<RepoPath, RepoPath>, Failure> {
        self.compare(from, to, |mut diff| {
            let mut options = DiffFindOptions::new();
            options.renames(true).rename_threshold(RENAME_PERCENT_MIN);
            diff.find_similar(Some(&mut options))?;
            let renamed = diff.deltas().filter(|delta| delta.status() == Delta::Renamed);
            let path = |file: git2::DiffFile<'_>| RepoPath::new(file.path()?);
            let pair = |delta: git2::DiffDelta<'_>| {
                Some((path(delta.new_file())?, path(delta.old_file())?))
            };
            Ok(renamed.filter_map(pair).collect())
        })
    }

    fn compare<T>(
        &self,
        from: &TreeId,
        to: &TreeId,
        read: impl FnOnce(Diff<'_>) -> Result<T, git2::Error>,
    ) -> Result<T, Failure> {
        let (from, to) = (parse_id(from.as_str())?, parse_id(to.as_str())?);
        let objects = self.objects();
        let repository = objects.repository();
        let mut options = DiffOptions::new();
        options.include_typechange(true).skip_binary_check(true);
        let compared = || {
            let (from, to) = (repository.find_tree(from)?, repository.find_tree(to)?);
            read(repository.diff_tree_to_tree(Some(&from), Some(&to), Some(&mut options))?)
        };
        compared().map_err(|error| unusable("two trees cannot be compared", &error))
    }
}

pub(super) fn with_files(
    objects: &Objects,
    tree: Oid,
    changes: &[(RepoPath, Option<Vec<u8>>)],
) -> Result<TreeId, Failure> {
    let changes = changes
        .iter()
        .map(|(path, bytes)| (path, bytes.as_ref().map(|bytes| (None, bytes.as_slice()))));
    edited(objects, tree, changes)
}

fn edited<'a>(
    objects: &Objects,
    tree: Oid,
    changes: impl Iterator<Item = (&'a RepoPath, Option<(Option<FileMode>, &'a [u8])>)>,
) -> Result<TreeId, Failure> {
    let mut puts = BTreeMap::new();
    for (path, file) in changes {
        let put = file
            .map(|(mode, bytes)| Ok(Put { mode, blob: objects.put(ObjectType::Blob, bytes)? }))
            .transpose()?;
        puts.insert(path.as_str(), put);
    }
    let tree = match objects.edit(Some(tree), &puts)? {
        Some(tree) => tree,
        None => objects.put_tree(std::iter::empty())?,
    };
    Ok(tree_id(tree))
}

fn change(delta: &git2::DiffDelta<'_>) -> Option<TreeChange> {
    let side = |file: git2::DiffFile<'_>| {
        let path = RepoPath::new(file.path()?)?;
        Some(TreeFile { path, blob: blob_id(file.id()), mode: file_mode(i32::from(file.mode())) })
    };
    let before = if delta.status() == Delta::Added { None } else { side(delta.old_file()) };
    let after = if delta.status() == Delta::Deleted { None } else { side(delta.new_file()) };
    let path = before.as_ref().or(after.as_ref())?.path.clone();
    Some(TreeChange { path, before, after })
}
