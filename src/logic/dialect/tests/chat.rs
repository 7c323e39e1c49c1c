//! Chat Completions as its many servers speak it.

use super::*;

const CALLS: &str = r#"edit#a{"path":"x"} edit#b{"path":"y"} | Calls | 10 (0 0) 5"#;
const END: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#;
const BILL: &str = r#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}}"#;

/// An event with these pieces of calls.
fn calls(pieces: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{pieces}]}}}}]}}"#)
}

/// A stream with these pieces, one to an event, and a proper end.
fn stream(pieces: &[&str]) -> Vec<u8> {
    let mut texts: Vec<String> = pieces.iter().map(|piece| calls(piece)).collect();
    texts.extend([END, BILL, "[DONE]"].map(str::to_owned));
    events(&texts)
}

fn row(pieces: &[&str], expected: &str) {
    check(Dialect::Chat, &stream(pieces), expected);
}

fn raw(texts: &[&str], expected: &str) {
    check(Dialect::Chat, &events(texts), expected);
}

#[test]
fn calls_however_they_are_cut() {
    // As OpenAI does it.
    row(
        &[
            r#"{"index":0,"id":"a","type":"function","function":{"name":"edit","arguments":""}}"#,
            r#"{"index":0,"function":{"arguments":"{\"path\""}}"#,
            r#"{"index":0,"function":{"arguments":":\"x\"}"}}"#,
            r#"{"index":1,"id":"b","type":"function","function":{"name":"edit","arguments":""}}"#,
            r#"{"index":1,"function":{"arguments":"{\"path\":\"y\"}"}}"#,
        ],
        CALLS,
    );
    // Whole calls in one event: Ollama, Gemini.
    row(
        &[
            r#"{"index":0,"id":"a","function":{"name":"edit","arguments":"{\"path\":\"x\"}"}},{"index":1,"id":"b","function":{"name":"edit","arguments":"{\"path\":\"y\"}"}}"#,
        ],
        CALLS,
    );
    // No index: Databricks.
    row(
        &[
            r#"{"id":"a","function":{"name":"edit","arguments":"{\"path\":"}}"#,
            r#"{"id":"a","function":{"arguments":"\"x\"}"}}"#,
            r#"{"id":"b","function":{"name":"edit","arguments":"{\"path\":"}}"#,
            r#"{"id":"b","function":{"arguments":"\"y\"}"}}"#,
        ],
        CALLS,
    );
    // The index on the first piece only.
    row(
        &[
            r#"{"index":0,"id":"a","function":{"name":"edit","arguments":"{\"path\":"}}"#,
            r#"{"function":{"arguments":"\"x\"}"}}"#,
            r#"{"index":1,"id":"b","function":{"name":"edit","arguments":"{\"path\":"}}"#,
            r#"{"function":{"arguments":"\"y\"}"}}"#,
        ],
        CALLS,
    );
    // Always index 0.
    row(
        &[
            r#"{"index":0,"id":"a","function":{"name":"edit","arguments":"{\"path\":"}}"#,
            r#"{"index":0,"function":{"arguments":"\"x\"}"}}"#,
            r#"{"index":0,"id":"b","function":{"name":"edit","arguments":"{\"path\":"}}"#,
            r#"{"index":0,"function":{"arguments":"\"y\"}"}}"#,
        ],
        CALLS,
    );
    // Pieces of two calls in turn.
    row(
        &[
            r#"{"index":0,"id":"a","function":{"name":"edit"}},{"index":1,"id":"b","function":{"name":"edit"}}"#,
            r#"{"index":1,"function":{"arguments":"{\"path\":\"y\"}"}}"#,
            r#"{"index":0,"function":{"arguments":"{\"path\":\"x\"}"}}"#,
        ],
        CALLS,
    );
}

