//! Ollama's own API, the one of its two that heeds the size of the window.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Draft, Piece, Progress};
use super::fault::Problem;
use super::{Read, tag, wire};
use crate::model::provider::Model;
use crate::model::transcript::{Message, Request, Role, ToolChoice};

pub(super) fn body(model: &Model, request: &Request, stream: bool) -> Value {
    let mut messages = Vec::new();
    if !request.system.is_empty() {
        messages.push(json!({ "role": "system", "content": request.system }));
    }
    let tag = tag(model);
    for (n, message) in request.messages.iter().enumerate() {
        add(&mut messages, message, &request.messages[..n], &tag);
    }
    // Without `num_ctx` it silently cuts what is longer than its default.
    let options =
        json!({ "num_ctx": model.window, "num_predict": wire::output_max(model, request) });
    let mut body = json!({
        "model": model.model, "messages": messages, "stream": stream, "options": options,
    });
    // It has no word for the choice of tools: they are left out where none may be used.
    if !request.tools.is_empty() && request.choice != ToolChoice::None {
        let tools = request.tools.iter().map(|tool| {
            let (name, schema) = (&tool.name, &tool.schema);
            json!({ "type": "function", "function": {
                "name": name, "description": tool.description, "parameters": schema,
            } })
        });
        body["tools"] = tools.collect();
    }
    if let Some(schema) = &request.answer {
        body["format"] = schema.clone();
    }
    body
}

fn add(messages: &mut Vec<Value>, message: &Message, before: &[Message], tag: &str) {
    for (id, text) in wire::results_of(message) {
        let mut calls = before.iter().flat_map(wire::calls_of);
        let name = calls.find(|call| call.id == id).map_or("", |call| &call.name);
        messages.push(json!({ "role": "tool", "tool_name": name, "content": text }));
    }
    let text = wire::text_of(message);
    let calls: Vec<Value> = wire::calls_of(message)
        .map(|call| json!({ "function": { "name": call.name, "arguments": wire::object(&call.arguments) } }))
        .collect();
    if text.is_empty() && calls.is_empty() {
        return;
    }
    let mut said = Map::new();
    said.insert("role".into(), wire::role(message.role).into());
    said.insert("content".into(), text.into());
    if message.role == Role::Assistant && !calls.is_empty() {
        wire::give_back(&mut said, message, tag);
        said.insert("tool_calls".into(), calls.into());
    }
    messages.push(said.into());
}

#[derive(Default)]
pub(super) struct Ollama {
    thinking: String,
}

impl Read for Ollama {
    fn frame(&mut self, value: &Value, answer: &mut Answer) -> Result<(), Problem> {
        let message = &value["message"];
        if let Some(text) = message["thinking"].as_str() {
            self.thinking.push_str(text);
            answer.reasoning(text);
        }
        wire::texts(&message["content"], answer);
        // Each is whole, and none has an id.
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            let text = match &function["arguments"] {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                object => object.to_string(),
            };
            let id = call["id"].as_str().unwrap_or_default().to_owned();
            let name = function["name"].as_str().unwrap_or_default().to_owned();
            let place = answer.begin(Draft { id, name, text, ..Draft::default() });
            answer.tell(place);
        }
        if value["done"] == true {
            let reason = value["done_reason"].as_str().unwrap_or("stop");
            answer.stop = Some(wire::stop(reason));
            // It is missing when the whole prompt was cached.
            answer.input = wire::count(&value["prompt_eval_count"]);
            answer.output = wire::count(&value["eval_count"]);
            answer.ended(Progress::Done);
        }
        Ok(())
    }

    fn close(&mut self, answer: &mut Answer) {
        if !self.thinking.is_empty() {
            let thinking = std::mem::take(&mut self.thinking);
            answer.pieces.insert(0, Piece::Opaque(json!({ "thinking": thinking })));
        }
    }
}
