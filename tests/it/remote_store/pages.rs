//! Pages: what a swap writes does not grow with the agent, and whatever is in pages is there as if it were in the head.

use super::agent::*;
use super::tiers::Engine;
use super::upkeep::at_once;
use lua_store::internals::error::{Kind, Result};
use lua_store::internals::object::Id;
use lua_store::internals::pack::PackId;
use lua_store::internals::progress::Progress;
use lua_store::internals::protocol::{CreateRefs, Transaction, TxnId};
use lua_store::internals::remote_store::{
    AppliedTransaction, Bearer, Expect, FileHeads, FilePacks, HeadStore, PackKey, PackStore,
    RemoteStore, StoredHead, TxnRequest, Upkeep,
};
use lua_store::internals::store::{Receipt, TokenName};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const NOW: u64 = 1_795_253_400_000;

fn token() -> TokenName {
    TokenName { id: "511ff332a7a8".to_owned(), name: "laptop-2".to_owned() }
}

fn asked(now_ms: u64) -> TxnRequest {
    TxnRequest { by: Some(Bearer { token: token(), speaks_for: None, now_ms }), now_ms }
}

/// Pushes one version, and does what a server does after it.
fn push(remote_store: &RemoteStore, client: &Client, text: &str, now_ms: u64) -> Transaction {
    let tx = client.push(remote_store, &agent(), text).unwrap();
    done(owned(remote_store.transact_for(&agent(), &tx, asked(now_ms)).unwrap().outcome));
    if remote_store.needs_upkeep(&agent()).unwrap() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms);
        remote_store.collect(&agent(), &Upkeep::at(now)).unwrap();
    }
    tx
}

/// So many source versions in one transaction.
fn push_many(remote_store: &RemoteStore, client: &Client, count: usize, name: &str) -> Transaction {
    let after =
        remote_store.head(&agent()).unwrap().map_or(0, |head| head.heads.source.len() as u64);
    let mut made = client.make();
    let ids = (0..count).map(|n| made.source(&format!("{name} {n}"))).collect();
    let (pack, bytes) = client.pack(made);
    upload(remote_store, &agent(), &pack, &bytes).unwrap();
    let tx = Transaction { pack: Some(pack), source: Some(CreateRefs { after, ids }), ..empty() };
    done(owned(remote_store.transact_for(&agent(), &tx, asked(NOW)).unwrap().outcome));
    tx
}

/// As an earlier program left it, had each version come by itself: all in one value.
fn old_head(mut head: StoredHead) -> StoredHead {
    (head.pages, head.forgotten) = (Vec::new(), 0);
    head.txns.clear();
    head.receipts = Default::default();
    let count = head.heads.source.len() as u64;
    for at in 0..count {
        let receipt = Receipt { token: 0, at_ms: NOW + at, source: 1, versions: 0, ledger: 0 };
        head.receipts.add(Some(&token()), receipt);
        if at + 2048 >= count {
            let txn = TxnId(u128::from(at + 1_000_000).to_be_bytes());
            let request = Some([7; 16]);
            head.txns.push(Arc::new(AppliedTransaction {
                txn,
                request,
                at_ms: NOW + at,
                source: at + 1,
                versions: 0,
                active: None,
            }));
        }
    }
    head
}

#[test]
fn a_push_writes_no_more_at_5000_versions_than_at_10() {
    let cost = |count: usize| {
        let (dir, engine, client) =
            (tempfile::tempdir().unwrap(), Engine::default(), Client::new());
        let remote_store = engine.remote_store(dir.path());
        for begin in (0..count).step_by(1000) {
            push_many(&remote_store, &client, 1000.min(count - begin), &format!("from {begin}"));
        }
        let (_, token) = engine.heads.load(&agent()).unwrap().unwrap();
        let old = old_head(engine.head()).encode();
        engine.heads.swap(&agent(), Expect::Match(&token), &old).unwrap();
        // The first one takes the old head to its new form.
        push(&remote_store, &client, "first", NOW + 5000);
        let before = engine.all_written();
        for n in 0..64 {
            push(&remote_store, &client, &format!("push {n}"), NOW + 5001 + n);
        }
        let written = (engine.all_written() - before) / 64;
        let head = engine.head();
        assert_eq!(
            (head.heads.source.len(), head.txns.len()),
            (count + 65, (count + 65).min(2048))
        );
        assert_eq!(head.receipts.list.len(), count + 65);
        let (bytes, _) = engine.heads.load(&agent()).unwrap().unwrap();
        assert!(bytes.len() < 16 << 10, "the head of {count} versions has {} bytes", bytes.len());
        assert!(head.pages.len() < 16, "{} pages", head.pages.len());
        assert_whole(&engine.remote_store(dir.path()), &agent());
        written
    };
    let (few, many) = (cost(10), cost(5000));
    assert!(many < few * 3 / 2, "a push writes {few} bytes at 10 versions, {many} at 5,000");
}

