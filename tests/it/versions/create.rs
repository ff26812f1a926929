//! `version create`: what it makes, and what it says to do next.

use crate::common::shop;
use crate::common::shop::two_versions;
use insta::assert_snapshot;

#[test]
fn create_needs_a_push() {
    assert_snapshot!(shop::project().run("version create"), @"
    $ lua-store version create
    --- stderr
    Error: No source version exists for this agent
    hint: run `lua-store push` first, or pass `--auto-push` to push everything and then snapshot
    --- exit 1
    ");
}

#[test]
fn create_says_what_to_do_next() {
    let project = shop::project();
    project.ok("push");
    assert_snapshot!(project.run("version create -m first --commit-hash 1111111"), @"
    $ lua-store version create -m first --commit-hash 1111111
    ✓ Created v1 (staged). Run `lua-store version promote v1` to make it active.
    ");
    assert_snapshot!(project.run("version create -m again"), @"
    $ lua-store version create -m again
    No staged changes since the previous version.
    ");
}

#[test]
fn create_can_push_first() {
    let project = shop::project();
    assert_snapshot!(project.run("version create --auto-push -m first"), @"
    $ lua-store version create --auto-push -m first
      ✅ shop pushed (agent settings, new)
      ✅ persona v1 pushed (new)
      ✅ orders v1.0.0 pushed (skill, new)
      ✅ catalog v1.0.0 pushed (skill, new)
      ✅ nightly v1.0.0 pushed (job, new)
      ✅ docs v1.0.0 pushed (mcp-server, new)
    💾 Backup at v1 (8 new file(s))
    ✓ Created v1 (staged). Run `lua-store version promote v1` to make it active.
    ");
    assert_snapshot!(project.run("version create --auto-push -m again"), @"
    $ lua-store version create --auto-push -m again
    No staged changes since the previous version.
    ");
}

/// The ledger names versions by id: one that is like a deleted one, made in the same moment, is another object.
#[test]
fn a_version_like_a_deleted_one_has_an_id_of_its_own() {
    let project = two_versions();
    let second = project.json("version show 2");
    project.ok("version delete 2 --force");
    project.ok("version create -m second");
    let third = project.json("version show 3");
    assert_eq!(second["message"], third["message"]);
    assert_ne!(second["id"], third["id"]);
    assert_eq!(third["status"], "staged", "only the other one was deleted");
    assert_eq!(third["createdAt"], "2026-11-21T09:30:00.001Z", "a millisecond later");
}

/// The newest version is deleted: its number is never given again, and what comes next is compared with the newest
/// that is left.
#[test]
fn create_after_the_newest_version_was_deleted() {
    let project = two_versions();
    project.ok("version delete 2 --force");
    assert_snapshot!(project.run("version create -m third"), @"
    $ lua-store version create -m third
    ✓ Created v3 (staged). Run `lua-store version promote v3` to make it active.
    ");
    assert_eq!(project.json("version show 3")["message"], "third");
    assert_snapshot!(project.run("version create"), @"
    $ lua-store version create
    No staged changes since the previous version.
    ");
    project.ok("version delete 3 --force");
    project.ok("source rollback --version 1 --force");
    project.ok("push");
    assert_snapshot!(project.run("version create"), @"
    $ lua-store version create
    No staged changes since the previous version.
    ");
    project.ok("source rollback --version 2 --force");
    assert_snapshot!(project.run("version create --auto-push -m fourth").notes(), @"
    $ lua-store version create --auto-push -m fourth
    ✓ Created v4 (staged). Run `lua-store version promote v4` to make it active.
    ");
    assert_snapshot!(project.run("version list"), @"
    $ lua-store version list
    VERSION  STATUS   CREATED           BY               PROMOTED  MESSAGE
    v4       staged   2026-11-21 09:30  ana@example.com  -         fourth
    v3       deleted  2026-11-21 09:30  ana@example.com  -         third
    v2       deleted  2026-11-21 09:30  ana@example.com  -         second
    v1       staged   2026-11-21 09:30  ana@example.com  -         first
    ");
    project.ok("fsck");
}

#[test]
fn packs_are_put_together_when_they_pile_up() {
    let project = two_versions();
    for round in 0..60 {
        project.ok(&format!("version promote {}", round % 2 + 1));
    }
    let packs = || project.json("count-objects")["packs"].as_u64().unwrap();
    assert!(packs() > 60, "a promotion combines none: {} packs", packs());
    project.write("notes.md", "a note");
    project.ok("push");
    assert!(packs() < 10, "{} packs", packs());
    assert_eq!(project.list("log --ledger").as_array().unwrap().len(), 60);
}
