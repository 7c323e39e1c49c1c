//! What is known of each provider of models.

use crate::model::provider::{Dialect, Vendor};

/// What is known of a provider when nothing else is said.
pub struct Preset {
    pub word: &'static str,
    pub vendor: Vendor,
    pub dialect: Dialect,
    /// Empty where it is different for everybody.
    pub url: &'static str,
    /// Empty where none is needed.
    pub key_env: &'static str,
    pub window: u32,
    /// Servers of one's own lose parts of calls when they stream them (vLLM, llama.cpp).
    pub stream: bool,
}

const fn preset(word: &'static str, vendor: Vendor, dialect: Dialect) -> Preset {
    let (url, key_env, window, stream) = ("", "", 128_000, true);
    Preset { word, vendor, dialect, url, key_env, window, stream }
}

/// A server on the user's own machine.
const fn local(word: &'static str, vendor: Vendor, url: &'static str) -> Preset {
    Preset { url, window: 16_384, stream: false, ..preset(word, vendor, Dialect::Chat) }
}

const OPENAI: Preset = Preset {
    url: "https://api.openai.com/v1",
    key_env: "OPENAI_API_KEY",
    ..preset("openai", Vendor::Openai, Dialect::Chat)
};

pub const PRESETS: &[Preset] = &[
    OPENAI,
    Preset {
        word: "openai-responses",
        vendor: Vendor::OpenaiResponses,
        dialect: Dialect::Responses,
        ..OPENAI
    },
    Preset {
        url: "https://api.anthropic.com/v1",
        key_env: "ANTHROPIC_API_KEY",
        window: 200_000,
        ..preset("anthropic", Vendor::Anthropic, Dialect::Messages)
    },
    Preset {
        url: "https://openrouter.ai/api/v1",
        key_env: "OPENROUTER_API_KEY",
        ..preset("openrouter", Vendor::Openrouter, Dialect::Chat)
    },
    Preset {
        dialect: Dialect::Ollama,
        stream: true,
        ..local("ollama", Vendor::Ollama, "http://127.0.0.1:11434")
    },
    local("llama-cpp", Vendor::LlamaCpp, "http://127.0.0.1:8080/v1"),
    local("vllm", Vendor::Vllm, "http://127.0.0.1:8000/v1"),
    local("lm-studio", Vendor::LmStudio, "http://127.0.0.1:1234/v1"),
    Preset { key_env: "AZURE_OPENAI_API_KEY", ..preset("azure", Vendor::Azure, Dialect::Chat) },
    preset("custom", Vendor::Custom, Dialect::Chat),
];
