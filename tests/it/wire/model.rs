//! The protocol as its official model has it: whether what the server sends is well-formed, comes in its turn, and is
//! something the editor said it takes. Feed both directions to one [`Model`] per session.

use std::collections::{HashMap, HashSet};

use gen_lsp_types as lsp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::advertised;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToEditor,
}

/// What was wrong with a message, in a line.
pub type Verdict = Result<(), String>;

type Shape = fn(&Value) -> Verdict;

/// One session's view of the wire.
#[derive(Default)]
pub struct Model {
    capabilities: Value,
    is_initialized: bool,
    /// Requests of the editor that are not answered yet, by id.
    by_editor: HashMap<String, Value>,
    /// Requests of the server that are not answered yet, by id; its ids are never used twice.
    by_server: HashMap<String, Value>,
    ids_of_server: HashSet<String>,
    bars: HashMap<String, Bar>,
}

/// A progress bar of the server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bar {
    Granted,
    Begun,
}

impl Model {
    /// Takes in a message. Those of the editor are only remembered, whatever they hold.
    pub fn check(&mut self, direction: Direction, message: &Value) -> Verdict {
        match direction {
            Direction::ToServer => {
                self.sent(message);
                Ok(())
            }
            Direction::ToEditor => {
                self.received(message).map_err(|why| format!("{why}, in {message}"))
            }
        }
    }

    fn sent(&mut self, message: &Value) {
        let Some(id) = message.get("id").map(Value::to_string) else { return };
        match message["method"].as_str() {
            Some(method) => {
                if method == "initialize" && !self.is_initialized {
                    self.capabilities = message["params"]["capabilities"].clone();
                }
                self.by_editor.insert(id, message.clone());
            }
            None => {
                let Some(request) = self.by_server.remove(&id) else { return };
                if request["method"] == "window/workDoneProgress/create"
                    && message.get("error").is_none()
                {
                    self.bars.insert(request["params"]["token"].to_string(), Bar::Granted);
                }
            }
        }
    }

    fn received(&mut self, message: &Value) -> Verdict {
        let known = ["jsonrpc", "id", "method", "params", "result", "error"];
        let fields = message.as_object().ok_or("no object")?;
        if let Some(field) = fields.keys().find(|field| !known.contains(&field.as_str())) {
            return Err(format!("unknown field {field}"));
        }
        ensure(message["jsonrpc"] == "2.0", "jsonrpc is not 2.0")?;
        match (message["method"].as_str(), message.get("id")) {
            (None, Some(id)) => self.answer(id, message),
            (Some(method), Some(id)) => self.request(method, id, message),
            (Some(method), None) => self.notification(method, message),
            (None, None) => Err("neither method nor id".into()),
        }
    }

    fn answer(&mut self, id: &Value, message: &Value) -> Verdict {
        let (result, error) = (message.get("result"), message.get("error"));
        ensure(result.is_some() != error.is_some(), "not exactly one of result and error")?;
        ensure(message.get("params").is_none(), "params in an answer")?;
        if let Some(error) = error {
            strict::<lsp::json_rpc::Error>(error)?;
        }
        if id.is_null() {
            return ensure(error.is_some(), "a result for nobody");
        }
        let request = self.by_editor.remove(&id.to_string());
        let request = request.ok_or("an answer to what was not asked, or was answered")?;
        let (Some(result), Some(method)) = (result, request["method"].as_str()) else {
            return Ok(());
        };
        result_shape(method)?(result)?;
        self.is_initialized |= method == "initialize";
        advertised::in_answer(&self.capabilities, method, &request["params"], result)
    }

