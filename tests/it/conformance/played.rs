//! The scenarios with real editors, and the table of `editors/README.md` that says what came of it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::real::{Start, not_for_real};
use super::scenario::Scenario;
use super::{Desk, scenarios, steps_of};
use crate::sim::personality::{ALL, Personality};
use crate::support::repository;

/// What came of one scenario.
enum Played {
    Met,
    /// With the reason.
    Left(&'static str),
    Fault(String),
}

/// Scenarios that come out otherwise with a real editor, with its name and the reason.
const OTHERWISE: &[(&str, &str, &str)] = &[
    (
        "neovim",
        "an empty file gets lines and loses them",
        "Neovim shows a text without lines as one empty line, which is not what the change leaves",
    ),
    (
        "emacs",
        "a run is cancelled at its progress bar",
        "Eglot has no cancel at the progress; the command does it",
    ),
    (
        "emacs",
        "what an editor asks for by itself is kept short",
        "Eglot of Emacs 30 asks for no actions by itself",
    ),
    ("emacs", "an editor gets the kinds it asks for", "Eglot asks for one kind at a time"),
    (
        "helix",
        "a run is cancelled at its progress bar",
        "Helix has no cancel at the progress; the command does it",
    ),
    (
        "helix",
        "what an editor asks for by itself is kept short",
        "Helix asks for no actions by itself",
    ),
    ("helix", "an editor gets the kinds it asks for", "Helix asks for all kinds at once"),
    ("vscode", "an editor gets the kinds it asks for", "VS Code asks for one kind at a time"),
    (
        "vscode",
        "the diff of a change, by name or as a file",
        "the extension shows it in the editor's own view of differences",
    ),
];

struct RealEditor {
    /// As in `ALL`.
    name: &'static str,
    shown: &'static str,
    start: Start,
    /// Copies that play at the same time; most of it is waiting.
    at_once: usize,
}

const EDITORS: [RealEditor; 4] = [
    RealEditor { name: "neovim", shown: "Neovim", start: neovim, at_once: 4 },
    RealEditor { name: "emacs", shown: "Emacs", start: emacs, at_once: 4 },
    RealEditor { name: "helix", shown: "Helix", start: helix, at_once: 2 },
    RealEditor { name: "vscode", shown: "VS Code", start: vscode, at_once: 2 },
];

fn installed(path: &str) -> std::path::PathBuf {
    let program = repository().join("target/test-editors").join(path);
    assert!(program.exists(), "{} is missing; run tests/setup.sh once", program.display());
    program
}

fn at(program: &Path, lsp: &str, user: &str, root: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.env("HOME", home).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_STATE_HOME", home.join("state"));
    command.env("XDG_DATA_HOME", home.join("data")).env("XDG_CACHE_HOME", home.join("cache"));
    command.envs([("LSP_SOCKET", lsp), ("USER_SOCKET", user), ("LANG", "C.UTF-8")]);
    command
}

fn neovim(lsp: &str, user: &str, root: &Path, home: &Path) -> Command {
    let mut command = at(&installed("nvim-new/run"), lsp, user, root, home);
    let script = repository().join("tests/editors/nvim/user.lua");
    command.args(["--headless", "--clean", "-i", "NONE", "-S"]).arg(script);
    command
}

fn emacs(lsp: &str, user: &str, root: &Path, home: &Path) -> Command {
    let mut command = at(&installed("emacs/run"), lsp, user, root, home);
    command.args(["-Q", "--batch", "-l"]).arg(repository().join("tests/editors/emacs/user.el"));
    command.env("GREENLOOP_EL", repository().join("editors/emacs/greenloop.el"));
    command
}

fn helix(lsp: &str, user: &str, root: &Path, home: &Path) -> Command {
    let mut command = at(Path::new("python3"), lsp, user, root, home);
    command.arg(repository().join("tests/editors/helix/user.py")).arg(installed("hx/run"));
    command
}

/// A window of the workbench that `tests/editors/conformance.sh` has started.
fn vscode(lsp: &str, user: &str, root: &Path, home: &Path) -> Command {
    let workbench = std::env::var_os("GREENLOOP_WORKBENCH");
    let mut command = at(Path::new("node"), lsp, user, root, home);
    command.arg(repository().join("tests/editors/vscode/window.mjs"));
    command.env("GREENLOOP_WORKBENCH", workbench.expect("tests/editors/conformance.sh names it"));
    command
}

fn play(personality: &'static Personality, scenario: &Scenario, start: Start) -> Played {
    if let Some(reason) = not_for_real(scenario) {
        return Played::Left(reason);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let told = runtime.block_on(async {
        let mut desk = Desk::for_real(personality, scenario, start).await?;
        let played = steps_of(&mut desk, scenario).await;
        played.map_err(|fault| format!("{fault}\n  {}", desk.trace.join("\n  ")))
    });
    runtime.shutdown_background();
    told.map_or_else(Played::Fault, |()| Played::Met)
}

/// What came of each scenario with one editor, with its area and name.
#[expect(
    clippy::print_stderr,
    reason = "how long each takes is worth a look, `--nocapture` shows it"
)]
fn play_all(real: &RealEditor, meant: &[&(String, Scenario)]) -> Vec<(String, String, Played)> {
    let personality = ALL.iter().find(|known| known.name == real.name).unwrap();
    let play_share = |share: usize| -> Vec<(String, String, Played)> {
        let own = meant.iter().skip(share).step_by(real.at_once);
        own.map(|(area, scenario)| {
            let begun = Instant::now();
            let played = play(personality, scenario, real.start);
            eprintln!("{:5.1} s {}: {}", begun.elapsed().as_secs_f64(), real.name, scenario.name);
            (area.clone(), scenario.name.clone(), played)
        })
        .collect()
    };
    std::thread::scope(|scope| {
        let play_share = &play_share;
        let shares: Vec<_> =
            (0..real.at_once).map(|share| scope.spawn(move || play_share(share))).collect();
        shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
    })
}

