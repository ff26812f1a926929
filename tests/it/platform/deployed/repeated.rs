//! Push after push: the edit of `lua.skill.yaml` by a push is none of the user.

use super::{AGENT, Shop};
use crate::common::shop;
use crate::platform::stub::Assumptions;

const YAML: &str = "lua.skill.yaml";
const TEXT: &str = "agent:\n  agentId: agent_shop\n  orgId: org-1\nskills: []\n";

fn pushed() -> Shop {
    let shop = Shop::empty(Assumptions::default());
    shop.project.write(YAML, TEXT);
    shop.ok("push");
    assert!(shop.project.read(YAML).contains("activeVersion: 1"), "{}", shop.project.read(YAML));
    shop.platform.reset_requests();
    shop
}

/// Changed files according to `status`.
fn edited(shop: &Shop) -> Vec<String> {
    let status = shop.project.json("status");
    let files = status["notPushed"]["files"].as_array().unwrap();
    files.iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
}

/// Nothing is edited, and a push stores and sends nothing.
fn check_settled(shop: &Shop, version: u64, at: &str) {
    assert_eq!(edited(shop), [""; 0], "{at}");
    shop.platform.reset_requests();
    let before = shop.project.read(YAML);
    let again = shop.run("push");
    assert!(
        again.stdout.contains(&format!("Nothing changed since source version v{version}.")),
        "{at}: {again}"
    );
    assert!(shop.changes().is_empty(), "{at}: {:?}", shop.changes());
    assert_eq!(shop.project.read(YAML), before, "{at}");
    assert_eq!(shop.project.json("status")["sourceVersion"], version, "{at}");
}

#[test]
fn a_second_push_stores_and_sends_nothing() {
    let shop = pushed();
    check_settled(&shop, 1, "second");
    check_settled(&shop, 1, "third");
    let shown = shop.project.run("status");
    assert!(shown.stdout.contains("Nothing to push: the project is as it was pushed."), "{shown}");
    // A user's edit of the same file is one.
    let written = shop.project.read(YAML);
    shop.project.write(YAML, format!("{written}# ours\n"));
    assert_eq!(edited(&shop), [YAML]);
    shop.ok("push");
    assert_eq!(shop.changes(), ["#19"]);
    check_settled(&shop, 2, "edited");
    assert!(shop.project.read(YAML).ends_with("# ours\n"), "{}", shop.project.read(YAML));
    // Also one that takes back what the push wrote.
    shop.project.write(YAML, TEXT);
    assert_eq!(edited(&shop), [YAML]);
}

#[test]
fn a_push_of_something_else_takes_the_ids_along() {
    let shop = pushed();
    let written = shop.project.read(YAML);
    shop.edit(false);
    assert_eq!(edited(&shop), ["src/skills/orders.skill.ts"]);
    shop.ok("push");
    assert_eq!(shop.changes(), ["#3 skills", "#19"]);
    assert_eq!(shop.project.ok(&format!("show source/v2:{YAML}")), written);
    let now = shop.project.read(YAML);
    assert!(now.contains("version: 1.0.1") && now.contains("activeVersion: 2"), "{now}");
    check_settled(&shop, 2, "second");
}

#[test]
fn a_second_platform_that_edits_the_file_too_is_no_edit() {
    let mut shop = pushed();
    let other = Shop::empty(Assumptions::default());
    let key = other.platform.key();
    assert_eq!(key, shop.platform.key());
    shop.project.ok(&format!("remote add other {}", other.platform.address(AGENT)));
    shop.project.set("LUA_STORE_TRIES", "1");
    shop.ok("push --remote other");
    assert!(!other.changes().is_empty());
    assert_eq!(edited(&shop), [""; 0]);
}

#[test]
fn an_edit_during_the_push_stays_one() {
    let shop = Shop::empty(Assumptions::default());
    shop.project.write(YAML, TEXT);
    shop.project.ok("push --offline");
    shop.project.write(YAML, format!("{TEXT}# ours\n"));
    let sent = shop.run("push --remote origin");
    assert_eq!(sent.code, 0, "{sent}");
    check_settled(&shop, 2, "pushed");
    shop::edit(&shop.project, "src/skills/orders.skill.ts", "Knows about", "Knows all about");
    shop.project.ok("push --offline");
    shop.project.write(YAML, TEXT);
    shop.project.ok("version create -m edited --offline");
    shop.ok("version promote 1");
    assert_eq!(edited(&shop), [YAML]);
}

#[cfg(unix)]
#[test]
fn a_push_that_is_killed_at_the_file_is_settled_by_the_next() {
    let mut cut = 0;
    for place in ["refs/platform", YAML] {
        for step in 1.. {
            let mut shop = Shop::empty(Assumptions::default());
            shop.project.write(YAML, TEXT);
            shop.project.set("LUA_STORE_FAULT", &format!("kill={step},in={place}"));
            let killed = shop.run("push");
            shop.project.set("LUA_STORE_FAULT", "");
            if killed.code == 0 {
                break;
            }
            cut += 1;
            let at = format!("{place} step {step}");
            let text = shop.project.read(YAML);
            let is_whole = text == TEXT || text.contains("activeVersion: 1");
            assert!(is_whole, "{at}: {text}");
            let again = shop.run("push");
            assert_eq!(again.code, 0, "{at}: {again}");
            check_settled(&shop, 1, &at);
            assert!(shop.project.ok("fsck").contains("nothing is damaged"), "{at}");
        }
    }
    assert!(cut > 8, "{cut}");
}
