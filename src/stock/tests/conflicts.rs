//! A version is made of what its author knows, or not at all.

use super::*;

const VERSIONS: &str = "POST /developer/agents/shop/versions";

fn files(comment: &str) -> [(&'static str, String); 2] {
    [("src/index.ts", format!("{SKILL}// {comment}\n")), ("src/greet.ts", TOOL.to_owned())]
}

fn back_up(shop: &mut Shop, comment: &str) {
    let files = files(comment);
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    shop.back_up(&files);
}

#[test]
fn a_version_of_files_that_somebody_replaced_is_refused_with_the_name() {
    let mut shop = Shop::live();
    shop.by("bo@x.com").push("user-skill", "1.0.2", "bo");
    back_up(&mut shop, "bo");
    let refused = shop.by("ana@x.com").refused(VERSIONS, json!({"sourceManifestVersion": 1}));
    assert_eq!((refused.0, &*refused.1), (409, "SOURCE_OUTDATED"));
    assert_eq!(
        refused.2,
        "bo@x.com pushed backup v2 after your v1, with other files; run `lua pull` to get them, then push and create \
         the version again"
    );
    // Nothing was made, and who knows the files may go on.
    assert_eq!(shop.get("/developer/agents/shop/versions").as_array().unwrap().len(), 1);
    assert_eq!(shop.version(2)["version"], 2);
}

#[test]
fn a_backup_with_the_same_files_is_no_reason_to_refuse() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "d");
    shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
    let made = shop.version(1);
    assert_eq!((&made["version"], &made["sourceManifestVersion"]), (&json!(2), &json!(2)));
    assert_eq!(shop.skills(2)["user-skill"], "1.0.2");
}

#[test]
fn a_version_without_the_sources_of_a_number_is_refused() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "d");
    let refused = shop.refused(VERSIONS, json!({"sourceManifestVersion": 1}));
    assert_eq!((refused.0, &*refused.1), (409, "SOURCE_MISSING"));
    assert_eq!(
        refused.2,
        "skills/user-skill 1.0.2 was pushed after backup v1, so that its sources are not known; run `lua push \
         backup --force --fresh`"
    );
    back_up(&mut shop, "now known");
    assert_eq!(shop.version(2)["version"], 2);
}

#[test]
fn a_version_of_nothing_new_is_refused_and_a_new_number_is_something_new() {
    let mut shop = Shop::live();
    let refused = shop.refused(VERSIONS, json!({"sourceManifestVersion": 1}));
    assert_eq!(
        (refused.0, &*refused.1, &*refused.2),
        (409, "NO_STAGED_CHANGES", "nothing changed since v1")
    );
    // Other files alone are no other state.
    back_up(&mut shop, "a comment of the entry file");
    let refused = shop.refused(VERSIONS, json!({"sourceManifestVersion": 2}));
    assert_eq!(refused.1, "NO_STAGED_CHANGES");
    shop.push("user-skill", "1.0.2", "d");
    back_up(&mut shop, "again");
    shop.version(3);
    let diff = shop.get("/developer/agents/shop/versions/diff?from=1&to=2");
    let changed = &diff["skills"]["changed"];
    assert_eq!(changed.as_array().unwrap().len(), 1, "{diff}");
    assert_eq!(
        (&changed[0]["from"], &changed[0]["to"]),
        (&json!({"version": "1.0.1"}), &json!({"version": "1.0.2"}))
    );
    assert_eq!(changed[0]["sameContent"], true);
    assert_eq!(diff["persona"], Value::Null);
}

#[test]
fn another_content_differs_and_the_body_counts() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "other than the files");
    shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
    shop.version(2);
    let diff = shop.get("/developer/agents/shop/versions/diff?from=1&to=2");
    assert_eq!(diff["skills"]["changed"][0]["sameContent"], false);
    let rows = shop.get("/developer/agents/shop/backup/versions");
    assert_eq!(rows["versions"].as_array().unwrap().len(), 2);
}

#[test]
fn persona_and_model_make_one_more_source_version_in_the_same_swap() {
    let mut shop = Shop::live();
    shop.ok("POST /developer/agents/shop/persona/version", json!({"persona": "You are Bo."}));
    let made = shop.version(1);
    assert_eq!((&made["version"], &made["sourceManifestVersion"]), (&json!(2), &json!(2)));
    let rows = shop.get("/developer/agents/shop/backup/versions");
    assert_eq!(rows["versions"][0]["triggeredBy"], "version create");
    let diff = shop.get("/developer/agents/shop/versions/diff?from=1&to=2");
    let persona =
        json!({"from": "You are Ava.", "fromVersion": 1, "to": "You are Bo.", "toVersion": 2});
    assert_eq!(diff["persona"], persona);
}

#[test]
fn unknown_fields_are_refused_by_name() {
    let mut shop = Shop::live();
    for (line, mut body) in [
        (VERSIONS, json!({"sourceManifestVersion": 1})),
        ("POST /developer/agents/shop/versions/1/promote", json!({})),
        ("POST /developer/agents/shop/persona/version", json!({"persona": "x"})),
    ] {
        body["pinnedPersona"] = 3.into();
        let (status, _, message) = shop.refused(line, body);
        assert!(status == 400 && message.contains("\"pinnedPersona\""), "{line}: {message}");
    }
    let body = json!({"persona": "draft", "publish": false});
    shop.ok("POST /developer/agents/shop/persona/version", body);
    let rows = shop.get("/developer/agents/shop/persona/versions");
    let current = rows["versions"].as_array().unwrap().iter().find(|row| row["isCurrent"] == true);
    assert_eq!(current.unwrap()["persona"], "You are Ava.");
    assert_eq!(
        (&rows["versions"][0]["persona"], &rows["versions"][0]["status"]),
        (&json!("draft"), &json!("draft"))
    );
}

#[test]
fn the_author_is_that_of_the_token_whatever_a_body_says() {
    let mut shop = Shop::live();
    let said = |mut body: Value| {
        body["createdBy"] = "eve@x.com".into();
        body["createdByEmail"] = "eve@x.com".into();
        body
    };
    let skill = format!("/developer/skills/shop/{}", shop.skill("user-skill"));
    let body = said(json!({"name": "user-skill", "version": "1.0.2", "description": "d"}));
    shop.by("bo@x.com").ok(&format!("POST {skill}/version"), body);
    let body = shop.manifest("push", &[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
    shop.ok("POST /developer/agents/shop/backup/manifest", said(body));
    let line = "POST /developer/agents/shop/persona/version";
    assert_eq!(shop.refused(line, said(json!({"persona": "x"}))).0, 400);
    assert_eq!(shop.refused(VERSIONS, said(json!({"sourceManifestVersion": 2}))).0, 400);
    shop.version(2);
    let below = "/developer/agents/shop";
    let rows = [
        shop.get(&format!("{skill}/versions"))["versions"][0].clone(),
        shop.get(&format!("{below}/backup/versions"))["versions"][0].clone(),
        shop.get(&format!("{below}/versions"))[0].clone(),
    ];
    assert!(rows.iter().all(|row| row["createdBy"] == "bo@x.com"), "{rows:?}");
}
