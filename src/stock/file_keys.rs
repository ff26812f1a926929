//! Keys of files: 16 digits by which the stock command names contents, and the contents of an agent behind them.
//!
//! A key is made of the bytes as text, so that two binary files may share one.

use super::key_hasher::{FileKey, KeyHasher};
use super::view::StockHistory;
use crate::error::Result;
use crate::object::{Id, Source};
use crate::protocol::AgentId;
use crate::remote_store::LruCache;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Most agents whose keys are kept in memory.
const MOST_AGENTS: usize = 32;

/// A content of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownFile {
    pub id: Id,
    pub key: FileKey,
    pub bytes: u64,
    /// False for bytes that are no UTF-8: the command may have sent them as text.
    pub is_text: bool,
    /// SHA-256 of the bytes.
    pub sha: [u8; 32],
}

/// All contents of an agent's source versions by their keys.
#[derive(Clone, Debug, Default)]
pub struct KeyIndex {
    /// Source versions that were read.
    read: Vec<Id>,
    /// Trees that were opened.
    trees: HashSet<Id>,
    by_id: HashMap<Id, KnownFile>,
    by_key: HashMap<FileKey, Vec<Id>>,
    by_sha: HashMap<[u8; 32], Id>,
}

/// Indexes of agents that were asked for lately.
pub struct FileKeys(LruCache<AgentId, Arc<KeyIndex>>);

impl Default for FileKeys {
    fn default() -> FileKeys {
        FileKeys(LruCache::new(MOST_AGENTS))
    }
}

impl FileKeys {
    /// The index of an agent as it is. Only files of new source versions are read.
    pub fn of<S: Source + ?Sized>(
        &self,
        agent: &AgentId,
        objects: &S,
        view: &StockHistory,
    ) -> Result<Arc<KeyIndex>> {
        let known = self.0.get(agent).filter(|known| view.heads.source.starts_with(&known.read));
        if let Some(known) = known.as_ref().filter(|known| known.read == view.heads.source) {
            return Ok(known.clone());
        }
        let mut index = known.map(|known| (*known).clone()).unwrap_or_default();
        for number in index.read.len() as u64 + 1..=view.heads.source.len() as u64 {
            let Some(row) = view.source(number) else { continue };
            index.add_tree(objects, row.files)?;
            index.read.push(row.id);
        }
        let index = Arc::new(index);
        self.0.put(agent.clone(), index.clone());
        Ok(index)
    }
}

impl KeyIndex {
    /// The contents behind a key.
    pub fn of_key(&self, key: &FileKey) -> impl Iterator<Item = &KnownFile> {
        let ids = self.by_key.get(key).into_iter().flatten();
        ids.filter_map(|id| self.by_id.get(id))
    }

    /// The content with these bytes.
    pub fn of_sha(&self, sha: &[u8; 32]) -> Option<&KnownFile> {
        self.by_sha.get(sha).and_then(|id| self.by_id.get(id))
    }

    pub fn of_id(&self, id: &Id) -> Option<&KnownFile> {
        self.by_id.get(id)
    }

    fn add_tree<S: Source + ?Sized>(&mut self, objects: &S, root: Id) -> Result<()> {
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            if !self.trees.insert(id) {
                continue;
            }
            for entry in objects.tree(&id)?.entries() {
                if entry.mode.is_directory() {
                    open.push(entry.id);
                } else if let Entry::Vacant(vacant) = self.by_id.entry(entry.id) {
                    let file = *vacant.insert(describe(objects, entry.id)?);
                    self.by_key.entry(file.key).or_default().push(entry.id);
                    self.by_sha.insert(file.sha, entry.id);
                }
            }
        }
        Ok(())
    }
}

fn describe<S: Source + ?Sized>(objects: &S, id: Id) -> Result<KnownFile> {
    let mut hasher = KeyHasher::default();
    let bytes = objects.copy_blob(&id, &mut hasher)?;
    let (key, is_text, sha) = hasher.finish();
    Ok(KnownFile { id, key, bytes, is_text, sha })
}
