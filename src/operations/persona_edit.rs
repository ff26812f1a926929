//! Persona edit: the persona of a pushed project set in its TypeScript, without a folder of the project.
//!
//! The state keeps everything else, numbers included: nothing is built anew, so that a server that lacks the packages of the
//! project changes nothing else of it.

use super::stock;
use crate::error::{Error, Result};
use crate::history::record::{Author, SourceRecord};
use crate::history::rules;
use crate::history::source::{self, SourceVersion};
use crate::history::state::{PersonaId, State};
use crate::model::json;
use crate::model::numbers::{self, PERSONA};
use crate::object::{self, Id, Mode, Sink, Source, Tree, TreeEntry};
use crate::operations::build::PushScope;
use crate::reader::edit::{self, AgentField};
use serde_json::{Map, Value};

/// Key of a value that code computes, with its source.
const COMPUTED: &str = "$source";

/// A new source version that differs from the one before by the persona alone.
pub struct PersonaPush {
    /// The tree that the ref will name.
    pub id: Id,
    pub at_ms: i64,
    pub state: Id,
    pub files: Id,
}

/// Texts of a persona: one, or the named ones of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonaTexts(pub Vec<(Option<String>, String)>);

impl PersonaTexts {
    /// Texts of a stored persona. Values of an object that are no texts are not among them.
    pub fn of(content: &str, is_object: bool) -> Result<PersonaTexts> {
        if !is_object {
            return Ok(PersonaTexts(vec![(None, content.to_owned())]));
        }
        let object: Map<String, Value> = json::decode(content.as_bytes(), "persona")?;
        if object.contains_key(COMPUTED) {
            return Ok(PersonaTexts::default());
        }
        let text = |(key, value): (String, Value)| match value {
            Value::String(text) => Some((Some(key), text)),
            _ => None,
        };
        Ok(PersonaTexts(object.into_iter().filter_map(text).collect()))
    }

    /// The stored form of a persona with these texts in it.
    pub fn put_into(&self, content: &str, is_object: bool) -> Result<String> {
        if !is_object {
            return Ok(self.0.first().map(|(_, text)| text.clone()).unwrap_or_default());
        }
        let mut object: Map<String, Value> = json::decode(content.as_bytes(), "persona")?;
        for (key, text) in &self.0 {
            let known = key.as_ref().and_then(|key| object.get_mut(key));
            known.into_iter().for_each(|value| *value = Value::String(text.clone()));
        }
        let bytes = json::encode_value(&Value::Object(object))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Puts the next source version.
pub fn push<S: Source + Sink>(
    objects: &mut S,
    pushed: &SourceVersion,
    (texts, message): (&PersonaTexts, &str),
    who: &Author,
) -> Result<PersonaPush> {
    let old = State::load(objects, &pushed.state)?;
    let is_object = old.persona.is_some_and(|persona| persona.is_object);
    let before = old.persona.map(|persona| persona.id);
    let bytes = before.map_or(Ok(Vec::new()), |id| objects.blob(&id))?;
    let content = String::from_utf8_lossy(&bytes);
    let known = PersonaTexts::of(&content, is_object)?;
    let changed = texts.0.iter().filter(|text| !known.0.contains(text));
    let files = edited(objects, pushed.source, changed)?;
    let floor = source::floor(&old, Some(pushed));
    let number = numbers::next_persona(floor.get(PERSONA).map(String::as_str))?;
    let id = objects.put_blob(texts.put_into(&content, is_object)?.into_bytes(), before)?;
    let mut state = old.clone();
    state.persona = Some(PersonaId { id, is_object });
    state.numbers.insert(PERSONA.to_owned(), number);
    let state_id = state.store(objects, Some(pushed.state))?;
    let record = SourceRecord {
        by: who.by.clone(),
        at_ms: rules::clamp_time(who.at_ms, Some(pushed.record.at_ms)),
        triggered_by: PushScope::Persona.triggered_by(),
        message: Some(message.to_owned()),
        highest: source::highest(Some(pushed), &old, &state),
        unread: None,
    };
    let id = source::put(objects, &record, state_id, files, Some(pushed))?;
    Ok(PersonaPush { id, at_ms: record.at_ms, state: state_id, files })
}

/// The tree of files with other texts in it.
fn edited<'t, S: Source + Sink>(
    objects: &mut S,
    files: Id,
    changed: impl Iterator<Item = &'t (Option<String>, String)>,
) -> Result<Id> {
    let (mut held, mut tree) = (stock::files_of(objects, files)?, files);
    for (part, text) in changed {
        let field = part.clone().map_or(AgentField::Persona, AgentField::PersonaPart);
        let edited = edit::preview_files(&held, &field, text)?;
        let path = edited.path;
        let entry = object::entry_at(objects, &tree, &path)?;
        let Some(entry) = entry.filter(|entry| entry.mode.is_file()) else {
            return Err(Error::failed(format!("cannot edit \"{path}\": it is a link"))
                .hint("change it in the project, and push it"));
        };
        let bytes = edited.after.into_bytes();
        let blob = objects.put_blob(bytes.clone(), Some(entry.id))?;
        tree = with_file(objects, tree, &path, (entry.mode, blob))?;
        held.insert(path, bytes);
    }
    Ok(tree)
}

/// The tree with other bytes in a file that it has.
fn with_file<S: Source + Sink>(
    objects: &mut S,
    tree: Id,
    path: &str,
    file: (Mode, Id),
) -> Result<Id> {
    let old = objects.tree(&tree)?;
    let (name, rest) = path.split_once('/').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let new = match rest {
        None => TreeEntry::new(name, file.0, file.1),
        Some(rest) => {
            TreeEntry::directory(name, with_file(objects, old.require(name)?, rest, file)?)
        }
    };
    let others = old.entries().iter().filter(|other| *other.name != *name).cloned();
    objects.put_tree(&Tree::new(others.chain([new]).collect())?, Some(tree))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_an_object_are_put_back_and_nothing_else_changes() {
        let content = r#"{"base":"a","examples":["x"],"voice":"calm"}"#;
        let mut texts = PersonaTexts::of(content, true).unwrap();
        let part = |name: &str, text: &str| (Some(name.to_owned()), text.to_owned());
        assert_eq!(texts.0, [part("base", "a"), part("voice", "calm")]);
        assert_eq!(texts.put_into(content, true).unwrap(), content);
        texts.0 = vec![part("voice", "kind\n"), part("unknown", "x")];
        let changed = r#"{"base":"a","examples":["x"],"voice":"kind\n"}"#;
        assert_eq!(texts.put_into(content, true).unwrap(), changed);
        let computed = PersonaTexts::of(r#"{"$source":"process.env.NAME"}"#, true).unwrap();
        assert_eq!(computed, PersonaTexts::default());
        let plain = PersonaTexts::of("You are Ava.", false).unwrap();
        assert_eq!(plain.put_into("", false).unwrap(), "You are Ava.");
    }
}
