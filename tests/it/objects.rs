//! Objects by hand: what the plumbing commands print.

use crate::common::Project;
use insta::assert_snapshot;

/// Official BLAKE3 test vectors (test_vectors.json of the BLAKE3 project): the input is the bytes
/// 0, 1, … 250, again and again, up to the given length.
const VECTORS: [(usize, &str); 4] = [
    (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
    (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
    (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
    (102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"),
];

#[test]
fn the_id_of_a_file_is_its_plain_blake3() {
    let project = Project::new();
    for (length, expected) in VECTORS {
        let input: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        project.write("input", &input);
        assert_eq!(project.ok("hash-object input").trim_end(), expected, "{length} bytes");
        assert_eq!(
            project.run_with_input("hash-object --stdin", &input).stdout.trim_end(),
            expected
        );
    }
}

#[test]
fn ids_come_in_the_order_of_the_files() {
    let project = Project::new();
    project.write("one", "");
    project.write("two", [0]);
    assert_snapshot!(project.run("hash-object two one"), @r"
    $ lua-store hash-object two one
    2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213
    af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262
    ");
    assert_snapshot!(project.run("hash-object one --json"), @r#"
    $ lua-store hash-object one --json
    {
      "schemaVersion": 1,
      "kind": "hashList",
      "objects": [
        {
          "path": "one",
          "id": "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        }
      ],
      "total": 1,
      "truncated": false,
      "next": []
    }
    "#);
}

#[test]
fn a_missing_file_is_not_found() {
    assert_snapshot!(Project::new().run("hash-object nothing"), @r#"
    $ lua-store hash-object nothing
    --- stderr
    Error: cannot open "nothing": No such file or directory
    --- exit 3
    "#);
}

#[test]
fn a_directory_has_no_bytes() {
    assert_snapshot!(Project::new().run("hash-object ."), @r#"
    $ lua-store hash-object .
    --- stderr
    Error: "." is a directory
    --- exit 2
    "#);
}

#[test]
fn keeping_bytes_twice_keeps_them_once() {
    let project = Project::new();
    project.ok("init");
    project.write("one", "");
    let empty = VECTORS[0].1;
    assert_eq!(project.ok("hash-object -w one").trim_end(), empty);
    let counted = project.json("count-objects");
    assert_eq!((&counted["objects"], &counted["packs"]), (&1.into(), &1.into()));
    assert_eq!(project.run_with_input("hash-object -w --stdin", "").stdout.trim_end(), empty);
    assert_eq!(project.json("count-objects"), counted);
}

#[test]
fn an_empty_store_counts_nothing() {
    let project = Project::new();
    project.ok("init");
    assert_snapshot!(project.run("count-objects"), @r"
    $ lua-store count-objects
    objects: 0
    packs: 0
    bytes: 0
    ");
}

#[test]
fn keeping_bytes_needs_a_store() {
    let project = Project::new();
    project.write("one", "");
    assert_snapshot!(project.run("hash-object -w one"), @r#"
    $ lua-store hash-object -w one
    --- stderr
    Error: not a lua-store project: no ".lua/format" in "[DIR]/project" or above
    hint: run `lua-store init` to create a store for a project
    --- exit 2
    "#);
    assert_snapshot!(project.run("count-objects --json"), @r#"
    $ lua-store count-objects --json
    {
      "schemaVersion": 1,
      "kind": "error",
      "error": {
        "code": "usage",
        "message": "not a lua-store project: no \".lua/format\" in \"[DIR]/project\" or above",
        "hint": "run `lua-store init` to create a store for a project"
      },
      "next": [
        [
          "lua-store",
          "init"
        ]
      ]
    }
    --- exit 2
    "#);
}

#[test]
fn compacting_puts_packs_together_and_keeps_every_object() {
    let project = Project::new();
    project.ok("init");
    assert_snapshot!(project.run("compact"), @r"
    $ lua-store compact
    Nothing to combine.
    ");
    for content in ["one", "two", "three"] {
        project.run_with_input("hash-object -w --stdin", content);
    }
    let before = project.json("count-objects");
    assert_eq!((&before["objects"], &before["packs"]), (&3.into(), &3.into()));
    let compacted = &project.json("compact")["compacted"];
    assert_eq!((&compacted["objects"], &compacted["packsBefore"]), (&3.into(), &3.into()));
    assert_eq!(compacted["bytesBefore"], before["bytes"]);
    let after = project.json("count-objects");
    assert_eq!((&after["objects"], &after["packs"]), (&3.into(), &1.into()));
    assert_eq!(after["bytes"], compacted["bytesAfter"]);
    project.ok("compact");
    assert_eq!(project.json("count-objects"), after);
}
