//! `remote`: the places that this project's versions are pushed to and fetched from.

pub mod add;
pub mod check;
pub mod list;
pub mod remove;
pub mod set_url;
pub mod show;
pub mod verify;

use super::{login, logout};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;

/// Add, list, change and remove remotes
///
/// A remote is `https://host/AGENT`, served by `lua-store serve`, the path of a folder whose last part is the
/// agent's id, or `lua://AGENT`, an agent on the Lua platform. Only `login`, `check` and `verify` contact it.
#[derive(Debug, clap::Args)]
pub struct Remote {
    #[command(subcommand)]
    command: RemoteCommand,
}

impl Remote {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    RemoteCommand {
        Add(add::Add),
        List(list::List),
        Show(show::Show),
        Check(check::Check),
        Verify(verify::Verify),
        Remove(remove::Remove),
        SetUrl(set_url::SetUrl),
        Login(login::Login),
        Logout(logout::Logout),
    }
}
