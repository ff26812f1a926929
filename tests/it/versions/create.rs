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
        project.write("object.txt", format!("object {round}"));
        project.ok("hash-object -w object.txt");
    }
    let packs = || project.json("count-objects")["packs"].as_u64().unwrap();
    let before = packs();
    project.ok("version promote 2");
    assert!(before > 60 && packs() == before, "a promotion combines none: {} packs", packs());
    project.write("notes.md", "a note");
    project.ok("push");
    assert!(packs() < 10, "{} packs", packs());
    assert_eq!(project.list("log --ledger").as_array().unwrap().len(), 1);
}

/// The steps of a command that sync a file or a folder.
#[cfg(debug_assertions)]
fn syncs(project: &mut crate::common::Project, line: &str) -> Vec<String> {
    let trace = project.path("../trace");
    project.set("LUA_STORE_FAULT", &format!("trace={}", trace.display()));
    project.ok(line);
    project.set("LUA_STORE_FAULT", "");
    let text = std::fs::read_to_string(&trace).unwrap();
    std::fs::remove_file(&trace).unwrap();
    text.lines().filter(|step| step.starts_with("Sync")).map(str::to_owned).collect()
}

/// Source version and version are in one pack, and both refs in one file: each of the two is synced, and its folder.
#[cfg(debug_assertions)]
#[test]
fn create_with_its_push_writes_one_pack() {
    let mut project = two_versions();
    let packs = |project: &crate::common::Project| project.json("count-objects")["packs"].as_u64();
    // The first one raises the number of the format, once.
    let lines = ["version create --auto-push -m third", "push --create -m fourth"];
    for (line, expected) in lines.into_iter().zip([(6, 3), (4, 2)]) {
        let before = packs(&project).unwrap();
        project.write(
            "src/index.ts",
            project.read("src/index.ts").replacen("You are", "You are not", 1),
        );
        let syncs = syncs(&mut project, line);
        assert_eq!(packs(&project), Some(before + 1));
        let folders = syncs.iter().filter(|step| step.starts_with("SyncDir")).count();
        assert_eq!((syncs.len(), folders), expected, "{syncs:#?}");
    }
    project.ok("fsck");
    let created = project.json("version show 4");
    assert_eq!(
        (&created["message"], &created["sourceManifestVersion"]),
        (&"fourth".into(), &4.into())
    );
}

/// The ref of the version is in the log, so that nothing is synced but the record and the pointer.
#[cfg(debug_assertions)]
#[test]
fn a_promotion_syncs_the_pointer_alone() {
    let mut project = two_versions();
    project.ok("version promote 1");
    let syncs = syncs(&mut project, "version promote 2");
    let names = [".lua/tmp-", "/.lua"];
    assert_eq!(syncs.len(), names.len(), "{syncs:#?}");
    assert!(syncs.iter().zip(names).all(|(step, name)| step.contains(name)), "{syncs:#?}");
    // Without the log nobody knows, and the ref is synced again.
    std::fs::remove_file(project.path(".lua/reflog")).unwrap();
    assert!(self::syncs(&mut project, "version promote 1").len() > names.len());
}

#[test]
fn push_can_create_and_promote() {
    let project = shop::project();
    assert_snapshot!(project.run("push skill --create"), @r#"
    $ lua-store push skill --create
    --- stderr
    Error: cannot create a version of "skill" alone
    hint: run `lua-store push --create` to push everything and create a version of it
    --- exit 2
    "#);
    assert_snapshot!(project.run("push --create --dry-run"), @r#"
    $ lua-store push --create --dry-run
    --- stderr
    Error: the argument "--create" cannot be used with "--dry-run"
    hint: usage: `lua-store push --create [WHAT]`
    --- exit 2
    "#);
    assert_snapshot!(project.run("push --create --promote -m first"), @"
    $ lua-store push --create --promote -m first
      ✅ shop pushed (agent settings, new)
      ✅ persona v1 pushed (new)
      ✅ orders v1.0.0 pushed (skill, new)
      ✅ catalog v1.0.0 pushed (skill, new)
      ✅ nightly v1.0.0 pushed (job, new)
      ✅ docs v1.0.0 pushed (mcp-server, new)
    💾 Backup at v1 (8 new file(s))
    ✓ Created v1 (staged).
    ✓ Promoted v1. (No previous active version.)
    ");
    assert_snapshot!(project.run("push --create -m again"), @"
    $ lua-store push --create -m again
    No staged changes since the previous version.
    ");
    assert_snapshot!(project.run("push --create --promote"), @"
    $ lua-store push --create --promote
    --- stderr
    Error: no version was created: nothing changed since v1
    hint: run `lua-store version promote v1` to promote that one
    hint: add `--if-changed` to succeed when nothing changed
    --- exit 1
    ");
}

/// A version that is refused does not stop the push.
#[test]
fn a_push_stands_without_the_version_of_it() {
    let project = two_versions();
    project
        .write("src/index.ts", project.read("src/index.ts").replacen("You are", "You are not", 1));
    let key = ["sk-ant-", "api03-q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0W_eR5tY6u"].concat();
    let refused = project.run(&format!("version create --auto-push -m \"with {key}\""));
    assert_eq!(refused.code, 1, "{refused}");
    assert_eq!(project.json("source list")["sourceVersions"][0]["version"], 3);
    assert_eq!(project.run("version show 3").code, 3);
}
