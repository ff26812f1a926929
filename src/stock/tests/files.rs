//! Files of a project: what a client sends, what its walker cannot see, and which bytes a key means.

use super::*;
use crate::history::record::SourceRecord;
use crate::history::source;
use crate::history::state::State;
use crate::object::{Id, Mode, Sink, Source, leaves, nest};
use crate::protocol::TxnId;
use crate::remote_store::{AgentEdit, EditRequest};

pub const CREATE: &str = "POST /developer/agents/shop/backup/manifest";

/// A source version as a push of `lua-store` makes it.
pub fn pushed_by_store(shop: &mut Shop, files: &[(&str, Mode, &[u8])]) {
    shop.now_ms += 1_000;
    let at_ms = shop.now_ms as i64;
    let asked = EditRequest {
        txn: TxnId(u128::from(shop.now_ms).to_be_bytes()),
        request: [1; 16],
        by: None,
        now_ms: shop.now_ms,
    };
    let make = &mut |ground: crate::remote_store::EditGround<'_>,
                     batch: &mut crate::store::Batch| {
        let mut list = Vec::new();
        for (path, mode, bytes) in files {
            list.push((*path, *mode, batch.put_blob(bytes.to_vec(), None)?));
        }
        let files = nest(batch, &list, None)?;
        let newest = ground.heads.source.last();
        let newest = newest.map(|id| {
            source::SourceVersion::load(ground.objects, ground.heads.source.len() as u64, *id)
        });
        let state = match newest.transpose()? {
            Some(newest) => newest.state,
            None => State::default().store(batch, None)?,
        };
        let record = SourceRecord {
            by: "bo@x.com".into(),
            at_ms,
            triggered_by: "push".into(),
            message: None,
            highest: Default::default(),
            unread: None,
        };
        let id = source::put(batch, &record, state, files, None)?;
        Ok((Some(AgentEdit { source: vec![id], ..AgentEdit::default() }), ()))
    };
    shop.service.store().edit(&shop.agent, &asked, make).unwrap();
}

/// Paths, modes and bytes of a source version.
pub fn stored(shop: &Shop, number: u64) -> Vec<(String, Mode, Vec<u8>)> {
    let read = |look: &super::super::service::Look<'_>| {
        let row = look.view.source(number).unwrap();
        let list = leaves(look.objects, row.files)?;
        let one = |(path, mode, id): (String, Mode, Id)| Ok((path, mode, look.objects.blob(&id)?));
        Ok(list.into_iter().map(one).collect::<crate::error::Result<Vec<_>>>()?)
    };
    shop.service.read(&shop.agent, read).unwrap()
}

fn paths(shop: &Shop, number: u64) -> Vec<String> {
    stored(shop, number).into_iter().map(|(path, ..)| path).collect()
}

