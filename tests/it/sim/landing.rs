//! An edit reaches a text: was it the one that was meant, and if not, does everything come back?

use serde_json::{Value, json};

use super::accept::{Aim, Applied};
use super::editor::{Landing, Via};
use super::manners;
use super::oracle::{self, Known};
use super::personality::Check;
use super::world::{Fault, World};

impl World {
    pub async fn apply(
        &mut self,
        edit: &Value,
        via: Via,
        aim: &Aim,
        race: usize,
    ) -> Result<Applied, Fault> {
        if let Some(breach) = manners::edit_breach(edit, &(self.editor.personality.capabilities)())
        {
            return Err(format!("{breach}: {edit}"));
        }
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
            self.race(self.known[aim.hunks[0]].document, race / 4).await;
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

    /// Applies what the server puts back unasked: the user has taken back or made again what it just dealt with.
    pub async fn put_back(&mut self) {
        while let Some(which) = self.wire.asked.iter().position(is_put_back) {
            let Some(request) = self.wire.asked.remove(which) else { return };
            let edit = &request["params"]["edit"];
            self.note(format!("put back: {edit}"));
            if self.editor.refuses(edit, Via::Server) == Ok(false) {
                self.editor.apply(edit, &mut self.rng).ok();
            }
            self.wire.respond(&request, Ok(json!({"applied": true}))).await;
        }
    }

    /// Whether an edit did what was wanted. An edit that named the text it found must have.
    fn judge(&mut self, landing: &Landing, aim: &Aim) -> Result<bool, Fault> {
        self.tally.landings += 1;
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
            (Err(_), false) if oracle::check_by_hand(&all, aim.way, &landing.before, &after) => {
                self.tally.by_hand += 1;
                return Ok(true);
            }
            (Err(_), false) if landing.is_unversioned => self.tally.misplaced_unversioned += 1,
            (Err(fault), false) => {
                let (before, after) = (&landing.before.string, &after.string);
                let ids: Vec<Value> = hunks.iter().map(|known| known.id()).collect();
                return Err(format!("{ids:?} {fault}\n{before:?}\n{after:?}"));
            }
        }
        Ok(false)
    }

    /// The editor put an edit where it was not meant. The server has to put back what was typed as soon as it hears of
    /// it, or at least to tell, and never to take the hunk for accepted.
    async fn take_back(&mut self, landing: &Landing, aim: &Aim) -> Result<(), Fault> {
        self.note("  which was late");
        let here = landing.document;
        let n_told = self.wire.told.len();
        self.flush(here).await;
        self.wire.wait(1).await;
        if let Some(which) = self.wire.asked.iter().position(is_put_back) {
            let request = self.wire.asked.remove(which).unwrap();
            let edit = &request["params"]["edit"];
            self.note(format!("  put back by {edit}"));
            if !self.editor.refuses(edit, Via::Server)? {
                self.editor.apply(edit, &mut self.rng)?;
            }
            self.wire.respond(&request, Ok(json!({"applied": true}))).await;
            let (step, units) = (self.editor.step(&mut self.rng), self.editor.units);
            let document = &mut self.editor.documents[here];
            if document.text.string != landing.before.string && landing.is_unseen {
                // The server could put back only what it knew of.
                self.tally.never_seen += 1;
                self.tally.put_back_by_undo += 1;
                if !(document.undo(step, units) && document.undo(step, units))
                    || document.text != landing.before
                {
                    return Err("two undos did not bring the text back".into());
                }
                self.flush(here).await;
                return Ok(());
            }
            if document.text.string != landing.before.string {
                return Err(format!("what was typed was not put back: {:?}", document.text.string));
            }
            document.recognise(&landing.before);
            self.tally.put_back += 1;
            self.flush(here).await;
            return Ok(());
        }
        let here_too = |at: &&usize| self.known[**at].document == here;
        let hunks: Vec<usize> = aim.hunks.iter().filter(here_too).copied().collect();
        let id = self.known[*hunks.first().ok_or("an edit of another file")?].id();
        self.command("greenloop.hunk.recheck", id).await?;
        self.wire.wait(700).await;
        let mut states = Vec::new();
        for at in hunks {
            states.extend(self.state_of(at).await?);
        }
        let told = self.wire.told.len() > n_told;
        // Nothing of the user's went or moved, only the hunk stands beside what was typed.
        let of_document = aim.hunks.iter().map(|at| &self.known[*at]);
        let all: Vec<&Known> = of_document.filter(|known| known.document == here).collect();
        let after = &self.editor.documents[here].text;
        let is_harmless = oracle::check_by_hand(&all, aim.way, &landing.before, after);
        let shows = states.iter().any(|state| state == "conflict" || state == "settled");
        if landing.is_unseen {
            self.tally.never_seen += 1;
        } else if !told && !shows && !is_harmless {
            return Err(format!("a misplaced hunk is {states:?}, and nobody was told"));
        }
        let (step, units) = (self.editor.step(&mut self.rng), self.editor.units);
        let document = &mut self.editor.documents[here];
        if !document.undo(step, units) || document.text != landing.before {
            return Err("undo did not bring the text back".into());
        }
        self.tally.put_back_by_undo += 1;
        self.flush(here).await;
        Ok(())
    }
}

fn is_put_back(request: &Value) -> bool {
    request["params"]["label"] == "Put back what was typed"
}
