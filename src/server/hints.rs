//! Hints of the server: words that name commands of whoever runs it, for its answers and its own messages.

use crate::error::{Error, Hint};

pub const CREATE_PUSH_TOKEN: &str =
    "run `lua-store serve token create --agent AGENT --scope push` to create one";
pub const CREATE_ADMIN_TOKEN: &str =
    "run `lua-store serve token create --agent AGENT --scope admin` to create one";
pub const CREATE_ANOTHER_TOKEN: &str = "run `lua-store serve token create` to create another one";
pub const LIST_TOKENS: &str = "run `lua-store serve token list` to list the tokens";
pub const LIST_AGENTS: &str = "run `lua-store serve agents list` to list the agents";
pub const NO_AUTH_IS_LOCAL: &str = "`--no-auth` is for 127.0.0.1; leave it out, and create tokens: \
     `lua-store serve token create --agent AGENT --scope push`";
pub const PUSH: &str = "run `lua-store push` in the project";
pub const FSCK: &str = "ask the operator of the server to run `lua-store serve fsck`";
pub const ADDRESS: &str = "run `lua-store remote add origin URL/AGENT` with the URL of this server and the id of an agent";
pub const FOREIGN_NAME: &str = "ask the operator of the server for its address; \
     `lua-store serve --public-url URL` gives it the name that browsers use";
pub const EDIT_FILES: &str = "edit the TypeScript, and run `lua-store push`";
pub const ENTRY: &str =
    "run `lua-store ui` again for a new address; the one that it prints opens one session";
pub const NAMED_TOKEN: &str = "ask the operator of the server for another one: \
     `lua-store serve token create --agent AGENT --scope promote --for AUTHOR`";
pub const STOCK_TOKEN: &str = "set LUA_API_KEY to a token of this server, which begins with lst_ \
     (its operator creates one with `lua-store serve token create`)";
pub const STOCK_AGENT: &str =
    "ask the operator of the server for a token for it (`lua-store serve token create`)";
pub const TOKEN: &str = "ask the operator of the server for a token (`lua-store serve token create`); \
     run `lua-store login URL` to store it, or set LUA_STORE_TOKEN";

pub fn create_token(agents: &str, scope: impl std::fmt::Display) -> String {
    format!(
        "ask the operator of the server for another one: `lua-store serve token create --agent {agents} --scope {scope}`"
    )
}

pub fn rotate_newer(id: &str) -> String {
    format!("run `lua-store serve token rotate {id}` to rotate the new one")
}

/// Hints of the remote store, whose commands are the server's.
pub fn of_server(hint: &Hint) -> Option<String> {
    Some(match hint {
        Hint::Text(text) => text.clone(),
        Hint::Unarchive { agent } => format!(
            "ask the operator of the server to make it writable again: `lua-store serve agents archive {agent} --undo`"
        ),
        Hint::DeleteDamaged { agent } => format!(
            "look for it in a backup first; run `lua-store serve agents delete {agent} --damaged` to delete its stored data"
        ),
        Hint::RestoreBackupAgain => {
            "run `lua-store serve restore BACKUP` with the same folder to continue".to_owned()
        }
        _ => return None,
    })
}

/// Hints for a client. Hints that only help at this machine are left out.
pub fn of(error: &Error) -> Option<String> {
    let lines: Vec<String> = error.hints().iter().filter_map(of_server).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
