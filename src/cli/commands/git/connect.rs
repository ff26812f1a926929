//! `git connect`: mirror every later version into the git repository of the project.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::error::Result;
use crate::git::Repository;
use serde::Serialize;
use std::borrow::Cow;

/// Commit and tag versions in git from now on
///
/// Checks first that git is installed, that the project is in a repository, and that git knows your name. The
/// setting is in `.lua/config.toml`: it is yours, and clones of the repository do not get it.
#[derive(Debug, clap::Args)]
pub struct Connect {}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    connected: bool,
    changed: bool,
    repository: Cow<'a, str>,
    branch: Option<String>,
}

answer!(gitConnection: Answer<'_>);

impl Connect {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let repository = Repository::find(project.root())?;
        repository.check_identity()?;
        repository.check_not_ignored()?;
        let lock = project.store().lock()?;
        let mut config = project.store().config()?;
        let changed = !config.git_enabled();
        if changed {
            config.set_git_enabled(true);
            config.save(&lock)?;
        }
        drop(lock);
        if cx.out.is_json() {
            cx.out.json(&Answer {
                connected: true,
                changed,
                repository: repository.top().to_string_lossy(),
                branch: repository.head()?.branch,
            })?;
        } else if changed {
            cx.out.line(
                "✓ Git integration enabled. Future `lua-store push` and `lua-store version *` runs will auto-commit.",
            )?;
        } else {
            cx.out.line("Git integration is enabled already.")?;
        }
        Ok(Exit::Done)
    }
}
