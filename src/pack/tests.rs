//! Packs of any content, and any bytes in the place of a pack.

use super::*;
use crate::object::{self, IdPrefix, Mode, ObjectKind, Tree};
use proptest::collection::vec;
use proptest::prelude::*;

/// A pack with one entry for each object, each a delta of the one before where `chained`.
fn pack_of(objects: &[(ObjectKind, Vec<u8>)], chained: bool) -> Vec<u8> {
    let mut writer = PackWriter::new(Vec::new());
    let mut before: Option<&[u8]> = None;
    for (kind, bytes) in objects {
        let base = before
            .filter(|_| chained)
            .map(|prefix| (EntryBase::Position(writer.count() - 1), prefix));
        let entry = EncodedEntry::new(EntryContent::Object(*kind), bytes, base, 1);
        writer.append(&[kind.id_of(bytes)], &entry).unwrap();
        before = Some(bytes);
    }
    let (bytes, id) = writer.finish().unwrap();
    assert_eq!(id.to_string(), blake3::hash(&bytes).to_hex().to_string());
    bytes
}

/// Everything a pack says, read the long way; what is wrong with it otherwise.
fn read_all(bytes: &[u8]) -> Result<Vec<(Id, EntryContent, Vec<u8>)>> {
    let reader = PackReader::open(bytes)?;
    reader.check_index()?;
    (0..reader.entries()).map(|number| read_one(&reader, number)).collect()
}

fn read_one(reader: &PackReader<&[u8]>, number: u32) -> Result<(Id, EntryContent, Vec<u8>)> {
    let entry = reader.entry(number)?;
    let own = reader.positions(number).start;
    let base = match entry.base() {
        None => None,
        Some(EntryBase::Position(base)) if base < own => {
            Some(read_one(reader, reader.place(base)?.entry)?.2)
        }
        Some(_) => return Err(malformed("a base that is not before it")),
    };
    let content = entry.decode(base.as_deref())?;
    if entry.content() == EntryContent::Group {
        entry.decode_group(base.as_deref())?;
    }
    let id = reader.id(own).or_malformed("no id")?;
    if let EntryContent::Object(kind) = entry.content()
        && kind.id_of(&content) != id
    {
        return Err(malformed("another hash"));
    }
    Ok((id, entry.content(), content))
}

