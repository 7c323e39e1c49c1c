//! A real editor in place of the model of one. What it says passes through us to a server in this process; its user is a
//! script inside it, which does what a scenario says.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

use super::desk::{Desk, Fault, Held};

use super::scenario::{Choosing, Facts, Offer, Reply, Scenario, Step};
use crate::sim::document::Document;
use crate::sim::editor::{Editor, Via};
use crate::sim::engine::FakeEngine;
use crate::sim::personality::Personality;
use crate::sim::relay::Relay;
use crate::sim::rng::Rng;
use crate::sim::text::{Owners, Units};
use crate::sim::wire::Wire;

/// Far above what an editor takes for anything on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(120);
/// How long something that is to be seen may take.
const SEEN: Duration = Duration::from_secs(20);
/// How long after its command an edit is waited for.
const EDIT_FOLLOWS: Duration = Duration::from_secs(2);
/// Milliseconds in which what was begun goes on: longer than the server waits before it draws.
const PAUSE_MS: u64 = 70;
/// How many pauses without news end a wait; after an edit the server looks again for what came of it.
const QUIET: usize = 1;
const QUIET_AFTER_EDIT: usize = 6;

pub struct Real {
    editor: Child,
    /// Holds the project, the editor's home, and the sockets.
    #[expect(dead_code, reason = "held for its drop, which deletes the folder")]
    folder: TempDir,
    user: UnixStream,
    answers: Receiver<Value>,
}

/// Starts an editor: with these sockets for the server and for its user, in this folder, with this home.
pub type Start = fn(&str, &str, &std::path::Path, &std::path::Path) -> Command;

impl Drop for Real {
    fn drop(&mut self) {
        drop(self.editor.kill());
        drop(self.editor.wait());
    }
}

/// Why a scenario is not played with a real editor.
pub fn not_for_real(scenario: &Scenario) -> Option<&'static str> {
    if !scenario.capabilities.is_null() {
        return Some("says other capabilities than the editor has");
    }
    let mut holds = false;
    for step in &scenario.steps {
        match step {
            Step::Restart(_) => return Some("the server is taken away"),
            Step::Wait(_) => return Some("time is simulated"),
            Step::OpenForeign(_) => return Some("documents that are no files"),
            Step::Reply(reply) => holds = *reply != Reply::AsUsual,
            Step::Action(_) if holds => {
                return Some("what an editor does with its own action is held up");
            }
            Step::Action(_) | Step::Command(_) | Step::Lens(_) => holds = false,
            _ => {}
        }
    }
    None
}

/// Who comes to a socket; an editor that never does is a fault.
fn accepted(socket: UnixListener) -> Result<UnixStream, Fault> {
    let (sender, come) = std::sync::mpsc::sync_channel(1);
    thread::spawn(move || {
        let come = socket.accept().map(|(stream, _)| stream);
        // Nobody waits any more where it came too late.
        drop(sender.send(come));
    });
    let come = come.recv_timeout(DEADLINE).map_err(|_late| "the editor does not come")?;
    come.map_err(|error| error.to_string())
}

