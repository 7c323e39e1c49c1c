//! The map of small repositories, and what holds for all.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::logic::outline::outline;

fn path(path: &str) -> RepoPath {
    RepoPath::new(path).unwrap()
}

fn packed(name: &str, text: &str) -> (RepoPath, PackedOutline) {
    (path(name), PackedOutline::of(&outline(&path(name), text).unwrap()))
}

/// A shop: `cart` uses `prices` and `tax`, a test uses `cart`, everything uses `log`.
fn shop() -> RepoMap {
    RepoMap::from_iter([
        packed("shop/log.py", "def log(text):\n    print(text)\n"),
        packed(
            "shop/prices.py",
            "class PriceList:\n    def price_of(self, item):\n        log(item)\n    def _load(self):\n        log(1)\n",
        ),
        packed(
            "shop/tax.py",
            "RATE = 3\n\ndef add_tax(amount, country):\n    log(amount)\n    return amount * RATE\n",
        ),
        packed(
            "shop/cart.py",
            "class Cart:\n    def total(self):\n        log(self)\n        prices = PriceList()\n        return add_tax(prices.price_of(1), 'x')\n",
        ),
        packed(
            "shop/mail.py",
            "def send_mail(to):\n    log(to)\n\ndef send_many(all):\n    send_mail(all)\n",
        ),
        packed("tests/test_cart.py", "def test_total():\n    assert Cart().total() == 1\n"),
        packed("tests/test_mail.py", "def test_mail():\n    send_mail(1)\n"),
    ])
}

fn focus(files: &[&str], names: &[&str], tests: &[&str]) -> Focus {
    Focus {
        files: files.iter().map(|one| path(one)).collect(),
        names: names.iter().map(|one| (*one).to_owned()).collect(),
        tests: tests.iter().map(|one| path(one)).collect(),
    }
}

