//! Drives the calls of models against a server that somebody else wrote; `tests/models/run.sh` starts it. Usage:
//! `probe PROVIDER DIALECT URL MODEL (stream|whole) SCENARIO`. Ends with 1 and a sentence when the server and we disagree.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it reports to a script")]

use std::process::ExitCode;

use greenloop::base::cancel::CancelToken;
use greenloop::io::model::{Caller, Provider};
use greenloop::logic::config;
use greenloop::model::provider::Model;
use greenloop::model::transcript::{
    Arguments, CallFailure, Delta, Fault, Message, Part, Request, Role, Stop, Tool, ToolChoice,
    Turn,
};
use serde_json::json;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [provider, dialect, url, model, stream, scenario] = args.as_slice() else {
        eprintln!("usage: probe PROVIDER DIALECT URL MODEL (stream|whole) SCENARIO");
        return ExitCode::FAILURE;
    };
    let file = format!(
        "[[model]]\nprovider = \"{provider}\"\ndialect = \"{dialect}\"\nurl = \"{url}\"\nmodel = \"{model}\"\n\
         key_env = \"PROBE_KEY\"\nstream = {}\nidle_seconds = 120\n",
        stream == "stream"
    );
    let (models, errors) = config::read_user(file.as_bytes()).expect("the file is TOML");
    assert!(errors.is_empty(), "{errors:?}");
    match run(&models.all[0], scenario) {
        Ok(said) => {
            println!("ok    {} {said}", args.join(" "));
            ExitCode::SUCCESS
        }
        Err(why) => {
            println!("WRONG {} {why}", args.join(" "));
            ExitCode::FAILURE
        }
    }
}

fn run(model: &Model, scenario: &str) -> Result<String, String> {
    let provider = Provider::open(model).map_err(|failure| failure.message)?;
    match scenario {
        "text" => text(&provider),
        "tools" => tools(&provider),
        "overflow" => overflow(&provider),
        "refused" => refused(&provider),
        other => Err(format!("there is no scenario {other}")),
    }
}

fn request(text: &str) -> Request {
    let parts = vec![Part::Text { text: text.to_owned() }];
    Request {
        system: "Be brief.".to_owned(),
        messages: vec![Message { role: Role::User, parts }],
        tools: Vec::new(),
        choice: ToolChoice::Auto,
        answer: None,
        output_max: 24,
    }
}

fn call(provider: &Provider, request: &Request) -> (Result<Turn, CallFailure>, usize) {
    let mut n_pieces = 0;
    let outcome = provider.turn(request, &CancelToken::new(), &mut |delta| {
        n_pieces += usize::from(matches!(delta, Delta::Text(_)));
    });
    (outcome, n_pieces)
}

/// Some text, with its tokens counted.
fn text(provider: &Provider) -> Result<String, String> {
    let (outcome, n_pieces) = call(provider, &request("say hello"));
    let turn = outcome.map_err(|failure| failure.message)?;
    let usage = turn.usage;
    let is_counted = usage.input > 0 && usage.output > 0;
    let is_ended = matches!(turn.stop, Stop::End | Stop::Length);
    let said = format!("{:?} {usage:?} in {n_pieces} pieces", turn.stop);
    if is_counted && is_ended && n_pieces > 0 { Ok(said) } else { Err(said) }
}

/// A call, its result, and the end of the conversation.
fn tools(provider: &Provider) -> Result<String, String> {
    let mut request = request("use the tool");
    let schema = json!({
        "type": "object", "properties": { "path": { "type": "string" } },
        "required": ["path"], "additionalProperties": false,
    });
    let description = "Reads a file.".to_owned();
    request.tools = vec![Tool { name: "read".to_owned(), description, schema }];
    request.output_max = 256;
    let turn = call(provider, &request).0.map_err(|failure| failure.message)?;
    let found = turn.message.parts.iter().find_map(|part| match part {
        Part::Call(call) => Some(call.clone()),
        _ => None,
    });
    let call_made = found.ok_or_else(|| format!("there is no call: {turn:?}"))?;
    let Arguments::Object(arguments) = &call_made.arguments else {
        return Err(format!("arguments cannot be read: {turn:?}"));
    };
    if call_made.name != "read" || arguments["path"] != "größe.py" || turn.stop != Stop::Calls {
        return Err(format!("another call: {turn:?}"));
    }
    request.messages.push(turn.message.clone());
    let result = Part::Result { call: call_made.id, text: "x = 1".to_owned(), is_error: false };
    request.messages.push(Message { role: Role::User, parts: vec![result] });
    let turn = call(provider, &request).0.map_err(|failure| failure.message)?;
    let text = turn.message.parts.iter().find_map(|part| match part {
        Part::Text { text } => Some(text.clone()),
        _ => None,
    });
    if turn.stop == Stop::End && text.as_deref() == Some("done with grüße") {
        Ok(format!("{:?}", turn.usage))
    } else {
        Err(format!("another end: {turn:?}"))
    }
}

/// More than the window takes.
fn overflow(provider: &Provider) -> Result<String, String> {
    let (outcome, _) = call(provider, &request(&"far too long ".repeat(4_000)));
    expect(outcome, Fault::Overflow)
}

/// A server that always has too much to do.
fn refused(provider: &Provider) -> Result<String, String> {
    let (outcome, _) = call(provider, &request("say hello"));
    expect(outcome, Fault::RateLimited)
}

fn expect(outcome: Result<Turn, CallFailure>, fault: Fault) -> Result<String, String> {
    match outcome {
        Err(failure) if failure.fault == fault => Ok(failure.message),
        Err(failure) => Err(format!("{:?}: {}", failure.fault, failure.message)),
        Ok(turn) => Err(format!("a turn: {turn:?}")),
    }
}
