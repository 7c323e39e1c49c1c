//! Calls of models over a real connection: every fault of a server ends in the right turn or a clear message, in every
//! dialect.

mod doctor;
pub mod format;
pub mod scripted;

use std::time::Duration;

use greenloop::base::cancel::CancelToken;
use greenloop::io::model::{Caller, Pace, Provider, Tape};
use greenloop::model::provider::{Dialect, KeySource, Model, Vendor};
use greenloop::model::transcript::{
    Arguments, CallFailure, Delta, Fault, Message, Part, Request, Role, Tool, ToolChoice, Turn,
};
use scripted::{Ends, How, Reply, Scripted, path};
use serde_json::{Value, json};

const DIALECTS: [Dialect; 4] =
    [Dialect::Chat, Dialect::Responses, Dialect::Messages, Dialect::Ollama];

/// Waits that no test notices.
const PACE: Pace = Pace {
    attempts: 4,
    first: Duration::from_millis(1),
    max: Duration::from_millis(4),
    asked_max: Duration::from_millis(1_500),
};

fn request() -> Request {
    let schema = json!({
        "type": "object", "properties": { "path": { "type": "string" } },
        "required": ["path"], "additionalProperties": false,
    });
    let tool = Tool { name: "read".to_owned(), description: "Reads a file.".to_owned(), schema };
    Request {
        system: "Be brief.".to_owned(),
        messages: vec![said(Role::User, Part::Text { text: "go".to_owned() })],
        tools: vec![tool],
        choice: ToolChoice::Auto,
        answer: None,
        output_max: 100,
    }
}

fn said(role: Role, part: Part) -> Message {
    Message { role, parts: vec![part] }
}

/// The outcome on one line, after what a person who watches saw of attempts that came to nothing.
fn called(provider: &dyn Caller, request: &Request, cancel: &CancelToken) -> String {
    let mut again = Vec::new();
    let outcome = provider.turn(request, cancel, &mut |delta| {
        if let Delta::Again { why } = delta {
            again.push(why);
        }
    });
    let again = if again.is_empty() { String::new() } else { format!("again {}: ", again.len()) };
    format!("{again}{}", shown(outcome))
}

fn shown(outcome: Result<Turn, CallFailure>) -> String {
    match outcome {
        Err(failure) => format!("{:?}: {}", failure.fault, failure.message),
        Ok(turn) => {
            let parts = turn.message.parts.iter().map(|part| match part {
                Part::Text { text } => format!("{text:?} "),
                Part::Call(call) => match &call.arguments {
                    Arguments::Object(object) => {
                        format!("{}{} ", call.name, Value::Object(object.clone()))
                    }
                    Arguments::Unreadable { text, .. } => format!("{}?{text}? ", call.name),
                },
                Part::Opaque { .. } => "<> ".to_owned(),
                Part::Result { .. } => panic!("a model gives no results"),
            });
            let parts: String = parts.collect();
            format!("{parts}{:?} {}+{}", turn.stop, turn.usage.input, turn.usage.output)
        }
    }
}

/// The same script in every dialect. An expectation may leave its end open with `*`.
fn check(replies: &[Reply], expected: &str) {
    for dialect in DIALECTS {
        check_as(dialect, |_| {}, replies, expected);
    }
}

fn check_as(dialect: Dialect, change: impl Fn(&mut Model), replies: &[Reply], expected: &str) {
    let server = Scripted::start(replies.to_vec());
    let mut model = server.model(dialect);
    change(&mut model);
    let provider = Provider::with(&model, PACE, Tape::Off).unwrap();
    let told = called(&provider, &request(), &CancelToken::new());
    match expected.strip_suffix('*') {
        Some(start) => assert!(told.starts_with(start), "{dialect:?} {replies:?}: {told}"),
        None => assert_eq!(told, expected, "{dialect:?} {replies:?}"),
    }
    assert_eq!(server.seen().len(), replies.len(), "{dialect:?}: not every reply was asked for");
}

