//! `version delete` beside the platform: the version is deleted here, stays there, and nothing is sent.

use super::{AGENT, Shop};
use crate::common::shop;
use crate::platform::stub::Assumptions;
use insta::assert_snapshot;
use serde_json::json;

/// v2 is active, and v1 was before.
fn prepared() -> Shop {
    let shop = Shop::new(Assumptions::default());
    shop.second(true);
    shop.ok("version promote 2");
    shop.platform.reset_requests();
    shop
}

#[test]
fn a_version_that_is_deleted_stays_there_and_the_answer_says_so() {
    let shop = prepared();
    let before = shop.platform.version(AGENT, 1);
    assert_snapshot!(shop.project.run("version delete 1 --force").to_string(), @r"
    $ lua-store version delete 1 --force
    ✓ Deleted v1.
    --- stderr
    v1 stays on origin: a deletion is not sent to the Lua platform.
    hint: run `lua-store version undelete v1` to restore it
    ");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    assert_eq!(shop.platform.version(AGENT, 1), before);
    let refused = shop.run("version promote 1");
    assert!(refused.code == 1 && refused.stderr.contains("deleted"), "{refused}");
    // It stays deleted here after the next import.
    shop.project.ok("fetch");
    shop.project.ok("pull");
    let listed = shop.project.json("version list --all");
    assert_eq!(listed["versions"][1]["status"], "deleted", "{listed}");
    assert_eq!(shop.project.run("remote verify").code, 0);
    let again = shop.project.json("version delete 1 --force");
    assert_eq!((&again["changed"], &again["staysOn"]), (&json!(false), &json!(["origin"])));
    shop.project.ok("version undelete 1");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    shop.ok("version promote 1");
    assert_eq!(shop.changes()[0], "#27");
    assert_eq!(shop.live().active, Some(1));
}

#[test]
fn a_deletion_without_the_remote_does_not_stop_the_next_promotion() {
    let shop = prepared();
    let deleted = shop.project.run("version delete 1 --force --offline");
    assert!(deleted.stderr.contains("v1 stays on origin"), "{deleted}");
    shop::edit(&shop.project, "src/index.ts", "openai/gpt-5", "openai/gpt-6");
    shop.ok("push");
    shop.project.ok("version create -m third --offline");
    let promoted = shop.run("version promote 3");
    assert_eq!(promoted.code, 0, "{promoted}");
    assert_eq!(shop.live().model.as_deref(), Some("openai/gpt-6"));
    let ledger = shop.project.ok("log --ledger");
    assert!(ledger.contains("delete  v1") && ledger.contains("promote v3"), "{ledger}");
    assert!(shop.project.ok("fsck").contains("nothing is damaged"));
}
