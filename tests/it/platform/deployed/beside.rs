//! A `lua-store serve` beside the platform: its pointer follows that of the platform.

use super::Shop;
use crate::common::server::Server;
use crate::platform::stub::Assumptions;
use crate::remote::served::{self, AGENT};
use insta::assert_snapshot;

/// A shop with v1 active on the platform, v2 here alone, and a server that has nothing yet.
fn beside() -> (Shop, Server) {
    let shop = Shop::new(Assumptions::default());
    let server = Server::start(&shop.project, "--no-auth");
    shop.project.ok(&format!("remote add team {}/{AGENT}", server.url));
    shop.second(false);
    (shop, server)
}

/// Number of the active version in this store, and in the data of the server.
fn active(shop: &Shop, server: &Server) -> (u64, Option<u64>) {
    let here = shop.project.json("version status --offline")["active"].as_u64().unwrap();
    let there = served::head(server.data()).heads.active;
    (here, there.and_then(|active| active.version))
}

#[test]
fn a_promotion_moves_the_pointer_of_the_platform_then_of_the_server_then_here() {
    let (shop, server) = beside();
    let plan = shop.ok("version promote 2 --dry-run");
    assert!(plan.ends_with("Would then promote v2 on team.\n"), "{plan}");
    assert_eq!(active(&shop, &server), (1, None));
    assert_snapshot!(shop.run("version promote 2").to_string(), @r"
    $ lua-store version promote 2 --compiled ../out
    ✓ Promoted v2. Previous active: v1.
       staged        skill orders 1.0.1 (#3)
       staged        backup of source version v2 (#19)
       staged        version of v2 (#23)
       switch        version 2 is made active (#27)
    Active v2 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal · code of bundles: not shown by the platform
    --- stderr
    hint: run `lua-store version promote v1` to take it back
    v2 is active on team too.
    ");
    assert_eq!(shop.live().active, Some(2));
    assert_eq!(active(&shop, &server), (2, Some(2)));
    let there = served::head(server.data()).heads;
    assert_eq!((there.source.len(), there.versions.len()), (2, 2));
    // The way back, too.
    let back = shop.project.json(&shop.line("version promote 1"));
    assert_eq!(back["followers"][0]["promoted"], true, "{back}");
    assert_eq!((shop.live().active, active(&shop, &server)), (Some(1), (1, Some(1))));
    assert_eq!(shop.project.run("remote verify").code, 0);
}

#[test]
fn a_server_that_cannot_be_reached_follows_with_the_next_command() {
    let (shop, server) = beside();
    let data = server.data().clone();
    drop(server);
    let open = shop.run("version promote 2");
    assert_eq!(open.code, 1, "{open}");
    assert!(open.stderr.contains("v2 runs, and is not active on team yet"), "{open}");
    assert!(open.stderr.contains("run `lua-store push --remote team`"), "{open}");
    assert_eq!(shop.live().active, Some(2));
    shop.platform.reset_requests();
    for line in ["version promote 2", "push --remote team"] {
        let again = Server::start(&shop.project, "--no-auth");
        assert_eq!(*again.data(), data);
        shop.project.ok(&format!("remote set-url team {}/{AGENT}", again.url));
        shop.project.ok(line);
        assert_eq!(active(&shop, &again), (2, Some(2)), "{line}");
        drop(again);
        std::fs::remove_dir_all(&data).unwrap();
    }
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
}

#[test]
fn a_server_with_work_of_others_stops_the_promotion_before_anything_is_live() {
    let (shop, server) = beside();
    shop.project.ok("push --remote team");
    shop.project.ok(&format!("clone {}/{AGENT} ../theirs", server.url));
    shop.project.ok("-C ../theirs version promote 2");
    shop.platform.reset_requests();
    let refused = shop.run("version promote 2");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("lua-store pull"), "{refused}");
    assert!(refused.stderr.contains("add `--remote origin`"), "{refused}");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    assert_eq!(shop.live().active, Some(1));
    // The platform alone is moved on request.
    shop.ok("version promote 2 --remote origin");
    assert_eq!(shop.live().active, Some(2));
}

#[test]
fn two_people_with_both_remotes_have_one_history() {
    let (shop, server) = beside();
    shop.ok("version promote 2");
    shop.project.ok(&format!("clone {}/{AGENT} ../theirs", server.url));
    let theirs = |line: &str| shop.project.ok(&format!("-C ../theirs {line}"));
    theirs(&format!("remote add platform {}", shop.platform.address(AGENT)));
    // Everything that the platform has came with the clone.
    shop.platform.reset_requests();
    theirs("fetch platform");
    let asked = shop.platform.requests();
    assert!(asked.iter().all(|one| !["#16", "#21"].contains(&one.number)), "{asked:?}");
    assert_eq!(theirs("version list --offline"), shop.project.ok("version list --offline"));
    let show = |line: &str| shop.project.json(line)["version"]["state"]["contents"].clone();
    assert_eq!(show("-C ../theirs version show 2"), show("version show 2"));
    theirs("remote verify platform");
    // Their step is ours after one pull, although the platform does not say who took it.
    theirs("version promote 1 --reason back");
    assert_eq!((shop.live().active, active(&shop, &server)), (Some(1), (2, Some(1))));
    let refused = shop.run("version promote 2");
    assert!(refused.stderr.contains("lua-store pull"), "{refused}");
    assert_eq!(shop.live().active, Some(1));
    shop.project.ok("pull team");
    shop.project.ok("fetch");
    shop.ok("version promote 2");
    assert_eq!((shop.live().active, active(&shop, &server)), (Some(2), (2, Some(2))));
    let log = shop.project.ok("log --ledger --offline");
    assert!(log.contains("back") && !log.contains("does not say"), "{log}");
    for folder in [".", "../theirs"] {
        let checked = shop.project.ok(&format!("-C {folder} fsck"));
        assert!(checked.contains("nothing is damaged"), "{checked}");
    }
    // They import a step that the platform has, and take ours in its place.
    theirs("pull platform");
    theirs("pull origin --theirs");
    theirs("fetch platform");
    theirs("version promote 1");
    assert_eq!((shop.live().active, active(&shop, &server)), (Some(1), (2, Some(1))));
    assert_eq!(served::head(server.data()).heads.versions.len(), 2);
}
