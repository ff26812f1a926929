//! Transactions one at a time: what they do, and each reason for which nothing happens.

mod forms;
mod uploads;

use super::agent::*;
use lua_store::internals::error::Kind;
use lua_store::internals::history::record::Event;
use lua_store::internals::object::{Id, Source, TreeEntry};
use lua_store::internals::pack::PackId;
use lua_store::internals::progress::Progress;
use lua_store::internals::protocol::{CreateRefs, FetchRequest, Refusal, Transaction, TxnOutcome};
use lua_store::internals::remote_store::RemoteStore;
use lua_store::internals::store::{Active, Store};
use std::io::Read;

fn remote_store() -> (tempfile::TempDir, RemoteStore) {
    let dir = tempfile::tempdir().unwrap();
    let remote_store = RemoteStore::open(&dir.path().join("data")).unwrap();
    (dir, remote_store)
}

/// v1 and v2 pushed, both agent versions, v1 active. Gives the pointer.
fn filled(remote_store: &RemoteStore) -> (Client, Active) {
    let client = Client::new();
    let mut made = client.make();
    let sources = ["one", "two"].map(|text| made.source(text));
    let versions = [made.version(1, sources[0], "first"), made.version(2, sources[1], "second")];
    let ledger = made.ledger(Event::Promote, versions[0], None);
    let (pack, bytes) = client.pack(made);
    upload(remote_store, &agent(), &pack, &bytes).unwrap();
    let tx = Transaction {
        pack: Some(pack),
        source: Some(CreateRefs { after: 0, ids: sources.to_vec() }),
        versions: Some(CreateRefs { after: 0, ids: versions.to_vec() }),
        active: swap(None, Some(1), ledger),
        ..empty()
    };
    let head = done(remote_store.transact(&agent(), &tx).unwrap());
    assert_eq!((head.heads.source, head.heads.versions), (sources.to_vec(), versions.to_vec()));
    (client, head.heads.active.unwrap())
}

fn refusal(remote_store: &RemoteStore, tx: &Transaction) -> Refusal {
    let before = remote_store.head(&agent()).unwrap();
    let outcome = remote_store.transact(&agent(), tx).unwrap();
    assert_eq!(remote_store.head(&agent()).unwrap(), before, "what is refused changes nothing");
    match outcome {
        TxnOutcome::Refused(refusal) => refusal,
        TxnOutcome::Done(head) => panic!("done: {head:?}"),
    }
}

