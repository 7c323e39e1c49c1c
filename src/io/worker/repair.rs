//! The repair worker: observe, localise, generate candidates, run them fast, rank.

pub mod batch;
mod cargo;
mod clock;
mod fast_path;
mod generic;
mod go;
mod hunt;
mod javascript;
mod judge;
mod offers;
mod patch;
mod program;
mod python;
mod refusals;
mod session;
mod sources;
mod strength;
mod suspicion;
mod tool;
mod waves;
mod words;

use std::cell::Cell;
use std::cmp::Reverse;
use std::slice;
use std::time::Instant;

use self::fast_path::{FastPath, Job, Patch};
use self::generic::Generic;
use self::hunt::Hunt;
use self::offers::{known_other, offers, stand_on};
use self::refusals::Refusals;
use self::sources::{committed, read_documents, read_sources};
use self::suspicion::{beyond, question, suspicion};
use self::waves::Waves;
use self::words::{joined, left_out, templates, title, told, why_nothing};
use super::test_files::TestFiles;
use super::{Assignment, Desk, Progress};
use crate::base::ids::TreeId;
use crate::base::limits::{
    BEYOND_MAX, CANDIDATES_MAX, FIRST_CANDIDATES, OBSERVE_QUICK_MAX, OTHER_TESTS_MAX,
    SLOW_FIRST_CANDIDATES,
};
use crate::io::checks::{self, Select};
use crate::logic::confidence::contradicts;
use crate::logic::ledger::{Ledger, Standing as Stands};
use crate::logic::report_parse::{BUILD, FINDING, phase_scope};
use crate::model::check::{Check, CheckRun, Runner};
use crate::model::event::WorkResult;
use crate::model::failure::{Failure, FailureKind};
use crate::model::proposal::{Contradiction, SearchFact};
use crate::model::report::{TestCase, TestId, TestOutcome};
use crate::repair::documentation::contradiction;
use crate::repair::rank::Ranking;
use crate::repair::restore::RESTORE;
use crate::repair::{Candidate, Grounds, Source};

/// Searches for one edit that turns the targets green and keeps the rest; the result's tree holds it. Where targets
/// belong to several checks, each check's edit is searched on top of those before.
pub fn work(assignment: &Assignment<'_>, desk: &Desk<'_>) -> Result<WorkResult, Failure> {
    if let Some(known) = known_other(assignment) {
        return Ok(known);
    }
    let started = Instant::now();
    let mut tree = assignment.tree.clone();
    let mut fact = SearchFact::default();
    let mut titles = Vec::new();
    let groups = groups(assignment)?;
    let mut refusals = Refusals::of(desk.store, assignment)?;
    for (place, group) in groups.iter().enumerate() {
        // What mends the checks before may mend this one as well.
        if desk.cancel.is_cancelled() && !titles.is_empty() {
            break;
        }
        let failing =
            if place == 0 { group.failing.clone() } else { still_failing(desk, &tree, group)? };
        if failing.is_empty() {
            continue;
        }
        // Trees were refused with the edits for all checks in them.
        refusals.trees = if place + 1 == groups.len() { assignment.refused } else { &[] };
        let favoured = favoured(assignment, group.check.runner);
        let group = Group { failing, ..group.clone() };
        // A fix that was refused would come again.
        let is_first = assignment.attempts.len() <= 1;
        let by_tool =
            if is_first { tool::fixed(desk, &tree, &group, assignment.until)? } else { None };
        if let Some((next, title)) = by_tool {
            fact.reason = joined(&fact.reason, &title);
            tree = next;
            titles.push(title);
            continue;
        }
        let found = repair_check(desk, &tree, &group, &refusals, &favoured, assignment.until);
        let found = match found {
            Ok(found) if found.change.is_some() || !desk.cancel.is_cancelled() => found,
            Err(failure) if !desk.cancel.is_cancelled() => return Err(failure),
            _ => {
                let reason = "it was cancelled".to_owned();
                return Ok(WorkResult::Nothing { reason, search: None });
            }
        };
        fact.tried += found.fact.tried;
        fact.total += found.fact.total;
        fact.plausible += found.fact.plausible;
        fact.duration_ms = started.elapsed().as_millis() as u64;
        let Some((next, title)) = found.change else {
            return Ok(WorkResult::Nothing { reason: found.fact.reason, search: Some(fact) });
        };
        fact.reason = joined(&fact.reason, &found.fact.reason);
        fact.template = found.fact.template;
        (fact.confidence, fact.strength) = (found.fact.confidence, found.fact.strength);
        fact.contradiction = fact.contradiction.or(found.fact.contradiction);
        fact.others = found.fact.others;
        if !titles.is_empty() {
            fact.others.iter_mut().for_each(|other| stand_on(other, &titles));
        }
        tree = next;
        titles.push(title);
    }
    // What tools mended is no find of a search.
    let search = (fact.total > 0).then_some(fact);
    Ok(WorkResult::Changed { tree, title: titles.join("; "), search })
}

