//! Cache of the last agent and of the compiler's output, beside the stat cache: nothing changed,
//! nothing to parse.
//!
//! It belongs to one tree of files, one state of the files read outside of it, and one reader. A
//! damaged cache, or one of another reader, is ignored, and one that cannot be written costs only
//! time.

use crate::error::Result;
use crate::fs;
use crate::model::agent::Agent;
use crate::object::{Id, PathFinder, Source};
use crate::reader::compiled::{self, Dist, SeenOutput};
use crate::reader::{self, CacheKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A hash of the reader's own source: another reader could read the same files differently.
const READER: &str = env!("LUA_STORE_READER");

pub struct AgentCache {
    agent: PathBuf,
    output: PathBuf,
}

/// The agent, as it is kept.
#[derive(Serialize, Deserialize)]
pub struct CachedAgent {
    reader: String,
    tree: String,
    /// Of the secrets that may be kept.
    allowed: String,
    cache_key: CacheKey,
    agent: Agent,
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

    /// Keeps an agent that was read from the files of a tree, if they are all that it was read from. It must
    /// hold no secret but those that are `allowed`.
    pub fn keep<S: Source + ?Sized>(
        &self,
        source: &S,
        (tree, allowed): (Id, &[String]),
        cache_key: CacheKey,
        agent: &Agent,
    ) -> Result<()> {
        let mut finder = PathFinder::new(tree);
        for file in &cache_key.files {
            if finder.find(source, file)?.is_none() {
                return Ok(());
            }
        }
        let (reader, tree, allowed) = (READER.to_owned(), tree.to_string(), allowed.join("\n"));
        let kept = CachedAgent { reader, tree, allowed, cache_key, agent: agent.clone() };
        write(&self.agent, &kept)
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

    /// The agent, where it is that of this tree in this project, and the same secrets may be kept.
    pub fn agent_of(self, root: &Path, tree: &Id, allowed: &[String]) -> Option<Agent> {
        let holds = self.tree == tree.to_string()
            && self.allowed == allowed.join("\n")
            && reader::still_holds(root, &self.cache_key);
        holds.then_some(self.agent)
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
mod tests {
    use super::*;
    use crate::object::{Memory, Mode, Sink, nest};

    const INDEX: &str = "import { LuaAgent, LuaWebhook } from 'lua-cli'; import { n } from './lib';
        export const agent = new LuaAgent({ name: 'a', persona: { base: 'b' }, model: 'm', voice: 1.5,
          webhooks: [new LuaWebhook({ name: 'h', execute: async () => n })] });";

    struct Fixture {
        folder: tempfile::TempDir,
        memory: Memory,
        cache: AgentCache,
    }

    impl Fixture {
        fn new() -> Fixture {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join("src")).unwrap();
            std::fs::write(folder.path().join("src/index.ts"), INDEX).unwrap();
            std::fs::write(folder.path().join("src/lib.ts"), "export const n = 1;").unwrap();
            let cache =
                AgentCache::at(folder.path().join(".lua/agent"), folder.path().join(".lua/dist"));
            Fixture { folder, memory: Memory::default(), cache }
        }

        /// A tree with these files, of any content.
        fn tree(&mut self, files: &[&str]) -> Id {
            let blob = self.memory.put_blob(b"x".to_vec(), None).unwrap();
            let files: Vec<_> = files.iter().map(|file| (*file, Mode::File, blob)).collect();
            nest(&mut self.memory, &files, None).unwrap()
        }

        /// Reads the agent and keeps it for a tree; gives the agent.
        fn keep(&self, tree: Id) -> Agent {
            let (agent, cache_key) = reader::project_and_cache_key(self.folder.path()).unwrap();
            if let Some(cache_key) = cache_key {
                self.cache.keep(&self.memory, (tree, &[]), cache_key, &agent).unwrap();
            }
            agent
        }

        fn kept(&self, tree: Id) -> Option<Agent> {
            self.cache.load()?.agent_of(self.folder.path(), &tree, &[])
        }
    }

    #[test]
    fn the_agent_comes_back_for_the_same_files_only() {
        let mut fixture = Fixture::new();
        let tree = fixture.tree(&["src/index.ts", "src/lib.ts"]);
        let agent = fixture.keep(tree);
        assert_eq!(fixture.kept(tree), Some(agent));
        let other = fixture.tree(&["src/index.ts", "src/lib.ts", "x"]);
        assert_eq!(fixture.kept(other), None);
    }

    #[test]
    fn a_damaged_cache_is_none() {
        let mut fixture = Fixture::new();
        let tree = fixture.tree(&["src/index.ts", "src/lib.ts"]);
        fixture.keep(tree);
        let path = fixture.cache.agent.clone();
        let whole = std::fs::read(&path).unwrap();
        for at in [0, 40, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(fixture.kept(tree), None);
        }
        std::fs::write(&path, &whole[..20]).unwrap();
        assert_eq!(fixture.kept(tree), None);
        std::fs::write(&path, whole).unwrap();
        assert!(fixture.kept(tree).is_some());
    }

    #[test]
    fn what_is_read_outside_the_tree_counts() {
        let mut fixture = Fixture::new();
        // `lib.ts` is imported, and an ignore rule keeps it out of the files.
        let without = fixture.tree(&["src/index.ts"]);
        fixture.keep(without);
        assert_eq!(fixture.kept(without), None);
        let tree = fixture.tree(&["src/index.ts", "src/lib.ts"]);
        fixture.keep(tree);
        assert!(fixture.kept(tree).is_some());
        let lock = fixture.folder.path().join("package-lock.json");
        std::fs::write(&lock, "{}").unwrap();
        assert_eq!(fixture.kept(tree), None);
        std::fs::remove_file(&lock).unwrap();
        assert!(fixture.kept(tree).is_some());
        let config = fixture.folder.path().join("tsconfig.json");
        std::fs::write(&config, r#"{"extends": "../base.json"}"#).unwrap();
        assert_eq!(fixture.kept(tree), None);
    }

    #[test]
    fn a_file_that_comes_before_another_one_counts() {
        let mut fixture = Fixture::new();
        let tree = fixture.tree(&["src/index.ts", "src/lib/index.ts"]);
        let root = fixture.folder.path().to_owned();
        std::fs::create_dir(root.join("src/lib")).unwrap();
        std::fs::rename(root.join("src/lib.ts"), root.join("src/lib/index.ts")).unwrap();
        fixture.keep(tree);
        assert!(fixture.kept(tree).is_some());
        // An ignore rule can keep both out of the tree.
        for path in ["src/lib.tsx", "index.ts"] {
            std::fs::write(root.join(path), "").unwrap();
            assert_eq!(fixture.kept(tree), None, "{path}");
            std::fs::remove_file(root.join(path)).unwrap();
        }
        assert!(fixture.kept(tree).is_some());
    }

    #[test]
    fn a_text_that_is_read_counts() {
        let mut fixture = Fixture::new();
        let root = fixture.folder.path().to_owned();
        let index = "import { LuaAgent } from 'lua-cli'; import fs from 'fs';
            const more = fs.existsSync('more.md') ? fs.readFileSync('more.md', 'utf8') : '';
            export const agent = new LuaAgent({ name: 'a', persona: fs.readFileSync('p.md', 'utf8') + more });";
        std::fs::write(root.join("src/index.ts"), index).unwrap();
        std::fs::write(root.join("p.md"), "kind").unwrap();
        let without = fixture.tree(&["src/index.ts"]);
        fixture.keep(without);
        assert_eq!(fixture.kept(without), None);
        let tree = fixture.tree(&["src/index.ts", "p.md"]);
        fixture.keep(tree);
        assert!(fixture.kept(tree).is_some());
        std::fs::write(root.join("more.md"), "more").unwrap();
        assert_eq!(fixture.kept(tree), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_package_that_is_linked_into_the_project_is_no_package_any_more() {
        let mut fixture = Fixture::new();
        let tree = fixture.tree(&["src/index.ts", "src/lib.ts"]);
        fixture.keep(tree);
        let modules = fixture.folder.path().join("node_modules");
        std::fs::create_dir(&modules).unwrap();
        std::os::unix::fs::symlink(fixture.folder.path().join("src"), modules.join("lua-cli"))
            .unwrap();
        assert_eq!(fixture.kept(tree), None);
    }
}
