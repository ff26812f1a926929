//! Bodies of a push, as the stock command makes them from the output of its compiler.

mod agent;
mod bundle;
mod environment;
mod fields;
mod server;
mod skill;

pub use agent::AgentBody;
pub use bundle::{SentBundle, gzip};
pub use environment::EnvValues;
pub use server::{DEFAULT_TRANSPORT, ServerBody};

use crate::error::{Error, Result};
use crate::reader::compiled::{CompileManifest, CompileOutput, CompiledPrimitive, ReadFile};
use bundle::Bundles;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Everything that a push of one project sends.
pub struct PushBodies {
    pub primitives: Vec<PrimitiveBody>,
    pub servers: Vec<ServerBody>,
    pub agent: AgentBody,
}

/// A primitive, with the requests that create it and give it a number.
pub struct PrimitiveBody {
    /// Part of the path: `skills`, `device-triggers`, ….
    pub path: &'static str,
    pub name: String,
    /// Body of #2.
    pub create: Map<String, Value>,
    /// Body of #3 without the number and the id.
    version: Map<String, Value>,
    /// Field of the id in the body of #3, if it is in there.
    id_field: Option<&'static str>,
    /// Code that the body names by its key, which has to be there before it.
    pub bundles: Vec<SentBundle>,
    /// Names of variables whose values a workflow takes along.
    pub env_keys: Vec<String>,
}

impl PrimitiveBody {
    /// Hash of the code: that of the bundle, and of a skill those of its tools, with commas between them.
    pub fn code(&self) -> Option<String> {
        let of = |fields: &Map<String, Value>| Some(fields.get("codeS3Hash")?.as_str()?.to_owned());
        match self.version.get("tools").and_then(Value::as_array) {
            Some(tools) => {
                let hashes: Vec<String> =
                    tools.iter().filter_map(|tool| of(tool.as_object()?)).collect();
                Some(hashes.join(",")).filter(|hashes| !hashes.is_empty())
            }
            None => of(&self.version),
        }
    }

    /// Body of #3.
    pub fn numbered(&self, number: &str, id: &str) -> Value {
        let mut body = self.version.clone();
        body.insert("version".into(), json!(number));
        if let Some(field) = self.id_field {
            body.insert(field.into(), json!(id));
        }
        Value::Object(body)
    }
}

/// The output of a compiler, and the files that it was made from.
struct Compiled<'a> {
    root: &'a Path,
    manifest: &'a CompileManifest,
    bundles: Bundles<'a>,
}

impl PushBodies {
    /// Bodies of the project in this folder. `read` gives its files.
    pub fn of(root: &Path, output: &CompileOutput, read: &mut ReadFile<'_>) -> Result<PushBodies> {
        let manifest = output.manifest(root)?;
        let compiled = Compiled { root, manifest: &manifest, bundles: Bundles { root, output } };
        let (mut primitives, mut servers, mut agent) = (Vec::new(), Vec::new(), None);
        for one in &manifest.primitives {
            match one.kind.as_str() {
                // Tools are in the bodies of their skills and workflows.
                "tool" => {}
                "mcp-server" => servers.push(compiled.server(one)?),
                "agent" if agent.is_none() => agent = Some(compiled.agent(one)?),
                _ => primitives.push(compiled.primitive(one, read)?),
            }
        }
        let agent = agent.ok_or_else(|| Error::corrupt("the compiler's output has no agent"))?;
        Ok(PushBodies { primitives, servers, agent })
    }
}

