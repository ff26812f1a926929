//! Secrets among the values of an agent: the place of each, and the argument that allows it.
//!
//! A definition, a persona or a message is kept for ever, sent to every remote and shown in every
//! diff. So a value that looks like a secret is refused before it becomes an object, and never
//! printed whole.

use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::model::agent::{Agent, Persona, Primitive};
use crate::object::{PathFinder, Source};
use crate::reader;
use crate::workspace::{self, Patterns, SecretMatch, Snapshot};
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::Path;

/// Number of leaks that are listed; more are only counted.
const TOLD: usize = 10;

/// A value or a file that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Leak {
    /// Relative to the project, with `/`.
    pub path: String,
    /// Counted from 1, where it is known.
    pub line: Option<usize>,
    /// The part of the agent that has the value; `None` for a file that the agent's code reaches.
    pub property: Option<String>,
    /// Reason why, with as much of the value as may be shown.
    pub reason: String,
    /// Argument that allows it: a path of the project, or `KIND/NAME`.
    pub allow: String,
}

impl Leak {
    /// `src/index.ts:3: context of skill "orders" contains …`
    pub fn sentence(&self) -> String {
        let line = self.line.map_or(String::new(), |line| format!(":{line}"));
        match &self.property {
            Some(property) => format!("{}{line}: {property} {}", self.path, self.reason),
            None => {
                format!(
                    "{}{line}: this file, which the agent's code reaches, {}",
                    self.path, self.reason
                )
            }
        }
    }
}

/// All secrets that stop a push; its message names only the first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusedSecrets {
    secrets: Vec<Leak>,
}

/// Refuses a push with secrets.
pub fn refuse(leaks: &[Leak]) -> Result<()> {
    if leaks.is_empty() {
        return Ok(());
    }
    let (count, told) = (leaks.len(), &leaks[..leaks.len().min(TOLD)]);
    let mut message = format!(
        "cannot push: {count} secret(s) would be stored for ever, and sent to every remote"
    );
    told.iter().for_each(|leak| message += &format!("\n  {}", leak.sentence()));
    if count > told.len() {
        message += &format!("\n  … and {} more", count - told.len());
    }
    let details = RefusedSecrets { secrets: leaks.to_vec() };
    Err(Error::failed(message).hint(Hint::AllowSecrets(allowances(told))).with_details(details))
}

