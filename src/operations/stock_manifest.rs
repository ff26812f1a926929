//! `lua.skill.yaml`: the agent's id and the numbers the stock command has given to its primitives.
//!
//! Only read here. The file belongs to the stock command, so unknown keys mean nothing to us.

use crate::error::{Error, Result};
use crate::fs;
use crate::model::kind::{KINDS, Kind};
use crate::reader::{self, STOCK_MANIFEST};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Content of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockManifest {
    /// Empty in a fresh project.
    pub agent_id: String,
    /// Kind word and primitive name → version.
    versions: BTreeMap<(&'static str, String), String>,
}

impl StockManifest {
    /// The manifest of a project; an empty one where there is no file.
    pub fn read(root: &Path) -> Result<StockManifest> {
        let path = root.join(STOCK_MANIFEST);
        match fs::read_if_exists(&path)? {
            Some(bytes) => StockManifest::parse(&String::from_utf8_lossy(&bytes)),
            None => Ok(StockManifest::default()),
        }
    }

    /// The manifest in this text.
    pub fn parse(text: &str) -> Result<StockManifest> {
        let document: Value = if text.trim().is_empty() {
            Value::Null
        } else {
            serde_saphyr::from_str(text).map_err(|error| bad_yaml(&error))?
        };
        let agent_id = document.pointer("/agent/agentId").and_then(scalar).unwrap_or_default();
        let versions = KINDS.iter().flat_map(|kind| versions(kind, &document)).collect();
        Ok(StockManifest { agent_id, versions })
    }

    /// The number that the stock command has for a primitive.
    pub fn version(&self, kind: &Kind, name: &str) -> Option<&str> {
        self.versions.get(&(kind.word, name.to_owned())).map(String::as_str)
    }
}

type Numbered = ((&'static str, String), String);

fn versions(kind: &'static Kind, document: &Value) -> Vec<Numbered> {
    let entries = document.get(kind.yaml).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let numbered = entries.iter().filter_map(|entry| {
        let name = entry.get("name").and_then(scalar)?;
        let version = entry.get("version").and_then(scalar)?;
        Some(((kind.word, name), version))
    });
    numbered.collect()
}

/// Text, or a number that YAML took for one: `version: 1.5`.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn bad_yaml(error: &serde_saphyr::Error) -> Error {
    let (line, column) = error.location().map(|at| (at.line(), at.column())).unwrap_or_default();
    let place = if line > 0 { format!(":{line}:{column}") } else { String::new() };
    let text = error.without_snippet().to_string();
    let reason = text.lines().next().unwrap_or("not YAML").to_owned();
    let message = format!("cannot read \"{STOCK_MANIFEST}{place}\": {reason}");
    reader::unreadable_at(message, STOCK_MANIFEST, line, column)
        .hint("correct the YAML, or remove the file to work without it")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
agent:
  agentId: baseAgent_agent_1_x
  orgId: org
skills:
  - name: user-skill
    version: 1.0.14
    skillId: abc
mcpServers:
  - { name: docs, version: 2.5, mcpServerId: m }
  - name: unnumbered
git: { enabled: true }
";

    #[test]
    fn the_agent_and_the_numbers_are_read() {
        let manifest = StockManifest::parse(TEXT).unwrap();
        assert_eq!(manifest.agent_id, "baseAgent_agent_1_x");
        let version =
            |kind, name| manifest.version(Kind::named(kind).unwrap(), name).map(str::to_owned);
        assert_eq!(version("skill", "user-skill").as_deref(), Some("1.0.14"));
        assert_eq!(version("mcp-server", "docs").as_deref(), Some("2.5"));
        assert_eq!(version("mcp-server", "unnumbered"), None);
        assert_eq!(version("job", "user-skill"), None);
    }

    #[test]
    fn an_empty_or_missing_file_is_an_empty_manifest() {
        assert_eq!(StockManifest::parse("").unwrap(), StockManifest::default());
        assert_eq!(StockManifest::parse("# nothing yet\n").unwrap(), StockManifest::default());
        assert_eq!(
            StockManifest::read(Path::new("/nowhere/at/all")).unwrap(),
            StockManifest::default()
        );
    }

    #[test]
    fn bad_yaml_names_the_line() {
        let error = StockManifest::parse("agent:\n  agentId: 'x\nskills: [\n").unwrap_err();
        assert!(
            error.message().starts_with("cannot read \"lua.skill.yaml:"),
            "{}",
            error.message()
        );
        assert_eq!(error.kind(), crate::error::Kind::Unreadable);
    }
}
