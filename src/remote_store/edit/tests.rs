//! Edits: each is applied once, none is lost to another, and nothing that the book names goes.

use super::*;
use crate::history::book::{Book, PersonaEntry, PushedBody};
use crate::history::record::SourceRecord;
use crate::history::source;
use crate::history::state::State;
use crate::object::{Sink, Source, Tree, TreeEntry};
use crate::progress::Progress;
use crate::protocol::PurgeRequest;
use crate::protocol::PurgedBlob;
use serde_json::Map;
use std::time::SystemTime;

fn agent() -> AgentId {
    "shop".parse().unwrap()
}

fn asked(name: u64) -> EditRequest {
    EditRequest {
        txn: TxnId(u128::from(name).to_be_bytes()),
        request: [7; 16],
        by: None,
        now_ms: 1_000_000 + name,
    }
}

fn store() -> (tempfile::TempDir, RemoteStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = RemoteStore::open(dir.path()).unwrap();
    (dir, store)
}

/// Adds a number to the book.
fn push(store: &RemoteStore, name: u64, key: &str, number: &str) -> Result<Edited<u64>> {
    store.edit(&agent(), &asked(name), &mut |ground, batch| {
        let mut book = Book::load(ground.objects, ground.book)?;
        let body = Map::from_iter([("name".to_owned(), key.into())]);
        let pushed = PushedBody { by: "ana".into(), at_ms: name as i64, body };
        book.add_body(batch, (key, number), &pushed)?;
        let edit = AgentEdit { book: Some(book.store(batch)?), ..AgentEdit::default() };
        Ok((Some(edit), name))
    })
}

fn persona(number: u64) -> PersonaEntry {
    let (by, txn) = ("ana".to_owned(), number.to_string());
    PersonaEntry { number, by, at_ms: 1, draft: false, is_object: false, txn }
}

fn numbers(store: &RemoteStore, key: &str) -> Vec<String> {
    let read = |ground: EditGround<'_>| {
        Book::load(ground.objects, ground.book)?.numbers(ground.objects, key)
    };
    store.with_ground(&agent(), read).unwrap()
}

/// A source version with one file.
fn source(store: &RemoteStore, name: u64, text: &str) -> Result<Edited<()>> {
    store.edit(&agent(), &asked(name), &mut |_, batch| {
        let blob = batch.put_blob(text.as_bytes().to_vec(), None)?;
        let files = batch.put_tree(&Tree::new(vec![TreeEntry::file("a.ts", blob)])?, None)?;
        let settings = batch.put_blob(b"{\"name\":\"shop\"}".to_vec(), None)?;
        let state = State { settings: Some(settings), ..State::default() }.store(batch, None)?;
        let record = SourceRecord {
            by: "ana".into(),
            at_ms: name as i64,
            triggered_by: "push".into(),
            message: None,
            highest: Default::default(),
            unread: None,
        };
        let id = source::put(batch, &record, state, files, None)?;
        Ok((Some(AgentEdit { source: vec![id], ..AgentEdit::default() }), ()))
    })
}

#[test]
fn an_edit_is_applied_once_whoever_sends_it_again() {
    let (_dir, store) = store();
    assert!(matches!(push(&store, 1, "skills/a", "1.0.1").unwrap(), Edited::Now(1)));
    let Edited::Before(applied) = push(&store, 1, "skills/a", "1.0.2").unwrap() else {
        panic!("it was applied twice");
    };
    assert_eq!(applied.at_ms, 1_000_001);
    assert_eq!(numbers(&store, "skills/a"), ["1.0.1"]);
    let other = EditRequest { request: [8; 16], ..asked(1) };
    let error = store.edit(&agent(), &other, &mut |_, _| Ok((None, ()))).unwrap_err();
    assert!(error.message().contains("another request"), "{error}");
}

#[test]
fn an_edit_that_changes_nothing_makes_no_agent() {
    let (_dir, store) = store();
    store.edit(&agent(), &asked(1), &mut |_, _| Ok((None, ()))).unwrap();
    assert!(!store.exists(&agent()).unwrap());
    push(&store, 2, "skills/a", "1.0.1").unwrap();
    assert!(store.exists(&agent()).unwrap(), "a book alone is an agent");
}

#[test]
fn edits_at_once_are_all_there() {
    let (_dir, store) = store();
    std::thread::scope(|scope| {
        for writer in 0..6u64 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..8 {
                    push(
                        store,
                        100 * writer + number + 1,
                        &format!("skills/s{writer}"),
                        &format!("1.0.{number}"),
                    )
                    .unwrap();
                }
            });
        }
    });
    for writer in 0..6 {
        assert_eq!(numbers(&store, &format!("skills/s{writer}")).len(), 8, "{writer}");
    }
    assert_eq!(store.check(&agent()).unwrap(), Vec::<String>::new());
}

