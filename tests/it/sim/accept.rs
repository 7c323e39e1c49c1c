//! How users accept a hunk, and everything that can come between the wish and the text.

use serde_json::{Value, json};

use super::editor::Via;
use super::oracle::Way;
use super::world::{Fault, World};

/// How one wish to accept ended.
pub enum Attempt {
    Landed,
    /// With the reason, in the words of whoever refused.
    Refused(String),
}

/// What is to go into the texts together, or out of them.
#[derive(Clone)]
pub struct Aim {
    pub hunks: Vec<usize>,
    /// Changes of whole files.
    pub wholes: Vec<usize>,
    pub way: Way,
}

impl Aim {
    pub fn hunk(at: usize) -> Self {
        Self { hunks: vec![at], wholes: Vec::new(), way: Way::In }
    }

    pub fn nothing(way: Way) -> Self {
        Self { hunks: Vec::new(), wholes: Vec::new(), way }
    }

    pub fn is_empty(&self) -> bool {
        self.hunks.is_empty() && self.wholes.is_empty()
    }
}

/// What became of an edit in the editor.
pub enum Applied {
    Landed,
    /// It stands in the text, but not as it was meant, and was taken back.
    Misplaced,
    Refused,
    /// The user said no.
    Declined,
}

impl World {
    /// Accepts a hunk by choosing its code action.
    pub async fn accept_by_action(&mut self, at: usize, race: usize) -> Result<Attempt, Fault> {
        let action = match self.chosen(at, race).await? {
            Ok(action) => action,
            Err(reason) => return Ok(Attempt::Refused(reason)),
        };
        let action = match self.resolved(at, action, race).await? {
            Ok(action) => action,
            Err(reason) => return Ok(Attempt::Refused(reason)),
        };
        let aim = Aim::hunk(at);
        let mut attempt = Attempt::Refused("the edit came too late".into());
        let mut runs_command = true;
        if !action["edit"].is_null() {
            attempt = match self.apply(&action["edit"], Via::Action, &aim, 0).await? {
                Applied::Landed => Attempt::Landed,
                Applied::Misplaced => Attempt::Refused("the editor misplaced the edit".into()),
                Applied::Declined => Attempt::Refused("the user declined".into()),
                Applied::Refused => {
                    runs_command = self.editor.personality.runs_command_after_refusal;
                    attempt
                }
            };
        }
        if let Some(name) = action["command"]["command"].as_str().filter(|_| runs_command) {
            let argument = action["command"]["arguments"][0].clone();
            let reply = self.command(name, argument).await?;
            if action["edit"].is_null() {
                return self.edit_after(&aim, &reply, race).await;
            }
        }
        Ok(attempt)
    }

    /// Has the server send the edit.
    pub async fn accept_by_command(&mut self, at: usize, race: usize) -> Result<Attempt, Fault> {
        let id = self.known[at].id();
        let aim = Aim::hunk(at);
        let reply = self.command("greenloop.hunk.accept", id).await?;
        self.edit_after(&aim, &reply, race).await
    }

    /// The accept action of a hunk, as this editor lists it; else why there is none.
    async fn chosen(&mut self, at: usize, race: usize) -> Result<Result<Value, String>, Fault> {
        let here = self.known[at].document;
        self.flush(here).await;
        let document = &self.editor.documents[here];
        let (uri, version) = (document.uri.clone(), document.version);
        let place = json!({"line": self.known[at].cursor(&document.text), "character": 0});
        let shown = self.wire.published.iter().find(|known| known["uri"] == uri);
        let diagnostics = shown.filter(|known| {
            !self.editor.personality.drops_old_diagnostics || known["version"] == version
        });
        let diagnostics = diagnostics.map_or(json!([]), |known| known["diagnostics"].clone());
        let params = json!({
            "textDocument": {"uri": uri},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": diagnostics, "triggerKind": 1},
        });
        let id = self.wire.request("textDocument/codeAction", params).await;
        self.race(here, race).await;
        let actions =
            self.wire.answer(id).await.map_err(|error| format!("code actions: {error}"))?;
        if self.editor.personality.drops_old_actions
            && self.editor.documents[here].version != version
        {
            return Ok(Err("the editor dropped the actions of an older text".into()));
        }
        let mut actions = actions.as_array().cloned().unwrap_or_default();
        self.wire.look_over(&actions)?;
        if self.editor.personality.hides_disabled {
            actions.retain(|action| action["disabled"].is_null());
        }
        let wanted = self.known[at].id();
        let is_wanted = |action: &&Value| {
            let of = [&action["data"]["greenloop"], &action["command"]["arguments"][0]];
            action["kind"] == "quickfix.greenloop.accept" && of.contains(&&wanted)
        };
        let Some(mut action) = actions.iter().find(is_wanted) else {
            return Ok(Err("no accept action is listed".into()));
        };
        if self.editor.personality.chooses_by_title {
            let title = &action["title"];
            action = actions.iter().find(|known| known["title"] == *title).unwrap_or(action);
        }
        Ok(if action["disabled"].is_null() {
            Ok(action.clone())
        } else {
            Err("the action is disabled".into())
        })
    }

