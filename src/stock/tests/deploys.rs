//! A number that is deployed alone, and what stays beside it.

use super::*;

fn publish(shop: &Shop, name: &str, number: &str) -> String {
    format!("PUT /developer/skills/shop/{}/{number}/publish", shop.skill(name))
}

#[test]
fn a_deploy_is_a_version_with_this_one_number_and_it_is_live() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "new");
    shop.push("other", "1.0.1", "not deployed");
    shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL), ("src/extra.ts", "//\n")]);
    let line = publish(&shop, "user-skill", "1.0.2");
    let answer = shop.ok(&line, json!({}));
    assert_eq!((&answer["agentVersion"], &answer["activeVersionId"]), (&json!(2), &json!("1.0.2")));
    assert_eq!(shop.active(), Some(2));
    let skills = shop.skills(2);
    assert_eq!(Value::Object(skills), json!({"user-skill": "1.0.2"}));
    // Numbers that were not deployed are in the newest source version again, with its files.
    let rows = shop.get("/developer/agents/shop/backup/versions");
    let causes: Vec<&Value> =
        rows["versions"].as_array().unwrap().iter().map(|row| &row["triggeredBy"]).collect();
    assert_eq!(
        causes[..2],
        ["deploy skill user-skill 1.0.2: as v2", "deploy skill user-skill 1.0.2"]
    );
    let newest = shop.get("/developer/agents/shop/backup/manifest");
    let paths: Vec<&Value> =
        newest["files"].as_array().unwrap().iter().map(|file| &file["relativePath"]).collect();
    assert!(paths.contains(&&json!("src/extra.ts")), "{newest}");
    assert_eq!(shop.version(4)["version"], 3);
    assert_eq!(shop.skills(3)["other"], "1.0.1");
}

#[test]
fn a_number_that_is_live_is_deployed_once() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "new");
    shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
    let line = publish(&shop, "user-skill", "1.0.2");
    let answer = shop.ok(&line, json!({}));
    // A `PUT` that is sent again has no key.
    assert_eq!(shop.ok(&line, json!({})), answer);
    assert_eq!(shop.get("/developer/agents/shop/versions").as_array().unwrap().len(), 2);
    assert_eq!(shop.active(), Some(2));
}

#[test]
fn after_a_deploy_the_document_is_that_of_the_live_version() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "new");
    shop.ok("POST /developer/agents/shop/persona/version", json!({"persona": "You are Bo."}));
    let persona = SKILL.replace("Ava", "Bo");
    shop.back_up(&[("src/index.ts", &persona), ("src/greet.ts", TOOL)]);
    assert_eq!(
        shop.get("/developer/agents/shop/persona/versions")["versions"][0]["isCurrent"],
        true
    );
    let line = publish(&shop, "user-skill", "1.0.2");
    shop.ok(&line, json!({}));
    let diff = shop.get("/developer/agents/shop/versions/diff?from=1&to=2");
    assert_eq!(diff["persona"], Value::Null, "a deploy of a skill deploys no persona");
    let rows = shop.get("/developer/agents/shop/persona/versions");
    let current = rows["versions"].as_array().unwrap().iter().find(|row| row["isCurrent"] == true);
    assert_eq!(current.unwrap()["persona"], "You are Ava.");
}

#[test]
fn what_cannot_be_deployed_is_refused() {
    let mut shop = Shop::new();
    shop.push("user-skill", "1.0.1", "d");
    let line = publish(&shop, "user-skill", "1.0.1");
    let refused = shop.refused(&line, json!({}));
    assert_eq!((refused.0, &*refused.1), (409, "CONFLICT"));
    assert!(refused.2.starts_with("no version is active"), "{}", refused.2);
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "d");
    let line = publish(&shop, "user-skill", "1.0.2");
    assert_eq!(shop.refused(&line, json!({})).1, "SOURCE_MISSING");
    assert_eq!(shop.active(), Some(1));
}

#[test]
fn a_primitive_is_created_by_its_name_alone() {
    let mut shop = Shop::live();
    let before = shop.get("/developer/skills/shop");
    let made = shop.ok("POST /developer/skills/shop", json!({"name": "user-skill"}));
    assert_eq!(made["id"], json!(shop.skill("user-skill")));
    assert_eq!(
        shop.ok("POST /developer/skills/shop", json!({"name": "never-pushed"}))["id"],
        json!(shop.skill("never-pushed"))
    );
    assert_eq!(shop.get("/developer/skills/shop"), before);
}

#[test]
fn what_a_lua_store_client_purges_leaves_the_working_document() {
    let mut shop = Shop::live();
    shop.ok("POST /developer/agents/shop/persona/version", json!({"persona": "You are Bo."}));
    let tool = crate::object::Id::of_blob(TOOL.as_bytes());
    let purge = crate::protocol::PurgeRequest {
        by: "ana@x.com".into(),
        at_ms: shop.now_ms as i64,
        reason: "leaked".into(),
        objects: vec![crate::protocol::PurgedBlob {
            object: tool,
            bytes: TOOL.len() as u64,
            path: "src/greet.ts".into(),
            json: false,
        }],
    };
    let tx = crate::protocol::Transaction {
        txn: crate::protocol::TxnId([9; 16]),
        pack: None,
        source: None,
        versions: None,
        active: None,
        purge: Some(purge),
    };
    let done = shop.service.store().transact(&shop.agent, &tx).unwrap();
    assert!(matches!(done, crate::protocol::TxnOutcome::Done(_)));
    let rows = shop.get("/developer/agents/shop/persona/versions");
    assert_eq!(
        (&rows["versions"][0]["persona"], &rows["versions"][0]["isCurrent"]),
        (&json!("You are Bo."), &json!(true))
    );
    assert_eq!(shop.version(1)["version"], 2);
    let diff = shop.get("/developer/agents/shop/versions/diff?from=1&to=2");
    assert_eq!(diff["persona"]["to"], "You are Bo.");
}
