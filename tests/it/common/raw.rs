//! Stores that no program of today makes: local and remote ones with refs that were written below
//! the rules.

use super::Project;
use lua_store::internals::history::project::Project as Agent;
use lua_store::internals::object::Id;
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::AgentId;
use lua_store::internals::remote_store::{
    Expect, FileHeads, FilePacks, HeadStore, PackKey, PackRef, PackStore, RemoteStore, StoredHead,
};
use lua_store::internals::store::Receipts;
use std::path::Path;

/// Makes a folder the remote store of an agent that has exactly what a project has, whatever that is.
pub fn store(project: &Project, root: &Path, agent: &str) {
    let id: AgentId = agent.parse().unwrap();
    RemoteStore::open(root).unwrap();
    let (heads, packs) = (FileHeads::new(root), FilePacks::new(root));
    let mut held = Vec::new();
    for entry in std::fs::read_dir(project.path(".lua/objects")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let key = PackKey::fresh(&id, PackId::of(&bytes)).unwrap();
        packs.put_new(&key, &mut &bytes[..], bytes.len() as u64).unwrap();
        held.push(PackRef { key, bytes: bytes.len() as u64, objects: 1 });
    }
    let here = Agent::open(&project.root()).unwrap().store().heads().unwrap();
    let head = StoredHead {
        agent: id.clone(),
        seq: 1,
        previous: Id::from_bytes([0; 32]),
        txns: Vec::new(),
        heads: here,
        packs: held,
        retired: Vec::new(),
        receipts: Receipts::default(),
        pages: Vec::new(),
        forgotten: 0,
        book: None,
    };
    let known = heads.load(&id).unwrap().map(|(_, token)| token);
    let expect = known.as_ref().map_or(Expect::Absent, Expect::Match);
    heads.swap(&id, expect, &head.encode()).unwrap();
}
