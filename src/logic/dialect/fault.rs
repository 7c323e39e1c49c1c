//! What a provider's refusal means, from its status, headers and words, and when it is worth asking again.

use serde_json::Value;

use super::date;
use crate::model::transcript::Fault;

/// An attempt that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub fault: Fault,
    /// What the provider said, for people.
    pub message: String,
    /// The same request may fare better later.
    pub again: bool,
    /// How long the provider wants to be left alone, in milliseconds.
    pub wait_ms: Option<u64>,
}

impl Problem {
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        let again = match fault {
            Fault::RateLimited
            | Fault::Unavailable
            | Fault::Truncated
            | Fault::Idle
            | Fault::Unreachable => true,
            Fault::Overflow
            | Fault::Unauthorized
            | Fault::Quota
            | Fault::Invalid
            | Fault::Spent
            | Fault::Cancelled => false,
        };
        Self { fault, message: message.into(), again, wait_ms: None }
    }

    pub fn truncated() -> Self {
        Self::new(Fault::Truncated, "the answer ended before its end")
    }

    /// What came is no answer. It may have been garbled on its way.
    pub fn garbled(what: &str) -> Self {
        let message = format!("the answer cannot be read: {}", excerpt(what));
        Self { again: true, ..Self::new(Fault::Invalid, message) }
    }
}

/// What to do about it, for people, in a sentence.
pub fn hint(fault: Fault) -> &'static str {
    match fault {
        Fault::Overflow => {
            "Send less, or set `window` of the model to what the server really takes."
        }
        Fault::RateLimited => {
            "Wait a while, work on fewer steps at once, or name a further model for the role."
        }
        Fault::Unavailable => "Try again later, or name a further model for the role.",
        Fault::Truncated => {
            "Something between here and the model cuts answers short: try `stream = false`."
        }
        Fault::Idle => "Raise `idle_seconds` of the model if it thinks for so long.",
        Fault::Unreachable => "Check that the server runs and that `url` of the model is right.",
        Fault::Unauthorized => "Check the key: `greenloop doctor` says where it is looked for.",
        Fault::Quota => "Check the plan and the billing of the account at the provider.",
        Fault::Invalid => "Check `model`, `url` and `dialect` of the model.",
        Fault::Spent => "Raise the budget in greenloop.toml if it is worth it.",
        Fault::Cancelled => "",
    }
}

/// Words that look like overflow and are something else; looked for first.
const NO_OVERFLOW: &[&str] = &[
    "too many tokens, please wait", // Bedrock: throttling
    "throttl",
    "rate limit",
    "rate_limit",
    "ratelimit",
    "per minute", // Groq, Azure: tokens per minute
    "per day",
    "(tpm)",
    "try again in",
    "retry after",
];

/// Words for a request that does not fit the model's window, in small letters.
const OVERFLOW: &[&str] = &[
    "context_length_exceeded",            // OpenAI
    "maximum context length",             // OpenAI, vLLM, OpenRouter
    "prompt is too long",                 // Anthropic
    "exceed context limit",               // Anthropic: input and `max_tokens` together
    "exceed_context_size",                // llama.cpp
    "exceeds the available context size", // llama.cpp, LM Studio
    "context window",                     // LiteLLM and others
    "contextwindowexceeded",              // LiteLLM
    "context length",                     // LM Studio, Ollama's cloud
    "context size",                       // llama.cpp
    "input is too long",                  // Bedrock
    "too many tokens",                    // Cohere, Bedrock
    "input token count",                  // Gemini
    "maximum prompt length",              // xAI
    "reduce the length of the messages",  // Groq
    "longer than the model",              // vLLM
    "model_max_prompt_tokens_exceeded",   // Copilot
    "prompt contains",                    // vLLM: "your prompt contains at least … input tokens"
    "tokens in the prompt exceed",        // Mistral
    "too large for model",                // Mistral
    "request_too_large",                  // Anthropic, 413
];

/// Words for an account without money, in small letters. Waiting does not help.
const QUOTA: &[&str] = &[
    "insufficient_quota",
    "exceeded your current quota",
    "billing",
    "credit balance",
    "insufficient credit",
    "insufficient balance",
    "insufficient_balance",
    "requires more credits",
    "payment required",
];

/// Words for too many requests, in small letters, where no status says so.
const RATE: &[&str] = &["rate_limit", "rate limit", "throttl", "too many requests", "please wait"];

/// Words for a provider that has too much to do or fails, in small letters.
const UNAVAILABLE: &[&str] = &[
    "overloaded",
    "server_error",
    "api_error",
    "internal error",
    "internal server error",
    "internalserverexception",
    "unavailable",
    "timeout",
    "timed out",
    "provider returned error", // OpenRouter
    "bad gateway",
];

