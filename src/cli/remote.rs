//! Remote of a command.

use super::context::Context;
use super::output::Output;
use super::token::{Token, credentials_file};
use crate::client::{
    Address, FolderRemote, HttpOptions, HttpRemote, Remote, RetryPolicy, WaitNotice, credentials,
};
use crate::deploy::PlatformRemote;
use crate::error::{Error, Result};
use crate::flow::follower::StepRemotes;
use crate::flow::remote::{DEFAULT, NamedRemote, choose, is_address};
use crate::fs;
use crate::history::project::Project;
use crate::platform::{PlatformAddress, PlatformClient, PlatformKey};
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Remote that a command goes to.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RemoteArgs {
    /// The remote, by its name or its address [default: the only one, or origin]
    #[arg(long, value_name = "NAME", conflicts_with = "offline", add = ArgValueCompleter::new(super::complete::remotes))]
    pub remote: Option<String>,
    /// Do not contact the remote; the next push sends it
    #[arg(long)]
    pub offline: bool,
    /// Send to a remote of this agent, although the project is of another one
    #[arg(long = "as", value_name = "AGENT", conflicts_with = "offline")]
    pub as_agent: Option<String>,
}

impl RemoteArgs {
    /// The options as one types them again, with a space before each.
    pub fn options(&self) -> String {
        let RemoteArgs { remote, offline, as_agent } = self;
        let option = |name: &str, value: &Option<String>| {
            value.as_ref().map_or(String::new(), |value| format!(" --{name} {value}"))
        };
        let offline = if *offline { " --offline" } else { "" };
        format!("{offline}{}{}", option("remote", remote), option("as", as_agent))
    }

    /// The address that is given instead of a name.
    pub fn url(&self) -> Option<&str> {
        self.remote.as_deref().filter(|remote| is_address(remote))
    }

    /// The remote that is meant, where there is one and it is not to be left alone.
    pub fn reach(&self, cx: &mut Context<'_>, project: &Project) -> Result<Option<NamedRemote>> {
        if self.offline {
            return Ok(None);
        }
        let Some(remote) = reach(cx, project, self.remote.as_deref())? else { return Ok(None) };
        self.check_agent(project.store().config()?.agent(), &remote)?;
        Ok(Some(remote))
    }

    /// The remote whose pointer decides, and those that follow it. Where the agent runs on the Lua platform, that is the
    /// platform, and all others follow, unless one remote is named.
    pub fn reach_all(&self, cx: &mut Context<'_>, project: &Project) -> Result<StepRemotes> {
        if self.offline || self.remote.is_some() {
            return self.reach(cx, project).map(StepRemotes::from);
        }
        let config = project.store().config()?;
        let remotes = config.remotes();
        let only = Address::only_platform(&remotes, project.root())?;
        let Some(only) = only else { return self.reach(cx, project).map(StepRemotes::from) };
        let mut reach = |name: &str| {
            let named = RemoteArgs { remote: Some(name.to_owned()), ..self.clone() };
            named.reach(cx, project)
        };
        let mut followers = Vec::new();
        for (name, _) in remotes.iter().filter(|(name, _)| *name != only) {
            followers.extend(reach(name)?);
        }
        Ok(StepRemotes { authority: reach(only)?, followers })
    }

    /// True if the remote that is meant is on the Lua platform.
    pub fn is_platform(&self, project: &Project) -> Result<bool> {
        if self.offline {
            return Ok(false);
        }
        let chosen = choose(project, &project.store().config()?, self.remote.as_deref())?;
        Ok(chosen.is_some_and(|(_, address)| matches!(address, Address::Platform(_))))
    }

    /// Refuses to send a project to a remote of another agent, unless that agent is named.
    pub fn check_agent(&self, ours: Option<&str>, remote: &NamedRemote) -> Result<()> {
        let (name, address) = (&remote.name, &remote.address);
        let theirs = address.agent().as_str();
        match (&self.as_agent, ours) {
            (Some(named), _) if named == theirs => Ok(()),
            (Some(named), _) => Err(Error::usage(format!(
                "the remote \"{name}\" ({address}) is of the agent \"{theirs}\", not of \"{named}\""
            ))
            .hint("run `lua-store remote list` to see the remotes")),
            (None, Some(ours)) if ours != theirs => Err(Error::usage(format!(
                "this project is the agent \"{ours}\", and the remote \"{name}\" ({address}) is of \"{theirs}\""
            ))
            .hint(format!("run `lua-store remote set-url {name} URL` to correct the address"))
            .also(format!("add `--as {theirs}` to send it there anyway"))
            .with_details(AgentMismatch {
                agent: ours.to_owned(),
                remote: name.clone(),
                remote_agent: theirs.to_owned(),
            })),
            (None, _) => Ok(()),
        }
    }
}

/// Details of the refusal to send an agent to the remote of another one.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct AgentMismatch {
    agent: String,
    remote: String,
    remote_agent: String,
}

/// The remote that is meant, where there is one.
pub fn reach(
    cx: &mut Context<'_>,
    project: &Project,
    name: Option<&str>,
) -> Result<Option<NamedRemote>> {
    let config = project.store().config()?;
    let Some((name, address)) = choose(project, &config, name)? else { return Ok(None) };
    let insecure = cx.insecure() || config.is_insecure(&name);
    let now = cx.now()?.as_millisecond();
    let reached = open_in(cx, name, address, insecure, project.store().dir())?;
    Ok(Some(reached.remembering(project.store(), now)))
}

