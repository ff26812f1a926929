//! `init`: makes the store of a project.

use crate::agent::manifest::Manifest;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::store::{DIR, Store};
use serde::Serialize;

/// Start keeping versions of the project in this directory
///
/// Makes the folder `.lua` and keeps git from adding or removing it. Running it again is fine.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// The agent's id on the Lua platform [default: the one in lua.skill.yaml]
    #[arg(long, value_name = "ID", value_parser = agent_id)]
    agent_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    project: String,
    created: bool,
    agent_id: Option<String>,
}

const NEXT_STEPS: &str = "
What to do next:
  lua-store push -m \"first push\"    keep the project as it is now
  lua-store version create          give what is kept a number: v1
  lua-store version promote v1      make v1 the active version
  lua-store status                  see where things stand";

impl Init {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let root = cx.directory()?;
        let declared = Some(Manifest::read(&root)?.agent_id).filter(|id| !id.trim().is_empty());
        let created = !root.join(DIR).join("format").exists();
        let store = Store::init(&root.join(DIR))?;
        store.shield()?;
        let agent_id = remember(&store, self.agent_id, declared)?;
        let answer = Answer { project: root.display().to_string(), created, agent_id };
        if cx.out.is_json() {
            cx.out.json(&answer)?;
            return Ok(Exit::Done);
        }
        let Answer { project, agent_id, .. } = answer;
        match created {
            true => cx.out.line(format!("✓ Made a store in {project}/{DIR}"))?,
            false => cx.out.line(format!("There is a store in {project}/{DIR} already."))?,
        }
        if let Some(id) = agent_id {
            cx.out.line(format!("Agent: {id}"))?;
        }
        if created {
            cx.out.note(NEXT_STEPS);
        }
        Ok(Exit::Done)
    }
}

/// Writes down the agent's id: the flag's, else the one known before, else the one declared.
fn remember(store: &Store, flag: Option<String>, declared: Option<String>) -> Result<Option<String>> {
    let lock = store.lock()?;
    let mut config = store.config()?;
    let known = config.agent().map(str::to_owned);
    let wanted = flag.or_else(|| known.clone()).or(declared);
    if let Some(id) = wanted.as_ref().filter(|id| Some(*id) != known.as_ref()) {
        config.set_agent(id);
        config.save(&lock)?;
    }
    Ok(wanted)
}

fn agent_id(text: &str) -> Result<String> {
    let bad = text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control());
    if bad {
        Err(Error::usage(format!("{text:?} cannot be the id of an agent")))
    } else {
        Ok(text.to_owned())
    }
}
