//! Refusals: a remote that is not the platform, a push of a part, a platform that does not have the kind.

use super::{INCLUDE, unsent};
use crate::common::{Project, shop};
use crate::platform::stub::{Assumptions, At, Fault};
use insta::assert_snapshot;

#[test]
fn another_remote_and_none_are_refused() {
    let project = Project::new();
    shop::write(&project);
    project.write("../values", "TEAM=x\n");
    project.ok("init --agent-id agent_shop");
    assert_snapshot!(project.run("push --include workflows").to_string(), @r"
    $ lua-store push --include workflows
    --- stderr
    Error: `--include` and `--env-from` are for a remote on the Lua platform, and this push goes to none
    hint: leave them out: every other remote gets primitives of all kinds
    --- exit 2
    ");
    project.ok("remote add origin ../server/agent_shop");
    for line in
        ["push --include workflows", "push --include workflows --env-from ../values --dry-run"]
    {
        let refused = project.run(line);
        assert_eq!(refused.code, 2, "{refused}");
        assert!(refused.stderr.contains("are for a remote on the Lua platform"), "{refused}");
    }
    for (line, words) in [
        ("push --env-from ../values", "--include"),
        ("push --include devices --env-from ../values", "only workflows take values"),
        ("push --include workflows --offline", "--offline"),
        ("push --include workflows --create", "--create"),
        ("push --include skills", "[possible values: workflows, devices, device-triggers]"),
    ] {
        let refused = project.run(line);
        assert_eq!(refused.code, 2, "{refused}");
        assert!(refused.stderr.contains(words), "{refused}");
    }
    assert!(project.ok("source list").lines().count() <= 1, "nothing was pushed");
}

#[test]
fn an_open_promotion_comes_first() {
    let shop = unsent(Assumptions::default());
    shop.ok("push");
    shop.project.ok("version create -m first --offline");
    shop.platform.on(At::route("#27").always(), Fault::CutBefore);
    assert_ne!(shop.run("version promote 1").code, 0);
    shop.platform.reset_faults();
    shop.platform.reset_requests();
    let refused = shop.run(INCLUDE);
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("the promotion of v1 was interrupted"), "{refused}");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    shop.ok("version promote 1");
    shop.ok(INCLUDE);
    assert!(shop.changes().contains(&"#4 workflows".to_owned()), "{:?}", shop.changes());
}

#[test]
fn a_push_of_a_part_is_refused() {
    let shop = unsent(Assumptions::default());
    let refused = shop.run("push skill --include workflows");
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("`--include` needs a push of everything"), "{refused}");
    assert!(shop.platform.requests().is_empty());
}

#[test]
fn a_platform_without_the_kind_is_an_error_that_names_the_route() {
    let shop = unsent(Assumptions { optional_kinds: false, ..Assumptions::default() });
    let refused = shop.run(INCLUDE);
    assert_eq!(refused.code, 3, "{refused}");
    assert!(refused.stderr.contains("#1 devices: status 404"), "{refused}");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    let planned = shop.run(&format!("{INCLUDE} --dry-run"));
    assert!(planned.stderr.contains("the platform does not list workflows"), "{planned}");
    // All else is pushed as ever.
    let pushed = shop.run("push");
    assert!(pushed.stderr.contains("Not sent"), "{pushed}");
}
