//! Files that are tracked although a rule ignores them.

use super::Project;
use crate::workspace::{Snapshot, SnapshotOptions, Tracked, snapshot};

fn taken(project: &mut Project, tracked: &[&str]) -> Snapshot {
    let tracked = Tracked::of(tracked.iter().copied());
    let options = SnapshotOptions {
        tracked: Some(&tracked),
        cache: Some(&project.cache),
        ..SnapshotOptions::default()
    };
    snapshot(&project.root, &mut project.memory, None, &options).unwrap()
}

fn project() -> Project {
    let project = Project::new(&[
        ("a.ts", "1"),
        ("dist/b.ts", "2"),
        ("dist/deep/c.ts", "3"),
        ("dist/d.js", "4"),
    ]);
    project.write("gen/e.ts", "5");
    project.write("gen/.gitignore", "!f.ts\n");
    project.write("gen/f.ts", "6");
    project.write(".gitignore", "gen/\n");
    project
}

#[test]
fn what_is_tracked_is_kept_and_nothing_beside_it() {
    let mut project = project();
    let all = ["a.ts", "dist/b.ts", "dist/deep/c.ts", "gen/e.ts", "dist/missing.ts", "none/x.ts"];
    // With and without the cache, which remembers under which names files were kept.
    for _ in 0..2 {
        let found = taken(&mut project, &all);
        assert_eq!(
            project.paths(&found),
            [".gitignore", "a.ts", "dist/b.ts", "dist/deep/c.ts", "gen/e.ts"]
        );
        assert_eq!(found.kept, ["dist/b.ts", "dist/deep/c.ts", "gen/e.ts"]);
        project.tick();
    }
    let found = taken(&mut project, &["dist/b.ts"]);
    assert_eq!(project.paths(&found), [".gitignore", "a.ts", "dist/b.ts"]);
    let found = project.snapshot().unwrap();
    assert_eq!(project.paths(&found), [".gitignore", "a.ts"]);
    assert_eq!(found.kept, [""; 0]);
    let found = taken(&mut project, &all);
    assert_eq!(found.kept, ["dist/b.ts", "dist/deep/c.ts", "gen/e.ts"]);
}

#[test]
fn another_kind_of_thing_under_a_tracked_name_is_not() {
    let mut project = project();
    let found = taken(&mut project, &["dist", "dist/deep", "gen/e.ts/x"]);
    assert_eq!(project.paths(&found), [".gitignore", "a.ts"]);
    std::fs::remove_dir_all(project.path("dist")).unwrap();
    project.write("dist", "a file");
    let found = taken(&mut project, &["dist/b.ts"]);
    assert_eq!(project.paths(&found), [".gitignore", "a.ts"]);
}

#[test]
fn no_look_costs_more_when_nothing_changed() {
    let mut project = project();
    let tracked = ["a.ts", "dist/b.ts"];
    taken(&mut project, &tracked);
    project.tick();
    taken(&mut project, &tracked);
    let work = taken(&mut project, &tracked).work;
    assert_eq!((work.listings, work.reads), (0, 0));
    // Other needs: only where they are is listed.
    let found = taken(&mut project, &["a.ts", "dist/b.ts", "dist/d.js"]);
    assert_eq!((found.work.listings, found.work.reads, found.kept.len()), (1, 1, 2));
}

#[test]
fn a_tracked_secret_is_left_out_and_said() {
    let mut project = project();
    project.write("gen/.env", "KEY=1");
    let found = taken(&mut project, &["gen/.env"]);
    assert_eq!(project.paths(&found), [".gitignore", "a.ts"]);
    assert_eq!(found.skipped[0].path, "gen/.env");
}
