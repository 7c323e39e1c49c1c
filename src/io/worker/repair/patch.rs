//! Patches as texts: what files hold once candidates are applied, alone or together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fast_path::{Job, Patch};
use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::base::text::edit::{self, Edit};
use crate::model::failure::Failure;
use crate::repair::{Candidate, Source};

/// A patch's edits file by file, each file's in order.
pub(super) fn edits<'a>(patch: &[&'a Candidate]) -> BTreeMap<&'a RepoPath, Vec<&'a Edit>> {
    let mut files: BTreeMap<&RepoPath, Vec<&Edit>> = BTreeMap::new();
    for candidate in patch {
        files.entry(&candidate.path).or_default().extend(&candidate.edits);
    }
    for edits in files.values_mut() {
        edits.sort_by_key(|edit| (edit.start, edit.end));
    }
    files
}

/// The files a patch changes, with their new texts; `None` when an edit does not fit.
pub(super) fn files(sources: &[Source], patch: &Patch<'_>) -> Option<Vec<Source>> {
    edits(patch)
        .into_iter()
        .map(|(path, edits)| {
            let source = sources.iter().find(|source| source.path == *path)?;
            let edits: Vec<Edit> = edits.into_iter().cloned().collect();
            let text = Arc::from(edit::apply(&source.text, &edits)?);
            Some(Source { path: path.clone(), text, is_test: false })
        })
        .collect()
}

/// The tree of a job with these files in it.
pub(super) fn tree(job: &Job<'_>, files: &[Source]) -> Result<TreeId, Failure> {
    let changed = |file: &Source| (file.path.clone(), Some(file.text.as_bytes().to_vec()));
    let changes: Vec<_> = files.iter().map(changed).collect();
    job.desk.store.with_files(job.tree, &changes)
}

/// Whether two candidates can be applied together: they do not touch the same bytes.
pub(super) fn fit(one: &Candidate, other: &Candidate) -> bool {
    one.path != other.path
        || one.edits.iter().all(|edit| {
            other.edits.iter().all(|with| edit.end < with.start || with.end < edit.start)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(path: &str, edits: &[(usize, usize, &str)]) -> Candidate {
        Candidate {
            path: RepoPath::new(path).unwrap(),
            edits: edits.iter().map(|(start, end, text)| Edit::new(*start..*end, *text)).collect(),
            template: "test",
            what: String::new(),
            line: 1,
            function: None,
            cost: 1.0,
        }
    }

    #[test]
    fn candidates_of_one_file_are_merged_in_order() {
        let path = RepoPath::new("a.py").unwrap();
        let sources = [Source { path, text: Arc::from("x = 1 + 2\n"), is_test: false }];
        let (late, early) = (candidate("a.py", &[(8, 9, "3")]), candidate("a.py", &[(4, 5, "7")]));
        let files = files(&sources, &vec![&late, &early]).unwrap();
        assert_eq!(&*files[0].text, "x = 7 + 3\n");
        assert!(fit(&late, &early));
        assert!(!fit(&late, &candidate("a.py", &[(7, 9, "")])));
        assert!(fit(&late, &candidate("b.py", &[(7, 9, "")])));
        assert_eq!(
            super::files(&sources, &vec![&candidate("b.py", &[(0, 0, "")])]).map(|_| ()),
            None
        );
    }
}
