//! Go's fast path: many candidates in one build, chosen by an environment variable of the test programs.
//!
//! Edits become copies of their functions (`repair::clones`), `go test -c` builds what the failing test needs, copies
//! that do not compile are dropped by the compiler's own errors, and `greenloop __batch` runs the programs inside the
//! world.

mod build;
mod ledger;
mod observe;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use self::build::{Launch, Packages};
use self::ledger::Ledger;
use super::fast_path::{FastPath, Job, Request, Verdict, given_up};
use crate::base::path::RepoPath;
use crate::io::worlds::World;
use crate::model::failure::Failure;
use crate::repair::{Source, TestCoverage};

/// One world whose sources hold many edits at once.
pub(super) struct Go<'a> {
    job: &'a Job<'a>,
    world: World,
    launch: Launch,
    packages: Packages,
    /// Files that differ from the job's sources, as they are now.
    changed: BTreeMap<RepoPath, String>,
    /// The same when edits were last built to the end.
    built: BTreeMap<RepoPath, String>,
    ledger: Ledger,
    n_single_builds: usize,
}

impl<'a> Go<'a> {
    /// Fails when the check does not start `go test` in a way it can imitate.
    pub fn open(job: &'a Job<'a>) -> Result<Self, Failure> {
        let launch = Launch::of(&job.check.argv).ok_or_else(|| {
            not_possible(&format!("check `{}` does not start `go test`", job.check.id))
        })?;
        let world = job.desk.worlds.enter(job.tree)?;
        let packages = Packages::list(job, &world, &launch);
        let (changed, built, ledger) = (BTreeMap::new(), BTreeMap::new(), Ledger::default());
        Ok(Self { job, world, launch, packages, changed, built, ledger, n_single_builds: 0 })
    }

    /// Makes the world show these texts, and every other file as it was.
    fn show(&mut self, texts: BTreeMap<RepoPath, String>) -> Result<(), Failure> {
        let mut paths: Vec<RepoPath> = self.changed.keys().chain(texts.keys()).cloned().collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let source = self.job.sources.iter().find(|source| source.path == path);
            let shown = self.changed.get(&path).map(String::as_str);
            // Of a file of ours only the package stays.
            let rest = || shown.and_then(|text| text.lines().next());
            let wanted = texts.get(&path).map(String::as_str);
            let wanted = wanted.or(source.map(|source| &*source.text)).or_else(rest);
            let shown = shown.or(source.map(|source| &*source.text));
            if let Some(wanted) = wanted.filter(|wanted| shown != Some(wanted)) {
                self.world.write(&path, wanted.as_bytes())?;
            }
        }
        self.changed = texts;
        Ok(())
    }

    /// [`Self::show`] for texts with edits; folders without any stay as they were when the last program was built, as that
    /// needs no other build.
    fn show_edits(&mut self, mut texts: BTreeMap<RepoPath, String>) -> Result<(), Failure> {
        let edited: BTreeSet<RepoPath> = texts.keys().map(RepoPath::parent).collect();
        let kept = self.built.iter().filter(|(path, _)| !edited.contains(&path.parent()));
        texts.extend(kept.map(|(path, text)| (path.clone(), text.clone())));
        self.show(texts)
    }

    /// Whether more than these texts is shown: it may not fit, as what no program has in it was never built.
    fn keeps(&self, texts: &BTreeMap<RepoPath, String>) -> bool {
        self.changed.len() > texts.len()
    }

    fn is_over(&self) -> bool {
        self.job.is_late() || self.job.desk.cancel.is_cancelled()
    }
}

/// The Go sources by folder and package; a folder may hold programs of their own that no build takes in.
fn by_package(sources: &[Source]) -> Vec<Vec<&Source>> {
    let mut packages: BTreeMap<(RepoPath, &str), Vec<&Source>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.extension() == "go") {
        let clause = source.text.lines().find_map(|line| line.strip_prefix("package "));
        packages
            .entry((source.path.parent(), clause.unwrap_or_default().trim()))
            .or_default()
            .push(source);
    }
    packages.into_values().collect()
}

impl FastPath for Go<'_> {
    fn observe(&mut self) -> Result<Vec<TestCoverage>, Failure> {
        observe::coverage(self)
    }

    fn search(
        &mut self,
        request: &Request<'_, '_>,
        each: &mut dyn FnMut(usize, Verdict) -> std::ops::ControlFlow<()>,
    ) -> Result<(), Failure> {
        search::Search { go: self, request }.run(each)
    }
}

fn not_possible(reason: &str) -> Failure {
    given_up(format!("the Go search cannot go on: {reason}"))
}
