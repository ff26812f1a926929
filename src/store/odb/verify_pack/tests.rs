//! Packs of strangers: sound ones, and one for every rule that can be broken.

use super::super::tests::noise;
use super::*;
use crate::object::{Mode, Sink, Source, TreeEntry};
use crate::pack::{EncodedEntry, GroupItemKind, PackId, PackWriter, zstd_head};
use crate::store::{CompactScope, Store};
use tempfile::TempDir;

const LIMITS: VerifyLimits = VerifyLimits { decoded: 1 << 30 };

fn store() -> (TempDir, Store) {
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    (project, store)
}

/// Receives bytes under the name that they have, in a store, which must be as before unless they are taken.
fn receive_as(store: &Store, id: PackId, bytes: &[u8], limits: &VerifyLimits) -> PackCheck {
    let file = store.incoming().unwrap().join("pack");
    std::fs::write(&file, bytes).unwrap();
    let before = store.objects().ids().unwrap();
    let checked = store.receive(&file, id, limits, &Progress::default()).unwrap();
    assert!(!file.exists());
    if !matches!(checked, PackCheck::Sound { .. }) {
        assert_eq!(store.objects().ids().unwrap(), before);
        assert_eq!(std::fs::read_dir(store.incoming().unwrap()).unwrap().count(), 0);
    }
    checked
}

fn receive(store: &Store, bytes: &[u8]) -> PackCheck {
    receive_as(store, PackId::of(bytes), bytes, &LIMITS)
}

fn assert_bad(checked: PackCheck, part: &str) {
    match checked {
        PackCheck::Bad(reason) if reason.contains(part) => {}
        other => panic!("not {part:?}: {other:?}"),
    }
}

/// Entry of a test pack: its id, kind, bytes, and base.
type One = (Id, EntryContent, Vec<u8>, Option<(EntryBase, Vec<u8>)>);

/// A pack of single entries, each claimed to have the id that is given.
fn pack_of(entries: &[One]) -> Vec<u8> {
    let mut writer = PackWriter::new(Vec::new());
    for (id, content, bytes, base) in entries {
        let base = base.as_ref().map(|(base, bytes)| (*base, &bytes[..]));
        writer.append(&[*id], &EncodedEntry::new(*content, bytes, base, 1)).unwrap();
    }
    writer.finish().unwrap().0
}

fn blob(bytes: &[u8]) -> One {
    (Id::of_blob(bytes), EntryContent::Object(ObjectKind::Blob), bytes.to_vec(), None)
}

fn tree(bytes: &[u8]) -> One {
    (Id::of_tree(bytes), EntryContent::Object(ObjectKind::Tree), bytes.to_vec(), None)
}

fn tree_of(entries: Vec<TreeEntry>) -> Vec<u8> {
    Tree::new(entries).unwrap().encode()
}

/// A tree with one entry, encoded by hand: whatever the name.
fn raw_tree(name: &[u8], mode: u8, id: Id) -> Vec<u8> {
    let head = [0x91, 0x93, mode, 0xa0 | name.len() as u8];
    [&head[..], name, &[0xc4, 32], id.as_bytes()].concat()
}

/// The one pack of another store, with files, folders and deltas; squeezed into groups, or not.
fn sample(squeezed: bool) -> (Vec<u8>, Id) {
    let (_project, store) = store();
    let mut batch = store.batch();
    let mut base = None;
    let mut entries = Vec::new();
    for n in 0..30u8 {
        let text = [noise(3000), vec![n; 40]].concat();
        base = Some(batch.put_blob(text, base).unwrap());
        entries.push(TreeEntry::new(&format!("f{n}"), Mode::Executable, base.unwrap()));
    }
    let inner = batch.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
    let top =
        batch.put_tree(&Tree::new(vec![TreeEntry::directory("d", inner)]).unwrap(), None).unwrap();
    batch.commit().unwrap();
    if squeezed {
        store.objects().compact(CompactScope::All, &Progress::default()).unwrap();
    }
    let pack = std::fs::read_dir(store.dir().join("objects")).unwrap().next().unwrap().unwrap();
    (std::fs::read(pack.path()).unwrap(), top)
}

#[test]
fn a_sound_pack_is_taken_in() {
    for squeezed in [false, true] {
        let (bytes, top) = sample(squeezed);
        let (_project, store) = store();
        let checked = receive(&store, &bytes);
        assert!(matches!(checked, PackCheck::Sound { objects: 32, .. }), "{checked:?}");
        assert_eq!(store.objects().tree(&top).unwrap().entries().len(), 1);
        assert_eq!(store.objects().check(&Progress::default()).unwrap().damage, []);
        // Once more is no harm.
        assert!(matches!(receive(&store, &bytes), PackCheck::Sound { .. }));
        assert_eq!(store.objects().counts().unwrap().packs, 1);
    }
}

