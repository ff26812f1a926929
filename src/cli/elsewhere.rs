//! Reading what a remote has without a project: its history is brought into the cache of the user, and read there.

use super::context::Context;
use super::hints;
use super::live::{LiveRemoteArgs, View};
use super::progress::{self, Unit};
use super::remote::{self, environment};
use crate::client::Address;
use crate::client::remote_cache::{CachedRemote, RemoteCache};
use crate::error::{Error, Kind, Result};
use crate::flow::remote::{choose, is_address, unknown};
use crate::history::live::KnownRemote;
use crate::history::project::Project;
use std::path::PathBuf;

/// Limit in bytes on the cached histories of all remotes, unless `LUA_STORE_CACHE_BYTES` sets
/// another.
const MOST_BYTES: u64 = 1 << 30;

/// Everything that the remote has, as a view of its own.
pub fn open(cx: &mut Context<'_>, whom: &LiveRemoteArgs, remote: &str) -> Result<View> {
    let (name, address, insecure) = find(cx, remote)?;
    let now_ms = cx.now()?.as_millisecond();
    let cache = RemoteCache::new(&folder()?, most_bytes()?);
    let mut kept = cache.open(&address)?;
    let fresh = !whom.offline && refresh(cx, &mut kept, &name, address, insecure)?;
    let Some(at_ms) = kept.asked() else {
        return Err(Error::not_found(format!("nothing is known about \"{name}\""))
            .hint("run the command without `--offline` to ask it"));
    };
    // Room that cannot be made free now is made free another time.
    drop(cache.shrink(&kept));
    let heads = kept.store().heads()?;
    let receipts = kept.receipts(&heads)?;
    let known_remote = KnownRemote { remote: name, at_ms: Some(at_ms), fresh, heads, receipts };
    Ok(View::elsewhere(Project::open(kept.root())?, known_remote, now_ms, kept))
}

/// Name and address of a remote.
fn find(cx: &mut Context<'_>, remote: &str) -> Result<(String, Address, bool)> {
    if is_address(remote) {
        let address = Address::parse(remote, &cx.directory()?)?;
        return Ok((address.to_string(), address, cx.insecure()));
    }
    let project = cx.project().map_err(|error| match error.kind() {
        Kind::Usage => error.hint(
            "outside a project a remote must be an address, as in `--remote https://host/AGENT`",
        ),
        _ => error,
    })?;
    let config = project.store().config()?;
    let (name, address) =
        choose(&project, &config, Some(remote))?.ok_or_else(|| unknown(remote, &config))?;
    let insecure = cx.insecure() || config.is_insecure(&name);
    Ok((name, address, insecure))
}

/// Brings what the remote has; `false` where it cannot be reached and something of it is here.
fn refresh(
    cx: &mut Context<'_>,
    kept: &mut CachedRemote,
    name: &str,
    address: Address,
    insecure: bool,
) -> Result<bool> {
    let now_ms = cx.now()?.as_millisecond();
    let reached = remote::open_in(cx, name.to_owned(), address, insecure, kept.store().dir())?;
    let term = *cx.out.term();
    let done = progress::show(&term, "Receiving", Unit::Byte, |progress| {
        kept.refresh(reached.remote, now_ms, progress)
    });
    match done {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == Kind::Unavailable && kept.asked().is_some() => {
            cx.out.note(format!("{name} could not be asked: {}", error.message()));
            Ok(false)
        }
        Err(error) if error.kind() == Kind::Rewritten => {
            cx.out.warn(error.message());
            hints::of(&error).into_iter().for_each(|hint| cx.out.hint(hint));
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// The user's cache folder.
fn folder() -> Result<PathBuf> {
    let folder = match environment("XDG_CACHE_HOME") {
        Some(folder) => Some(PathBuf::from(folder)),
        None if cfg!(windows) => environment("LOCALAPPDATA").map(PathBuf::from),
        None => std::env::home_dir().map(|home| home.join(".cache")),
    };
    let folder = folder.filter(|folder| folder.is_absolute()).ok_or_else(|| {
        Error::usage("there is no folder for the cache of remotes")
            .hint("set `XDG_CACHE_HOME=/path/of/a/folder` to name one")
    })?;
    Ok(folder.join("lua-store").join("remotes"))
}

fn most_bytes() -> Result<u64> {
    let Some(text) = environment("LUA_STORE_CACHE_BYTES") else { return Ok(MOST_BYTES) };
    text.parse().map_err(|_| {
        Error::usage(format!("LUA_STORE_CACHE_BYTES is \"{text}\", which is not a number of bytes"))
            .hint("set for example `LUA_STORE_CACHE_BYTES=1000000000`")
    })
}