fn objects() -> impl Strategy<Value = Vec<(ObjectKind, Vec<u8>)>> {
    let kind = prop_oneof![Just(ObjectKind::Blob), Just(ObjectKind::Tree)];
    let bytes = prop_oneof![vec(any::<u8>(), 0..300), "[ab]{0,900}".prop_map(String::into_bytes)];
    vec((kind, bytes), 0..20).prop_map(|mut objects| {
        objects.sort_by_key(|(kind, bytes)| kind.id_of(bytes));
        objects.dedup();
        objects
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reading_gives_back_what_was_written(objects in objects(), chained: bool) {
        let pack = pack_of(&objects, chained);
        let read = read_all(&pack).unwrap();
        prop_assert_eq!(read.len(), objects.len());
        for ((kind, bytes), (id, content, found)) in objects.iter().zip(read) {
            prop_assert_eq!(id, kind.id_of(bytes));
            prop_assert_eq!(content, EntryContent::Object(*kind));
            prop_assert_eq!(&found, bytes);
        }
    }

    #[test]
    fn every_id_is_found_and_no_other(objects in objects(), other: [u8; 32]) {
        let pack = pack_of(&objects, false);
        let reader = PackReader::open(&pack[..]).unwrap();
        for (position, (kind, bytes)) in objects.iter().enumerate() {
            let id = kind.id_of(bytes);
            prop_assert_eq!(reader.position(&id), Some(position as u32));
            let prefix = IdPrefix::parse(&id.to_string()[..12]).unwrap();
            prop_assert_eq!(reader.matching(&prefix).collect::<Vec<_>>(), vec![id]);
        }
        prop_assert_eq!(reader.position(&Id::from_bytes(other)), None);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        let _ = read_all(&bytes);
        let _ = PackEntry::parse(&bytes).and_then(|entry| entry.decode_group(None));
        let _ = unlink(&bytes, |position| Some(Id::from_bytes([position as u8; 32])));
    }

    #[test]
    fn any_index_under_a_true_checksum_is_read_or_refused(objects in objects(), at: usize, to: u8) {
        // Not damage but malice: the checksum is made to fit.
        let mut pack = pack_of(&objects, true);
        let start = PackReader::open(&pack[..]).unwrap().bytes().len() - index::FOOTER_LEN;
        let index = u64::from_le_bytes(*pack[start..].first_chunk().unwrap()) as usize;
        let at = index + at % (start + 16 - index);
        pack[at] = to;
        let checksum = blake3::hash(&pack[index..start + 16]);
        pack[start + 16..].copy_from_slice(checksum.as_bytes());
        if let Ok(reader) = PackReader::open(&pack[..]) {
            let _ = reader.check_index();
            (0..reader.count() + 1).for_each(|position| { let _ = reader.place(position); });
            (0..reader.entries() + 1).for_each(|number| { let _ = reader.entry(number); });
            let _ = reader.position(&Id::from_bytes([7; 32]));
        }
    }

    #[test]
    fn groups_give_back_their_objects(parts in vec(("[ab]{0,90}", 0u8..3), 1..20)) {
        let kinds = [GroupItemKind::Blob, GroupItemKind::Tree, GroupItemKind::LinkedTree];
        let items: Vec<_> =
            parts.iter().map(|(text, kind)| (kinds[*kind as usize], text.clone().into_bytes())).collect();
        let content = Group::encode(&items);
        let encoded = EncodedEntry::new(EntryContent::Group, &content, None, 9).parts().concat();
        let group = PackEntry::parse(&encoded).unwrap().decode_group(None).unwrap();
        prop_assert_eq!(group.len(), items.len());
        for (number, (kind, bytes)) in items.iter().enumerate() {
            prop_assert_eq!(group.item(number).unwrap(), (*kind, &bytes[..]));
        }
    }

    #[test]
    fn linking_a_tree_loses_nothing(names in proptest::collection::btree_set("[a-z]{1,30}", 0..30), known in 0u8..30) {
        let entry = |(number, name): (usize, &String)| {
            let mode = Mode::from_u8(number as u8 % 4).unwrap();
            object::TreeEntry::new(name, mode, Id::from_bytes([number as u8; 32]))
        };
        let tree = Tree::new(names.iter().enumerate().map(entry).collect()).unwrap();
        let position = |id: &Id| (id.as_bytes()[0] < known).then_some(u32::from(id.as_bytes()[0]) * 1000);
        let linked = link(&tree, position);
        let unlinked = unlink(&linked, |position| Some(Id::from_bytes([(position / 1000) as u8; 32])));
        prop_assert_eq!(unlinked.unwrap(), tree.encode());
    }
}

fn small() -> Vec<u8> {
    let text =
        |n: usize| (ObjectKind::Blob, format!("{}{n}", "line of text\n".repeat(20)).into_bytes());
    let tree = Tree::new(vec![object::TreeEntry::file("a", Id::of_blob(b"a"))]).unwrap();
    pack_of(
        &[text(1), text(2), (ObjectKind::Tree, tree.encode()), (ObjectKind::Blob, vec![])],
        true,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Ids that are spread as hashes are, and ids that are not: any of them may be in a pack.
    #[test]
    fn every_id_is_found_at_its_position_however_ids_are_spread(count in 1usize..700, spread in 0u8..5, seed: u64) {
        let id = |number: u64| {
            let hash = *object::Id::of_blob(&(seed ^ number).to_be_bytes()).as_bytes();
            let mut bytes = hash;
            match spread {
                0 => {}
                1 => bytes[..4].fill(0),
                2 => bytes[..4].fill(0xff),
                3 => bytes[..2].fill(0x80),
                _ => bytes[0] = if hash[0] < 200 { 7 } else { 250 },
            }
            Id::from_bytes(bytes)
        };
        let entry = EncodedEntry::new(EntryContent::Object(ObjectKind::Blob), b"x", None, 1);
        let mut writer = PackWriter::new(Vec::new());
        for number in 0..count as u64 {
            writer.append(&[id(number)], &entry).unwrap();
        }
        let (bytes, _) = writer.finish().unwrap();
        let reader = PackReader::open(&bytes[..]).unwrap();
        for number in 0..count as u64 {
            prop_assert_eq!(reader.position(&id(number)), Some(number as u32));
            prop_assert_eq!(reader.position(&id(number + count as u64)), None);
        }
        for edge in [[0; 32], [0xff; 32]] {
            prop_assert_eq!(reader.position(&Id::from_bytes(edge)), None);
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let pack = small();
    let id = PackId::of(&pack);
    let expected = read_all(&pack).unwrap();
    for at in 0..pack.len() {
        for bit in 0..8 {
            let mut damaged = pack.clone();
            damaged[at] ^= 1 << bit;
            assert_ne!(PackId::of(&damaged), id);
            // Without a look at the name too: an error, or the very same objects.
            if let Ok(read) = read_all(&damaged) {
                assert_eq!(read, expected, "byte {at}, bit {bit}");
            }
        }
    }
}

#[test]
fn a_pack_cut_short_anywhere_is_refused() {
    let pack = small();
    for len in 0..pack.len() {
        assert!(PackReader::open(&pack[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn a_foreign_file_and_an_unknown_format_are_told_apart() {
    let message = |bytes: &[u8]| PackReader::open(bytes).err().unwrap().to_string();
    assert!(
        message(b"PK\x03\x04 something else that is long enough")
            .contains("does not begin like a pack")
    );
    let mut newer = small();
    newer[7] = 2;
    assert!(message(&newer).contains("format that this program does not know"));
}

#[test]
fn a_claim_of_too_many_bytes_allocates_nothing() {
    // Zstd, blob, 2^62 bytes from a payload of one byte.
    let mut entry = vec![0x01];
    varint::write(&mut entry, 1 << 62);
    entry.extend([1, 0]);
    assert!(PackEntry::parse(&entry).is_err());
    // A group of 2^60 objects.
    let mut group = Vec::new();
    varint::write(&mut group, 1 << 60);
    let encoded = EncodedEntry::new(EntryContent::Group, &group, None, 1).parts().concat();
    assert!(PackEntry::parse(&encoded).unwrap().decode_group(None).is_err());
}

#[test]
fn a_small_change_to_a_large_base_is_small() {
    let line = |n: usize| format!("line {n} {}\n", n.wrapping_mul(2_654_435_761) % 1_000_003);
    let base: Vec<u8> = (0..40_000).flat_map(|n| line(n).into_bytes()).collect();
    let mut bytes = base.clone();
    bytes.splice(500_000..500_010, *b"something else");
    let entry = EncodedEntry::new(
        EntryContent::Object(ObjectKind::Blob),
        &bytes,
        Some((EntryBase::Position(0), &base)),
        1,
    );
    assert!(entry.len() < 1000, "{}", entry.len());
    let encoded = entry.parts().concat();
    assert_eq!(PackEntry::parse(&encoded).unwrap().decode(Some(&base)).unwrap(), bytes);
}

#[test]
fn what_looks_like_a_dictionary_is_no_base() {
    let base = [&[0x37, 0xa4, 0x30, 0xec][..], &b"dictionary ".repeat(50)].concat();
    let bytes = [&base[..], b"!"].concat();
    let entry = EncodedEntry::new(
        EntryContent::Object(ObjectKind::Blob),
        &bytes,
        Some((EntryBase::Position(0), &base)),
        1,
    );
    assert!(!entry.has_base());
    assert_eq!(PackEntry::parse(&entry.parts().concat()).unwrap().decode(None).unwrap(), bytes);
}

#[test]
fn names_of_packs_are_exact() {
    let id = PackId::of(b"");
    let name = "pack-af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262.pack";
    assert_eq!(id.file_name(), name);
    assert_eq!(PackId::from_file_name(name), Some(id));
    assert_eq!(PackId::from_file_name(&name.to_uppercase()), None);
    assert_eq!(PackId::from_file_name("pack-af13.pack"), None);
}

/// The objects of the example in the document.
fn example() -> (Vec<u8>, Vec<(ObjectKind, Vec<u8>)>) {
    let old = b"Every state of an agent is kept.\n".to_vec();
    let new = b"Every state of an agent is kept!\n".to_vec();
    let ids = [Id::of_blob(&old), Id::of_blob(&new), Id::of_blob(b"hi\n")];
    let entries = [("new.txt", ids[1]), ("old.txt", Id::of_blob(b"elsewhere"))];
    let tree =
        Tree::new(entries.map(|(name, id)| object::TreeEntry::file(name, id)).to_vec()).unwrap();

    let mut writer = PackWriter::new(Vec::new());
    let blob = EntryContent::Object(ObjectKind::Blob);
    writer.append(&ids[..1], &EncodedEntry::new(blob, &old, None, 1)).unwrap();
    let delta = EncodedEntry::new(blob, &new, Some((EntryBase::Position(0), &old)), 1);
    writer.append(&ids[1..2], &delta).unwrap();
    let linked = link(&tree, |id| ids.iter().position(|other| other == id).map(|at| at as u32));
    let group = Group::encode(&[
        (GroupItemKind::Blob, b"hi\n".to_vec()),
        (GroupItemKind::LinkedTree, linked),
    ]);
    writer
        .append(&[ids[2], tree.id()], &EncodedEntry::new(EntryContent::Group, &group, None, 1))
        .unwrap();
    let objects = vec![
        (ObjectKind::Blob, old),
        (ObjectKind::Blob, new),
        (ObjectKind::Blob, b"hi\n".to_vec()),
        (ObjectKind::Tree, tree.encode()),
    ];
    (writer.finish().unwrap().0, objects)
}

/// Bytes of the dump in the document: the part before the two spaces of each line.
fn documented() -> Vec<u8> {
    let document = include_str!("../../docs/format.md");
    let block = document.split("```hex\n").nth(1).unwrap().split("```").next().unwrap();
    let digits: String = block.lines().filter_map(|line| line.split("  ").next()).collect();
    let digits: Vec<char> = digits.chars().filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[test]
fn the_document_shows_what_is_written() {
    let (pack, _) = example();
    assert_eq!(documented(), pack);
}

#[test]
fn the_document_shows_what_is_read() {
    let pack = documented();
    let reader = PackReader::open(&pack[..]).unwrap();
    reader.check_index().unwrap();
    for (position, (kind, bytes)) in (0..).zip(example().1) {
        let id = kind.id_of(&bytes);
        assert_eq!(reader.id(position), Some(id));
        assert_eq!(reader.position(&id), Some(position));
        let place = reader.place(position).unwrap();
        let entry = reader.entry(place.entry).unwrap();
        let found = match entry.content() {
            EntryContent::Object(_) => entry
                .decode(entry.base().map(|_| &b"Every state of an agent is kept.\n"[..]))
                .unwrap(),
            EntryContent::Group => match entry.decode_group(None).unwrap().item(place.nth).unwrap()
            {
                (GroupItemKind::LinkedTree, linked) => {
                    unlink(linked, |position| reader.id(position)).unwrap()
                }
                (_, bytes) => bytes.to_vec(),
            },
        };
        assert_eq!(found, bytes);
    }
}
