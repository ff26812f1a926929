//! `version create`: the pushed state gets the next number.

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::terminal::{Terminal, print_git};
use crate::error::Result;
use crate::flow;
use crate::flow::git::{self, GitOutcome};
use crate::object::Id;
use crate::operations::create::{self, Created};
use crate::operations::stage;
use crate::progress::Progress;
use serde::Serialize;

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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    created: bool,
    version: Option<u64>,
    id: Option<Id>,
    latest: u64,
    /// Source version that `--auto-push` made.
    source_version: Option<u64>,
    git: Option<&'a GitOutcome>,
}

impl Create {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let who = cx.who(&project)?;
        let mut pushed = None;
        if self.auto_push {
            let request = stage::PushRequest::all(Progress::default());
            let mut terminal = Terminal::brief(cx);
            pushed = flow::push::store(&mut terminal, (&project, &who), &request, None)?.0.number;
        }
        let message = match self.message {
            Some(message) => Some(message),
            None => {
                cx.ask("Optional description (blank to skip):")?.filter(|text| !text.is_empty())
            }
        };
        let request = create::CreateRequest {
            message,
            commit: self.commit_hash,
            allow_unreadable: self.allow_unreadable,
        };
        let (created, told) = git::create_version(&project, &request, &who)?;
        if cx.out.is_json() {
            let (version, id, latest) = match created {
                Created::New { number, id } => (Some(number), Some(id), number),
                Created::NothingStaged { latest } => (None, None, latest),
            };
            cx.look_after(&project);
            cx.out.json(&Answer {
                created: version.is_some(),
                version,
                id,
                latest,
                source_version: pushed,
                git: told.as_ref(),
            })?;
            told.iter().for_each(|git| print_git(cx, git));
            return Ok(Exit::Done);
        }
        cx.out.line(match created {
            Created::New { number, .. } => {
                format!("✓ Created v{number} (staged). Run `lua-store version promote v{number}` to deploy.")
            }
            Created::NothingStaged { .. } => "No staged changes since the previous version.".to_owned(),
        })?;
        told.iter().for_each(|git| print_git(cx, git));
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}
