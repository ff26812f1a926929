//! Taking one side: the server's values into the TypeScript, its files into the project, or ours there.

use super::look::{Compared, There};
use super::show;
use crate::cli::Exit;
use crate::cli::commands::push::Push;
use crate::cli::context::Context;
use crate::cli::outward::Which;
use crate::cli::progress::with_progress;
use crate::client::fetch;
use crate::compare::PersonaChange;
use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::operations::build::Scope;
use crate::operations::drift::Part;
use crate::operations::rollback::{self, From};
use crate::operations::stage;
use crate::progress::Progress;
use crate::reader::edit::{self, Field};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One value of the server on its way into the TypeScript.
pub struct Taken {
    field: Field,
    value: String,
    /// What it is called to a person.
    label: &'static str,
}

/// Takes everything that can be edited in place; what cannot is told, and makes exit code 1.
pub fn accept(
    cx: &mut Context<'_>,
    project: &Project,
    compared: &Compared,
    force: bool,
) -> Result<Exit> {
    let mut taken = Vec::new();
    let mut left = Vec::new();
    for (part, _) in &compared.drift.parts {
        match values(compared, part)? {
            Some(values) => taken.extend(values),
            None => left.push(part),
        }
    }
    if !cx.out.is_json() {
        cx.out.lines("\n⚠️  Drift detected. Auto-accepting server state...\n")?;
    }
    let (paths, kept) = write(cx, project, &taken, force)?;
    if cx.out.is_json() {
        let mut answer = show::to_json(compared)?;
        answer["accepted"] = taken.iter().map(|one| json!(one.label.to_lowercase())).collect();
        answer["files"] = json!(paths);
        answer["snapshot"] = json!(kept);
        answer["unresolved"] = json!(left.len());
        cx.out.json(&answer)?;
    }
    if left.is_empty() {
        if !cx.out.is_json() {
            cx.out.lines("\n✅ Sync complete.")?;
        }
        return Ok(Exit::Done);
    }
    cx.out
        .notes(format!("\n⚠️  Sync partially complete — {} component(s) unresolved:", left.len()));
    for part in left {
        cx.out.note(format!("   - {}", name(part)));
    }
    cx.out.hint("`lua-store sync --pull` brings back the files of the active version, with these");
    Ok(Exit::Found)
}

fn name(part: &Part) -> String {
    match part {
        Part::Persona => "persona".to_owned(),
        Part::Setting(name) => name.clone(),
        Part::Primitive(word, name) => format!("{word}/{name}"),
    }
}

/// What taking a part of the server means in the TypeScript; `None` where it is no text of its own there.
pub fn values(compared: &Compared, part: &Part) -> Result<Option<Vec<Taken>>> {
    match part {
        Part::Persona => Ok(compared.drift.persona().and_then(persona)),
        Part::Setting(name) => {
            let field = match &**name {
                "name" => (Field::Name, "Name"),
                "model" => (Field::Model, "Model"),
                _ => return Ok(None),
            };
            let server = compared.drift.setting(name).and_then(|setting| setting.from.clone());
            let Some(Value::String(value)) = server else { return Ok(None) };
            Ok(Some(vec![Taken { field: field.0, value, label: field.1 }]))
        }
        Part::Primitive(..) => Ok(None),
    }
}

/// A text for a text, or the parts of an object for those of an object.
fn persona(change: &PersonaChange) -> Option<Vec<Taken>> {
    let server = change.from.as_ref()?;
    if !server.is_object && !change.to.as_ref().is_some_and(|local| local.is_object) {
        let value = server.text.clone();
        return Some(vec![Taken { field: Field::Persona, value, label: "Persona" }]);
    }
    let object = |text: &str| serde_json::from_str::<serde_json::Map<String, Value>>(text).ok();
    let (server, local) = (object(&server.text)?, object(&change.to.as_ref()?.text)?);
    if local.keys().any(|key| !server.contains_key(key)) {
        return None;
    }
    let differing = server.iter().filter(|(key, value)| local.get(*key) != Some(*value));
    let part = |(key, value): (&String, &Value)| {
        let (field, value) = (Field::PersonaPart(key.clone()), value.as_str()?.to_owned());
        Some(Taken { field, value, label: "Persona" })
    };
    differing.map(part).collect()
}

