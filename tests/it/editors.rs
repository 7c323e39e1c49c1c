//! Real editors with the real server: what their users do, and what they then see.

mod emacs;
mod helix;
mod neovim;
mod screen;
mod terminal;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Fixture, Home, Project, copy_folder, repository, toolchains};

/// Far above what a journey takes on a loaded machine; it waits for what it wants to see and gives up before that.
const SECONDS_MAX: &str = "600";

/// A person with an editor, a home and a project.
struct Seat {
    home: Home,
    project: Project,
}

impl Seat {
    /// With a copy of a fixture, or of a small project of `tests/editors`.
    fn at(name: &str) -> Seat {
        let own = repository().join("tests/editors").join(name);
        let project = if own.is_dir() {
            let project = Project::empty(name);
            copy_folder(&own, &project.root);
            project
        } else {
            Fixture::load(name).copy()
        };
        // What an editor knows a project by.
        if !project.root.join("greenloop.toml").exists() {
            project.write("greenloop.toml", "");
        }
        Seat { home: Home::new(), project }
    }

    /// An editor that finds the program under test on its path, in the project's folder.
    fn command(&self, program: &Path) -> Command {
        let mut command = self.home.command("timeout");
        command.arg("--kill-after=10").arg(SECONDS_MAX).arg(program);
        command
            .env("PATH", path())
            .env("PROJECT", &self.project.root)
            .current_dir(&self.project.root);
        command
    }
}

/// The search path of tests with the program under test in front.
fn path() -> OsString {
    let program = Path::new(env!("CARGO_BIN_EXE_greenloop")).parent().unwrap().to_path_buf();
    let known = toolchains().into_iter().find(|(name, _)| *name == "PATH").unwrap().1;
    std::env::join_paths([program].into_iter().chain(std::env::split_paths(&known))).unwrap()
}

/// An editor that `tests/setup.sh` installs.
fn installed(path: &str) -> PathBuf {
    let program = repository().join("target/test-editors").join(path);
    assert!(program.exists(), "{} is missing; run tests/setup.sh once", program.display());
    program
}

/// Has an editor go through a script, which ends it with 0 when all was as it should be.
fn passes(command: &mut Command) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}