/// The names that allow all of these, each once.
pub fn allowances(leaks: &[Leak]) -> Vec<String> {
    let mut names: Vec<String> = leaks.iter().map(|leak| leak.allow.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

pub fn reason(text: &str, hit: &SecretMatch) -> String {
    let shown = &text[hit.range.start..hit.range.start + hit.shown];
    format!("contains what looks like {}: {shown}…", hit.what)
}

/// Guard against secrets in one project: it finds and removes them.
pub struct SecretGuard<'a> {
    root: &'a Path,
    allowed: Patterns,
}

impl<'a> SecretGuard<'a> {
    /// `allowed` are the patterns of the configuration.
    pub fn new(root: &'a Path, allowed: &[String]) -> SecretGuard<'a> {
        SecretGuard { root, allowed: Patterns::new(allowed) }
    }

    /// Finds the secrets among the values of an agent, and cuts each to its first letters: every
    /// later output or comparison is free of them.
    pub fn clean(&self, agent: &mut Agent) -> Vec<Leak> {
        self.clean_others(agent, &|_| false)
    }

    /// The same, where the primitives at some places are known to have none.
    pub fn clean_others(&self, agent: &mut Agent, is_clean: &dyn Fn(usize) -> bool) -> Vec<Leak> {
        let mut found = Vec::new();
        let owner =
            |key: &str| LeakSubject { subject: format!("agent/{key}"), of: "the agent".to_owned() };
        self.text(&owner("name"), "name", "name", &mut agent.name, &mut found);
        match &mut agent.persona {
            Some(Persona::Text(text)) => {
                self.text(&owner("persona"), "persona", "persona", text, &mut found)
            }
            Some(Persona::Object(value)) => {
                self.value(&owner("persona"), "persona", "persona", value, &mut found);
            }
            None => {}
        }
        for (key, value) in &mut agent.settings {
            self.value(&owner(key), key, key, value, &mut found);
        }
        let mut leaks: Vec<Leak> =
            found.into_iter().map(|one| self.located(one, &agent.files, None)).collect();
        leaks.iter_mut().filter(|leak| leak.line.is_none()).for_each(|leak| self.place(leak));
        let others = agent.primitives.iter_mut().enumerate().filter(|(at, _)| !is_clean(*at));
        for (_, primitive) in others {
            let mut found = Vec::new();
            self.primitive(primitive, &mut found);
            if found.is_empty() {
                continue;
            }
            let (source, reached) = (&primitive.source, primitive.reach.modules.keys());
            let near: Vec<String> =
                std::iter::once(&source.path).chain(reached).chain(&agent.files).cloned().collect();
            let line = Some(source.line as usize);
            leaks.extend(found.into_iter().map(|one| self.located(one, &near, line)));
        }
        for note in &mut agent.notes {
            note.message = shown(&note.message);
        }
        leaks
    }

    /// The same for values that the compiler knows where the source of a primitive says none.
    pub fn clean_compiled(
        &self,
        agent: &Agent,
        primitive: &Primitive,
        values: &mut Map<String, Value>,
    ) -> Vec<Leak> {
        let owner = LeakSubject::of(primitive);
        let mut found = Vec::new();
        for (place, value) in values.iter_mut().filter(|_| !self.allowed.matches(&owner.subject)) {
            let key = place.rsplit('/').next().unwrap_or_default();
            let shown = format!(
                "{} (in the output of `lua compile`)",
                place.trim_start_matches('/').replace('/', ".")
            );
            self.value(&owner, key, &shown, value, &mut found);
        }
        let near: Vec<String> =
            std::iter::once(&primitive.source.path).chain(&agent.files).cloned().collect();
        let line = Some(primitive.source.line as usize);
        found.into_iter().map(|one| self.located(one, &near, line)).collect()
    }

    fn primitive(&self, primitive: &mut Primitive, found: &mut Vec<UnplacedSecret>) {
        let owner = LeakSubject::of(primitive);
        if self.allowed.matches(&owner.subject) {
            return;
        }
        for (key, value) in primitive.definition.as_object_mut().into_iter().flatten() {
            self.value(&owner, key, key, value, found);
        }
        for (name, version) in &mut primitive.reach.packages {
            self.text(&owner, name, &format!("version of package \"{name}\""), version, found);
        }
        // The definition has these as well, and reports them.
        (primitive.name, primitive.description) =
            (shown(&primitive.name), shown(&primitive.description));
    }

    fn value(
        &self,
        owner: &LeakSubject,
        key: &str,
        place: &str,
        value: &mut Value,
        found: &mut Vec<UnplacedSecret>,
    ) {
        if !has_secret(key, value, &mut String::new()) {
            return;
        }
        match value {
            Value::String(text) => self.text(owner, key, place, text, found),
            Value::Array(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    self.value(owner, key, &format!("{place}[{at}]"), item, found);
                }
            }
            Value::Object(fields) => {
                let mut kept = Map::new();
                for (mut key, mut value) in std::mem::take(fields) {
                    let place = format!("{place}.{key}");
                    self.value(owner, &key, &place, &mut value, found);
                    self.text(owner, "", &place, &mut key, found);
                    kept.insert(key, value);
                }
                *fields = kept;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Text under a key: some kinds of secrets are recognised by their name.
    fn text(
        &self,
        owner: &LeakSubject,
        key: &str,
        place: &str,
        text: &mut String,
        found: &mut Vec<UnplacedSecret>,
    ) {
        let called = if key.is_empty() { 0 } else { key.len() + 2 };
        let whole = if key.is_empty() { text.clone() } else { format!("{key}: {text}") };
        let hits = workspace::secrets(whole.as_bytes()).filter_map(|hit| hit.after(called));
        let hits: Vec<SecretMatch> = hits.collect();
        if hits.is_empty() || self.allowed.matches(&owner.subject) {
            return;
        }
        found.extend(hits.iter().map(|hit| UnplacedSecret {
            place: format!("{} of {}", shown(place), shown(&owner.of)),
            value: text[hit.range.clone()].to_owned(),
            reason: reason(text, hit),
            allow: shown(&owner.subject).replace('…', "*"),
        }));
        *text = workspace::mask(text, hits);
    }

    /// Place of a value in the source: the first of these files that holds it, else a line of the
    /// first one.
    fn located(&self, found: UnplacedSecret, files: &[String], line: Option<usize>) -> Leak {
        let UnplacedSecret { place, value, reason, allow } = found;
        let sought = value.lines().max_by_key(|line| line.len()).unwrap_or_default().as_bytes();
        let at = files.iter().find_map(|path| {
            let bytes = fs::read(&self.root.join(path)).ok()?;
            let at = bytes.windows(sought.len().max(1)).position(|bytes| bytes == sought)?;
            Some((path.clone(), Some(workspace::line_of(&bytes, at))))
        });
        let (path, line) = at.unwrap_or_else(|| (files.first().cloned().unwrap_or_default(), line));
        Leak { path, line, property: Some(place), reason, allow }
    }

    /// Adds the place at which the agent sets a setting whose value is computed.
    fn place(&self, leak: &mut Leak) {
        let key = leak.allow.strip_prefix("agent/").unwrap_or_default();
        // The place of the text, or else of its name in the agent.
        let found = [false, true]
            .iter()
            .find_map(|is_own| reader::edit_site(self.root, &[key], *is_own).ok());
        let Some(place) = found else { return };
        let Ok(bytes) = fs::read(&place.file) else { return };
        (leak.line, leak.path) = (Some(workspace::line_of(&bytes, place.range.start)), place.path);
    }

    /// The files that the agent was read from and that are left out, or would be, as secrets.
    pub fn files<S: Source + ?Sized>(
        &self,
        agent: &Agent,
        snapshot: &Snapshot,
        objects: &S,
    ) -> Result<Vec<Leak>> {
        let mut finder = PathFinder::new(snapshot.tree);
        let mut leaks = Vec::new();
        for path in &agent.files {
            if self.allowed.matches(path) || finder.find(objects, path)?.is_some() {
                continue;
            }
            let is_left_out = |left: &str| path == left || path.starts_with(&format!("{left}/"));
            let left_out = snapshot.skipped.iter().find(|skipped| is_left_out(&skipped.path));
            let bytes = fs::read_if_exists(&self.root.join(path))?.unwrap_or_default();
            // One that is no part of the snapshot for another reason may be a secret too.
            let why = workspace::secret_file(path, &bytes)
                .or_else(|| left_out.map(|one| one.reason.clone()));
            let Some(why) = why else { continue };
            let text = String::from_utf8_lossy(&bytes);
            let hit = workspace::secrets(text.as_bytes()).next();
            let line = hit.as_ref().map(|hit| workspace::line_of(text.as_bytes(), hit.range.start));
            let reason =
                hit.map_or_else(|| format!("is left out ({why})"), |hit| reason(&text, &hit));
            leaks.push(Leak {
                path: path.clone(),
                line,
                property: None,
                reason,
                allow: path.clone(),
            });
        }
        Ok(leaks)
    }
}

/// Owner of a leaked value: the argument that allows it, and words for a person.
struct LeakSubject {
    subject: String,
    of: String,
}

impl LeakSubject {
    fn of(primitive: &Primitive) -> LeakSubject {
        let subject = format!("{}/{}", primitive.kind.word, primitive.name);
        LeakSubject { subject, of: format!("{} \"{}\"", primitive.kind.one, primitive.name) }
    }
}

/// A secret before it is known where it is written.
struct UnplacedSecret {
    place: String,
    value: String,
    reason: String,
    allow: String,
}

/// True if a value below a key has a secret. Most have none, and need no names of places. `line` is reused.
fn has_secret(key: &str, value: &Value, line: &mut String) -> bool {
    match value {
        Value::String(text) => is_secret(key, text, line),
        Value::Array(items) => items.iter().any(|item| has_secret(key, item, line)),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, value)| has_secret(key, value, line) || is_secret("", key, line)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// True if a text has a secret: some kinds are recognised by the key before it.
fn is_secret(key: &str, text: &str, line: &mut String) -> bool {
    line.clear();
    if !key.is_empty() {
        line.extend([key, ": "]);
    }
    let called = line.len();
    line.push_str(text);
    workspace::secrets(line.as_bytes()).any(|hit| hit.after(called).is_some())
}

/// A value without any secret in it.
pub fn masked(value: &Value) -> Value {
    let mut value = value.clone();
    let owner = LeakSubject { subject: String::new(), of: String::new() };
    SecretGuard::new(Path::new(""), &[]).value(&owner, "", "", &mut value, &mut Vec::new());
    value
}

/// A text without any secret in it.
pub fn shown(text: &str) -> String {
    workspace::masked(text).unwrap_or_else(|| text.to_owned())
}
