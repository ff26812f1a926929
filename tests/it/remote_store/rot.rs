//! Bytes that rot: whatever could be read before can be read after any upkeep, and nobody is sent a damaged object.

use super::agent::*;
use super::tiers::noise;
use super::upkeep::at_once;
use lua_store::internals::error::{Kind, Result};
use lua_store::internals::object::{Id, Source};
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::{FetchRequest, Transaction, TxnOutcome};
use lua_store::internals::remote_store::{
    Expect, FileHeads, FilePacks, HeadStore, MANY_PACKS, PackKey, PackStore, RemoteStore,
    ScrubState, Upkeep,
};
use lua_store::internals::store::{Mapped, Odb};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

fn path(root: &Path, key: &PackKey) -> PathBuf {
    FilePacks::new(root).path(key).unwrap()
}

/// Changes one bit of a pack, in a file of its own in the same place: whoever has the old one mapped keeps it.
fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Flips a bit after which the second source version, which no push brings once more, cannot be read from this pack: not
/// every bit matters.
fn spoil(root: &Path, key: &PackKey) -> usize {
    let (file, own) = (path(root, key), stored_head(root).heads.source[1]);
    let spoils = |at: &usize| {
        flip(&file, *at);
        let is_hit =
            Mapped::open(&file, key.pack).is_ok_and(|pack| Odb::over([pack]).find(&own).is_err());
        if !is_hit {
            flip(&file, *at);
        }
        is_hit
    };
    (20..std::fs::metadata(&file).unwrap().len() as usize).find(spoils).unwrap()
}

/// The objects that can be read from the packs that the head names, by a reader that has nothing to do with a remote store.
fn readable(root: &Path) -> BTreeSet<Id> {
    let head = stored_head(root);
    let open = |key: &PackKey| Mapped::open(&path(root, key), key.pack).ok();
    let objects = Odb::over(head.packs.iter().rev().filter_map(|held| open(&held.key)));
    let ids = objects.ids().unwrap();
    ids.into_iter().filter(|id| objects.find(id).is_ok_and(|found| found.is_some())).collect()
}

/// A transaction that creates the next source version, of which nothing is in any other one.
fn next(remote_store: &RemoteStore, client: &Client, text: &str) -> Result<Transaction> {
    let after = remote_store.head(&agent())?.map_or(0, |head| head.heads.source.len() as u64);
    let mut made = client.make();
    let id = made.source_at(after + 1, text, text);
    let (pack, bytes) = client.pack(made);
    upload(remote_store, &agent(), &pack, &bytes)?;
    Ok(Transaction { pack: Some(pack), ..create_source(after, id) })
}

fn push(remote_store: &RemoteStore, client: &Client, text: &str) {
    let tx = next(remote_store, client, text).unwrap();
    done(remote_store.transact(&agent(), &tx).unwrap());
}

/// Pushes until a tier is full, as far as the damage lets them be taken; upkeep after each.
fn go_on(root: &Path) -> usize {
    let remote_store = RemoteStore::open(root).unwrap();
    let client = Client::new();
    let mut count = 0;
    for n in 0..MANY_PACKS + 1 {
        let Ok(tx) = next(&remote_store, &client, &format!("text {n}")) else { break };
        let taken = matches!(remote_store.transact(&agent(), &tx), Ok(TxnOutcome::Done(_)));
        let _ = remote_store.collect(&agent(), &daily());
        if !taken {
            break;
        }
        count += 1;
    }
    // Collects all that may be collected, as if much more had been pushed.
    let _ = remote_store.collect(&agent(), &at_once());
    count
}

/// A remote store with a pack that has something no other has; when `again`, the one after it has all of that once more.
/// Before it comes one that is never put together with these.
fn remote_store(again: bool) -> (tempfile::TempDir, PathBuf, PackKey) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let remote_store = RemoteStore::open(&root).unwrap();
    let large = Client::new();
    let mut made = large.make();
    let id = made.source_at(1, "large", &noise(60_000, "large"));
    let (pack, bytes) = large.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    done(
        remote_store
            .transact(&agent(), &Transaction { pack: Some(pack), ..create_source(0, id) })
            .unwrap(),
    );
    push(&remote_store, &Client::new(), "one");
    if again {
        let other = Client::new();
        let mut made = other.make();
        made.source_at(2, "one", "one");
        let id = made.source_at(3, "two", "two");
        let (pack, bytes) = other.pack(made);
        upload(&remote_store, &agent(), &pack, &bytes).unwrap();
        let tx = Transaction { pack: Some(pack), ..create_source(2, id) };
        done(remote_store.transact(&agent(), &tx).unwrap());
    }
    let first = stored_head(&root).packs[1].key.clone();
    (dir, root, first)
}

