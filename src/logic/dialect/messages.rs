//! Anthropic's Messages.

use serde_json::{Map, Value, json};

use super::answer::{ANSWER_TOOL, Answer, Draft, Piece, Progress};
use super::fault::Problem;
use super::{Read, tag, wire};
use crate::model::provider::Model;
use crate::model::transcript::{Fault, Message, Part, Request, Role, ToolChoice};

pub(super) fn body(model: &Model, request: &Request, stream: bool) -> Value {
    let tag = tag(model);
    let mut messages: Vec<Value> = Vec::new();
    for message in &request.messages {
        let content = content(message, &tag);
        if !content.is_empty() {
            messages.push(json!({ "role": wire::role(message.role), "content": content }));
        }
    }
    // Everything up to a mark is cached: the tools with the system text, and the conversation so far.
    if let Some(last) = messages.last_mut().and_then(|message| message["content"].as_array_mut()) {
        last.last_mut().into_iter().for_each(mark);
    }
    let mut tools: Vec<Value> = request
        .tools
        .iter()
        .map(|tool| offer(&tool.name, &tool.description, &tool.schema))
        .collect();
    if let Some(schema) = &request.answer {
        tools.push(offer(ANSWER_TOOL, "Gives the answer.", schema));
    }
    if request.system.is_empty() {
        tools.last_mut().into_iter().for_each(mark);
    }
    let mut body = Map::new();
    body.insert("model".into(), json!(model.model));
    body.insert("max_tokens".into(), wire::output_max(model, request).into());
    body.insert("stream".into(), stream.into());
    body.insert("messages".into(), messages.into());
    if !request.system.is_empty() {
        let mut system = json!({ "type": "text", "text": request.system });
        mark(&mut system);
        body.insert("system".into(), vec![system].into());
    }
    if !tools.is_empty() {
        body.insert("tools".into(), tools.into());
    }
    if let Some(choice) = choice(request) {
        body.insert("tool_choice".into(), choice);
    }
    body.into()
}

fn mark(block: &mut Value) {
    // Signed blocks go back as they came.
    if let Some("text" | "tool_use" | "tool_result" | "custom") = block["type"].as_str() {
        block["cache_control"] = json!({ "type": "ephemeral" });
    }
}

fn offer(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "type": "custom", "name": name, "description": description, "input_schema": schema })
}

fn choice(request: &Request) -> Option<Value> {
    match (&request.answer, &request.choice) {
        (Some(_), _) if request.tools.is_empty() || request.choice == ToolChoice::None => {
            Some(json!({ "type": "tool", "name": ANSWER_TOOL }))
        }
        // The answer is a tool too.
        (Some(_), _) => Some(json!({ "type": "any" })),
        (None, _) if request.tools.is_empty() => None,
        (None, ToolChoice::Auto) => None,
        (None, ToolChoice::Required) => Some(json!({ "type": "any" })),
        (None, ToolChoice::None) => Some(json!({ "type": "none" })),
    }
}

fn content(message: &Message, tag: &str) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    // Results of tools have to come first.
    for part in &message.parts {
        if let Part::Result { call, text, is_error } = part {
            let mut block =
                json!({ "type": "tool_result", "tool_use_id": wire::plain(call), "content": text });
            if *is_error {
                block["is_error"] = true.into();
            }
            blocks.push(block);
        }
    }
    let is_ours = !wire::opaque_of(message, tag).is_empty();
    for part in &message.parts {
        match part {
            Part::Opaque { value, .. } if is_ours => blocks.push(value.clone()),
            // Empty texts are refused.
            Part::Text { text } if !text.trim().is_empty() => {
                blocks.push(json!({ "type": "text", "text": text }));
            }
            Part::Call(call) => blocks.push(json!({
                "type": "tool_use",
                "id": wire::plain(&call.id),
                "name": wire::plain(&call.name),
                "input": wire::object(&call.arguments),
            })),
            Part::Text { .. } | Part::Result { .. } | Part::Opaque { .. } => {}
        }
    }
    // Signed thoughts alone are no message.
    let is_said = blocks.iter().any(|block| block["type"] != "thinking");
    if is_said || message.role == Role::User { blocks } else { Vec::new() }
}

/// Reads an answer; a whole one is a stream of whole blocks.
#[derive(Default)]
pub(super) struct Messages {
    /// Where each block of the provider is in the answer's pieces.
    places: Vec<(u64, usize)>,
    is_too_long: bool,
}