#[test]
fn the_packs_of_a_push_become_one_and_upkeep_keeps_the_book() {
    let (_dir, store) = store();
    for number in 1..=12 {
        push(&store, number, "skills/a", &format!("1.0.{number}")).unwrap();
    }
    let packs = || store.overview(&agent()).unwrap().unwrap().packs;
    assert_eq!(packs(), 12);
    source(&store, 50, "code").unwrap();
    assert_eq!(packs(), 1);
    push(&store, 51, "skills/a", "1.0.51").unwrap();
    let now = SystemTime::now() + Duration::from_secs(3 * 24 * 3600);
    let upkeep = Upkeep { whole: true, spare: Duration::ZERO, ..Upkeep::at(now) };
    store.collect(&agent(), &upkeep).unwrap();
    assert_eq!((packs(), numbers(&store, "skills/a").len()), (1, 13));
    assert_eq!(store.check(&agent()).unwrap(), Vec::<String>::new());
}

#[test]
fn a_purge_reaches_the_book() {
    let (_dir, store) = store();
    source(&store, 1, "code").unwrap();
    let secret = "You are Ava. The key is 4711.";
    store
        .edit(&agent(), &asked(2), &mut |ground, batch| {
            let mut book = Book::load(ground.objects, ground.book)?;
            let blob = batch.put_blob(secret.as_bytes().to_vec(), None)?;
            let entry = persona(1);
            book.add_persona(batch, entry, blob)?;
            Ok((Some(AgentEdit { book: Some(book.store(batch)?), ..AgentEdit::default() }), ()))
        })
        .unwrap();
    push(&store, 10, "skills/a", "1.0.1").unwrap();
    push(&store, 11, "skills/a", "1.0.2").unwrap();
    let object = Id::of_blob(secret.as_bytes());
    let purge = PurgeRequest {
        by: "ana".into(),
        at_ms: 5,
        reason: "leaked".into(),
        objects: vec![PurgedBlob { object, bytes: 29, path: "persona".into(), json: false }],
    };
    let tx = Transaction {
        txn: TxnId([9; 16]),
        pack: None,
        source: None,
        versions: None,
        active: None,
        purge: Some(purge),
    };
    assert!(matches!(store.transact(&agent(), &tx).unwrap(), crate::protocol::TxnOutcome::Done(_)));
    let look = |ground: EditGround<'_>| {
        let book = Book::load(ground.objects, ground.book)?;
        let id = book.persona(ground.objects, 1)?.unwrap();
        let body = |number| book.body(ground.objects, "skills/a", number).unwrap().unwrap().body;
        let bodies = ["1.0.1", "1.0.2"].map(|number| body(number).len());
        Ok((ground.objects.contains(&object)?, ground.objects.blob(&id)?, bodies))
    };
    let (is_there, bytes, bodies) = store.with_ground(&agent(), look).unwrap();
    assert!(!is_there && String::from_utf8(bytes).unwrap().contains("leaked"));
    assert_eq!(bodies, [0, 1], "a body repeats what was purged, unless its number is pending");
    assert_eq!(numbers(&store, "skills/a"), ["1.0.1", "1.0.2"]);
    let again = store.edit(&agent(), &asked(3), &mut |ground, batch| {
        let mut book = Book::load(ground.objects, ground.book)?;
        let blob = batch.put_blob(secret.as_bytes().to_vec(), None)?;
        let entry = persona(2);
        book.add_persona(batch, entry, blob)?;
        Ok((Some(AgentEdit { book: Some(book.store(batch)?), ..AgentEdit::default() }), ()))
    });
    assert!(again.unwrap_err().message().contains("was purged"));
}

#[test]
fn a_copy_and_a_deletion_take_the_book_along() {
    let (dir, store) = store();
    push(&store, 1, "skills/a", "1.0.1").unwrap();
    let copy = tempfile::tempdir().unwrap();
    let target = copy.path().join("copy");
    store.back_up(&target, "2026-11-22", &Progress::default(), || Ok(())).unwrap();
    let copied = RemoteStore::open(&target).unwrap();
    assert_eq!(numbers(&copied, "skills/a"), ["1.0.1"]);
    store.delete(&agent(), SystemTime::now()).unwrap();
    assert!(!store.exists(&agent()).unwrap());
    assert_eq!(numbers(&store, "skills/a"), Vec::<String>::new());
    drop(dir);
}
