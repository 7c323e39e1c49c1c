//! An edit reaches a text: was it the one that was meant, and if not, does everything come back?

use serde_json::Value;

use super::accept::{Aim, Applied};
use super::editor::{Landing, Via};
use super::files;
use super::manners;
use super::oracle::{self, Known};
use super::personality::Check;
use super::world::{Fault, World};

/// What a user is told of an edit that was late.
const TOLD: &str = "after you had typed there";

impl World {
    pub async fn apply(
        &mut self,
        edit: &Value,
        via: Via,
        aim: &Aim,
        race: usize,
    ) -> Result<Applied, Fault> {
        if let Some(breach) = manners::edit_breach(edit, self.wire.capabilities()) {
            return Err(format!("{breach}: {edit}"));
        }
        if files::is_of_files(edit) {
            return self.apply_in_turn(edit, via, aim).await;
        }
        if self.editor.is_blind(edit)? {
            return Err(format!("an edit of an open document names no version: {edit}"));
        }
        let edit = &self.unticked(edit);
        let unopened = self.editor.unopened(edit)?;
        if !unopened.is_empty() && self.editor.personality.confirms_unopened && self.rng.percent(30)
        {
            return Ok(Applied::Declined);
        }
        for document in unopened {
            self.open(document).await;
        }
        if self.editor.refuses(edit, via)? {
            self.note(format!("refuses {edit}"));
            return Ok(Applied::Refused);
        }
        if self.editor.personality.check == Check::Racy && via == Via::Server {
            let here = self.aimed_at(aim)?;
            self.race(here, race / 4).await;
        }
        self.note(format!("applies {edit}"));
        let landings = self.editor.apply(edit, &mut self.rng)?;
        let mut applied = Applied::Landed;
        for landing in landings {
            if !self.judge(&landing, aim)? {
                self.take_back(&landing, aim).await?;
                applied = Applied::Misplaced;
            }
        }
        if self.rng.percent(70) {
            self.flush_all().await;
        }
        Ok(applied)
    }

    /// What a user leaves of an edit of several files who looks at it first, in editors that show it.
    fn unticked(&mut self, edit: &Value) -> Value {
        let mut edit = edit.clone();
        if let Some(changes) = edit["documentChanges"].as_array_mut()
            && changes.len() > 1
            && self.rng.percent(20)
        {
            changes.remove(self.rng.below(changes.len()));
        }
        edit
    }

    /// Whether an edit did what was wanted. An edit that named the text it found must have.
    pub fn judge(&mut self, landing: &Landing, aim: &Aim) -> Result<bool, Fault> {
        self.tally.landings += 1;
        if aim.wholes.iter().any(|at| self.wholes[*at].fills(landing.document)) {
            return Ok(landing.before.string.is_empty());
        }
        let after = self.editor.documents[landing.document].text.clone();
        let is_here = |at: &&usize| {
            let known = &self.known[**at];
            known.document == landing.document && !known.is_as_wanted(&landing.before, aim.way)
        };
        let here: Vec<usize> = aim.hunks.iter().filter(is_here).copied().collect();
        let of_document = aim.hunks.iter().map(|at| &self.known[*at]);
        let all: Vec<&Known> =
            of_document.filter(|known| known.document == landing.document).collect();
        let hunks: Vec<&Known> = here.iter().map(|at| &self.known[*at]).collect();
        let rebases = self.editor.personality.check == Check::Rebase;
        match (oracle::check(&hunks, aim.way, &landing.before, &after), landing.is_stale) {
            (Ok(places), is_stale) => {
                if is_stale {
                    let tally = &mut self.tally;
                    *(if rebases { &mut tally.carried_over } else { &mut tally.late_but_right }) +=
                        1;
                }
                for (at, place) in here.into_iter().zip(places) {
                    let text = &mut self.editor.documents[landing.document].text;
                    self.known[at].settle(place, aim.way, text);
                }
                return Ok(true);
            }
            (Err(_), true) if rebases => self.tally.merged_by_editor += 1,
            (Err(_), true) => self.tally.misplaced_by_editor += 1,
            // Without a version nothing tells an edit that came too late from one beside what was made by hand.
            (Err(_), false) if landing.is_unversioned => self.tally.misplaced_unversioned += 1,
            (Err(_), false) if oracle::check_by_hand(&all, aim.way, &landing.before, &after) => {
                self.tally.by_hand += 1;
                return Ok(true);
            }
            (Err(fault), false) => {
                let (before, after) = (&landing.before.string, &after.string);
                let ids: Vec<Value> = hunks.iter().map(|known| known.id()).collect();
                return Err(format!("{ids:?} {fault}\n{before:?}\n{after:?}"));
            }
        }
        Ok(false)
    }

