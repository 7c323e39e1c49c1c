//! The wire formats, written from the side of a server.

use greenloop::model::provider::Dialect;
use serde_json::{Value, json};

use super::scripted::{Ends, How, Reply, Seen};

pub fn content_type(seen: &Seen) -> &'static str {
    match (seen.is_streamed(), seen.dialect) {
        (false, _) => "application/json",
        (true, Dialect::Ollama) => "application/x-ndjson",
        (true, _) => "text/event-stream",
    }
}

/// What a server says about a request that is too long.
pub fn overflow(dialect: Dialect) -> String {
    match dialect {
        Dialect::Chat | Dialect::Responses => json!({ "error": {
            "code": "context_length_exceeded", "message": "This model's maximum context length is 4096 tokens.",
        } }),
        Dialect::Messages => json!({ "type": "error", "error": {
            "type": "invalid_request_error", "message": "prompt is too long: 9000 tokens > 4096 maximum",
        } }),
        Dialect::Ollama => json!({ "error": "the prompt exceeds the available context size" }),
    }
    .to_string()
}

/// The answer's body.
pub fn bytes(seen: &Seen, reply: &Reply) -> Vec<u8> {
    let n = n_results(seen);
    let mut pieces = match seen.dialect {
        Dialect::Chat => chat(reply, n),
        Dialect::Responses => responses(reply, n),
        Dialect::Messages => messages(&by_tool(seen, reply), n),
        Dialect::Ollama => ollama(reply),
    };
    if !seen.is_streamed() {
        let body = match seen.dialect {
            Dialect::Chat => chat_body(reply, n),
            Dialect::Responses => pieces.pop().unwrap().1["response"].clone(),
            Dialect::Messages => message(&by_tool(seen, reply), n),
            Dialect::Ollama => ollama_body(reply),
        };
        let mut text = body.to_string();
        if reply.how == How::Garbled {
            text.insert_str(text.len() / 2, "\"oops");
        }
        return text.into_bytes();
    }
    let mut lines: Vec<String> = pieces
        .iter()
        .map(|(event, value)| match (seen.dialect, event.as_str()) {
            (Dialect::Ollama, _) => format!("{value}\n"),
            (_, "") => format!("data: {value}\n\n"),
            (_, event) => format!("event: {event}\ndata: {value}\n\n"),
        })
        .collect();
    if seen.dialect == Dialect::Chat {
        lines.push("data: [DONE]\n\n".to_owned());
    }
    if reply.how == How::Garbled {
        let ollama = seen.dialect == Dialect::Ollama;
        lines.insert(1, if ollama { "{oops\n" } else { "data: {oops\n\n" }.to_owned());
    }
    if reply.how != How::Whole && seen.dialect != Dialect::Ollama {
        lines.insert(1, ": still there\r\n\r\n".to_owned());
    }
    lines.concat().into_bytes()
}

type Pieces = Vec<(String, Value)>;

/// Ids that no earlier answer of the conversation had.
fn id(n_results: usize, n: usize) -> String {
    format!("call_{n_results}_{n}")
}

/// A text in two halves, through the middle of its characters' row.
fn halves(text: &str) -> [&str; 2] {
    let at = text.floor_char_boundary(text.len() / 2);
    let (start, end) = text.split_at(at);
    [start, end]
}

fn chat(reply: &Reply, n_results: usize) -> Pieces {
    let delta = |delta: Value| {
        (
            String::new(),
            json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }),
        )
    };
    let field = if reply.ends == Ends::Refusal { "refusal" } else { "content" };
    let mut pieces = vec![delta(json!({ "role": "assistant", "content": null }))];
    let halves_of = halves(&reply.text).into_iter().filter(|half| !half.is_empty());
    pieces.extend(halves_of.map(|half| delta(json!({ field: half }))));
    for (n, (name, arguments)) in reply.calls.iter().enumerate() {
        let begun = json!({ "index": n, "id": id(n_results, n), "type": "function", "function": { "name": name, "arguments": "" } });
        pieces.push(delta(json!({ "tool_calls": [begun] })));
        for half in halves(&arguments.to_string()) {
            let more = json!({ "index": n, "function": { "arguments": half } });
            pieces.push(delta(json!({ "tool_calls": [more] })));
        }
    }
    let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": finish(reply) }] });
    pieces.push((String::new(), end));
    pieces.push((String::new(), json!({ "choices": [], "usage": chat_usage(reply) })));
    pieces
}

