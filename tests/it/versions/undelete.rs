//! `version undelete`: a deleted version is what it was before, by a new record of the ledger.

use crate::common::Project;
use crate::common::shop::{self, edit, two_versions};
use crate::forget::purge::leaky;
use insta::assert_snapshot;
use lua_store::internals::object::{Id, Sink, Source, Tree, TreeEntry};
use lua_store::internals::store::{Active, Store};
use serde_json::{Value, json};

/// v1 was active, v2 is, v3 never was; v1 and v3 are deleted.
fn deleted() -> Project {
    let project = two_versions();
    edit(&project, "src/index.ts", "You help customers shop well.", "You help.");
    for line in ["version create --auto-push -m third", "version promote 1", "version promote 2"] {
        project.ok(line);
    }
    for line in ["version delete 1 --force", "version delete 3 --force"] {
        project.ok(line);
    }
    project
}

fn statuses(project: &Project) -> Vec<Value> {
    let list = project.list("version list");
    list.as_array().unwrap().iter().map(|row| row["status"].clone()).collect()
}

#[test]
fn a_deleted_version_is_what_it_was_before() {
    let project = deleted();
    let before: Vec<String> =
        ["v1", "v3"].iter().map(|name| project.ok(&format!("ls-tree -r {name}"))).collect();
    assert_snapshot!(project.run("version undelete v3 -m \"too soon\""), @r#"
    $ lua-store version undelete v3 -m "too soon"
    ✓ Restored v3 (staged).
    "#);
    assert_eq!(statuses(&project), ["staged", "active", "deleted"]);
    let answer = project.json("version undelete 1 --author ben@example.com");
    assert_eq!(
        (&answer["undeleted"], &answer["status"], &answer["changed"], &answer["purged"]),
        (&json!(1), &json!("superseded"), &json!(true), &json!([]))
    );
    assert_eq!(statuses(&project), ["staged", "active", "superseded"]);
    assert_snapshot!(project.ok("version list"), @"
    VERSION  STATUS      CREATED           BY               PROMOTED          MESSAGE
    v3       staged      2026-11-21 09:30  ana@example.com  -                 third
    v2*      active      2026-11-21 09:30  ana@example.com  2026-11-21 09:30  second
    v1       superseded  2026-11-21 09:30  ana@example.com  2026-11-21 09:30  first
    ");
    // Nothing of the history is taken away, and who, when and why are new records.
    let ledger = project.list("log --ledger");
    let told: Vec<_> = ledger
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (&step["event"], &step["version"], &step["by"], &step["reason"]))
        .collect();
    let (ana, ben) = (json!("ana@example.com"), json!("ben@example.com"));
    assert_eq!(
        told[..4],
        [
            (&json!("undelete"), &json!(1), &ben, &Value::Null),
            (&json!("undelete"), &json!(3), &ana, &json!("too soon")),
            (&json!("delete"), &json!(3), &ana, &Value::Null),
            (&json!("delete"), &json!(1), &ana, &Value::Null),
        ]
    );
    assert_eq!(ledger[1]["at"], "2026-11-21T09:30:00.000Z");
    assert!(project.ok("log --ledger").contains("  undelete v3  by ana@example.com  too soon\n"));
    assert!(project.ok("log --verify").contains("6"), "every record is counted");
    assert_eq!(project.run("fsck").code, 0);
    let after: Vec<String> =
        ["v1", "v3"].iter().map(|name| project.ok(&format!("ls-tree -r {name}"))).collect();
    assert_eq!(after, before);
    // It can be promoted, deleted and restored again.
    project.ok("version promote 3");
    project.ok("version delete 1 --force");
    assert_eq!(statuses(&project), ["active", "superseded", "deleted"]);
    project.ok("version undelete 1");
    assert_eq!(statuses(&project), ["active", "superseded", "superseded"]);
    assert_eq!(project.json("op log")["operations"][0]["command"], "version undelete 1");
}

#[test]
fn what_cannot_be_undeleted_is_named_and_changes_nothing() {
    let project = deleted();
    let active = project.pointer();
    assert_snapshot!(project.run("version undelete 2"), @"
    $ lua-store version undelete 2
    --- stderr
    Error: cannot undelete v2: it is not deleted, it is active
    hint: run `lua-store version list --status deleted` to list the deleted versions
    --- exit 1
    ");
    assert_snapshot!(project.run("version undelete 9"), @"
    $ lua-store version undelete 9
    --- stderr
    Error: Version v9 not found
    hint: run `lua-store version list --all` to list them
    --- exit 3
    ");
    assert_eq!(project.run("version undelete source/v2").code, 2);
    // The ref is packed, and a file counts more.
    project.write(".lua/refs/versions/v3", "x");
    let damaged = project.run("version undelete 3");
    assert_eq!(damaged.code, 1, "{damaged}");
    assert!(
        damaged.stderr.contains("refs/versions/v3\" is damaged: it contains \"x\""),
        "{damaged}"
    );
    std::fs::remove_file(project.path(".lua/refs/versions/v3")).unwrap();
    assert_eq!(project.pointer(), active);
    // A second time, as after a lost answer, is no error: no record is made.
    project.ok("version undelete 3");
    let active = project.pointer();
    assert_eq!(project.ok("version undelete 3"), "v3 is already restored (staged). No change.\n");
    assert_eq!(project.json("version undelete 3")["changed"], false);
    assert_eq!(project.pointer(), active);
}

#[test]
fn hints_say_how_to_restore_a_deleted_version() {
    let project = deleted();
    let undelete = "hint: run `lua-store version undelete v3` to restore it\n";
    for line in ["version promote 3", "version show 3"] {
        let told = project.run(line).stderr;
        assert!(told.contains(undelete), "{line}: {told}");
    }
    assert!(!project.run("version show 2").stderr.contains("undelete"));
    project.ok("version undelete 3");
    assert!(project.run("version delete 3 --force").stderr.contains(undelete));
}

#[test]
fn the_first_record_can_be_a_deletion() {
    let project = two_versions();
    project.ok("version delete 1 --force");
    project.ok("version undelete 1");
    assert_eq!(statuses(&project), ["staged", "staged"]);
    assert!(project.pointer().starts_with("ref: none\n"));
    assert_eq!(project.run("log --verify").code, 0);
}

/// The folded ledger of an earlier command must not bring a deletion back, or lose one.
#[test]
fn a_long_ledger_is_folded_with_its_undeletions() {
    let project = deleted();
    for _ in 0..20 {
        project.ok("version promote 2 --force");
        project.ok("version undelete 3");
        project.ok("version delete 3 --force");
    }
    // One that is written now has the deletion, and what follows is folded onto it.
    std::fs::remove_file(project.path(".lua/cache/ledger")).unwrap();
    assert_eq!(statuses(&project), ["deleted", "active", "deleted"]);
    assert!(project.path(".lua/cache/ledger").exists());
    project.ok("version undelete 3");
    assert_eq!(statuses(&project), ["staged", "active", "deleted"]);
    std::fs::remove_file(project.path(".lua/cache/ledger")).unwrap();
    assert_eq!(statuses(&project), ["staged", "active", "deleted"]);
}

#[test]
fn gc_keeps_what_a_deleted_version_contains() {
    let project = deleted();
    let before = project.ok("ls-tree -r v3");
    project.ok("gc --prune-older-than 0d");
    project.ok("compact");
    project.ok("version undelete 3");
    project.ok("version promote 3");
    assert_eq!(project.ok("ls-tree -r v3"), before);
    project.ok("restore v3 ../v3");
    assert!(project.read("../v3/src/index.ts").contains("You help."));
    assert_eq!(project.run("fsck").code, 0);
}

#[test]
fn a_purged_file_stays_purged() {
    let project = shop::versioned();
    project.write("src/lib/store.ts", leaky());
    project.ok("version create --auto-push -m leaky");
    project.ok("version delete 2 --force");
    shop::write(&project);
    project.ok("push");
    project.ok("purge src/lib/store.ts --reason \"the key leaked\" --force");
    let told = project.run("version undelete 2");
    assert_eq!(told.code, 0, "{told}");
    assert!(told.stdout.contains("✓ Restored v2 (staged)."), "{told}");
    let warning = "v2 was purged since, and stays so: ";
    assert!(
        told.stderr.contains(warning) && told.stderr.contains("source/src/lib/store.ts"),
        "{told}"
    );
    assert!(project.ok("show v2:src/lib/store.ts").starts_with("lua-store tombstone 1\n"));
    assert_eq!(project.run("log --verify").code, 0);
}

/// An unknown event is what an older program meets in a ledger with an undeletion.
#[test]
fn an_event_of_a_newer_program_is_refused_by_its_name() {
    let project = two_versions();
    project.ok("version promote 2");
    let store = Store::open(&project.path(".lua")).unwrap();
    let active = store.active().unwrap().unwrap();
    let known = store.objects().tree(&active.ledger).unwrap();
    let record = store.objects().blob(&known.require("record").unwrap()).unwrap();
    // The same record with another word, by hand: a string of 7 bytes in MessagePack begins with 0xa7.
    let at = record.windows(8).position(|part| part == b"\xa7promote").unwrap();
    let record = [&record[..at], b"\xa7archive", &record[at + 8..]].concat();
    let mut batch = store.batch();
    let blob = batch.put_blob(record, None).unwrap();
    let entries = vec![
        TreeEntry::file("record", blob),
        TreeEntry::directory("version", known.require("version").unwrap()),
        TreeEntry::directory("previous", active.ledger),
    ];
    let ledger: Id = batch.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
    batch.commit().unwrap();
    let lock = store.lock().unwrap();
    store.swap_active(&lock, Some(&active), &Active { ledger, ..active }).unwrap();
    drop(lock);
    let before = project.pointer();
    for line in
        ["version list", "version promote 1", "version delete 1 --force", "version undelete 1"]
    {
        let told = project.run(line);
        assert_eq!(told.code, 1, "{told}");
        let event = "has the event \"archive\", which this program does not know";
        assert!(told.stderr.contains(event), "{told}");
        assert!(told.stderr.contains("install a newer lua-store"), "{told}");
    }
    assert_ne!(project.run("fsck --repair").code, 0);
    assert_eq!(project.pointer(), before, "nothing is taken back");
}