    fn request(&mut self, method: &str, id: &Value, message: &Value) -> Verdict {
        ensure(id.is_string() || id.is_i64(), "an id that is no text and no whole number")?;
        ensure(self.ids_of_server.insert(id.to_string()), "an id used twice")?;
        ensure(
            self.is_initialized || method == "window/showMessageRequest",
            "too early: initialize is not answered",
        )?;
        let shape = shape_of(&requests_to_editor(), method)?;
        self.by_server.insert(id.to_string(), message.clone());
        shape(params_of(message)?)?;
        advertised::in_message(&self.capabilities, method, &message["params"])
    }

    fn notification(&mut self, method: &str, message: &Value) -> Verdict {
        let early = ["window/showMessage", "window/logMessage", "telemetry/event"];
        ensure(
            self.is_initialized || early.contains(&method),
            "too early: initialize is not answered",
        )?;
        let params = params_of(message)?;
        match method {
            "$/progress" => self.progress(params),
            "$/cancelRequest" => {
                strict::<lsp::CancelParams>(params)?;
                let known = self.ids_of_server.contains(&params["id"].to_string());
                ensure(known, "takes back what was not asked")
            }
            _ => {
                shape_of(&notifications_to_editor(), method)?(params)?;
                advertised::in_message(&self.capabilities, method, params)
            }
        }
    }

    /// A bar is granted, begins, reports and ends, in that order and each once but the reports.
    fn progress(&mut self, params: &Value) -> Verdict {
        strict::<lsp::ProgressParams>(params)?;
        let (token, value) = (params["token"].to_string(), &params["value"]);
        let bar = self.bars.get(&token).copied().ok_or("progress that was not granted")?;
        let (shape, before, after): (Shape, Bar, Option<Bar>) = match value["kind"].as_str() {
            Some("begin") => (strict::<lsp::WorkDoneProgressBegin>, Bar::Granted, Some(Bar::Begun)),
            Some("report") => (strict::<lsp::WorkDoneProgressReport>, Bar::Begun, Some(Bar::Begun)),
            Some("end") => (strict::<lsp::WorkDoneProgressEnd>, Bar::Begun, None),
            Some(_) | None => return Err("an unknown kind of progress".into()),
        };
        shape(value)?;
        ensure(bar == before, "progress out of order")?;
        match after {
            Some(bar) => self.bars.insert(token, bar),
            None => self.bars.remove(&token),
        };
        Ok(())
    }
}

fn ensure(holds: bool, else_what: &str) -> Verdict {
    if holds { Ok(()) } else { Err(else_what.to_owned()) }
}

/// Decodes and encodes again: what is missing, of the wrong type or unknown to the model shows as a difference, and so
/// does `null` where only absence is allowed.
fn strict<T: DeserializeOwned + Serialize>(value: &Value) -> Verdict {
    let decoded: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let again = serde_json::to_value(decoded).map_err(|error| error.to_string())?;
    differing(value, &again, &mut String::new())
}

/// Where two values differ first.
fn differing(sent: &Value, again: &Value, path: &mut String) -> Verdict {
    let length = path.len();
    match (sent, again) {
        (Value::Object(sent), Value::Object(again)) => {
            let mut keys: Vec<&String> = sent.keys().chain(again.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                path.push_str(&format!("/{key}"));
                ensure(
                    sent.get(key).is_none_or(|value| is_defined(key, value)),
                    &format!("{path} has no such value"),
                )?;
                match (sent.get(key), again.get(key)) {
                    (Some(sent), Some(again)) => differing(sent, again, path)?,
                    // The model's union of edits takes the plain one first.
                    (Some(Value::String(_)), None) if key == "annotationId" => {}
                    (Some(_), None) => return Err(format!("{path} is not in the model")),
                    (None, _) => return Err(format!("{path} is missing")),
                }
                path.truncate(length);
            }
            Ok(())
        }
        (Value::Array(sent), Value::Array(again)) if sent.len() == again.len() => {
            for (at, (sent, again)) in sent.iter().zip(again).enumerate() {
                path.push_str(&format!("/{at}"));
                differing(sent, again, path)?;
                path.truncate(length);
            }
            Ok(())
        }
        _ => ensure(sent == again, &format!("{path} is {sent}, to the model {again}")),
    }
}

