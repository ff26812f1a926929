//! `version create`: the pushed state gets the next number.

use crate::cli::context::Context;
use crate::cli::progress::with_progress;
use crate::cli::push_output::tell;
use crate::cli::{Exit, git};
use crate::error::Result;
use crate::operations::create::{self, Created};
use crate::operations::{push, stage};
use serde_json::json;

/// Make the pushed state the next version
///
/// The version is staged: made, and not live until `lua-store version promote` makes it active. When
/// nothing has changed since the newest version, no version is made.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// What this version is about
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Push everything first
    #[arg(long)]
    auto_push: bool,
    /// The git commit that the files are at
    #[arg(long, value_name = "HASH")]
    commit_hash: Option<String>,
    /// Make it of files whose agent was not read, too
    #[arg(long)]
    allow_unreadable: bool,
}

impl Create {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let who = cx.who(&project)?;
        let mut pushed = None;
        if self.auto_push {
            let done = with_progress(cx, "Pushing", |progress| {
                push::push(&project, &stage::Request::all(progress), None, &who)
            })?;
            tell(cx, &done, None)?;
            pushed = done.number;
            let event = git::Event::Pushed { tree: done.report.snapshot.tree };
            git::commit_after(&project, &event, &who).iter().for_each(|told| told.tell(cx));
        }
        let message = match self.message {
            Some(message) => Some(message),
            None => {
                cx.ask("Optional description (blank to skip):")?.filter(|text| !text.is_empty())
            }
        };
        let request = create::Request {
            message,
            commit: self.commit_hash,
            allow_unreadable: self.allow_unreadable,
        };
        let (created, told) = git::create_version(&project, &request, &who)?;
        if cx.out.is_json() {
            let (version, id) = match &created {
                Created::New { number, id } => (Some(*number), Some(id.to_string())),
                Created::NothingStaged { .. } => (None, None),
            };
            let latest = match created {
                Created::New { number, .. } | Created::NothingStaged { latest: number } => number,
            };
            let created = version.is_some();
            cx.look_after(&project);
            cx.out.json(&json!({
                "created": created, "version": version, "id": id, "latest": latest, "sourceVersion": pushed,
                "git": told.as_ref().map(git::Outcome::to_json),
            }))?;
            told.iter().for_each(|told| told.tell(cx));
            return Ok(Exit::Done);
        }
        cx.out.line(match created {
            Created::New { number, .. } => {
                format!("✓ Created v{number} (staged). Run `lua-store version promote v{number}` to deploy.")
            }
            Created::NothingStaged { .. } => "No staged changes since the previous version.".to_owned(),
        })?;
        told.iter().for_each(|told| told.tell(cx));
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}
