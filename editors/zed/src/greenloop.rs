//! Starts `greenloop lsp` in Zed, which knows only the servers that extensions name.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree};

struct Greenloop;

impl zed::Extension for Greenloop {
    fn new() -> Self {
        Self
    }

    fn language_server_command(
        &mut self,
        server: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Command> {
        let settings = LspSettings::for_worktree(server.as_ref(), worktree)?;
        let set = settings.binary.and_then(|binary| binary.path);
        let command = set.or_else(|| worktree.which("greenloop")).ok_or(
            "greenloop is not on the PATH; install it, or name it in lsp.greenloop.binary.path",
        )?;
        Ok(Command { command, args: vec!["lsp".into()], env: worktree.shell_env() })
    }

    fn language_server_initialization_options(
        &mut self,
        server: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<zed::serde_json::Value>> {
        Ok(LspSettings::for_worktree(server.as_ref(), worktree)?.initialization_options)
    }
}

zed::register_extension!(Greenloop);