/// As it is done day by day, with nothing spared.
fn daily() -> Upkeep {
    Upkeep { many: MANY_PACKS, ..at_once() }
}

fn whole(root: &Path) -> bool {
    RemoteStore::open(root).unwrap().check(&agent()).unwrap().is_empty()
}

#[test]
fn one_flipped_bit_and_many_pushes_lose_nothing_that_could_be_read() {
    let (_dir, root, first) = remote_store(false);
    let pack = path(&root, &first);
    let sound = std::fs::read(&pack).unwrap();
    let len = sound.len();
    let mut taken = 0;
    for at in [0, 9, len / 8, len / 4, len / 2, len - 300, len - 200, len - 1] {
        let copy = tempfile::tempdir().unwrap();
        let root = copy_of(&root, copy.path());
        let pack = path(&root, &first);
        flip(&pack, at);
        let before = readable(&root);
        taken += go_on(&root);
        let after = readable(&root);
        assert_eq!(before.difference(&after).count(), 0, "at {at}");
        // A person with the right bytes can put them back: the pack is kept unless all of it could
        // be read.
        if pack.exists() {
            std::fs::write(&pack, &sound).unwrap();
        }
        assert!(whole(&root), "at {at}");
    }
    assert!(taken > MANY_PACKS, "where pushes are taken packs are put together: {taken}");
}

/// A pack of an earlier program: its name is a correct hash of damaged bytes.
fn rename_to_its_hash(root: &Path, key: &PackKey) {
    let heads = FileHeads::new(root);
    let (bytes, token) = heads.load(&agent()).unwrap().unwrap();
    let mut head = read_head(&bytes, &FilePacks::new(root));
    let file = path(root, key);
    let held = head.packs.iter_mut().find(|held| held.key == *key).unwrap();
    held.key.pack = PackId::of(&std::fs::read(&file).unwrap());
    std::fs::rename(file, path(root, &held.key)).unwrap();
    heads.swap(&agent(), Expect::Match(&token), &head.encode()).unwrap();
}

#[test]
fn a_pack_with_the_right_name_and_damaged_bytes_is_not_sent() {
    for again in [false, true] {
        let (_dir, root, first) = remote_store(again);
        let sound = readable(&root);
        spoil(&root, &first);
        rename_to_its_hash(&root, &first);
        let remote_store = RemoteStore::open(&root).unwrap();
        // Just what this pack has.
        let id = remote_store.head(&agent()).unwrap().unwrap().heads.source[1];
        let sent = remote_store.fetch(&agent(), &FetchRequest { want: vec![id], have: vec![] });
        assert_eq!(readable(&root) == sound, again);
        match sent {
            Ok(thin_pack) => {
                let mut bytes = Vec::new();
                thin_pack.reader(0).read_to_end(&mut bytes).unwrap();
                let file = root.join("sent.pack");
                std::fs::write(&file, bytes).unwrap();
                let sent = Odb::over([Mapped::open(&file, thin_pack.id()).unwrap()]);
                assert_eq!(sent.check(&Default::default()).unwrap().damage, []);
                assert!(again, "there is nothing whole to be sent");
            }
            Err(error) => assert_eq!((error.kind(), again), (Kind::Corrupt, false), "{error}"),
        }
    }
}

#[test]
fn where_one_copy_is_damaged_the_other_one_is_sent() {
    let (_dir, root, first) = remote_store(true);
    let len = std::fs::metadata(path(&root, &first)).unwrap().len() as usize;
    for at in (0..len).step_by(29) {
        let copy = tempfile::tempdir().unwrap();
        let root = copy_of(&root, copy.path());
        flip(&path(&root, &first), at);
        let remote_store = RemoteStore::open(&root).unwrap();
        let want = remote_store.head(&agent()).unwrap().unwrap().heads.roots();
        let thin_pack = remote_store.fetch(&agent(), &FetchRequest { want, have: vec![] }).unwrap();
        let file = copy.path().join("sent.pack");
        std::io::copy(&mut thin_pack.reader(0), &mut std::fs::File::create(&file).unwrap())
            .unwrap();
        let sent = Odb::over([Mapped::open(&file, thin_pack.id()).unwrap()]);
        assert_eq!(sent.check(&Default::default()).unwrap().damage, [], "at {at}");
        let head = remote_store.head(&agent()).unwrap().unwrap();
        assert!(head.heads.roots().iter().all(|root| !reached(&sent, *root).is_empty()), "at {at}");
    }
}

