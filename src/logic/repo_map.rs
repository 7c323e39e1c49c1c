//! What is defined where in a repository, and what of it matters for a piece of work.

mod file;
mod graph;
mod shown;

use std::sync::{Arc, OnceLock};

use crate::base::path::RepoPath;
use crate::logic::outline::{Definition, Kind, Outline, PackedOutline};
use file::File;
use graph::Graph;
use shown::Shown;

/// The outlines of a repository's files and who refers to whom. Cheap to clone; which files it was made of says all,
/// not in which order or how they got there.
#[derive(Clone, Default)]
pub struct RepoMap {
    /// Sorted by path.
    files: Vec<Arc<File>>,
    n_bytes: usize,
    /// Made when it is first asked for after an update.
    graph: OnceLock<Arc<Graph>>,
}

/// What a piece of work is about. Files and names that are not in the repository count for nothing.
#[derive(Clone, Debug, Default)]
pub struct Focus {
    /// Files it is about, as far as known.
    pub files: Vec<RepoPath>,
    /// Identifiers that were mentioned.
    pub names: Vec<String>,
    /// Files of tests it is to turn green. What they use matters, what they define does not.
    pub tests: Vec<RepoPath>,
}

/// Where a name is defined and used; sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbol {
    pub definitions: Vec<(RepoPath, Definition)>,
    /// Lines, counted from 1, ascending.
    pub references: Vec<(RepoPath, Vec<u32>)>,
}

/// Bytes of text that a token of a language model stands for.
const TOKEN_BYTES: usize = 4;

impl FromIterator<(RepoPath, PackedOutline)> for RepoMap {
    fn from_iter<I: IntoIterator<Item = (RepoPath, PackedOutline)>>(files: I) -> RepoMap {
        let mut map = RepoMap::default();
        files.into_iter().for_each(|(path, outline)| map.update(&path, Some(outline)));
        map
    }
}

impl RepoMap {
    /// Puts a file in place of what was at its path, or removes it.
    pub fn update(&mut self, path: &RepoPath, outline: Option<PackedOutline>) {
        self.graph = OnceLock::new();
        let file = outline.map(|outline| File::new(path.clone(), outline));
        self.n_bytes += file.as_ref().map_or(0, |file| file.outline.bytes().len());
        let (place, old) = match self.place(path) {
            Ok(place) => (place..place + 1, self.files[place].outline.bytes().len()),
            Err(place) => (place..place, 0),
        };
        self.n_bytes -= old;
        self.files.splice(place, file.map(Arc::new));
    }

    fn place(&self, path: &RepoPath) -> Result<usize, usize> {
        self.files.binary_search_by_key(&path, |file| &file.path)
    }

    /// Memory that the outlines take, in bytes.
    pub fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    pub fn files(&self) -> impl Iterator<Item = (&RepoPath, &PackedOutline)> {
        self.files.iter().map(|file| (&file.path, &file.outline))
    }

    /// `None` for a file that is not in the map.
    pub fn outline(&self, path: &RepoPath) -> Option<Outline> {
        Some(self.files[self.place(path).ok()?].outline.outline())
    }

    /// The definitions that matter most, as many as fit: by file, each with its lines and signature, below what it
    /// lies in. More tokens only add lines.
    pub fn ranked(&self, focus: &Focus, tokens_max: usize) -> String {
        let bytes_max = tokens_max.saturating_mul(TOKEN_BYTES);
        let graph = self.graph.get_or_init(|| Arc::new(Graph::of(&self.files)));
        let mut shown = Shown::new(&self.files, bytes_max);
        for place in graph.ranked(&self.files, focus, bytes_max / shown::ROW_BYTES_MIN) {
            if !shown.add(place) {
                break;
            }
        }
        shown.text()
    }

    /// `Type.method` and `Type::method` name what lies in a type, where there is such a one.
    pub fn symbol(&self, name: &str) -> Symbol {
        let split = |separator| name.rsplit_once(separator);
        let (around, name) = split("::").or_else(|| split(".")).unwrap_or(("", name));
        let mut symbol = Symbol::default();
        let mut inside = Vec::new();
        for (path, outline) in self.files() {
            let is_it = |one: &Definition| *one.name == *name && one.kind != Kind::Implementation;
            if outline.definitions().any(|one| one.name == name) {
                let all: Vec<Definition> =
                    outline.definitions().map(|one| one.definition()).collect();
                for one in all.iter().filter(|one| is_it(one)) {
                    symbol.definitions.push((path.clone(), one.clone()));
                    let parent = one.parent.map(|at| &*all[at as usize].name);
                    inside.push(parent.is_some_and(|parent| around.ends_with(parent)));
                }
            }
            let used = outline.references().find(|one| one.name == name);
            symbol.references.extend(used.map(|one| (path.clone(), one.reference().lines)));
        }
        if !around.is_empty() && inside.contains(&true) {
            let mut inside = inside.into_iter();
            symbol.definitions.retain(|_| inside.next() == Some(true));
        }
        symbol
    }
}

#[cfg(test)]
mod tests;
