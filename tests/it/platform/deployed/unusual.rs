//! Promotions of agents that are unlike the others: primitives from elsewhere, none to version, two commands at once.

use super::{AGENT, Shop};
use crate::common::shop;
use crate::platform::stub::{Assumptions, At, Fault};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn a_primitive_that_the_version_lacks_is_refused_or_retired_by_name() {
    let shop = Shop::new(Assumptions::default());
    shop.platform.dashboard(AGENT).push("skills", "old", "1.0.0", json!({"description": "Old"}));
    shop.second(false);
    let refused = shop.run("version promote 2");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("does not contain: the skill \"old\""), "{refused}");
    // The answer itself says what is live now, and a pointer that moves here alone makes nothing live.
    assert!(!refused.stderr.contains("only the local pointer"), "{refused}");
    assert_eq!(shop.live().active, Some(1));
    shop.ok("version promote 2 --retire old");
    assert_eq!(shop.live().active, Some(2));
    assert!(shop.changes().contains(&"#34 skills".to_owned()), "{:?}", shop.changes());
    let code = shop.live().code;
    assert_eq!(
        code.keys().collect::<Vec<_>>(),
        ["jobs/nightly", "skills/catalog", "skills/orders"]
    );
}

#[test]
fn a_retired_primitive_is_named_when_the_promotion_is_refused() {
    let shop = Shop::new(Assumptions::default());
    shop.platform.dashboard(AGENT).push("skills", "old", "1.0.0", json!({"description": "Old"}));
    shop.second(false);
    shop.platform.on(At::route("#27"), Fault::Status(400));
    let refused = shop.run("version promote 2 --retire old");
    assert_eq!(refused.code, 1, "{refused}");
    let words = "deleted there for good: the skill \"old\"";
    assert!(refused.stderr.contains(words), "{refused}");
    assert_eq!(shop.live().active, Some(1));
}

#[test]
fn a_primitive_from_elsewhere_stays() {
    let shop = Shop::new(Assumptions::default());
    let body = json!({"description": "Bought"});
    shop.platform.dashboard(AGENT).push_from("marketplace", "skills", "bought", "2.0.0", body);
    shop.second(false);
    let outcome = shop.run("version promote 2");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_eq!(shop.live().number("skills/bought"), Some("2.0.0"));
    assert_eq!(shop.project.run("remote verify").code, 0);
}

#[test]
fn ids_and_numbers_are_set_in_the_file_of_the_stock_command() {
    let shop = Shop::empty(Assumptions::default());
    let text = "agent:\n  agentId: agent_shop # ours\n  orgId: org-1\nskills: []\n";
    shop.project.write("lua.skill.yaml", text);
    shop.ok("push --no-yaml");
    assert_eq!(shop.project.read("lua.skill.yaml"), text);
    shop.edit(false);
    shop.ok("push");
    let now = shop.project.read("lua.skill.yaml");
    let id = shop.platform.primitive_id(AGENT, "skills", "orders");
    assert!(now.starts_with("agent:\n  agentId: agent_shop # ours\n  orgId: org-1\n"), "{now}");
    for line in [
        "  - name: orders".to_owned(),
        format!("    skillId: {id}"),
        "    version: 1.0.1".to_owned(),
        "  activeVersion: 2".to_owned(),
        // Of a kind of which nothing changed since.
        "    name: nightly".to_owned(),
    ] {
        assert!(now.lines().any(|one| one == line), "{line}: {now}");
    }
    let sent = shop.platform.requests();
    let backup = sent.iter().rfind(|one| one.number == "#19").unwrap().json();
    assert_eq!(backup["orgId"], "org-1");
}

#[test]
fn an_open_promotion_comes_first() {
    let shop = Shop::new(Assumptions::default());
    shop.second(true);
    shop.platform.on(At::route("#27").always(), Fault::CutBefore);
    assert_ne!(shop.run("version promote 2").code, 0);
    shop.platform.reset_faults();
    shop.platform.reset_requests();
    shop::edit(&shop.project, "src/skills/catalog.skill.ts", "Finds products", "Finds goods");
    for line in ["push", "version promote 1"] {
        let refused = shop.run(line);
        assert!(refused.stderr.contains("the promotion of v2 was interrupted"), "{refused}");
        assert!(refused.stderr.contains("version promote --abort"), "{refused}");
        assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    }
    let aborted = shop.project.json("version promote --abort");
    assert_eq!(aborted["aborted"], 2);
    assert_eq!(shop.live().persona, "You are Ava.\nYou help customers shop.");
    shop.ok("push");
}