/// The remote that is meant; having none is an error.
pub fn require(cx: &mut Context<'_>, project: &Project, name: Option<&str>) -> Result<NamedRemote> {
    reach(cx, project, name)?.ok_or_else(no_remote)
}

pub fn no_remote() -> Error {
    Error::usage("this project has no remote")
        .hint("run `lua-store remote add origin https://host/AGENT` to add one")
}

/// A remote at an address, with the token that there is for it.
pub fn open(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    insecure: bool,
) -> Result<NamedRemote> {
    let token = Token::find(&address)?;
    open_as(cx, name, address, token, insecure, (patience()?, None))
}

/// The same for a store, into which the history of an agent on the platform is imported.
pub fn open_in(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    insecure: bool,
    store: &Path,
) -> Result<NamedRemote> {
    open_patiently(cx, name, address, insecure, (patience()?, Some(store)))
}

pub fn open_patiently(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    insecure: bool,
    patience: (RetryPolicy, Option<&Path>),
) -> Result<NamedRemote> {
    let token = Token::find(&address)?;
    open_as(cx, name, address, token, insecure, patience)
}

pub fn open_with(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    token: Token,
    insecure: bool,
) -> Result<NamedRemote> {
    open_as(cx, name, address, token, insecure, (patience()?, None))
}

/// Certificates of `SSL_CERT_FILE`, in PEM.
pub fn trusted_roots() -> Result<Option<Vec<u8>>> {
    environment("SSL_CERT_FILE").map(|path| fs::read(Path::new(&path))).transpose()
}

fn open_as(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    token: Token,
    insecure: bool,
    (patience, store): (RetryPolicy, Option<&Path>),
) -> Result<NamedRemote> {
    token.check(&address, insecure)?;
    let remote: Box<dyn Remote> = match &address {
        Address::Http { base, agent } => {
            let roots = trusted_roots()?;
            let (advice, direct) = (token.advice(), address.is_at_home());
            let term = *cx.out.term();
            // A short wait reports that nobody answered.
            let waiting = patience
                .request
                .is_none()
                .then(|| WaitNotice::new(move |text| Output::new(term, false).note(text)));
            let options =
                HttpOptions { token: token.value, advice, roots, direct, patience, waiting };
            Box::new(HttpRemote::new(base, agent, options)?)
        }
        Address::Folder { root, agent } => {
            Box::new(FolderRemote::new(root, agent, cx.now()?.into()))
        }
        Address::Platform(at) => {
            let store = store.ok_or_else(|| unstored(&address))?;
            let client = platform_client(at, patience)?;
            // A remote that is named by its address has no name, and a store of its own.
            let name = if is_address(&name) { DEFAULT } else { &name };
            let options = cx.deploy.clone();
            let deploy = (options, cx.now()?.as_millisecond());
            Box::new(PlatformRemote::new(client, name, store.to_owned(), deploy))
        }
    };
    Ok(NamedRemote { name, address, remote, asked: None })
}

/// Key of the platform for an address.
pub fn platform_key(address: &PlatformAddress) -> Result<PlatformKey> {
    let home = std::env::home_dir();
    let stored = match credentials_file() {
        Some(file) => credentials::find(&file, &Address::Platform(address.clone()))?,
        None => None,
    };
    PlatformKey::find(address, environment("LUA_API_KEY"), stored, home.as_deref())
}

/// Client of the platform, with the key that there is for it.
pub fn platform_client(address: &PlatformAddress, patience: RetryPolicy) -> Result<PlatformClient> {
    let key = platform_key(address)?;
    Ok(PlatformClient::new(address.clone(), key).hurried(patience.tries, patience.request))
}

/// Makes the store of a clone in which an import takes files that look like secrets.
pub fn prepare_import(address: &Address, store: &Path, allowed: &[String]) -> Result<()> {
    match address {
        Address::Platform(at) => {
            crate::import::prepare_clone(&platform_client(at, patience()?)?, store, allowed)
        }
        _ => Ok(()),
    }
}

fn unstored(address: &Address) -> Error {
    Error::usage(format!(
        "\"{address}\" is on the platform, and this command reads no remote there"
    ))
    .hint(format!("run `lua-store clone {address}` to import its history"))
}

/// `LUA_STORE_TRIES` says how often something is tried before it counts as failed.
pub fn patience() -> Result<RetryPolicy> {
    let mut patience = RetryPolicy::default();
    if let Some(text) = environment("LUA_STORE_TRIES") {
        patience.tries = text.parse().ok().filter(|tries| *tries > 0).ok_or_else(|| {
            Error::usage(format!("LUA_STORE_TRIES is \"{text}\", which is not a number"))
                .hint("set for example `LUA_STORE_TRIES=1` to try everything once")
        })?;
    }
    // Milliseconds, for those who cannot wait: tests.
    if let Some(silence) = environment("LUA_STORE_SILENCE").and_then(|text| text.parse().ok()) {
        patience.silence = Duration::from_millis(silence);
    }
    Ok(patience)
}

pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
