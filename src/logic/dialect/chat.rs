//! OpenAI's Chat Completions and what its many imitators make of it.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Draft, Piece, Progress};
use super::fault::Problem;
use super::{Read, fault, tag, wire};
use crate::model::provider::{Model, Vendor};
use crate::model::transcript::{Message, Request, Role, Stop, Tool};

/// Field of an opaque part: what goes back with each call, in their order. Gemini signs its thoughts there.
const CALL_EXTRAS: &str = "call_extras";

pub(super) fn body(model: &Model, request: &Request, stream: bool) -> Value {
    let mut messages = Vec::new();
    if !request.system.is_empty() {
        messages.push(json!({ "role": "system", "content": request.system }));
    }
    let tag = tag(model);
    request.messages.iter().for_each(|message| add(&mut messages, message, &tag));
    let mut body = Map::new();
    body.insert("model".into(), json!(model.model));
    body.insert("messages".into(), messages.into());
    body.insert("stream".into(), stream.into());
    if stream {
        body.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    let is_openai = matches!(model.vendor, Vendor::Openai | Vendor::Azure);
    // Reasoning models of OpenAI refuse the old name, most other servers know no other.
    let output_max = if is_openai { "max_completion_tokens" } else { "max_tokens" };
    body.insert(output_max.into(), wire::output_max(model, request).into());
    if is_openai {
        body.insert("prompt_cache_key".into(), wire::cache_key(request).into());
    }
    wire::add_tools(&mut body, request, |tool| offer(tool, is_openai));
    if let Some(schema) = &request.answer {
        let schema = json!({ "name": "answer", "strict": true, "schema": schema });
        let format = json!({ "type": "json_schema", "json_schema": schema });
        body.insert("response_format".into(), format);
    }
    body.into()
}

fn offer(tool: &Tool, strict: bool) -> Value {
    let Tool { name, description, schema } = tool;
    let mut function = json!({ "name": name, "description": description, "parameters": schema });
    if strict {
        function["strict"] = true.into();
    }
    json!({ "type": "function", "function": function })
}

fn add(messages: &mut Vec<Value>, message: &Message, tag: &str) {
    for (call, text) in wire::results_of(message) {
        messages.push(json!({ "role": "tool", "tool_call_id": call, "content": text }));
    }
    let text = wire::text_of(message);
    let mut calls: Vec<Value> = wire::calls_of(message)
        .map(|call| {
            let arguments = wire::object(&call.arguments).to_string();
            let function = json!({ "name": wire::plain(&call.name), "arguments": arguments });
            json!({ "id": call.id, "type": "function", "function": function })
        })
        .collect();
    if text.is_empty() && calls.is_empty() {
        return;
    }
    let mut said = Map::new();
    said.insert("role".into(), wire::role(message.role).into());
    said.insert("content".into(), if text.is_empty() { Value::Null } else { text.into() });
    if message.role == Role::Assistant && !calls.is_empty() {
        wire::give_back(&mut said, message, tag);
        if let Some(extras) = said.remove(CALL_EXTRAS) {
            for (n, call) in calls.iter_mut().enumerate().filter(|(n, _)| extras[n].is_object()) {
                call["extra_content"] = extras[n].clone();
            }
        }
        said.insert("tool_calls".into(), calls.into());
    }
    messages.push(said.into());
}

/// Reads an answer: deltas and whole messages alike.
#[derive(Default)]
pub(super) struct Chat {
    /// What DeepSeek, Kimi and others want back in messages with calls.
    reasoning: String,
    /// OpenRouter's, put together by place.
    details: Vec<Value>,
    /// By place in the answer's pieces.
    extras: Vec<(usize, Value)>,
}

impl Read for Chat {
    fn frame(&mut self, value: &Value, answer: &mut Answer) -> Result<(), Problem> {
        usage(&value["usage"], answer);
        // Azure begins with a piece without choices, and ends with pieces without a delta.
        let choice = &value["choices"][0];
        let is_whole = choice["message"].is_object();
        let delta = if is_whole { &choice["message"] } else { &choice["delta"] };
        self.delta(delta, answer);
        let word = choice["finish_reason"].as_str().filter(|word| !word.is_empty());
        match word {
            Some("error") => return Err(fault::told(value)),
            Some(word) => {
                if answer.stop != Some(Stop::Refused) {
                    answer.stop = Some(wire::stop(word));
                }
                answer.ended(Progress::Ended);
            }
            None if is_whole => answer.ended(Progress::Ended),
            None => {}
        }
        Ok(())
    }

    fn close(&mut self, answer: &mut Answer) {
        let mut fields = Map::new();
        if !self.reasoning.is_empty() {
            fields.insert("reasoning_content".into(), std::mem::take(&mut self.reasoning).into());
        }
        if !self.details.is_empty() {
            fields.insert("reasoning_details".into(), std::mem::take(&mut self.details).into());
        }
        if !self.extras.is_empty() {
            let of_call = |(place, _)| {
                let found = self.extras.iter().find(|(known, _)| *known == place);
                found.map_or(Value::Null, |(_, extra)| extra.clone())
            };
            fields.insert(CALL_EXTRAS.into(), answer.drafts().map(of_call).collect());
        }
        if !fields.is_empty() {
            answer.pieces.insert(0, Piece::Opaque(fields.into()));
        }
    }
}

impl Chat {
    fn delta(&mut self, delta: &Value, answer: &mut Answer) {
        wire::texts(&delta["content"], answer);
        if let Some(refusal) = delta["refusal"].as_str().filter(|text| !text.is_empty()) {
            answer.text(refusal);
            answer.stop = Some(Stop::Refused);
        }
        if let Some(text) = delta["reasoning_content"].as_str() {
            self.reasoning.push_str(text);
            answer.reasoning(text);
        } else if let Some(text) = delta["reasoning"].as_str() {
            answer.reasoning(text);
        }
        for detail in delta["reasoning_details"].as_array().into_iter().flatten() {
            self.detail(detail);
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            self.call(call, answer);
        }
    }

    fn call(&mut self, piece: &Value, answer: &mut Answer) {
        let id = piece["id"].as_str().unwrap_or_default();
        let index = piece["index"].as_u64();
        let name = piece["function"]["name"].as_str().unwrap_or_default();
        let place = owner(answer, piece);
        let place = place.unwrap_or_else(|| answer.begin(Draft { index, ..Draft::default() }));
        let Some(draft) = answer.draft(place) else { return };
        if draft.id.is_empty() {
            id.clone_into(&mut draft.id);
        }
        // Some repeat it in every piece.
        if draft.name.is_empty() {
            name.clone_into(&mut draft.name);
        }
        match &piece["function"]["arguments"] {
            Value::String(text) => draft.text.push_str(text),
            object @ Value::Object(_) => draft.text.push_str(&object.to_string()),
            _ => {}
        }
        answer.tell(place);
        let extra = &piece["extra_content"];
        if extra.is_object() {
            self.extras.push((place, extra.clone()));
        }
    }

    /// Pieces of one block carry its place; texts go on, everything else stands.
    fn detail(&mut self, piece: &Value) {
        let is_same =
            |known: &&mut Value| known["index"] == piece["index"] && known["type"] == piece["type"];
        let known = self.details.last_mut().filter(is_same).and_then(Value::as_object_mut);
        let (Some(known), Value::Object(fields)) = (known, piece) else {
            self.details.push(piece.clone());
            return;
        };
        for (name, value) in fields {
            let goes_on = ["text", "summary", "data"].contains(&name.as_str());
            match (known.get_mut(name), value) {
                (Some(Value::String(before)), Value::String(more)) if goes_on => {
                    before.push_str(more);
                }
                (_, Value::Null) => {}
                _ => drop(known.insert(name.clone(), value.clone())),
            }
        }
    }
}

/// The call that a piece belongs to: the one with its id; else with its index, unless that one has another id; else the
/// last, unless the piece names a call of its own.
fn owner(answer: &Answer, piece: &Value) -> Option<usize> {
    let id = piece["id"].as_str().unwrap_or_default();
    let index = piece["index"].as_u64();
    let name = piece["function"]["name"].as_str().unwrap_or_default();
    let find =
        |wanted: &dyn Fn(&Draft) -> bool| answer.drafts().rev().find(|(_, draft)| wanted(draft));
    let is_its = |draft: &Draft| index.is_some() && draft.index == index;
    let (place, draft) = if !id.is_empty() {
        find(&|draft| draft.id == id)
            .or_else(|| find(&|draft| draft.id.is_empty() && is_its(draft)))
    } else if index.is_some() {
        find(&is_its)
    } else {
        find(&|_| true).filter(|(_, draft)| name.is_empty() || draft.name.is_empty())
    }?;
    // Whole calls, one after the other, with neither ids nor indices of their own.
    let is_next = id.is_empty() && !name.is_empty() && !draft.name.is_empty();
    let is_full = || serde_json::from_str::<Map<String, Value>>(&draft.text).is_ok();
    let brings = !matches!(&piece["function"]["arguments"], Value::String(text) if text.is_empty());
    (!(is_next && brings && is_full())).then_some(place)
}

fn usage(usage: &Value, answer: &mut Answer) {
    let Some(input) = wire::count(&usage["prompt_tokens"]) else { return };
    let output = wire::count(&usage["completion_tokens"]).unwrap_or(0);
    // Some leave reasoning out of what came, but not out of the sum.
    let total = wire::count(&usage["total_tokens"]).unwrap_or(0);
    answer.input = Some(input);
    answer.output = Some(output.max(total.saturating_sub(input)));
    let details = &usage["prompt_tokens_details"];
    let cached = wire::count(&details["cached_tokens"])
        .or_else(|| wire::count(&usage["prompt_cache_hit_tokens"]));
    answer.cached = cached.unwrap_or(0).min(input);
    answer.cache_written = wire::count(&details["cache_write_tokens"]).unwrap_or(0).min(input);
}
