//! The checks of the project, and whether what they start is installed.

use super::Finding;
use crate::engine::Dirs;
use crate::io::checks::{self, Detected};
use crate::io::store::Store;
use crate::model::check::Check;
use crate::model::failure::Failure;

/// One line for each check, and for what was seen but cannot be used.
pub(super) fn findings(dirs: &Dirs) -> Vec<Finding> {
    let found = match detected(dirs) {
        Ok(found) => found,
        Err(failure) => {
            let what = format!("checks: {}. {}", failure.message, failure.hint);
            return vec![Finding { ok: false, what, hint: "".into() }];
        }
    };
    let note =
        |note: &String| Finding { ok: false, what: format!("checks: {note}"), hint: "".into() };
    let mut all: Vec<Finding> = found.checks.iter().map(|check| of_check(dirs, check)).collect();
    all.extend(found.notes.iter().chain(&found.blocked).map(note));
    if all.is_empty() {
        let what = "no check was found in this project".to_owned();
        let hint = "Say in greenloop.toml how its tests are run: a [[check]] with a command.";
        all.push(Finding { ok: false, what, hint: hint.into() });
    }
    all
}

fn detected(dirs: &Dirs) -> Result<Detected, Failure> {
    let store = Store::open(&dirs.root, &dirs.state)?;
    let snapshot = store.snapshot(&[])?;
    checks::detect(&store, &snapshot.tree, &dirs.focus)
}

fn of_check(dirs: &Dirs, check: &Check) -> Finding {
    let hint = "Install it, or name another command for this check in greenloop.toml.";
    let missing = checks::missing_program(&dirs.root, check);
    let what = match missing {
        Some(program) => format!("check {}: {program} was not found", check.id),
        None => format!("check {}, because {}", check.id, check.why),
    };
    Finding { ok: missing.is_none(), what, hint: hint.into() }
}
