//! `persona`: drafts, what was published, and what is current.

use crate::common::{Project, shop};
use insta::assert_snapshot;

/// Four versions of the persona: v1 was live, v2 is, v3 is an object, v4 a draft of text again.
fn with_four() -> Project {
    let project = shop::versioned();
    let say = |text: &str| {
        let index = project.read("src/index.ts");
        let (start, rest) = index.split_once("persona: ").unwrap();
        let end = rest.find("model: ").unwrap();
        project.write("src/index.ts", format!("{start}persona: {text},\n  {}", &rest[end..]));
    };
    project.ok("version promote 1");
    say("'You are Ava. You help customers shop. Be brief.'");
    project.ok("push");
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    project.ok("push");
    project.ok("version create");
    project.ok("version promote 2");
    say("{ base: 'You are Ava.', voice: 'Be warm.' }");
    project.ok("push");
    say("'You are Eva. You help customers shop. Be brief.'");
    project.ok("push");
    // The first persona comes back with its number.
    project.ok("source rollback --version 1 --force");
    project
}

#[test]
fn each_version_has_its_status() {
    let project = with_four();
    assert_snapshot!(project.run("persona list"), @r#"
    $ lua-store persona list
    VERSION  STATUS     CREATED           BY               TEXT
    v4       draft      2026-11-21 09:30  ana@example.com  You are Eva. You help customers shop. Be brief.
    v3       draft      2026-11-21 09:30  ana@example.com  {"base":"You are Ava.","voice":"Be warm."}
    v2*      current    2026-11-21 09:30  ana@example.com  You are Ava. You help customers shop. Be brief.
    v1       published  2026-11-21 09:30  ana@example.com  You are Ava.
    "#);
    assert_snapshot!(project.run("persona list --limit 1 --json"), @r#"
    $ lua-store persona list --limit 1 --json
    {
      "schemaVersion": 1,
      "kind": "personaList",
      "personas": [
        {
          "version": 4,
          "status": "draft",
          "createdAt": "2026-11-21T09:30:00.000Z",
          "createdBy": "ana@example.com",
          "sourceVersion": 5,
          "firstLine": "You are Eva. You help customers shop. Be brief.",
          "asOf": "2026-11-21T09:30:00.000Z",
          "remote": null,
          "unsent": null
        }
      ],
      "total": 4,
      "truncated": true,
      "next": [
        [
          "lua-store",
          "persona",
          "list",
          "--all"
        ]
      ]
    }
    "#);
    assert_snapshot!(shop::project().run("persona list"), @"
    $ lua-store persona list
    (no persona yet — run `lua-store push` to store that of the project)
    ");
}

#[test]
fn a_version_is_printed_as_it_is() {
    let project = with_four();
    assert_snapshot!(project.run("persona show 1"), @"
    $ lua-store persona show 1
    You are Ava.
    You help customers shop.
    --- stderr
    Persona v1 (published), 2026-11-21T09:30:00.000Z by ana@example.com
    ");
    assert_snapshot!(project.run("persona show active --json"), @r#"
    $ lua-store persona show active --json
    {
      "schemaVersion": 1,
      "kind": "persona",
      "version": 2,
      "status": "current",
      "createdAt": "2026-11-21T09:30:00.000Z",
      "createdBy": "ana@example.com",
      "sourceVersion": 2,
      "text": "You are Ava. You help customers shop. Be brief.",
      "next": []
    }
    "#);
    assert_snapshot!(project.run("persona show 9"), @"
    $ lua-store persona show 9
    --- stderr
    Error: Persona v9 not found
    hint: run `lua-store persona list` to list them
    --- exit 3
    ");
    assert_eq!(project.run("persona show abc").code, 2);
}

#[test]
fn versions_are_compared_by_sentence() {
    let project = with_four();
    assert_snapshot!(project.run("persona diff"), @"
    $ lua-store persona diff
    Persona v2 → v4
      - You are Ava.
      + You are Eva.
    ");
    assert_snapshot!(project.run("persona diff 1 2"), @"
    $ lua-store persona diff 1 2
    Persona v1 → v2
      + Be brief.
    ");
    assert_snapshot!(project.run("persona diff 2 4 --patch"), @r#"
    $ lua-store persona diff 2 4 --patch
    diff --git a/persona b/persona
    --- a/persona
    +++ b/persona
    @@ -1 +1 @@
    -You are Ava. You help customers shop. Be brief.
    \ No newline at end of file
    +You are Eva. You help customers shop. Be brief.
    \ No newline at end of file
    "#);
    assert_snapshot!(project.run("persona diff 3 3"), @"
    $ lua-store persona diff 3 3
    Persona v3 → v3
    No differences.
    ");
    let diff = project.json("persona diff 2 4");
    assert_eq!(diff["details"][0]["edits"][0]["removed"][0], "You are Ava.");
}
