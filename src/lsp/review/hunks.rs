//! The decisions a proposal asks for in one file, as the texts are now.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tower_lsp::lsp_types::Range as ProtoRange;

use super::evidence::{self, InTexts, Offer};
use super::job::ReviewJob;
use super::side::{Look, Side};
use crate::base::ids::{RunId, StepId};
use crate::base::path::RepoPath;
use crate::base::text::Encoding;
use crate::engine::ReviewFile;
use crate::logic::review::file::{FileState, Places, file_state};
use crate::logic::review::outside::is_edited_outside;
use crate::logic::review::overlap::{Placed, Relation, relations};
use crate::logic::review::{HunkState as Found, Reading};
use crate::logic::swap;
use crate::lsp::documents::Text;
use crate::lsp::{summary, to_proto};
use crate::model::proposal::{ChangeKind, FileChange, Hunk, Other, Proposal, StepChange};
use crate::model::subset::Choice;

/// Which decision of which run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HunkId {
    #[serde(rename = "taskId")]
    pub run: RunId,
    pub path: RepoPath,
    /// Index among the file's hunks; 0 for a file that is made, deleted or renamed.
    pub hunk: usize,
    /// Only these of its parts; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<usize>,
}

#[derive(Clone, Debug)]
pub struct HunkView {
    pub id: HunkId,
    /// For example `change 1/2: compare with >=`.
    pub label: String,
    /// What the checks say of the texts once it is accepted, for example `41/41 tests pass`.
    pub evidence: String,
    /// Lines of the text that it replaces, or that it put there.
    pub lines: Range<u32>,
    /// Where it is shown.
    pub range: ProtoRange,
    pub n_removed: usize,
    /// The lines it puts in, with their breaks as the proposal has them.
    pub inserted: Arc<str>,
    pub state: HunkState,
    /// The pieces that can be accepted alone.
    pub parts: Vec<Found>,
    /// The proposal it belongs to: decisions and files.
    pub whole: (usize, usize),
    /// How many of the proposal's decisions are about what judges it.
    pub n_judging: usize,
    /// How many edits of what judges it were left out of the proposal.
    pub n_left_out: usize,
    /// A language model made it.
    pub llm: bool,
    /// What can be had in its place: number and words.
    pub others: Vec<(usize, String)>,
    /// The step that made it, where there are several.
    pub step: Option<StepView>,
    /// All that can go into its file.
    pub of_file: Offer,
    /// All of the proposal that was not rejected.
    pub of_proposal: Offer,
}

/// A step of the plan, as one of its changes shows it.
#[derive(Clone, Debug)]
pub struct StepView {
    pub id: StepId,
    pub title: String,
    /// Decisions about its changes.
    pub n_changes: usize,
    /// All of them that were not rejected.
    pub offer: Offer,
}

