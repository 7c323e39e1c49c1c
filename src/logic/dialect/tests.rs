//! Every quirk of every dialect is a row: what comes over the wire, and the turn or the failure it is. However the bytes
//! are cut, the same comes of them; cut short, the same or a failure.

mod chat;
mod messages;
mod ollama;
mod requests;
mod responses;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::provider::KeySource;
use crate::model::transcript::{Arguments, Message, Part, Role, Stop, Tool, ToolChoice};

/// A model as configured, for tests of any kind.
fn model(dialect: Dialect) -> Model {
    Model {
        name: "m".to_owned(),
        vendor: Vendor::Custom,
        dialect,
        url: "http://localhost:1/v1".to_owned(),
        model: "tiny".to_owned(),
        key: KeySource::None,
        window: 8_192,
        output_max: 1_024,
        idle_ms: 1_000,
        stream: true,
        prices: None,
        of_project: false,
    }
}

fn request() -> Request {
    let schema = json!({
        "type": "object", "properties": { "path": { "type": "string" } },
        "required": ["path"], "additionalProperties": false,
    });
    let tool = |name: &str| Tool {
        name: name.to_owned(),
        description: format!("Does {name}."),
        schema: schema.clone(),
    };
    let parts = vec![Part::Text { text: "go".to_owned() }];
    Request {
        system: "Be brief.".to_owned(),
        messages: vec![Message { role: Role::User, parts }],
        tools: vec![tool("read"), tool("edit")],
        choice: ToolChoice::Auto,
        answer: None,
        output_max: 512,
    }
}

/// The answer in `n`-byte pieces, on one line.
fn read_in(dialect: Dialect, request: &Request, bytes: &[u8], n: usize) -> String {
    let model = model(dialect);
    let mut reader = Reader::new(&model, request, &outgoing(&model, request, true));
    let mut told = String::new();
    let mut note = |deltas: Vec<Delta>| {
        for delta in deltas {
            match delta {
                Delta::Text(text) => told.push_str(&text),
                Delta::Reasoning(text) => told.push_str(&format!("({text})")),
                Delta::Call { name } => told.push_str(&format!("[{name}]")),
                Delta::Again { why } => panic!("a reader never asks again: {why}"),
            }
        }
    };
    for chunk in bytes.chunks(n.max(1)) {
        note(reader.feed(chunk));
        if reader.progress() == Progress::Done {
            break;
        }
    }
    let (deltas, came) = reader.finish();
    note(deltas);
    match came {
        Ok(turn) => format!("{} <- {told}", shown(&turn)),
        Err((problem, _)) => {
            let again = if problem.again { ", again" } else { "" };
            format!("{:?}{again}: {}", problem.fault, problem.message)
        }
    }
}

fn shown(turn: &Turn) -> String {
    let parts = turn.message.parts.iter().map(|part| match part {
        Part::Text { text } => format!("{text:?}"),
        Part::Opaque { value, .. } => format!("<{value}>"),
        Part::Result { .. } => panic!("a model gives no results"),
        Part::Call(call) => match &call.arguments {
            Arguments::Object(object) => {
                format!("{}#{}{}", call.name, call.id, Value::Object(object.clone()))
            }
            Arguments::Unreadable { text, problem } => {
                format!("{}#{}?{text}? {problem}", call.name, call.id)
            }
        },
    });
    let parts = parts.collect::<Vec<_>>().join(" ");
    let stop = match &turn.stop {
        Stop::Other(word) => format!("other {word:?}"),
        stop => format!("{stop:?}"),
    };
    let Usage { input, cached, cache_written, output } = turn.usage;
    format!("{parts} | {stop} | {input} ({cached} {cache_written}) {output}")
}

/// What of a line says which turn it is: all but its bill, which may come after the end.
fn essence(line: &str) -> &str {
    line.rsplit_once(" | ").map_or(line, |(essence, _)| essence)
}

fn check(dialect: Dialect, bytes: &[u8], expected: &str) {
    check_with(dialect, &request(), bytes, expected);
}

fn check_with(dialect: Dialect, request: &Request, bytes: &[u8], expected: &str) {
    let whole = read_in(dialect, request, bytes, bytes.len());
    let bare = whole.split(" <- ").next().unwrap_or_default();
    assert_eq!(bare, expected, "{}", String::from_utf8_lossy(bytes));
    for n in [1, 2, 3, 17] {
        let cut = read_in(dialect, request, bytes, n);
        assert_eq!(cut.split(" <- ").next(), whole.split(" <- ").next(), "in pieces of {n}");
    }
    for end in 0..bytes.len() {
        let short = read_in(dialect, request, &bytes[..end], 64);
        let is_turn = short.contains(" | ");
        assert!(
            !is_turn || essence(&short) == essence(&whole),
            "cut at {end}, another turn:\n{short}\n{whole}"
        );
    }
}

/// Server-sent events, one for each text.
fn events<S: AsRef<str>>(texts: &[S]) -> Vec<u8> {
    texts.iter().map(|text| format!("data: {}\n\n", text.as_ref())).collect::<String>().into_bytes()
}

proptest! {
    #[test]
    fn rubbish_is_never_a_turn_and_never_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200), which in 0..4usize,
    ) {
        let all = [Dialect::Chat, Dialect::Responses, Dialect::Messages, Dialect::Ollama];
        let line = read_in(all[which], &request(), &bytes, 7);
        prop_assert!(!line.contains(" | "), "{line}");
    }
}
