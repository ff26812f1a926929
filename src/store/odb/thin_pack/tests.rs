//! Thin packs between stores: each is whole, leans on nothing that the receiver lacks, and is no larger than it must be.

use super::super::tests::noise;
use super::*;
use crate::object::{Mode, Sink, Source, nest};
use crate::progress::Progress;
use crate::store::{CompactScope, PackCheck, Store, VerifyLimits};
use tempfile::TempDir;

fn store() -> (TempDir, Store) {
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    (project, store)
}

/// Pushes a project with one file that grows, one that changes, some that stay, and some that come and go.
fn push(store: &Store, n: usize, before: Option<Id>) -> Id {
    let mut batch = store.batch();
    let old = |batch: &super::super::Batch, path: &str| {
        let entry = before.map(|before| crate::object::entry_at(batch, &before, path).unwrap());
        entry.flatten().map(|entry| entry.id)
    };
    let mut files = Vec::new();
    for (path, bytes) in [
        ("a/grows", [noise(2000), vec![n as u8; n * 10]].concat()),
        ("a/large", [noise(40_000), vec![n as u8; 100]].concat()),
        ("b/changes", format!("the {n}th text\n").into_bytes()),
        ("b/stays", noise(700)),
        ("c/d/passes", format!("{}", n / 3).into_bytes()),
    ] {
        let base = old(&batch, path);
        files.push((path, Mode::File, batch.put_blob(bytes, base).unwrap()));
    }
    let top = nest(&mut batch, &files, before).unwrap();
    batch.commit().unwrap();
    top
}

/// Twelve pushes. `compacted` says after which of them everything is put together.
fn history(store: &Store, compacted: &[usize]) -> Vec<Id> {
    let mut tops = Vec::new();
    for n in 0..12 {
        tops.push(push(store, n, tops.last().copied()));
        if compacted.contains(&n) {
            store.objects().compact(CompactScope::All, &Progress::default()).unwrap();
        }
    }
    tops
}

fn send(from: &Odb, to: &Store, want: &[Id], have: &[Id]) -> ThinPack {
    let missing = MissingObjects::new(from, want, have).unwrap();
    let thin_pack = from.thin_pack(&missing, &to.incoming().unwrap()).unwrap();
    assert_eq!(thin_pack.count() as usize, missing.objects().len());
    let again = from.thin_pack(&missing, &to.incoming().unwrap()).unwrap();
    assert_eq!((thin_pack.id(), thin_pack.is_new()), (again.id(), again.is_new()));
    drop(again);
    let file = to.incoming().unwrap().join("pack");
    std::fs::write(&file, thin_pack.bytes()).unwrap();
    let limits = VerifyLimits { decoded: 1 << 30 };
    let checked = to.receive(&file, thin_pack.id(), &limits, &Progress::default()).unwrap();
    assert!(matches!(checked, PackCheck::Sound { .. }), "{checked:?}");
    assert_eq!(to.objects().check(&Progress::default()).unwrap().damage, []);
    for top in want {
        let leaves = crate::object::leaves(to.objects(), *top).unwrap();
        assert!(leaves.iter().all(|(_, _, id)| to.objects().contains(id).unwrap()));
        assert_eq!(leaves, crate::object::leaves(from, *top).unwrap());
    }
    thin_pack
}

#[test]
fn the_pack_of_a_push_is_the_thin_pack() {
    let (_a, from) = store();
    let (_b, to) = store();
    let one = push(&from, 0, None);
    let first = send(from.objects(), &to, &[one], &[]);
    assert!(!first.is_new());
    let two = push(&from, 1, Some(one));
    assert!(!send(from.objects(), &to, &[two], &[one]).is_new());
    // To somebody who has nothing it is not enough, and what it leans on goes with it.
    let (_c, other) = store();
    assert!(send(from.objects(), &other, &[two], &[]).is_new());
    assert!(send(from.objects(), &store().1, &[one, two], &[]).is_new());
}

#[test]
fn any_part_of_any_history() {
    for compacted in [&[][..], &[5], &[3, 7], &[11]] {
        let (_a, from) = store();
        let tops = history(&from, compacted);
        for (have, want) in [(0, 1), (0, 11), (2, 5), (4, 6), (6, 8), (10, 11), (8, 3)] {
            let (_b, to) = store();
            send(from.objects(), &to, &tops[have..=have], &[]);
            send(from.objects(), &to, &tops[want..=want], &tops[have..=have]);
        }
        let (_b, to) = store();
        let thin_pack = send(from.objects(), &to, &tops, &[]);
        let bytes: usize = from.objects().counts().unwrap().bytes as usize;
        assert!(
            thin_pack.bytes().len() <= bytes + bytes / 10,
            "{} of {bytes}",
            thin_pack.bytes().len()
        );
        assert_eq!(thin_pack.is_new(), from.objects().counts().unwrap().packs != 1);
    }
}

#[test]
fn a_fixed_list_of_packs_sends_the_same() {
    let (_a, from) = store();
    let tops = history(&from, &[5]);
    let packs = from.objects().latest().unwrap();
    let list = Odb::over(packs.good.iter().rev().cloned().map(Mapped));
    let missing = MissingObjects::new(&list, &tops[9..10], &tops[3..4]).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let one = list.thin_pack(&missing, scratch.path()).unwrap();
    let other = from.objects().thin_pack(&missing, scratch.path()).unwrap();
    assert_eq!(one.bytes(), other.bytes());
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 2);
    drop((one, other));
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_small_change_is_a_small_thin_pack() {
    let (_a, from) = store();
    let tops = history(&from, &[10]);
    let (_b, to) = store();
    send(from.objects(), &to, &tops[..11], &[]);
    assert!(send(from.objects(), &to, &tops[11..], &tops[10..11]).bytes().len() < 1200);
}

