//! Neovim in a terminal, as a person sees it. What is seen is also the picture in the documentation.

use super::Seat;
use super::neovim::program;
use super::screen::Screen;
use crate::support::repository;

#[test]
fn changes_stand_in_their_place_on_the_screen() {
    let seat = Seat::at("marks");
    seat.project.replace("marks.py", ">= 50", "> 50");
    let mut command = seat.command(&program());
    let configuration = repository().join("tests/editors/nvim/terminal.lua");
    command.args(["-i", "NONE", "-u"]).arg(configuration).arg("marks.py");
    command.env("GREENLOOP_PLUGIN", repository().join("editors/nvim"));
    let screen = Screen::start(&command);
    screen.until(&["def passed(points):"]);
    screen.keys(&[":Greenloop fix", "Enter"]);
    let shown = screen.until(&["return points > 50", "return points >= 50", "Greenloop: 1 change"]);
    let line = |part: &str| shown.lines().position(|line| line.contains(part)).unwrap();
    assert_eq!(line("return points > 50") + 1, line("return points >= 50"), "{shown}");
    assert_eq!(line("return points > 50") + 2, line("change 1/1"), "{shown}");
    assert!(shown.lines().nth(line("return points > 50")).unwrap().contains('▎'), "{shown}");
    is_the_picture(&shown);

    screen.keys(&[":Greenloop plan", "Enter"]);
    screen.until(&["carry out the plan of 1 step?", "1: Carry it out", "3: Show the plan"]);
    screen.keys(&["3", "Enter"]);
    screen.until(&["## 1.", "test_marks.Marks.test_boundary"]);
    screen.keys(&[":Greenloop refuse", "Enter"]);
    screen.until(&["it was not approved"]);
    screen.keys(&["Enter", ":buffer marks.py", "Enter", "]g", ":Greenloop accept", "Enter"]);
    screen.when("the accepted change", |text| {
        text.contains("return points >= 50") && !text.contains("return points > 50")
    });
    screen.keys(&["u"]);
    screen.until(&["return points > 50", "change 1/1"]);
}

/// The picture in the documentation is what was seen.
fn is_the_picture(shown: &str) {
    let file = repository().join("editors/nvim/README.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let (before, rest) =
        page.split_once("```text\n").expect("the page has a place for the picture");
    let (_, after) = rest.split_once("```\n").unwrap();
    // Without empty lines of the screen and what was typed on the command line.
    let lines: Vec<&str> = shown.lines().filter(|line| *line != "~").collect();
    let seen = lines[..lines.len() - 1].join("\n");
    let made = format!("{before}```text\n{seen}\n```\n{after}");
    if page != made && std::env::var_os("GREENLOOP_UPDATE").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    assert_eq!(page, made, "run this test once with GREENLOOP_UPDATE=1");
}
