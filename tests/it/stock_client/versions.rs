//! `lua version`: what it lists, and every way in which it fails.

use super::edit;
use crate::common::stock::Stock;
use insta::assert_snapshot;

#[test]
fn versions_are_created_compared_promoted_and_deleted() {
    let Some(stock) = Stock::new() else { return };
    assert_snapshot!(stock.lua("version list"), @"
    $ lua version list
    (no versions yet — run `lua version create` to make one)
    ");
    assert_snapshot!(stock.lua("version create -m first"), @"
    $ lua version create -m first
    --- stderr
    ✖ error: No backup exists for this agent. Run `lua push` first, or pass `--auto-push` to push and snapshot in one step.
    --- exit 1
    ");
    assert_snapshot!(stock.lua("version status"), @"
    $ lua version status
    This agent has no versions. Per-primitive deploys (`lua deploy`) go live immediately for agents that are not under versioning.
    ");
    stock.ok("push all --force");
    assert_snapshot!(stock.lua("version create -m first"), @"
    $ lua version create -m first
    ✓ Created v1 (staged). Run `lua version promote v1` to deploy.
    ");
    assert_snapshot!(stock.lua("version create -m first"), @"
    $ lua version create -m first
    ℹ️  No changes since the latest version, so there is nothing to snapshot. Make and push your changes (`lua push`), then run `lua version create`.
    ");
    assert_snapshot!(stock.lua("version show 1"), @"
    $ lua version show 1
    Version v1 (staged)
      Created: 2026-11-21T09:30:00.000Z by ana@example.com
      Message: first
      Model:   openai/gpt-4o
      Snapshot:
        Skills:         2
        Webhooks:       1
        Triggers:       1
        Jobs:           1
        Preprocessors:  1
        Postprocessors: 1
        MCP servers:    1
        Persona:        v1
    ");
    assert_snapshot!(stock.lua("version status"), @"
    $ lua version status
    This agent has versions but none is active yet. Run `lua version promote <version>` to make one live.
    ");
    assert_snapshot!(stock.lua("version promote v1"), @"
    $ lua version promote v1
    ✓ Promoted v1. (No previous active version.)
    ");
    assert_snapshot!(stock.lua("version promote 1"), @"
    $ lua version promote 1
    v1 is already active. No change.
    ");
    assert_snapshot!(stock.lua("version delete 1 --force"), @"
    $ lua version delete 1 --force
    --- stderr
    ✖ error: Cannot delete v1: it is the active version. Promote a different version first.
    --- exit 1
    ");

    edit(&stock, "src/skills/catalog.skill.ts", "Finds products", "Finds products by name");
    edit(&stock, "src/index.ts", "You help customers shop.", "You help everybody.");
    edit(&stock, "src/index.ts", "openai/gpt-4o", "openai/gpt-5");
    edit(&stock, "src/things.ts", "docs.example.com", "help.example.com");
    stock.ok("push all --force");
    assert_snapshot!(stock.lua("version status"), @"
    $ lua version status
    Active agent version: v1
       TYPE           NAME        ACTIVE VERSION  LOCAL
    ⚠  skill          catalog     v1.0.1          v1.0.2
    ⚠  skill          orders      v1.0.1          v1.0.2
    ⚠  webhook        order-paid  v1.0.1          v1.0.2
    ⚠  job            nightly     v1.0.1          v1.0.2
    ⚠  preprocessor   guard       v1.0.1          v1.0.2
    ⚠  postprocessor  polish      v1.0.1          v1.0.2
    ⚠  trigger        new-review  v1.0.1          v1.0.2
    ⚠  7 primitive(s) are ahead of the active version (see rows marked above). Run `lua version create` then `lua version promote` to make them live, or `lua deploy <type>` for a single primitive.
    ");
    assert_snapshot!(stock.lua("version create -m second"), @"
    $ lua version create -m second
    ✓ Created v2 (staged). Run `lua version promote v2` to deploy.
    ");
    assert_snapshot!(stock.lua("version diff 1 2"), @"
    $ lua version diff 1 2
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.1 → 1.0.2
      ~ orders 1.0.1 → 1.0.2
    Webhooks:
      ~ order-paid 1.0.1 → 1.0.2
    Jobs:
      ~ nightly 1.0.1 → 1.0.2
    Preprocessors:
      ~ guard 1.0.1 → 1.0.2
    Postprocessors:
      ~ polish 1.0.1 → 1.0.2
    Triggers:
      ~ new-review 1.0.1 → 1.0.2
    MCP servers:
      ~ docs (config changed: url)
    Persona: v1 → v2
    Model: openai/gpt-4o → openai/gpt-5
    Voice: (unchanged)
    ");
    assert_snapshot!(stock.lua("version list --json"), @r#"
    $ lua version list --json
    [
      {
        "version": 2,
        "status": "staged",
        "message": "second",
        "createdBy": "ana@example.com",
        "createdByEmail": "ana@example.com",
        "createdAt": "2026-11-21T09:30:00.000Z",
        "commitHash": null,
        "sourceManifestVersion": 2
      },
      {
        "version": 1,
        "status": "active",
        "message": "first",
        "createdBy": "ana@example.com",
        "createdByEmail": "ana@example.com",
        "createdAt": "2026-11-21T09:30:00.000Z",
        "commitHash": null,
        "sourceManifestVersion": 1
      }
    ]
    "#);
    assert_snapshot!(stock.lua("version promote 2"), @"
    $ lua version promote 2
    ✓ Promoted v2. Previous active: v1.
    ");
    assert_snapshot!(stock.lua("version delete 1 --force"), @"
    $ lua version delete 1 --force
    ✓ Deleted v1.
    ");
    assert_snapshot!(stock.lua("version list"), @"
    $ lua version list
    VERSION  STATUS   CREATED           BY               MESSAGE
    v2*      active   2026-11-21 09:30  ana@example.com  second
    v1       deleted  2026-11-21 09:30  ana@example.com  first
    ");
    assert_snapshot!(stock.lua("version promote 1"), @"
    $ lua version promote 1
    --- stderr
    ✖ error: cannot promote v1: it was deleted
    --- exit 1
    ");
}

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    let Some(stock) = Stock::new() else { return };
    stock.ok("push all --force");
    stock.ok("version create -m only");
    assert_snapshot!(stock.lua("version show 99"), @"
    $ lua version show 99
    --- stderr
    ✖ error: Version v99 not found
    --- exit 1
    ");
    assert_snapshot!(stock.lua("version show abc"), @r#"
    $ lua version show abc
    --- stderr
    ✖ error: Invalid version "abc": must be a positive integer like "3" or "v3".
    --- exit 1
    "#);
    assert_snapshot!(stock.lua("version diff 1 7"), @"
    $ lua version diff 1 7
    --- stderr
    ✖ error: Version v7 not found
    --- exit 1
    ");
    assert_snapshot!(stock.lua("version promote 7"), @"
    $ lua version promote 7
    --- stderr
    ✖ error: Version v7 not found
    --- exit 1
    ");
    assert_snapshot!(stock.lua("version delete 1 --force"), @"
    $ lua version delete 1 --force
    --- stderr
    ✖ error: Cannot delete v1: it is the only remaining version.
    --- exit 1
    ");
    assert_snapshot!(stock.lua("version delete 7 --force"), @"
    $ lua version delete 7 --force
    --- stderr
    ✖ error: Version v7 not found
    --- exit 1
    ");
    assert_snapshot!(stock.lua("version list --limit 0"), @"
    $ lua version list --limit 0
    --- stderr
    ✖ error: --limit must be a positive integer (got 0).
    --- exit 1
    ");
    assert_snapshot!(stock.lua("version list --status active"), @"
    $ lua version list --status active
    (no versions yet — run `lua version create` to make one)
    ");
}

/// Pushes and makes a version in one command.
#[test]
fn auto_push_pushes_first() {
    let Some(stock) = Stock::new() else { return };
    let made = stock.lua("version create --auto-push -m both");
    assert_eq!(made.code, 0, "{made}");
    assert!(
        made.stdout.ends_with("✓ Created v1 (staged). Run `lua version promote v1` to deploy.\n"),
        "{made}"
    );
    let shown: serde_json::Value =
        serde_json::from_str(&stock.ok("version show 1 --json")).unwrap();
    assert_eq!((&shown["message"], &shown["sourceManifestVersion"]), (&"both".into(), &1.into()));
    let names = |kind: &str| -> Vec<String> {
        let all = shown["snapshot"][kind].as_array().unwrap().iter();
        all.map(|one| {
            format!("{}@{}", one["name"].as_str().unwrap(), one["version"].as_str().unwrap())
        })
        .collect()
    };
    assert_eq!(names("skills"), ["catalog@1.0.1", "orders@1.0.1"]);
    assert_eq!(names("webhooks"), ["order-paid@1.0.1"]);
    assert_eq!(shown["snapshot"]["persona"]["version"], 1);
    assert_eq!(shown["snapshot"]["model"], "openai/gpt-4o");
}
