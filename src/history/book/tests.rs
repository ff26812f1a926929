//! A book comes back as it was stored, and nothing that was put into it is lost.

use super::*;
use crate::object::Memory;
use proptest::prelude::*;
use serde_json::json;

fn body(text: &str) -> PushedBody {
    let body = json!({"name": "a", "description": text});
    let Value::Object(body) = body else { unreachable!() };
    PushedBody { by: "ana@example.com".into(), at_ms: 5, body }
}

#[test]
fn an_unknown_entry_is_damage() {
    let mut memory = Memory::default();
    let blob = memory.put_blob(b"x".to_vec(), None).unwrap();
    let tree = Tree::new(vec![TreeEntry::file("stranger", blob)]).unwrap();
    let id = memory.put_tree(&tree, None).unwrap();
    assert!(Book::load(&memory, Some(id)).unwrap_err().message().contains("stranger"));
}

#[test]
fn personas_and_manifests_have_their_own_folders() {
    let mut memory = Memory::default();
    let mut book = Book::default();
    let text = memory.put_blob(b"You are Ava.".to_vec(), None).unwrap();
    let (by, txn) = ("a".to_owned(), "t".to_owned());
    let entry = PersonaEntry { number: 3, by, at_ms: 1, draft: false, is_object: false, txn };
    book.add_persona(&mut memory, entry.clone(), text).unwrap();
    let sent = |hash: &str| SentManifest { project_hash: hash.into(), externals: vec![] };
    for version in [1, 99, 100, 250] {
        book.add_manifest(&mut memory, version, &sent(&version.to_string())).unwrap();
    }
    let root = book.store(&mut memory).unwrap();
    let read = Book::load(&memory, Some(root)).unwrap();
    assert_eq!(read.pending.personas, [entry]);
    assert_eq!(read.persona(&memory, 3).unwrap(), Some(text));
    assert_eq!(read.persona(&memory, 4).unwrap(), None);
    for version in [1, 99, 100, 250] {
        assert_eq!(
            read.manifest(&memory, version).unwrap(),
            Some(sent(&version.to_string())),
            "{version}"
        );
    }
    assert_eq!(read.manifest(&memory, 2).unwrap(), None);
}

proptest! {
    #[test]
    fn every_pushed_body_can_be_read_again(
        pushed in proptest::collection::vec(("[a-c]", "[ab]", 0u8..20, ".{0,20}"), 0..20)
    ) {
        let mut memory = Memory::default();
        let mut root = None;
        let mut expected = std::collections::BTreeMap::new();
        for (folder, name, number, text) in &pushed {
            let (key, number) = (format!("{folder}/{name}"), format!("1.0.{number}"));
            let mut book = Book::load(&memory, root).unwrap();
            book.add_body(&mut memory, (&key, &number), &body(text)).unwrap();
            root = Some(book.store(&mut memory).unwrap());
            expected.insert((key, number), body(text));
        }
        let book = Book::load(&memory, root).unwrap();
        for ((key, number), body) in &expected {
            let found = book.body(&memory, key, number).unwrap();
            prop_assert_eq!(found.as_ref(), Some(body));
            prop_assert!(book.numbers(&memory, key).unwrap().contains(number));
        }
        let keys: std::collections::BTreeSet<_> = expected.keys().map(|(key, _)| key.clone()).collect();
        prop_assert_eq!(book.keys(&memory).unwrap(), keys.into_iter().collect::<Vec<_>>());
        prop_assert!(book.body(&memory, "a/none", "1.0.0").unwrap().is_none());
    }
}
