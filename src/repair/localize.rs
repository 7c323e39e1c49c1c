//! Which lines are suspicious: those that red tests run and green tests do not, and those that failures name.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::mem::replace;

use super::language::Role;
use super::syntax::{Node, Tree};
use super::{Source, Standing, Suspicion, TestCoverage};
use crate::base::path::RepoPath;
use crate::model::report::TestCase;

/// How far a stack frame lifts its line towards certainty.
const FRAME_LIFT: f64 = 0.25;
/// How much more suspicious the line of the innermost one is: there it breaks off.
const LAST_FRAME: f64 = 2.0;
/// The suspicion of a line that a stack names and no coverage does.
const FRAME_ONLY: f64 = 0.25;
/// The share of a line's suspicion that all red tests decide, the targets alone the rest.
const OF_ALL_RED: f64 = 2.0 / 3.0;
/// What a line that is as it was committed keeps of its suspicion, beside those that were changed.
const UNCHANGED: f64 = 0.25;
/// What a function keeps of the suspicion of the one that calls it.
const CALLED: f64 = 0.6;
/// Functions are followed this many calls deep.
const CALLS_MAX: usize = 4;

/// How suspicious each line is that a target ran or a failure's stack names; lines of test files never are.
///
/// The square of Ochiai's measure: how many of the red tests ran the line, against how many of all tests did; with other
/// red tests the mean of that for the targets alone and for all that are red ([`OF_ALL_RED`]), since most faults turn more
/// than one test red. Squared, since of 83 faults in ten projects the right edit is tried earlier then (place 94 instead of
/// 108, in large projects 270 instead of 326, geometric means).
pub fn suspicion(
    tests: &[TestCoverage],
    failures: &[TestCase],
    is_test_file: impl Fn(&RepoPath) -> bool,
) -> Suspicion {
    let mut lines = spectrum(tests);
    lift_frames(&mut lines, failures);
    lines.retain(|path, _| !is_test_file(path));
    Suspicion { lines }
}

/// Makes lines that were changed since the last commit, by file, more suspicious than all others.
pub fn favour_changed(suspicion: &mut Suspicion, changed: &BTreeMap<RepoPath, BTreeSet<u32>>) {
    let is_changed =
        |path: &RepoPath, line: &u32| changed.get(path).is_some_and(|lines| lines.contains(line));
    for (path, lines) in &mut suspicion.lines {
        let others = lines.iter_mut().filter(|(line, _)| !is_changed(path, line));
        others.for_each(|(_, score)| *score *= UNCHANGED);
    }
}

/// How many tests ran a line.
#[derive(Clone, Copy, Default)]
struct Runs {
    targets: f64,
    other_red: f64,
    green: f64,
}

fn spectrum(tests: &[TestCoverage]) -> BTreeMap<RepoPath, BTreeMap<u32, f64>> {
    let n = |standing| tests.iter().filter(|test| test.standing == standing).count() as f64;
    let (n_targets, n_other) = (n(Standing::Target), n(Standing::OtherRed));
    let mut runs: BTreeMap<(&RepoPath, u32), Runs> = BTreeMap::new();
    for test in tests {
        for (path, line) in
            test.lines.iter().flat_map(|(path, lines)| lines.iter().map(move |line| (path, *line)))
        {
            let runs = runs.entry((path, line)).or_default();
            *match test.standing {
                Standing::Target => &mut runs.targets,
                Standing::OtherRed => &mut runs.other_red,
                Standing::Green => &mut runs.green,
            } += 1.0;
        }
    }
    let ochiai = |red: f64, n_red: f64, green: f64| red / (n_red * (red + green)).sqrt();
    let mut scores: BTreeMap<RepoPath, BTreeMap<u32, f64>> = BTreeMap::new();
    for ((path, line), runs) in runs.into_iter().filter(|(_, runs)| runs.targets > 0.0) {
        let alone = ochiai(runs.targets, n_targets, runs.green);
        let all = ochiai(runs.targets + runs.other_red, n_targets + n_other, runs.green);
        let mean = alone + (all - alone) * OF_ALL_RED;
        scores.entry(path.clone()).or_default().insert(line, mean * mean);
    }
    scores
}

