//! `version list`, `show`, `diff` and `status`: the versions, and their differences.

use crate::common::shop;
use crate::common::shop::two_versions;
use insta::assert_snapshot;

#[test]
fn the_list_is_as_wide_as_its_content() {
    let project = two_versions();
    project.ok("version promote 2");
    assert_snapshot!(project.run("version list"), @"
    $ lua-store version list
    VERSION  STATUS  CREATED           BY               PROMOTED          MESSAGE
    v2*      active  2026-11-21 09:30  ana@example.com  2026-11-21 09:30  second
    v1       staged  2026-11-21 09:30  ana@example.com  -                 first
    ");
    assert_snapshot!(project.run("version list --status staged --json"), @r#"
    $ lua-store version list --status staged --json
    {
      "schemaVersion": 1,
      "kind": "versionList",
      "versions": [
        {
          "version": 1,
          "status": "staged",
          "message": "first",
          "createdBy": "ana@example.com",
          "createdByEmail": "ana@example.com",
          "createdAt": "2026-11-21T09:30:00.000Z",
          "commitHash": null,
          "sourceManifestVersion": 1,
          "id": "f38ff06825b9be920c58652776582cbcf0829978fac4219ae336446f79c0528d",
          "promotedAt": null,
          "promotedBy": null,
          "promotedReason": null,
          "promotedVia": null,
          "asOf": "2026-11-21T09:30:00.000Z",
          "remote": null,
          "unsent": null
        }
      ],
      "total": 1,
      "truncated": false,
      "next": []
    }
    "#);
    assert_snapshot!(project.run("version list --limit 1"), @"
    $ lua-store version list --limit 1
    VERSION  STATUS  CREATED           BY               PROMOTED          MESSAGE
    v2*      active  2026-11-21 09:30  ana@example.com  2026-11-21 09:30  second
    --- stderr
    hint: run `lua-store version list --all` to list 1 more
    ");
    assert_snapshot!(project.run("version list --limit 0"), @"
    $ lua-store version list --limit 0
    --- stderr
    Error: --limit must be a positive integer (got 0).
    --- exit 2
    ");
}

#[test]
fn an_empty_list_says_how_to_begin() {
    assert_snapshot!(shop::project().run("version list"), @"
    $ lua-store version list
    (no versions yet — run `lua-store version create` to create one)
    ");
}

#[test]
fn show_counts_what_a_version_holds() {
    let project = two_versions();
    assert_snapshot!(project.run("version show v2"), @"
    $ lua-store version show v2
    Version v2 (staged)
      Created: 2026-11-21T09:30:00.000Z by ana@example.com
      Message: second
      Source:  v2
      Model:   openai/gpt-4o
      Snapshot:
        Skills:         2
        Webhooks:       0
        Triggers:       0
        Jobs:           1
        Preprocessors:  0
        Postprocessors: 0
        MCP servers:    1
        Persona:        v2
    ");
    let shown = project.json("version show 2");
    assert_eq!(shown["snapshot"]["skills"][0]["name"], "catalog");
    assert_eq!(shown["snapshot"]["skills"][0]["version"], "1.0.1");
    assert_eq!(shown["snapshot"]["persona"]["version"], 2);
}

#[test]
fn diff_goes_by_content() {
    let project = two_versions();
    assert_snapshot!(project.run("version diff 1 2"), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.0 → 1.0.1
          ~ tool search
              description:
                - Finds products
                + Finds products by name
    MCP servers:
      ~ docs (config changed: url)
          url: https://docs.example.com/mcp → https://help.example.com/mcp
    Persona: v1 → v2
      - You help customers shop.
      + You help customers shop well.
    No changes: webhooks, jobs, preprocessors, postprocessors, triggers, model, voice
    Files:
      M src/index.ts
      M src/skills/catalog.skill.ts
    ");
    let diff = project.json("version diff 1 2");
    assert_eq!(diff["skills"]["changed"][0]["name"], "catalog");
    assert_eq!(diff["changed"][0]["kind"], "skill");
    assert_eq!(diff["mcpServers"]["changed"][0]["changedFields"], serde_json::json!(["url"]));
    assert_eq!(diff["persona"]["toVersion"], 2);
    assert_eq!(diff["model"], serde_json::Value::Null);
}

#[test]
fn diff_names_what_came_and_went() {
    let project = shop::versioned();
    shop::edit(&project, "src/index.ts", "skills: [orders, catalog]", "skills: [orders]");
    shop::edit(&project, "src/index.ts", "openai/gpt-4o", "openai/gpt-5");
    project.ok("version create --auto-push -m second");
    assert_snapshot!(project.run("version diff v2 v1"), @"
    $ lua-store version diff v2 v1
    Diff v2 → v1
    Skills:
      + catalog@1.0.0 (added)
    Model: openai/gpt-5 → openai/gpt-4o
    No changes: webhooks, jobs, preprocessors, postprocessors, triggers, MCP servers, persona, voice
    Files:
      M src/index.ts
    ");
}

#[test]
fn a_persona_pushed_again_is_unchanged() {
    let project = shop::versioned();
    shop::edit(
        &project,
        "src/index.ts",
        "`You are Ava.\nYou help customers shop.`",
        "'You are Ava.\\nYou help customers shop.'",
    );
    shop::edit(&project, "src/index.ts", "openai/gpt-4o", "openai/gpt-5");
    project.ok("version create --auto-push");
    let diff = project.ok("version diff 1 2");
    assert!(diff.contains("\nModel: openai/gpt-4o → openai/gpt-5\n"), "{diff}");
}

#[test]
fn unknown_and_senseless_versions() {
    let project = shop::versioned();
    assert_snapshot!(project.run("version show 99"), @"
    $ lua-store version show 99
    --- stderr
    Error: Version v99 not found
    hint: run `lua-store version list --all` to list them
    --- exit 3
    ");
    assert_snapshot!(project.run("version promote 99999999999999999999"), @"
    $ lua-store version promote 99999999999999999999
    --- stderr
    Error: there is no version v99999999999999999999
    hint: run `lua-store version list --all` to list all versions
    --- exit 3
    ");
    for text in ["0", "-1", "abc"] {
        for command in ["show", "promote", "delete --force"] {
            let outcome = project.run(&format!("version {command} {text}"));
            let message = format!(
                "Invalid version \"{text}\": must be a positive integer like \"3\" or \"v3\"."
            );
            assert_eq!(
                (outcome.code, outcome.stderr.lines().next().unwrap()),
                (2, &*format!("Error: {message}"))
            );
        }
    }
    assert_snapshot!(project.run("version promote active"), @"
    $ lua-store version promote active
    --- stderr
    Error: no version is active
    hint: run `lua-store version promote v1` to make the newest one active
    --- exit 3
    ");
    assert_snapshot!(project.run("version promote previous"), @"
    $ lua-store version promote previous
    --- stderr
    Error: no version was active before the active one
    hint: run `lua-store log --ledger` to list all promotions
    --- exit 3
    ");
}

#[test]
fn status_compares_what_is_live_with_what_is_pushed() {
    let project = two_versions();
    assert_snapshot!(project.run("version status"), @"
    $ lua-store version status
    This agent has versions but none is active yet. Run `lua-store version promote <version>` to make one live.
    ");
    project.ok("version promote 1");
    assert_snapshot!(project.run("version status"), @"
    $ lua-store version status
    Active agent version: v1
    Live since 09:30 UTC (just now) by ana@example.com
       TYPE        NAME     ACTIVE VERSION  LOCAL
    ⚠  skill       catalog  v1.0.0          v1.0.1
       skill       orders   v1.0.0          v1.0.0
       job         nightly  v1.0.0          v1.0.0
    ⚠  mcp-server  docs     v1.0.0          v1.0.1
    ⚠  persona     persona  v1              v2
    --- stderr
    ⚠  3 primitive(s) are ahead of the active version.
    hint: run `lua-store version create`, then `lua-store version promote latest`, to make them live
    ");
    assert_snapshot!(shop::project().run("version status"), @"
    $ lua-store version status
    This agent has no versions. Run `lua-store version create` to create one.
    ");
}

/// The beginning of an id names a version where one is meant; where any object is meant, digits alone may begin an id too.
#[test]
fn a_version_is_named_by_the_beginning_of_its_id() {
    let project = two_versions();
    let id =
        |number| project.json(&format!("version show {number}"))["id"].as_str().unwrap().to_owned();
    let (first, second) = (id(1), id(2));
    let by_number = project.ok("diff 1 2");
    assert_eq!(project.ok(&format!("diff {} {}", &first[..12], &second[..12])), by_number);
    let nobody: String = first.chars().rev().take(12).collect();
    let missing = project.run(&format!("diff {nobody} 2"));
    assert_eq!(missing.code, 3, "{missing}");
    assert!(missing.to_string().contains("no version has an id that begins with"), "{missing}");

    let objects = project.ok("ls-tree -r v1");
    let ids = objects.split_whitespace().filter(|word| word.len() == 64);
    let digits = |id: &str| id.bytes().take_while(u8::is_ascii_digit).count();
    let id = ids.filter(|id| !id.starts_with('0')).max_by_key(|id| digits(id)).unwrap();
    assert!(digits(id) >= 4, "of some dozen ids one begins with four digits");
    let all = project.ok(&format!("cat-file {id}"));
    assert_eq!(project.ok(&format!("cat-file {}", &id[..digits(id)])), all);
}