#[test]
fn where_one_copy_is_damaged_the_other_one_is_moved() {
    let (_dir, root, first) = remote_store(true);
    let len = std::fs::metadata(path(&root, &first)).unwrap().len() as usize;
    for at in [9, len / 8, len / 4, len / 2, len - 200] {
        let copy = tempfile::tempdir().unwrap();
        let root = copy_of(&root, copy.path());
        flip(&path(&root, &first), at);
        go_on(&root);
        let lost: Vec<Id> = all(&root).difference(&readable(&root)).copied().collect();
        assert_eq!(lost, [], "at {at}");
    }
}

/// Every object that the head's packs list, in indexes that are sound.
fn all(root: &Path) -> BTreeSet<Id> {
    let head = stored_head(root);
    let open = |key: &PackKey| Mapped::open(&path(root, key), key.pack).ok();
    let packs: Vec<Mapped> = head.packs.iter().filter_map(|held| open(&held.key)).collect();
    let remote_store = RemoteStore::open(root).unwrap();
    let roots = remote_store.head(&agent()).unwrap().unwrap().heads.roots();
    let objects = Odb::over(packs);
    roots.iter().flat_map(|root| reached(&objects, *root)).collect()
}

fn reached(objects: &Odb, root: Id) -> Vec<Id> {
    let mut ids = vec![root];
    for entry in objects.tree(&root).unwrap().entries() {
        match entry.mode.is_directory() {
            true => ids.extend(reached(objects, entry.id)),
            false => ids.push(entry.id),
        }
    }
    ids
}

