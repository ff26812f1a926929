//! A long history, for measurements and for tests of many entries.

use super::agent::Backup;
use super::routes::{self, versions};
use super::snapshot;
use super::walker;
use super::world::World;
use serde_json::json;

/// Sizes of the history.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    pub versions: u64,
    pub backups: u64,
    /// Different contents of all files together.
    pub blobs: u64,
    /// Files of each backup.
    pub files: u64,
}

impl Default for Seed {
    fn default() -> Seed {
        Seed { versions: 500, backups: 500, blobs: 1_600, files: 80 }
    }
}

/// Each backup after the first changes so many files that all have the asked number of contents together, and pushes a number
/// of one of its skills; versions are made of the newest backups, the last of them is active.
pub fn fill(world: &mut World, agent: &str, seed: &Seed) {
    let mut files: Vec<(String, Vec<u8>)> =
        (0..seed.files).map(|at| (path(at), text(at, 0))).collect();
    files.sort();
    routes::add_persona(world, agent, json!("You are Ava."), false, "dev@example.com");
    let mut made = seed.files;
    for number in 1..=seed.backups {
        let due = seed.files + (seed.blobs.saturating_sub(seed.files)) * number / seed.backups;
        while number > 1 && made < due {
            let at = (made % seed.files) as usize;
            files[at].1 = text(at as u64, made);
            made += 1;
        }
        push(world, agent, number);
        back_up(world, agent, &files);
        if number > seed.backups.saturating_sub(seed.versions) {
            let snapshot = snapshot::of_newest(world.agent(agent));
            let message = (json!(format!("Change {number}")), "dev@example.com");
            versions::add(world, agent, snapshot, message, json!(number));
        }
    }
    if let Some(newest) = world.agent(agent).versions.last_key_value().map(|(number, _)| *number) {
        let last: Vec<u64> = world.agent(agent).versions.keys().copied().collect();
        for number in last.into_iter().filter(|number| *number < newest) {
            world.agent_mut(agent).versions.get_mut(&number).expect("it is there").status =
                "superseded";
        }
        versions::activate(world, agent, newest);
    }
}

fn path(at: u64) -> String {
    match at {
        0 => "src/index.ts".to_owned(),
        at => format!("src/lib/part{at:03}.ts"),
    }
}

/// An agent in the first file, and code in the others.
fn text(at: u64, turn: u64) -> Vec<u8> {
    let lines: String =
        (0..40).map(|line| format!("export const value{line} = {at} + {line};\n")).collect();
    let agent = "import { LuaAgent } from 'lua-cli';\nexport default new LuaAgent({ name: 'seeded', persona: 'You are Ava.' });\n";
    let head = if at == 0 { agent } else { "" };
    format!("{head}// Turn {turn} of file {at}\n{lines}").into_bytes()
}

fn push(world: &mut World, agent: &str, number: u64) {
    let name = format!("skill-{}", number % 5);
    if world.agent(agent).primitive("skills", &name).is_none() {
        routes::add_primitive(world, agent, "skills", &name, "cli");
    }
    let text = format!("1.0.{number}");
    let body = json!({"name": name, "description": "A skill", "tools": [], "version": text});
    let body = (body.as_object().cloned().unwrap_or_default(), "dev@example.com");
    routes::add_number(world, agent, ("skills", &name), &text, body);
}

fn back_up(world: &mut World, agent: &str, files: &[(String, Vec<u8>)]) {
    let (list, project_hash) = walker::manifest(files);
    let at = world.tick();
    let blobs = &mut world.agent_mut(agent).blobs;
    for (_, bytes) in files {
        let key = walker::key(bytes);
        blobs.entry(key).or_insert_with(|| walker::gzip(bytes).into());
    }
    let (by, triggered_by) = ("cli".to_owned(), json!("batch push"));
    routes::add_backup(world, agent, Backup { files: list, project_hash, at, by, triggered_by });
}
