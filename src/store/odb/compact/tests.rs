//! Compaction of histories, beside readers and other compactions, and over damage.

#![allow(clippy::disallowed_methods, reason = "tests damage files as no writer would")]

use super::*;
use crate::object::{Sink, Source, Tree, TreeEntry};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// A history of `versions` packs: a text of 3 KB, one of 60 KB and a record, each changed a little
/// each time, in folders beside files that stay.
fn history(versions: usize) -> (TempDir, Odb, Vec<Id>) {
    let dir = tempfile::tempdir().unwrap();
    let odb = Odb::open(dir.path());
    let tops = (0..versions).map(|version| one_version(&odb, version)).collect();
    (dir, odb, tops)
}

fn text(lines: usize, version: usize) -> Vec<u8> {
    let line = |n: usize| {
        let salt = if n % 101 == version % 101 { version } else { 0 };
        format!("{}\n", blake3::hash(&(n * 1000 + salt).to_le_bytes()).to_hex().split_at(24).0)
    };
    (0..lines).map(line).collect::<String>().into_bytes()
}

fn one_version(odb: &Odb, version: usize) -> Id {
    let mut batch = odb.batch();
    let mut file =
        |name: &str, bytes: Vec<u8>| TreeEntry::file(name, batch.put_blob(bytes, None).unwrap());
    let mut source: Vec<_> = (0..8).map(|n| file(&format!("stays-{n}.ts"), vec![n; 200])).collect();
    source.push(file("small.ts", text(120, version)));
    source.push(file("large.ts", text(2400, version)));
    let record =
        file("record", format!("{{\"version\":{version},\"by\":\"a person\"}}").into_bytes());
    let source = batch.put_tree(&Tree::new(source).unwrap(), None).unwrap();
    let top = Tree::new(vec![TreeEntry::directory("source", source), record]).unwrap();
    let top = batch.put_tree(&top, None).unwrap();
    batch.commit().unwrap();
    top
}

/// Reads everything below a tree.
fn walk(odb: &Odb, tree: &Id) -> usize {
    let below = |entry: &TreeEntry| match entry.mode.is_directory() {
        true => walk(odb, &entry.id),
        false => odb.blob(&entry.id).unwrap().len(),
    };
    odb.tree(tree).unwrap().entries().iter().map(below).sum()
}

fn packs(dir: &TempDir) -> usize {
    std::fs::read_dir(dir.path()).unwrap().count()
}

#[test]
fn everything_is_in_one_smaller_pack() {
    let (dir, odb, tops) = history(60);
    assert!(odb.needs_compaction().unwrap());
    let ids = odb.ids().unwrap();
    let sizes: Vec<_> = tops.iter().map(|top| walk(&odb, top)).collect();
    let done = odb.compact(CompactScope::All, &Progress::default()).unwrap().unwrap();
    assert_eq!((done.packs_before, done.kept, done.objects), (60, 0, ids.len() as u64));
    assert!(done.bytes_after * 10 < done.bytes_before, "{done:?}");
    assert_eq!(packs(&dir), 1);
    for odb in [&odb, &Odb::open(dir.path())] {
        assert_eq!(odb.ids().unwrap(), ids);
        assert_eq!(tops.iter().map(|top| walk(odb, top)).collect::<Vec<_>>(), sizes);
        assert_eq!(odb.check(&Progress::default()).unwrap().damage, []);
        assert!(!odb.needs_compaction().unwrap());
    }
}

#[test]
fn a_second_compaction_changes_nothing() {
    let (dir, odb, _) = history(5);
    let first = odb.compact(CompactScope::All, &Progress::default()).unwrap().unwrap();
    let second = odb.compact(CompactScope::All, &Progress::default()).unwrap().unwrap();
    assert_eq!(first.pack, second.pack);
    assert_eq!(packs(&dir), 1);
}

#[test]
fn nothing_stored_is_nothing_to_do() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(
        Odb::open(dir.path()).compact(CompactScope::All, &Progress::default()).unwrap(),
        None
    );
    assert_eq!(packs(&dir), 0);
}

