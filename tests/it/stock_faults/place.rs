//! A server's folder that is copied for each fault, and what a client sees of it.

use super::calls::{AGENT, Call, Client, below};
use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::{Server, data};
use lua_store::internals::protocol::Head;
use lua_store::internals::remote_store::RemoteStore;
use std::path::{Path, PathBuf};

/// Lists of primitives, as the command asks for them.
pub const KINDS: [&str; 10] = [
    "skills",
    "webhooks",
    "triggers",
    "jobs",
    "preprocessors",
    "postprocessors",
    "devices",
    "device-triggers",
    "voice-agents",
    "workflows",
];

/// A folder, and the clock and the faults of its servers.
pub struct Place {
    pub project: Project,
}

impl Place {
    pub fn new() -> Place {
        Place { project: Project::new() }
    }

    pub fn copy_of(folder: &Path) -> Place {
        let place = Place::new();
        crate::remote::copy(folder, &data(&place.project));
        place
    }

    pub fn data(&self) -> PathBuf {
        data(&self.project)
    }

    pub fn switch(&self) -> PathBuf {
        self.project.path("../switch")
    }

    pub fn serve(&self, options: &str) -> Server {
        Server::start(&self.project, options)
    }

    /// A server with a fault that begins with `start_faults`. Only steps of the agent and of new objects count.
    pub fn serve_with(&mut self, fault: &str) -> Server {
        let plan =
            format!("{fault},in={},since={}", self.data().display(), self.switch().display());
        self.project.set("LUA_STORE_FAULT", &plan);
        let server = self.serve("");
        self.project.set("LUA_STORE_FAULT", "");
        server
    }

    pub fn start_faults(&self) {
        std::fs::write(self.switch(), "").unwrap();
    }

    pub fn stop_faults(&self) {
        std::fs::remove_file(self.switch()).unwrap();
    }

    /// Checks everything that `fsck` checks.
    pub fn head(&self) -> Head {
        let agent = AGENT.parse().unwrap();
        let store = RemoteStore::open(&self.data()).unwrap();
        assert_eq!(store.check(&agent).unwrap(), Vec::<String>::new());
        store.head(&agent).unwrap().unwrap_or_else(|| Head::empty(agent))
    }
}

/// Everything that a client can read of the agent, one answer in each line.
pub fn view(client: &Client, server: &Server, head: &Head) -> Vec<String> {
    let mut paths: Vec<String> =
        KINDS.iter().map(|kind| format!("/developer/{kind}/{AGENT}")).collect();
    paths.push(format!("/admin/agents/{AGENT}"));
    paths.extend(
        ["mcp-servers", "persona/versions", "persona/versions?status=published"].map(below),
    );
    paths.extend(["backup", "backup/manifest", "backup/versions?all=true"].map(below));
    paths.push(below("versions?all=true&status=all"));
    let sources = 1..=head.heads.source.len();
    paths.extend(sources.map(|number| below(&format!("backup/manifest?version={number}"))));
    let versions = 1..=head.heads.versions.len();
    paths.extend(versions.map(|number| below(&format!("versions/{number}"))));
    let mut wire = Wire::new(server.connect());
    let headers = client.address(&Call::get(""), None).1;
    let mut ask = |path: String| {
        wire.send("GET", &path, &headers, b"");
        let reply = wire.reply();
        assert!(matches!(reply.status, 200 | 404), "{path}: {}", reply.text());
        format!("{path} {} {}", reply.status, reply.text())
    };
    paths.into_iter().map(&mut ask).collect()
}
