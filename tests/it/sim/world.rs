//! One interleaving under way: an editor, a server, an engine, and what is known about every hunk.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenloop::base::ids::RunId;
use greenloop::engine::Command;
use greenloop::model::event::Event;
use greenloop::model::proposal::HunkAt;
use greenloop::model::run::Goal;
use greenloop::model::snapshot::Buffer;
use serde_json::{Value, json};

use super::ROOT;
use super::accept::Aim;
use super::document::Document;
use super::editor::Editor;
use super::engine::FakeEngine;
use super::oracle::{Known, Way, same_lines};
use super::personality::Personality;
use super::proposals::{Base, Started};
use super::rng::Rng;
use super::tally::Tally;
use super::text::{Owners, Units};
use super::typing::Words;
use super::whole::Whole;
use super::wire::Wire;

/// Why an interleaving must not end like this.
pub type Fault = String;

/// How long a server may take to open a project, on the clock on the wall: it has a thread for that.
const OPENING_WALL_MAX: Duration = Duration::from_secs(60);

pub struct World {
    pub rng: Rng,
    pub words: Words,
    pub editor: Editor,
    pub wire: Wire,
    pub engine: Arc<FakeEngine>,
    pub known: Vec<Known>,
    pub wholes: Vec<Whole>,
    /// Answers that the editor owes the server.
    pub owed: Vec<(Value, Result<Value, Value>)>,
    pub tally: Tally,
    /// What happened, for people.
    pub trace: Vec<String>,
    pub started: Vec<Started>,
    /// The runs with proposals, and the tests that each turns green.
    pub proposals: Vec<(RunId, Vec<&'static str>)>,
}

impl World {
    /// An editor with some files open and a first proposal on the screen.
    pub async fn new(personality: &'static Personality, seed: u64) -> Result<Self, Fault> {
        let mut rng = Rng::new(seed);
        let mut words = Words::default();
        let engine = FakeEngine::new(Path::new(ROOT));
        let mut fresh = Owners::default();
        let names = ["a.py", "src/b.rs", "c.txt"];
        let n_files = rng.between(1, names.len());
        let file = |name: &&str| {
            let lines = words.file(&mut rng);
            Document::new(name, &lines, personality, &mut rng, &mut fresh)
        };
        let documents: Vec<Document> = names[..n_files].iter().map(file).collect();
        for document in &documents {
            engine.write(&document.path, document.bytes());
        }
        let wire = Wire::start(&engine, (personality.capabilities)());
        let editor = Editor { personality, documents, units: Units::Utf16, fresh };
        let mut world = Self {
            rng,
            words,
            editor,
            wire,
            engine,
            known: Vec::new(),
            wholes: Vec::new(),
            owed: Vec::new(),
            tally: Tally::default(),
            trace: Vec::new(),
            started: Vec::new(),
            proposals: Vec::new(),
        };
        world.greet().await?;
        for at in 0..world.editor.documents.len() {
            if at == 0 || world.rng.percent(70) {
                world.open(at).await;
            }
        }
        world.ask_for_fix().await?;
        world.propose();
        Ok(world)
    }

    pub fn note(&mut self, text: impl Into<String>) {
        self.trace.push(text.into());
    }

    async fn greet(&mut self) -> Result<(), Fault> {
        let params = json!({
            "processId": null,
            "clientInfo": {"name": self.editor.personality.name},
            "capabilities": (self.editor.personality.capabilities)(),
            "workspaceFolders": [{"uri": format!("file://{ROOT}"), "name": "project"}],
        });
        let answer =
            self.wire.ask("initialize", params).await.map_err(|error| error.to_string())?;
        let named = answer["capabilities"]["positionEncoding"].as_str().unwrap_or("utf-16");
        self.editor.units = Units::named(named).ok_or("an unknown position encoding")?;
        self.wire.notify("initialized", json!({})).await;
        Ok(())
    }

