//! Clone source: what the argument of `clone` names. It is found by looking, so that a mistyped path makes nothing.

use crate::client::Address;
use crate::error::{Error, Result};
use crate::flow::remote::DEFAULT;
use crate::history::suggest;
use crate::protocol::AgentId;
use crate::remote_store::{RemoteLayout, RemoteStore};
use crate::store::{self, Store};
use std::path::{Path, PathBuf};

/// Number of agents that a refusal lists.
const LISTED: usize = 5;

#[derive(Debug)]
pub enum CloneSource {
    Bundle(PathBuf),
    Remote(Address),
}

impl CloneSource {
    /// Source that `text` names, a URL or a path relative to `from`. Anything else is refused with the command that helps.
    pub fn find(text: &str, from: &Path) -> Result<CloneSource> {
        let path = match text.split_once("://") {
            Some(("file", path)) => PathBuf::from(path),
            Some(_) => return Address::parse(text, from).map(CloneSource::Remote),
            None => from.join(text),
        };
        if path.is_file() {
            return Ok(CloneSource::Bundle(path));
        }
        if let Some(project) = project(&path) {
            return Err(is_project(text, project));
        }
        if RemoteLayout::exists(&path) {
            return Err(is_data_folder(text, &path));
        }
        let parent = path.parent().filter(|parent| RemoteLayout::exists(parent));
        match parent {
            Some(data) => {
                let address = Address::parse(text, from)?;
                is_there(data, address.agent(), text)?;
                Ok(CloneSource::Remote(address))
            }
            None if path.is_dir() => Err(is_folder(text)),
            None => Err(is_missing(text, &path)),
        }
    }
}

/// The project whose folder, or the store in it, this path is.
fn project(path: &Path) -> Option<&Path> {
    let of_store = path.ends_with(store::DIR).then(|| path.parent()).flatten();
    [Some(path), of_store].into_iter().flatten().find(|folder| store::is_project(folder))
}

fn is_project(text: &str, folder: &Path) -> Error {
    let error = Error::usage(format!(
        "cannot clone \"{text}\": it is a project, and only a remote or a bundle can be cloned"
    ));
    let remote = Store::open(&store::dir_in(folder)).and_then(|store| store.config());
    let url = remote.ok().and_then(|config| config.remote(DEFAULT).map(str::to_owned));
    match url.map(|url| Address::parse(&url, folder).map_or(url, |address| address.to_string())) {
        Some(url) => error.hint(format!("run `lua-store clone {url} DIR` to clone its remote")),
        None => error.hint(format!(
            "run `lua-store -C {0} bundle create FILE`, then `lua-store clone FILE DIR`",
            folder.display()
        )),
    }
}

fn is_data_folder(text: &str, folder: &Path) -> Error {
    let error = Error::usage(format!(
        "cannot clone \"{text}\": it is the data folder of a remote, and the agent is missing"
    ));
    let agents = RemoteStore::open(folder).and_then(|store| store.agents()).unwrap_or_default();
    let text = text.trim_end_matches('/');
    match &agents[..] {
        [] => error.hint("no agent was pushed there yet"),
        [agent] => error.hint(format!("run `lua-store clone {text}/{agent}`")),
        agents => error
            .hint(format!("run `lua-store clone {text}/AGENT`"))
            .also(format!("agents: {}", listed(agents))),
    }
}

/// Refuses an agent that the folder of a remote does not have.
fn is_there(data: &Path, agent: &AgentId, text: &str) -> Result<()> {
    let agents = RemoteStore::open(data)?.agents()?;
    if agents.contains(agent) {
        return Ok(());
    }
    let error = Error::not_found(format!(
        "nothing was ever pushed to \"{text}\": the folder has no agent \"{agent}\""
    ));
    let near = suggest::nearest(agent.as_str(), agents.iter().map(AgentId::as_str));
    let folder = text.strip_suffix(agent.as_str()).unwrap_or_default();
    Err(match near {
        Some(near) => error.hint(format!("did you mean `lua-store clone {folder}{near}`?")),
        None if agents.is_empty() => error.hint("no agent was pushed there yet"),
        None => error.hint(format!("agents: {}", listed(&agents))),
    })
}

fn listed(agents: &[AgentId]) -> String {
    let names: Vec<&str> = agents.iter().take(LISTED).map(AgentId::as_str).collect();
    match agents.len() - names.len() {
        0 => names.join(", "),
        more => format!("{}, … and {more} others", names.join(", ")),
    }
}

fn is_folder(text: &str) -> Error {
    Error::usage(format!(
        "cannot clone \"{text}\": it is a folder, but not a remote, a bundle or a project"
    ))
    .hint(format!("run `lua-store -C {text} init` to make it a project"))
}

fn is_missing(text: &str, path: &Path) -> Error {
    let error =
        Error::not_found(format!("cannot clone \"{text}\": there is no such file or folder"));
    if let Some(url) = as_url(text) {
        return error.hint(format!("run `lua-store clone {url}` if it is a server"));
    }
    let help = "run `lua-store clone https://host/AGENT` to clone from a server, \
        `lua-store clone FOLDER/AGENT` from a folder";
    match neighbour(text, path) {
        Some(near) => error.hint(format!("did you mean `lua-store clone {near}`?")),
        None => error.hint(help),
    }
}

/// The URL that a text without `https://` may be: its first part is a host.
fn as_url(text: &str) -> Option<String> {
    let (host, _) = text.split_once('/')?;
    let name = host.split(':').next().unwrap_or_default();
    let is_host = !name.is_empty()
        && !name.contains('@')
        && !name.starts_with('.')
        && (name.contains('.') || host.contains(':') || name == "localhost");
    let scheme = if name == "localhost" || name.starts_with("127.") { "http" } else { "https" };
    is_host.then(|| format!("{scheme}://{text}"))
}

/// A name in the same folder that the last part is a slip of.
fn neighbour(text: &str, path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let entries = std::fs::read_dir(path.parent()?).ok()?;
    let names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let near = suggest::nearest(name, names.iter().map(String::as_str))?;
    Some(format!("{}{near}", text.trim_end_matches('/').strip_suffix(name)?))
}
