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
        assert_eq!(odb.compact(CompactScope::Tier, &Progress::default()).unwrap(), None);
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
#[cfg_attr(windows, ignore = "Windows removes no pack that is mapped, which a large one is")]
fn a_large_pack_is_left_alone_by_the_small_ones() {
    let dir = tempfile::tempdir().unwrap();
    let odb = Odb::open(dir.path());
    let mut noise = vec![0; 40 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    let mut batch = odb.batch();
    let large = batch.put_blob_from(&mut &noise[..], None).unwrap();
    let name = batch.commit().unwrap().unwrap().file_name();
    for version in 0..10 {
        assert_eq!(odb.compact(CompactScope::Tier, &Progress::default()).unwrap(), None);
        one_version(&odb, version);
    }
    let done = odb.compact(CompactScope::Tier, &Progress::default()).unwrap().unwrap();
    assert_eq!(done.packs_before, 10);
    assert!(dir.path().join(&name).exists());
    assert_eq!(packs(&dir), 2);
    // And carried over as it is when all are put together.
    odb.compact(CompactScope::All, &Progress::default()).unwrap();
    assert_eq!(packs(&dir), 1);
    let mut out = Vec::new();
    odb.copy_blob(&large, &mut out).unwrap();
    assert_eq!(out, noise);
}

/// One small version: a record and a tree that leads to the one before.
fn small_version(odb: &Odb, version: usize, before: Option<Id>) -> (Id, u64) {
    let mut batch = odb.batch();
    let record = batch.put_blob(format!("record of version {version}").into_bytes(), None).unwrap();
    let mut entries = vec![TreeEntry::file("record", record)];
    entries.extend(before.map(|before| TreeEntry::directory("previous", before)));
    let top = batch.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
    let pack = batch.commit().unwrap().unwrap();
    (top, odb.latest().unwrap().get(pack).unwrap().reader.bytes().len() as u64)
}

/// Every object is written again a few times only, and no command writes a large part of the history.
#[test]
fn over_500_pushes_few_bytes_are_written_again_and_few_packs_are_open() {
    const PUSHES: usize = 500;
    let dir = tempfile::tempdir().unwrap();
    let odb = Odb::open(dir.path());
    let (mut last, mut pushed, mut objects, mut bytes) = (None, 0, 0, 0);
    let mut done = Vec::new();
    for version in 0..PUSHES {
        let (top, size) = small_version(&odb, version, last);
        (last, pushed) = (Some(top), pushed + size);
        if let Some(compacted) = odb.compact(CompactScope::Tier, &Progress::default()).unwrap() {
            objects += compacted.objects;
            bytes += compacted.bytes_after;
            done.push(compacted);
        }
        assert!(packs(&dir) <= 3 * 9, "{}", packs(&dir));
    }
    // Tiers of 10, of 100: each object is in one of each at most.
    assert!(objects <= 2 * 2 * PUSHES as u64, "{objects}");
    assert!(bytes <= 2 * pushed, "{bytes} bytes written for {pushed}");
    assert!(done.iter().all(|done| done.packs_before == 10 && done.kept == 0), "{done:?}");
    // The last full tier of 100 is left to the next command.
    assert_eq!(done.len(), 50 + 4);
    assert_eq!(odb.counts().unwrap().objects, 2 * PUSHES as u64);
    assert_eq!(odb.check(&Progress::default()).unwrap().damage, []);
}

/// More than a command may do beside its work stays apart, until it is asked for.
#[test]
fn packs_that_are_more_than_a_command_may_combine_stay_apart() {
    let dir = tempfile::tempdir().unwrap();
    let odb = Odb::open(dir.path());
    for number in 0..10u8 {
        let mut batch = odb.batch();
        for nth in 0..3u8 {
            batch.put_blob([vec![number, nth], vec![0; 500 << 10]].concat(), None).unwrap();
        }
        batch.commit().unwrap();
    }
    // A few hundred bytes each, as they are stored: what counts is the work.
    assert!(odb.counts().unwrap().bytes < 10 * 1000);
    assert_eq!(odb.compact(CompactScope::Tier, &Progress::default()).unwrap(), None);
    assert_eq!(packs(&dir), 10);
    odb.compact(CompactScope::All, &Progress::default()).unwrap().unwrap();
    assert_eq!(packs(&dir), 1);
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

/// A pack is removed before those with its bases, whatever the times of the files: what is left can be read after each removal.
#[test]
fn what_a_cut_off_removal_leaves_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let odb = Odb::open(dir.path());
    for version in 0..6 {
        let base = (version > 0).then(|| Id::of_blob(&text(2400, version - 1)));
        let mut batch = odb.batch();
        batch.put_blob(text(2400, version), base).unwrap();
        batch.commit().unwrap();
    }
    let old: Vec<_> = odb.latest().unwrap().good.clone();
    let deltas = old.iter().filter(|pack| !Mapped((*pack).clone()).bases().is_empty()).count();
    assert_eq!(deltas, 5);
    for packs in [old.clone(), old.iter().rev().cloned().collect()] {
        let ordered = order::dependents_first(&packs);
        assert_eq!(ordered.len(), packs.len());
        let mut removed = Vec::new();
        for pack in &ordered {
            let path = dir.path().join(pack.id.file_name());
            removed.push((path.clone(), std::fs::read(&path).unwrap()));
            std::fs::remove_file(&path).unwrap();
            assert_eq!(Odb::open(dir.path()).check(&Progress::default()).unwrap().damage, []);
        }
        removed.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    }
}
