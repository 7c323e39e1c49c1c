//! One editor with its files, a server and an engine, and what they say to each other in between two steps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenloop::base::ids::{QuestionId, RunId};
use greenloop::base::path::RepoPath;
use greenloop::engine::Command;
use greenloop::model::event::Event;
use greenloop::model::question::Answer;
use greenloop::model::subset::Choice;
use serde_json::{Value, json};

use super::real::Real;
use super::scenario::{Reply, Scenario};
use crate::sim::ROOT;
use crate::sim::document::Document;
use crate::sim::editor::{Editor, Via};
use crate::sim::engine::FakeEngine;
use crate::sim::personality::Personality;
use crate::sim::rng::Rng;
use crate::sim::text::{Owners, Units};
use crate::sim::wire::Wire;

/// Why a scenario went wrong.
pub type Fault = String;

/// How long opening a project may take, on the clock on the wall: the server has a thread for that.
const OPENING_WALL_MAX: Duration = Duration::from_secs(60);

/// Milliseconds of the runtime's own clock between two looks at what has come: soon at first, since editors answer at
/// once, and in the end longer than the server waits before it draws or looks again.
const PAUSES_MS: [u64; 4] = [1, 60, 400, 400];

pub struct Desk {
    /// The folder of the project.
    pub root: PathBuf,
    /// In place of the model of an editor.
    pub real: Option<Real>,
    pub rng: Rng,
    pub editor: Editor,
    pub wire: Wire,
    pub engine: Arc<FakeEngine>,
    pub capabilities: Value,
    /// The runs that were asked for, oldest first, with the texts each saw.
    pub runs: Vec<(RunId, BTreeMap<String, String>)>,
    /// What the engine was asked, for the scenario to look at.
    pub asked: Vec<String>,
    /// The part of a proposal that was to be checked last.
    pub subset: Option<(RunId, Choice)>,
    /// The answer to the last command.
    pub answer: Value,
    pub reply: Reply,
    /// An edit that has not reached its text yet.
    pub held: Option<Held>,
    /// The commands that were run and the kinds of actions that were listed.
    pub met: BTreeSet<String>,
    /// What happened, for people.
    pub trace: Vec<String>,
}

/// An edit under way, with whoever waits for it.
pub struct Held {
    pub edit: Value,
    pub via: Via,
    /// The server's request.
    pub request: Option<Value>,
    /// What the action runs then.
    pub command: Value,
}

impl Desk {
    /// An editor with a server, and the scenario's files open.
    pub async fn new(
        personality: &'static Personality,
        scenario: &Scenario,
    ) -> Result<Self, Fault> {
        let engine = FakeEngine::new(Path::new(ROOT));
        let mut fresh = Owners::default();
        let holding = |(path, text): (&String, &String)| {
            Document::holding(path, text, personality, &mut fresh)
        };
        let documents: Vec<Document> = scenario.files.iter().map(holding).collect();
        documents.iter().for_each(|document| engine.write(&document.path, document.bytes()));
        let mut capabilities = (personality.capabilities)();
        merge(&mut capabilities, &scenario.capabilities);
        let mut desk = Self {
            root: ROOT.into(),
            real: None,
            rng: Rng::new(1),
            editor: Editor { personality, documents, units: Units::Utf16, fresh },
            wire: Wire::start(&engine, capabilities.clone()),
            engine,
            capabilities,
            runs: Vec::new(),
            asked: Vec::new(),
            subset: None,
            answer: Value::Null,
            reply: Reply::default(),
            held: None,
            met: BTreeSet::new(),
            trace: Vec::new(),
        };
        desk.greet().await?;
        let open = scenario.open.clone();
        for path in open.unwrap_or_else(|| scenario.files.keys().cloned().collect()) {
            desk.open(&path).await?;
        }
        Ok(desk)
    }

    pub fn note(&mut self, text: impl Into<String>) {
        self.trace.push(text.into());
    }

