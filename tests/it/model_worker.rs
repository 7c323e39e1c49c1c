//! A language model at work on a red project, its part played by a script.

use std::collections::VecDeque;
use std::sync::Mutex;

use greenloop::base::cancel::CancelToken;
use greenloop::io::model::Caller;
use greenloop::logic::talk;
use greenloop::model::event::WorkResult;
use greenloop::model::provider::{Dialect, KeySource, Model, Vendor};
use greenloop::model::transcript::{
    Arguments, CallFailure, Delta, Fault, Message, Part, Request, Role, Stop, ToolCall, Turn, Usage,
};
use serde_json::{Value, json};

use crate::red::Red;

/// Plays a model: its turns, one after the other, the last of them for ever.
struct Script {
    turns: Mutex<VecDeque<Said>>,
    heard: Mutex<Vec<Request>>,
}

#[derive(Clone)]
enum Said {
    /// Calls of tools, by name and arguments.
    Calls(Vec<(&'static str, Value)>),
    Text(&'static str),
    Ends(Stop),
    Fails(Fault),
}

fn call(name: &'static str, arguments: Value) -> Said {
    Said::Calls(vec![(name, arguments)])
}

impl Caller for Script {
    fn turn(
        &self,
        request: &Request,
        _: &CancelToken,
        _: &mut dyn FnMut(Delta),
    ) -> Result<Turn, CallFailure> {
        assert!(talk::is_paired(&request.messages), "{:?}", request.messages);
        let mut heard = self.heard.lock().unwrap();
        heard.push(request.clone());
        let n = heard.len();
        let mut turns = self.turns.lock().unwrap();
        let said = if turns.len() > 1 { turns.pop_front() } else { turns.front().cloned() };
        let (parts, stop) = match said.unwrap() {
            Said::Calls(calls) => {
                let part = |(at, (name, arguments)): (usize, (&'static str, Value))| {
                    let arguments = match arguments {
                        Value::Object(map) => Arguments::Object(map),
                        other => Arguments::Unreadable {
                            text: other.to_string(),
                            problem: "cut".to_owned(),
                        },
                    };
                    Part::Call(ToolCall {
                        id: format!("{n}-{at}"),
                        name: name.to_owned(),
                        arguments,
                    })
                };
                (calls.into_iter().enumerate().map(part).collect(), Stop::Calls)
            }
            Said::Text(text) => (vec![Part::Text { text: text.to_owned() }], Stop::End),
            Said::Ends(stop) => (Vec::new(), stop),
            Said::Fails(fault) => {
                let (message, hint) = ("it failed".to_owned(), "See to it.".to_owned());
                return Err(CallFailure { fault, message, hint, usage: Usage::default() });
            }
        };
        let message = Message { role: Role::Assistant, parts };
        Ok(Turn { message, stop, usage: Usage::default() })
    }
}

const CODE: &str = "def total(prices):\n    return sum(prices) - 1\n\n\ndef mean(prices):\n    return total(prices) / len(prices)\n";
const TEST: &str = "import unittest\nfrom shop import total, mean\n\n\nclass T(unittest.TestCase):\n    def test_total(self):\n        self.assertEqual(total([1, 2]), 3)\n\n    def test_mean(self):\n        self.assertEqual(mean([2, 4]), 3)\n";

fn model() -> Model {
    Model {
        name: "m".to_owned(),
        vendor: Vendor::Custom,
        dialect: Dialect::Chat,
        url: String::new(),
        model: "m".to_owned(),
        key: KeySource::None,
        window: 100_000,
        output_max: 1_000,
        idle_ms: 1_000,
        stream: true,
        prices: None,
        of_project: false,
    }
}

/// What came of a script: the patch or the reason, and what the model heard last in each turn.
fn check(turns: Vec<Said>) -> (String, Vec<String>) {
    let notes = "# how it came to be\n".repeat(200);
    let red = Red::of_files(&[("shop.py", CODE), ("notes.py", &notes), ("test_shop.py", TEST)]);
    let script = Script { turns: Mutex::new(turns.into()), heard: Mutex::default() };
    let result = red.ask(&[model()], &script);
    let told = match result {
        WorkResult::Changed { tree, title, .. } => {
            format!("{title}\n{}", red.text(&tree, "shop.py"))
        }
        WorkResult::Asks { inquiry, tree } => format!(
            "{} asks: {} {:?}\n{}",
            inquiry.by,
            inquiry.text,
            inquiry.options,
            red.text(&tree, "shop.py")
        ),
        WorkResult::Nothing { reason, .. } => reason,
        WorkResult::Refused { reason, .. } => reason,
    };
    let last = |request: &Request| {
        let parts = &request.messages.last().unwrap().parts;
        let text = |part: &Part| match part {
            Part::Text { text } | Part::Result { text, .. } => text.clone(),
            _ => String::new(),
        };
        parts.iter().map(text).collect::<Vec<_>>().join("\n---\n")
    };
    (told, script.heard.lock().unwrap().iter().map(last).collect())
}

fn edit(old: &str, new: &str) -> Value {
    json!({"path": "shop.py", "old": old, "new": new})
}

fn done() -> Said {
    call("done", json!({"summary": "No more off by one."}))
}

#[test]
fn a_model_looks_edits_and_is_told_what_is_still_red() {
    let (made, heard) = check(vec![
        Said::Calls(vec![
            ("read", json!({"path": "shop.py"})),
            ("search", json!({"pattern": "total", "files": "test_*.py"})),
        ]),
        call("edit", edit("sum(prices) - 1", "sum(prices) - 2")),
        done(),
        call("edit", edit("    return sum(prices) - 2\n", "    return sum(prices)\n")),
        done(),
    ]);
    assert_eq!(made, format!("No more off by one.\n{}", CODE.replace(" - 1", "")));
    insta::assert_snapshot!(heard.join("\n=====\n"), @r#"
    # Task

    Take the red tests to green

    ## Tests that have to pass

    ### test_shop.T.test_mean
    at test_shop.py:10
    ```
    AssertionError: 2.5 != 3

      test_shop.py:10 in test_mean
        self.assertEqual(mean([2, 4]), 3)
    ```

    ### test_shop.T.test_total
    at test_shop.py:7
    ```
    AssertionError: 2 != 3

      test_shop.py:7 in test_total
        self.assertEqual(total([1, 2]), 3)
    ```

    ## Code where it goes wrong

    test_shop.py, from line 1:
    ```
        1  import unittest
        2  from shop import total, mean
        3  
        4  
        5  class T(unittest.TestCase):
        6      def test_total(self):
        7          self.assertEqual(total([1, 2]), 3)
        8  
        9      def test_mean(self):
       10          self.assertEqual(mean([2, 4]), 3)
    ```
    =====
        1  def total(prices):
        2      return sum(prices) - 1
        3  
        4  
        5  def mean(prices):
        6      return total(prices) / len(prices)
    ---
    test_shop.py:2: from shop import total, mean
    test_shop.py:6: def test_total(self):
    test_shop.py:7: self.assertEqual(total([1, 2]), 3)
    =====
    shop.py is changed. It reads now:
        1  def total(prices):
        2      return sum(prices) - 2
        3  
        4  
        5  def mean(prices):
        6      return total(prices) / len(prices)
    =====
    The tests were run on what you changed. It is not good enough yet:

    still red

    ## Tests that have to pass

    ### test_shop.T.test_mean
    at test_shop.py:10
    ```
    AssertionError: 2.0 != 3

      test_shop.py:10 in test_mean
        self.assertEqual(mean([2, 4]), 3)
    ```

    ### test_shop.T.test_total
    at test_shop.py:7
    ```
    AssertionError: 1 != 3

      test_shop.py:7 in test_total
        self.assertEqual(total([1, 2]), 3)
    ```

    What you have changed so far:

    ```diff
    --- a/shop.py
    +++ b/shop.py
    @@ -1,5 +1,5 @@
     def total(prices):
    -    return sum(prices) - 1
    +    return sum(prices) - 2
     
     
     def mean(prices):
    ```

    Find out why, mend it, and say `done` again.
    =====
    shop.py is changed. It reads now:
        1  def total(prices):
        2      return sum(prices)
        3  
        4  
        5  def mean(prices):
        6      return total(prices) / len(prices)
    "#);
}

#[test]
fn a_model_that_gets_nowhere_is_stopped() {
    let look = || call("read", json!({"path": "shop.py"}));
    let cases = [
        (vec![look()], "m: it does the same again and again"),
        (
            vec![Said::Text("I have fixed everything.")],
            "m: it asks for what cannot be carried out, again and again",
        ),
        (vec![Said::Ends(Stop::End)], "m: it asks for what cannot be carried out, again and again"),
        (
            vec![call("fly", json!({}))],
            "m: it asks for what cannot be carried out, again and again",
        ),
        (
            vec![call("edit", json!(3))],
            "m: it asks for what cannot be carried out, again and again",
        ),
        (vec![done()], "m: it asks for what cannot be carried out, again and again"),
        (vec![Said::Ends(Stop::Refused)], "m: the model will not do it"),
        (vec![Said::Ends(Stop::Filtered)], "m: the provider keeps its answer back"),
        (
            vec![Said::Ends(Stop::Other("odd".to_owned()))],
            "m: it ended with `odd`, which is not known",
        ),
        (
            vec![Said::Ends(Stop::Length)],
            "m: it asks for what cannot be carried out, again and again",
        ),
        (vec![Said::Fails(Fault::Unauthorized)], "m: it failed. See to it."),
    ];
    for (turns, expected) in cases {
        let (told, heard) = check(turns);
        assert_eq!(told, expected);
        assert!(heard.len() <= 5, "{expected}: {} turns", heard.len());
    }
}

/// Turns that a model takes until it is stopped, of at most three times these, with `#` for the round, and why. What the
/// checks say has a time and an address in it that never come twice.
fn turns_until_stopped(round: &[(&'static str, &str)]) -> (usize, String) {
    let turns = (0..60 / round.len()).flat_map(|n| {
        round.iter().map(move |(name, arguments)| {
            let arguments = arguments.replace('#', &n.to_string());
            call(name, serde_json::from_str(&arguments).unwrap())
        })
    });
    let test = "import time\nimport unittest\nfrom shop import total\n\n\nclass T(unittest.TestCase):\n    def test_total(self):\n        self.assertEqual(total([1, 2]), 3, f'{object()} after {time.time_ns()} ns')\n";
    let red = Red::of_files(&[("shop.py", CODE), ("test_shop.py", test)]);
    let script = Script { turns: Mutex::new(turns.collect()), heard: Mutex::default() };
    let reason = match red.ask(&[model()], &script) {
        WorkResult::Nothing { reason, .. } => reason,
        WorkResult::Changed { title, .. } => title,
        other => format!("{other:?}"),
    };
    (script.heard.lock().unwrap().len(), reason)
}

#[test]
fn tools_that_bring_nothing_are_stopped_after_three_times() {
    let edit = r#"{"path": "notes.py", "text": "n = #\n"}"#;
    let break_it = r#"{"path": "shop.py", "text": "def total(prices):\n    return - #\n"}"#;
    let cases: [&[(&str, &str)]; 10] = [
        &[("write", edit), ("run_tests", "{}")],
        &[("write", break_it), ("run_tests", "{}")],
        &[("write", break_it), ("read", r#"{"path": "shop.py"}"#), ("run_tests", "{}")],
        &[("write", r#"{"path": "shop.py", "text": "def total(: #\n"}"#), ("run_tests", "{}")],
        &[("read", r#"{"path": "shop.py"}"#)],
        &[("search", r#"{"pattern": "nowhere#"}"#)],
        &[("symbol", r#"{"name": "nothing_#"}"#)],
        &[("edit", r#"{"path": "shop.py", "old": "not there #", "new": ""}"#)],
        &[("read", r#"{"path": "gone_#.py"}"#)],
        &[("outline", r#"{"path": "shop.py"}"#), ("outline", r#"{"path": "test_shop.py"}"#)],
    ];
    for round in cases {
        let (n, why) = turns_until_stopped(round);
        assert!(n <= 4 * round.len(), "{round:?}: {n} turns, {why}");
    }
}

#[test]
fn what_was_changed_by_a_model_that_came_to_no_end_is_left() {
    let mend = call("edit", edit(" - 1", ""));
    for end in [Said::Fails(Fault::Spent), Said::Text("Fine."), Said::Fails(Fault::Unavailable)] {
        let (told, _) = check(vec![mend.clone(), end]);
        assert_eq!(told, format!("shop.py, changed by m\n{}", CODE.replace(" - 1", "")));
    }
}

#[test]
fn a_conversation_that_does_not_fit_is_shortened_once() {
    let read = |from: u32| call("read", json!({"path": "notes.py", "from": from}));
    let (told, heard) = check(vec![
        read(1),
        read(2),
        Said::Fails(Fault::Overflow),
        call("edit", edit(" - 1", "")),
        done(),
    ]);
    assert!(told.starts_with("No more off by one."), "{told}");
    // The same was said again.
    assert_eq!(heard.len(), 5);
}
