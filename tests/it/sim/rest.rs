//! An edit of which only a part arrived: the server asks its user about the rest, and does what is chosen.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::accept::{Aim, Applied};
use super::editor::Via;
use super::oracle::Way;
use super::proposals::title;
use super::world::{Fault, World};

impl World {
    /// Whether nothing in open texts contradicts what is wanted, and something is to be done.
    pub fn is_clean(&self, aim: &Aim) -> bool {
        let documents = &self.editor.documents;
        let fits = |at: &usize| {
            let known = &self.known[*at];
            let document = &documents[known.document];
            let text = &document.text;
            let is_known = known.place(text).is_some() || known.landed_at(text).is_some();
            document.is_open && known.is_clear() && !known.is_replaced && is_known
        };
        aim.wholes.is_empty()
            && aim.hunks.iter().all(fits)
            && !self.missing_of(aim).hunks.is_empty()
    }

    /// What of an aim the texts do not show as it wants it.
    pub fn missing_of(&self, aim: &Aim) -> Aim {
        let documents = &self.editor.documents;
        let hunk_is_missing = |at: &usize| {
            let known = &self.known[*at];
            !known.is_as_wanted(&documents[known.document].text, aim.way)
        };
        let file_is_missing = |at: &usize| !self.wholes[*at].is_as_wanted(documents, aim.way);
        Aim {
            hunks: aim.hunks.iter().copied().filter(hunk_is_missing).collect(),
            wholes: aim.wholes.iter().copied().filter(file_is_missing).collect(),
            way: aim.way,
        }
    }

    /// After an edit for what was all `missing` before: chooses what becomes of the rest, or nothing.
    pub async fn choose_about_rest(&mut self, aim: &Aim, missing: &Aim) -> Result<(), Fault> {
        let left = self.missing_of(aim);
        let without = |all: &[usize], left: &[usize]| {
            all.iter().copied().filter(|at| !left.contains(at)).collect()
        };
        let arrived = Aim {
            hunks: without(&missing.hunks, &left.hunks),
            wholes: without(&missing.wholes, &left.wholes),
            way: aim.way,
        };
        if arrived.is_empty() || left.is_empty() {
            return Ok(());
        }
        self.flush_all().await;
        self.wire.wait(400).await;
        let text = self.question_about(missing, &left);
        let (choice, aim) = match (self.rng.below(3), aim.way) {
            (0, _) => ("Finish", left),
            (1, Way::In) => ("Roll back", Aim { way: Way::Out, ..arrived }),
            (1, Way::Out) => ("Roll back", Aim { way: Way::In, ..aim.clone() }),
            _ => return Ok(()),
        };
        let is_meant = |question: &Value| question["params"]["message"] == text;
        let Some(at) = self.wire.questions.iter().position(is_meant) else { return Ok(()) };
        let Some(question) = self.wire.questions.remove(at) else { return Ok(()) };
        self.note(format!("{}: {choice}", question["params"]["message"]));
        self.tally.asked += 1;
        let n_told = self.wire.told.len();
        if self.rng.percent(30) {
            self.command("greenloop.answer", json!({"choice": choice})).await?;
        } else {
            self.wire.respond(&question, Ok(json!({"title": choice}))).await;
        }
        self.finish_rest(&aim, n_told).await
    }

    /// What the server asks when this is left of what was missing.
    fn question_about(&self, missing: &Aim, left: &Aim) -> String {
        let n_of = |aim: &Aim| {
            let own = aim.hunks.iter().filter(|at| self.known[**at].of_whole.is_none());
            own.count() + aim.wholes.len()
        };
        let hunks = left.hunks.iter().map(|at| &*self.known[*at].path);
        let files: BTreeSet<&str> =
            hunks.chain(left.wholes.iter().map(|at| &*self.wholes[*at].path)).collect();
        let files = files.into_iter().collect::<Vec<_>>().join(", ");
        let (n_left, n_all) = (n_of(left), n_of(missing));
        let of_hunks = left.hunks.iter().map(|at| self.known[*at].run);
        let mut runs = of_hunks.chain(left.wholes.iter().map(|at| self.wholes[*at].run));
        let title = runs.next().map(title).unwrap_or_default();
        let n_applied = n_all - n_left;
        format!(
            "Greenloop: {title}: {n_applied} of {n_all} changes were applied; missing in {files}"
        )
    }

    async fn finish_rest(&mut self, aim: &Aim, n_told: usize) -> Result<(), Fault> {
        let Some(request) = self.next_edit().await? else {
            return match self.wire.told.get(n_told) {
                Some(told) => {
                    self.tally.refuse(&format!("the rest: {told}"));
                    Ok(())
                }
                None => Err("a choice was followed by no edit and no word".into()),
            };
        };
        let label = if aim.way == Way::In { "Accept changes" } else { "Take back changes" };
        if request["params"]["label"] != label {
            // An older question read the same.
            self.wire.respond(&request, self.editor.personality.refusal.answer()).await;
            return Ok(());
        }
        let answer = match self.apply(&request["params"]["edit"], Via::Server, aim, 0).await? {
            Applied::Landed => {
                self.tally.settled += 1;
                Ok(json!({"applied": true}))
            }
            Applied::Misplaced | Applied::Declined => Ok(json!({"applied": true})),
            Applied::Refused => self.editor.personality.refusal.answer(),
        };
        self.wire.respond(&request, answer).await;
        // The server looks before anything else is done.
        self.flush_all().await;
        self.wire.wait(400).await;
        Ok(())
    }
}
