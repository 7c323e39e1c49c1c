//! The hardest case an editor meets: a file of 20,000 lines with 200 proposed hunks, typing in it, maybe while all
//! processors are busy. The server runs as in its own process, with an engine that only has the proposal.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use greenloop::base::ids::{AttemptId, BlobId, RunId, TreeId};
use greenloop::base::limits::JAIL_NICE;
use greenloop::base::path::RepoPath;
use greenloop::engine::{
    Busy, Command, DraftFile, Engine, EngineHandle, Engines, Listener, Notice, Review, ReviewFile,
    RunView,
};
use greenloop::logic::diff;
use greenloop::lsp;
use greenloop::model::budget::AskedBudget;
use greenloop::model::failure::Failure;
use greenloop::model::proposal::{ChangeKind, Evidence, FileChange, Proposal};
use greenloop::model::run::{Goal, Outcome, Phase, Run};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf,
};

const LINES: usize = 20_000;
const LINES_PER_HUNK: usize = 100;
const ROUNDS_DEFAULT: usize = 1_000;
const ROUNDS_PER_RESOLVE: usize = 5;
const PIPE_BYTES: usize = 64 * 1024;

/// What an editor waited for, and what the server says of itself.
pub struct Figures {
    pub actions: Vec<Duration>,
    pub resolves: Vec<Duration>,
    pub log: String,
}

/// Types so many keys, with all processors busy or not.
pub fn measure(n_rounds: Option<usize>, is_busy: bool) -> Figures {
    let n_rounds = n_rounds.unwrap_or(ROUNDS_DEFAULT);
    let stop = Arc::new(AtomicBool::new(false));
    let burners = if is_busy { burners(&stop) } else { Vec::new() };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let log = Log::default();
    let options = lsp::Options {
        log: Some(Box::new(log.clone())),
        engines: Box::new(OneProposal { root: root.clone() }),
    };
    let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
    let server = thread::spawn(move || {
        let (input, output) = tokio::io::split(theirs);
        runtime().block_on(lsp::serve(options, input, output))
    });
    let (actions, resolves) = runtime().block_on(edit(ours, &root, n_rounds));
    assert_eq!(server.join().unwrap(), 0);
    stop.store(true, Ordering::Relaxed);
    burners.into_iter().for_each(|burner| burner.join().unwrap());
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    Figures { actions, resolves, log }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

/// One thread per processor that does nothing but work, as far behind the server as the sandbox puts what it runs.
fn burners(stop: &Arc<AtomicBool>) -> Vec<JoinHandle<()>> {
    let n = thread::available_parallelism().map_or(1, usize::from);
    let burn = |stop: Arc<AtomicBool>| {
        move || {
            // Of this thread alone.
            rustix::process::nice(JAIL_NICE).unwrap();
            while !stop.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        }
    };
    (0..n).map(|_| thread::spawn(burn(stop.clone()))).collect()
}

/// Types, asks for actions after each key, and now and then for an edit.
async fn edit(pipe: DuplexStream, root: &Path, n_rounds: usize) -> (Vec<Duration>, Vec<Duration>) {
    let mut editor = Editor::new(pipe, root);
    editor.begin().await;
    let (mut actions, mut resolves) = (Vec::new(), Vec::new());
    for round in 0..n_rounds {
        let line = editor.random(LINES);
        editor.key(line, round).await;
        let at = match round % 2 {
            0 => editor.random(LINES / LINES_PER_HUNK) * LINES_PER_HUNK,
            _ => editor.random(LINES),
        };
        let before = Instant::now();
        let found = editor.actions(at).await;
        actions.push(before.elapsed());
        if let Some(accept) =
            found.as_array().unwrap().iter().find(|action| action["data"].is_object())
            && round % ROUNDS_PER_RESOLVE == 0
        {
            let before = Instant::now();
            let resolved = editor.ask("codeAction/resolve", accept.clone()).await;
            resolves.push(before.elapsed());
            assert!(resolved["edit"].is_object(), "{resolved}");
        }
    }
    editor.ask("shutdown", Value::Null).await;
    editor.notify("exit", Value::Null).await;
    (actions, resolves)
}

struct Editor {
    input: BufReader<ReadHalf<DuplexStream>>,
    output: WriteHalf<DuplexStream>,
    root: PathBuf,
    n_requests: u64,
    version: i32,
    seed: u64,
}

impl Editor {
    fn new(pipe: DuplexStream, root: &Path) -> Self {
        let (input, output) = tokio::io::split(pipe);
        let input = BufReader::new(input);
        Self { input, output, root: root.to_owned(), n_requests: 0, version: 1, seed: 1 }
    }

    async fn begin(&mut self) {
        let action = json!({
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}, "dataSupport": true, "isPreferredSupport": true,
            "resolveSupport": {"properties": ["edit", "command"]},
        });
        let folder = json!({"uri": format!("file://{}", self.root.display()), "name": "x"});
        let params = json!({
            "capabilities": {"textDocument": {"codeAction": action}, "workspace": {"workspaceEdit": {"documentChanges": true}}},
            "workspaceFolders": [folder],
        });
        self.ask("initialize", params).await;
        self.notify("initialized", json!({})).await;
        let document =
            json!({"uri": self.uri(), "languageId": "python", "version": 1, "text": before()});
        self.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
        // Until the proposal is drawn.
        while self.actions(0).await.as_array().unwrap().is_empty() {}
    }

    fn uri(&self) -> String {
        format!("file://{}/big.py", self.root.display())
    }

    /// A whole number below `n`, the same ones in every run of the benchmark.
    fn random(&mut self, n: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.seed >> 33) as usize % n
    }

    /// Types a letter at the end of a line that no hunk changes.
    async fn key(&mut self, line: usize, round: usize) {
        let line = if line % LINES_PER_HUNK < 3 { line + 10 } else { line };
        self.version += 1;
        let at = json!({"line": line, "character": 4});
        let text = ["a", "b", " ", "_"][round % 4];
        let change = json!({"range": {"start": at, "end": at}, "text": text});
        let document = json!({"uri": self.uri(), "version": self.version});
        let params = json!({"textDocument": document, "contentChanges": [change]});
        self.notify("textDocument/didChange", params).await;
    }

    async fn actions(&mut self, line: usize) -> Value {
        let at = json!({"line": line, "character": 0});
        let params = json!({
            "textDocument": {"uri": self.uri()}, "range": {"start": at, "end": at}, "context": {"diagnostics": []},
        });
        self.ask("textDocument/codeAction", params).await
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.n_requests += 1;
        let id = self.n_requests;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        loop {
            let mut message = self.next().await;
            if message["id"] == id {
                assert!(message["error"].is_null(), "{message}");
                return message["result"].take();
            }
        }
    }

    async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    async fn send(&mut self, message: Value) {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.output.write_all(frame.as_bytes()).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let mut line = String::new();
        self.input.read_line(&mut line).await.unwrap();
        let length = line.trim().strip_prefix("Content-Length: ").unwrap().parse().unwrap();
        self.input.read_line(&mut line).await.unwrap();
        let mut body = vec![0; length];
        self.input.read_exact(&mut body).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }
}

