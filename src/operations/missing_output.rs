//! Parts of an agent that fresh output of the compiler lacks, by its own manifest.

use crate::error::Result;
use crate::model::agent::{Agent, Dropped};
use crate::model::kind::{Kind, TOOL};
use crate::reader::compiled::{CompileOutput, CompiledPrimitive, MANIFEST};
use serde_json::Value;
use std::path::Path;

/// Primitives and tools that the manifest does not have, and values that it leaves empty as we expect.
pub fn dropped(output: &CompileOutput, root: &Path, agent: &Agent) -> Result<Vec<Dropped>> {
    let manifest = output.manifest(root)?;
    let lacks = MissingOutput { listed: &manifest.primitives, agent };
    let mut all: Vec<Dropped> = lacks.primitives().collect();
    all.extend(agent.dropped.iter().filter(|one| one.field.is_some() && lacks.holds(one)).cloned());
    all.sort();
    Ok(all)
}

struct MissingOutput<'l> {
    listed: &'l [CompiledPrimitive],
    agent: &'l Agent,
}

impl MissingOutput<'_> {
    fn find(&self, kind: &str, name: &str) -> Option<&CompiledPrimitive> {
        self.listed.iter().find(|one| one.kind == kind && one.name == name)
    }

    fn primitives(&self) -> impl Iterator<Item = Dropped> {
        let made = self.agent.primitives.iter().flat_map(|one| {
            let (kind, name) = (one.kind.word, one.name.as_str());
            let Some(there) = self.find(kind, name) else {
                return vec![self.dropped(kind, name, None, &one.source.path, one.source.line)];
            };
            let listed = there.fields.get("tools").and_then(Value::as_array);
            let tools =
                one.definition.get("tools").and_then(Value::as_array).filter(|_| kind == "skill");
            let lost = tools.into_iter().flatten().filter_map(|tool| {
                let (tool, path) =
                    (tool["name"].as_str()?, tool["path"].as_str().unwrap_or_default());
                let is_listed = listed.is_some_and(|all| all.iter().any(|word| *word == *tool));
                let is_made = is_listed && self.find(TOOL.word, tool).is_some();
                (!is_made).then(|| self.dropped(TOOL.word, tool, Some(name), path, 1))
            });
            lost.collect()
        });
        let agent = &self.agent;
        let gone = !agent.entry.is_empty() && !self.listed.iter().any(|one| one.kind == "agent");
        let gone = gone.then(|| self.dropped("agent", &agent.name, None, &agent.entry, 1));
        made.chain(gone).collect::<Vec<_>>().into_iter()
    }

    /// With the reason that the reader knows, if it knows one.
    fn dropped(&self, kind: &str, name: &str, of: Option<&str>, path: &str, line: u32) -> Dropped {
        let same = |one: &&Dropped| {
            one.field.is_none() && one.kind == kind && one.name == name && one.of.as_deref() == of
        };
        self.agent.dropped.iter().find(same).cloned().unwrap_or_else(|| Dropped {
            path: path.to_owned(),
            line,
            column: 1,
            reason: format!("\"{}\" does not have it", MANIFEST),
            field: None,
            otherwise: false,
            kind: kind.to_owned(),
            of: of.map(str::to_owned),
            name: name.to_owned(),
        })
    }

    /// True if the manifest is empty for a part that the reader reports as dropped.
    fn holds(&self, one: &Dropped) -> bool {
        let field = one.field.as_deref().unwrap_or_default();
        let Some(there) = self.find(&one.kind, &one.name) else { return false };
        if one.otherwise {
            return true;
        }
        let schemas = Kind::named(&one.kind).map_or(TOOL.schemas, |kind| kind.schemas);
        let value = match field {
            "description" if one.kind == "agent" => there.fields.get("routingDescription"),
            field => match schemas.iter().find(|(own, _)| *own == field) {
                Some((_, key)) => {
                    there.fields.get("schemas").and_then(|all| all.get(key)?.get("properties"))
                }
                None => there.fields.get(field),
            },
        };
        match value {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Object(fields)) => fields.is_empty(),
            Some(_) => false,
        }
    }
}