    /// A server that knows nothing takes the place of this one.
    pub async fn restart(&mut self) -> Result<(), Fault> {
        self.flush_all().await;
        let fresh = Wire::start(&self.engine, (self.editor.personality.capabilities)());
        let old = std::mem::replace(&mut self.wire, fresh);
        old.end(self.rng.percent(70)).await?;
        self.owed.clear();
        self.greet().await?;
        for document in self.editor.documents.iter_mut().filter(|document| document.is_open) {
            let params = document.show();
            self.wire.notify("textDocument/didOpen", params).await;
        }
        if !self.engine.knows_reviews() {
            // Only what it is asked for shows that the project is open.
            return self.ask_for_fix().await;
        }
        let begun = Instant::now();
        while begun.elapsed() < OPENING_WALL_MAX {
            if !self.hunk_states().await?.is_empty() {
                return Ok(());
            }
            std::thread::yield_now();
            tokio::task::yield_now().await;
        }
        Err("the project never opened again".into())
    }

    /// Puts questions away without an answer, or leaves them open for ever.
    pub async fn put_away_questions(&mut self) {
        for question in std::mem::take(&mut self.wire.questions) {
            if self.wire.told.len().is_multiple_of(2) {
                self.wire.respond(&question, Ok(Value::Null)).await;
            }
        }
    }

    pub async fn open(&mut self, at: usize) {
        let params = self.editor.documents[at].open(self.editor.personality);
        self.wire.notify("textDocument/didOpen", params).await;
    }

    pub async fn close(&mut self, at: usize) {
        self.flush(at).await;
        let document = &mut self.editor.documents[at];
        document.close();
        let params = json!({"textDocument": {"uri": document.uri}});
        let is_gone = !self.engine.has(&document.path);
        self.wire.notify("textDocument/didClose", params).await;
        if is_gone {
            self.take_file(at);
        }
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
        for at in 0..self.editor.documents.len() {
            self.flush(at).await;
        }
    }

    /// One keystroke, which the server may hear of later.
    pub async fn type_somewhere(&mut self, at: usize) {
        let text = &self.editor.documents[at].text;
        let here = self.known.iter().filter(|known| known.document == at && !known.is_replaced);
        let lines: Vec<usize> = here.map(|known| known.cursor(text)).collect();
        let near = self.rng.pick(&lines).copied();
        let (bytes, new) = self.words.keystroke(text, near, &mut self.rng);
        if bytes.is_empty() && new.is_empty() {
            return;
        }
        self.note(format!("type {new:?} at {bytes:?} of {at}"));
        self.tally.keystrokes += 1;
        self.editor.type_in(at, bytes, &new, &mut self.rng);
        if self.rng.percent(60) {
            self.flush(at).await;
        }
    }

    pub async fn command(&mut self, name: &str, argument: Value) -> Result<Value, Fault> {
        self.flush_all().await;
        self.take_commands()?;
        let params = json!({"command": name, "arguments": [argument]});
        let answer = self.wire.ask("workspace/executeCommand", params).await;
        self.take_commands()?;
        answer.map_err(|error| format!("{name} failed: {error}"))
    }

    /// Asks for a run and waits until the engine has it.
    pub async fn ask_for_fix(&mut self) -> Result<(), Fault> {
        let answer = self.command("greenloop.fix", Value::Null).await?;
        let id = answer["taskId"].as_str().and_then(RunId::parse).ok_or("a fix without an id")?;
        self.note(format!("fix {id}"));
        let begun = Instant::now();
        while begun.elapsed() < OPENING_WALL_MAX {
            self.take_commands()?;
            if self.started.iter().any(|started| started.id == id) {
                return Ok(());
            }
            std::thread::yield_now();
            tokio::task::yield_now().await;
        }
        Err("the engine was never asked".into())
    }

    /// Lets the engine hear what it is asked.
    pub fn take_commands(&mut self) -> Result<(), Fault> {
        while let Some(command) = self.engine.next_command() {
            match command {
                Command::Start { id, goal, buffers, .. } => self.start(id, goal, &buffers)?,
                Command::Decide { id, hunks, rejected, note } => {
                    self.decided(id, &hunks, rejected);
                    self.engine.record(id, &Event::HunksDecided { hunks, rejected, note });
                }
                Command::Accepted { id, acceptance, hunks, parts } => {
                    self.engine.record(id, &Event::Accepted { acceptance, hunks, parts });
                }
                Command::TakenBack { id, acceptance } => {
                    self.engine.record(id, &Event::TakenBack { acceptance });
                }
                Command::CheckSubset { .. }
                | Command::Cancel { .. }
                | Command::Approve { .. }
                | Command::Pause { .. }
                | Command::Unpause { .. }
                | Command::Answer { .. }
                | Command::Resume { .. } => {}
            }
        }
        Ok(())
    }

