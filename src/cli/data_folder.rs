//! Data folder of a server: `--data`, `LUA_STORE_DATA`, or the user's folder for data.

use crate::cli::context::Context;
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::progress::Progress;
use crate::protocol::AgentId;
use crate::remote_store::RemoteStore;
use std::path::PathBuf;

/// The option that says which folder.
#[derive(Debug, clap::Args)]
pub struct DataFolder {
    /// The server's folder [default: LUA_STORE_DATA, or lua-store/depot in the user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl DataFolder {
    /// The folder that is named here, else there.
    pub fn or(self, other: DataFolder) -> DataFolder {
        DataFolder { data: self.data.or(other.data) }
    }

    /// The folder, made into a remote store when it is missing. One that was named must at least have a parent, so that
    /// a typing mistake makes no tree of folders.
    pub fn made(&self, cx: &Context<'_>) -> Result<PathBuf> {
        let folder = self.path(cx)?;
        let parent_exists = folder.parent().is_none_or(|parent| parent.is_dir());
        if !parent_exists && self.data.is_some() {
            return Err(Error::not_found(format!(
                "cannot create \"{}\": its parent folder does not exist",
                folder.display()
            )));
        }
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent)?;
        }
        // Content of agents, and tokens, are private on this machine: from here on every file of
        // this process is for its user alone.
        fs::keep_private();
        RemoteStore::open(&folder)?;
        fs::make_private(&folder)?;
        Ok(folder)
    }

    /// The folder, which must be there.
    pub fn existing(&self, cx: &Context<'_>) -> Result<PathBuf> {
        let folder = self.path(cx)?;
        if folder.is_dir() {
            return Ok(folder);
        }
        Err(Error::not_found(format!("there is no folder \"{}\"", folder.display()))
            .hint("add `--data DIR` to name the folder that the server was started with"))
    }

    /// The remote store in the folder, which must be one.
    pub fn store(&self, cx: &Context<'_>) -> Result<(PathBuf, RemoteStore)> {
        let folder = self.existing(cx)?;
        // Files written here are private on this machine, like those of the server.
        fs::keep_private();
        let store = RemoteStore::open_existing(&folder)?;
        Ok((folder, store))
    }

    /// The folder, whether it is there or not.
    pub fn path(&self, cx: &Context<'_>) -> Result<PathBuf> {
        let named = self.data.clone().or_else(|| variable("LUA_STORE_DATA"));
        match named.or_else(default) {
            Some(folder) => Ok(cx.directory()?.join(folder)),
            None => Err(Error::usage("cannot find the data folder of the server")
                .hint("add `--data DIR` to name the folder")),
        }
    }
}

/// `$XDG_DATA_HOME`, or where that is when it is not set.
fn default() -> Option<PathBuf> {
    let home = || Some(variable("HOME")?.join(".local/share"));
    let data = variable("XDG_DATA_HOME").or_else(|| variable("LOCALAPPDATA")).or_else(home)?;
    Some(data.join("lua-store").join("depot"))
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Problems of each agent. One that cannot be opened at all keeps no other from being read.
pub fn check(
    store: &RemoteStore,
    agents: &[AgentId],
    progress: &Progress,
) -> Result<Vec<(AgentId, String)>> {
    progress.expect(agents.len() as u64);
    let mut problems = Vec::new();
    for agent in agents {
        let found = store.check(agent).or_else(|error: Error| match error.kind() {
            Kind::Unavailable => Err(error),
            _ => Ok(vec![error.message().to_owned()]),
        })?;
        problems.extend(found.into_iter().map(|what| (agent.clone(), what)));
        progress.advance(0);
    }
    Ok(problems)
}
