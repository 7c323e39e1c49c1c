//! OpenAI's Responses, with nothing stored on their side.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Draft, Piece, Progress};
use super::fault::Problem;
use super::{Read, fault, tag, wire};
use crate::model::provider::Model;
use crate::model::transcript::{Delta, Message, Part, Request, Role, Stop};

/// The least they take.
const OUTPUT_MIN: u32 = 16;

pub(super) fn body(model: &Model, request: &Request, stream: bool) -> Value {
    let tag = tag(model);
    let mut input = Vec::new();
    request.messages.iter().for_each(|message| add(&mut input, message, &tag));
    let mut body = Map::new();
    body.insert("model".into(), json!(model.model));
    if !request.system.is_empty() {
        body.insert("instructions".into(), json!(request.system));
    }
    body.insert("input".into(), input.into());
    body.insert("stream".into(), stream.into());
    body.insert("store".into(), false.into());
    body.insert("include".into(), json!(["reasoning.encrypted_content"]));
    let output_max = wire::output_max(model, request).max(OUTPUT_MIN);
    body.insert("max_output_tokens".into(), output_max.into());
    body.insert("prompt_cache_key".into(), wire::cache_key(request).into());
    wire::add_tools(&mut body, request, |tool| {
        json!({
            "type": "function", "name": tool.name, "description": tool.description,
            "parameters": tool.schema, "strict": true,
        })
    });
    if let Some(schema) = &request.answer {
        let format =
            json!({ "type": "json_schema", "name": "answer", "strict": true, "schema": schema });
        body.insert("text".into(), json!({ "format": format }));
    }
    body.into()
}

fn add(input: &mut Vec<Value>, message: &Message, tag: &str) {
    let is_ours = !wire::opaque_of(message, tag).is_empty();
    for part in &message.parts {
        match part {
            Part::Result { call, text, .. } => input.push(json!({
                "type": "function_call_output", "call_id": wire::plain(call), "output": text,
            })),
            Part::Opaque { value, .. } if is_ours => input.push(value.clone()),
            Part::Text { text } if !text.is_empty() => {
                let kind = match message.role {
                    Role::User => "input_text",
                    Role::Assistant => "output_text",
                };
                let content = json!([{ "type": kind, "text": text }]);
                input.push(json!({
                    "type": "message", "role": wire::role(message.role), "content": content,
                }));
            }
            Part::Call(call) => input.push(json!({
                "type": "function_call",
                "call_id": wire::plain(&call.id),
                "name": wire::plain(&call.name),
                "arguments": wire::object(&call.arguments).to_string(),
            })),
            Part::Text { .. } | Part::Opaque { .. } => {}
        }
    }
}

/// Reads an answer. What counts are its finished items; deltas are for people who watch.
#[derive(Default)]
pub(super) struct Responses {
    /// Items by their place, as far as they are finished.
    items: Vec<(u64, Value)>,
    /// Whether their arguments and texts were told while they came.
    told: bool,
}

impl Read for Responses {
    fn frame(&mut self, value: &Value, answer: &mut Answer) -> Result<(), Problem> {
        match value["type"].as_str().unwrap_or_default() {
            "response.output_text.delta" | "response.refusal.delta" => {
                self.told = true;
                let text = value["delta"].as_str().unwrap_or_default();
                answer.deltas.push(Delta::Text(text.to_owned()));
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                answer.reasoning(value["delta"].as_str().unwrap_or_default());
            }
            "response.output_item.added" if value["item"]["type"] == "function_call" => {
                self.told = true;
                let name = value["item"]["name"].as_str().unwrap_or_default().to_owned();
                answer.deltas.push(Delta::Call { name });
            }
            "response.output_item.done" => {
                let place = value["output_index"].as_u64().unwrap_or(self.items.len() as u64);
                self.items.push((place, value["item"].clone()));
            }
            // At once: some servers leave the connection open.
            "response.completed" | "response.incomplete" | "response.failed" => {
                return self.end(&value["response"], answer);
            }
            // A whole answer.
            _ if value["object"] == "response" => return self.end(value, answer),
            _ => {}
        }
        Ok(())
    }
}

impl Responses {
    fn end(&mut self, response: &Value, answer: &mut Answer) -> Result<(), Problem> {
        usage(&response["usage"], answer);
        if response["status"] == "failed" {
            return Err(fault::told(response));
        }
        let reason = response["incomplete_details"]["reason"].as_str();
        answer.stop = Some(match response["status"].as_str().unwrap_or("completed") {
            "completed" => Stop::End,
            "incomplete" => wire::stop(reason.unwrap_or("incomplete")),
            other => Stop::Other(other.to_owned()),
        });
        // Some servers leave them out of one of the two places.
        let listed = response["output"].as_array().filter(|items| !items.is_empty());
        let streamed = || {
            self.items.sort_by_key(|(place, _)| *place);
            self.items.iter().map(|(_, item)| item.clone()).collect()
        };
        let items = listed.cloned().unwrap_or_else(streamed);
        // What was told already is not told again.
        let n_told = answer.deltas.len();
        items.into_iter().for_each(|item| take(item, answer));
        if self.told {
            answer.deltas.truncate(n_told);
        }
        answer.ended(Progress::Done);
        Ok(())
    }
}

fn take(item: Value, answer: &mut Answer) {
    let word = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    match item["type"].as_str().unwrap_or_default() {
        "message" => {
            for block in item["content"].as_array().into_iter().flatten() {
                answer.text(block["text"].as_str().unwrap_or_default());
                if let Some(refusal) = block["refusal"].as_str() {
                    answer.text(refusal);
                    answer.stop = Some(Stop::Refused);
                }
            }
        }
        "function_call" => {
            let id = if item["call_id"].is_string() { word("call_id") } else { word("id") };
            let text = match &item["arguments"] {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                object => object.to_string(),
            };
            let name = word("name");
            let place = answer.begin(Draft { id, name, text, ..Draft::default() });
            answer.tell(place);
        }
        _ => answer.pieces.push(Piece::Opaque(item)),
    }
}

fn usage(usage: &Value, answer: &mut Answer) {
    let Some(input) = wire::count(&usage["input_tokens"]) else { return };
    answer.input = Some(input);
    answer.output = wire::count(&usage["output_tokens"]);
    let cached = wire::count(&usage["input_tokens_details"]["cached_tokens"]);
    answer.cached = cached.unwrap_or(0).min(input);
}
