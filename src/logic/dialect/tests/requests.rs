//! What is sent.

use super::*;
use crate::model::transcript::ToolCall;

const ALL: [Dialect; 4] = [Dialect::Chat, Dialect::Responses, Dialect::Messages, Dialect::Ollama];

/// A conversation of some rounds with a tool, with what only its provider can read.
fn conversation(dialect: Dialect) -> Request {
    let mut request = request();
    for n in 0..3 {
        let id = format!("c{n}");
        let value = match dialect {
            Dialect::Messages => json!({ "type": "thinking", "thinking": "hm", "signature": "s" }),
            Dialect::Responses => json!({ "type": "reasoning", "encrypted_content": "xyz" }),
            Dialect::Chat | Dialect::Ollama => json!({ "reasoning_content": "hm" }),
        };
        let arguments = json!({ "path": "x" }).as_object().unwrap().clone();
        let said = vec![
            Part::Opaque { provider: tag(&model(dialect)), value },
            Part::Text { text: format!("step {n}") },
            Part::Call(ToolCall {
                id: id.clone(),
                name: "edit".to_owned(),
                arguments: Arguments::Object(arguments),
            }),
        ];
        let result = Part::Result { call: id, text: "ok".to_owned(), is_error: n == 1 };
        request.messages.push(Message { role: Role::Assistant, parts: said });
        request.messages.push(Message { role: Role::User, parts: vec![result] });
    }
    request
}

#[test]
fn bodies_look_as_their_dialect_wants_them() {
    for dialect in ALL {
        let mut request = conversation(dialect);
        request.messages.truncate(3);
        let sent = outgoing(&model(dialect), &request, true);
        let text = serde_json::to_string_pretty(&sent.body).unwrap();
        insta::with_settings!({ snapshot_suffix => wire::word(dialect), omit_expression => true }, {
            insta::assert_snapshot!(format!("{} {:?}\n{text}", sent.url, sent.headers));
        });
    }
}

/// The list of a body that grows with the conversation.
fn list(dialect: Dialect, body: &Value) -> Vec<Value> {
    let name = if dialect == Dialect::Responses { "input" } else { "messages" };
    let mut list = body[name].as_array().unwrap().clone();
    // Where a mark stands makes no difference to what is cached.
    for block in list.iter_mut().filter_map(|message| message["content"].as_array_mut()).flatten() {
        block.as_object_mut().unwrap().remove("cache_control");
    }
    list
}

#[test]
fn a_longer_conversation_begins_as_the_shorter_one() {
    for dialect in ALL {
        let whole = conversation(dialect);
        let model = model(dialect);
        let of = |n: usize| {
            let mut request = whole.clone();
            request.messages.truncate(n);
            outgoing(&model, &request, true).body
        };
        let long = of(whole.messages.len());
        for n in (1..whole.messages.len()).step_by(2) {
            let short = of(n);
            assert!(list(dialect, &long).starts_with(&list(dialect, &short)), "{dialect:?} {n}");
            for name in ["system", "instructions", "tools", "prompt_cache_key"] {
                assert_eq!(short[name], long[name], "{dialect:?} {name}");
            }
        }
    }
}

#[test]
fn what_one_provider_signed_goes_to_nobody_else() {
    for dialect in ALL {
        let ours = outgoing(&model(dialect), &conversation(dialect), true).body.to_string();
        assert!(ours.contains("hm") || ours.contains("xyz"), "{dialect:?}");
        for other in [
            Model { model: "larger".to_owned(), ..model(dialect) },
            Model { url: "http://elsewhere/v1".to_owned(), ..model(dialect) },
        ] {
            let body = outgoing(&other, &conversation(dialect), true).body.to_string();
            assert!(!body.contains("hm") && !body.contains("xyz"), "{dialect:?}: {body}");
            assert!(body.contains("step 1"), "{dialect:?}: {body}");
        }
    }
}

#[test]
fn addresses_and_budgets_fit_the_server() {
    let url = |url: &str| address(url, "/chat/completions");
    assert_eq!(url("https://a/v1"), "https://a/v1/chat/completions");
    assert_eq!(url("https://a/v1/"), "https://a/v1/chat/completions");
    assert_eq!(url("https://a/v1/chat/completions"), "https://a/v1/chat/completions");
    assert_eq!(
        url("https://a/openai/deployments/x?api-version=1"),
        "https://a/openai/deployments/x/chat/completions?api-version=1"
    );
    let of = |vendor| outgoing(&Model { vendor, ..model(Dialect::Chat) }, &request(), true).body;
    assert_eq!(of(Vendor::Openai)["max_completion_tokens"], 512);
    assert_eq!(of(Vendor::Openai)["tools"][0]["function"]["strict"], true);
    assert_eq!(of(Vendor::Vllm)["max_tokens"], 512);
    let mut greedy = request();
    greedy.output_max = 1_000_000;
    assert_eq!(outgoing(&model(Dialect::Messages), &greedy, true).body["max_tokens"], 1_024);
}

#[test]
fn a_structured_answer_is_asked_for_as_the_dialect_can() {
    let mut request = request();
    request.tools.clear();
    let schema = json!({ "type": "object", "properties": {} });
    request.answer = Some(schema.clone());
    let of = |dialect| outgoing(&model(dialect), &request, true).body;
    assert_eq!(of(Dialect::Chat)["response_format"]["json_schema"]["schema"], schema);
    assert_eq!(of(Dialect::Responses)["text"]["format"]["schema"], schema);
    assert_eq!(of(Dialect::Ollama)["format"], schema);
    let body = of(Dialect::Messages);
    assert_eq!(body["tools"][0]["input_schema"], schema);
    assert_eq!(body["tool_choice"], json!({ "type": "tool", "name": "final_answer" }));
}

#[test]
fn odd_names_and_unreadable_arguments_stay_sendable() {
    let mut request = request();
    let arguments =
        Arguments::Unreadable { text: "{\"a\"".to_owned(), problem: "is cut".to_owned() };
    let call =
        ToolCall { id: "functions.edit:0".to_owned(), name: "edit<|x|>".to_owned(), arguments };
    let result = Part::Result { call: call.id.clone(), text: "no".to_owned(), is_error: true };
    request.messages.push(Message { role: Role::Assistant, parts: vec![Part::Call(call)] });
    request.messages.push(Message { role: Role::User, parts: vec![result] });
    let body = outgoing(&model(Dialect::Messages), &request, true).body;
    let (call, result) = (&body["messages"][1]["content"][0], &body["messages"][2]["content"][0]);
    assert_eq!(call["id"], result["tool_use_id"]);
    for word in [&call["id"], &call["name"]] {
        let word = word.as_str().unwrap();
        assert!(word.chars().all(|ch| ch.is_ascii_alphanumeric() || "_-".contains(ch)), "{word}");
    }
    assert_eq!(call["input"], json!({ "unreadable": "{\"a\"" }));
    let body = outgoing(&model(Dialect::Chat), &request, true).body;
    let arguments = &body["messages"][2]["tool_calls"][0]["function"]["arguments"];
    assert!(serde_json::from_str::<Value>(arguments.as_str().unwrap()).unwrap().is_object());
}
