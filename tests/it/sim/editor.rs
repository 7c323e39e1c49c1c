//! An editor's hands: what it does with a workspace edit, quirks included.

use std::ops::Range;

use serde_json::Value;

use super::document::{Bias, Document};
use super::personality::{Check, Endings, Personality, Telling};
use super::rng::Rng;
use super::text::{Owners, Text, Units, difference, offset};

pub struct Editor {
    pub personality: &'static Personality,
    pub documents: Vec<Document>,
    pub units: Units,
    pub fresh: Owners,
}

/// Who brought an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    Action,
    Server,
}

/// An edit that is in a text now.
pub struct Landing {
    pub document: usize,
    pub before: Text,
    /// The text had moved on from the version the edit named.
    pub is_stale: bool,
    /// The server has not been told of all that was typed before it.
    pub is_unseen: bool,
    /// It named none.
    pub is_unversioned: bool,
}

/// The part of a workspace edit for one document.
struct Part<'a> {
    document: usize,
    version: Option<i64>,
    edits: &'a [Value],
}

impl Editor {
    pub fn step(&self, rng: &mut Rng) -> i64 {
        rng.between(1, self.personality.version_step_max) as i64
    }

    /// One thing a user does: puts text in place of some bytes.
    pub fn type_in(&mut self, at: usize, bytes: Range<usize>, new: &str, rng: &mut Rng) {
        let (step, units) = (self.step(rng), self.units);
        let document = &mut self.documents[at];
        let new = document.normalised(new, self.personality.endings);
        document.begin();
        document.replace(bytes, &new, step, units, &mut self.fresh);
    }

    /// Files of the edit that are not open.
    pub fn unopened(&self, edit: &Value) -> Result<Vec<usize>, String> {
        let all = self.parts(edit)?;
        let closed = all.iter().map(|part| part.document).filter(|at| !self.documents[*at].is_open);
        Ok(closed.collect())
    }

    /// Whether an edit names no version of a text that is open, so that no editor can tell whether it is too late.
    pub fn is_blind(&self, edit: &Value) -> Result<bool, String> {
        if self.personality.check == Check::Never {
            return Ok(false);
        }
        let parts = self.parts(edit)?;
        let mut open = parts.iter().filter(|part| self.documents[part.document].is_open);
        Ok(open.any(|part| part.version.is_none()))
    }

    /// Whether it would not apply this edit to the texts as they are.
    pub fn refuses(&self, edit: &Value, via: Via) -> Result<bool, String> {
        let parts = self.parts(edit)?;
        let moved_on = |part: &&Part<'_>| self.has_moved_on(part);
        Ok(match self.personality.check {
            Check::Racy => via == Via::Server && parts.iter().any(|part| moved_on(&part)),
            Check::All => parts.iter().any(|part| moved_on(&part)),
            Check::InTurn => parts.first().is_some_and(|part| moved_on(&part)),
            Check::FirstUnlessZero => parts.len() == 1 && self.skips(&parts[0]),
            Check::Rebase | Check::Never => false,
        })
    }

    fn has_moved_on(&self, part: &Part<'_>) -> bool {
        let document = &self.documents[part.document];
        document.is_open && part.version.is_some_and(|version| version != document.version)
    }

    /// Whether this part, the first one, is left out although the others are not.
    fn skips(&self, part: &Part<'_>) -> bool {
        self.personality.check == Check::FirstUnlessZero
            && part.version != Some(0)
            && self.has_moved_on(part)
    }

