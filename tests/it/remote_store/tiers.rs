//! Tiers: how much upkeep writes, who does it, and what it leaves behind.

use super::agent::*;
use super::upkeep::at_once;
use bytes::Bytes;
use lua_store::internals::error::Result;
use lua_store::internals::protocol::{AgentId, Transaction};
use lua_store::internals::remote_store::{
    Cas, CasToken, Expect, HeadStore, MANY_PACKS, MemHeads, MemPacks, PackKey, PackStore,
    ProbeReport, RemoteStore, StoredHead, Upkeep,
};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// Packs in memory that count what is written.
#[derive(Default)]
pub struct Counting {
    packs: MemPacks,
    written: AtomicU64,
}

impl PackStore for Counting {
    fn put_new(&self, key: &PackKey, source: &mut dyn Read, len: u64) -> Result<()> {
        self.written.fetch_add(len, Ordering::Relaxed);
        self.packs.put_new(key, source, len)
    }

    fn get(&self, key: &PackKey, range: Option<Range<u64>>) -> Result<Option<Bytes>> {
        self.packs.get(key, range)
    }

    fn stat(&self, key: &PackKey) -> Result<Option<u64>> {
        self.packs.stat(key)
    }

    fn list(
        &self,
        agent: &AgentId,
        after: Option<&PackKey>,
    ) -> Result<Vec<(PackKey, u64, SystemTime)>> {
        self.packs.list(agent, after)
    }

    fn delete(&self, key: &PackKey) -> Result<()> {
        self.packs.delete(key)
    }

    fn probe(&self) -> Result<ProbeReport> {
        self.packs.probe()
    }
}

type Hook = Box<dyn FnOnce() + Send>;

/// Heads with something that happens just before the next swap. They count what is written.
#[derive(Default)]
pub struct Interrupted {
    heads: MemHeads,
    before: Mutex<Option<Hook>>,
    written: AtomicU64,
}

impl HeadStore for Interrupted {
    fn load(&self, agent: &AgentId) -> Result<Option<(Bytes, CasToken)>> {
        self.heads.load(agent)
    }

    fn swap(&self, agent: &AgentId, expect: Expect<'_>, new: &[u8]) -> Result<Cas> {
        let hook = self.before.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        self.written.fetch_add(new.len() as u64, Ordering::Relaxed);
        self.heads.swap(agent, expect, new)
    }

    fn agents(&self, after: Option<&AgentId>) -> Result<Vec<AgentId>> {
        self.heads.agents(after)
    }

    fn probe(&self) -> Result<ProbeReport> {
        self.heads.probe()
    }
}

#[derive(Default)]
pub struct Engine {
    pub heads: Arc<Interrupted>,
    pub packs: Arc<Counting>,
}

impl Engine {
    pub fn remote_store(&self, scratch: &Path) -> RemoteStore {
        RemoteStore::with(self.heads.clone(), self.packs.clone(), scratch.to_owned())
    }

    /// Packs, pages and heads.
    pub fn all_written(&self) -> u64 {
        self.written() + self.heads.written.load(Ordering::Relaxed)
    }

    pub fn head(&self) -> StoredHead {
        read_head(&self.heads.load(&agent()).unwrap().unwrap().0, &*self.packs)
    }

    fn written(&self) -> u64 {
        self.packs.written.load(Ordering::Relaxed)
    }

    fn bytes(&self) -> u64 {
        self.packs.list(&agent(), None).unwrap().iter().map(|(_, bytes, _)| bytes).sum()
    }
}

fn push(remote_store: &RemoteStore, client: &Client, text: &str) -> u64 {
    let tx = client.push(remote_store, &agent(), text).unwrap();
    let bytes = remote_store.offset(&agent(), &tx.pack.unwrap()).unwrap();
    done(remote_store.transact(&agent(), &tx).unwrap());
    bytes
}

