//! One look at the project's folder: lists it, reads what changed since the last look, and writes the trees.

use std::ffi::OsString;
use std::fs::{self, DirEntry, FileType, Metadata};
use std::io::{self, Read};
use std::iter::Peekable;
use std::path::Path;

use git2::{ObjectType, Oid};

use crate::base::limits::{
    SNAPSHOT_DEPTH_MAX, SNAPSHOT_FILE_BYTES_MAX, SNAPSHOT_FILES_MAX, SNAPSHOT_IGNORED_MAX,
    SNAPSHOT_WARNINGS_MAX,
};
use crate::io::store::FileMode;
use crate::io::store::cache::{Entry, File, Folder, Node};
use crate::io::store::generated::is_generated;
use crate::io::store::objects::Objects;
use crate::io::store::rules::{self, RulesCache, Scope};
use crate::io::store::stat::{self, Moment, Stat};
use crate::io::store::users_git::{self, Tracked};
use crate::model::failure::{Failure, FailureKind};

/// What a look goes by, and what it finds besides files.
pub struct Walk<'a> {
    pub objects: &'a Objects,
    pub tracked: &'a Tracked,
    pub rules: &'a mut RulesCache,
    /// Greenloop's own folder, in case it lies inside the project.
    pub state_dir: &'a Path,
    /// Length of the project's path inside the repository, with its slash.
    pub prefix_len: usize,
    /// Whether the project is in a git repository, so that other repositories inside it are not its files.
    pub in_git: bool,
    /// Whether the knowledge handed in comes from the user's index, which knows filtered contents.
    pub borrowed: bool,
    /// Files last touched before it are settled.
    pub settled_before: Moment,
    pub warnings: Warnings,
    /// The folder or file looked at, relative to the top of the repository.
    pub path: String,
    /// Folders between the project's root and `path`.
    pub depth: usize,
    pub n_read: usize,
    pub n_files: usize,
    /// Ignored files that were looked into.
    pub n_looked: usize,
}

/// Sentences for people, the first few of them.
#[derive(Default)]
pub struct Warnings {
    texts: Vec<String>,
    n_more: usize,
}

/// Names in a folder, sorted.
struct Listing {
    named: Vec<Listed>,
    /// Names that are not Unicode.
    unnameable: Vec<OsString>,
    is_repository: bool,
}

struct Listed {
    name: String,
    kind: FileType,
    entry: DirEntry,
}