#[test]
fn files_that_the_walker_cannot_see_stay_and_others_go() {
    let mut shop = Shop::new();
    let large = vec![b'x'; 300 << 10];
    pushed_by_store(
        &mut shop,
        &[
            (".env.example", Mode::File, b"A="),
            ("gone.md", Mode::File, b"seen, and not sent any more"),
            ("large.txt", Mode::File, &large),
            ("link", Mode::Symlink, b"src"),
            ("package-lock.json", Mode::File, b"{}"),
            ("run.sh", Mode::Executable, b"#!/bin/sh\n"),
            ("src/greet.test.ts", Mode::File, b"test"),
            ("src/index.ts", Mode::File, b"old"),
        ],
    );
    shop.back_up(&[("run.sh", "#!/bin/bash\n"), ("src/index.ts", SKILL)]);
    let expected = [
        ".env.example",
        "large.txt",
        "link",
        "package-lock.json",
        "run.sh",
        "src/greet.test.ts",
        "src/index.ts",
    ];
    assert_eq!(paths(&shop, 2), expected);
    let files = stored(&shop, 2);
    let of = |path: &str| files.iter().find(|(other, ..)| other == path).unwrap();
    assert_eq!((of("run.sh").1, &*of("run.sh").2), (Mode::Executable, &b"#!/bin/bash\n"[..]));
    assert_eq!(of("link").1, Mode::Symlink);
    assert_eq!(of("large.txt").2, large);
    // The command gets all regular files back.
    let got = shop.get("/developer/agents/shop/backup/manifest?version=2");
    let listed: Vec<&str> = got["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["relativePath"].as_str().unwrap())
        .collect();
    assert_eq!(
        listed,
        expected.iter().filter(|path| **path != "link").copied().collect::<Vec<_>>()
    );
}

#[test]
fn a_rollback_takes_what_cannot_be_seen_from_the_version_it_goes_back_to() {
    let mut shop = Shop::new();
    pushed_by_store(
        &mut shop,
        &[("package-lock.json", Mode::File, b"one"), ("a.ts", Mode::File, b"1")],
    );
    pushed_by_store(
        &mut shop,
        &[("package-lock.json", Mode::File, b"two"), ("a.ts", Mode::File, b"2")],
    );
    shop.back_up_as("rollback to v1", &[("a.ts", "1")]);
    let lock = |shop: &Shop, number| {
        stored(shop, number).into_iter().find(|(path, ..)| path == "package-lock.json").unwrap().2
    };
    assert_eq!(lock(&shop, 3), b"one");
    shop.back_up(&[("a.ts", "1")]);
    assert_eq!(lock(&shop, 4), b"one");
}

#[test]
fn only_primitives_that_were_pushed_are_taken_anew_and_the_record_names_the_others() {
    let mut shop = Shop::live();
    let other = SKILL.replace("description: 'd'", "description: 'changed in the files'");
    shop.back_up(&[("src/index.ts", &other), ("src/greet.ts", TOOL)]);
    let message = |shop: &Shop, number| {
        let read = |look: &super::super::service::Look<'_>| {
            Ok(look.view.source(number).unwrap().record.message.clone())
        };
        shop.service.read(&shop.agent, read).unwrap()
    };
    assert_eq!(message(&shop, 2).unwrap(), "skill user-skill: not pushed, and other in the files");
    let refused =
        shop.refused("POST /developer/agents/shop/versions", json!({"sourceManifestVersion": 2}));
    assert_eq!(refused.1, "NO_STAGED_CHANGES");
    shop.push("user-skill", "1.0.2", "the body says this");
    shop.back_up(&[("src/index.ts", &other), ("src/greet.ts", TOOL)]);
    assert_eq!(
        message(&shop, 3).unwrap(),
        "skill user-skill: description, inputSchema of tool greet as pushed, not as in the files"
    );
}

#[test]
fn a_deleted_primitive_is_left_out_though_the_files_have_it() {
    let mut shop = Shop::live();
    let line = format!("DELETE /developer/skills/shop/{}", shop.skill("user-skill"));
    shop.ok(&line, Value::Null);
    shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
    shop.version(2);
    assert!(shop.skills(2).is_empty());
}

#[test]
fn files_outside_of_the_project_are_given_back_and_never_in_its_tree() {
    let mut shop = Shop::new();
    let mut body = shop.manifest("push", &[("src/index.ts", SKILL), ("../shared/a.ts", "//\n")]);
    body["files"][1]["external"] = true.into();
    body["files"][1]["relativePath"] = "packages/shared/a.ts".into();
    body["projectHash"] = "abcd".into();
    shop.ok(CREATE, body.clone());
    assert_eq!(paths(&shop, 1), ["src/index.ts"]);
    let got = shop.get("/developer/agents/shop/backup/manifest?version=1");
    assert_eq!(got["projectHash"], "abcd");
    assert_eq!(got["files"][1]["external"], true);
    assert_eq!(got["files"][1]["relativePath"], "packages/shared/a.ts");
    let key = got["files"][1]["hash"].as_str().unwrap().to_owned();
    let read = |look: &super::super::service::Look<'_>| {
        let id = look.book.external(look.objects, &key)?.unwrap();
        Ok(look.objects.blob(&id)?)
    };
    assert_eq!(shop.service.read(&shop.agent, read).unwrap(), b"//\n");
}

#[test]
fn a_secret_is_kept_and_named_unless_the_server_refuses_it() {
    let mut shop = Shop::new();
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n";
    shop.refuses_secrets = true;
    let body = shop.manifest("push", &[("config/id_rsa", key), ("src/index.ts", SKILL)]);
    let refused = shop.refused(CREATE, body.clone());
    assert!(refused.0 == 409 && refused.2.contains("config/id_rsa"), "{refused:?}");
    assert!(!refused.2.contains("MIIEow"), "{refused:?}");
    shop.refuses_secrets = false;
    shop.ok(CREATE, body);
    assert_eq!(paths(&shop, 1), ["config/id_rsa", "src/index.ts"]);
    let read = |look: &super::super::service::Look<'_>| {
        Ok(look.view.source(1).unwrap().record.message.clone())
    };
    assert!(shop.service.read(&shop.agent, read).unwrap().unwrap().contains("config/id_rsa"));
}

