//! Many at once: what was acknowledged is there, once, and numbers have neither gaps nor doubles.

use super::agent::*;
use super::upkeep::at_once;
use lua_store::internals::protocol::{AgentId, Refusal, TxnOutcome};
use lua_store::internals::remote_store::{MemHeads, MemPacks, RemoteStore};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const WRITERS: usize = 8;

/// Pushes until it is taken, as a client does that pulls in between. Gives the numbers it got.
fn push_all(
    remote_store: &RemoteStore,
    agent: &AgentId,
    name: usize,
    count: usize,
) -> Vec<(u64, lua_store::internals::object::Id)> {
    let client = Client::new();
    let mut mine = Vec::new();
    for n in 0..count {
        for attempt in 0.. {
            let tx = client
                .push(remote_store, agent, &format!("writer {name}, text {n}, attempt {attempt}"))
                .unwrap();
            match remote_store.transact(agent, &tx).unwrap() {
                TxnOutcome::Done(head) => {
                    let create = tx.source.unwrap();
                    assert_eq!(head.heads.source[create.after as usize], create.ids[0]);
                    mine.push((create.after + 1, create.ids[0]));
                    break;
                }
                TxnOutcome::Refused(Refusal::Moved(_) | Refusal::Busy) => {}
                TxnOutcome::Refused(other) => panic!("{other:?}"),
            }
        }
    }
    mine
}

fn race(remote_stores: &[RemoteStore], count: usize, beside: impl Fn(&AtomicBool) + Sync) {
    let finished = AtomicBool::new(false);
    let mine: Vec<(u64, lua_store::internals::object::Id)> = std::thread::scope(|scope| {
        let beside = scope.spawn(|| beside(&finished));
        let writers: Vec<_> = (0..WRITERS)
            .map(|name| {
                scope.spawn(move || {
                    push_all(&remote_stores[name % remote_stores.len()], &agent(), name, count)
                })
            })
            .collect();
        let mine: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        finished.store(true, Ordering::Release);
        beside.join().unwrap();
        mine.into_iter().flat_map(Result::unwrap).collect()
    });
    let head = remote_stores[0].head(&agent()).unwrap().unwrap();
    assert_eq!(head.heads.source.len(), WRITERS * count);
    let numbers: BTreeSet<u64> = mine.iter().map(|(number, _)| *number).collect();
    assert!(numbers.into_iter().eq(1..=(WRITERS * count) as u64));
    for (number, id) in mine {
        assert_eq!(head.heads.source[number as usize - 1], id);
    }
    assert_whole(&remote_stores[0], &agent());
}

#[test]
fn eight_writers_in_one_process_lose_nothing_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let (heads, packs) = (Arc::new(MemHeads::default()), Arc::new(MemPacks::default()));
    // Remote stores of their own, so that they share nothing but the engine.
    let remote_stores: Vec<RemoteStore> = (0..WRITERS)
        .map(|_| RemoteStore::with(heads.clone(), packs.clone(), dir.path().to_owned()))
        .collect();
    race(&remote_stores, 5, |_| {});
}

#[cfg(unix)]
#[test]
fn eight_writers_through_two_servers_lose_nothing_in_postgres() {
    use crate::common::postgres;
    use lua_store::internals::engine::{EngineEnvironment, EngineUrl, SharedEngine};
    let Some(database) = postgres::database() else { return };
    let url = EngineUrl::parse(&database.url(), &EngineEnvironment::default()).unwrap();
    race_through_two_servers(&|| SharedEngine::open(&url, None).unwrap());
}

#[cfg(unix)]
#[test]
fn eight_writers_through_two_servers_lose_nothing_in_a_bucket() {
    use crate::common::bucket::{Bucket, S3Place};
    let bucket = Bucket::start();
    race_through_two_servers(&|| bucket.open("/agents"));
}

#[cfg(unix)]
fn race_through_two_servers(engine: &dyn Fn() -> lua_store::internals::engine::SharedEngine) {
    let dir = tempfile::tempdir().unwrap();
    // Nothing in common but the engine.
    let open = |scratch: &str| RemoteStore::on(engine().engines, dir.path().join(scratch));
    let (remote_stores, collector) = ([open("one"), open("other")], open("upkeep"));
    race(&remote_stores, 5, |finished| {
        while !finished.load(Ordering::Acquire) {
            let spare = std::time::Duration::from_secs(3600);
            let upkeep = lua_store::internals::remote_store::Upkeep { spare, ..at_once() };
            collector.collect(&agent(), &upkeep).unwrap();
        }
    });
}

#[test]
fn eight_writers_and_upkeep_lose_nothing_in_files() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let remote_stores: Vec<RemoteStore> =
        (0..3).map(|_| RemoteStore::open(&root).unwrap()).collect();
    let collector = RemoteStore::open(&root).unwrap();
    race(&remote_stores, 6, |finished| {
        while !finished.load(Ordering::Acquire) {
            // Uploads are left alone: those who are at it would have to begin again.
            let spare = std::time::Duration::from_secs(3600);
            let upkeep = lua_store::internals::remote_store::Upkeep { spare, ..at_once() };
            collector.collect(&agent(), &upkeep).unwrap();
        }
    });
}