    async fn resolved(
        &mut self,
        at: usize,
        action: Value,
        race: usize,
    ) -> Result<Result<Value, String>, Fault> {
        if !self.editor.personality.resolves.asks(&action) {
            return Ok(Ok(action));
        }
        let here = self.known[at].document;
        self.flush(here).await;
        let id = self.wire.request("codeAction/resolve", action).await;
        self.race(here, race).await;
        match self.wire.answer(id).await {
            Ok(action) => {
                self.wire.look_over(std::slice::from_ref(&action))?;
                Ok(Ok(action))
            }
            Err(error) => Ok(Err(format!("resolve: {}", brief(&error["message"])))),
        }
    }

    /// After a command that makes the server send an edit.
    pub async fn edit_after(
        &mut self,
        aim: &Aim,
        reply: &Value,
        race: usize,
    ) -> Result<Attempt, Fault> {
        if reply["ok"] != true {
            return Ok(Attempt::Refused(format!("command: {}", brief(&reply["message"]))));
        }
        let n_told = self.wire.told.len();
        let Some(request) = self.next_edit().await? else {
            // Another edit that was never answered came first, and the text is another one now.
            return match self.wire.told.get(n_told) {
                Some(told) => Ok(Attempt::Refused(format!("later: {}", brief(&json!(told))))),
                None => Err(format!("{reply} was followed by no edit and no word")),
            };
        };
        let here = self.aimed_at(aim)?;
        self.race(here, race).await;
        if self.rng.percent(5) {
            // An editor takes its time, for example to ask its user.
            let ms = self.rng.between(5_000, 50_000);
            self.wire.wait(ms as u64).await;
            self.race(here, race).await;
        }
        self.make_by_hand(aim, race);
        let missing = self.missing_of(aim);
        let applied = self.apply(&request["params"]["edit"], Via::Server, aim, race).await?;
        let refusal = self.editor.personality.refusal.answer();
        let (attempt, answer) = match applied {
            Applied::Landed => (Attempt::Landed, Ok(json!({"applied": true}))),
            Applied::Misplaced => (
                Attempt::Refused("the editor misplaced the edit".into()),
                Ok(json!({"applied": true})),
            ),
            Applied::Declined => {
                (Attempt::Refused("the user declined".into()), Ok(json!({"applied": true})))
            }
            Applied::Refused => (Attempt::Refused("the edit came too late".into()), refusal),
        };
        match self.rng.below(10) {
            // Never answered.
            0 => {}
            1 | 2 => self.owed.push((request, answer)),
            _ => {
                self.wire.respond(&request, answer).await;
                if matches!(attempt, Attempt::Landed) {
                    self.choose_about_rest(aim, &missing).await?;
                }
            }
        }
        Ok(attempt)
    }

    /// The next edit the server asks for. It waits for the answer to the one before, though not for ever.
    pub async fn next_edit(&mut self) -> Result<Option<Value>, Fault> {
        for ms in [5, 40, 400, 62_000] {
            if self.wire.asked.is_empty() {
                self.wire.wait_for_edit(ms).await;
                self.take_commands().ok();
            }
            self.put_back().await?;
        }
        Ok(self.wire.asked.pop_front())
    }

    /// A document that an edit is for.
    pub fn aimed_at(&mut self, aim: &Aim) -> Result<usize, Fault> {
        let hunks = aim.hunks.iter().map(|at| self.known[*at].document);
        let wholes = aim.wholes.iter().map(|at| &self.wholes[*at]);
        let wholes = wholes.map(|whole| whole.from.unwrap_or(whole.document));
        let all: Vec<usize> = hunks.chain(wholes).collect();
        self.rng.pick(&all).copied().ok_or_else(|| "an edit for nothing".into())
    }

    /// Sometimes there is a file by now where the edit makes one.
    fn make_by_hand(&mut self, aim: &Aim, race: usize) {
        let absent = aim.wholes.iter().map(|at| self.wholes[*at].document);
        let mut absent = absent.filter(|at| !self.editor.documents[*at].is_there);
        if let Some(at) = absent.next_back()
            && self.rng.percent(race / 4)
        {
            let bytes = self.words.word('u', &mut self.rng) + "\n";
            self.note(format!("{} is made by hand: {bytes:?}", self.editor.documents[at].path));
            self.put_file(at, &bytes);
        }
    }

    /// Typing that comes between a question and its answer.
    pub async fn race(&mut self, here: usize, chance: usize) {
        while self.editor.documents[here].is_open && self.rng.percent(chance) {
            self.type_somewhere(here).await;
        }
    }
}

/// A message without what differs between hunks.
fn brief(message: &Value) -> String {
    let message = message.as_str().unwrap_or("no message");
    message.split([';', ',']).next().unwrap_or(message).to_owned()
}