/// What an answer without success means. `now_ms` is the time of day, for headers that name a date.
pub fn refused(status: u16, headers: &[(String, String)], body: &[u8], now_ms: u64) -> Problem {
    let body = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let said = said(&value).unwrap_or_else(|| excerpt(&body));
    let words = format!("{body} {said}").to_lowercase();
    let fault = match status {
        _ if has(&words, QUOTA) && status != 401 => Fault::Quota,
        401 | 403 => Fault::Unauthorized,
        402 => Fault::Quota,
        429 => Fault::RateLimited,
        _ if overflows(&words) || status == 413 && !has(&words, NO_OVERFLOW) => Fault::Overflow,
        400 | 413 if has(&words, RATE) => Fault::RateLimited,
        408 | 409 | 500.. => Fault::Unavailable,
        _ => Fault::Invalid,
    };
    let message = if said.is_empty() {
        format!("the provider answered {status}")
    } else {
        format!("the provider answered {status}: {said}")
    };
    let wait_ms = wait_in_headers(headers, now_ms).or_else(|| wait_in_words(&words));
    Problem { wait_ms, ..Problem::new(fault, message) }
}

/// An error inside an answer that began with success.
pub(super) fn in_band(value: &Value) -> Option<Problem> {
    let error = &value["error"];
    let is_error = match error {
        Value::Object(_) => true,
        Value::String(text) => !text.is_empty(),
        _ => value["type"] == "error",
    };
    is_error.then(|| told(value))
}

/// The failure that `value` tells of.
pub(super) fn told(value: &Value) -> Problem {
    let code = value["error"]["code"].as_u64().and_then(|code| u16::try_from(code).ok());
    if let Some(status) = code.filter(|code| (400..600).contains(code)) {
        return refused(status, &[], value.to_string().as_bytes(), 0);
    }
    let said = said(value).unwrap_or_else(|| excerpt(&value.to_string()));
    let words = value.to_string().to_lowercase();
    let fault = match () {
        () if has(&words, QUOTA) => Fault::Quota,
        () if overflows(&words) => Fault::Overflow,
        () if has(&words, RATE) => Fault::RateLimited,
        () if has(&words, UNAVAILABLE) => Fault::Unavailable,
        () if words.contains("authentication_error") || words.contains("permission_error") => {
            Fault::Unauthorized
        }
        () => Fault::Invalid,
    };
    let message = format!("the provider broke off: {said}");
    Problem { wait_ms: wait_in_words(&words), ..Problem::new(fault, message) }
}

fn overflows(words: &str) -> bool {
    !has(words, NO_OVERFLOW) && has(words, OVERFLOW)
}

fn has(words: &str, table: &[&str]) -> bool {
    table.iter().any(|word| words.contains(word))
}

/// The sentence for people in an error's body.
fn said(value: &Value) -> Option<String> {
    let error = &value["error"];
    let places = [
        // OpenRouter hands on what the model's own provider said.
        &error["metadata"]["raw"],
        &error["message"],
        error,
        &value["message"],
        &value["detail"],
    ];
    let text = places.into_iter().find_map(|place| place.as_str().filter(|text| !text.is_empty()));
    text.map(excerpt)
}

