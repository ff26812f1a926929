//! Bundles from before a purge: what was purged does not come back with one.

use super::purge::{SECRET, contains, history};
use crate::common::{Project, faults};

#[test]
fn a_bundle_from_before_a_purge_is_refused() {
    let project = history();
    project.ok("bundle create ../before.bundle");
    project.ok("purge notes/plan.txt src/lib/store.ts --reason \"the code leaked\" --force");
    let before = project.json("version list --all");
    for line in ["fetch ../before.bundle", "fetch ../before.bundle --as-is"] {
        let refused = project.run(line);
        assert_eq!(refused.code, 1, "{refused}");
        let is_named = |path: &str| {
            refused.stderr.contains(&format!("cannot store the bytes of \"{path}\", purged on "))
        };
        assert!(is_named("notes/plan.txt") || is_named("src/lib/store.ts"), "{refused}");
        assert_eq!(contains(&project.root(), SECRET), [""; 0]);
        assert!(!project.path(".lua/refs/remotes/bundle").exists());
        assert_eq!(project.json("version list --all"), before);
    }
    faults::assert_clean(&project.root());
    project.ok("fsck");
    // One that was made afterwards is taken in, here and by somebody new.
    project.ok("bundle create ../after.bundle");
    project.ok("fetch ../after.bundle");
    let other = Project::new();
    let file = project.path("../after.bundle").canonicalize().unwrap();
    other.ok(&format!("clone \"{}\" .", file.display()));
    assert_eq!(contains(&other.root(), SECRET), [""; 0]);
    other.ok("log --verify");
}
