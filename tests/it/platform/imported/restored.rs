//! Restore of an imported version: files that no backup can have stay as they are.

use super::There;
use std::fs;

const UNSEEN: [(&str, &str); 4] = [
    ("package-lock.json", "{ \"lockfileVersion\": 3 }\n"),
    ("src/orders.test.ts", "test('orders', () => {});\n"),
    (".editorconfig", "root = true\n"),
    ("src/types/shop.d.ts", "declare const shop: string;\n"),
];

/// A clone with files that the stock command does not see, pushed here.
fn cloned() -> There {
    let there = There::new();
    there.cloned("mine");
    for (path, text) in UNSEEN {
        there.project.write(&format!("../mine/{path}"), text);
    }
    there.project.write("../mine/src/new.ts", "export const fresh = 1;\n");
    there
}

fn unseen_stay(there: &There, after: &str) {
    for (path, text) in UNSEEN {
        assert_eq!(there.read("mine", path), text, "{path} after {after}");
    }
}

#[test]
fn every_command_that_restores_an_imported_version_leaves_them() {
    for line in [
        "source rollback --version 1 --force",
        "pull --version 1 --force",
        "restore --from v1 .",
        "restore --from source/v1 src",
    ] {
        let there = cloned();
        there.in_clone("mine", line);
        unseen_stay(&there, line);
        let old = there.read("mine", "src/skills/catalog.skill.ts");
        assert!(old.contains("Finds products"), "{line}: {old}");
        // A file that the stock command sees and the version has not is gone.
        assert!(!there.project.path("../mine/src/new.ts").exists(), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn modes_of_files_stay_as_backups_have_none() {
    use std::os::unix::fs::PermissionsExt;
    let there = cloned();
    let path = there.project.path("../mine/src/lib/store.ts");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    there.in_clone("mine", "source rollback --version 1 --force");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o111, 0o111);
}

#[test]
fn a_backup_of_somebody_else_does_not_take_them_away() {
    let there = cloned();
    there.in_clone("mine", "push --offline");
    there.edit("src/lib/store.ts", "the door", "the gate");
    there.platform.dashboard(super::AGENT).back_up(&there.project.root());
    there.in_clone("mine", "pull");
    unseen_stay(&there, "pull");
    assert!(there.read("mine", "src/lib/store.ts").contains("the gate"));
    assert!(there.project.path("../mine/src/new.ts").exists(), "it was never there");
}

#[test]
fn a_safety_snapshot_and_a_version_of_ours_are_restored_exactly() {
    let there = cloned();
    there.in_clone("mine", "push --offline");
    fs::remove_file(there.project.path("../mine/package-lock.json")).unwrap();
    there.project.write("../mine/later.test.ts", "later\n");
    there.in_clone("mine", "push --offline");
    there.in_clone("mine", "source rollback --version 4 --force");
    unseen_stay(&there, "rollback to a push of ours");
    assert!(!there.project.path("../mine/later.test.ts").exists());
}
