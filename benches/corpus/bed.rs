//! A project of the corpus in a folder of its own, with the engine and the tests to let loose on it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::corpus::{Fault, Language, Replacement, Seeded};
use crate::memory::Watch;
use crate::support::{Home, Project, copy_folder, install};

/// Seconds for a suite of tests; one that takes longer is red.
const TESTS_SECONDS: u64 = 60;
/// Seconds that the engine gets beyond its own limit before it is killed.
const GRACE_SECONDS: u64 = 60;

/// How a suite of tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tests {
    Green,
    Red,
    /// They could not be compiled.
    Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The hidden tests are green too.
    Correct,
    /// The visible tests are green, the hidden ones are not.
    Wrong,
    Missed,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Correct => "correct",
            Verdict::Wrong => "WRONG",
            Verdict::Missed => "MISSED",
        }
    }
}

/// One run of the engine.
pub struct Trial {
    pub verdict: Verdict,
    /// Whether the change, or one of those offered beside it, is correct.
    pub is_among: bool,
    /// From the command's start to its end.
    pub seconds: f64,
    /// Candidates, of all steps together.
    pub tried: u64,
    /// The most memory that the engine and all it started took, in MiB.
    pub memory: u64,
    /// How sure the engine was of its change, in the word of its JSON.
    pub confidence: String,
    /// How it ended and why this change, for people.
    pub told: String,
}

/// The commit before any fault.
const HEALTHY: &str = "healthy";

pub struct Bed<'a> {
    seeded: &'a Seeded,
    project: Project,
    /// The project again, with the hidden tests. The engine knows nothing of it.
    judge: Project,
    home: Home,
    /// The program under test.
    engine: &'a Path,
    /// Seconds for each run of the engine.
    wall: u64,
    /// Whether faults are committed, so that no commit has what was right.
    commits: bool,
}

