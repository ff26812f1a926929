//! Upkeep: packs are put together, what nothing needs goes, and what somebody is at stays.

use super::agent::*;
use lua_store::internals::protocol::{FetchRequest, Transaction};
use lua_store::internals::remote_store::{PackStore, RemoteStore, Upkeep};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

fn remote_store() -> (tempfile::TempDir, PathBuf, RemoteStore) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let remote_store = RemoteStore::open(&root).unwrap();
    (dir, root, remote_store)
}

pub fn at_once() -> Upkeep {
    Upkeep {
        spare: Duration::ZERO,
        many: 2,
        ..Upkeep::at(SystemTime::now() + Duration::from_secs(1))
    }
}

/// Files of packs, and of uploads.
fn files(root: &Path) -> (usize, usize) {
    let files = walkdir::WalkDir::new(root).into_iter().filter_map(Result::ok);
    let files: Vec<_> =
        files.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path()).collect();
    let below =
        |name: &str| files.iter().filter(|path| path.parent().unwrap().ends_with(name)).count();
    (below("pack"), below("incoming"))
}

#[test]
fn many_packs_become_one_and_everything_is_there() {
    let (_dir, root, remote_store) = remote_store();
    let client = Client::new();
    for n in 0..40 {
        let tx = client.push(&remote_store, &agent(), &format!("text {n}")).unwrap();
        done(remote_store.transact(&agent(), &tx).unwrap());
    }
    let before = remote_store.head(&agent()).unwrap().unwrap();
    let pages = stored_head(&root).pages.len();
    assert_eq!(files(&root), (40 + pages, 0));
    assert!(remote_store.needs_upkeep(&agent()).unwrap());
    let collected = remote_store.collect(&agent(), &at_once()).unwrap();
    assert_eq!((collected.compacted, collected.deleted, collected.unknown), (40, 40, 0));
    assert_eq!(files(&root), (1 + pages, 0));
    for remote_store in [&remote_store, &RemoteStore::open(&root).unwrap()] {
        assert_eq!(remote_store.head(&agent()).unwrap().unwrap(), before);
        assert_whole(remote_store, &agent());
        assert!(!remote_store.needs_upkeep(&agent()).unwrap());
    }
    assert_eq!(remote_store.collect(&agent(), &at_once()).unwrap(), Default::default());
    // Somebody who clones gets the one pack as it lies there.
    let thin_pack = remote_store
        .fetch(&agent(), &FetchRequest { want: before.heads.roots(), have: vec![] })
        .unwrap();
    let mut bytes = Vec::new();
    thin_pack.reader(0).read_to_end(&mut bytes).unwrap();
    let stored = walkdir::WalkDir::new(&root).into_iter().filter_map(Result::ok);
    let stored = stored.filter(|entry| entry.path().to_string_lossy().contains("/pack/"));
    // A page of the head lies there too.
    let stored = stored.map(|entry| std::fs::read(entry.path()).unwrap());
    let packs: Vec<Vec<u8>> = stored.filter(|bytes| bytes.starts_with(b"luapack")).collect();
    assert!(packs == [bytes], "{} packs", packs.len());
}

#[test]
fn a_process_that_has_old_packs_open_goes_on() {
    let (_dir, root, remote_store) = remote_store();
    let client = Client::new();
    for text in ["one", "two", "three"] {
        let tx = client.push(&remote_store, &agent(), text).unwrap();
        done(remote_store.transact(&agent(), &tx).unwrap());
    }
    let other = RemoteStore::open(&root).unwrap();
    let tx = client.push(&other, &agent(), "four").unwrap();
    done(other.transact(&agent(), &tx).unwrap());
    remote_store.collect(&agent(), &at_once()).unwrap();
    let tx = client.push(&other, &agent(), "five").unwrap();
    let head = done(other.transact(&agent(), &tx).unwrap());
    other.fetch(&agent(), &FetchRequest { want: head.heads.roots(), have: vec![] }).unwrap();
    assert_whole(&other, &agent());
    assert_whole(&remote_store, &agent());
}

