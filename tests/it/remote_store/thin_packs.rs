//! Thin packs that are kept for whoever asks for the same again.

use super::agent::*;
use lua_store::internals::protocol::{AgentId, FetchRequest};
use lua_store::internals::remote_store::{RemoteStore, Settings};
use std::sync::Barrier;

fn remote_store() -> (tempfile::TempDir, RemoteStore) {
    let dir = tempfile::tempdir().unwrap();
    let remote_store = RemoteStore::open(&dir.path().join("data")).unwrap();
    (dir, remote_store)
}

/// An agent with two pushes, the second with so much that does not compress; asks for all of it.
fn pushed_twice(remote_store: &RemoteStore, name: &str, size: usize) -> (AgentId, FetchRequest) {
    let (client, agent) = (Client::new(), name.parse().unwrap());
    let mut noise = vec![0; size / 2];
    blake3::Hasher::new().update(name.as_bytes()).finalize_xof().fill(&mut noise);
    let hex: String = noise.iter().map(|byte| format!("{byte:02x}")).collect();
    for text in ["first", &hex] {
        let tx = client.push(remote_store, &agent, text).unwrap();
        done(remote_store.transact(&agent, &tx).unwrap());
    }
    let want = remote_store.head(&agent).unwrap().unwrap().heads.roots();
    (agent, FetchRequest { want, have: vec![] })
}

#[test]
fn many_who_ask_for_the_same_at_once_get_one_that_was_made_once() {
    let (_dir, remote_store) = remote_store();
    let (agent, all) = pushed_twice(&remote_store, "large", 1 << 20);
    let barrier = Barrier::new(8);
    let ask = || {
        barrier.wait();
        remote_store.fetch(&agent, &all).unwrap()
    };
    let packs: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(packs.iter().all(|pack| pack.id() == packs[0].id()));
    assert_eq!(remote_store.cached_of(&agent), packs[0].len(), "one file, however many send it");
}

#[test]
fn small_ones_of_many_agents_do_not_push_out_a_large_one() {
    let (_dir, remote_store) = remote_store();
    let (large, all) = pushed_twice(&remote_store, "large", 3 << 20);
    let len = remote_store.fetch(&large, &all).unwrap().len();
    assert!(len > 1 << 20, "{len}");
    for n in 0..70 {
        let (agent, all) = pushed_twice(&remote_store, &format!("small{n}"), 100);
        assert!(remote_store.fetch(&agent, &all).unwrap().len() < 10_000);
    }
    assert_eq!(remote_store.cached_of(&large), len, "it is kept");
    let small = |n: u32| remote_store.cached_of(&format!("small{n}").parse().unwrap());
    assert!(small(69) > 0);
    assert_eq!((small(0), small(5)), (0, 0), "the oldest of 70 went");
}

#[test]
fn what_killed_processes_left_is_removed_once_and_not_looked_for_with_each_fetch() {
    let (dir, remote_store) = remote_store();
    let cache = dir.path().join("data/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let left = |name: &str| {
        std::fs::write(cache.join(name), "half a pack").unwrap();
        cache.join(name)
    };
    let (first, second) = (left("tmp-1-1-1"), cache.join("tmp-1-1-2"));
    let (agent, all) = pushed_twice(&remote_store, "shop", 100);
    remote_store.fetch(&agent, &all).unwrap();
    assert!(!first.exists(), "the first fetch of a process sweeps");
    left("tmp-1-1-2");
    let (agent, all) = pushed_twice(&remote_store, "other", 100);
    let pack = remote_store.fetch(&agent, &all).unwrap();
    assert!(second.exists(), "the next one does not");
    remote_store.sweep_scratch().unwrap();
    assert!(!second.exists());
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut pack.reader(0), &mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, pack.len(), "what is being sent stays");
}

#[test]
fn an_agent_with_too_many_bytes_on_their_way_is_asked_to_wait() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { cache: 1 << 20, ..Settings::default() };
    let remote_store = RemoteStore::open_with(&dir.path().join("data"), &settings).unwrap();
    let (agent, all) = pushed_twice(&remote_store, "shop", 3 << 20);
    let sent = remote_store.fetch(&agent, &all).unwrap();
    assert!(sent.len() > 1 << 20);
    let first = remote_store.head(&agent).unwrap().unwrap().heads.source[0];
    let other = FetchRequest { want: vec![first], have: vec![] };
    // One that is being sent cannot make room; the same again takes none.
    let refused = remote_store.fetch(&agent, &other).err().unwrap();
    assert!(refused.message().contains("too many different packs of agent \"shop\""), "{refused}");
    assert_eq!(remote_store.fetch(&agent, &all).unwrap().id(), sent.id());
    let (neighbour, theirs) = pushed_twice(&remote_store, "other", 100);
    assert!(remote_store.fetch(&neighbour, &theirs).is_ok());
    // One that is only kept does.
    drop(sent);
    assert!(remote_store.fetch(&agent, &other).is_ok());
    assert!(remote_store.cached_of(&agent) < 1 << 20);
}
