//! Programs that print TAP or leave it in files.

use greenloop::model::check::{CheckEnd, CheckRun};

use crate::checks::{fixture_goes_green, place, run_one, told};
use crate::place::rungs;

fn run(script: &str, report: &str) -> CheckRun {
    let config = format!("[[check]]\nrunner = \"tap\"\ncommand = [\"sh\", \"t.sh\"]\n{report}");
    run_one(&place(&[
        ("greenloop.toml", &config),
        ("t.sh", script),
        ("out/old.tap", "1..1\nok 1 - old\n"),
    ]))
}

fn run_printing(text: &str) -> CheckRun {
    run(&format!("cat <<'EOF'\n{text}\nEOF\n"), "")
}

#[test]
fn a_project_that_prints_tap_goes_green_on_every_rung() {
    for (rung, abilities) in rungs() {
        println!("{rung}");
        fixture_goes_green("sh-slug-tap", "", &abilities);
    }
}

#[test]
fn a_report_is_believed_only_when_it_is_whole() {
    let check = |text: &str, end: &str| {
        let told = told(&run_printing(text));
        assert!(told.contains(end) && told.contains("not complete"), "{text}\n{told}");
    };
    check("1..2\nok 1 - a", "2 tests were planned and 1 told");
    check("ok 1 - a", "it has no plan");
    check("1..2\nok 1 - a\nBail out! no bank", "the tests gave up: no bank");
    check("1..0 # SKIP all", "NoTests");
    check("hello", "NoTests");
    // A test that prints a result of its own.
    check("1..2\nok 1 - a\nok 2 - b\nnot ok 2 - b", "told twice");
    check("1..2\nok 1 - a\nok 2 - forged\nok 3 - b", "2 tests were planned and 3 told");
    let fails = told(&run("echo 1..1; echo ok 1; exit 3\n", ""));
    assert!(fails.contains("exit code 3 although no test is red"), "{fails}");
    let fails = told(&run("echo no; exit 3\n", ""));
    assert!(fails.contains("exit code 3 and no TAP; it said: no"), "{fails}");
}

#[test]
fn red_tests_count_whatever_the_exit_code() {
    assert_eq!(told(&run_printing("1..1\nnot ok 1 - a")), "Completed, complete\nFailed a\n");
}

#[test]
fn files_are_read_and_those_of_earlier_runs_are_not() {
    let report = "report = \"out/*.tap\"\n";
    let script = "mkdir -p out; echo ok 1 - printed; printf '1..1\\nok 1 - a\\n' > out/a.tap; printf '1..1\\nok 1 - b\\n' > out/b.tap\n";
    assert_eq!(told(&run(script, report)), "Completed, complete\nPassed a\nPassed b\n");
    assert_eq!(told(&run("exit 0\n", report)), "NoTests, not complete\n");
}

#[test]
fn a_flood_is_ended() {
    let run = run("yes '# noise' | head -c 100000000\n", "");
    assert!(matches!(run.end, CheckEnd::Flooded { .. }), "{:?}", run.end);
    assert!(!run.report.complete);
}
