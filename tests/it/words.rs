//! Words of a difference: `version diff`, `diff`, `push --dry-run` and `promote --dry-run` on one
//! agent that is edited in every way a report has words for.

use crate::common::{Project, shop};
use insta::assert_snapshot;

const TRACK: &str = "src/skills/tools/TrackOrderTool.ts";

/// v1 of the shop, and edits of prose, a schema, names, a schedule, an address, a helper and a package.
fn edited() -> Project {
    let project = shop::project();
    project.write(
        "package.json",
        "{ \"name\": \"shop\", \"dependencies\": { \"zod\": \"3.24.1\" } }\n",
    );
    shop::edit(
        &project,
        "src/index.ts",
        "You help customers shop.",
        "You help customers shop. Be kind. Never promise a discount.",
    );
    shop::edit(
        &project,
        TRACK,
        "z.object({ id: z.string() })",
        "z.object({ id: z.string(), quantity: z.number().int().max(10).optional(), mode: z.enum(['slow', 'safe']) })",
    );
    project.ok("push");
    project.ok("version create -m first");
    shop::edit(&project, "src/index.ts", "Be kind.", "Be very kind.");
    shop::edit(&project, TRACK, "max(10).optional()", "max(20)");
    shop::edit(
        &project,
        TRACK,
        "['slow', 'safe']) })",
        "['safe', 'fast']), size: z.string().optional() })",
    );
    shop::edit(&project, "src/skills/catalog.skill.ts", "name: 'search'", "name: 'find_products'");
    shop::edit(&project, "src/jobs/nightly.ts", "0 3 * * *", "0 4 * * *");
    shop::edit(
        &project,
        "src/index.ts",
        "url: 'https://docs.example.com/mcp',",
        "url: 'https://help.example.com/mcp',\n  timeout: 20000,",
    );
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    shop::edit(&project, "package.json", "3.24.1", "3.25.0");
    project
}

