//! What the editor can do, read once from its raw `initialize` parameters, and what we offer it.

use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions,
    ExecuteCommandOptions, OneOf, PositionEncodingKind, SaveOptions, ServerCapabilities,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use super::commands;
use crate::base::text::Encoding;

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing an editor can or cannot do")]
pub struct Capabilities {
    pub encoding: Encoding,
    /// Takes `documentChanges`, hence versions, in a workspace edit.
    pub document_changes: bool,
    /// Shows an empty text as one empty line, so that a break at the end of what is put into it is one too many.
    pub shows_a_line: bool,
    pub apply_edit: bool,
    /// Applies the edits of actions whatever version they name, unlike those it is asked to apply.
    pub drops_versions: bool,
    /// Shows what it is asked beside the text, for as long as it takes; others put a prompt in the middle of typing.
    pub asks_beside: bool,
    /// Goes no further with an edit once a text in it has moved on.
    pub stops_when_late: bool,
    /// Takes code actions; others take commands only.
    pub action_literals: bool,
    /// Asks for an action's edit when the action is chosen.
    pub resolves_edit: bool,
    /// Asks for an action's command when the action is chosen.
    pub resolves_command: bool,
    /// Shows actions that cannot be chosen, with the reason.
    pub disabled_actions: bool,
    pub preferred_actions: bool,
    /// Shows which actions a language model made (LSP 3.18).
    pub llm_tag: bool,
    pub progress: bool,
    /// Answers what is set in it.
    pub gives_settings: bool,
    /// Says that its settings changed if it is asked to.
    pub registers_settings: bool,
    pub diagnostic_versions: bool,
    pub related_information: bool,
    /// Keeps what comes with a diagnostic and gives it back when it asks for actions.
    pub diagnostic_data: bool,
    /// Shows where a diagnostic's code is explained, in a document that only the server has.
    pub code_descriptions: bool,
    pub file_operations: FileOperations,
    pub show_document: bool,
    /// Opens documents that only the server has, by their names.
    pub virtual_documents: bool,
    pub refresh_lenses: bool,
    pub refresh_hints: bool,
    pub plans: PlanFeatures,
    pub greenloop: Extensions,
}

/// What the editor can be told to ask for in plans and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanFeatures {
    pub completion: bool,
    /// As a tree.
    pub symbols: bool,
    pub folding: bool,
}

/// `CodeActionTag.LLMGenerated` of LSP 3.18.
pub const LLM_GENERATED: u32 = 1;

/// What the editor does with files in a workspace edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileOperations {
    pub create: bool,
    pub rename: bool,
    pub delete: bool,
}

/// What an editor with our own plugin can do: `capabilities.experimental.greenloop`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing a plugin takes on itself")]
pub struct Extensions {
    /// Takes `greenloop/state`.
    pub state: bool,
    /// Shows questions that come as `greenloop/question`.
    pub question_ui: bool,
    /// Shows tests itself, so that no lens need offer to run them.
    pub test_ui: bool,
    /// Draws changes itself, so that no hint need say how large they are.
    pub review_ui: bool,
}

impl Capabilities {
    /// Reads `initialize` parameters; everything that is not there or not as expected counts as absent.
    pub fn negotiate(initialize: &Value) -> Self {
        let client = &initialize["capabilities"];
        let (document, workspace) = (&client["textDocument"], &client["workspace"]);
        let (action, edit) = (&document["codeAction"], &workspace["workspaceEdit"]);
        let resolvable = &action["resolveSupport"]["properties"];
        let lazily = action["dataSupport"] == true && names(resolvable).any(|name| name == "edit");
        Self {
            encoding: encoding(&client["general"]["positionEncodings"]),
            // Neovim takes them without saying so; who lists what exists only inside them does.
            document_changes: edit["documentChanges"] == true
                || edit["resourceOperations"].is_array()
                || edit["changeAnnotationSupport"].is_object(),
            // Only Neovim does file operations without saying that it takes the edits they come in.
            shows_a_line: edit["documentChanges"] != true && edit["resourceOperations"].is_array(),
            apply_edit: workspace["applyEdit"] == true,
            // A word that only the client library of VS Code uses.
            drops_versions: edit["failureHandling"] == "textOnlyTransactional",
            asks_beside: edit["failureHandling"] == "textOnlyTransactional",
            stops_when_late: edit["failureHandling"].is_string(),
            action_literals: action["codeActionLiteralSupport"].is_object(),
            resolves_edit: lazily,
            resolves_command: lazily && names(resolvable).any(|name| name == "command"),
            disabled_actions: action["disabledSupport"] == true,
            llm_tag: action["tagSupport"]["valueSet"]
                .as_array()
                .is_some_and(|tags| tags.contains(&LLM_GENERATED.into())),
            preferred_actions: action["isPreferredSupport"] == true,
            progress: client["window"]["workDoneProgress"] == true,
            gives_settings: workspace["configuration"] == true,
            registers_settings: workspace["didChangeConfiguration"]["dynamicRegistration"] == true,
            diagnostic_versions: document["publishDiagnostics"]["versionSupport"] == true,
            related_information: document["publishDiagnostics"]["relatedInformation"] == true,
            diagnostic_data: document["publishDiagnostics"]["dataSupport"] == true,
            code_descriptions: document["publishDiagnostics"]["codeDescriptionSupport"] == true
                && workspace["textDocumentContent"].is_object(),
            file_operations: FileOperations::of(&edit["resourceOperations"]),
            show_document: client["window"]["showDocument"]["support"] == true,
            virtual_documents: workspace["textDocumentContent"].is_object(),
            refresh_lenses: workspace["codeLens"]["refreshSupport"] == true,
            refresh_hints: workspace["inlayHint"]["refreshSupport"] == true,
            plans: PlanFeatures::of(document),
            greenloop: Extensions::of(initialize),
        }
    }
}

