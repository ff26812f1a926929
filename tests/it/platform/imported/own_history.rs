//! A project with a history of its own to which an agent on the platform is added as a remote.

use super::{AGENT, There};
use insta::assert_snapshot;

/// A store with one push and one version, of the files that the platform had first.
fn own() -> There {
    let there = There::new();
    there.project.ok("init --agent-id agent_shop");
    there.project.ok("push -m ours");
    there.project.ok("version create -m ours");
    there.project.ok(&format!("remote add platform {}", there.platform.address(AGENT)));
    there
}

#[test]
fn versions_of_ours_come_behind_those_of_the_platform() {
    let there = own();
    assert_snapshot!(there.project.run("pull").to_string().replace(&there.platform.url(), "[URL]"), @r"
    $ lua-store pull
    source v1  2026-11-20 10:00  platform  manual lua push backup
        + skill catalog
        + skill orders
        + job nightly
        + MCP server docs
        ~ persona
        ~ model
        ~ name
    source v2  2026-11-20 10:00  platform  manual lua push backup
        ~ skill catalog 1.0.1 → 1.0.2
            ~ tool search
                description:
                  - Finds products
                  + Finds all products
    source v3  2026-11-20 10:00  platform  manual lua push backup
        ~ skill orders 1.0.1 → 1.0.3
            description:
              - Knows about orders
              + Knows orders
    version v1  2026-11-20 10:00  bo@example.com  first
    version v2  2026-11-20 10:00  bo@example.com  second
    version v3  2026-11-20 10:00  bo@example.com  third
    promoted v1  2026-11-20 10:00  platform  as the platform has it; it does not say when and by whom
    promoted v2  2026-11-20 10:00  platform  as the platform has it; it does not say when and by whom
    ✅ Pulled from platform: 0 file(s) changed
       your source v1 → v4
       your version v1 → v4
       your job nightly 1.0.0 → 1.0.1
       your skill catalog 1.0.0 → 1.0.2
       your skill orders 1.0.0 → 1.0.3
    ");
    assert_snapshot!(there.project.ok("source list"), @r"
    VERSION  CREATED           BY               TRIGGERED BY            HASH
    v4 *     2026-11-21 09:30  ana@example.com  batch push              b8232ea4...
    v3       2026-11-20 10:00  platform         manual lua push backup  f7284e7b...
    v2       2026-11-20 10:00  platform         manual lua push backup  99c2f9f1...
    v1       2026-11-20 10:00  platform         manual lua push backup  7f4c2d0c...
    ");
    assert_snapshot!(there.project.ok("version list --status all --offline"), @r"
    VERSION  STATUS      CREATED           BY               PROMOTED  MESSAGE
    v4       staged      2026-11-21 09:30  ana@example.com  -         ours
    v3       staged      2026-11-20 10:00  bo@example.com   -         third
    v2*      active      2026-11-20 10:00  bo@example.com   unknown   second
    v1       superseded  2026-11-20 10:00  bo@example.com   unknown   first
    ");
    let checked = there.project.ok("fsck");
    assert!(checked.contains("nothing is damaged"), "{checked}");
}

#[test]
fn a_promotion_of_ours_is_left_out_only_when_somebody_says_so() {
    let there = own();
    there.project.ok("version promote 1 --offline");
    let refused = there.project.run("pull");
    assert_eq!(refused.code, 1, "{refused}");
    there.project.ok("pull --theirs");
    let shown = there.project.ok("version list --status all --offline");
    assert!(shown.contains("v2*"), "{shown}");
}

#[test]
fn a_version_that_another_remote_has_keeps_its_number() {
    let there = own();
    there.project.ok("remote add shared ../data/agent_shop");
    there.project.ok("push --remote shared");
    let refused = there.project.run("pull platform").to_string();
    assert!(refused.contains("exit 1"), "{refused}");
    let before = there.project.ok("source list");
    assert!(before.contains("v1 *"), "{before}");
}
