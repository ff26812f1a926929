//! Transactions one at a time: what they do, and each reason for which nothing happens.

use super::agent::*;
use lua_store::internals::error::Kind;
use lua_store::internals::history::record::Event;
use lua_store::internals::object::{Id, Mode, Source, TreeEntry};
use lua_store::internals::pack::PackId;
use lua_store::internals::progress::Progress;
use lua_store::internals::protocol::{CreateRefs, FetchRequest, Refusal, Transaction, TxnOutcome};
use lua_store::internals::remote_store::RemoteStore;
use lua_store::internals::store::{Active, Store};
use std::io::{self, Read};

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

#[test]
fn a_pack_that_never_came_or_never_came_to_its_end_is_asked_for() {
    let (_dir, remote_store) = remote_store();
    let client = Client::new();
    let mut made = client.make();
    let id = made.source("one");
    let (pack, bytes) = client.pack(made);
    let tx = Transaction { pack: Some(pack), ..create_source(0, id) };
    assert_eq!(refusal(&remote_store, &tx), Refusal::NoPack);
    let len = bytes.len() as u64;
    remote_store.receive(&agent(), &pack, 0, len, &mut &bytes[..100]).unwrap();
    assert_eq!(refusal(&remote_store, &tx), Refusal::NoPack);
    assert_eq!(remote_store.offset(&agent(), &pack).unwrap(), 100);
    assert_eq!(remote_store.receive(&agent(), &pack, 100, len, &mut &bytes[100..]).unwrap(), len);
    done(remote_store.transact(&agent(), &tx).unwrap());
    // Objects that the agent has need not be sent again.
    assert_eq!(remote_store.offset(&agent(), &pack).unwrap(), len);
    assert!(matches!(refusal(&remote_store, &Transaction { txn: txn(), ..tx }), Refusal::Moved(_)));
}

/// Sends some bytes, and then breaks off.
struct Cut<'a>(&'a [u8]);

impl Read for Cut<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.0.read(out)
    }
}

#[test]
fn an_upload_that_is_cut_anywhere_goes_on_from_what_arrived() {
    let (_dir, remote_store) = remote_store();
    let client = Client::new();
    let mut made = client.make();
    let id = made.source(&"many words ".repeat(50));
    let (pack, bytes) = client.pack(made);
    let len = bytes.len() as u64;
    let mut at = 0;
    for cut in [0, 1, 7, 100, 5] {
        let error = remote_store
            .receive(&agent(), &pack, at, len, &mut Cut(&bytes[at as usize..][..cut]))
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        at += cut as u64;
        assert_eq!(remote_store.offset(&agent(), &pack).unwrap(), at);
    }
    for wrong in [0, at - 1, at + 1] {
        let error = remote_store.receive(&agent(), &pack, wrong, len, &mut &bytes[..]).unwrap_err();
        assert_eq!(error.kind(), Kind::Conflict, "{error}");
    }
    let error =
        remote_store.receive(&agent(), &pack, at, at + 3, &mut &bytes[at as usize..]).unwrap_err();
    assert_eq!((error.kind(), remote_store.offset(&agent(), &pack).unwrap()), (Kind::Usage, at));
    assert_eq!(
        remote_store.receive(&agent(), &pack, at, len, &mut &bytes[at as usize..]).unwrap(),
        len
    );
    done(
        remote_store
            .transact(&agent(), &Transaction { pack: Some(pack), ..create_source(0, id) })
            .unwrap(),
    );
}

#[test]
fn a_pack_with_another_hash_than_its_name_is_thrown_away() {
    let (_dir, remote_store) = remote_store();
    let client = Client::new();
    let mut made = client.make();
    made.source("one");
    let (pack, mut bytes) = client.pack(made);
    bytes[20] ^= 1;
    let error =
        remote_store.receive(&agent(), &pack, 0, bytes.len() as u64, &mut &bytes[..]).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(remote_store.offset(&agent(), &pack).unwrap(), 0);
    let error = remote_store.receive(&agent(), &pack, 0, u64::MAX, &mut &bytes[..]).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
}

