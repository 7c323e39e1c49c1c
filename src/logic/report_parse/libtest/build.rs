//! Cargo's part of the output: which binaries there are, what the compiler objects to, and which binary runs next.

use std::collections::HashMap;

use serde::Deserialize;

use super::super::{FindPath, add_problem};
use super::DOC;
use crate::model::check::Problem;
use crate::model::report::Place;

/// Text of cargo's kept before any test runs, in bytes.
const ERROR_BYTES_MAX: usize = 4 * 1024;

#[derive(Debug, Default)]
pub(super) struct Build {
    /// Names of binaries by the file name of the program.
    binaries: HashMap<String, String>,
    /// Packages by the name of their library.
    libraries: HashMap<String, String>,
    problems: Vec<Problem>,
    /// What cargo said about the build, once it did.
    pub(super) succeeded: Option<bool>,
    /// From cargo's first `error:` on.
    error: String,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Built { package_id: String, target: Target, executable: Option<String> },
    #[serde(rename = "compiler-message")]
    Said { message: Diagnostic },
    #[serde(rename = "build-finished")]
    Finished { success: bool },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    message: String,
    level: String,
    code: Option<Code>,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: u32,
    is_primary: bool,
    label: Option<String>,
}

impl Build {
    /// The name of the binary that a line says is run next.
    pub(super) fn section_start(&self, line: &str) -> Option<String> {
        // Cargo sets its words flush right in twelve columns; a test's own output that looks like it does not count.
        if let Some(library) = line.strip_prefix("   Doc-tests ") {
            let package = self.libraries.get(library).map_or(library, String::as_str);
            return Some(format!("{package}::{DOC}"));
        }
        let rest = line.strip_prefix("     Running ")?;
        let program = rest.rsplit_once(" (")?.1.strip_suffix(')')?;
        if !program.contains(['/', '\\']) {
            return None;
        }
        let file = program.rsplit(['/', '\\']).next()?;
        // `--config` and old cargos may leave out the messages that name it.
        let plain = || file.rsplit_once('-').map_or(file, |(name, _)| name).to_owned();
        Some(self.binaries.get(file).cloned().unwrap_or_else(plain))
    }

    /// Takes a line of JSON; whether it was one.
    pub(super) fn message(&mut self, line: &str, find: FindPath<'_>) -> bool {
        if !line.starts_with("{\"reason\":") {
            return false;
        }
        match serde_json::from_str(line) {
            Ok(Message::Built { package_id, target, executable }) => {
                self.artifact(&package_id, &target, executable.as_deref());
            }
            Ok(Message::Said { message }) if message.level.starts_with("error") => {
                self.diagnostic(message, find);
            }
            Ok(Message::Finished { success }) => self.succeeded = Some(success),
            Ok(Message::Said { .. } | Message::Other) => {}
            Err(_) => return false,
        }
        true
    }

    /// Takes any other line that comes before the first test program.
    pub(super) fn text(&mut self, line: &str) {
        let is_part = line.starts_with("error") || !self.error.is_empty();
        if is_part && self.error.len() + line.len() < ERROR_BYTES_MAX {
            self.error.push_str(line);
            self.error.push('\n');
        }
    }

    /// The compiler's errors, or cargo's own where the compiler had none, and cargo's text.
    pub(super) fn finish(&mut self, find: FindPath<'_>) -> (Vec<Problem>, String) {
        let mut problems = std::mem::take(&mut self.problems);
        let error = std::mem::take(&mut self.error).trim_end().to_owned();
        if problems.is_empty() && !error.is_empty() {
            let at = error.lines().find_map(|line| manifest_place(line, find));
            add_problem(&mut problems, Problem { at, message: error.clone() });
        }
        (problems, error)
    }

    fn artifact(&mut self, package_id: &str, target: &Target, executable: Option<&str>) {
        let kind = target.kind.first().map_or("", String::as_str);
        let binary = binary_name(package_id, kind, &target.name);
        if !matches!(kind, "test" | "bin" | "example" | "bench") {
            self.libraries.insert(target.name.clone(), binary.clone());
        }
        if let Some(file) = executable.and_then(|path| path.rsplit(['/', '\\']).next()) {
            self.binaries.insert(file.to_owned(), binary);
        }
    }

    fn diagnostic(&mut self, found: Diagnostic, find: FindPath<'_>) {
        let Some(span) = found.spans.iter().find(|span| span.is_primary) else {
            // Without a place it only counts the errors that were told, or it is the linker's.
            if !found.message.starts_with("aborting due to") {
                add_problem(&mut self.problems, Problem { at: None, message: found.message });
            }
            return;
        };
        let at = find(&span.file_name).map(|path| Place { path, line: span.line_start.max(1) });
        let code = found.code.map(|code| format!("{}: ", code.code)).unwrap_or_default();
        let label = span.label.as_deref().filter(|label| !label.is_empty());
        let label = label.map(|label| format!("; {label}")).unwrap_or_default();
        let message = format!("{code}{}{label}", found.message);
        add_problem(&mut self.problems, Problem { at, message });
    }
}

/// The name of a target's test program, from cargo's id of the package and the target's first kind and name.
pub fn binary_name(package_id: &str, kind: &str, target: &str) -> String {
    let package = package_name(package_id);
    match kind {
        "test" => format!("{package}::{target}"),
        "bin" | "example" | "bench" => format!("{package}::{kind}/{target}"),
        _ => package.to_owned(),
    }
}

/// `demo` of `path+file:///p/demo#0.1.0` and of `path+file:///p/x#demo@0.1.0`.
fn package_name(id: &str) -> &str {
    let Some((source, version)) = id.rsplit_once('#') else { return id };
    match version.split_once('@') {
        Some((name, _)) => name,
        None => source.rsplit('/').next().unwrap_or(source),
    }
}

/// `  --> Cargo.toml:3:1`, or the manifest that cargo could not read.
fn manifest_place(line: &str, find: FindPath<'_>) -> Option<Place> {
    if let Some(place) = line.trim_start().strip_prefix("--> ") {
        return super::failure::place(place, find);
    }
    let manifest = line.split('`').find(|part| part.ends_with("Cargo.toml"))?;
    find(manifest).map(|path| Place { path, line: 1 })
}