fn chat_usage(reply: &Reply) -> Value {
    let (input, output) = reply.usage;
    json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output })
}

fn finish(reply: &Reply) -> &'static str {
    match (reply.ends, reply.calls.is_empty()) {
        (Ends::Length, _) => "length",
        (_, false) => "tool_calls",
        (_, true) => "stop",
    }
}

fn chat_body(reply: &Reply, n_results: usize) -> Value {
    let calls = reply.calls.iter().enumerate().map(|(n, (name, arguments))| {
        json!({ "id": id(n_results, n), "type": "function", "function": { "name": name, "arguments": arguments.to_string() } })
    });
    let calls: Vec<Value> = calls.collect();
    let field = if reply.ends == Ends::Refusal { "refusal" } else { "content" };
    let mut message = json!({ "role": "assistant", field: reply.text });
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    json!({
        "choices": [{ "index": 0, "message": message, "finish_reason": finish(reply) }],
        "usage": chat_usage(reply),
    })
}

fn responses(reply: &Reply, n_results: usize) -> Pieces {
    let mut items = Vec::new();
    if !reply.text.is_empty() {
        let block = if reply.ends == Ends::Refusal {
            json!({ "type": "refusal", "refusal": reply.text })
        } else {
            json!({ "type": "output_text", "text": reply.text })
        };
        items.push(json!({ "type": "message", "role": "assistant", "content": [block] }));
    }
    for (n, (name, arguments)) in reply.calls.iter().enumerate() {
        items.push(json!({
            "type": "function_call", "id": format!("fc_{n}"), "call_id": id(n_results, n), "name": name,
            "arguments": arguments.to_string(),
        }));
    }
    let mut pieces: Pieces = vec![(
        "response.created".to_owned(),
        json!({ "type": "response.created", "response": { "status": "in_progress" } }),
    )];
    for half in halves(&reply.text) {
        let kind = "response.output_text.delta";
        pieces.push((kind.to_owned(), json!({ "type": kind, "delta": half })));
    }
    for (n, item) in items.iter().enumerate() {
        let kind = "response.output_item.done";
        pieces.push((kind.to_owned(), json!({ "type": kind, "output_index": n, "item": item })));
    }
    let (status, details) = match reply.ends {
        Ends::Length => ("incomplete", json!({ "reason": "max_output_tokens" })),
        Ends::Well | Ends::Refusal | Ends::Overflow => ("completed", Value::Null),
    };
    let (input, output) = reply.usage;
    let response = json!({
        "object": "response", "status": status, "incomplete_details": details, "output": items,
        "usage": { "input_tokens": input, "output_tokens": output },
    });
    let kind = format!("response.{status}");
    pieces.push((kind.clone(), json!({ "type": kind, "response": response })));
    pieces
}

/// A structured answer is asked for as the arguments of a tool.
fn by_tool(seen: &Seen, reply: &Reply) -> Reply {
    let tools = seen.body["tools"].as_array().into_iter().flatten();
    let wants = tools.into_iter().any(|tool| tool["name"] == "final_answer");
    match serde_json::from_str::<Value>(&reply.text) {
        Ok(value) if wants && value.is_object() => {
            Reply { text: String::new(), ..reply.clone() }.and("final_answer", value)
        }
        _ => reply.clone(),
    }
}

fn message(reply: &Reply, n_results: usize) -> Value {
    let mut content = Vec::new();
    if !reply.text.is_empty() {
        content.push(json!({ "type": "text", "text": reply.text }));
    }
    for (n, (name, arguments)) in reply.calls.iter().enumerate() {
        let id = id(n_results, n);
        content.push(json!({ "type": "tool_use", "id": id, "name": name, "input": arguments }));
    }
    let (input, output) = reply.usage;
    let stop = match (reply.ends, reply.calls.is_empty()) {
        (Ends::Length, _) => "max_tokens",
        (Ends::Refusal, _) => "refusal",
        (_, false) => "tool_use",
        (_, true) => "end_turn",
    };
    json!({
        "type": "message", "role": "assistant", "content": content, "stop_reason": stop,
        "usage": { "input_tokens": input, "output_tokens": output },
    })
}

