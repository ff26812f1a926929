//! `serve token list`: the tokens of a server, without their secrets.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::data_folder::DataFolder;
use crate::cli::output::RED;
use crate::cli::table::{Cell, Table};
use crate::cli::time;
use crate::error::Result;
use crate::server::tokens::ListedToken;
use anstyle::Style;
use serde::Serialize;

/// List the tokens of the server, oldest first; the tokens themselves are never shown
#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    place: DataFolder,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    tokens: Vec<ListedToken<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(tokenList: Answer<'_>);

impl List {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let now = cx.now()?;
        let file = self.place.store(cx)?.tokens;
        let (tokens, used) = (file.list()?, file.used().read());
        if cx.out.is_json() {
            let shown = tokens.iter().map(|entry| entry.listed(now, used.get(&entry.id)));
            let length = ListLength::whole(tokens.len());
            cx.out.json(&Answer { tokens: shown.collect(), length })?;
            return Ok(Exit::Done);
        }
        if tokens.is_empty() {
            cx.out.line("(no token yet — run `lua-store serve token create` to create one)")?;
            return Ok(Exit::Done);
        }
        let mut table =
            Table::new(["ID", "AGENT", "SCOPE", "CREATED", "EXPIRES", "LAST USED", "FOR", "NOTE"]);
        for entry in &tokens {
            let expires = match entry.expires_at {
                Some(end) if entry.is_expired(now) => {
                    Cell::styled(RED, format!("expired {}", time::minute(end)))
                }
                Some(end) => Cell::from(time::minute(end)),
                None => Cell::styled(Style::new(), "never"),
            };
            table.row([
                Cell::from(&entry.id),
                Cell::from(entry.agents.to_string()),
                Cell::from(entry.scope.word()),
                Cell::from(time::minute(entry.created_at)),
                expires,
                Cell::from(
                    used.get(&entry.id).map_or_else(|| "-".to_owned(), |time| time::minute(*time)),
                ),
                Cell::from(super::author(entry).unwrap_or_else(|| "anybody".to_owned())),
                Cell::from(entry.note.as_deref().unwrap_or_default()),
            ]);
        }
        table.print(cx.out)?;
        Ok(Exit::Done)
    }
}
