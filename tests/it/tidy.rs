//! Rules of this repository that no compiler and no lint checks. Each says what to do when it is broken.

mod floors;
mod source;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use greenloop::logic::config::{self, presets};
use greenloop::model::check::Linter;

use crate::support::repository;
use source::{Source, files_below, sources};

/// Lines of a function, signature and closing brace included.
const FUNCTION_LINES_MAX: usize = 70;
/// Functions that are longer, with their lines. Only ever make this shorter.
const LONG_FUNCTIONS: &[(&str, usize)] = &[];

/// Lines of a file without its tests.
const FILE_LINES_MAX: usize = 400;
/// Files that are longer, with their lines. Only ever make this shorter.
const LONG_FILES: &[(&str, usize)] = &[];

/// What shows that something is not done. The rules themselves are not searched.
const BANNED: &[&str] =
    &["todo!", "dbg!", "unimplemented!", "for now", "simplified", "TODO", "FIXME", "#[ignore"];

/// Words of `ARCHITECTURE.md`: three pages.
const ARCHITECTURE_WORDS_MAX: usize = 2_000;

#[test]
fn imports_go_down_the_floors() {
    none("move what is shared to a lower floor", floors::broken_floors(&ours()));
}

#[test]
fn packages_stay_in_their_place() {
    none(
        "keep each package behind the module that is there for it",
        floors::misplaced_packages(&ours()),
    );
}

#[test]
fn every_file_says_its_job() {
    let silent = all_rust().into_iter().filter(|source| !source.text.starts_with("//! "));
    none(
        "begin the file with a `//!` line that says its one job",
        silent.map(|source| source.path).collect(),
    );
}

#[test]
fn modules_are_named_after_their_file() {
    let named = all_rust().into_iter().filter(|source| source.path.ends_with("/mod.rs"));
    none("name it `foo.rs` beside the folder `foo/`", named.map(|source| source.path).collect());
}

#[test]
fn functions_are_short() {
    let mut sizes = Vec::new();
    for source in ours().iter().filter(|source| !source.is_test()) {
        let size = |function: &source::Function| {
            (format!("{}: {}", source.path, function.name), function.n_lines)
        };
        sizes.extend(source.functions.iter().map(size));
    }
    none(
        "give a part of it a name of its own",
        ratchet(&sizes, FUNCTION_LINES_MAX, LONG_FUNCTIONS),
    );
}

#[test]
fn files_are_short() {
    let shown = ours().into_iter().filter(|source| !source.is_test());
    let sizes: Vec<_> = shown.map(|source| (source.path, source.n_lines)).collect();
    none("move one job of it to a file of its own", ratchet(&sizes, FILE_LINES_MAX, LONG_FILES));
}

#[test]
fn nothing_is_half_done() {
    let sources = all_rust().into_iter().filter(|source| !source.path.starts_with("tests/it/tidy"));
    none("finish it or leave it out", sources.flat_map(|source| banned_words(&source)).collect());
}

#[test]
fn snapshots_are_reviewed_and_used() {
    let mut files = Vec::new();
    ["src", "tests"].iter().for_each(|folder| files_below(&repository().join(folder), &mut files));
    none(
        "review it with `cargo insta review`, or delete it",
        files.iter().filter_map(stray_snapshot).collect(),
    );
}

#[test]
fn the_documents_are_there() {
    let names = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ];
    let missing = names.into_iter().filter(|name| document(name).is_none());
    none("write it", missing.map(str::to_owned).collect());
}

#[test]
fn the_architecture_fits_three_pages() {
    let n_words = document("ARCHITECTURE.md").map_or(0, |text| text.split_whitespace().count());
    assert!(n_words <= ARCHITECTURE_WORDS_MAX, "ARCHITECTURE.md has {n_words} words: say less");
}

#[test]
fn documents_name_files_that_exist() {
    let mut stale = Vec::new();
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = document(name).unwrap_or_default();
        let missing =
            named_paths(&text).into_iter().filter(|path| !repository().join(path).exists());
        stale.extend(missing.map(|path| format!("{name}: {path}")));
    }
    none("name what is there", stale);
}

