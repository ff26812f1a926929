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
        assert_eq!(project.run_with_input("hash-object --stdin", &input).stdout.trim_end(), expected);
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
    [
      {
        "path": "one",
        "id": "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
      }
    ]
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
