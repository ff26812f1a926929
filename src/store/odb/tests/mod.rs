//! Batches and readers, on real folders.

#![allow(clippy::disallowed_methods, reason = "tests make and damage files as no writer would")]

mod damage;

use super::*;
use crate::error::Kind as Failure;
use crate::object::{NewBlob, ObjectKind, Sink, Source, Tree, TreeEntry};
use std::fs;
use std::io::{self, Read};
use tempfile::TempDir;

fn empty() -> (TempDir, Odb) {
    let dir = tempfile::tempdir().unwrap();
    let odb = Odb::open(dir.path());
    (dir, odb)
}

fn stored(odb: &Odb, blobs: &[&[u8]]) -> Vec<Id> {
    let mut batch = odb.batch();
    let ids = blobs.iter().map(|bytes| batch.put_blob(bytes.to_vec(), None).unwrap()).collect();
    batch.commit().unwrap();
    ids
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Bytes that no compression shortens.
pub(super) fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(b"noise").finalize_xof().fill(&mut bytes);
    bytes
}

#[test]
fn what_is_committed_is_found_by_everybody() {
    let (dir, odb) = empty();
    let reader = Odb::open(dir.path());
    assert_eq!(reader.find(&Id::of_blob(b"one")).unwrap(), None);
    let mut batch = odb.batch();
    let one = batch.put_blob(b"one".to_vec(), None).unwrap();
    let tree = Tree::new(vec![TreeEntry::file("one", one)]).unwrap();
    let tree_id = batch.put_tree(&tree, None).unwrap();
    let pack = batch.commit().unwrap().unwrap();
    assert_eq!(files(dir.path()), [pack.file_name()]);
    // A reader that had looked before looks again.
    for odb in [&odb, &reader] {
        assert_eq!(odb.blob(&one).unwrap(), b"one");
        assert_eq!(odb.tree(&tree_id).unwrap(), tree);
        assert_eq!(odb.kind_and_len(&one).unwrap(), Some((ObjectKind::Blob, 3)));
    }
    let bytes = fs::metadata(dir.path().join(pack.file_name())).unwrap().len();
    assert_eq!(odb.counts().unwrap(), PackCounts { packs: 1, objects: 2, bytes, damaged: 0 });
}

#[test]
fn a_pack_is_named_by_its_hash() {
    let (dir, odb) = empty();
    stored(&odb, &[b"x"]);
    let name = files(dir.path()).remove(0);
    let bytes = fs::read(dir.path().join(&name)).unwrap();
    assert_eq!(name, format!("pack-{}.pack", blake3::hash(&bytes).to_hex()));
}

#[test]
fn nothing_new_writes_nothing() {
    let (dir, odb) = empty();
    stored(&odb, &[b"one", b"two"]);
    let before = files(dir.path());
    let mut batch = odb.batch();
    batch.put_blob(b"two".to_vec(), None).unwrap();
    assert!(batch.is_empty());
    assert_eq!(batch.commit().unwrap(), None);
    assert_eq!(files(dir.path()), before);
}

#[test]
fn a_batch_reads_what_it_holds_and_leaves_nothing_when_dropped() {
    let (dir, odb) = empty();
    let mut batch = odb.batch();
    let mut base = None;
    let mut all = Vec::new();
    // More than the writer's buffer, so that some are read back from the file; a chain of deltas.
    for n in 0..40u32 {
        let bytes =
            [noise(100_000), n.to_le_bytes().to_vec(), noise(10)[..(n as usize % 10)].to_vec()]
                .concat();
        let unlike = noise(100_000).iter().map(|b| b ^ n as u8).collect::<Vec<u8>>();
        base = Some(batch.put_blob(bytes.clone(), base).unwrap());
        all.push((base.unwrap(), bytes));
        all.push((batch.put_blob(unlike.clone(), None).unwrap(), unlike));
    }
    assert!(!batch.is_empty());
    for (id, bytes) in &all {
        assert_eq!(batch.blob(id).unwrap(), *bytes);
        let mut copy = Vec::new();
        assert_eq!(batch.copy_blob(id, &mut copy).unwrap(), bytes.len() as u64);
        assert_eq!(copy, *bytes);
        assert!(batch.contains(id).unwrap());
        assert_eq!(odb.find(id).unwrap(), None);
    }
    drop(batch);
    assert_eq!(files(dir.path()), [""; 0]);
}