#[test]
fn a_pack_that_leans_on_what_is_here() {
    let (_project, store) = store();
    let mut batch = store.batch();
    let old = batch.put_blob(noise(5000), None).unwrap();
    batch.commit().unwrap();
    let new = [noise(5000), vec![1]].concat();
    let top = tree_of(vec![TreeEntry::file("new", Id::of_blob(&new)), TreeEntry::file("old", old)]);
    let delta = (
        Id::of_blob(&new),
        EntryContent::Object(ObjectKind::Blob),
        new,
        Some((EntryBase::Id(old), noise(5000))),
    );
    let bytes = pack_of(&[delta, tree(&top)]);
    assert!(bytes.len() < 1000);
    let (_other, empty) = self::store();
    match receive(&empty, &bytes) {
        PackCheck::Missing { ids, more: false } => assert_eq!(ids, [old]),
        other => panic!("{other:?}"),
    }
    assert!(matches!(receive(&store, &bytes), PackCheck::Sound { objects: 2, .. }));
    assert_eq!(store.objects().check(&Progress::default()).unwrap().damage, []);
}

#[test]
fn one_flipped_bit_anywhere() {
    for squeezed in [false, true] {
        let (bytes, _) = sample(squeezed);
        let (_project, store) = store();
        for at in (0..bytes.len()).step_by(1 + bytes.len() / 150) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            assert_bad(receive_as(&store, PackId::of(&bytes), &damaged, &LIMITS), "");
            // Under a name of its own, so that only its content can show the damage.
            assert!(matches!(receive(&store, &damaged), PackCheck::Bad(_)), "bit {at}");
        }
    }
}

#[test]
fn cut_off_anywhere() {
    for squeezed in [false, true] {
        let (bytes, _) = sample(squeezed);
        let (_project, store) = store();
        for len in
            (0..bytes.len()).step_by(1 + bytes.len() / 150).chain(bytes.len() - 60..bytes.len())
        {
            assert!(matches!(receive(&store, &bytes[..len]), PackCheck::Bad(_)), "{len} bytes");
        }
    }
}

#[test]
fn what_is_missing_is_named_up_to_a_hundred() {
    let (_project, store) = store();
    let lost: Vec<Id> = (0..150u8).map(|n| Id::of_blob(&[n])).collect();
    let name = |n: usize| format!("{n:03}");
    for count in [1, 100, 101, 150] {
        let entries = lost[..count]
            .iter()
            .enumerate()
            .map(|(n, id)| TreeEntry::file(&name(n), *id))
            .collect();
        let PackCheck::Missing { ids, more } =
            receive(&store, &pack_of(&[tree(&tree_of(entries))]))
        else {
            panic!("{count} are missing");
        };
        let mut expected = lost[..count].to_vec();
        expected.sort_unstable();
        expected.truncate(100);
        assert_eq!((ids, more), (expected, count > 100));
    }
}

#[test]
fn trees_that_are_none() {
    let (_project, store) = store();
    let file = Id::of_blob(b"x");
    for name in [&b"../x"[..], b"..", b".", b"", b"a/b", b"a\0b", b"\xff"] {
        let bytes = raw_tree(name, 0, file);
        assert_bad(receive(&store, &pack_of(&[blob(b"x"), tree(&bytes)])), "not well formed");
    }
    for (bytes, part) in [
        (raw_tree(b"a", 4, file), "not well formed"),
        ([&raw_tree(b"a", 0, file)[..], b"x"].concat(), "not well formed"),
        ([&[0xdc, 0, 1], &raw_tree(b"a", 0, file)[1..]].concat(), "canonical"),
        (
            [&[0x92][..], &raw_tree(b"b", 0, file)[1..], &raw_tree(b"a", 0, file)[1..]].concat(),
            "canonical",
        ),
        (
            [&[0x92][..], &raw_tree(b"a", 0, file)[1..], &raw_tree(b"a", 0, file)[1..]].concat(),
            "twice",
        ),
    ] {
        assert_bad(receive(&store, &pack_of(&[blob(b"x"), tree(&bytes)])), part);
    }
    // The same by position, in a group: the name is of five bytes, linked, mode 0.
    let linked = [&[5 << 3 | 4][..], b"../xy", &[0]].concat();
    let group =
        Group::encode(&[(GroupItemKind::Blob, b"x".to_vec()), (GroupItemKind::LinkedTree, linked)]);
    let mut writer = PackWriter::new(Vec::new());
    let entry = EncodedEntry::new(EntryContent::Group, &group, None, 1);
    writer.append(&[file, Id::of_tree(b"any")], &entry).unwrap();
    assert_bad(receive(&store, &writer.finish().unwrap().0), "cannot be a name in a tree");
}

