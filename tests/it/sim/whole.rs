//! Changes of whole files: a file is made, deleted, or gets another name.

use greenloop::base::ids::RunId;
use greenloop::model::proposal::ChangeKind;
use serde_json::{Value, json};

use super::document::Document;
use super::oracle::{Way, same_lines};
use super::text::{bare, lines};

/// A proposed change of a whole file.
#[derive(Clone, Debug)]
pub struct Whole {
    pub run: RunId,
    pub path: String,
    pub kind: ChangeKind,
    pub document: usize,
    /// Where a renamed file comes from.
    pub from: Option<usize>,
    pub before: String,
    pub after: String,
    /// The user said no.
    pub is_rejected: bool,
    /// A newer proposal has taken its place.
    pub is_replaced: bool,
}

impl Whole {
    /// As the server names it.
    pub fn id(&self) -> Value {
        json!({"taskId": self.run, "path": self.path, "hunk": 0})
    }

    /// Whether the files are as the change leaves them, or as it found them.
    pub fn is_as_wanted(&self, documents: &[Document], way: Way) -> bool {
        let is_there = |at: usize| documents[at].is_there;
        let holds = |text: &str| {
            is_there(self.document) && same_lines(&documents[self.document].text.string, text)
        };
        match (&self.kind, way, self.from) {
            (ChangeKind::Create, Way::In, _) => holds(&self.after),
            (ChangeKind::Delete, Way::Out, _) => holds(&self.before),
            (ChangeKind::Rename { .. }, way, Some(from)) => {
                is_there(self.document) == (way == Way::In) && is_there(from) == (way == Way::Out)
            }
            _ => !is_there(self.document),
        }
    }

    /// Whether a document is one that it is about.
    pub fn is_about(&self, document: usize) -> bool {
        self.document == document || self.from == Some(document)
    }

    /// Whether it is about a file that it makes or brings back.
    pub fn fills(&self, document: usize) -> bool {
        self.from.is_none() && self.document == document
    }

    /// Whether the lines that it puts into its file stand between those that were there.
    pub fn stands_between(&self, before: &str, after: &str, way: Way) -> bool {
        let (old, all) = (lines(before), lines(after));
        let own = lines(if way == Way::In { &self.after } else { &self.before });
        let same = |a: &[&str], b: &[&str]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| bare(a) == bare(b))
        };
        (0..=old.len()).any(|at| same(&[&old[..at], &own, &old[at..]].concat(), &all))
    }

    /// What a file holds that is to be deleted for it.
    pub fn deletes(&self, way: Way) -> Option<&str> {
        match (&self.kind, way) {
            (ChangeKind::Create, Way::Out) => Some(&self.after),
            (ChangeKind::Delete, Way::In) => Some(&self.before),
            _ => None,
        }
    }
}