#[test]
fn the_readme_has_every_command() {
    let readme = document("README.md").unwrap_or_default();
    let help = Command::new(env!("CARGO_BIN_EXE_greenloop")).arg("--help").output().unwrap();
    let commands = commands_in(&String::from_utf8(help.stdout).unwrap());
    let missing = commands.into_iter().filter(|command| !readme.contains(command));
    none("say in README.md what it is for", missing.collect());
}

#[test]
fn the_editors_page_lists_the_commands_as_they_are() {
    let name = "editors/README.md";
    let page = document(name).unwrap();
    let begin = "<!-- commands: made from src/lsp/commands/table.rs -->\n";
    let (before, rest) = page.split_once(begin).expect("the page has a place for the commands");
    let (_, after) = rest.split_once("<!-- end of commands -->").unwrap();
    let table = greenloop::lsp::commands_table();
    let made = format!("{before}{begin}{table}<!-- end of commands -->{after}");
    if page != made && std::env::var_os("GREENLOOP_UPDATE").is_some() {
        fs::write(repository().join(name), &made).unwrap();
    }
    assert_eq!(page, made, "run this test once with GREENLOOP_UPDATE=1");
}

#[test]
fn the_settings_of_vs_code_say_what_the_configuration_says() {
    let manifest: serde_json::Value =
        serde_json::from_str(&document("editors/vscode/package.json").unwrap()).unwrap();
    let settings = &manifest["contributes"]["configuration"]["properties"];
    for (setting, table, name) in [
        ("greenloop.budget.attempts", "budget", "attempts"),
        ("greenloop.budget.wallSeconds", "budget", "wall_seconds"),
    ] {
        let key = config::keys_of(table).find(|key| key.name == name).unwrap();
        let config::Takes::Count(max) = key.takes else { panic!("{name} is a count") };
        assert_eq!(settings[setting]["markdownDescription"], key.doc, "{setting}");
        assert_eq!(settings[setting]["maximum"], max, "{setting}");
    }
}

#[test]
fn every_runner_has_its_row() {
    let key = config::keys_of("check").find(|key| key.name == "runner").unwrap();
    let config::Takes::Word(words) = key.takes else { panic!("runners are words") };
    let page = document("docs/runners.md").unwrap();
    let linters = Linter::ALL.map(Linter::word);
    let words: Vec<&str> = words.iter().copied().filter(|word| !linters.contains(word)).collect();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(Vec::from_iter(rows), words, "docs/runners.md has one row for each runner");
}

#[test]
fn every_provider_has_its_row() {
    let page = document("docs/models.md").unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let words = presets::PRESETS.iter().map(|preset| preset.word);
    assert_eq!(
        Vec::from_iter(rows),
        Vec::from_iter(words),
        "docs/models.md has one row for each provider"
    );
}

#[test]
fn one_command_runs_everything() {
    let ci = document(".ci/run").unwrap();
    assert!(ci.lines().any(|line| line == "tests/run.sh"), ".ci/run must run tests/run.sh");
    let readme = document("README.md").unwrap_or_else(|| "tests/run.sh".into());
    assert!(
        readme.contains("tests/run.sh"),
        "README.md must name tests/run.sh as its second command"
    );
}

fn none(what_to_do: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{what_to_do}:\n  {}", faults.join("\n  "));
}

fn ours() -> Vec<Source> {
    sources(repository(), &["src"])
}

fn all_rust() -> Vec<Source> {
    sources(repository(), &["src", "tests", "benches"])
}

fn document(name: &str) -> Option<String> {
    fs::read_to_string(repository().join(name)).ok()
}

