//! Difference of one primitive: the fields of its definition, its tools, and its reach. Moves of
//! files are taken out first, so that a renamed folder is one fact and not a change of every
//! primitive below it.

use super::detail::{self, Detail};
use crate::compare::moved;
use crate::history::state::unknown_content;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use similar::TextDiff;
use std::collections::BTreeSet;

/// Differences inside a primitive. Empty lists mean no difference there.
#[derive(Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PrimitiveChange {
    /// Top-level fields of the definition, tools aside.
    pub fields: Vec<String>,
    /// The same, each with its old and new value.
    pub details: Vec<Detail>,
    pub tools_added: Vec<String>,
    pub tools_removed: Vec<String>,
    pub tools_renamed: Vec<ToolRename>,
    pub tools_changed: Vec<ToolParts>,
    /// Project files whose code differs.
    #[serde(serialize_with = "paths")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub modules: Vec<ModuleMove>,
    pub imports: Vec<ImportMove>,
    pub packages: Vec<PackageMove>,
    pub env_added: Vec<String>,
    pub env_removed: Vec<String>,
    /// Numbers of either side whose content is unknown: nothing is compared then, and the other lists are empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ToolParts {
    pub name: String,
    pub fields: Vec<String>,
    pub details: Vec<Detail>,
}

/// A tool under another name: the same parameters, and much the same code or description.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ToolRename {
    pub from: String,
    pub to: String,
    pub fields: Vec<String>,
    pub details: Vec<Detail>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleMove {
    pub path: String,
    /// The path that the file had before, where it has another now.
    pub moved_from: Option<String>,
    pub is_new: bool,
    pub is_gone: bool,
    /// Top-level declarations that differ, where the reach tells them apart.
    pub declarations: Vec<String>,
}

/// An imported name that resolves to something else than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImportMove {
    /// The file that imports it.
    pub path: String,
    pub name: String,
    pub from: String,
    pub to: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PackageMove {
    pub name: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

fn paths<S: Serializer>(modules: &[ModuleMove], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(modules.iter().map(|module| &module.path))
}

const TOOLS: &str = "tools";
/// Likeness of the descriptions of a renamed tool, from 0 to 1.
const ALIKE: f32 = 0.6;

impl PrimitiveChange {
    pub fn compare_definitions(&mut self, old: &Value, new: &Value) {
        let unknown = [old, new].map(|one| unknown_content(one).map(str::to_owned));
        self.unknown = unknown.into_iter().flatten().collect();
        if !self.unknown.is_empty() {
            return;
        }
        self.fields = fields(old, new).into_iter().filter(|field| field != TOOLS).collect();
        self.details = details(old, new, &self.fields);
        let (old, new) = (tools(old), tools(new));
        let mut gone: Vec<&(&str, &Value)> =
            old.iter().filter(|(name, _)| find(&new, name).is_none()).collect();
        for (name, tool) in &new {
            match find(&old, name) {
                None => match gone.iter().position(|(_, before)| is_renamed(before, tool)) {
                    Some(at) => self.tools_renamed.push(rename(gone.remove(at), name, tool)),
                    None => self.tools_added.push((*name).to_owned()),
                },
                Some(before) if before != *tool => {
                    let fields = fields(before, tool);
                    let details = details(before, tool, &fields);
                    self.tools_changed.push(ToolParts {
                        name: (*name).to_owned(),
                        fields,
                        details,
                    });
                }
                Some(_) => {}
            }
        }
        self.tools_removed = gone.into_iter().map(|(name, _)| (*name).to_owned()).collect();
        // The same tools in another order are another definition too.
        let same_tools = self.tools_added.is_empty()
            && self.tools_removed.is_empty()
            && self.tools_renamed.is_empty();
        let order = |tools: &[(&str, &Value)]| {
            tools.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>()
        };
        if same_tools && order(&old) != order(&new) {
            self.fields.push("order of tools".to_owned());
        }
    }

    pub fn compare_reaches(&mut self, old: &Value, new: &Value) {
        if !self.unknown.is_empty() {
            return;
        }
        let part = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
        };
        // A move alone is reported as a move; everything else is compared as if the file had always
        // been there.
        let moves = moved::between(old, new);
        let old = &moved::reach(old, &moves);
        let (before, after) = (part(old, "modules"), part(new, "modules"));
        let mut paths: BTreeSet<String> = keys_that_differ(&before, &after).into_iter().collect();
        paths.extend(moves.values().cloned());
        let before_move =
            |path: &String| moves.iter().find(|(_, now)| *now == path).map(|(old, _)| old.clone());
        self.modules = paths
            .into_iter()
            .map(|path| ModuleMove {
                moved_from: before_move(&path),
                ..module_move(before.get(&path), after.get(&path), path)
            })
            .collect();
        self.imports = imports(&part(old, "imports"), &part(new, "imports"));
        let (before, after) = (part(old, "packages"), part(new, "packages"));
        let version = |packages: &Map<String, Value>, name: &str| packages.get(name).map(plain);
        self.packages = keys_that_differ(&before, &after)
            .into_iter()
            .map(|name| PackageMove {
                from: version(&before, &name),
                to: version(&after, &name),
                name,
            })
            .collect();
        let (before, after) = (env(old), env(new));
        self.env_added = after.difference(&before).cloned().collect();
        self.env_removed = before.difference(&after).cloned().collect();
    }

    /// True if both sides reach the same.
    pub fn reaches_the_same(&self) -> bool {
        let names = self.env_added.len() + self.env_removed.len();
        self.modules.is_empty() && self.imports.is_empty() && self.packages.is_empty() && names == 0
    }

    /// True if the definition itself differs, and not only its reach.
    pub fn is_defined_otherwise(&self) -> bool {
        let tools = self.tools_added.len() + self.tools_removed.len() + self.tools_renamed.len();
        !(self.unknown.is_empty() && self.fields.is_empty()) || tools + self.tools_changed.len() > 0
    }
}

