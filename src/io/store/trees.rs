//! Trees made of other trees, and what differs between two.

use std::collections::{BTreeMap, BTreeSet};

use git2::{Delta, Diff, DiffFindOptions, DiffOptions, ObjectType, Oid};

use super::objects::{Held, Objects, Put, parse_id, unusable};
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

    /// What differs between two trees, sorted by path. Folders that are the same are not looked into.
    pub fn changes(&self, from: &TreeId, to: &TreeId) -> Result<Vec<TreeChange>, Failure> {
        let (from, to) = (parse_id(from.as_str())?, parse_id(to.as_str())?);
        let mut changes = Vec::new();
        differing(&self.objects(), &RepoPath::root(), [Some(from), Some(to)], &mut changes)?;
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

/// Adds what differs in `folder` between two trees; `None` where there is no such folder.
fn differing(
    objects: &Objects,
    folder: &RepoPath,
    trees: [Option<Oid>; 2],
    changes: &mut Vec<TreeChange>,
) -> Result<(), Failure> {
    if trees[0] == trees[1] {
        return Ok(());
    }
    let entries =
        |tree: Option<Oid>| tree.map_or_else(|| Ok(BTreeMap::new()), |id| objects.tree(id));
    let (before, after) = (entries(trees[0])?, entries(trees[1])?);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let held = [before.get(name), after.get(name)];
        let Some(path) = folder.join(name).filter(|_| held[0] != held[1]) else { continue };
        differing(objects, &path, held.map(folder_of), changes)?;
        let [before, after] = held.map(|held| file_of(&path, held));
        if before.is_some() || after.is_some() {
            changes.push(TreeChange { path, before, after });
        }
    }
    Ok(())
}

fn folder_of(held: Option<&Held>) -> Option<Oid> {
    match held {
        Some(Held::Folder(id)) => Some(*id),
        Some(Held::File(..)) | None => None,
    }
}

fn file_of(path: &RepoPath, held: Option<&Held>) -> Option<TreeFile> {
    match held {
        Some(Held::File(mode, blob)) => {
            Some(TreeFile { path: path.clone(), blob: blob_id(*blob), mode: *mode })
        }
        Some(Held::Folder(_)) | None => None,
    }
}