impl Compiled<'_> {
    fn primitive(&self, one: &CompiledPrimitive, read: &mut ReadFile<'_>) -> Result<PrimitiveBody> {
        let kind = fields::of_kind(&one.kind).ok_or_else(|| {
            Error::failed(format!("the compiler's output has a {} \"{}\"", one.kind, one.name)).hint(
                "this version of lua-store does not know the kind, and cannot send it to the platform",
            )
        })?;
        let mut bundles = Vec::new();
        let version = match kind.word {
            "skill" => self.skill(one, read, &mut bundles)?,
            "voice" => self.voice(one)?,
            "workflow" => self.workflow(one, &mut bundles)?,
            _ => self.plain(kind, one, &mut bundles)?,
        };
        Ok(PrimitiveBody {
            path: kind.path,
            name: one.name.clone(),
            create: fields::created(kind, one),
            version,
            id_field: kind.id_field,
            bundles,
            env_keys: texts(one, "envTemplateKeys"),
        })
    }

    /// A primitive with one bundle and fields of its own.
    fn plain(
        &self,
        kind: &fields::BodyKind,
        one: &CompiledPrimitive,
        bundles: &mut Vec<SentBundle>,
    ) -> Result<Map<String, Value>> {
        let mut body = named(one);
        body.insert("codeS3Hash".into(), json!(self.bundles.add(one, bundles)?));
        fields::copy(&mut body, one, kind.fields);
        Ok(body)
    }

    /// A voice has no name in its body, and its code inside.
    fn voice(&self, one: &CompiledPrimitive) -> Result<Map<String, Value>> {
        let mut body = Map::new();
        fields::copy(&mut body, one, fields::VOICE);
        let has_code = ["hasOnEnter", "hasOnUserTurnCompleted", "hasOnExit", "hasTools"];
        if has_code.iter().any(|field| fields::is_true(one, field)) {
            body.insert("bundle".into(), json!(self.bundles.inline(one)?));
        }
        Ok(body)
    }

    fn workflow(
        &self,
        one: &CompiledPrimitive,
        bundles: &mut Vec<SentBundle>,
    ) -> Result<Map<String, Value>> {
        let unplaced = texts(one, "unplacedStepIds");
        if let Some(step) = unplaced.first() {
            return Err(Error::failed(format!(
                "the workflow \"{}\" does not contain its step \"{step}\"",
                one.name
            ))
            .hint("add the step to the workflow, or remove its declaration"));
        }
        let mut body = named(one);
        body.insert("envTemplateKeys".into(), json!(texts(one, "envTemplateKeys")));
        fields::copy(&mut body, one, fields::WORKFLOW);
        if one.fields.get("form").and_then(Value::as_str) == Some("script") {
            body.insert("form".into(), json!("script"));
            fields::copy(&mut body, one, fields::SCRIPT);
            body.entry("roleBindings").or_insert(json!([]));
            return Ok(body);
        }
        body.insert("form".into(), json!("graph"));
        body.insert("codeS3Hash".into(), json!(self.bundles.add(one, bundles)?));
        fields::copy(&mut body, one, fields::GRAPH);
        let mut tools: Vec<Value> = Vec::new();
        for name in texts(one, "toolRefs") {
            if tools.iter().any(|tool| tool["name"] == *name) {
                continue;
            }
            let key = self.bundles.add(self.tool(&one.name, &name)?, bundles)?;
            tools.push(json!({"name": name, "codeS3Hash": key}));
        }
        if !tools.is_empty() {
            body.insert("tools".into(), json!(tools));
        }
        Ok(body)
    }

    fn tool(&self, of: &str, name: &str) -> Result<&CompiledPrimitive> {
        let all = &self.manifest.primitives;
        all.iter().find(|one| one.kind == "tool" && one.name == name).ok_or_else(|| {
            Error::failed(format!("the compiler made no code of the tool \"{name}\" of \"{of}\""))
        })
    }
}

/// Name and description, with which most bodies begin.
fn named(one: &CompiledPrimitive) -> Map<String, Value> {
    let mut body = Map::from_iter([("name".to_owned(), json!(one.name))]);
    fields::copy(&mut body, one, &[("description", "description", fields::Rule::IfThere)]);
    body
}

fn texts(one: &CompiledPrimitive, field: &str) -> Vec<String> {
    let list = one.fields.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
