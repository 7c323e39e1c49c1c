//! The part of a map that is shown: rows are added as long as they fit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::file::File;
use super::graph::Place;
use crate::logic::outline::{self, Definition};

/// No row is shorter: a line number, a space, a letter and a line break.
pub const ROW_BYTES_MIN: usize = 4;

pub struct Shown<'a> {
    all: &'a [Arc<File>],
    n_bytes_left: usize,
    files: BTreeMap<u32, Rows>,
}

struct Rows {
    definitions: Vec<Definition>,
    shown: BTreeSet<u32>,
}

impl<'a> Shown<'a> {
    pub fn new(all: &'a [Arc<File>], bytes_max: usize) -> Shown<'a> {
        Shown { all, n_bytes_left: bytes_max, files: BTreeMap::new() }
    }

    /// Adds a definition and what it lies in; `false` when they do not fit.
    pub fn add(&mut self, place: Place) -> bool {
        let file = &self.all[place.file as usize];
        let is_new = !self.files.contains_key(&place.file);
        let rows = self.files.entry(place.file).or_insert_with(|| Rows {
            definitions: file.outline.definitions().map(|one| one.definition()).collect(),
            shown: BTreeSet::new(),
        });
        let around =
            std::iter::successors(Some(place.at), |at| rows.definitions[*at as usize].parent);
        let new: Vec<u32> = around.filter(|at| !rows.shown.contains(at)).collect();
        let heading = if is_new { file.path.as_str().len() + 1 } else { 0 };
        let n_bytes = heading + new.iter().map(|at| rows.row(*at).len()).sum::<usize>();
        let fits = n_bytes <= self.n_bytes_left;
        if fits {
            self.n_bytes_left -= n_bytes;
            rows.shown.extend(new);
        }
        fits
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for (number, rows) in self.files.iter().filter(|(_, rows)| !rows.shown.is_empty()) {
            text.push_str(self.all[*number as usize].path.as_str());
            text.push('\n');
            rows.shown.iter().for_each(|at| text.push_str(&rows.row(*at)));
        }
        text
    }
}

impl Rows {
    /// One step deeper than its file's path.
    fn row(&self, at: u32) -> String {
        let definition = &self.definitions[at as usize];
        let mut row = String::new();
        outline::write_row(&mut row, definition, outline::depth(&self.definitions, definition) + 1);
        row
    }
}
