//! Documents that only the server has: what a proposal starts from and leads to, its diff, a run's output and page.
//! Editors that open them by name get them by name; for the others the same text is put into a file.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::Url;
use tower_lsp::lsp_types::request::{Request, ShowDocument};

use super::error::{Reason, Refusal};
use super::plan_docs;
use super::session::{Session, State};
use crate::base::ids::RunId;
use crate::base::limits;
use crate::base::path::RepoPath;
use crate::engine::{DraftFile, EditedDraft, EngineHandle, Review, RunView};
use crate::logic::{overview, plan_text};
use crate::model::check::CheckRun;
use crate::model::failure::Failure;

pub const SCHEME: &str = "greenloop";
/// Of the protocol since 3.18, and what our plugins for older editors ask too.
pub const CONTENT: &str = "workspace/textDocumentContent";
const REFRESH: &str = "workspace/textDocumentContent/refresh";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub run: RunId,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A file as the proposal found it.
    Base(RepoPath),
    /// A file as the proposal leaves it.
    Proposed(RepoPath),
    Diff,
    /// What the checks printed.
    Log,
    /// The run on a page.
    Run,
    /// The steps of a run, to be edited.
    Plan,
}

impl Document {
    /// Ends as the file does, so that editors know its language.
    fn name(&self) -> String {
        let run = self.run;
        match &self.what {
            What::Base(path) => format!("base/{run}/{path}"),
            What::Proposed(path) => format!("proposed/{run}/{path}"),
            What::Diff => format!("diff/{run}.diff"),
            What::Log => format!("log/{run}.txt"),
            What::Run => format!("run/{run}.md"),
            What::Plan => format!("plan/{run}.md"),
        }
    }

    pub fn uri(&self) -> Option<Url> {
        let mut uri = Url::parse(&format!("{SCHEME}:/")).ok()?;
        uri.path_segments_mut().ok()?.pop_if_empty().extend(self.name().split('/'));
        Some(uri)
    }

    /// What a URI names: `greenloop:/base/RUN/PATH`, or `greenloop://base-RUN/PATH`, so that both sides of a diff have the
    /// path of the file.
    pub fn of(uri: &Url) -> Option<Self> {
        let path = path_of(Some(uri).filter(|uri| uri.scheme() == SCHEME)?)?;
        let name = match uri.host_str() {
            Some(host) => format!("{}/{path}", host.replacen('-', "/", 1)),
            None => path,
        };
        let (kind, rest) = name.split_once('/')?;
        let stem = |ending| RunId::parse(rest.strip_suffix(ending)?);
        let file = || {
            let (run, path) = rest.split_once('/')?;
            Some((RunId::parse(run)?, RepoPath::new(path)?))
        };
        let (run, what) = match kind {
            "base" => file().map(|(run, path)| (run, What::Base(path))),
            "proposed" => file().map(|(run, path)| (run, What::Proposed(path))),
            "diff" => stem(".diff").map(|run| (run, What::Diff)),
            "log" => stem(".txt").map(|run| (run, What::Log)),
            "run" => stem(".md").map(|run| (run, What::Run)),
            "plan" => stem(".md").map(|run| (run, What::Plan)),
            _ => None,
        }?;
        Some(Self { run, what })
    }

    /// Its text; reads what was printed from the store.
    fn text(&self, view: &RunView, engine: &EngineHandle) -> Option<String> {
        let review = || view.review.as_deref();
        let file = |path: &RepoPath| review()?.files.iter().find(|file| file.path == *path);
        match &self.what {
            What::Base(path) => file(path).map(|file| file.before.to_string()),
            What::Proposed(path) => file(path).map(|file| file.after.to_string()),
            What::Diff => review().map(Review::patch),
            What::Log => Some(log(view, engine)),
            What::Run => Some(overview::markdown(&view.run)),
            What::Plan => view.run.plan.as_ref().map(plan_text::print),
        }
    }
}

/// The path of a URI without its first slash, decoded the way those of files are.
fn path_of(uri: &Url) -> Option<String> {
    let file = Url::parse(&format!("file://{}", uri.path())).ok()?.to_file_path().ok()?;
    file.strip_prefix("/").ok()?.to_str().map(str::to_owned)
}

fn log(view: &RunView, engine: &EngineHandle) -> String {
    let verified = view.run.attempts.iter().filter_map(|attempt| attempt.verified.as_ref());
    let runs = view.run.baseline.iter().flatten();
    runs.chain(verified.flat_map(|verified| &verified.runs))
        .map(|run| printed(run, engine))
        .collect()
}

fn printed(run: &CheckRun, engine: &EngineHandle) -> String {
    let output = engine.output(&run.output).unwrap_or_default();
    let seconds = run.duration_ms as f64 / 1000.0;
    format!(
        "$ {}\n{}\n({seconds:.2} s)\n\n",
        run.command,
        String::from_utf8_lossy(&output).trim_end()
    )
}

#[derive(Debug, Deserialize)]
pub struct ContentParams {
    uri: Url,
}

/// The text of a document that only the server has.
pub async fn content(session: Arc<Session>, params: ContentParams) -> Result<Value> {
    let unknown = || Error::invalid_params(format!("there is no document {}", params.uri));
    let document = Document::of(&params.uri).ok_or_else(unknown)?;
    let text = text(&session, &document).await.ok_or_else(unknown)?;
    let mut state = session.state();
    if state.opened_virtually.len() < limits::VIRTUAL_DOCUMENTS_MAX {
        state.opened_virtually.insert(params.uri.clone());
    }
    Ok(json!({ "text": text }))
}

