//! A tree with changes that are not written anywhere yet. Paths are those of the tree, so nothing outside it can be
//! reached, links included.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::base::ids::{BlobId, TreeId};
use crate::base::limits::REPAIR_FILE_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::base::text::edit::apply;
use crate::io::store::{FileMode, Store, TreeFile};
use crate::logic::diff;
use crate::logic::replace::{Misfit, replace};
use crate::logic::secrets::{WITHHELD, withheld};
use crate::model::failure::Failure;
use crate::model::proposal::ChangeKind;
use crate::repair::syntax_error;

pub(super) struct Draft<'a> {
    store: &'a Store,
    base: &'a TreeId,
    /// By path the new bytes; `None` for a file that goes.
    changed: BTreeMap<RepoPath, Option<Vec<u8>>>,
}

/// Why a file cannot be read or changed, for who asked.
type Refusal = String;

impl<'a> Draft<'a> {
    pub fn new(store: &'a Store, base: &'a TreeId) -> Draft<'a> {
        Draft { store, base, changed: BTreeMap::new() }
    }

    /// One that goes on with what `made` has of the base.
    pub fn resumed(
        store: &'a Store,
        base: &'a TreeId,
        made: &TreeId,
    ) -> Result<Draft<'a>, Failure> {
        let held = |tree| -> Result<BTreeMap<RepoPath, BlobId>, Failure> {
            Ok(store.files(tree)?.into_iter().map(|file| (file.path, file.blob)).collect())
        };
        let (before, after) = (held(base)?, held(made)?);
        let mut changed: BTreeMap<RepoPath, Option<Vec<u8>>> = BTreeMap::new();
        for path in before.keys().filter(|path| !after.contains_key(*path)) {
            changed.insert(path.clone(), None);
        }
        for (path, blob) in after.iter().filter(|(path, blob)| before.get(*path) != Some(*blob)) {
            changed.insert(path.clone(), Some(store.blob(blob)?));
        }
        Ok(Draft { store, base, changed })
    }

    pub fn is_unchanged(&self) -> bool {
        self.changed.is_empty()
    }

    /// The files that there are, sorted.
    pub fn files(&self) -> Result<Vec<RepoPath>, Failure> {
        Ok(self.held()?.into_keys().collect())
    }

    /// Every file with what holds its bytes in the base; `None` for one that is changed.
    fn held(&self) -> Result<BTreeMap<RepoPath, Option<BlobId>>, Failure> {
        let known = self.store.files(self.base)?.into_iter().filter(|file| !is_link(file));
        let mut held: BTreeMap<_, _> = known.map(|file| (file.path, Some(file.blob))).collect();
        for (path, bytes) in &self.changed {
            match bytes {
                Some(_) => drop(held.insert(path.clone(), None)),
                None => drop(held.remove(path)),
            }
        }
        Ok(held)
    }

    /// Reads the texts of files that are wanted one after the other, as long as `each` goes on.
    pub fn read_all(
        &self,
        wanted: impl Fn(&RepoPath) -> bool,
        mut each: impl FnMut(&RepoPath, &str) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        for (path, blob) in self.held()?.iter().filter(|(path, _)| wanted(path)) {
            let text = match blob {
                Some(blob) => readable(path, self.store.blob(blob)?),
                None => self.text(path)?,
            };
            if let Ok(text) = text
                && each(path, &text).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    fn bytes(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, Failure> {
        match self.changed.get(path) {
            Some(changed) => Ok(changed.clone()),
            None => match self.store.mode(self.base, path)? {
                Some(FileMode::Plain | FileMode::Executable) => self.store.read(self.base, path),
                Some(_) | None => Ok(None),
            },
        }
    }

    /// A file's text, whatever it holds; `Err` inside when there is none.
    pub fn text(&self, path: &RepoPath) -> Result<Result<String, Refusal>, Failure> {
        let bytes = self.bytes(path)?;
        Ok(bytes
            .map_or_else(|| Err(format!("there is no file {path}")), |bytes| readable(path, bytes)))
    }

    /// Replaces a piece of a file; says at which line it was, counted from 1.
    pub fn edit(
        &mut self,
        path: &RepoPath,
        old: &str,
        new: &str,
    ) -> Result<Result<u32, Refusal>, Failure> {
        let text = match self.text(path)? {
            Ok(text) => text,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if new.contains(WITHHELD) {
            return Ok(Err(format!("{path}: what was withheld cannot be written; edit around it")));
        }
        let edit = match replace(&text, old, new) {
            Ok(edit) => edit,
            // The nearest lines are quoted: as they may be read.
            Err(Misfit::Nowhere { .. }) => {
                let misfit = replace(&withheld(&text), old, new).err();
                let misfit = misfit.unwrap_or(Misfit::Nowhere { nearest: None });
                return Ok(Err(misfit.told(path.as_str())));
            }
            Err(misfit) => return Ok(Err(misfit.told(path.as_str()))),
        };
        let line = text[..edit.start].matches('\n').count() as u32 + 1;
        let Some(after) = apply(&text, &[edit]) else {
            return Ok(Err("the edit does not fit".to_owned()));
        };
        self.changed.insert(path.clone(), Some(after.into_bytes()));
        Ok(Ok(line))
    }

    /// Puts a whole text in place of a file, or makes one.
    pub fn write(&mut self, path: &RepoPath, text: &str) -> Result<Result<(), Refusal>, Failure> {
        if path.is_root() {
            return Ok(Err("a file needs a name".to_owned()));
        }
        if text.contains(WITHHELD) {
            return Ok(Err(format!(
                "{path}: what was withheld cannot be written; use `edit` around it"
            )));
        }
        if let Some(other) = self.in_the_way(path)? {
            return Ok(Err(format!("{path} cannot be a file: there is {other}")));
        }
        self.changed.insert(path.clone(), Some(text.as_bytes().to_vec()));
        Ok(Ok(()))
    }

    /// What keeps a path from being a plain file: a file above or below it, or a link there.
    fn in_the_way(&self, path: &RepoPath) -> Result<Option<RepoPath>, Failure> {
        let links = self.store.files(self.base)?.into_iter().filter(is_link).map(|file| file.path);
        let mut near = links.chain(self.files()?.into_iter().filter(|file| file != path));
        Ok(near.find(|file| file.is_within(path) || path.is_within(file)))
    }

    pub fn delete(&mut self, path: &RepoPath) -> Result<Result<(), Refusal>, Failure> {
        if self.bytes(path)?.is_none() {
            return Ok(Err(format!("there is no file {path}")));
        }
        self.changed.insert(path.clone(), None);
        Ok(Ok(()))
    }

    /// The tree with the changes; the base itself when they come to nothing.
    pub fn tree(&self) -> Result<TreeId, Failure> {
        let changes: Vec<_> =
            self.changed.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
        self.store.with_files(self.base, &changes)
    }

    /// The paths that are changed, whether or not they are as they were again.
    pub fn changed(&self) -> impl Iterator<Item = &RepoPath> {
        self.changed.keys()
    }

    /// What is changed, as a patch, without what looks like a secret.
    pub fn diff(&self) -> Result<String, Failure> {
        let mut patch = String::new();
        for (path, after) in &self.changed {
            let text = |bytes: Option<&[u8]>| {
                String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
            };
            let before = self.store.read(self.base, path)?;
            let kind = match (&before, after) {
                (None, _) => ChangeKind::Create,
                (Some(_), None) => ChangeKind::Delete,
                (Some(_), Some(_)) => ChangeKind::Modify,
            };
            let (before, after) = (text(before.as_deref()), text(after.as_deref()));
            if before != after {
                let (before, after) = (withheld(&before), withheld(&after));
                patch.push_str(&diff::unified(path, &kind, &before, &after));
            }
        }
        Ok(patch)
    }

    /// Files that parsed before and do not now, each with the line where it goes wrong, counted from 1.
    pub fn broken(&self) -> Result<Vec<(RepoPath, u32)>, Failure> {
        let mut broken = Vec::new();
        for (path, after) in &self.changed {
            let before = self.store.read(self.base, path)?.unwrap_or_default();
            let errors = |bytes: &[u8]| syntax_error(path, &String::from_utf8_lossy(bytes));
            if let Some(line) = after.as_deref().and_then(errors)
                && errors(&before).is_none()
            {
                broken.push((path.clone(), line));
            }
        }
        Ok(broken)
    }
}

/// Links and nested repositories, which lead elsewhere.
fn is_link(file: &TreeFile) -> bool {
    !matches!(file.mode, FileMode::Plain | FileMode::Executable)
}

fn readable(path: &RepoPath, bytes: Vec<u8>) -> Result<String, Refusal> {
    if bytes.len() > REPAIR_FILE_BYTES_MAX {
        return Err(format!("{path} is too large to be read here: {} bytes", bytes.len()));
    }
    String::from_utf8(bytes).or(Err(format!("{path} is no UTF-8 text")))
}
