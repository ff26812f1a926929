//! A `lua-store serve` as the platform: this program deploys to the routes that it serves itself.

use super::compiled;
use crate::common::server::{Server, token};
use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;
use std::net::{SocketAddr, TcpListener};

const AGENT: &str = "agent_shop";

/// The file in which the `lua` command, and a push of ours, write ids and numbers.
const YAML: &str = "agent:\n  agentId: agent_shop\n  orgId: ''\nskills: []\njobs: []\n";

/// A project whose remote is an agent on a server of ours; v1 is active there.
struct Served {
    project: Project,
    address: SocketAddr,
}

impl Served {
    fn new() -> (Served, Server) {
        let mut project = Project::new();
        shop::write(&project);
        project.write("lua.skill.yaml", YAML);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::passed(&project, listener, 1, "");
        let token =
            token(&project, &format!("--agent {AGENT} --scope promote --for ana@example.com"));
        project.set("LUA_API_KEY", &token);
        project.set("LUA_STORE_TRIES", "1");
        project.ok("init --agent-id agent_shop");
        project.ok(&format!("remote add origin lua+http://{address}/{AGENT}"));
        let served = Served { project, address };
        served.promote("first", 1);
        (served, server)
    }

    /// Pushes, and makes a version of it live.
    fn promote(&self, message: &str, number: u64) {
        self.ok("push");
        self.project.ok(&format!("version create -m {message} --offline"));
        self.ok(&format!("version promote {number}"));
    }

    fn run(&self, line: &str) -> Outcome {
        self.project.run(&format!("{line} {}", compiled::output(&self.project)))
    }

    fn ok(&self, line: &str) -> String {
        self.project.ok(&format!("{line} {}", compiled::output(&self.project)))
    }

    /// A second version, pushed and not promoted: the code of a skill, persona, model and MCP server differ.
    fn second(&self) {
        let edit = |path: &str, from: &str, to: &str| shop::edit(&self.project, path, from, to);
        edit("src/skills/orders.skill.ts", "Knows about orders", "Knows orders");
        let index = "src/index.ts";
        edit(index, "You help customers shop.", "You help customers.");
        edit(index, "openai/gpt-4o", "openai/gpt-5");
        edit(index, "docs.example.com", "help.example.com");
        self.ok("push");
        self.project.ok("version create -m second --offline");
    }

    /// The server again, at its address.
    fn start(&self) -> Server {
        Server::passed(&self.project, TcpListener::bind(self.address).unwrap(), 1, "")
    }
}

/// Output without how much of the code was compared.
fn shown(outcome: &Outcome) -> String {
    let text = outcome.to_string();
    text.lines().map(|line| line.split(" · code of ").next().unwrap().to_owned() + "\n").collect()
}

