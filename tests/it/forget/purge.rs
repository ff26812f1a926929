//! `purge`: nothing below `.lua/` has the bytes any more, all else is as it was, and the ledger says who and why.

use crate::common::shop::{self, edit};
use crate::common::{Project, faults};
use lua_store::internals::object::{Id, Source};
use lua_store::internals::store::Store;
use std::path::Path;

/// A secret that no rule knows.
pub const SECRET: &str = "alpine-31415-tango-92653-echo";

/// Text of a file that a tool reaches, so that it is in the state too.
pub fn leaky() -> String {
    format!(
        "const CODE = '{SECRET}';\nexport const find = async (id: string) => ({{ id, code: CODE }});\n"
    )
}

/// Pushed clean, then twice with the secret, promoted, and kept in a snapshot.
pub fn history() -> Project {
    let project = shop::project();
    project.ok("push");
    project.ok("version create -m clean");
    project.write("src/lib/store.ts", leaky());
    project.write("notes/plan.txt", format!("the code: {SECRET}\n"));
    project.ok("push");
    project.ok("version create -m leaky");
    project.ok("version promote 2 --reason \"looks right\"");
    edit(&project, "src/skills/orders.skill.ts", "Knows about orders", "Knows every order");
    project.ok("push");
    project.ok("version create -m later");
    project.ok("version delete 3 --force");
    project.write("unpushed.txt", "of the snapshot only");
    project.ok("source rollback --version 2 --force");
    project
}

/// Every file below `.lua/`, as it is, and every object of every pack.
pub fn contains(root: &Path, secret: &str) -> Vec<String> {
    let has = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(root.join(".lua")).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() && has(&std::fs::read(entry.path()).unwrap()) {
            found.push(entry.path().display().to_string());
        }
    }
    let store = Store::open(&root.join(".lua")).unwrap();
    for id in store.objects().ids().unwrap() {
        let (_, bytes) = store.objects().find(&id).unwrap().unwrap();
        found.extend(has(&bytes).then(|| format!("object {id}")));
    }
    found
}

/// Numbers and fate of all versions.
fn numbers(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    for line in ["version list --all", "source list --all"] {
        for one in project.list(line).as_array().unwrap() {
            all.push(format!(
                "{} {} {} {}",
                one["version"], one["status"], one["message"], one["triggeredBy"]
            ));
        }
    }
    all
}

