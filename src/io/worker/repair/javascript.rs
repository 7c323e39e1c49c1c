//! JavaScript's fast path: processes that load the project's files anew for each candidate, with its text in place of
//! one, and run the tests by functions of ours in place of the runner's. The check that verifies the result is the
//! project's own.
//!
//! The program is `javascript/*.cjs`; what it does not run as the runner does, it leaves to the slow way.

use std::sync::Arc;

use super::fast_path::Job;
use super::program::{self, Program};
use crate::model::check::Runner;
use crate::model::failure::Failure;

/// The program's files.
const PROGRAM: &[(&str, &str)] = &[
    ("greenloop_repair/alive.cjs", include_str!("javascript/alive.cjs")),
    ("greenloop_repair/behave.cjs", include_str!("javascript/behave.cjs")),
    ("greenloop_repair/bench.cjs", include_str!("javascript/bench.cjs")),
    ("greenloop_repair/commonjs.cjs", include_str!("javascript/commonjs.cjs")),
    ("greenloop_repair/crew.cjs", include_str!("javascript/crew.cjs")),
    ("greenloop_repair/dom.cjs", include_str!("javascript/dom.cjs")),
    ("greenloop_repair/files.cjs", include_str!("javascript/files.cjs")),
    ("greenloop_repair/frameworks.cjs", include_str!("javascript/frameworks.cjs")),
    ("greenloop_repair/inspection.cjs", include_str!("javascript/inspection.cjs")),
    ("greenloop_repair/loader.cjs", include_str!("javascript/loader.cjs")),
    ("greenloop_repair/main.cjs", include_str!("javascript/main.cjs")),
    ("greenloop_repair/mocks.cjs", include_str!("javascript/mocks.cjs")),
    ("greenloop_repair/names.cjs", include_str!("javascript/names.cjs")),
    ("greenloop_repair/observe.cjs", include_str!("javascript/observe.cjs")),
    ("greenloop_repair/packages.cjs", include_str!("javascript/packages.cjs")),
    ("greenloop_repair/resolve.mjs", include_str!("javascript/resolve.mjs")),
    ("greenloop_repair/search.cjs", include_str!("javascript/search.cjs")),
    ("greenloop_repair/settings.cjs", include_str!("javascript/settings.cjs")),
    ("greenloop_repair/suites.cjs", include_str!("javascript/suites.cjs")),
    ("greenloop_repair/timers.cjs", include_str!("javascript/timers.cjs")),
    ("greenloop_repair/transform.cjs", include_str!("javascript/transform.cjs")),
    ("greenloop_repair/types.cjs", include_str!("javascript/types.cjs")),
    ("greenloop_repair/values.cjs", include_str!("javascript/values.cjs")),
    ("greenloop_repair/worker.cjs", include_str!("javascript/worker.cjs")),
];

/// Puts the program into a world; fails for a check that does not say which Node.js it uses.
pub(super) fn open<'a>(job: &'a Job<'a>) -> Result<Program<'a>, Failure> {
    let framework = framework(job.check.runner);
    let node = job.check.argv.first().filter(|word| is_node(word)).ok_or_else(|| {
        Failure::environment(
            format!("check `{}` does not say which Node.js it uses", job.check.id),
            "Name it as `node node_modules/...`.",
        )
    })?;
    let world = job.desk.worlds.enter(job.tree)?;
    program::put(&world, PROGRAM)?;
    let main = world.scratch().join("greenloop_repair/main.cjs");
    let argv = vec![node.clone(), main.to_string_lossy().into_owned()];
    let (language, args) = ("JavaScript", job.check.argv[1..].to_vec());
    let world = Arc::new(world);
    Ok(Program {
        job,
        world,
        language,
        framework,
        args,
        argv,
        env: Vec::new(),
        behaves: true,
        session: None,
    })
}

fn framework(runner: Runner) -> &'static str {
    match runner {
        Runner::Jest => "jest",
        Runner::Vitest => "vitest",
        Runner::Mocha => "mocha",
        _ => "node-test",
    }
}

fn is_node(word: &str) -> bool {
    matches!(word.rsplit(['/', '\\']).next(), Some("node" | "node.exe"))
}

#[cfg(test)]
mod tests;
