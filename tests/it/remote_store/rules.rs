//! The rules of the format on arrival: one thing that breaks one of them, and the nearest one that does not.

use super::agent::*;
use lua_store::internals::history::record::{Event, LedgerRecord, SourceRecord, VersionMeta};
use lua_store::internals::history::state::{PersonaId, State};
use lua_store::internals::history::{ledger, source, version};
use lua_store::internals::object::{Id, Mode, Sink, Source, TreeEntry};
use lua_store::internals::protocol::{CreateRefs, Head, Refusal, Transaction, TxnOutcome};
use lua_store::internals::remote_store::{Expect, FileHeads, HeadStore, RemoteStore};
use lua_store::internals::store::MissingObjects;
use std::collections::BTreeMap;

/// A microsecond for a millisecond: what a careless client sends.
const MICROSECONDS: i64 = 1_795_253_400_000_000;
const DAY: i64 = 86_400_000;

/// A remote store with one source version, one version of it, and the promotion of that.
struct Stage {
    dir: tempfile::TempDir,
    remote_store: RemoteStore,
    client: Client,
    head: Head,
}

impl Stage {
    fn new() -> Stage {
        let dir = tempfile::tempdir().unwrap();
        let remote_store = RemoteStore::open(&dir.path().join("data")).unwrap();
        let client = Client::new();
        let mut made = client.make();
        let source = made.source("one");
        let version = made.version(1, source, "first");
        let ledger = made.ledger(Event::Promote, version, None);
        let tx = Transaction {
            versions: Some(CreateRefs { after: 0, ids: vec![version] }),
            active: swap(None, Some(1), ledger),
            ..create_source(0, source)
        };
        let mut stage = Stage { dir, remote_store, client, head: Head::empty(agent()) };
        stage.head = done(stage.send(made, tx));
        stage
    }

    fn send(&self, made: Making, tx: Transaction) -> TxnOutcome {
        made.batch.commit().unwrap();
        let (store, mut want) = (&self.client.store, Vec::new());
        want.extend(tx.source.iter().chain(&tx.versions).flat_map(|create| &create.ids));
        want.extend(tx.active.as_ref().map(|swap| swap.new.ledger));
        // Refused objects are in no pack of the remote store.
        let missing =
            MissingObjects::new(store.objects(), &want, &self.head.heads.roots()).unwrap();
        let thin_pack = store.objects().thin_pack(&missing, &store.incoming().unwrap()).unwrap();
        upload(&self.remote_store, &agent(), &thin_pack.id(), thin_pack.bytes()).unwrap();
        self.remote_store
            .transact(&agent(), &Transaction { pack: Some(thin_pack.id()), ..tx })
            .unwrap()
    }

    /// Pushes a source version after the last one: returns nothing, or the rule that it breaks. A
    /// refusal changes nothing, here or there.
    fn push(
        &mut self,
        make: impl FnOnce(&mut Making, &State) -> (SourceRecord, State, Id),
    ) -> Option<String> {
        let mut made = self.client.make();
        let newest = made.batch.tree(self.head.heads.source.last().unwrap()).unwrap();
        let before = State::load(&made.batch, &newest.require("state").unwrap()).unwrap();
        let (record, state, files) = make(&mut made, &before);
        let state = state.store(&mut made.batch, None).unwrap();
        let id = source::put(&mut made.batch, &record, state, files, None).unwrap();
        let tx = create_source(self.head.heads.source.len() as u64, id);
        self.end(made, tx)
    }

    fn end(&mut self, made: Making, tx: Transaction) -> Option<String> {
        match self.send(made, tx) {
            TxnOutcome::Done(head) => {
                self.head = head;
                None
            }
            TxnOutcome::Refused(Refusal::Invalid { reason }) => {
                assert_eq!(self.remote_store.head(&agent()).unwrap().as_ref(), Some(&self.head));
                Some(reason)
            }
            other => panic!("{other:?}"),
        }
    }

    /// The same for a version of the first source version.
    fn version(
        &mut self,
        change: impl FnOnce(&mut Making, &mut VersionMeta, &mut (Id, Id)),
    ) -> Option<String> {
        let mut made = self.client.make();
        let tree = made.batch.tree(&self.head.heads.source[0]).unwrap();
        let mut parts = (tree.require("state").unwrap(), tree.require("source").unwrap());
        let (by, message) =
            ("ana".to_owned(), Some(format!("version {}", self.head.heads.versions.len() + 1)));
        let mut meta =
            VersionMeta { by, at_ms: 5, message, commit: None, source_version: 1, unread: None };
        change(&mut made, &mut meta, &mut parts);
        let id = version::put(&mut made.batch, &meta, parts.0, parts.1, None).unwrap();
        let after = self.head.heads.versions.len() as u64;
        self.end(
            made,
            Transaction { versions: Some(CreateRefs { after, ids: vec![id] }), ..empty() },
        )
    }

