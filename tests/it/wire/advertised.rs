//! What a server may use only if the editor said that it takes it.

use serde_json::Value;

use super::model::Verdict;

/// Methods, and what in the capabilities must be there for them.
const METHODS: &[(&str, &str)] = &[
    ("workspace/applyEdit", "/workspace/applyEdit"),
    ("workspace/codeLens/refresh", "/workspace/codeLens/refreshSupport"),
    ("workspace/configuration", "/workspace/configuration"),
    ("workspace/diagnostic/refresh", "/workspace/diagnostics/refreshSupport"),
    ("workspace/inlayHint/refresh", "/workspace/inlayHint/refreshSupport"),
    ("workspace/semanticTokens/refresh", "/workspace/semanticTokens/refreshSupport"),
    ("workspace/textDocumentContent/refresh", "/workspace/textDocumentContent"),
    ("workspace/workspaceFolders", "/workspace/workspaceFolders"),
    ("window/showDocument", "/window/showDocument/support"),
    ("window/workDoneProgress/create", "/window/workDoneProgress"),
    ("greenloop/state", "/experimental/greenloop"),
    ("greenloop/question", "/experimental/greenloop/questionUi"),
    ("greenloop/questionClosed", "/experimental/greenloop/questionUi"),
];

/// Fields of a code action, and what must be there for them.
const ACTION: &[(&str, &str)] = &[
    ("isPreferred", "/textDocument/codeAction/isPreferredSupport"),
    ("disabled", "/textDocument/codeAction/disabledSupport"),
    ("data", "/textDocument/codeAction/dataSupport"),
    ("tags", "/textDocument/codeAction/tagSupport"),
];

/// Fields of a diagnostic, and what must be there for them.
const DIAGNOSTIC: &[(&str, &str)] = &[
    ("relatedInformation", "/textDocument/publishDiagnostics/relatedInformation"),
    ("tags", "/textDocument/publishDiagnostics/tagSupport"),
    ("codeDescription", "/textDocument/publishDiagnostics/codeDescriptionSupport"),
    ("data", "/textDocument/publishDiagnostics/dataSupport"),
];

/// Checks a request or a notification.
pub fn in_message(capabilities: &Value, method: &str, params: &Value) -> Verdict {
    if let Some((_, pointer)) = METHODS.iter().find(|(name, _)| *name == method) {
        needs(capabilities, pointer, method)?;
    }
    match method {
        "workspace/applyEdit" => {
            let metadata = "/workspace/workspaceEdit/metadataSupport";
            fields(capabilities, params, &[("metadata", metadata)])?;
            in_edit(capabilities, &params["edit"])
        }
        "textDocument/publishDiagnostics" => {
            let version = "/textDocument/publishDiagnostics/versionSupport";
            fields(capabilities, params, &[("version", version)])?;
            items(&params["diagnostics"]).try_for_each(|found| {
                if !found["message"].is_string() {
                    needs(capabilities, "/textDocument/diagnostic/markupMessageSupport", "markup")?;
                }
                fields(capabilities, found, DIAGNOSTIC)
            })
        }
        "window/showMessageRequest" => items(&params["actions"]).try_for_each(|action| {
            let pointer = "/window/showMessage/messageActionItem/additionalPropertiesSupport";
            let extra = action.as_object().is_some_and(|fields| fields.len() > 1);
            if extra { needs(capabilities, pointer, "more than a title") } else { Ok(()) }
        }),
        "client/registerCapability" => items(&params["registrations"]).try_for_each(|one| {
            let method = one["method"].as_str().unwrap_or_default();
            let pointer = format!("/{method}/dynamicRegistration");
            needs(capabilities, &pointer, method)
        }),
        _ => Ok(()),
    }
}

/// Checks the result of a request of the editor.
pub fn in_answer(capabilities: &Value, method: &str, asked: &Value, result: &Value) -> Verdict {
    match method {
        "initialize" => in_offer(capabilities, &result["capabilities"]),
        "textDocument/codeAction" => {
            items(result).try_for_each(|action| in_action(capabilities, action))
        }
        "codeAction/resolve" => resolved(capabilities, asked, result),
        _ => Ok(()),
    }
}

