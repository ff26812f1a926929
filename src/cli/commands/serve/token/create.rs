//! `serve token create`: a new token, shown once.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::data_folder::DataFolder;
use crate::cli::time;
use crate::error::Result;
use crate::protocol::TokenScope;
use crate::server::address_note;
use crate::server::expiry;
use crate::server::pattern::AgentPattern;
use crate::server::tokens::{NewToken, NewTokenView};

/// Create a token and print it once
///
/// The server stores only a hash of it, so it cannot be shown again.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// The agent that it gives access to, which need not exist yet, or a pattern: `team-*`; may be given several
    /// times
    #[arg(long = "agent", value_name = "AGENT", required = true)]
    agents: Vec<AgentPattern>,
    /// What it allows: read, push, promote or admin; each includes those before it
    #[arg(long, value_name = "SCOPE")]
    scope: TokenScope,
    /// When it expires: after `12h`, `30d`, `8w`, or on a day or at a time [default: never]
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    expires: Option<String>,
    /// Its name: its owner or its purpose; shown beside its pushes
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Its only author: records with another author are refused
    #[arg(long = "for", value_name = "EMAIL")]
    owner: Option<String>,
    /// Allow records of other authors too
    #[arg(long, requires = "owner")]
    for_others: bool,
    #[command(flatten)]
    place: DataFolder,
}

answer!(newToken: NewTokenView<'_>);

impl Create {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let now = cx.now()?;
        let expires_at = self.expires.map(|text| expiry::parse(&text, now)).transpose()?;
        let Create { agents, scope, note, owner, for_others, .. } = self;
        let wanted = NewToken { agents, scope, note, owner, for_others, expires_at };
        // Before a folder is made.
        wanted.check()?;
        let data = self.place.made(cx)?;
        let (entry, secret) = data.tokens.create(wanted, now)?;
        if cx.out.is_json() {
            cx.out.json(&entry.with_secret(&secret))?;
            return Ok(Exit::Done);
        }
        cx.out.line(&secret)?;
        let whom = super::author(&entry).map_or_else(String::new, |whom| format!(", for {whom}"));
        let until = entry
            .expires_at
            .map_or_else(String::new, |end| format!(", until {}", time::minute(end)));
        cx.out
            .note(format!("Token {}: {} on {}{whom}{until}.", entry.id, entry.scope, entry.agents));
        let url = address_note::read(&**data.store.notes());
        cx.out.notes(format!(
            "For the stock `lua` command, in a shell or in the .env file of a project:\n  \
             LUA_API_URL={url}\n  LUA_AUTH_URL={url}\n  LUA_API_KEY={secret}"
        ));
        cx.out.hint(
            "it is shown only once; run `lua-store login URL` on the client to store it, or set LUA_STORE_TOKEN",
        );
        Ok(Exit::Done)
    }
}