fn invalid(remote_store: &RemoteStore, tx: &Transaction) -> String {
    match refusal(remote_store, tx) {
        Refusal::Invalid { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_push_is_there_afterwards_also_for_another_process() {
    let (dir, remote_store) = remote_store();
    assert_eq!(remote_store.head(&agent()).unwrap(), None);
    let (client, active) = filled(&remote_store);
    let tx = client.push(&remote_store, &agent(), "three").unwrap();
    let head = done(remote_store.transact(&agent(), &tx).unwrap());
    assert_eq!((head.heads.source.len(), head.heads.active), (3, Some(active)));
    let other = RemoteStore::open(&dir.path().join("data")).unwrap();
    assert_eq!(other.head(&agent()).unwrap(), Some(head));
    assert_eq!(other.agents().unwrap(), [agent()]);
    assert_whole(&other, &agent());
    // Agents have nothing in common.
    assert_eq!(other.head(&"agent_2".parse().unwrap()).unwrap(), None);
}

#[test]
fn a_repeated_transaction_gives_the_recorded_result_and_has_no_second_effect() {
    let (_dir, remote_store) = remote_store();
    let (client, _) = filled(&remote_store);
    let tx = client.push(&remote_store, &agent(), "three").unwrap();
    let first = done(remote_store.transact(&agent(), &tx).unwrap());
    let next = client.push(&remote_store, &agent(), "four").unwrap();
    let second = done(remote_store.transact(&agent(), &next).unwrap());
    assert_eq!(done(remote_store.transact(&agent(), &tx).unwrap()), first);
    assert_eq!(remote_store.head(&agent()).unwrap(), Some(second));
    // After 64 others it is forgotten; what it expects is then long gone.
    for n in 0..64 {
        let tx = client.push(&remote_store, &agent(), &format!("more {n}")).unwrap();
        done(remote_store.transact(&agent(), &tx).unwrap());
    }
    assert!(
        matches!(refusal(&remote_store, &tx), Refusal::Moved(head) if head.heads.source.len() == 68)
    );
    assert_whole(&remote_store, &agent());
}

#[test]
fn an_expectation_that_does_not_hold_shows_what_is_there() {
    let (_dir, remote_store) = remote_store();
    let (client, active) = filled(&remote_store);
    let now = remote_store.head(&agent()).unwrap().unwrap();
    let id = now.heads.source[0];
    let cases = [
        create_source(1, id),
        create_source(3, id),
        Transaction { versions: Some(CreateRefs { after: 0, ids: vec![id] }), ..empty() },
        Transaction { active: swap(None, Some(1), id), ..empty() },
        Transaction {
            active: swap(Some(Active { version: Some(2), ..active }), Some(1), id),
            ..empty()
        },
    ];
    for tx in cases {
        assert_eq!(refusal(&remote_store, &tx), Refusal::Moved(now.clone()));
    }
    drop(client);
}

/// A source version with these files, in the objects of a client.
fn source_of(made: &mut Making, files: Id) -> Id {
    let (record, state) = (made.batch_record(), made.state());
    made.tree(vec![
        TreeEntry::file("record", record),
        TreeEntry::directory("source", files),
        TreeEntry::directory("state", state),
    ])
}

#[test]
fn a_transaction_that_does_nothing_is_none() {
    let (_dir, remote_store) = remote_store();
    assert_eq!(invalid(&remote_store, &empty()), "the transaction does nothing");
    let none = Transaction { source: Some(CreateRefs { after: 0, ids: vec![] }), ..empty() };
    assert_eq!(invalid(&remote_store, &none), "the transaction does nothing");
}

#[test]
fn what_somebody_lacks_comes_in_one_pack_that_can_be_read_from_any_place() {
    let (_dir, remote_store) = remote_store();
    filled(&remote_store);
    let head = remote_store.head(&agent()).unwrap().unwrap();
    let all = FetchRequest { want: head.heads.roots(), have: vec![] };
    let thin_pack = remote_store.fetch(&agent(), &all).unwrap();
    let mut bytes = Vec::new();
    thin_pack.reader(0).read_to_end(&mut bytes).unwrap();
    assert_eq!((PackId::of(&bytes), bytes.len() as u64), (thin_pack.id(), thin_pack.len()));
    let mut rest = Vec::new();
    thin_pack.reader(100).read_to_end(&mut rest).unwrap();
    assert_eq!(rest, bytes[100..]);
    // Somebody else gets the very same pack from another process.
    let other = RemoteStore::open(&_dir.path().join("data")).unwrap();
    assert_eq!(other.fetch(&agent(), &all).unwrap().id(), thin_pack.id());
    let less = FetchRequest {
        want: vec![head.heads.source[1]],
        have: vec![head.heads.source[0], Id::of_blob(b"unknown")],
    };
    assert!(remote_store.fetch(&agent(), &less).unwrap().len() < thin_pack.len());
    let clone = tempfile::tempdir().unwrap();
    let store = Store::init(&clone.path().join(".lua")).unwrap();
    std::fs::write(store.dir().join("objects").join(thin_pack.id().file_name()), bytes).unwrap();
    assert!(store.objects().check(&Progress::default()).unwrap().damage.is_empty());
    assert!(head.heads.roots().iter().all(|id| store.objects().contains(id).unwrap()));
}

#[test]
fn what_is_not_there_cannot_be_fetched() {
    let (_dir, remote_store) = remote_store();
    let fetch = |want: Vec<Id>| {
        remote_store.fetch(&agent(), &FetchRequest { want, have: vec![] }).err().unwrap().kind()
    };
    assert_eq!(fetch(vec![Id::of_blob(b"x")]), Kind::NotFound);
    filled(&remote_store);
    assert_eq!(fetch(vec![Id::of_blob(b"unknown")]), Kind::NotFound);
    assert_eq!(fetch(vec![]), Kind::Usage);
}