#[test]
fn an_object_that_is_not_what_a_tree_says() {
    let (_project, store) = store();
    let inner = tree_of(vec![]);
    let as_file = tree_of(vec![TreeEntry::file("t", Id::of_tree(&inner))]);
    let as_folder = tree_of(vec![TreeEntry::directory("b", Id::of_blob(b"x"))]);
    let (file, folder) =
        ("is a tree, and a tree names it as a file", "is a blob, and a tree names it as a folder");
    assert_bad(receive(&store, &pack_of(&[tree(&inner), tree(&as_file)])), file);
    assert_bad(receive(&store, &pack_of(&[tree(&as_folder), blob(b"x")])), folder);
    assert!(matches!(
        receive(&store, &pack_of(&[tree(&inner), blob(b"x")])),
        PackCheck::Sound { .. }
    ));
    assert_bad(receive(&store, &pack_of(&[tree(&as_file)])), file);
    assert_bad(receive(&store, &pack_of(&[tree(&as_folder)])), folder);
    store.objects().compact(CompactScope::All, &Progress::default()).unwrap();
    assert_bad(receive(&store, &pack_of(&[tree(&as_file)])), file);
}

#[test]
fn an_object_under_another_id() {
    let (_project, store) = store();
    let (_, content, bytes, _) = blob(b"x");
    let foreign = (Id::of_blob(b"y"), content, bytes, None);
    assert_bad(receive(&store, &pack_of(&[foreign])), "hash");
    // A blob of the bytes of a tree, under the id of the tree.
    let bytes = tree_of(vec![]);
    let posing = (Id::of_tree(&bytes), EntryContent::Object(ObjectKind::Blob), bytes, None);
    assert_bad(receive(&store, &pack_of(&[posing])), "hash");
}

#[test]
fn bombs() {
    let (_project, store) = store();
    // A billion bytes in one: what a frame cannot hold is refused by its head.
    for claimed in [1 << 30, 1 << 40, u64::MAX] {
        let mut writer = PackWriter::new(Vec::new());
        let head = zstd_head(EntryContent::Object(ObjectKind::Blob), claimed, 1);
        writer.append_from(Id::of_blob(b"x"), &head, &mut &[0u8][..]).unwrap();
        assert_bad(receive(&store, &writer.finish().unwrap().0), "more bytes than it can hold");
    }
    // A frame that does hold as much, beyond what the caller allows; and just within.
    let zeros = pack_of(&[blob(&vec![0; 32 << 20])]);
    assert!(zeros.len() < 4 << 10);
    let id = PackId::of(&zeros);
    let limited = |decoded| receive_as(&store, id, &zeros, &VerifyLimits { decoded });
    assert_bad(limited((32 << 20) - 1), "would have to be decompressed");
    assert!(matches!(limited(32 << 20), PackCheck::Sound { .. }));
    // A frame with more in it than its head says, streamed and held.
    for (len, claimed) in [(32 << 20, 9 << 20), (5000, 4000)] {
        let bytes = vec![0; len];
        let full = pack_of(&[blob(&bytes)]);
        let reader = crate::pack::PackReader::open(&full[..]).unwrap();
        let payload = reader.entry(0).unwrap().payload().to_vec();
        let mut writer = PackWriter::new(Vec::new());
        let head = zstd_head(EntryContent::Object(ObjectKind::Blob), claimed, payload.len() as u64);
        writer.append_from(Id::of_blob(&bytes), &head, &mut &payload[..]).unwrap();
        assert_bad(receive(&store, &writer.finish().unwrap().0), "");
    }
    // Small things whose one base is large: each is cheap, to read them all is not.
    let base = noise(4 << 20);
    let mut entries = vec![blob(&base)];
    for n in 0..100u8 {
        let bytes = [&base[..1000], &[n]].concat();
        entries.push((
            Id::of_blob(&bytes),
            EntryContent::Object(ObjectKind::Blob),
            bytes,
            Some((EntryBase::Position(0), base.clone())),
        ));
    }
    let bytes = pack_of(&entries);
    let checked =
        receive_as(&store, PackId::of(&bytes), &bytes, &VerifyLimits { decoded: 64 << 20 });
    assert_bad(checked, "would have to be decompressed");
}