    pub async fn greet(&mut self) -> Result<(), Fault> {
        let params = json!({
            "processId": null,
            "clientInfo": {"name": self.editor.personality.name},
            "capabilities": self.capabilities,
            "workspaceFolders": [{"uri": format!("file://{ROOT}"), "name": "project"}],
        });
        let answer = self.wire.ask("initialize", params).await.map_err(|e| e.to_string())?;
        let named = answer["capabilities"]["positionEncoding"].as_str().unwrap_or("utf-16");
        self.editor.units = Units::named(named).ok_or("an unknown position encoding")?;
        self.wire.notify("initialized", json!({})).await;
        Ok(())
    }

    /// The document with this path, or with this URI.
    pub fn at(&self, path: &str) -> Result<usize, Fault> {
        let is_meant = |document: &Document| document.path == path || document.uri == path;
        let found = self.editor.documents.iter().position(is_meant);
        found.ok_or_else(|| format!("there is no {path}"))
    }

    /// The document that is meant where none is named.
    pub fn here(&self, path: Option<&String>) -> Result<usize, Fault> {
        match path {
            Some(path) => self.at(path),
            None => {
                let first = self.editor.documents.iter().position(|document| document.is_open);
                first.ok_or_else(|| "no document is open".into())
            }
        }
    }

    /// The line of a document that holds a text, counted from 0.
    pub fn line_of(&self, at: usize, text: &str) -> Result<usize, Fault> {
        let document = &self.editor.documents[at];
        let found = document.text.lines().iter().position(|line| line.contains(text));
        found.ok_or_else(|| format!("{} has no line with {text:?}", document.path))
    }

    pub async fn open(&mut self, path: &str) -> Result<(), Fault> {
        if self.real.is_some() {
            return self.order(json!({"do": "open", "path": path})).await.map(drop);
        }
        let at = self.at(path)?;
        let params = self.editor.documents[at].open(self.editor.personality);
        self.wire.notify("textDocument/didOpen", params).await;
        Ok(())
    }

    pub async fn close(&mut self, at: usize) {
        self.flush(at).await;
        let document = &mut self.editor.documents[at];
        document.close();
        let params = json!({"textDocument": {"uri": document.uri}});
        self.wire.notify("textDocument/didClose", params).await;
    }

    pub async fn save(&mut self, at: usize) {
        self.flush(at).await;
        let document = &mut self.editor.documents[at];
        document.save();
        self.engine.write(&document.path, document.bytes());
        let params = json!({"textDocument": {"uri": document.uri}});
        self.wire.notify("textDocument/didSave", params).await;
    }

    /// Tells the server what was typed into a document.
    pub async fn flush(&mut self, at: usize) {
        for params in self.editor.flush(at) {
            self.wire.notify("textDocument/didChange", params).await;
        }
    }

    pub async fn flush_all(&mut self) {
        if self.real.is_some() {
            return;
        }
        for at in 0..self.editor.documents.len() {
            self.flush(at).await;
        }
    }

    pub async fn command(&mut self, name: &str, arguments: Value) -> Result<(), Fault> {
        self.flush_all().await;
        self.note(format!("  runs {name} {arguments}"));
        self.met.insert(name.to_owned());
        if self.real.is_some() {
            return self.order_command(name, arguments).await;
        }
        let params = json!({"command": name, "arguments": arguments});
        let answer = self.wire.ask("workspace/executeCommand", params).await;
        self.answer = answer.map_err(|error| format!("{name} failed: {error}"))?;
        let answer = self.answer.to_string();
        self.note(format!("  answered {answer}"));
        Ok(())
    }

