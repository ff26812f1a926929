//! `init`: makes the store of a project.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::progress::{self, Unit};
use crate::cli::remote;
use crate::cli::which_agent::WhichAgent;
use crate::client::{Address, fetch};
use crate::error::{At, Error, Result};
use crate::flow::remote::{DEFAULT, NamedRemote};
use crate::history::project::Project;
use crate::merge::pull::{self, PullOutcome};
use crate::merge::{Choices, PullRequest, Side};
use crate::operations;
use crate::report;
use crate::store::{self, Store};
use serde::Serialize;
use std::path::Path;

/// Create a store for the project in this directory
///
/// Creates the folder `.lua`, and protects it from `git add` and `git clean`. It can be run again.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// The agent's id on the Lua platform [default: the one in lua.skill.yaml]
    #[arg(long, value_name = "ID", value_parser = agent_id)]
    agent_id: Option<String>,
    /// The remote to share versions through: `https://host/AGENT`, `https://host`, or the path of a folder
    #[arg(long, value_name = "URL")]
    remote: Option<String>,
    /// Download everything that was pushed there, and restore the files of the last push
    #[arg(long, requires = "remote")]
    restore_sources: bool,
    #[command(flatten)]
    which: WhichAgent,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer {
    project: String,
    created: bool,
    agent_id: Option<String>,
    remote: Option<String>,
    /// Number of restored files.
    restored: Option<usize>,
}

answer!(init: Answer);

const NEXT_STEPS: &str = "
What to do next:
  lua-store push -m \"first push\"    store the project as it is now
  lua-store version create          give that state a number: v1
  lua-store version promote v1      make v1 the active version
  lua-store status                  show what is active and what is not pushed";

impl Init {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let mut root = cx.directory()?;
        // A store that is here was made on purpose.
        if !store::is_project(&root) || self.which.is_named() {
            root = self.which.choose(cx, &root)?;
        }
        let created = !store::is_project(&root);
        let is_empty = std::fs::read_dir(&root).at("read", &root)?.next().is_none();
        let (store, agent_id) = operations::init::init(&root, self.agent_id)?;
        let remote = self
            .remote
            .map(|url| add_remote(&store, &root, agent_id.as_deref(), &url, cx.insecure()))
            .transpose()?;
        let restored =
            if self.restore_sources { Some(restore(cx, &root, is_empty)?) } else { None };
        let folder = store.dir().display().to_string();
        let answer =
            Answer { project: root.display().to_string(), created, agent_id, remote, restored };
        if cx.out.is_json() {
            cx.out.json(&answer)?;
            return Ok(Exit::Done);
        }
        let Answer { agent_id, remote, restored, .. } = answer;
        match created {
            true => cx.out.line(format!("✓ Created a store in {folder}"))?,
            false => cx.out.line(format!("There is a store in {folder} already."))?,
        }
        if let Some(id) = agent_id {
            cx.out.line(format!("Agent: {id}"))?;
        }
        if let Some(url) = remote {
            cx.out.line(format!("Remote: {DEFAULT} ({url})"))?;
        }
        match restored {
            Some(files) => {
                cx.out.line(format!("Restored {files} file(s)"))?;
                cx.out.line("✅ Project initialized with restored sources!")?;
            }
            None if created => cx.out.notes(NEXT_STEPS),
            None => {}
        }
        Ok(Exit::Done)
    }
}

/// Writes down where the agent's versions are shared. An address without the agent's id gets it.
fn add_remote(
    store: &Store,
    root: &Path,
    agent_id: Option<&str>,
    url: &str,
    insecure: bool,
) -> Result<String> {
    let url = match (agent_id, Address::parse(url, root)) {
        (Some(id), Ok(address)) if address.agent().as_str() == id => url.to_owned(),
        (Some(id), _) => format!("{}/{id}", url.trim_end_matches('/')),
        (None, _) => url.to_owned(),
    };
    let address = Address::parse(&url, root)?;
    let lock = store.lock()?;
    let mut config = store.config()?;
    if let Some(known) = config.remote(DEFAULT).filter(|known| *known != url) {
        return Err(Error::usage(format!("there is a remote \"{DEFAULT}\" already: {known}"))
            .hint(format!("run `lua-store remote set-url {DEFAULT} {url}` to change it")));
    }
    config.set_remote(DEFAULT, &url, insecure)?;
    config.save(&lock)?;
    Ok(address.to_string())
}

/// Brings everything here. Files that differ from those that were pushed are a conflict, and stay; in an empty
/// folder there is only what keeps git away.
fn restore(cx: &mut Context<'_>, root: &Path, is_empty: bool) -> Result<usize> {
    let choices = Choices::all(is_empty.then_some(Side::Theirs));
    let request = PullRequest { choices, markers: None };
    let project = Project::open(root)?.journaled(&cx.journal);
    let who = cx.who(&project)?;
    let NamedRemote { name, remote, .. } = remote::require(cx, &project, Some(DEFAULT))?;
    let term = *cx.out.term();
    let fetched = progress::show(&term, "Receiving", Unit::Byte, |progress| {
        fetch::fetch(project.store(), &name, &*remote, progress)
    })?;
    if fetched.head.heads.is_empty() {
        return Err(Error::not_found(format!(
            "agent \"{}\" was never pushed there",
            fetched.head.agent
        ))
        .hint("run it without `--restore-sources` to create the project, then `lua-store push`"));
    }
    let outcome = progress::show(&term, "Restoring", Unit::Item, |progress| {
        pull::pull(&project, &fetched.head.heads, &request, &who, progress)
    })?;
    match outcome {
        PullOutcome::Pulled(pulled) => Ok(pulled.files.len()),
        PullOutcome::UpToDate | PullOutcome::Open(_) => Ok(0),
        PullOutcome::Refused(refused) => Err(report::refusal(&name, &refused)),
    }
}

fn agent_id(text: &str) -> Result<String> {
    let bad = text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control());
    if bad {
        Err(Error::usage(format!("{text:?} cannot be the id of an agent")))
    } else {
        Ok(text.to_owned())
    }
}
