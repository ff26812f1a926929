//! Transactions that come at once: one swap lands all that may happen, and each is answered for itself.

use super::agent::*;
use bytes::Bytes;
use lua_store::internals::error::{Error, Kind, Result};
use lua_store::internals::history::record::Event;
use lua_store::internals::protocol::{AgentId, CreateRefs, Refusal, Transaction, TxnOutcome};
use lua_store::internals::remote_store::{
    Cas, CasToken, Expect, HeadStore, MemHeads, MemPacks, ProbeReport, RemoteStore, TxnRequest,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const DAY: u64 = 24 * 60 * 60 * 1000;

fn asked(all: &[&Transaction]) -> Vec<(Transaction, TxnRequest)> {
    all.iter().map(|tx| ((*tx).clone(), TxnRequest::default())).collect()
}

#[test]
fn one_swap_lands_all_that_may_happen() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let (remote_store, client) = (RemoteStore::open(&root).unwrap(), Client::new());
    let first = client.push(&remote_store, &agent(), "one").unwrap();
    let sources = done(remote_store.transact(&agent(), &first).unwrap()).heads.source;
    let before = stored_head(&root);
    let push = |text: &str| client.push(&remote_store, &agent(), text).unwrap();
    let (winner, loser) = (push("two"), push("another two"));
    let mut made = client.make();
    let version = made.version(1, sources[0], "first");
    let ledger = made.ledger(Event::Promote, version, None);
    let (pack, bytes) = client.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let versions = Some(CreateRefs { after: 0, ids: vec![version] });
    let create = Transaction { pack: Some(pack), versions, ..empty() };
    // Expects what the one before it does.
    let promote = Transaction { active: swap(None, Some(1), ledger), ..empty() };
    let wrong = Transaction { active: swap(None, Some(2), ledger), ..empty() };
    let never = Transaction {
        pack: Some(lua_store::internals::pack::PackId::of(b"never sent")),
        ..create_source(2, version)
    };
    let all = asked(&[&winner, &loser, &create, &promote, &wrong, &never]);
    let mut answers = remote_store
        .transact_all(&agent(), &all)
        .into_iter()
        .map(|answer| owned(answer.unwrap().outcome));
    assert_eq!(done(answers.next().unwrap()).heads.source.len(), 2);
    let moved = answers.next().unwrap();
    assert!(
        matches!(moved, TxnOutcome::Refused(Refusal::Moved(head)) if head.heads.source.len() == 2)
    );
    assert_eq!(done(answers.next().unwrap()).heads.versions, [version]);
    assert_eq!(done(answers.next().unwrap()).heads.active.unwrap().ledger, ledger);
    assert!(
        matches!(answers.next().unwrap(), TxnOutcome::Refused(Refusal::Moved(head)) if head.heads.active.is_some())
    );
    assert!(matches!(answers.next().unwrap(), TxnOutcome::Refused(Refusal::Moved(_))));
    let after = stored_head(&root);
    assert_eq!(
        (after.seq, after.txns.len()),
        (before.seq + 1, before.txns.len() + 3),
        "one swap, an entry each"
    );
    // Each is answered again as it was.
    let again = done(remote_store.transact(&agent(), &winner).unwrap());
    assert_eq!(
        (again.heads.source.len(), again.heads.versions.len(), again.heads.active),
        (2, 0, None)
    );
    // A client that was too slow plans anew, and need not send the pack again.heads.
    let later = Transaction {
        txn: txn(),
        source: loser.source.map(|create| CreateRefs { after: 2, ..create }),
        ..loser
    };
    assert_eq!(done(remote_store.transact(&agent(), &later).unwrap()).heads.source.len(), 3);
    assert_whole(&remote_store, &agent());
}

#[test]
fn an_id_stands_for_one_request() {
    let dir = tempfile::tempdir().unwrap();
    let (remote_store, client) =
        (RemoteStore::open(&dir.path().join("data")).unwrap(), Client::new());
    let tx = client.push(&remote_store, &agent(), "one").unwrap();
    // Refused: nothing happened under this id.
    let early = Transaction {
        source: tx.source.clone().map(|create| CreateRefs { after: 7, ..create }),
        ..tx.clone()
    };
    assert!(matches!(
        remote_store.transact(&agent(), &early).unwrap(),
        TxnOutcome::Refused(Refusal::Moved(_))
    ));
    let head = done(remote_store.transact(&agent(), &tx).unwrap());
    let other = Transaction { txn: tx.txn, ..client.push(&remote_store, &agent(), "two").unwrap() };
    for other in [other, Transaction { pack: None, ..tx.clone() }] {
        let error = remote_store.transact(&agent(), &other).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{error}");
    }
    assert_eq!(remote_store.head(&agent()).unwrap(), Some(head.clone()));
    assert_eq!(done(remote_store.transact(&agent(), &tx).unwrap()), head);
}

