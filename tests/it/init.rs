//! `init`: a store appears, once, and git leaves it alone.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn a_newcomer_is_told_what_comes_next() {
    assert_snapshot!(Project::new().run("init"), @r#"
    $ lua-store init
    ✓ Made a store in [DIR]/project/.lua
    --- stderr

    What to do next:
      lua-store push -m "first push"    keep the project as it is now
      lua-store version create          give what is kept a number: v1
      lua-store version promote v1      make v1 the active version
      lua-store status                  see where things stand
    "#);
}

#[test]
fn running_it_again_is_fine() {
    let project = Project::new();
    project.ok("init --agent-id agent-1");
    assert_snapshot!(project.run("init"), @r"
    $ lua-store init
    There is a store in [DIR]/project/.lua already.
    Agent: agent-1
    ");
    assert_snapshot!(project.run("init --agent-id agent-2 --json"), @r#"
    $ lua-store init --agent-id agent-2 --json
    {
      "project": "[DIR]/project",
      "created": false,
      "agentId": "agent-2",
      "remote": null,
      "restored": null
    }
    "#);
}

#[test]
fn the_agent_is_read_from_the_stock_manifest() {
    let project = Project::new();
    project.write("lua.skill.yaml", "agent:\n  agentId: 'from-yaml'\n  orgId: ''\nskills: []\n");
    assert_eq!(project.json("init")["agentId"], "from-yaml");
    assert!(project.read(".lua/config.toml").contains("agent = \"from-yaml\""));
}

#[test]
fn a_fresh_stock_manifest_has_no_agent_yet() {
    let project = Project::new();
    project.write("lua.skill.yaml", "agent:\n  agentId: ''\n");
    assert_eq!(project.json("init")["agentId"], serde_json::Value::Null);
}

#[test]
fn a_manifest_that_is_no_yaml_stops_it_before_anything_is_made() {
    let project = Project::new();
    project.write("lua.skill.yaml", "agent: [\n");
    assert_snapshot!(project.run("init"), @r#"
    $ lua-store init
    --- stderr
    Error: cannot read "lua.skill.yaml:1:8": unclosed bracket '[' at line 1, column 8
    hint: correct the YAML, or remove the file to work without it
    --- exit 2
    "#);
    assert!(!project.path(".lua").exists());
}

#[test]
fn an_empty_agent_id_is_refused() {
    assert_snapshot!(Project::new().run("init --agent-id \"\""), @r#"
    $ lua-store init --agent-id ""
    --- stderr
    Error: "" cannot be the id of an agent
    --- exit 2
    "#);
}

#[test]
fn git_neither_adds_nor_removes_the_store() {
    let project = Project::new();
    project.write("index.ts", "export {};\n");
    assert_eq!(project.git("init --quiet").code, 0);
    project.ok("init");
    assert_eq!(project.git("add --all").code, 0);
    assert_eq!(project.git("ls-files").stdout, "index.ts\n");
    assert_eq!(project.git("clean -fdx").code, 0);
    assert!(project.path(".lua/format").exists());
    assert_eq!(project.git("status --porcelain").stdout, "A  index.ts\n");
}
