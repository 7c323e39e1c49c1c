//! How a tree is checked: what is known is not run again, what is likeliest red is run first, and nothing but a run of
//! everything lets a tree through.

mod lanes;

use std::collections::{BTreeMap, BTreeSet};

use super::executor::{Project, Task, sources};
use crate::base::ids::{BlobId, CheckId, TreeId};
use crate::base::limits::CHECK_QUICK_MAX;
use crate::base::path::RepoPath;
use crate::io::checks::{self, Select, Watch};
use crate::io::worker::Progress;
use crate::io::worlds::World;
use crate::logic::affected;
use crate::logic::flaky::Against;
use crate::logic::machine::Effect;
use crate::logic::renamed;
use crate::logic::verdict::{self, Verdict};
use crate::model::check::{Check, CheckEnd, CheckRun};
use crate::model::failure::Failure;
use crate::model::report::{TestCase, TestId, TestOutcome, TestReport};

/// Other runs on a baseline that tell which names vary.
const AGAIN_MAX: usize = 2;

/// One tree on its way through the checks of a run.
pub(super) struct Gate<'a> {
    project: &'a Project,
    task: &'a Task,
    tree: &'a TreeId,
    /// What the checks said before the change; empty where there is none.
    baseline: &'a [CheckRun],
    /// Red tests that have to pass.
    targets: &'a [TestId],
    progress: &'a (dyn Fn(Progress) + Sync),
    /// Entered when the first check has to be run.
    world: Option<World>,
    /// Those of checks that ran at the same time.
    others: Vec<World>,
    /// By check, once asked for.
    settings: BTreeMap<CheckId, String>,
    /// Runs of checks that no answer of it tells of.
    untold: u32,
}

impl<'a> Gate<'a> {
    pub(super) fn new(
        project: &'a Project,
        task: &'a Task,
        tree: &'a TreeId,
        (baseline, targets): (&'a [CheckRun], &'a [TestId]),
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Gate<'a> {
        Gate {
            project,
            task,
            tree,
            baseline,
            targets,
            progress,
            world: None,
            others: Vec::new(),
            settings: BTreeMap::new(),
            untold: 0,
        }
    }

    /// Runs all of every check.
    pub(super) fn all(&mut self) -> Result<Vec<CheckRun>, Failure> {
        lanes::all(self)
    }

