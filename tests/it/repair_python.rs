//! The repair worker on Python projects: from red to an edit, in real worlds.

use std::sync::Mutex;
use std::time::Instant;

use greenloop::base::cancel::CancelToken;
use greenloop::io::sandbox::Abilities;
use greenloop::io::worker::Progress;
use greenloop::model::event::WorkResult;
use greenloop::model::proposal::{Confidence, Strength};

use crate::place::rungs;
use crate::red::Red;
use crate::support::python;

fn best() -> Abilities {
    rungs().pop().unwrap().1
}

fn pytest_config() -> String {
    format!("[[check]]\nrunner = \"pytest\"\ncommand = [{:?}, \"-m\", \"pytest\"]\n", python())
}

#[test]
fn a_unittest_project_is_fixed_on_every_rung() {
    for (rung, abilities) in rungs() {
        let red = Red::of_fixture("python-billing", "", &abilities);
        let (_, title, fact) = red.fix(&[]);
        println!("{rung}: {title} {fact:?}");
        assert!(title.contains("billing/periods.py"), "{title}");
        assert!(fact.plausible >= 1 && fact.tried >= fact.plausible && fact.total >= fact.tried);
    }
}

#[test]
fn a_pytest_project_is_fixed() {
    let red = Red::of_fixture("python-ledger-pytest", &pytest_config(), &best());
    let (tree, title, fact) = red.fix(&[]);
    println!("{title} {fact:?}");
    assert!(red.text(&tree, "src/ledger/rates.py").contains("since <= day"), "{title}");
}

#[test]
fn an_example_that_pytest_runs_is_fixed() {
    let config = pytest_config().replace("\"]\n", "\", \"--doctest-modules\"]\n");
    let red = Red::of_files(&[
        ("greenloop.toml", &config),
        (
            "share.py",
            "def share(a, b):\n    \"\"\"\n    >>> [share(2, 3), share(4, 1), share(5, 2)]\n    \
             [10, 4, 5]\n    \"\"\"\n    c = a + b\n    if b > a:\n        return c + c\n    return c - a\n",
        ),
    ]);
    let (tree, title, _) = red.fix(&[]);
    assert!(!red.text(&tree, "share.py").contains("return c - a"), "{title}");
}

const MONEY: &str = "def half(a):\n    return a // 3\n\n\ndef twice(a):\n    return a + 2\n";
const MONEY_TEST: &str = "import unittest\n\nfrom money import half, twice\n\n\n\
class T(unittest.TestCase):\n    def test_half(self):\n        self.assertEqual([half(a) for a in (2, 10, 44)], [1, 5, 22])\n\n    \
def test_twice(self):\n        self.assertEqual([twice(a) for a in (1, 2, 5)], [2, 4, 10])\n";
/// It needs both edits.
const MONEY_BOTH_TEST: &str =
    "\n    def test_both(self):\n        self.assertEqual(half(twice(3)), 3)\n";

#[test]
fn two_faults_take_two_edits() {
    let red = Red::of_files(&[("money.py", MONEY), ("test_money.py", MONEY_TEST)]);
    assert_eq!(red.targets.len(), 2);
    let (tree, title, _) = red.fix(&[]);
    assert!(title.contains(" and "), "{title}");
    assert_ne!(red.text(&tree, "money.py"), MONEY);
}

/// One edit only brings it to the test's next line.
#[test]
fn a_test_that_needs_two_edits_by_itself_gets_them() {
    let test = "import unittest\n\nfrom money import half, twice\n\n\n\
class T(unittest.TestCase):\n    def test_all(self):\n        self.assertEqual([half(a) for a in (2, 10, 44)], [1, 5, 22])\n        \
self.assertEqual([twice(a) for a in (1, 2, 5)], [2, 4, 10])\n";
    let red = Red::of_files(&[("money.py", MONEY), ("test_money.py", test)]);
    assert_eq!(red.targets.len(), 1);
    let (tree, title, _) = red.fix(&[]);
    assert!(title.contains(" and "), "{title}");
    assert!(red.text(&tree, "money.py").contains("a // 2"), "{title}");
}