    /// Lets the engine hear what it is asked, and the server what comes of it.
    pub fn take_commands(&mut self) {
        while let Some(command) = self.engine.next_command() {
            let mut asked = |what: String| {
                self.trace.push(format!("  the engine is asked: {what}"));
                self.asked.push(what);
            };
            match command {
                Command::Start { id, goal, buffers, .. } => {
                    let avoids =
                        if goal.avoid.is_empty() { "" } else { " without what was rejected" };
                    let allowed: Vec<&str> = goal.allow.iter().map(RepoPath::as_str).collect();
                    let with = if allowed.is_empty() { "" } else { " with " };
                    let what = format!("{:?} {:?}{avoids}{with}", goal.kind, goal.tests);
                    asked(what + &allowed.join(" "));
                    let texts = buffers.into_iter().map(|seen| (seen.path.to_string(), seen.text));
                    self.runs.push((id, texts.collect()));
                    self.engine.begin(id, goal);
                }
                Command::Decide { id, hunks, rejected, note } => {
                    self.engine.record(id, &Event::HunksDecided { hunks, rejected, note });
                }
                Command::Accepted { id, acceptance, hunks, parts } => {
                    self.engine.record(id, &Event::Accepted { acceptance, hunks, parts });
                }
                Command::TakenBack { id, acceptance } => {
                    self.engine.record(id, &Event::TakenBack { acceptance });
                }
                Command::CheckSubset { id, hunks } => {
                    let named: Vec<String> =
                        hunks.iter().map(|(path, hunk)| format!("{path} {hunk}")).collect();
                    let known = self.subset.as_ref().is_some_and(|(_, known)| *known == hunks);
                    if !known {
                        asked(format!("check {}", named.join(", ")));
                    }
                    self.subset = Some((id, hunks));
                }
                Command::Cancel { .. } => asked("cancel".into()),
                Command::Approve { id, plan } => {
                    asked(format!("yes{}", if plan.is_some() { " to another plan" } else { "" }));
                    let (question, answer) = (QuestionId(1), Answer::Yes);
                    self.engine.record(id, &Event::Answered { question, answer, at_ms: 0 });
                }
                Command::Pause { id } => {
                    asked("pause".into());
                    self.engine.record(id, &Event::Paused { at_ms: 0 });
                }
                Command::Unpause { id } => {
                    asked("unpause".into());
                    self.engine.record(id, &Event::Unpaused { at_ms: 0 });
                }
                Command::Answer { id, question, answer } => {
                    asked(format!("answer {question}: {answer:?}"));
                    self.engine.record(id, &Event::Answered { question, answer, at_ms: 0 });
                }
                Command::Resume { id, .. } => {
                    asked("resume".into());
                    self.engine.interrupt(id, false);
                }
            }
        }
    }

    /// Lets everybody do what they have to do by now.
    pub async fn settle(&mut self) -> Result<(), Fault> {
        if self.real.is_some() {
            return self.settle_for_real().await;
        }
        let mut n_quiet = 0;
        while let Some(pause) = PAUSES_MS.get(n_quiet) {
            n_quiet += 1;
            self.wire.wait(*pause).await;
            self.take_commands();
            while let Some(request) = self.wire.asked.pop_front() {
                n_quiet = 0;
                self.asked_to_apply(request).await?;
            }
        }
        match self.wire.rude.take() {
            Some(rude) => Err(rude),
            None => Ok(()),
        }
    }

    /// Waits for what a thread of the server does, on the clock on the wall.
    pub async fn until(
        &mut self,
        what: &str,
        done: impl AsyncFn(&mut Self) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        let begun = Instant::now();
        while begun.elapsed() < OPENING_WALL_MAX {
            if done(self).await? {
                return Ok(());
            }
            std::thread::yield_now();
            tokio::task::yield_now().await;
        }
        Err(format!("{what} never happened"))
    }
}

/// Puts what is said in a table over what is there; `false` takes a table away.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                if value == false && into.get(key).is_some_and(Value::is_object) {
                    into.remove(key);
                    continue;
                }
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (into, from) => *into = from.clone(),
    }
}
