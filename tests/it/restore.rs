//! What was changed since the last commit, put back piece by piece.

use crate::support::{Home, Project};

const SPEED: &str = "\
LIMIT = 130


def braking(speed, grip):
    reaction = speed * 10 / 36
    way = (speed / 10) ** 2 / (2 * grip)
    return round(reaction + way, 1)


def fine(speed):
    over = max(0, speed - LIMIT)
    return over * 7
";
const TESTS: &str = "\
import unittest

from speed import braking, fine


class T(unittest.TestCase):
    def test_dry(self):
        self.assertEqual(braking(50, 0.8), 29.5)

    def test_wet(self):
        self.assertEqual(braking(80, 0.4), 102.2)

    def test_fine(self):
        self.assertEqual(fine(140), 70)
";
const WAY: &str = "    way = (speed / 10) ** 2 / (2 * grip)\n";
/// Nothing else that is tried makes the lost formula.
const LOST: &str = "    way = grip\n";

/// What is in the file after a fix of `now`, and what was said.
fn fixed(project: &Project, file: &str, now: &str) -> (String, String) {
    project.write(file, now);
    let home = Home::new();
    let output = project.greenloop(&home).args(["fix", "--apply"]).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (project.read(file), said)
}

fn committed(text: &str) -> Project {
    let project = Project::empty("speed");
    project.write("speed.py", text);
    project.write("test_speed.py", TESTS);
    project.commit_all();
    project
}

/// Takes a text that was committed to another one, and says what a fix leaves of it.
fn check(committed_text: &str, now: &str, left: &str) {
    let (text, said) = fixed(&committed(committed_text), "speed.py", now);
    assert_eq!(text, left, "{said}");
    assert!(text == now || said.contains("as committed"), "{said}");
}

#[test]
fn what_broke_a_test_is_put_back_and_nothing_else() {
    let lost = SPEED.replace(WAY, LOST);
    check(SPEED, &lost, SPEED);
    let other =
        |text: &str| text.replace("over * 7", "over * 7 + 0").replace("= 130", "= 120 + 10");
    check(SPEED, &other(&lost), &other(SPEED));
    let windows = |text: &str| text.replace('\n', "\r\n");
    check(SPEED, &windows(&lost), &windows(SPEED));
    // A commit that has the fault as well is no help.
    check(&lost, &lost, &lost);
}

#[test]
fn a_function_that_was_written_anew_is_put_back() {
    let start = SPEED.find("    reaction").unwrap();
    let end = SPEED.find("\n\ndef fine").unwrap();
    let anew =
        "    way = 0\n    for second in range(speed):\n        way += second\n    return way";
    check(SPEED, &format!("{}{anew}{}", &SPEED[..start], &SPEED[end..]), SPEED);
}

#[test]
fn indentation_is_put_back() {
    let deep = "speed - LIMIT\n    if over < 0:\n        over = 0";
    let deep = SPEED.replace("max(0, speed - LIMIT)", deep);
    check(&deep, &deep.replace("    return over", "        return over"), &deep);
}

#[test]
fn files_that_no_commit_has_are_mended_and_stay() {
    let check = |project: &Project| {
        let (text, said) = fixed(project, "speed.py", &SPEED.replace("over * 7", "over * 8"));
        assert_eq!(text, SPEED, "{said}");
        assert!(!said.contains("as committed"), "{said}");
    };
    let project = || {
        let project = Project::empty("speed");
        project.write("test_speed.py", TESTS);
        project
    };
    let unborn = project();
    unborn.git(&["init", "--quiet"]);
    check(&unborn);
    let new = project();
    new.commit_all();
    check(&new);
    let renamed = project();
    renamed.write("velocity.py", SPEED);
    renamed.commit_all();
    std::fs::remove_file(renamed.root.join("velocity.py")).unwrap();
    check(&renamed);
}

#[test]
fn a_constant_in_a_file_of_constants_is_put_back() {
    let project = Project::empty("speed");
    project.write("limits.py", "LIMIT = 130\n");
    project.write("speed.py", &SPEED.replace("LIMIT = 130\n", "from limits import LIMIT\n"));
    project.write("test_speed.py", TESTS);
    project.commit_all();
    let (text, said) = fixed(&project, "limits.py", "LIMIT = int('13')\n");
    assert_eq!(text, "LIMIT = 130\n", "{said}");
}

#[test]
fn a_project_in_a_folder_of_a_repository_is_found_in_its_commit() {
    let project = Project::empty("speed");
    project.write("drive/speed.py", SPEED);
    project.write("drive/test_speed.py", TESTS);
    project.commit_all();
    project.write("drive/speed.py", &SPEED.replace(WAY, LOST));
    let home = Home::new();
    let mut fix = project.greenloop(&home);
    let output = fix.args(["fix", "--apply"]).current_dir(project.root.join("drive")).output();
    assert_eq!(project.read("drive/speed.py"), SPEED, "{:?}", output.unwrap());
}