#[test]
fn ids_and_names_however_they_come() {
    // No id.
    row(
        &[
            r#"{"index":0,"function":{"name":"edit","arguments":"{\"path\":\"x\"}"}}"#,
            r#"{"index":1,"function":{"name":"edit","arguments":"{\"path\":\"y\"}"}}"#,
        ],
        r#"edit#call_1{"path":"x"} edit#call_2{"path":"y"} | Calls | 10 (0 0) 5"#,
    );
    // Neither id nor an index that tells them apart.
    row(
        &[
            r#"{"index":0,"function":{"name":"edit","arguments":"{\"path\":\"x\"}"}}"#,
            r#"{"index":0,"function":{"name":"edit","arguments":"{\"path\":\"y\"}"}}"#,
        ],
        r#"edit#call_1{"path":"x"} edit#call_2{"path":"y"} | Calls | 10 (0 0) 5"#,
    );
    // The same id for both.
    row(
        &[r#"{"index":0,"id":"","function":{"name":"read","arguments":"{\"path\":\"x\"}"}}"#],
        r#"read#call_1{"path":"x"} | Calls | 10 (0 0) 5"#,
    );
    // The name after the id.
    row(
        &[
            r#"{"index":0,"id":"a","function":{}}"#,
            r#"{"index":0,"function":{"name":"edit"}}"#,
            r#"{"index":0,"function":{"arguments":"{\"path\":\"x\"}"}}"#,
        ],
        r#"edit#a{"path":"x"} | Calls | 10 (0 0) 5"#,
    );
    row(
        &[
            r#"{"id":"a","function":{}}"#,
            r#"{"function":{"name":"edit","arguments":"{\"path\":\"x\"}"}}"#,
        ],
        r#"edit#a{"path":"x"} | Calls | 10 (0 0) 5"#,
    );
    // Id and name in every piece: llama-cpp-python.
    row(
        &[
            r#"{"index":0,"id":"a","function":{"name":"edit","arguments":"{\"path\":"}}"#,
            r#"{"index":0,"id":"a","function":{"name":"edit","arguments":"\"x\"}"}}"#,
            r#"{"index":0,"id":"a","function":{"name":"edit","arguments":""}}"#,
        ],
        r#"edit#a{"path":"x"} | Calls | 10 (0 0) 5"#,
    );
}

#[test]
fn an_id_of_an_earlier_call_is_made_new() {
    let mut request = request();
    let call = |id: &str| {
        Part::Call(crate::model::transcript::ToolCall {
            id: id.to_owned(),
            name: "edit".to_owned(),
            arguments: Arguments::Object(serde_json::Map::new()),
        })
    };
    request
        .messages
        .push(Message { role: Role::Assistant, parts: vec![call("a"), call("call_1")] });
    let bytes = stream(&[
        r#"{"index":0,"id":"a","function":{"name":"edit","arguments":"{}"}}"#,
        r#"{"index":1,"function":{"name":"edit","arguments":"{}"}}"#,
    ]);
    check_with(Dialect::Chat, &request, &bytes, "edit#a_1{} edit#call_2{} | Calls | 10 (0 0) 5");
}

#[test]
fn arguments_whatever_they_are() {
    let piece = |arguments: &str| {
        format!(r#"{{"index":0,"id":"a","function":{{"name":"edit","arguments":{arguments}}}}}"#)
    };
    let told = |arguments: &str, expected: &str| {
        row(&[&piece(arguments)], &format!("edit#a{expected} | Calls | 10 (0 0) 5"));
    };
    told(r#"{"path":"x"}"#, r#"{"path":"x"}"#);
    told(r#""""#, "{}");
    told("null", "{}");
    told(r#""{\"path\":""#, r#"?{"path":? EOF while parsing a value at line 1 column 8"#);
    told(r#""[1]""#, "?[1]? is no JSON object");
    told(r#""{}{}""#, "?{}{}? trailing characters at line 1 column 3");
}

#[test]
fn ends_however_they_are_told() {
    let call = calls(r#"{"index":0,"id":"a","function":{"name":"edit","arguments":"{}"}}"#);
    let end = |word: &str| {
        format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":{word}}}]}}"#)
    };
    let text = r#"{"choices":[{"index":0,"delta":{"content":"hi"}}]}"#;
    // "stop" with calls: LiteLLM.
    raw(&[&call, &end("\"stop\""), BILL, "[DONE]"], "edit#a{} | Calls | 10 (0 0) 5");
    // An empty reason all along.
    let empty = r#"{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":""}]}"#;
    raw(&[empty, BILL, "[DONE]"], r#""hi" | End | 10 (0 0) 5"#);
    raw(&[&call, &end("\"\""), BILL, "[DONE]"], "edit#a{} | Calls | 10 (0 0) 5");
    // No [DONE].
    raw(&[text, &end("\"stop\""), BILL], r#""hi" | End | 10 (0 0) 5"#);
    // A clean end in the middle.
    raw(&[text], "Truncated, again: the answer ended before its end");
    raw(&[&call], "Truncated, again: the answer ended before its end");
    raw(&[], "Truncated, again: the answer ended before its end");
    // Nothing said at all.
    raw(&[&end("\"stop\""), BILL, "[DONE]"], " | End | 10 (0 0) 5");
    // Reasons.
    raw(&[text, &end("\"length\""), BILL], r#""hi" | Length | 10 (0 0) 5"#);
    raw(&[text, &end("\"content_filter\""), BILL], r#""hi" | Filtered | 10 (0 0) 5"#);
    raw(&[text, &end("\"moon\""), BILL], r#""hi" | other "moon" | 10 (0 0) 5"#);
    raw(&[text, END, BILL], r#""hi" | other "calls, but there are none" | 10 (0 0) 5"#);
    let refusal = r#"{"choices":[{"index":0,"delta":{"refusal":"I will not."}}]}"#;
    raw(&[refusal, &end("\"stop\""), BILL], r#""I will not." | Refused | 10 (0 0) 5"#);
    // A call that the limit cut off is no call; a whole one is.
    let cut = calls(r#"{"index":1,"id":"b","function":{"name":"edit","arguments":"{\"pa"}}"#);
    raw(&[&cut, &end("\"length\""), BILL], " | Length | 10 (0 0) 5");
    let whole =
        calls(r#"{"index":0,"id":"a","function":{"name":"edit","arguments":"{\"path\":\"x\"}"}}"#);
    raw(&[&whole, &cut, &end("\"length\""), BILL], r#"edit#a{"path":"x"} | Length | 10 (0 0) 5"#);
}

#[test]
fn events_that_are_odd() {
    let text = r#"{"choices":[{"index":0,"delta":{"content":"grüß 🦀"}}]}"#;
    let end = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let expected = r#""grüß 🦀" | End | 10 (0 0) 5"#;
    // Azure: a first event without choices, one without a delta.
    let azure = r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#;
    let bare = r#"{"choices":[{"index":0,"content_filter_offsets":{}}]}"#;
    raw(&[azure, text, bare, end, BILL, "[DONE]"], expected);
    // Comments and CRLF.
    let bytes = format!(
        ": PROCESSING\r\n\r\ndata: {text}\r\n\r\n: PROCESSING\r\n\r\ndata: {end}\r\n\r\ndata: {BILL}\r\n\r\ndata: [DONE]\r\n\r\n"
    );
    check(Dialect::Chat, bytes.as_bytes(), expected);
    // A last event without its blank line.
    let bytes = format!("data: {text}\n\ndata: {end}\n\ndata: {BILL}");
    check(Dialect::Chat, bytes.as_bytes(), expected);
    // A role in each, and nulls.
    let nulls = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":null,"function_call":null,"refusal":null},"finish_reason":null,"logprobs":null}],"usage":null,"error":null}"#;
    raw(&[nulls, text, nulls, end, BILL, "[DONE]"], expected);
    // Content in blocks: Mistral.
    let blocks =
        r#"{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"grüß 🦀"}]}}]}"#;
    raw(&[blocks, end, BILL, "[DONE]"], expected);
    // The bill in the last event with a choice.
    let billed = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5}}"#;
    raw(&[text, billed, "[DONE]"], expected);
    // A whole body where a stream was asked for.
    let body = r#"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"grüß 🦀"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5}}"#;
    check(Dialect::Chat, body.as_bytes(), expected);
    // Not JSON in the middle.
    raw(
        &[text, "{\"choices\": oops", end],
        "Invalid, again: the answer cannot be read: {\"choices\": oops",
    );
    raw(&[text, "{\"choices\":", end], "Invalid, again: the answer cannot be read: {\"choices\":");
    check(
        Dialect::Chat,
        b"<html>gateway</html>",
        "Invalid, again: the answer cannot be read: <html>gateway</html>",
    );
}

#[test]
fn errors_inside_an_answer() {
    let text = r#"{"choices":[{"index":0,"delta":{"content":"hi"}}]}"#;
    raw(
        &[
            text,
            r#"{"error":{"code":502,"message":"Provider returned error"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
        ],
        "Unavailable, again: the provider answered 502: Provider returned error",
    );
    raw(
        &[r#"{"error":{"message":"maximum context length is 4096 tokens"},"choices":[]}"#],
        "Overflow: the provider broke off: maximum context length is 4096 tokens",
    );
    check(
        Dialect::Chat,
        br#"{"error":"model is loading, please wait"}"#,
        "RateLimited, again: the provider broke off: model is loading, please wait",
    );
    check(
        Dialect::Chat,
        br#"{"detail":"Not Found"}"#,
        r#"Invalid, again: the answer cannot be read: {"detail":"Not Found"}"#,
    );
    check(
        Dialect::Chat,
        b"event: error\ndata: {\"message\":\"Overloaded\"}\n\n",
        "Unavailable, again: the provider broke off: Overloaded",
    );
}

#[test]
fn usage_wherever_it_stands() {
    let text = r#"{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}"#;
    let bill = |usage: &str| format!(r#"{{"choices":[],"usage":{usage}}}"#);
    let told = |usage: &str, expected: &str| {
        raw(&[text, &bill(usage), "[DONE]"], &format!(r#""hi" | End | {expected}"#));
    };
    told(
        r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_tokens_details":{"cached_tokens":64}}"#,
        "100 (64 0) 5",
    );
    told(
        r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_cache_hit_tokens":32}"#,
        "100 (32 0) 5",
    );
    told(
        r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":10,"cache_write_tokens":20}}"#,
        "100 (10 20) 5",
    );
    // Reasoning only in the sum: xAI, Gemini.
    told(
        r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":145,"completion_tokens_details":{"reasoning_tokens":40}}"#,
        "100 (0 0) 45",
    );
    // Not told at all: four bytes a token.
    let sent = outgoing(&model(Dialect::Chat), &request(), true).body.to_string().len();
    let guessed = format!(r#""hi" | End | {} (0 0) 1"#, sent.div_ceil(4));
    raw(&[text, "[DONE]"], &guessed);
    raw(&[text, &bill(r#"{"prompt_tokens":0,"completion_tokens":0}"#), "[DONE]"], &guessed);
}

#[test]
fn reasoning_goes_back_where_it_must() {
    let calls = calls(
        r#"{"index":0,"id":"a","function":{"name":"edit","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}"#,
    );
    raw(
        &[
            r#"{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"reasoning_content":"m"}}]}"#,
            &calls,
            END,
            BILL,
            "[DONE]",
        ],
        r#"<{"call_extras":[{"google":{"thought_signature":"s"}}],"reasoning_content":"hmm"}> edit#a{} | Calls | 10 (0 0) 5"#,
    );
    raw(
        &[
            r#"{"choices":[{"index":0,"delta":{"reasoning":"h","reasoning_details":[{"type":"reasoning.text","index":0,"text":"h"}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"reasoning":"m","reasoning_details":[{"type":"reasoning.text","index":0,"text":"m","signature":"s"}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}"#,
            BILL,
        ],
        r#"<{"reasoning_details":[{"index":0,"signature":"s","text":"hm","type":"reasoning.text"}]}> "hi" | End | 10 (0 0) 5"#,
    );
}
