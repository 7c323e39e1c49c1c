//! What a program is told: one JSON file. Paths in it are relative to `root`, lines are counted from 1.

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::super::Assignment;
use crate::base::ids::CheckId;
use crate::base::path::RepoPath;
use crate::io::worlds::World;
use crate::model::check::Problem;
use crate::model::failure::Failure;
use crate::model::report::{Place, TestCase};
use crate::model::run::{Attempt, AttemptResult, Goal};

/// Raised when a program that reads the form before would misread this one.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Brief<'a> {
    version: u32,
    /// The project's folder, where the program may write.
    root: &'a Path,
    goal: &'a Goal,
    step: StepLine<'a>,
    checks: Vec<CheckLine<'a>>,
    /// The tests to turn green.
    red: Vec<RedTest<'a>>,
    /// Errors with a place, from compilers and loaders.
    problems: Vec<&'a Problem>,
    /// What was tried before and was not good enough.
    rejected: Vec<Rejected<'a>>,
}

/// What of the goal is to be done now.
#[derive(Serialize)]
struct StepLine<'a> {
    title: &'a str,
    /// Why and how, in Markdown; may be empty.
    intent: &'a str,
    /// Patterns of the only files that may change; empty for any.
    scope: &'a [String],
}

#[derive(Serialize)]
struct CheckLine<'a> {
    check: &'a CheckId,
    /// As a person would type it in `root`.
    command: &'a str,
}

#[derive(Serialize)]
struct RedTest<'a> {
    check: &'a CheckId,
    name: &'a str,
    message: &'a str,
    at: Option<&'a Place>,
    frames: &'a [Place],
}

#[derive(Serialize)]
struct Rejected<'a> {
    worker: &'a str,
    /// Why not, for example `still red: test_a`.
    reason: &'a str,
    /// What it had changed; empty when it was not looked at.
    changes: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    path: &'a RepoPath,
    removed: &'a [String],
    inserted: &'a [String],
}

/// Writes the brief of an assignment for a program in `world`.
pub(super) fn write(
    file: &Path,
    world: &World,
    assignment: &Assignment<'_>,
) -> Result<(), Failure> {
    let runs = assignment.baseline;
    let cases: Vec<&TestCase> = runs.iter().flat_map(|run| &run.report.cases).collect();
    let brief = Brief {
        version: VERSION,
        root: world.root(),
        goal: assignment.goal,
        step: StepLine {
            title: &assignment.step.title,
            intent: &assignment.step.intent,
            scope: &assignment.step.scope,
        },
        checks: runs
            .iter()
            .filter(|run| assignment.checks.iter().any(|check| check.id == run.check))
            .map(|run| CheckLine { check: &run.check, command: &run.command })
            .collect(),
        red: assignment
            .targets
            .iter()
            .map(|target| {
                let case = cases.iter().find(|case| case.id == *target);
                RedTest {
                    check: &target.check,
                    name: &target.name,
                    message: case.map_or("", |case| &case.message),
                    at: case.and_then(|case| case.at.as_ref()),
                    frames: case.map_or(&[], |case| &case.frames),
                }
            })
            .collect(),
        problems: runs.iter().flat_map(|run| &run.problems).collect(),
        rejected: assignment.attempts.iter().copied().filter_map(rejected).collect(),
    };
    let json = serde_json::to_vec_pretty(&brief).map_err(std::io::Error::from);
    json.and_then(|json| fs::write(file, json)).map_err(|error| {
        Failure::environment(
            format!("`{}` cannot be written: {error}", file.display()),
            "Check the space and the permissions of the cache folder.",
        )
    })
}

fn rejected(attempt: &Attempt) -> Option<Rejected<'_>> {
    let Some(AttemptResult::Red { reason }) = &attempt.result else { return None };
    let files = attempt.verified.iter().flat_map(|verified| &verified.files);
    let changes = files.flat_map(|file| {
        file.hunks.iter().map(|hunk| Change {
            path: &file.path,
            removed: &hunk.removed,
            inserted: &hunk.inserted,
        })
    });
    Some(Rejected { worker: &attempt.worker, reason, changes: changes.collect() })
}
