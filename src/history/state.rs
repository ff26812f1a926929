//! State: the content of an agent at one push. In memory it is the ids of its parts, which is
//! enough to compare, to carry unchanged parts over, and to store it again.

use crate::error::{Error, Result};
use crate::model::agent::Primitive;
use crate::model::kind::Kind;
pub use crate::model::names::CODE;
use crate::model::numbers::Numbers;
use crate::model::{json, names};
use crate::object::{Id, Mode, Sink, Source, Tree, TreeEntry};
use serde_json::Value;
use std::collections::BTreeMap;

/// Entries of a state tree beside the folders of primitives.
pub const SETTINGS: &str = "agent.json";
pub const PERSONA_TEXT: &str = "persona";
pub const PERSONA_OBJECT: &str = "persona.json";
pub const NUMBERS: &str = "versions.json";

/// Entries of a primitive's tree.
pub const DEFINITION: &str = "definition.json";
pub const REACH: &str = "reach.json";
pub const MODULES: &str = "modules";

/// Field of a definition of which only the name and the number are known. The number is in it, so that two such definitions
/// differ.
pub const UNKNOWN_CONTENT: &str = "unknownContentOf";

/// The persona's blob, and whether it is text or canonical JSON of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonaId {
    pub id: Id,
    pub is_object: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub settings: Option<Id>,
    pub persona: Option<PersonaId>,
    /// Trees of primitives by `folder/name`, the name encoded as a tree name.
    pub primitives: BTreeMap<String, Id>,
    pub numbers: Numbers,
}

impl State {
    /// Names of the voices, which are in no version of the Lua platform and are not sent to it.
    pub fn voices(&self) -> impl Iterator<Item = String> {
        let keys = self.primitives.keys().filter_map(|key| parse_key(key));
        keys.filter(|(kind, _)| kind.word == "voice").map(|(_, name)| name)
    }

    pub fn load<S: Source + ?Sized>(source: &S, id: &Id) -> Result<State> {
        let tree = source.tree(id)?;
        let numbers = match tree.get(NUMBERS) {
            Some(entry) => json::decode(&source.blob(&entry.id)?, NUMBERS)?,
            None => Numbers::default(),
        };
        State::of(source, &tree, numbers)
    }

    /// The state of a tree whose numbers were read.
    pub fn of<S: Source + ?Sized>(source: &S, tree: &Tree, numbers: Numbers) -> Result<State> {
        let mut state = State { numbers, ..State::default() };
        for entry in tree.entries() {
            match &*entry.name {
                SETTINGS => state.settings = Some(entry.id),
                PERSONA_TEXT => state.persona = Some(PersonaId { id: entry.id, is_object: false }),
                PERSONA_OBJECT => state.persona = Some(PersonaId { id: entry.id, is_object: true }),
                NUMBERS => {}
                folder if entry.mode.is_directory() => {
                    let primitives = source.tree(&entry.id)?;
                    let keyed =
                        primitives.entries().iter().map(|p| (format!("{folder}/{}", p.name), p.id));
                    state.primitives.extend(keyed);
                }
                other => {
                    return Err(Error::corrupt(format!(
                        "a state has an unknown entry \"{other}\""
                    )));
                }
            }
        }
        Ok(state)
    }

    /// Stores the state. `base` is the state before it.
    pub fn store<S: Source + Sink>(&self, sink: &mut S, base: Option<Id>) -> Result<Id> {
        let old = match base {
            Some(id) => sink.tree(&id)?,
            None => Tree::default(),
        };
        let old_id = |name: &str| old.get(name).map(|entry| entry.id);
        let mut entries = Vec::new();
        entries.extend(self.settings.map(|id| TreeEntry::file(SETTINGS, id)));
        entries.extend(self.persona.map(|p| {
            TreeEntry::file(if p.is_object { PERSONA_OBJECT } else { PERSONA_TEXT }, p.id)
        }));
        let numbers = sink.put_blob(json::encode(&self.numbers)?, old_id(NUMBERS))?;
        entries.push(TreeEntry::file(NUMBERS, numbers));
        for (folder, primitives) in self.folders() {
            let tree = Tree::new(primitives)?;
            entries.push(TreeEntry::directory(folder, sink.put_tree(&tree, old_id(folder))?));
        }
        sink.put_tree(&Tree::new(entries)?, base)
    }

    fn folders(&self) -> BTreeMap<&str, Vec<TreeEntry>> {
        let mut folders: BTreeMap<&str, Vec<TreeEntry>> = BTreeMap::new();
        for (key, id) in &self.primitives {
            let (folder, name) = key.split_once('/').unwrap_or((key, ""));
            folders.entry(folder).or_default().push(TreeEntry::new(name, Mode::Directory, *id));
        }
        folders
    }
}

/// Identity of a primitive's content: the ids of its definition and of its reach. Two primitives
/// with the same one are unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    pub definition: Id,
    pub reach: Id,
}

impl Content {
    pub fn of<S: Source + ?Sized>(source: &S, primitive: &Id) -> Result<Content> {
        let tree = source.tree(primitive)?;
        Ok(Content { definition: tree.require(DEFINITION)?, reach: tree.require(REACH)? })
    }
}

/// Number of a definition of which nothing else is known but the name.
pub fn unknown_content(definition: &Value) -> Option<&str> {
    let fields = definition.as_object().filter(|fields| fields.len() == 2)?;
    fields.get("name")?;
    fields.get(UNKNOWN_CONTENT)?.as_str()
}

/// The key of a primitive in a state: `skills/user-skill`.
pub fn key_of(primitive: &Primitive) -> String {
    format!("{}/{}", primitive.kind.folder, names::encode(&primitive.name))
}

/// Kind and name of a key; `None` for one that no primitive can have.
pub fn parse_key(key: &str) -> Option<(&'static Kind, String)> {
    let (folder, entry) = key.split_once('/')?;
    Some((Kind::of_folder(folder)?, names::decode(entry)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Memory;

    #[test]
    fn a_state_comes_back() {
        let mut memory = Memory::default();
        let blob = |n: u8| Id::from_bytes([n; 32]);
        let mut state = State { settings: Some(blob(1)), ..State::default() };
        state.persona = Some(PersonaId { id: blob(2), is_object: true });
        for (key, number) in
            [("skills/a", "1.0.0"), ("skills/b", "1.0.3"), ("jobs/nightly", "2.0.0")]
        {
            state.primitives.insert(key.into(), blob(number.as_bytes()[0]));
            state.numbers.insert(key.into(), number.into());
        }
        let id = state.store(&mut memory, None).unwrap();
        assert_eq!(State::load(&memory, &id).unwrap(), state);
        assert_eq!(state.store(&mut memory, Some(id)).unwrap(), id);
    }

    #[test]
    fn an_unknown_entry_is_damage() {
        let mut memory = Memory::default();
        let blob = memory.put_blob(b"x".to_vec(), None).unwrap();
        let tree = Tree::new(vec![TreeEntry::file("stranger", blob)]).unwrap();
        let id = memory.put_tree(&tree, None).unwrap();
        assert!(State::load(&memory, &id).unwrap_err().message().contains("stranger"));
    }
}
