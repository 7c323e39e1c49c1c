//! Programs that leave JUnit XML.

use std::fs;

use greenloop::io::checks::Select;
use greenloop::io::sandbox::Abilities;
use greenloop::model::check::{CheckEnd, CheckRun};

use crate::checks::{best, fixture_goes_green, place, run_all, run_one, told};
use crate::place::{Place, portrait, rungs};

const PASSED: &str = "<testsuite><testcase name='a' classname='x'/></testsuite>";
const FAILED: &str =
    "<testsuite><testcase name='a' classname='x'><failure message='no'/></testcase></testsuite>";

fn config(script: &str) -> String {
    let command = format!("command = [\"sh\", \"-c\", {script:?}]\n");
    format!("[[check]]\nrunner = \"junit\"\n{command}report = \"out/**/*.xml\"\n")
}

/// A project whose only check is a script.
fn scripted(abilities: &Abilities, script: &str, files: &[(&str, &str)]) -> Place {
    let config = config(script);
    let all: Vec<(&str, &str)> =
        [("greenloop.toml", config.as_str())].into_iter().chain(files.iter().copied()).collect();
    Place::new(abilities, &all)
}

fn run_script(script: &str) -> CheckRun {
    run_one(&scripted(&best(), script, &[("a.c", "int a;\n")]))
}

#[test]
fn a_project_with_a_junit_report_goes_green_on_every_rung() {
    for (rung, abilities) in rungs() {
        println!("{rung}");
        fixture_goes_green("python-roman-junit", "", &abilities);
    }
}

#[test]
fn a_project_of_ctest_goes_green() {
    fixture_goes_green("c-tally-ctest", "", &best());
}

#[test]
fn a_project_of_rspec_goes_green() {
    fixture_goes_green("ruby-basket-rspec", "", &best());
}

#[test]
fn reports_of_earlier_runs_do_not_count_and_stay_where_they_are() {
    for (rung, abilities) in rungs() {
        println!("{rung}");
        let stale = [("out/old.xml", PASSED), ("out/deep/er.xml", PASSED), ("out/keep.txt", "x")];
        let place = scripted(&abilities, "test -e out/keep.txt && ls out", &stale);
        let before = portrait(&place.root);
        assert_eq!(told(&run_one(&place)), "NoTests, not complete\n");
        assert_eq!(portrait(&place.root), before);

        let script = format!("mkdir -p out/new && echo \"{FAILED}\" > out/new/a.xml; exit 1");
        let place = scripted(&abilities, &script, &stale);
        assert_eq!(told(&run_one(&place)), "Completed, complete\nFailed x a no\n");
    }
}

#[test]
fn what_an_earlier_run_left_in_a_kept_world_does_not_count() {
    for (rung, abilities) in rungs() {
        println!("{rung}");
        let script = format!(
            "test -e made || {{ mkdir -p out; echo \"{PASSED}\" > out/a.xml; }}; touch made"
        );
        let place = scripted(&abilities, &script, &[(".gitignore", "out\nmade\n")]);
        let check = crate::checks::detect(&place).checks.remove(0);
        let told_of = |world: &greenloop::io::worlds::World| {
            let cancel = greenloop::base::cancel::CancelToken::new();
            let run = greenloop::io::checks::run;
            told(&run(&place.store, world, &check, Select::All, &cancel, &mut |_| {}).unwrap())
        };
        let world = place.world();
        assert_eq!(told_of(&world), "Completed, complete\nPassed x a\n");
        assert_eq!(told_of(&world), "NoTests, not complete\n");
        world.keep_outputs().unwrap();
        assert_eq!(told_of(&place.world()), "NoTests, not complete\n");
    }
}

