//! Data of a server: the folder of `--data` or `LUA_STORE_DATA`, the user's folder for data, or the engines of `--store` and `--packs`.

use crate::cli::context::Context;
use crate::engine::{BucketUrl, EngineEnvironment, EngineUrl, SharedEngine};
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::progress::Progress;
use crate::protocol::AgentId;
use crate::remote_store::{RemoteLayout, RemoteStore};
use crate::server::tokens::Tokens;
use std::path::PathBuf;

/// The option that says which folder.
#[derive(Debug, clap::Args)]
pub struct DataFolder {
    /// The server's folder [default: LUA_STORE_DATA, or lua-store/depot in the user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The server's data in a database or a bucket instead of a folder: `postgres://db.example.com/agents`, `s3://bucket/prefix`
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    store: Option<String>,
    /// With --store: the packs of a database in a bucket, `s3://bucket/prefix`
    #[arg(long, value_name = "URL", requires = "store")]
    packs: Option<String>,
    /// With --store: a folder for files on their way, which may be lost [default: lua-store/scratch in the user's cache folder]
    #[arg(long, value_name = "DIR", requires = "store")]
    scratch: Option<PathBuf>,
}

/// Data of a server, opened.
pub struct ServerData {
    pub store: RemoteStore,
    pub tokens: Tokens,
    /// The folder; with an engine, the folder for files on their way.
    pub folder: PathBuf,
    pub engine: Option<SharedEngine>,
    /// The folder or the URL, for people.
    pub name: String,
}

impl ServerData {
    fn of_folder(folder: PathBuf, store: RemoteStore) -> ServerData {
        let (tokens, name) = (Tokens::of(&folder), folder.display().to_string());
        ServerData { store, tokens, folder, engine: None, name }
    }
}

impl DataFolder {
    /// The store of a URL, with packs in a bucket.
    pub fn at(url: &str, packs: Option<String>) -> DataFolder {
        DataFolder { data: None, store: Some(url.to_owned()), packs, scratch: None }
    }

    /// The folder that is named here, else there.
    pub fn or(self, other: DataFolder) -> DataFolder {
        if self.data.is_some() || self.store.is_some() {
            return DataFolder { scratch: self.scratch.or(other.scratch), ..self };
        }
        let (packs, scratch) = (self.packs.or(other.packs), self.scratch.or(other.scratch));
        DataFolder { packs, scratch, ..other }
    }

    /// The URL of the engine, if it is not a folder.
    fn shared(&self) -> Result<Option<EngineUrl>> {
        let Some(text) = &self.store else { return Ok(None) };
        match engine_url(text)? {
            EngineUrl::Folder(_) if self.packs.is_none() => Ok(None),
            url => Ok(Some(url)),
        }
    }

    /// The bucket with the packs.
    fn pack_bucket(&self) -> Result<Option<BucketUrl>> {
        let Some(text) = &self.packs else { return Ok(None) };
        match engine_url(text)? {
            EngineUrl::Bucket(url) => Ok(Some(*url)),
            _ => Err(Error::usage("only a bucket can have the packs of a database")
                .hint("use `--packs s3://bucket/prefix`")),
        }
    }

    /// Opens the engine, with its folder for files on their way.
    fn open_engine(&self, cx: &Context<'_>, url: &EngineUrl) -> Result<ServerData> {
        let scratch = self.scratch.clone().or_else(default_scratch).ok_or_else(|| {
            Error::usage("cannot find a folder for files on their way")
                .hint("add `--scratch DIR` to name one")
        })?;
        let folder = cx.directory()?.join(scratch);
        let packs = self.pack_bucket()?;
        fs::keep_private();
        if self.scratch.is_none()
            && let Some(parent) = folder.parent()
        {
            fs::create_dir_all(parent)?;
        }
        let engine = SharedEngine::open(url, packs.as_ref())?;
        RemoteLayout::make_scratch(&folder)?;
        let store = RemoteStore::on(engine.engines.clone(), folder.clone());
        let (tokens, name) = (Tokens::shared(engine.tokens.clone()), engine.name.clone());
        Ok(ServerData { store, tokens, folder, engine: Some(engine), name })
    }

    /// The folder, made into a remote store when it is missing. One that was named must at least have a parent, so that
    /// a typing mistake makes no tree of folders.
    pub fn made(&self, cx: &Context<'_>) -> Result<ServerData> {
        if let Some(url) = self.shared()? {
            return self.open_engine(cx, &url);
        }
        let folder = self.path(cx)?;
        let parent_exists = folder.parent().is_none_or(|parent| parent.is_dir());
        let is_named = self.data.is_some() || self.store.is_some();
        if !parent_exists && is_named {
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
        let store = RemoteStore::open(&folder)?;
        fs::make_private(&folder)?;
        Ok(ServerData::of_folder(folder, store))
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

    /// The data, which must exist. A database is prepared by whoever opens it first.
    pub fn store(&self, cx: &Context<'_>) -> Result<ServerData> {
        if let Some(url) = self.shared()? {
            return self.open_engine(cx, &url);
        }
        let folder = self.existing(cx)?;
        // Files written here are private on this machine, like those of the server.
        fs::keep_private();
        let store = RemoteStore::open_existing(&folder)?;
        Ok(ServerData::of_folder(folder, store))
    }

    /// The folder, whether it is there or not.
    pub fn path(&self, cx: &Context<'_>) -> Result<PathBuf> {
        if let Some(text) = &self.store {
            return match engine_url(text)? {
                EngineUrl::Folder(folder) => Ok(folder),
                EngineUrl::Postgres(url) => Err(not_a_folder(&url.to_string())),
                EngineUrl::Bucket(url) => Err(not_a_folder(&url.to_string())),
            };
        }
        let named = self.data.clone().or_else(|| variable("LUA_STORE_DATA"));
        match named.or_else(default) {
            Some(folder) => Ok(cx.directory()?.join(folder)),
            None => Err(Error::usage("cannot find the data folder of the server")
                .hint("add `--data DIR` to name the folder")),
        }
    }
}

fn not_a_folder(url: &str) -> Error {
    Error::usage(format!("\"{url}\" is not a folder"))
        .hint("restore into a folder, and serve that with `--data DIR`")
}

/// Engine that a URL and the environment name.
pub fn engine_url(text: &str) -> Result<EngineUrl> {
    let value = |name: &str| std::env::var(name).ok();
    EngineUrl::parse(text, &EngineEnvironment::new(variable("HOME"), value))
}

/// `$XDG_CACHE_HOME`, or where that is when it is not set.
fn default_scratch() -> Option<PathBuf> {
    let home = || Some(variable("HOME")?.join(".cache"));
    let cache = variable("XDG_CACHE_HOME").or_else(|| variable("LOCALAPPDATA")).or_else(home)?;
    Some(cache.join("lua-store").join("scratch"))
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
