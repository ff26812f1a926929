//! Listing: what the platform has of an agent at one moment, read by one round of requests.

mod partial;

use super::client::PlatformClient;
use super::fields::{Fields, elements};
use super::many::many;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::kind::Kind;
use crate::model::kind_routes::{KIND_ROUTES, KindRoute};
use serde_json::Value;
use std::collections::BTreeSet;

/// Kinds whose routes not every platform has.
const OPTIONAL: [&str; 4] = ["voice", "device", "device-trigger", "workflow"];

/// Origins of what the stock command makes.
const PUSHED: [&str; 2] = ["cli", "manual"];

/// Status of an agent version there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionStatus {
    Staged,
    Active,
    Superseded,
    Deleted,
}

/// An agent version (#24).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedVersion {
    pub number: u64,
    pub status: VersionStatus,
    pub message: Option<String>,
    /// Email, else the id of the user.
    pub by: Option<String>,
    pub at_ms: i64,
    pub commit: Option<String>,
    /// Number of the backup with its files.
    pub backup: Option<u64>,
}

/// A backup (#22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedBackup {
    pub number: u64,
    pub at_ms: i64,
    pub triggered_by: String,
    /// Hash over the files, if it is shown.
    pub project_hash: Option<String>,
}

/// A version of the persona (#11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPersona {
    pub number: u64,
    /// A text or an object.
    pub content: Value,
    pub at_ms: i64,
    pub is_published: bool,
    pub is_current: bool,
    pub by: Option<String>,
}

/// A primitive and its numbers (#1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedNumbers {
    pub route: &'static KindRoute,
    pub id: String,
    pub name: String,
    /// Numbers of the list, which need not be all.
    pub numbers: Vec<String>,
    pub active: Option<String>,
    /// Origin of the primitive: `cli`, `dashboard`, `marketplace` … `None` where the platform does not say it.
    pub source: Option<String>,
}

impl ListedNumbers {
    /// Origin other than code that somebody pushed: `dashboard`, `marketplace` …
    pub fn made_elsewhere(&self) -> Option<&str> {
        self.source.as_deref().filter(|source| !PUSHED.contains(source))
    }
}

/// An MCP server (#6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedServer {
    pub id: String,
    pub name: String,
    pub is_active: bool,
    pub transport: Option<String>,
    pub url: Option<String>,
}

/// Everything that one round of requests tells.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The agent document (#9).
    pub document: Value,
    /// By number.
    pub versions: Vec<ListedVersion>,
    pub backups: Vec<ListedBackup>,
    pub personas: Vec<ListedPersona>,
    pub primitives: Vec<ListedNumbers>,
    pub servers: Vec<ListedServer>,
    /// Optional kinds that were not asked for, or that the platform did not list.
    pub unknown: Vec<&'static Kind>,
    /// Kinds that were asked for.
    pub kinds: Vec<&'static KindRoute>,
    /// True if of the rest only versions and backups were asked for.
    pub is_history: bool,
}

impl Listing {
    /// True if a backup is later than another one and has its files.
    pub fn is_copy(&self, backup: u64, of: u64) -> bool {
        let hash = |number: u64| {
            let row = self.backups.iter().find(|row| row.number == number)?;
            row.project_hash.as_deref().filter(|hash| !hash.is_empty())
        };
        backup > of && hash(of).is_some() && hash(backup) == hash(of)
    }

    pub fn read(client: &PlatformClient) -> Result<Listing> {
        Listing::read_kinds(client, |_| true)
    }

    /// The same without the kinds of which no version has numbers.
    pub fn read_versioned(client: &PlatformClient) -> Result<Listing> {
        Listing::read_kinds(client, |kind| !is_optional(kind))
    }