#[test]
fn a_transaction_of_the_last_day_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let (remote_store, client) =
        (RemoteStore::open(&dir.path().join("data")).unwrap(), Client::new());
    let land = |tx: &Transaction, now_ms| {
        remote_store.transact_for(&agent(), tx, TxnRequest { by: None, now_ms }).unwrap()
    };
    let first = client.push(&remote_store, &agent(), "first").unwrap();
    let before = done(owned(land(&first, DAY).outcome));
    for n in 0..100 {
        let tx = client.push(&remote_store, &agent(), &format!("more {n}")).unwrap();
        done(owned(land(&tx, DAY + 1000 * n).outcome));
    }
    assert_eq!(
        done(owned(land(&first, 2 * DAY - 1).outcome)),
        before,
        "a hundred others came since"
    );
    let tx = client.push(&remote_store, &agent(), "a day later").unwrap();
    done(owned(land(&tx, 2 * DAY).outcome));
    // It is forgotten, and what it asked for is there.
    let answer = land(&first, 2 * DAY);
    assert!(matches!(answer.outcome, TxnOutcome::Refused(Refusal::Moved(_))) && answer.is_there);
    let other = Transaction {
        txn: txn(),
        source: tx.source.map(|create| CreateRefs { after: 0, ..create }),
        ..tx
    };
    assert!(!land(&other, 2 * DAY).is_there);
}

/// Heads whose next swaps fail, as on a full disk.
struct Full {
    heads: MemHeads,
    failures: AtomicUsize,
    swaps: AtomicUsize,
}

impl HeadStore for Full {
    fn load(&self, a: &AgentId) -> Result<Option<(Bytes, CasToken)>> {
        self.heads.load(a)
    }

    fn swap(&self, a: &AgentId, expect: Expect<'_>, new: &[u8]) -> Result<Cas> {
        self.swaps.fetch_add(1, Ordering::SeqCst);
        let fails = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if fails.is_ok() { Err(Error::failed("no room")) } else { self.heads.swap(a, expect, new) }
    }

    fn agents(&self, after: Option<&AgentId>) -> Result<Vec<AgentId>> {
        self.heads.agents(after)
    }

    fn probe(&self) -> Result<ProbeReport> {
        self.heads.probe()
    }
}

#[test]
fn a_swap_that_fails_is_tried_for_each_alone() {
    for (failures, outcomes, swaps) in
        [(1, "ok ok", 3), (2, "no room ok", 3), (3, "no room no room", 3)]
    {
        let dir = tempfile::tempdir().unwrap();
        let heads =
            Arc::new(Full { heads: MemHeads::default(), failures: 0.into(), swaps: 0.into() });
        let remote_store =
            RemoteStore::with(heads.clone(), Arc::new(MemPacks::default()), dir.path().to_owned());
        let client = Client::new();
        let one = client.push(&remote_store, &agent(), "one").unwrap();
        let source = done(remote_store.transact(&agent(), &one).unwrap()).heads.source[0];
        let two = client.push(&remote_store, &agent(), "two").unwrap();
        let mut made = client.make();
        let version = made.version(1, source, "first");
        let (pack, bytes) = client.pack(made);
        upload(&remote_store, &agent(), &pack, &bytes).unwrap();
        let versions = Some(CreateRefs { after: 0, ids: vec![version] });
        let three = Transaction { pack: Some(pack), versions, ..empty() };
        heads.failures.store(failures, Ordering::SeqCst);
        heads.swaps.store(0, Ordering::SeqCst);
        let answers = remote_store.transact_all(&agent(), &asked(&[&two, &three]));
        let told = answers.into_iter().map(|answer| match answer {
            Ok(answer) => done(owned(answer.outcome)).agent.to_string().replace("agent_1", "ok"),
            Err(error) => error.message().to_owned(),
        });
        assert_eq!(told.collect::<Vec<_>>().join(" "), outcomes);
        assert_eq!(heads.swaps.load(Ordering::SeqCst), swaps);
        assert_whole(&remote_store, &agent());
    }
}