/// Passing tests in an order of which every beginning tells much beside these red ones: by turns the next nearest to them by
/// its name, and one from anywhere.
pub fn sample<'n>(red: &[String], passing: &'n [String]) -> Vec<&'n String> {
    let nearness = |at: &usize| {
        let shared = |name: &String| shared(name, &passing[*at]);
        Reverse(red.iter().take(NEAR_TO_MAX).map(shared).max())
    };
    let mut nearest: Vec<usize> = (0..passing.len()).collect();
    nearest.sort_by_cached_key(nearness);
    let mut taken = vec![false; passing.len()];
    let turns = nearest.into_iter().zip(everywhere(passing.len())).flat_map(<[usize; 2]>::from);
    turns.filter(|at| !replace(&mut taken[*at], true)).map(|at| &passing[at]).collect()
}

/// Red tests to which others are near or not: names are compared with each.
const NEAR_TO_MAX: usize = 4;

/// How many bytes two names have in common at their start.
fn shared(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// The numbers below `n` in an order of which every beginning is spread over all of them.
fn everywhere(n: usize) -> Vec<usize> {
    let mut taken = vec![false; n];
    let steps = std::iter::successors(Some(n.max(1)), |step| Some(step / 2));
    let all = steps.take_while(|step| *step > 0).flat_map(|step| (0..n).step_by(step));
    all.filter(|at| !replace(&mut taken[*at], true)).collect()
}

fn lift_frames(lines: &mut BTreeMap<RepoPath, BTreeMap<u32, f64>>, failures: &[TestCase]) {
    let places: BTreeSet<_> = failures
        .iter()
        .flat_map(|failure| failure.frames.iter().chain(&failure.at))
        .map(|place| (&place.path, place.line))
        .collect();
    let last: BTreeSet<_> = failures
        .iter()
        .filter_map(|failure| failure.frames.last())
        .map(|place| (&place.path, place.line))
        .collect();
    for (path, line) in places {
        let scores = lines.entry(path.clone()).or_default();
        let factor = if last.contains(&(path, line)) { LAST_FRAME } else { 1.0 };
        let lifted = |score: &f64| (score + (1.0 - score) * FRAME_LIFT) * factor;
        let score = scores.get(&line).map_or(FRAME_ONLY, lifted);
        scores.insert(line, score);
    }
}

/// Suspicion without coverage: lines in the stacks, then the functions that red tests name, then those that these or the
/// files of the red tests name, and so on; every function when no name is known. `tests` may hold sources too, as Rust keeps tests beside them.
pub fn suspicion_by_name(sources: &[Source], tests: &[Source], failures: &[TestCase]) -> Suspicion {
    let texts: Vec<(&Source, Tree<'_>)> =
        sources.iter().filter_map(|source| Some((source, source.parsed()?))).collect();
    let functions: Vec<(&RepoPath, Node<'_>)> = texts
        .iter()
        .filter(|(source, _)| !source.is_test)
        .flat_map(|(source, tree)| tree.nodes().map(|node| (&source.path, node)))
        .filter(|(_, node)| node.role() == Role::Function && !node.is_frozen())
        .collect();
    let (names, around) = names_in_tests(tests, failures);
    let mut scores = called(&functions, names, &around);
    if scores.is_empty() {
        scores = (0..functions.len()).map(|at| (at, CALLED)).collect();
    }
    let mut lines: BTreeMap<RepoPath, BTreeMap<u32, f64>> = BTreeMap::new();
    for (at, score) in scores {
        let (path, function) = functions[at];
        for line in function.line()..=function.last_line() {
            let known = lines.entry(path.clone()).or_default().entry(line).or_default();
            *known = known.max(score);
        }
    }
    lift_frames(&mut lines, failures);
    lines.retain(|path, _| sources.iter().any(|source| source.path == *path && !source.is_test));
    Suspicion { lines }
}

/// The score of each function, by its place in the list, that can be reached from these names, and then from those around
/// them.
fn called(
    functions: &[(&RepoPath, Node<'_>)],
    mut names: BTreeSet<String>,
    around: &BTreeSet<String>,
) -> BTreeMap<usize, f64> {
    let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
    let mut score = 1.0;
    for depth in 0..CALLS_MAX {
        let is_new = |at: &usize| {
            !scores.contains_key(at)
                && name(functions[*at].1).is_some_and(|name| names.contains(name))
        };
        let reached: Vec<usize> = (0..functions.len()).filter(is_new).collect();
        names = reached.iter().flat_map(|at| names_in(functions[*at].1)).collect();
        if depth == 0 {
            names.extend(around.iter().cloned());
        }
        scores.extend(reached.into_iter().map(|at| (at, score)));
        score *= CALLED;
    }
    scores
}

/// The name of a function, or of what it is given to: `const f = () => 1`, `{ f: () => 1 }`.
fn name(function: Node<'_>) -> Option<&str> {
    let own = function.part(&["name"]);
    own.or_else(|| function.parent()?.part(&["name", "key"])).map(Node::text)
}

/// Names in the functions that are red tests; where tests have titles instead, those in the functions around what fails, and
/// those in the same files; in all test sources when none is found.
fn names_in_tests(tests: &[Source], failures: &[TestCase]) -> (BTreeSet<String>, BTreeSet<String>) {
    let trees: Vec<(&Source, Tree<'_>)> =
        tests.iter().filter_map(|test| Some((test, test.parsed()?))).collect();
    let red: BTreeSet<&str> = failures.iter().map(|failure| short_name(&failure.id.name)).collect();
    let is_red = |node: &Node<'_>| {
        node.role() == Role::Function && name(*node).is_some_and(|name| red.contains(name))
    };
    let named = trees.iter().flat_map(|(_, tree)| tree.nodes().filter(is_red));
    let named: BTreeSet<String> = named.flat_map(names_in).collect();
    if !named.is_empty() {
        return (named, BTreeSet::new());
    }
    let titled = failures.iter().filter_map(|failure| around(&trees, failure)).flat_map(names_in);
    let of_files = |fits: &dyn Fn(&Source) -> bool| -> BTreeSet<String> {
        let fitting = trees.iter().filter(|(test, _)| test.is_test && fits(test));
        fitting.flat_map(|(_, tree)| names_in(tree.root())).collect()
    };
    let is_of = |failure: &TestCase, test: &Source| {
        failure.id.name.split("::").next() == Some(test.path.as_str())
    };
    let is_of_red = |test: &Source| failures.iter().any(|failure| is_of(failure, test));
    match (titled.collect::<BTreeSet<String>>(), of_files(&is_of_red)) {
        (titled, of_red) if titled.is_empty() && of_red.is_empty() => (of_files(&|_| true), of_red),
        (titled, of_red) if titled.is_empty() => (of_red, BTreeSet::new()),
        both => both,
    }
}

/// The smallest function of a test source around the line where a test fails, which is the test where tests have titles.
fn around<'t>(trees: &'t [(&Source, Tree<'t>)], failure: &TestCase) -> Option<Node<'t>> {
    let at = failure.at.as_ref()?;
    let (_, tree) = trees.iter().find(|(test, _)| test.is_test && test.path == at.path)?;
    let holds = |node: &Node<'_>| (node.line()..=node.last_line()).contains(&at.line);
    let functions = tree.nodes().filter(|node| node.role() == Role::Function);
    functions.filter(holds).min_by_key(|node| node.range().len())
}

/// `test_sum` of `tests/test_a.py::TestA::test_sum[1-2]`.
fn short_name(name: &str) -> &str {
    let plain = name.split_once('[').map_or(name, |(plain, _)| plain);
    plain.rsplit([':', '.', '/', ' ']).next().unwrap_or(plain)
}

/// Every word in a node: macros hide calls from the grammar, and strings hold names too.
fn names_in(node: Node<'_>) -> BTreeSet<String> {
    let words = node.text().split(|ch: char| !ch.is_alphanumeric() && ch != '_');
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::Standing::{Green, OtherRed, Target};
    use super::*;
    use crate::model::report::Place;
    use crate::repair::testing::{failure, source};

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn run(standing: Standing, lines: &[u32]) -> TestCoverage {
        let both = [path("a.py"), path("test_a.py")];
        let lines = both.map(|path| (path, lines.iter().copied().collect())).into();
        TestCoverage { standing, lines }
    }

    #[test]
    fn lines_that_only_red_tests_run_come_first() {
        let tests =
            [run(Target, &[1, 2, 3]), run(Green, &[1, 2]), run(Green, &[1]), run(Green, &[4])];
        let lines = suspicion(&tests, &[], |path| path.as_str().starts_with("test_")).lines;
        assert_eq!(lines.keys().collect::<Vec<_>>(), [&path("a.py")], "tests are not suspicious");
        let scores = &lines[&path("a.py")];
        assert_eq!(scores.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert!(
            scores[&1] < scores[&2] && scores[&2] < scores[&3] && scores[&3] == 1.0,
            "{scores:?}"
        );
    }

    #[test]
    fn changed_lines_come_before_others() {
        let scores = |changed: &[u32]| {
            let mut known = suspicion(&[run(Target, &[1, 2]), run(Green, &[1])], &[], |_| false);
            let lines = changed.iter().copied().collect();
            favour_changed(&mut known, &BTreeMap::from([(path("a.py"), lines)]));
            known.lines[&path("a.py")].clone()
        };
        assert!(scores(&[])[&1] < scores(&[])[&2]);
        assert!(scores(&[1])[&1] > scores(&[1])[&2]);
    }

    #[test]
    fn what_other_red_tests_run_too_comes_before_what_none_does() {
        let scores = |tests: &[TestCoverage]| {
            let lines = suspicion(tests, &[], |_| false).lines;
            lines[&path("a.py")].clone()
        };
        // Green tests run the fault in line 1 as well.
        let mut tests =
            vec![run(Target, &[1, 2]), run(Green, &[1]), run(Green, &[1]), run(Green, &[1])];
        assert!(scores(&tests)[&1] < scores(&tests)[&2]);
        tests.extend([1, 1, 1, 1, 3].map(|line| run(OtherRed, &[line])));
        assert!(scores(&tests)[&1] > scores(&tests)[&2]);
        assert_eq!(scores(&tests).keys().copied().collect::<Vec<_>>(), [1, 2], "3 is no target's");
    }

    #[test]
    fn the_tests_looked_at_first_are_near_the_red_ones_and_everywhere() {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let passing = names(&["a::1", "b::1", "b::2", "c::1", "c::2", "d::1"]);
        let check =
            |red: &[&str]| sample(&names(red), &passing).into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(check(&["c::3"]), ["c::1", "a::1", "c::2", "b::1", "b::2", "d::1"]);
        assert_eq!(check(&[]).len(), 6);
        assert!(sample(&names(&["a"]), &[]).is_empty());
    }

    #[test]
    fn frames_lift_their_lines() {
        let place = |file: &str, line| Place { path: path(file), line };
        let failure = TestCase {
            frames: vec![place("test_a.py", 1), place("a.py", 2), place("b.py", 9)],
            ..failure("")
        };
        let tests = [run(Target, &[1, 2]), run(Green, &[1, 2])];
        let lines = suspicion(&tests, &[failure], |path| path.as_str().starts_with("test_")).lines;
        assert!(lines[&path("a.py")][&2] > lines[&path("a.py")][&1]);
        assert_eq!(lines[&path("b.py")][&9], FRAME_ONLY);
    }

    #[test]
    fn without_coverage_names_lead_from_the_red_test() {
        let code = source(
            "a.py",
            "def far():\n    pass\n\ndef near():\n    far()\n\ndef other():\n    pass\n",
        );
        let test =
            source("test_a.py", "def test_it():\n    near()\n\ndef test_other():\n    other()\n");
        let mut red = failure("");
        red.id.name = "test_a.py::test_it[3]".into();
        let lines = suspicion_by_name(&[code], &[test], &[red]).lines;
        let scores = &lines[&path("a.py")];
        assert_eq!((scores[&4], scores[&1], scores.get(&7)), (1.0, CALLED, None));
    }

    #[test]
    fn without_coverage_the_function_where_a_test_with_a_title_fails_leads() {
        let code = "const far = () => 1;\nconst near = () => far();\nconst other = () => 2;\nconst none = () => 3;\n";
        let test = "test('near', () => {\n  expect(near()).toBe(1);\n});\ntest('o', () => {\n  other();\n});\n";
        let mut red = failure("");
        red.id.name = "a.test.js::the near one".into();
        red.at = Some(Place { path: path("a.test.js"), line: 2 });
        let lines =
            suspicion_by_name(&[source("a.js", code)], &[source("a.test.js", test)], &[red]).lines;
        let score = |line| lines[&path("a.js")].get(&line).copied();
        assert_eq!(
            [score(2), score(1), score(3), score(4)],
            [Some(1.0), Some(CALLED), Some(CALLED), None]
        );
    }
}