/// Rot in the index that hides an object: what is listed there twice is whole, and one thing is not listed.
fn hide(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let footer = bytes.len() - 48;
    let number = |at: usize, len: usize| {
        bytes[at..at + len].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    let (start, count) = (number(footer, 8), number(footer + 8, 4));
    assert!(count > 1 && count < 256, "positions of one byte");
    let sorted = start + count * 32;
    let rank = (0..count).find(|rank| bytes[sorted + rank] == 0).unwrap();
    bytes.copy_within(start + 32..start + 64, start);
    bytes[sorted + rank] = 1;
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_pack_whose_index_hides_an_object_is_not_put_together_with_others() {
    let (_dir, root, first) = remote_store(false);
    let pack = path(&root, &first);
    let sound = std::fs::read(&pack).unwrap();
    hide(&pack);
    assert!(go_on(&root) > 0);
    assert!(
        stored_head(&root).packs.iter().any(|held| held.key == first),
        "only it has what it hides"
    );
    std::fs::remove_file(&pack).unwrap();
    std::fs::write(&pack, &sound).unwrap();
    assert!(whole(&root));
}

#[test]
fn a_damaged_copy_with_a_sound_one_beside_it_goes_when_it_is_found() {
    let (_dir, root, first) = remote_store(true);
    let pack = path(&root, &first);
    spoil(&root, &first);
    let remote_store = RemoteStore::open(&root).unwrap();
    assert!(remote_store.scrub(&agent(), &mut Go).unwrap());
    assert!(remote_store.known_damage().0 > 0);
    let told = remote_store.take_damage();
    assert!(
        told.iter().all(|found| found.pack == first.file_name() && found.agent == agent()),
        "{told:?}"
    );
    assert!(told.iter().any(|found| found.object.is_some()), "{told:?}");
    assert_eq!(remote_store.take_damage(), [], "it is told once");
    remote_store.collect(&agent(), &daily()).unwrap();
    // The pack as a whole is bad too, by its hash: that is no reason to keep it, as every object of it is elsewhere.
    assert!(!pack.exists());
    assert_eq!(remote_store.known_damage(), (0, 0));
    assert!(whole(&root));
}

#[test]
fn what_no_pack_has_whole_is_not_sent_and_stays_where_it_is() {
    let (_dir, root, first) = remote_store(false);
    let pack = path(&root, &first);
    spoil(&root, &first);
    let remote_store = RemoteStore::open(&root).unwrap();
    let lost: Vec<_> = all_listed(&root).difference(&readable(&root)).copied().collect();
    assert!(!lost.is_empty());
    let error =
        remote_store.fetch(&agent(), &FetchRequest { want: lost, have: vec![] }).err().unwrap();
    assert_eq!(error.kind(), Kind::Corrupt, "{error}");
    assert!(remote_store.known_damage().0 > 0);
    push(&remote_store, &Client::new(), "two");
    let _ = remote_store.collect(&agent(), &Upkeep { many: 2, ..at_once() });
    assert!(pack.exists() && stored_head(&root).packs.iter().any(|held| held.key == first));
    assert!(remote_store.known_damage().0 > 0, "and it is known on");
}

fn all_listed(root: &Path) -> BTreeSet<Id> {
    let open = |key: &PackKey| Mapped::open(&path(root, key), key.pack).unwrap();
    let objects = Odb::over(stored_head(root).packs.iter().map(|held| open(&held.key)));
    objects.ids().unwrap().into_iter().collect()
}

#[test]
fn a_pack_that_cannot_be_opened_takes_nothing_else_with_it() {
    let (_dir, root, first) = remote_store(true);
    let pack = path(&root, &first);
    flip(&pack, 0);
    let remote_store = RemoteStore::open(&root).unwrap();
    let want = remote_store.head(&agent()).unwrap().unwrap().heads.roots();
    assert!(
        remote_store.fetch(&agent(), &FetchRequest { want, have: vec![] }).is_ok(),
        "the other pack has all of it"
    );
    push(&remote_store, &Client::new(), "three");
    let _ = remote_store.collect(&agent(), &Upkeep { many: 2, ..at_once() });
    assert!(pack.exists(), "what is in it nobody knows");
    assert!(!whole(&root) && remote_store.known_damage().0 > 0);
}

#[test]
fn a_scrub_finds_damage_once_and_sees_that_it_was_mended() {
    let (_dir, root, first) = remote_store(false);
    let remote_store = RemoteStore::open(&root).unwrap();
    assert!(remote_store.scrub(&agent(), &mut Go).unwrap());
    assert_eq!(remote_store.known_damage(), (0, 0));
    let pack = path(&root, &first);
    let sound = std::fs::read(&pack).unwrap();
    let object = spoil(&root, &first);
    flip(&pack, object);
    for at in [object, sound.len() - 200, sound.len() - 3] {
        flip(&pack, at);
        let remote_store = RemoteStore::open(&root).unwrap();
        remote_store.scrub(&agent(), &mut Go).unwrap();
        assert!(remote_store.known_damage().0 > 0, "at {at}");
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, &sound).unwrap();
        let remote_store = RemoteStore::open(&root).unwrap();
        remote_store.scrub(&agent(), &mut Go).unwrap();
        assert_eq!(remote_store.known_damage(), (0, 0), "at {at}");
    }
}

/// Reads on, and on.
struct Go;

impl lua_store::internals::remote_store::Pace for Go {
    fn goes_on(&mut self, _: u64) -> bool {
        true
    }
}

/// Stops after so many bytes.
struct Until(u64);

impl lua_store::internals::remote_store::Pace for Until {
    fn goes_on(&mut self, bytes: u64) -> bool {
        self.0 = self.0.saturating_sub(bytes);
        self.0 > 0
    }
}

#[test]
fn a_scrub_asks_whether_to_go_on_and_counts_what_it_reads() {
    let (_dir, root, _) = remote_store(true);
    let remote_store = RemoteStore::open(&root).unwrap();
    let size = remote_store.size(&agent()).unwrap();
    assert_eq!(size, stored_head(&root).packs.iter().map(|held| held.bytes).sum::<u64>());
    // Each byte is read once as it lies there and once as an object.
    assert!(!remote_store.scrub(&agent(), &mut Until(size)).unwrap());
    assert!(remote_store.scrub(&agent(), &mut Until(3 * size)).unwrap());
}

/// The remote store in another folder.
fn copy_of(root: &Path, into: &Path) -> PathBuf {
    for entry in walkdir::WalkDir::new(root).into_iter().map(Result::unwrap) {
        let to = into.join("data").join(entry.path().strip_prefix(root).unwrap());
        match entry.file_type().is_dir() {
            true => std::fs::create_dir_all(to).unwrap(),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
    into.join("data")
}

#[test]
fn a_scrub_goes_on_after_a_start_where_it_was() {
    let (_dir, root, _) = remote_store(false);
    let remote_store = RemoteStore::open(&root).unwrap();
    assert_eq!(remote_store.scrub_state().unwrap(), None);
    let at = ScrubState { began_ms: 7, bytes: 42, after: Some(agent()) };
    remote_store.set_scrub_state(&at).unwrap();
    assert_eq!(RemoteStore::open(&root).unwrap().scrub_state().unwrap(), Some(at));
}