/// Numbers that stand for one thing each, which the model's types let pass whatever they are.
fn is_defined(key: &str, value: &Value) -> bool {
    let known = match key {
        "severity" => 1..=4,
        "type" => 1..=5,
        "change" => 0..=2,
        _ => return true,
    };
    value.as_u64().is_none_or(|number| known.contains(&number))
}

/// Parameters that are there must be an object or a list.
fn params_of(message: &Value) -> Result<&Value, String> {
    match message.get("params") {
        None => Ok(&Value::Null),
        Some(params) if params.is_object() || params.is_array() => Ok(params),
        Some(_) => Err("params that are neither object nor list".into()),
    }
}

fn shape_of(known: &[(&'static str, Shape)], method: &str) -> Result<Shape, String> {
    let found = known.iter().find(|(name, _)| *name == method).map(|(_, shape)| *shape);
    found.ok_or_else(|| format!("{method} is nothing a server sends to an editor"))
}

fn params<R: lsp::Request>() -> (&'static str, Shape) {
    (R::METHOD.as_str(), strict::<R::Params>)
}

fn result<R: lsp::Request>() -> (&'static str, Shape) {
    (R::METHOD.as_str(), strict::<R::Result>)
}

fn notified<N: lsp::Notification>() -> (&'static str, Shape) {
    (N::METHOD.as_str(), strict::<N::Params>)
}

fn requests_to_editor() -> [(&'static str, Shape); 13] {
    [
        params::<lsp::ApplyWorkspaceEditRequest>(),
        params::<lsp::CodeLensRefreshRequest>(),
        params::<lsp::ConfigurationRequest>(),
        params::<lsp::DiagnosticRefreshRequest>(),
        params::<lsp::InlayHintRefreshRequest>(),
        params::<lsp::RegistrationRequest>(),
        params::<lsp::SemanticTokensRefreshRequest>(),
        params::<lsp::ShowDocumentRequest>(),
        params::<lsp::ShowMessageRequest>(),
        params::<lsp::TextDocumentContentRefreshRequest>(),
        params::<lsp::UnregistrationRequest>(),
        params::<lsp::WorkDoneProgressCreateRequest>(),
        params::<lsp::WorkspaceFoldersRequest>(),
    ]
}

fn notifications_to_editor() -> [(&'static str, Shape); 8] {
    [
        notified::<lsp::LogMessageNotification>(),
        notified::<lsp::LogTraceNotification>(),
        notified::<lsp::PublishDiagnosticsNotification>(),
        notified::<lsp::ShowMessageNotification>(),
        notified::<lsp::TelemetryEventNotification>(),
        ("greenloop/state", object),
        ("greenloop/question", object),
        ("greenloop/questionClosed", object),
    ]
}

/// The shape of a result, by the method that was asked.
fn result_shape(method: &str) -> Result<Shape, String> {
    let known = [
        result::<lsp::CodeActionRequest>(),
        result::<lsp::CodeActionResolveRequest>(),
        result::<lsp::CodeLensRequest>(),
        result::<lsp::CodeLensResolveRequest>(),
        result::<lsp::CompletionRequest>(),
        result::<lsp::DocumentSymbolRequest>(),
        result::<lsp::ExecuteCommandRequest>(),
        result::<lsp::FoldingRangeRequest>(),
        result::<lsp::HoverRequest>(),
        result::<lsp::InitializeRequest>(),
        result::<lsp::InlayHintRequest>(),
        result::<lsp::InlayHintResolveRequest>(),
        result::<lsp::ShutdownRequest>(),
        result::<lsp::TextDocumentContentRequest>(),
        result::<lsp::WillRenameFilesRequest>(),
    ];
    match method {
        "workspace/executeCommand" => Ok(command_reply),
        // Our own requests answer with plain data.
        _ if method.starts_with("greenloop/") => Ok(|_| Ok(())),
        _ => shape_of(&known, method),
    }
}

fn object(value: &Value) -> Verdict {
    ensure(value.is_object(), "no object")
}

/// What each of our commands answers: done, or why not.
fn command_reply(reply: &Value) -> Verdict {
    let text = |field: &str| reply[field].as_str().is_some_and(|text| !text.is_empty());
    match reply["ok"].as_bool() {
        Some(true) => ensure(reply.get("reason").is_none(), "done, with a reason why not"),
        Some(false) => ensure(text("reason") && text("message"), "refused without a reason"),
        None => Err("neither done nor refused".into()),
    }?;
    ensure(reply.get("taskId").is_none_or(Value::is_string), "a task without its name")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the model says of these messages of a server to an editor with these capabilities, in turn.
    fn verdicts(capabilities: &Value, messages: &[Value]) -> Vec<String> {
        let mut model = Model::default();
        let to_server = |model: &mut Model, id: Value, method: &str, params: Value| {
            let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
            model.check(Direction::ToServer, &message).unwrap();
        };
        to_server(&mut model, json!(0), "initialize", json!({ "capabilities": capabilities }));
        let result = json!({"jsonrpc": "2.0", "id": 0, "result": {"capabilities": {}}});
        model.check(Direction::ToEditor, &result).unwrap();
        to_server(&mut model, json!(1), "textDocument/codeAction", json!({}));
        to_server(&mut model, json!(2), "codeAction/resolve", json!({"title": "x", "data": 1}));
        let said = |message: &Value| match model.received(message) {
            Ok(()) => "fine".to_owned(),
            Err(why) => why,
        };
        messages.iter().map(said).collect()
    }

    fn notification(method: &str, params: Value) -> Value {
        json!({"jsonrpc": "2.0", "method": method, "params": params})
    }

    fn asked(method: &str, params: Value) -> Value {
        json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params})
    }

    fn actions(action: Value) -> Value {
        json!({"jsonrpc": "2.0", "id": 1, "result": [action]})
    }

    fn diagnostics(extra: Value) -> Value {
        let at = json!({"line": 0, "character": 0});
        let mut diagnostic = json!({"range": {"start": at, "end": at}, "message": "x"});
        diagnostic.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        notification(
            "textDocument/publishDiagnostics",
            json!({"uri": "file:///a", "diagnostics": [diagnostic]}),
        )
    }

    #[test]
    fn broken_messages_are_found() {
        let literals = json!({"textDocument": {"codeAction": {"codeActionLiteralSupport": {}}}});
        for (message, expected) in [
            (json!({"id": 1, "result": null}), "jsonrpc is not 2.0"),
            (json!({"jsonrpc": "2.0", "id": 1, "result": null, "x": 1}), "unknown field x"),
            (
                json!({"jsonrpc": "2.0", "id": 9, "result": null}),
                "an answer to what was not asked, or was answered",
            ),
            (json!({"jsonrpc": "2.0", "id": 1}), "not exactly one of result and error"),
            (
                json!({"jsonrpc": "2.0", "id": 1, "error": {"code": "x", "message": ""}}),
                "invalid type: string",
            ),
            (diagnostics(json!({"severity": 9})), "/diagnostics/0/severity has no such value"),
            (diagnostics(json!({"severity": null})), "/diagnostics/0/severity is not in the model"),
            (diagnostics(json!({"extra": 1})), "/diagnostics/0/extra is not in the model"),
            (diagnostics(json!({"tags": [1]})), "tags, which the editor did not advertise"),
            (diagnostics(json!({})), "fine"),
            (notification("window/logMessage", json!({"type": 3})), "missing field `message`"),
            (notification("window/logMessage", json!(null)), "params that are neither"),
            (notification("textDocument/hover", json!({})), "nothing a server sends"),
            (
                notification("$/progress", json!({"token": "t", "value": {"kind": "end"}})),
                "not granted",
            ),
            (actions(json!({"title": "a", "isPreferred": true})), "isPreferred, which the editor"),
            (actions(json!({"title": "a", "kind": 1})), "did not match"),
            (actions(json!({"title": "a", "command": {"title": "b"}})), "did not match"),
            (actions(json!({"title": "a", "kind": "quickfix"})), "fine"),
            (
                json!({"jsonrpc": "2.0", "id": 1, "method": "workspace/codeLens/refresh"}),
                "/workspace/codeLens/refreshSupport",
            ),
            (asked("workspace/applyEdit", json!({"edit": {}})), "/workspace/applyEdit"),
        ] {
            let said = verdicts(&literals, std::slice::from_ref(&message)).remove(0);
            assert!(said.contains(expected), "{message}: {said}, expected {expected}");
        }
    }

    #[test]
    fn what_is_right_once_is_wrong_twice_and_out_of_order() {
        let answer = json!({"jsonrpc": "2.0", "id": 1, "result": []});
        let log = asked("window/showMessageRequest", json!({"type": 1, "message": "?"}));
        let said = verdicts(&json!({}), &[answer.clone(), answer, log.clone(), log]);
        assert_eq!(
            said,
            [
                "fine",
                "an answer to what was not asked, or was answered",
                "fine",
                "an id used twice"
            ]
        );
        let mut model = Model::default();
        let early = diagnostics(json!({}));
        assert!(model.check(Direction::ToEditor, &early).unwrap_err().starts_with("too early"));
    }

    #[test]
    fn edits_use_only_what_the_editor_takes() {
        let edit = |edit: Value| {
            asked("workspace/applyEdit", json!({"edit": {"documentChanges": [edit]}}))
        };
        let at = json!({"line": 0, "character": 0});
        let insert = json!({"range": {"start": at, "end": at}, "newText": "x"});
        let text = |version: Value, edit: &Value| {
            let mut document = json!({"uri": "file:///a"});
            if version != "absent" {
                document["version"] = version;
            }
            json!({"textDocument": document, "edits": [edit]})
        };
        let mut annotated = insert.clone();
        annotated["annotationId"] = json!("a");
        let plain = json!({"applyEdit": true, "workspaceEdit": {"documentChanges": true}});
        for (capabilities, message, expected) in [
            (json!({"applyEdit": true}), edit(text(json!(1), &insert)), "documentChanges"),
            (plain.clone(), edit(text(json!(null), &insert)), "fine"),
            (plain.clone(), edit(text(json!("absent"), &insert)), "version is missing"),
            (plain.clone(), edit(text(json!(1), &annotated)), "changeAnnotationSupport"),
            (plain.clone(), edit(json!({"kind": "create", "uri": "file:///a"})), "create"),
        ] {
            let capabilities = json!({ "workspace": capabilities });
            let said = verdicts(&capabilities, std::slice::from_ref(&message)).remove(0);
            assert!(said.contains(expected), "{message}: {said}, expected {expected}");
        }
    }

    #[test]
    fn resolving_fills_in_only_what_the_editor_said_it_takes_later() {
        let capabilities = json!({"textDocument": {"codeAction": {
            "codeActionLiteralSupport": {}, "dataSupport": true, "resolveSupport": {"properties": ["edit"]},
        }}});
        let resolved = |action: Value| json!({"jsonrpc": "2.0", "id": 2, "result": action});
        let said = |action: Value| verdicts(&capabilities, &[resolved(action)]).remove(0);
        assert_eq!(said(json!({"title": "x", "data": 1, "edit": {}})), "fine");
        assert!(said(json!({"title": "y", "data": 1})).contains("title"));
        let command = json!({"title": "c", "command": "c"});
        assert!(said(json!({"title": "x", "data": 1, "command": command})).contains("command"));
    }
}