#[test]
fn a_report_is_believed_only_with_its_exit_code() {
    let check = |script: &str, end: &str| {
        let told = told(&run_script(script));
        assert!(told.contains(end), "{script}: {told}");
        assert!(!told.contains("Completed"), "{script}: {told}");
    };
    let leave = |text: &str| format!("mkdir -p out; echo \"{text}\" > out/a.xml");
    check(
        &format!("{}; echo bye; exit 3", leave(PASSED)),
        "exit code 3 although no test is red; it said: bye",
    );
    check(&leave(FAILED), "exit code 0 although tests are red");
    check("echo nothing to do", "NoTests");
    check("echo cannot; exit 2", "exit code 2 and no report; it said: cannot");
    check("no-such-tool", "Missing { program: \"no-such-tool\"");
    check("echo a.c:1:5: error: no; exit 2", "BuildFailed");
    check(&leave("<testsuite><testcase name='a'/>"), "the report is not whole");
    check(
        &leave("<testsuite tests='2'><testcase name='a'/></testsuite>"),
        "says that it has 2 tests, but 1 are there",
    );
    check(&leave("<testsuite/>"), "NoTests");
    check(&leave(""), "is empty");
    check(&format!("{}; kill -9 $$", leave(PASSED)), "ended by signal 9");
}

#[test]
fn errors_of_a_build_have_a_place() {
    let run = run_script("echo a.c:1:5: error: no semicolon; exit 2");
    assert_eq!(told(&run), "BuildFailed, not complete\nproblem a.c:1 error: no semicolon\n");
}

#[test]
fn a_report_behind_a_link_is_not_read() {
    let script = format!(
        "echo \"{PASSED}\" > r.xml; mkdir -p out; ln -s ../r.xml out/a.xml; ln -s .. out/up"
    );
    assert_eq!(told(&run_script(&script)), "NoTests, not complete\n");
    let script = format!("mkdir real; echo \"{PASSED}\" > real/a.xml; ln -s real out");
    assert_eq!(told(&run_script(&script)), "NoTests, not complete\n");
}

#[test]
fn a_selected_test_is_alone_in_the_report_of_all() {
    let two = "<testsuite><testcase name='a' classname='x'/><testcase name='b'><error/></testcase></testsuite>";
    let place = scripted(&best(), &format!("mkdir out; echo \"{two}\" > out/r.xml; exit 1"), &[]);
    let names = ["b".to_owned()];
    let run = run_all(&place, Select::Only(&names)).remove(0);
    assert_eq!(told(&run), "Completed, complete\nErrored b\n");
    let names = ["c".to_owned()];
    assert_eq!(run_all(&place, Select::Only(&names))[0].end, CheckEnd::NoTests);
}

#[test]
fn a_large_report_and_a_flood_of_output_are_bounded() {
    let write = "import os\nos.makedirs('out')\nwith open('out/r.xml', 'w') as f:\n    f.write(\"<testsuite><testcase name='a'><system-out>\")\n    for n in range(100): f.write('x' * 1024 * 1024)\n    f.write('</system-out></testcase></testsuite>')\n";
    let place = scripted(&best(), "python3 write.py", &[("write.py", write)]);
    assert_eq!(told(&run_one(&place)), "Completed, complete\nPassed a\n");

    let run = run_script("head -c 100000000 /dev/zero");
    assert!(matches!(run.end, CheckEnd::Flooded { .. }), "{:?}", run.end);
    assert!(!run.report.complete);
}

#[test]
fn the_patterns_are_seen_from_the_folder_of_the_check() {
    let config = "[[check]]\nrunner = \"junit\"\ndir = \"sub\"\ncommand = [\"sh\", \"t.sh\"]\nreport = [\"r.xml\"]\n";
    let script = format!("echo \"{PASSED}\" > r.xml");
    let place = place(&[("greenloop.toml", config), ("sub/t.sh", &script), ("r.xml", PASSED)]);
    let run = run_one(&place);
    assert_eq!(told(&run), "Completed, complete\nPassed x a\n");
    assert_eq!(run.command, "cd sub && sh t.sh");
    assert!(fs::exists(place.root.join("r.xml")).unwrap());
}
