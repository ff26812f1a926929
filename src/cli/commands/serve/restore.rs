//! `serve restore`: a server's data made of a backup, and checked.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::copied::{CopiedView, print_problems, size};
use crate::cli::data_folder::{self, DataFolder};
use crate::cli::progress::{self, Unit};
use crate::error::Result;
use crate::fs;
use crate::remote_store::RemoteStore;
use crate::server::tokens::Tokens;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Restore the data of a server from a backup into an empty or new folder, and check everything
///
/// No server accepts the folder before it is complete. If a restore is interrupted, run it again to continue.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The backup
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    #[command(flatten)]
    place: DataFolder,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(flatten)]
    copied: CopiedView<'a>,
    data: &'a Path,
    /// Start of a backup that was interrupted.
    unfinished_since: Option<&'a str>,
}

answer!(backupRestore: Answer<'_>);

impl Restore {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let backup = cx.directory()?.join(&self.backup);
        let data = self.place.path(cx)?;
        // It is nobody else's on this machine, as the server's own folder.
        fs::keep_private();
        let term = *cx.out.term();
        let mut copied = progress::show(&term, "Copying", Unit::Item, |progress| {
            RemoteStore::restore(&backup, &data, progress, || Tokens::of(&backup).copy_to(&data))
        })?;
        let store = RemoteStore::open_existing(&data)?;
        let agents = store.agents()?;
        let damage = progress::show(&term, "Checking", Unit::Item, |progress| {
            data_folder::check(&store, &agents, progress)
        })?;
        RemoteStore::restored(&data)?;
        // The check reports these as well.
        copied.problems.retain(|(agent, _)| damage.iter().all(|(other, _)| other != agent));
        copied.problems.extend(damage);
        let unfinished = RemoteStore::unfinished_backup(&backup)?;
        let fine = copied.problems.is_empty();
        if cx.out.is_json() {
            cx.out.json(&Answer {
                copied: CopiedView::new(&copied),
                data: &data,
                unfinished_since: unfinished.as_deref(),
            })?;
        } else {
            print_problems(cx, &copied)?;
            let place = data.display();
            let what = format!("{} agent(s) with {}", copied.agents, size(copied.bytes));
            match fine {
                true => cx.out.line(format!(
                    "✓ Restored {what} into \"{place}\"; everything was read and is intact."
                ))?,
                false => cx
                    .out
                    .line(format!("Restored {what} into \"{place}\", including damaged data."))?,
            }
            if let Some(since) = unfinished {
                cx.out.warn(format!(
                    "the backup was interrupted (started {since}): agents that it did not reach are in the state of the backup before it"
                ));
            }
        }
        Ok(if fine { Exit::Done } else { Exit::Found })
    }
}