impl StepView {
    fn of(step: &StepChange) -> StepView {
        let (id, title, n_changes) = (step.step, step.title.clone(), step.hunks.len());
        StepView { id, title, n_changes, offer: Offer::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HunkState {
    Pending,
    /// Some of its parts are in the text, the others can follow.
    Partly,
    Applied,
    Rejected,
    /// The text holds neither what it replaces nor what it puts there.
    Conflict,
    /// As `Conflict`, but it was applied before: the user went on from there.
    Settled,
    /// A newer proposal makes the same change, or another one in its place.
    Superseded,
}

/// The decisions of a proposal about the file at `path`, one of the places of the file it is about.
pub fn hunks(
    job: &ReviewJob,
    path: &RepoPath,
    text: Option<&Text>,
    encoding: Encoding,
) -> Vec<HunkView> {
    let (change, file) = (&job.review.proposal.files[job.file], &job.review.files[job.file]);
    let found = match change.kind {
        ChangeKind::Modify => lines(job, text),
        ChangeKind::Create | ChangeKind::Delete | ChangeKind::Rename { .. } => {
            whole(job, change, path).into_iter().collect()
        }
    };
    let views = found.into_iter().enumerate();
    let mut views: Vec<HunkView> =
        views.map(|(hunk, reading)| view(job, change, file, hunk, reading)).collect();
    if let Some(text) = text {
        for view in &mut views {
            view.range = to_proto::visible(text, shown_lines(&view.lines), encoding);
        }
    }
    views
}

/// The lines something is shown at: for an insertion the line it comes behind.
fn shown_lines(lines: &Range<u32>) -> Range<u32> {
    if lines.is_empty() {
        let line = lines.start.saturating_sub(1);
        return line..line + 1;
    }
    lines.clone()
}

/// How each decision about a file stands in the texts, whatever the user said of it.
pub fn found(job: &ReviewJob) -> Vec<Reading> {
    match job.review.proposal.files[job.file].kind {
        ChangeKind::Modify => lines(job, job.places.here.text().as_deref()),
        ChangeKind::Create | ChangeKind::Delete | ChangeKind::Rename { .. } => {
            vec![as_reading(whole_state(job))]
        }
    }
}

/// The decisions about a file that were in its text before what the user made of them.
pub fn settled(job: &ReviewJob) -> Vec<usize> {
    let is_settled = |(reading, settled): (Reading, &bool)| {
        *settled && matches!(reading.state, Found::Conflict { .. })
    };
    let all = found(job).into_iter().zip(&job.settled).map(is_settled).enumerate();
    all.filter(|(_, is_settled)| *is_settled).map(|(hunk, _)| hunk).collect()
}

/// The state of each hunk; all in conflict when the file has no text.
fn lines(job: &ReviewJob, text: Option<&Text>) -> Vec<Reading> {
    match text {
        Some(text) => job.reader().readings(&text.string),
        None => {
            let change = &job.review.proposal.files[job.file];
            vec![as_reading(FileState::Conflict); change.hunks.len()]
        }
    }
}

/// The state of a file that is made, deleted or renamed; `None` where another place of it shows it.
fn whole(job: &ReviewJob, change: &FileChange, path: &RepoPath) -> Option<Reading> {
    let state = whole_state(job);
    let moved = matches!(state, FileState::Applied);
    let shown_here = (change.path == *path) == (moved || job.places.from.is_none());
    shown_here.then(|| as_reading(state))
}

/// At the top of the file, in one part.
fn as_reading(state: FileState) -> Reading {
    let lines = 0..0;
    let state = match state {
        FileState::Pending => Found::Pending { lines },
        FileState::Applied => Found::Applied { lines },
        FileState::Conflict => Found::Conflict { lines },
    };
    Reading { parts: vec![state.clone()], state }
}

/// Where a file that is made, deleted or renamed stands.
pub fn whole_state(job: &ReviewJob) -> FileState {
    let (change, file) = (&job.review.proposal.files[job.file], &job.review.files[job.file]);
    let from = job.places.from.as_ref().map_or(Look::Nothing, Side::look);
    let (here, from) = match (job.places.here.look(), from) {
        (Look::Unreadable, _) | (_, Look::Unreadable) => return FileState::Conflict,
        looks => looks,
    };
    let places = Places { here: string(&here), from: string(&from) };
    // What is done to a file is done to all that show it.
    let is_shown = |other: &Side| {
        let other = other.look();
        string(&other).is_some_and(|text| [places.here, places.from].contains(&Some(text)))
    };
    if !job.places.others.iter().all(is_shown) {
        return FileState::Conflict;
    }
    file_state(change, &file.before, &file.after, places)
}

fn string(look: &Look) -> Option<&str> {
    match look {
        Look::Text(text) => Some(&text.string),
        Look::Nothing | Look::Unreadable => None,
    }
}

fn view(
    job: &ReviewJob,
    change: &FileChange,
    file: &ReviewFile,
    hunk: usize,
    reading: Reading,
) -> HunkView {
    let is_rejected = file.rejected.get(hunk).copied().unwrap_or_default();
    let is_settled = job.settled.get(hunk).copied().unwrap_or_default();
    let Reading { state, parts } = reading;
    let (lines, state) = match state {
        Found::Pending { lines } | Found::Partly { lines } if is_rejected => {
            (lines, HunkState::Rejected)
        }
        Found::Pending { lines } => (lines, HunkState::Pending),
        Found::Partly { lines } => (lines, HunkState::Partly),
        Found::Applied { lines } => (lines, HunkState::Applied),
        Found::Conflict { lines } if is_rejected => (lines, HunkState::Rejected),
        Found::Conflict { lines } if is_settled => (lines, HunkState::Settled),
        Found::Conflict { lines } => (lines, HunkState::Conflict),
    };
    let proposal = &job.review.proposal;
    let own = own_hunks(change, hunk);
    let step = proposal.step_of(&(change.path.clone(), hunk));
    let title = step.map_or(&proposal.title, |step| &step.title);
    let inserted: String = own.iter().flat_map(|hunk| &hunk.inserted).map(String::as_str).collect();
    HunkView {
        id: HunkId { run: proposal.run, path: change.path.clone(), hunk, parts: Vec::new() },
        label: format!(
            "change {}/{}{}: {}",
            job.n_before + hunk + 1,
            job.n_total,
            summary::judges(proposal, &change.path, hunk),
            summary::change(change, title)
        ),
        evidence: String::new(),
        lines,
        range: ProtoRange::default(),
        n_removed: own.iter().map(|hunk| hunk.removed.len()).sum(),
        inserted: inserted.into(),
        state,
        parts,
        whole: (job.n_total, proposal.files.len()),
        n_judging: proposal.guard.allowed.len(),
        n_left_out: proposal.guard.left_out.iter().map(|left| left.change.n_items()).sum(),
        llm: step.map_or(proposal.llm, |step| step.llm),
        others: others(proposal, step),
        step: step.filter(|_| proposal.steps.len() > 1).map(StepView::of),
        of_file: Offer::default(),
        of_proposal: Offer::default(),
    }
}

/// What can be had in the place of what a step brought.
fn others(proposal: &Proposal, step: Option<&StepChange>) -> Vec<(usize, String)> {
    let of_step = |(_, brought, _): &(usize, &StepChange, &Other)| Some(*brought) == step;
    let others = swap::others(proposal).filter(of_step);
    others.map(|(number, _, other)| (number, other.title.clone())).collect()
}

/// Puts those hunks of a proposal aside that a newer one does not leave room for.
pub fn supersede(hunks: &mut [HunkView], job: &ReviewJob, newer: &ReviewJob, text: &Text) {
    let read = |job: &ReviewJob| {
        let change = &job.review.proposal.files[job.file];
        (change.kind == ChangeKind::Modify).then(|| lines(job, Some(text)))
    };
    let (Some(ours), Some(theirs)) = (read(job), read(newer)) else { return };
    let ours = placed(job, &ours);
    let relations = relations(&ours, &placed(newer, &theirs), &text.string);
    let open = hunks.iter_mut().zip(relations).filter(|(hunk, _)| hunk.is_open());
    for (hunk, _) in open.filter(|(_, relation)| *relation != Relation::Disjoint) {
        hunk.state = HunkState::Superseded;
    }
}

fn placed<'a>(job: &'a ReviewJob, readings: &'a [Reading]) -> Vec<Placed<'a>> {
    let hunks = job.review.proposal.files[job.file].hunks.iter();
    hunks.zip(readings).map(|(hunk, reading)| Placed { hunk, reading }).collect()
}

/// What the text of one file holds of a proposal, of whose decisions about it these are the views.
pub fn in_texts(hunks: &[HunkView], job: &ReviewJob, text: Option<&Text>) -> InTexts {
    let of = |states: &[HunkState]| {
        let own = hunks.iter().filter(|hunk| states.contains(&hunk.state));
        own.map(|hunk| (hunk.id.path.clone(), hunk.id.hunk)).collect()
    };
    let path = &job.review.proposal.files[job.file].path;
    let is_edited = !hunks.is_empty() && is_edited(hunks, job, text);
    InTexts {
        applied: of(&[HunkState::Applied]),
        partly: of(&[HunkState::Partly]),
        stuck: of(&[HunkState::Settled, HunkState::Conflict]),
        edited: is_edited.then(|| path.clone()).into_iter().collect(),
    }
}

/// Whether the file differs from what the proposal was made for at any other lines than those of its hunks.
fn is_edited(hunks: &[HunkView], job: &ReviewJob, text: Option<&Text>) -> bool {
    let (change, file) = (&job.review.proposal.files[job.file], &job.review.files[job.file]);
    let is_other = |places: &[Range<u32>], text: &Text| {
        is_edited_outside(&file.before, &change.hunks, places, &text.string)
    };
    match change.kind {
        ChangeKind::Modify => {
            let places: Vec<Range<u32>> = hunks.iter().map(|hunk| hunk.lines.clone()).collect();
            text.is_some_and(|text| is_other(&places, text))
        }
        ChangeKind::Rename { .. } => {
            let side = job.places.from.as_ref().filter(|from| from.text().is_some());
            let text = side.unwrap_or(&job.places.here).text();
            text.is_some_and(|text| {
                let readings = job.reader().readings(&text.string);
                let places: Vec<Range<u32>> =
                    readings.iter().map(|found| found.state.lines().clone()).collect();
                is_other(&places, &text)
            })
        }
        // Their states say it all.
        ChangeKind::Create | ChangeKind::Delete => false,
    }
}

/// Says what is known of the texts once each of these hunks of one file is accepted on top of what is in them.
pub fn add_evidence(hunks: &mut [HunkView], job: &ReviewJob, texts: &InTexts) {
    let (proposal, path) = (&job.review.proposal, &job.review.proposal.files[job.file].path);
    let kept = evidence::kept(&job.view, proposal);
    let offer = |wanted: &Choice| Offer::new(&job.view, proposal, wanted, texts);
    let open = hunks.iter().filter(|hunk| hunk.can_go_in());
    let (of_file, of_proposal) =
        (offer(&open.map(|hunk| (path.clone(), hunk.id.hunk)).collect()), offer(&kept));
    let mut of_steps: HashMap<StepId, Offer> = HashMap::new();
    let mut items = texts.applied.clone();
    for hunk in hunks {
        let item = (path.clone(), hunk.id.hunk);
        let is_new = items.insert(item.clone());
        hunk.evidence = evidence::of(&job.view, proposal, &items, texts);
        if is_new {
            items.remove(&item);
        }
        (hunk.of_file, hunk.of_proposal) = (of_file.clone(), of_proposal.clone());
        if let Some(step) = &mut hunk.step {
            let made = proposal.steps.iter().find(|made| made.step == step.id);
            let of_step = || offer(&made.map(|made| &made.hunks & &kept).unwrap_or_default());
            step.offer = of_steps.entry(step.id).or_insert_with(of_step).clone();
        }
    }
}

/// The hunks that one decision is about.
fn own_hunks(change: &FileChange, hunk: usize) -> &[Hunk] {
    match change.kind {
        ChangeKind::Modify => change.hunks.get(hunk..=hunk).unwrap_or_default(),
        ChangeKind::Create | ChangeKind::Delete | ChangeKind::Rename { .. } => &change.hunks,
    }
}

impl HunkView {
    /// Whether one of its lines is among those from `first` to `last`; an insertion touches the lines on both sides.
    pub fn touches(&self, first: u32, last: u32) -> bool {
        let (start, end) = match self.lines.is_empty() {
            true => (self.lines.start.saturating_sub(1), self.lines.start),
            false => (self.lines.start, self.lines.end - 1),
        };
        start <= last && first <= end
    }

    /// Whether it waits for the user.
    pub fn is_open(&self) -> bool {
        self.can_go_in() || self.state == HunkState::Conflict
    }

    /// Whether it, or the rest of it, can be accepted.
    pub fn can_go_in(&self) -> bool {
        matches!(self.state, HunkState::Pending | HunkState::Partly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insertion_touches_the_lines_on_both_sides() {
        let hunk = |lines| HunkView {
            id: HunkId { run: RunId(0), path: RepoPath::root(), hunk: 0, parts: Vec::new() },
            label: String::new(),
            evidence: String::new(),
            lines,
            range: ProtoRange::default(),
            n_removed: 0,
            inserted: "x".into(),
            state: HunkState::Pending,
            parts: Vec::new(),
            whole: (1, 1),
            n_judging: 0,
            n_left_out: 0,
            llm: false,
            others: Vec::new(),
            step: None,
            of_file: Offer::default(),
            of_proposal: Offer::default(),
        };
        let touched = |lines: Range<u32>| {
            (0..6).filter(|line| hunk(lines.clone()).touches(*line, *line)).collect::<Vec<_>>()
        };
        assert_eq!(touched(2..2), [1, 2]);
        assert_eq!(touched(0..0), [0]);
        assert_eq!(touched(2..4), [2, 3]);
        assert!(hunk(2..4).touches(0, 9));
    }
}