fn before() -> String {
    (0..LINES).map(|n| format!("    value_{n} = compute(previous, {n})\n")).collect()
}

fn after() -> String {
    let line = |n: usize| match n % LINES_PER_HUNK {
        0 => format!("    value_{n} = compute(next, {n})\n"),
        _ => format!("    value_{n} = compute(previous, {n})\n"),
    };
    (0..LINES).map(line).collect()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A project whose one run has finished with a proposal.
struct OneProposal {
    root: PathBuf,
}

impl Engines for OneProposal {
    fn root_of(&self, _: &Path) -> Result<PathBuf, Failure> {
        Ok(self.root.clone())
    }

    fn open(
        &self,
        root: &Path,
        _trusted: bool,
        listener: Listener,
    ) -> Result<EngineHandle, Failure> {
        listener(&Notice::Changed(Arc::new(run())));
        Ok(Arc::new(OneProposal { root: root.to_owned() }))
    }
}

impl Engine for OneProposal {
    fn root(&self) -> &Path {
        &self.root
    }

    fn send(&self, _: Command) -> Result<(), Busy> {
        Ok(())
    }

    fn disk(&self, _: &RepoPath) -> Option<Vec<u8>> {
        None
    }

    fn output(&self, _: &BlobId) -> Option<Vec<u8>> {
        None
    }

    fn put_document(&self, name: &str, _: &str) -> Result<PathBuf, Failure> {
        Ok(self.root.join(name))
    }

    fn put_draft(&self, name: &str, text: &str) -> Result<DraftFile, Failure> {
        self.put_document(name, text).map(|path| DraftFile { path, aside: None })
    }

    fn draft(&self, _: &str) -> Result<Option<greenloop::engine::EditedDraft>, Failure> {
        Ok(None)
    }
}

fn run() -> RunView {
    let (before, after, path) = (before(), after(), RepoPath::new("big.py").unwrap());
    let hunks = diff::hunks(&before, &after);
    assert_eq!(hunks.len(), LINES / LINES_PER_HUNK);
    let rejected = vec![false; hunks.len()];
    let (id, tree, blob) = (RunId(1), TreeId::new("t"), BlobId::new("b"));
    let change = FileChange {
        path: path.clone(),
        kind: ChangeKind::Modify,
        before: blob.clone(),
        after: blob,
        hunks,
    };
    let evidence = Evidence {
        tree: tree.clone(),
        fixed: Vec::new(),
        still_red: Vec::new(),
        flaky: Vec::new(),
        n_passed: 3,
        n_skipped: 0,
        checks: Vec::new(),
        search: None,
    };
    let proposal = Proposal {
        run: id,
        attempt: AttemptId(1),
        worker: "repair".into(),
        llm: false,
        title: "compare with `next`".into(),
        base: tree.clone(),
        result: tree,
        files: vec![change],
        evidence,
        guard: Default::default(),
        steps: Vec::new(),
    };
    let run = Run {
        phase: Phase::Finished(Outcome::Green),
        proposal: Some(proposal.clone()),
        ..Run::requested(id, Goal::default(), AskedBudget::default(), 0)
    };
    let kind = ChangeKind::Modify;
    let file = ReviewFile { path, kind, before: before.into(), after: after.into(), rejected };
    let review = Some(Arc::new(Review { proposal, files: vec![file] }));
    RunView { run, interrupted: false, review, checking: Vec::new() }
}
