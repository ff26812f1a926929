//! `serve fsck`: everything that a server keeps is read and held against its hash, its head and the rules.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::data_folder::{self, DataFolder, ServerData};
use crate::cli::output::RED;
use crate::cli::progress::{self, Unit};
use crate::error::{Kind, Result};
use crate::protocol::AgentId;
use crate::server::inventory;
use serde::Serialize;

/// Read all data of the server and list what is damaged, also while it runs
///
/// Reads every object of every pack, every head, and everything that its refs and its ledger reach. Changes
/// nothing.
#[derive(Debug, clap::Args)]
pub struct Fsck {
    /// Only this agent; may be given several times
    #[arg(long = "agent", value_name = "AGENT")]
    agents: Vec<AgentId>,
    #[command(flatten)]
    place: DataFolder,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    ok: bool,
    agents: usize,
    problems: Vec<ProblemView<'a>>,
}

answer!(serverCheck: Answer<'_>);

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ProblemView<'a> {
    /// `None`: it is in the tokens.
    agent: Option<&'a AgentId>,
    what: &'a str,
}

impl Fsck {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let ServerData { store, tokens, .. } = self.place.store(cx)?;
        let all = self.agents.is_empty();
        let mut agents = if all { store.agents()? } else { self.agents };
        if all {
            // Of a deleted one there is a head with nothing in it; one that cannot be read is checked.
            agents.retain(|agent| store.exists(agent).unwrap_or(true));
        }
        for agent in &agents {
            // One that cannot be read exists, and the check says why.
            match inventory::existing(&store, agent) {
                Err(error) if error.kind() == Kind::NotFound => return Err(error),
                _ => {}
            }
        }
        let term = *cx.out.term();
        let problems = progress::show(&term, "Checking", Unit::Item, |progress| {
            data_folder::check(&store, &agents, progress)
        })?;
        let tokens = if all { tokens.list().err() } else { None };
        let tokens = tokens.map(|error| error.message().to_owned());
        let fine = problems.is_empty() && tokens.is_none();
        if cx.out.is_json() {
            let of_agents =
                problems.iter().map(|(agent, what)| ProblemView { agent: Some(agent), what });
            let of_tokens = tokens.iter().map(|what| ProblemView { agent: None, what });
            let problems = of_agents.chain(of_tokens).collect();
            cx.out.json(&Answer { ok: fine, agents: agents.len(), problems })?;
            return Ok(if fine { Exit::Done } else { Exit::Found });
        }
        let word = cx.out.paint(RED, "damaged:");
        for (agent, what) in &problems {
            cx.out.line(format!("{word} {agent}: {what}"))?;
        }
        if let Some(what) = &tokens {
            cx.out.line(format!("{word} {what}"))?;
        }
        match problems.len() + tokens.iter().len() {
            0 => {
                cx.out.line(format!("✓ Checked {} agent(s): nothing is damaged.", agents.len()))?
            }
            count => {
                cx.out.line(format!("Checked {} agent(s): {count} problem(s).", agents.len()))?
            }
        }
        Ok(if fine { Exit::Done } else { Exit::Found })
    }
}
