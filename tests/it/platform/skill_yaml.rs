//! `lua.skill.yaml` after a push: the real command writes it, and our edit of the file before has the same values.

use super::stub::Platform;
use crate::common::stock::{AGENT, Stock};
use lua_store::internals::deploy::skill_yaml::{YamlBackup, YamlEdit, YamlPrimitive, edit};
use serde_json::Value;

const FILE: &str = "lua.skill.yaml";

/// Lists of the file, with the paths of their kinds on the platform.
const LISTS: [(&str, &str); 10] = [
    ("skills", "skills"),
    ("webhooks", "webhooks"),
    ("triggers", "triggers"),
    ("jobs", "jobs"),
    ("preprocessors", "preprocessors"),
    ("postprocessors", "postprocessors"),
    ("devices", "devices"),
    ("deviceTriggers", "device-triggers"),
    ("voices", "voice-agents"),
    ("mcpServers", ""),
];

fn parsed(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// The edit after a push: ids of the platform, and what the command says of the backup.
fn wanted(platform: &Platform, written: &str, number: &str) -> YamlEdit {
    let file = parsed(written);
    let mut primitives = Vec::new();
    for (list, path) in LISTS {
        for one in file[list].as_array().into_iter().flatten() {
            let name = one["name"].as_str().unwrap();
            let id = match path {
                // The platform of the tests has no other way to name a server.
                "" => one["mcpServerId"].as_str().unwrap().to_owned(),
                path => platform.primitive_id(AGENT, path, name),
            };
            primitives.push(YamlPrimitive::new(list, name, &id, Some(number)).unwrap());
        }
    }
    let at: jiff::Timestamp = file["backup"]["lastPushedAt"].as_str().unwrap().parse().unwrap();
    let backup = YamlBackup {
        active_version: file["backup"]["activeVersion"].as_u64().unwrap(),
        last_hash: file["backup"]["lastHash"].as_str().unwrap().to_owned(),
        last_pushed_at_ms: at.as_millisecond(),
    };
    YamlEdit { primitives, backup: Some(backup) }
}

#[test]
fn the_file_has_the_values_that_the_command_writes() {
    let platform = Platform::start(AGENT);
    let Some(mut stock) = Stock::empty() else { return };
    stock.fill(".", AGENT);
    (stock.url, stock.token) = (platform.url(), platform.key());
    let before = stock.project.read(FILE);
    stock.ok("push all --force");
    let first = stock.project.read(FILE);
    let edited = edit(&before, &wanted(&platform, &first, "1.0.1")).unwrap();
    assert_eq!(parsed(&edited), parsed(&first));
    let lists = parsed(&first);
    let is_filled = |list: &&str| lists[list].as_array().is_some_and(|list| !list.is_empty());
    assert!(LISTS.iter().all(|(list, _)| is_filled(list)), "{first}");

    // The command writes the whole file once more, and the edit only what changed: the bytes are the same.
    assert_eq!(edit(&first, &wanted(&platform, &first, "1.0.1")).unwrap(), first);
    stock.project.write("src/store.ts", stock.project.read("src/store.ts") + "// More.\n");
    stock.ok("push all --force");
    let second = stock.project.read(FILE);
    assert_ne!(second, first);
    assert_eq!(edit(&first, &wanted(&platform, &second, "1.0.2")).unwrap(), second);
    // The edited file is one that the command takes, with the same ids.
    stock.project.write(FILE, &edited);
    let ids = platform.primitive_id(AGENT, "skills", "orders");
    stock.ok("push all --force");
    assert_eq!(platform.primitive_id(AGENT, "skills", "orders"), ids);
    assert!(platform.body(AGENT, "skills", "orders", "1.0.3").is_some());
}
