//! OpenAI's Responses.

use super::*;

const USAGE: &str =
    r#"{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5}"#;
const TEXT: &str = r#"{"type":"message","id":"m1","role":"assistant","content":[{"type":"output_text","text":"hi"}]}"#;
const THOUGHT: &str = r#"{"type":"reasoning","id":"r1","summary":[],"encrypted_content":"xyz"}"#;

fn call(id: &str, arguments: &str) -> String {
    let item = json!({
        "type": "function_call", "id": "fc", "call_id": id, "name": "edit", "arguments": arguments,
    });
    item.to_string()
}

/// Each item finished, then this end with these items in it.
fn row(items: &[&str], end: &str, expected: &str) {
    let mut texts = vec![
        r#"{"type":"response.created","response":{"status":"in_progress","error":null}}"#
            .to_owned(),
    ];
    texts.extend(items.iter().enumerate().map(|(n, item)| {
        format!(r#"{{"type":"response.output_item.done","output_index":{n},"item":{item}}}"#)
    }));
    texts.push(end.to_owned());
    check(Dialect::Responses, &events(&texts), expected);
}

fn end(kind: &str, more: &str) -> String {
    format!(
        r#"{{"type":"response.{kind}","response":{{"status":"{kind}","usage":{USAGE}{more}}}}}"#
    )
}

#[test]
fn items_and_ends() {
    let done = end("completed", "");
    row(&[TEXT], &done, r#""hi" | End | 10 (4 0) 5"#);
    row(
        &[THOUGHT, &call("a", r#"{"path":"x"}"#), &call("b", "")],
        &done,
        r#"<{"encrypted_content":"xyz","id":"r1","summary":[],"type":"reasoning"}> edit#a{"path":"x"} edit#b{} | Calls | 10 (4 0) 5"#,
    );
    // Items in the end only.
    row(&[], &end("completed", &format!(r#","output":[{TEXT}]"#)), r#""hi" | End | 10 (4 0) 5"#);
    let length = end("incomplete", r#","incomplete_details":{"reason":"max_output_tokens"}"#);
    row(&[TEXT, &call("a", "{\"pa")], &length, r#""hi" | Length | 10 (4 0) 5"#);
    let filtered = end("incomplete", r#","incomplete_details":{"reason":"content_filter"}"#);
    row(&[TEXT], &filtered, r#""hi" | Filtered | 10 (4 0) 5"#);
    let refusal = r#"{"type":"message","content":[{"type":"refusal","refusal":"No."}]}"#;
    row(&[refusal], &done, r#""No." | Refused | 10 (4 0) 5"#);
}

#[test]
fn failures_count_at_once() {
    let failed = end("failed", r#","error":{"code":"server_error","message":"Sorry."}"#);
    row(&[TEXT], &failed, "Unavailable, again: the provider broke off: Sorry.");
    let limit = end(
        "failed",
        r#","error":{"code":"rate_limit_exceeded","message":"Please try again in 2s."}"#,
    );
    row(&[], &limit, "RateLimited, again: the provider broke off: Please try again in 2s.");
    let long =
        end("failed", r#","error":{"code":"context_length_exceeded","message":"Too long."}"#);
    row(&[], &long, "Overflow: the provider broke off: Too long.");
    row(
        &[],
        r#"{"type":"error","code":"server_error","message":"Sorry."}"#,
        "Unavailable, again: the provider broke off: Sorry.",
    );
    row(
        &[TEXT],
        r#"{"type":"response.in_progress"}"#,
        "Truncated, again: the answer ended before its end",
    );
}

#[test]
fn what_was_watched_is_not_told_twice() {
    let texts = [
        r#"{"type":"response.output_text.delta","delta":"h"}"#.to_owned(),
        r#"{"type":"response.output_text.delta","delta":"i"}"#.to_owned(),
        end("completed", &format!(r#","output":[{TEXT}]"#)),
    ];
    let line = read_in(Dialect::Responses, &request(), &events(&texts), 5);
    assert_eq!(line, r#""hi" | End | 10 (4 0) 5 <- hi"#);
}

#[test]
fn a_whole_body_is_an_answer_too() {
    let body = format!(
        r#"{{"object":"response","status":"completed","output":[{TEXT}],"usage":{USAGE}}}"#
    );
    check(Dialect::Responses, body.as_bytes(), r#""hi" | End | 10 (4 0) 5"#);
}
