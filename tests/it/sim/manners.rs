//! Whether a server keeps to what an editor said it can take.

use serde_json::Value;

/// What is wrong with a message to an editor with these capabilities.
pub fn breach(message: &Value, capabilities: &Value) -> Option<&'static str> {
    let params = &message["params"];
    let window = &capabilities["window"];
    match message["method"].as_str() {
        // Answers are looked at by whoever asked.
        None => None,
        Some("workspace/applyEdit") if capabilities["workspace"]["applyEdit"] != true => {
            Some("this editor applies no edits")
        }
        Some("workspace/applyEdit") => edit_breach(&params["edit"], capabilities),
        Some("window/workDoneProgress/create" | "$/progress") => {
            (window["workDoneProgress"] != true).then_some("this editor shows no progress")
        }
        Some("window/showDocument") => {
            (window["showDocument"]["support"] != true).then_some("this editor shows no documents")
        }
        Some("textDocument/publishDiagnostics") => diagnostics_breach(params, capabilities),
        Some("workspace/codeLens/refresh") => refresh_breach("codeLens", capabilities),
        Some("workspace/inlayHint/refresh") => refresh_breach("inlayHint", capabilities),
        Some("workspace/textDocumentContent/refresh") => {
            let by_name = capabilities["workspace"]["textDocumentContent"].is_object();
            (!by_name).then_some("this editor opens no documents by name")
        }
        Some("workspace/configuration") => (capabilities["workspace"]["configuration"] != true)
            .then_some("this editor does not say what is set in it"),
        Some("client/registerCapability") => {
            let all = params["registrations"].as_array();
            let is_unasked = |registered: &Value| {
                let method = registered["method"].as_str().unwrap_or_default();
                let (part, what) = method.split_once('/').unwrap_or((method, ""));
                capabilities[part][what]["dynamicRegistration"] != true
            };
            let unasked = all.is_none_or(|all| all.iter().any(is_unasked));
            unasked.then_some("this editor has nothing registered afterwards")
        }
        Some(method) if method.starts_with("greenloop/") => {
            let listens = capabilities["experimental"]["greenloop"]["version"] == 1;
            (!listens).then_some("this editor knows no messages of ours")
        }
        Some(
            "window/showMessage"
            | "window/logMessage"
            | "window/showMessageRequest"
            | "$/cancelRequest",
        ) => None,
        Some(_) => Some("no editor here knows this"),
    }
}

/// What is wrong with a workspace edit.
pub fn edit_breach(edit: &Value, capabilities: &Value) -> Option<&'static str> {
    let takes = &capabilities["workspace"]["workspaceEdit"];
    // Neovim takes them without a word.
    let document_changes =
        takes["documentChanges"] == true || takes["resourceOperations"].is_array();
    if !edit["documentChanges"].is_null() && !document_changes {
        return Some("this editor takes no document changes");
    }
    if !edit["changeAnnotations"].is_null() && takes["changeAnnotationSupport"].is_null() {
        return Some("this editor knows no annotations");
    }
    for change in edit["documentChanges"].as_array().into_iter().flatten() {
        if let Some(kind) = change["kind"].as_str() {
            let kinds = takes["resourceOperations"].as_array();
            if !kinds.is_some_and(|kinds| kinds.iter().any(|known| known == kind)) {
                return Some("this editor does not do that to files");
            }
        } else if change["textDocument"].get("version").is_none() {
            // Neovim fails on it.
            return Some("an edit must name a version or null");
        }
    }
    None
}

/// What is wrong with a code action.
pub fn action_breach(action: &Value, capabilities: &Value) -> Option<&'static str> {
    let takes = &capabilities["textDocument"]["codeAction"];
    let unasked = [
        ("disabled", "disabledSupport", "this editor shows no disabled actions"),
        ("isPreferred", "isPreferredSupport", "this editor prefers no actions"),
        ("data", "dataSupport", "this editor keeps no data"),
        ("tags", "tagSupport", "this editor knows no tags of actions"),
    ];
    let unasked = unasked
        .into_iter()
        .find(|(field, support, _)| !action[*field].is_null() && takes[*support].is_null());
    match unasked {
        Some((_, _, fault)) => Some(fault),
        None if action["edit"].is_null() => None,
        None => edit_breach(&action["edit"], capabilities),
    }
}

fn diagnostics_breach(params: &Value, capabilities: &Value) -> Option<&'static str> {
    let takes = &capabilities["textDocument"]["publishDiagnostics"];
    if !params["version"].is_null() && takes["versionSupport"] != true {
        return Some("this editor takes no versions with diagnostics");
    }
    let mut all = params["diagnostics"].as_array().into_iter().flatten();
    let related = all.any(|found| !found["relatedInformation"].is_null());
    (related && takes["relatedInformation"] != true)
        .then_some("this editor shows no related places")
}

fn refresh_breach(what: &str, capabilities: &Value) -> Option<&'static str> {
    (capabilities["workspace"][what]["refreshSupport"] != true)
        .then_some("this editor does not refresh that")
}