#[test]
fn a_file_goes_out_of_every_version_and_snapshot() {
    let project = history();
    assert!(contains(&project.root(), SECRET).len() >= 2);
    let before = numbers(&project);
    let preview = project.run("purge notes/plan.txt src/lib/store.ts --dry-run");
    insta::assert_snapshot!(preview, @r#"
    $ lua-store purge notes/plan.txt src/lib/store.ts --dry-run
      notes/plan.txt  5a63aa68  in source v2..v4, versions v2..v3, snapshots v1
      src/lib/store.ts  be4d7516  in source v2..v4, versions v2..v3, snapshots v1
      state/skills/orders/modules/src/lib/store.ts  be4d7516  in source v2..v4, versions v2..v3, snapshots v1
      src/lib/store.ts  fc164b7f  in source v1, versions v1
      state/skills/orders/modules/src/lib/store.ts  fc164b7f  in source v1, versions v1
    Would purge 3 object(s), 212 bytes, from 4 source version(s), 3 version(s), 1 snapshot(s).
    --- stderr
    warning: "notes/plan.txt" in the project still contains these bytes: pushes that contain them are refused
    warning: "src/lib/store.ts" in the project still contains these bytes: pushes that contain them are refused
    A purge does not reach git, backups, clones that did not fetch, and the platform. Rotate a key that leaked.
    "#);
    assert!(contains(&project.root(), SECRET).len() >= 2, "a dry run removes nothing");
    let done =
        project.run("purge notes/plan.txt src/lib/store.ts --reason \"the code leaked\" --force");
    insta::assert_snapshot!(done, @r#"
    $ lua-store purge notes/plan.txt src/lib/store.ts --reason "the code leaked" --force
      notes/plan.txt  5a63aa68  in source v2..v4, versions v2..v3, snapshots v1
      src/lib/store.ts  be4d7516  in source v2..v4, versions v2..v3, snapshots v1
      state/skills/orders/modules/src/lib/store.ts  be4d7516  in source v2..v4, versions v2..v3, snapshots v1
      src/lib/store.ts  fc164b7f  in source v1, versions v1
      state/skills/orders/modules/src/lib/store.ts  fc164b7f  in source v1, versions v1
    ✓ Purged 3 object(s), 212 bytes, from 4 source version(s), 3 version(s), 1 snapshot(s).
    --- stderr
    warning: "notes/plan.txt" in the project still contains these bytes: pushes that contain them are refused
    warning: "src/lib/store.ts" in the project still contains these bytes: pushes that contain them are refused
    A purge does not reach git, backups, clones that did not fetch, and the platform. Rotate a key that leaked.
    "#);
    assert_eq!(contains(&project.root(), SECRET), [""; 0]);
    assert_eq!(numbers(&project), before);
    faults::assert_clean(&project.root());
    project.ok("fsck");
    insta::assert_snapshot!(project.run("log --ledger --verify"), @"
    $ lua-store log --ledger --verify
    fc1feea9  2026-11-21 09:30  purge   3 object(s)  by ana@example.com  the code leaked
    04aaf93a  2026-11-21 09:30  delete  v3  by ana@example.com
    91cbd7d7  2026-11-21 09:30  promote v2  by ana@example.com  looks right
    --- stderr
    ✓ Verified the ledger: 3 record(s).
    ");
    let text = project.ok("cat-file source/v2:notes/plan.txt");
    insta::assert_snapshot!(text, @"
    lua-store tombstone 1
    object: 5a63aa688e7cbdd6d73f685440ea5f58be964df1ef73544590a43815ab328d15
    bytes: 40
    path: notes/plan.txt
    at: 2026-11-21T09:30:00.000Z
    by: ana@example.com
    reason: the code leaked
    ");
    // A file of the state is the same blob.
    let module = project.ok("cat-file v2:state/skills/orders/modules/src/lib/store.ts");
    assert!(module.starts_with("lua-store tombstone 1\nobject: "), "{module}");
    // The clean version of the file was purged as well: the path was named, and not an object.
    assert!(project.ok("cat-file v1:src/lib/store.ts").starts_with("lua-store tombstone 1\n"));
    project.ok("version diff 1 2");
    project.ok("status");
    // Restored, the file says what it is, to whoever reads the agent too.
    std::fs::remove_file(project.path("notes/plan.txt")).unwrap();
    project.write("src/lib/store.ts", module);
    insta::assert_snapshot!(project.run("push"), @r#"
    $ lua-store push
    --- stderr
    Error: cannot read "src/lib/store.ts": it was purged on 2026-11-21T09:30:00.000Z by ana@example.com: the code leaked
    hint: write the file again, or remove its imports
    hint: run `lua-store push backup` to store the files as they are
    --- exit 1
    "#);
    assert!(project.read("src/lib/store.ts").starts_with("lua-store tombstone 1\n"));
}

#[test]
fn an_object_goes_and_other_versions_of_its_file_stay() {
    let project = history();
    let clean = project.ok("cat-file v1:src/lib/store.ts");
    let id = Id::of_blob(leaky().as_bytes()).to_string();
    let done = project
        .json(&format!("purge {} source/v2:notes/plan.txt --reason leaked --force", &id[..10]));
    assert_eq!(done["objects"].as_array().unwrap().len(), 2);
    assert_eq!(done["source"], serde_json::json!([2, 3, 4]));
    assert_eq!(done["versions"], serde_json::json!([2, 3]));
    assert_eq!(done["snapshots"], serde_json::json!([1]));
    assert_eq!(contains(&project.root(), SECRET), [""; 0]);
    assert_eq!(project.ok("cat-file v1:src/lib/store.ts"), clean);
    faults::assert_clean(&project.root());
    let ledger = project.list("log --ledger");
    assert_eq!(ledger[0]["event"], "purge");
    assert_eq!(ledger[0]["id"], done["record"]);
    assert_eq!(ledger[0]["version"], serde_json::Value::Null);
    assert_eq!(ledger[0]["purge"]["objects"][0]["object"].as_str().unwrap().len(), 64);
    let numbers = ledger[0]["purge"]["source"].as_array().unwrap().iter().map(|one| &one["number"]);
    assert_eq!(numbers.collect::<Vec<_>>(), [2, 3, 4]);
}

/// The project goes on: what is still in it is refused, and a changed file is pushed.
#[test]
fn a_purged_file_is_not_pushed_again() {
    let project = history();
    let done = project.json("purge source/v2:src/lib/store.ts notes --reason leaked --force");
    assert_eq!(done["workspace"], serde_json::json!(["notes/plan.txt", "src/lib/store.ts"]));
    for line in ["push", "push backup", "hash-object -w notes/plan.txt"] {
        let refused = project.run(line);
        assert_eq!(refused.code, 1, "{refused}");
        assert!(
            refused
                .stderr
                .contains(", purged on 2026-11-21T09:30:00.000Z by ana@example.com: leaked"),
            "{refused}"
        );
    }
    // Moved elsewhere it is the same.
    std::fs::rename(project.path("notes/plan.txt"), project.path("moved.txt")).unwrap();
    project.write("src/lib/store.ts", "export const find = async (id: string) => ({ id });\n");
    assert_eq!(project.run("push").code, 1);
    assert_eq!(contains(&project.root(), SECRET), [""; 0]);
    std::fs::remove_file(project.path("moved.txt")).unwrap();
    project.ok("push");
    project.ok("version create");
    project.ok("version promote latest");
    project.ok("log --verify");
    // Unless somebody allows it.
    project.write("moved.txt", format!("the code: {SECRET}\n"));
    let object = Id::of_blob(format!("the code: {SECRET}\n").as_bytes());
    assert_eq!(project.run("purge --allow 0123456789").code, 3);
    project.ok(&format!("purge --allow {object}"));
    project.ok("push");
    faults::assert_clean(&project.root());
}

#[test]
fn purges_follow_each_other() {
    let project = history();
    project.ok("purge notes/plan.txt --reason one --force");
    project.ok("purge src/lib/store.ts --reason two --force");
    project.ok("log --verify");
    faults::assert_clean(&project.root());
    assert_eq!(contains(&project.root(), SECRET), [""; 0]);
    let again = project.run("purge notes/plan.txt --reason one --force");
    assert_eq!((again.code, again.stdout.as_str()), (0, "Already purged. No change.\n"));
    assert_eq!(project.list("log --ledger").as_array().unwrap().len(), 4);
}

#[test]
fn a_value_of_a_definition_goes_and_the_rest_is_told() {
    let project = shop::project();
    edit(&project, "src/skills/orders.skill.ts", "Knows about orders", SECRET);
    project.ok("push");
    project.ok("version create");
    edit(&project, "src/skills/orders.skill.ts", SECRET, "Knows about orders");
    project.ok("push");
    project.ok("version create");
    let told = project.json("purge source/v1:src/skills/orders.skill.ts --dry-run");
    let places: Vec<&str> = told["similar"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|similar| similar["places"].as_array().unwrap())
        .filter_map(|place| place["path"].as_str())
        .collect();
    assert_eq!(places, ["state/skills/orders/definition.json"]);
    project.ok("purge source/v1:src/skills/orders.skill.ts v1:state/skills/orders/definition.json --reason leaked --force");
    assert_eq!(contains(&project.root(), SECRET), [""; 0]);
    let definition = project.ok("cat-file v1:state/skills/orders/definition.json");
    assert!(
        definition.starts_with("{\"$purged\":{\"at\":\"2026-11-21T09:30:00.000Z\","),
        "{definition}"
    );
    for line in ["version diff 1 2", "version show 1", "version promote 1", "fsck", "log --verify"]
    {
        project.ok(line);
    }
    faults::assert_clean(&project.root());
}

#[test]
fn a_store_in_which_nothing_was_promoted_gets_a_ledger() {
    let project = shop::project();
    project.write("notes/plan.txt", SECRET);
    project.ok("push");
    project.ok("purge notes --reason leaked --force");
    assert!(project.pointer().starts_with("ref: none\n"));
    project.ok("log --verify");
    assert_eq!(contains(&project.root(), SECRET), [""; 0]);
    std::fs::remove_file(project.path("notes/plan.txt")).unwrap();
    project.ok("push");
    project.ok("version create");
    project.ok("version promote 1");
    faults::assert_clean(&project.root());
}

#[test]
fn a_large_file_gives_its_room_back() {
    let project = shop::project();
    let mut noise = vec![0; 30 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    project.write("video.bin", &noise);
    project.ok("push");
    std::fs::remove_file(project.path("video.bin")).unwrap();
    project.ok("push");
    assert!(project.json("count-objects")["bytes"].as_u64().unwrap() > 30 << 20);
    project.ok("purge video.bin --reason \"too large\" --force");
    assert!(project.json("count-objects")["bytes"].as_u64().unwrap() < 1 << 20);
    faults::assert_clean(&project.root());
}

#[test]
fn what_cannot_be_purged_is_refused_and_nothing_changes() {
    let project = history();
    project.write("empty.txt", "");
    project.ok("push backup");
    let store = |project: &Project| project.ok("rev-parse source/v2 source/v5 v2");
    let before = store(&project);
    for (line, code, part) in [
        (
            "purge src/nowhere.ts --reason x --force",
            3,
            "\"src/nowhere.ts\" is neither a file of a version",
        ),
        ("purge v2:nowhere --reason x --force", 3, "there is no \"nowhere\""),
        ("purge empty.txt --reason x --force", 2, "it is empty"),
        ("purge v2:meta --reason x --force", 2, "\"meta\" of a version"),
        ("purge v2:state/versions.json --reason x --force", 2, "is required"),
        ("purge notes", 2, "--reason"),
        ("purge --reason x", 2, "<PATH|OBJECT>"),
        ("purge notes --reason x", 2, "Purge 1 object(s) for good?"),
    ] {
        let refused = project.run(line);
        assert_eq!(refused.code, code, "{refused}");
        assert!(refused.stderr.contains(part), "{refused}");
    }
    assert_eq!(store(&project), before);
    assert!(contains(&project.root(), SECRET).len() >= 2);
}

#[test]
fn a_damaged_store_is_mended_first() {
    let project = history();
    project.ok("compact");
    let pack =
        std::fs::read_dir(project.path(".lua/objects")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[60] ^= 1;
    std::fs::remove_file(&pack).unwrap();
    std::fs::write(&pack, bytes).unwrap();
    let packed_refs = || std::fs::read(project.path(".lua/packed-refs")).unwrap();
    let heads = packed_refs();
    let refused = project.run("purge notes --reason leaked --force");
    assert_eq!(refused.code, 1, "{refused}");
    assert_eq!(packed_refs(), heads);
}
