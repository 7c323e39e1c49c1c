//! What runs propose: changes of lines and of whole files, made from the texts that they saw.

use greenloop::base::ids::RunId;
use greenloop::base::path::RepoPath;
use greenloop::model::proposal::{ChangeKind, FileChange};

use super::document::Document;
use super::engine::Draft;
use super::oracle::Known;
use super::text::Text;
use super::whole::Whole;
use super::world::World;

/// Tests that proposals turn green.
const TESTS: &[&str] = &["test_a", "test_b"];

/// Of the files of an interleaving.
const FILES_MAX: usize = 8;

/// A run that was asked for, with the texts it saw.
pub struct Started {
    pub id: RunId,
    pub bases: Vec<Base>,
}

pub struct Base {
    pub document: usize,
    /// As the run sees it.
    pub string: String,
    /// As the editor sees it.
    pub text: Text,
}

/// A draft with the document it is for and the base it was made from.
struct Made {
    draft: Draft,
    document: usize,
    base: Option<usize>,
}

/// What a run calls its proposal.
pub fn title(id: RunId) -> String {
    format!("make it so as {id}")
}

impl World {
    pub fn is_at_work(&self) -> bool {
        !self.started.is_empty()
    }

    /// The run that has been at work longest proposes changes; the files whose lines it changes, with their texts then.
    pub fn propose(&mut self) -> Vec<(usize, String)> {
        self.propose_with(30)
    }

    /// The same, with changes of whole files by this chance.
    pub fn propose_with(&mut self, chance_of_whole: usize) -> Vec<(usize, String)> {
        if self.started.is_empty() {
            return Vec::new();
        }
        let Started { id, bases } = self.started.remove(0);
        let mut made = Vec::new();
        if self.rng.percent(chance_of_whole) && self.editor.documents.len() < FILES_MAX {
            made.push(self.draft_whole(&bases));
        }
        for (at, base) in bases.iter().enumerate() {
            let is_taken = made.iter().any(|made| made.base == Some(at));
            if !is_taken && (self.rng.percent(70) || bases.len() == 1) {
                let after = self.words.revised(&base.string, &mut self.rng);
                made.extend((base.string != after).then(|| {
                    let draft = self.draft(base.document, ChangeKind::Modify, &base.string, after);
                    Made { draft, document: base.document, base: Some(at) }
                }));
            }
        }
        if made.is_empty() {
            return Vec::new();
        }
        self.tell(id, &bases, made)
    }

    fn tell(&mut self, id: RunId, bases: &[Base], made: Vec<Made>) -> Vec<(usize, String)> {
        let fixed: Vec<&'static str> =
            TESTS.iter().copied().filter(|_| self.rng.percent(25)).collect();
        let drafts = made.iter().map(|made| made.draft.clone()).collect();
        let review = self.engine.propose(id, &title(id), drafts, &fixed);
        let mut files = Vec::new();
        for (change, made) in review.proposal.files.iter().zip(made) {
            self.learn(id, bases, change, &made);
            if change.kind == ChangeKind::Modify {
                files.push((made.document, made.draft.after));
            }
        }
        self.proposals.push((id, fixed));
        self.replace_older();
        self.note(format!("run {id} proposes {:?}", review.proposal.files));
        files
    }

    fn draft(&self, document: usize, kind: ChangeKind, before: &str, after: String) -> Draft {
        let path = RepoPath::new(&self.editor.documents[document].path).unwrap();
        Draft { path, kind, before: before.to_owned(), after, left_out: false }
    }

    /// A file is made, deleted or renamed.
    fn draft_whole(&mut self, bases: &[Base]) -> Made {
        let at = self.rng.below(bases.len().max(1));
        let Some(base) = bases.get(at).filter(|_| self.rng.percent(65)) else {
            let document = self.expect_file();
            let after = self.words.file(&mut self.rng);
            let draft = self.draft(document, ChangeKind::Create, "", after);
            return Made { draft, document, base: None };
        };
        if self.rng.percent(50) {
            let document = base.document;
            let draft = self.draft(document, ChangeKind::Delete, &base.string, String::new());
            return Made { draft, document, base: Some(at) };
        }
        let document = self.expect_file();
        let from = RepoPath::new(&self.editor.documents[base.document].path).unwrap();
        let after = if self.rng.percent(50) {
            base.string.clone()
        } else {
            self.words.revised(&base.string, &mut self.rng)
        };
        let draft = self.draft(document, ChangeKind::Rename { from }, &base.string, after);
        Made { draft, document, base: Some(at) }
    }

    /// A file that is not there yet.
    fn expect_file(&mut self) -> usize {
        let editor = &mut self.editor;
        let path = format!("new{}.py", editor.documents.len());
        let absent = Document::absent(&path, editor.personality, &mut editor.fresh);
        editor.documents.push(absent);
        editor.documents.len() - 1
    }

    /// Ties a proposed change to the lines and the files it was made from.
    fn learn(&mut self, id: RunId, bases: &[Base], change: &FileChange, made: &Made) {
        let base = made.base.map(|at| &bases[at]);
        let is_whole = change.kind != ChangeKind::Modify;
        let has_lines = matches!(change.kind, ChangeKind::Modify | ChangeKind::Rename { .. });
        if let Some(base) = base.filter(|_| has_lines) {
            let of_whole = is_whole.then_some(self.wholes.len());
            let path = change.path.as_str();
            for hunk in change.hunks.iter().enumerate() {
                let mut known = Known::new(id, path, hunk, base.document, &base.text);
                known.of_whole = of_whole;
                self.known.push(known);
            }
        }
        if is_whole {
            let is_rename = matches!(change.kind, ChangeKind::Rename { .. });
            self.wholes.push(Whole {
                run: id,
                path: change.path.to_string(),
                kind: change.kind.clone(),
                document: made.document,
                from: base.filter(|_| is_rename).map(|base| base.document),
                before: made.draft.before.clone(),
                after: made.draft.after.clone(),
                is_rejected: false,
                is_replaced: false,
            });
        }
    }

    /// Of two proposals that turn one test green the one of the later run counts.
    fn replace_older(&mut self) {
        self.proposals.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        let mut kept: Vec<&&'static str> = Vec::new();
        for (id, fixed) in &self.proposals {
            let is_replaced = fixed.iter().any(|test| kept.contains(&test));
            if !is_replaced {
                kept.extend(fixed);
            }
            let own = self.known.iter_mut().filter(|known| known.run == *id);
            own.for_each(|known| known.is_replaced = is_replaced);
            let own = self.wholes.iter_mut().filter(|whole| whole.run == *id);
            own.for_each(|whole| whole.is_replaced = is_replaced);
        }
    }
}