#[test]
fn a_list_has_the_newest_twenty_numbers_and_the_live_one() {
    let mut shop = Shop::live();
    for number in 2..=30 {
        shop.push("user-skill", &format!("1.0.{number}"), "d");
    }
    let list = shop.get("/developer/skills/shop");
    let numbers: Vec<&str> = list["skills"][0]["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["version"].as_str().unwrap())
        .collect();
    let newest: Vec<String> = (11..=30).map(|number| format!("1.0.{number}")).collect();
    assert_eq!((numbers[0], numbers.len()), ("1.0.1", 21));
    assert_eq!(numbers[1..], newest);
    assert_eq!(list["skills"][0]["versions"][0]["active"], true);
}

#[test]
fn what_may_not_be_kept_is_in_no_object() {
    let mut shop = Shop::live();
    let line = |kind: &str, word: &str, name: &str| {
        let kind_of = crate::model::kind::Kind::named(word).unwrap();
        format!(
            "POST /developer/{kind}/shop/{}/version",
            ids::of(&"shop".parse().unwrap(), kind_of, name)
        )
    };
    shop.ok(
        &line("webhooks", "webhook", "pay"),
        json!({"name": "pay", "version": "1.0.1", "secret": "never-kept-1"}),
    );
    shop.ok(&line("workflows", "workflow", "flow"),
        json!({"name": "flow", "version": "1.0.1", "envOverlay": {"A": "never-kept-2"}, "env": {"B": "never-kept-3"}}));
    let read = |look: &super::super::service::Look<'_>| {
        let mut bodies = Vec::new();
        for key in look.book.keys(look.objects)? {
            for number in look.book.numbers(look.objects, &key)? {
                bodies.push(
                    serde_json::to_string(&look.book.body(look.objects, &key, &number)?.unwrap())
                        .unwrap(),
                );
            }
        }
        Ok(bodies)
    };
    let bodies = shop.service.read(&shop.agent, read).unwrap();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| !body.contains("never-kept")), "{bodies:?}");
}

/// Names in the list of a kind.
fn listed(shop: &mut Shop, kind: &str) -> Vec<String> {
    let list = shop.get(&format!("/developer/{kind}/shop"));
    let rows = list.as_object().unwrap().values().next().unwrap().as_array().unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_list_has_what_was_pushed_since_and_not_what_was_deleted() {
    let mut shop = Shop::live();
    shop.push("more", "1.0.1", "d");
    assert_eq!(listed(&mut shop, "skills"), ["more", "user-skill"]);
    let more = shop.get("/developer/skills/shop")["skills"][0].clone();
    assert_eq!(
        (&more["versions"][0]["version"], &more["activeVersionId"]),
        (&json!("1.0.1"), &Value::Null)
    );
    // The versions of a voice are sent without its name.
    shop.ok("POST /developer/voice-agents/shop", json!({"name": "line"}));
    assert_eq!(listed(&mut shop, "voice-agents"), ["line"]);
    let gone = format!("DELETE /developer/skills/shop/{}", shop.skill("user-skill"));
    shop.ok(&gone, Value::Null);
    assert_eq!(listed(&mut shop, "skills"), ["more"]);
}

#[test]
fn every_kind_is_served_alike() {
    let mut shop = Shop::new();
    for route in &crate::model::kind_routes::KIND_ROUTES {
        let name = format!("my-{}", route.kind.word);
        let list = format!("/developer/{}/shop", route.path);
        let made = shop.ok(&format!("POST {list}"), json!({"name": name}));
        let id = made["id"].as_str().unwrap().to_owned();
        let body = json!({"name": name, "version": "1.0.1", "description": "d"});
        shop.ok(&format!("POST {list}/{id}/version"), body);
        let listed = shop.get(&list)[route.list_key].clone();
        assert_eq!(
            (&listed[0]["id"], &listed[0]["versions"][0]["version"], &listed[1]),
            (&json!(id), &json!("1.0.1"), &Value::Null),
            "{name}"
        );
        let given = shop.get(&format!("{list}/{id}/versions"));
        let given = given.get("versions").unwrap_or(&given)[0].clone();
        assert_eq!(given["version"], "1.0.1", "{name}");
    }
}
