//! Outlines in memory and in one file on disk.

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::base::hash::ContentHash;
use crate::base::ids::BlobId;
use crate::logic::outline::PackedOutline;

/// The same bytes mean other things in another language.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub blob: BlobId,
    pub language: u8,
}

/// The file starts with this; one of another version is made anew. The number goes up when outlines of the same file
/// come out otherwise: with the tables of languages, the grammars, the packing.
const HEADING: &[u8] = b"greenloop outlines 1\n";
/// Hexadecimal digits of a blob's id.
const BLOB_BYTES: usize = 40;
/// A record is its length, the hash of the rest, the blob's id, the language, and the outline.
const HEAD_BYTES: usize = 4 + 8;
/// A larger file is not ours.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

pub struct Kept {
    file: PathBuf,
    outlines: HashMap<Key, PackedOutline>,
    n_bytes: usize,
    /// Of one map.
    bytes_max: usize,
}

impl Kept {
    pub fn open(cache_dir: &Path, bytes_max: usize) -> Kept {
        let file = cache_dir.join("outlines");
        let mut kept = Kept { file, outlines: HashMap::new(), n_bytes: 0, bytes_max };
        if !kept.load() {
            // What cannot be written is made again the next time.
            kept.rewrite().ok();
        }
        kept
    }

    pub fn has(&self, key: &Key) -> bool {
        self.outlines.contains_key(key)
    }

    pub fn get(&self, key: &Key) -> Option<PackedOutline> {
        self.outlines.get(key).cloned()
    }

    pub fn add(&mut self, made: Vec<(Key, PackedOutline)>) {
        if made.is_empty() {
            return;
        }
        let mut records = Vec::new();
        for (key, outline) in made {
            put(&mut records, &key, &outline);
            self.insert(key, outline);
        }
        // One write, so that another process's records come before or after, not in between.
        let mut file = OpenOptions::new().append(true).open(&self.file);
        file.as_mut().map_or(Ok(()), |file| file.write_all(&records)).ok();
    }

    /// Whether there is more than twice what one map may take.
    pub fn is_full(&self) -> bool {
        self.n_bytes > 2 * self.bytes_max
    }

    pub fn keep_only(&mut self, in_use: &HashSet<Key>) {
        self.outlines.retain(|key, _| in_use.contains(key));
        self.n_bytes = self.outlines.values().map(|outline| outline.bytes().len()).sum();
        self.rewrite().ok();
    }

    fn insert(&mut self, key: Key, outline: PackedOutline) {
        self.n_bytes += outline.bytes().len();
        self.outlines.insert(key, outline);
    }

    /// Whether the file is there and sound to its end.
    fn load(&mut self) -> bool {
        let is_small = |file: &fs::Metadata| file.len() <= FILE_BYTES_MAX;
        let is_small = fs::metadata(&self.file).is_ok_and(|file| is_small(&file));
        let bytes = if is_small { fs::read(&self.file).unwrap_or_default() } else { Vec::new() };
        let Some(mut rest) = bytes.strip_prefix(HEADING) else { return false };
        while !rest.is_empty() {
            let Some((key, outline)) = take(&mut rest) else { return false };
            self.insert(key, outline);
        }
        true
    }

    fn rewrite(&self) -> io::Result<()> {
        let mut bytes = HEADING.to_vec();
        for (key, outline) in &self.outlines {
            put(&mut bytes, key, outline);
        }
        self.file.parent().map_or(Ok(()), fs::create_dir_all)?;
        let new = self.file.with_extension(format!("{}.new", std::process::id()));
        fs::write(&new, bytes)?;
        fs::rename(new, &self.file)
    }
}

fn put(bytes: &mut Vec<u8>, key: &Key, outline: &PackedOutline) {
    let start = bytes.len() + HEAD_BYTES;
    bytes.extend([0; HEAD_BYTES]);
    bytes.extend_from_slice(key.blob.as_str().as_bytes());
    bytes.push(key.language);
    bytes.extend_from_slice(outline.bytes());
    let body = &bytes[start..];
    let (n_bytes, hash) = (body.len() as u32, ContentHash::of(body).0);
    bytes[start - HEAD_BYTES..start - 8].copy_from_slice(&n_bytes.to_le_bytes());
    bytes[start - 8..start].copy_from_slice(&hash.to_le_bytes());
}

fn take(rest: &mut &[u8]) -> Option<(Key, PackedOutline)> {
    let (n_bytes, after) = rest.split_first_chunk::<4>()?;
    let (hash, after) = after.split_first_chunk::<8>()?;
    let (body, after) = after.split_at_checked(u32::from_le_bytes(*n_bytes) as usize)?;
    if ContentHash::of(body).0 != u64::from_le_bytes(*hash) {
        return None;
    }
    *rest = after;
    let (blob, body) = body.split_at_checked(BLOB_BYTES)?;
    let (language, outline) = body.split_first()?;
    let blob = BlobId::new(std::str::from_utf8(blob).ok()?);
    Some((Key { blob, language: *language }, PackedOutline::from_bytes(outline)))
}
