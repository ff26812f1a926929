//! `version promote`: what it makes live, and in which order.

use super::Shop;
use crate::platform::stub::Assumptions;
use insta::assert_snapshot;

#[test]
fn a_version_is_made_and_made_live() {
    let shop = Shop::empty(Assumptions::default());
    shop.ok("push");
    shop.project.ok("version create -m first --offline");
    shop.platform.reset_requests();
    assert_snapshot!(shop.run("version promote 1").to_string(), @r"
    $ lua-store version promote 1 --compiled ../out
    ✓ Promoted v1. (No previous active version.)
       live at once  model (#10)
       live at once  MCP server docs (#7)
       live at once  persona (#12)
       staged        version of v1 (#23)
       switch        version 1 is made active (#27)
    Active v1 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal · code of bundles: not shown by the platform
    --- stderr
    warning: v1 is the first version of this agent on the platform, where each publish was live by itself until now
    ");
    assert_eq!(shop.changes(), ["#10", "#7", "#12", "#23", "#27"]);
    shop.second(false);
    shop.ok("push");
    shop.platform.reset_requests();
    assert_snapshot!(shop.run("version promote 2").to_string(), @r"
    $ lua-store version promote 2 --compiled ../out
    ✓ Promoted v2. Previous active: v1.
       staged        version of v2 (#23)
       switch        version 2 is made active (#27)
    Active v2 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal · code of bundles: not shown by the platform
    --- stderr
    hint: run `lua-store version promote v1` to take it back
    ");
    assert_eq!(shop.changes(), ["#23", "#27"]);
    assert!(shop.platform.requests().len() <= 32, "{}", shop.platform.requests().len());
    shop.platform.reset_requests();
    assert_snapshot!(shop.run("version promote 1").to_string(), @r"
    $ lua-store version promote 1 --compiled ../out
    ✓ Promoted v1. Previous active: v2.
       switch        version 1 is made active (#27)
    Active v1 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal · code of bundles: not shown by the platform
    --- stderr
    This takes back v2, promoted by ana@example.com, 2026-11-21 09:30
    hint: run `lua-store version promote v2` to take it back
    ");
    assert_eq!(shop.changes(), ["#27"]);
    assert_snapshot!(shop.project.run("version list").to_string(), @r"
    $ lua-store version list
    VERSION  STATUS      CREATED           BY               PROMOTED          MESSAGE
    v2       superseded  2026-11-21 09:30  ana@example.com  2026-11-21 09:30  second
    v1*      active      2026-11-21 09:30  ana@example.com  2026-11-21 09:30  first
    --- stderr
    as origin has it now
    ");
}

#[test]
fn live_parts_are_set_last_and_each_platform_ends_with_the_version() {
    for (name, assumptions) in Assumptions::each() {
        let shop = Shop::new(assumptions);
        shop.second(true);
        let outcome = shop.run("version promote 2");
        assert_eq!(outcome.code, 0, "{name}: {outcome}");
        let live = shop.live();
        assert_eq!(live.active, Some(2), "{name}");
        assert_eq!(live.number("skills/orders"), Some("1.0.1"), "{name}");
        assert_eq!(live.persona, "You are Ava.\nYou help customers.", "{name}");
        assert_eq!(live.model.as_deref(), Some("openai/gpt-5"), "{name}");
        assert_eq!(live.servers["docs"]["url"], "https://help.example.com/mcp", "{name}");
        let changes = shop.changes();
        let first = ["#3 skills", "#19", "#10", "#7", "#12", "#23", "#27"];
        assert!(changes.len() <= first.len() + 2, "{name}: {changes:?}");
        let is_kept = |route: &&String| first.contains(&&***route);
        assert_eq!(changes.iter().filter(is_kept).take(7).collect::<Vec<_>>(), first, "{name}");
        // Back: the version is there, and what a promote does not put back is set.
        shop.platform.reset_requests();
        let outcome = shop.run("version promote 1");
        assert_eq!(outcome.code, 0, "{name}: {outcome}");
        let live = shop.live();
        assert_eq!(live.active, Some(1), "{name}");
        assert_eq!(live.persona, "You are Ava.\nYou help customers shop.", "{name}");
        assert_eq!(live.servers["docs"]["url"], "https://docs.example.com/mcp", "{name}");
        assert_eq!(live.model.as_deref(), Some("openai/gpt-4o"), "{name}");
        assert_eq!(shop.changes()[0], "#27", "{name}");
        let verified = shop.project.run("remote verify");
        assert!(matches!(verified.code, 0 | 11), "{name}: {verified}");
        assert!(shop.project.ok("fsck").contains("nothing is damaged"), "{name}");
        let pulled = shop.project.run("pull");
        assert!(pulled.code == 0 && pulled.stdout.contains("nothing new"), "{name}: {pulled}");
    }
}
