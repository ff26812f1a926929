//! `push`: what changed gets the next number, what did not keeps its own.

use crate::common::{Project, shop};
use insta::assert_snapshot;

#[test]
fn the_first_push_numbers_everything() {
    assert_snapshot!(shop::project().run("push -m first"), @"
    $ lua-store push -m first
      ✅ shop pushed (agent settings, new)
      ✅ persona v1 pushed (new)
      ✅ orders v1.0.0 pushed (skill, new)
      ✅ catalog v1.0.0 pushed (skill, new)
      ✅ nightly v1.0.0 pushed (job, new)
      ✅ docs v1.0.0 pushed (mcp-server, new)
    💾 Backup at v1 (8 new file(s))
    ✅ Push complete: 6 changed
    --- stderr
    hint: run `lua-store version create` to create a version of it
    ");
}

#[test]
fn nothing_changed_makes_nothing() {
    let project = shop::project();
    project.ok("push");
    assert_snapshot!(project.run("push"), @"
    $ lua-store push
    Nothing changed since source version v1.
    ");
    assert_eq!(project.list("source list").as_array().unwrap().len(), 1);
}

#[test]
fn a_gitignore_that_was_written_after_init_is_pushed_as_it_is_afterwards() {
    let project = shop::project();
    project.write(".gitignore", "*.log\n");
    project.ok("push");
    assert_eq!(project.read(".gitignore"), "*.log\n/.lua/\n");
    assert_eq!(project.json("status")["notPushed"]["files"], serde_json::json!([]));
    assert_eq!(project.ok("cat-file source/v1:source/.gitignore"), "*.log\n/.lua/\n");
}

#[test]
fn only_what_changed_gets_a_number() {
    let project = shop::project();
    project.ok("push");
    shop::edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds products by name");
    assert_snapshot!(project.run("push"), @"
    $ lua-store push
      ✅ catalog v1.0.1 pushed (skill, 1.0.0 → 1.0.1)
      ·  5 unchanged: shop, persona, orders, nightly, docs
    💾 Backup at v2 (1 changed file(s))
    ✅ Push complete: 1 changed
    --- stderr
    hint: run `lua-store version create` to create a version of it
    ");
}

#[test]
fn a_comment_or_a_layout_is_no_change_of_a_primitive() {
    let project = shop::project();
    project.ok("push");
    shop::edit(
        &project,
        "src/skills/catalog.skill.ts",
        "const search",
        "// A comment.\n\nconst   search",
    );
    let pushed = project.json("push");
    let changes: Vec<_> =
        pushed["items"].as_array().unwrap().iter().map(|item| &item["change"]).collect();
    assert!(changes.iter().all(|change| *change == "unchanged"), "{pushed:#}");
    assert_eq!(pushed["sourceVersion"], 2, "the files did change");
}

#[test]
fn a_helper_that_is_reached_changes_what_reaches_it() {
    let project = shop::project();
    project.ok("push");
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    let pushed = project.json("push");
    assert_eq!(changed(&pushed), ["orders"]);
}

#[test]
fn one_primitive_can_be_pushed_alone() {
    let project = shop::project();
    project.ok("push");
    shop::edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds things");
    shop::edit(&project, "src/skills/orders.skill.ts", "Knows about orders", "Knows all orders");
    let pushed = project.json("push skill --name catalog");
    assert_eq!(changed(&pushed), ["catalog"]);
    let pushed = project.json("push");
    assert_eq!(changed(&pushed), ["orders"]);
}

/// One that was never pushed is in the project only, one that is taken out in the pushed state only.
#[test]
fn a_new_primitive_can_be_pushed_alone_and_a_removed_one_taken_out_alone() {
    let project = shop::project();
    let pushed = project.json("push skill --name catalog");
    assert!(changed(&pushed).contains(&"catalog"), "{pushed}");
    shop::edit(&project, "src/index.ts", "skills: [orders, catalog]", "skills: [orders]");
    let removed = project.json("push skill --name catalog");
    assert_eq!(changed(&removed), ["catalog"], "{removed}");
    let missing = project.run("push skill --name catalog");
    assert_eq!(missing.code, 3, "{missing}");
}

#[test]
fn the_files_alone_can_be_pushed() {
    let project = shop::project();
    project.ok("push");
    shop::edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds things");
    assert_snapshot!(project.run("push backup"), @"
    $ lua-store push backup
    💾 Backup at v2 (1 changed file(s))
    ✅ Push complete
    --- stderr
    hint: run `lua-store version create` to create a version of it
    ");
    assert_eq!(changed(&project.json("push")), ["catalog"]);
}

#[test]
fn a_removed_primitive_leaves_and_never_gets_its_old_number_again() {
    let project = shop::project();
    project.ok("push");
    shop::edit(&project, "src/index.ts", "jobs: [nightly],", "");
    assert_snapshot!(project.run("push"), @"
    $ lua-store push
      ✅ nightly removed (job, was v1.0.0)
      ·  5 unchanged: shop, persona, orders, catalog, docs
    💾 Backup at v2 (1 changed file(s))
    ✅ Push complete: 1 changed
    --- stderr
    hint: run `lua-store version create` to create a version of it
    ");
    shop::edit(&project, "src/index.ts", "mcpServers", "jobs: [nightly],\n  mcpServers");
    let pushed = project.json("push");
    let job =
        pushed["items"].as_array().unwrap().iter().find(|item| item["kind"] == "job").unwrap();
    assert_eq!((&job["change"], &job["to"]), (&"new".into(), &"1.0.1".into()));
}

#[test]
fn the_stock_command_s_numbers_go_on() {
    let project = shop::project();
    project.write(
        "lua.skill.yaml",
        "agent:\n  agentId: ''\nskills:\n  - name: orders\n    version: 1.0.7\n",
    );
    let pushed = project.json("push");
    let number = |name: &str| {
        let items = pushed["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).unwrap()["to"].clone()
    };
    assert_eq!((number("orders"), number("catalog")), ("1.0.8".into(), "1.0.0".into()));
}

#[test]
fn a_number_can_be_set_and_only_upwards() {
    let project = shop::project();
    project.ok("push");
    let pushed = project.json("push skill --name catalog --set-version 2.0.0");
    assert_eq!(pushed["items"][0]["to"], "2.0.0");
    assert_snapshot!(project.run("push skill --name catalog --set-version 1.5.0"), @r#"
    $ lua-store push skill --name catalog --set-version 1.5.0
    --- stderr
    Error: cannot give skill "catalog" the version 1.5.0: it has had 2.0.0 already
    hint: a number is never used twice: choose one past it, or leave `--set-version` out
    --- exit 2
    "#);
    assert_snapshot!(project.run("push skill --name catalog --set-version two"), @r#"
    $ lua-store push skill --name catalog --set-version two
    --- stderr
    Error: "two" is not a version number
    hint: use three numbers such as 1.0.3, with an optional tag such as 1.0.3-beta
    --- exit 2
    "#);
}

#[test]
fn what_is_not_there_cannot_be_pushed() {
    let project = shop::project();
    assert_snapshot!(project.run("push skill --name ordres"), @r#"
    $ lua-store push skill --name ordres
    --- stderr
    Error: there is no skill "ordres" in the project
    hint: did you mean `orders`?
    --- exit 3
    "#);
    assert_snapshot!(project.run("push webhook --name any"), @r#"
    $ lua-store push webhook --name any
    --- stderr
    Error: there is no webhook "any" in the project
    hint: the agent has none of that kind
    --- exit 3
    "#);
    assert_snapshot!(project.run("push skil"), @r#"
    $ lua-store push skil
    --- stderr
    Error: cannot push "skil": there is no such kind
    hint: did you mean `skill`?
    --- exit 2
    "#);
    assert_snapshot!(project.run("push all --name orders"), @r#"
    $ lua-store push all --name orders
    --- stderr
    Error: `--name` needs a kind, not "all"
    hint: run for example `lua-store push skill --name user-skill`
    --- exit 2
    "#);
    assert_eq!(project.list("source list").as_array().unwrap().len(), 0);
}

#[test]
fn a_dry_run_says_and_stores_nothing() {
    let project = shop::project();
    assert_snapshot!(project.run("push --dry-run"), @"
    $ lua-store push --dry-run
      ~  shop would be pushed (agent settings, new)
      ~  persona v1 would be pushed (new)
      ~  orders v1.0.0 would be pushed (skill, new)
      ~  catalog v1.0.0 would be pushed (skill, new)
      ~  nightly v1.0.0 would be pushed (job, new)
      ~  docs v1.0.0 would be pushed (mcp-server, new)
    Would push 6 change(s), 8 new file(s). Nothing was stored.
    ");
    assert_eq!(project.list("source list").as_array().unwrap().len(), 0);
    assert_eq!(project.json("count-objects")["objects"], 0);
}

#[test]
fn a_syntax_error_is_shown_where_it_is() {
    let project = shop::project();
    shop::edit(&project, "src/lib/store.ts", "=>", "=> ) ");
    assert_snapshot!(project.run("push"), @"
    $ lua-store push
    --- stderr
    Error: src/lib/store.ts:1:37: Unexpected token
      export const find = (id: string) => )  ({ id, at: 'the door' });
                                          ^
    hint: run `lua-store push backup` to store the files as they are
    --- exit 1
    ");
    assert_eq!(project.list("source list").as_array().unwrap().len(), 0);
}

#[test]
fn a_folder_without_an_agent_can_only_be_backed_up() {
    let project = Project::new();
    project.write("notes.txt", "nothing to see\n");
    project.ok("init");
    assert_snapshot!(project.run("push"), @r#"
    $ lua-store push
    --- stderr
    Error: no `new LuaAgent({...})` found in "[DIR]/project"
    hint: run the command in the folder of an agent project, or run `lua init` to create one
    hint: run `lua-store push backup` to store the files as they are
    --- exit 1
    "#);
    assert_snapshot!(project.run("push backup"), @r#"
    $ lua-store push backup
    💾 Backup at v1 (2 new file(s))
    ✅ Push complete
    --- stderr
    warning: only the files are stored, because the agent cannot be read: no `new LuaAgent({...})` found in "[DIR]/project"
    "#);
}

#[test]
fn two_primitives_of_one_name_are_refused() {
    let project = shop::project();
    shop::edit(&project, "src/skills/catalog.skill.ts", "name: 'catalog'", "name: 'orders'");
    assert_snapshot!(project.run("push"), @r#"
    $ lua-store push
    --- stderr
    Error: two skills are named "orders": "src/skills/orders.skill.ts:4" and "src/skills/catalog.skill.ts:11"
    hint: give one of them another name
    hint: run `lua-store push backup` to store the files as they are
    --- exit 1
    "#);
}

#[test]
fn a_secret_is_left_out_and_told() {
    let project = shop::project();
    project.write(".env", "KEY=1\n");
    assert_snapshot!(project.run("push backup"), @r#"
    $ lua-store push backup
    💾 Backup at v1 (8 new file(s))
    ✅ Push complete
    --- stderr
    warning: left out ".env": environment file
    hint: run `lua-store version create` to create a version of it
    "#);
}

#[test]
fn somebody_must_be_named() {
    let mut project = shop::project();
    project.set("LUA_STORE_AUTHOR", "");
    assert_snapshot!(project.run("push"), @"
    $ lua-store push
    --- stderr
    Error: cannot tell who you are
    hint: add `--author you@example.com` for one command
    hint: run `git config --global user.email you@example.com` for all
    --- exit 2
    ");
    project.ok("push --author bea@example.com");
    assert_eq!(project.list("source list")[0]["createdBy"], "bea@example.com");
}

fn changed(pushed: &serde_json::Value) -> Vec<&str> {
    let items = pushed["items"].as_array().unwrap().iter();
    items
        .filter(|item| item["change"] != "unchanged")
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

/// A store is for one agent. Which one of a folder is read is not left to be found out in production.
#[test]
fn an_agent_beside_another_one_is_told_of() {
    let project = crate::common::Project::new();
    let agent = |name: &str| {
        format!(
            "import {{ LuaAgent }} from 'lua-cli';\nexport const a = new LuaAgent({{ name: '{name}', persona: 'x' }});\n"
        )
    };
    project.write("src/desk.ts", agent("desk"));
    // It makes none.
    project.write("src/later.ts", "export { a } from './desk';\n");
    project.ok("init");
    let told = "this agent is left out: that of \"src/desk.ts\" is read";
    let alone = project.run("push");
    assert!(alone.code == 0 && !alone.stderr.contains("left out"), "{alone}");
    project.write("src/shop.ts", agent("shop"));
    for line in ["push", "status", "compile"] {
        let outcome = project.run(line);
        let text = outcome.to_string();
        assert!(
            outcome.code == 0 && text.contains(&format!("src/shop.ts:2:18: {told}")),
            "{outcome}"
        );
    }
    // One in the usual place is the one that is meant.
    project.write("src/index.ts", agent("index"));
    let usual = project.run("push");
    assert!(usual.code == 0 && !usual.stderr.contains("left out"), "{usual}");
}