    /// The same for one more promotion of v1.
    fn promote(&mut self, at_ms: i64, reason: Option<String>) -> Option<String> {
        let active = self.head.heads.active;
        let mut made = self.client.make();
        let record = LedgerRecord { event: Event::Promote, by: "ana".into(), at_ms, reason };
        let before = active.map(|active| active.ledger);
        let id =
            ledger::append(&mut made.batch, &record, self.head.heads.versions[0], before).unwrap();
        self.end(made, Transaction { active: swap(active, Some(1), id), ..empty() })
    }

    /// A source version with the state of before and a time or text of its own.
    fn record(&mut self, change: impl FnOnce(&mut SourceRecord)) -> Option<String> {
        self.push(|made, before| {
            let (mut record, files) = (record(), made.file("new.ts", "new"));
            record.at_ms = 7;
            change(&mut record);
            (record, before.clone(), files)
        })
    }

    /// One whose persona is this, with this number and these earlier ones.
    fn persona(&mut self, text: &str, number: &str, highest: &[(&str, &str)]) -> Option<String> {
        self.push(|made, before| {
            let persona = Some(PersonaId { id: made.blob(text), is_object: false });
            let mut state = State { persona, ..before.clone() };
            state.numbers.insert("persona".into(), number.to_owned());
            let map = highest.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            let mut record = SourceRecord { highest: BTreeMap::from_iter(map), ..record() };
            record.message = Some(format!("{text} {number}"));
            (record, state, made.file("index.ts", text))
        })
    }

    /// One with these files.
    fn files(&mut self, make: impl FnOnce(&mut Making) -> Id) -> Option<String> {
        self.push(|made, before| (record(), before.clone(), make(made)))
    }
}

fn told(found: Option<String>, part: &str) {
    let found = found.expect("it is refused");
    assert!(found.contains(part), "{found}");
}

#[test]
fn a_time_is_one_that_a_date_can_be_told_of() {
    let mut stage = Stage::new();
    for at_ms in [MICROSECONDS, 253_402_207_200_000, -1, i64::MIN, i64::MAX] {
        let part = format!("its time {at_ms} is out of range");
        told(stage.record(|record| record.at_ms = at_ms), &part);
        told(stage.version(|_, meta, _| meta.at_ms = at_ms), &part);
        told(stage.promote(at_ms, None), &part);
    }
    let last = 253_402_207_199_999;
    assert_eq!(stage.record(|record| record.at_ms = last), None);
    assert_eq!(stage.version(|_, meta, _| meta.at_ms = last), None);
    assert_eq!(stage.promote(last, None), None);
}

#[test]
fn the_ledger_goes_back_a_day_at_most() {
    let mut stage = Stage::new();
    assert_eq!(stage.promote(5 * DAY, None), None);
    told(
        stage.promote(4 * DAY - 1, None),
        "its time is more than a day before that of the record before it",
    );
    assert_eq!(stage.promote(4 * DAY, None), None);
    assert_eq!(stage.promote(3 * DAY, None), None);
}

#[test]
fn texts_of_records_are_a_kibibyte_at_most() {
    let mut stage = Stage::new();
    let (fine, long) = ("x".repeat(1024), "é".repeat(513));
    let part = |what: &str| format!("its {what} has 1026 bytes, more than 1024");
    told(stage.record(|record| record.by = long.clone()), &part("author"));
    told(stage.record(|record| record.message = Some(long.clone())), &part("message"));
    told(stage.record(|record| record.triggered_by = long.clone()), &part("cause"));
    told(stage.version(|_, meta, _| meta.by = long.clone()), &part("author"));
    told(stage.version(|_, meta, _| meta.message = Some(long.clone())), &part("message"));
    told(stage.version(|_, meta, _| meta.commit = Some(long.clone())), &part("commit"));
    told(stage.promote(9, Some(long.clone())), &part("reason"));
    assert_eq!(stage.record(|record| record.message = Some(fine.clone())), None);
    assert_eq!(stage.version(|_, meta, _| meta.by = fine.clone()), None);
    assert_eq!(stage.promote(9, Some(fine)), None);
}