fn messages(reply: &Reply, n_results: usize) -> Pieces {
    let whole = message(reply, n_results);
    let input = &whole["usage"]["input_tokens"];
    let mut values = vec![json!({ "type": "message_start", "message": {
        "role": "assistant", "content": [], "usage": { "input_tokens": input, "output_tokens": 1 },
    } })];
    for (n, block) in whole["content"].as_array().unwrap().iter().enumerate() {
        let is_text = block["type"] == "text";
        let mut start = block.clone();
        let text = if is_text {
            start["text"] = "".into();
            block["text"].as_str().unwrap().to_owned()
        } else {
            start["input"] = json!({});
            block["input"].to_string()
        };
        values.push(json!({ "type": "content_block_start", "index": n, "content_block": start }));
        for half in halves(&text) {
            let delta = if is_text {
                json!({ "type": "text_delta", "text": half })
            } else {
                json!({ "type": "input_json_delta", "partial_json": half })
            };
            values.push(json!({ "type": "content_block_delta", "index": n, "delta": delta }));
        }
        values.push(json!({ "type": "content_block_stop", "index": n }));
    }
    let usage = json!({ "output_tokens": whole["usage"]["output_tokens"] });
    let delta = json!({ "stop_reason": whole["stop_reason"] });
    values.push(json!({ "type": "message_delta", "delta": delta, "usage": usage }));
    values.push(json!({ "type": "message_stop" }));
    values.into_iter().map(|value| (value["type"].as_str().unwrap().to_owned(), value)).collect()
}

fn ollama_body(reply: &Reply) -> Value {
    let calls = reply
        .calls
        .iter()
        .map(|(name, arguments)| json!({ "function": { "name": name, "arguments": arguments } }));
    let reason = if reply.ends == Ends::Length { "length" } else { "stop" };
    let (input, output) = reply.usage;
    json!({
        "message": { "role": "assistant", "content": reply.text, "tool_calls": calls.collect::<Vec<_>>() },
        "done": true, "done_reason": reason, "prompt_eval_count": input, "eval_count": output,
    })
}

fn ollama(reply: &Reply) -> Pieces {
    let mut last = ollama_body(reply);
    let first = json!({ "message": { "role": "assistant", "content": reply.text }, "done": false });
    let mut calls = first.clone();
    calls["message"] = last["message"].clone();
    calls["message"]["content"] = "".into();
    last["message"] = json!({ "role": "assistant", "content": "" });
    [first, calls, last].map(|value| (String::new(), value)).into()
}

fn n_results(seen: &Seen) -> usize {
    let (calls, _) = calls_and_results(seen);
    calls.len()
}

/// What is wrong with a request: a call without its one result, or a result without its call.
pub fn unpaired(seen: &Seen) -> Vec<String> {
    let (calls, results) = calls_and_results(seen);
    let mut faults = Vec::new();
    for id in &calls {
        let n = results.iter().filter(|known| *known == id).count();
        if n != 1 {
            faults.push(format!("call {id} has {n} results"));
        }
    }
    let strays = results.iter().filter(|id| !calls.contains(id));
    faults.extend(strays.map(|id| format!("result {id} has no call")));
    faults
}

fn calls_and_results(seen: &Seen) -> (Vec<String>, Vec<String>) {
    let name = if seen.dialect == Dialect::Responses { "input" } else { "messages" };
    let (mut calls, mut results) = (Vec::new(), Vec::new());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for item in seen.body[name].as_array().into_iter().flatten() {
        match seen.dialect {
            Dialect::Responses => match item["type"].as_str() {
                Some("function_call") => calls.push(text(&item["call_id"])),
                Some("function_call_output") => results.push(text(&item["call_id"])),
                _ => {}
            },
            Dialect::Messages => {
                for block in item["content"].as_array().into_iter().flatten() {
                    match block["type"].as_str() {
                        Some("tool_use") => calls.push(text(&block["id"])),
                        Some("tool_result") => results.push(text(&block["tool_use_id"])),
                        _ => {}
                    }
                }
            }
            // Ollama has no ids: calls and results are counted.
            Dialect::Chat | Dialect::Ollama => {
                for call in item["tool_calls"].as_array().into_iter().flatten() {
                    let id = call["id"].as_str().map(str::to_owned);
                    calls.push(id.unwrap_or_else(|| calls.len().to_string()));
                }
                if item["role"] == "tool" {
                    let id = item["tool_call_id"].as_str().map(str::to_owned);
                    results.push(id.unwrap_or_else(|| results.len().to_string()));
                }
            }
        }
    }
    (calls, results)
}
