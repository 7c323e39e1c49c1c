//! Emacs with Eglot, in batch: a script in `tests/editors/emacs`, with the file that `editors/emacs` has for its users.

use super::{Seat, installed, passes};
use crate::support::repository;

#[test]
fn a_fault_on_the_screen_is_found_asked_about_rejected_accepted_and_taken_back() {
    let seat = Seat::at("marks");
    // What Emacs knows a project by.
    seat.project.commit_all();
    let mut command = seat.command(&installed("emacs/run"));
    command.args(["-Q", "--batch", "-l"]);
    command.arg(repository().join("tests/editors/emacs/journey.el"));
    passes(command.env("GREENLOOP_EL", repository().join("editors/emacs/greenloop.el")));
}
