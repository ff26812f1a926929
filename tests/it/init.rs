//! `init`: a store appears, once, and git leaves it alone.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn a_newcomer_is_told_what_comes_next() {
    assert_snapshot!(Project::new().run("init"), @r#"
    $ lua-store init
    ✓ Created a store in [DIR]/project/.lua
    --- stderr

    What to do next:
      lua-store push -m "first push"    store the project as it is now
      lua-store version create          give that state a number: v1
      lua-store version promote v1      make v1 the active version
      lua-store status                  show what is active and what is not pushed
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
      "schemaVersion": 1,
      "kind": "init",
      "project": "[DIR]/project",
      "created": false,
      "agentId": "agent-2",
      "remote": null,
      "restored": null,
      "next": []
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
    --- exit 1
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

/// Two agents below one folder, which has none of its own.
fn two_agents() -> Project {
    let project = Project::new();
    let agent = |name: &str| {
        format!(
            "import {{ LuaAgent }} from 'lua-cli';\nexport const agent = new LuaAgent({{ name: '{name}' }});\n"
        )
    };
    project.write("agents/shop/src/index.ts", agent("shop"));
    project.write("agents/desk/agent.ts", agent("desk"));
    project.write("agents/desk/more.ts", "export { agent as default } from './agent';\n");
    project.write("notes.txt", "everybody's");
    project
}

#[test]
fn of_several_agents_none_is_taken_silently() {
    let project = two_agents();
    assert_snapshot!(project.run("init"), @r#"
    $ lua-store init
    --- stderr
    Error: several agents are below "[DIR]/project": agents/desk ("desk", agents/desk/agent.ts), agents/shop ("shop", agents/shop/src/index.ts)
    hint: add `--agent agents/desk` to choose one; each has a store of its own
    --- exit 2
    "#);
    assert!(!project.path(".lua").exists());
    assert_snapshot!(project.run("init --agent agents/desk"), @r#"
    $ lua-store init --agent agents/desk
    ✓ Created a store in [DIR]/project/agents/desk/.lua
    --- stderr

    What to do next:
      lua-store push -m "first push"    store the project as it is now
      lua-store version create          give that state a number: v1
      lua-store version promote v1      make v1 the active version
      lua-store status                  show what is active and what is not pushed
    "#);
    assert!(project.path("agents/desk/.lua/format").exists() && !project.path(".lua").exists());
    let push = project.json("push --agent agents/desk");
    assert_eq!(push["files"], 3, "its own files, and what keeps git away: {push:#}");
    assert_snapshot!(project.run("push --agent agents/shop"), @r#"
    $ lua-store push --agent agents/shop
    --- stderr
    Error: there is no store in "[DIR]/project/agents/shop"
    hint: run `lua-store -C [DIR]/project/agents/shop init` to create one for the agent there
    --- exit 3
    "#);
    assert_snapshot!(project.run("init --agent nowhere"), @r#"
    $ lua-store init --agent nowhere
    --- stderr
    Error: "nowhere" is not the directory, file or name of an agent
    hint: the agents found: agents/desk ("desk", agents/desk/agent.ts), agents/shop ("shop", agents/shop/src/index.ts)
    --- exit 3
    "#);
    for other in ["desk", "agents/desk/agent.ts"] {
        let again = project.json(&format!("push --agent {other}"));
        assert_eq!(
            (&again["source"], &again["state"]),
            (&push["source"], &push["state"]),
            "{other}"
        );
    }
    assert_eq!(project.run("push --agent notes.txt").code, 3, "a file that makes no agent");
    project.write("agents/third/agent.ts", project.read("agents/desk/agent.ts"));
    assert_snapshot!(project.run("push --agent desk"), @r#"
    $ lua-store push --agent desk
    --- stderr
    Error: several agents have the name "desk": agents/desk ("desk", agents/desk/agent.ts), agents/third ("desk", agents/third/agent.ts), agents/shop ("shop", agents/shop/src/index.ts)
    hint: add `--agent agents/desk` to choose one
    --- exit 2
    "#);
    // Inside of one there is nothing to ask.
    assert_eq!(project.run("-C agents/shop init").code, 0);
}

#[test]
fn a_store_around_several_agents_asks_at_each_push() {
    let project = Project::new();
    project.ok("init");
    let several = two_agents();
    for path in ["agents/shop/src/index.ts", "agents/desk/agent.ts"] {
        project.write(path, several.read(path));
    }
    assert_snapshot!(project.run("push"), @r#"
    $ lua-store push
    --- stderr
    Error: several agents are below "[DIR]/project": agents/desk ("desk", agents/desk/agent.ts), agents/shop ("shop", agents/shop/src/index.ts)
    hint: add `--agent agents/desk` to choose one; each has a store of its own
    --- exit 2
    "#);
    assert_eq!(project.run("push backup").code, 0, "files are no agent");
    // One of its own, in a usual place, is the agent that is meant.
    project.write("src/index.ts", several.read("agents/shop/src/index.ts"));
    assert_eq!(project.run("push").code, 0);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_init_asks_which_agent() {
    let project = two_agents();
    let (shown, code) = project.on_terminal("init", "2\n");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("[1] agents/desk\n  [2] agents/shop"), "{shown}");
    assert!(project.path("agents/shop/.lua/format").exists());
    let (shown, code) = project.on_terminal("init", "neither\n");
    assert_eq!(code, 2, "{shown}");
}
