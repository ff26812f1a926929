//! `serve gc`: upkeep now, not when a server comes to it.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::copied::size;
use crate::cli::data_folder::DataFolder;
use crate::cli::time;
use crate::error::Result;
use crate::protocol::AgentId;
use crate::remote_store::{AgentGarbage, Collected, RemoteStore, Upkeep};
use crate::server::inventory;
use serde::Serialize;
use std::time::Duration;

/// Combine packs and remove unneeded data; a running server does this by itself
///
/// Safe while a server runs: an agent that the server is cleaning up at that moment is skipped.
#[derive(Debug, clap::Args)]
pub struct Gc {
    /// Only this agent; may be given several times
    #[arg(long = "agent", value_name = "AGENT")]
    agents: Vec<AgentId>,
    /// Write one pack for each agent, without unreachable objects: rewrites all data once
    #[arg(long)]
    full: bool,
    /// Delete packs and uploads that have not been needed for this long: `1d`, `12h`, `0`
    #[arg(long, value_name = "SPAN", default_value = "1d", value_parser = time::span)]
    prune_older_than: Duration,
    /// List what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: DataFolder,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    agents: Vec<AgentUpkeep<'a>>,
    failed: Vec<FailedUpkeep<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AgentUpkeep<'a> {
    agent: &'a AgentId,
    busy: bool,
    compacted: usize,
    deleted: usize,
    uploads: usize,
    #[serde(rename = "condemnedBytes")]
    retired_bytes: u64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FailedUpkeep<'a> {
    agent: &'a AgentId,
    what: &'a str,
}

impl<'a> AgentUpkeep<'a> {
    fn new(agent: &'a AgentId, done: &Collected) -> AgentUpkeep<'a> {
        AgentUpkeep {
            agent,
            busy: done.busy,
            compacted: done.compacted,
            deleted: done.deleted,
            uploads: done.uploads,
            retired_bytes: done.retired_bytes,
        }
    }
}

/// Answer of `serve gc --dry-run`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct SurveyAnswer<'a> {
    dry_run: bool,
    agents: Vec<GarbageView<'a>>,
}

answer! {
    serverCollection: Answer<'_>,
    serverGarbage: SurveyAnswer<'_>,
}

/// Garbage of an agent.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct GarbageView<'a> {
    agent: &'a AgentId,
    /// Objects that `--full` would leave out.
    unreached: usize,
    /// Packs that would go.
    packs: usize,
}

fn survey(
    cx: &mut Context<'_>,
    store: &RemoteStore,
    agents: &[AgentId],
    upkeep: &Upkeep,
) -> Result<Exit> {
    let mut views = Vec::new();
    for agent in agents {
        let AgentGarbage { unreached, packs } = store.survey(agent, upkeep)?;
        views.push(GarbageView { agent, unreached, packs });
    }
    if cx.out.is_json() {
        cx.out.json(&SurveyAnswer { dry_run: true, agents: views })?;
        return Ok(Exit::Done);
    }
    for GarbageView { agent, unreached, packs } in views {
        cx.out.line(format!(
            "{agent}: would delete {packs} pack(s); --full would remove {unreached} unreachable object(s)"
        ))?;
    }
    Ok(Exit::Done)
}

impl Gc {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let store = self.place.store(cx)?.store;
        for agent in &self.agents {
            inventory::existing(&store, agent)?;
        }
        let agents = if self.agents.is_empty() { store.everyone()? } else { self.agents };
        let (whole, spare) = (self.full, self.prune_older_than);
        let upkeep = Upkeep { whole, spare, ..Upkeep::at(cx.now()?.into()) };
        if self.dry_run {
            return survey(cx, &store, &agents, &upkeep);
        }
        store.sweep_scratch()?;
        let mut done: Vec<(AgentId, Collected)> = Vec::new();
        let mut failed: Vec<(AgentId, String)> = Vec::new();
        for agent in agents {
            match store.collect(&agent, &upkeep) {
                Ok(collected) => done.push((agent, collected)),
                Err(error) => failed.push((agent, error.message().to_owned())),
            }
        }
        if cx.out.is_json() {
            let agents = done.iter().map(|(agent, done)| AgentUpkeep::new(agent, done));
            let failures = failed.iter().map(|(agent, what)| FailedUpkeep { agent, what });
            cx.out.json(&Answer { agents: agents.collect(), failed: failures.collect() })?;
            return Ok(if failed.is_empty() { Exit::Done } else { Exit::Found });
        }
        for (agent, what) in &failed {
            cx.out.warn(format!("{agent}: {what}"));
        }
        for (agent, _) in done.iter().filter(|(_, done)| done.busy) {
            cx.out.note(format!("{agent}: skipped, because a server is doing its upkeep"));
        }
        let sum = |count: fn(&Collected) -> usize| {
            done.iter().map(|(_, done)| count(done)).sum::<usize>()
        };
        let retired = done.iter().map(|(_, done)| done.retired_bytes).sum();
        cx.out.line(format!(
            "✓ Upkeep of {} agent(s): {} pack(s) combined, {} deleted, {} upload(s) removed; {} wait to be deleted.",
            done.len(),
            sum(|done| done.compacted),
            sum(|done| done.deleted),
            sum(|done| done.uploads),
            size(retired)
        ))?;
        Ok(if failed.is_empty() { Exit::Done } else { Exit::Found })
    }
}