#[test]
fn a_test_that_needs_two_edits_is_no_hindrance_to_either() {
    let check = |slow: &[&str]| {
        let mut tests = format!("{MONEY_TEST}{MONEY_BOTH_TEST}");
        for name in slow {
            // The quickest is looked at first.
            let head = format!("def {name}(self):\n");
            tests = tests.replace(&head, &format!("{head}        sum(range(400_000))\n"));
        }
        let red = Red::of_files(&[("money.py", MONEY), ("test_money.py", &tests)]);
        assert_eq!(red.targets.len(), 3);
        let (_, title, _) = red.fix(&[]);
        assert!(title.contains("money.py:2") && title.contains("money.py:6"), "{slow:?}: {title}");
    };
    check(&["test_both"]);
    check(&["test_half", "test_twice"]);
}

/// The red test is red at once, and takes long with every edit that mends it.
#[test]
fn what_is_late_is_waited_for_where_nothing_else_is_found() {
    let red = Red::of_files(&[
        (
            "sums.py",
            "import time\n\n\ndef up_to(n):\n    if n > 2:\n        return -1\n    \
                 until = time.process_time() + 0.06\n    while time.process_time() < until:\n        \
                 sum(range(999))\n    total = 0\n    for each in range(n + 1):\n        total += each\n    return total\n",
        ),
        (
            "test_sums.py",
            "import unittest\n\nfrom sums import up_to\n\n\nclass T(unittest.TestCase):\n    \
                 def test_sum(self):\n        self.assertEqual([up_to(4), up_to(6)], [10, 21])\n",
        ),
    ]);
    let (_, title, _) = red.fix(&[]);
    assert!(title.contains("sums.py:5"), "{title}");
}

/// One late edit mends, and there are a thousand others to try before the first wave ends.
#[test]
fn what_is_late_gets_its_share_of_the_time() {
    let red = Red::of_files(&[
        (
            "sums.py",
            "import time\n\n\ndef spend(seconds):\n    until = time.process_time() + seconds\n    \
                 while time.process_time() < until:\n        sum(range(999))\n\n\n\
                 def total(values, scale, first, last):\n    spend(0.008)\n    \
                 if len(values) > scale * first + last:\n        return -1\n    spend(0.15)\n    \
                 result = 0\n    for place in range(first, last):\n        \
                 result += scale * values[place]\n    return result\n",
        ),
        (
            "test_sums.py",
            "import unittest\n\nfrom sums import total\n\n\nclass T(unittest.TestCase):\n    \
                 def test_total(self):\n        self.assertEqual(total([1, 2, 3, 4, 5], 2, 0, 4), 20)\n",
        ),
    ]);
    let told = Mutex::new(Vec::new());
    red.fix_telling(&[], &|progress| told.lock().unwrap().push(progress));
    let told = told.into_inner().unwrap();
    let first = told.iter().find(|one| !one.best.is_empty()).unwrap();
    assert!(first.tried < 600, "{first:?}");
}

#[test]
fn what_breaks_a_test_is_not_tried_again_for_another() {
    let searched = |up: &str| {
        let test = format!(
            "import unittest\n\nfrom step import step\n\n\nclass T(unittest.TestCase):\n    \
             def test_up(self):\n        {up}\n\n    \
             def test_one(self):\n        self.assertIn(step(1), (0, 1, 3, 4))\n\n    \
             def test_none(self):\n        sum(range(400_000))\n        self.assertTrue(step(2) == 'none')\n\n    \
             def test_no(self):\n        sum(range(400_000))\n        self.assertTrue(step(3) == 'no')\n",
        );
        let files = [("step.py", "def step(a):\n    return a + 1\n"), ("test_step.py", &test)];
        let red = Red::of_files(&files);
        assert_eq!(red.targets.len(), 3);
        let result = red.work(&[], &CancelToken::new(), &|_| {});
        let WorkResult::Nothing { reason, search: Some(search) } = result else {
            panic!("{result:?}")
        };
        println!("{reason}: {search:?}");
        let numbers = reason.split(' ').filter_map(|word| word.parse().ok());
        (numbers.collect::<Vec<usize>>(), search.total)
    };
    let (numbers, total) = searched("self.assertEqual([step(5), step(7)], [6, 8])");
    let (_, without) = searched("step(5)");
    let [n, n_breaking] = numbers[..] else { panic!("{numbers:?}") };
    assert!(total > 2 * n && total + n_breaking < without, "{numbers:?}: {total}, {without}");
}

