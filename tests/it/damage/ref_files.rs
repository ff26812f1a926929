//! Refs that are damaged, lost, or name something else.

use super::{history, look, readable, refused, with};
use crate::common::Project;
use crate::common::shop::edit;
use insta::assert_snapshot;

#[test]
fn a_damaged_loose_ref() {
    let (project, _) = history();
    for bytes in ["", "x", "ref: refs/versions/v1\n", &"0".repeat(64)] {
        with(&project, ".lua/refs/versions/v2", Some(bytes.as_bytes()), || {
            let lines = [
                "version show 2",
                "version promote 2",
                "version delete 2 --force",
                "version create",
            ];
            refused(&project, &lines, ".lua/refs/versions/v2\" is damaged: it contains ");
            refused(
                &project,
                &["version show latest", "version diff 1 2"],
                ".lua/refs/versions/v2\" is damaged: ",
            );
            readable(
                &project,
                &["source list", "source show v1", "source diff v1 v2", "push --dry-run"],
            );
            readable(
                &project,
                &["version list", "version show 1", "version status", "status", "log --verify"],
            );
            readable(&project, &["persona list", "log --ledger", "version promote 1"]);
        });
        with(&project, ".lua/refs/source/v2", Some(bytes.as_bytes()), || {
            refused(
                &project,
                &["source show v2", "push", "status"],
                ".lua/refs/source/v2\" is damaged: it contains ",
            );
            readable(&project, &["source list", "version list", "version show 2", "log --verify"]);
        });
    }
}

/// Three versions: v2 is active after v1, v3 is staged.
fn three() -> Project {
    let (project, _) = history();
    project.ok("version promote 2");
    edit(&project, "src/index.ts", "You are Eve.", "You are Ida.");
    project.ok("push");
    project.ok("version create -m three");
    project
}