    /// The same tree on its way through other checks, in a world of its own.
    fn beside(&self) -> Gate<'a> {
        let (baseline, targets) = (self.baseline, self.targets);
        Gate::new(self.project, self.task, self.tree, (baseline, targets), self.progress)
    }

    /// Runs of slow checks first the targets and the tests near the `changed` files; all of every check unless those
    /// are red already.
    pub(super) fn likeliest_first(
        &mut self,
        changed: &[RepoPath],
    ) -> Result<Vec<CheckRun>, Failure> {
        let run = &self.task.run;
        let mut near = None;
        for check in &run.checks {
            let Some(slow) = self.baseline(check).filter(|baseline| is_slow(baseline)) else {
                continue;
            };
            if self.known(check)?.is_some() {
                continue;
            }
            let near = match &mut near {
                Some(near) => near,
                none => none.insert(self.near(changed)?),
            };
            let Some(names) = affected::likeliest(slow, self.targets, near) else { continue };
            let part = self.run(check, Select::Only(&names))?;
            let part_only = std::slice::from_ref(&part);
            let verdict = match self.targets {
                [] => verdict::judge_kept(self.baseline, part_only),
                targets => verdict::judge(self.baseline, part_only, targets),
            };
            if matches!(verdict, Verdict::Red { .. }) {
                return Ok(vec![part]);
            }
            self.untold += u32::from(part.was_run());
        }
        self.all()
    }

    /// Runs that count and that no answer tells of: of tests in doubt, and of a part of a check before all of it.
    pub(super) fn untold(&self) -> u32 {
        self.untold
    }

    /// The worlds that were used; none when every answer was known.
    pub(super) fn into_worlds(self) -> Vec<World> {
        self.world.into_iter().chain(self.others).collect()
    }

    fn whole(&mut self, check: &Check) -> Result<CheckRun, Failure> {
        if let Some(known) = self.known(check)? {
            return self.under_known_names(check, known);
        }
        let (run, is_settled) = self.settled(check, Select::All)?;
        if is_settled && !is_cut_short(&run) {
            self.project.check_cache.put(&run);
        }
        self.under_known_names(check, run)
    }

    /// Where tests may be called otherwise in each run, the check is run once more on the tree of the baseline, for all
    /// changes to it; and once again where that does not tell all that varies, by chance or as the day was the same.
    fn under_known_names(&mut self, check: &Check, run: CheckRun) -> Result<CheckRun, Failure> {
        let Some(baseline) = self.baseline(check) else { return Ok(run) };
        let mut told = run;
        for n in 1..=AGAIN_MAX {
            if !renamed::may_be_renamed(check.runner, baseline, &told) {
                break;
            }
            let Some(again) = self.again(check, baseline, n)? else {
                return Ok(CheckRun { end: CheckEnd::OverBudget, ..told });
            };
            told = renamed::under_known_names(baseline, &again, told);
        }
        Ok(told)
    }

    /// The `n`th other run on the tree of the baseline, which is kept. `None` where the budget does not allow it.
    fn again(
        &mut self,
        check: &Check,
        baseline: &CheckRun,
        n: usize,
    ) -> Result<Option<CheckRun>, Failure> {
        let (task, Project { store, worlds, check_cache, .. }) = (self.task, self.project);
        let setting = match &*baseline.setting {
            "" => String::new(),
            setting => format!("{setting} again {n}"),
        };
        let known = check_cache.get(store, &baseline.tree, &setting);
        if let Some(known) = known.filter(|_| self.may_know(check)) {
            return Ok(Some(known));
        }
        if !task.purse.take_check(self.checks_max()) {
            return Ok(None);
        }
        self.untold += 1;
        let world = worlds.enter(&baseline.tree)?;
        let (check, all, cancel) = (self.capped(check), Select::All, &task.cancel);
        let run = checks::run(store, &world, &check, all, cancel, &mut |_| {})?;
        let run = CheckRun { setting, ..run };
        check_cache.put(&run);
        Ok(Some(run))
    }

    /// The check with no more time than the run has itself.
    fn capped(&self, check: &Check) -> Check {
        let timeout_ms = check.timeout_ms.min(self.task.run.budget.wall_ms_max);
        Check { timeout_ms, ..check.clone() }
    }

    /// How many runs of checks the budget allows.
    fn checks_max(&self) -> Option<u32> {
        match self.task.effect {
            // What a reviewer asks for is not what the run may spend.
            Effect::CheckSubset { .. } => None,
            _ => self.task.run.budget.checks_max,
        }
    }

    fn run(&mut self, check: &Check, select: Select<'_>) -> Result<CheckRun, Failure> {
        self.settled(check, select).map(|(run, _)| run)
    }

    /// Runs a check as far as the run's budget goes, and says whether all that was in doubt could be run again. Against a
    /// baseline what could not counts for nothing.
    fn settled(&mut self, check: &Check, select: Select<'_>) -> Result<(CheckRun, bool), Failure> {
        let task = self.task;
        let setting = self.setting(check)?;
        let max = self.checks_max();
        if !task.purse.take_check(max) {
            return Ok((not_run(check, self.tree, setting), false));
        }
        // What other steps are to mend must not pass by chance either.
        let targets = task.run.targets.as_deref().unwrap_or_default();
        let against = self.baseline(check).map(|baseline| Against { baseline, targets });
        let mut tell = self.teller(check);
        let (mut n_again, mut is_settled) = (0, true);
        let mut may_again = || {
            let may = task.purse.take_check(max);
            n_again += u32::from(may);
            is_settled &= may;
            may
        };
        let (is_against, capped) = (against.is_some(), self.capped(check));
        let world = self.world()?;
        let watch = Watch { cancel: &task.cancel, on_case: &mut tell, may_again: &mut may_again };
        let mut run = checks::run_settled(world, &capped, select, against, watch)?;
        self.untold += n_again;
        if is_against && !is_settled {
            run.end = CheckEnd::OverBudget;
        }
        Ok((CheckRun { setting, ..run }, is_settled))
    }

    /// Whether what is known of a check need not be found out anew.
    fn may_know(&self, check: &Check) -> bool {
        // Through an open door may come what no digest tells of.
        !self.task.run.goal.fresh && check.policy.doors.are_closed()
    }

    /// The answer of an earlier run, unless every check is to be run anew.
    fn known(&mut self, check: &Check) -> Result<Option<CheckRun>, Failure> {
        if !self.may_know(check) {
            return Ok(None);
        }
        let setting = self.setting(check)?;
        let Project { store, check_cache, .. } = self.project;
        Ok(check_cache.get(store, self.tree, &setting))
    }

    /// The changed files and all that import them.
    fn near(&self, changed: &[RepoPath]) -> Result<BTreeSet<RepoPath>, Failure> {
        let sources = sources(self.project, self.tree)?;
        Ok(affected::importers(&sources, changed))
    }

    fn baseline(&self, check: &Check) -> Option<&'a CheckRun> {
        self.baseline.iter().find(|run| run.check == check.id)
    }

    fn setting(&mut self, check: &Check) -> Result<String, Failure> {
        if let Some(known) = self.settings.get(&check.id) {
            return Ok(known.clone());
        }
        let Project { store, worlds, .. } = self.project;
        let setting = checks::setting(store, worlds, self.tree, check)?;
        self.settings.insert(check.id.clone(), setting.clone());
        Ok(setting)
    }

    fn world(&mut self) -> Result<&World, Failure> {
        let world = match self.world.take() {
            Some(world) => world,
            None => self.project.worlds.enter(self.tree)?,
        };
        Ok(self.world.insert(world))
    }

    /// Tells how far a check came, test by test.
    fn teller(&self, check: &Check) -> impl FnMut(&TestCase) + use<'a> {
        let progress = self.progress;
        let name = check.id.clone();
        let (mut tried, mut n_red) = (0, 0);
        progress(Progress { text: format!("running {name}"), ..Progress::default() });
        move |case| {
            tried += 1;
            n_red += usize::from(case.outcome.is_red());
            progress(Progress {
                text: format!("running {name}: {tried} tests, {n_red} red"),
                tried,
                ..Progress::default()
            });
        }
    }
}

/// Whether a test was ended for its time, which is that of this run.
fn is_cut_short(run: &CheckRun) -> bool {
    run.report.cases.iter().any(|case| case.outcome == TestOutcome::TimedOut)
}

/// Stands for a run that the budget does not allow.
fn not_run(check: &Check, tree: &TreeId, setting: String) -> CheckRun {
    CheckRun {
        check: check.id.clone(),
        tree: tree.clone(),
        end: CheckEnd::OverBudget,
        report: TestReport { cases: Vec::new(), complete: false },
        problems: Vec::new(),
        command: check.argv.join(" "),
        output: BlobId::new(""),
        duration_ms: 0,
        enforced: Vec::new(),
        flaky: Vec::new(),
        partial: false,
        setting,
        reused: false,
    }
}

fn is_slow(baseline: &CheckRun) -> bool {
    u128::from(baseline.duration_ms) > CHECK_QUICK_MAX.as_millis()
}