#[test]
fn what_else_passes_is_offered_with_a_call_that_tells_it_apart() {
    let red = Red::of_files(&[
        ("parcel.py", "def price(kilos, zone):\n    return kilos - zone\n"),
        (
            "test_parcel.py",
            "import unittest\n\nfrom parcel import price\n\n\n\
             class T(unittest.TestCase):\n    \
                 def test_price(self):\n        self.assertEqual(price(2, 2), 4)\n\n    \
                 def test_more(self):\n        self.assertGreater(price(5, 1), 3)\n\n    \
                 def test_none(self):\n        self.assertEqual(price(0, 0), 0)\n",
        ),
    ]);
    let (chosen, title, fact) = red.fix(&[]);
    let Some(Confidence::Differ { behaviours, difference }) = &fact.confidence else {
        panic!("{fact:?}")
    };
    assert!(*behaviours > 1 && difference.call.starts_with("price("), "{fact:?}");
    assert_ne!(difference.this, difference.other);
    assert!(
        !fact.others.is_empty()
            && fact.others.iter().all(|other| other.title.contains("parcel.py:2"))
    );
    assert!(fact.others[0].diff.starts_with("--- a/parcel.py\n"), "{fact:?}");
    // No search is needed for what is known.
    let first = WorkResult::Changed { tree: chosen.clone(), title, search: Some(fact.clone()) };
    let second = red.work_after(std::slice::from_ref(&first));
    let WorkResult::Changed { tree, search: Some(again), .. } = &second else {
        panic!("{second:?}")
    };
    assert_eq!((Some(tree), again.tried), (fact.others[0].tree.as_ref(), fact.tried));
    assert_eq!(again.others, fact.others[1..]);
    // A search after that goes on where the first one was, and brings none of them again.
    let known = [chosen, tree.clone()];
    match red.work_after(&[first, second]) {
        WorkResult::Changed { tree, .. } => assert!(!known.contains(&tree)),
        third => assert!(matches!(third, WorkResult::Nothing { .. }), "{third:?}"),
    }
}

#[test]
fn the_search_looks_further_where_one_test_looks() {
    let tried = |n_tests: usize| {
        let test = |n: usize| {
            format!(
                "    def test_{n}(self):\n        self.assertNotEqual(key((1, 2)), key((1, 3)))\n\n"
            )
        };
        let tests: String = (0..n_tests).map(test).collect();
        let others = "    n = n * 3 + 1\n".repeat(9);
        let red = Red::of_files(&[
            ("known.py", &format!("def key(parts):\n    n = 2\n{others}    return parts[0]\n")),
            (
                "test_known.py",
                &format!(
                    "import unittest\n\nfrom known import key\n\n\nclass T(unittest.TestCase):\n{tests}"
                ),
            ),
        ]);
        let (_, _, fact) = red.fix(&[]);
        assert_eq!(fact.reason, "off-by-one: `0` → `1` at known.py:12");
        fact.tried
    };
    assert!(tried(1) > tried(3));
}

/// What the search says of `kilos - zone`, which is to be `kilos + zone`, in a function with other lines above it.
fn watched(lines: &str, expects: &[(&str, i32)]) -> (Option<Confidence>, Strength) {
    let tests = expects.iter().enumerate().map(|(n, (call, value))| {
        format!("    def test_{n}(self):\n        self.assertEqual({call}, {value})\n\n")
    });
    let tests: String = tests.collect();
    let red = Red::of_files(&[
        ("parcel.py", &format!("def price(kilos, zone):\n{lines}    return kilos - zone\n")),
        (
            "test_parcel.py",
            &format!(
                "import unittest\nfrom parcel import price\n\n\nclass T(unittest.TestCase):\n{tests}"
            ),
        ),
    ]);
    let (_, _, fact) = red.fix(&[]);
    let strength = fact.strength.unwrap_or_else(|| panic!("{fact:?}"));
    (fact.confidence, strength)
}

#[test]
fn small_changes_near_a_find_say_how_much_tests_say() {
    let expects =
        [("price(7, 3)", 10), ("price(2, 9)", 11), ("price(30, 50)", 80), ("price(0, 4)", 4)];
    let (confidence, strength) = watched("", &expects);
    assert!(!strength.is_weak() && confidence != Some(Confidence::WeakTests), "{strength:?}");
    let lines = "    taxed = kilos > 3 and zone < 8\n    if taxed:\n        taxed = zone == 3\n    free = not taxed\n";
    let (confidence, strength) = watched(lines, &expects);
    assert!(strength.is_weak(), "{strength:?}");
    assert_eq!(confidence, Some(Confidence::WeakTests));
}

