//! What must be true at some point of a scenario, looked up where a user or an editor would see it.

use std::fmt::Debug;

use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{Desk, Fault};
use super::scenario::{Document, Facts, Offer, Titles};
use crate::sim::personality::ALL;

impl Facts {
    /// What is wanted of one editor: what is said for all, over it what is said for this one, and over that what is said
    /// for real ones with our plugin, which has views of its own.
    pub fn of(wanted: &Value, editor: &str, has_plugin: bool) -> Result<Self, Fault> {
        let table = |value: &Value| value.as_object().cloned().ok_or("an expectation of nothing");
        let mut own = table(wanted)?;
        let editors = ALL.iter().map(|known| (known.name, known.name == editor));
        for (name, is_meant) in editors.chain([("plugin", has_plugin)]) {
            let over = own.remove(name).filter(|_| is_meant);
            own.extend(over.as_ref().map(table).transpose()?.into_iter().flatten());
        }
        Self::deserialize(Value::Object(own)).map_err(|error| error.to_string())
    }
}

impl Desk {
    pub async fn expect(&mut self, wanted: &Value) -> Result<(), Fault> {
        let listens = self.capabilities["experimental"]["greenloop"].is_object();
        let has_plugin = self.real.is_some() && listens;
        let facts = Facts::of(wanted, self.editor.personality.name, has_plugin)?;
        if self.real.is_some() {
            return self.expect_for_real(&facts).await;
        }
        self.flush_all().await;
        self.settle().await?;
        self.check(&facts).await
    }

    /// One look at everything.
    pub async fn check(&mut self, facts: &Facts) -> Result<(), Fault> {
        self.files(facts)?;
        self.said(facts)?;
        if let Some(hunks) = &facts.hunks {
            same("hunks", hunks, &self.hunk_states().await?)?;
        }
        if let Some(n) = &facts.acceptances {
            same("acceptances", n, &self.standing())?;
        }
        if let Some(offer) = &facts.actions {
            self.offered(offer).await?;
        }
        if let Some(titles) = &facts.lenses {
            self.lens_titles(titles).await?;
        }
        if let Some(titles) = &facts.hints {
            self.hint_titles(titles).await?;
        }
        if let Some(document) = &facts.document {
            self.shown(document).await?;
        }
        if let Some(bars) = &facts.progress {
            let shown: Vec<String> = self.bars().into_iter().map(|(_, title)| title).collect();
            same("progress bars", bars, &shown)?;
        }
        if let Some(choices) = &facts.choices {
            same("choices", choices, &self.choices_shown())?;
        }
        if let Some(states) = &facts.states {
            same("states told", states, &self.states_told())?;
        }
        match self.wire.rude.take() {
            Some(rude) => Err(rude),
            None => Ok(()),
        }
    }

    fn files(&self, facts: &Facts) -> Result<(), Fault> {
        for (path, text) in &facts.text {
            same(path, text, &self.editor.documents[self.at(path)?].text.string)?;
        }
        for (path, text) in &facts.disk {
            let held =
                String::from_utf8(self.engine.read(path)).map_err(|error| error.to_string())?;
            same(path, text, &held)?;
        }
        for (path, text) in &facts.seen {
            let seen = self.runs.last().and_then(|(_, texts)| texts.get(path));
            same("what the run saw", &Some(text), &seen)?;
        }
        for path in &facts.gone {
            if self.at(path).is_ok() || !self.engine.read(path).is_empty() {
                return Err(format!("{path} is there"));
            }
        }
        if let Some(open) = &facts.open {
            let shown = self.editor.documents.iter().filter(|document| document.is_open);
            let mut shown: Vec<String> = shown.map(|document| document.path.clone()).collect();
            shown.sort();
            same("open documents", open, &shown)?;
        }
        Ok(())
    }

    /// What the editor was told since it was looked at last.
    fn said(&mut self, facts: &Facts) -> Result<(), Fault> {
        if let Some(wanted) = &facts.answered {
            let answer = &self.answer;
            let reason = answer["reason"].as_str().unwrap_or_default();
            let given = if answer["ok"] == true { "done" } else { reason };
            same("answer", wanted, &given.to_owned())?;
        }
        if let Some(wanted) = &facts.told {
            let told = std::mem::take(&mut self.wire.told);
            let mut pairs = wanted.iter().zip(&told);
            if wanted.len() != told.len() || !pairs.all(|(part, all)| all.contains(part.as_str())) {
                return Err(format!("the user was to be told {wanted:?}, and was told {told:?}"));
            }
        }
        if let Some(wanted) = &facts.asked {
            let asked = std::mem::take(&mut self.asked);
            same("what the engine was asked", wanted, &asked)?;
        }
        if let Some(wanted) = &facts.question {
            let open = self.wire.questions.front().map(|open| &open["params"]["message"]);
            let open = open.and_then(Value::as_str).unwrap_or_default();
            if wanted.is_empty() != open.is_empty() || !open.contains(wanted.as_str()) {
                return Err(format!("the question should be {wanted:?} and is {open:?}"));
            }
        }
        for (path, codes) in &facts.diagnostics {
            let found = self.diagnostics(path)?;
            let found: Vec<String> = found.iter().map(|found| plain(&found["code"])).collect();
            same("diagnostics", codes, &found)?;
        }
        for (path, part) in &facts.says {
            let found = self.diagnostics(path)?;
            if !found.iter().any(|found| plain(&found["message"]).contains(part.as_str())) {
                return Err(format!("no diagnostic says {part:?}: {found:?}"));
            }
        }
        Ok(())
    }