impl Bed<'_> {
    /// The healthy project, committed, as it is after a user has run its checks once.
    pub fn make<'a>(
        seeded: &'a Seeded,
        engine: &'a Path,
        wall: Option<u64>,
        commits: bool,
    ) -> Bed<'a> {
        let usual = match seeded.language {
            Language::Go | Language::Rust => 120,
            _ => 60,
        };
        let wall = wall.unwrap_or(usual);
        let folder = || {
            let project = Project::empty(&seeded.name);
            copy_folder(&seeded.project(), &project.root);
            let installed = seeded.project().join("node_modules");
            if installed.exists() {
                let mut copy = Command::new("cp");
                copy.args(["-al", "--"]).arg(installed).arg(&project.root);
                assert!(copy.status().unwrap().success());
            } else if seeded.language == Language::Typescript {
                install("typescript-agenda-vitest", &project.root);
            }
            project
        };
        let bed = Bed {
            seeded,
            project: folder(),
            judge: folder(),
            home: Home::new(),
            engine,
            wall,
            commits,
        };
        bed.project.commit_all();
        bed.project.git(&["tag", HEALTHY]);
        copy_folder(&seeded.hidden(), &bed.judge.root);
        bed.greenloop(&["checks"], GRACE_SECONDS);
        bed
    }

    /// Puts a fault in, and commits it where that is wanted.
    pub fn seed(&self, fault: &Fault) {
        self.put(fault);
        if self.commits {
            self.project.git(&["commit", "--quiet", "--all", "--message", "work"]);
        }
    }

    fn put(&self, fault: &Fault) {
        let place = |edit: Replacement| (self.project.read(&edit.file).find(&edit.from), edit);
        let mut edits: Vec<_> = fault.edits().into_iter().map(place).collect();
        // The last one first, which leaves the place of the other as it is.
        edits.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (at, edit) in edits {
            let (mut text, at) = (self.project.read(&edit.file), at.unwrap());
            text.replace_range(at..at + edit.from.len(), &edit.to);
            self.project.write(&edit.file, &text);
        }
    }

    /// Makes the project what it was, and lets the engine forget what it learned from this fault.
    pub fn heal(&self) {
        self.project.git(&["reset", "--quiet", "--hard", HEALTHY]);
        self.project.git(&["clean", "--quiet", "-d", "--force"]);
        self.greenloop(&["lessons", "--delete", "all"], GRACE_SECONDS);
        for folder in fs::read_dir(self.home.cache().join("greenloop")).unwrap() {
            let answers = folder.unwrap().path().join("checks");
            if answers.exists() {
                fs::remove_dir_all(answers).unwrap();
            }
        }
    }

    pub fn visible(&self) -> Tests {
        self.tests(&self.project.root)
    }

    /// Visible and hidden tests on the sources as they are.
    pub fn hidden(&self) -> Tests {
        copy_folder(&self.project.root, &self.judge.root);
        self.tests(&self.judge.root)
    }

    /// Lets the engine mend what is there, and judges what it left.
    pub fn fix(&self, fault: &Fault) -> Trial {
        let before = Instant::now();
        let args = ["fix", "--apply", "--format", "json", "--wall", &self.wall.to_string()];
        let mut command = self.limited(self.wall + GRACE_SECONDS, self.engine);
        command.args(args).current_dir(&self.project.root);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let watch = Watch::begin(child.id());
        let output = child.wait_with_output().unwrap();
        let memory = watch.end();
        let seconds = before.elapsed().as_secs_f64();
        let events: Vec<Value> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let tried = events.iter().filter_map(|event| event["result"]["search"]["tried"].as_u64());
        let outcome = events.iter().rev().find(|event| event["type"] == "outcome");
        let outcome = outcome.unwrap_or(&Value::Null);
        let confidence = outcome["search"]["confidence"]["is"].as_str().unwrap_or("unknown");
        let verdict = self.judged();
        let others = outcome["search"]["others"].as_array().into_iter().flatten();
        let diffs: Vec<&str> = others.filter_map(|other| other["diff"].as_str()).collect();
        let is_among = match verdict {
            Verdict::Correct => true,
            Verdict::Wrong => diffs.iter().any(|diff| self.is_right(fault, diff)),
            Verdict::Missed => false,
        };
        Trial {
            verdict,
            is_among,
            seconds,
            tried: tried.sum(),
            memory,
            confidence: confidence.to_owned(),
            told: told(outcome),
        }
    }

    /// Whether another change than the one made is right; it is what is left.
    fn is_right(&self, fault: &Fault, diff: &str) -> bool {
        self.project.git(&["checkout", "--quiet", "--", "."]);
        if !self.commits {
            self.put(fault);
        }
        let file = self.home.cache().join("other.diff");
        fs::write(&file, diff).unwrap();
        // One that stands on what an earlier step changed cannot be tried alone.
        let mut apply = Command::new("git");
        apply.arg("apply").arg(file).current_dir(&self.project.root).stderr(Stdio::null());
        apply.status().unwrap().success() && self.judged() == Verdict::Correct
    }

    fn judged(&self) -> Verdict {
        match (self.hidden(), self.visible()) {
            (Tests::Green, Tests::Green) => Verdict::Correct,
            (_, Tests::Green) => Verdict::Wrong,
            _ => Verdict::Missed,
        }
    }

    fn greenloop(&self, args: &[&str], seconds: u64) -> Output {
        let mut command = self.limited(seconds, self.engine);
        command.args(args).current_dir(&self.project.root).output().unwrap()
    }

    /// A program in the user's environment, killed with all it started when its time is over.
    fn limited(&self, seconds: u64, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.home.command("timeout");
        command.args(["--kill-after=5", &seconds.to_string()]).arg(program);
        command
    }

    fn tests(&self, root: &Path) -> Tests {
        let own: Vec<&str> = self.seeded.tests.iter().flatten().map(String::as_str).collect();
        let argv: &[&str] = match self.seeded.language {
            _ if !own.is_empty() => &own,
            Language::Python => &["python3", "-B", "-m", "unittest", "--quiet"],
            Language::Javascript => &["node", "--test"],
            Language::Typescript => &["node", "node_modules/vitest/vitest.mjs", "run"],
            Language::Go => &["go", "test", "./..."],
            Language::Rust => &["cargo", "test", "--offline", "--tests", "--no-fail-fast"],
        };
        let outputs = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let output = self
            .limited(TESTS_SECONDS, argv[0])
            .args(&argv[1..])
            .current_dir(root)
            .env("GOCACHE", outputs.join("corpus-go"))
            .env("CARGO_TARGET_DIR", self.home.cache().join("target"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if text.contains("[build failed]") || text.contains("could not compile") {
            Tests::Broken
        } else if output.status.success() {
            Tests::Green
        } else {
            Tests::Red
        }
    }
}

/// The end of a run, and its change.
fn told(outcome: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
    let search = &outcome["search"];
    format!(
        "{}: {}; {} of {} tried; {}",
        outcome["status"].as_str().unwrap_or("killed"),
        text(&outcome["reason"]),
        search["tried"],
        search["total"],
        text(&search["reason"])
    )
}
