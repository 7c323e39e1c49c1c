//! Plans that are open as documents: what is wrong in them, what may stand at a place, and their steps as an outline.

mod actions;

use std::collections::HashMap;
use std::ops::Range as Bytes;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tower_lsp::lsp_types::notification::PublishDiagnostics;
use tower_lsp::lsp_types::request::{
    Completion, DocumentSymbolRequest, FoldingRangeRequest, Request,
};
use tower_lsp::lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Diagnostic, DiagnosticSeverity,
    DocumentSymbol, FoldingRange, NumberOrString, Position, PublishDiagnosticsParams, SymbolKind,
    TextEdit, Url,
};

use super::documents::Text;
use super::session::{Session, State};
use super::{from_proto, to_proto, virtual_docs};
use crate::base::ids::{RunId, StepId};
use crate::base::text::Encoding;
use crate::logic::plan_check::{Facts, flaws};
use crate::logic::plan_text::{self, Mark, completions, parse};
use crate::model::question::About;
use crate::model::run::Run;

pub use self::actions::actions;

/// What was sent last for each open plan.
pub type Shown = HashMap<Url, Vec<Diagnostic>>;

/// The run whose plan a document is, by its name: `greenloop:/plan/RUN.md`, or a file of ours that ends so.
pub fn run_of(uri: &Url) -> Option<RunId> {
    let path = match uri.scheme() {
        virtual_docs::SCHEME => uri.path().strip_prefix("/plan/")?,
        "file" => uri.path().rsplit_once("/review/plan/")?.1,
        _ => return None,
    };
    RunId::parse(path.strip_suffix(".md")?)
}

/// Has an editor that can come to us with plans, and with nothing else: what we say of other documents would stand
/// in the way of what their own servers say.
pub fn registrations(session: &Session) -> Vec<Value> {
    let wanted = session.capabilities().plans;
    let selector = json!([
        {"scheme": virtual_docs::SCHEME, "pattern": "**/plan/*.md"},
        {"scheme": "file", "pattern": "**/review/plan/*.md"},
    ]);
    let entries = [
        (wanted.completion, Completion::METHOD, json!({"triggerCharacters": [" ", "-", "`"]})),
        (wanted.symbols, DocumentSymbolRequest::METHOD, json!({})),
        (wanted.folding, FoldingRangeRequest::METHOD, json!({})),
    ];
    let entry = |(_, method, mut options): (bool, &str, Value)| {
        options["documentSelector"] = selector.clone();
        json!({"id": format!("greenloop-plan-{method}"), "method": method, "registerOptions": options})
    };
    entries.into_iter().filter(|(wanted, ..)| *wanted).map(entry).collect()
}

fn step_asked(run: &Run) -> Option<StepId> {
    run.open_questions().find_map(|asked| match asked.question.about {
        About::Step { step } => Some(step),
        About::Plan | About::Goal | About::Attempt { .. } => None,
    })
}

/// An open plan, with what is known of its run.
struct Open {
    uri: Url,
    text: Arc<Text>,
    version: i32,
    revision: u64,
    /// `None` as long as it is not known what the run is about.
    facts: Option<Arc<Facts>>,
    /// The step that a person is asked about.
    asked: Option<StepId>,
    encoding: Encoding,
}

impl State {
    fn facts(&self, run: RunId) -> Option<Facts> {
        let run = &self.run(run)?.1.run;
        run.targets.as_ref().map(|_| Facts::of(run))
    }

    /// `None` for what is no plan or whose text is not known.
    fn plan(&self, uri: &Url, encoding: Encoding) -> Option<Open> {
        let run = run_of(uri)?;
        let document = self.documents.get(uri).filter(|document| document.in_sync)?;
        Some(Open {
            uri: uri.clone(),
            text: document.text.clone(),
            version: document.version,
            revision: document.revision,
            facts: self.facts(run).map(Arc::new),
            asked: self.run(run).and_then(|(_, view)| step_asked(&view.run)),
            encoding,
        })
    }

    fn open_plans(&self, encoding: Encoding) -> Vec<Open> {
        self.documents.uris().filter_map(|uri| self.plan(uri, encoding)).collect()
    }

    /// Keeps what was drawn and returns what the editor must be told.
    fn show_plans(
        &mut self,
        drawn: Vec<(Open, Vec<Diagnostic>)>,
        versions: bool,
    ) -> Vec<PublishDiagnosticsParams> {
        let mut messages = Vec::new();
        let mut shown = Shown::new();
        for (Open { uri, revision, version, .. }, found) in drawn {
            let current = self.documents.get(&uri).map(|document| document.revision);
            let old = self.plans.remove(&uri);
            if current != Some(revision) {
                // The change that moved it has asked for a new one.
                shown.extend(old.map(|old| (uri, old)));
                continue;
            }
            if found != *old.as_deref().unwrap_or_default() {
                let version = Some(version).filter(|_| versions);
                messages.push(PublishDiagnosticsParams::new(uri.clone(), found.clone(), version));
            }
            shown.insert(uri, found);
        }
        let closed = std::mem::replace(&mut self.plans, shown).into_iter();
        let closed = closed.filter(|(_, old)| !old.is_empty());
        messages
            .extend(closed.map(|(uri, _)| PublishDiagnosticsParams::new(uri, Vec::new(), None)));
        messages
    }
}

