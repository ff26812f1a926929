//! Damaged packs, and packs that are gone.

#![allow(clippy::disallowed_methods, reason = "tests make and damage files as no writer would")]

use super::*;

fn damage(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
#[cfg_attr(windows, ignore = "Windows lets nobody change a pack that is mapped")]
fn a_damaged_large_blob_is_an_error_at_the_end() {
    let (dir, odb) = empty();
    let bytes = noise(9 << 20);
    let mut batch = odb.batch();
    let id = batch.put_blob_from(&mut &bytes[..], None).unwrap();
    let pack = batch.commit().unwrap().unwrap().file_name();
    damage(&dir.path().join(&pack), |bytes| bytes[5 << 20] ^= 1);
    let error = odb.copy_blob(&id, &mut io::sink()).unwrap_err();
    assert_eq!(error.kind(), Failure::Corrupt);
    assert!(
        error.message().contains(&id.to_string()) && error.message().contains(&pack),
        "{error}"
    );
}

#[test]
fn damage_is_named_and_another_copy_is_used() {
    let (dir, odb) = empty();
    let bytes = noise(500);
    let id = stored(&odb, &[&bytes])[0];
    let pack = files(dir.path()).remove(0);
    damage(&dir.path().join(&pack), |bytes| bytes[100] ^= 1);
    let damaged = Odb::open(dir.path());
    let error = damaged.find(&id).unwrap_err();
    assert_eq!(error.kind(), Failure::Corrupt);
    assert!(
        error.message().contains(&id.to_string()) && error.message().contains(&pack),
        "{error}"
    );

    // The same object in a second pack, made in a folder that does not know the first.
    let (elsewhere, other) = empty();
    stored(&other, &[&bytes, b"and more"]);
    let name = files(elsewhere.path()).remove(0);
    fs::hard_link(elsewhere.path().join(&name), dir.path().join(&name)).unwrap();
    assert_eq!(damaged.blob(&id).unwrap(), bytes);
    assert_eq!(Odb::open(dir.path()).blob(&id).unwrap(), bytes);
}

#[test]
fn what_is_no_pack_is_named_and_the_others_stay_readable() {
    let (dir, odb) = empty();
    let good = stored(&odb, &[b"good"])[0];
    let lost = stored(&odb, &[b"lost"])[0];
    let names = files(dir.path());
    let home = |id: &Id| {
        let path = |name: &String| dir.path().join(name);
        let holds = |name: &&String| {
            crate::pack::PackReader::open(&fs::read(path(name)).unwrap()[..])
                .unwrap()
                .position(id)
                .is_some()
        };
        path(names.iter().find(holds).unwrap())
    };
    let path = home(&lost);
    damage(&path, |bytes| bytes.truncate(bytes.len() - 1));
    let foreign = dir.path().join("pack-foreign.pack");
    fs::hard_link(&path, &foreign).unwrap();
    let odb = Odb::open(dir.path());
    assert_eq!(odb.blob(&good).unwrap(), b"good");
    assert_eq!(odb.counts().unwrap().damaged, 2);
    let error = odb.find(&lost).unwrap_err();
    assert_eq!(error.kind(), Failure::Corrupt);
    // Storing it again heals it.
    assert_eq!(stored(&odb, &[b"lost"]), [lost]);
    assert_eq!(odb.blob(&lost).unwrap(), b"lost");
}

#[test]
fn a_changed_index_is_not_taken_for_a_missing_object() {
    let (dir, odb) = empty();
    let id = stored(&odb, &[b"here"])[0];
    let path = dir.path().join(files(dir.path()).remove(0));
    // The first byte of the one id: the index begins 32 + 1 + 1 bytes before the footer of 48.
    damage(&path, |bytes| {
        let at = bytes.len() - 48 - 34;
        assert_eq!(bytes[at], id.as_bytes()[0]);
        bytes[at] ^= 1;
    });
    let error = Odb::open(dir.path()).find(&id).unwrap_err();
    assert_eq!(error.kind(), Failure::Corrupt);
}

#[test]
fn a_pack_that_went_away_while_it_was_opened_is_no_error() {
    let (dir, odb) = empty();
    let id = stored(&odb, &[b"kept"])[0];
    let gone = stored(&odb, &[b"gone"])[0];
    assert!(odb.contains(&gone).unwrap());
    let fresh = Odb::open(dir.path());
    let packs = fresh.latest().unwrap();
    let pack = packs.good.iter().find(|pack| pack.reader.position(&gone).is_some()).unwrap();
    crate::fs::remove(&dir.path().join(pack.id.file_name())).unwrap();
    // Mapped packs stay readable to those who have them open.
    assert_eq!(odb.blob(&gone).unwrap(), b"gone");
    let late = Odb::open(dir.path());
    assert_eq!(late.blob(&id).unwrap(), b"kept");
    assert_eq!(late.find(&gone).unwrap(), None);
}

#[test]
fn a_circle_of_bases_ends() {
    use crate::pack::{EncodedEntry, EntryBase, EntryContent, PackWriter};
    let (dir, odb) = empty();
    let bytes: [&[u8]; 2] = [b"the first of two similar texts", b"the second of two similar texts"];
    let ids = bytes.map(Id::of_blob);
    let mut writer = PackWriter::new(Vec::new());
    for n in 0..2 {
        let prefix = [bytes[1 - n], &noise(40)].concat().repeat(3);
        let content = &prefix[..80];
        let entry = EncodedEntry::new(
            EntryContent::Object(ObjectKind::Blob),
            content,
            Some((EntryBase::Id(ids[1 - n]), &prefix)),
            1,
        );
        assert!(entry.has_base());
        writer.append(&[ids[n]], &entry).unwrap();
    }
    let (pack, id) = writer.finish().unwrap();
    fs::write(dir.path().join(id.file_name()), &pack).unwrap();
    assert_eq!(odb.find(&ids[0]).unwrap_err().kind(), Failure::Corrupt);
}
