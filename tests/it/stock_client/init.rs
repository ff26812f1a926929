//! `lua init`: a new project of an agent, with its files or without.

use super::sums;
use crate::common::stock::{AGENT, Stock};
use insta::assert_snapshot;

#[test]
fn a_project_is_made_of_an_agent() {
    let Some(stock) = Stock::empty() else { return };
    let line = format!("init --agent-id {AGENT}");
    let made = stock.lua(&line);
    assert_eq!(made.code, 0, "{made}");
    assert_snapshot!(stock.project.read("lua.skill.yaml"), @"
    agent:
      agentId: agent_paint
      orgId: lua-store
    skills: []
    webhooks: []
    jobs: []
    preprocessors: []
    postprocessors: []
    mcpServers: []
    workflows: []
    ");
    assert_snapshot!(stock.lua(&line), @"
    $ lua init --agent-id agent_paint
    --- stderr
    ✅ Authenticated
    ✖ usage: Project already initialized with agent agent_paint
    💡 Pass --force to override the existing configuration
    --- exit 2
    ");
    std::fs::create_dir(stock.project.path("../other")).unwrap();
    assert_snapshot!(stock.lua_in("../other", "init --agent-id agent_other"), @"
    $ lua init --agent-id agent_other
    --- stderr
    ✅ Authenticated
    ✖ not_found: Agent not found: agent_other
    💡 Available agents:
         lua-store:
           - agent_paint (agent_paint)
    --- exit 3
    ");
    assert_eq!(stock.lua("push all --force").code, 0);
}

#[test]
fn a_project_gets_the_files_that_were_pushed() {
    let Some(stock) = Stock::new() else { return };
    stock.ok("push all --force");
    std::fs::create_dir(stock.project.path("../ben")).unwrap();
    let made = stock.lua_in("../ben", &format!("init --agent-id {AGENT} --restore-sources"));
    assert_eq!(made.code, 0, "{made}");
    assert!(made.stdout.contains("Restored 11 files from backup"), "{made}");
    // It writes its own files over those that it restored.
    let is_kept = |line: &&str| line.contains("  ./src/");
    let lines = |folder| {
        sums(&stock, folder).lines().filter(is_kept).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines("../ben").len(), 8);
    assert_eq!(lines("."), lines("../ben"));
    let again = stock.lua_in("../ben", "push all --force");
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stdout.contains("catalog v1.0.2 pushed"), "{again}");
}
