//! Scenarios written as data in `tests/conformance`, each played by every editor as the real one behaves.

mod actions;
mod desk;
mod edits;
mod facts;
mod played;
mod real;
mod scenario;
mod steps;

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use desk::{Desk, Fault};
use scenario::{Area, Scenario};

use crate::sim::personality::{ALL, Personality};
use crate::support::repository;

const SCENARIOS_MIN: usize = 40;

/// The kinds of actions there are.
const KINDS: &[&str] = &[
    "quickfix.greenloop.accept",
    "quickfix.greenloop.reject",
    "quickfix.greenloop.show",
    "quickfix.greenloop.revise",
    "quickfix.greenloop.rebase",
    "quickfix.greenloop.include",
    "quickfix.greenloop.check",
    "quickfix.greenloop.file",
    "quickfix.greenloop.step",
    "quickfix.greenloop.proposal",
    "quickfix.greenloop.fix",
    "source.greenloop.test",
    "refactor.rewrite.greenloop.plan",
];

/// Far more than any scenario takes, on the clock of its runtime.
const LIMIT: Duration = Duration::from_secs(36_000);

/// What this editor came to with each scenario: what it met, or how it went wrong.
type Played = Vec<Result<BTreeSet<String>, String>>;

#[test]
fn every_editor_sees_every_scenario_through() {
    let scenarios = scenarios();
    let only = std::env::var("GREENLOOP_SCENARIO").unwrap_or_default();
    let meant: Vec<&(String, Scenario)> =
        scenarios.iter().filter(|(_, scenario)| scenario.name.contains(&only)).collect();
    let played: Played = std::thread::scope(|scope| {
        let play_all = |personality: &'static Personality| -> Played {
            let played = meant.iter().map(|(area, scenario)| {
                let told = play(personality, scenario);
                told.map_err(|fault| {
                    format!("{area}: {}: {}: {fault}", scenario.name, personality.name)
                })
            });
            played.collect()
        };
        let editors: Vec<_> =
            ALL.iter().map(|personality| scope.spawn(move || play_all(personality))).collect();
        editors.into_iter().flat_map(|editor| editor.join().unwrap()).collect()
    });
    let faults: Vec<&str> =
        played.iter().filter_map(|one| Some(one.as_ref().err()?.as_str())).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), played.len(), faults.join("\n\n"));
    if only.is_empty() {
        let met: BTreeSet<String> = played.into_iter().flatten().flatten().collect();
        let missing: Vec<String> =
            to_be_met().into_iter().filter(|one| !met.contains(one)).collect();
        assert!(missing.is_empty(), "no scenario meets {missing:?}");
        assert!(scenarios.len() >= SCENARIOS_MIN, "only {} scenarios", scenarios.len());
    }
}

/// Every command and every kind of action.
fn to_be_met() -> Vec<String> {
    let table = greenloop::lsp::commands_table();
    let commands = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next());
    let kinds = KINDS.iter().copied();
    commands.chain(kinds).map(str::to_owned).collect()
}

/// All scenarios with the name of their file.
fn scenarios() -> Vec<(String, Scenario)> {
    let folder = repository().join("tests/conformance");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let area: Area = toml::from_str(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        all.extend(area.scenario.into_iter().map(|scenario| (name.clone(), scenario)));
    }
    all
}

/// Plays one scenario on a runtime of its own, whose clock runs only when nobody has anything to do.
fn play(
    personality: &'static Personality,
    scenario: &Scenario,
) -> Result<BTreeSet<String>, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let told = runtime.block_on(async {
        let mut desk =
            Desk::new(personality, scenario).await.map_err(|fault| (fault, Vec::new()))?;
        let played = tokio::time::timeout(LIMIT, steps_of(&mut desk, scenario)).await;
        match played.unwrap_or_else(|_| Err("the server never answered".into())) {
            Ok(()) => {
                let ended = desk.wire.end(true).await;
                ended.map(|()| desk.met).map_err(|fault| (fault, desk.trace))
            }
            Err(fault) => Err((fault, desk.trace)),
        }
    });
    runtime.shutdown_background();
    told.map_err(|(fault, trace)| format!("{fault}\n  {}", trace.join("\n  ")))
}

async fn steps_of(desk: &mut Desk, scenario: &Scenario) -> Result<(), Fault> {
    if let Some(changes) = &scenario.propose {
        desk.propose(changes).await?;
    }
    for step in &scenario.steps {
        desk.take(step).await?;
    }
    Ok(())
}
