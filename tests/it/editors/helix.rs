//! Helix in a terminal, with the configuration that `editors/helix` has for its users.

use std::fs;

use super::screen::Screen;
use super::{Seat, installed};
use crate::support::repository;

const SLOW: &str = "import time, unittest\n\n\nclass Slow(unittest.TestCase):\n    def test_slow(self):\n        time.sleep(600)\n";

fn start(seat: &Seat, files: &[&str]) -> Screen {
    let config = seat.home.config().join("helix");
    fs::create_dir_all(&config).unwrap();
    for name in ["config.toml", "languages.toml"] {
        fs::copy(repository().join("editors/helix").join(name), config.join(name)).unwrap();
    }
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
