//! Tests of reading `greenloop.toml`.

use proptest::prelude::*;

use crate::model::policy::{Doors, Limits, Network};

use super::*;
use crate::model::approval::{AcceptAlone, When};
use crate::model::guard::{Class, Rule};

fn told(text: &str) -> String {
    match read(text.as_bytes()) {
        Ok((config, errors)) => {
            let errors: String = errors.iter().map(|error| format!("{error}\n")).collect();
            // Shown only where it says something.
            let policy = format!(", policy: {:?}", Policy::default());
            let approval = format!(", approval: {:?}", Approval::default());
            let models = format!(", models: {:?}", Models::default());
            format!("{config:?}\n{errors}")
                .replace(&policy, "")
                .replace(&approval, "")
                .replace(&models, "")
                .replace(
                    ", steps_at_once: 2, checks_at_once: None, checks_max: None, lines_max: None",
                    "",
                )
        }
        Err(error) => format!("unreadable: {error}"),
    }
}

/// The names on the ladder, without models.
fn ladder(config: &Config) -> Vec<String> {
    let workers = config.staff(&RepoPath::root()).ladder(&Models::default());
    workers.into_iter().map(|worker| worker.name).collect()
}

#[test]
fn every_key_is_read() {
    let text = r#"
[[check]]
name = "slow"
runner = "pytest"
dir = "backend"
command = ["python3.12", "-m", "pytest"]
args = ["-m", "slow"]
report = "out/*.xml"
timeout_seconds = 0x10
env = { TZ = "UTC" }

[[worker]]
name = "codemod"
command = ["python3", "tools/codemod.py"]
timeout_seconds = 300
llm = true

[budget]
attempts = 7
checks = 50
tokens = 200000
candidates = 3
cents = 50
steps_at_once = 3
checks_at_once = 4
wall_seconds = 60

[approval]
plan = "always"
accept = "green"
wait_seconds = 60

[guard]
tests = "allow"
ci_config = "refuse"
protect = ["golden/**"]
allow = ["tests/fuzz/*"]
"#;
    let text = format!("workers = [\"codemod\", \"repair\"]\n{text}");
    let (config, errors) = read(text.as_bytes()).unwrap();
    assert_eq!(errors, []);
    let check = CheckConfig {
        name: "slow".into(),
        runner: Runner::Pytest,
        dir: RepoPath::new("backend").unwrap(),
        command: Some(["python3.12", "-m", "pytest"].map(String::from).to_vec()),
        args: vec!["-m".into(), "slow".into()],
        report: vec!["out/*.xml".into()],
        timeout_ms: 16_000,
        env: [("TZ".to_owned(), "UTC".to_owned())].into(),
        on_request: false,
        policy: Policy::default(),
    };
    let budget = Budget {
        attempts_max: 7,
        wall_ms_max: 60_000,
        steps_at_once: 3,
        checks_at_once: Some(4),
        checks_max: Some(50),
        lines_max: None,
        candidates: 3,
        tokens_max: Some(200_000),
        cost_max: Some(500_000_000_000),
    };
    let worker = WorkerConfig {
        name: "codemod".into(),
        command: ["python3", "tools/codemod.py"].map(String::from).to_vec(),
        timeout_ms: 300_000,
        llm: true,
    };
    let names = ladder(&config);
    assert_eq!(names, ["codemod", "repair"]);
    let (workers, ladder) = (vec![worker], Some(names));
    let guard = GuardPolicy {
        rules: [(Class::Test, Rule::Allow), (Class::CiConfig, Rule::Refuse)].into(),
        protect: vec!["golden/**".into()],
        allow: vec!["tests/fuzz/*".into()],
        folder: RepoPath::root(),
    };
    let wanted = Config {
        models: Models::default(),
        checks: vec![check],
        workers,
        ladder,
        n_unusable: 0,
        budget,
        guard,
        policy: Policy::default(),
        approval: Approval {
            plan: When::Always,
            accept: AcceptAlone::Green,
            wait_ms: Some(60_000),
            ..Approval::default()
        },
    };
    assert_eq!(config, wanted);
}