impl FileOperations {
    fn of(listed: &Value) -> Self {
        let has = |name| names(listed).any(|listed| listed == name);
        Self { create: has("create"), rename: has("rename"), delete: has("delete") }
    }
}

impl PlanFeatures {
    fn of(document: &Value) -> Self {
        let can = |feature: &str| document[feature]["dynamicRegistration"] == true;
        let is_tree = document["documentSymbol"]["hierarchicalDocumentSymbolSupport"] == true;
        Self {
            completion: can("completion"),
            symbols: can("documentSymbol") && is_tree,
            folding: can("foldingRange"),
        }
    }
}

impl Extensions {
    /// Editors that cannot add to their capabilities say it in the options.
    fn of(initialize: &Value) -> Self {
        let declared = &initialize["capabilities"]["experimental"]["greenloop"];
        let optional = &initialize["initializationOptions"]["experimental"]["greenloop"];
        let said = if declared.is_object() { declared } else { optional };
        Self {
            state: said["version"] == 1,
            question_ui: said["questionUi"] == true,
            test_ui: said["testUi"] == true,
            review_ui: said["reviewUi"] == true,
        }
    }
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The first one the editor likes that exists; UTF-16 is what every editor speaks.
fn encoding(liked: &Value) -> Encoding {
    names(liked)
        .find_map(|name| match name {
            "utf-8" => Some(Encoding::Utf8),
            "utf-16" => Some(Encoding::Utf16),
            "utf-32" => Some(Encoding::Utf32),
            _ => None,
        })
        .unwrap_or(Encoding::Utf16)
}

/// What the server offers.
pub fn offered(encoding: Encoding) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
            include_text: Some(false),
        })),
        ..TextDocumentSyncOptions::default()
    };
    let actions = CodeActionOptions {
        code_action_kinds: Some(vec![
            CodeActionKind::QUICKFIX,
            CodeActionKind::REFACTOR_REWRITE,
            CodeActionKind::new("source.greenloop"),
        ]),
        resolve_provider: Some(true),
        ..CodeActionOptions::default()
    };
    let folders = WorkspaceFoldersServerCapabilities {
        supported: Some(true),
        change_notifications: Some(OneOf::Left(true)),
    };
    ServerCapabilities {
        position_encoding: Some(match encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        code_action_provider: Some(CodeActionProviderCapability::Options(actions)),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        inlay_hint_provider: Some(OneOf::Left(true)),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: commands::names().map(str::to_owned).collect(),
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(folders),
            file_operations: None,
        }),
        experimental: Some(json!({"greenloop": {"version": 1}})),
        ..ServerCapabilities::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_means_nothing_used() {
        for raw in [
            Value::Null,
            json!({}),
            json!({"capabilities": {"textDocument": 1, "general": {"positionEncodings": "x"}}}),
        ] {
            assert_eq!(
                Capabilities::negotiate(&raw),
                Capabilities {
                    encoding: Encoding::Utf16,
                    document_changes: false,
                    shows_a_line: false,
                    apply_edit: false,
                    drops_versions: false,
                    asks_beside: false,
                    stops_when_late: false,
                    action_literals: false,
                    resolves_edit: false,
                    resolves_command: false,
                    disabled_actions: false,
                    preferred_actions: false,
                    llm_tag: false,
                    progress: false,
                    gives_settings: false,
                    registers_settings: false,
                    diagnostic_versions: false,
                    related_information: false,
                    diagnostic_data: false,
                    code_descriptions: false,
                    file_operations: FileOperations::default(),
                    show_document: false,
                    virtual_documents: false,
                    refresh_lenses: false,
                    refresh_hints: false,
                    plans: PlanFeatures::default(),
                    greenloop: Extensions::default(),
                }
            );
        }
    }

    #[test]
    fn document_changes_are_taken_by_who_lists_what_exists_only_inside_them() {
        let with = |edit: Value| {
            Capabilities::negotiate(
                &json!({"capabilities": {"workspace": {"workspaceEdit": edit}}}),
            )
        };
        assert!(with(json!({"documentChanges": true})).document_changes);
        assert!(with(json!({"resourceOperations": ["create"]})).document_changes);
        assert!(!with(json!({"documentChanges": false})).document_changes);
    }

    #[test]
    fn the_editors_first_known_encoding_wins() {
        assert_eq!(encoding(&json!(["utf-7", "utf-32", "utf-8"])), Encoding::Utf32);
        assert_eq!(encoding(&json!([])), Encoding::Utf16);
    }

    #[test]
    fn edits_are_left_for_later_only_if_the_editor_keeps_data() {
        let with = |data: bool, properties: Value| {
            let action = json!({"dataSupport": data, "resolveSupport": {"properties": properties}});
            Capabilities::negotiate(
                &json!({"capabilities": {"textDocument": {"codeAction": action}}}),
            )
        };
        let lazy = |caps: Capabilities| (caps.resolves_edit, caps.resolves_command);
        assert_eq!(lazy(with(true, json!(["edit", "command"]))), (true, true));
        assert_eq!(lazy(with(true, json!(["edit"]))), (true, false));
        assert_eq!(lazy(with(true, json!(["command"]))), (false, false));
        assert_eq!(lazy(with(false, json!(["edit", "command"]))), (false, false));
    }
}
