//! Answers about an agent with a long history: as few objects are read as with a short one.

use super::Shop;
use crate::history::book::{Book, PersonaEntry, PushedBody, SentManifest};
use crate::history::record::{SourceRecord, VersionMeta};
use crate::history::state::{DEFINITION, PersonaId, REACH, State};
use crate::history::{source, version};
use crate::model::kind::KINDS;
use crate::model::numbers::PERSONA;
use crate::object::{Id, Sink, Tree, TreeEntry};
use crate::protocol::TxnId;
use crate::remote_store::{AgentEdit, EditRequest};
use crate::stock::ids;
use crate::store::{Batch, Odb};
use serde_json::{Map, json};

const SKILLS: usize = 30;

fn key(skill: usize) -> String {
    format!("skills/skill-{skill}")
}

fn tree(batch: &mut Batch, files: &[(&str, &str)]) -> Id {
    let mut entries = Vec::new();
    for (name, text) in files {
        let blob = batch.put_blob(text.as_bytes().to_vec(), None).unwrap();
        entries.push(TreeEntry::file(name, blob));
    }
    batch.put_tree(&Tree::new(entries).unwrap(), None).unwrap()
}

/// Adds version `number`, in which each skill has a new number, and the persona too. Every second one came from a stock client.
fn add(batch: &mut Batch, book: &mut Book, edit: &mut AgentEdit, number: u64) {
    let by = "ana@example.com".to_owned();
    let at_ms = number as i64;
    let skill = tree(batch, &[(DEFINITION, "{}"), (REACH, "{}")]);
    let text = batch.put_blob(b"You are Ava.".to_vec(), None).unwrap();
    let settings = batch.put_blob(b"{\"name\":\"shop\"}".to_vec(), None).unwrap();
    let persona = Some(PersonaId { id: text, is_object: false });
    let mut state = State { settings: Some(settings), persona, ..State::default() };
    state.numbers.insert(PERSONA.to_owned(), number.to_string());
    for nth in 0..SKILLS {
        state.primitives.insert(key(nth), skill);
        state.numbers.insert(key(nth), format!("1.0.{number}"));
        let body = Map::from_iter([("name".to_owned(), json!(format!("skill-{nth}")))]);
        let pushed = PushedBody { by: by.clone(), at_ms, body };
        book.add_body(batch, (&key(nth), &format!("1.0.{number}")), &pushed).unwrap();
    }
    let state = state.store(batch, None).unwrap();
    let files = tree(batch, &[("src.ts", &format!("// {number}\n")), ("package.json", "{}\n")]);
    if number.is_multiple_of(2) {
        let sent = SentManifest { project_hash: format!("{number:064}"), externals: vec![] };
        book.add_manifest(batch, number, &sent).unwrap();
    }
    let txn = String::new();
    let entry = PersonaEntry { number, by: by.clone(), at_ms, draft: false, is_object: false, txn };
    book.add_persona(batch, entry, text).unwrap();
    let record = SourceRecord {
        by: by.clone(),
        at_ms,
        triggered_by: "push".into(),
        message: None,
        highest: Default::default(),
        unread: None,
    };
    edit.source.push(source::put(batch, &record, state, files, None).unwrap());
    let meta = VersionMeta {
        by,
        at_ms,
        message: None,
        commit: None,
        source_version: number,
        unread: None,
    };
    edit.versions.push(version::put(batch, &meta, state, files, None).unwrap());
}

/// An agent with so many versions.
fn grown(count: u64) -> Shop {
    let shop = Shop::new();
    let asked = EditRequest { txn: TxnId([1; 16]), request: [1; 16], by: None, now_ms: 1 };
    shop.service
        .store()
        .edit(&shop.agent, &asked, &mut |_, batch| {
            let (mut book, mut edit) = (Book::default(), AgentEdit::default());
            (1..=count).for_each(|number| add(batch, &mut book, &mut edit, number));
            book.pending.clear();
            book.pending.seen.source = count;
            edit.book = Some(book.store(batch)?);
            Ok((Some(edit), ()))
        })
        .unwrap();
    shop
}

fn addresses(count: u64) -> Vec<String> {
    let skill = ids::of(&"shop".parse().unwrap(), &KINDS[0], "skill-7");
    let below = |rest: &str| format!("/developer/agents/shop/{rest}");
    vec![
        "/developer/skills/shop".to_owned(),
        "/developer/jobs/shop".to_owned(),
        format!("/developer/skills/shop/{skill}/versions"),
        "/admin/agents/shop".to_owned(),
        below("mcp-servers"),
        below("persona/versions"),
        below("backup"),
        below("backup/manifest"),
        below("backup/manifest?version=3"),
        below("backup/versions?all=true"),
        below("versions?all=true&status=all"),
        below(&format!("versions/{count}")),
        below("versions/3"),
        below(&format!("versions/diff?from=3&to={count}")),
    ]
}

/// Objects that each answer reads when it is given again.
fn reads(shop: &mut Shop, count: u64) -> Vec<(String, u64)> {
    let addresses = addresses(count);
    for address in &addresses {
        shop.get(address);
    }
    let read = |address: &String| {
        let before = Odb::objects_read();
        shop.get(address);
        (address.replace(&count.to_string(), "N"), Odb::objects_read() - before)
    };
    addresses.iter().map(read).collect()
}

/// An answer reads as many objects of 500 versions as of 10, and the list of 30 skills has their newest numbers alone.
#[test]
fn answers_about_500_versions_cost_as_much_as_about_10() {
    let mut shop = grown(500);
    let (few, many) = (reads(&mut grown(10), 10), reads(&mut shop, 500));
    assert!(few.iter().any(|(_, count)| *count > 0), "{few:?}");
    for (few, many) in few.iter().zip(&many) {
        assert!(many.1 <= few.1, "{}: {} objects, and {} of 10 versions", many.0, many.1, few.1);
    }
    let list = shop.get("/developer/skills/shop");
    let bytes = list.to_string().len();
    assert!(bytes <= 100_000, "{bytes} bytes");
    let skills = list["skills"].as_array().unwrap();
    assert_eq!(skills.len(), SKILLS);
    let rows = skills[7]["versions"].as_array().unwrap().iter();
    let numbers: Vec<&str> = rows.map(|one| one["version"].as_str().unwrap()).collect();
    let expected: Vec<String> = (481..=500).map(|number| format!("1.0.{number}")).collect();
    assert_eq!(numbers, expected);
}
