//! Tests that want different things of one function: no edit mends them, and people are told which one has to change.

use greenloop::logic::confidence;

use crate::red::Red;

/// Of a project with a red test that contradicts a green one, which is named so.
fn check(files: &[(&str, &str)], by: &str) {
    let (reason, _) = Red::of_files(files).why_nothing();
    assert!(reason.contains("tests contradict each other"), "{reason}");
    let named = reason.contains(&format!("by breaking `{by}`"));
    assert!(named || reason.contains(&format!("of them `{by}`")), "{reason}");
}

#[test]
fn in_python() {
    check(
        &[
            ("m.py", "def half(n):\n    return n // 2\n"),
            (
                "test_m.py",
                "import unittest\nfrom m import half\n\n\nclass T(unittest.TestCase):\n    def test_down(self):\n        \
                 self.assertEqual(half(5), 2)\n\n    def test_up(self):\n        self.assertEqual(half(5), 3)\n",
            ),
        ],
        "test_m.T.test_down",
    );
}

#[test]
fn in_javascript() {
    check(
        &[
            ("package.json", r#"{ "name": "m", "scripts": { "test": "node --test" } }"#),
            ("m.js", "exports.half = (n) => Math.floor(n / 2);\n"),
            (
                "test/m.test.js",
                "const { test } = require(\"node:test\");\nconst assert = require(\"assert\");\n\
                 const { half } = require(\"../m\");\n\
                 test(\"down\", () => assert.equal(half(5), 2));\ntest(\"up\", () => assert.equal(half(5), 3));\n",
            ),
        ],
        "test/m.test.js::down",
    );
}

#[test]
fn in_go() {
    check(
        &[
            ("go.mod", "module example.com/m\n\ngo 1.18\n"),
            ("m.go", "package m\n\nfunc Half(n int) int {\n\treturn n / 2\n}\n"),
            (
                "m_test.go",
                "package m\n\nimport \"testing\"\n\n\
                 func TestDown(t *testing.T) {\n\tif Half(5) != 2 {\n\t\tt.Fatal()\n\t}\n}\n\n\
                 func TestUp(t *testing.T) {\n\tif Half(5) != 3 {\n\t\tt.Fatal()\n\t}\n}\n",
            ),
        ],
        "TestDown",
    );
}

#[test]
fn in_rust() {
    check(
        &[
            ("Cargo.toml", "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            (
                "src/lib.rs",
                "pub fn half(n: i32) -> i32 {\n    n / 2\n}\n\n#[cfg(test)]\nmod tests {\n    use super::half;\n\n    \
                 #[test]\n    fn down() {\n        assert_eq!(half(5), 2);\n    }\n\n    \
                 #[test]\n    fn up() {\n        assert_eq!(half(5), 3);\n    }\n}\n",
            ),
        ],
        "tests::down",
    );
}

const HALF: &str = "def half(n):\n    \"\"\"Rounded down.\n\n    >>> half(5)\n    2\n    \"\"\"\n    return n // 2\n";
const UP: &str = "import unittest\nfrom m import half\n\n\nclass T(unittest.TestCase):\n    def test_up(self):\n        \
                  self.assertEqual(half(5), 3)\n";
const SAID: &str = "m.py:4 says that `half(5)` is `2`, the test wants `3`";

#[test]
fn with_the_documentation_where_an_edit_passes() {
    let (_, _, fact) = Red::of_files(&[("m.py", HALF), ("test_m.py", UP)]).fix(&[]);
    let told = confidence::told(&fact);
    assert!(told.contains(SAID), "{told}");
}

#[test]
fn with_the_documentation_where_none_passes() {
    let (head, up) = UP.split_once("class T").unwrap();
    let down = up.replace("up", "down").replace('3', "2");
    let tests = format!("{head}class T{up}\n\nclass U{down}");
    let (reason, _) = Red::of_files(&[("m.py", HALF), ("test_m.py", &tests)]).why_nothing();
    assert!(reason.contains(SAID), "{reason}");
}