/// By area and editor: how many were met, of how many.
type Table = BTreeMap<(String, usize), (usize, usize)>;

#[test]
fn real_editors_see_the_scenarios_through() {
    // On a busy machine the patience of real editors ends before the scenarios do.
    if std::env::var_os("GREENLOOP_REAL_EDITORS").is_none() {
        return eprintln!("not played: tests/editors/conformance.sh does");
    }
    let only = std::env::var("GREENLOOP_SCENARIO").unwrap_or_default();
    let editor = std::env::var("GREENLOOP_EDITOR").unwrap_or_default();
    let all = scenarios();
    let meant: Vec<&(String, Scenario)> =
        all.iter().filter(|(_, scenario)| scenario.name.contains(&only)).collect();
    let mut faults = Vec::new();
    let mut table = Table::new();
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    let is_chosen = |real: &RealEditor| real.name.contains(&editor);
    let chosen = EDITORS.iter().enumerate().filter(|(_, real)| is_chosen(real));
    for (at, real) in chosen {
        for (area, name, played) in play_all(real, &meant) {
            let area = area.trim_end_matches(".toml").to_owned();
            match played {
                Played::Left(reason) => *left.entry(reason).or_default() += 1,
                Played::Met if is_otherwise(at, &name) => {
                    faults.push(format!("{}: {name}: is as it should be by now", EDITORS[at].name));
                }
                Played::Met => {
                    let (met, n) = table.entry((area, at)).or_default();
                    (*met, *n) = (*met + 1, *n + 1);
                }
                Played::Fault(_) if is_otherwise(at, &name) => {
                    table.entry((area, at)).or_default().1 += 1;
                }
                Played::Fault(fault) => {
                    table.entry((area.clone(), at)).or_default().1 += 1;
                    faults.push(format!("{}: {area}: {name}: {fault}", EDITORS[at].name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} failed:\n{}", faults.len(), faults.join("\n\n"));
    if only.is_empty() {
        is_the_table(&table, &left, is_chosen);
    }
}

fn is_otherwise(at: usize, scenario: &str) -> bool {
    OTHERWISE.iter().any(|(editor, name, _)| *editor == EDITORS[at].name && *name == scenario)
}

/// Of editors that did not play, the page keeps what it says.
fn is_the_table(
    table: &Table,
    left: &BTreeMap<&str, usize>,
    has_played: impl Fn(&RealEditor) -> bool,
) {
    let file = repository().join("editors/README.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let mut text = String::new();
    write!(text, "| scenarios |").unwrap();
    EDITORS.iter().for_each(|real| write!(text, " {} |", real.shown).unwrap());
    writeln!(text, "\n|---|{}", "---|".repeat(EDITORS.len())).unwrap();
    let mut areas: Vec<&str> = table.keys().map(|(area, _)| area.as_str()).collect();
    areas.dedup();
    for area in areas {
        write!(text, "| `tests/conformance/{area}.toml` |").unwrap();
        for (at, real) in EDITORS.iter().enumerate() {
            let (met, n) = table.get(&(area.to_owned(), at)).copied().unwrap_or_default();
            let played = has_played(real).then(|| format!("{met} of {n}"));
            let known = || known_cell(&page, area, real.shown).unwrap_or("not played").to_owned();
            write!(text, " {} |", played.unwrap_or_else(known)).unwrap();
        }
        writeln!(text).unwrap();
    }
    for (editor, scenario, reason) in OTHERWISE {
        let shown =
            EDITORS.iter().find(|real| real.name == *editor).map_or(*editor, |real| real.shown);
        writeln!(text, "\n✗ {shown}, *{scenario}*: {reason}.").unwrap();
    }
    let n_played = EDITORS.iter().filter(|real| has_played(real)).count();
    let n_left: usize = left.values().sum::<usize>() / n_played;
    let reasons: Vec<String> =
        left.iter().map(|(reason, n)| format!("{} {reason}", n / n_played)).collect();
    writeln!(
        text,
        "\n{n_left} scenarios are played with models of editors only: in {}.",
        reasons.join(", in ")
    )
    .unwrap();
    let begin = "<!-- played: made by tests/it/conformance/played.rs -->\n";
    let (before, rest) = page.split_once(begin).expect("the page has a place for the table");
    let (_, after) = rest.split_once("<!-- end of played -->").unwrap();
    let made = format!("{before}{begin}{text}<!-- end of played -->{after}");
    if page != made && std::env::var_os("GREENLOOP_UPDATE").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    assert_eq!(page, made, "run this test once with GREENLOOP_UPDATE=1");
}

/// What the page says of an editor and an area.
fn known_cell<'a>(page: &'a str, area: &str, shown: &str) -> Option<&'a str> {
    let cells = |start: &str| {
        let row = page.lines().find(|line| line.starts_with(start));
        row.into_iter().flat_map(|row| row.split('|')).map(str::trim)
    };
    let column = cells("| scenarios |").position(|name| name == shown)?;
    cells(&format!("| `tests/conformance/{area}.toml` |")).nth(column)
}
