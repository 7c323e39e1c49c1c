//! Draws one file: what is wrong in it and what is proposed for it, in lines of the text as it is now.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location,
    NumberOrString, Position, Range as ProtoRange, Url,
};

use super::edits::conflicting;
use super::evidence::{Applied, InTexts, is_all};
use super::hunks::{self, HunkState, HunkView};
use super::job::{Elsewhere, FindingJob, Job, Jobs, Key};
use super::red::RedPlace;
use crate::base::ids::RunId;
use crate::base::text::lines;
use crate::engine::Review;
use crate::logic::diff::{self, Change};
use crate::lsp::documents::Text;
use crate::lsp::findings::{Finding, What};
use crate::lsp::{to_proto, virtual_docs};
use crate::model::report::TestId;

/// One file as it was drawn.
pub struct FileView {
    pub uri: Url,
    pub root: PathBuf,
    pub key: Key,
    pub version: Option<i32>,
    pub hunks: Vec<HunkView>,
    pub findings: Vec<FindingView>,
    pub diagnostics: Vec<Diagnostic>,
}

/// A finding at a line that is still as it was, counted from 0.
#[derive(Clone, Debug)]
pub struct FindingView {
    pub finding: Arc<Finding>,
    pub line: u32,
}

/// Several files drawn together.
pub struct Drawn {
    pub views: Vec<FileView>,
    /// What is in the texts, by project root.
    pub applied: BTreeMap<PathBuf, Applied>,
}

/// A job with its text and hunks.
struct Sketch {
    job: Job,
    text: Option<Arc<Text>>,
    /// By review.
    hunks: Vec<Vec<HunkView>>,
}

/// Draws all files of all projects, so that a test red in one file can be known to be fixed in another.
pub fn draw_all(Jobs { files, elsewhere }: Jobs) -> Drawn {
    let edited = |texts: Vec<Elsewhere>| {
        let mut applied = Applied::default();
        for Elsewhere { run, path, seen, now } in texts {
            let known = applied.entry(run).or_default();
            if !seen.is(&now) {
                known.edited.insert(path);
            }
        }
        applied
    };
    let mut applied: BTreeMap<PathBuf, Applied> =
        elsewhere.into_iter().map(|(root, texts)| (root, edited(texts))).collect();
    let sketches: Vec<Sketch> = files.into_iter().map(Sketch::new).collect();
    for sketch in &sketches {
        let known = applied.entry(sketch.job.root.clone()).or_default();
        for (review, own) in sketch.job.reviews.iter().zip(&sketch.hunks) {
            let found = hunks::in_texts(own, review, sketch.text.as_deref());
            known.entry(review.review.proposal.run).or_default().join(&found);
        }
    }
    let none = Applied::default();
    let finished = |sketch: Sketch| {
        let applied = applied.get(&sketch.job.root).unwrap_or(&none);
        sketch.finish(applied)
    };
    Drawn { views: sketches.into_iter().map(finished).collect(), applied }
}

impl Job {
    /// Draws this file alone.
    pub fn draw(self) -> FileView {
        let sketch = Sketch::new(self);
        let mut applied = Applied::clone(&sketch.job.applied);
        for (review, own) in sketch.job.reviews.iter().zip(&sketch.hunks) {
            let proposal = &review.review.proposal;
            let here = hunks::in_texts(own, review, sketch.text.as_deref());
            let known = applied.get(&proposal.run);
            let all = here.with_others(known, &proposal.files[review.file].path);
            applied.insert(proposal.run, all);
        }
        sketch.finish(&applied)
    }
}

impl Sketch {
    fn new(job: Job) -> Self {
        let text = job.side.text();
        let mut hunks = Vec::new();
        for (at, review) in job.reviews.iter().enumerate() {
            let mut own = hunks::hunks(review, &job.path, text.as_deref(), job.encoding);
            if let Some(text) = &text {
                let newer = job.reviews[..at].iter();
                newer.for_each(|newer| hunks::supersede(&mut own, review, newer, text));
            }
            hunks.push(own);
        }
        Self { job, text, hunks }
    }

    fn finish(self, applied: &Applied) -> FileView {
        let Self { job, text, mut hunks } = self;
        let none = InTexts::default();
        for (review, own) in job.reviews.iter().zip(&mut hunks) {
            let texts = applied.get(&review.review.proposal.run).unwrap_or(&none);
            hunks::add_evidence(own, review, texts);
        }
        let hunks: Vec<HunkView> = hunks.into_iter().flatten().collect();
        let text = text.unwrap_or_else(|| Arc::new(Text::new(String::new())));
        let shifts = Shifts::default();
        let stands = |found: &&FindingJob| match &found.finding.what {
            What::Test(test) => !is_fixed(test, found.finding.run, &job.proposals, applied),
            What::Problem(_) => true,
        };
        let standing = job.findings.iter().filter(stands);
        let findings: Vec<(FindingView, &FindingJob)> =
            standing.filter_map(|found| Some((shifts.place(found, &text)?, found))).collect();
        let of_findings =
            findings.iter().map(|(view, found)| finding_diagnostic(view, found, &text, &job));
        let of_hunks = hunks.iter().filter_map(|hunk| hunk_diagnostic(hunk, &job));
        FileView {
            diagnostics: of_findings.chain(of_hunks).collect(),
            findings: findings.into_iter().map(|(view, _)| view).collect(),
            uri: job.side.uri,
            root: job.root,
            key: job.key,
            version: job.side.version,
            hunks,
        }
    }
}