#[test]
fn what_a_failing_test_uses_comes_first() {
    assert_snapshot!(shop().ranked(&focus(&[], &[], &["tests/test_cart.py"]), 25), @r"
    shop/cart.py
      1-5 class Cart
        2-5 def total(self)
    shop/log.py
      1-2 def log(text)
    ");
}

#[test]
fn what_a_file_in_focus_uses_and_defines_comes_first() {
    assert_snapshot!(shop().ranked(&focus(&["shop/cart.py"], &[], &[]), 40), @r"
    shop/cart.py
      1-5 class Cart
        2-5 def total(self)
    shop/log.py
      1-2 def log(text)
    shop/prices.py
      1-5 class PriceList
        2-3 def price_of(self, item)
    ");
}

#[test]
fn a_name_that_was_mentioned_comes_first() {
    assert_snapshot!(shop().ranked(&focus(&[], &["send_many", "nothing"], &[]), 12), @r"
    shop/mail.py
      4-5 def send_many(all)
    ");
}

#[test]
fn without_a_focus_what_many_use_comes_first_and_at_last_everything() {
    assert_snapshot!(shop().ranked(&Focus::default(), 10), @r"
    shop/log.py
      1-2 def log(text)
    ");
    assert_snapshot!(shop().ranked(&Focus::default(), 1_000), @r"
    shop/cart.py
      1-5 class Cart
        2-5 def total(self)
    shop/log.py
      1-2 def log(text)
    shop/mail.py
      1-2 def send_mail(to)
      4-5 def send_many(all)
    shop/prices.py
      1-5 class PriceList
        2-3 def price_of(self, item)
        4-5 def _load(self)
    shop/tax.py
      1 RATE = 3
      3-5 def add_tax(amount, country)
    tests/test_cart.py
      1-2 def test_total()
    tests/test_mail.py
      1-2 def test_mail()
    ");
}

#[test]
fn nothing_fits_into_nothing() {
    assert_eq!(shop().ranked(&Focus::default(), 0), "");
    assert_eq!(RepoMap::default().ranked(&focus(&["a.py"], &["a"], &[]), 100), "");
}

#[test]
fn a_symbol_is_found_where_it_is_defined_and_used() {
    let map = RepoMap::from_iter([
        packed(
            "a.rs",
            "struct A;\nimpl A { fn make() {} }\nstruct B;\nimpl B {\n    fn make() {}\n}\n",
        ),
        packed("b.py", "def use():\n    A.make()\n    return A.make\n"),
    ]);
    let told = |name: &str| {
        let Symbol { definitions, references } = map.symbol(name);
        let defined = definitions.iter().map(|(path, one)| format!("{path}:{}", one.first_line));
        let used = references.iter().map(|(path, lines)| format!("{path}:{lines:?}"));
        format!("{:?} {:?}", Vec::from_iter(defined), Vec::from_iter(used))
    };
    assert_snapshot!(told("make"), @r#"["a.rs:2", "a.rs:5"] ["b.py:[2, 3]"]"#);
    assert_snapshot!(told("B::make"), @r#"["a.rs:5"] ["b.py:[2, 3]"]"#);
    assert_snapshot!(told("module.B.make"), @r#"["a.rs:5"] ["b.py:[2, 3]"]"#);
    assert_snapshot!(told("elsewhere.make"), @r#"["a.rs:2", "a.rs:5"] ["b.py:[2, 3]"]"#);
    assert_snapshot!(told("A"), @r#"["a.rs:1"] ["a.rs:[2]", "b.py:[2, 3]"]"#);
    assert_snapshot!(told("nowhere"), @"[] []");
}

/// Small sources that define and use names of a small set.
fn source() -> impl Strategy<Value = String> {
    let name =
        || prop::sample::select(vec!["alpha", "beta", "_gamma", "delta_one", "DeltaTwo", "x"]);
    let line = prop_oneof![
        name().prop_map(|name| format!("def {name}(): pass\n")),
        name().prop_map(|name| format!("class {name}:\n    def inner(self): {name}.beta()\n")),
        name().prop_map(|name| format!("{name}()\n")),
        name().prop_map(|name| format!("{name} = alpha\n")),
    ];
    prop::collection::vec(line, 0..6).prop_map(|lines| lines.concat())
}

/// Files by number, `None` for one that is taken away; later ones come in place of earlier ones.
fn history() -> impl Strategy<Value = Vec<(u8, Option<String>)>> {
    prop::collection::vec((0..8u8, prop::option::weighted(0.8, source())), 0..16)
}

fn file(number: u8, text: &str) -> (RepoPath, PackedOutline) {
    let folder = if number % 4 == 3 { "tests/test_" } else { "src/" };
    packed(&format!("{folder}{number}.py"), text)
}

fn any_focus() -> impl Strategy<Value = Focus> {
    let names = prop::sample::subsequence(vec!["alpha", "_gamma", "inner", "none"], 0..3);
    (0..3usize, names, any::<bool>()).prop_map(|(n_files, names, has_test)| {
        let files = ["src/0.py", "src/1.py", "src/none.py"];
        focus(&files[..n_files], &names, if has_test { &["tests/test_3.py"] } else { &[] })
    })
}

proptest! {
    #[test]
    fn updates_give_what_a_map_from_scratch_gives(
        history in history(), focus in any_focus(), tokens_max in 0..120usize, order in any::<u64>(),
    ) {
        let mut map = RepoMap::default();
        let mut last: BTreeMap<u8, String> = BTreeMap::new();
        for (number, text) in &history {
            let (path, outline) = file(*number, text.as_deref().unwrap_or_default());
            map.update(&path, text.as_ref().map(|_| outline));
            map.ranked(&focus, tokens_max);
            match text {
                Some(text) => last.insert(*number, text.clone()),
                None => last.remove(number),
            };
        }
        let mut files: Vec<_> = last.iter().map(|(number, text)| file(*number, text)).collect();
        let n = files.len().max(1);
        files.rotate_left(order as usize % n);
        let scratch = RepoMap::from_iter(files);
        prop_assert_eq!(map.ranked(&focus, tokens_max), scratch.ranked(&focus, tokens_max));
        prop_assert_eq!(map.symbol("alpha"), scratch.symbol("alpha"));
    }

    #[test]
    fn more_tokens_only_add_lines_and_none_is_above_its_budget(
        history in history(), focus in any_focus(), tokens_max in 0..60usize, more in 0..60usize,
    ) {
        let files = history.iter().filter_map(|(number, text)| Some(file(*number, text.as_deref()?)));
        let map = RepoMap::from_iter(files);
        let (few, many) = (map.ranked(&focus, tokens_max), map.ranked(&focus, tokens_max + more));
        prop_assert!(few.len() <= tokens_max * TOKEN_BYTES);
        let mut rest = many.lines();
        prop_assert!(few.lines().all(|line| rest.any(|other| other == line)), "{few}\n{many}");
    }
}
