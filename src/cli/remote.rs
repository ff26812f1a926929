//! Which remote a command speaks to.

use super::context::Context;
use super::output::Output;
use super::token::Token;
use crate::client::remembered::RememberedRemote;
use crate::client::{
    Address, FolderRemote, HttpOptions, HttpRemote, Remote, RetryPolicy, WaitNotice,
};
use crate::error::{Error, Result};
use crate::fs;
use crate::history::project::Project;
use crate::store::{Store, StoreConfig};
use std::path::Path;
use std::time::Duration;

/// A remote of the project, ready to be spoken to.
pub struct Reached {
    pub name: String,
    pub address: Address,
    pub remote: Box<dyn Remote>,
}

impl Reached {
    /// What the remote says that it has is remembered in a store, with the time.
    pub fn remembering(self, store: &Store, at_ms: i64) -> Reached {
        let Reached { name, address, remote } = self;
        let remembered =
            RememberedRemote { remote, store: store.clone(), name: name.clone(), at_ms };
        Reached { name, address, remote: Box::new(remembered) }
    }
}

/// Name and address of the remote that is meant: the one that is named, the only one, or `origin`.
/// `None` where the project has none and none is named.
pub fn choose(
    project: &Project,
    config: &StoreConfig,
    name: Option<&str>,
) -> Result<Option<(String, Address)>> {
    let remotes = config.remotes();
    let name = match (name, &remotes[..]) {
        (Some(name), _) => name,
        (None, []) => return Ok(None),
        (None, [(only, _)]) => only,
        (None, many) if many.iter().any(|(name, _)| *name == DEFAULT) => DEFAULT,
        (None, many) => {
            let names: Vec<&str> = many.iter().map(|(name, _)| *name).collect();
            return Err(Error::usage(format!("there are several remotes: {}", names.join(", ")))
                .hint(format!("say which one, as in `--remote {}`", names[0])));
        }
    };
    let url = config.remote(name).ok_or_else(|| unknown(name, config))?;
    Ok(Some((name.to_owned(), Address::parse(url, project.root())?)))
}

/// What a remote is called when nobody says.
pub const DEFAULT: &str = "origin";

pub fn unknown(name: &str, config: &StoreConfig) -> Error {
    let error = Error::not_found(format!("there is no remote \"{name}\""));
    let names: Vec<&str> = config.remotes().into_iter().map(|(name, _)| name).collect();
    match names.is_empty() {
        true => error.hint("`lua-store remote add origin https://host/AGENT` makes one"),
        false => error.hint(format!("there is: {}", names.join(", "))),
    }
}

/// The remote that is meant, where there is one.
pub fn reach(
    cx: &mut Context<'_>,
    project: &Project,
    name: Option<&str>,
) -> Result<Option<Reached>> {
    let config = project.store().config()?;
    let Some((name, address)) = choose(project, &config, name)? else { return Ok(None) };
    let insecure = cx.insecure() || config.is_insecure(&name);
    let now = cx.now()?.as_millisecond();
    Ok(Some(open(cx, name, address, insecure)?.remembering(project.store(), now)))
}

/// The remote that is meant; having none is an error.
pub fn require(cx: &mut Context<'_>, project: &Project, name: Option<&str>) -> Result<Reached> {
    reach(cx, project, name)?.ok_or_else(|| {
        Error::usage("this project has no remote")
            .hint("`lua-store remote add origin https://host/AGENT` names one")
    })
}

/// A remote at an address, with the token that there is for it.
pub fn open(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    insecure: bool,
) -> Result<Reached> {
    open_patiently(cx, name, address, insecure, patience()?)
}

pub fn open_patiently(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    insecure: bool,
    patience: RetryPolicy,
) -> Result<Reached> {
    let token = Token::find(&address)?;
    open_as(cx, name, address, token, insecure, patience)
}

pub fn open_with(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    token: Token,
    insecure: bool,
) -> Result<Reached> {
    open_as(cx, name, address, token, insecure, patience()?)
}

fn open_as(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    token: Token,
    insecure: bool,
    patience: RetryPolicy,
) -> Result<Reached> {
    token.check(&address, insecure)?;
    let remote: Box<dyn Remote> = match &address {
        Address::Http { base, agent } => {
            let roots =
                environment("SSL_CERT_FILE").map(|path| fs::read(Path::new(&path))).transpose()?;
            let (advice, direct) = (token.advice(), address.is_at_home());
            let term = *cx.out.term();
            // Who has little patience tells that nobody answered.
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
    };
    Ok(Reached { name, address, remote })
}

/// `LUA_STORE_TRIES` says how often something is tried before it counts as failed.
fn patience() -> Result<RetryPolicy> {
    let mut patience = RetryPolicy::default();
    if let Some(text) = environment("LUA_STORE_TRIES") {
        patience.tries = text.parse().ok().filter(|tries| *tries > 0).ok_or_else(|| {
            Error::usage(format!("LUA_STORE_TRIES is \"{text}\", which is no count"))
                .hint("for example `LUA_STORE_TRIES=1` tries everything once")
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
