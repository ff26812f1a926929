//! A request that is sent again after a lost answer is answered as it was the first time, and changes nothing more.

use super::*;

/// Asks twice under one key, while others go on in between.
fn twice(
    shop: &mut Shop,
    line: &str,
    body: &Value,
    between: impl FnOnce(&mut Shop),
) -> (Value, Value) {
    let first = shop.keyed(line).ok(line, body.clone());
    between(shop);
    (first, shop.keyed(line).ok(line, body.clone()))
}

fn count(shop: &mut Shop, path: &str, list: &str) -> usize {
    shop.get(path)[list].as_array().unwrap().len()
}

#[test]
fn a_persona() {
    let mut shop = Shop::live();
    let line = "POST /developer/agents/shop/persona/version";
    let (first, again) = twice(&mut shop, line, &json!({"persona": "You are Bo."}), |shop| {
        // Another one of the same moment.
        shop.now_ms -= 1_000;
        shop.ok(line, json!({"persona": "You are Cy."}));
    });
    assert_eq!(first, again);
    assert_eq!(count(&mut shop, "/developer/agents/shop/persona/versions", "versions"), 3);
}

#[test]
fn a_number_of_a_primitive() {
    let mut shop = Shop::live();
    let line = format!("POST /developer/skills/shop/{}/version", shop.skill("user-skill"));
    let body = json!({"name": "user-skill", "version": "1.0.2", "description": "d", "context": "c", "tools": []});
    let (first, again) = twice(&mut shop, &line, &body, |_| {});
    assert_eq!(first, again);
    let refused = shop.keyed("other").refused(&line, body);
    assert_eq!((refused.0, &*refused.1), (409, "CONFLICT"), "{}", refused.2);
}

#[test]
fn a_backup() {
    let mut shop = Shop::live();
    let body = shop.manifest("push", &[("src/index.ts", SKILL)]);
    let line = "POST /developer/agents/shop/backup/manifest";
    let (first, again) = twice(&mut shop, line, &body, |shop| {
        shop.back_up(&[("src/greet.ts", TOOL)]);
    });
    assert_eq!((&first, &first["activeVersion"]), (&again, &json!(2)));
    assert_eq!(count(&mut shop, "/developer/agents/shop/backup/versions", "versions"), 3);
}

#[test]
fn a_version() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "d");
    shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
    let line = "POST /developer/agents/shop/versions";
    let body = json!({"sourceManifestVersion": 2, "message": "two"});
    let (first, again) = twice(&mut shop, line, &body, |shop| {
        shop.push("user-skill", "1.0.3", "d");
        shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
        shop.version(3);
    });
    assert_eq!(first, again);
    assert_eq!(first["version"], 2);
    assert_eq!(shop.get("/developer/agents/shop/versions").as_array().unwrap().len(), 3);
}

#[test]
fn a_promotion_is_not_already_active() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "d");
    shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
    shop.version(2);
    let line = "POST /developer/agents/shop/versions/2/promote";
    let (first, again) = twice(&mut shop, line, &json!({}), |_| {});
    assert_eq!(first, json!({"promoted": 2, "previousActive": 1}));
    assert_eq!(first, again);
    let refused = shop.keyed("other").refused(line, json!({}));
    assert_eq!(refused.1, "VERSION_ALREADY_ACTIVE");
    // After somebody else went back, the old request has no second effect.
    shop.ok("POST /developer/agents/shop/versions/1/promote", json!({}));
    assert_eq!(shop.keyed(line).ok(line, json!({})), first);
    assert_eq!(shop.active(), Some(1));
}

#[test]
fn a_deploy() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "d");
    shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
    let line = format!("POST /developer/skills/shop/{}/1.0.2/publish", shop.skill("user-skill"));
    let (first, again) = twice(&mut shop, &line, &json!({}), |shop| {
        // Somebody went back: the old request has no second effect.
        shop.ok("POST /developer/agents/shop/versions/1/promote", json!({}));
    });
    assert_eq!(first, json!({"activeVersionId": "1.0.2", "agentVersion": 2}));
    assert_eq!((first, shop.active()), (again, Some(1)));
}

#[test]
fn a_workflow_that_is_live_by_itself() {
    let mut shop = Shop::live();
    let id = ids::of(&shop.agent, crate::model::kind::Kind::named("workflow").unwrap(), "brief");
    shop.ok("POST /developer/workflows/shop", json!({"name": "brief"}));
    let body = json!({"name": "brief", "version": "1.0.1", "form": "graph"});
    shop.ok(&format!("POST /developer/workflows/shop/{id}/version"), body);
    let line = format!("POST /developer/workflows/shop/{id}/1.0.1/publish");
    let (first, again) = twice(&mut shop, &line, &json!({}), |_| {});
    assert_eq!(first, json!({"activeVersionId": "1.0.1"}));
    assert_eq!((first, shop.active()), (again, Some(1)));
}

#[test]
fn a_key_of_another_request_is_refused() {
    let mut shop = Shop::live();
    let line = "POST /developer/agents/shop/persona/version";
    shop.keyed("k").ok(line, json!({"persona": "one"}));
    let refused = shop.keyed("k").refused(line, json!({"persona": "two"}));
    assert!(refused.0 == 400 && refused.2.contains("another request"), "{refused:?}");
}
