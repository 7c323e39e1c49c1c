//! The texts that a search reads: what may be edited, the tests, and what was committed before.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::ids::TreeId;
use crate::base::limits::REPAIR_FILE_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::base::text::line_ending;
use crate::io::store::{FileMode, Store, TreeFile};
use crate::io::worker::test_files::TestFiles;
use crate::model::failure::Failure;
use crate::repair::documentation::is_document;
use crate::repair::{Source, language};

const DOCUMENTS_MAX: usize = 200;

/// Files that may be edited, and test files.
pub(super) fn read_sources(
    store: &Store,
    tree: &TreeId,
    test_files: &TestFiles,
) -> Result<(Vec<Source>, Vec<Source>), Failure> {
    let (mut sources, mut tests) = (Vec::new(), Vec::new());
    for file in store.files(tree)? {
        let is_file = matches!(file.mode, FileMode::Plain | FileMode::Executable);
        if !is_file || language::of(&file.path).is_none() {
            continue;
        }
        let bytes = store.blob(&file.blob)?;
        if bytes.len() > REPAIR_FILE_BYTES_MAX {
            continue;
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let is_test = test_files.hold(&file.path);
        let list = if is_test { &mut tests } else { &mut sources };
        list.push(Source { path: file.path, text: Arc::from(text), is_test });
    }
    Ok((sources, tests))
}

/// What is written for people, beside the code, as far as it can be read.
pub(super) fn read_documents(store: &Store, tree: &TreeId, test_files: &TestFiles) -> Vec<Source> {
    let files = store.files(tree).unwrap_or_default().into_iter();
    let files = files.filter(|file| is_document(&file.path) && !test_files.hold(&file.path));
    let document = |file: TreeFile| {
        let text = String::from_utf8(store.blob(&file.blob).ok()?).ok()?;
        let text = Some(text).filter(|text| text.len() <= REPAIR_FILE_BYTES_MAX)?;
        Some(Source { path: file.path, text: Arc::from(text), is_test: false })
    };
    files.take(DOCUMENTS_MAX).filter_map(document).collect()
}

/// What the last commit has in the place of sources that differ from it, with their line breaks; an empty text for new ones.
pub(super) fn committed(
    store: &Store,
    tree: &TreeId,
    sources: &[Source],
) -> Result<BTreeMap<RepoPath, Arc<str>>, Failure> {
    let known: BTreeMap<&RepoPath, &Source> =
        sources.iter().map(|source| (&source.path, source)).collect();
    let mut files = store.files(tree)?;
    files.retain(|file| known.contains_key(&file.path));
    let text = |(path, bytes): (RepoPath, Vec<u8>)| {
        let text = String::from_utf8(bytes).ok()?;
        let breaks = line_ending(&known.get(&path)?.text);
        let text = text.replace("\r\n", "\n").replace('\n', breaks);
        let is_small = text.len() <= REPAIR_FILE_BYTES_MAX;
        is_small.then(|| (path, Arc::from(text)))
    };
    Ok(store.committed(&files).into_iter().filter_map(text).collect())
}
