//! Builds the test programs of a world and reads what cargo says about them as JSON lines.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::super::batch::{Dialect, Program, Test};
use crate::base::cancel::CancelToken;
use crate::base::limits::PROBE_WALL;
use crate::io::process::{End, Output};
use crate::io::worlds::{Command, World};
use crate::logic::report_parse::libtest::binary_name;
use crate::model::check::Check;

/// What a build came to.
#[derive(Debug, Default)]
pub(super) struct Build {
    /// Cargo said that everything was built.
    pub is_whole: bool,
    /// A package has a library with tests.
    pub has_library: bool,
    pub errors: Vec<CompileError>,
    binaries: Vec<String>,
    programs: Vec<Program>,
    /// Where the compiler keeps the libraries that programs of macro crates load.
    toolchain_libraries: PathBuf,
}

/// An error of the compiler.
#[derive(Debug)]
pub(super) struct CompileError {
    /// Where it is: first what the compiler objects to, then what it mentions.
    pub primary: Vec<Spot>,
    pub secondary: Vec<Spot>,
    /// For example `E0308`; empty for errors of the parser.
    pub code: String,
    /// Said, labels and notes.
    pub text: String,
}

impl CompileError {
    /// What it says, without its reasons.
    pub fn said(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

/// A line, counted from 1, of a file as the compiler names it.
#[derive(Debug)]
pub(super) struct Spot {
    pub file: String,
    pub line: u32,
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
/// A line of cargo.
enum Said {
    CompilerArtifact {
        package_id: String,
        manifest_path: PathBuf,
        target: Target,
        profile: Profile,
        executable: Option<PathBuf>,
    },
    CompilerMessage {
        message: Diagnostic,
    },
    BuildFinished {
        success: bool,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Diagnostic {
    message: String,
    level: String,
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    children: Vec<Diagnostic>,
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
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Span,
}

/// Where the compiler that a check uses keeps its libraries.
pub(super) fn toolchain_libraries(world: &World, check: &Check, stop: &CancelToken) -> PathBuf {
    let command = Command {
        argv: ["rustc", "--print=sysroot"].map(str::to_owned).to_vec(),
        dir: check.dir.clone(),
        env: check.env.clone().into_iter().collect(),
        deadline: PROBE_WALL,
        policy: check.policy.clone(),
    };
    let mut sysroot = String::new();
    // Without an answer only programs that need those libraries do not start.
    world.run(&command, stop, &mut |line| sysroot = String::from_utf8_lossy(line).into_owned());
    PathBuf::from(sysroot).join("lib")
}

/// How much to build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    All,
    /// The libraries' own tests: what is wrong with a library shows there once, not in every program that uses it.
    Libraries,
}

/// Whether a check names the programs it wants.
pub(super) fn chooses(check: &Check) -> bool {
    const CHOICES: &[&str] = &["--lib", "--bin", "--test", "--example", "--bench", "--all-targets"];
    let own = || check.argv.iter().take_while(|word| *word != "--");
    own().any(|word| CHOICES.iter().any(|choice| word.starts_with(choice)))
}

/// Builds what `check` tests, or of that what `part` says, with so many compilers and for so long at most.
pub(super) fn build(
    world: &World,
    check: &Check,
    (part, n_jobs): (Part, usize),
    wall: Duration,
    toolchain_libraries: &Path,
    stop: &CancelToken,
) -> (Build, Output) {
    let own = check.argv.iter().take_while(|word| *word != "--").cloned();
    let part: &[&str] = if part == Part::Libraries { &["--lib"] } else { &[] };
    let own = own.chain(part.iter().map(|word| (*word).to_owned()));
    let ours = ["--offline", "--no-run", "--message-format=json"].map(str::to_owned);
    let n_jobs = n_jobs.to_string();
    let quiet = [
        ("CARGO_TERM_COLOR", "never"),
        ("CARGO_TERM_PROGRESS_WHEN", "never"),
        ("CARGO_BUILD_JOBS", &n_jobs),
    ];
    let quiet = quiet.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let command = Command {
        argv: own.chain(ours).collect(),
        dir: check.dir.clone(),
        env: quiet.into_iter().chain(check.env.clone()).collect(),
        deadline: wall,
        policy: check.policy.clone(),
    };
    let toolchain_libraries = toolchain_libraries.to_owned();
    let mut build = Build { toolchain_libraries, ..Build::default() };
    let output = world.run(&command, stop, &mut |line| build.line(line));
    build.is_whole &= output.end == End::Exited(0);
    (build, output)
}

impl Build {
    /// The test that a check calls `name`; `None` for documentation tests and programs without libtest.
    pub fn test(&self, name: &str) -> Option<Test> {
        let (binary, test) = name.split_once(' ')?;
        let program = self.binaries.iter().position(|known| known == binary)?;
        Some(Test { program, name: test.to_owned() })
    }

    pub fn programs(&self) -> Vec<Program> {
        self.programs.clone()
    }

    fn line(&mut self, line: &[u8]) {
        match serde_json::from_slice(line) {
            Ok(Said::CompilerArtifact {
                package_id,
                manifest_path,
                target,
                profile: Profile { test: true },
                executable: Some(path),
            }) => self.program(&package_id, manifest_path, &target, path),
            Ok(Said::CompilerMessage { message }) if message.level.starts_with("error") => {
                self.errors.extend(message.read());
            }
            Ok(Said::BuildFinished { success }) => self.is_whole = success,
            Ok(Said::CompilerArtifact { .. } | Said::CompilerMessage { .. } | Said::Other) => {}
            // Text that cargo and build scripts print.
            Err(_) => {}
        }
    }

    /// Where a program looks for libraries, as cargo sets it.
    fn libraries(&self, program: &Path) -> String {
        let dependencies = program.parent().unwrap_or(program);
        let outputs = dependencies.parent().unwrap_or(dependencies);
        let folders = [dependencies, outputs, &self.toolchain_libraries];
        folders.map(|folder| folder.to_string_lossy().into_owned()).join(":")
    }

    fn program(&mut self, package_id: &str, manifest: PathBuf, target: &Target, path: PathBuf) {
        let kind = target.kind.first().map_or("", String::as_str);
        let dir = manifest.parent().map(PathBuf::from).unwrap_or_default();
        let mut env = variables(package_id, &manifest, &dir);
        env.push(("LD_LIBRARY_PATH".to_owned(), self.libraries(&path)));
        self.has_library |= kind != "bin" && kind != "test";
        self.binaries.push(binary_name(package_id, kind, &target.name));
        self.programs.push(Program { path, dir, env, dialect: Dialect::Libtest });
    }
}

/// What cargo tells test programs about their package.
fn variables(package_id: &str, manifest: &Path, dir: &Path) -> Vec<(String, String)> {
    let version = package_id.rsplit(['#', '@']).next().unwrap_or("");
    let mut numbers = version.split(['-', '+']).next().unwrap_or("").split('.');
    let mut number = || numbers.next().unwrap_or_default().to_owned();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let variables = [
        ("CARGO_MANIFEST_DIR", text(dir)),
        ("CARGO_MANIFEST_PATH", text(manifest)),
        ("CARGO_PKG_NAME", binary_name(package_id, "", "")),
        ("CARGO_PKG_VERSION", version.to_owned()),
        ("CARGO_PKG_VERSION_MAJOR", number()),
        ("CARGO_PKG_VERSION_MINOR", number()),
        ("CARGO_PKG_VERSION_PATCH", number()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

impl Diagnostic {
    /// `None` when it has no place: such errors only count the others.
    fn read(self) -> Option<CompileError> {
        let code = self.code.map(|code| code.code).unwrap_or_default();
        let mut text = self.message;
        let (mut primary, mut secondary) = (Vec::new(), Vec::new());
        for span in self.spans {
            text.push('\n');
            text.push_str(span.label.as_deref().unwrap_or(""));
            let is_primary = span.is_primary;
            let list = if is_primary { &mut primary } else { &mut secondary };
            list.push(span.written());
        }
        for child in self.children {
            text.push('\n');
            text.push_str(&child.message);
        }
        (!primary.is_empty()).then_some(CompileError { primary, secondary, code, text })
    }
}

impl Span {
    /// The place in the program's own text, for code that a macro made.
    fn written(self) -> Spot {
        match self.expansion {
            Some(expansion) => expansion.span.written(),
            None => Spot { file: self.file_name, line: self.line_start },
        }
    }
}
