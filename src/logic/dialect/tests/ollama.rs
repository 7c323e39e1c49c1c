//! Ollama's own API.

use super::*;

const DONE: &str = r#"{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":10,"eval_count":5}"#;

fn row(lines: &[&str], expected: &str) {
    check(Dialect::Ollama, format!("{}\n", lines.join("\n")).as_bytes(), expected);
}

#[test]
fn lines_and_ends() {
    let text = r#"{"message":{"role":"assistant","content":"grüß 🦀"},"done":false}"#;
    row(&[text, DONE], r#""grüß 🦀" | End | 10 (0 0) 5"#);
    row(&[text], "Truncated, again: the answer ended before its end");
    let length = r#"{"message":{"content":""},"done":true,"done_reason":"length","prompt_eval_count":10,"eval_count":5}"#;
    row(&[text, length], r#""grüß 🦀" | Length | 10 (0 0) 5"#);
    let load = r#"{"message":{"content":""},"done":true,"done_reason":"load","prompt_eval_count":1,"eval_count":0}"#;
    row(&[load], r#" | other "load" | 1 (0 0) 0"#);
    // A cached prompt is not counted: four bytes a token.
    let cached = r#"{"message":{"content":"hi"},"done":true,"done_reason":"stop","eval_count":5}"#;
    let sent = outgoing(&model(Dialect::Ollama), &request(), true).body.to_string().len();
    row(&[cached], &format!(r#""hi" | End | {} (0 0) 5"#, sent.div_ceil(4)));
    // The last line without its end.
    check(Dialect::Ollama, format!("{text}\n{DONE}").as_bytes(), r#""grüß 🦀" | End | 10 (0 0) 5"#);
}

#[test]
fn calls_are_whole_and_have_no_ids() {
    let calls = r#"{"message":{"content":"","tool_calls":[{"function":{"name":"edit","arguments":{"path":"x"}}},{"function":{"name":"read","arguments":{}}}]},"done":false}"#;
    row(&[calls, DONE], r#"edit#call_1{"path":"x"} read#call_2{} | Calls | 10 (0 0) 5"#);
}

#[test]
fn thoughts_and_errors() {
    let thinks = r#"{"message":{"content":"","thinking":"hm"},"done":false}"#;
    let call = r#"{"message":{"content":"","tool_calls":[{"function":{"name":"edit","arguments":{}}}]},"done":false}"#;
    row(&[thinks, call, DONE], r#"<{"thinking":"hm"}> edit#call_1{} | Calls | 10 (0 0) 5"#);
    row(
        &[thinks, r#"{"error":"model runner has unexpectedly stopped: internal error"}"#],
        "Unavailable, again: the provider broke off: model runner has unexpectedly stopped: internal error",
    );
    row(&["<html>no</html>"], "Invalid, again: the answer cannot be read: <html>no</html>");
}
