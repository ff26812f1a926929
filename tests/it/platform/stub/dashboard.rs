//! Hands of somebody else: everything that another person does on the platform.

use super::Shared;
use super::agent::Backup;
use super::routes::{self, publishing, versions};
use super::snapshot;
use super::walker;
use super::world::World;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::{Arc, MutexGuard};

/// The other person.
const OTHER: &str = "bo@example.com";

pub struct Dashboard {
    shared: Arc<Shared>,
    agent: String,
}

impl Dashboard {
    pub(super) fn new(shared: &Arc<Shared>, agent: &str) -> Dashboard {
        Dashboard { shared: shared.clone(), agent: agent.to_owned() }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// Pushes a number of a primitive with the command, which creates one if there is none of this name. `body` is that of #3.
    pub fn push(&self, kind: &str, name: &str, number: &str, body: Value) {
        self.push_from("cli", kind, name, number, body);
    }

    /// Pushes a number of a primitive, which comes from `source` if there was none of this name.
    pub fn push_from(&self, source: &str, kind: &str, name: &str, number: &str, body: Value) {
        let mut world = self.world();
        if world.agent(&self.agent).primitive(kind, name).is_none() {
            routes::add_primitive(&mut world, &self.agent, kind, name, source);
        }
        let mut body = body.as_object().cloned().expect("a body is an object");
        body.entry("name").or_insert(json!(name));
        body.insert("version".into(), json!(number));
        routes::add_number(&mut world, &self.agent, (kind, name), number, (body, OTHER));
    }

    /// Makes a number live alone, as `lua deploy` does.
    pub fn deploy(&self, kind: &str, name: &str, number: &str) -> Option<u64> {
        publishing::make_live(&mut self.world(), &self.agent, (kind, name), number, OTHER)
    }

    /// Serves other code under a number of a skill.
    pub fn replace_code(&self, name: &str, number: &str) {
        self.shared.world().agent_mut(&self.agent).replace_code(name, number);
    }

    pub fn delete_primitive(&self, kind: &str, name: &str) {
        let mut world = self.world();
        let all = &mut world.agent_mut(&self.agent).primitives;
        all.retain(|one| one.kind.path != kind || one.name != name);
    }

    /// Edits the persona, which is served from now on. Gives its number.
    pub fn edit_persona(&self, text: &str) -> u64 {
        self.edit_persona_object(json!(text))
    }

    /// The same with a persona that is an object.
    pub fn edit_persona_object(&self, persona: Value) -> u64 {
        routes::add_persona(&mut self.world(), &self.agent, persona, false, OTHER)
    }

    /// Serves a version of the persona that is there.
    pub fn serve_persona(&self, number: u64) {
        routes::serve_persona(self.world().agent_mut(&self.agent), number);
    }

    pub fn set_model(&self, model: &str) {
        self.set_field("model", json!(model));
    }

    /// Sets a field of the agent, as #10 does.
    pub fn set_field(&self, field: &str, value: Value) {
        self.world().agent_mut(&self.agent).fields.insert(field.to_owned(), value);
    }

    /// Adds an MCP server, or changes its configuration.
    pub fn set_server(&self, name: &str, config: Value) {
        let config = config.as_object().cloned().expect("a configuration is an object");
        let mut world = self.world();
        let id = routes::set_server(&mut world, &self.agent, name, config);
        let servers = &mut world.agent_mut(&self.agent).servers;
        servers.iter_mut().find(|one| one.id == id).expect("it was set").is_active = true;
    }

    pub fn remove_server(&self, name: &str) {
        self.world().agent_mut(&self.agent).servers.retain(|server| server.name != name);
    }

    /// Backs up the files of a folder, without those that the command skips. Gives the number.
    pub fn back_up(&self, folder: &Path) -> u64 {
        self.back_up_files(&walker::walk(folder))
    }

    /// Backs up files in the given order, whatever their names.
    pub fn back_up_files(&self, files: &[(String, Vec<u8>)]) -> u64 {
        let (list, project_hash) = walker::manifest(files);
        let mut world = self.world();
        let at = world.tick();
        let blobs = &mut world.agent_mut(&self.agent).blobs;
        for (_, bytes) in files {
            blobs.insert(walker::key(bytes), walker::gzip(bytes).into());
        }
        let triggered_by = json!("manual lua push backup");
        let by = "cli".to_owned();
        let backup = Backup { files: list, project_hash, at, by, triggered_by };
        routes::add_backup(&mut world, &self.agent, backup)
    }

    /// Makes a version of the newest numbers, with the newest backup. Gives its number.
    pub fn create_version(&self, message: &str) -> u64 {
        let mut world = self.world();
        let agent = world.agent(&self.agent);
        let (snapshot, source) = (snapshot::of_newest(agent), agent.last_backup);
        let source = if source == 0 { Value::Null } else { json!(source) };
        versions::add(&mut world, &self.agent, snapshot, (json!(message), OTHER), source)
    }

    pub fn promote(&self, number: u64) {
        versions::activate(&mut self.world(), &self.agent, number);
    }

    /// Marks a version as deleted.
    pub fn delete_version(&self, number: u64) {
        let mut world = self.world();
        let versions = &mut world.agent_mut(&self.agent).versions;
        versions.get_mut(&number).expect("the version is there").status = "deleted";
    }

    /// Removes a version for good. Its number is not given again.
    pub fn purge_version(&self, number: u64) {
        self.world().agent_mut(&self.agent).versions.remove(&number).expect("it is there");
    }

    /// Removes a backup for good. Its number is not given again.
    pub fn purge_backup(&self, number: u64) {
        self.world().agent_mut(&self.agent).backups.remove(&number).expect("it is there");
    }

    /// Replaces the bytes under a key, or adds them.
    pub fn replace_blob(&self, key: &str, bytes: &[u8]) {
        self.world().agent_mut(&self.agent).blobs.insert(key.to_owned(), bytes.into());
    }

    pub fn remove_blob(&self, key: &str) {
        self.world().agent_mut(&self.agent).blobs.remove(key);
    }

    /// Changes the list of files of a backup, so that it is one that no client sends.
    pub fn change_backup(&self, number: u64, change: impl FnOnce(&mut Vec<Value>)) {
        let mut world = self.world();
        let backups = &mut world.agent_mut(&self.agent).backups;
        change(&mut backups.get_mut(&number).expect("it is there").files);
    }

    /// Changes the snapshot of a version, so that it is one that the platform does not make.
    pub fn change_snapshot(&self, number: u64, change: impl FnOnce(&mut Map<String, Value>)) {
        let mut world = self.world();
        let versions = &mut world.agent_mut(&self.agent).versions;
        let snapshot = &mut versions.get_mut(&number).expect("it is there").snapshot;
        change(snapshot.as_object_mut().expect("a snapshot is an object"));
    }
}