/// Change of a module, which is recorded by the hash of its code, or of each of its declarations.
fn module_move(old: Option<&Value>, new: Option<&Value>, path: String) -> ModuleMove {
    let declarations = match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => keys_that_differ(old, new),
        _ => Vec::new(),
    };
    ModuleMove {
        path,
        moved_from: None,
        is_new: old.is_none(),
        is_gone: new.is_none(),
        declarations,
    }
}

/// The imports that both have, and resolve otherwise. An older reach says nothing of them.
fn imports(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<ImportMove> {
    let mut moves = Vec::new();
    for (path, names) in new {
        let before = old.get(path).and_then(Value::as_object);
        for (name, to) in names.as_object().into_iter().flatten() {
            match before.and_then(|before| before.get(name)) {
                Some(from) if from != to => {
                    let (path, name) = (path.clone(), name.clone());
                    moves.push(ImportMove { path, name, from: plain(from), to: plain(to) });
                }
                _ => {}
            }
        }
    }
    moves
}

fn details(old: &Value, new: &Value, fields: &[String]) -> Vec<Detail> {
    fields.iter().flat_map(|field| detail::compare(field, old.get(field), new.get(field))).collect()
}

fn is_renamed(old: &Value, new: &Value) -> bool {
    let same = |field: &str| old.get(field).is_some() && old.get(field) == new.get(field);
    if old.get("inputSchema") != new.get("inputSchema") {
        return false;
    }
    let text = |tool: &Value| tool.get("description").map(plain).unwrap_or_default();
    let (old, new) = (text(old), text(new));
    let alike = !old.is_empty() && TextDiff::from_words(&*old, &*new).ratio() >= ALIKE;
    same("execute") || alike
}

fn rename((from, old): &(&str, &Value), to: &str, new: &Value) -> ToolRename {
    let fields: Vec<String> =
        fields(old, new).into_iter().filter(|field| field != "name").collect();
    let details = details(old, new, &fields);
    ToolRename { from: (*from).to_owned(), to: to.to_owned(), fields, details }
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
            {"name": "gone", "description": "w"}, {"name": "kept", "description": "x"},
            {"name": "edited", "description": "x", "inputSchema": {}}]});
        let new = json!({"name": "s", "context": "b", "tools": [
            {"name": "kept", "description": "x"}, {"name": "edited", "description": "y", "inputSchema": {}},
            {"name": "fresh", "description": "x"}]});
        let mut parts = PrimitiveChange::default();
        parts.compare_definitions(&old, &new);
        assert_eq!(parts.fields, ["context"]);
        assert_eq!(parts.tools_added, ["fresh"]);
        assert_eq!(parts.tools_removed, ["gone"]);
        assert_eq!(parts.tools_changed.len(), 1);
        assert_eq!(
            (&*parts.tools_changed[0].name, &*parts.tools_changed[0].fields),
            ("edited", &["description".to_owned()][..])
        );
    }

    #[test]
    fn a_tool_under_another_name_is_renamed() {
        let tool = |name: &str, description: &str, code: &str| {
            json!({"name": name, "description": description,
            "inputSchema": {"type": "object"}, "execute": {"$function": code}})
        };
        let skill = |tool: Value| json!({"name": "s", "tools": [tool]});
        let renamed = |old: Value, new: Value| {
            let mut parts = PrimitiveChange::default();
            parts.compare_definitions(&skill(old), &skill(new));
            (
                parts
                    .tools_renamed
                    .iter()
                    .map(|tool| format!("{} {}", tool.from, tool.to))
                    .collect::<Vec<_>>(),
                parts.tools_added.len(),
            )
        };
        let old = tool("track", "Tells where an order is", "aa");
        let expected = (vec!["track find_order".to_owned()], 0);
        assert_eq!(renamed(old.clone(), tool("find_order", "Says nothing alike", "aa")), expected);
        assert_eq!(
            renamed(old.clone(), tool("find_order", "Tells where an order is now", "bb")),
            expected
        );
        assert_eq!(renamed(old.clone(), tool("sell", "Opens the till", "bb")), (vec![], 1));
        let mut other = tool("find_order", "Tells where an order is", "aa");
        other["inputSchema"] = json!({"type": "string"});
        assert_eq!(renamed(old, other), (vec![], 1));
    }

    #[test]
    fn tools_in_another_order_are_named() {
        let skill = |tools: Value| json!({"name": "s", "tools": tools});
        let (a, b) = (json!({"name": "a"}), json!({"name": "b"}));
        let mut parts = PrimitiveChange::default();
        parts.compare_definitions(&skill(json!([a, b])), &skill(json!([b, a])));
        assert_eq!(parts.fields, ["order of tools"]);
    }

    #[test]
    fn a_moved_file_and_an_import_that_resolves_otherwise_are_named() {
        let reach = |path: &str, total: &str, tax: &str| json!({"modules": {path: {"total": "1", "tax": tax}}, "imports": {"src/t.ts": {"sum": total}}});
        let mut parts = PrimitiveChange::default();
        let old = reach("src/a.ts", "src/a.ts#total", "1");
        parts.compare_reaches(&old, &reach("src/b.ts", "src/b.ts#total", "2"));
        let moved = ModuleMove {
            path: "src/b.ts".into(),
            moved_from: Some("src/a.ts".into()),
            is_new: false,
            is_gone: false,
            declarations: vec!["tax".into()],
        };
        assert_eq!((&parts.modules[..], &parts.imports[..]), (&[moved][..], &[][..]));
        parts.compare_reaches(&old, &reach("src/a.ts", "src/a.ts#tax", "1"));
        let (from, to) = ("src/a.ts#total".to_owned(), "src/a.ts#tax".to_owned());
        let import = ImportMove { path: "src/t.ts".into(), name: "sum".into(), from, to };
        assert_eq!((&parts.modules[..], &parts.imports[..]), (&[][..], &[import][..]));
        parts.compare_reaches(
            &json!({"modules": old["modules"]}),
            &json!({"modules": old["modules"], "imports": old["imports"], "rules": 2}),
        );
        assert!(parts.reaches_the_same(), "an older reach says nothing of imports");
    }

    #[test]
    fn what_is_reached_is_named() {
        let old = json!({"modules": {"src/a.ts": "1", "src/b.ts": "1"}, "packages": {"zod": "3.24.1"}, "env": ["A"]});
        let new = json!({"modules": {"src/a.ts": "2", "src/b.ts": "1"}, "packages": {"zod": "3.25.0"}, "env": ["B"]});
        let mut parts = PrimitiveChange::default();
        parts.compare_reaches(&old, &new);
        let module = |path: &str, declarations: &[&str]| ModuleMove {
            path: path.into(),
            moved_from: None,
            is_new: false,
            is_gone: false,
            declarations: declarations.iter().map(|&name| name.to_owned()).collect(),
        };
        assert_eq!(parts.modules, [module("src/a.ts", &[])]);
        // Either form of a reach, and one beside the other.
        let deep = |tax: &str| json!({"modules": {"src/a.ts": {"total": "1", "tax": tax}}});
        parts.compare_reaches(&deep("1"), &deep("2"));
        assert_eq!(parts.modules, [module("src/a.ts", &["tax"])]);
        parts.compare_reaches(&old, &deep("1"));
        assert_eq!(parts.modules[0], module("src/a.ts", &[]));
        assert!(parts.modules[1].is_gone);
        parts.compare_reaches(&old, &new);
        let zod = PackageMove {
            name: "zod".into(),
            from: Some("3.24.1".into()),
            to: Some("3.25.0".into()),
        };
        assert_eq!(parts.packages, [zod]);
        assert_eq!(
            (parts.env_added, parts.env_removed),
            (vec!["B".to_owned()], vec!["A".to_owned()])
        );
    }
}
