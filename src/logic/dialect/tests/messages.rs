//! Anthropic's Messages.

use super::*;

const START: &str = r#"{"type":"message_start","message":{"role":"assistant","content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":30,"cache_creation_input_tokens":2,"output_tokens":1}}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;

fn end(reason: &str) -> String {
    format!(
        r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}},"usage":{{"output_tokens":5}}}}"#
    )
}

fn block(index: u32, start: &str, deltas: &[&str]) -> Vec<String> {
    let mut all = vec![format!(
        r#"{{"type":"content_block_start","index":{index},"content_block":{start}}}"#
    )];
    all.extend(deltas.iter().map(|delta| {
        format!(r#"{{"type":"content_block_delta","index":{index},"delta":{delta}}}"#)
    }));
    all.push(format!(r#"{{"type":"content_block_stop","index":{index}}}"#));
    all
}

fn text(index: u32) -> Vec<String> {
    block(index, r#"{"type":"text","text":""}"#, &[r#"{"type":"text_delta","text":"hi"}"#])
}

fn call(index: u32, id: &str, pieces: &[&str]) -> Vec<String> {
    let start = format!(r#"{{"type":"tool_use","id":"{id}","name":"edit","input":{{}}}}"#);
    let deltas: Vec<String> = pieces
        .iter()
        .map(|piece| json!({ "type": "input_json_delta", "partial_json": piece }).to_string())
        .collect();
    block(index, &start, &deltas.iter().map(String::as_str).collect::<Vec<_>>())
}

fn row(blocks: Vec<Vec<String>>, reason: &str, expected: &str) {
    let mut texts = vec![START.to_owned(), r#"{"type":"ping"}"#.to_owned()];
    texts.extend(blocks.into_iter().flatten());
    texts.extend([end(reason), STOP.to_owned()]);
    check(Dialect::Messages, &events(&texts), expected);
}

#[test]
fn blocks_and_ends() {
    row(vec![text(0)], "end_turn", r#""hi" | End | 42 (30 2) 5"#);
    row(
        vec![text(0), call(1, "a", &["{\"path\"", ":\"x\"}"]), call(2, "b", &[""])],
        "tool_use",
        r#""hi" edit#a{"path":"x"} edit#b{} | Calls | 42 (30 2) 5"#,
    );
    row(vec![text(0), call(1, "a", &["{\"pa"])], "max_tokens", r#""hi" | Length | 42 (30 2) 5"#);
    row(vec![text(0)], "refusal", r#""hi" | Refused | 42 (30 2) 5"#);
    row(vec![text(0)], "pause_turn", r#""hi" | Paused | 42 (30 2) 5"#);
    row(vec![text(0)], "moon", r#""hi" | other "moon" | 42 (30 2) 5"#);
    row(
        vec![text(0)],
        "model_context_window_exceeded",
        "Overflow: the answer did not fit the model's window any more",
    );
    row(vec![], "end_turn", " | End | 42 (30 2) 5");
}

#[test]
fn signed_thoughts_are_kept_as_they_are() {
    let thinking = block(
        0,
        r#"{"type":"thinking","thinking":"","signature":""}"#,
        &[
            r#"{"type":"thinking_delta","thinking":"h"}"#,
            r#"{"type":"thinking_delta","thinking":"m"}"#,
            r#"{"type":"signature_delta","signature":"sig"}"#,
        ],
    );
    let hidden = block(1, r#"{"type":"redacted_thinking","data":"xyz"}"#, &[]);
    row(
        vec![thinking, hidden, call(2, "a", &["{}"])],
        "tool_use",
        r#"<{"signature":"sig","thinking":"hm","type":"thinking"}> <{"data":"xyz","type":"redacted_thinking"}> edit#a{} | Calls | 42 (30 2) 5"#,
    );
}

#[test]
fn only_its_own_end_is_an_end() {
    let with = |more: &[&str], expected: &str| {
        let mut texts = vec![START.to_owned()];
        texts.extend(text(0));
        texts.push(end("end_turn"));
        texts.extend(more.iter().map(|text| (*text).to_owned()));
        check(Dialect::Messages, &events(&texts), expected);
    };
    with(&[STOP], r#""hi" | End | 42 (30 2) 5"#);
    with(&[], "Truncated, again: the answer ended before its end");
    with(&["[DONE]"], "Truncated, again: the answer ended before its end");
    with(
        &[r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#],
        "Unavailable, again: the provider broke off: Overloaded",
    );
}

#[test]
fn a_whole_body_is_an_answer_too() {
    let body = r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"hi"},{"type":"tool_use","id":"a","name":"edit","input":{"path":"x"}}],"stop_reason":"tool_use","usage":{"input_tokens":10,"output_tokens":5}}"#;
    check(Dialect::Messages, body.as_bytes(), r#""hi" edit#a{"path":"x"} | Calls | 10 (0 0) 5"#);
}

#[test]
fn a_structured_answer_comes_by_a_tool() {
    let mut request = request();
    request.answer = Some(json!({ "type": "object" }));
    let start = r#"{"type":"tool_use","id":"a","name":"final_answer","input":{}}"#;
    let delta = r#"{"type":"input_json_delta","partial_json":"{\"steps\":[]}"}"#;
    let mut texts = vec![START.to_owned()];
    texts.extend(block(0, start, &[delta]));
    texts.extend([end("tool_use"), STOP.to_owned()]);
    let bytes = events(&texts);
    check_with(Dialect::Messages, &request, &bytes, r#""{\"steps\":[]}" | End | 42 (30 2) 5"#);
}