#[test]
fn versions_are_promoted_rolled_back_and_verified() {
    let (served, _server) = Served::new();
    served.second();
    assert_snapshot!(shown(&served.run("version promote 2")), @r"
    $ lua-store version promote 2 --compiled ../out
    ✓ Promoted v2. Previous active: v1.
       live at once  model (#10)
       live at once  MCP server docs (#7)
       live at once  persona (#12)
       staged        version of v2 (#23)
       switch        version 2 is made active (#27)
    Active v2 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal
    --- stderr
    hint: run `lua-store version promote v1` to take it back
    ");
    assert_snapshot!(shown(&served.project.run("remote verify")), @r"
    $ lua-store remote verify
    Active v2 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal
    ");
    assert_snapshot!(shown(&served.run("version promote previous")), @r"
    $ lua-store version promote previous --compiled ../out
    ✓ Promoted v1. Previous active: v2.
       switch        version 1 is made active (#27)
    Active v1 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal
    --- stderr
    This takes back v2, promoted by ana@example.com, 2026-11-21 09:30
    hint: run `lua-store version promote v2` to take it back
    ");
    assert_snapshot!(shown(&served.project.run("remote verify")), @r"
    $ lua-store remote verify
    Active v1 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal
    ");
    // The server made a source version for the persona of each version. Its files are ours.
    assert_snapshot!(shown(&served.project.run("pull")), @r"
    $ lua-store pull
    origin has nothing new.
    ");
    assert_snapshot!(shown(&served.project.run("source list")), @r"
    $ lua-store source list
    VERSION            CREATED           BY               TRIGGERED BY  HASH
    v2 * (platform:3)  2026-11-21 09:30  ana@example.com  batch push    5b4cc689...
    v1                 2026-11-21 09:30  ana@example.com  batch push    936e6da7...
    ");
}

#[test]
fn a_promotion_is_taken_back_after_the_server_was_killed_in_the_middle() {
    let (mut served, server) = Served::new();
    served.second();
    drop(server);
    let now = served.project.path("../now");
    let (mut killed, mut step) = (0, 1);
    loop {
        served.project.set("LUA_STORE_FAULT", &format!("kill={step},since={}", now.display()));
        let server = served.start();
        served.project.set("LUA_STORE_FAULT", "");
        std::fs::write(&now, "").unwrap();
        let promoted = served.run("version promote 2");
        std::fs::remove_file(&now).unwrap();
        drop(server);
        if promoted.code == 0 {
            break;
        }
        let server = served.start();
        assert_eq!(promoted.code, 11, "step {step}: {promoted}");
        killed += 1;
        let aborted = served.project.run("version promote --abort");
        let is_none_open = aborted.stderr.contains("no promotion of \"origin\" is open");
        assert!(aborted.code == 0 || is_none_open, "step {step}: {aborted}");
        let verified = served.project.run("remote verify");
        assert!(verified.stdout.starts_with("Active v1 there"), "step {step}: {verified}");
        assert_eq!(verified.code, 0, "step {step}: {aborted}{verified}");
        let log = server.log();
        assert!(!log.contains("\"status\":5"), "step {step}: {log}");
        // Every third step: each costs three starts of a server.
        step += 3;
    }
    assert!(killed >= 4, "the server was killed {killed} times");
    let _server = served.start();
    assert_eq!(served.project.run("remote verify").code, 0);
    assert!(served.project.ok("version list").starts_with("VERSION"));
    assert!(served.project.ok("fsck").contains("nothing is damaged"));
}

#[test]
fn the_numbers_that_pushes_of_two_people_wrote_are_no_conflict() {
    let (served, _server) = Served::new();
    let project = &served.project;
    let clone = format!("clone lua+http://{}/{AGENT} ../bo", served.address);
    let options = compiled::output(project);
    project.ok(&clone);
    // The second push contains what the first one wrote.
    for (text, number) in [("one", 3), ("two", 4)] {
        project.write("../bo/README.md", text);
        project.ok(&format!("-C ../bo push -m {text} {options}"));
        assert_eq!(project.list("-C ../bo source list").as_array().unwrap().len(), number);
    }
    let (ours, theirs) = (project.read("lua.skill.yaml"), project.read("../bo/lua.skill.yaml"));
    assert!(
        ours.contains("activeVersion: 1\n") && theirs.contains("activeVersion: 4\n"),
        "{theirs}"
    );
    // Somebody edited the file here too: its lines cannot be merged, and are never in it twice.
    project.write("lua.skill.yaml", format!("# of ana\n{ours}"));
    let refused = project.run("pull");
    let text = format!("{}{}", refused.stdout, refused.stderr);
    assert!(
        refused.code == 1 && text.contains("\"lua.skill.yaml\" was changed on both sides"),
        "{refused}"
    );
    project.write("lua.skill.yaml", &ours);
    project.ok("pull");
    assert_eq!(project.read("../bo/README.md"), project.read("README.md"));
    // The numbers of bo's first push, which are in the file of his second one.
    let merged = project.read("lua.skill.yaml");
    assert_eq!(merged.matches("activeVersion: 3\n").count(), 1, "{merged}");
    project.ok("status");
}
