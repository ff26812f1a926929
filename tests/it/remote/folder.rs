//! A folder as a remote: pushes, promotions, and who is first.

use super::{copy_of, published, shared};
use crate::common::shop::edit;
use insta::assert_snapshot;
use std::path::Path;

#[test]
fn a_push_goes_here_and_there() {
    let project = shared();
    assert_snapshot!(project.run("push -m first").notes(), @"
    $ lua-store push -m first
    💾 Backup at v1 (8 new file(s))
    ✅ Push complete: 6 changed
    ✅ Sent to origin: source version v1 (6770 bytes)
    --- stderr
    hint: run `lua-store version create` to create a version of it
    ");
    assert_snapshot!(project.run("push"), @"
    $ lua-store push
    Nothing changed since source version v1.
    ✅ origin has everything.
    ");
    project.ok("version create -m first");
    assert_snapshot!(project.run("version promote 1"), @"
    $ lua-store version promote 1
    ✓ Promoted v1. (No previous active version.)
    ");
    assert_snapshot!(project.run("remote list"), @"
    $ lua-store remote list
    NAME    SOURCE  VERSION  ACTIVE  URL
    origin  v1      v1       v1      ../data/agent_shop
    ");
    let sent = project.json("push");
    assert_eq!(sent["remote"]["sourceVersions"], serde_json::json!([]));
}

#[test]
fn what_was_made_offline_goes_with_the_next_push() {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push --offline");
    project.ok("version create -m second");
    project.ok("version promote 2 --offline");
    let sent = project.json("push");
    assert_eq!(sent["remote"]["sourceVersions"], serde_json::json!([2]));
    assert_eq!(sent["remote"]["versions"], serde_json::json!([2]));
    assert_eq!(sent["remote"]["activeMoved"], true);
    assert!(project.ok("remote list").contains("v2"));
}

#[test]
fn whoever_is_second_is_told_who_was_first_and_nothing_is_changed() {
    let ana = published();
    let ben = copy_of(&ana, "ben@example.com");
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push -m \"shorter\"");
    edit(&ben, "src/index.ts", "You help customers shop.", "You help a lot.");
    let refused = ben.run("push");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(
        refused.stderr.contains("source v2  2026-11-21 09:30  ana@example.com  shorter"),
        "{refused}"
    );
    assert!(refused.stderr.contains("`lua-store pull origin`"), "{refused}");
    assert!(!ben.ok("source list").contains("v2"), "nothing was made here");
    assert!(ben.read("src/index.ts").contains("You help a lot."));
}

#[test]
fn of_two_promotions_one_wins_and_the_other_changes_nothing() {
    let ana = published();
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push");
    ana.ok("version create -m second");
    ana.ok("push");
    let ben = copy_of(&ana, "ben@example.com");
    ana.ok("version promote 2");
    let second = ben.run("version promote 2 -m mine");
    assert_eq!(
        (second.code, second.stdout.as_str()),
        (0, "v2 is already active. No change.\n"),
        "{second}"
    );
    assert!(second.stderr.contains("promoted v2  2026-11-21 09:30  ana@example.com"), "{second}");
    assert_eq!(ben.list("version list")[0]["status"], "active");
    assert_eq!(ana.list("log --ledger").as_array().unwrap().len(), 2);
    assert_eq!(ben.ok("log --ledger"), ana.ok("log --ledger"));
}

#[test]
fn a_promotion_beside_a_push_of_somebody_else_knows_no_more_than_it_has() {
    let ana = published();
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push");
    ana.ok("version create -m second");
    ana.ok("push");
    let ben = copy_of(&ana, "ben@example.com");
    edit(&ben, "src/index.ts", "You help.", "You help a lot.");
    ben.ok("push");
    ana.ok("version promote 2");
    assert!(ana.ok("remote list").contains("origin  v2 "), "what ben pushed is not here");
    ana.ok("pull");
    assert!(ana.read("src/index.ts").contains("You help a lot."));
    assert_eq!(ana.run("fsck").code, 0);
}

#[test]
fn packs_do_not_pile_up() {
    let project = shared();
    for number in 0..34 {
        project.write("notes.md", format!("{number}"));
        project.ok("push backup");
    }
    let packs = |folder: &str| {
        let walk = walkdir::WalkDir::new(project.path(folder)).into_iter().map(Result::unwrap);
        // Pages of a head have such names too.
        let is_pack = |path: &Path| std::fs::read(path).unwrap().starts_with(b"luapack");
        walk.filter(|entry| entry.file_type().is_file() && is_pack(entry.path())).count()
    };
    // The old ones are spared for a day, as somebody may be reading them.
    assert_eq!(packs("../data"), 34 + 2, "twice 16 of them were put together into one");
    let other = crate::common::Project::new();
    let url = project.path("../data").canonicalize().unwrap().join("agent_shop");
    other.ok(&format!("clone \"{}\" shop", url.display()));
    assert_eq!(other.run("-C shop fsck").code, 0);
    assert_eq!(other.read("shop/notes.md"), "33");
}

#[test]
fn a_folder_that_is_gone_is_no_new_agent() {
    let project = published();
    std::fs::rename(project.path("../data"), project.path("../elsewhere")).unwrap();
    let outcome = project.run("push");
    assert_eq!(outcome.code, 11, "{outcome}");
    assert!(!project.path("../data").exists());
}
