//! `greenloop doctor [DIR]`: what is available here, and what to do about what is not.

mod checks;
mod models;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lexopt::prelude::*;

use super::fix::folder_of;
use super::style::Style;
use super::{Stop, say};
use crate::engine::Dirs;
use crate::io::sandbox;
use crate::logic::config::{self, Config, FILE_NAME};
use crate::model::policy::Policy;

/// One line of the report.
struct Finding {
    ok: bool,
    what: String,
    /// What to do when it is not well; empty when nothing needs doing.
    hint: Cow<'static, str>,
}

pub(super) fn main(mut parser: lexopt::Parser) -> Result<i32, Stop> {
    let mut folder: Option<PathBuf> = None;
    let mut asked = models::Asked::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("models") => asked.call = true,
            Long("trust") => asked.trusted = true,
            Value(path) if folder.is_none() => folder = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let dirs = Dirs::find(&folder_of(folder))?;
    let mut findings = findings(&dirs);
    findings.extend(models::findings(project_config(&dirs).map(|config| config.models), asked));
    let style = Style::of_stdout();
    say(&format!("greenloop {} on {}\n", env!("CARGO_PKG_VERSION"), dirs.root.display()));
    for Finding { ok, what, hint } in &findings {
        say(&format!("  {} {what}\n", if *ok { style.green("✔") } else { style.red("✘") }));
        if !ok && !hint.is_empty() {
            say(&format!("      {hint}\n"));
        }
    }
    Ok(if findings.iter().all(|finding| finding.ok) { 0 } else { 1 })
}

fn findings(dirs: &Dirs) -> Vec<Finding> {
    let mut all = isolation(&dirs.cache);
    all.extend(doors(dirs));
    all.extend(checks::findings(dirs));
    all.push(program(
        "git",
        "Folders without git work as well; install git to see diffs of your own.",
    ));
    all.push(program("python3", "Needed only for Python projects: install Python 3.8 or later."));
    all.push(program(
        "cargo",
        "Needed only for Rust projects: install Rust from your system or with rustup.",
    ));
    all.push(program(
        "node",
        "Needed only for JavaScript and TypeScript projects: install Node.js 20 or later.",
    ));
    all.push(writable("state", &dirs.state));
    all.push(writable("cache", &dirs.cache));
    all
}

fn isolation(cache: &Path) -> Vec<Finding> {
    let Ok(jail) = sandbox::own_program() else {
        let what = "our own program cannot be found".to_owned();
        return vec![Finding { ok: false, what, hint: "Install greenloop again.".into() }];
    };
    let abilities = sandbox::probe(cache, &jail);
    let overlay = Finding {
        ok: abilities.overlay,
        what: if abilities.overlay {
            "isolation: overlay at the project's own path, private network, own process tree"
                .to_owned()
        } else {
            format!("isolation: pooled folders, because {}", abilities.overlay_reason)
        },
        hint: "Slower and looser, but it works. Allow unprivileged user namespaces to get the overlay.".into(),
    };
    let landlock = Finding {
        ok: abilities.landlock > 0 || !cfg!(target_os = "linux"),
        what: format!("write confinement: Landlock ABI {}", abilities.landlock),
        hint: "Use a Linux kernel of 5.13 or later with Landlock enabled.".into(),
    };
    let calls = Finding {
        ok: abilities.seccomp || !cfg!(target_os = "linux"),
        what: "system call filter: seccomp".to_owned(),
        hint: "Use a Linux kernel with seccomp filters, on 64-bit Intel, ARM or RISC-V.".into(),
    };
    let enforced = Finding {
        ok: abilities.namespaces || !cfg!(target_os = "linux") && abilities.confine(),
        what: format!("enforced on tests: {}", abilities.enforced(&Policy::default()).join(", ")),
        hint: "Allow unprivileged user namespaces to enforce the rest.".into(),
    };
    vec![overlay, landlock, calls, enforced]
}

/// What `greenloop.toml` opens in the sandboxes of this project, for all checks and for some.
fn doors(dirs: &Dirs) -> Vec<Finding> {
    let Some(config) = project_config(dirs) else { return Vec::new() };
    let all = ("all checks".to_owned(), config.policy.doors);
    let own = config.checks.into_iter().map(|check| (check.name, check.policy.doors));
    let open = [all].into_iter().chain(own).filter(|(_, doors)| !doors.are_closed());
    open.map(|(name, doors)| Finding {
        ok: true,
        what: format!(
            "sandbox of {name}, where trusted: {}",
            sandbox::open(&doors, true).join(", ")
        ),
        hint: "".into(),
    })
    .collect()
}

/// The nearest `greenloop.toml`. One that cannot be read opens nothing, and the run tells about it.
fn project_config(dirs: &Dirs) -> Option<Config> {
    let mut folders = dirs.focus.ancestors().map(|folder| folder.under(&dirs.root));
    let bytes = folders.find_map(|folder| std::fs::read(folder.join(FILE_NAME)).ok())?;
    config::read(&bytes).ok().map(|(config, _)| config)
}

/// Whether a program answers `--version`, with its answer.
fn program(name: &str, hint: &'static str) -> Finding {
    let output = Command::new(name).arg("--version").stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout)
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            Finding { ok: true, what: text, hint: hint.into() }
        }
        Ok(_) | Err(_) => {
            Finding { ok: false, what: format!("{name} was not found"), hint: hint.into() }
        }
    }
}

fn writable(name: &str, folder: &Path) -> Finding {
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    let ok = std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).is_ok();
    let what = format!("{name} folder {}", folder.display());
    Finding {
        ok,
        what,
        hint: "Make it writable and free some space, or set XDG_STATE_HOME and XDG_CACHE_HOME."
            .into(),
    }
}
