//! Language models that a project's user has, and how they are reached. Never a key: where it is found.

use serde::{Deserialize, Serialize};

use super::transcript::Usage;

/// One `[[model]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// What people call it; unique.
    pub name: String,
    pub vendor: Vendor,
    pub dialect: Dialect,
    /// Up to and with the version, for example `https://api.openai.com/v1`.
    pub url: String,
    /// What the provider calls it.
    pub model: String,
    pub key: KeySource,
    /// Tokens that a request and its answer may take together.
    pub window: u32,
    /// Tokens that an answer may take.
    pub output_max: u32,
    /// How long it may say nothing, in milliseconds.
    pub idle_ms: u64,
    /// Answers come piece by piece.
    pub stream: bool,
    /// `None` where a call costs nothing or nobody knows what.
    pub prices: Option<Prices>,
    /// The project names it, and it is called only where that is trusted.
    #[serde(default)]
    pub of_project: bool,
}

/// Whose server it is. Servers of one dialect differ in what they take beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vendor {
    Openai,
    OpenaiResponses,
    Anthropic,
    Openrouter,
    Ollama,
    LlamaCpp,
    Vllm,
    LmStudio,
    Azure,
    Custom,
}

/// How a provider wants to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// OpenAI's Chat Completions and all that speak it.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
    /// Ollama's own.
    Ollama,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySource {
    /// The provider wants none.
    None,
    /// A variable of our own environment.
    Env(String),
    /// What a program prints, for keychains.
    Command(Vec<String>),
}

/// In millionths of a US dollar per million tokens, so that money adds up without rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    pub input: u64,
    pub cached: u64,
    pub cache_written: u64,
    pub output: u64,
}

impl Prices {
    /// What a call costs, in millionths of a millionth of a US dollar.
    pub fn of(&self, usage: &Usage) -> u64 {
        let fresh = usage.input.saturating_sub(usage.cached).saturating_sub(usage.cache_written);
        let parts = [
            (fresh, self.input),
            (usage.cached, self.cached),
            (usage.cache_written, self.cache_written),
            (usage.output, self.output),
        ];
        parts
            .iter()
            .fold(0, |sum: u64, (tokens, price)| sum.saturating_add(tokens.saturating_mul(*price)))
    }
}
