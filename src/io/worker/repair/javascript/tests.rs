//! The program by itself: what it tells of changes that pass, with the Node.js of this machine.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::PROGRAM;

/// The calls that tell changes `(old, new)` of one module apart, of those that its test makes, or nearly makes, and
/// what each change makes of them; then how many calls there were.
fn apart(module: &str, test: &str, changes: &[(&str, &str)]) -> String {
    let patches = changes.iter().map(|(old, new)| {
        let at = module.find(old).unwrap();
        json!([["m.js", [[at, at + old.len(), new]]]])
    });
    let told = told(module, test, patches.collect());
    let responses: Vec<_> = told.iter().filter(|value| value["t"] == "response").collect();
    let mut lines: Vec<String> = Vec::new();
    for response in &responses {
        let gives = response["gives"].as_array().unwrap();
        let gives: Vec<&str> = gives.iter().map(|one| one.as_str().unwrap()).collect();
        if gives.iter().any(|one| *one != gives[0]) {
            lines.push(format!("{} {}", response["call"].as_str().unwrap(), gives.join(", or ")));
        }
    }
    lines.push(format!("{} of {} calls", lines.len(), responses.len()));
    lines.join("\n")
}

fn told(module: &str, test: &str, patches: Vec<Value>) -> Vec<Value> {
    worked_off(module, test, &[("behave", patches)], None)
}

