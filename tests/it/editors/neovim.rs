//! Neovim with the plugin, without a screen: each journey is a script in `tests/editors/nvim`.

use std::path::PathBuf;
use std::process::Command;

use super::{Seat, installed, passes};
use crate::support::repository;

pub fn program() -> PathBuf {
    installed("nvim/bin/nvim")
}

/// With a configuration of `tests/editors/nvim`, no screen, and nothing of an earlier session.
fn neovim(seat: &Seat, configuration: &str) -> Command {
    let scripts = repository().join("tests/editors/nvim");
    let mut command = seat.command(&program());
    command.args(["--headless", "-i", "NONE", "-u"]).arg(scripts.join(configuration));
    command.arg("-S").arg(scripts.join("run.lua"));
    command.env("GREENLOOP_PLUGIN", repository().join("editors/nvim"));
    command
}

fn check(journey: &str, project: &str) {
    passes(neovim(&Seat::at(project), "init.lua").env("JOURNEY", journey));
}

#[test]
fn a_fault_on_the_screen_is_found_fixed_accepted_and_taken_back() {
    check("fix", "marks");
}

#[test]
fn a_plan_is_edited_approved_reviewed_by_steps_and_partly_sent_back() {
    check("plan", "two");
}

#[test]
fn changes_are_decided_by_operators_text_objects_and_ranges() {
    check("operators", "python-warehouse");
}

#[test]
fn runs_are_cancelled_outlive_their_server_and_have_pages() {
    check("runs", "marks");
}

#[test]
fn the_health_check_finds_what_stands_in_the_way() {
    check("health", "marks");
}

#[test]
fn everything_works_without_the_plugin_by_two_lines() {
    passes(neovim(&Seat::at("marks"), "core_init.lua").env("JOURNEY", "core"));
}

#[test]
fn the_plugin_is_for_this_version() {
    let file = repository().join("editors/nvim/lua/greenloop/version.lua");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(&format!("return '{}'", env!("CARGO_PKG_VERSION"))), "{text}");
}
