//! `compile`: what is read of the agent, without a store.

use crate::common::Project;
use insta::assert_snapshot;
use walkdir::WalkDir;

/// The sample agent of the demo.
fn sample() -> Project {
    let project = Project::new();
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/demo/sample");
    for entry in WalkDir::new(&sample).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(&sample).unwrap().to_string_lossy();
            project.write(&path, std::fs::read(entry.path()).unwrap());
        }
    }
    project
}

#[test]
fn a_person_sees_what_the_agent_is_made_of() {
    assert_snapshot!(sample().run("compile"), @r"
    $ lua-store compile
    fernhill-support (src/index.ts)
    Model: anthropic/claude-sonnet-4-5
    Persona: 344 letters

    KIND           NAME             SOURCE                                   DESCRIPTION
    skill          order-skill      src/skills/order.skill.ts:5              Finds orders and starts returns
    tool           track_order      src/skills/tools/TrackOrderTool.ts       Look up an order by its number and say where the parcel is
    tool           open_return      src/skills/tools/OpenReturnTool.ts       Open a return for a delivered order
    skill          catalog-skill    src/skills/catalog.skill.ts:4            Knows the coffees and finds one to try
    tool           find_coffee      src/skills/tools/FindCoffeeTool.ts       Find coffees by taste, roast or name
    webhook        parcel-events    src/webhooks/parcel-events.webhook.ts:4  The carrier tells where a parcel is
    trigger        review-posted    src/triggers/review-posted.trigger.ts:4  Somebody wrote about one of our coffees
    job            low-stock        src/jobs/low-stock.job.ts:3              Every morning: which coffees run out within the week
    preprocessor   add-order-hint   src/processors/add-order-hint.ts:5       Notices an order number, so that it is looked up first
    postprocessor  soften-refusals  src/processors/soften-refusals.ts:3      A no comes with what we can do instead
    mcp-server     brew-guides      src/mcp/brew-guides.ts:3
    ");
}

/// Kinds, names, descriptions and tool lists are those that `lua compile` of lua-cli 3.37.0 wrote into
/// `dist-v2/manifest.json` for the same files.
#[test]
fn the_primitives_are_those_of_the_stock_compiler() {
    let compiled = sample().json("compile");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let found: Vec<(String, String, String)> = compiled["primitives"].as_array().unwrap()[1..]
        .iter()
        .map(|one| (text(&one["kind"]), text(&one["name"]), text(&one["description"])))
        .collect();
    let expected = [
        ("skill", "order-skill", "Finds orders and starts returns"),
        ("tool", "track_order", "Look up an order by its number and say where the parcel is"),
        ("tool", "open_return", "Open a return for a delivered order"),
        ("skill", "catalog-skill", "Knows the coffees and finds one to try"),
        ("tool", "find_coffee", "Find coffees by taste, roast or name"),
        ("webhook", "parcel-events", "The carrier tells where a parcel is"),
        ("trigger", "review-posted", "Somebody wrote about one of our coffees"),
        ("job", "low-stock", "Every morning: which coffees run out within the week"),
        (
            "preprocessor",
            "add-order-hint",
            "Notices an order number, so that it is looked up first",
        ),
        ("postprocessor", "soften-refusals", "A no comes with what we can do instead"),
        ("mcp-server", "brew-guides", ""),
    ];
    let expected: Vec<_> =
        expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())).into();
    assert_eq!(found, expected);
    assert_eq!(compiled["primitives"][0]["kind"], "agent");
    assert_eq!(
        compiled["primitives"][1]["tools"],
        serde_json::json!(["track_order", "open_return"])
    );
    assert_eq!(compiled["agent"]["model"], "anthropic/claude-sonnet-4-5");
    assert_eq!(compiled["notes"], serde_json::json!([]));
}

#[test]
fn a_folder_without_an_agent_is_unreadable() {
    assert_snapshot!(Project::new().run("compile"), @r#"
    $ lua-store compile
    --- stderr
    Error: no `new LuaAgent({...})` found in "[DIR]/project"
    hint: run the command in the folder of an agent project, or run `lua init` to create one
    --- exit 1
    "#);
}

#[test]
fn a_syntax_error_is_shown_with_its_place() {
    let project = sample();
    project.write("src/persona.ts", "export const persona = `never closed;\n");
    assert_snapshot!(project.run("compile"), @"
    $ lua-store compile
    --- stderr
    Error: src/persona.ts:1:24: Unterminated string
      export const persona = `never closed;
                             ^
    --- exit 1
    ");
}
