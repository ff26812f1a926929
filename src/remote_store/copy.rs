//! Copy of a remote store: into a backup while it is used, and from a backup into a new folder.
//!
//! Of each agent the head is read before the packs that it names, and is written after all of them are durable in the
//! copy. So the copy of an agent is at every moment, also after a crash, the agent as it was at one moment.

use super::RemoteStore;
use super::engine::PackKey;
use super::files::FilePacks;
use super::head::StoredHead;
use super::layout::{self, RemoteLayout};
use crate::error::{At, Error, Kind, Result};
use crate::fs::{self, AtomicFile};
use crate::pack::PackId;
use crate::progress::Progress;
use crate::protocol::AgentId;
use std::io::Write;
use std::path::Path;

/// Size of one read of a pack.
const PIECE: u64 = 8 << 20;

/// Summary of a copy.
#[derive(Debug, Default)]
pub struct CopySummary {
    pub agents: usize,
    /// Those of them that were the same in the copy already.
    pub unchanged: usize,
    pub packs: usize,
    pub bytes: u64,
    /// Agents that the copy has and the remote store has not. They stay.
    pub kept: Vec<AgentId>,
    /// Agents that are damaged, or could not be copied.
    pub problems: Vec<(AgentId, String)>,
    settled: bool,
}

/// Result of one attempt to copy an agent.
enum CopyAttempt {
    Done {
        changed: bool,
    },
    /// A pack is gone: the head is an old one, or the agent is damaged.
    Gone(PackKey),
}

impl RemoteStore {
    /// Copies every agent into a folder of the same form. What is wrong with one agent does not keep the others from
    /// being copied. `settled`: what is in the folder is durable.
    pub(super) fn copy_to(
        &self,
        to: &RemoteLayout,
        settled: bool,
        progress: &Progress,
    ) -> Result<CopySummary> {
        let mut agents = self.agents()?;
        // One that cannot be read is reported below.
        agents.retain(|agent| self.exists(agent).unwrap_or(true));
        progress.expect(agents.len() as u64);
        let mut copied = CopySummary { settled, ..CopySummary::default() };
        for agent in &agents {
            let before = copied.bytes;
            match self.copy_agent(to, agent, &mut copied) {
                Ok(changed) => {
                    copied.agents += 1;
                    copied.unchanged += usize::from(!changed);
                }
                Err(error) if matches!(error.kind(), Kind::Corrupt | Kind::Conflict) => {
                    copied.problems.push((agent.clone(), error.message().to_owned()));
                }
                Err(error) => return Err(error),
            }
            progress.advance(copied.bytes - before);
        }
        copied.kept = to.list_agents()?;
        copied
            .kept
            .retain(|agent| agents.binary_search(agent).is_err() && to.head(agent).is_file());
        Ok(copied)
    }

    /// Copies an agent; true if the copy changed.
    fn copy_agent(
        &self,
        to: &RemoteLayout,
        agent: &AgentId,
        copied: &mut CopySummary,
    ) -> Result<bool> {
        let gone = |key: &PackKey| {
            let file = key.file_name();
            Error::corrupt(format!(
                "pack \"{file}\" does not exist: the copy of the agent was not changed"
            ))
        };
        loop {
            let Some((bytes, token)) = self.heads.load(agent)? else { return Ok(false) };
            match self.try_copy(to, agent, &bytes, copied)? {
                CopyAttempt::Done { changed } => return Ok(changed),
                CopyAttempt::Gone(key) => {
                    let again = self.heads.load(agent)?;
                    if again.is_some_and(|(_, again)| again == token) {
                        return Err(gone(&key));
                    }
                }
            }
        }
    }

