//! Starts mlm-lsp in Zed. The program is the one on the user's PATH: an opened folder chooses none.

use zed_extension_api::{self as zed, serde_json::Value, settings::LspSettings, Command, LanguageServerId, Result, Worktree};

struct MlmLsp;

impl zed::Extension for MlmLsp {
    fn new() -> Self {
        MlmLsp
    }

    fn language_server_command(&mut self, _: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let command = worktree
            .which("mlm-lsp")
            .ok_or("finding mlm-lsp: it is not on the PATH: install it, and run `mlm-lsp runtime install`")?;
        Ok(Command { command, args: vec!["serve".into()], env: worktree.shell_env() })
    }

    /// What Zed's settings have under lsp.mlm-lsp.settings is what the server asks for by workspace/configuration.
    fn language_server_workspace_configuration(&mut self, id: &LanguageServerId, worktree: &Worktree) -> Result<Option<Value>> {
        Ok(LspSettings::for_worktree(id.as_ref(), worktree)?.settings)
    }
}

zed::register_extension!(MlmLsp);