async fn text(session: &Arc<Session>, document: &Document) -> Option<String> {
    let (view, engine) = {
        let state = session.state();
        let (root, view) = state.run(document.run)?;
        (view.clone(), state.projects.engine_at(root)?.clone())
    };
    let document = document.clone();
    spawn_blocking(move || document.text(&view, &engine)).await.ok()?
}

/// Has the editor ask again for what it shows of runs, where that can change.
pub fn refresh(session: &Session) {
    if !session.capabilities().virtual_documents {
        return;
    }
    let changes = |uri: &&Url| {
        Document::of(uri).is_some_and(|document| matches!(document.what, What::Run | What::Log))
    };
    let uris: Vec<Url> = session.state().opened_virtually.iter().filter(changes).cloned().collect();
    for uri in uris {
        session.ask_in_background(REFRESH, json!({ "uri": uri }));
    }
}

/// Shows a document, by name where the editor knows how, else as a file. Answers with where it is.
pub async fn show(session: &Arc<Session>, document: Document) -> std::result::Result<Url, Refusal> {
    let not_found = || {
        Refusal::new(Reason::NotFound, format!("there is nothing to show as {}", document.name()))
    };
    let text = text(session, &document).await.ok_or_else(not_found)?;
    let capabilities = session.capabilities();
    // Nobody could type in a document that only the server has.
    let is_read_only = document.what != What::Plan;
    let uri = if is_read_only && capabilities.virtual_documents && capabilities.show_document {
        document.uri().ok_or_else(not_found)?
    } else {
        in_a_file(session, &document, text).await?
    };
    if capabilities.show_document {
        session.ask_in_background(ShowDocument::METHOD, json!({"uri": uri, "takeFocus": true}));
    } else {
        session.say(&format!("see {}", uri.to_file_path().unwrap_or_default().display()));
    }
    Ok(uri)
}

/// Has the engine of a run do something with its files.
async fn with_engine<T: Send + 'static>(
    session: &Session,
    run: RunId,
    work: impl FnOnce(&EngineHandle) -> std::result::Result<T, Failure> + Send + 'static,
) -> std::result::Result<T, Refusal> {
    let engine = {
        let state = session.state();
        let root = state.run(run).map(|(root, _)| root);
        root.and_then(|root| state.projects.engine_at(root)).cloned()
    };
    let not_found = || Refusal::new(Reason::NotFound, "its project is not open any more");
    let engine = engine.ok_or_else(not_found)?;
    let done = spawn_blocking(move || work(&engine)).await;
    done.map_err(|panic| Refusal::internal(&panic))?.map_err(|failure| Refusal::from(&failure))
}

async fn in_a_file(
    session: &Session,
    document: &Document,
    text: String,
) -> std::result::Result<Url, Refusal> {
    let name = document.name();
    let path = if document.what == What::Plan {
        if let Some(open) = session.state().open_plan_file(document.run) {
            return Ok(open);
        }
        let put = with_engine(session, document.run, move |engine| put_plan(engine, &name, &text));
        let DraftFile { path, aside } = put.await?;
        if let Some(aside) = aside {
            let message = "the plan has changed since you edited it; what you wrote is in";
            session.say(&format!("{message} {}", aside.display()));
        }
        path
    } else {
        with_engine(session, document.run, move |engine| engine.put_document(&name, &text)).await?
    };
    Url::from_file_path(path)
        .map_err(|()| Refusal::new(Reason::NotFound, "its file has no name that editors know"))
}

/// What people wrote stays when it comes to the same.
fn put_plan(
    engine: &EngineHandle,
    name: &str,
    text: &str,
) -> std::result::Result<DraftFile, Failure> {
    let plan = |text: &str| plan_text::parse(text).plan;
    let edited =
        engine.draft(name).ok().flatten().filter(|edited| plan(&edited.text) == plan(text));
    engine.put_draft(name, edited.as_ref().map_or(text, |edited| &edited.text))
}

/// The plan of a run as people left it in its file; `None` when they changed nothing.
pub async fn draft(
    session: &Session,
    run: RunId,
) -> std::result::Result<Option<EditedDraft>, Refusal> {
    let name = Document { run, what: What::Plan }.name();
    with_engine(session, run, move |engine| engine.draft(&name)).await
}

impl State {
    /// The open file with the plan of a run. What stands on the disk does not count then.
    fn open_plan_file(&self, run: RunId) -> Option<Url> {
        let is_plan = |uri: &&Url| uri.scheme() == "file" && plan_docs::run_of(uri) == Some(run);
        self.documents.uris().find(is_plan).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_its_name() {
        let path = || RepoPath::new("src/a b%2F#ü.rs").unwrap();
        let all = [
            What::Base(path()),
            What::Proposed(path()),
            What::Diff,
            What::Log,
            What::Run,
            What::Plan,
        ];
        for what in all {
            let document = Document { run: RunId(77), what };
            assert_eq!(Document::of(&document.uri().unwrap()), Some(document));
        }
        let named = Url::parse("greenloop://proposed-000000002d/src/a%20b.rs").unwrap();
        let path = RepoPath::new("src/a b.rs").unwrap();
        assert_eq!(
            Document::of(&named),
            Some(Document { run: RunId(77), what: What::Proposed(path) })
        );
        for other in ["greenloop:/diff/x.diff", "greenloop:/base/0000000001", "file:///diff/1.diff"]
        {
            assert_eq!(Document::of(&Url::parse(other).unwrap()), None, "{other}");
        }
    }
}