#[test]
fn answers_come_whole_however_they_are_cut() {
    let good = Reply::text("grüß 🦀").and("read", path("größe.rs")).and("read", path("b"));
    let expected = r#""grüß 🦀" read{"path":"größe.rs"} read{"path":"b"} Calls 100+7"#;
    check(std::slice::from_ref(&good), expected);
    for size in [1, 3, 50] {
        check(&[good.clone().coming(How::Drip(size))], expected);
    }
    for dialect in DIALECTS {
        check_as(dialect, |model| model.stream = false, std::slice::from_ref(&good), expected);
    }
    check(&[Reply::text("")], "End 100+7");
    check(&[Reply::call("fly", json!({}))], "fly{} Calls 100+7");
    check(&[Reply::text("so far").ending(Ends::Length)], r#""so far" Length 100+7"#);
}

#[test]
fn faults_in_passing_are_tried_again() {
    let good = || Reply::text("hi");
    let again = r#"again 1: "hi" End 100+7"#;
    check(&[Reply::status(429, ""), good()], again);
    check(&[Reply::status(429, "").with_header("retry-after", "0"), good()], again);
    check(&[Reply::status(429, "").with_header("retry-after-ms", "1"), good()], again);
    check(&[Reply::status(500, "oops"), good()], again);
    check(&[Reply::status(529, r#"{"error":{"type":"overloaded_error"}}"#), good()], again);
    check(&[Reply::status(408, ""), good()], again);
    check(&[Reply::status(409, ""), good()], again);
    // What the half of an answer cost counts where it was told by then.
    for how in [How::Cut, How::Short, How::Garbled] {
        let half = Reply::text("half of it").coming(how);
        check(&[half, good()], r#"again 1: "hi" End *"#);
    }
    check(&[Reply::status(503, ""), Reply::status(429, ""), good()], r#"again 2: "hi" End 100+7"#);
    // Not for ever.
    let down = vec![Reply::status(503, r#"{"error":{"message":"down"}}"#); 4];
    check(&down, "again 3: Unavailable: the provider answered 503: down, after 4 attempts");
}

#[test]
fn what_no_second_attempt_mends_is_said_at_once() {
    let overflow = |dialect| {
        let text: Value = serde_json::from_str(&format::overflow(dialect)).unwrap();
        let said = text["error"]["message"].as_str().or(text["error"].as_str()).unwrap().to_owned();
        format!("Overflow: the provider answered 400: {said}")
    };
    for dialect in DIALECTS {
        check_as(dialect, |_| {}, &[Reply::text("").ending(Ends::Overflow)], &overflow(dialect));
    }
    let error = |text: &str| json!({ "error": { "message": text } }).to_string();
    check(
        &[Reply::status(401, &error("bad key"))],
        "Unauthorized: the provider answered 401: bad key",
    );
    check(&[Reply::status(402, &error("pay"))], "Quota: the provider answered 402: pay");
    check(
        &[Reply::status(429, &error("You exceeded your current quota: insufficient_quota"))],
        "Quota: the provider answered 429: You exceeded your current quota: insufficient_quota",
    );
    check(
        &[Reply::status(404, &error("no model x"))],
        "Invalid: the provider answered 404: no model x",
    );
    check(
        &[Reply::status(429, &error("slow down")).with_header("retry-after", "3600")],
        "RateLimited: the provider answered 429: slow down (it asks to be left alone for 3600 seconds)",
    );
    // The conversation and the key go nowhere else.
    check(
        &[Reply::status(307, "").with_header("location", "http://127.0.0.1:9/v1")],
        "Invalid: the server sends us on to http://127.0.0.1:9/v1, which is not followed",
    );
    for dialect in [Dialect::Chat, Dialect::Responses, Dialect::Messages] {
        let no = Reply::text("I will not.").ending(Ends::Refusal);
        check_as(dialect, |_| {}, &[no], r#""I will not." Refused 100+7"#);
    }
}

#[test]
fn silence_has_an_end() {
    for dialect in DIALECTS {
        let quiet = || Reply::text("half of it").coming(How::Hang);
        check_as(
            dialect,
            |model| model.idle_ms = 500,
            &[quiet(), quiet()],
            "again 1: Idle: nothing came for 0.5 seconds, after 2 attempts",
        );
    }
}

#[test]
fn a_cancelled_call_ends_at_once_and_lets_go_of_the_server() {
    for dialect in DIALECTS {
        // The server waits until its connection is closed.
        let server = Scripted::start(vec![Reply::text("half of it").coming(How::Hang)]);
        let provider = Provider::with(&server.model(dialect), PACE, Tape::Off).unwrap();
        let cancel = CancelToken::new();
        std::thread::scope(|scope| {
            let call = scope.spawn(|| called(&provider, &request(), &cancel));
            while server.seen().is_empty() {
                std::thread::yield_now();
            }
            cancel.cancel();
            assert_eq!(call.join().unwrap(), "Cancelled: the call was cancelled", "{dialect:?}");
        });
        let told = called(&provider, &request(), &cancel);
        assert_eq!(told, "Cancelled: the call was cancelled");
        assert_eq!(server.seen().len(), 1, "what is cancelled before is not sent");
    }
}

#[test]
fn a_wait_is_cancelled_too() {
    let wait = Reply::status(429, "").with_header("retry-after", "100");
    let server = Scripted::start(vec![wait]);
    let pace = Pace { asked_max: Duration::from_secs(200), ..PACE };
    let provider = Provider::with(&server.model(Dialect::Chat), pace, Tape::Off).unwrap();
    let cancel = CancelToken::new();
    let outcome = provider.turn(&request(), &cancel, &mut |delta| {
        if matches!(delta, Delta::Again { .. }) {
            cancel.cancel();
        }
    });
    assert_eq!(outcome.unwrap_err().fault, Fault::Cancelled);
}

#[test]
fn a_server_that_is_not_there_is_said() {
    for (url, dialect) in
        [("http://127.0.0.1:1/v1", Dialect::Chat), ("https://127.0.0.1:1/v1", Dialect::Messages)]
    {
        let server = Scripted::start(vec![]);
        let model = Model { url: url.to_owned(), ..server.model(dialect) };
        let provider = Provider::with(&model, PACE, Tape::Off).unwrap();
        let told = called(&provider, &request(), &CancelToken::new());
        assert!(
            told.starts_with(&format!("again 1: Unreachable: no answer from {url}: ")),
            "{told}"
        );
        assert!(told.contains("refused"), "{told}");
    }
}

#[test]
fn a_conversation_goes_on_in_every_dialect() {
    for dialect in DIALECTS {
        let replies = vec![
            Reply::text("Looking.").and("read", path("a")).and("read", path("b")),
            Reply::call("read", path("c")),
            Reply::text("done"),
        ];
        let server = Scripted::start(replies);
        let provider = Provider::with(&server.model(dialect), PACE, Tape::Off).unwrap();
        let mut request = request();
        loop {
            let turn = provider.turn(&request, &CancelToken::new(), &mut |_| {}).unwrap();
            request.messages.push(turn.message.clone());
            let results: Vec<Part> = turn
                .message
                .parts
                .iter()
                .filter_map(|part| match part {
                    Part::Call(call) => Some(Part::Result {
                        call: call.id.clone(),
                        text: "contents".to_owned(),
                        is_error: false,
                    }),
                    _ => None,
                })
                .collect();
            if results.is_empty() {
                break;
            }
            request.messages.push(Message { role: Role::User, parts: results });
        }
        assert_eq!(server.seen().len(), 3, "{dialect:?}");
    }
}

#[test]
fn a_structured_answer_is_text_in_every_dialect() {
    for dialect in DIALECTS {
        let server = Scripted::start(vec![Reply::text(r#"{"steps":["a"]}"#)]);
        let provider = Provider::with(&server.model(dialect), PACE, Tape::Off).unwrap();
        let mut request = request();
        request.tools.clear();
        request.answer = Some(json!({ "type": "object" }));
        let told = called(&provider, &request, &CancelToken::new());
        assert_eq!(told, r#""{\"steps\":[\"a\"]}" End 100+7"#, "{dialect:?}");
    }
}

#[test]
fn arguments_lost_in_a_stream_are_asked_for_once_more_without_one() {
    let lost = || Reply::call("read", json!({}));
    let good = || Reply::call("read", path("a"));
    let own = |model: &mut Model| model.vendor = Vendor::Vllm;
    let told = r#"again 1: read{"path":"a"} Calls 200+14"#;
    check_as(Dialect::Chat, own, &[lost(), good()], told);
    // Once, whatever comes.
    check_as(Dialect::Chat, own, &[lost(), lost()], "again 1: read{} Calls 200+14");
    // Elsewhere it is the model that is to hear about it.
    check_as(Dialect::Chat, |model| model.vendor = Vendor::Openai, &[lost()], "read{} Calls 100+7");
}

#[test]
fn keys_travel_in_their_header_and_are_told_to_nobody() {
    let key = "k-3c9f-secret";
    for (dialect, vendor, header, value) in [
        (Dialect::Chat, Vendor::Openai, "authorization", format!("Bearer {key}")),
        (Dialect::Chat, Vendor::Azure, "api-key", key.to_owned()),
        (Dialect::Messages, Vendor::Anthropic, "x-api-key", key.to_owned()),
    ] {
        let echo = json!({ "error": { "message": format!("wrong key {key}") } }).to_string();
        // A program's key may be an old one: it is asked once more.
        let server = Scripted::start(vec![Reply::status(401, &echo), Reply::status(401, &echo)]);
        let key = KeySource::Command(vec!["echo".to_owned(), key.to_owned()]);
        let model = Model { vendor, key, ..server.model(dialect) };
        let provider = Provider::with(&model, PACE, Tape::Off).unwrap();
        let told = called(&provider, &request(), &CancelToken::new());
        assert_eq!(
            told,
            "Unauthorized: the provider answered 401: wrong key [key], after 2 attempts"
        );
        assert_eq!(server.seen()[0].header(header), Some(value.as_str()));
        assert!(!server.seen()[0].body.to_string().contains("secret"));
    }
}

#[test]
fn a_missing_key_is_named_before_anything_is_sent() {
    let server = Scripted::start(vec![]);
    let key = KeySource::Env("GREENLOOP_TEST_NO_SUCH_KEY".to_owned());
    let model = Model { key, ..server.model(Dialect::Chat) };
    let provider = Provider::with(&model, PACE, Tape::Off).unwrap();
    let failure = provider.turn(&request(), &CancelToken::new(), &mut |_| {}).unwrap_err();
    assert_eq!(failure.fault, Fault::Unauthorized);
    assert!(failure.message.contains("GREENLOOP_TEST_NO_SUCH_KEY"), "{}", failure.message);
    assert!(failure.hint.contains("key_command"), "{}", failure.hint);
    assert!(server.seen().is_empty());
}

#[test]
fn recorded_exchanges_are_had_again_without_a_network_and_without_keys() {
    for dialect in DIALECTS {
        let folder = tempfile::tempdir().unwrap();
        let key = "k-3c9f-secret";
        let replies = vec![
            Reply::status(429, ""),
            Reply::text(&format!("grüß 🦀 {key}")).coming(How::Drip(3)),
            Reply::text("half of it").coming(How::Cut),
            Reply::text("second"),
        ];
        let server = Scripted::start(replies);
        let source = KeySource::Command(vec!["echo".to_owned(), key.to_owned()]);
        let model = Model { key: source, ..server.model(dialect) };
        let call = |tape: Tape| {
            let provider = Provider::with(&model, PACE, tape).unwrap();
            called(&provider, &request(), &CancelToken::new())
        };
        let record = || Tape::Record(folder.path().to_owned());
        let live = [call(record()), call(record())];
        drop(server);
        let mut n_files = 0;
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.contains(key), "{text}");
            n_files += 1;
        }
        assert_eq!(n_files, 4);
        let replay = || Tape::Replay(folder.path().to_owned());
        let again = [call(replay()), call(replay())];
        assert_eq!(again, live.map(|line| line.replace(key, "[key]")), "{dialect:?}");
        let none = call(replay());
        assert!(none.starts_with("Invalid: there is no recording of this request"), "{none}");
    }
}