    /// The editor put an edit where it was not meant. The server has to put back what was typed as soon as it hears of
    /// it, unless nothing of the user's went or moved.
    pub async fn take_back(&mut self, landing: &Landing, aim: &Aim) -> Result<(), Fault> {
        let here = landing.document;
        let (before, after) = (&landing.before.string, &self.editor.documents[here].text.string);
        let became = format!("  which was late: {before:?} became {after:?}");
        self.note(became);
        let is_harmless = self.is_harmless(landing, aim);
        let n_told = self.wire.told.len();
        // What is under way since before may come first; it is about something else.
        self.wire.wait(1).await;
        let n_under_way = self.put_back_into(here).await?;
        self.flush(here).await;
        self.wire.wait(1).await;
        let n_edits = self.put_back_into(here).await?;
        if n_edits > 0 || n_under_way > 0 && !is_harmless {
            return self.compare_put_back(landing, n_under_way + n_edits).await;
        }
        let is_told = self.wire.told[n_told..].iter().any(|told| told.contains(TOLD));
        // An edit that puts back could come too late itself, and nothing would stop it without a version.
        let is_for_the_user = self.editor.personality.check == Check::Never && is_told;
        if landing.is_unseen {
            self.tally.never_seen += 1;
        } else if !is_harmless && !is_for_the_user {
            return Err("what was typed was not put back".into());
        }
        self.undo_to(landing, 1 + n_under_way).await
    }

    /// How many edits put something back into a document.
    async fn put_back_into(&mut self, document: usize) -> Result<usize, Fault> {
        let documents = self.put_back().await?;
        Ok(documents.into_iter().filter(|at| *at == document).count())
    }

    /// Whether nothing of the user's went or moved, only the hunk stands beside what was typed.
    fn is_harmless(&self, landing: &Landing, aim: &Aim) -> bool {
        let here = landing.document;
        let after = &self.editor.documents[here].text;
        let mut filled =
            aim.wholes.iter().map(|at| &self.wholes[*at]).filter(|whole| whole.fills(here));
        if let Some(whole) = filled.next() {
            return whole.stands_between(&landing.before.string, &after.string, aim.way);
        }
        let of_document = aim.hunks.iter().map(|at| &self.known[*at]);
        let all: Vec<&Known> = of_document.filter(|known| known.document == here).collect();
        oracle::check_by_hand(&all, aim.way, &landing.before, after)
    }

    /// After the server has put something back.
    async fn compare_put_back(&mut self, landing: &Landing, n_edits: usize) -> Result<(), Fault> {
        let document = &mut self.editor.documents[landing.document];
        if document.text.string == landing.before.string {
            document.recognise(&landing.before);
        } else if landing.is_unseen {
            // The server could put back only what it knew of.
            self.tally.never_seen += 1;
            return self.undo_to(landing, 1 + n_edits).await;
        } else if document.has_more_than(&landing.before.string) {
            // Nothing tells a line that the user takes out by hand from the edit that is to take it out. It came back
            // too, and its user was told.
            self.tally.brought_back += 1;
        } else {
            return Err(format!("what was typed was not put back: {:?}", document.text.string));
        }
        self.tally.put_back += 1;
        self.flush(landing.document).await;
        Ok(())
    }

    /// The user takes back what an edit did.
    async fn undo_to(&mut self, landing: &Landing, n_undos: usize) -> Result<(), Fault> {
        let (step, units) = (self.editor.step(&mut self.rng), self.editor.units);
        let document = &mut self.editor.documents[landing.document];
        let undone = (0..n_undos).all(|_| document.undo(step, units));
        if !undone || document.text != landing.before {
            return Err(format!("{n_undos} undos did not bring the text back"));
        }
        self.tally.put_back_by_undo += 1;
        self.flush(landing.document).await;
        Ok(())
    }
}
