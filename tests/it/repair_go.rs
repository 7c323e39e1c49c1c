//! The repair worker on Go modules: many edits in one build, and those that need one of their own.

use std::sync::Mutex;
use std::time::Instant;

use greenloop::base::cancel::CancelToken;
use greenloop::io::worker::Progress;
use greenloop::model::event::WorkResult;

use crate::place::rungs;
use crate::red::Red;

const MODULE: (&str, &str) = ("go.mod", "module example.com/m\n\ngo 1.18\n");

#[test]
fn a_module_is_fixed_by_edits_that_share_a_build() {
    let red = Red::of_fixture("go-ledger", "", &rungs().pop().unwrap().1);
    let told = Mutex::new(Vec::new());
    let (tree, title, fact) = red.fix_telling(&[], &|progress| told.lock().unwrap().push(progress));
    println!("{title} {fact:?}");
    assert!(red.text(&tree, "money/money.go").contains("if i < rest {"), "{title}");
    let told: Vec<Progress> = told.into_inner().unwrap();
    assert!(!told.iter().any(|one| one.text.contains("cannot go on")), "{told:?}");
}

/// A test that needs two edits by itself: with one of them it says less.
#[test]
fn a_test_that_needs_two_edits_by_itself_gets_them() {
    let code = "package m\n\nfunc Half(a int) int {\n\treturn a / 3\n}\n\nfunc Twice(a int) int {\n\treturn a + 2\n}\n";
    let test = "package m\n\nimport \"testing\"\n\nfunc TestAll(t *testing.T) {\n\
\tif Half(2) != 1 || Half(44) != 22 {\n\t\tt.Errorf(\"half\")\n\t}\n\
\tif Twice(1) != 2 || Twice(5) != 10 {\n\t\tt.Errorf(\"twice\")\n\t}\n}\n";
    let red = Red::of_files(&[MODULE, ("m.go", code), ("m_test.go", test)]);
    let (tree, title, _) = red.fix(&[]);
    assert!(title.contains(" and "), "{title}");
    assert!(red.text(&tree, "m.go").contains("a / 2"), "{title}");
}

/// Code whose functions are called in every way: generic, with receivers and parameters without names, variadic.
const HARD: &str = "package m

import \"fmt\"

const width = 3

type Set[T comparable] map[T]bool

func (s Set[T]) Add(items ...T) Set[T] {
	for _, item := range items {
		s[item] = true
	}
	return s
}

func (Set[T]) Kind(_ int, name string) (text string, err error) {
	if name == \"\" {
		return \"\", fmt.Errorf(\"no name\")
	}
	return fmt.Sprintf(\"%*s\", width, name), nil
}

func Count[K comparable, V any](all map[K]V, is func(V) bool) int {
	n := 1
	for _, value := range all {
		if is(value) {
			n++
		}
	}
	return n
}
";

const HARD_TEST: &str = "package m

import \"testing\"

