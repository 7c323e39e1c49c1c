//! Which checks may run at the same time: those in folders apart from each other, so that none changes what another reads
//! or builds; and unless `[budget] checks_at_once` says otherwise, none that could meet another through an open door. Each
//! lane has a world of its own.

use std::iter;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::Gate;
use crate::base::limits::CHECKS_AT_ONCE_DEFAULT;
use crate::base::path::RepoPath;
use crate::model::check::{Check, CheckRun};
use crate::model::failure::Failure;

/// Runs all of every check, as many lanes at once as the budget allows, and tells them in the order of the checks.
pub(super) fn all(gate: &mut Gate<'_>) -> Result<Vec<CheckRun>, Failure> {
    let run = &gate.task.run;
    let asked = run.budget.checks_at_once;
    let root = RepoPath::root();
    let place = |check: &'_ Check| match asked.is_some() || check.policy.doors.are_closed() {
        true => check.dir.clone(),
        false => root.clone(),
    };
    let lanes = lanes(&run.checks.iter().map(place).collect::<Vec<_>>());
    let n_at_once = lanes.len().min(asked.unwrap_or(CHECKS_AT_ONCE_DEFAULT) as usize);
    let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = |gate: &mut Gate<'_>| -> Result<Vec<(usize, CheckRun)>, Failure> {
        let mut runs = Vec::new();
        while !has_failed.load(Ordering::Relaxed)
            && let Some(lane) = lanes.get(next.fetch_add(1, Ordering::Relaxed))
        {
            for at in lane {
                let run = gate.whole(&run.checks[*at]);
                has_failed.fetch_or(run.is_err(), Ordering::Relaxed);
                runs.push((*at, run?));
            }
        }
        Ok(runs)
    };
    let mut others: Vec<Gate<'_>> = (1..n_at_once).map(|_| gate.beside()).collect();
    let done: Vec<_> = thread::scope(|scope| {
        let start = |other| scope.spawn(|| work(other));
        let running: Vec<_> = others.iter_mut().map(start).collect();
        let own = work(gate);
        let others = running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        iter::once(own).chain(others).collect()
    });
    for other in others {
        gate.untold += other.untold;
        gate.others.extend(other.world);
    }
    let mut runs = done.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    runs.sort_by_key(|(at, _)| *at);
    Ok(runs.into_iter().map(|(_, run)| run).collect())
}

/// The folders of each lane, as places in the list: one within another is in the same lane.
fn lanes(folders: &[RepoPath]) -> Vec<Vec<usize>> {
    let touch =
        |a: usize, b: usize| folders[a].is_within(&folders[b]) || folders[b].is_within(&folders[a]);
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    for own in 0..folders.len() {
        let (near, mut apart): (Vec<_>, Vec<_>) =
            lanes.into_iter().partition(|lane| lane.iter().any(|other| touch(own, *other)));
        apart.push(near.into_iter().flatten().chain([own]).collect());
        lanes = apart;
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_in_folders_within_one_another_share_a_lane() {
        let check = |folders: &[&str], expected: &[&[usize]]| {
            let folders: Vec<RepoPath> =
                folders.iter().map(|folder| RepoPath::new(folder).unwrap()).collect();
            assert_eq!(lanes(&folders), expected);
        };
        check(&["a", "b", "c"], &[&[0], &[1], &[2]]);
        check(&["a", "b", "a/x", "ab"], &[&[1], &[0, 2], &[3]]);
        check(&["a", "b", ""], &[&[0, 1, 2]]);
        check(&["", ""], &[&[0, 1]]);
        check(&[], &[]);
    }
}
