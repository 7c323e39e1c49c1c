//! What each editor says of itself in `initialize`, as far as it bears on what a server may send.

use serde_json::{Value, json};

pub fn vscode() -> Value {
    json!({
        "workspace": {
            "applyEdit": true,
            "workspaceEdit": {
                "documentChanges": true,
                "resourceOperations": ["create", "rename", "delete"],
                "failureHandling": "textOnlyTransactional",
                "normalizesLineEndings": true,
                "changeAnnotationSupport": {"groupsOnLabel": true},
                "metadataSupport": true,
                "snippetEditSupport": true,
            },
            "configuration": true,
            "workspaceFolders": true,
            "didChangeWatchedFiles": {"dynamicRegistration": true, "relativePatternSupport": true},
            "codeLens": {"refreshSupport": true},
            "inlayHint": {"refreshSupport": true},
            "diagnostics": {"refreshSupport": true},
            "textDocumentContent": {"dynamicRegistration": true},
            "executeCommand": {"dynamicRegistration": true},
        },
        "textDocument": {
            "synchronization": {"dynamicRegistration": true, "didSave": true, "willSave": true},
            "publishDiagnostics": {
                "relatedInformation": true,
                "versionSupport": false,
                "tagSupport": {"valueSet": [1, 2]},
                "codeDescriptionSupport": true,
                "dataSupport": true,
            },
            "codeAction": {
                "dynamicRegistration": true,
                "isPreferredSupport": true,
                "disabledSupport": true,
                "dataSupport": true,
                "resolveSupport": {"properties": ["edit", "command"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "source"]}},
                "honorsChangeAnnotations": true,
                "documentationSupport": true,
            },
            "codeLens": {"dynamicRegistration": true},
            "inlayHint": {"dynamicRegistration": true},
        },
        "window": {
            "workDoneProgress": true,
            "showDocument": {"support": true},
            "showMessage": {"messageActionItem": {"additionalPropertiesSupport": true}},
        },
        "general": {"positionEncodings": ["utf-16"]},
    })
}

/// Does not say that it takes `documentChanges`, but names what exists only inside them.
pub fn neovim() -> Value {
    json!({
        "workspace": {
            "applyEdit": true,
            "workspaceEdit": {"resourceOperations": ["rename", "create", "delete"]},
            "configuration": true,
            "workspaceFolders": true,
            "didChangeWatchedFiles": {"dynamicRegistration": false, "relativePatternSupport": true},
            "codeLens": {"refreshSupport": true},
            "inlayHint": {"refreshSupport": true},
        },
        "textDocument": {
            "synchronization": {"dynamicRegistration": false, "didSave": true, "willSave": true},
            "publishDiagnostics": {
                "relatedInformation": true,
                "tagSupport": {"valueSet": [1, 2]},
                "dataSupport": true,
            },
            "codeAction": {
                "dynamicRegistration": true,
                "isPreferredSupport": true,
                "dataSupport": true,
                "disabledSupport": true,
                "resolveSupport": {"properties": ["edit", "command"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "source"]}},
            },
            "codeLens": {"dynamicRegistration": false},
            "inlayHint": {"dynamicRegistration": true},
        },
        "window": {
            "workDoneProgress": true,
            "showDocument": {"support": true},
            "showMessage": {"messageActionItem": {"additionalPropertiesSupport": true}},
        },
        "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
    })
}

pub fn helix() -> Value {
    json!({
        "workspace": {
            "applyEdit": true,
            "workspaceEdit": {
                "documentChanges": true,
                "resourceOperations": ["create", "rename", "delete"],
                "failureHandling": "abort",
                "normalizesLineEndings": false,
            },
            "configuration": true,
            "workspaceFolders": true,
            "didChangeWatchedFiles": {"dynamicRegistration": true, "relativePatternSupport": false},
            "diagnostic": {"refreshSupport": true},
        },
        "textDocument": {
            "publishDiagnostics": {"tagSupport": {"valueSet": [1, 2]}, "versionSupport": true},
            "codeAction": {
                "isPreferredSupport": true,
                "disabledSupport": true,
                "dataSupport": true,
                "resolveSupport": {"properties": ["edit", "command"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "source"]}},
            },
            "inlayHint": {"dynamicRegistration": false},
        },
        "window": {"workDoneProgress": true, "showDocument": {"support": true}},
        "general": {"positionEncodings": ["utf-8", "utf-32", "utf-16"]},
    })
}

/// Eglot; of workspace edits it says no more than `documentChanges`.
pub fn emacs() -> Value {
    json!({
        "workspace": {
            "applyEdit": true,
            "executeCommand": {"dynamicRegistration": false},
            "workspaceEdit": {"documentChanges": true},
            "didChangeWatchedFiles": {"dynamicRegistration": true},
            "configuration": true,
            "workspaceFolders": true,
        },
        "textDocument": {
            "synchronization": {"dynamicRegistration": false, "didSave": true, "willSave": true},
            "publishDiagnostics": {
                "relatedInformation": false,
                "versionSupport": true,
                "codeDescriptionSupport": false,
                "tagSupport": {"valueSet": [1, 2]},
            },
            "codeAction": {
                "dynamicRegistration": false,
                "resolveSupport": {"properties": ["edit", "command"]},
                "dataSupport": true,
                "isPreferredSupport": true,
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}},
            },
            "inlayHint": {"dynamicRegistration": false},
        },
        "window": {"showDocument": {"support": true}, "showMessage": {}, "workDoneProgress": true},
        "general": {"positionEncodings": ["utf-32", "utf-8", "utf-16"]},
    })
}

pub fn zed() -> Value {
    json!({
        "workspace": {
            "applyEdit": true,
            "workspaceEdit": {
                "documentChanges": true,
                "resourceOperations": ["create", "rename", "delete"],
                "snippetEditSupport": true,
            },
            "configuration": true,
            "workspaceFolders": true,
            "didChangeWatchedFiles": {"dynamicRegistration": true, "relativePatternSupport": true},
            "codeLens": {"refreshSupport": true},
            "inlayHint": {"refreshSupport": true},
            "diagnostics": {"refreshSupport": true},
            "executeCommand": {"dynamicRegistration": true},
        },
        "textDocument": {
            "synchronization": {"didSave": true, "dynamicRegistration": true},
            "publishDiagnostics": {
                "relatedInformation": true,
                "versionSupport": true,
                "dataSupport": true,
                "tagSupport": {"valueSet": [1, 2]},
            },
            "codeAction": {
                "dynamicRegistration": true,
                "dataSupport": true,
                "resolveSupport": {
                    "properties": ["kind", "diagnostics", "isPreferred", "disabled", "edit", "command"],
                },
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}},
            },
            "codeLens": {"dynamicRegistration": false},
            "inlayHint": {"resolveSupport": {"properties": ["tooltip"]}},
        },
        "window": {"workDoneProgress": true, "showMessage": {"messageActionItem": {"additionalPropertiesSupport": true}}},
        "general": {"positionEncodings": ["utf-16"]},
    })
}

pub fn least() -> Value {
    json!({
        "workspace": {"applyEdit": true},
        "textDocument": {
            "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
        },
    })
}