/// The targets of one check.
#[derive(Clone)]
struct Group<'a> {
    check: &'a Check,
    baseline: &'a CheckRun,
    /// The quickest first, because the first one is run against every candidate.
    failing: Vec<String>,
}

/// What the search for one check came to.
struct Found {
    fact: SearchFact,
    /// The tree that holds the best edit, and the edit in words.
    change: Option<(TreeId, String)>,
}

fn groups<'a>(assignment: &Assignment<'a>) -> Result<Vec<Group<'a>>, Failure> {
    let mut groups: Vec<(bool, Group<'_>)> = Vec::new();
    for check in assignment.checks {
        let mut targets =
            assignment.targets.iter().filter(|target| target.check == check.id).peekable();
        if targets.peek().is_none() {
            continue;
        }
        let runs = assignment.baseline.iter();
        let baseline = runs.into_iter().find(|run| run.check == check.id).ok_or_else(|| {
            Failure::new(
                FailureKind::Bug,
                format!("check `{}` has targets but no baseline", check.id),
                "Report this with the journal of the run.",
            )
        })?;
        let passes = |name: &&TestId| {
            let case = case_of(baseline, &name.name);
            let is_flaky = baseline.flaky.contains(name);
            !is_flaky && case.is_some_and(|case| case.outcome == TestOutcome::Passed)
        };
        // An earlier step may have mended some of them.
        let (passed, red): (Vec<&TestId>, Vec<&TestId>) = targets.partition(passes);
        let is_red = !red.is_empty();
        let targets = if is_red { red } else { passed };
        let mut failing: Vec<String> =
            targets.into_iter().map(|target| target.name.clone()).collect();
        failing.sort_by_key(|name| case_of(baseline, name).map_or(0, |case| case.duration_ms));
        groups.push((is_red, Group { check, baseline, failing }));
    }
    if groups.iter().any(|(is_red, _)| *is_red) {
        groups.retain(|(is_red, _)| *is_red);
    }
    Ok(groups.into_iter().map(|(_, group)| group).collect())
}

fn case_of<'a>(run: &'a CheckRun, name: &str) -> Option<&'a TestCase> {
    run.report.cases.iter().find(|case| case.id.name == name)
}

/// The targets of a group that are red on another tree.
fn still_failing(
    desk: &Desk<'_>,
    tree: &TreeId,
    group: &Group<'_>,
) -> Result<Vec<String>, Failure> {
    let world = desk.worlds.enter(tree)?;
    // Of findings and builds only a whole run says that they are well.
    let is_test = |name: &String| phase_scope(name).is_none() && !name.ends_with(FINDING);
    let is_some = group.failing.iter().all(is_test);
    let select = if is_some { Select::Only(&group.failing) } else { Select::All };
    let run = checks::run(desk.store, &world, group.check, select, desk.cancel, &mut |_| {})?;
    let ledger = Ledger::of(slice::from_ref(group.baseline), slice::from_ref(&run));
    let passes = |name: &String| {
        let id = TestId { check: group.check.id.clone(), name: name.clone() };
        ledger.after(&id) == Stands::Is(TestOutcome::Passed)
    };
    Ok(group.failing.iter().filter(|name| !passes(name)).cloned().collect())
}

