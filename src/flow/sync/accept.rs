//! Accepting the server's side: its values of name, persona and model on their way into the TypeScript.

use super::Compared;
use crate::compare::PersonaChange;
use crate::error::{Error, Hint, Result};
use crate::flow::{Notice, Reporter};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::operations::build::PushScope;
use crate::operations::drift::AgentPart;
use crate::operations::rollback;
use crate::operations::stage;
use crate::progress::Progress;
use crate::reader::edit::{self, AgentField};
use serde_json::Value;
use std::collections::BTreeSet;

/// One value of the server on its way into the TypeScript.
pub struct ServerValue {
    field: AgentField,
    value: String,
    /// Name shown to a person.
    pub label: &'static str,
}

/// The values that can be edited in place, and the parts that cannot.
pub fn plan(compared: &Compared) -> Result<(Vec<ServerValue>, Vec<&AgentPart>)> {
    let (mut values, mut left) = (Vec::new(), Vec::new());
    for (part, _) in &compared.drift.parts {
        match self::values(compared, part)? {
            Some(some) => values.extend(some),
            None => left.push(part),
        }
    }
    Ok((values, left))
}

/// Values in the TypeScript that accepting a part of the server sets; `None` if the part has no
/// text of its own there.
pub fn values(compared: &Compared, part: &AgentPart) -> Result<Option<Vec<ServerValue>>> {
    match part {
        AgentPart::Persona => Ok(compared.drift.persona().and_then(persona)),
        AgentPart::Setting(name) => {
            let field = match &**name {
                "name" => (AgentField::Name, "Name"),
                "model" => (AgentField::Model, "Model"),
                _ => return Ok(None),
            };
            let server = compared.drift.setting(name).and_then(|setting| setting.from.clone());
            let Some(Value::String(value)) = server else { return Ok(None) };
            Ok(Some(vec![ServerValue { field: field.0, value, label: field.1 }]))
        }
        AgentPart::Primitive(..) => Ok(None),
    }
}

/// A text for a text, or the parts of an object for those of an object.
fn persona(change: &PersonaChange) -> Option<Vec<ServerValue>> {
    let server = change.from.as_ref()?;
    if !server.is_object && !change.to.as_ref().is_some_and(|local| local.is_object) {
        let value = server.text.clone();
        return Some(vec![ServerValue { field: AgentField::Persona, value, label: "Persona" }]);
    }
    let object = |text: &str| serde_json::from_str::<serde_json::Map<String, Value>>(text).ok();
    let (server, local) = (object(&server.text)?, object(&change.to.as_ref()?.text)?);
    if local.keys().any(|key| !server.contains_key(key)) {
        return None;
    }
    let differing = server.iter().filter(|(key, value)| local.get(*key) != Some(*value));
    let part = |(key, value): (&String, &Value)| {
        let (field, value) = (AgentField::PersonaPart(key.clone()), value.as_str()?.to_owned());
        Some(ServerValue { field, value, label: "Persona" })
    };
    differing.map(part).collect()
}

/// Edited files, and the safety snapshot of the files before.
pub struct AcceptedEdits {
    pub paths: Vec<String>,
    pub kept: Option<u64>,
}

/// Edits the files, after what they hold was kept. Nothing is written when one of the edits cannot be made, or
/// when a file that is to be edited holds something that was never pushed.
pub fn write<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    values: &[ServerValue],
    force: bool,
) -> Result<AcceptedEdits> {
    let mut paths = BTreeSet::new();
    for one in values {
        paths.insert(edit::preview(project.root(), &one.field, &one.value)?.path);
    }
    let request = stage::PushRequest {
        scope: PushScope::Backup,
        ..stage::PushRequest::all(Progress::default())
    };
    let edited = stage::preview(project, &request)?.report.files;
    let edited: Vec<&str> =
        edited.iter().map(|change| &*change.path).filter(|path| paths.contains(*path)).collect();
    if !force && !edited.is_empty() {
        return Err(unpushed_edits(&edited));
    }
    let kept = match values.is_empty() {
        true => None,
        false => {
            let paths = paths.iter().map(String::as_str);
            rollback::keep_workspace(project, paths, who, &Progress::default())?
        }
    };
    for one in values {
        let edited = edit::set(project.root(), &one.field, &one.value)?;
        let (path, spared) = (&*edited.path, edited.spared.as_deref());
        reporter.notice(Notice::Edited { label: one.label, path, spared })?;
    }
    Ok(AcceptedEdits { paths: paths.into_iter().collect(), kept })
}

pub(super) fn unpushed_edits(edited: &[&str]) -> Error {
    let message = format!(
        "Refusing to pull — {} local file(s) have changes that were not pushed: {}",
        edited.len(),
        edited.join(", ")
    );
    Error::conflict(message).hint(Hint::PushEdits)
}