#[test]
fn a_number_leaves_room_for_the_next() {
    let mut stage = Stage::new();
    for number in ["18446744073709551615", "1000000000000000"] {
        let part = format!("the number {number} of \"persona\" leaves no room for the next");
        told(stage.persona("new", number, &[]), &part);
    }
    told(stage.persona("new", "+2", &[]), "gives \"persona\" the number \"+2\"");
    assert_eq!(stage.persona("new", "999999999999999", &[]), None);
    assert_eq!(stage.persona("newer", "1000000000000000", &[]), None, "counting goes on");
}

#[test]
fn a_number_stands_for_one_content() {
    let mut stage = Stage::new();
    let part = |number: &str| {
        format!("the number {number} of \"persona\" was given already, for something else")
    };
    told(stage.persona("new", "1", &[]), &part("1"));
    assert_eq!(stage.persona("two", "2", &[]), None);
    assert_eq!(stage.persona("four", "4", &[]), None);
    told(stage.persona("other", "4", &[]), &part("4"));
    told(stage.persona("other", "2", &[("persona", "4")]), &part("2"));
    // Below what was given, and never given itself.
    told(stage.persona("other", "3", &[("persona", "4")]), &part("3"));
    // A rollback gives the old content its old number back.
    assert_eq!(stage.persona("two", "2", &[("persona", "4")]), None);
    told(stage.persona("new", "4", &[]), &part("4"));
    assert_eq!(stage.persona("new", "5", &[]), None);
}

#[test]
fn what_was_given_is_never_forgotten() {
    let mut stage = Stage::new();
    assert_eq!(stage.persona("four", "4", &[]), None);
    told(
        stage.persona("You help.", "1", &[]),
        "it forgets that \"persona\" had the number 4 already",
    );
    told(
        stage.persona("You help.", "1", &[("persona", "3")]),
        "it forgets that \"persona\" had the number 4",
    );
    told(
        stage.persona("five", "5", &[("persona", "99")]),
        "\"persona\" had the number 99, which it never had",
    );
    told(
        stage.persona("five", "5", &[("jobs/x", "1.0.0")]),
        "\"jobs/x\" had the number 1.0.0, which it never",
    );
    assert_eq!(stage.persona("You help.", "1", &[("persona", "4")]), None);
    // A removed entry keeps its number too.
    let gone = |stage: &mut Stage, highest: &[(&str, &str)]| {
        let map = highest.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let record = SourceRecord { highest: BTreeMap::from_iter(map), ..record() };
        stage.push(|made, before| {
            let mut state = before.clone();
            state.primitives.clear();
            state.numbers.remove("skills/a");
            (record, state, made.file("index.ts", "gone"))
        })
    };
    told(
        gone(&mut stage, &[("persona", "4")]),
        "it forgets that \"skills/a\" had the number 1.0.0 already",
    );
    assert_eq!(gone(&mut stage, &[("persona", "4"), ("skills/a", "1.0.0")]), None);
}

#[test]
fn a_version_has_the_state_and_the_files_of_its_source_version() {
    let mut stage = Stage::new();
    assert_eq!(stage.persona("two", "2", &[]), None);
    let second = stage.head.heads.source[1];
    let of = |made: &Making, part: &str| made.batch.tree(&second).unwrap().require(part).unwrap();
    let other_state = stage.version(|made, _, parts| parts.0 = of(made, "state"));
    told(
        other_state,
        "refs/versions/v2: its state is not that of source version v1, which it names",
    );
    let other_files = stage.version(|made, _, parts| parts.1 = of(made, "source"));
    told(
        other_files,
        "refs/versions/v2: its source is not that of source version v1, which it names",
    );
    assert_eq!(stage.version(|_, _, _| {}), None);
}