impl Walk<'_> {
    /// Looks at the project's root, known as `old` from the last look.
    pub fn root(&mut self, root: &Path, old: Folder, scope: &Scope) -> Result<Folder, Failure> {
        let listing = list(root).map_err(|error| {
            Failure::environment(
                format!("the project's folder {} cannot be listed: {error}", root.display()),
                "Check that the folder exists and may be read.",
            )
        })?;
        self.folder(root, listing, old, scope, false)
    }

    /// Looks at the folder that `self.path` names.
    fn folder(
        &mut self,
        folder: &Path,
        listing: Listing,
        old: Folder,
        outer: &Scope,
        only_tracked: bool,
    ) -> Result<Folder, Failure> {
        let old =
            if self.borrowed && has_filters(folder, &listing) { Folder::default() } else { old };
        let own =
            listing.has(".gitignore").then(|| self.rules.get(&folder.join(".gitignore"))).flatten();
        let scope = outer.clone().with(own, &self.path);
        self.warn_of_names(&listing.unnameable, &scope, only_tracked);

        let n_old = old.entries.len();
        let mut known = old.entries.into_iter().peekable();
        let mut n_same = 0;
        let mut new = Folder::default();
        self.depth += 1;
        for listed in listing.named {
            let old = take(&mut known, &listed.name);
            let before = old.as_ref().and_then(Node::held);
            let folder_len = self.path.len();
            self.path.push_str(if folder_len == 0 { "" } else { "/" });
            self.path.push_str(&listed.name);
            let node = self.node(folder, &listed, old, &scope, only_tracked)?;
            self.path.truncate(folder_len);
            let Some(node) = node else { continue };
            n_same += usize::from(before.is_some() && before == node.held());
            new.n_files += node.n_files();
            new.entries.push(Entry { name: listed.name.into(), node });
        }
        self.depth -= 1;
        let unchanged = n_same == n_old && n_same == new.entries.len();
        new.tree = match old.tree {
            Some(tree) if unchanged => Some(tree),
            Some(_) | None => Some(self.tree(&new)?),
        };
        Ok(new)
    }

    fn node(
        &mut self,
        folder: &Path,
        listed: &Listed,
        old: Option<Node>,
        scope: &Scope,
        only_tracked: bool,
    ) -> Result<Option<Node>, Failure> {
        let ignored = only_tracked || scope.ignores(&self.path, listed.kind.is_dir());
        if listed.kind.is_dir() {
            return self.inner_folder(&folder.join(&listed.name), old, scope, ignored);
        }
        // Fifos, sockets and devices are no files.
        let is_file = listed.kind.is_file() || listed.kind.is_symlink();
        let is_captured = is_file && (!ignored || self.tracked.has(&self.path));
        let may_be_needed = listed.kind.is_file() && !only_tracked;
        if is_captured || may_be_needed && self.is_needed(folder, listed) {
            self.file(&listed.entry, old)
        } else {
            Ok(None)
        }
    }

    /// Whether an ignored file is generated code, of which there are a few.
    fn is_needed(&mut self, folder: &Path, listed: &Listed) -> bool {
        self.n_looked += 1;
        self.n_looked <= SNAPSHOT_IGNORED_MAX && is_generated(&folder.join(&listed.name))
    }

    fn inner_folder(
        &mut self,
        folder: &Path,
        old: Option<Node>,
        scope: &Scope,
        ignored: bool,
    ) -> Result<Option<Node>, Failure> {
        if let Some(commit) = self.tracked.submodule(&self.path) {
            self.count()?;
            let file = File {
                mode: FileMode::Submodule,
                blob: commit,
                stat: Stat::default(),
                settled: false,
            };
            return Ok(Some(Node::File(file)));
        }
        if folder == self.state_dir || (ignored && !self.tracked.has_below(&self.path)) {
            return Ok(None);
        }
        if self.depth > SNAPSHOT_DEPTH_MAX {
            self.leave_out(&format!("more than {SNAPSHOT_DEPTH_MAX} folders deep"));
            return Ok(None);
        }
        let listing = match list(folder) {
            Ok(listing) => listing,
            Err(error) => {
                self.leave_out_for(&error);
                return Ok(None);
            }
        };
        if self.in_git && listing.is_repository && !self.tracked.has_below(&self.path) {
            self.leave_out("a git repository of its own");
            return Ok(None);
        }
        let is_output = rules::OUTPUT_MARKS.iter().any(|mark| listing.has(mark))
            && rules::is_output_folder(folder);
        let only_tracked = ignored || is_output;
        if only_tracked && !self.tracked.has_below(&self.path) {
            return Ok(None);
        }
        let old = match old {
            Some(Node::Folder(old)) => old,
            Some(Node::File(_)) | None => Folder::default(),
        };
        let folder = self.folder(folder, listing, old, scope, only_tracked)?;
        Ok((folder.n_files > 0).then_some(Node::Folder(folder)))
    }

    fn file(&mut self, entry: &DirEntry, old: Option<Node>) -> Result<Option<Node>, Failure> {
        let meta = match entry.metadata() {
            Ok(meta) => meta,
            Err(error) => {
                self.leave_out_for(&error);
                return Ok(None);
            }
        };
        let stat = Stat::of(&meta);
        let known = match old {
            Some(Node::File(old)) if old.settled && old.stat == stat => Some(old.blob),
            Some(_) | None => None,
        };
        let blob = match known {
            Some(blob) => Some(blob),
            None => self.read(&entry.path(), &meta)?,
        };
        let Some(blob) = blob else { return Ok(None) };
        self.count()?;
        let mode = if meta.is_symlink() { FileMode::Symlink } else { stat::plain_mode(&meta) };
        Ok(Some(Node::File(File { mode, blob, stat, settled: stat.settled(self.settled_before) })))
    }

    fn read(&mut self, file: &Path, meta: &Metadata) -> Result<Option<Oid>, Failure> {
        if meta.len() > SNAPSHOT_FILE_BYTES_MAX {
            let megabytes = SNAPSHOT_FILE_BYTES_MAX / (1024 * 1024);
            self.leave_out(&format!("larger than {megabytes} MiB"));
            return Ok(None);
        }
        match content(file, meta) {
            Ok(bytes) => {
                self.n_read += 1;
                self.objects.put(ObjectType::Blob, &bytes).map(Some)
            }
            Err(error) => {
                self.leave_out_for(&error);
                Ok(None)
            }
        }
    }

    fn tree(&self, folder: &Folder) -> Result<Oid, Failure> {
        let held = |entry: &'_ Entry| {
            entry.node.held().expect("every entry of a walked folder was written")
        };
        self.objects.put_tree(folder.entries.iter().map(|entry| (&*entry.name, held(entry))))
    }

    fn count(&mut self) -> Result<(), Failure> {
        self.n_files += 1;
        if self.n_files <= SNAPSHOT_FILES_MAX {
            return Ok(());
        }
        Err(Failure::new(
            FailureKind::Refused,
            format!("the project has more than {SNAPSHOT_FILES_MAX} files"),
            "Open a smaller folder, or name generated folders in .gitignore.",
        ))
    }

    fn warn_of_names(&mut self, names: &[OsString], scope: &Scope, only_tracked: bool) {
        for name in names {
            let slash = if self.path.is_empty() { "" } else { "/" };
            let path = format!("{}{slash}{}", self.path, name.to_string_lossy());
            if !only_tracked && !scope.ignores(&path, false) {
                self.warnings.push(format!(
                    "left out {}: its name is not Unicode",
                    &path[self.prefix_len..]
                ));
            }
        }
    }

    fn leave_out_for(&mut self, error: &io::Error) {
        // Gone since it was listed: nothing to say.
        if error.kind() != io::ErrorKind::NotFound {
            self.leave_out(&error.to_string());
        }
    }

    fn leave_out(&mut self, why: &str) {
        self.warnings.push(format!("left out {}: {why}", &self.path[self.prefix_len..]));
    }
}