/// Each of two large blobs is read on when both are being read.
#[test]
fn large_blobs_are_compressed_on_several_threads() {
    if crate::parallel::processors() < 2 {
        return;
    }
    let (_dir, odb) = empty();
    let blobs = [noise(9 << 20), noise(10 << 20)];
    let ids: Vec<_> = blobs.iter().map(|_| std::sync::OnceLock::new()).collect();
    let both = std::sync::Barrier::new(2);
    let mut batch = odb.batch();
    let read = |number: usize, put: &mut crate::object::PutFrom<'_>| {
        both.wait();
        let _ = ids[number].set(put(&mut &blobs[number][..], None)?);
        Ok(())
    };
    batch.put_large(2, &read).unwrap();
    batch.commit().unwrap();
    for (id, bytes) in ids.iter().zip(&blobs) {
        assert_eq!(odb.blob(id.get().unwrap()).unwrap(), *bytes);
    }
}

#[test]
fn a_previous_version_makes_the_next_one_small() {
    let (dir, odb) = empty();
    let mut bytes = noise(50_000);
    let mut base = stored(&odb, &[&bytes])[0];
    let mut ids = vec![(base, bytes.clone())];
    for n in 0..25 {
        bytes[n * 1000] ^= 1;
        let mut batch = odb.batch();
        base = batch.put_blob(bytes.clone(), Some(base)).unwrap();
        batch.commit().unwrap();
        assert!(odb.chain(&base).unwrap() <= 10);
        ids.push((base, bytes.clone()));
    }
    // Three are stored whole: the first, and one for each chain that has become long enough.
    assert!(odb.counts().unwrap().bytes < 3 * 50_000 + 26 * 400, "{:?}", odb.counts());
    let fresh = Odb::open(dir.path());
    ids.iter().for_each(|(id, bytes)| assert_eq!(fresh.blob(id).unwrap(), *bytes));
}

#[test]
fn two_batches_with_the_same_objects_lose_nothing() {
    let (dir, odb) = empty();
    let (mut one, mut two) = (odb.batch(), Odb::open(dir.path()).batch());
    let id = one.put_blob(b"same".to_vec(), None).unwrap();
    assert_eq!(two.put_blob(b"same".to_vec(), None).unwrap(), id);
    let other = two.put_blob(b"other".to_vec(), None).unwrap();
    one.commit().unwrap();
    two.commit().unwrap();
    assert_eq!(odb.blob(&id).unwrap(), b"same");
    assert_eq!(odb.blob(&other).unwrap(), b"other");
    assert_eq!(odb.ids().unwrap().len(), 2);
}

#[test]
fn the_same_batch_twice_is_one_pack() {
    let (dir, odb) = empty();
    let batches = [odb.batch(), Odb::open(dir.path()).batch()];
    for mut batch in batches {
        batch.put_blob(b"same".to_vec(), None).unwrap();
        batch.commit().unwrap();
    }
    assert_eq!(files(dir.path()).len(), 1);
}

#[test]
fn threads_share_a_batch() {
    let (_dir, odb) = empty();
    let batch = odb.batch();
    let text = |n: usize| format!("file {} {}", n % 700, "x".repeat(n % 700)).into_bytes();
    let read = |n: usize| Ok((n != 5).then(|| NewBlob { bytes: text(n), base: None }));
    let ids = batch.add_many(1000, &read).unwrap();
    assert_eq!(ids[5], None);
    batch.commit().unwrap();
    for n in (0..1000).filter(|n| *n != 5) {
        assert_eq!(odb.blob(&ids[n].unwrap()).unwrap(), text(n));
    }
    assert_eq!(odb.counts().unwrap().objects, 700);
}

#[test]
fn a_failure_among_many_is_the_failure_of_all() {
    let (_dir, odb) = empty();
    let read = |n: usize| match n {
        777 => Err(crate::error::Error::failed("cannot read number 777")),
        _ => Ok(Some(NewBlob { bytes: n.to_le_bytes().to_vec(), base: None })),
    };
    assert_eq!(odb.batch().add_many(1000, &read).unwrap_err().message(), "cannot read number 777");
}

/// A reader that gives no more than it was asked for and counts the largest request.
struct Slow<R>(R, usize);

impl<R: Read> Read for Slow<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1.max(out.len());
        let len = out.len().min(70_001);
        self.0.read(&mut out[..len])
    }
}