type Order = (&'static str, Vec<Value>);

/// What is said of orders, each a mode and patches of one module; of one it is known that it is not wanted any more.
fn worked_off(module: &str, test: &str, orders: &[Order], unwanted: Option<usize>) -> Vec<Value> {
    in_project(module, test, None, orders, unwanted).0
}

/// The same beside a file whose test `green` passes, and the folder of it all.
fn in_project(
    module: &str,
    test: &str,
    beside: Option<&str>,
    orders: &[Order],
    unwanted: Option<usize>,
) -> (Vec<Value>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (root, scratch) = (folder.path().join("project"), folder.path().join("scratch"));
    let specs = scratch.join("specs");
    for path in [&root, &scratch.join("greenloop_repair"), &specs] {
        fs::create_dir_all(path).unwrap();
    }
    for (path, text) in PROGRAM {
        fs::write(scratch.join(path), text).unwrap();
    }
    let test = format!(
        "import test from 'node:test';\nimport * as m from './m.js';\ntest('red', {test});\n"
    );
    for (path, text) in
        [("package.json", r#"{"type":"module"}"#), ("m.js", module), ("m.test.js", &test)]
    {
        fs::write(root.join(path), text).unwrap();
    }
    let passing: Vec<&str> = beside.iter().map(|_| "n.test.js::green").collect();
    if let Some(text) = beside {
        fs::write(root.join("n.test.js"), text).unwrap();
    }
    for (at, (mode, patches)) in orders.iter().enumerate() {
        let spec = json!({
            "mode": mode, "root": root, "scratch": scratch, "framework": "node-test", "args": [],
            "failing": ["m.test.js::red"], "targets": 1, "passing": passing, "sources": ["m.js"],
            "patches": patches, "patient": true, "workers": 1, "seconds": 60.0, "memory": 1 << 30,
        });
        fs::write(specs.join(format!("{}.json", at + 1)), spec.to_string()).unwrap();
    }
    for name in unwanted.map(|n| format!("{n}.stop")).into_iter().chain(["end".to_owned()]) {
        fs::write(specs.join(name), "").unwrap();
    }
    let main = scratch.join("greenloop_repair/main.cjs");
    let output = Command::new("node").args([&main, &specs]).current_dir(&root).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let values: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect(&text)).collect();
    let last = json!({ "t": "end", "of": orders.len() });
    assert_eq!(values.last(), Some(&last), "{text}");
    (values, folder)
}

/// A function that gives 0 where its test wants 1, and what replaces the number.
const ONE: &str = "export const one = () => 0;\n";
const WANTS_ONE: &str = "() => { if (m.one() !== 1) throw new Error(); }";
const ENDLESS: &str = "(() => { for (;;); })()";

fn search(texts: &[&str]) -> Order {
    ("search", texts.iter().map(|text| json!([["m.js", [[25, 26, text]]]])).collect())
}

#[test]
fn orders_are_worked_off_one_after_the_other() {
    let orders = [
        ("observe", Vec::new()),
        search(&["2", "1"]),
        search(&["(", ENDLESS]),
        search(&["1"]),
        ("behave", search(&["1", "+1"]).1),
        search(&["+1"]),
    ];
    let said = worked_off(ONE, WANTS_ONE, &orders, None).into_iter().map(|mut value| {
        value.as_object_mut().unwrap().remove("lines");
        value.to_string()
    });
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @r#"
    {"id":"m.test.js::red","outcome":"red","t":"test"}
    {"of":1,"t":"end"}
    {"at":0,"t":"stop","text":"3 Error: "}
    {"t":"verdicts","verdicts":[[0,{"is":"still-red"}],[1,{"is":"plausible"}]]}
    {"of":2,"t":"end"}
    {"at":0,"t":"stop","text":"3 Error: "}
    {"t":"verdicts","verdicts":[[0,{"is":"invalid"}],[1,{"is":"still-red"}]]}
    {"of":3,"t":"end"}
    {"at":0,"t":"stop","text":"3 Error: "}
    {"t":"verdicts","verdicts":[[0,{"is":"plausible"}]]}
    {"of":4,"t":"end"}
    {"call":"one()","gives":["gives 1","gives 1"],"t":"response"}
    {"of":5,"t":"end"}
    {"at":0,"t":"stop","text":"3 Error: "}
    {"t":"verdicts","verdicts":[[0,{"is":"plausible"}]]}
    {"of":6,"t":"end"}
    "#);
}

#[test]
fn files_of_tests_that_pass_are_run_once_a_patch_comes_so_far() {
    let beside = "import fs from 'node:fs';\nimport test from 'node:test';\nimport * as m from './m.js';\n\
                  fs.appendFileSync('runs', '.');\n\
                  test('green', () => { if (m.one() === 1.5) throw new Error(); });\n";
    let check = |wants: &str, texts: &[&str]| {
        let (said, folder) = in_project(ONE, wants, Some(beside), &[search(texts)], None);
        let verdicts = said.iter().find(|value| value["t"] == "verdicts").unwrap();
        let runs = fs::read_to_string(folder.path().join("project/runs")).unwrap_or_default();
        format!("{} {runs}", verdicts["verdicts"])
    };
    insta::assert_snapshot!(check(WANTS_ONE, &["2", "3"]), @r#"[[0,{"is":"still-red"}],[1,{"is":"still-red"}]] "#);
    insta::assert_snapshot!(check(WANTS_ONE, &["1"]), @r#"[[0,{"is":"plausible"}]] .."#);
    let wants_more = "() => { if (m.one() < 1) throw new Error(); }";
    insta::assert_snapshot!(check(wants_more, &["1.5", "1"]), @r#"[[0,{"by":"n.test.js::green","is":"breaks"}],[1,{"is":"plausible"}]] ..."#);
}

#[test]
fn what_a_file_of_tests_does_to_a_process_is_no_fault_of_a_patch() {
    let beside = "import fs from 'node:fs';\nimport './m.js';\n\
                  fs.appendFileSync('runs', '.');\nprocess.kill(process.pid, 'SIGKILL');\n";
    let (said, folder) =
        in_project(ONE, WANTS_ONE, Some(beside), &[search(&["2", "1"]), search(&["1"])], None);
    let told = |value: &Value| value.get("verdicts").map(Value::to_string);
    insta::assert_snapshot!(said.iter().filter_map(told).collect::<Vec<_>>().join("\n"), @r#"
    [[0,{"is":"still-red"}]]
    [[1,{"is":"plausible"}]]
    [[0,{"is":"plausible"}]]
    "#);
    let runs = fs::read_to_string(folder.path().join("project/runs")).unwrap();
    assert_eq!(runs, ".", "it is left out from then on");
}

#[test]
fn an_order_that_is_not_wanted_any_more_is_left() {
    const N: usize = 300;
    let orders = [search(&[ENDLESS; N]), search(&["1"; N])];
    let said = worked_off(ONE, WANTS_ONE, &orders, Some(1));
    let verdicts = |values: &[Value]| -> Vec<Value> {
        let of = |value: &Value| value["verdicts"].as_array().cloned().unwrap_or_default();
        values.iter().flat_map(of).map(|verdict| verdict[1]["is"].clone()).collect()
    };
    let end = json!({ "t": "end", "of": 1 });
    let (first, second) = said.split_at(said.iter().position(|value| *value == end).unwrap());
    assert!(verdicts(first).len() < N / 2);
    // The process that was told to leave is not ended later.
    assert_eq!(verdicts(second), vec![json!("plausible"); N]);
}

#[test]
fn tests_that_wait_are_tried_by_more_processes_than_there_are_cores() {
    let n_processes = |test: &str| {
        let said = worked_off(ONE, test, &[search(&["2"; 160]), search(&["3"; 8])], None);
        let n_judged = |value: &Value| value["verdicts"].as_array().map_or(0, Vec::len);
        assert_eq!(said.iter().map(n_judged).sum::<usize>(), 160 + 8);
        let first = said.iter().take_while(|value| value["t"] != "end");
        first.filter(|value| value["t"] == "stop").count()
    };
    let fails = "m.one(); throw new Error(String(process.pid));";
    let waits = "await new Promise((over) => setTimeout(over, 60));";
    assert_eq!(n_processes(&format!("() => {{ {fails} }}")), 1);
    assert_eq!(n_processes(&format!("async () => {{ {waits} {fails} }}")), 3);
}

#[test]
fn promises_without_end_are_left_and_their_process_stays() {
    let n_processes = |endless: &str| {
        let test = "async () => { await m.one(); throw new Error(String(process.pid)); }";
        let changes: Vec<&str> = std::iter::repeat_n(endless, 6).chain(["2"]).collect();
        let said = worked_off(ONE, test, &[search(&changes)], None);
        let n_judged = |value: &Value| value["verdicts"].as_array().map_or(0, Vec::len);
        assert_eq!(said.iter().map(n_judged).sum::<usize>(), changes.len());
        said.iter().filter(|value| value["t"] == "stop").count()
    };
    // The first one may cost its process.
    assert!(n_processes("(async () => { for (;;) await null; })()") <= 2);
    let rejecting =
        "(async () => { for (;;) await Promise.reject(new Error()).catch(() => {}); })()";
    assert!(n_processes(rejecting) <= 2);
}

#[test]
fn changes_that_pass_are_told_apart_by_calls_that_no_test_makes() {
    let module = "export const clip = (parts, { most }, least = 1) =>\n  \
        parts.map((part) => (part < most ? part : 0)).slice(0, 9 * least);\n";
    let test = "() => m.clip([3, 1], { most: 2 })";
    insta::assert_snapshot!(apart(module, test, &[(": 0", ": most"), (": 0", ": 2")]), @r"
    clip([ 3, 1 ], { most: 3 }, 1) gives [ 3, 1 ], or gives [ 2, 1 ]
    clip([ 3, 1 ], { most: 1 }, 1) gives [ 1, 1 ], or gives [ 2, 2 ]
    clip([ 3, 1 ], { most: 0 }, 1) gives [ 0, 0 ], or gives [ 2, 2 ]
    clip([ 3, 1 ], { most: -2 }, 1) gives [ -2, -2 ], or gives [ 2, 2 ]
    clip([ 3, 1 ], {}, 1) gives [ undefined, undefined ], or gives [ 2, 2 ]
    5 of 22 calls
    ");
    let alike = [("part < most", "part <= most - 1"), ("part < most", "most > part")];
    insta::assert_snapshot!(apart(module, test, &alike), @"0 of 22 calls");
}

#[test]
fn texts_are_tried_with_each_others_words_and_with_other_numbers() {
    let module = "export function span(text) {\n  const [first, last = 0] = text.split('-');\n  return [first, last];\n}\n";
    let test = "() => m.span('sun-tue') && m.span('sat')";
    let changes = [("last = 0", "last = 'sat'"), ("last = 0", "last = first")];
    insta::assert_snapshot!(apart(module, test, &changes), @r"
    span('sun') gives [ 'sun', 'sat' ], or gives [ 'sun', 'sun' ]
    span('sa') gives [ 'sa', 'sat' ], or gives [ 'sa', 'sa' ]
    span('satt') gives [ 'satt', 'sat' ], or gives [ 'satt', 'satt' ]
    span('at') gives [ 'at', 'sat' ], or gives [ 'at', 'at' ]
    span('SAT') gives [ 'SAT', 'sat' ], or gives [ 'SAT', 'SAT' ]
    span('') gives [ '', 'sat' ], or gives [ '', '' ]
    6 of 14 calls
    ");
    let test = "() => m.span('sat 09')";
    insta::assert_snapshot!(apart(module, test, &[("= 0", "= 'sat 09'"), ("= 0", "= first")]), @r"
    span('sat 0') gives [ 'sat 0', 'sat 09' ], or gives [ 'sat 0', 'sat 0' ]
    span('sat 10') gives [ 'sat 10', 'sat 09' ], or gives [ 'sat 10', 'sat 10' ]
    span('sat 099') gives [ 'sat 099', 'sat 09' ], or gives [ 'sat 099', 'sat 099' ]
    span('at 09') gives [ 'at 09', 'sat 09' ], or gives [ 'at 09', 'at 09' ]
    span('SAT 09') gives [ 'SAT 09', 'sat 09' ], or gives [ 'SAT 09', 'SAT 09' ]
    span('') gives [ '', 'sat 09' ], or gives [ '', '' ]
    6 of 7 calls
    ");
}

#[test]
fn calls_on_objects_that_change_hang_or_throw_are_told_in_words() {
    let module = "\
class Cart {
  constructor(items) {
    this.items = items;
  }

  take(name, n) {
    if (n > 2) throw new RangeError(name);
    this.items[name] -= n + 1;
  }
}

export const cart = (items) => new Cart(items);
";
    let test = "() => m.cart(new Map([['pen', 2]])) && m.cart({ pen: 2 }).take('pen', 2)";
    let changes = [("-= n + 1", "-= n"), ("-= n + 1", "= 0;\n    while (n === 0)")];
    insta::assert_snapshot!(apart(module, test, &changes), @r"
    take('pe', 2) on Cart { items: { pen: 2 } } gives undefined and leaves Cart { items: { pen: 2, pe: NaN } }, or gives undefined and leaves Cart { items: { pen: 2, pe: 0 } }
    take('penn', 2) on Cart { items: { pen: 2 } } gives undefined and leaves Cart { items: { pen: 2, penn: NaN } }, or gives undefined and leaves Cart { items: { pen: 2, penn: 0 } }
    take('en', 2) on Cart { items: { pen: 2 } } gives undefined and leaves Cart { items: { pen: 2, en: NaN } }, or gives undefined and leaves Cart { items: { pen: 2, en: 0 } }
    take('PEN', 2) on Cart { items: { pen: 2 } } gives undefined and leaves Cart { items: { pen: 2, PEN: NaN } }, or gives undefined and leaves Cart { items: { pen: 2, PEN: 0 } }
    take('', 2) on Cart { items: { pen: 2 } } gives undefined and leaves Cart { items: { pen: 2, '': NaN } }, or gives undefined and leaves Cart { items: { pen: 2, '': 0 } }
    take('pen', 1) on Cart { items: { pen: 2 } } gives undefined and leaves Cart { items: { pen: 1 } }, or gives undefined and leaves Cart { items: { pen: 0 } }
    take('pen', 0) on Cart { items: { pen: 2 } } gives undefined, or does not end
    take('pen', -2) on Cart { items: { pen: 2 } } gives undefined and leaves Cart { items: { pen: 4 } }, or gives undefined and leaves Cart { items: { pen: 0 } }
    take('pen', 2) on Cart { items: { pen: 3 } } gives undefined and leaves Cart { items: { pen: 1 } }, or gives undefined and leaves Cart { items: { pen: 0 } }
    take('pen', 2) on Cart { items: { pen: 1 } } gives undefined and leaves Cart { items: { pen: -1 } }, or gives undefined and leaves Cart { items: { pen: 0 } }
    take('pen', 2) on Cart { items: { pen: 0 } } gives undefined and leaves Cart { items: { pen: -2 } }, or gives undefined
    take('pen', 2) on Cart { items: { pen: -2 } } gives undefined and leaves Cart { items: { pen: -4 } }, or gives undefined and leaves Cart { items: { pen: 0 } }
    take('pen', 2) on Cart { items: { pen: 4 } } gives undefined and leaves Cart { items: { pen: 2 } }, or gives undefined and leaves Cart { items: { pen: 0 } }
    take('pen', 2) on Cart { items: {} } gives undefined and leaves Cart { items: { pen: NaN } }, or gives undefined and leaves Cart { items: { pen: 0 } }
    14 of 17 calls
    ");
    insta::assert_snapshot!(apart(module, test, &[("n > 2", "n > 4"), ("n > 2", "n > 3")]), @r"
    take('pen', 4) on Cart { items: { pen: 2 } } gives undefined and leaves Cart { items: { pen: -3 } }, or throws RangeError
    1 of 17 calls
    ");
}

/// A module, a test of it and two changes `(old, new)`.
type Case = (&'static str, &'static str, [(&'static str, &'static str); 2]);

/// Functions of every kind.
const KINDS: &[Case] = &[
    (
        "export async function late(n) {\n  await null;\n  if (n > 3) throw new RangeError();\n  return n;\n}\n",
        "() => m.late(2)",
        [("> 3", "> 2"), ("> 3", ">= 4")],
    ),
    (
        "export function* down(n) {\n  while (n-- > 0) yield n;\n}\n",
        "() => [...m.down(2)]",
        [("> 0", "> 1"), ("> 0", ">= 1")],
    ),
    (
        "const LIMIT = 9;\nexport const low = (n) => n < LIMIT;\n",
        "() => m.low(4)",
        [("= 9", "= 5"), ("= 9", "= 6")],
    ),
    (
        "export const rates = { rate: 2, of(n) { return n * this.rate; } };\n",
        "() => m.rates.of(2)",
        [("* this", "+ this"), ("* this", "** this")],
    ),
    (
        "export class Point {\n  constructor(x, y = 2) {\n    this.sum = x + y;\n  }\n}\n",
        "() => new m.Point(2)",
        [("x + y", "x * y"), ("x + y", "x ** y")],
    ),
    (
        "const own = {};\nown.pick = function (list, by) { return list.filter(by).length; };\nexport default own;\n",
        "() => m.default.pick([1, 2], (n) => n > 1)",
        [("length", "length * 1"), ("length", "length ** 2")],
    ),
];

#[test]
fn functions_of_every_kind_are_called() {
    let all: Vec<String> =
        KINDS.iter().map(|(module, test, changes)| apart(module, test, changes)).collect();
    insta::assert_snapshot!(all.join("\n\n"), @r"
    late(3) throws RangeError, or gives 3
    1 of 6 calls

    down(2) gives [ 1 ], or gives [ 1, 0 ]
    down(1) gives [], or gives [ 0 ]
    down(3) gives [ 2, 1 ], or gives [ 2, 1, 0 ]
    down(4) gives [ 3, 2, 1 ], or gives [ 3, 2, 1, 0 ]
    4 of 7 calls

    low(5) gives false, or gives true
    1 of 6 calls

    of(3) on { rate: 2, of: [Function: of] } gives 5, or gives 9
    of(1) on { rate: 2, of: [Function: of] } gives 3, or gives 1
    of(0) on { rate: 2, of: [Function: of] } gives 2, or gives 0
    of(-2) on { rate: 2, of: [Function: of] } gives 0, or gives 4
    of(4) on { rate: 2, of: [Function: of] } gives 6, or gives 16
    of(2) on { rate: 3, of: [Function: of] } gives 5, or gives 8
    of(2) on { rate: 1, of: [Function: of] } gives 3, or gives 2
    of(2) on { rate: 0, of: [Function: of] } gives 2, or gives 1
    of(2) on { rate: -2, of: [Function: of] } gives 0, or gives 0.25
    of(2) on { rate: 4, of: [Function: of] } gives 6, or gives 16
    10 of 11 calls

    new Point(3) gives Point { sum: 6 }, or gives Point { sum: 9 }
    new Point(1) gives Point { sum: 2 }, or gives Point { sum: 1 }
    new Point(-2) gives Point { sum: -4 }, or gives Point { sum: 4 }
    new Point(4) gives Point { sum: 8 }, or gives Point { sum: 16 }
    4 of 6 calls

    pick([ 1, 2, 2 ], (n) => n > 1) gives 2, or gives 4
    pick([ 2, 2 ], (n) => n > 1) gives 2, or gives 4
    2 of 13 calls
    ");
}

/// What has no answer that could be compared: chance, spies, members that only a constructor gives, waiting, promises
/// without end.
const UNTOLD: &[Case] = &[
    (
        "export const f = (n) => Math.random() * n;\n",
        "() => m.f(2)",
        [("* n", "+ n"), ("* n", "- n")],
    ),
    (
        "export const f = (list, by) => list.map((n) => by(n));\n",
        "(t) => m.f([1], t.mock.fn())",
        [("by(n)", "by(n + 1)"), ("by(n)", "by(n - 1)")],
    ),
    (
        "class A {\n  #n = 2;\n  add(k) { return this.#n + k; }\n}\nexport const f = (k) => new A().add(k);\n",
        "() => m.f(2)",
        [("+ k", "- k"), ("+ k", "* k")],
    ),
    (
        "export const f = (n) => new Promise((done) => setTimeout(done, 1000, n));\n",
        "() => m.f(2)",
        [(", n)", ", n + 1)"), (", n)", ", n - 1)")],
    ),
    (
        "export async function f(n) {\n  while (n !== 0) await (n -= 1);\n  return n;\n}\n",
        "() => m.f(2)",
        [("-= 1", "-= 2"), ("-= 1", "-= 2 * 2")],
    ),
];

#[test]
fn what_cannot_be_compared_tells_nothing() {
    for (module, test, changes) in UNTOLD {
        assert_eq!(apart(module, test, changes), "0 of 0 calls", "{module}");
    }
}

/// Results that look the same whatever they hold say nothing of what changes do.
#[test]
fn what_cannot_be_seen_is_not_taken_for_the_same() {
    let bodies = [
        "new A(k + k)",
        "new URLSearchParams({ v: k + k })",
        "[k + k].values()",
        "((v) => ({ get v() { return v; } }))(k + k)",
        "({ a: { b: { c: { d: { e: { f: k + k } } } } } })",
    ];
    for body in bodies {
        let module = format!(
            "class A {{\n  #n;\n  constructor(n) {{ this.#n = n; }}\n}}\nexport const f = (k) => {body};\n"
        );
        let changes = [("k + k", "k * 2"), ("k + k", "k * k")];
        assert_eq!(apart(&module, "() => m.f(2)", &changes), "0 of 0 calls", "{body}");
    }
}

/// What is made of code so that its mocks are in force before it loads anything.
fn hoisted(code: &str, is_esm: bool) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("greenloop_repair")).unwrap();
    for (path, text) in PROGRAM {
        fs::write(folder.path().join(path), text).unwrap();
    }
    let program = "const [, file, code, is] = process.argv;\n\
        process.stdout.write(require(file).hoisted(code, is === 'true'));";
    let mocks = folder.path().join("greenloop_repair/mocks.cjs");
    let mut node = Command::new("node");
    let output = node.args(["-e", program]).arg(&mocks).args([code, &is_esm.to_string()]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn mocks_come_before_what_is_loaded() {
    let code = r#"import {
  a, // one; "x"
  b as c
} from "./x";
import d, * as e from './y'
import "./z";
/*
jest.mock("./no");
*/
const s = `
import z from "./z"
${a ? "}" : '`'}`;
vi.mock("./x").mock(import("./w"), () => ({ a: /[)"]/ }))
const q = vi.hoisted(() => 1);
import { vi } from "vitest";
"#;
    let lines = |text: &str| {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines.join("\n")
    };
    insta::assert_snapshot!(lines(&hoisted(code, true)), @r####"
    import { vi } from "vitest";
    vi.mock("./x").mock("./w", () => ({ a: /[)"]/ }))
    const q = vi.hoisted(() => 1);
    const { a, b: c } = await import("./x");
    const e = await import("./y"), d = e.default;
    await import("./z");
    /*
    jest.mock("./no");
    */
    const s = `
    import z from "./z"
    ${a ? "}" : '`'}`;
    "####);
    let code = r#""use strict";
const globals_1 = require("@jest/globals");
const a = require("./a");
globals_1.jest.mock("./a", () => 1);
a();"#;
    insta::assert_snapshot!(lines(&hoisted(code, false)), @r####"
    "use strict";
    const globals_1 = require("@jest/globals");
    globals_1.jest.mock("./a", () => 1);
    const a = require("./a");
    a();
    "####);
    let code = "// jest.mock(\"./a\")\nimport a from \"./a\";\n";
    assert_eq!(hoisted(code, true), code);
}
