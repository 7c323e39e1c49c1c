//! What the dialects share in writing requests and reading answers.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use crate::base::hash::ContentHash;
use crate::model::provider::{Dialect, Model};
use crate::model::transcript::{
    Arguments, Message, Part, Request, Role, Stop, Tool, ToolCall, ToolChoice,
};

/// The word of a dialect in configuration and tags.
pub(super) fn word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Chat => "chat",
        Dialect::Responses => "responses",
        Dialect::Messages => "messages",
        Dialect::Ollama => "ollama",
    }
}

/// A name or an id as all providers take it: letters, digits, `_` and `-`, 64 at most. Models make up others.
pub(super) fn plain(text: &str) -> String {
    const MAX: usize = 64;
    let is_plain = |ch: char| ch.is_ascii_alphanumeric() || ch == '_' || ch == '-';
    if !text.is_empty() && text.len() <= MAX && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let start: String = text.chars().filter(|ch| is_plain(*ch)).take(40).collect();
    // Two that differ stay different.
    format!("{start}_{}", ContentHash::of(text))
}

/// The tools as OpenAI's dialects take them, with whether one must be used; `offer` writes one of them.
pub(super) fn add_tools(
    body: &mut Map<String, Value>,
    request: &Request,
    offer: impl Fn(&Tool) -> Value,
) {
    if request.tools.is_empty() {
        return;
    }
    body.insert("tools".into(), request.tools.iter().map(offer).collect());
    let choice = match request.choice {
        ToolChoice::Auto => return,
        ToolChoice::Required => "required",
        ToolChoice::None => "none",
    };
    body.insert("tool_choice".into(), choice.into());
}

/// Arguments as an object. What was no object is told as it was; the result of the call says what is wrong with it.
pub(super) fn object(arguments: &Arguments) -> Value {
    match arguments {
        Arguments::Object(object) => Value::Object(object.clone()),
        Arguments::Unreadable { text, .. } => json!({ "unreadable": text }),
    }
}

/// The texts of a message as one.
pub(super) fn text_of(message: &Message) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text { text } if !text.is_empty() => Some(text.as_str()),
        Part::Text { .. } | Part::Call(_) | Part::Result { .. } | Part::Opaque { .. } => None,
    });
    texts.collect::<Vec<_>>().join("\n\n")
}

pub(super) fn calls_of(message: &Message) -> impl Iterator<Item = &ToolCall> {
    message.parts.iter().filter_map(|part| match part {
        Part::Call(call) => Some(call),
        Part::Text { .. } | Part::Result { .. } | Part::Opaque { .. } => None,
    })
}

/// The id of the call, and what its tool said.
pub(super) fn results_of(message: &Message) -> impl Iterator<Item = (&str, &str)> {
    message.parts.iter().filter_map(|part| match part {
        Part::Result { call, text, .. } => Some((call.as_str(), text.as_str())),
        Part::Text { .. } | Part::Call(_) | Part::Opaque { .. } => None,
    })
}

/// What of a message only the provider and model with this tag can read: all of it, or nothing when any is another's.
pub(super) fn opaque_of<'m>(message: &'m Message, tag: &str) -> Vec<&'m Value> {
    let all = message.parts.iter().filter_map(|part| match part {
        Part::Opaque { provider, value } => Some((provider == tag).then_some(value)),
        Part::Text { .. } | Part::Call(_) | Part::Result { .. } => None,
    });
    all.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// Adds the fields that a provider wants back in messages with calls, and only there.
pub(super) fn give_back(into: &mut Map<String, Value>, message: &Message, tag: &str) {
    for value in opaque_of(message, tag) {
        let Value::Object(fields) = value else { continue };
        into.extend(fields.clone());
    }
}

pub(super) fn output_max(model: &Model, request: &Request) -> u32 {
    request.output_max.min(model.output_max).max(1)
}

/// The same for all calls of one conversation, so that a provider sends them where its beginning is cached.
pub(super) fn cache_key(request: &Request) -> String {
    let first = request.messages.first().map(|message| &message.parts);
    let text = json!([request.system, request.tools, first]).to_string();
    ContentHash::of(text).to_string()
}

/// A number of tokens where the provider gives one.
pub(super) fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))
}

/// Text in an answer that is a text, or a list of blocks with texts.
pub(super) fn texts(content: &Value, answer: &mut Answer) {
    match content {
        Value::String(text) => answer.text(text),
        Value::Array(blocks) => {
            for block in blocks {
                answer.text(block["text"].as_str().unwrap_or_default());
            }
        }
        _ => {}
    }
}

/// The reason an answer ended, for words that the OpenAI dialects share with their imitators.
pub(super) fn stop(word: &str) -> Stop {
    match word.to_ascii_lowercase().as_str() {
        "stop" | "end_turn" | "stop_sequence" | "eos" => Stop::End,
        "tool_calls" | "function_call" | "tool_use" => Stop::Calls,
        "length" | "max_tokens" | "max_output_tokens" | "model_length" => Stop::Length,
        "content_filter" | "safety" => Stop::Filtered,
        "refusal" => Stop::Refused,
        "pause_turn" => Stop::Paused,
        _ => Stop::Other(word.to_owned()),
    }
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
