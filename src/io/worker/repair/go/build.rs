//! Builds the test programs of a world.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Go;
use crate::base::limits::PROBE_WALL;
use crate::io::checks::go::offline;
use crate::io::process::{End, Output};
use crate::io::worker::repair::batch::{Dialect, Program, Test};
use crate::io::worker::repair::fast_path::Job;
use crate::io::worlds::{Command, World};
use crate::repair::clones::{self, Arm};

/// How the check starts Go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Launch {
    /// Up to `test`, which is not in it.
    go: Vec<String>,
    /// Flags that change what is built.
    flags: Vec<String>,
}

impl Launch {
    /// `None` when the check's command is not `go test`.
    pub fn of(argv: &[String]) -> Option<Self> {
        let at = argv.iter().position(|word| word == "test")?;
        let (go, rest) = argv.split_at(at);
        Path::new(go.last()?).file_name().filter(|name| *name == "go")?;
        let mut flags = Vec::new();
        let mut words = rest.iter().skip(1).peekable();
        while let Some(word) = words.next() {
            let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
            let is_flag = word.starts_with('-');
            if is_flag && matches!(name, "tags" | "mod" | "modfile" | "race" | "ldflags") {
                flags.push(word.clone());
                let has_value = name != "race" && !word.contains('=');
                flags.extend(words.next_if(|_| has_value).cloned());
            }
        }
        Some(Self { go: go.to_vec(), flags })
    }
}

/// The folders of the packages that are tested, by import path.
#[derive(Debug, Default)]
pub(super) struct Packages(BTreeMap<String, PathBuf>);

impl Packages {
    pub fn list(job: &Job<'_>, world: &World, launch: &Launch) -> Self {
        let ours = ["list", "-f", "{{.ImportPath}}\t{{.Dir}}", "./..."].map(str::to_owned);
        let argv = launch.go.iter().cloned().chain(ours).collect();
        let mut packages = BTreeMap::new();
        // What is not listed has no program.
        let command = command(job, world, argv, PROBE_WALL);
        world.run(&command, job.desk.cancel, &mut |line| {
            if let Some((package, folder)) = String::from_utf8_lossy(line).split_once('\t') {
                packages.insert(package.to_owned(), PathBuf::from(folder));
            }
        });
        Self(packages)
    }
}

/// Test programs by package.
#[derive(Debug, Default)]
pub(super) struct Programs {
    packages: Vec<String>,
    pub list: Vec<Program>,
}

impl Programs {
    /// The test that the check calls `name`, if its program was built.
    pub fn test(&self, name: &str) -> Option<Test> {
        let (package, test) = name.split_once(' ')?;
        let program = self.packages.iter().position(|known| known == package)?;
        test.starts_with(|ch: char| ch.is_alphabetic())
            .then(|| Test { program, name: test.to_owned() })
    }

    pub fn has(&self, package: &str) -> bool {
        self.packages.iter().any(|known| known == package)
    }
}

/// What a build came to.
pub(super) enum Build {
    Whole,
    /// Copies the compiler objects to.
    Blamed(Vec<Arm>),
    /// What the compiler said first about anything else: copies may suffer from it too.
    Failed(String),
}

impl Go<'_> {
    /// Builds the test program of a package, with every error of the compiler told.
    pub(super) fn build(&self, package: &str, programs: &mut Programs) -> Build {
        let Some(folder) = self.packages.0.get(package) else {
            return Build::Failed(format!("no package `{package}`"));
        };
        let path = self.world.scratch().join(format!("program-{}", programs.list.len()));
        let out = path.to_string_lossy().into_owned();
        let ours = ["test", "-c", "-vet=off", "-ldflags=-w", "-gcflags=./...=-e", "-o", &out];
        let ours = ours.map(str::to_owned);
        let flags = self.launch.flags.iter().cloned();
        let argv =
            self.launch.go.iter().cloned().chain(ours).chain(flags).chain([package.to_owned()]);
        let deadline = self.job.wall();
        let command = command(self.job, &self.world, argv.collect(), deadline);
        let (mut arms, mut said) = (Vec::new(), String::new());
        let output: Output = self.world.run(&command, self.job.desk.cancel, &mut |line| {
            let line = String::from_utf8_lossy(line);
            match clones::blamed(&line) {
                Some(arm) => arms.push(arm),
                None if said.is_empty() && is_objection(&line) => said = line.into_owned(),
                None => {}
            }
        });
        if output.end != End::Exited(0) {
            let is_blamed = said.is_empty() && !arms.is_empty();
            return if is_blamed { Build::Blamed(arms) } else { Build::Failed(said) };
        }
        programs.packages.push(package.to_owned());
        let (dir, env) = (folder.clone(), Vec::new());
        programs.list.push(Program { path, dir, env, dialect: Dialect::Go });
        Build::Whole
    }
}

/// Whether a line of the compiler begins to say what is wrong at a place: `./m.go:3:8: undefined: x`.
fn is_objection(line: &str) -> bool {
    !line.starts_with('\t') && line.contains(".go:")
}

fn command(job: &Job<'_>, world: &World, argv: Vec<String>, deadline: Duration) -> Command {
    Command {
        argv: world.absolute_program(argv, &job.check.dir),
        dir: job.check.dir.clone(),
        env: offline(world).into_iter().chain(job.check.env.clone()).collect(),
        deadline,
        policy: job.check.policy.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flags_that_change_the_build_are_kept() {
        let check = |argv: &str, go: &str, flags: &str| {
            let words: Vec<String> = argv.split(' ').map(str::to_owned).collect();
            let launch = Launch::of(&words).unwrap();
            assert_eq!(
                (launch.go.join(" ").as_str(), launch.flags.join(" ").as_str()),
                (go, flags)
            );
        };
        check("go test ./...", "go", "");
        check(
            "/opt/go test -tags a,b -race -v -run X -mod=vendor ./a",
            "/opt/go",
            "-tags a,b -race -mod=vendor",
        );
        assert_eq!(Launch::of(&["make".into(), "test".into()]), None);
    }
}