    /// Which of the parts it applies.
    fn takes(&self, parts: &[Part<'_>]) -> Range<usize> {
        let skipped = usize::from(parts.first().is_some_and(|first| self.skips(first)));
        let in_turn = self.personality.check == Check::InTurn;
        let late = parts.iter().position(|part| in_turn && self.has_moved_on(part));
        skipped..late.unwrap_or(parts.len())
    }

    /// The parameters of every `didChange` that a document owes the server.
    pub fn flush(&mut self, at: usize) -> Vec<Value> {
        let document = &mut self.documents[at];
        let all = document.flush(self.personality.telling, self.units);
        if document.is_open { all } else { Vec::new() }
    }

    /// Applies an edit without another look at versions. All its files are open.
    pub fn apply(&mut self, edit: &Value, rng: &mut Rng) -> Result<Vec<Landing>, String> {
        let parts = self.parts(edit)?;
        let mut all = Vec::new();
        for part in &parts[self.takes(&parts)] {
            all.push((part.document, part.version, self.spans(part)?));
        }
        let mut landings = Vec::new();
        for (at, version, mut spans) in all {
            let (step, units) = (self.step(rng), self.units);
            let document = &mut self.documents[at];
            let before = document.text.clone();
            let is_stale = version.is_some_and(|version| version != document.version);
            let is_unseen = document.owes();
            document.begin();
            // From the end, so that no span moves another.
            spans.sort_by_key(|(bytes, _)| bytes.start);
            spans.reverse();
            if self.personality.telling == Telling::One {
                // It does so where it can look at the text in peace.
                let cut = rng.percent(70);
                document.replace_together(spans, cut, step, units, &mut self.fresh);
            } else {
                for (bytes, new) in spans {
                    document.replace(bytes, &new, step, units, &mut self.fresh);
                }
            }
            landings.push(Landing {
                is_unseen,
                document: at,
                before,
                is_stale,
                is_unversioned: version.is_none(),
            });
        }
        Ok(landings)
    }

    /// The bytes of the current text that each edit of a part replaces here.
    fn spans(&self, part: &Part<'_>) -> Result<Vec<(Range<usize>, String)>, String> {
        let document = &self.documents[part.document];
        let rebases = self.personality.check == Check::Rebase;
        let mut spans = Vec::new();
        for edit in part.edits {
            if !rebases {
                let new = edit["newText"].as_str().ok_or("an edit without text")?;
                let new = document.normalised(new, self.personality.endings);
                spans.push((self.span(&document.text.string, edit)?, new));
                continue;
            }
            let (version, seen) = document.seen(part.version);
            let (old, new) = self.replaced(seen, edit)?;
            let start = document.carried(old.start, version, Bias::After);
            let end = document.carried(old.end, version, Bias::Before).max(start);
            spans.push((start..end, new));
        }
        Ok(spans)
    }

    /// The bytes of a text that an edit names.
    fn span(&self, text: &str, edit: &Value) -> Result<Range<usize>, String> {
        let end = |name: &str| {
            let place = &edit["range"][name];
            let (line, column) = (place["line"].as_u64(), place["character"].as_u64());
            let (line, column) = line.zip(column).ok_or("an edit without a range")?;
            Ok::<_, String>(offset(text, line as usize, column as usize, self.units))
        };
        Ok(end("start")?..end("end")?)
    }

    /// What an edit of a text really changes: those bytes of it become that.
    pub fn replaced(&self, text: &str, edit: &Value) -> Result<(Range<usize>, String), String> {
        let new = edit["newText"].as_str().ok_or("an edit without text")?;
        let new = if self.personality.endings == Endings::LineFeeds {
            new.replace("\r\n", "\n")
        } else {
            new.to_owned()
        };
        let bytes = self.span(text, edit)?;
        let (old, kept) = difference(&text[bytes.clone()], &new);
        Ok((bytes.start + old.start..bytes.start + old.end, new[kept].to_owned()))
    }

    fn parts<'a>(&self, edit: &'a Value) -> Result<Vec<Part<'a>>, String> {
        let part = |uri: &str, version: Option<i64>, edits: &'a Value| {
            let document = self.documents.iter().position(|document| document.uri == uri);
            let document = document.ok_or_else(|| format!("an edit of {uri}, which is no file"))?;
            let edits = edits.as_array().ok_or("edits that are no list")?;
            Ok::<_, String>(Part { document, version, edits })
        };
        if let Some(changes) = edit["documentChanges"].as_array() {
            let all = changes.iter().map(|change| {
                let document = &change["textDocument"];
                let uri = document["uri"].as_str().ok_or("no text edit")?;
                part(uri, document["version"].as_i64(), &change["edits"])
            });
            return all.collect();
        }
        let changes = edit["changes"].as_object().ok_or("an edit of nothing")?;
        changes.iter().map(|(uri, edits)| part(uri, None, edits)).collect()
    }
}
