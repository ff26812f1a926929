//! Bodies of the agent itself: #12, and the fields of #10.

use super::{Compiled, fields};
use crate::error::Result;
use crate::reader::compiled::CompiledPrimitive;
use serde_json::{Map, Value, json};

pub struct AgentBody {
    /// Persona with text.
    pub persona: Option<Value>,
    /// Fields of #10 that the code sets. The stock command sends the others as null.
    pub fields: Map<String, Value>,
    /// Names of the voices of the agent. #10 has their ids.
    pub voices: Vec<String>,
}

/// Fields of #10, and their names in the manifest.
const FIELDS: &[fields::Field] = &[
    ("description", "routingDescription", fields::Rule::IfThere),
    ("model", "model", fields::Rule::IfTrue),
    ("modelSettings", "modelSettings", fields::Rule::IfTrue),
    ("batchingConfig", "batching", fields::Rule::IfTrue),
    ("browser", "browser", fields::Rule::IfTrue),
    ("governance", "governance", fields::Rule::IfTrue),
];

impl Compiled<'_> {
    pub(super) fn agent(&self, one: &CompiledPrimitive) -> Result<AgentBody> {
        let mut body = Map::new();
        fields::copy(&mut body, one, FIELDS);
        if fields::is_true(one, "hasModelResolver") {
            body.insert("modelResolver".into(), json!(self.bundles.inline(one)?));
        }
        if let Some(Value::Object(governance)) = body.get_mut("governance") {
            // A key that is written in the code. The stock command leaves it out too.
            governance.shift_remove("apiKey");
        }
        let voices = one.fields.get("voiceRefs").and_then(Value::as_array);
        let name = |voice: &Value| voice.get("name")?.as_str().map(str::to_owned);
        Ok(AgentBody {
            persona: one.fields.get("persona").filter(|text| fields::has_text(text)).cloned(),
            fields: body,
            voices: voices.into_iter().flatten().filter_map(name).collect(),
        })
    }
}
