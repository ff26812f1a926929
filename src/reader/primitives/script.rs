//! Workflows in script form: every `src/workflows/NAME.workflow.script.js`, listed by the agent or not.

use super::forms::duplicate;
use super::json::Writer;
use crate::error::Result;
use crate::model::agent::{Primitive, SourceRef};
use crate::model::kind::Kind;
use crate::reader::Evaluator;
use crate::reader::eval::value::Value;
use crate::reader::reach::Reacher;
use crate::reader::reach::root::ReachRoot;
use crate::reader::syntax::normal;
use serde_json::{Map, Value as Json, json};
use std::path::Path;

const FOLDER: &str = "src/workflows";
/// End of the names of script workflows.
pub const SUFFIX: &str = ".workflow.script.js";

/// Adds the script workflows of a project to its other primitives.
pub fn add<'a>(
    root: &Path,
    evaluator: &Evaluator<'a>,
    writer: &Writer<'_, 'a>,
    reacher: &Reacher<'_, 'a>,
    primitives: &mut Vec<Primitive>,
) -> Result<()> {
    let Some(kind) = Kind::named("workflow") else { return Ok(()) };
    for file in evaluator.modules.files().names(&root.join(FOLDER))? {
        let Some(name) = file.strip_suffix(SUFFIX).map(str::to_owned) else { continue };
        let module = evaluator.modules.open(&root.join(FOLDER).join(&file))?;
        let mut definition = Map::new();
        let meta = match module.script().and_then(|script| script.exports.get_key_value("meta")) {
            Some((&meta, _)) => evaluator.exported(module.id, meta)?,
            None => Value::Undefined,
        };
        let meta = match meta {
            Value::Object(_) => writer.value(&meta)?,
            _ => json!({}),
        };
        let description =
            meta.get("description").and_then(Json::as_str).unwrap_or_default().to_owned();
        definition.insert("name".to_owned(), json!(name));
        definition.insert("description".to_owned(), json!(description));
        definition.insert("form".to_owned(), json!("script"));
        definition.insert("meta".to_owned(), meta);
        if let Some(script) = module.script() {
            let hash = normal::hash(&normal::module(script.program));
            definition.insert("script".to_owned(), json!({ "$function": hash }));
        }
        let source = SourceRef { path: module.path.clone(), line: 1 };
        if let Some(other) =
            primitives.iter().find(|other| other.kind == kind && other.name == name)
        {
            return Err(duplicate(kind, &name, &other.source, &source));
        }
        let reach = reacher.of(&[ReachRoot::module(module.id)])?;
        let definition = Json::Object(definition);
        primitives.push(Primitive { kind, name, description, definition, source, reach });
    }
    Ok(())
}
