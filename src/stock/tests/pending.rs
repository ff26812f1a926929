//! Changes of clients of the stock command, beside what others push, promote and deploy.

use super::files::pushed_by_store;
use super::*;
use crate::object::Mode;

const PERSONA: &str = "POST /developer/agents/shop/persona/version";

fn set_model(shop: &mut Shop, model: &str) {
    shop.ok("PATCH /agents/shop/sub-agent", json!({"id": "shop", "model": model}));
}

/// Persona and model of the working document.
fn document(shop: &mut Shop) -> (Value, Value) {
    let agent = shop.get("/admin/agents/shop");
    (agent["persona"].clone(), agent["model"].clone())
}

#[test]
fn a_push_of_another_client_leaves_what_was_sent() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "new");
    shop.ok(PERSONA, json!({"persona": "You are Bo."}));
    set_model(&mut shop, "openai/gpt-4o");
    let files = [("src/greet.ts", TOOL), ("src/index.ts", SKILL)];
    pushed_by_store(&mut shop, &files.map(|(path, text)| (path, Mode::File, text.as_bytes())));
    assert_eq!(document(&mut shop), (json!("You are Bo."), json!("openai/gpt-4o")));
    let create = "POST /developer/agents/shop/versions";
    let refused = shop.refused(create, json!({"sourceManifestVersion": 2}));
    assert_eq!(refused.1, "SOURCE_MISSING", "{}", refused.2);
    shop.back_up(&files);
    assert_eq!(shop.version(3)["version"], 2);
    assert_eq!(shop.skills(2)["user-skill"], "1.0.2");
    let diff = shop.get("/developer/agents/shop/versions/diff?from=1&to=2");
    assert_eq!(diff["persona"]["to"], "You are Bo.");
    assert_eq!(diff["model"]["to"], "openai/gpt-4o");
}

#[test]
fn a_promotion_sets_the_document_to_that_of_its_version() {
    let mut shop = Shop::live();
    shop.ok(PERSONA, json!({"persona": "You are Bo."}));
    assert_eq!(shop.version(1)["version"], 2);
    shop.ok(PERSONA, json!({"persona": "You are Cleo."}));
    set_model(&mut shop, "openai/gpt-4o");
    assert_eq!(document(&mut shop), (json!("You are Cleo."), json!("openai/gpt-4o")));
    shop.ok("POST /developer/agents/shop/versions/2/promote", json!({}));
    assert_eq!(document(&mut shop), (json!("You are Bo."), Value::Null));
    shop.ok("POST /developer/agents/shop/versions/1/promote", json!({}));
    assert_eq!(document(&mut shop), (json!("You are Ava."), Value::Null));
    // And the next version takes it, though the newest source version has another one.
    assert_eq!(shop.version(2)["version"], 3);
    let diff = shop.get("/developer/agents/shop/versions/diff?from=1&to=3");
    assert_eq!(diff["persona"], Value::Null);
}

#[test]
fn a_deploy_sets_the_document_to_that_of_its_version() {
    let mut shop = Shop::live();
    shop.push("user-skill", "1.0.2", "new");
    shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
    set_model(&mut shop, "openai/gpt-4o");
    let skill = shop.skill("user-skill");
    shop.ok(&format!("PUT /developer/skills/shop/{skill}/1.0.2/publish"), json!({}));
    assert_eq!(document(&mut shop), (json!("You are Ava."), Value::Null));
}
