//! Real programs that end in every way a program can.

use super::*;

const LONG: Duration = Duration::from_secs(60);

fn sh(script: &str, deadline: Duration) -> Spec {
    Spec {
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        cwd: std::env::temp_dir(),
        env: vec![("PATH".into(), std::env::var("PATH").unwrap())],
        deadline,
    }
}

fn run_quietly(spec: &Spec) -> Output {
    run(spec, &CancelToken::new(), &mut |_| {})
}

#[test]
fn the_end_is_told_apart() {
    let cases = [
        ("exit 0", LONG, End::Exited(0)),
        ("exit 42", LONG, End::Exited(42)),
        ("kill -SEGV $$", LONG, End::Signalled(11)),
        ("sleep 600", Duration::from_millis(50), End::TimedOut),
        ("trap '' TERM; sleep 600 & wait; wait", Duration::from_millis(50), End::TimedOut),
    ];
    for (script, deadline, end) in cases {
        assert_eq!(run_quietly(&sh(script, deadline)).end, end, "{script}");
    }
}

#[test]
fn what_cannot_start_says_why() {
    let with = |argv: &[&str], cwd: &str| {
        let argv = argv.iter().map(|arg| (*arg).to_owned()).collect();
        run_quietly(&Spec { argv, cwd: cwd.into(), env: Vec::new(), deadline: LONG }).end
    };
    assert_eq!(
        with(&["no-such-program"], "/"),
        End::NotStarted("program `no-such-program` not found".into())
    );
    assert_eq!(with(&["true"], "/no/such"), End::NotStarted("folder `/no/such` not found".into()));
    assert_eq!(with(&[], "/"), End::NotStarted("the command is empty".into()));
}

#[test]
fn both_streams_come_in_the_order_they_were_written() {
    let mut lines = Vec::new();
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done; printf end";
    let output = run(&sh(script, LONG), &CancelToken::new(), &mut |line| lines.push(line.to_vec()));
    let expected: String =
        (1..10).map(|i| format!("out {i}\nerr {i}\n")).collect::<String>() + "end";
    assert_eq!(String::from_utf8(output.text).unwrap(), expected);
    assert_eq!(lines.join(&b'\n'), expected.into_bytes());
}

#[test]
fn a_flood_is_ended_and_counted() {
    let output = run_quietly(&sh("yes", LONG));
    let End::Flooded { bytes } = output.end else { panic!("{:?}", output.end) };
    assert!(bytes > OUTPUT_FLOOD_BYTES);
    assert!(output.text.len() < 1024 * 1024);
}

#[test]
fn a_grandchild_that_holds_the_output_does_not_hold_us() {
    let output = run_quietly(&sh("sleep 600 & echo done", LONG));
    assert_eq!((output.end, output.text), (End::Exited(0), b"done\n".to_vec()));
}

#[test]
fn a_cancel_ends_it_even_when_it_came_first() {
    let cancel = CancelToken::new();
    let raise = cancel.clone();
    let output = run(&sh("echo ready; sleep 600", LONG), &cancel, &mut |_| raise.cancel());
    assert_eq!((output.end, output.text), (End::Cancelled, b"ready\n".to_vec()));
    let late = run(&sh("echo never", LONG), &cancel, &mut |_| panic!("it ran"));
    assert_eq!((late.end, late.text), (End::Cancelled, Vec::new()));
}

#[test]
fn nothing_of_our_environment_is_inherited() {
    assert!(std::env::var("HOME").is_ok());
    assert_eq!(run_quietly(&sh("echo ${HOME-none}", LONG)).text, b"none\n");
}
