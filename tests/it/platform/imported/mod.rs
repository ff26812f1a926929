//! Import: the history of an agent on the platform, which somebody else made there, read by `clone`, `fetch` and `pull`.

mod allowed;
#[cfg(unix)]
mod disturbed;
#[cfg(unix)]
mod each_platform;
mod faults;
mod history;
#[cfg(unix)]
mod killed;
mod live;
mod login;
mod losses;
mod own_history;
mod restored;
mod running;
mod together;
mod unusual;

use super::stub::{Assumptions, Platform, Request};
use crate::common::{Project, shop};
use serde_json::json;

const AGENT: &str = "agent_shop";

/// A platform with an agent, and a machine that has the key.
struct There {
    platform: Platform,
    /// Its folder is that of the person who works with the dashboard and the `lua` command.
    project: Project,
}

impl There {
    fn empty(assumptions: Assumptions) -> There {
        let platform = Platform::with(AGENT, assumptions);
        let mut project = Project::in_memory();
        shop::write(&project);
        project.set("LUA_API_KEY", &platform.key());
        // So that a fault that stays is an error at once.
        project.set("LUA_STORE_TRIES", "1");
        There { platform, project }
    }

    /// Three versions of three backups: v1 is superseded, v2 is active, v3 is staged.
    fn new() -> There {
        There::with(Assumptions::default())
    }

    fn with(assumptions: Assumptions) -> There {
        let there = There::empty(assumptions);
        let dashboard = there.platform.dashboard(AGENT);
        dashboard.edit_persona("You are Ava.\nYou help customers shop.");
        dashboard.set_model("openai/gpt-4o");
        dashboard.set_server(
            "docs",
            json!({"transport": "streamable-http", "url": "https://docs.example.com/mcp"}),
        );
        there.push("skills", "orders", "1.0.1");
        there.push("skills", "catalog", "1.0.1");
        there.push("jobs", "nightly", "1.0.1");
        there.version("first");
        dashboard.promote(1);
        there.edit("src/skills/catalog.skill.ts", "Finds products", "Finds all products");
        there.push("skills", "catalog", "1.0.2");
        there.version("second");
        dashboard.promote(2);
        there.edit("src/skills/orders.skill.ts", "Knows about orders", "Knows orders");
        there.push("skills", "orders", "1.0.2");
        there.push("skills", "orders", "1.0.3");
        there.version("third");
        there
    }

    fn push(&self, kind: &str, name: &str, number: &str) {
        self.platform.dashboard(AGENT).push(kind, name, number, json!({"description": name}));
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        shop::edit(&self.project, path, from, to);
    }

    /// A backup of the files, and a version of it.
    fn version(&self, message: &str) {
        self.platform.dashboard(AGENT).back_up(&self.project.root());
        self.platform.dashboard(AGENT).create_version(message);
    }

    /// A fourth version, which is active.
    fn fourth(&self) {
        self.edit("src/lib/store.ts", "the door", "the gate");
        self.push("skills", "orders", "1.0.4");
        self.version("fourth");
        self.platform.dashboard(AGENT).promote(4);
    }

    fn clone_line(&self, folder: &str) -> String {
        format!("clone {} ../{folder}", self.platform.address(AGENT))
    }

    /// A clone in a folder beside the project.
    fn cloned(&self, folder: &str) {
        let outcome = self.project.run(&self.clone_line(folder));
        assert_eq!(outcome.code, 0, "{outcome}");
    }

    /// A clone with the files of the active version.
    fn in_sync_clone(&self) {
        self.cloned("mine");
        self.in_clone("mine", "pull --version 2 --force");
    }

    /// Runs a command in a clone.
    fn in_clone(&self, folder: &str, line: &str) -> String {
        self.project.ok(&format!("-C ../{folder} {line}"))
    }

    fn json(&self, folder: &str, line: &str) -> serde_json::Value {
        self.project.json(&format!("-C ../{folder} {line}"))
    }

    /// Everything that refs name in a clone, by id.
    fn refs(&self, folder: &str) -> String {
        let versions = self.json(folder, "version list --all --offline");
        let sources = self.json(folder, "source list --all");
        let ledger = self.json(folder, "log --ledger --offline");
        format!("{}\n{}\n{ledger}", versions["versions"], sources["sourceVersions"])
    }

    fn read(&self, folder: &str, path: &str) -> String {
        self.project.read(&format!("../{folder}/{path}"))
    }
}

/// A request that an import may send.
fn only_reads(requests: &[Request]) -> bool {
    requests.iter().all(|one| {
        let is_read = ["#1", "#6", "#9", "#11", "#16", "#18", "#21", "#22", "#24", "#25", "#33"];
        is_read.contains(&one.number) && !one.changes()
    })
}
