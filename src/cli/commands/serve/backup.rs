//! `serve backup`: a copy of a server's data that can be trusted, made while the server runs.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::copied::{CopiedView, print_problems, size};
use crate::cli::data_folder::{DataFolder, ServerData};
use crate::cli::progress::{self, Unit};
use crate::error::Result;
use crate::fs;
use std::path::PathBuf;

/// Copy all data of the server into a folder, also while it runs
///
/// The copy has the same form as the data folder, and each agent in it is as it was at one moment. Run it again
/// to copy only what is new, or to finish an interrupted backup. A deleted agent stays in the backup.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// The folder to copy to: empty, new, or with an earlier backup
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    place: DataFolder,
}

answer!(backup: CopiedView<'_>);

impl Backup {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let ServerData { store, tokens, .. } = self.place.store(cx)?;
        let folder = cx.directory()?.join(&self.folder);
        let now = cx.now()?.to_string();
        // It is nobody else's on this machine, as the server's own folder.
        fs::keep_private();
        let term = *cx.out.term();
        let copied = progress::show(&term, "Copying", Unit::Item, |progress| {
            store.back_up(&folder, &now, progress, || tokens.copy_to(&folder))
        })?;
        let fine = copied.problems.is_empty();
        if cx.out.is_json() {
            cx.out.json(&CopiedView::new(&copied))?;
        } else {
            print_problems(cx, &copied)?;
            cx.out.line(format!(
                "{} {} agent(s) are in \"{}\": {} pack(s) with {} were new.",
                if fine { "✓" } else { "·" },
                copied.agents,
                folder.display(),
                copied.packs,
                size(copied.bytes)
            ))?;
            if !copied.kept.is_empty() {
                cx.out.note(format!(
                    "{} agent(s) are only in the backup; run `lua-store serve agents delete AGENT --data \"{}\"` to remove one",
                    copied.kept.len(),
                    folder.display()
                ));
            }
        }
        if !fine {
            cx.out.hint("run `lua-store serve fsck` to list what is damaged");
        }
        Ok(if fine { Exit::Done } else { Exit::Found })
    }
}
