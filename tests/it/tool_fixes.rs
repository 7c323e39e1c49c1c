//! What compilers and linters mend by themselves: their fixes are offered like any change, and need no search.

use greenloop::base::cancel::CancelToken;
use greenloop::model::check::Linter;
use greenloop::model::event::WorkResult;

use crate::lint::{MANIFEST, configured};
use crate::red::Red;

/// The text at `path` as the tools leave it.
fn mended(red: &Red, path: &str) -> String {
    match red.work(&[], &CancelToken::new(), &|_| {}) {
        WorkResult::Changed { tree, title, search } => {
            assert!(search.is_none() && title.contains("mends by itself"), "{title} {search:?}");
            red.text(&tree, path)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn ruff_mends_what_it_finds() {
    let config = configured(Linter::Ruff);
    let red = Red::of_files(&[
        ("greenloop.toml", &config),
        ("a.py", "import os\nimport sys\n\nprint(sys.path)\n"),
    ]);
    assert_eq!(mended(&red, "a.py"), "import sys\n\nprint(sys.path)\n");
}

#[test]
fn eslint_mends_errors_and_leaves_warnings() {
    let rules = "module.exports = [{rules: {'prefer-const': 'error', curly: 'warn'}}];\n";
    let source = "let a = 1;\nif (a) f(a);\n";
    let red = Red::of_files_with_packages(
        "linters",
        &[("package.json", "{\"private\": true}\n"), ("eslint.config.js", rules), ("a.js", source)],
    );
    assert_eq!(mended(&red, "a.js"), source.replace("let", "const"));
}

#[test]
fn typescript_mends_what_needs_no_guess() {
    let options = "{\"compilerOptions\": {\"strict\": true}, \"include\": [\"src\"]}\n";
    let source = "import { bisected } from \"./half\";\n\nexport const twice = () => bisectd(4) + third(3);\n";
    let red = Red::of_files_with_packages(
        "linters",
        &[
            ("package.json", "{\"private\": true}\n"),
            ("tsconfig.json", options),
            ("src/half.ts", "export function bisected(n: number): number {\n  return n / 2;\n}\n"),
            ("src/third.ts", "export const third = (n: number) => n / 3;\n"),
            ("src/twice.ts", source),
        ],
    );
    let text = mended(&red, "src/twice.ts");
    assert!(text.contains("bisected(4) + third(3)") && text.contains("from \"./third\""), "{text}");
}

#[test]
fn clippy_and_rustc_mend_what_they_are_sure_of() {
    let config = "[[check]]\nrunner = \"clippy\"\ncommand = [\"cargo\", \"clippy\", \"--\", \"--deny\", \"warnings\"]\n";
    let source = "pub fn a(x: &[u8]) -> bool {\n    x.len() == 0\n}\n";
    let red = Red::of_files(&[
        ("greenloop.toml", config),
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", source),
    ]);
    assert_eq!(mended(&red, "src/lib.rs"), source.replace("x.len() == 0", "x.is_empty()"));

    let source = "pub fn a(x: u8) -> u8 {\n    let y = x + 1\n    y\n}\n\n#[test]\nfn adds() {\n    assert_eq!(a(1), 2);\n}\n";
    let red = Red::of_files(&[("Cargo.toml", MANIFEST), ("src/lib.rs", source)]);
    assert_eq!(mended(&red, "src/lib.rs"), source.replace("x + 1\n", "x + 1;\n"));
}

#[test]
fn gopls_mends_what_does_not_compile() {
    let source = "package m\n\nimport \"os\"\n\nfunc Half(n int) (int, error) {\n\tvar half int\n\thalf := n / 2\n\tif n < 0 {\n\t\t\
                  return errors.New(\"negative\")\n\t}\n\treturn half, nil\n}\n";
    let test = "package m\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) {\n\tif half, _ := Half(4); half != 2 {\n\t\tt.Fatal(half)\n\t}\n}\n";
    let red = Red::of_files(&[
        ("m/go.mod", "module example.com/m\n\ngo 1.18\n"),
        ("m/m.go", source),
        ("m/m_test.go", test),
    ]);
    let expected = source
        .replace("\"os\"", "\"errors\"")
        .replace("half :=", "half =")
        .replace("return errors", "return 0, errors");
    assert_eq!(mended(&red, "m/m.go"), expected);
}
