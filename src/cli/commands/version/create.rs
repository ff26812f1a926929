//! `version create`: the last push becomes the next version.

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::remote::RemoteArgs;
use crate::cli::version_creation::{Creation, WhenSent};
use crate::error::Result;

/// Create a version of the last push
///
/// The version is staged: run `lua-store version promote` to make it active. If nothing has changed since the
/// newest version, no version is created.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// A message for this version
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Push everything first
    #[arg(long)]
    auto_push: bool,
    /// The git commit of the files
    #[arg(long, value_name = "HASH")]
    commit_hash: Option<String>,
    /// Also create it from files whose agent could not be read
    #[arg(long)]
    allow_unreadable: bool,
    /// Send it to the remote, so that nobody else gets its number
    #[arg(long, conflicts_with = "offline")]
    send: bool,
    /// Promote exactly the version that was created, after sending it to the remote
    #[arg(long)]
    promote: bool,
    /// With `--promote`: succeed when nothing changed, and promote nothing
    #[arg(long, requires = "promote")]
    if_changed: bool,
    #[command(flatten)]
    at: RemoteArgs,
}

impl Create {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let creation = Creation {
            message: self.message,
            auto_push: self.auto_push,
            commit_hash: self.commit_hash,
            allow_unreadable: self.allow_unreadable,
            delivery: if self.send { WhenSent::Always } else { WhenSent::Promoted },
            promote: self.promote,
            if_changed: self.if_changed,
            at: self.at,
        };
        creation.run(cx)
    }
}
