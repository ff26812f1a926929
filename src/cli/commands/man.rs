//! `man`: the manual pages, made from the same words as the help.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::help::manual;
use crate::error::{Error, Result};
use crate::fs;
use clap::{Command, CommandFactory};
use serde::Serialize;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Print the manual page, or write those of all commands
///
/// Run `lua-store man | man -l -` to read it. Write the pages into a folder such as ~/.local/share/man/man1 to
/// use `man lua-store-version-diff`.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The folder to write a page for every command to
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Printed<'a> {
    page: Cow<'a, str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Written<'a> {
    folder: &'a Path,
    pages: &'a [String],
}

answer! {
    manPage: Printed<'_>,
    manPages: Written<'_>,
}

impl Man {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let mut command = Cli::command();
        command.build();
        let Some(folder) = self.folder else {
            let page = page(&command, "")?;
            if cx.out.is_json() {
                cx.out.json(&Printed { page: String::from_utf8_lossy(&page) })?;
            } else {
                cx.out.bytes(&page)?;
            }
            return Ok(Exit::Done);
        };
        let folder = cx.directory()?.join(folder);
        fs::create_dir_all(&folder)?;
        let mut written = Vec::new();
        write(&command, "", &folder, &mut written)?;
        if cx.out.is_json() {
            cx.out.json(&Written { folder: &folder, pages: &written })?;
        } else {
            cx.out.line(format!(
                "✓ {} manual pages are in {}.",
                written.len(),
                folder.display()
            ))?;
        }
        Ok(Exit::Done)
    }
}

/// The page of a command and of every command below it, `help` aside. `words` follow `lua-store`.
fn write(command: &Command, words: &str, folder: &Path, written: &mut Vec<String>) -> Result<()> {
    let name = format!("{}.1", format!("lua-store {words}").trim_end().replace(' ', "-"));
    fs::replace(&folder.join(&name), &page(command, words)?)?;
    written.push(name);
    let below = command
        .get_subcommands()
        .filter(|below| below.get_name() != "help" && !below.is_hide_set());
    for command in below {
        let words = format!("{words} {}", command.get_name());
        write(command, words.trim_start(), folder, written)?;
    }
    Ok(())
}

fn page(command: &Command, words: &str) -> Result<Vec<u8>> {
    manual::render(command, words).map_err(|error| {
        Error::failed(format!("cannot write the manual page of \"lua-store {words}\": {error}"))
    })
}
