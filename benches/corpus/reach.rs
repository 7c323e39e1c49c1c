//! Whether the text that was there before a fault is among the edits that the repair engine would try, and how many it
//! would try before. Nothing is run: it takes seconds, and says what templates lack.

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::sync::Arc;

use greenloop::base::cancel::CancelToken;
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
        let faulty = Faulty::of(seeded, fault)?;
        let (known, whole) = (faulty.lines.clone(), 1..=faulty.line_of(faulty.source.text.len()));
        let known = faulty.place(&faulty.tried(known));
        let whole_file = known.and_then(|_| faulty.place(&faulty.tried(whole)));
        Some(Reach { known, whole_file })
    }
}

/// The edits that would be tried if the lines of a fault were known, and the place of the right one; `None` for a fault in
/// two places.
pub fn near(seeded: &Seeded, fault: &Fault) -> Option<(Vec<Candidate>, Option<usize>)> {
    let faulty = Faulty::of(seeded, fault)?;
    let made = faulty.tried(faulty.lines.clone());
    let place = faulty.place(&made);
    Some((made, place))
}

/// A file with a fault.
struct Faulty {
    source: Source,
    right: String,
    /// Where it is. The lines beside show where something is missing.
    lines: RangeInclusive<u32>,
}

impl Faulty {
    fn of(seeded: &Seeded, fault: &Fault) -> Option<Faulty> {
        if fault.also.is_some() {
            return None;
        }
        let right = fs::read_to_string(seeded.project().join(&fault.file)).unwrap();
        let at = right.find(&fault.from).unwrap();
        let text = right.replacen(&fault.from, &fault.to, 1);
        let path = RepoPath::new(&fault.file).unwrap();
        let source = Source { path, text: Arc::from(text.as_str()), is_test: false };
        let mut faulty = Faulty { source, right, lines: 1..=1 };
        faulty.lines = faulty.line_of(at).max(2) - 1..=faulty.line_of(at + fault.to.len()) + 1;
        Some(faulty)
    }

    fn line_of(&self, at: usize) -> u32 {
        self.source.text[..at].matches('\n').count() as u32 + 1
    }

    /// The edits, when these lines are under suspicion.
    fn tried(&self, lines: RangeInclusive<u32>) -> Vec<Candidate> {
        let lines: BTreeMap<u32, f64> = lines.map(|line| (line, 1.0)).collect();
        let suspicion = Suspicion { lines: BTreeMap::from([(self.source.path.clone(), lines)]) };
        tried(&self.source, &suspicion)
    }

    fn place(&self, made: &[Candidate]) -> Option<usize> {
        let is_right =
            |made: &Candidate| told(&applied(&self.source.text, made)).eq(told(&self.right));
        made.iter().position(is_right)
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
        cancel: &CancelToken::new(),
    })
}

fn applied(text: &str, made: &Candidate) -> String {
    edit::apply(text, &made.edits).unwrap()
}

/// A text but for its white space and parentheses.
fn told(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'(' | b')'))
}