#[test]
fn a_version_without_a_server_is_gone_back_to() {
    let shop = Shop::empty(Assumptions::default());
    shop::edit(&shop.project, "src/index.ts", "  mcpServers: [docs],\n", "");
    let index = shop.project.read("src/index.ts");
    let (head, rest) = index.split_once("const docs = new LuaMCPServer").unwrap();
    let (_, rest) = rest.split_once("});\n").unwrap();
    let (server, text) = (&index[head.len()..index.len() - rest.len()], format!("{head}{rest}"));
    let text = text.replace("import { LuaAgent, LuaMCPServer }", "import { LuaAgent }");
    shop.project.write("src/index.ts", &text);
    shop.ok("push");
    shop.project.ok("version create -m bare --offline");
    shop.ok("version promote 1");
    let with = text.replace("import { LuaAgent }", "import { LuaAgent, LuaMCPServer }");
    let with = with.replace("export const agent", &format!("{server}\nexport const agent"));
    shop.project.write(
        "src/index.ts",
        with.replace("  jobs: [nightly],\n", "  jobs: [nightly],\n  mcpServers: [docs],\n"),
    );
    shop.ok("push");
    shop.project.ok("version create -m served --offline");
    shop.ok("version promote 2");
    assert!(shop.live().servers.contains_key("docs"));
    let back = shop.run("version promote 1");
    assert_eq!(back.code, 0, "{back}");
    assert!(shop.live().servers.is_empty());
    // Not every platform puts servers back: the answer names the one that still runs.
    shop.ok("version promote 2");
    shop.platform.assume(|a| a.promote_sets_servers = false);
    let back = shop.run("version promote 1");
    assert_eq!(back.code, 1, "{back}");
    assert!(back.stdout.contains("MCP server docs"), "{back}");
}

#[test]
fn an_agent_without_versions_is_refused_and_left_as_it_was() {
    let shop = Shop::empty(Assumptions { versioning: false, ..Assumptions::default() });
    shop.platform.dashboard(AGENT).edit_persona("You are Cy.");
    shop.ok("push");
    shop.project.ok("version create -m first --offline");
    let before = shop.live();
    let refused = shop.run("version promote 1");
    assert_ne!(refused.code, 0, "{refused}");
    assert!(refused.stderr.contains("versions"), "{refused}");
    assert_eq!(shop.live().persona, before.persona, "{refused}");
    assert_eq!(shop.live().code, before.code);
}

#[test]
fn two_commands_of_one_store_deploy_one_after_the_other() {
    let shop = Shop::new(Assumptions::default());
    shop.second(true);
    let delay = std::time::Duration::from_millis(40);
    shop.platform.on(At::all(), Fault::Delay(delay));
    let line = shop.line("version promote 2");
    let run = || shop.project.run(&line);
    let outcomes = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(run), scope.spawn(run));
        let status = shop.project.run("status");
        assert_eq!(status.code, 0, "{status}");
        [one.join().unwrap(), two.join().unwrap()]
    });
    assert!(outcomes.iter().any(|one| one.code == 0), "{}\n{}", outcomes[0], outcomes[1]);
    shop.platform.reset_faults();
    let pushed = shop.changes();
    let of = |route: &str| pushed.iter().filter(|one| *one == route).count();
    assert_eq!((of("#3 skills"), of("#19"), of("#23"), of("#27")), (1, 1, 1, 1), "{pushed:?}");
    assert_eq!(shop.project.run("remote verify").code, 0);
    let again = shop.run("version promote 2");
    assert!(again.stdout.contains("already active"), "{again}");
}

#[test]
fn a_promotion_of_the_active_version_says_if_something_else_runs() {
    let shop = Shop::new(Assumptions::default());
    shop.second(true);
    shop.ok("version promote 2");
    let equal = shop.run("version promote 2");
    assert_eq!(equal.code, 0, "{equal}");
    shop.platform.reset_requests();
    shop.platform.dashboard(AGENT).edit_persona("You are Bo.");
    assert_snapshot!(shop.project.run("version promote 2"), @r"
    $ lua-store version promote 2
    v2 is already active. No change.
    Active v2 there · 3 of 3 primitives at their numbers · model, 1 MCP server equal · persona not equal · code of bundles: not compared
      persona as served is not the text of v2: somebody edited it there, or the promote moved only the mark
      persona version is 3, v2 has 2
    --- stderr
    warning: v2 is active, and something else runs than it contains
    hint: run `lua-store fetch`, `lua-store version promote previous`, then `lua-store version promote v2` to put it back
    --- exit 1
    ");
    let json = shop.project.run("version promote 2 --json");
    let answer: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (json.code, &answer["changed"], &answer["deployed"]["check"]["equal"]),
        (1, &json!(false), &json!(false))
    );
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    assert_eq!(shop.live().persona, "You are Bo.");

    // As the hint says.
    shop.project.ok("fetch");
    shop.project.ok("version promote previous");
    assert_eq!(shop.project.run("version promote 2").code, 0);
    assert_eq!(shop.project.run("version promote 2").code, 0);
    assert_eq!(shop.project.run("remote verify").code, 0);
}