#[test]
fn a_large_blob_goes_as_it_lies_there() {
    let (_a, from) = store();
    let mut batch = from.batch();
    let large = batch.put_blob_from(&mut &noise(9 << 20)[..], None).unwrap();
    let small = batch.put_blob(b"small".to_vec(), None).unwrap();
    batch.commit().unwrap();
    let (_b, to) = store();
    let scratch = to.incoming().unwrap();
    let thin_pack =
        from.objects().thin_pack(&MissingObjects::of_all(vec![large]), &scratch).unwrap();
    assert!(thin_pack.is_new() && thin_pack.count() == 1);
    std::fs::write(scratch.join("pack"), thin_pack.bytes()).unwrap();
    let limits = VerifyLimits { decoded: 10 << 20 };
    to.receive(&scratch.join("pack"), thin_pack.id(), &limits, &Progress::default()).unwrap();
    assert!(to.objects().contains(&large).unwrap() && !to.objects().contains(&small).unwrap());
    assert_eq!(to.objects().check(&Progress::default()).unwrap().damage, []);
}

/// A pack with a delta and two blobs that are there only to have it preferred.
fn pack_with(dir: &Path, bytes: &[u8], base: Option<&[u8]>, more: &[&[u8]]) {
    let mut writer = PackWriter::new(Vec::new());
    let on = base.map(|base| (EntryBase::Id(Id::of_blob(base)), base));
    let entry = EncodedEntry::new(EntryContent::Object(ObjectKind::Blob), bytes, on, 1);
    assert_eq!(entry.has_base(), base.is_some());
    writer.append(&[Id::of_blob(bytes)], &entry).unwrap();
    for bytes in more {
        let entry = EncodedEntry::new(EntryContent::Object(ObjectKind::Blob), bytes, None, 1);
        writer.append(&[Id::of_blob(bytes)], &entry).unwrap();
    }
    let (bytes, id) = writer.finish().unwrap();
    std::fs::write(dir.join(id.file_name()), bytes).unwrap();
}

#[test]
fn two_that_lean_on_each_other_do_not_in_the_thin_pack() {
    let (_a, from) = store();
    let (_b, to) = store();
    let dir = from.dir().join("objects");
    let (one, two) = (noise(3000), [noise(3000), b"x".to_vec()].concat());
    pack_with(&dir, &one, Some(&two), &[b"1", b"2"]);
    pack_with(&dir, &two, Some(&one), &[b"3", b"4"]);
    pack_with(&dir, &one, None, &[]);
    pack_with(&dir, &two, None, &[]);
    let all = [&one[..], &two, b"1", b"2", b"3", b"4"].map(Id::of_blob);
    let missing = MissingObjects::of_all(all.to_vec());
    let scratch = to.incoming().unwrap();
    let thin_pack = from.objects().thin_pack(&missing, &scratch).unwrap();
    std::fs::write(scratch.join("pack"), thin_pack.bytes()).unwrap();
    let limits = VerifyLimits { decoded: 1 << 20 };
    let checked =
        to.receive(&scratch.join("pack"), thin_pack.id(), &limits, &Progress::default()).unwrap();
    assert!(matches!(checked, PackCheck::Sound { objects: 6, .. }), "{checked:?}");
    // One of them still leans on the other.
    assert!(thin_pack.bytes().len() < 4500);
}

#[test]
fn what_is_not_there_cannot_be_sent() {
    let (_a, from) = store();
    let lost = Id::of_blob(b"lost");
    let scratch = tempfile::tempdir().unwrap();
    let error = from
        .objects()
        .thin_pack(&MissingObjects::of_all(vec![lost]), scratch.path())
        .err()
        .unwrap();
    assert!(error.message().contains(&lost.to_string()), "{error}");
    assert!(from.objects().thin_pack(&MissingObjects::default(), scratch.path()).unwrap().is_new());
}

#[test]
fn an_object_is_read_past_a_copy_that_leads_back_to_itself() {
    let text = |last: &str| {
        let lines = (0..4000u32).map(|n| blake3::hash(&n.to_le_bytes()).to_hex()[..16].to_owned());
        format!("{}{last}", lines.collect::<String>()).into_bytes()
    };
    // One store has the first text whole and the second as a delta of it, the other the reverse.
    let packs = |first: &str, second: &str| {
        let dir = tempfile::tempdir().unwrap();
        let odb = Odb::open(dir.path());
        let mut base = None;
        for last in [first, second] {
            let mut batch = odb.batch();
            base = Some(batch.put_blob(text(last), base).unwrap());
            batch.commit().unwrap();
        }
        let packs = odb.latest().unwrap().good.clone();
        let delta = packs.iter().position(|pack| pack.reader.bytes().len() < 10_000).unwrap();
        (dir, Mapped(packs[delta].clone()), Mapped(packs[1 - delta].clone()))
    };
    let (_a, second_on_first, first) = packs("one", "two");
    let (_b, first_on_second, _second) = packs("two", "one");
    let odb = Odb::over([first_on_second.clone(), second_on_first.clone(), first]);
    for last in ["one", "two"] {
        assert_eq!(odb.blob(&Id::of_blob(&text(last))).unwrap(), text(last));
    }
    let odb = Odb::over([first_on_second, second_on_first]);
    assert!(odb.find(&Id::of_blob(&text("one"))).is_err(), "with nothing whole it ends too");
}
