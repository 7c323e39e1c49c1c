//! What is said to a language model and what it answers, the same for every provider.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One conversation's next call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub system: String,
    pub messages: Vec<Message>,
    /// In an order that stays the same for a whole conversation, so that providers can cache what they have read.
    pub tools: Vec<Tool>,
    pub choice: ToolChoice,
    /// The answer is one JSON value of this schema.
    pub answer: Option<Schema>,
    /// Tokens that the answer may take.
    pub output_max: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    User,
    Assistant,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Part {
    Text {
        text: String,
    },
    /// The model wants a tool to be used.
    Call(ToolCall),
    /// What a tool said, for the call with that id.
    Result {
        call: String,
        text: String,
        is_error: bool,
    },
    /// What only its provider and model can read, such as signed reasoning. Goes back to them unchanged and to nobody
    /// else.
    Opaque {
        provider: String,
        value: Value,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique in the conversation.
    pub id: String,
    pub name: String,
    pub arguments: Arguments,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arguments {
    Object(Map<String, Value>),
    /// What the model wrote is no JSON object: never carried out, told back to it.
    Unreadable {
        text: String,
        problem: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    pub description: String,
    pub schema: Schema,
}

/// A JSON schema of an object in the part of the language that all providers take: every property required, what may
/// be left out nullable, `additionalProperties` false.
pub type Schema = Value;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolChoice {
    Auto,
    /// Some tool.
    Required,
    None,
}

/// A whole answer. What was cut short is a [`CallFailure`] and never a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The assistant's; its calls are those of its parts.
    pub message: Message,
    pub stop: Stop,
    pub usage: Usage,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    End,
    /// It waits for the results of its calls.
    Calls,
    /// `output_max` is reached. Calls that were cut off are not in the message.
    Length,
    /// The model will not do it.
    Refused,
    /// The provider keeps the answer back.
    Filtered,
    /// The provider pauses a long turn: to be sent on as it is.
    Paused,
    /// In the provider's word; no success.
    Other(String),
}

/// Tokens of one call, as its provider counts them, or four bytes to a token where it does not say. `input` is all that
/// was sent, cached parts included; `output` all that came, reasoning included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub input: u64,
    /// Of `input`, read from the provider's cache.
    pub cached: u64,
    /// Of `input`, written to it.
    pub cache_written: u64,
    pub output: u64,
}

/// What arrives of an answer while it is on its way; for people who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    Text(String),
    Reasoning(String),
    /// A call has begun.
    Call {
        name: String,
    },
    /// What came so far does not count: the call is made again.
    Again {
        why: String,
    },
}

/// A call that came to nothing, after the retries that its kind allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallFailure {
    pub fault: Fault,
    /// For people: what the provider said, without keys.
    pub message: String,
    pub hint: String,
    /// What the attempts had cost by then, as far as it was told.
    pub usage: Usage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The conversation does not fit the model's window: to be shortened.
    Overflow,
    /// Too many requests, also after waiting.
    RateLimited,
    /// The provider has too much to do or fails, also after waiting.
    Unavailable,
    /// The answer ended before its end.
    Truncated,
    /// Nothing came for too long.
    Idle,
    /// No connection.
    Unreachable,
    /// The key is missing or not taken.
    Unauthorized,
    /// No money or quota is left with the provider.
    Quota,
    /// The run's own budget allows no further call.
    Spent,
    /// The provider does not take the request, or its answer cannot be read.
    Invalid,
    Cancelled,
}
