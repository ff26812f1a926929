//! Details: what the platform answers about one backup, one agent version, one primitive.

use super::client::PlatformClient;
use super::fields::{Fields, elements};
use super::listing::ListedNumbers;
use crate::error::{Error, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most keys in one request for addresses, as the stock command has it for another route.
const MOST_KEYS: usize = 500;

/// Kinds in a snapshot, by their lists.
pub const SNAPSHOT_LISTS: [&str; 6] =
    ["skills", "webhooks", "triggers", "jobs", "preprocessors", "postprocessors"];

/// VersionSnapshot of an agent version (#25).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionSnapshot {
    /// Folder of the kind and name, and the number.
    pub primitives: BTreeMap<(&'static str, String), String>,
    pub servers: Vec<SnapshotServer>,
    pub persona: Option<u64>,
    pub model: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotServer {
    pub name: String,
    pub transport: Option<String>,
    pub url: Option<String>,
}

/// A number of a primitive (#33).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedNumber {
    pub number: String,
    pub at_ms: Option<i64>,
    pub by: Option<String>,
    /// Hash of the code, on a platform that shows it.
    pub source_hash: Option<String>,
}

/// The answer about an agent version, and its snapshot. `None` where the platform does not have it any more.
pub fn snapshot(client: &PlatformClient, number: u64) -> Result<Option<VersionSnapshot>> {
    let route = format!("#25 version {number}");
    let agent = client.address().agent.as_str();
    let answer = client.get(&route, &format!("/developer/agents/{agent}/versions/{number}"))?;
    if answer.status == 404 {
        return Ok(None);
    }
    let value = answer.data(&route)?;
    let fields = Fields::of(&route, &value)?;
    if fields.number("version")? != number {
        return Err(fields.wrong("version", &format!("is not {number}")));
    }
    let snapshot =
        fields.object("snapshot")?.ok_or_else(|| fields.wrong("snapshot", "is missing"))?;
    parse_snapshot(&snapshot).map(Some)
}

fn parse_snapshot(fields: &Fields<'_>) -> Result<VersionSnapshot> {
    let mut snapshot = VersionSnapshot::default();
    for list in SNAPSHOT_LISTS {
        // The triggers came later than the others.
        if list == "triggers" && fields.get(list).is_none() {
            continue;
        }
        for one in fields.list(list)? {
            let (name, number) = (one.text("name")?.to_owned(), one.text("version")?.to_owned());
            if snapshot.primitives.insert((list, name.clone()), number).is_some() {
                return Err(fields.wrong(list, &format!("names {name:?} twice")));
            }
        }
    }
    for one in fields.list("mcpServers")? {
        snapshot.servers.push(SnapshotServer {
            name: one.text("name")?.to_owned(),
            transport: one.owned("transport")?,
            url: one.owned("url")?,
        });
    }
    if let Some(persona) = fields.object("persona")? {
        snapshot.persona = persona.number_if_any("version")?;
    }
    snapshot.model = fields.text_if_any("model")?.map(str::to_owned);
    Ok(snapshot)
}

/// Manifest of a backup (#21), as JSON: who imports it checks each entry.
pub fn manifest(client: &PlatformClient, number: u64) -> Result<Value> {
    let agent = client.address().agent.as_str();
    let path = format!("/developer/agents/{agent}/backup/manifest?version={number}");
    let route = format!("#21 backup {number}");
    client.get(&route, &path)?.data(&route)
}

/// All numbers of a primitive (#33), in the order of the answer.
pub fn numbers(client: &PlatformClient, row: &ListedNumbers) -> Result<Vec<PushedNumber>> {
    let route = format!("#33 {} {}", row.route.kind.word, row.name);
    let agent = client.address().agent.as_str();
    let path = format!("/developer/{}/{agent}/{}/versions", row.route.path, row.id);
    let value = client.get(&route, &path)?.data(&route)?;
    // The versions of a job are a bare list; of other kinds they are in a field.
    let rows = match &value {
        Value::Array(_) => elements(&route, &value)?,
        _ => Fields::of(&route, &value)?.list("versions")?,
    };
    rows.into_iter()
        .map(|one| {
            let at_ms = match one.time_if_any("createdDate")? {
                None => one.time_if_any("createdAt")?,
                at_ms => at_ms,
            };
            Ok(PushedNumber {
                number: one.text("version")?.to_owned(),
                at_ms,
                by: match one.owned("createdByEmail")? {
                    None => one.owned("createdBy")?,
                    email => email,
                },
                source_hash: one.owned("sourceHash")?,
            })
        })
        .collect()
}

/// Addresses of files by their keys (#16). Every key must have one.
pub fn addresses(client: &PlatformClient, keys: &[String]) -> Result<BTreeMap<String, String>> {
    let agent = client.address().agent.as_str();
    let path = format!("/developer/agents/{agent}/backup/blob-urls");
    let mut all = BTreeMap::new();
    for part in keys.chunks(MOST_KEYS) {
        let value = client.query("#16", &path, &json!({"hashes": part}))?.data("#16")?;
        let fields = Fields::of("#16", &value)?;
        let urls = fields.object("urls")?.ok_or_else(|| fields.wrong("urls", "is missing"))?;
        for key in part {
            let url = urls.text_if_any(key)?.ok_or_else(|| {
                Error::failed(format!("#16: the platform has no file with the key {key}"))
            })?;
            all.insert(key.clone(), url.to_owned());
        }
    }
    Ok(all)
}
