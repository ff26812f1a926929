//! Bundles: versions carried in a file, whole or not taken at all.

use crate::common::shop::{self, edit};
use crate::common::{Project, faults};
use insta::assert_snapshot;
use lua_store::internals::history::project::Project as Agent;
use lua_store::internals::history::rules::Strictness;
use lua_store::internals::operations::bundle::{self, BundleBase};
use lua_store::internals::progress::Progress;
use lua_store::internals::store::Odb;
use std::path::{Path, PathBuf};

/// Two versions of which the first is active, then a third and one more push.
fn history() -> Project {
    let project = shop::project();
    project.write(".gitignore", "dist\n/.lua/\n");
    project.ok("version create --auto-push -m first");
    edit(&project, "src/index.ts", "You help customers shop.", "You help customers shop well.");
    project.ok("version create --auto-push -m second");
    project.ok("version promote 1");
    edit(&project, "src/index.ts", "shop well.", "shop very well.");
    project.ok("version create --auto-push -m third");
    edit(&project, "src/index.ts", "shop very well.", "shop best.");
    project.ok("push");
    project
}

fn clone(file: &Path, root: &Path) -> lua_store::internals::error::Result<bundle::Cloned> {
    bundle::clone(file, root, Strictness::Refuse, &Progress::default())
}

fn heads(root: &Path) -> lua_store::internals::store::Heads {
    Agent::open(root).unwrap().store().heads().unwrap()
}

fn files(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = walk.filter(|entry| entry.file_type().is_file());
    let named = files.map(|file| {
        (file.path().strip_prefix(root).unwrap().to_owned(), std::fs::read(file.path()).unwrap())
    });
    named.filter(|(path, _)| !path.starts_with(".lua")).collect()
}