#[test]
fn files_are_such_that_every_client_restores_them() {
    let mut stage = Stage::new();
    let which = |part: &str| format!(", which is not allowed in a project: {part}");
    told(
        stage.files(|made| made.file(&"n".repeat(256), "x")),
        &which("a name has at most 255 bytes"),
    );
    assert_eq!(stage.files(|made| made.file(&"n".repeat(255), "x")), None);
    let link = |target: Vec<u8>| {
        move |made: &mut Making| {
            let blob = made.batch.put_blob(target, None).unwrap();
            made.tree(vec![TreeEntry::new("link", Mode::Symlink, blob)])
        }
    };
    let targets =
        [b"".to_vec(), b"a\0b".to_vec(), vec![0xff], vec![b'a'; 4096], vec![b'a'; 1 << 20]];
    for target in targets {
        told(
            stage.files(link(target)),
            &which("a link leads to a path in UTF-8 of 1 to 4095 bytes"),
        );
    }
    assert_eq!(stage.files(link(vec![b'a'; 4095])), None);
    // A blob that was a file is checked again as a link, whatever its bytes were before.
    assert_eq!(stage.files(|made| made.file("link", "")), None);
    told(stage.files(link(vec![])), "a link leads to");
    let deep = |levels: usize| {
        move |made: &mut Making| {
            let file = made.file("f", "x");
            (0..levels).fold(file, |inner, _| made.tree(vec![TreeEntry::directory("d", inner)]))
        }
    };
    told(stage.files(deep(257)), "source: it has more than 256 nested folders");
    assert_eq!(stage.files(deep(256)), None);
    let long = |name: usize| {
        move |made: &mut Making| {
            let file = made.file("f", "x");
            (0..10).fold(file, |inner, _| {
                made.tree(vec![TreeEntry::directory(&"d".repeat(name), inner)])
            })
        }
    };
    told(stage.files(long(250)), "source: it has a path of more than 2048 bytes");
    assert_eq!(stage.files(long(200)), None);
}

#[test]
fn what_stands_in_a_primitive_is_what_belongs_there() {
    let mut stage = Stage::new();
    let with = |stage: &mut Stage, entry: fn(&mut Making) -> TreeEntry| {
        stage.push(|made, before| {
            let mut state = before.clone();
            let mut entries = made.entries_of(state.primitives["skills/a"]);
            let more = entry(made);
            entries.retain(|old| old.name != more.name);
            entries.push(more);
            let tree = made.tree(entries);
            state.primitives.insert("skills/a".into(), tree);
            (record(), state, made.file("index.ts", "other"))
        })
    };
    let cannot = |name: &str| format!("skills/a: it has an invalid entry \"{name}\"");
    told(with(&mut stage, |made| TreeEntry::file("more", made.blob("x"))), &cannot("more"));
    told(with(&mut stage, |made| TreeEntry::file("modules", made.blob("x"))), &cannot("modules"));
    let executable =
        |made: &mut Making| TreeEntry::new("reach.json", Mode::Executable, made.blob("{}"));
    told(with(&mut stage, executable), &cannot("reach.json"));
    assert_eq!(
        with(&mut stage, |made| TreeEntry::directory("modules", made.file("a.ts", "x"))),
        None
    );
}

#[test]
fn a_transaction_creates_a_thousand_refs_at_most() {
    let mut stage = Stage::new();
    let mut made = stage.client.make();
    let files = made.file("index.ts", "many");
    let state = made.state();
    let many: Vec<Id> = (0..1001)
        .map(|at_ms| {
            let record = SourceRecord { at_ms, message: Some("many".into()), ..record() };
            source::put(&mut made.batch, &record, state, files, None).unwrap()
        })
        .collect();
    let tx = |ids: &[Id]| Transaction {
        source: Some(CreateRefs { after: 1, ids: ids.to_vec() }),
        ..empty()
    };
    let refused = stage.end(made, tx(&many));
    told(refused, "the transaction creates more than 1000 refs");
    let made = stage.client.make();
    assert_eq!(stage.end(made, tx(&many[..1000])), None);
    assert_eq!(stage.head.heads.source.len(), 1001);
}

#[test]
fn an_agent_with_a_hundred_thousand_refs_takes_no_more() {
    let stage = Stage::new();
    let root = stage.dir.path().join("data");
    // With its version two less than it may have. Of those that it had before only the newest one is read.
    let mut head = stored_head(&root);
    let newest = head.heads.source.pop().unwrap();
    head.heads.source =
        (0u32..99_997).map(|n| Id::of_blob(&n.to_le_bytes())).chain([newest]).collect();
    let heads = FileHeads::new(&root);
    let (_, token) = heads.load(&agent()).unwrap().unwrap();
    heads.swap(&agent(), Expect::Match(&token), &head.encode()).unwrap();
    let last = stage.client.push(&stage.remote_store, &agent(), "the last").unwrap();
    let full = done(stage.remote_store.transact(&agent(), &last).unwrap());
    assert_eq!((full.heads.source.len(), full.heads.versions.len()), (99_999, 1));
    let more = stage.client.push(&stage.remote_store, &agent(), "one more").unwrap();
    match stage.remote_store.transact(&agent(), &more).unwrap() {
        TxnOutcome::Refused(Refusal::Invalid { reason }) => {
            assert_eq!(reason, "it has more than 100000 source versions and versions");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.remote_store.head(&agent()).unwrap(), Some(full));
}
