//! `remote list`: the remotes, and what they had when last asked.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::table::{Cell, Table};
use crate::error::Result;
use crate::history::project::Project;
use serde::Serialize;

/// List the remotes, with the versions that each had at its last answer
#[derive(Debug, clap::Args)]
pub struct List {}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row {
    name: String,
    url: String,
    #[serde(rename = "sourceVersion")]
    source: Option<u64>,
    version: Option<u64>,
    active: Option<u64>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    remotes: Vec<Row>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(remoteList: Answer);

impl List {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let rows = rows(&project)?;
        if cx.out.is_json() {
            let length = ListLength::whole(rows.len());
            cx.out.json(&Answer { remotes: rows, length })?;
        } else if rows.is_empty() {
            cx.out.line("(no remotes yet — run `lua-store remote add origin URL` to name one)")?;
        } else {
            let number =
                |number: Option<u64>| number.map_or("-".to_owned(), |number| format!("v{number}"));
            let mut table = Table::new(["NAME", "SOURCE", "VERSION", "ACTIVE", "URL"]);
            for row in rows {
                table.row([
                    Cell::from(row.name),
                    Cell::from(number(row.source)),
                    Cell::from(number(row.version)),
                    Cell::from(number(row.active)),
                    Cell::from(row.url),
                ]);
            }
            table.print(cx.out)?;
        }
        Ok(Exit::Done)
    }
}

fn rows(project: &Project) -> Result<Vec<Row>> {
    let config = project.store().config()?;
    let mut rows = Vec::new();
    for (name, url) in config.remotes() {
        let known = project.store().remote(name)?.unwrap_or_default();
        let last =
            |series: &[crate::object::Id]| Some(series.len() as u64).filter(|count| *count > 0);
        rows.push(Row {
            name: name.to_owned(),
            url: url.to_owned(),
            source: last(&known.heads.source),
            version: last(&known.heads.versions),
            active: known.heads.active.and_then(|active| active.version),
        });
    }
    Ok(rows)
}
