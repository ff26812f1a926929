//! Unfinished uploads: how many there may be, of one token and of all, and when they go.
//!
//! Beside an upload stands who began it. A sender whose connection breaks off again and again begins a new upload each
//! time, so the oldest that nobody goes on with makes room for it; those that arrive just now do not.

use super::{RemoteStore, layout};
use crate::error::{At, Error, Result};
use crate::fs::{self, Growing};
use crate::pack::PackId;
use crate::protocol::AgentId;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How many uploads of one agent may be unfinished.
pub const MOST_UPLOADS: usize = 64;

/// How many of these one token may have begun. A client has one at a time.
pub const MOST_OF_A_TOKEN: usize = 8;

/// How many packs of one agent wait whole for a transaction. Each client of a hot agent has one, and keeps it when
/// it loses a race.
pub const MOST_WHOLE: usize = 128;

/// A token's own upload makes room for another one of it when nothing came for so long.
pub const IDLE: Duration = Duration::from_secs(60);

/// Somebody else's does after this.
const LONG_IDLE: Duration = Duration::from_secs(60 * 60);

/// Nobody goes on with an upload after this.
pub const EXPIRED: Duration = Duration::from_secs(24 * 60 * 60);

/// Who sends a pack.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The id of the token that was shown.
    pub token: Option<String>,
    pub now: SystemTime,
}

impl Sender {
    /// Nothing makes room for an upload of somebody who does not know the time.
    pub fn nobody() -> Sender {
        Sender { token: None, now: UNIX_EPOCH }
    }
}

struct Upload {
    path: PathBuf,
    /// When something came last.
    written: SystemTime,
    token: Option<String>,
}

impl Upload {
    fn is_idle(&self, now: SystemTime, since: Duration) -> bool {
        self.written + since <= now
    }

    fn is_whole(&self) -> bool {
        self.path.extension().is_some_and(|kind| kind == "pack")
    }

    fn remove(&self) -> Result<()> {
        fs::remove(&self.path)?;
        let by = self.path.with_extension(layout::BY);
        if by.exists() { fs::remove(&by) } else { Ok(()) }
    }
}

impl RemoteStore {
    /// Lets an upload begin, or says why not.
    pub(super) fn make_room(
        &self,
        sender: &Sender,
        agent: &AgentId,
        pack: &PackId,
        offset: u64,
    ) -> Result<()> {
        let dir = self.layout.incoming(agent);
        fs::create_dir_all(&dir)?;
        if offset > 0 {
            return Ok(());
        }
        self.clear_uploads(agent, sender.now, EXPIRED)?;
        let mut uploads = uploads(&dir)?;
        uploads.retain(|upload| upload.path != self.layout.part(agent, pack));
        keep_newest(uploads.extract_if(.., |upload| upload.is_whole()).collect())?;
        if let Some(token) = &sender.token {
            let mine = |upload: &&Upload| upload.token.as_ref() == Some(token);
            let mine: Vec<&Upload> = uploads.iter().filter(mine).collect();
            if mine.len() >= MOST_OF_A_TOKEN {
                give_way(&mine, sender.now, IDLE, "of this token")?;
            }
        }
        let all: Vec<&Upload> = uploads.iter().filter(|upload| upload.path.exists()).collect();
        if all.len() >= MOST_UPLOADS {
            give_way(&all, sender.now, LONG_IDLE, &format!("of agent \"{agent}\""))?;
        }
        match &sender.token {
            Some(token) => begun_by(&self.layout.upload_by(agent, pack), token),
            None => Ok(()),
        }
    }

    /// Removes uploads that nobody went on with for so long.
    pub(super) fn clear_uploads(
        &self,
        agent: &AgentId,
        now: SystemTime,
        spare: Duration,
    ) -> Result<usize> {
        let dir = self.layout.incoming(agent);
        let mut cleared = 0;
        for upload in uploads(&dir)?.iter().filter(|upload| upload.is_idle(now, spare)) {
            upload.remove()?;
            cleared += 1;
        }
        // Of uploads that landed.
        for name in layout::names_in(&dir)?.iter().filter(|name| name.ends_with(layout::BY)) {
            let by = dir.join(name);
            let is_there = ["part", "pack"].iter().any(|kind| by.with_extension(kind).exists());
            if !is_there && is_old(&by, now, spare) {
                fs::remove(&by)?;
            }
        }
        Ok(cleared)
    }
}

/// Whole packs stop nobody: the oldest go, and whose pack is gone is told to send it again.
fn keep_newest(mut whole: Vec<Upload>) -> Result<()> {
    whole.sort_unstable_by_key(|upload| upload.written);
    let over = whole.len().saturating_sub(MOST_WHOLE);
    whole.iter().take(over).try_for_each(Upload::remove)
}

/// Whoever begins it first has begun it.
fn begun_by(path: &Path, token: &str) -> Result<()> {
    let mut file = Growing::hold(path)?;
    if file.is_empty()? { file.append(token.as_bytes()) } else { Ok(()) }
}

fn is_old(path: &Path, now: SystemTime, spare: Duration) -> bool {
    path.metadata().and_then(|data| data.modified()).is_ok_and(|written| written + spare <= now)
}

/// The oldest goes, unless something comes of it still.
fn give_way(uploads: &[&Upload], now: SystemTime, idle: Duration, whose: &str) -> Result<()> {
    let oldest = uploads
        .iter()
        .min_by_key(|upload| upload.written)
        .filter(|upload| upload.is_idle(now, idle));
    let full = || {
        let count = uploads.len();
        Error::unavailable(format!(
            "{count} uploads {whose} are unfinished, which is as many as there may be"
        ))
        .hint("finish one of them, or wait until the oldest makes room")
    };
    oldest.ok_or_else(full)?.remove()
}

/// How many uploads of an agent there are, and how many bytes of them.
pub(super) fn size(dir: &Path) -> Result<(usize, u64)> {
    let all = uploads(dir)?;
    let bytes =
        all.iter().filter_map(|upload| upload.path.metadata().ok()).map(|data| data.len()).sum();
    Ok((all.len(), bytes))
}

/// All uploads of an agent, whole ones that no transaction took yet among them.
fn uploads(dir: &Path) -> Result<Vec<Upload>> {
    let mut uploads = Vec::new();
    for name in layout::names_in(dir)?.into_iter().filter(|name| !name.ends_with(layout::BY)) {
        let path = dir.join(name);
        let written = match path.metadata().and_then(|data| data.modified()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            written => written.at("read", &path)?,
        };
        let token = fs::read_if_exists(&path.with_extension(layout::BY))?;
        let token = token.and_then(|token| String::from_utf8(token).ok());
        uploads.push(Upload { path, written, token });
    }
    Ok(uploads)
}