    fn try_copy(
        &self,
        to: &RemoteLayout,
        agent: &AgentId,
        bytes: &[u8],
        copied: &mut CopySummary,
    ) -> Result<CopyAttempt> {
        let mut gone = None;
        let head = StoredHead::read(agent, bytes, None, &mut |page| {
            page.load(&*self.packs).inspect_err(|_| gone = Some(page.key.clone()))
        });
        let head = match (head, gone) {
            (Err(error), Some(key)) if error.kind() == Kind::NotFound => {
                return Ok(CopyAttempt::Gone(key));
            }
            (head, _) => head?,
        };
        let path = to.head(agent);
        let former = fs::read_if_exists(&path)?;
        let changed = former.as_deref() != Some(bytes);
        if let Some(former) = former.as_ref().filter(|_| changed) {
            let packs = FilePacks::new(to.root());
            extends(&head, &StoredHead::read(agent, former, None, &mut |page| page.load(&packs))?)?;
        }
        fs::create_dir_all(&to.packs(agent))?;
        for dir in [to.agent(agent), to.packs(agent)] {
            fs::sweep(&dir)?;
        }
        for (key, bytes) in head.files() {
            if !self.copy_pack(to, key, bytes, copied)? {
                return Ok(CopyAttempt::Gone(key.clone()));
            }
        }
        if changed || !copied.settled {
            // A run that was cut off may have given names that are not durable yet.
            fs::sync_dir(&to.packs(agent))?;
        }
        if changed {
            fs::replace(&path, bytes)?;
        } else if !copied.settled {
            fs::sync_dir(&to.agent(agent))?;
        }
        if !copied.settled {
            keep_folders(to, agent)?;
        }
        forget_packs(to, &head)?;
        Ok(CopyAttempt::Done { changed })
    }

    /// Copies a pack or a page that the copy lacks; false if it does not exist. A damaged one is
    /// copied as it is, since most of it may be readable, and is reported.
    fn copy_pack(
        &self,
        to: &RemoteLayout,
        key: &PackKey,
        len: u64,
        copied: &mut CopySummary,
    ) -> Result<bool> {
        let path = to.pack(key);
        if path.metadata().is_ok_and(|data| data.is_file() && data.len() == len) {
            return Ok(true);
        }
        let mut temp = AtomicFile::create_in(&to.packs(&key.agent))?;
        let mut hasher = blake3::Hasher::new();
        let unreadable = |error: Error| Error::corrupt(error.message().to_owned());
        for start in (0..len).step_by(PIECE as usize) {
            let range = start..len.min(start + PIECE);
            let Some(bytes) = self.packs.get(key, Some(range)).map_err(unreadable)? else {
                return Ok(false);
            };
            hasher.update(&bytes);
            temp.write_all(&bytes).at("write", &path)?;
        }
        temp.replace(&path)?;
        copied.packs += 1;
        copied.bytes += len;
        if PackId::from(hasher.finalize()) != key.pack {
            let what =
                format!("pack \"{}\" is damaged: its bytes have another hash", key.file_name());
            copied.problems.push((key.agent.clone(), what));
        }
        Ok(true)
    }
}

/// A copy that has what the remote store lacks is not written over: the remote store lost something, or is another one.
fn extends(head: &StoredHead, former: &StoredHead) -> Result<()> {
    let is_later = head.heads.source.starts_with(&former.heads.source)
        && head.heads.versions.starts_with(&former.heads.versions);
    // Of one that was deleted in the copy there is nothing to lose.
    if former.is_void() || is_later && head.seq >= former.seq {
        return Ok(());
    }
    Err(Error::conflict(
        "the copy has versions that the server does not have any more: it was not changed"
            .to_owned(),
    ))
}

/// Makes the folders above an agent's durable.
fn keep_folders(to: &RemoteLayout, agent: &AgentId) -> Result<()> {
    let dir = to.agent(agent);
    let above = dir.ancestors().skip(1).take_while(|above| above.starts_with(to.root()));
    above.chain(to.root().parent()).try_for_each(fs::sync_dir)
}

/// Removes the packs and pages that only older heads named.
fn forget_packs(to: &RemoteLayout, head: &StoredHead) -> Result<()> {
    let dir = to.packs(&head.agent);
    for name in layout::names_in(&dir)? {
        let Some(key) = PackKey::from_file_name(&head.agent, &name) else { continue };
        if !head.files().any(|(file, _)| *file == key) {
            fs::remove(&dir.join(name))?;
        }
    }
    Ok(())
}

/// Two folders of which one is in the other would copy themselves.
pub(super) fn check_apart(from: &Path, to: &Path) -> Result<()> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let parent = to.parent().map_or_else(
        || to.to_owned(),
        |parent| real(parent).join(to.file_name().unwrap_or_default()),
    );
    let (from, to) = (real(from), if to.exists() { real(to) } else { parent });
    if from.starts_with(&to) || to.starts_with(&from) {
        return Err(Error::usage(format!(
            "\"{}\" and \"{}\" are one folder, or one is in the other",
            from.display(),
            to.display()
        )));
    }
    Ok(())
}