    fn read_kinds(
        client: &PlatformClient,
        is_asked: impl Fn(&KindRoute) -> bool,
    ) -> Result<Listing> {
        let agent = client.address().agent.as_str();
        let own = |path: &str| format!("/developer/agents/{agent}{path}");
        let mut asked = vec![
            ("#9".to_owned(), format!("/admin/agents/{agent}")),
            ("#24".to_owned(), own("/versions?all=true&status=all")),
            ("#22".to_owned(), own("/backup/versions?all=true")),
            ("#11".to_owned(), own("/persona/versions")),
            ("#6".to_owned(), own("/mcp-servers")),
        ];
        let fixed = asked.len();
        let kinds: Vec<&'static KindRoute> =
            KIND_ROUTES.iter().filter(|kind| is_asked(kind)).collect();
        asked.extend(kinds.iter().map(|kind| {
            (format!("#1 {}", kind.path), format!("/developer/{}/{agent}", kind.path))
        }));
        let answers = many(asked.len(), |at| client.get(&asked[at].0, &asked[at].1))?;
        let data = |at: usize| answers[at].data(&asked[at].0);
        let mut listing = Listing {
            document: document(data(0)?)?,
            versions: versions(&data(1)?)?,
            backups: backups(&answers[2])?,
            personas: personas(&data(3)?)?,
            servers: servers(&data(4)?)?,
            primitives: Vec::new(),
            unknown: KIND_ROUTES.iter().filter(|k| !is_asked(k)).map(|k| k.kind).collect(),
            kinds: kinds.clone(),
            is_history: false,
        };
        for (at, kind) in kinds.into_iter().enumerate() {
            match data(fixed + at) {
                Ok(value) => {
                    listing.primitives.extend(primitives(&asked[fixed + at].0, kind, &value)?)
                }
                Err(error) if is_optional(kind) && error.kind() != ErrorKind::Auth => {
                    listing.unknown.push(kind.kind);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(listing)
    }

    /// The primitives of some kinds as they are now (#1). A platform that does not have one of the kinds is an error.
    pub fn of_kinds(
        client: &PlatformClient,
        is_asked: impl Fn(&KindRoute) -> bool,
    ) -> Result<Vec<ListedNumbers>> {
        let kinds: Vec<&'static KindRoute> =
            KIND_ROUTES.iter().filter(|kind| is_asked(kind)).collect();
        partial::of_kinds(client, &kinds)
    }

    /// The versions as they are now (#24).
    pub fn versions(client: &PlatformClient) -> Result<Vec<ListedVersion>> {
        let agent = client.address().agent.as_str();
        let path = format!("/developer/agents/{agent}/versions?all=true&status=all");
        versions(&client.get("#24", &path)?.data("#24")?)
    }

    /// The versions of the persona as they are now (#11).
    pub fn personas(client: &PlatformClient) -> Result<Vec<ListedPersona>> {
        let agent = client.address().agent.as_str();
        let path = format!("/developer/agents/{agent}/persona/versions");
        personas(&client.get("#11", &path)?.data("#11")?)
    }

    /// True if there is nothing to import.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty() && self.backups.is_empty()
    }

    pub fn active(&self) -> Option<&ListedVersion> {
        self.versions.iter().find(|row| row.status == VersionStatus::Active)
    }
}

/// True for a kind that not every platform has.
pub fn is_optional(kind: &KindRoute) -> bool {
    OPTIONAL.contains(&kind.kind.word)
}

fn document(value: Value) -> Result<Value> {
    Fields::of("#9", &value)?;
    Ok(value)
}

/// Refuses a number that comes twice, and puts the rows in order.
fn in_order<T>(route: &str, mut rows: Vec<T>, number: impl Fn(&T) -> u64) -> Result<Vec<T>> {
    rows.sort_by_key(&number);
    match rows.windows(2).find(|pair| number(&pair[0]) == number(&pair[1])) {
        Some(pair) => Err(Error::failed(format!(
            "{route}: the field \"version\" is {} twice",
            number(&pair[0])
        ))),
        None => Ok(rows),
    }
}

fn versions(value: &Value) -> Result<Vec<ListedVersion>> {
    let rows = elements("#24", value)?.into_iter().map(|row| {
        let status = match row.text("status")? {
            "staged" => VersionStatus::Staged,
            "active" => VersionStatus::Active,
            "superseded" => VersionStatus::Superseded,
            "deleted" => VersionStatus::Deleted,
            _ => {
                return Err(
                    row.wrong("status", "is not one of staged, active, superseded and deleted")
                );
            }
        };
        Ok(ListedVersion {
            number: row.number("version")?,
            status,
            message: row.owned("message")?,
            by: match row.owned("createdByEmail")? {
                None => row.owned("createdBy")?,
                email => email,
            },
            at_ms: row.time("createdAt")?,
            commit: row.owned("commitHash")?,
            backup: row.number_if_any("sourceManifestVersion")?,
        })
    });
    let rows = in_order("#24", rows.collect::<Result<_>>()?, |row: &ListedVersion| row.number)?;
    let mut active = rows.iter().filter(|row| row.status == VersionStatus::Active);
    match (active.next(), active.next()) {
        (Some(a), Some(b)) => Err(Error::failed(format!(
            "#24: the field \"status\" is active for two versions, {} and {}",
            a.number, b.number
        ))),
        _ => Ok(rows),
    }
}

/// An agent without a backup may be answered with 404.
fn backups(answer: &super::client::PlatformAnswer) -> Result<Vec<ListedBackup>> {
    if answer.status == 404 {
        return Ok(Vec::new());
    }
    let value = answer.data("#22")?;
    let rows = Fields::of("#22", &value)?.list("versions")?.into_iter().map(|row| {
        Ok(ListedBackup {
            number: row.number("version")?,
            at_ms: row.time("createdAt")?,
            triggered_by: row.text_if_any("triggeredBy")?.unwrap_or_default().to_owned(),
            project_hash: row.owned("projectHash")?,
        })
    });
    in_order("#22", rows.collect::<Result<_>>()?, |row: &ListedBackup| row.number)
}

fn personas(value: &Value) -> Result<Vec<ListedPersona>> {
    let rows = Fields::of("#11", value)?.list("versions")?.into_iter().map(|row| {
        let content = row.get("persona").cloned().unwrap_or_default();
        if !content.is_string() && !content.is_object() && !content.is_null() {
            return Err(row.wrong("persona", "is neither a text nor an object"));
        }
        Ok(ListedPersona {
            number: row.number("version")?,
            content,
            at_ms: row.time("createdDate")?,
            is_published: row.text_if_any("status")? != Some("draft"),
            is_current: row.is("isCurrent"),
            by: row.owned("createdBy")?,
        })
    });
    in_order("#11", rows.collect::<Result<_>>()?, |row: &ListedPersona| row.number)
}

fn servers(value: &Value) -> Result<Vec<ListedServer>> {
    elements("#6", value)?
        .into_iter()
        .map(|row| {
            Ok(ListedServer {
                id: row.text("id")?.to_owned(),
                name: row.text("name")?.to_owned(),
                is_active: row.is("active"),
                transport: row.owned("transport")?,
                url: row.owned("url")?,
            })
        })
        .collect()
}

fn primitives(route: &str, kind: &'static KindRoute, value: &Value) -> Result<Vec<ListedNumbers>> {
    let mut names = BTreeSet::new();
    let mut rows = Vec::new();
    for row in Fields::of(route, value)?.list(kind.list_key)? {
        let (id, name) = (row.text("id")?, row.text("name")?);
        if !is_id(id) {
            return Err(row.wrong("id", "is no part of an address"));
        }
        if !names.insert(name.to_owned()) {
            return Err(row.wrong("name", &format!("is {name:?} twice")));
        }
        let versions =
            if row.get("versions").is_some() { row.list("versions")? } else { Vec::new() };
        let numbers: Result<Vec<String>> =
            versions.iter().map(|version| Ok(version.text("version")?.to_owned())).collect();
        rows.push(ListedNumbers {
            route: kind,
            id: id.to_owned(),
            name: name.to_owned(),
            active: active_number(&row, &versions)?,
            source: row.owned("source")?,
            numbers: numbers?,
        });
    }
    Ok(rows)
}

/// The live number, which each kind has in another field.
fn active_number(row: &Fields<'_>, versions: &[Fields<'_>]) -> Result<Option<String>> {
    if let Some(active) = row.get("activeVersion") {
        return match active {
            Value::String(number) => Ok(Some(number.clone())),
            _ => match row.object("activeVersion")? {
                Some(active) => Ok(active.text_if_any("version")?.map(str::to_owned)),
                None => Ok(None),
            },
        };
    }
    let by_id = row.text_if_any("activeVersionId")?;
    let is_live = |version: &&Fields<'_>| match by_id {
        Some(id) => version.text_if_any("id").ok().flatten() == Some(id),
        None => version.is("active") || version.is("isActive") || version.is("isCurrent"),
    };
    versions.iter().find(is_live).map(|live| Ok(live.text("version")?.to_owned())).transpose()
}

/// True for an id that may be a part of a path.
pub fn is_id(id: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    !id.is_empty() && id.len() <= 100 && id.chars().all(is_part)
}