impl Warnings {
    pub fn push(&mut self, text: String) {
        if self.texts.len() < SNAPSHOT_WARNINGS_MAX {
            self.texts.push(text);
        } else {
            self.n_more += 1;
        }
    }

    pub fn into_texts(mut self) -> Vec<String> {
        if self.n_more > 0 {
            self.texts.push(format!("{} warnings more", self.n_more));
        }
        self.texts
    }
}

impl Listing {
    fn has(&self, name: &str) -> bool {
        self.named.binary_search_by(|listed| listed.name.as_str().cmp(name)).is_ok()
    }
}

fn list(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing { named: Vec::new(), unnameable: Vec::new(), is_repository: false };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_name().into_string() {
            Ok(name) if name == ".git" => listing.is_repository = true,
            Ok(name) => listing.named.push(Listed { name, kind: entry.file_type()?, entry }),
            Err(name) => listing.unnameable.push(name),
        }
    }
    listing.named.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    listing.unnameable.sort_unstable();
    Ok(listing)
}

/// Whether git sends files of this folder through programs, so that what the index knows of them is something else.
fn has_filters(folder: &Path, listing: &Listing) -> bool {
    listing.has(".gitattributes") && users_git::names_filter(&folder.join(".gitattributes"))
}

/// Takes the entry of this name out of sorted entries; those before it are gone from the folder.
fn take(known: &mut Peekable<impl Iterator<Item = Entry>>, name: &str) -> Option<Node> {
    while known.next_if(|entry| *entry.name < *name).is_some() {}
    known.next_if(|entry| *entry.name == *name).map(|entry| entry.node)
}

/// The bytes git would keep: a file's content, a link's target.
fn content(path: &Path, meta: &Metadata) -> io::Result<Vec<u8>> {
    if meta.is_symlink() {
        return Ok(fs::read_link(path)?.into_os_string().into_encoded_bytes());
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize);
    fs::File::open(path)?.take(SNAPSHOT_FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