/// A folder with an agent of three pages and rows of its own.
fn paged(root: &Path) -> (RemoteStore, Client, Vec<Transaction>) {
    let (remote_store, client) = (RemoteStore::open(root).unwrap(), Client::new());
    let mut all: Vec<Transaction> =
        (0..3).map(|n| push_many(&remote_store, &client, 130, &format!("page {n}"))).collect();
    all.push(push(&remote_store, &client, "last", NOW + 1));
    assert_eq!(stored_head(root).pages.len(), 3);
    (remote_store, client, all)
}

#[test]
fn who_reads_pages_sees_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let (remote_store, client, all) = paged(&root);
    // Another server of the same folder.
    let other = RemoteStore::open(&root).unwrap();
    assert_eq!(other.head(&agent()).unwrap(), remote_store.head(&agent()).unwrap());
    push(&other, &client, "by the other", NOW + 2);
    let head = remote_store.head(&agent()).unwrap().unwrap();
    assert_eq!((head.heads.source.len(), head.receipts.list.len()), (392, 5));
    assert_eq!(head, RemoteStore::open(&root).unwrap().head(&agent()).unwrap().unwrap());
    for (number, tx) in (1..).zip(&all) {
        let again = done(owned(
            RemoteStore::open(&root)
                .unwrap()
                .transact_for(&agent(), tx, asked(NOW + 3))
                .unwrap()
                .outcome,
        ));
        assert_eq!(
            again.receipts.list.len(),
            number,
            "it is remembered, and what was there after it"
        );
        assert_eq!(again.heads.source.len(), if number < 4 { 130 * number } else { 391 });
    }
    // Full pages are joined with those before them, which are removed when nobody reads them any
    // more.
    push_many(&other, &client, 130, "page 4");
    let stored = stored_head(&root);
    assert_eq!((stored.pages.len(), stored.retired.len(), stored.heads.source.len()), (1, 3, 522));
    assert_eq!(
        remote_store.head(&agent()).unwrap(),
        RemoteStore::open(&root).unwrap().head(&agent()).unwrap()
    );
    remote_store.collect(&agent(), &at_once()).unwrap();
    let stored = stored_head(&root);
    assert_eq!(files(&root), stored.files().count(), "every file is named");
    assert_whole(&RemoteStore::open(&root).unwrap(), &agent());
}

fn files(root: &Path) -> usize {
    FilePacks::new(root).list(&agent(), None).unwrap().len()
}

fn path(root: &Path, key: &PackKey) -> PathBuf {
    FilePacks::new(root).path(key).unwrap()
}

#[test]
fn transactions_in_pages_are_forgotten_in_their_turn() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let (remote_store, client, all) = paged(&root);
    let day = 24 * 60 * 60 * 1000;
    // The newest 64 stay however old they are.
    for n in 0..66 {
        push(&remote_store, &client, &format!("a day later {n}"), NOW + day + 2 + n);
    }
    let stored = stored_head(&root);
    assert_eq!(stored.txns.len(), 66, "{} forgotten in pages", stored.forgotten);
    let fresh = RemoteStore::open(&root).unwrap();
    for tx in &all {
        let answer = fresh.transact_for(&agent(), tx, asked(NOW + day + 100)).unwrap();
        assert!(answer.is_there, "{:?}", answer.outcome.word());
    }
}