    fn decided(&mut self, id: RunId, hunks: &BTreeSet<HunkAt>, rejected: bool) {
        let task = id.to_string();
        for known in self.known.iter_mut().filter(|known| known.task == task) {
            if hunks.iter().any(|(path, hunk)| *hunk == known.hunk && path.as_str() == known.path) {
                known.is_rejected = rejected;
            }
        }
        for whole in self.wholes.iter_mut().filter(|whole| whole.run == id) {
            if hunks.iter().any(|(path, _)| path.as_str() == whole.path) {
                whole.is_rejected = rejected;
            }
        }
    }

    /// What an answer names that was accepted.
    pub fn accepted_as(&self, reply: &Value, way: Way) -> Result<Aim, Fault> {
        let task = reply["taskId"].as_str().unwrap_or_default();
        let id = RunId::parse(task).ok_or("an acceptance of no task")?;
        let acceptance = reply["acceptanceId"].as_str().unwrap_or_default();
        let (hunks, parts) = self.engine.acceptance(id, acceptance);
        let is_meant = |known: &Known| {
            let mut hunks = hunks.iter();
            known.task == task
                && known.parts == parts
                && hunks.any(|(path, hunk)| {
                    path.as_str() == known.path && (*hunk == known.hunk || known.of_whole.is_some())
                })
        };
        let is_whole = |whole: &Whole| {
            whole.run == id && hunks.iter().any(|(path, _)| path.as_str() == whole.path)
        };
        Ok(self.aim(is_meant, is_whole, way))
    }

    /// All that is meant.
    pub fn aim(
        &self,
        hunk: impl Fn(&Known) -> bool,
        whole: impl Fn(&Whole) -> bool,
        way: Way,
    ) -> Aim {
        let hunks = self.known.iter().enumerate().filter(|(_, known)| hunk(known));
        let wholes = self.wholes.iter().enumerate().filter(|(_, found)| whole(found));
        Aim {
            hunks: hunks.map(|(at, _)| at).collect(),
            wholes: wholes.map(|(at, _)| at).collect(),
            way,
        }
    }

    /// A run must see the very texts on the screen.
    fn start(&mut self, id: RunId, goal: Goal, buffers: &[Buffer]) -> Result<(), Fault> {
        let mut bases = Vec::new();
        let all = self.editor.documents.iter().enumerate();
        for (at, document) in all.filter(|(_, document)| document.is_there) {
            let seen = buffers.iter().find(|buffer| buffer.path.as_str() == document.path);
            let string = match (seen, document.is_open) {
                (Some(buffer), true) if buffer.text == document.text.string => buffer.text.clone(),
                (None, false) => String::from_utf8(self.engine.read(&document.path)).unwrap(),
                _ => {
                    return Err(format!(
                        "a run saw {seen:?}, the screen shows {:?}",
                        document.text.string
                    ));
                }
            };
            if !same_lines(&string, &document.text.string) {
                return Err(format!("a run saw {string:?} for {:?}", document.text.string));
            }
            bases.push(Base { document: at, string, text: document.text.clone() });
        }
        self.engine.begin(id, goal);
        self.started.push(Started { id, bases });
        Ok(())
    }

    /// The server's view of every hunk that counts: its id and its state.
    pub async fn hunk_states(&mut self) -> Result<Vec<(Value, String)>, Fault> {
        let answer = self.command("greenloop.task.status", json!({})).await?;
        let tasks = answer["tasks"].as_array().cloned().unwrap_or_default();
        let of_task = |task: Value| {
            let id = task["taskId"].clone();
            let hunks = task["hunks"].as_array().cloned().unwrap_or_default();
            hunks.into_iter().map(move |hunk| {
                let state = hunk["state"].as_str().unwrap_or_default().to_owned();
                (json!({"taskId": id, "path": hunk["path"], "hunk": hunk["hunk"]}), state)
            })
        };
        Ok(tasks.into_iter().flat_map(of_task).collect())
    }
}
