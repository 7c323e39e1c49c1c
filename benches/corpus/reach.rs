//! Whether the text that was there before a fault is among the edits that the repair engine would try, and how many it
//! would try before. Nothing is run: it takes seconds, and says what templates lack.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use greenloop::base::limits::CANDIDATES_MAX;
use greenloop::base::path::RepoPath;
use greenloop::base::text::edit;
use greenloop::repair::{Candidate, Question, Source, Suspicion, candidates};

use crate::corpus::{Fault, Seeded};

/// Where the text that was right stands among the edits.
pub struct Reach {
    /// With the faulty lines known.
    pub known: Option<usize>,
    /// With every line of the file as suspicious as the others.
    pub whole_file: Option<usize>,
}

impl Reach {
    /// `None` for a fault in two places.
    pub fn of(seeded: &Seeded, fault: &Fault) -> Option<Reach> {
        if fault.also.is_some() {
            return None;
        }
        let right = fs::read_to_string(seeded.project().join(&fault.file)).unwrap();
        let at = right.find(&fault.from).unwrap();
        let text = right.replacen(&fault.from, &fault.to, 1);
        let path = RepoPath::new(&fault.file).unwrap();
        let source = Source { path, text: Arc::from(text.as_str()), is_test: false };
        let line_of = |at: usize| text[..at].matches('\n').count() as u32 + 1;
        let place = |first: u32, last: u32| {
            let lines: BTreeMap<u32, f64> = (first..=last).map(|line| (line, 1.0)).collect();
            let suspicion = Suspicion { lines: BTreeMap::from([(source.path.clone(), lines)]) };
            let made = tried(&source, &suspicion);
            made.iter().position(|made| told(&applied(&text, made)).eq(told(&right)))
        };
        // The lines beside show where something is missing.
        let known = place(line_of(at).max(2) - 1, line_of(at + fault.to.len()) + 1);
        Some(Reach { known, whole_file: known.and_then(|_| place(1, line_of(text.len()))) })
    }
}

fn tried(source: &Source, suspicion: &Suspicion) -> Vec<Candidate> {
    candidates(&Question {
        committed: &BTreeMap::new(),
        sources: std::slice::from_ref(source),
        suspicion,
        failures: &[],
        favoured: &[],
        n_max: CANDIDATES_MAX,
    })
}

fn applied(text: &str, made: &Candidate) -> String {
    edit::apply(text, &made.edits).unwrap()
}

/// A text but for its white space and parentheses.
fn told(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'(' | b')'))
}