    fn diagnostics(&self, path: &str) -> Result<Vec<Value>, Fault> {
        let uri = match self.at(path) {
            Ok(at) => self.editor.documents[at].uri.clone(),
            Err(_) => format!("file://{}/{path}", self.root.display()),
        };
        let shown = self.wire.published.iter().find(|known| known["uri"] == uri);
        Ok(shown.and_then(|shown| shown["diagnostics"].as_array().cloned()).unwrap_or_default())
    }

    /// The state of every hunk that counts.
    pub async fn hunk_states(&mut self) -> Result<Vec<String>, Fault> {
        let params = json!({"command": "greenloop.task.status", "arguments": []});
        let answer = self.wire.ask("workspace/executeCommand", params).await;
        let answer = answer.map_err(|error| format!("status: {error}"))?;
        Ok(states(&answer["tasks"]))
    }

    fn standing(&self) -> usize {
        let all = self.runs.iter().flat_map(|(id, _)| self.engine.view(*id).run.acceptances);
        all.filter(|acceptance| !acceptance.undone).count()
    }

    async fn offered(&mut self, offer: &Offer) -> Result<(), Fault> {
        let actions = self.actions(offer).await?;
        let title = |action: &Value| plain(&action["title"]);
        if let Some(wanted) = &offer.are {
            same("actions", wanted, &actions.iter().map(title).collect())?;
        }
        if let Some(wanted) = &offer.disabled {
            let disabled = actions.iter().filter(|action| !action["disabled"].is_null());
            same("disabled actions", wanted, &disabled.map(title).collect())?;
        }
        Ok(())
    }

    async fn lens_titles(&mut self, titles: &Titles) -> Result<(), Fault> {
        let lenses = self.lenses(titles.path.as_ref()).await?;
        let title = |lens: &Value| {
            format!("{}: {}", lens["range"]["start"]["line"], plain(&lens["command"]["title"]))
        };
        same("lenses", &titles.are, &lenses.iter().map(title).collect())
    }

    async fn hint_titles(&mut self, titles: &Titles) -> Result<(), Fault> {
        let hints = self.hints(titles.path.as_ref()).await?;
        let title =
            |hint: &Value| format!("{}: {}", hint["position"]["line"], plain(&hint["label"]));
        same("hints", &titles.are, &hints.iter().map(title).collect())
    }

    /// Looks at the document of the last answer, by the way this editor was shown it.
    async fn shown(&mut self, wanted: &Document) -> Result<(), Fault> {
        let uri = plain(&self.answer["uri"]);
        let was_shown = self.wire.shown.last() == Some(&uri);
        let (shown, text) = if let Some(path) = uri.strip_prefix("file://") {
            ("as a file", self.engine.document(path.as_ref()))
        } else {
            let answer = self.wire.ask("workspace/textDocumentContent", json!({"uri": uri})).await;
            let text = answer.map_err(|error| error.to_string())?;
            ("by name", text["text"].as_str().map(str::to_owned))
        };
        let shown = if was_shown { shown } else { "only told of" };
        same("how it is shown", &wanted.shown, &shown.to_owned())?;
        let text = text.ok_or_else(|| format!("{uri} holds nothing"))?;
        match text.contains(&wanted.holds) {
            true => Ok(()),
            false => Err(format!("{uri} should hold {:?}: {text:?}", wanted.holds)),
        }
    }

    /// The progress bars that are open: token and title.
    pub fn bars(&self) -> Vec<(String, String)> {
        let mut bars: Vec<(String, String)> = Vec::new();
        for message in self.wire.notified.iter().filter(|one| one["method"] == "$/progress") {
            let token = plain(&message["params"]["token"]);
            let value = &message["params"]["value"];
            match value["kind"].as_str() {
                Some("begin") => bars.push((token, plain(&value["title"]))),
                Some("end") => bars.retain(|(known, _)| *known != token),
                Some(_) | None => {}
            }
        }
        bars
    }

    /// The choices of the question that our plugin shows; none once it is closed.
    fn choices_shown(&self) -> Vec<String> {
        let about = |message: &&Value| {
            message["method"]
                .as_str()
                .is_some_and(|method| method.starts_with("greenloop/question"))
        };
        let newest = self.wire.notified.iter().rev().find(about);
        let choices = newest.and_then(|message| message["params"]["choices"].as_array());
        choices.into_iter().flatten().map(plain).collect()
    }

    fn states_told(&self) -> Vec<String> {
        let mut told = self.wire.notified.iter().rev();
        let newest = told.find(|message| message["method"] == "greenloop/state");
        newest.map(|message| states(&message["params"]["tasks"])).unwrap_or_default()
    }
}

fn states(tasks: &Value) -> Vec<String> {
    let tasks = tasks.as_array().into_iter().flatten();
    let hunks = tasks.flat_map(|task| task["hunks"].as_array().into_iter().flatten());
    hunks.map(|hunk| plain(&hunk["state"])).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn same<T: PartialEq + Debug>(what: &str, wanted: &T, found: &T) -> Result<(), Fault> {
    match wanted == found {
        true => Ok(()),
        false => Err(format!("{what} should be\n    {wanted:?}\n  and is\n    {found:?}")),
    }
}
