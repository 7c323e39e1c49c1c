//! Helix in a terminal, with the configuration that `editors/helix` has for its users.

use std::fs;

use super::screen::Screen;
use super::{Seat, installed};
use crate::support::{replaced, repository};

const SLOW: &str = "import time, unittest\n\n\nclass Slow(unittest.TestCase):\n    def test_slow(self):\n        time.sleep(600)\n";

fn start(seat: &Seat, files: &[&str]) -> Screen {
    start_with(seat, files, "command = \"greenloop\"\nargs = [\"lsp\"]")
}

/// With another way to start the server than its users have.
fn start_with(seat: &Seat, files: &[&str], server: &str) -> Screen {
    let (config, ours) = (seat.home.config().join("helix"), repository().join("editors/helix"));
    fs::create_dir_all(&config).unwrap();
    fs::copy(ours.join("config.toml"), config.join("config.toml")).unwrap();
    let languages = fs::read_to_string(ours.join("languages.toml")).unwrap();
    let languages = replaced(&languages, "command = \"greenloop\"\nargs = [\"lsp\"]", server);
    fs::write(config.join("languages.toml"), languages).unwrap();
    Screen::start(seat.command(&installed("hx/run")).args(files))
}

/// Presses the keys of a command, again while Helix says that its server has not started yet.
fn command(screen: &Screen, key: &str, parts: &[&str]) {
    let is_seen = |text: &str| parts.iter().all(|part| text.contains(part));
    let too_early = |text: &str| text.contains("is not supported for any language server");
    loop {
        screen.keys(&["Space", "l", key]);
        let text = screen.when("an answer", |text| is_seen(text) || too_early(text));
        if is_seen(&text) {
            return;
        }
        // Any key takes the message away.
        screen.keys(&["g", "g"]);
        screen.when("no message", |text| !too_early(text));
    }
}

#[test]
fn a_fault_on_the_screen_is_found_asked_about_rejected_accepted_and_taken_back() {
    let seat = Seat::at("marks");
    let screen = start(&seat, &["marks.py", "test_marks.py"]);
    screen.until(&["return points >= 50"]);
    // Helix sends a command as soon as it knows what its server can do, which may be before it opens its texts there.
    command(&screen, "t", &["3 tests pass"]);
    screen.keys(&["%", "s", ">= 50", "Enter", "c", "> 50", "Escape"]);
    screen.until(&["return points > 50", "[+]"]);

    screen.keys(&["Space", "l", "t"]);
    screen.keys(&["g", "n"]);
    screen.until(&["test_marks.Marks.test_boundary fails:", "● 1"]);
    screen.keys(&["g", "n"]);

    // Nothing goes on before somebody says yes.
    screen.keys(&["Space", "l", "p"]);
    screen.until(&["carry out the plan of 1 step?", "Carry it out", "waits for your answer"]);
    screen.keys(&["Enter"]);
    screen.until(&["Proposed change 1/1"]);

    screen.keys(&["Space", "a"]);
    screen.until(&["Accept change 1/1", "Reject change 1/1", "Show the diff"]);
    screen.keys(&["Tab", "Enter"]);
    screen.when("a no", |text| !text.contains("change 1/1"));
    screen.keys(&["Space", "l", "r"]);
    screen.until(&["Proposed change 1/1"]);
    screen.keys(&["Space", "a"]);
    screen.until(&["Accept change 1/1"]);
    screen.keys(&["Enter"]);
    screen.when("the change in the text", |text| {
        text.contains("return points >= 50") && !text.contains("change 1/1")
    });
    screen.keys(&["g", "n"]);
    screen.when("the green test", |text| text.contains("passed(50)") && !text.contains("● 1"));
    screen.keys(&["g", "n"]);
    screen.keys(&["u"]);
    screen.until(&["return points > 50", "Proposed change 1/1"]);
    screen.keys(&["Space", "l", "A"]);
    screen.until(&["return points >= 50"]);
    screen.keys(&["Space", "l", "u"]);
    screen.until(&["return points > 50", "Proposed change 1/1"]);
    assert!(seat.project.read("marks.py").contains(">= 50"), "nothing was saved");
}

#[test]
fn a_run_that_never_ends_is_cancelled() {
    let seat = Seat::at("marks");
    seat.project.write("test_slow.py", SLOW);
    let screen = start(&seat, &["marks.py"]);
    screen.until(&["return points >= 50"]);
    command(&screen, "t", &["Greenloop: test ⋅ running"]);
    screen.keys(&["Space", "l", "c"]);
    screen.until(&["Greenloop: test ⋅ cancelled"]);
    screen.keys(&["Space", "l", "s"]);
    screen.until(&["# Greenloop run", "It was cancelled."]);
}

#[test]
fn typing_before_an_acceptance_moves_the_change_or_stands_against_it() {
    let seat = Seat::at("marks");
    seat.project.replace("marks.py", ">= 50", "> 50");
    let screen = start(&seat, &["marks.py"]);
    screen.until(&["return points > 50"]);
    command(&screen, "f", &["Proposed change 1/1"]);
    screen.keys(&["g", "g", "O", "# mine", "Escape"]);
    screen.until(&["# mine", "Proposed change 1/1"]);
    screen.keys(&["Space", "l", "A"]);
    screen.until(&["# mine", "return points >= 50"]);
    screen.keys(&["Space", "l", "u"]);
    screen.until(&["# mine", "return points > 50", "Proposed change 1/1"]);

    screen.keys(&["%", "s", "> 50", "Enter", "c", "> 51", "Escape"]);
    screen.until(&["return points > 51", "Cannot apply change 1/1"]);
    screen.keys(&["Space", "l", "A"]);
    screen.until(&["these lines were edited since", "return points > 51"]);
}

#[test]
fn an_edit_that_comes_after_newer_typing_is_refused() {
    let seat = Seat::at("marks");
    seat.project.replace("marks.py", ">= 50", "> 50");
    let (late, gate) =
        (repository().join("tests/editors/helix/late.py"), seat.home.config().join("gate"));
    let server = format!("command = \"python3\"\nargs = [{late:?}, {gate:?}]");
    let screen = start_with(&seat, &["marks.py"], &server);
    screen.until(&["return points > 50"]);
    command(&screen, "f", &["Proposed change 1/1"]);

    screen.keys(&["Space", "l", "A"]);
    screen.when("the edit under way", |_| gate.exists());
    screen.keys(&["g", "g", "O", "# mine", "Escape"]);
    screen.until(&["# mine"]);
    fs::write(&gate, "").unwrap();
    screen.until(&["# mine", "return points > 50", "1 change was not applied"]);

    screen.keys(&["Space", "l", "A"]);
    screen.when("the edit under way", |_| gate.exists());
    screen.keys(&["%", "s", "> 50", "Enter", "c", "> 51", "Escape"]);
    screen.until(&["return points > 51"]);
    fs::write(&gate, "").unwrap();
    screen.until(&["# mine", "return points > 51", "Cannot apply change 1/1"]);
}