#[test]
fn a_worker_that_cannot_run_as_written_is_counted() {
    let worker = "[[worker]]\nname = \"codemod\"\ncommand = [\"x\"]\n";
    insta::assert_snapshot!(told(&format!("workers = [\"codmod\", \"gpt\", \"repair\", \"repair\"]\n{worker}")), @r#"
    Config { checks: [], workers: [WorkerConfig { name: "codemod", command: ["x"], timeout_ms: 600000, llm: false }], ladder: None, n_unusable: 3, budget: Budget { attempts_max: 3, wall_ms_max: 900000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:1: `workers` names `codmod`, which is no worker; did you mean `codemod`?
    greenloop.toml:1: `workers` names `gpt`, which is no worker; there are repair, codemod
    greenloop.toml:1: `workers` names `repair` twice
    "#);
    insta::assert_snapshot!(told(&format!("workers = []\n{worker}{worker}[[worker]]\nname = \"repair\"\ncommand = [\"x\"]\n")), @r#"
    Config { checks: [], workers: [WorkerConfig { name: "codemod", command: ["x"], timeout_ms: 600000, llm: false }], ladder: None, n_unusable: 3, budget: Budget { attempts_max: 3, wall_ms_max: 900000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:1: `workers` names nobody: leave it out, or name who is to work
    greenloop.toml:5: `worker.name` `codemod` is used twice: give each worker its own
    greenloop.toml:8: `worker.name` `repair` is the name of our own search: choose another
    "#);
    insta::assert_snapshot!(told("[worker]\n"), @r#"
    Config { checks: [], workers: [], ladder: None, n_unusable: 1, budget: Budget { attempts_max: 3, wall_ms_max: 900000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:1: `worker` is a list: write `[[worker]]`
    "#);
    insta::assert_snapshot!(told("[[worker]]\ncomand = [\"x\"]\n[[worker]]\nname = \"a\"\ncommand = []\n[[worker]]\nname = \"a\"\ncommand = [\"x\"]\nllm = 1\n"), @r#"
    Config { checks: [], workers: [], ladder: None, n_unusable: 3, budget: Budget { attempts_max: 3, wall_ms_max: 900000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:1: `worker.name` is missing
    greenloop.toml:1: `worker.command` is missing
    greenloop.toml:2: `worker.comand` is not a key; did you mean `command`?
    greenloop.toml:5: `worker.command` takes a list of texts, for example ["python3", "-m", "pytest"]
    greenloop.toml:9: `worker.llm` takes true or false
    "#);
    let (config, _) = read(worker.as_bytes()).unwrap();
    let names = ladder(&config);
    assert_eq!(names, ["repair", "codemod"]);
}

#[test]
fn a_bad_key_leaves_the_good_ones() {
    insta::assert_snapshot!(told("[[check]]\nrunner = \"cargo\"\ntimout_seconds = 5\ntimeout_seconds = 0\n\n[budget]\nattempts = \"x\"\nwall_seconds = 9\n\n[colour]\n"), @r#"
    Config { checks: [CheckConfig { name: "cargo", runner: Cargo, dir: RepoPath(""), command: None, args: [], report: [], timeout_ms: 600000, env: {}, on_request: false }], workers: [], ladder: None, n_unusable: 1, budget: Budget { attempts_max: 3, wall_ms_max: 9000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:3: `check.timout_seconds` is not a key; did you mean `timeout_seconds`?
    greenloop.toml:4: `check.timeout_seconds` takes a whole number from 1 to 86400
    greenloop.toml:7: `budget.attempts` takes a whole number from 1 to 1000
    greenloop.toml:10: `colour` is not a key; there are check, worker, workers, budget, approval, guard, sandbox, model, models
    "#);
}

#[test]
fn a_check_that_cannot_run_as_written_is_counted() {
    insta::assert_snapshot!(told("[[check]]\nrunner = \"command\"\n[[check]]\nrunner = \"cargoo\"\n[[check]]\n[[check]]\nrunner = \"cargo\"\ndir = \"../x\"\n[[check]]\nrunner = \"cargo\"\nenv = { A = 1 }\n[[check]]\nrunner = \"command\"\ncommand = []\n"), @r#"
    Config { checks: [], workers: [], ladder: None, n_unusable: 6, budget: Budget { attempts_max: 3, wall_ms_max: 900000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:1: `check.command` is missing: the runner `command` needs it
    greenloop.toml:4: `check.runner` takes one of unittest, pytest, cargo, nextest, go, junit, tap, node-test, jest, vitest, mocha, command, cargo-check, clippy, tsc, eslint, ruff, mypy, go-vet
    greenloop.toml:5: `check.runner` is missing: say who runs the tests
    greenloop.toml:8: `check.dir` takes a folder inside the project
    greenloop.toml:11: `check.env` takes a table of texts, for example { TZ = "UTC" }
    greenloop.toml:14: `check.command` takes a list of texts, for example ["python3", "-m", "pytest"]
    "#);
    insta::assert_snapshot!(told("[check]\nrunner = \"cargo\"\n"), @r#"
    Config { checks: [], workers: [], ladder: None, n_unusable: 1, budget: Budget { attempts_max: 3, wall_ms_max: 900000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:1: `check` is a list: write `[[check]]`
    "#);
    insta::assert_snapshot!(told("[[check]]\nrunner = \"cargo\"\n[[check]]\nrunner = \"cargo\"\n"), @r#"
    Config { checks: [CheckConfig { name: "cargo", runner: Cargo, dir: RepoPath(""), command: None, args: [], report: [], timeout_ms: 600000, env: {}, on_request: false }], workers: [], ladder: None, n_unusable: 1, budget: Budget { attempts_max: 3, wall_ms_max: 900000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:3: `check.name` `cargo` is used twice: give each check its own
    "#);
}

#[test]
fn a_check_has_the_sandbox_of_all_but_for_what_it_says_itself() {
    let text = r#"
[[check]]
runner = "cargo"
memory_mb = 512
network = false
[sandbox]
memory_mb = 1024
disk_mb = 64
writable = ["~/.cache/foo"]
pass_env = ["PG*"]
network = ["localhost:5432"]
"#;
    let (config, errors) = read(text.as_bytes()).unwrap();
    assert_eq!(errors, []);
    let all = Policy {
        limits: Limits { memory_mb: Some(1024), processes: None, disk_mb: Some(64) },
        doors: Doors {
            writable: vec!["~/.cache/foo".into()],
            pass_env: vec!["PG*".into()],
            network: Network::Hosts(vec!["localhost:5432".into()]),
            ..Doors::default()
        },
    };
    let mut own = all.clone();
    own.limits.memory_mb = Some(512);
    own.doors.network = Network::Private;
    assert_eq!((config.policy, &config.checks[0].policy), (all, &own));
}

#[test]
fn a_door_that_is_not_written_well_stays_shut() {
    insta::assert_snapshot!(told("[sandbox]\nwritable = [\"cache\"]\nreadable = [\"~/../x\"]\nnetwork = [\"localhost\"]\ndebug = 1\nprocesses = 0\n"), @r#"
    Config { checks: [], workers: [], ladder: None, n_unusable: 0, budget: Budget { attempts_max: 3, wall_ms_max: 900000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:2: `sandbox.writable` takes a list of paths that begin with `/` or `~/`, without `..`, for example ["~/.cache/foo"]
    greenloop.toml:3: `sandbox.readable` takes a list of paths that begin with `/` or `~/`, without `..`, for example ["~/.cache/foo"]
    greenloop.toml:4: `sandbox.network` takes true, false, or a list like ["localhost:5432"]
    greenloop.toml:5: `sandbox.debug` takes true or false
    greenloop.toml:6: `sandbox.processes` takes a whole number from 1 to 1000000
    "#);
    assert!(
        told("sandbox = 1\n").contains("greenloop.toml:1: `sandbox` is a table: write `[sandbox]`")
    );
}

#[test]
fn a_rule_that_cannot_be_read_is_counted() {
    insta::assert_snapshot!(told("[guard]\ntests = \"alow\"\ntest = \"allow\"\nallow = \"x\"\n"), @r#"
    Config { checks: [], workers: [], ladder: None, n_unusable: 3, budget: Budget { attempts_max: 3, wall_ms_max: 900000, candidates: 1, tokens_max: None, cost_max: None }, guard: GuardPolicy { rules: {}, protect: [], allow: [], folder: RepoPath("") } }
    greenloop.toml:2: `guard.tests` takes one of ask, refuse, allow
    greenloop.toml:3: `guard.test` is not a key; did you mean `tests`?
    greenloop.toml:4: `guard.allow` takes a list of texts, for example ["python3", "-m", "pytest"]
    "#);
    assert_eq!(read(b"guard = 1").unwrap().0.n_unusable, 1);
}

#[test]
fn what_is_no_toml_is_one_error_with_its_line() {
    insta::assert_snapshot!(told("[budget]\nattempts = = 3\n"), @"unreadable: greenloop.toml:2: cannot be read: extra `=`, expected nothing");
    assert_eq!(read(b"a = 1\n\xff").unwrap_err().line, 2);
    assert_eq!(read(&vec![b'\n'; CONFIG_BYTES_MAX + 1]).unwrap_err().line, 1);
    assert!(read(&vec![b'\n'; CONFIG_BYTES_MAX]).is_ok());
    assert_eq!(read("\u{feff}[budget]\nattempts = 1".as_bytes()).unwrap().0.budget.attempts_max, 1);
}

#[test]
fn keys_have_one_entry_each() {
    let all = || KEYS.iter().chain(policy::KEYS);
    let mut names: Vec<(&str, &str)> = all().map(|key| (key.table, key.name)).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all().count());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(read(&bytes));
    }

    #[test]
    fn any_shape_is_read_or_refused(text in "(\\[\\[?(check|worker|budget|guard|sandbox)\\]\\]?\n|(tests|protect|name|dir|env|args|runner|attempts|workers|command|llm|network|writable|memory_mb) = (1|\"cargo\"|\\[\\]|\\{\\}|[0-9.-]{1,9})\n){0,8}") {
        drop(read(text.as_bytes()));
    }
}