#[test]
fn a_dry_run_of_push_says_what_differs() {
    assert_snapshot!(edited().run("push --dry-run"), @r#"
    $ lua-store push --dry-run
      ~  persona v2 would be pushed (1 → 2)
          - Be kind.
          + Be very kind.
      ~  orders v1.0.1 would be pushed (skill, 1.0.0 → 1.0.1)
          ~ tool track_order
              `mode` now allows "fast"
              `mode` no longer allows "slow"
              `quantity` is now required
              `quantity` maximum 10 → 20
              `size` added (string, optional)
      ~  catalog v1.0.1 would be pushed (skill, 1.0.0 → 1.0.1)
          ~ tool search → find_products
      ~  nightly v1.0.1 would be pushed (job, 1.0.0 → 1.0.1)
          schedule.expression: 0 3 * * * → 0 4 * * *
      ~  docs v1.0.1 would be pushed (mcp-server, 1.0.0 → 1.0.1)
          timeout: (none) → 20000
          url: https://docs.example.com/mcp → https://help.example.com/mcp
      ·  1 unchanged: shop
    Code:
      ~ src/lib/store.ts (find) reaches skill orders
      ~ src/skills/tools/TrackOrderTool.ts (TrackOrderTool) reaches skill orders
    Packages:
      ~ zod 3.24.1 → 3.25.0 reaches skills catalog and orders
    Would push 5 change(s), 6 changed file(s). Nothing was stored.
    "#);
}

#[test]
fn versions_differ_in_words() {
    let project = edited();
    project.ok("version create --auto-push -m second");
    assert_snapshot!(project.run("version diff 1 2").changes(), @r#"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.0 → 1.0.1
          ~ tool search → find_products
      ~ orders 1.0.0 → 1.0.1
          ~ tool track_order
              `mode` now allows "fast"
              `mode` no longer allows "slow"
              `quantity` is now required
              `quantity` maximum 10 → 20
              `size` added (string, optional)
    Jobs:
      ~ nightly 1.0.0 → 1.0.1
          schedule.expression: 0 3 * * * → 0 4 * * *
    MCP servers:
      ~ docs (config changed: timeout, url)
          timeout: (none) → 20000
          url: https://docs.example.com/mcp → https://help.example.com/mcp
    Persona: v1 → v2
      - Be kind.
      + Be very kind.
    Code:
      ~ src/lib/store.ts (find) reaches skill orders
      ~ src/skills/tools/TrackOrderTool.ts (TrackOrderTool) reaches skill orders
    Packages:
      ~ zod 3.24.1 → 3.25.0 reaches skills catalog and orders
    Files:
      M package.json
      M src/index.ts
      M src/jobs/nightly.ts
      M src/lib/store.ts
      M src/skills/catalog.skill.ts
      M src/skills/tools/TrackOrderTool.ts
    "#);
    let words = project.ok("version diff 1 2");
    let (words, _) = words.split_once("Files:").unwrap();
    let same_words =
        |text: String, skip: usize| text.lines().skip(skip).collect::<Vec<_>>().join("\n");
    let expected = same_words(words.to_owned(), 1);
    project.ok("version promote 1");
    assert_eq!(same_words(project.ok("version promote 2 --dry-run"), 1), expected);
    assert!(same_words(project.ok("diff 1 2"), 1).starts_with(&expected));
    assert!(project.ok("show 2").ends_with(&format!("{expected}\n")));
}

#[test]
fn the_answer_for_programs_has_every_detail() {
    let project = edited();
    project.ok("version create --auto-push -m second");
    let diff = project.json("version diff 1 2");
    let told = serde_json::to_string_pretty(&diff["skills"]["changed"]).unwrap();
    assert_snapshot!(told, @r#"
    [
      {
        "name": "catalog",
        "from": {
          "version": "1.0.0"
        },
        "to": {
          "version": "1.0.1"
        },
        "parts": {
          "fields": [],
          "details": [],
          "toolsAdded": [],
          "toolsRemoved": [],
          "toolsRenamed": [
            {
              "from": "search",
              "to": "find_products",
              "fields": [],
              "details": []
            }
          ],
          "toolsChanged": [],
          "modules": [],
          "imports": [],
          "packages": [
            {
              "name": "zod",
              "from": "3.24.1",
              "to": "3.25.0"
            }
          ],
          "envAdded": [],
          "envRemoved": []
        }
      },
      {
        "name": "orders",
        "from": {
          "version": "1.0.0"
        },
        "to": {
          "version": "1.0.1"
        },
        "parts": {
          "fields": [],
          "details": [],
          "toolsAdded": [],
          "toolsRemoved": [],
          "toolsRenamed": [],
          "toolsChanged": [
            {
              "name": "track_order",
              "fields": [
                "inputSchema"
              ],
              "details": [
                {
                  "is": "parameter",
                  "field": "inputSchema",
                  "parameter": "mode",
                  "says": "now allows \"fast\""
                },
                {
                  "is": "parameter",
                  "field": "inputSchema",
                  "parameter": "mode",
                  "says": "no longer allows \"slow\""
                },
                {
                  "is": "parameter",
                  "field": "inputSchema",
                  "parameter": "quantity",
                  "says": "is now required"
                },
                {
                  "is": "parameter",
                  "field": "inputSchema",
                  "parameter": "quantity",
                  "says": "maximum 10 → 20"
                },
                {
                  "is": "parameter",
                  "field": "inputSchema",
                  "parameter": "size",
                  "says": "added (string, optional)"
                }
              ]
            }
          ],
          "modules": [
            "src/lib/store.ts",
            "src/skills/tools/TrackOrderTool.ts"
          ],
          "imports": [],
          "packages": [
            {
              "name": "zod",
              "from": "3.24.1",
              "to": "3.25.0"
            }
          ],
          "envAdded": [],
          "envRemoved": []
        }
      }
    ]
    "#);
    let told = serde_json::to_string_pretty(&diff["reaches"]).unwrap();
    assert_snapshot!(told, @r#"
    {
      "modules": [
        {
          "path": "src/lib/store.ts",
          "change": "changed",
          "from": null,
          "declarations": [
            "find"
          ],
          "primitives": [
            {
              "kind": "skill",
              "name": "orders"
            }
          ]
        },
        {
          "path": "src/skills/tools/TrackOrderTool.ts",
          "change": "changed",
          "from": null,
          "declarations": [
            "TrackOrderTool"
          ],
          "primitives": [
            {
              "kind": "skill",
              "name": "orders"
            }
          ]
        }
      ],
      "imports": [],
      "packages": [
        {
          "name": "zod",
          "from": "3.24.1",
          "to": "3.25.0",
          "primitives": [
            {
              "kind": "skill",
              "name": "catalog"
            },
            {
              "kind": "skill",
              "name": "orders"
            }
          ]
        }
      ],
      "env": []
    }
    "#);
    assert_eq!(diff["persona"]["details"][0]["edits"][0]["added"][0], "Be very kind.");
    assert_eq!(project.json("push --dry-run")["diff"]["changed"], serde_json::json!([]));
}

#[test]
fn files_are_shown_as_asked() {
    let project = edited();
    project.ok("version create --auto-push -m second");
    let names = [
        "package.json",
        "src/index.ts",
        "src/jobs/nightly.ts",
        "src/lib/store.ts",
        "src/skills/catalog.skill.ts",
        "src/skills/tools/TrackOrderTool.ts",
    ];
    for command in ["version diff 1 2", "diff 1 2", "source diff 1 2"] {
        let shown = project.ok(&format!("{command} --name-only"));
        assert_eq!(shown.lines().collect::<Vec<_>>(), names, "{command}");
        let raw = project.ok(&format!("{command} --raw"));
        let line = raw.lines().find(|line| line.ends_with("\tsrc/lib/store.ts")).unwrap();
        let id =
            |version: u64| project.ok(&format!("rev-parse v{version}:source/src/lib/store.ts"));
        let expected =
            format!(":100644 100644 {} {} M\tsrc/lib/store.ts", id(1).trim(), id(2).trim());
        assert_eq!(line, expected);
        assert!(project.ok(&format!("{command} --stat")).contains("  M src/lib/store.ts  +1 -1\n"));
        let patch = project.ok(&format!("{command} -p"));
        assert!(
            patch.contains("-export const find = (id: string) => ({ id, at: 'the door' });\n+"),
            "{patch}"
        );
        assert_eq!(project.run(&format!("{command} --raw --stat")).code, 2);
    }
}

#[cfg(unix)]
#[test]
fn the_words_that_differ_are_bold_on_a_terminal() {
    let project = edited();
    project.ok("version create --auto-push -m second");
    let (shown, code) = project.on_terminal("version diff 1 2 --no-pager", "");
    let green = "\x1b[32m  + Be \x1b[0m\x1b[1m\x1b[4m\x1b[32mvery \x1b[0m\x1b[32mkind.\x1b[0m\n";
    assert!(shown.contains(green), "{shown:?}");
    assert_eq!(code, 0);
}

#[test]
fn primitives_under_another_name_are_told() {
    let project = shop::versioned();
    shop::edit(&project, "src/jobs/nightly.ts", "name: 'nightly'", "name: 'tidy'");
    shop::edit(&project, "src/index.ts", "name: 'docs'", "name: 'manual'");
    shop::edit(&project, "src/skills/orders.skill.ts", "name: 'orders'", "name: 'parcels'");
    shop::edit(
        &project,
        "src/skills/orders.skill.ts",
        "asks about an order.",
        "asks about an order or a parcel.",
    );
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    assert_snapshot!(project.run("push --dry-run"), @"
    $ lua-store push --dry-run
      ~  nightly would be removed (job, was v1.0.0)
      ~  docs would be removed (mcp-server, was v1.0.0)
      ~  orders would be removed (skill, was v1.0.0)
      ~  parcels v1.0.0 would be pushed (skill, new)
          renamed from orders
          context:
            - Use this when a customer asks about an order.
            + Use this when a customer asks about an order or a parcel.
      ~  tidy v1.0.0 would be pushed (job, new)
          renamed from nightly
      ~  manual v1.0.0 would be pushed (mcp-server, new)
          renamed from docs
      ·  3 unchanged: shop, persona, catalog
    Code:
      ~ src/lib/store.ts (find) reaches skill parcels
    Would push 6 change(s), 4 changed file(s). Nothing was stored.
    ");
    project.ok("version create --auto-push -m second");
    assert_snapshot!(project.run("version diff 1 2").changes(), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills:
      ~ orders@1.0.0 → parcels@1.0.0 (renamed)
          context:
            - Use this when a customer asks about an order.
            + Use this when a customer asks about an order or a parcel.
    Jobs:
      ~ nightly@1.0.0 → tidy@1.0.0 (renamed)
    MCP servers:
      ~ docs@1.0.0 → manual@1.0.0 (renamed)
    Code:
      ~ src/lib/store.ts (find) reaches skill parcels
    Files:
      M src/index.ts
      M src/jobs/nightly.ts
      M src/lib/store.ts
      M src/skills/orders.skill.ts
    ");
    let skills = &project.json("version diff 1 2")["skills"];
    assert_eq!(skills["added"][0]["name"], "parcels");
    assert_eq!(skills["removed"][0]["name"], "orders");
    let renamed = &skills["renamed"][0];
    assert_eq!(
        (&renamed["from"]["name"], &renamed["to"]["name"]),
        (&"orders".into(), &"parcels".into())
    );
}