/// Tells what is wrong in open plans, where that changed.
pub async fn publish(session: &Arc<Session>) {
    let capabilities = session.capabilities();
    let plans = session.state().open_plans(capabilities.encoding);
    let draw = |open: Open| {
        let found = open.diagnostics();
        (open, found)
    };
    let drawn = spawn_blocking(move || plans.into_iter().map(draw).collect::<Vec<_>>()).await;
    // Only a panic would be an error; the plans are drawn again with the next change.
    let Ok(drawn) = drawn else { return };
    let messages = session.state().show_plans(drawn, capabilities.diagnostic_versions);
    messages.into_iter().for_each(|message| session.outbox.notify::<PublishDiagnostics>(message));
}

/// What may stand at a place of a plan; nothing in other documents.
pub async fn completion(session: &Session, uri: &Url, at: Position) -> Vec<CompletionItem> {
    drawn(session, uri, move |open| open.completion(at)).await
}

/// The steps of a plan.
pub async fn symbols(session: &Session, uri: &Url) -> Vec<DocumentSymbol> {
    drawn(session, uri, Open::symbols).await
}

/// The steps of a plan, each of which folds.
pub async fn folding(session: &Session, uri: &Url) -> Vec<FoldingRange> {
    drawn(session, uri, Open::folding).await
}

async fn drawn<T: Send + 'static>(
    session: &Session,
    uri: &Url,
    draw: impl FnOnce(&Open) -> Vec<T> + Send + 'static,
) -> Vec<T> {
    let open = session.state().plan(uri, session.capabilities().encoding);
    let Some(open) = open else { return Vec::new() };
    spawn_blocking(move || draw(&open)).await.unwrap_or_default()
}

impl Open {
    fn range(&self, bytes: Bytes<usize>) -> tower_lsp::lsp_types::Range {
        to_proto::range(&self.text, bytes, self.encoding)
    }

    fn diagnostics(&self) -> Vec<Diagnostic> {
        let parsed = parse(&self.text.string);
        let flaws = self.facts.as_ref().map(|facts| flaws(&parsed.plan, &facts.known()));
        let marks = parsed.marks_with(&flaws.unwrap_or_default());
        marks.into_iter().map(|mark| self.diagnostic(mark)).collect()
    }

    fn diagnostic(&self, mark: Mark) -> Diagnostic {
        let severity =
            if mark.is_error { DiagnosticSeverity::ERROR } else { DiagnosticSeverity::WARNING };
        Diagnostic {
            range: self.range(mark.range),
            severity: Some(severity),
            code: Some(NumberOrString::String("plan".into())),
            source: Some("greenloop".into()),
            message: format!("{}. {}", mark.message, mark.hint),
            ..Diagnostic::default()
        }
    }

    fn completion(&self, at: Position) -> Vec<CompletionItem> {
        let none = Facts::default();
        let facts = self.facts.as_deref().unwrap_or(&none);
        let at = from_proto::position(at);
        let offset = self.text.lines.offset(&self.text.string, at, self.encoding);
        let found = completions(&self.text.string, offset, &facts.known());
        let item = |found: plan_text::Completion| CompletionItem {
            label: found.label,
            kind: Some(CompletionItemKind::VALUE),
            detail: Some(found.detail).filter(|detail| !detail.is_empty()),
            filter_text: Some(found.text.clone()),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(
                self.range(found.range),
                found.text,
            ))),
            ..CompletionItem::default()
        };
        found.into_iter().map(item).collect()
    }

    fn symbols(&self) -> Vec<DocumentSymbol> {
        let parsed = parse(&self.text.string);
        let steps = parsed.plan.steps.iter().zip(parsed.steps);
        steps
            .map(|(step, section)| {
                let n_tests = step.tests.len();
                #[expect(deprecated, reason = "the type has a field that nobody reads any more")]
                DocumentSymbol {
                    name: format!("{}. {}", step.id, step.title).trim_end().to_owned(),
                    detail: Some(format!(
                        "{n_tests} {}",
                        if n_tests == 1 { "test" } else { "tests" }
                    )),
                    kind: SymbolKind::STRING,
                    tags: None,
                    deprecated: None,
                    range: self.range(section.whole),
                    selection_range: self.range(section.heading),
                    children: None,
                }
            })
            .collect()
    }

    fn folding(&self) -> Vec<FoldingRange> {
        let sections = parse(&self.text.string).steps.into_iter();
        sections
            .map(|section| {
                let text = self.text.string[section.whole.clone()].trim_end();
                let last = section.whole.start + text.len();
                FoldingRange {
                    start_line: self.text.lines.line_of(section.heading.start),
                    end_line: self.text.lines.line_of(last),
                    ..FoldingRange::default()
                }
            })
            .filter(|range| range.start_line < range.end_line)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_known_by_its_name() {
        let check = |uri: &str, run: Option<u64>| {
            assert_eq!(run_of(&Url::parse(uri).unwrap()), run.map(RunId), "{uri}");
        };
        check("greenloop:/plan/0000000001.md", Some(1));
        check("file:///state/shop-1/review/plan/0000000010.md", Some(32));
        for other in [
            "greenloop:/run/0000000001.md",
            "greenloop:/plan/1.md",
            "file:///shop/plan/0000000001.md",
            "untitled:/plan/0000000001.md",
            "greenloop:/plan/0000000001.txt",
        ] {
            check(other, None);
        }
    }
}
