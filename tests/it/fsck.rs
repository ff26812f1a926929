//! `fsck`: damage is found, named, and brought together with the versions it affects.

use crate::common::{Project, shop};
use insta::assert_snapshot;
use std::path::PathBuf;

#[test]
fn a_sound_store_is_called_so() {
    let project = shop::versioned();
    let answer = project.json("fsck");
    assert_eq!((&answer["ok"], &answer["refs"]), (&true.into(), &2.into()));
    let counted = project.json("count-objects");
    assert_eq!((&answer["objects"], &answer["packs"]), (&counted["objects"], &counted["packs"]));
    assert!(project.ok("fsck").ends_with(": nothing is damaged.\n"));
}

#[test]
fn a_changed_byte_in_any_pack_is_found_and_the_versions_are_named() {
    let project = shop::versioned();
    let mut affected = 0;
    for pack in packs(&project) {
        let sound = std::fs::read(&pack).unwrap();
        let mut damaged = sound.clone();
        damaged[sound.len() / 3] ^= 0x40;
        std::fs::write(&pack, damaged).unwrap();
        let outcome = project.run("fsck --json");
        assert_eq!(outcome.code, 1, "{outcome}");
        let answer: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(answer["ok"], false);
        assert!(
            outcome.stdout.contains(&*pack.file_name().unwrap().to_string_lossy()),
            "{outcome}"
        );
        affected += usize::from(outcome.stdout.contains("versions/v1"));
        std::fs::write(&pack, sound).unwrap();
    }
    assert!(affected > 0, "no damage was brought together with v1");
    assert_eq!(project.json("fsck")["ok"], true);
}

#[test]
fn a_lost_pack_is_found() {
    let project = shop::versioned();
    let first = packs(&project).remove(0);
    std::fs::remove_file(first).unwrap();
    let outcome = project.run("fsck");
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.stdout.contains("is missing\n  affects "), "{outcome}");
}

#[test]
fn a_damaged_ref_is_found() {
    let project = shop::versioned();
    project.write(".lua/refs/versions/v1", "nonsense\n");
    assert_snapshot!(project.run("fsck"), @r#"
    $ lua-store fsck
    damaged: refs: the ref "[DIR]/project/.lua/refs/versions/v1" is damaged: it contains "nonsense"
      affects versions/v1
      next: run `echo f38ff06825b9be920c58652776582cbcf0829978fac4219ae336446f79c0528d > "[DIR]/project/.lua/refs/versions/v1"` to restore it, as the log recorded it
    Checked 45 objects in 2 pack(s), 1 ref(s): 1 problem(s).
    --- stderr
    hint: run `lua-store fsck --repair` to repair what can be repaired; add `--from REMOTE` to use a remote as well
    --- exit 1
    "#);
}

fn packs(project: &Project) -> Vec<PathBuf> {
    let objects = std::fs::read_dir(project.path(".lua/objects")).unwrap();
    let mut packs: Vec<PathBuf> = objects.map(|entry| entry.unwrap().path()).collect();
    packs.retain(|path| path.extension().is_some_and(|extension| extension == "pack"));
    packs.sort();
    packs
}
