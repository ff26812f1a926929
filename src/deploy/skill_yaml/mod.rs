//! `lua.skill.yaml`, edited in place: the ids and numbers that a push got. Every other byte of the file stays.

mod block;
mod file;
mod line;
mod scalar;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::model::kind::Kind;
use crate::model::kind_routes::KIND_ROUTES;
use crate::reader::{self, STOCK_MANIFEST};
use file::YamlFile;
use line::YamlLine;
use serde_json::Value;

/// Values that a push got from the platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YamlEdit {
    pub primitives: Vec<YamlPrimitive>,
    pub backup: Option<YamlBackup>,
}

/// A primitive as the platform knows it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlPrimitive {
    /// The list of its kind: `skills`, `deviceTriggers`, ….
    pub list: &'static str,
    pub name: String,
    /// Field of its id: `skillId`, ….
    pub id_field: &'static str,
    pub id: String,
    /// `None` for MCP servers, which have no numbers.
    pub version: Option<String>,
}

impl YamlPrimitive {
    /// `kind` is the word, the folder or the list of the kind.
    pub fn new(kind: &str, name: &str, id: &str, number: Option<&str>) -> Result<YamlPrimitive> {
        let unknown = || Error::failed(format!("\"{kind}\" is not a kind of primitives"));
        let kind = Kind::named(kind).ok_or_else(unknown)?;
        let route = KIND_ROUTES.iter().find(|route| route.kind == kind);
        Ok(YamlPrimitive {
            list: kind.yaml,
            name: name.to_owned(),
            // The only kind without numbers.
            id_field: route.map_or("mcpServerId", |route| route.id_field),
            id: id.to_owned(),
            version: number.filter(|_| route.is_some()).map(str::to_owned),
        })
    }
}

/// The backup that was stored last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlBackup {
    pub active_version: u64,
    pub last_hash: String,
    /// Milliseconds since 1970-01-01 UTC.
    pub last_pushed_at_ms: i64,
}

/// The organization of the agent.
pub fn org(text: &str) -> Option<String> {
    let value: Value = parsed(text).ok()?;
    let org = value.pointer("/agent/orgId")?.as_str()?;
    Some(org.to_owned()).filter(|org| !org.is_empty())
}

/// True if the file has an id of a primitive.
pub fn has_id(text: &str, one: &YamlPrimitive) -> bool {
    let Ok(value) = parsed(text) else { return false };
    let rows = value.get(one.list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let field = |row: &Value, name: &str| Some(row.get(name)?.as_str()?.to_owned());
    let row = rows.iter().find(|row| field(row, "name").as_deref() == Some(&one.name));
    row.and_then(|row| field(row, one.id_field)).is_some_and(|id| !id.is_empty())
}

/// Text of the file with these values. An error says which line cannot be edited.
pub fn edit(text: &str, edit: &YamlEdit) -> Result<String> {
    let mut file = YamlFile::parse(text)?;
    for primitive in &edit.primitives {
        file.set_primitive(primitive)?;
    }
    if let Some(backup) = &edit.backup {
        file.set_backup(backup)?;
    }
    file.text()
}

fn parsed(text: &str) -> Result<Value> {
    match text.trim().is_empty() {
        true => Ok(Value::Null),
        false => serde_saphyr::from_str(text).map_err(|error| {
            let line = error.location().map_or(1, |at| at.line() as usize);
            let text = error.without_snippet().to_string();
            unsafe_line(line, text.lines().next().unwrap_or("it is not YAML"))
        }),
    }
}

/// Error of a line that is left as it is.
fn unsafe_at(line: &YamlLine, why: &str) -> Error {
    unsafe_line(line.number, why)
}

fn unsafe_line(line: usize, why: &str) -> Error {
    let message = format!("cannot edit \"{STOCK_MANIFEST}:{line}\": {why}");
    reader::unreadable_at(message, STOCK_MANIFEST, line as u64, 0)
        .hint("write each field of this file on a line of its own, as the `lua` command does")
}