/// Edits the files, after what they hold was kept. Nothing is written when one of the edits cannot be made, or
/// when a file that is to be edited holds something that was never pushed.
pub fn write(
    cx: &mut Context<'_>,
    project: &Project,
    taken: &[Taken],
    force: bool,
) -> Result<(Vec<String>, Option<u64>)> {
    let mut paths = BTreeSet::new();
    for one in taken {
        paths.insert(edit::preview(project.root(), &one.field, &one.value)?.path);
    }
    let request =
        stage::Request { scope: Scope::Backup, ..stage::Request::all(Progress::default()) };
    let edited = stage::look(project, &request)?.report.files;
    let edited: Vec<&str> =
        edited.iter().map(|change| &*change.path).filter(|path| paths.contains(*path)).collect();
    if !force && !edited.is_empty() {
        return Err(refuse(&edited));
    }
    let who = cx.who(project)?;
    let kept = match taken.is_empty() {
        true => None,
        false => rollback::keep_workspace(project, &who, &Progress::default())?,
    };
    for one in taken {
        let edited = edit::set(project.root(), &one.field, &one.value)?;
        if !cx.out.is_json() {
            cx.out.line(format!("✅ {} synced from server ({})", one.label, edited.path))?;
        }
        if let Some(spared) = edited.spared {
            cx.out.note(format!("{spared} stays as it is, since other code uses it too."));
        }
    }
    tell_kept(cx, kept);
    Ok((paths.into_iter().collect(), kept))
}

fn refuse(edited: &[&str]) -> Error {
    let message = format!(
        "Refusing to pull — {} local file(s) have changes that were not pushed: {}",
        edited.len(),
        edited.join(", ")
    );
    Error::conflict(message).hint(
        "`lua-store push` saves them first\n\
         `--force` overwrites them; what is there is kept as a safety snapshot",
    )
}

fn tell_kept(cx: &mut Context<'_>, kept: Option<u64>) {
    if let Some(kept) = kept {
        cx.out.note(format!("Your files as they were are kept as safety snapshot {kept}."));
        cx.out.hint(format!(
            "`lua-store source rollback --snapshot {kept} --force` brings them back"
        ));
    }
}

/// Brings back the files of the version that is active on the server.
pub fn pull(cx: &mut Context<'_>, project: &Project, there: &There, force: bool) -> Result<Exit> {
    let (active, _) = there.versions()?.live()?.ok_or_else(|| {
        Error::not_found("no version is active on the server")
            .hint("`lua-store pull` brings everything here that was pushed there")
    })?;
    let (reached, head) = (&there.reached, there.head.clone());
    fetch::bring(project.store(), &reached.name, &*reached.remote, head, &Progress::default())?;
    let from = From::Files { state: active.state, source: active.source };
    let rollback =
        with_progress(cx, "Reading", |progress| rollback::prepare(project, from, &progress))?;
    let changes = rollback.changes.clone();
    if rollback.has_edits() && !changes.is_empty() && !force {
        let paths: Vec<&str> = changes.iter().map(|change| &*change.path).collect();
        return Err(refuse(&paths));
    }
    let who = cx.who(project)?;
    let done = with_progress(cx, "Restoring", |progress| rollback.run(&who, &progress))?;
    if cx.out.is_json() {
        cx.out.json(&json!({
            "active": active.number, "files": crate::cli::commands::diff::files_json(&changes),
            "snapshot": done.kept,
        }))?;
        return Ok(Exit::Done);
    }
    cx.out.line(match changes.len() {
        0 => format!("The project has the files of v{}, which is active, already.", active.number),
        count => format!("✅ Restored {count} file(s) of v{}, which is active", active.number),
    })?;
    tell_kept(cx, done.kept);
    cx.out.line("✅ Sync complete.")?;
    Ok(Exit::Done)
}

/// Pushes everything. It is live when a version of it is promoted, and not before.
pub fn push(cx: &mut Context<'_>, which: &Which) -> Result<Exit> {
    if !cx.out.is_json() {
        cx.out.lines("\n⚠️  Drift detected. Pushing local changes to server...\n")?;
    }
    let exit = Push::everything(which.clone()).run(cx)?;
    cx.out.hint("`lua-store version create` and `lua-store version promote latest` make it live");
    Ok(exit)
}
