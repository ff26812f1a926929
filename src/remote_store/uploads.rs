//! Unfinished uploads: their number per token and per agent, and their expiry.
//!
//! Beside an unfinished upload a small file names the token that began it. A sender whose connection breaks off again and
//! again begins a new upload each time, so the oldest that nobody goes on with makes room for it; those that arrive just
//! now do not. Each upload reads this folder, so that nothing is left in it by uploads that landed.

use super::{RemoteStore, layout};
use crate::error::{At, Error, Result};
use crate::fs::{self, Growing};
use crate::pack::PackId;
use crate::protocol::AgentId;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Most unfinished uploads of one agent.
pub const MOST_UPLOADS: usize = 64;

/// Most of these that one token may have begun. A client has one at a time.
pub const MOST_OF_A_TOKEN: usize = 8;

/// Most whole packs of one agent that wait for a transaction. Each client of a hot agent has one, and keeps it when
/// it loses a race.
pub const MOST_WHOLE: usize = 128;

/// A token's own upload makes room for another one of it when nothing came for so long.
pub const IDLE: Duration = Duration::from_secs(60);

/// Somebody else's does after this.
const LONG_IDLE: Duration = Duration::from_secs(60 * 60);

/// Nobody goes on with an upload after this.
pub const EXPIRED: Duration = Duration::from_secs(24 * 60 * 60);

/// Sender of a pack.
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

struct PartialUpload {
    path: PathBuf,
    /// Time of the last bytes.
    written: SystemTime,
}

impl PartialUpload {
    fn is_idle(&self, now: SystemTime, since: Duration) -> bool {
        self.written + since <= now
    }

    fn is_whole(&self) -> bool {
        self.path.extension().is_some_and(|kind| kind == layout::PACK)
    }

    /// True if this token began it.
    fn is_of(&self, token: &str) -> Result<bool> {
        let by = fs::read_if_exists(&self.path.with_extension(layout::BY))?;
        Ok(by.is_some_and(|by| by == token.as_bytes()))
    }

    fn remove(&self) -> Result<()> {
        fs::remove(&self.path)?;
        forget_sender(&self.path)
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
        let (expired, mut uploads) = split_expired(uploads(&dir)?, sender.now, EXPIRED);
        expired.iter().try_for_each(PartialUpload::remove)?;
        uploads.retain(|upload| upload.path != self.layout.part(agent, pack));
        keep_newest(uploads.extract_if(.., |upload| upload.is_whole()).collect())?;
        // Fewer than one token may have are not asked whose they are.
        if let Some(token) = sender.token.as_ref().filter(|_| uploads.len() >= MOST_OF_A_TOKEN) {
            let mut mine = Vec::new();
            for upload in &uploads {
                if upload.is_of(token)? {
                    mine.push(upload);
                }
            }
            if mine.len() >= MOST_OF_A_TOKEN {
                evict_oldest(&mine, sender.now, IDLE, "of this token")?;
            }
        }
        let all: Vec<&PartialUpload> =
            uploads.iter().filter(|upload| upload.path.exists()).collect();
        if all.len() >= MOST_UPLOADS {
            evict_oldest(&all, sender.now, LONG_IDLE, &format!("of agent \"{agent}\""))?;
        }
        Ok(())
    }

    /// Removes uploads that nobody went on with for so long, and what a crash left of those that landed.
    pub(super) fn clear_uploads(
        &self,
        agent: &AgentId,
        now: SystemTime,
        spare: Duration,
    ) -> Result<usize> {
        let dir = self.layout.incoming(agent);
        let (expired, _) = split_expired(uploads(&dir)?, now, spare);
        expired.iter().try_for_each(PartialUpload::remove)?;
        for name in layout::names_in(&dir)?.iter().filter(|name| name.ends_with(layout::BY)) {
            let by = dir.join(name);
            if !by.with_extension(layout::PART).exists() && is_old(&by, now, spare) {
                fs::remove(&by)?;
            }
        }
        Ok(expired.len() + self.clear_stock_uploads(agent, now, spare)?)
    }

    /// Notes whose upload this is, if nobody else began it. Whoever sends a small pack at once never needs it.
    pub(super) fn note_sender(
        &self,
        agent: &AgentId,
        pack: &PackId,
        token: Option<&str>,
    ) -> Result<()> {
        let Some(token) = token else { return Ok(()) };
        let mut file = Growing::hold(&self.layout.upload_by(agent, pack))?;
        if file.is_empty()? { file.append(token.as_bytes()) } else { Ok(()) }
    }
}

/// Removes the note of who began an upload, once there is no unfinished upload any more.
pub(super) fn forget_sender(upload: &Path) -> Result<()> {
    let by = upload.with_extension(layout::BY);
    if by.exists() { fs::remove(&by) } else { Ok(()) }
}

/// Uploads that nobody went on with for so long, and the others.
fn split_expired(
    uploads: Vec<PartialUpload>,
    now: SystemTime,
    spare: Duration,
) -> (Vec<PartialUpload>, Vec<PartialUpload>) {
    uploads.into_iter().partition(|upload| upload.is_idle(now, spare))
}

/// Whole packs block nobody: the oldest are removed, and their senders are asked to send them again.
fn keep_newest(mut whole: Vec<PartialUpload>) -> Result<()> {
    whole.sort_unstable_by_key(|upload| upload.written);
    let over = whole.len().saturating_sub(MOST_WHOLE);
    whole.iter().take(over).try_for_each(PartialUpload::remove)
}

fn is_old(path: &Path, now: SystemTime, spare: Duration) -> bool {
    path.metadata().and_then(|data| data.modified()).is_ok_and(|written| written + spare <= now)
}

/// The oldest goes, unless something comes of it still.
fn evict_oldest(
    uploads: &[&PartialUpload],
    now: SystemTime,
    idle: Duration,
    whose: &str,
) -> Result<()> {
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

/// Number of uploads of an agent, and their bytes.
pub(super) fn size(dir: &Path) -> Result<(usize, u64)> {
    let all = uploads(dir)?;
    let bytes =
        all.iter().filter_map(|upload| upload.path.metadata().ok()).map(|data| data.len()).sum();
    Ok((all.len(), bytes))
}

/// All uploads of an agent, whole ones that no transaction took yet among them.
fn uploads(dir: &Path) -> Result<Vec<PartialUpload>> {
    let mut uploads = Vec::new();
    for name in layout::names_in(dir)?.into_iter().filter(|name| !name.ends_with(layout::BY)) {
        let path = dir.join(name);
        let written = match path.metadata().and_then(|data| data.modified()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            written => written.at("read", &path)?,
        };
        uploads.push(PartialUpload { path, written });
    }
    Ok(uploads)
}