#[test]
fn a_page_that_is_gone_or_damaged_is_named_and_nothing_is_written_over_it() {
    for is_gone in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        let (_, client, _) = paged(&root);
        let page = stored_head(&root).pages[1].clone();
        let (file, name) = (path(&root, &page.key), page.key.file_name());
        let sound = std::fs::read(&file).unwrap();
        if is_gone {
            std::fs::remove_file(&file).unwrap();
        } else {
            let mut bytes = sound.clone();
            bytes[100] ^= 1;
            lua_store::internals::fs::replace(&file, &bytes).unwrap();
        }
        let remote_store = RemoteStore::open(&root).unwrap();
        let error = remote_store.head(&agent()).unwrap_err();
        assert!(error.kind() == Kind::Corrupt && error.message().contains(&name), "{error}");
        assert_eq!(remote_store.known_damage().1, 1);
        let made: Result<Transaction> = client.push(&remote_store, &agent(), "more");
        assert_eq!(made.unwrap_err().kind(), Kind::Corrupt);
        assert!(remote_store.check(&agent()).unwrap_err().message().contains(&name));
        // A backup reports it, and keeps its older copy.
        let copied = remote_store
            .back_up(&dir.path().join("copy"), "now", &Progress::default(), || Ok(()))
            .unwrap();
        assert_eq!((copied.agents, copied.problems.len()), (0, 1), "{copied:?}");
        lua_store::internals::fs::replace(&file, &sound).unwrap();
        assert_eq!(remote_store.head(&agent()).unwrap().unwrap().heads.source.len(), 391);
        assert_eq!(remote_store.known_damage().1, usize::from(is_gone), "until upkeep has seen it");
        remote_store.collect(&agent(), &at_once()).unwrap();
        assert_eq!(remote_store.known_damage().1, 0);
        // A server that has read the page finds the damage as it reads everything again.
        std::fs::write(&file, b"x").unwrap();
        remote_store.scrub(&agent(), &mut Always).unwrap();
        assert_eq!(remote_store.known_damage().1, 1);
        assert!(remote_store.check(&agent()).unwrap().iter().any(|what| what.contains(&name)));
    }
}

struct Always;

impl lua_store::internals::remote_store::Pace for Always {
    fn goes_on(&mut self, _: u64) -> bool {
        true
    }
}

#[test]
fn a_backup_has_the_pages_and_a_deletion_takes_them_along() {
    let dir = tempfile::tempdir().unwrap();
    let (root, copy) = (dir.path().join("data"), dir.path().join("copy"));
    let (remote_store, client, _) = paged(&root);
    let back_up = || {
        let copied = remote_store.back_up(&copy, "now", &Progress::default(), || Ok(())).unwrap();
        assert!(copied.problems.is_empty(), "{copied:?}");
        assert_eq!(
            RemoteStore::open(&copy).unwrap().head(&agent()).unwrap(),
            remote_store.head(&agent()).unwrap()
        );
        assert_whole(&RemoteStore::open(&copy).unwrap(), &agent());
        assert_eq!(files(&copy), stored_head(&copy).files().count());
    };
    back_up();
    push_many(&remote_store, &client, 130, "page 4");
    back_up();
    assert_eq!(stored_head(&copy).pages.len(), 1);
    remote_store.delete(&agent(), SystemTime::now()).unwrap().unwrap();
    assert_eq!((files(&root), remote_store.head(&agent()).unwrap()), (0, None));
}

/// A page that lost its swap goes with it.
#[test]
fn a_swap_that_is_lost_leaves_no_page() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let (remote_store, client, _) = paged(&root);
    let mut made = client.make();
    let ids: Vec<Id> = (0..130).map(|n| made.source(&format!("late {n}"))).collect();
    let (pack, bytes) = client.pack(made);
    assert_eq!(PackId::of(&bytes), pack);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let tx =
        Transaction { pack: Some(pack), source: Some(CreateRefs { after: 391, ids }), ..empty() };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (tx, root) = (Transaction { txn: txn(), ..tx.clone() }, &root);
            scope.spawn(move || RemoteStore::open(root).unwrap().transact(&agent(), &tx).unwrap());
        }
    });
    assert_eq!(stored_head(&root).heads.source.len(), 521);
    let stored = stored_head(&root);
    let known = stored.files().count() + stored.retired.len();
    assert_eq!(files(&root), known);
    assert!(FileHeads::new(&root).load(&agent()).unwrap().is_some());
}
