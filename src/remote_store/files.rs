//! File engine: heads and packs as files in a folder.
//!
//! A head is swapped under a lock per agent, and a pack gets its name only when it is whole and
//! synced. `tests/it/crash/remote_store.rs` cuts it at every disk step.

use super::engine::{Cas, CasToken, Expect, HeadStore, PackKey, PackStore, random};
use super::layout::{self, RemoteLayout};
use super::probe::{self, ProbeReport};
use crate::error::{At, Error, Result};
use crate::fs::{self, AtomicFile, CachedFile, Published};
use crate::protocol::AgentId;
use crate::remote_store::lru::LruCache;
use bytes::Bytes;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Longest wait of a swap for another process. It holds the lock for two syncs.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Most heads that are kept open, each with its bytes.
const MOST_HEADS: usize = 256;

/// Heads as files that are replaced under an advisory lock.
pub struct FileHeads {
    layout: RemoteLayout,
    recent: LruCache<AgentId, Arc<Loaded>>,
}

struct Loaded {
    file: CachedFile,
    bytes: Bytes,
    token: CasToken,
}

impl Loaded {
    fn open(path: &Path) -> Result<Option<Arc<Loaded>>> {
        let Some(file) = CachedFile::open(path)? else { return Ok(None) };
        let bytes = Bytes::copy_from_slice(file.bytes());
        let token = token_of(&bytes);
        Ok(Some(Arc::new(Loaded { file, bytes, token })))
    }
}

/// A head holds the hash of the one before it and counts its swaps, so no two have the same bytes.
fn token_of(bytes: &[u8]) -> CasToken {
    CasToken::new(blake3::hash(bytes).as_bytes())
}

impl FileHeads {
    pub fn new(root: &Path) -> FileHeads {
        FileHeads::keeping(root, MOST_HEADS)
    }

    /// With so many of them kept open.
    pub fn keeping(root: &Path, most: usize) -> FileHeads {
        FileHeads { layout: RemoteLayout::new(root), recent: LruCache::new(most) }
    }

    /// Puts the new head in the place of the old one; the caller holds the lock.
    fn replace(&self, agent: &AgentId, new: &[u8]) -> Result<Cas> {
        let path = self.layout.head(agent);
        let written = fs::replace(&path, new);
        let now = Loaded::open(&path)?.filter(|loaded| loaded.bytes == new);
        match (written, now) {
            (Ok(()), Some(loaded)) => {
                let token = loaded.token.clone();
                self.recent.put(agent.clone(), loaded);
                Ok(Cas::Won(token))
            }
            // It has its name, and whether that survives a loss of power nobody knows.
            (Err(error), Some(_)) => Ok(Cas::Unknown(error)),
            (Err(error), None) => Err(error),
            (Ok(()), None) => {
                Err(Error::corrupt(format!("\"{}\" was changed under its lock", path.display())))
            }
        }
    }
}

impl HeadStore for FileHeads {
    fn load(&self, agent: &AgentId) -> Result<Option<(Bytes, CasToken)>> {
        self.load_unless_durable(agent, &mut |_| false)
    }

    /// One look at the file's name when nothing changed.
    fn load_unless_durable(
        &self,
        agent: &AgentId,
        is_durable: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Option<(Bytes, CasToken)>> {
        let path = self.layout.head(agent);
        let known = self.recent.get(agent).filter(|known| known.file.is_at(&path));
        let loaded = match known {
            Some(known) => known,
            None => {
                let Some(loaded) = Loaded::open(&path)? else { return Ok(None) };
                // Another process wrote it and may have died before its name was durable. What is
                // answered from it must be, where the disk can make anything durable now.
                let made_durable = match is_durable(&loaded.bytes) {
                    true => Ok(()),
                    false => fs::sync_dir(&self.layout.agent(agent)),
                };
                match made_durable {
                    Ok(()) => self.recent.put(agent.clone(), loaded.clone()),
                    Err(error) if error.is_unwritable() => {}
                    Err(error) => return Err(error),
                }
                loaded
            }
        };
        Ok(Some((loaded.bytes.clone(), loaded.token.clone())))
    }

    fn swap(&self, agent: &AgentId, expect: Expect<'_>, new: &[u8]) -> Result<Cas> {
        fs::create_dir_all(&self.layout.agent(agent))?;
        let _lock = fs::lock(&self.layout.lock(agent), LOCK_WAIT)?;
        let found = Loaded::open(&self.layout.head(agent))?;
        let holds = match (expect, &found) {
            (Expect::Absent, None) => true,
            (Expect::Match(token), Some(loaded)) => loaded.token == *token,
            _ => false,
        };
        if holds { self.replace(agent, new) } else { Ok(Cas::Lost) }
    }

    fn agents(&self, after: Option<&AgentId>) -> Result<Vec<AgentId>> {
        let mut agents = self.layout.list_agents()?;
        agents.retain(|agent| {
            after.is_none_or(|after| agent > after) && self.layout.head(agent).is_file()
        });
        Ok(agents)
    }

    fn probe(&self) -> Result<ProbeReport> {
        in_a_corner(&self.layout, |root| probe::heads("files", &FileHeads::new(root)))
    }
}

/// Does something in a folder that is gone afterwards.
fn in_a_corner<T>(layout: &RemoteLayout, work: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    let corner = layout.probe(&format!("{:032x}", u128::from_be_bytes(random()?)));
    fs::create_dir_all(&corner)?;
    let done = work(&corner);
    fs::remove_tree(&corner)?;
    done
}

/// Packs as files that are never changed.
pub struct FilePacks {
    layout: RemoteLayout,
}

impl FilePacks {
    pub fn new(root: &Path) -> FilePacks {
        FilePacks { layout: RemoteLayout::new(root) }
    }

