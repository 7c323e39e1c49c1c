//! The diagnostics that an action is about.

use std::collections::HashSet;

use tower_lsp::lsp_types::{CodeAction, CodeActionContext, Diagnostic, NumberOrString, Range};

use crate::lsp::review::view::FileView;

/// What the editor shows of our diagnostics at these lines, in our own words: it could send back anything.
pub(super) fn shown<'v>(
    view: &'v FileView,
    context: &CodeActionContext,
    lines: (u32, u32),
) -> Vec<&'v Diagnostic> {
    let is_ours = |shown: &&Diagnostic| shown.source.as_deref() == Some("greenloop");
    let theirs: HashSet<&str> =
        context.diagnostics.iter().filter(is_ours).map(|shown| shown.message.as_str()).collect();
    let is_shown =
        |own: &&Diagnostic| overlaps(own.range, lines) && theirs.contains(own.message.as_str());
    view.diagnostics.iter().filter(is_shown).collect()
}

pub(super) fn is_of_test(diagnostic: &Diagnostic) -> bool {
    diagnostic.code == Some(NumberOrString::String("test".into()))
}

/// An action with the diagnostics it is about, for editors that sort by them.
pub(super) fn about<'v>(
    action: CodeAction,
    shown: impl Iterator<Item = &'v &'v Diagnostic>,
) -> CodeAction {
    let shown: Vec<Diagnostic> = shown.map(|shown| (*shown).clone()).collect();
    CodeAction { diagnostics: (!shown.is_empty()).then_some(shown), ..action }
}

fn overlaps(range: Range, lines: (u32, u32)) -> bool {
    range.start.line <= lines.1 && lines.0 <= range.end.line
}
