//! `serve agents list`: every agent with its numbers.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::copied::size;
use crate::cli::data_folder::DataFolder;
use crate::cli::table::{Cell, Table};
use crate::cli::time;
use crate::error::Result;
use crate::server::inventory::{self, changed};
use crate::server::inventory_view::ListedAgent;
use serde::Serialize;

/// List the agents, in the order of their ids
#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    place: DataFolder,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    agents: Vec<ListedAgent<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(storedAgentList: Answer<'_>);

impl List {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let store = self.place.store(cx)?.store;
        inventory::reserved_warnings(&store).into_iter().for_each(|warning| cx.out.warn(warning));
        let agents = inventory::page(&store, None, usize::MAX, |_| true)?.agents;
        let mut answer = Vec::new();
        let mut table =
            Table::new(["AGENT", "SOURCE", "VERSIONS", "ACTIVE", "SIZE", "CHANGED", "STATE"]);
        let mut damaged = false;
        for (agent, overview) in &agents {
            let overview = match overview {
                Ok(overview) => overview,
                Err(error) => {
                    damaged = true;
                    cx.out.warn(format!("{agent}: {error}"));
                    answer.push(ListedAgent::unreadable(agent, error.message()));
                    continue;
                }
            };
            table.row([
                Cell::from(agent.as_str()),
                Cell::from(overview.source.to_string()),
                Cell::from(overview.versions.to_string()),
                Cell::from(
                    overview.active.map_or_else(|| "-".to_owned(), |version| format!("v{version}")),
                ),
                Cell::from(size(overview.bytes)),
                Cell::from(changed(overview).map_or_else(|| "-".to_owned(), time::minute)),
                Cell::from(if overview.archived { "archived" } else { "" }),
            ]);
            answer.push(ListedAgent::sound(overview));
        }
        if cx.out.is_json() {
            let length = ListLength::whole(answer.len());
            cx.out.json(&Answer { agents: answer, length })?;
        } else if answer.is_empty() {
            cx.out.line("(no agent yet)")?;
        } else {
            table.print(cx.out)?;
        }
        Ok(if damaged { Exit::Found } else { Exit::Done })
    }
}
