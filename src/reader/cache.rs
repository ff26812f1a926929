//! Cache of the last agent and of the compiler's output, beside the stat cache: nothing changed,
//! nothing to parse.
//!
//! It belongs to the files that the agent was read from, and to one reader: a change of any other file leaves it
//! valid. An agent that was searched for belongs to one tree of files. A damaged cache, or one of another reader, is ignored, and one that cannot be written costs only
//! time.

use crate::error::Result;
use crate::fs;
use crate::model::agent::{Agent, Primitive};
use crate::model::json;
use crate::object::{Id, PathFinder, Source};
use crate::reader::compiled::{self, Dist, SeenOutput};
use crate::reader::{Agreement, CacheKey, ReadFiles};
use crate::workspace::Snapshot;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A hash of the reader's own source: another reader could read the same files differently.
pub const READER: &str = env!("LUA_STORE_READER");

pub struct AgentCache {
    agent: PathBuf,
    output: PathBuf,
}

/// The agent, as it is kept; a borrowed one to be written.
#[derive(Serialize, Deserialize)]
pub struct CachedAgent<A = Agent> {
    reader: String,
    tree: Id,
    links: Id,
    /// Of the secrets that may be kept.
    allowed: String,
    read: ReadFiles,
    cache_key: CacheKey,
    /// Of the primitives of the agent, in their order.
    ids: Vec<PrimitiveIds>,
    agent: A,
}

/// Ids of the canonical bytes of a primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrimitiveIds {
    pub definition: Id,
    pub reach: Id,
}

impl PrimitiveIds {
    pub fn of(primitive: &Primitive) -> Result<PrimitiveIds> {
        let id = |value: &Value| json::encode_value(value).map(|bytes| Id::of_blob(&bytes));
        let reach = id(&primitive.reach.to_json())?;
        Ok(PrimitiveIds { definition: id(&primitive.definition)?, reach })
    }
}

/// Compiler output as the cache keeps it.
#[derive(Serialize, Deserialize)]
struct CachedOutput {
    reader: String,
    tree: String,
    seen: SeenOutput,
}

impl AgentCache {
    /// The cache with these two files: for the agent, and for the compiler's output.
    pub fn at(agent: PathBuf, output: PathBuf) -> AgentCache {
        AgentCache { agent, output }
    }

    pub fn load(&self) -> Option<CachedAgent> {
        read::<CachedAgent>(&self.agent).filter(|kept| kept.reader == READER)
    }

    /// Keeps an agent that was read from the files of a snapshot, if they are all that it was read from. It must
    /// contain no secret but those that are `allowed`. False if it was read from other files too.
    pub fn keep<S: Source + ?Sized>(
        &self,
        source: &S,
        (snapshot, allowed): (&Snapshot, &[String]),
        (read, cache_key): (ReadFiles, CacheKey),
        (agent, ids): (&Agent, &[PrimitiveIds]),
    ) -> Result<bool> {
        let mut finder = PathFinder::new(snapshot.tree);
        for file in &read.paths {
            if finder.find(source, file)?.is_none() {
                return Ok(false);
            }
        }
        let (tree, links, allowed) = (snapshot.tree, snapshot.links, allowed.join("\n"));
        let (reader, ids) = (READER.to_owned(), ids.to_vec());
        let kept = CachedAgent { reader, tree, links, allowed, read, cache_key, ids, agent };
        write(&self.agent, &kept)?;
        Ok(true)
    }

    /// The compiler's output beside the files of a tree, looked at again only where something moved.
    pub fn dist<S: Source>(&self, source: &S, root: &Path, tree: Id) -> Result<Dist> {
        if !compiled::is_there(root) {
            return Ok(Dist::Absent);
        }
        let kept = read::<CachedOutput>(&self.output).filter(|kept| kept.reader == READER);
        if let Some(kept) = kept.filter(|kept| kept.tree == tree.to_string())
            && kept.seen.still_holds(root)?
        {
            return Ok(kept.seen.dist);
        }
        let seen = SeenOutput::read(source, root, tree)?;
        if !seen.lasts(source, root, tree)? {
            return Ok(seen.dist);
        }
        let kept = CachedOutput { reader: READER.to_owned(), tree: tree.to_string(), seen };
        // A cache that cannot be written costs the next command time, and nothing else.
        drop(write(&self.output, &kept));
        Ok(kept.seen.dist)
    }

    /// Forgets the cached compiler output. `false` if there was none.
    pub fn forget_dist(&self) -> bool {
        self.output.exists() && fs::remove(&self.output).is_ok()
    }
}

impl CachedAgent {
    /// The agent that was read last, perhaps from other files than those of now.
    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// The agent, with the ids of its primitives.
    pub fn into_agent(self) -> (Agent, Vec<PrimitiveIds>) {
        (self.agent, self.ids)
    }

    /// True if it is the agent of this snapshot of this project, and the same secrets may be kept.
    pub fn is_of(
        &self,
        root: &Path,
        source: &dyn Source,
        (snapshot, allowed): (&Snapshot, &[String]),
    ) -> Result<bool> {
        Ok(self.allows(allowed)
            && (self.tree == snapshot.tree
                || self.links == snapshot.links
                    && self.read.agreement(source, snapshot.tree)? == Agreement::Same)
            && self.cache_key.still_holds(root, &self.read))
    }

    /// True if the same secrets may be kept.
    pub fn allows(&self, allowed: &[String]) -> bool {
        self.allowed == allowed.join("\n")
    }

    /// Ids of a primitive that is part of the agent as it is.
    pub fn ids_of(&self, primitive: &Primitive, at: usize) -> Option<PrimitiveIds> {
        let all = &self.agent.primitives;
        // Most are in their place.
        let at = Some(at).filter(|at| all.get(*at).is_some_and(|one| one.name == primitive.name));
        let at = at.or_else(|| all.iter().position(|one| one.name == primitive.name))?;
        self.ids.get(at).filter(|_| all[at] == *primitive).copied()
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let bytes = fs::read_if_exists(path).ok()??;
    let (sum, body) = bytes.split_first_chunk::<32>()?;
    if blake3::hash(body).as_bytes() != sum {
        return None;
    }
    rmp_serde::from_slice(body).ok()
}

fn write<T: Serialize>(path: &Path, kept: &T) -> Result<()> {
    let Ok(body) = rmp_serde::to_vec(kept) else { return Ok(()) };
    fs::create_dir_all(path.parent().unwrap_or_else(|| Path::new(".")))?;
    fs::replace_unsynced(path, &[blake3::hash(&body).as_bytes(), &body[..]].concat())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out projects")]
mod tests;