/// The beginning of a text on one line.
pub(super) fn excerpt(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn wait_in_headers(headers: &[(String, String)], now_ms: u64) -> Option<u64> {
    let header = |name: &str| {
        let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    };
    let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    // OpenAI and Azure say it more exactly there.
    if let Some(ms) = header("retry-after-ms").and_then(number) {
        return Some(ms as u64);
    }
    let after = header("retry-after")?;
    let seconds = number(after).map(|seconds| (seconds * 1_000.0) as u64);
    seconds.or_else(|| Some(date::parse_ms(after)?.saturating_sub(now_ms)))
}

/// "Please try again in 1m2.5s", as OpenAI and Groq put it.
fn wait_in_words(words: &str) -> Option<u64> {
    let (_, rest) = words.split_once("try again in ")?;
    let mut total = 0.0;
    let mut rest = rest;
    let mut found = false;
    loop {
        let digits = rest.find(|ch: char| !ch.is_ascii_digit() && ch != '.').unwrap_or(rest.len());
        let Ok(number) = rest[..digits].parse::<f64>() else { break };
        let unit = rest[digits..].trim_start();
        let (ms, n_bytes) = match unit {
            _ if unit.starts_with("ms") => (1.0, 2),
            _ if unit.starts_with("milli") => (1.0, unit.len()),
            _ if unit.starts_with('s') => (1_000.0, 1),
            _ if unit.starts_with('m') => (60_000.0, 1),
            _ if unit.starts_with('h') => (3_600_000.0, 1),
            _ => break,
        };
        total += number * ms;
        found = true;
        rest = &unit[n_bytes..];
    }
    found.then_some(total as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, headers: &[(&str, &str)], body: &str, expected: &str) {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        // Thursday, 26 November 2026, 08:00:00 GMT.
        let problem = refused(status, &headers, body.as_bytes(), 1_795_680_000_000);
        let wait = problem.wait_ms.map_or(String::new(), |ms| format!(", wait {ms}"));
        let again = if problem.again { ", again" } else { "" };
        assert_eq!(format!("{:?}{again}{wait}", problem.fault), expected, "{status} {body}");
    }

    #[test]
    fn statuses_headers_and_words_are_told_apart() {
        let long = r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","code":"context_length_exceeded"}}"#;
        check(400, &[], long, "Overflow");
        check(
            400,
            &[],
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            "Overflow",
        );
        check(413, &[], "", "Overflow");
        check(
            400,
            &[],
            r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_prompt_tokens":900,"n_ctx":512}}"#,
            "Overflow",
        );
        check(
            400,
            &[],
            r#"{"error":{"message":"litellm.ContextWindowExceededError: ..."}}"#,
            "Overflow",
        );
        check(400, &[], r#"{"message":"Input is too long for requested model."}"#, "Overflow");
        check(
            400,
            &[],
            r#"{"message":"Too many tokens, please wait before trying again."}"#,
            "RateLimited, again",
        );
        check(
            413,
            &[],
            r#"{"error":{"message":"Request too large for model in organization on tokens per minute (TPM): Limit 6000"}}"#,
            "Invalid",
        );
        check(429, &[], "", "RateLimited, again");
        check(429, &[("Retry-After", "7")], "", "RateLimited, again, wait 7000");
        check(
            429,
            &[("retry-after-ms", "1500"), ("retry-after", "2")],
            "",
            "RateLimited, again, wait 1500",
        );
        check(
            429,
            &[("retry-after", "Thu, 26 Nov 2026 08:00:09 GMT")],
            "",
            "RateLimited, again, wait 9000",
        );
        check(
            503,
            &[("retry-after", "Thu, 26 Nov 2026 07:00:00 GMT")],
            "",
            "Unavailable, again, wait 0",
        );
        check(429, &[("retry-after", "soon")], "", "RateLimited, again");
        check(
            429,
            &[],
            r#"{"error":{"message":"Rate limit reached. Please try again in 1m2.5s."}}"#,
            "RateLimited, again, wait 62500",
        );
        check(
            429,
            &[],
            r#"{"error":{"message":"Please try again in 20ms."}}"#,
            "RateLimited, again, wait 20",
        );
        check(
            429,
            &[],
            r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#,
            "Quota",
        );
        check(400, &[], r#"{"error":{"message":"Your credit balance is too low"}}"#, "Quota");
        check(402, &[], "", "Quota");
        check(401, &[], r#"{"error":{"message":"Incorrect API key provided"}}"#, "Unauthorized");
        check(403, &[], "", "Unauthorized");
        check(404, &[], r#"{"error":"model 'x' not found"}"#, "Invalid");
        check(408, &[], "", "Unavailable, again");
        check(409, &[], "", "Unavailable, again");
        check(500, &[], "<html>oops</html>", "Unavailable, again");
        check(
            529,
            &[],
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            "Unavailable, again",
        );
        check(422, &[], r#"{"detail":"max_tokens: unknown"}"#, "Invalid");
    }

    #[test]
    fn errors_in_the_middle_of_an_answer_are_told_apart() {
        let fault = |text: &str| in_band(&serde_json::from_str(text).unwrap()).map(|it| it.fault);
        assert_eq!(fault(r#"{"choices":[],"error":null}"#), None);
        assert_eq!(
            fault(r#"{"error":{"code":502,"message":"Provider returned error"}}"#),
            Some(Fault::Unavailable)
        );
        assert_eq!(
            fault(r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#),
            Some(Fault::Unavailable)
        );
        assert_eq!(
            fault(r#"{"type":"error","code":"rate_limit_exceeded","message":"slow"}"#),
            Some(Fault::RateLimited)
        );
        assert_eq!(fault(r#"{"error":"model does not support tools"}"#), Some(Fault::Invalid));
        assert_eq!(fault(r#"{"error":{"code":"context_length_exceeded"}}"#), Some(Fault::Overflow));
    }

    #[test]
    fn what_a_provider_says_is_kept_short_and_on_one_line() {
        let problem = refused(400, &[], format!("a\nb {}", "x".repeat(1_000)).as_bytes(), 0);
        assert!(problem.message.starts_with("the provider answered 400: a b xxx"));
        assert!(problem.message.chars().count() < 350);
    }
}
