//! Another change that passes in the place of the one that was proposed, on the command line.

use crate::support::{Home, Project};

/// A function that three tests leave open, and what they are.
pub const PARCEL: &str = "def price(kilos, zone):\n    return kilos - zone\n";
pub const TESTS: &str = "\
import unittest

from parcel import price


class T(unittest.TestCase):
    def test_price(self):
        self.assertEqual(price(2, 2), 4)

    def test_more(self):
        self.assertGreater(price(5, 1), 3)

    def test_none(self):
        self.assertEqual(price(0, 0), 0)
";

fn parcels() -> (Home, Project) {
    let project = Project::empty("parcels");
    project.write("parcel.py", PARCEL);
    project.write("test_parcel.py", TESTS);
    (Home::new(), project)
}

/// The exit code, and all that was said.
fn run(home: &Home, project: &Project, args: &[&str]) -> (Option<i32>, String) {
    let output = project.greenloop(home).args(args).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

#[test]
fn what_was_told_beside_a_change_can_be_had_instead() {
    let (home, project) = parcels();
    let run = |args: &[&str]| run(&home, &project, args);
    let (code, told) = run(&["fix"]);
    assert_eq!(code, Some(0), "{told}");
    let line = |start: &str| {
        let mut lines = told.lines().map(str::trim);
        lines.find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("{told}"))
    };
    let other = line("or 1: ");
    let (id, _) = line("`greenloop swap ").split_once(' ').unwrap();
    let (code, swapped) = run(&["swap", id, "1", "--apply"]);
    assert_eq!(code, Some(0), "{swapped}");
    assert!(swapped.contains(other), "{swapped}");
    let new = other.split('`').nth(3).unwrap();
    assert!(project.read("parcel.py").contains(new), "{other}: {}", project.read("parcel.py"));
    // The change that gave way counts as rejected.
    let (_, shown) = run(&["show", id]);
    assert!(shown.contains("rejected"), "{shown}");

    for (args, why) in [
        (&["swap", id, "9"][..], "has no other change 9"),
        (&["swap", id, "0"], "takes a whole number above 0"),
        (&["swap"], "name a run"),
    ] {
        let (code, told) = run(args);
        assert!(code == Some(2) && told.contains(why), "{told}");
    }
}

#[test]
fn what_was_accepted_is_taken_back_before_it_is_swapped() {
    let (home, project) = parcels();
    let run = |args: &[&str]| run(&home, &project, args);
    let (_, told) = run(&["fix", "--apply"]);
    let id = told.split("`greenloop swap ").nth(1).unwrap().split(' ').next().unwrap();
    let applied = project.read("parcel.py");
    let (code, refused) = run(&["swap", id]);
    assert!(code == Some(2) && refused.contains(&format!("`greenloop undo {id}`")), "{refused}");
    assert_eq!(run(&["undo", id]).0, Some(0));
    let (code, swapped) = run(&["swap", id, "--apply"]);
    assert_eq!(code, Some(0), "{swapped}");
    assert_ne!(project.read("parcel.py"), applied);
}
