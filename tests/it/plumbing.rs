//! Objects of a version, by hand: `rev-parse`, `ls-tree`, `cat-file`.

use crate::common::{Project, shop};
use insta::assert_snapshot;

/// The hash of no bytes at all: the first official BLAKE3 test vector.
const EMPTY: &str = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

/// One version with an empty file, an executable, a link and bytes that are no text.
fn project() -> Project {
    let project = shop::project();
    project.write("notes/empty", "");
    project.write("notes/binary", [0xff, 0x00]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        project.write("notes/run", "#!/bin/sh\n");
        let runnable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(project.path("notes/run"), runnable).unwrap();
        symlink("empty", project.path("notes/link")).unwrap();
    }
    project.ok("push");
    project.ok("version create -m first");
    project
}

#[test]
fn every_name_of_a_version_is_the_same_id() {
    let project = project();
    project.ok("version promote v1");
    let id = project.ok("rev-parse v1");
    for name in ["1", "V1", "active", "latest", id.trim_end(), &id[..8]] {
        assert_eq!(project.ok(&format!("rev-parse {name}")), id, "{name}");
    }
    assert_eq!(project.ok("rev-parse v1:source/notes/empty").trim_end(), EMPTY);
}

#[cfg(unix)]
#[test]
fn a_folder_is_listed_with_modes() {
    assert_snapshot!(project().run("ls-tree v1:source/notes"), @r"
    $ lua-store ls-tree v1:source/notes
    file        e7645220473c8ae27d6c36c8993d8409784c1aab90d22e3da4971c93ff352ce7  binary
    file        af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262  empty
    symlink     6bdf3fe55052831d222fc6b82b2ba03f32b3599410fafd317642e21925c38f16  link
    executable  bc1f407a11c9377c8b9b13f956b279c8462775105eb958fc9ae3c40de87cc96e  run
    ");
}

#[test]
fn folders_are_followed_when_asked() {
    let project = project();
    let listed = project.list("ls-tree -r v1:source");
    let paths: Vec<&str> =
        listed.as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"notes/empty") && paths.contains(&"src/index.ts"), "{paths:?}");
    assert!(!paths.contains(&"src"), "{paths:?}");
    assert!(paths.is_sorted(), "{paths:?}");
}

#[test]
fn a_file_comes_out_as_it_was_kept() {
    let project = project();
    assert_eq!(project.ok("cat-file v1:source/src/index.ts"), project.read("src/index.ts"));
    let bytes = project.lua_store("cat-file --raw v1:source/notes/binary").output().unwrap().stdout;
    assert_eq!(bytes, [0xff, 0x00]);
    assert_snapshot!(project.run("cat-file -t v1:source/notes/binary"), @r"
    $ lua-store cat-file -t v1:source/notes/binary
    blob
    ");
    assert_snapshot!(project.run("cat-file -s v1:source/notes/binary"), @r"
    $ lua-store cat-file -s v1:source/notes/binary
    2
    ");
    assert_eq!(project.json("cat-file v1:source/notes/binary")["text"], serde_json::Value::Null);
    assert_eq!(project.json("cat-file v1:source/notes/empty")["text"], "");
}

#[test]
fn a_tree_is_listed_for_a_person_and_its_bytes_are_those_of_the_format() {
    let project = project();
    assert_eq!(project.ok("cat-file v1:source/notes"), project.ok("ls-tree v1:source/notes"));
    let raw = project.lua_store("cat-file --raw v1:source").output().unwrap().stdout;
    let size: usize = project.ok("cat-file -s v1:source").trim_end().parse().unwrap();
    // An array of entries, the first an array of three (docs/format.md).
    assert_eq!((raw.len(), raw[0] & 0xf0, raw[1]), (size, 0x90, 0x93));
}

#[test]
fn what_is_not_there_is_named() {
    let project = project();
    assert_snapshot!(project.run("cat-file v9"), @r"
    $ lua-store cat-file v9
    --- stderr
    Error: Version v9 not found
    hint: run `lua-store version list --all` to list them
    --- exit 3
    ");
    assert_snapshot!(project.run("cat-file v1:source/nothing"), @r#"
    $ lua-store cat-file v1:source/nothing
    --- stderr
    Error: there is no "source/nothing" in v1
    hint: run `lua-store ls-tree -r v1` to list its entries
    --- exit 3
    "#);
    assert_snapshot!(project.run("ls-tree v1:source/notes/empty"), @r#"
    $ lua-store ls-tree v1:source/notes/empty
    --- stderr
    Error: "v1:source/notes/empty" is a file, not a tree
    hint: run `lua-store cat-file v1:source/notes/empty` to print it
    --- exit 2
    "#);
    assert_snapshot!(project.run("rev-parse deadbeef"), @r#"
    $ lua-store rev-parse deadbeef
    --- stderr
    Error: no object has an id that begins with "deadbeef"
    --- exit 3
    "#);
}

#[test]
fn what_is_no_version_is_refused_in_the_words_users_know() {
    let project = project();
    for (given, code) in [("abc", 2), ("0", 2), ("-1", 2), ("99999999999999999999", 3)] {
        let outcome = project.run(&format!("rev-parse {given}"));
        assert_eq!(outcome.code, code, "{outcome}");
    }
    assert_snapshot!(project.run("ls-tree -1"), @r#"
    $ lua-store ls-tree -1
    --- stderr
    Error: Invalid version "-1": must be a positive integer like "3" or "v3".
    --- exit 2
    "#);
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    assert_snapshot!(project().run("cat-file -t -s v1"), @r#"
    $ lua-store cat-file -t -s v1
    --- stderr
    Error: the argument "--type" cannot be used with "--size"
    hint: usage: `lua-store cat-file --type <OBJECT>`
    --- exit 2
    "#);
}