impl Read for Messages {
    fn frame(&mut self, value: &Value, answer: &mut Answer) -> Result<(), Problem> {
        match value["type"].as_str().unwrap_or_default() {
            "message_start" => usage(&value["message"]["usage"], answer),
            "content_block_start" => self.start(index(value), &value["content_block"], answer),
            "content_block_delta" => self.delta(index(value), &value["delta"], answer),
            "message_delta" => {
                self.stop(&value["delta"]["stop_reason"], answer);
                usage(&value["usage"], answer);
            }
            "message_stop" => self.end(answer)?,
            "message" => {
                usage(&value["usage"], answer);
                for (n, block) in value["content"].as_array().into_iter().flatten().enumerate() {
                    self.start(n as u64, block, answer);
                }
                self.stop(&value["stop_reason"], answer);
                self.end(answer)?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Messages {
    fn end(&self, answer: &mut Answer) -> Result<(), Problem> {
        if self.is_too_long {
            let message = "the answer did not fit the model's window any more";
            return Err(Problem::new(Fault::Overflow, message));
        }
        answer.ended(Progress::Done);
        Ok(())
    }

    fn stop(&mut self, reason: &Value, answer: &mut Answer) {
        let Some(word) = reason.as_str() else { return };
        self.is_too_long = word == "model_context_window_exceeded";
        answer.stop = Some(wire::stop(word));
    }

    fn start(&mut self, index: u64, block: &Value, answer: &mut Answer) {
        let place = match block["type"].as_str().unwrap_or_default() {
            "text" => return answer.text(block["text"].as_str().unwrap_or_default()),
            "tool_use" => {
                let word = |name: &str| block[name].as_str().unwrap_or_default().to_owned();
                // In a stream it is empty here and comes in pieces.
                let is_empty = block["input"].as_object().is_none_or(Map::is_empty);
                let text = if is_empty { String::new() } else { block["input"].to_string() };
                let (id, name) = (word("id"), word("name"));
                answer.begin(Draft { index: Some(index), id, name, text, ..Draft::default() })
            }
            // Thoughts, signed or not to be read, and whatever else only the provider knows: all go back unchanged.
            _ => {
                answer.reasoning(block["thinking"].as_str().unwrap_or_default());
                answer.pieces.push(Piece::Opaque(block.clone()));
                answer.pieces.len() - 1
            }
        };
        answer.tell(place);
        self.places.push((index, place));
    }

    fn delta(&self, index: u64, delta: &Value, answer: &mut Answer) {
        let place = self.places.iter().rev().find(|(known, _)| *known == index);
        let place = place.map(|(_, place)| *place);
        let word = |name: &str| delta[name].as_str().unwrap_or_default();
        match delta["type"].as_str().unwrap_or_default() {
            "text_delta" => answer.text(word("text")),
            "input_json_delta" => {
                if let Some(draft) = place.and_then(|place| answer.draft(place)) {
                    draft.text.push_str(word("partial_json"));
                }
            }
            kind @ ("thinking_delta" | "signature_delta") => {
                let name = if kind == "thinking_delta" { "thinking" } else { "signature" };
                if name == "thinking" {
                    answer.reasoning(word(name));
                }
                let piece = place.and_then(|place| answer.pieces.get_mut(place));
                if let Some(Piece::Opaque(block)) = piece {
                    let before = block[name].as_str().unwrap_or_default();
                    block[name] = format!("{before}{}", word(name)).into();
                }
            }
            _ => {}
        }
    }
}

fn index(value: &Value) -> u64 {
    value["index"].as_u64().unwrap_or(0)
}

/// Theirs leaves out of `input_tokens` what was read from the cache or written to it; later figures replace earlier ones.
fn usage(usage: &Value, answer: &mut Answer) {
    if let Some(fresh) = wire::count(&usage["input_tokens"]) {
        let cached = wire::count(&usage["cache_read_input_tokens"]);
        let written = wire::count(&usage["cache_creation_input_tokens"]);
        answer.cached = cached.unwrap_or(answer.cached);
        answer.cache_written = written.unwrap_or(answer.cache_written);
        answer.input =
            Some(fresh.saturating_add(answer.cached).saturating_add(answer.cache_written));
    }
    answer.output = wire::count(&usage["output_tokens"]).or(answer.output);
}
