//! Reads files and makes their outlines, on all processors.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::kept::Key;
use super::key;
use crate::base::cancel::CancelToken;
use crate::base::limits::OUTLINE_FILE_BYTES_MAX;
use crate::io::store::{Store, TreeFile};
use crate::logic::outline::{PackedOutline, outline};
use crate::model::failure::Failure;

/// The outlines of `files`, in no order; empty for one that has none, so that it is not read again. Fewer when
/// cancelled.
pub fn outlines(
    store: &Store,
    files: &[&TreeFile],
    cancel: &CancelToken,
) -> Result<Vec<(Key, PackedOutline)>, Failure> {
    let next = AtomicUsize::new(0);
    let read_some = || {
        let mut made = Vec::new();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if cancel.is_cancelled() {
                break;
            }
            made.extend(key(file).zip(Some(read(store, file)?)));
        }
        Ok(made)
    };
    let n_threads = thread::available_parallelism().map_or(1, usize::from).min(files.len());
    if n_threads <= 1 {
        return read_some();
    }
    let made: Result<Vec<_>, Failure> = thread::scope(|scope| {
        let readers: Vec<_> = (0..n_threads).map(|_| scope.spawn(read_some)).collect();
        let join = |reader: thread::ScopedJoinHandle<'_, _>| match reader.join() {
            Ok(made) => made,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        readers.into_iter().map(join).collect()
    });
    Ok(made?.concat())
}

fn read(store: &Store, file: &TreeFile) -> Result<PackedOutline, Failure> {
    let bytes = store.blob(&file.blob)?;
    let text = std::str::from_utf8(&bytes).ok().filter(|_| bytes.len() <= OUTLINE_FILE_BYTES_MAX);
    let outline = text.and_then(|text| outline(&file.path, text));
    Ok(PackedOutline::of(&outline.unwrap_or_default()))
}