impl Desk {
    /// A real editor with a server, and the scenario's files open.
    pub async fn for_real(
        personality: &'static Personality,
        scenario: &Scenario,
        start: Start,
    ) -> Result<Self, Fault> {
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        let top = folder.path().canonicalize().map_err(|error| error.to_string())?;
        let (root, home) = (top.join("project"), top.join("home"));
        std::fs::create_dir_all(root.join(".git")).map_err(|error| error.to_string())?;
        let engine = FakeEngine::on_disk(&root);
        let mut fresh = Owners::default();
        let mut documents = Vec::new();
        for (path, text) in &scenario.files {
            engine.write(path, text.clone().into());
            let mut document = Document::holding(path, text, personality, &mut fresh);
            document.uri = format!("file://{}/{path}", root.display());
            documents.push(document);
        }
        let (lsp, user) = (top.join("lsp"), top.join("user"));
        let listen =
            |path| UnixListener::bind(path).map_err(|error: std::io::Error| error.to_string());
        let (lsp_socket, user_socket) = (listen(&lsp)?, listen(&user)?);
        let mut command = start(&lsp.to_string_lossy(), &user.to_string_lossy(), &root, &home);
        let editor = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let (sender, answers) = channel(16);
        let user = accepted(user_socket)?;
        let mut lines = BufReader::new(user.try_clone().unwrap());
        thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
                let answer = serde_json::from_str(&line).unwrap_or(Value::Null);
                if sender.blocking_send(answer).is_err() {
                    return;
                }
                line.clear();
            }
        });
        let real = Real { editor, folder, user, answers };
        let first = scenario
            .open
            .as_ref()
            .map_or_else(|| scenario.files.keys().next(), |open| open.first());
        let first = first.ok_or("no file is open")?;
        let mut user = real.user.try_clone().unwrap();
        writeln!(user, "{}", json!({"do": "open", "path": first}))
            .map_err(|error| error.to_string())?;
        let stream = accepted(lsp_socket)?;
        let wire = Wire::start_for(&engine, Relay::new(stream));
        let editor = Editor { personality, documents, units: Units::Utf16, fresh };
        let mut desk = Self::around(root, real, editor, wire, engine);
        desk.answered().await?;
        while !desk.wire.relay.as_ref().is_some_and(|relay| relay.is_initialized) {
            desk.pump().await?;
        }
        desk.capabilities = desk.wire.capabilities().clone();
        let open = scenario.open.clone();
        for path in open.unwrap_or_else(|| scenario.files.keys().cloned().collect()) {
            desk.open(&path).await?;
        }
        desk.look().await?;
        Ok(desk)
    }

    fn around(
        root: std::path::PathBuf,
        real: Real,
        editor: Editor,
        wire: Wire,
        engine: std::sync::Arc<FakeEngine>,
    ) -> Self {
        Self {
            root,
            real: Some(real),
            rng: Rng::new(1),
            editor,
            wire,
            engine,
            capabilities: Value::Null,
            runs: Vec::new(),
            asked: Vec::new(),
            subset: None,
            answer: Value::Null,
            reply: Reply::default(),
            held: None,
            met: std::collections::BTreeSet::new(),
            trace: Vec::new(),
        }
    }

    /// Lets one message go by.
    async fn pump(&mut self) -> Result<(), Fault> {
        match timeout(DEADLINE, self.wire.step()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the server has gone".into()),
            Err(_) => Err("nobody says anything any more".into()),
        }
    }

    /// What the user did; messages go by meanwhile.
    async fn answered(&mut self) -> Result<Value, Fault> {
        let begun = Instant::now();
        loop {
            let real = self.real.as_mut().ok_or("no real editor")?;
            tokio::select! {
                answer = real.answers.recv() => {
                    let answer = answer.ok_or("the editor has gone")?;
                    return match answer["error"].as_str() {
                        Some(error) => Err(format!("the user: {error}")),
                        None => Ok(answer),
                    };
                }
                () = self.wire.wait(20) => {}
            }
            if begun.elapsed() > DEADLINE {
                return Err("the editor does nothing any more".into());
            }
        }
    }

    /// Has the user do something.
    pub async fn order(&mut self, order: Value) -> Result<Value, Fault> {
        let real = self.real.as_mut().ok_or("no real editor")?;
        writeln!(real.user, "{order}").map_err(|error| format!("the editor has gone: {error}"))?;
        self.answered().await
    }

    pub async fn order_command(&mut self, name: &str, arguments: Value) -> Result<(), Fault> {
        self.forget_answer();
        self.order(json!({"do": "command", "name": name, "arguments": arguments})).await?;
        self.until_answered().await?;
        // Its edit follows, unless another one is still under way.
        let begun = Instant::now();
        while !self.answer["acceptanceId"].is_null()
            && self.wire.asked.is_empty()
            && begun.elapsed() < EDIT_FOLLOWS
        {
            self.wire.wait(PAUSE_MS).await;
        }
        Ok(())
    }

    fn forget_answer(&mut self) {
        if let Some(relay) = &mut self.wire.relay {
            relay.answered = None;
        }
    }

    async fn until_answered(&mut self) -> Result<(), Fault> {
        loop {
            let answered = self.wire.relay.as_mut().and_then(|relay| relay.answered.take());
            if let Some(answer) = answered {
                self.note(format!("  answered {answer}"));
                self.answer = answer;
                return Ok(());
            }
            self.pump().await?;
        }
    }

    /// Lets everybody do what they have to do by now, then looks at the editor.
    pub async fn settle_for_real(&mut self) -> Result<(), Fault> {
        let mut n_quiet = 0;
        let mut n_wanted = QUIET;
        while n_quiet < n_wanted {
            n_quiet += 1;
            // Which has it tell of what it has not told yet.
            self.look().await?;
            self.wire.wait(PAUSE_MS).await;
            let n_asked = self.asked.len();
            self.take_commands();
            while let Some(request) = self.wire.asked.pop_front() {
                (n_quiet, n_wanted) = (0, QUIET_AFTER_EDIT);
                self.asked_to_apply(request).await?;
            }
            if self.asked.len() != n_asked {
                n_quiet = 0;
            }
        }
        self.look().await?;
        // Of a command that an action has led to.
        if let Some(answer) = self.wire.relay.as_mut().and_then(|relay| relay.answered.take()) {
            self.answer = answer;
        }
        match self.wire.rude.take() {
            Some(rude) => Err(rude),
            None => Ok(()),
        }
    }

    /// What the editor shows.
    async fn look(&mut self) -> Result<(), Fault> {
        let seen = self.order(json!({"do": "look"})).await?;
        for document in &mut self.editor.documents {
            document.is_open = false;
        }
        let shown = seen["documents"].as_array().into_iter().flatten();
        let is_ours =
            |shown: &&Value| !shown["path"].as_str().unwrap_or_default().starts_with(".documents/");
        for shown in shown.filter(is_ours) {
            let (path, text) =
                (shown["path"].as_str().unwrap_or(""), shown["text"].as_str().unwrap_or(""));
            let at = match self.at(path) {
                Ok(at) => at,
                Err(_) => {
                    let at = self.add(path, "");
                    self.editor.documents[at].uri =
                        format!("file://{}/{path}", self.root.display());
                    at
                }
            };
            let editor = &mut self.editor;
            editor.documents[at].show_as(text, true, &mut editor.fresh);
        }
        let root = self.root.clone();
        for document in self.editor.documents.iter_mut().filter(|document| !document.is_open) {
            let text = std::fs::read_to_string(root.join(&document.path)).unwrap_or_default();
            document.show_as(&text, false, &mut self.editor.fresh);
        }
        let is_there = |document: &Document| document.is_open || root.join(&document.path).exists();
        self.editor.documents.retain(is_there);
        Ok(())
    }

    /// Looks until everything is as it should be, or it has taken too long.
    pub async fn expect_for_real(&mut self, facts: &Facts) -> Result<(), Fault> {
        let begun = Instant::now();
        loop {
            self.settle_for_real().await?;
            let (told, asked) = (self.wire.told.clone(), self.asked.clone());
            let checked = self.check(facts).await;
            if checked.is_ok() || begun.elapsed() > SEEN {
                return checked;
            }
            (self.wire.told, self.asked) = (told, asked);
        }
    }

    /// Steps that only a user at the editor can take; `false` for all others.
    pub async fn take_for_real(&mut self, step: &Step) -> Result<bool, Fault> {
        let order = match step {
            Step::Open(path) => json!({"do": "open", "path": path}),
            Step::Close(path) => json!({"do": "close", "path": path}),
            Step::Save(path) => json!({"do": "save", "path": path}),
            Step::Undo(path) => json!({"do": "undo", "path": path}),
            Step::Redo(path) => json!({"do": "redo", "path": path}),
            Step::Type(typing) => {
                json!({"do": "type", "path": typing.path, "old": typing.replace, "new": typing.with})
            }
            Step::Answer(given) => {
                if self.wire.questions.is_empty() {
                    return Err("no question is open".into());
                }
                json!({"do": "answer", "choice": given.choice})
            }
            Step::CancelProgress => {
                let token = self.bars().into_iter().map(|(token, _)| token).next_back();
                json!({"do": "cancel-progress", "token": token.ok_or("no progress is shown")?})
            }
            Step::Action(choosing) => {
                return self.choose_for_real("action", choosing).await.map(|()| true);
            }
            Step::Lens(choosing) => {
                return self.choose_for_real("lens", choosing).await.map(|()| true);
            }
            _ => return Ok(false),
        };
        self.order(order).await?;
        if matches!(step, Step::Type(_))
            && let Some(held) = self.held.take()
        {
            self.wire.wait(PAUSE_MS).await;
            self.land_for_real(held).await?;
        }
        Ok(true)
    }

    fn place(
        &self,
        path: Option<&String>,
        at: &str,
        to: Option<&String>,
    ) -> Result<(String, usize, usize), Fault> {
        let document = self.here(path)?;
        let first = self.line_of(document, at)?;
        let last = to.map_or(Ok(first), |text| self.line_of(document, text))?;
        Ok((self.editor.documents[document].path.clone(), first, last))
    }

    async fn choose_for_real(&mut self, what: &str, choosing: &Choosing) -> Result<(), Fault> {
        let (path, first, last) =
            self.place(choosing.path.as_ref(), &choosing.at, choosing.to.as_ref())?;
        self.forget_answer();
        let order = json!({"do": what, "path": path, "first": first, "last": last, "title": choosing.title});
        let done = self.order(order).await?;
        if done["chosen"] != true {
            self.note("  which is not listed");
            if what == "lens" {
                self.reply = Reply::AsUsual;
            }
            return Ok(());
        }
        Ok(())
    }

    /// The actions that the editor lists.
    pub async fn actions_for_real(&mut self, offer: &Offer) -> Result<Vec<Value>, Fault> {
        let (path, first, last) = self.place(offer.path.as_ref(), &offer.at, offer.to.as_ref())?;
        let order = json!({
            "do": "actions", "path": path, "first": first, "last": last,
            "only": offer.only, "automatic": offer.automatic,
        });
        let listed = self.order(order).await?;
        let actions = listed["actions"].as_array().cloned().unwrap_or_default();
        self.wire.look_over(&actions)?;
        Ok(actions)
    }

    /// Hands an edit on to the editor, and waits for what it answers.
    pub async fn land_for_real(&mut self, held: Held) -> Result<(), Fault> {
        let Held { edit, via: Via::Server, request: Some(mut request), .. } = held else {
            return Err("an edit of an action is the editor's own".into());
        };
        request["params"]["edit"] = edit;
        let id = request["id"].to_string();
        let relay = self.wire.relay.as_mut().ok_or("no real editor")?;
        relay.send(&request);
        while !self.wire.relay.as_ref().is_some_and(|relay| relay.replies.contains(&id)) {
            self.pump().await?;
        }
        Ok(())
    }
}