#[test]
fn packs_and_uploads_that_nobody_needs_go_after_a_while() {
    let (_dir, root, remote_store) = remote_store();
    let client = Client::new();
    let first = client.push(&remote_store, &agent(), "one").unwrap();
    let late = client.push(&remote_store, &agent(), "another one").unwrap();
    done(remote_store.transact(&agent(), &first).unwrap());
    // A server died after it stored a pack and before the swap.
    let bytes = b"whatever it is";
    let packs = lua_store::internals::remote_store::FilePacks::new(&root);
    let key = lua_store::internals::remote_store::PackKey::fresh(
        &agent(),
        lua_store::internals::pack::PackId::of(bytes),
    )
    .unwrap();
    packs.put_new(&key, &mut &bytes[..], bytes.len() as u64).unwrap();
    assert_eq!(files(&root), (2, 1));
    let patient = Upkeep { spare: Duration::from_secs(3600), ..at_once() };
    assert_eq!(remote_store.collect(&agent(), &patient).unwrap(), Default::default());
    assert_eq!(files(&root), (2, 1));
    let collected = remote_store.collect(&agent(), &at_once()).unwrap();
    assert_eq!((collected.uploads, collected.unknown, collected.deleted), (1, 1, 1));
    assert_eq!(files(&root), (1, 0));
    assert!(matches!(
        remote_store.transact(&agent(), &Transaction { source: first.source, ..late }).unwrap(),
        lua_store::internals::protocol::TxnOutcome::Refused(_)
    ));
    assert_whole(&remote_store, &agent());
}

/// With a pack in which something is that nothing leads to: what asks for it. Another pack lies beside it.
fn with_junk(remote_store: &RemoteStore, size: usize) -> FetchRequest {
    let client = Client::new();
    let mut made = client.make();
    let text = super::tiers::noise(size, "one");
    let (id, junk) = (made.source(&text), made.file("junk", "nothing leads here"));
    let (pack, bytes) = client.pack(made);
    upload(remote_store, &agent(), &pack, &bytes).unwrap();
    let tx = Transaction { pack: Some(pack), ..create_source(0, id) };
    done(remote_store.transact(&agent(), &tx).unwrap());
    let next = client.push(remote_store, &agent(), "two").unwrap();
    done(remote_store.transact(&agent(), &next).unwrap());
    let junk = FetchRequest { want: vec![junk], have: vec![] };
    assert!(remote_store.fetch(&agent(), &junk).is_ok());
    junk
}

#[test]
fn what_nothing_reaches_is_dropped_with_a_compaction() {
    let (_dir, root, remote_store) = remote_store();
    let junk = with_junk(&remote_store, 10);
    remote_store.collect(&agent(), &at_once()).unwrap();
    let other = RemoteStore::open(&root).unwrap();
    assert!(other.fetch(&agent(), &junk).is_err());
    assert_whole(&other, &agent());
}

#[test]
fn what_nothing_reaches_in_a_large_pack_is_dropped_when_that_is_wanted() {
    let (_dir, root, remote_store) = remote_store();
    let junk = with_junk(&remote_store, 60_000);
    let has_junk = || RemoteStore::open(&root).unwrap().fetch(&agent(), &junk).is_ok();
    remote_store.collect(&agent(), &at_once()).unwrap();
    assert!(has_junk(), "no tier has both packs");
    let whole = Upkeep { whole: true, ..at_once() };
    assert_eq!(remote_store.collect(&agent(), &whole).unwrap().compacted, 2);
    assert!(!has_junk());
    assert_whole(&RemoteStore::open(&root).unwrap(), &agent());
    assert_eq!(
        remote_store.collect(&agent(), &whole).unwrap(),
        Default::default(),
        "once is enough"
    );
}

/// The note of who sends an upload, where a crash left it without the upload: a day later it goes.
#[test]
fn a_note_without_its_upload_goes_when_it_is_old() {
    let (_dir, root, remote_store) = remote_store();
    let tx = Client::new().push(&remote_store, &agent(), "text").unwrap();
    done(remote_store.transact(&agent(), &tx).unwrap());
    let agents = walkdir::WalkDir::new(&root).into_iter().filter_map(Result::ok);
    let incoming = agents.map(|entry| entry.into_path()).find(|path| path.ends_with("incoming"));
    let folder = incoming.unwrap();
    let note = |name: char, ending: &str| {
        let path = folder.join(format!("{}.{ending}", String::from(name).repeat(64)));
        std::fs::write(&path, "0123456789ab").unwrap();
        path
    };
    let (left, used, _part) = (note('a', "by"), note('b', "by"), note('b', "part"));
    let at = |hours: u64| Upkeep {
        spare: Duration::from_secs(24 * 60 * 60),
        ..Upkeep::at(SystemTime::now() + Duration::from_secs(hours * 60 * 60))
    };
    remote_store.collect(&agent(), &at(23)).unwrap();
    assert!(left.exists() && used.exists());
    // Somebody goes on with the other one.
    std::fs::remove_file(&left).unwrap();
    let left = note('a', "by");
    remote_store.collect(&agent(), &at(25)).unwrap();
    assert!(!left.exists());
}