/// What is over the limit and not tolerated, and what is tolerated with a number that is not its own any more.
fn ratchet(sizes: &[(String, usize)], max: usize, tolerated: &[(&str, usize)]) -> Vec<String> {
    let known = |name: &str| {
        tolerated.iter().find(|(known, _)| *known == name).map_or(max, |(_, size)| *size)
    };
    let grown = sizes.iter().filter(|(name, size)| *size > known(name).max(max));
    let grown = grown
        .map(|(name, size)| format!("{name} has {size} lines, {} at most", known(name).max(max)));
    let shrunk =
        tolerated.iter().filter(|(name, size)| !sizes.contains(&((*name).to_owned(), *size)));
    let shrunk = shrunk
        .map(|(name, size)| format!("{name} is no longer {size} lines: lower or drop its entry"));
    grown.chain(shrunk).collect()
}

fn banned_words(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (n, line) in source.text.lines().enumerate() {
        let words = BANNED.iter().filter(|word| line.contains(**word));
        found.extend(words.map(|word| format!("{}:{}: {word}", source.path, n + 1)));
    }
    found
}

/// A snapshot nobody has looked at, or one whose test file is gone.
fn stray_snapshot(path: &PathBuf) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let is_pending = name.ends_with(".snap.new") || name.ends_with(".pending-snap");
    let is_orphan = name.ends_with(".snap") && {
        let text = fs::read_to_string(path).ok()?;
        let source =
            text.lines().find_map(|line| line.strip_prefix("source: ")).unwrap_or_default();
        source.is_empty() || !repository().join(source).exists()
    };
    (is_pending || is_orphan).then(|| path.display().to_string())
}

/// Paths of this repository in backquotes.
fn named_paths(text: &str) -> Vec<&str> {
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let tops = ["src/", "tests/", "fixtures/", "editors/", "benches/", ".ci/"];
    let is_path = |word: &&str| {
        tops.iter().any(|top| word.starts_with(top))
            && !word.contains(|ch: char| " *…{<".contains(ch))
    };
    quoted.filter(is_path).collect()
}

/// `greenloop fix` for each command that a help text shows so.
fn commands_in(help: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for rest in help.split("greenloop ").skip(1) {
        let name: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
        let command = format!("greenloop {name}");
        if !name.is_empty() && !commands.contains(&command) {
            commands.push(command);
        }
    }
    commands
}

#[test]
fn the_ratchet_only_goes_down() {
    let sizes = [("a".to_owned(), 71), ("b".to_owned(), 90), ("c".to_owned(), 70)];
    assert_eq!(ratchet(&sizes, 70, &[("a", 71), ("b", 90)]), Vec::<String>::new());
    assert_eq!(ratchet(&sizes, 70, &[("a", 71)]), ["b has 90 lines, 70 at most"]);
    assert_eq!(
        ratchet(&sizes, 70, &[("a", 71), ("b", 89), ("c", 80), ("d", 99)]),
        [
            "b has 90 lines, 89 at most",
            "b is no longer 89 lines: lower or drop its entry",
            "c is no longer 80 lines: lower or drop its entry",
            "d is no longer 99 lines: lower or drop its entry",
        ]
    );
}

#[test]
fn unfinished_words_are_found() {
    let source = Source::parse("src/a.rs", "fn f() {\n    todo!() // good enough for now\n}\n");
    assert_eq!(banned_words(&source), ["src/a.rs:2: todo!", "src/a.rs:2: for now"]);
}

#[test]
fn paths_and_commands_are_found_in_texts() {
    assert_eq!(
        named_paths("see `src/io.rs`, `cargo test` and `src/*.rs`, `tests/it`"),
        ["src/io.rs", "tests/it"]
    );
    let help =
        "greenloop fix [DIR]\n  greenloop lsp\nrun greenloop fix --help, greenloop --version";
    assert_eq!(commands_in(help), ["greenloop fix", "greenloop lsp"]);
}

#[test]
fn stray_snapshots_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let stray = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        stray_snapshot(&path).is_some()
    };
    assert!(stray("a.snap.new", ""));
    assert!(stray("b.snap", "---\nsource: src/gone.rs\n---\n"));
    assert!(!stray("c.snap", "---\nsource: tests/it/tidy.rs\n---\n"));
    assert!(!stray("d.rs", ""));
}
