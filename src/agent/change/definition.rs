//! The parts of one primitive that differ: fields of its definition, its tools, what it reaches.

use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What differs inside a primitive. Empty lists mean no difference there.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parts {
    /// Top-level fields of the definition, tools aside.
    pub fields: Vec<String>,
    pub tools_added: Vec<String>,
    pub tools_removed: Vec<String>,
    pub tools_changed: Vec<ToolParts>,
    /// Project files whose code differs.
    pub modules: Vec<String>,
    pub packages: Vec<PackageMove>,
    pub env_added: Vec<String>,
    pub env_removed: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ToolParts {
    pub name: String,
    pub fields: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct PackageMove {
    pub name: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

const TOOLS: &str = "tools";

impl Parts {
    pub fn compare_definitions(&mut self, old: &Value, new: &Value) {
        self.fields = fields(old, new).into_iter().filter(|field| field != TOOLS).collect();
        let (old, new) = (tools(old), tools(new));
        for (name, tool) in &new {
            match find(&old, name) {
                None => self.tools_added.push((*name).to_owned()),
                Some(before) if before != *tool => {
                    self.tools_changed
                        .push(ToolParts { name: (*name).to_owned(), fields: fields(before, tool) });
                }
                Some(_) => {}
            }
        }
        let gone = old.iter().filter(|(name, _)| find(&new, name).is_none());
        self.tools_removed = gone.map(|(name, _)| (*name).to_owned()).collect();
        // The same tools in another order are another definition too.
        let same_tools = self.tools_added.is_empty() && self.tools_removed.is_empty();
        let order =
            |tools: &[(&str, &Value)]| tools.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
        if same_tools && order(&old) != order(&new) {
            self.fields.push("order of tools".to_owned());
        }
    }

    pub fn compare_reaches(&mut self, old: &Value, new: &Value) {
        let part = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
        };
        self.modules = keys_that_differ(&part(old, "modules"), &part(new, "modules"));
        let (before, after) = (part(old, "packages"), part(new, "packages"));
        let version = |packages: &Map<String, Value>, name: &str| packages.get(name).map(plain);
        self.packages = keys_that_differ(&before, &after)
            .into_iter()
            .map(|name| PackageMove { from: version(&before, &name), to: version(&after, &name), name })
            .collect();
        let (before, after) = (env(old), env(new));
        self.env_added = after.difference(&before).cloned().collect();
        self.env_removed = before.difference(&after).cloned().collect();
    }
}

fn tools(definition: &Value) -> Vec<(&str, &Value)> {
    let tools = definition.get(TOOLS).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    tools.iter().filter_map(|tool| Some((tool.get("name")?.as_str()?, tool))).collect()
}

fn find<'a>(tools: &[(&str, &'a Value)], name: &str) -> Option<&'a Value> {
    tools.iter().find(|(other, _)| *other == name).map(|(_, tool)| *tool)
}

/// Names of the members that differ between two objects.
fn fields(old: &Value, new: &Value) -> Vec<String> {
    match (old.as_object(), new.as_object()) {
        (Some(old), Some(new)) => keys_that_differ(old, new),
        _ => Vec::new(),
    }
}

fn keys_that_differ(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<String> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter().filter(|key| old.get(*key) != new.get(*key)).cloned().collect()
}

fn env(reach: &Value) -> BTreeSet<String> {
    let names = reach.get("env").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_skill_names_its_tools_and_fields() {
        let old = json!({"name": "s", "context": "a", "tools": [
            {"name": "gone", "description": "x"}, {"name": "kept", "description": "x"},
            {"name": "edited", "description": "x", "inputSchema": {}}]});
        let new = json!({"name": "s", "context": "b", "tools": [
            {"name": "kept", "description": "x"}, {"name": "edited", "description": "y", "inputSchema": {}},
            {"name": "fresh", "description": "x"}]});
        let mut parts = Parts::default();
        parts.compare_definitions(&old, &new);
        assert_eq!(parts.fields, ["context"]);
        assert_eq!(parts.tools_added, ["fresh"]);
        assert_eq!(parts.tools_removed, ["gone"]);
        assert_eq!(
            parts.tools_changed,
            [ToolParts { name: "edited".into(), fields: vec!["description".into()] }]
        );
    }

    #[test]
    fn tools_in_another_order_are_named() {
        let skill = |tools: Value| json!({"name": "s", "tools": tools});
        let (a, b) = (json!({"name": "a"}), json!({"name": "b"}));
        let mut parts = Parts::default();
        parts.compare_definitions(&skill(json!([a, b])), &skill(json!([b, a])));
        assert_eq!(parts.fields, ["order of tools"]);
    }

    #[test]
    fn what_is_reached_is_named() {
        let old = json!({"modules": {"src/a.ts": "1", "src/b.ts": "1"}, "packages": {"zod": "3.24.1"}, "env": ["A"]});
        let new = json!({"modules": {"src/a.ts": "2", "src/b.ts": "1"}, "packages": {"zod": "3.25.0"}, "env": ["B"]});
        let mut parts = Parts::default();
        parts.compare_reaches(&old, &new);
        assert_eq!(parts.modules, ["src/a.ts"]);
        let zod = PackageMove { name: "zod".into(), from: Some("3.24.1".into()), to: Some("3.25.0".into()) };
        assert_eq!(parts.packages, [zod]);
        assert_eq!((parts.env_added, parts.env_removed), (vec!["B".to_owned()], vec!["A".to_owned()]));
    }
}
