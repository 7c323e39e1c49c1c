//! Helpers for the tests of this floor.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Candidate, Question, Source, Suspicion, candidates};
use crate::base::cancel::CancelToken;
use crate::base::ids::CheckId;
use crate::base::path::RepoPath;
use crate::base::text::{LineIndex, edit};
use crate::model::report::{TestCase, TestId, TestOutcome};

/// A source with this text, in a file such as `a.py`.
pub fn source(path: &str, text: &str) -> Source {
    let path = RepoPath::new(path).unwrap();
    Source { is_test: path.as_str().contains("test"), path, text: Arc::from(text) }
}

/// Every line of the source, equally suspicious.
pub fn all_lines(source: &Source) -> Suspicion {
    let n = LineIndex::new(&source.text).n_lines();
    let lines: BTreeMap<u32, f64> = (1..=n).map(|line| (line, 1.0)).collect();
    Suspicion { lines: BTreeMap::from([(source.path.clone(), lines)]) }
}

/// A red test with this message.
pub fn failure(message: &str) -> TestCase {
    TestCase {
        id: TestId { check: CheckId::new("check"), name: "test".into() },
        outcome: TestOutcome::Failed,
        message: message.into(),
        at: None,
        frames: Vec::new(),
        duration_ms: 1,
    }
}

/// What nothing more is known for than the files and where to look in them.
pub fn question<'a>(
    sources: &'a [Source],
    suspicion: &'a Suspicion,
    cancel: &'a CancelToken,
) -> Question<'a> {
    static COMMITTED: BTreeMap<RepoPath, Arc<str>> = BTreeMap::new();
    Question {
        sources,
        suspicion,
        committed: &COMMITTED,
        failures: &[],
        favoured: &[],
        n_max: usize::MAX,
        cancel,
    }
}

/// All candidates for a source of which every line is suspicious, with the texts they lead to.
pub fn outcomes(source: &Source, messages: &[&str]) -> Vec<(Candidate, String)> {
    let failures: Vec<TestCase> = messages.iter().map(|message| failure(message)).collect();
    let suspicion = all_lines(source);
    let (sources, cancel) = ([source.clone()], CancelToken::new());
    let question = Question { failures: &failures, ..question(&sources, &suspicion, &cancel) };
    let made = candidates(&question).into_iter();
    made.map(|made| (edit::apply(&source.text, &made.edits).unwrap(), made))
        .map(|(text, made)| (made, text))
        .collect()
}

/// [`outcomes`] of a text when nothing is known of the failure.
pub fn outcomes_of(path: &str, text: &str) -> Vec<(Candidate, String)> {
    outcomes(&source(path, text), &[])
}