#[test]
fn what_would_have_to_be_held_is_bounded() {
    let (_project, store) = store();
    let base = vec![0; (64 << 20) + 1];
    let bytes = [&base[..1000], b"x"].concat();
    let delta = |at| {
        (
            Id::of_blob(&bytes),
            EntryContent::Object(ObjectKind::Blob),
            bytes.clone(),
            Some((at, base.clone())),
        )
    };
    assert_bad(
        receive(&store, &pack_of(&[blob(&base), delta(EntryBase::Position(0))])),
        "too large",
    );
    assert_bad(
        receive(&store, &pack_of(&[delta(EntryBase::Id(Id::of_blob(&base))), blob(&base)])),
        "too large",
    );
    assert!(matches!(receive(&store, &pack_of(&[blob(&base)])), PackCheck::Sound { .. }));
    assert_bad(receive(&store, &pack_of(&[delta(EntryBase::Id(Id::of_blob(&base)))])), "too large");
    let group = Group::encode(&[(GroupItemKind::Blob, vec![0; 5 << 20])]);
    let mut writer = PackWriter::new(Vec::new());
    let id = Id::of_blob(&vec![0; 5 << 20]);
    writer.append(&[id], &EncodedEntry::new(EntryContent::Group, &group, None, 1)).unwrap();
    assert_bad(receive(&store, &writer.finish().unwrap().0), "too large to be held");
    let huge = (Id::of_blob(b"x"), EntryContent::Object(ObjectKind::Tree), vec![0; 65 << 20], None);
    assert_bad(receive(&store, &pack_of(&[huge])), "too large to be held");
}

#[test]
fn bases_that_come_later_or_never_end() {
    let (_project, store) = store();
    let text = |n: usize| [noise(500), vec![n as u8; n]].concat();
    let delta = |n: usize, base, bytes| {
        (
            Id::of_blob(&text(n)),
            EntryContent::Object(ObjectKind::Blob),
            text(n),
            Some((base, bytes)),
        )
    };
    let later = [delta(1, EntryBase::Position(1), text(2)), blob(&text(2))];
    assert_bad(receive(&store, &pack_of(&later)), "comes after it");
    let id = |n: usize| EntryBase::Id(Id::of_blob(&text(n)));
    let circle = [delta(1, id(2), text(2)), delta(2, id(1), text(1))];
    assert_bad(receive(&store, &pack_of(&circle)), "no end");
    let chain = |count: usize| {
        let next = |n: usize| delta(n, EntryBase::Position(n as u32 - 1), text(n - 1));
        pack_of(&std::iter::once(blob(&text(0))).chain((1..=count).map(next)).collect::<Vec<_>>())
    };
    assert_bad(receive(&store, &chain(120)), "too long");
    assert_bad(receive(&store, &chain(81)), "too long");
    assert!(matches!(receive(&store, &chain(75)), PackCheck::Sound { .. }));
}

#[test]
fn groups_that_are_none() {
    let (_project, store) = store();
    let two = [(GroupItemKind::Blob, b"x".to_vec()), (GroupItemKind::Blob, b"y".to_vec())];
    let group = |ids: &[Id], items: &[(GroupItemKind, Vec<u8>)]| {
        let mut writer = PackWriter::new(Vec::new());
        writer
            .append(ids, &EncodedEntry::new(EntryContent::Group, &Group::encode(items), None, 1))
            .unwrap();
        writer.finish().unwrap().0
    };
    let ids = [b"x", b"y"].map(|bytes| Id::of_blob(bytes));
    assert!(matches!(receive(&store, &group(&ids, &two)), PackCheck::Sound { .. }));
    assert_bad(receive(&store, &group(&ids, &two[..1])), "disagree");
    assert_bad(receive(&store, &group(&ids[..1], &two)), "disagree");
    assert_bad(receive(&store, &group(&[ids[1], ids[0]], &two)), "hash");
    // A link to a position that there is not.
    let linked = [(GroupItemKind::LinkedTree, vec![1 << 3 | 4, b'a', 9])];
    assert_bad(receive(&store, &group(&ids[..1], &linked)), "not well formed");
    let mut writer = PackWriter::new(Vec::new());
    writer
        .append(&ids, &EncodedEntry::new(EntryContent::Object(ObjectKind::Blob), b"x", None, 1))
        .unwrap();
    assert_bad(receive(&store, &writer.finish().unwrap().0), "another number of objects");
}

#[test]
fn an_empty_pack_is_nothing() {
    let (_project, store) = store();
    assert!(matches!(receive(&store, &pack_of(&[])), PackCheck::Sound { objects: 0, .. }));
    assert_eq!(store.objects().counts().unwrap().packs, 0);
    for bytes in [&b""[..], b"luapack\x01", &[0; 4096]] {
        assert!(matches!(receive(&store, bytes), PackCheck::Bad(_)));
    }
}