/// Whether a proposal that is in the texts as a whole, and no older than the run that found a test red, turned it green.
pub fn is_fixed(
    test: &TestId,
    found_by: RunId,
    proposals: &[Arc<Review>],
    applied: &Applied,
) -> bool {
    proposals.iter().map(|review| &review.proposal).any(|proposal| {
        proposal.run >= found_by
            && applied.get(&proposal.run).is_some_and(|texts| is_all(proposal, &texts.applied))
            && proposal.evidence.fixed.contains(test)
    })
}

/// How lines moved since older texts, one comparison per text.
#[derive(Default)]
struct Shifts(RefCell<HashMap<*const Text, Vec<Change>>>);

impl Shifts {
    /// Where a finding is now; `None` when its line was edited since.
    fn place(&self, found: &FindingJob, now: &Text) -> Option<FindingView> {
        let finding = found.finding.clone();
        let line = finding.at.line.saturating_sub(1);
        let line = match &found.seen {
            None => line,
            Some(seen) => {
                let mut known = self.0.borrow_mut();
                let changes = known
                    .entry(Arc::as_ptr(seen))
                    .or_insert_with(|| changes(&seen.string, &now.string));
                moved(line, changes)?
            }
        };
        Some(FindingView { finding, line })
    }
}

fn changes(before: &str, after: &str) -> Vec<Change> {
    diff::changes(&lines(before), &lines(after))
}

/// The new number of a line; `None` when a change took it away.
fn moved(line: u32, changes: &[Change]) -> Option<u32> {
    let line = line as usize;
    match changes.iter().rfind(|change| change.before.start <= line) {
        Some(change) if change.before.contains(&line) => None,
        Some(change) => u32::try_from(line - change.before.end + change.after.end).ok(),
        None => u32::try_from(line).ok(),
    }
}

/// The start of a line.
pub fn line_start(line: u32) -> ProtoRange {
    let start = Position::new(line, 0);
    ProtoRange::new(start, start)
}

fn finding_diagnostic(
    view: &FindingView,
    found: &FindingJob,
    text: &Text,
    job: &Job,
) -> Diagnostic {
    let said = view.finding.message.trim();
    // A result is about the texts that it was found in.
    let (code, message) = match (&view.finding.what, found.since.is_edited()) {
        (What::Test(test), false) => ("test", format!("{} fails: {said}", test.name)),
        (What::Test(test), true) => {
            ("test", format!("{} failed before the latest edits: {said}", test.name))
        }
        (What::Problem(check), false) => ("build", format!("{said} ({check})")),
        (What::Problem(check), true) => {
            ("build", format!("{said} ({check}, before the latest edits)"))
        }
    };
    let frame = |location: &Location| DiagnosticRelatedInformation {
        location: location.clone(),
        message: "called from here".into(),
    };
    let related: Vec<_> = found.frames.iter().map(frame).collect();
    let log = virtual_docs::Document { run: view.finding.run, what: virtual_docs::What::Log };
    let href = log.uri().filter(|_| job.code_descriptions);
    let range = to_proto::visible(text, view.line..view.line + 1, job.encoding);
    Diagnostic {
        related_information: Some(related).filter(|related| !related.is_empty()),
        code_description: href.map(|href| CodeDescription { href }),
        ..diagnostic(range, code, message)
    }
}

/// `None` for a hunk that needs no decision.
fn hunk_diagnostic(hunk: &HunkView, job: &Job) -> Option<Diagnostic> {
    let (severity, code, message) = match hunk.state {
        HunkState::Pending | HunkState::Partly => {
            let proposed = if hunk.state == HunkState::Partly { "The rest of" } else { "Proposed" };
            let message = format!("{proposed} {} ({})", hunk.label, hunk.evidence);
            (DiagnosticSeverity::INFORMATION, "change", message)
        }
        HunkState::Conflict => {
            let message = format!("Cannot apply {}: {}", hunk.label, conflicting().message);
            (DiagnosticSeverity::WARNING, "conflict", message)
        }
        HunkState::Applied | HunkState::Rejected | HunkState::Settled | HunkState::Superseded => {
            return None;
        }
    };
    let test = |(location, test): &RedPlace| DiagnosticRelatedInformation {
        location: location.clone(),
        message: format!("{} fails without it", test.name),
    };
    let related: Option<Vec<_>> =
        job.red.get(&hunk.id.run).map(|red| red.iter().map(test).collect());
    Some(Diagnostic {
        severity: Some(severity),
        related_information: related.filter(|related| !related.is_empty()),
        data: job.diagnostic_data.then(|| json!({ "greenloop": hunk.id })),
        ..diagnostic(hunk.range, code, message)
    })
}

fn diagnostic(range: ProtoRange, code: &str, message: String) -> Diagnostic {
    Diagnostic {
        range,
        severity: Some(DiagnosticSeverity::ERROR),
        code: Some(NumberOrString::String(code.into())),
        source: Some("greenloop".into()),
        message,
        ..Diagnostic::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_move_with_what_is_put_in_or_taken_out_above() {
        let place = |before: &str, after: &str, line| moved(line, &changes(before, after));
        assert_eq!(place("a\nb\nc\n", "x\na\nb\nc\n", 1), Some(2));
        assert_eq!(place("a\nb\nc\n", "b\nc\n", 2), Some(1));
        assert_eq!(place("a\nb\nc\n", "a\nB\nc\n", 1), None, "the line itself was edited");
        assert_eq!(place("a\nb\nc\n", "a\nb\nC\n", 1), Some(1));
    }
}
