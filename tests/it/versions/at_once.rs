//! `version create --promote` and `--send`, and what `version create` says of work that is not in the version.

use crate::common::shop::{self, edit};
use crate::remote::{copy_of, published, shared};
use insta::assert_snapshot;

#[test]
fn a_version_is_created_and_promoted_in_one_step() {
    let project = shop::versioned();
    project.ok("version promote 1");
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push");
    assert_snapshot!(project.run("version create --promote -m second"), @"
    $ lua-store version create --promote -m second
    ✓ Created v2 (staged).
    ✓ Promoted v2. Previous active: v1.
    --- stderr
    hint: run `lua-store version promote v1` to take it back
    ");
    assert!(project.ok("version list").contains("v2*"));
    // Nothing changed since: no other version is promoted.
    project.ok("version promote 1");
    assert_snapshot!(project.run("version create --promote"), @"
    $ lua-store version create --promote
    --- stderr
    Error: no version was created: nothing changed since v2
    hint: run `lua-store version promote v2` to promote that one
    hint: add `--if-changed` to succeed when nothing changed
    --- exit 1
    ");
    assert_snapshot!(project.run("version create --promote --if-changed"), @"
    $ lua-store version create --promote --if-changed
    No staged changes since the previous version.
    --- stderr
    warning: nothing was promoted: v1 is active, and v2 is the newest version
    hint: run `lua-store version promote v2` to promote it
    ");
    assert!(project.ok("version list").contains("v1*"));
    project.ok("version promote 2");
    assert_snapshot!(project.run("version create --promote --if-changed"), @"
    $ lua-store version create --promote --if-changed
    No staged changes since the previous version.
    --- stderr
    Nothing was promoted: v2 is active.
    ");
    assert_eq!(project.run("version create --if-changed").code, 2, "it belongs to --promote");
    edit(&project, "src/index.ts", "You help.", "You help a lot.");
    let answer = project.json("version create --promote --auto-push");
    assert_eq!((&answer["version"], &answer["promoted"]["version"]), (&3.into(), &3.into()));
    assert_eq!(answer["promoted"]["previousActive"], 2);
    let answer = project.json("version create --promote --if-changed");
    assert!(answer["created"] == false && answer["promoted"].is_null(), "{answer}");
}

#[test]
fn at_a_remote_the_version_is_sent_and_promoted_there() {
    let ana = published();
    let ben = copy_of(&ana, "ben@example.com");
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push");
    let done = ana.run("version create --promote -m second");
    assert_snapshot!(done, @"
    $ lua-store version create --promote -m second
    ✓ Created v2 (staged).
    ✅ Sent to origin: version v2 (310 bytes)
    ✓ Promoted v2. Previous active: v1.
    --- stderr
    hint: run `lua-store version promote v1` to take it back
    ");
    assert!(ben.ok("status").contains("Active version:  v2"), "the remote serves it");
    // Nothing is created where the remote has what is not here.
    edit(&ben, "src/index.ts", "You help customers shop.", "You help well.");
    ben.ok("push --offline");
    let refused = ben.run("version create --promote");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(
        !ben.path(".lua/refs/versions/v2").exists() && !ben.path(".lua/refs/versions/v3").exists()
    );
    assert!(ana.ok("status").contains("Active version:  v2"));
}

#[test]
fn a_number_is_reserved_when_the_version_is_sent() {
    let ana = published();
    let ben = copy_of(&ana, "ben@example.com");
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push");
    let here = ana.run("version create -m here");
    assert_snapshot!(here, @"
    $ lua-store version create -m here
    ✓ Created v2 (staged). Run `lua-store version promote v2` to make it active.
    --- stderr
    v2 was not sent to origin: its number is not reserved there
    hint: run `lua-store push` to send it; `version create --send` creates and sends
    ");
    let newest_there = || {
        ben.ok("fetch");
        ben.list("remote list")[0]["version"].as_u64()
    };
    assert_eq!(newest_there(), Some(1));
    edit(&ana, "src/index.ts", "You help.", "You help a lot.");
    ana.ok("push");
    let sent = ana.run("version create --send -m sent");
    assert_snapshot!(sent, @"
    $ lua-store version create --send -m sent
    ✓ Created v3 (staged). Run `lua-store version promote v3` to make it active.
    ✅ Sent to origin: version v3 (306 bytes)
    ");
    assert_eq!(newest_there(), Some(3));
    assert_eq!(ana.json("version create --send")["sent"]["versions"], serde_json::json!([]));
    assert_eq!(ana.run("version create --send --offline").code, 2);
    let alone = shop::versioned();
    let refused = alone.run("version create --send");
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("this project has no remote"), "{refused}");
    // Of an unreachable remote nothing is created either.
    std::fs::rename(ana.path("../data"), ana.path("../gone")).unwrap();
    edit(&ana, "src/index.ts", "You help a lot.", "You help.");
    ana.ok("push --offline");
    assert_eq!(ana.run("version create --promote").code, 11);
    assert!(!ana.ok("version list --offline").contains("v4"));
}

#[test]
fn what_is_not_in_the_version_is_said() {
    let project = shop::versioned();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push");
    for at in 1..=4 {
        project.write(&format!("src/notes{at}.md"), "new\n");
    }
    assert_snapshot!(project.run("version create"), @"
    $ lua-store version create
    ✓ Created v2 (staged). Run `lua-store version promote v2` to make it active.
    --- stderr
    Not in v2: 4 edited file(s) that are not pushed: src/notes1.md, src/notes2.md, src/notes3.md, … and 1 more
    hint: run `lua-store push`, then `lua-store version create`, to include them
    ");
    let answer = project.json("version create");
    assert_eq!(answer["notIncluded"]["edited"].as_array().unwrap().len(), 4);
    project.ok("push");
    assert_snapshot!(project.run("version create"), @"
    $ lua-store version create
    No staged changes since the previous version.
    --- stderr
    Not in v2: source version v3, which changes files only
    ");
    assert_eq!(
        project.json("version create")["notIncluded"]["sourceVersions"],
        serde_json::json!([3])
    );
    let clean = shop::versioned();
    assert_eq!(clean.run("version create").stderr, "");
    assert_eq!(shared().run("version create").code, 1, "nothing is pushed yet");
}