    fn make_folder(&self, key: &PackKey) -> Result<PathBuf> {
        let dir = self.layout.packs(&key.agent);
        fs::create_dir_all(&dir)?;
        Ok(dir)
    }
}

fn created(key: &PackKey, published: Published) -> Result<()> {
    match published {
        Published::Done => Ok(()),
        Published::Exists => Err(Error::conflict(format!("\"{}\" exists", key.file_name()))),
    }
}

impl PackStore for FilePacks {
    fn put_new(&self, key: &PackKey, source: &mut dyn Read, len: u64) -> Result<()> {
        let target = self.layout.pack(key);
        let mut temp = AtomicFile::create_in(&self.make_folder(key)?)?;
        let copied = io::copy(&mut source.take(len), &mut temp).at("write", &target)?;
        if copied != len {
            return Err(Error::failed(format!(
                "\"{}\" ends after {copied} of {len} bytes",
                key.file_name()
            )));
        }
        created(key, temp.create(&target)?)
    }

    fn put_file(&self, key: &PackKey, file: &Path) -> Result<()> {
        self.make_folder(key)?;
        created(key, AtomicFile::adopt(file).create(&self.layout.pack(key))?)
    }

    fn get(&self, key: &PackKey, range: Option<Range<u64>>) -> Result<Option<Bytes>> {
        let path = self.layout.pack(key);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.at("open", &path)?,
        };
        let len = file.metadata().at("read", &path)?.len();
        let range = range.map_or(0..len, |range| range.start.min(len)..range.end.min(len));
        file.seek(SeekFrom::Start(range.start)).at("read", &path)?;
        let mut bytes = Vec::new();
        file.take(range.end.saturating_sub(range.start))
            .read_to_end(&mut bytes)
            .at("read", &path)?;
        Ok(Some(bytes.into()))
    }

    fn stat(&self, key: &PackKey) -> Result<Option<u64>> {
        let path = self.layout.pack(key);
        match path.metadata() {
            Ok(data) => Ok(Some(data.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at("read", &path),
        }
    }

    fn list(
        &self,
        agent: &AgentId,
        after: Option<&PackKey>,
    ) -> Result<Vec<(PackKey, u64, SystemTime)>> {
        let dir = self.layout.packs(agent);
        let names = layout::names_in(&dir)?;
        let mut found = Vec::new();
        for key in names.iter().filter_map(|name| PackKey::from_file_name(agent, name)) {
            let path = dir.join(key.file_name());
            match path.metadata().and_then(|data| Ok((data.len(), data.modified()?))) {
                Ok((len, time)) => found.push((key, len, time)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).at("read", &path),
            }
        }
        found.retain(|(key, ..)| after.is_none_or(|after| key > after));
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    fn delete(&self, key: &PackKey) -> Result<()> {
        match fs::remove(&self.layout.pack(key))
            .and_then(|()| fs::sync_dir(&self.layout.packs(&key.agent)))
        {
            Err(error) if error.io_kind() == Some(ErrorKind::NotFound) => Ok(()),
            other => other,
        }
    }

    fn discard(&self, key: &PackKey) -> Result<()> {
        fs::remove(&self.layout.pack(key))
    }

    fn probe(&self) -> Result<ProbeReport> {
        in_a_corner(&self.layout, |root| probe::packs("files", &FilePacks::new(root)))
    }

    fn path(&self, key: &PackKey) -> Option<PathBuf> {
        Some(self.layout.pack(key))
    }
}
