//! A conversation with a model that grows with every tool it uses: how large it is, and how it is made smaller without
//! tearing a call from its result.

use crate::model::transcript::{Message, Part, Request, Role};

/// Results at the end that are never taken out: what the model works with now.
const RESULTS_KEPT: usize = 6;
/// A result shorter than this is not worth taking out, in bytes.
const MASKED_BYTES_MIN: usize = 400;
/// Bytes that a token has about, before a provider has counted.
const TOKEN_BYTES: usize = 4;
/// How full the window may be before old results are taken out, in percent.
const FULL_PERCENT: u64 = 60;

/// How many tokens a request takes about, its answer included.
pub fn tokens(request: &Request) -> u64 {
    let part = |part: &Part| match part {
        Part::Text { text } => text.len(),
        Part::Call(call) => {
            call.name.len() + serde_json::to_string(&call.arguments).map_or(0, |text| text.len())
        }
        Part::Result { text, .. } => text.len(),
        Part::Opaque { value, .. } => value.to_string().len(),
    };
    let messages: usize =
        request.messages.iter().flat_map(|message| &message.parts).map(part).sum();
    let tools: usize = request
        .tools
        .iter()
        .map(|tool| tool.description.len() + tool.schema.to_string().len())
        .sum();
    ((request.system.len() + messages + tools) / TOKEN_BYTES) as u64 + u64::from(request.output_max)
}

/// Takes old results out when the conversation fills much of the `window`; says how many. Many at once, so that what a
/// provider has cached before them is of use for long.
pub fn shorten(request: &mut Request, window: u32) -> usize {
    if tokens(request) * 100 < u64::from(window) * FULL_PERCENT {
        return 0;
    }
    mask(request, RESULTS_KEPT)
}

/// The most that can be taken out, for a conversation that did not fit; says how many.
pub fn shorten_all(request: &mut Request) -> usize {
    mask(request, 1)
}

fn mask(request: &mut Request, n_kept: usize) -> usize {
    let results = request.messages.iter_mut().flat_map(|message| &mut message.parts);
    let results: Vec<&mut String> = results
        .filter_map(|part| match part {
            Part::Result { text, .. } => Some(text),
            Part::Text { .. } | Part::Call(_) | Part::Opaque { .. } => None,
        })
        .collect();
    let n_old = results.len().saturating_sub(n_kept);
    let old = results.into_iter().take(n_old).filter(|text| text.len() >= MASKED_BYTES_MIN);
    old.map(|text| {
        *text = format!("[{} bytes, left out by now: call again if you need it]", text.len());
    })
    .count()
}

/// Whether every call has its result in the message after it, and every result its call in the one before.
pub fn is_paired(messages: &[Message]) -> bool {
    let calls = |message: &Message| {
        let ids = message.parts.iter().filter_map(|part| match part {
            Part::Call(call) => Some(call.id.clone()),
            Part::Text { .. } | Part::Result { .. } | Part::Opaque { .. } => None,
        });
        ids.collect::<Vec<_>>()
    };
    let results = |message: Option<&Message>| {
        let parts = message.into_iter().flat_map(|message| &message.parts);
        let ids = parts.filter_map(|part| match part {
            Part::Result { call, .. } => Some(call.clone()),
            Part::Text { .. } | Part::Call(_) | Part::Opaque { .. } => None,
        });
        ids.collect::<Vec<_>>()
    };
    let begins_well = results(messages.first()).is_empty();
    begins_well
        && messages.iter().enumerate().all(|(at, message)| {
            let next = messages.get(at + 1);
            let is_theirs = message.role == Role::Assistant;
            let answered = results(next);
            if is_theirs {
                calls(message) == answered
            } else {
                calls(message).is_empty() && answered.is_empty()
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::transcript::{Arguments, ToolCall, ToolChoice};

    fn round(id: usize, result: &str) -> [Message; 2] {
        let id = id.to_string();
        let arguments = Arguments::Object(serde_json::Map::new());
        let call = Part::Call(ToolCall { id: id.clone(), name: "read".to_owned(), arguments });
        let result = Part::Result { call: id, text: result.to_owned(), is_error: false };
        [
            Message { role: Role::Assistant, parts: vec![call] },
            Message { role: Role::User, parts: vec![result] },
        ]
    }

    fn request(rounds: usize) -> Request {
        let task = Part::Text { text: "mend it".to_owned() };
        let mut messages = vec![Message { role: Role::User, parts: vec![task] }];
        messages.extend((0..rounds).flat_map(|at| round(at, &"x".repeat(4_000))));
        Request {
            system: String::new(),
            messages,
            tools: vec![],
            choice: ToolChoice::Auto,
            answer: None,
            output_max: 100,
        }
    }

    #[test]
    fn old_results_go_when_the_window_fills_and_pairs_stay() {
        let mut long = request(10);
        assert_eq!(tokens(&long), 10_144);
        assert_eq!(shorten(&mut long, 100_000), 0);
        assert_eq!(shorten(&mut long, 12_000), 4);
        assert!(tokens(&long) < 7_000 && is_paired(&long.messages));
        // What is short already stays.
        assert_eq!(shorten(&mut long, 1_000), 0);
        assert_eq!(shorten_all(&mut long), 5);
        assert!(is_paired(&long.messages));
    }

    #[test]
    fn what_is_torn_is_seen() {
        let whole = request(2).messages;
        assert!(is_paired(&whole));
        for gone in 1..whole.len() - 1 {
            let mut torn = whole.clone();
            torn.remove(gone);
            assert!(!is_paired(&torn), "without message {gone}");
        }
        assert!(!is_paired(&whole[..4]), "without the last result");
    }
}