/// Text of about so many bytes that does not get smaller.
pub fn noise(len: usize, seed: &str) -> String {
    let mut bytes = vec![0; len / 2];
    blake3::Hasher::new().update(seed.as_bytes()).finalize_xof().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A push with one file of so many bytes.
fn push_large(remote_store: &RemoteStore, client: &Client, len: usize, seed: &str) {
    let after =
        remote_store.head(&agent()).unwrap().map_or(0, |head| head.heads.source.len() as u64);
    let mut made = client.make();
    let id = made.source(&noise(len, seed));
    let (pack, bytes) = client.pack(made);
    upload(remote_store, &agent(), &pack, &bytes).unwrap();
    done(
        remote_store
            .transact(&agent(), &Transaction { pack: Some(pack), ..create_source(after, id) })
            .unwrap(),
    );
}

#[test]
fn many_small_pushes_write_little_and_leave_a_large_pack_alone() {
    let (scratch, engine, client) =
        (tempfile::tempdir().unwrap(), Engine::default(), Client::new());
    let remote_store = engine.remote_store(scratch.path());
    push_large(&remote_store, &client, 2 << 20, "large");
    let large = engine.head().packs[0].key.clone();
    let (mut pushed, mut written, mut most, mut retired) = (Vec::new(), Vec::new(), 0, 0);
    for n in 0..110 {
        let before = engine.written();
        pushed.push(push(&remote_store, &client, &format!("text {n}")));
        if remote_store.needs_upkeep(&agent()).unwrap() {
            remote_store.collect(&agent(), &Upkeep::at(SystemTime::now())).unwrap();
            retired = retired.max(engine.head().retired.len());
        }
        written.push(engine.written() - before);
        most = most.max(engine.head().packs.len());
    }
    // The bytes that any 200 of thousands write are counted by their sizes alone, independent of
    // the rule.
    for (pushed, written) in pushed.windows(100).zip(written.windows(100)) {
        let (pushed, written) = (pushed.iter().sum::<u64>(), written.iter().sum::<u64>());
        assert!(written <= 4 * pushed, "{written} bytes written for {pushed}");
    }
    let head = engine.head();
    assert!(
        head.packs.iter().any(|held| held.key == large),
        "the large pack was never written again"
    );
    assert!(most <= 3 * MANY_PACKS, "{most} packs at once");
    assert_eq!(retired, 64, "the head names no more");
    assert_whole(&engine.remote_store(scratch.path()), &agent());
}

#[test]
fn retired_packs_take_no_more_room_than_the_others() {
    let (scratch, engine, client) =
        (tempfile::tempdir().unwrap(), Engine::default(), Client::new());
    let remote_store = engine.remote_store(scratch.path());
    // Nothing is old enough to go, so that only their bytes count.
    let upkeep =
        Upkeep { spare: Duration::from_secs(1 << 40), many: 2, ..Upkeep::at(SystemTime::now()) };
    for n in 0..8 {
        push_large(&remote_store, &client, 2 << 20, &n.to_string());
        let collected = remote_store.collect(&agent(), &upkeep).unwrap();
        let live: u64 = engine.head().packs.iter().map(|held| held.bytes).sum();
        assert!(collected.retired_bytes <= live.max(4 << 20), "{collected:?} beside {live}");
        assert_eq!(engine.bytes(), live + collected.retired_bytes, "and nothing else is there");
    }
    assert!(!engine.head().retired.is_empty(), "what fits stays for those who read it");
    assert_whole(&engine.remote_store(scratch.path()), &agent());
}

#[test]
fn a_pack_that_was_put_together_in_vain_goes_at_once() {
    let (scratch, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (engine, client) = (Engine::default(), Client::new());
    let remote_store = engine.remote_store(scratch.path());
    for text in ["one", "two", "three"] {
        push(&remote_store, &client, text);
    }
    // Somebody else is faster. The lease holds off nobody who has another folder.
    let faster = engine.remote_store(other.path());
    *engine.heads.before.lock().unwrap() = Some(Box::new(move || {
        let upkeep = Upkeep { spare: Duration::from_secs(3600), ..at_once() };
        assert_eq!(faster.collect(&agent(), &upkeep).unwrap().compacted, 3);
    }));
    let upkeep = Upkeep { spare: Duration::from_secs(3600), ..at_once() };
    assert_eq!(remote_store.collect(&agent(), &upkeep).unwrap().compacted, 0);
    let head = engine.head();
    let mut named: Vec<PackKey> = head.packs.iter().map(|held| held.key.clone()).collect();
    named.extend(head.retired.iter().map(|retired| retired.key.clone()));
    let stored = engine.packs.list(&agent(), None).unwrap();
    assert!(stored.iter().all(|(key, ..)| named.contains(key)), "{stored:?}");
    assert_eq!(stored.len(), 3 + 1, "the three, and the one that took their place");
    assert_eq!(head.packs.len(), 1);
}

#[test]
fn one_looks_after_an_agent_at_a_time_and_a_dead_one_holds_nobody_off() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let (remote_store, client) = (RemoteStore::open(&root).unwrap(), Client::new());
    for text in ["one", "two"] {
        push(&remote_store, &client, text);
    }
    let other = "agent_2".parse().unwrap();
    let tx = Client::new().push(&remote_store, &other, "three").unwrap();
    done(remote_store.transact(&other, &tx).unwrap());
    remote_store.collect(&agent(), &Upkeep { many: 100, ..at_once() }).unwrap();
    let found = walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap);
    let lease = found.into_iter().find(|entry| entry.file_name() == "upkeep.lock").unwrap();
    let held = std::fs::File::open(lease.path()).unwrap();
    held.lock().unwrap();
    assert!(remote_store.collect(&agent(), &at_once()).unwrap().busy);
    assert_eq!(
        remote_store.head(&agent()).unwrap().unwrap().heads.source.len(),
        2,
        "readers and writers go on"
    );
    push(&remote_store, &client, "four");
    assert!(
        !remote_store.collect(&other, &at_once()).unwrap().busy,
        "other agents are looked after"
    );
    drop(held);
    assert_eq!(remote_store.collect(&agent(), &at_once()).unwrap().compacted, 3);
}