#[test]
fn everything_in_one_file() {
    let project = history();
    let outcome = project.run("bundle create all.bundle");
    let line = outcome.stdout.replace(|c: char| c.is_ascii_digit(), "N");
    assert!(
        outcome.code == 0
            && line.starts_with(
                "✓ Wrote \"all.bundle\": N version(s), N source version(s), vN active; "
            ),
        "{outcome}"
    );
    assert_snapshot!(project.run("bundle verify all.bundle"), @r#"
    $ lua-store bundle verify all.bundle
    ✓ "all.bundle" is complete: 3 version(s), 4 source version(s), v1 active.
    "#);
    assert_eq!(project.json("bundle verify all.bundle")["versions"].as_array().unwrap().len(), 3);
    // Anywhere else too, where there is no project.
    let elsewhere = Project::new();
    std::fs::copy(project.path("all.bundle"), elsewhere.path("b")).unwrap();
    assert_eq!(elsewhere.run("bundle verify b").code, 0);
    let root = elsewhere.path("cloned");
    let cloned = clone(&elsewhere.path("b"), &root).unwrap();
    assert_eq!(heads(&root), heads(&project.root()));
    assert_eq!(cloned.heads, heads(&root));
    faults::assert_clean(&root);
    // A clone goes on from the newest push, whichever version is active.
    let files = files(&root);
    assert_eq!(files.len(), cloned.adopted.files);
    let index = files.iter().find(|(path, _)| path.ends_with("src/index.ts")).unwrap();
    assert!(String::from_utf8_lossy(&index.1).contains("You help customers shop best.`"));
}

#[test]
fn some_versions_go_on_from_the_others() {
    let project = history();
    project.ok("bundle create first.bundle --versions v1");
    let rest = project.run("bundle create rest.bundle --versions v2..v3");
    assert!(
        rest.code == 0 && rest.stderr.contains("only a store that has them can read it"),
        "{rest}"
    );
    project.ok("bundle create all.bundle");
    let size = |name: &str| project.path(name).metadata().unwrap().len();
    assert!(size("rest.bundle") < size("first.bundle"));
    let elsewhere = Project::new();
    let root = elsewhere.path("cloned");
    let error = clone(&project.path("rest.bundle"), &root).err().unwrap();
    assert!(error.message().contains("needs earlier versions, which are not here"), "{error}");
    assert!(!root.exists() && std::fs::read_dir(elsewhere.root()).unwrap().count() == 0);
    clone(&project.path("first.bundle"), &root).unwrap();
    assert_eq!((heads(&root).versions.len(), heads(&root).active), (1, None));
    let agent = Agent::open(&root).unwrap();
    for (name, count) in [("rest.bundle", 3), ("all.bundle", 4)] {
        bundle::fetch(
            &agent,
            &project.path(name),
            "stick",
            Strictness::Refuse,
            &Progress::default(),
        )
        .unwrap();
        let tracking = agent.store().remote("stick").unwrap().unwrap();
        assert_eq!((tracking.heads.versions.len(), tracking.heads.source.len()), (3, count));
        faults::assert_clean(&root);
    }
    assert_eq!(heads(&root).versions.len(), 1);
    assert!(
        clone(&project.path("all.bundle"), &root).err().unwrap().message().contains("is not empty")
    );
}

#[test]
fn what_cannot_be_a_bundle_is_said() {
    let project = history();
    project.write("there", "x");
    project.write("none", "lua-store bundle 2\n");
    let lines = [
        "bundle create x --versions v1,v3",
        "bundle create x --versions v3..v1",
        "bundle create x --versions v2..v9",
        "bundle create x --versions latest",
        "bundle create there",
        "bundle create nowhere/x",
        "bundle verify there",
        "bundle verify none",
        "bundle verify nothing",
    ];
    let told: Vec<String> = lines.iter().map(|line| project.run(line).to_string()).collect();
    assert_snapshot!(told.join("\n"), @r#"
    $ lua-store bundle create x --versions v1,v3
    --- stderr
    Error: cannot create a bundle of "v1,v3": the list lacks v2
    hint: use `--versions v1..v3` to include the versions between: a bundle has no gaps
    --- exit 2

    $ lua-store bundle create x --versions v3..v1
    --- stderr
    Error: "v3..v1" is not a range of versions
    hint: use a range such as `--versions v5..v7`, or `--versions all`
    --- exit 2

    $ lua-store bundle create x --versions v2..v9
    --- stderr
    Error: version v4 not found
    hint: run `lua-store version list` to list them
    --- exit 3

    $ lua-store bundle create x --versions latest
    --- stderr
    Error: "latest" is not a range of versions
    hint: use a range such as `--versions v5..v7`, or `--versions all`
    --- exit 2

    $ lua-store bundle create there
    --- stderr
    Error: cannot write "[DIR]/project/there": it exists
    hint: give another name, or remove that file
    --- exit 2

    $ lua-store bundle create nowhere/x
    --- stderr
    Error: cannot write "[DIR]/project/nowhere/x": there is no folder "[DIR]/project/nowhere"
    --- exit 3

    $ lua-store bundle verify there
    --- stderr
    Error: cannot use the bundle "[DIR]/project/there": it is not a bundle, or one of another format
    --- exit 1

    $ lua-store bundle verify none
    --- stderr
    Error: cannot use the bundle "[DIR]/project/none": it is not a bundle, or one of another format
    --- exit 1

    $ lua-store bundle verify nothing
    --- stderr
    Error: cannot open "[DIR]/project/nothing": No such file or directory
    --- exit 3
    "#);
    assert_eq!(project.read("there"), "x");
    assert!(!project.path("x").exists());
    assert_eq!(shop::project().run("bundle create x").code, 1);
}

#[test]
fn a_damaged_bundle_is_taken_nowhere() {
    let project = history();
    project.ok("bundle create all.bundle");
    let bytes = std::fs::read(project.path("all.bundle")).unwrap();
    let elsewhere = shop::project();
    elsewhere.ok("push");
    let agent = Agent::open(&elsewhere.root()).unwrap();
    let ids = agent.store().objects().ids().unwrap();
    let refused = |bytes: &[u8], what: &str| {
        std::fs::write(elsewhere.path("b"), bytes).unwrap();
        assert!(
            bundle::fetch(
                &agent,
                &elsewhere.path("b"),
                "stick",
                Strictness::Refuse,
                &Progress::default()
            )
            .is_err(),
            "{what}"
        );
        assert!(clone(&elsewhere.path("b"), &elsewhere.path("cloned")).is_err(), "{what}");
        assert!(!elsewhere.path("cloned").exists());
        let scratch = std::fs::read_dir(elsewhere.path(".lua/incoming")).unwrap();
        assert_eq!(scratch.count(), 0, "{what}");
    };
    for at in (0..bytes.len()).step_by(1 + bytes.len() / 60) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        refused(&damaged, &format!("a bit of byte {at} is flipped"));
    }
    for len in (0..bytes.len()).step_by(1 + bytes.len() / 60) {
        refused(&bytes[..len], &format!("cut off after {len} bytes"));
    }
    refused(&[&bytes[..], b"x"].concat(), "one byte more");
    assert_eq!(agent.store().objects().ids().unwrap(), ids);
    assert_eq!(agent.store().remote("stick").unwrap(), None);
    std::fs::write(elsewhere.path("b"), &bytes).unwrap();
    assert!(
        bundle::verify_pack(
            &elsewhere.path("b"),
            &elsewhere.root(),
            &BundleBase { objects: &Odb::over([]), known: &[] },
            Strictness::Refuse,
            &Progress::default()
        )
        .is_ok()
    );
}