/// Templates that mended such failures of this runner's tests before.
fn favoured<'a>(assignment: &Assignment<'a>, runner: Runner) -> Vec<&'a str> {
    let lessons = assignment.lessons.iter().filter(|l| l.runner == runner && l.is_right());
    let names = lessons.flat_map(|lesson| lesson.template.split('+'));
    // That a change was put back once says nothing of what is wrong now.
    names.filter(|name| !name.is_empty() && *name != RESTORE).collect()
}

/// Whether the target is that the project builds at all, in which case no test is known.
fn is_build(failing: &[String]) -> bool {
    failing.iter().any(|name| name == BUILD)
}

fn repair_check(
    desk: &Desk<'_>,
    tree: &TreeId,
    group: &Group<'_>,
    refusals: &Refusals<'_>,
    favoured: &[&str],
    until: Instant,
) -> Result<Found, Failure> {
    let test_files = TestFiles::of(desk.store, tree, &group.check.dir)?;
    let (sources, tests) = read_sources(desk.store, tree, &test_files)?;
    let committed = committed(desk.store, tree, &sources)?;
    let passed = group.baseline.report.cases.iter();
    let passed = passed.filter(|case| case.outcome == TestOutcome::Passed);
    let passing: Vec<String> = passed.map(|case| case.id.name.clone()).collect();
    let is_target = |case: &&TestCase| group.failing.contains(&case.id.name);
    let red = group.baseline.report.red().filter(|case| !is_target(case));
    let others: Vec<String> = red.map(|case| case.id.name.clone()).take(OTHER_TESTS_MAX).collect();
    let job = Job {
        others: &others,
        desk,
        tree,
        check: group.check,
        baseline: group.baseline,
        failing: if is_build(&group.failing) { &[] } else { &group.failing },
        passing: &passing,
        sources: &sources,
        committed: &committed,
        favoured,
        until,
    };
    let fast =
        open(&job).and_then(|mut path| solve(&job, &tests, &test_files, path.as_mut(), refusals));
    match fast {
        Ok(found) => Ok(found),
        Err(failure) if desk.cancel.is_cancelled() => Err(failure),
        Err(failure) => {
            (desk.progress)(Progress { text: failure.message, ..Progress::default() });
            solve(&job, &tests, &test_files, &mut Generic::open(&job), refusals)
        }
    }
}

/// The fastest way to try candidates of this check.
fn open<'a>(job: &'a Job<'a>) -> Result<Box<dyn FastPath + 'a>, Failure> {
    Ok(match job.check.runner {
        Runner::Unittest | Runner::Pytest if !job.failing.is_empty() => {
            Box::new(python::open(job)?)
        }
        Runner::Cargo if !job.failing.is_empty() => Box::new(cargo::Cargo::open(job)?),
        Runner::Go if !job.failing.is_empty() => Box::new(go::Go::open(job)?),
        Runner::NodeTest | Runner::Jest | Runner::Vitest | Runner::Mocha
            if !job.failing.is_empty() =>
        {
            Box::new(javascript::open(job)?)
        }
        Runner::Unittest
        | Runner::Pytest
        | Runner::Cargo
        | Runner::NodeTest
        | Runner::Jest
        | Runner::Vitest
        | Runner::Mocha
        | Runner::Junit
        | Runner::Tap
        | Runner::Go
        | Runner::Nextest
        | Runner::Command
        | Runner::Lint(_) => Box::new(Generic::open(job)),
    })
}