#[test]
fn a_damaged_pack_under_its_true_name_is_refused() {
    let (_dir, remote_store) = remote_store();
    let client = Client::new();
    let mut made = client.make();
    let id = made.source("one");
    let (_, good) = client.pack(made);
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        let pack = PackId::of(&bytes);
        upload(&remote_store, &agent(), &pack, &bytes).unwrap();
        let tx = Transaction { pack: Some(pack), ..create_source(0, id) };
        match remote_store.transact(&agent(), &tx).unwrap() {
            TxnOutcome::Refused(Refusal::Invalid { .. } | Refusal::Missing { .. }) => {}
            other => panic!("byte {at}: {other:?}"),
        }
        assert_eq!(remote_store.head(&agent()).unwrap(), None);
    }
}

#[test]
fn what_neither_the_pack_nor_the_agent_has_is_named() {
    let (_dir, remote_store) = remote_store();
    let (client, _) = filled(&remote_store);
    // A pack that builds on objects which were never sent.
    let mut unsent = client.make();
    let files = unsent.file("index.ts", "unsent");
    client.pack(unsent);
    let mut made = client.make();
    let state = made.state();
    let tree = vec![
        TreeEntry::file("record", made.blob("no record")),
        TreeEntry::directory("source", files),
        TreeEntry::directory("state", state),
    ];
    let id = made.tree(tree);
    let (pack, bytes) = client.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let tx = Transaction { pack: Some(pack), ..create_source(2, id) };
    assert_eq!(refusal(&remote_store, &tx), Refusal::Missing { ids: vec![files], more: false });
    let unknown = Id::of_blob(b"unknown");
    let expected = Refusal::Missing { ids: vec![unknown], more: false };
    assert_eq!(refusal(&remote_store, &create_source(2, unknown)), expected);
    assert_whole(&remote_store, &agent());
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

/// The check of a pack that lacked something is remembered, until that has come.
#[test]
fn a_pack_that_lacked_something_is_good_once_that_has_come() {
    let (_dir, remote_store) = remote_store();
    let (client, _) = filled(&remote_store);
    let mut unsent = client.make();
    let files = unsent.file("index.ts", "unsent");
    client.pack(unsent);
    let mut made = client.make();
    let id = source_of(&mut made, files);
    let (pack, bytes) = client.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let tx = |after| Transaction { pack: Some(pack), ..create_source(after, id) };
    for _ in 0..2 {
        let missing = Refusal::Missing { ids: vec![files], more: false };
        assert_eq!(refusal(&remote_store, &tx(2)), missing);
    }
    // Somebody else brings it, with a version of his.
    let other = Client::new();
    let mut made = other.make();
    let around = made.file("index.ts", "unsent");
    assert_eq!(around, files);
    let folder = made.tree(vec![TreeEntry::directory("src", files)]);
    let theirs = source_of(&mut made, folder);
    let (their_pack, bytes) = other.pack(made);
    upload(&remote_store, &agent(), &their_pack, &bytes).unwrap();
    let their_tx = Transaction { pack: Some(their_pack), ..create_source(2, theirs) };
    done(remote_store.transact(&agent(), &their_tx).unwrap());
    done(remote_store.transact(&agent(), &tx(3)).unwrap());
    assert_whole(&remote_store, &agent());
}

/// Answer of the remote store to a new source version with this tree.
fn of_source(make: impl FnOnce(&mut Making) -> Id) -> String {
    let (_dir, remote_store) = remote_store();
    let (client, _) = filled(&remote_store);
    let mut made = client.make();
    let id = make(&mut made);
    let (pack, bytes) = client.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let reason = invalid(&remote_store, &Transaction { pack: Some(pack), ..create_source(2, id) });
    reason.replace(&id.to_string(), "ID")
}

fn entries(made: &mut Making, state: Id) -> Vec<TreeEntry> {
    let files = made.file("a", "a");
    let record = made.batch_record();
    vec![
        TreeEntry::file("record", record),
        TreeEntry::directory("source", files),
        TreeEntry::directory("state", state),
    ]
}

#[test]
fn a_source_version_has_its_form() {
    assert_eq!(
        of_source(|made| made.file("x", "new")),
        "refs/source/v3: object ID is no source version"
    );
    let reason = of_source(|made| {
        let state = made.state();
        let mut entries = entries(made, state);
        entries.push(TreeEntry::file("more", entries[0].id));
        made.tree(entries)
    });
    assert_eq!(reason, "refs/source/v3: object ID is no source version");
    let reason = of_source(|made| {
        let state = made.state();
        let mut entries = entries(made, state);
        entries[0] = TreeEntry::file("record", made.blob("no record"));
        made.tree(entries)
    });
    assert!(reason.contains("the record of a source version is not well formed"), "{reason}");
    let reason = of_source(|made| {
        let state = made.state();
        let mut entries = entries(made, state);
        entries[0].mode = Mode::Executable;
        made.tree(entries)
    });
    assert_eq!(reason, "refs/source/v3: object ID is no source version");
}

#[test]
fn a_state_has_its_form() {
    let state_of = |change: fn(&mut Making, &mut Vec<TreeEntry>)| {
        of_source(move |made| {
            let state = made.state();
            let mut parts = made.entries_of(state);
            change(made, &mut parts);
            let state = made.tree(parts);
            let entries = entries(made, state);
            made.tree(entries)
        })
    };
    fn put(parts: &mut Vec<TreeEntry>, name: &str, id: Id) {
        parts.retain(|entry| &*entry.name != name);
        parts.push(TreeEntry::file(name, id));
    }
    let reason = state_of(|made, parts| parts.push(TreeEntry::file("stranger", made.blob("x"))));
    assert_eq!(reason, "refs/source/v3: its state has an entry \"stranger\" that cannot be there");
    let reason =
        state_of(|made, parts| parts.push(TreeEntry::directory("gadgets", made.file("a", "a"))));
    assert_eq!(reason, "refs/source/v3: its state has an entry \"gadgets\" that cannot be there");
    let reason = state_of(|made, parts| put(parts, "agent.json", made.blob("[]")));
    assert_eq!(reason, "refs/source/v3: its agent.json is no object");
    let reason = state_of(|made, parts| put(parts, "agent.json", made.blob("{ }")));
    assert_eq!(reason, "refs/source/v3: agent.json is not in its canonical encoding");
    let reason =
        state_of(|made, parts| put(parts, "versions.json", made.blob(r#"{"persona":"1"}"#)));
    assert_eq!(reason, "refs/source/v3: its versions.json has no number for \"skills/a\"");
    let reason =
        state_of(|made, parts| put(parts, "versions.json", made.blob(r#"{"skills/a":"1"}"#)));
    assert_eq!(reason, "refs/source/v3: its versions.json gives \"skills/a\" the number \"1\"");
    let reason = state_of(|made, parts| {
        let skill = made.file("definition.json", "{}");
        let skills = made.tree(vec![TreeEntry::directory("a", skill)]);
        parts.retain(|entry| &*entry.name != "skills");
        parts.push(TreeEntry::directory("skills", skills));
    });
    assert_eq!(reason, "refs/source/v3: skills/a: a tree has no entry \"reach.json\"");
}

#[test]
fn files_that_nobody_could_restore_are_refused() {
    for name in [".git", ".GIT", "git~1", ".lua", "node_modules", ".lua-store-tmp-1-1"] {
        let reason = of_source(|made| {
            let inner = made.file("config", "x");
            let files = made.tree(vec![TreeEntry::directory(name, inner)]);
            let files = made.tree(vec![TreeEntry::directory("deep", files)]);
            let (state, record) = (made.state(), made.batch_record());
            let entries =
                [TreeEntry::directory("source", files), TreeEntry::directory("state", state)];
            made.tree([vec![TreeEntry::file("record", record)], entries.to_vec()].concat())
        });
        let start =
            format!("refs/source/v3: its files have \"deep/{name}\", which no project can have: ");
        assert!(reason.starts_with(&start), "{reason}");
    }
}

#[test]
fn an_agent_version_comes_from_a_source_version_and_is_no_other_one() {
    let (_dir, remote_store) = remote_store();
    let (client, _) = filled(&remote_store);
    let head = remote_store.head(&agent()).unwrap().unwrap();
    let version =
        |ids: Vec<Id>| Transaction { versions: Some(CreateRefs { after: 2, ids }), ..empty() };
    let reason = invalid(&remote_store, &version(vec![head.heads.versions[0]]));
    assert_eq!(
        reason,
        format!("refs/versions/v3: object {} is another version already", head.heads.versions[0])
    );
    let reason = invalid(&remote_store, &version(vec![head.heads.source[0]]));
    assert_eq!(
        reason,
        format!("refs/versions/v3: object {} is no agent version", head.heads.source[0])
    );
    let mut made = client.make();
    let id = made.version(3, head.heads.source[0], "from nowhere");
    let (pack, bytes) = client.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let reason = invalid(&remote_store, &Transaction { pack: Some(pack), ..version(vec![id]) });
    assert_eq!(
        reason,
        "refs/versions/v3: it was made from source version v3, which does not exist"
    );
}

/// A transaction that moves the pointer by these records, and names a version.
fn moving(
    client: &Client,
    remote_store: &RemoteStore,
    records: &[(Event, Id)],
    from: Option<Id>,
    version: Option<u64>,
) -> Transaction {
    let expected = remote_store.head(&agent()).unwrap().unwrap().heads.active;
    let mut made = client.make();
    let mut ledger = from;
    for (event, id) in records {
        ledger = Some(made.ledger(*event, *id, ledger));
    }
    let (pack, bytes) = client.pack(made);
    upload(remote_store, &agent(), &pack, &bytes).unwrap();
    Transaction { pack: Some(pack), active: swap(expected, version, ledger.unwrap()), ..empty() }
}

#[test]
fn the_pointer_goes_on_from_the_old_one_by_records_that_may_be() {
    use Event::{Delete, Promote};
    let (_dir, remote_store) = remote_store();
    let (client, active) = filled(&remote_store);
    let [one, two] = remote_store.head(&agent()).unwrap().unwrap().heads.versions[..] else {
        panic!()
    };
    let old = Some(active.ledger);
    let reason = |records: &[(Event, Id)], from, version| {
        let reason =
            invalid(&remote_store, &moving(&client, &remote_store, records, from, version));
        reason.split(" record ").last().unwrap().split_once(' ').unwrap().1.to_owned()
    };
    assert_eq!(
        reason(&[(Promote, two)], None, Some(2)),
        "ledger does not go on from the one that is there"
    );
    assert_eq!(
        reason(&[(Promote, two)], old, Some(1)),
        "pointer names v1, but the ledger promoted v2 last"
    );
    assert_eq!(
        reason(&[(Promote, two)], old, None),
        "pointer names nothing, but the ledger promoted v2 last"
    );
    assert_eq!(reason(&[(Delete, one)], old, Some(1)), "deletes v1, which is active");
    let twice = [(Delete, two), (Promote, two)];
    assert_eq!(reason(&twice, old, Some(2)), "promotes v2, which was deleted");
    let stranger = Id::of_blob(b"a version of somebody else");
    let tx = moving(&client, &remote_store, &[(Promote, stranger)], old, Some(1));
    assert_eq!(refusal(&remote_store, &tx), Refusal::Missing { ids: vec![stranger], more: false });
    let source = remote_store.head(&agent()).unwrap().unwrap().heads.source[0];
    assert_eq!(reason(&[(Promote, source)], old, Some(1)), "names a version that does not exist");
    let still = Transaction { active: swap(Some(active), Some(2), active.ledger), ..empty() };
    assert_eq!(invalid(&remote_store, &still), "the pointer moves without a ledger record");
    // Promote the second, delete the first, in one transaction.
    let tx = moving(&client, &remote_store, &[(Promote, two), (Delete, one)], old, Some(2));
    let head = done(remote_store.transact(&agent(), &tx).unwrap());
    assert_eq!(head.heads.active.unwrap().version, Some(2));
    let tx = moving(
        &client,
        &remote_store,
        &[(Promote, one)],
        Some(head.heads.active.unwrap().ledger),
        Some(1),
    );
    assert!(invalid(&remote_store, &tx).ends_with("promotes v1, which was deleted"));
    assert_whole(&remote_store, &agent());
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