#[test]
fn a_refused_tree_is_not_proposed_again() {
    let red = Red::of_fixture("python-billing", "", &best());
    let (first, ..) = red.fix(&[]);
    let (second, ..) = red.fix(std::slice::from_ref(&first));
    assert_ne!(first, second);
}

/// Else the search ends where it did, with nothing but what was refused.
#[test]
fn what_was_refused_is_no_find() {
    let red = Red::of_fixture("python-billing", "", &best());
    let (first, _, fact) = red.fix(&[]);
    let mut refused = vec![first];
    for _ in 0..fact.plausible {
        let (next, ..) = red.fix(&refused);
        assert!(!refused.contains(&next));
        refused.push(next);
    }
}

#[test]
fn progress_is_told_and_cancel_is_obeyed_at_once() {
    let red = Red::of_fixture("python-billing", "", &best());
    let (cancel, told) = (CancelToken::new(), Mutex::new(Vec::new()));
    let cancelled_at = Mutex::new(None);
    let result = red.work(&[], &cancel, &|progress: Progress| {
        if progress.tried > 0 && !cancel.is_cancelled() {
            *cancelled_at.lock().unwrap() = Some(Instant::now());
            cancel.cancel();
        }
        told.lock().unwrap().push(progress);
    });
    let took = cancelled_at.lock().unwrap().unwrap().elapsed();
    assert!(matches!(result, WorkResult::Nothing { .. }), "{result:?}");
    println!("cancel took {took:?}");
    let told = told.into_inner().unwrap();
    let last = told.last().unwrap();
    assert!(last.text.starts_with("trying billing/") && last.total >= last.tried, "{last:?}");
}

#[test]
fn what_was_found_before_a_search_was_ended_is_left() {
    let red = Red::of_fixture("python-billing", "", &best());
    let (cancel, told) = (CancelToken::new(), Mutex::new(Vec::new()));
    let result = red.work(&[], &cancel, &|progress: Progress| {
        if cancel.is_cancelled() {
            told.lock().unwrap().push(progress);
        } else if progress.best.contains("all failing tests pass") {
            cancel.cancel();
        }
    });
    assert!(cancel.is_cancelled() && matches!(result, WorkResult::Changed { .. }), "{result:?}");
    let told = told.into_inner().unwrap();
    assert!(told.is_empty(), "it goes on: {told:?}");
}

#[test]
fn a_search_ends_when_its_time_is_over() {
    let red = Red::of_fixture("python-billing", "", &best());
    let result = red.work_until(Instant::now(), &[], &CancelToken::new(), &|_| {});
    let WorkResult::Nothing { reason, search: Some(search) } = result else { panic!("{result:?}") };
    assert!(search.tried < search.total, "{search:?}");
    assert!(reason.contains("that there was time for"), "{reason}");
}

#[test]
fn what_no_edit_fixes_is_said() {
    let red = Red::of_files(&[
        ("m.py", "def f(a):\n    return a\n"),
        (
            "test_m.py",
            "import unittest\nfrom m import f\n\n\nclass T(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(f('x'), {'deep': [1, 2, {'er': f}]})\n",
        ),
    ]);
    let (reason, search) = red.why_nothing();
    assert!(reason.starts_with("none of "), "{reason}");
    assert_eq!(search.map(|fact| fact.tried == fact.total), Some(true));
}

#[test]
fn any_command_is_fixed_the_slow_way() {
    let red = Red::of_files(&[
        (
            "greenloop.toml",
            "[[check]]\nname = \"script\"\nrunner = \"command\"\ncommand = [\"python3\", \"test_m.py\"]\n",
        ),
        ("m.py", "def longest(words):\n    return min(words, key=len)\n"),
        ("test_m.py", "from m import longest\n\nassert longest(['a', 'bcd', 'ef']) == 'bcd'\n"),
    ]);
    let (tree, title, fact) = red.fix(&[]);
    assert!(red.text(&tree, "m.py").contains("max(words, key=len)"), "{title}");
    assert!(fact.tried > 0, "{fact:?}");
}
