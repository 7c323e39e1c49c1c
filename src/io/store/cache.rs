//! What the last look at the project found, so that the next one reads only what changed. Kept on disk in git's index
//! format, which is also how the user's own index lends its knowledge the first time.

use std::fs;
use std::io;
use std::path::Path;

use git2::{Index, Oid};

use crate::base::path::RepoPath;
use crate::io::store::FileMode;
use crate::io::store::objects::{Held, file_mode};
use crate::io::store::stat::{Moment, Stat};

/// A folder as last seen.
#[derive(Default)]
pub struct Folder {
    /// Sorted by name.
    pub entries: Vec<Entry>,
    /// The tree that holds exactly these entries, when it was written.
    pub tree: Option<Oid>,
    pub n_files: usize,
}

pub struct Entry {
    pub name: Box<str>,
    pub node: Node,
}

pub enum Node {
    File(File),
    Folder(Folder),
}

#[derive(Clone, Copy)]
pub struct File {
    pub mode: FileMode,
    pub blob: Oid,
    pub stat: Stat,
    /// Whether equal `stat` means equal content.
    pub settled: bool,
}

impl Node {
    /// What a tree holds for this entry; `None` for a folder whose tree is not known.
    pub fn held(&self) -> Option<Held> {
        match self {
            Node::File(file) => Some(Held::File(file.mode, file.blob)),
            Node::Folder(folder) => folder.tree.map(Held::Folder),
        }
    }

    pub fn n_files(&self) -> usize {
        match self {
            Node::File(_) => 1,
            Node::Folder(folder) => folder.n_files,
        }
    }
}

/// Reads an index file: the entries below `prefix` that are settled before `moment` and `good`.
pub fn load(
    file: &Path,
    prefix: &RepoPath,
    moment: Moment,
    good: impl Fn(&File) -> bool,
) -> Result<Folder, git2::Error> {
    let skip = if prefix.is_root() { 0 } else { prefix.as_str().len() + 1 };
    let mut files: Vec<(String, File)> = Vec::new();
    for entry in Index::open(file)?.iter() {
        let Ok(path) = String::from_utf8(entry.path.clone()) else { continue };
        let inside = RepoPath::new(&path).is_some_and(|path| path.is_within(prefix));
        let stage = entry.flags >> 12 & 3;
        let file = File {
            mode: file_mode(entry.mode as i32),
            blob: entry.id,
            stat: Stat::of_index(&entry),
            settled: true,
        };
        if inside
            && stage == 0
            && file.mode != FileMode::Submodule
            && file.stat.settled(moment)
            && good(&file)
        {
            files.push((path[skip..].to_owned(), file));
        }
    }
    files.sort_unstable_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/')));
    Ok(nest(&files, 0))
}

/// The folder that holds `files`, whose paths agree up to `skip`.
fn nest(files: &[(String, File)], skip: usize) -> Folder {
    let mut folder = Folder::default();
    let name = |path: &str| path[skip..].split('/').next().unwrap_or_default().to_owned();
    for group in files.chunk_by(|(a, _), (b, _)| name(a) == name(b)) {
        let (path, file) = &group[0];
        let name = name(path);
        let below = skip + name.len() + 1;
        let node =
            if below > path.len() { Node::File(*file) } else { Node::Folder(nest(group, below)) };
        folder.n_files += node.n_files();
        folder.entries.push(Entry { name: name.into(), node });
    }
    folder
}

/// Writes the settled files of `folder` to `file` in one step.
pub fn save(folder: &Folder, file: &Path) -> io::Result<()> {
    let new = file.with_extension("new");
    // Left behind by a process that was ended while saving; the caller holds the lock.
    for stale in [new.clone(), new.with_extension("new.lock")] {
        fs::remove_file(stale).ok();
    }
    let write = || {
        let mut index = Index::open(&new)?;
        add(&mut index, folder, &mut String::new())?;
        index.write()
    };
    write().map_err(io::Error::other)?;
    fs::rename(new, file)
}

fn add(index: &mut Index, folder: &Folder, path: &mut String) -> Result<(), git2::Error> {
    for Entry { name, node } in &folder.entries {
        let len = path.len();
        if len > 0 {
            path.push('/');
        }
        path.push_str(name);
        match node {
            Node::File(file) if file.settled => {
                index.add(&file.stat.to_index(path, file.mode, file.blob))?;
            }
            Node::File(_) => {}
            Node::Folder(folder) => add(index, folder, path)?,
        }
        path.truncate(len);
    }
    Ok(())
}
