//! Plans: everything that would be sent, and a deployment that is bound to one.

use super::{AGENT, Shop};
use crate::platform::stub::Assumptions;
use insta::assert_snapshot;

#[test]
fn a_plan_names_each_request_sends_none_and_is_kept() {
    let shop = Shop::new(Assumptions::default());
    shop.edit(true);
    assert_snapshot!(shop.run("push --dry-run").to_string(), @r"
    $ lua-store push --dry-run --compiled ../out
      ~  shop would be pushed (agent settings, changed)
          model: openai/gpt-4o → openai/gpt-5
      ~  persona v2 would be pushed (1 → 2)
          - You help customers shop.
          + You help customers.
      ~  orders v1.0.1 would be pushed (skill, 1.0.0 → 1.0.1)
          description:
            - Knows about orders
            + Knows orders
      ~  docs v1.0.1 would be pushed (mcp-server, 1.0.0 → 1.0.1)
          url: https://docs.example.com/mcp → https://help.example.com/mcp
      ·  2 unchanged: catalog, nightly
    Would push 4 change(s), 2 changed file(s). Nothing was stored.
    Would send to the platform (plan 4a621e9e2d08):
       staged        skill orders 1.0.1 (#3)
       staged        backup of the files (#19)
    ");
    shop.project.ok("push --offline");
    shop.project.ok("version create -m second --offline");
    let before = shop.live();
    assert_snapshot!(shop.run("version promote 2 --dry-run").to_string(), @r"
    $ lua-store version promote 2 --dry-run --compiled ../out
    Would promote v2. Active now: v1.
    Skills:
      ~ orders 1.0.0 → 1.0.1
          description:
            - Knows about orders
            + Knows orders
    MCP servers:
      ~ docs (config changed: url)
          url: https://docs.example.com/mcp → https://help.example.com/mcp
    Persona: v1 → v2
      - You help customers shop.
      + You help customers.
    Model: openai/gpt-4o → openai/gpt-5
    No changes: webhooks, jobs, preprocessors, postprocessors, triggers, voice
    Would send to the platform (plan 50de58a304ef):
       staged        skill orders 1.0.1 (#3)
       staged        backup of the files (#19)
       live at once  model (#10)
       live at once  MCP server docs (#7)
       live at once  persona (#12)
       staged        version of v2 (#23)
       switch        the new version is made active (#27)
    --- stderr
    Live before the rest of the version, for seconds: model, MCP server docs, persona
    ");
    let plan = shop.project.json(&shop.line("version promote 2 --dry-run"))["plan"].clone();
    assert!(shop.changes().is_empty() && shop.live() == before, "{:?}", shop.changes());
    // Somebody pushes: the plan is another one.
    let id = plan["id"].as_str().unwrap();
    shop.platform.dashboard(AGENT).set_model("openai/o1");
    let outcome = shop.run(&format!("version promote 2 --plan {id}"));
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.stderr.contains(&format!("the plan {id} does not hold any more")), "{outcome}");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    // As it was when it was planned.
    shop.platform.dashboard(AGENT).set_model("openai/gpt-4o");
    let done = shop.project.json(&shop.line(&format!("version promote 2 --plan {id}")));
    assert_eq!(
        subjects(&done["deployed"]),
        subjects(&plan),
        "the requests of the plan, in its order"
    );
    assert_eq!(shop.live().active, Some(2));
}

/// Routes of requests; the numbers of versions are not known before.
fn subjects(of: &serde_json::Value) -> Vec<String> {
    let all = of["requests"].as_array().unwrap();
    all.iter().map(|one| one["route"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_push_holds_its_plan_too() {
    let shop = Shop::new(Assumptions::default());
    shop.edit(false);
    let plan = shop.project.json(&shop.line("push --dry-run"))["plan"].clone();
    let id = plan["id"].as_str().unwrap();
    let other = shop.run("push --plan 000000000000");
    assert_eq!(other.code, 1, "{other}");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    // The push stands here, and is not sent yet.
    shop.ok(&format!("push --plan {id}"));
    assert_eq!(shop.changes(), ["#3 skills", "#19"]);
}

#[test]
fn a_dry_run_sends_get_requests_only() {
    let shop = Shop::new(Assumptions::default());
    shop.second(false);
    // An import would ask for the addresses of these files with a POST.
    let files = [("src/index.ts".to_owned(), b"export {}".to_vec())];
    shop.platform.dashboard(AGENT).back_up_files(&files);
    for line in ["push --dry-run", "version promote 2 --dry-run"] {
        let plan = shop.project.json(&shop.line(line))["plan"].clone();
        let refusals = plan["refusals"].to_string();
        assert!(refusals.contains("backup 2 of the platform is not imported yet"), "{refusals}");
        let sent = shop.platform.requests();
        assert!(!sent.is_empty() && sent.iter().all(|one| one.method == "GET"), "{sent:?}");
    }
}

#[test]
fn the_first_version_of_an_agent_is_announced() {
    let shop = Shop::empty(Assumptions::default());
    shop.project.ok("push --offline");
    shop.project.ok("version create -m first --offline");
    let plan = shop.run("version promote 1 --dry-run");
    assert!(plan.stderr.contains("the first version of this agent on the platform"), "{plan}");
    let done = shop.run("version promote 1");
    assert!(done.stderr.contains("v1 is the first version of this agent"), "{done}");
    shop.second(false);
    let plan = shop.project.json(&shop.line("version promote 2 --dry-run"))["plan"].clone();
    assert_eq!(plan["isFirst"], false);
}

#[test]
fn a_push_of_nothing_sends_and_plans_nothing() {
    let shop = Shop::new(Assumptions::default());
    assert_snapshot!(shop.run("push --dry-run").to_string(), @r"
    $ lua-store push --dry-run --compiled ../out
    Nothing changed since source version v1.
    Would send nothing to the platform (plan 6efd1638535c).
    ");
    let plan = shop.project.json(&shop.line("push --dry-run"))["plan"].clone();
    assert_eq!(plan["requests"], serde_json::json!([]));
    let id = plan["id"].as_str().unwrap();
    shop.ok(&format!("push --plan {id}"));
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    // Files that no primitive reads need a backup, and so does a push that was stored and not sent.
    shop.project.write("README.md", "About the shop.");
    let backup = ["#19"];
    assert_eq!(subjects(&shop.project.json(&shop.line("push --dry-run"))["plan"]), backup);
    shop.project.ok("push --offline");
    let plan = shop.project.json(&shop.line("push --dry-run"))["plan"].clone();
    assert_eq!(subjects(&plan), backup);
    let id = plan["id"].as_str().unwrap();
    shop.ok(&format!("push --plan {id}"));
    assert_eq!(shop.changes(), backup);
}