fn solve(
    job: &Job<'_>,
    tests: &[Source],
    test_files: &TestFiles,
    path: &mut dyn FastPath,
    refusals: &Refusals<'_>,
) -> Result<Found, Failure> {
    let started = Instant::now();
    let failures: Vec<TestCase> =
        job.failing.iter().filter_map(|name| case_of(job.baseline, name)).cloned().collect();
    let tell =
        |text: &str| (job.desk.progress)(Progress { text: text.into(), ..Progress::default() });
    tell("looking where it fails");
    let coverage = path.observe()?;
    let is_quick = path.is_quick() && started.elapsed() < OBSERVE_QUICK_MAX;
    tell("choosing edits");
    let suspicion = suspicion(job, tests, test_files, &coverage, &failures);
    let question = question(job, &suspicion, &failures, CANDIDATES_MAX);
    let grounds = Grounds::of(&question);
    let n_avoided = Cell::new(0);
    let may_be_tried = |candidate: &Candidate| {
        let is_avoided = refusals.avoid(job.sources, &vec![candidate]);
        n_avoided.set(n_avoided.get() + usize::from(is_avoided));
        !is_avoided
    };
    let chosen = grounds.candidates(&question).filter(may_be_tried);
    let n_first = if is_quick { FIRST_CANDIDATES } else { SLOW_FIRST_CANDIDATES };
    let waves = Waves::new(n_first, chosen);
    let ranking = Ranking::new(&question);
    let beyond = Waves::new(BEYOND_MAX, beyond(job, tests, &suspicion, &failures));
    let mut hunt = Hunt::new(job, &waves, &beyond, &ranking, refusals, &coverage);
    let searched = hunt.run(path);
    // What was found before it broke off is as good without the rest.
    if hunt.plausible.is_empty() {
        searched?;
    }
    let also = hunt.also_fixed(path).to_vec();
    let ranked = ranked(&ranking, &hunt.plausible, &also);
    let offers = offers(job, ranked)?;
    let chosen = offers.first().map(|offer| &offer.patch);
    let mut fact = SearchFact {
        tried: hunt.tried,
        total: hunt.total(),
        plausible: hunt.plausible.len(),
        reason: match chosen {
            Some(patch) => told(patch),
            None => {
                why_nothing(&hunt, waves.n_chosen() + waves.n_left()) + &left_out(n_avoided.get())
            }
        },
        template: chosen.map_or_else(String::new, |patch| templates(patch)),
        ..SearchFact::default()
    };
    if !offers.is_empty() {
        judge::judge(job, path, &offers, &coverage, &mut fact);
        if is_quick {
            judge::weigh(job, path, waves.known(), &offers[0], &mut fact);
        }
    }
    fact.contradiction = contradicted(job, tests, test_files, &failures).map(Box::new);
    if let (Some(found), None) = (&fact.contradiction, chosen) {
        fact.reason = joined(&fact.reason, &contradicts(found));
    }
    fact.duration_ms = started.elapsed().as_millis() as u64;
    let change = offers.first().map(|offer| (offer.tree.clone(), title(&offer.patch)));
    Ok(Found { fact, change })
}

/// What documentation says otherwise than the tests that are to pass.
fn contradicted(
    job: &Job<'_>,
    tests: &[Source],
    test_files: &TestFiles,
    failures: &[TestCase],
) -> Option<Contradiction> {
    // Tests may stand in the files that they are for.
    let tests: Vec<&Source> = tests.iter().chain(job.sources).collect();
    let documents = || read_documents(job.desk.store, job.tree, test_files);
    contradiction(failures, &tests, job.sources, documents)
}

/// Patches best first: those that make the most other red tests pass, `also` for each; then single edits in the order the
/// templates' experience gives, then combinations in that of their sums.
fn ranked(ranking: &Ranking<'_>, plausible: &[Patch<'_>], also: &[usize]) -> Vec<Vec<Candidate>> {
    let owned = |patch: &Patch<'_>| patch.iter().copied().cloned().collect::<Vec<Candidate>>();
    let single = plausible.iter().filter_map(|patch| match patch[..] {
        [candidate] => Some(candidate.clone()),
        [..] => None,
    });
    let mut combined: Vec<&Patch<'_>> = plausible.iter().filter(|patch| patch.len() > 1).collect();
    combined.sort_by(|a, b| ranking.sum(a).total_cmp(&ranking.sum(b)));
    let single = ranking.order(single.collect());
    let all = single.into_iter().map(|one| vec![one]).chain(combined.into_iter().map(owned));
    let mut all: Vec<Vec<Candidate>> = all.collect();
    let n_also = |patch: &Vec<Candidate>| {
        let same = |known: &Patch<'_>| known.iter().copied().eq(patch.iter());
        plausible.iter().position(same).and_then(|place| also.get(place)).copied()
    };
    all.sort_by_key(|patch| Reverse(n_also(patch)));
    all
}