#[test]
fn a_new_version_of_what_was_compacted_has_a_base() {
    let (_dir, odb, _) = history(5);
    odb.compact(CompactScope::All, &Progress::default()).unwrap();
    let before = odb.counts().unwrap().bytes;
    let mut batch = odb.batch();
    let changed = [&text(2400, 4)[..], b"one more line\n"].concat();
    let id = batch.put_blob(changed.clone(), Some(Id::of_blob(&text(2400, 4)))).unwrap();
    batch.commit().unwrap();
    assert!(odb.counts().unwrap().bytes - before < 400);
    assert_eq!(odb.blob(&id).unwrap(), changed);
}

#[test]
fn readers_and_writers_go_on_during_compactions() {
    let (dir, odb, tops) = history(12);
    let expected: Vec<_> = tops.iter().map(|top| walk(&odb, top)).collect();
    let done = AtomicBool::new(false);
    let mut later = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let odb = Odb::open(dir.path());
                    assert_eq!(
                        tops.iter().map(|top| walk(&odb, top)).collect::<Vec<_>>(),
                        expected
                    );
                }
            });
        }
        let compactions = [(); 2].map(|()| {
            scope.spawn(|| {
                for _ in 0..3 {
                    // One may find that the other took its packs away: an error, and nothing lost.
                    let _ = Odb::open(dir.path()).compact(CompactScope::All, &Progress::default());
                }
            })
        });
        later.extend((12..20).map(|version| one_version(&Odb::open(dir.path()), version)));
        compactions.into_iter().for_each(|thread| thread.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    let odb = Odb::open(dir.path());
    tops.iter().chain(&later).for_each(|top| assert!(walk(&odb, top) > 60_000));
    assert_eq!(odb.check(&Progress::default()).unwrap().damage, []);
}

#[test]
fn a_pack_with_damage_stays_and_is_named() {
    let (dir, odb, tops) = history(4);
    let name = |id: &Id| {
        let packs = odb.latest().unwrap();
        packs.good.iter().find(|pack| pack.reader.position(id).is_some()).unwrap().id.file_name()
    };
    let pack = name(&tops[2]);
    let path = dir.path().join(&pack);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[2000] ^= 1;
    // In the place of the old file: others still map that one.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();

    let odb = Odb::open(dir.path());
    let checked = odb.check(&Progress::default()).unwrap();
    assert_eq!(checked.packs, 4);
    assert!(checked.damage.iter().all(|damage| damage.pack == pack), "{:?}", checked.damage);
    let objects = checked.damage.iter().filter(|damage| damage.object.is_some()).count();
    assert!(objects >= 1 && checked.damage.iter().any(|damage| damage.object.is_none()));

    let done = odb.compact(CompactScope::All, &Progress::default()).unwrap().unwrap();
    assert_eq!(done.kept, 1);
    assert!(path.exists());
    assert_eq!(packs(&dir), 2);
    walk(&odb, &tops[3]);
}

