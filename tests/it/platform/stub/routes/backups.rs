//! Backups of the files: #19 to #22.

use super::super::agent::Backup;
use super::super::answer::{Answer, created, not_found, ok, refused};
use super::super::request::Request;
use super::super::world::{World, iso};
use serde_json::{Value, json};

pub fn create(world: &mut World, request: &Request) -> Answer {
    let sent = request.object()?;
    let text = |name: &str| sent.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(files) = sent.get("files").and_then(Value::as_array) else {
        return refused(400, "files must be an array", "BAD_REQUEST");
    };
    let backup = Backup {
        files: files.clone(),
        project_hash: text("projectHash"),
        at: world.tick(),
        by: text("createdBy"),
        triggered_by: sent.get("triggeredBy").cloned().unwrap_or_default(),
    };
    let number = add(world, &request.agent, backup);
    created(&summary(number, &world.agent(&request.agent).backups[&number]))
}

/// Adds a backup. Each gets a number, whatever is in it.
pub fn add(world: &mut World, agent: &str, backup: Backup) -> u64 {
    let agent = world.agent_mut(agent);
    agent.last_backup += 1;
    agent.backups.insert(agent.last_backup, backup);
    agent.last_backup
}

fn summary(number: u64, backup: &Backup) -> Value {
    let size = |file: &Value| file["size"].as_u64().unwrap_or(0);
    json!({
        "projectHash": backup.project_hash,
        "fileCount": backup.files.len(),
        "totalSize": backup.files.iter().map(size).sum::<u64>(),
        "createdAt": iso(backup.at),
        "activeVersion": number,
    })
}

pub fn newest(world: &World, request: &Request) -> Answer {
    match world.agent(&request.agent).backups.last_key_value() {
        Some((number, backup)) => ok(&summary(*number, backup)),
        None => Err(not_found("Backup")),
    }
}

pub fn manifest(world: &World, request: &Request) -> Answer {
    let backups = &world.agent(&request.agent).backups;
    let found = match request.query("version") {
        None => backups.last_key_value(),
        Some(number) => number.parse().ok().and_then(|number| backups.get_key_value(&number)),
    };
    let Some((number, backup)) = found else { return Err(not_found("Backup")) };
    let mut shown = summary(*number, backup);
    shown["files"] = json!(backup.files);
    ok(&shown)
}

pub fn list(world: &World, request: &Request) -> Answer {
    let one = |(number, backup): (&u64, &Backup)| {
        json!({
            "version": number, "createdAt": iso(backup.at), "createdBy": backup.by,
            "triggeredBy": backup.triggered_by, "projectHash": backup.project_hash,
        })
    };
    let most = match request.query("all") {
        Some("true") => usize::MAX,
        _ => world.assumptions.page,
    };
    let all = world.agent(&request.agent).backups.iter().rev().take(most).map(one);
    ok(&json!({"versions": all.collect::<Vec<_>>()}))
}