fn in_offer(capabilities: &Value, offered: &Value) -> Verdict {
    let encoding = offered["positionEncoding"].as_str().unwrap_or("utf-16");
    let liked = items(&capabilities["general"]["positionEncodings"]);
    let known = encoding == "utf-16" || liked.clone().any(|name| name == encoding);
    if known { Ok(()) } else { missing(encoding, "/general/positionEncodings") }
}

fn in_action(capabilities: &Value, action: &Value) -> Verdict {
    if action["command"].is_string() {
        return Ok(());
    }
    needs(capabilities, "/textDocument/codeAction/codeActionLiteralSupport", "an action literal")?;
    fields(capabilities, action, ACTION)?;
    if action.get("edit").is_none() && action.get("command").is_none() {
        let (data, disabled) = (action.get("data"), action.get("disabled"));
        if data.is_some() && disabled.is_none() && !resolvable(capabilities).any(|it| it == "edit")
        {
            return missing("an edit that comes later", "/textDocument/codeAction/resolveSupport");
        }
    }
    action.get("edit").map_or(Ok(()), |edit| in_edit(capabilities, edit))
}

/// Only properties that the editor said it takes later may change.
fn resolved(capabilities: &Value, asked: &Value, result: &Value) -> Verdict {
    let names = [asked, result].map(|action| action.as_object().into_iter().flatten());
    for (name, _) in names.into_iter().flatten() {
        if asked.get(name) != result.get(name)
            && !resolvable(capabilities).any(|it| it == name.as_str())
        {
            return missing(name, "/textDocument/codeAction/resolveSupport/properties");
        }
    }
    result.get("edit").map_or(Ok(()), |edit| in_edit(capabilities, edit))
}

fn in_edit(capabilities: &Value, edit: &Value) -> Verdict {
    let can = &capabilities["workspace"]["workspaceEdit"];
    let named = edit.get("documentChanges");
    // Neovim takes them without saying so; who lists what exists only inside them does.
    let takes = can["documentChanges"] == true
        || can["resourceOperations"].is_array()
        || can["changeAnnotationSupport"].is_object();
    if named.is_some() && !takes {
        return missing("documentChanges", "/workspace/workspaceEdit/documentChanges");
    }
    for change in items(&edit["documentChanges"]) {
        if let Some(kind) = change["kind"].as_str()
            && !items(&can["resourceOperations"]).any(|known| known == kind)
        {
            return missing(kind, "/workspace/workspaceEdit/resourceOperations");
        }
    }
    let annotations = "/workspace/workspaceEdit/changeAnnotationSupport";
    fields(capabilities, edit, &[("changeAnnotations", annotations)])?;
    let edits = items(&edit["documentChanges"]).flat_map(|change| items(&change["edits"]));
    let snippets = "/workspace/workspaceEdit/snippetEditSupport";
    let needed = [("annotationId", annotations), ("snippet", snippets)];
    edits.into_iter().try_for_each(|edit| fields(capabilities, edit, &needed))
}

fn resolvable(capabilities: &Value) -> impl Iterator<Item = &Value> {
    items(&capabilities["textDocument"]["codeAction"]["resolveSupport"]["properties"])
}

fn items(list: &Value) -> std::slice::Iter<'_, Value> {
    list.as_array().map(|items| items.iter()).unwrap_or_default()
}

fn fields(capabilities: &Value, holder: &Value, needed: &[(&str, &str)]) -> Verdict {
    let used = needed.iter().filter(|(field, _)| holder.get(field).is_some());
    used.into_iter().try_for_each(|(field, pointer)| needs(capabilities, pointer, field))
}

fn needs(capabilities: &Value, pointer: &str, what: &str) -> Verdict {
    match capabilities.pointer(pointer) {
        None | Some(Value::Null | Value::Bool(false)) => missing(what, pointer),
        Some(_) => Ok(()),
    }
}

fn missing(what: &str, pointer: &str) -> Verdict {
    Err(format!("{what}, which the editor did not advertise ({pointer})"))
}
