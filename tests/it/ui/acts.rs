//! Promotions on these pages: those of `version promote`, at the remote first.

use super::started::LocalPages;
use crate::common::server::Server;
use crate::common::shop;
use crate::pages::browser::text;
use crate::pages::{next_version, publish};

#[test]
fn a_version_is_promoted_by_the_person_who_started_it() {
    let project = shop::two_versions();
    let pages = LocalPages::entered(&project, "");
    let form = "/agent/-/promote/v2";
    let page = pages.page(form);
    assert_eq!(pages.send(&page, form, &[("reason", "")]).status, 400);
    let reply = pages.send(&page, form, &[("reason", "it was tried")]);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/agent")));
    let home = text(&pages.page("/agent"));
    assert!(home.contains("promoted by ana@example.com"), "{home}");
    let told = project.ok("log --ledger --verify");
    assert!(told.contains("it was tried") && told.contains("ana@example.com"), "{told}");
    assert!(project.ok("op log").contains("version promote v2"));
    assert_eq!(pages.send(&page, form, &[("reason", "twice")]).status, 200, "live already");
    project.ok("version promote v1 --reason back");
    assert_eq!(pages.send(&page, form, &[("reason", "late")]).status, 409);
    let home = text(&pages.page("/agent"));
    assert!(home.contains("Reason: back"), "the command moved it: {home}");
}

#[test]
fn the_remote_decides_what_is_live() {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let other = project.copy();
    let pages = LocalPages::entered(&project, "");
    let (home, form) = ("/shop", "/shop/-/promote/v2");
    assert!(text(&pages.page(home)).contains("Reason: it was tried"));
    let stale = pages.page(form);
    // Somebody else is faster, and nothing of it is in this project yet.
    other.ok("version promote v2 --reason \"from the other side\"");
    other.ok("version promote v1 --reason \"and back\"");
    let refused = pages.send(&stale, form, &[("reason", "mine")]);
    assert_eq!(refused.status, 409);
    let told = text(&refused.text());
    assert!(told.contains("and back") && told.contains("v1 is live"), "{told}");
    let form = refused.text();
    assert_eq!(pages.send(&form, "/shop/-/promote/v2", &[("reason", "mine")]).status, 303);
    assert!(text(&pages.page(home)).contains("Reason: mine"));
    other.ok("pull");
    assert!(other.ok("log --ledger --verify").contains("mine"));
    assert!(project.ok("log --ledger --verify").contains("from the other side"));
    drop(server);
}

/// Nobody was faster: the promotion is refused for its own reason.
#[test]
fn a_ledger_that_diverged_is_named() {
    let project = shop::two_versions();
    let _server = publish(&project, "");
    let other = project.copy();
    project.ok("version promote v2 --offline --reason \"on the train\"");
    other.ok("version promote v2 --reason \"from the other side\"");
    let pages = LocalPages::entered(&project, "");
    let form = pages.page("/shop/-/promote/v1");
    let reply = pages.send(&form, "/shop/-/promote/v1", &[("reason", "back")]);
    let told = text(&reply.text());
    assert_eq!(reply.status, 409, "{told}");
    assert!(told.contains("have diverged") && !told.contains("was faster"), "{told}");
    let ledger = project.ok("log --ledger --verify");
    assert!(ledger.contains("on the train") && !ledger.contains("back"), "{ledger}");
}

#[test]
fn without_an_answer_the_pages_say_so_and_offline_asks_nobody() {
    let mut project = shop::two_versions();
    project.set("LUA_STORE_TRIES", "1");
    let server: Server = publish(&project, "");
    next_version(&project, 3);
    let pages = LocalPages::entered(&project, "");
    assert!(!pages.page("/shop").contains("could not be asked"));
    let form = pages.page("/shop/-/promote/v3");
    drop(server);
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let home = text(&pages.page("/shop"));
    assert!(home.contains("The remote could not be asked"), "{home}");
    let reply = pages.send(&form, "/shop/-/promote/v3", &[("reason", "now")]);
    assert!(reply.status >= 500, "nothing is promoted: {}", reply.status);
    assert!(project.ok("log --ledger").contains("it was tried"));
    let pages = LocalPages::entered(&project, "--offline");
    let page = pages.page("/shop/-/promote/v3");
    assert!(!page.contains("could not be asked"));
    assert_eq!(pages.send(&page, "/shop/-/promote/v3", &[("reason", "alone")]).status, 303);
    assert!(project.ok("log --ledger --verify").contains("alone"));
}