#[test]
fn a_large_pack_is_left_alone_by_the_small_ones() {
    let dir = tempfile::tempdir().unwrap();
    let odb = Odb::open(dir.path());
    let mut noise = vec![0; 40 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    let mut batch = odb.batch();
    let large = batch.put_blob_from(&mut &noise[..], None).unwrap();
    let name = batch.commit().unwrap().unwrap().file_name();
    for version in 0..3 {
        one_version(&odb, version);
    }
    let done = odb.compact(CompactScope::Small, &Progress::default()).unwrap().unwrap();
    assert_eq!(done.packs_before, 3);
    assert!(dir.path().join(&name).exists());
    assert_eq!(packs(&dir), 2);
    // And carried over as it is when all are put together.
    odb.compact(CompactScope::All, &Progress::default()).unwrap();
    assert_eq!(packs(&dir), 1);
    let mut out = Vec::new();
    odb.copy_blob(&large, &mut out).unwrap();
    assert_eq!(out, noise);
}

/// Ids that can be read, by a reader of its own.
fn readable(dir: &Path) -> HashSet<Id> {
    let odb = Odb::open(dir);
    let ids = odb.ids().unwrap();
    ids.into_iter().filter(|id| odb.is_sound(id).unwrap()).collect()
}

#[test]
fn one_flipped_bit_loses_nothing_that_could_be_read() {
    for again in [false, true] {
        let (dir, odb, _) = history(3);
        let victim = odb.latest().unwrap().good[0].id.file_name();
        if again {
            let (other, elsewhere, _) = history(4);
            let done = elsewhere.compact(CompactScope::All, &Progress::default()).unwrap().unwrap();
            let name = done.pack.unwrap().file_name();
            std::fs::copy(other.path().join(&name), dir.path().join(&name)).unwrap();
        }
        let all = readable(dir.path());
        let sound = std::fs::read(dir.path().join(&victim)).unwrap();
        for at in (0..sound.len()).step_by(sound.len() / 25) {
            let copy = tempfile::tempdir().unwrap();
            for entry in std::fs::read_dir(dir.path()).unwrap().map(Result::unwrap) {
                std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
            }
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            std::fs::write(copy.path().join(&victim), bytes).unwrap();
            let before = readable(copy.path());
            assert!(before == all || !again, "another copy is read");
            let _ = Odb::open(copy.path()).compact(CompactScope::All, &Progress::default());
            assert!(readable(copy.path()).is_superset(&before), "at {at}");
            // A pack that had the only copy of something can still be mended.
            if copy.path().join(&victim).exists() {
                std::fs::write(copy.path().join(&victim), &sound).unwrap();
            }
            assert_eq!(readable(copy.path()), all, "at {at}");
        }
    }
}

#[test]
fn a_delta_is_read_though_its_base_is_damaged_where_it_lies() {
    let (other, elsewhere, _) = history(4);
    let done = elsewhere.compact(CompactScope::All, &Progress::default()).unwrap().unwrap();
    // The oldest text is a delta here and nowhere else; its bases are in other packs too.
    let (dir, odb, _) = history(4);
    let oldest = Id::of_blob(&text(2400, 0));
    let packs = odb.latest().unwrap();
    let first = packs.good.iter().find(|pack| pack.reader.position(&oldest).is_some()).unwrap();
    std::fs::remove_file(dir.path().join(first.id.file_name())).unwrap();
    let name = done.pack.unwrap().file_name();
    let mut bytes = std::fs::read(other.path().join(&name)).unwrap();
    let compacted = elsewhere.latest().unwrap();
    let reader = &compacted.get(done.pack.unwrap()).unwrap().reader;
    for version in 1..4 {
        let position = reader.position(&Id::of_blob(&text(2400, version))).unwrap();
        let entry = reader.entry(reader.place(position).unwrap().entry).unwrap();
        let at = entry.payload().as_ptr() as usize - reader.bytes().as_ptr() as usize;
        bytes[at + entry.payload().len() / 2] ^= 1;
    }
    std::fs::write(dir.path().join(&name), bytes).unwrap();
    assert_eq!(Odb::open(dir.path()).blob(&oldest).unwrap(), text(2400, 0));
}

/// A compaction that read an object before it was removed does not store it again.
#[test]
fn what_was_removed_meanwhile_does_not_come_back() {
    let (dir, odb, tops) = history(2);
    let mut batch = odb.batch();
    let removed = batch.put_blob(b"removed".to_vec(), None).unwrap();
    batch.commit().unwrap();
    let inputs = odb.inputs(dir.path(), &odb.latest().unwrap(), CompactScope::All);
    let (left_out, progress) = (HashSet::from([removed]), Progress::default());
    Odb::open(dir.path()).compact_without(&left_out, || Ok(()), &progress).unwrap().unwrap();
    assert_eq!(odb.repack(&inputs, &HashSet::new(), || Ok(()), &progress).unwrap(), None);
    let odb = Odb::open(dir.path());
    assert!(!odb.contains(&removed).unwrap());
    assert_eq!(packs(&dir), 1);
    assert!(tops.iter().all(|top| walk(&odb, top) > 0));
}
