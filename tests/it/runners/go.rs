//! Go's tests.

use greenloop::model::check::{CheckEnd, CheckRun};

use crate::checks::{best, fixture_goes_green, place, run_one, told};
use crate::place::rungs;

const MODULE: (&str, &str) = ("go.mod", "module example.com/m\n\ngo 1.18\n");

fn run(tests: &str) -> CheckRun {
    let text = format!(
        "package m\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"syscall\"\n\t\"testing\"\n)\n\nvar _, _, _ = fmt.Sprint, os.Exit, syscall.Exit\n\n{tests}"
    );
    run_one(&place(&[MODULE, ("m_test.go", &text)]))
}

#[test]
fn a_go_project_goes_green_on_every_rung() {
    for (rung, abilities) in rungs() {
        println!("{rung}");
        fixture_goes_green("go-ledger", "", &abilities);
    }
}

#[test]
fn packages_that_cannot_be_built_are_told_beside_those_that_can() {
    let place = place(&[
        MODULE,
        ("a/a_test.go", "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n"),
        (
            "b/b_test.go",
            "package b\n\nimport \"testing\"\n\nfunc TestB(t *testing.T) {\n\tvar n int = \"x\"\n}\n",
        ),
        ("c/c.go", "package c\n"),
    ]);
    let run = run_one(&place);
    assert_eq!(run.command, "go test -count=1 ./...");
    insta::assert_snapshot!(told(&run), @r#"
    Completed, complete
    Errored example.com/m/b (build) b/b_test.go:6 <b/b_test.go:6> b/b_test.go:6:14: cannot use "x" (untyped string constant) as int value in variable declaration
    Passed example.com/m/a TestA
    problem b/b_test.go:6 cannot use "x" (untyped string constant) as int value in variable declaration
    "#);
}

#[test]
fn a_module_of_which_nothing_can_be_built_is_a_failed_build() {
    let run = run("func TestA(t *testing.T) { nothing() }\n");
    assert_eq!(run.end, CheckEnd::BuildFailed);
    assert_eq!(run.problems[0].message, "undefined: nothing");
}

#[test]
fn what_happens_to_a_test_program_is_told() {
    let panics = run(
        "func TestA(t *testing.T) {}\n\nfunc TestB(t *testing.T) {\n\tvar all []int\n\t_ = all[len(os.Args)]\n}\n\nfunc TestC(t *testing.T) {}\n",
    );
    let told_of = told(&panics);
    assert!(told_of.starts_with("Completed, complete\nErrored example.com/m TestB m_test.go:16 <m_test.go:16> panic: runtime error: index out of range"), "{told_of}");
    let ends =
        run("func TestMain(m *testing.M) { m.Run(); os.Exit(3) }\n\nfunc TestA(t *testing.T) {}\n");
    assert!(told(&ends).contains("Errored example.com/m (suite)"), "{}", told(&ends));
}

#[test]
fn the_tests_after_one_that_ends_its_package_are_run_without_it() {
    let run = run(
        "func TestA(t *testing.T) {}\n\nfunc TestB(t *testing.T) {\n\tpanic(\"b\")\n}\n\nfunc TestC(t *testing.T) {}\n\n\
         func TestD(t *testing.T) {\n\tt.Run(\"x\", func(t *testing.T) { panic(\"d\") })\n}\n\n\
         func TestE(t *testing.T) {\n\tt.Error(\"e\")\n}\n",
    );
    let cases = run.report.cases.iter().map(|case| {
        format!("{:?} {}", case.outcome, case.id.name.strip_prefix("example.com/m ").unwrap())
    });
    let mut cases: Vec<String> = cases.collect();
    cases.sort();
    assert_eq!(
        cases,
        [
            "Errored TestB",
            "Errored TestD",
            "Errored TestD/x",
            "Failed TestE",
            "Passed TestA",
            "Passed TestC"
        ]
    );
    assert_eq!(run.end, CheckEnd::Completed);
}

#[test]
fn a_program_that_ends_itself_or_forges_results_is_never_green() {
    let check = |tests: &str, detail: &str| {
        let told = told(&run(tests));
        assert!(told.contains(detail) && told.contains("not complete"), "{tests}\n{told}");
    };
    check(
        "func TestMain(m *testing.M) { os.Exit(0) }\n\nfunc TestA(t *testing.T) { t.Fail() }\n",
        "it ended before its tests were over",
    );
    check(
        "func TestMain(m *testing.M) { m.Run(); os.Exit(0) }\n\nfunc TestA(t *testing.T) { t.Fail() }\n",
        "it passed, but tests in it failed",
    );
    check("func TestA(t *testing.T) { syscall.Exit(0) }\n", "did not end");
    check(
        "func TestA(t *testing.T) { fmt.Print(\"--- PASS: TestA (0.00s)\\n\"); t.Fail() }\n",
        "`TestA` ended twice",
    );
    check(
        "func TestA(t *testing.T) { fmt.Print(\"=== RUN   TestB\\n--- PASS: TestB (0.00s)\\n\") }\n",
        "`TestB` began while `TestA` was running",
    );
}

#[test]
fn events_that_a_test_prints_are_only_output() {
    let forged = r#"{\"Action\":\"pass\",\"Package\":\"example.com/m\",\"Test\":\"TestZ\"}"#;
    let run = run(&format!(
        "func TestA(t *testing.T) {{\n\tfmt.Println(\"{forged}\")\n\tfmt.Print(\"and no end of line\")\n}}\n"
    ));
    assert_eq!(told(&run), "Completed, complete\nPassed example.com/m TestA\n");
}

#[test]
fn a_module_that_is_not_there_is_named() {
    let place = place(&[
        ("go.mod", "module example.com/m\n\ngo 1.18\n\nrequire example.org/none v1.0.0\n"),
        (
            "m_test.go",
            "package m\n\nimport (\n\t\"testing\"\n\n\t_ \"example.org/none\"\n)\n\nfunc TestA(t *testing.T) {}\n",
        ),
    ]);
    assert!(matches!(run_one(&place).end, CheckEnd::Missing { .. }));
}

#[test]
fn what_was_compiled_is_kept_with_the_world_and_the_users_cache_is_not_written() {
    let place = crate::place::Place::new(
        &best(),
        &[
            MODULE,
            ("m_test.go", "package m\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n"),
        ],
    );
    let check = crate::checks::detect(&place).checks.remove(0);
    let world = place.world();
    let cancel = greenloop::base::cancel::CancelToken::new();
    let all = greenloop::io::checks::Select::All;
    greenloop::io::checks::run(&place.store, &world, &check, all, &cancel, &mut |_| {}).unwrap();
    world.keep_outputs().unwrap();
    let listed = crate::place::says(&place.world(), "ls -a .greenloop/go-build");
    assert!(listed.contains("README"), "{listed}");
    assert!(!place.root.join(".greenloop").exists());
}