#[test]
fn what_does_not_need_a_damaged_version_goes_on() {
    let project = three();
    let sound = project.read(".lua/refs/versions/v2");
    project.write(".lua/refs/versions/v2", "x");
    assert_snapshot!(project.run("version list"), @r#"
    $ lua-store version list
    VERSION  STATUS      CREATED           BY               PROMOTED          MESSAGE
    v3       staged      2026-11-21 09:30  ana@example.com  -                 three
    v2*      damaged     -                 -                -                 (cannot be read)
    v1       superseded  2026-11-21 09:30  ana@example.com  2026-11-21 09:30  one
    --- stderr
    warning: v2 cannot be read: the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it contains "x"
    hint: run `lua-store fsck` to see what to do next
    "#);
    assert_snapshot!(project.run("log -n 2"), @r#"
    $ lua-store log -n 2
    v3 (staged)  321c4eff
      2026-11-21 09:30 by ana@example.com
      three
      1 change(s), from source version v3

    v2 (damaged)
      the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it contains "x"
    "#);
    assert_snapshot!(project.run("log --ledger"), @"
    $ lua-store log --ledger
    b3b545aa  2026-11-21 09:30  promote v2  by ana@example.com
    d71618c2  2026-11-21 09:30  promote v1  by ana@example.com
    ");
    assert_snapshot!(project.run("status"), @r#"
    $ lua-store status
    Active version:  v2  two
      Live since 09:30 UTC (just now) by ana@example.com
    Newest version:  v3  three
    Pushed source:   v3
    Staged:          v3 (created, never live)
    Nothing to push: the project is as it was pushed.
    --- stderr
    warning: v2 cannot be read: the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it contains "x"
    hint: run `lua-store fsck` to see what to do next
    hint: run `lua-store version promote v3` to make it active
    "#);
    assert_snapshot!(project.run("fsck"), @r#"
    $ lua-store fsck
    damaged: refs: the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it contains "x"
      affects versions/v2
      next: run `echo f249efd5bb2fe5ba40996f06393e83ca25f10fd34e6d0d89695621dc60960954 > "[DIR]/project/.lua/refs/versions/v2"` to restore it, as the log recorded it
    Checked 66 objects in 6 pack(s), 5 ref(s): 1 problem(s).
    --- stderr
    hint: run `lua-store fsck --repair` to repair what can be repaired; add `--from REMOTE` to use a remote as well
    --- exit 1
    "#);
    let damaged = &project.list("version list")[1];
    assert_eq!((&damaged["version"], &damaged["status"]), (&2.into(), &"damaged".into()));
    assert!(
        damaged["problem"].as_str().unwrap().contains("is damaged: it contains \"x\""),
        "{damaged}"
    );
    assert_eq!(project.list("version list --status damaged").as_array().unwrap().len(), 1);
    // Numbers and the ledger go on after it, and nothing is lost when it is whole again.
    assert_snapshot!(project.run("version promote 1"), @"
    $ lua-store version promote 1
    ✓ Promoted v1. Previous active: v2.
    --- stderr
    This takes back v2, promoted by ana@example.com, 2026-11-21 09:30
    hint: run `lua-store version promote v2` to take it back
    ");
    assert_snapshot!(project.run("version promote previous"), @r#"
    $ lua-store version promote previous
    --- stderr
    Error: the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it contains "x"
    hint: run `lua-store fsck --repair` to restore it, or `echo f249efd5bb2fe5ba40996f06393e83ca25f10fd34e6d0d89695621dc60960954 > "[DIR]/project/.lua/refs/versions/v2"`
    --- exit 1
    "#);
    edit(&project, "src/index.ts", "You are Ida.", "You are Ada.");
    assert_snapshot!(project.run("version create --auto-push -m four"), @"
    $ lua-store version create --auto-push -m four
      ✅ persona v4 pushed (3 → 4)
      ·  5 unchanged: shop, orders, catalog, nightly, docs
    💾 Backup at v4 (1 changed file(s))
    ✓ Created v4 (staged). Run `lua-store version promote v4` to make it active.
    ");
    assert_snapshot!(project.run("version delete 3 --force"), @"
    $ lua-store version delete 3 --force
    ✓ Deleted v3.
    --- stderr
    hint: run `lua-store version undelete v3` to restore it
    ");
    project.write(".lua/refs/versions/v2", sound);
    let statuses = project.list("version list");
    let statuses: Vec<&str> =
        statuses.as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["staged", "deleted", "superseded", "active"]);
    assert_eq!(project.run("fsck").code, 0);
    assert_eq!(project.run("log --verify").code, 0);
}

#[test]
fn what_a_damaged_ref_held_is_found() {
    let project = three();
    let log = std::fs::read(project.path(".lua/reflog")).unwrap();
    for (name, told) in [
        ("versions/v3", "as the log recorded it"),
        ("source/v2", "as the log recorded it"),
        ("versions/v2", "as the ledger recorded it"),
        ("versions/v3", "this is the only version without a ref"),
        ("source/v2", "this is the only version without a ref"),
    ] {
        match told.contains("the log") {
            true => std::fs::write(project.path(".lua/reflog"), &log).unwrap(),
            false => drop(std::fs::remove_file(project.path(".lua/reflog"))),
        }
        let path = format!(".lua/refs/{name}");
        let sound = project.read(&path);
        project.write(&path, "");
        let output = project.lua_store("fsck --json").output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let problem = &answer["problems"][0];
        assert_eq!(problem["affects"], serde_json::json!([name]));
        let next = problem["next"].as_str().unwrap();
        assert!(next.starts_with("run `echo ") && next.contains(told), "{next}");
        let command = next.split('`').nth(1).unwrap();
        assert!(project.command("sh").args(["-c", command]).status().unwrap().success());
        assert_eq!(project.read(&path), sound);
        assert_eq!(project.run("fsck").code, 0);
    }
    project.write(".lua/refs/versions/v1", "");
    project.write(".lua/refs/versions/v3", "");
    let told = project.run("fsck").stdout;
    assert_eq!(told.matches("from a backup; versions without a ref: ").count(), 2, "{told}");
}

#[test]
fn a_ref_to_something_else() {
    let (project, _) = history();
    let nothing = format!("{}\n", "0".repeat(64));
    with(&project, ".lua/refs/versions/v2", Some(nothing.as_bytes()), || {
        refused(&project, &["version show 2", "log"], &"0".repeat(64));
        assert!(project.run("fsck").stdout.contains("affects versions/v2"));
        readable(&project, &["version show 1", "source list", "version list"]);
        assert_eq!(project.list("version list")[0]["status"], "damaged");
    });
    let source = project.read(".lua/refs/source/v2");
    with(&project, ".lua/refs/versions/v2", Some(source.as_bytes()), || {
        refused(&project, &["version show 2", "log", "version promote 2"], "\"meta\"");
        readable(&project, &["version show 1", "source list"]);
    });
}

#[test]
fn damaged_packed_refs() {
    let (project, _) = history();
    let sound = std::fs::read(project.path(".lua/packed-refs")).unwrap();
    // In the id of the first source version.
    let mut changed = sound.clone();
    changed[180] ^= 1;
    for bytes in [&[][..], b"hello", &sound[..sound.len() / 2], &sound[..sound.len() - 1], &changed]
    {
        with(&project, ".lua/packed-refs", Some(bytes), || {
            let fsck = look(&project, "fsck");
            assert!(
                fsck.code == 1 && fsck.stdout.contains(".lua/packed-refs\" is damaged: "),
                "{fsck}"
            );
            // The newest ones have files of their own.
            readable(&project, &["source show v2", "push", "push --dry-run"]);
        });
    }
    for bytes in [&[][..], b"hello"] {
        with(&project, ".lua/packed-refs", Some(bytes), || {
            refused(
                &project,
                &["source show v1", "version show 1"],
                ".lua/packed-refs\" is damaged: ",
            );
            readable(&project, &["version list", "version show 2", "source list"]);
        });
    }
    with(&project, ".lua/packed-refs", Some(&changed), || {
        refused(
            &project,
            &["source show v1", "source diff v1 v2"],
            ".lua/packed-refs\" is damaged: ",
        );
        readable(
            &project,
            &["version list", "version show 1", "version diff 1 2", "source list", "status"],
        );
    });
    with(&project, ".lua/packed-refs", None, || {
        refused(
            &project,
            &["version promote 2", "push", "version create"],
            "the ref \"refs/source/v1\" is missing",
        );
        refused(&project, &["version show 1"], "the ref \"refs/versions/v1\" is missing");
        readable(&project, &["source list", "version list", "version show 2"]);
    });
}