#[test]
fn a_large_blob_is_streamed_in_and_out() {
    let (dir, odb) = empty();
    for bytes in [noise(20 << 20), b"compressible ".repeat(2 << 20)] {
        let mut batch = odb.batch();
        let id = batch.put_blob_from(&mut Slow(&bytes[..], 0), None).unwrap();
        assert_eq!(id, Id::of_blob(&bytes));
        assert_eq!(batch.blob(&id).unwrap().len(), bytes.len());
        batch.commit().unwrap();
        let mut out = Vec::new();
        assert_eq!(odb.copy_blob(&id, &mut out).unwrap(), bytes.len() as u64);
        assert_eq!(out, bytes);
        assert_eq!(odb.kind_and_len(&id).unwrap(), Some((ObjectKind::Blob, bytes.len() as u64)));
        // A second time it is not stored, and the spool is gone.
        let mut batch = odb.batch();
        batch.put_blob_from(&mut &bytes[..], None).unwrap();
        assert!(batch.is_empty());
    }
    assert_eq!(files(dir.path()).len(), 2);
}

#[test]
fn a_writer_that_fails_is_told_as_such() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (_dir, odb) = empty();
    let mut batch = odb.batch();
    let ids = [noise(9 << 20), b"small".to_vec()]
        .map(|bytes| batch.put_blob_from(&mut &bytes[..], None).unwrap());
    batch.commit().unwrap();
    for id in ids {
        let error = odb.copy_blob(&id, &mut Full).unwrap_err();
        assert_eq!(error.kind(), Failure::Failed);
        assert!(error.message().starts_with("cannot write the bytes of object"), "{error}");
    }
}

#[test]
fn a_prefix_finds_all_that_begin_so() {
    let (_dir, odb) = empty();
    let texts: Vec<Vec<u8>> = (0..3000u32).map(|n| n.to_le_bytes().to_vec()).collect();
    for part in texts.chunks(1000) {
        stored(&odb, &part.iter().map(|text| &text[..]).collect::<Vec<_>>());
    }
    let ids = odb.ids().unwrap();
    let pair =
        ids.windows(2).find(|pair| pair[0].to_string()[..4] == pair[1].to_string()[..4]).unwrap();
    let prefix = pair[0].to_string()[..4].to_owned();
    let expected: Vec<Id> =
        ids.iter().filter(|id| id.to_string().starts_with(&prefix)).copied().collect();
    let prefix = IdPrefix::parse(&prefix).unwrap();
    assert_eq!(odb.resolve_prefix(&prefix, 100).unwrap(), expected);
    assert_eq!(odb.resolve_prefix(&prefix, 1).unwrap(), expected[..1]);
    let whole = IdPrefix::parse(&pair[1].to_string()).unwrap();
    assert_eq!(odb.resolve_prefix(&whole, 2).unwrap(), [pair[1]]);
}

#[test]
fn a_fixed_list_of_packs_is_read_and_never_written() {
    let (dir, odb) = empty();
    let base = stored(&odb, &[&noise(50_000)])[0];
    let mut batch = odb.batch();
    let delta = batch.put_blob([noise(50_000), vec![1]].concat(), Some(base)).unwrap();
    let second = batch.commit().unwrap().unwrap();
    let first = files(dir.path()).into_iter().find(|name| *name != second.file_name()).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        fs::rename(dir.path().join(name), elsewhere.path().join("any")).unwrap();
        let id = crate::pack::PackId::from_file_name(name).unwrap();
        let mapped = Mapped::open(&elsewhere.path().join("any"), id).unwrap();
        // A map outlives the name of its file.
        fs::remove_file(elsewhere.path().join("any")).unwrap();
        mapped
    };
    let (first, second) = (open(&first), open(&second.file_name()));
    let alone = Odb::over([second.clone()]);
    assert!(alone.contains(&delta).unwrap() && !alone.contains(&base).unwrap());
    assert_eq!(alone.find(&base).unwrap(), None);
    assert!(alone.blob(&delta).unwrap_err().message().contains("is missing"));
    let both = Odb::over([second, first]);
    assert_eq!(both.blob(&delta).unwrap().len(), 50_001);
    assert_eq!((both.counts().unwrap().packs, both.ids().unwrap().len()), (2, 2));
    let mut batch = both.batch();
    assert_eq!(batch.put_blob(noise(50_000), None).unwrap(), base);
    assert!(
        batch.put_blob(b"new".to_vec(), None).unwrap_err().message().contains("cannot write into")
    );
    assert!(both.compact(CompactScope::All, &Default::default()).is_err());
}