func TestSet(t *testing.T) {
	if got := len(Set[int]{}.Add(1, 2, 2)); got != 2 {
		t.Errorf(\"got %d, want 2\", got)
	}
}

func TestKind(t *testing.T) {
	if got, err := (Set[int]{}).Kind(1, \"ab\"); err != nil || got != \" ab\" {
		t.Errorf(\"got %q, %v\", got, err)
	}
}

func TestCount(t *testing.T) {
	got := Count(map[string]int{\"a\": 1, \"b\": -1, \"c\": 2}, func(n int) bool { return n > 0 })
	if got != 2 {
		t.Errorf(\"got %d, want 2\", got)
	}
}
";

fn fixed(code: &str, tests: &str) -> (String, String) {
    fixed_in(MODULE, code, tests)
}

fn fixed_in(module: (&str, &str), code: &str, tests: &str) -> (String, String) {
    let red = Red::of_files(&[module, ("m.go", code), ("m_test.go", tests)]);
    let told = Mutex::new(Vec::new());
    let (tree, title, _) = red.fix_telling(&[], &|progress| told.lock().unwrap().push(progress));
    let told: Vec<Progress> = told.into_inner().unwrap();
    assert!(!told.iter().any(|one| one.text.contains("cannot")), "{told:?}");
    (red.text(&tree, "m.go"), title)
}

#[test]
fn modules_of_old_versions_of_the_language_are_fixed() {
    let module = ("go.mod", "module example.com/m\n\ngo 1.9\n");
    let code = "package m\n\nfunc Half(n int) int {\n\treturn n - 2\n}\n";
    let tests = "package m\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) {\n\tif Half(2) != 1 || Half(10) != 5 || Half(44) != 22 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n";
    let (text, title) = fixed_in(module, code, tests);
    assert!(text.contains("return n / 2"), "{title}");
}

#[test]
fn functions_of_every_form_and_constants_are_edited() {
    let (text, title) = fixed(HARD, HARD_TEST);
    assert!(text.contains("n := 0"), "{title}");
    let healthy = HARD.replace("n := 1", "n := 0");
    let (text, title) = fixed(&healthy.replace("width = 3", "width = 4"), HARD_TEST);
    assert!(text.contains("width = 3"), "{title}");
}

#[test]
fn what_never_ends_or_panics_is_found_and_ended() {
    let code = "package m\n\nfunc Digits(n int) int {\n\tcount := 0\n\tfor n > 0 {\n\t\tn /= 1\n\t\tcount++\n\t}\n\treturn count\n}\n";
    let tests = "package m\n\nimport \"testing\"\n\nfunc TestDigits(t *testing.T) {\n\tn := Digits(0)\n\tif n != 0 || Digits(7)+Digits(123) != 4 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n";
    // Many other edits of this loop never end.
    let (text, title) = fixed(&code.replace("n /= 1", "n -= 10"), tests);
    assert!(text.contains("n /= 10"), "{title}");
    let code = "package m\n\nfunc Sum(all []int) int {\n\tsum := 0\n\tfor i := 0; i <= len(all); i++ {\n\t\tsum += all[i]\n\t}\n\treturn sum\n}\n";
    let tests = "package m\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n\tif got := Sum([]int{1, 2}); got != 3 {\n\t\tt.Errorf(\"got %d, want 3\", got)\n\t}\n}\n";
    let (text, title) = fixed(code, tests);
    assert!(text.contains("i < len(all)"), "{title}");
}

#[test]
fn edits_that_the_compiler_does_not_name_end_no_search() {
    // Edits that import `math` make the build fail at places of the project.
    let code = "package m\n\nvar math = 2\n\nfunc Half(n int) int { return n - math }\n";
    let tests = "package m\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) {\n\tif Half(2) != 1 || Half(10) != 5 || Half(44) != 22 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n";
    let (text, title) = fixed(code, tests);
    assert!(text.contains("return n / math"), "{title}");
}

#[test]
fn two_faults_take_two_edits() {
    let code = "package m\n\nfunc Half(a int) int { return a / 3 }\n\nfunc Twice(a int) int { return a + 2 }\n";
    let tests = "package m\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) {\n\tif Half(2) != 1 || Half(10) != 5 || Half(44) != 22 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n\nfunc TestTwice(t *testing.T) {\n\tif Twice(1) != 2 || Twice(2) != 4 || Twice(5) != 10 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n";
    let (_, title) = fixed(code, tests);
    assert!(title.contains(" and "), "{title}");
}

#[test]
fn a_search_ends_when_it_is_cancelled() {
    let red = Red::of_files(&[MODULE, ("m.go", HARD), ("m_test.go", HARD_TEST)]);
    let (cancel, cancelled_at) = (CancelToken::new(), Mutex::new(None));
    let result = red.work(&[], &cancel, &|_| {
        if !cancel.is_cancelled() {
            *cancelled_at.lock().unwrap() = Some(Instant::now());
            cancel.cancel();
        }
    });
    println!("cancel took {:?}", cancelled_at.lock().unwrap().unwrap().elapsed());
    assert!(matches!(result, WorkResult::Nothing { .. }), "{result:?}");
}
