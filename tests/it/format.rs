//! `docs/format.md` against the code: the store that the document shows is made, and compared byte for byte.

use lua_store::internals::object::{Id, Sink, Tree};
use lua_store::internals::progress::Progress;
use lua_store::internals::store::{Active, Heads, RemoteTracking, Store, refs};
use std::collections::BTreeMap;
use std::path::Path;

/// The blocks of the document that show a whole file, by the file's name.
fn shown() -> BTreeMap<String, String> {
    let document = include_str!("../../docs/format.md");
    let blocks = document.split("\n```text .lua/").skip(1);
    let block = |block: &str| {
        let (name, rest) = block.split_once('\n').unwrap();
        (name.to_owned(), rest[..rest.find("```").unwrap()].to_owned())
    };
    blocks.map(block).collect()
}

/// Every text file of a store, by its name in it.
fn written(dir: &Path) -> BTreeMap<String, String> {
    let files = walkdir::WalkDir::new(dir)
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| e.file_type().is_file());
    let named = files.map(|file| {
        let name = file.path().strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
        (name, lua_store::internals::fs::read(file.path()).unwrap())
    });
    named
        .filter(|(name, _)| !["lock", "packed-refs"].contains(&name.as_str()))
        .filter(|(name, _)| !name.starts_with("objects/"))
        .map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap()))
        .collect()
}

#[test]
fn the_document_shows_the_bytes_that_the_program_writes() {
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    let [one, two, three] = ["one", "two", "three"].map(|text| Id::of_blob(text.as_bytes()));
    let lock = store.lock().unwrap();
    assert_eq!(store.refs().append(&lock, refs::SOURCE, one).unwrap(), 1);
    assert_eq!(store.refs().append(&lock, refs::SOURCE, two).unwrap(), 2);
    assert_eq!(store.refs().append(&lock, refs::VERSIONS, one).unwrap(), 1);
    store.refs().pack_refs(&lock).unwrap();
    assert_eq!(store.refs().append(&lock, refs::SOURCE, three).unwrap(), 3);
    let active = Active { version: Some(1), ledger: two };
    store.swap_active(&lock, None, &active).unwrap();
    let (source, versions) = (vec![one, two], vec![one]);
    let tracking = RemoteTracking {
        etag: "\"7\"".to_owned(),
        heads: Heads { source, versions, active: Some(active) },
        ..RemoteTracking::default()
    };
    store.set_remote(&lock, "origin", &tracking).unwrap();
    let mut config = store.config().unwrap();
    config.set_agent("agent_1234");
    config.set_author("ada@example.com");
    config.set_git_enabled(true);
    config.set_remote("origin", "https://store.example.com/agent_1234", false).unwrap();
    config.save(&lock).unwrap();
    assert_eq!(shown(), written(store.dir()));
}

/// The table is put together here from the tables of the document.
#[test]
fn the_document_describes_packed_refs() {
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    let [one, two] = ["one", "two"].map(|text| Id::of_blob(text.as_bytes()));
    let lock = store.lock().unwrap();
    for (series, id) in [(refs::SOURCE, one), (refs::SOURCE, two), (refs::VERSIONS, one)] {
        store.refs().append(&lock, series, id).unwrap();
    }
    store.refs().pack_refs(&lock).unwrap();
    let sealed = |mut bytes: Vec<u8>| {
        let checksum = *blake3::hash(&bytes).as_bytes();
        bytes.extend(checksum);
        bytes
    };
    let block = |series: u8, position: u8, ids: &[Id]| {
        let mut bytes = vec![series, ids.len() as u8, position, 0, 0, 0, 0, 0];
        for (number, id) in (1u64..).zip(ids) {
            bytes.extend(number.to_le_bytes());
            bytes.extend(id.as_bytes());
        }
        bytes.resize(8 + 64 * 40, 0);
        sealed(bytes)
    };
    let blocks = [block(0, 0, &[one, two]), block(1, 1, &[one])];
    let mut header = b"lua-store packed-refs 2\n".to_vec();
    header.extend([2u64, 1, 0, 0].into_iter().flat_map(u64::to_le_bytes));
    header.extend([0; 32]);
    let checksums: Vec<u8> = blocks.iter().flat_map(|block| block[2568..].to_vec()).collect();
    header.extend(blake3::hash(&checksums).as_bytes());
    let expected = [sealed(header), blocks.concat()].concat();
    let written = std::fs::read(store.dir().join("packed-refs")).unwrap();
    assert_eq!(written, expected);
    let shown = hex("packed-refs");
    assert_eq!(shown.len(), 152 + 8 + 2 * 40);
    assert_eq!(shown, written[..shown.len()]);
}

#[test]
fn the_document_shows_the_lines_of_a_bundle() {
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    let mut batch = store.batch();
    let empty = batch.put_tree(&Tree::default(), None).unwrap();
    batch.commit().unwrap();
    let file = project.path().join("bundle");
    let heads = Heads { source: vec![empty], ..Heads::default() };
    store.bundle(&heads, &[], &file, &Progress::default()).unwrap();
    let document = include_str!("../../docs/format.md");
    let (_, block) = document.split_once("\n```text bundle\n").unwrap();
    let lines = &block[..block.find("```").unwrap()];
    let bytes = std::fs::read(file).unwrap();
    assert_eq!(String::from_utf8_lossy(&bytes[..lines.len()]), lines);
    let pack = blake3::hash(&bytes[lines.len()..]);
    assert!(lines.contains(&format!("\npack: {pack}\n")));
}

/// The bytes of a block that is headed `hex NAME`.
fn hex(name: &str) -> Vec<u8> {
    let document = include_str!("../../docs/format.md");
    let (_, block) = document.split_once(&format!("\n```hex {name}\n")).unwrap();
    let digits = block[..block.find("```").unwrap()].split_whitespace();
    digits.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

#[test]
fn the_document_shows_a_record_as_it_is_encoded() {
    use lua_store::internals::history::record::{self, Event, LedgerRecord};
    let shown =
        LedgerRecord { event: Event::Promote, by: "ada".to_owned(), at_ms: 1, reason: None };
    assert_eq!(record::encode(&shown), hex("ledger record"));
    assert_eq!(record::decode::<LedgerRecord>(&hex("ledger record"), "record").unwrap(), shown);
}

#[test]
fn the_document_shows_the_pack_of_active() {
    use lua_store::internals::history::ledger;
    use lua_store::internals::history::record::{Event, LedgerRecord};
    use lua_store::internals::object::Memory;
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    let (lock, version) = (store.lock().unwrap(), Id::of_tree(&Tree::default().encode()));
    store.refs().append(&lock, refs::VERSIONS, version).unwrap();
    let record =
        LedgerRecord { event: Event::Promote, by: "ada".to_owned(), at_ms: 1, reason: None };
    let mut objects = Memory::default();
    let ledger = ledger::append(&mut objects, &record, version, None).unwrap();
    let active = Active { version: Some(1), ledger };
    let look = store.read_heads_under(&lock).unwrap();
    store.append_record((&lock, &look), None, &active, &objects).unwrap();
    let written = std::fs::read(store.dir().join("ACTIVE")).unwrap();
    let lines = format!("ref: refs/versions/v1\nledger: {ledger}\n");
    let pack = written.strip_prefix(lines.as_bytes()).unwrap();
    assert_eq!(pack, hex("ACTIVE"));
    assert_eq!(std::fs::read(store.dir().join("cache/records")).unwrap(), pack);
    assert_eq!(std::fs::read(store.dir().join("format")).unwrap(), b"lua-store 3\n");
}
