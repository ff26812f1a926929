//! State of a push, built from the agent that was read.
//!
//! Every entry is stored; an entry with the content of the previous state keeps its tree and its
//! number, and a changed one gets the next number. Called by `operations::stage`, for a push as for
//! its preview.

use super::same::EarlierState;
use crate::compare::{self, PushChange, PushedItem};
use crate::error::{Error, Result};
use crate::history::state::{
    CODE, Content, DEFINITION, MODULES, PersonaId, REACH, SETTINGS, State, key_of, parse_key,
};
use crate::model::agent::{Agent, ORDER, Persona, Primitive};
use crate::model::json;
use crate::model::kind::Kind;
use crate::model::numbers::{self, Numbers, PERSONA};
use crate::object::{Id, Mode, PathFinder, Sink, Source, Tree, TreeEntry, nest};
use crate::operations::compiled_code;
use crate::operations::leak::SecretGuard;
use crate::operations::stock_manifest::StockManifest;
use crate::reader::cache::PrimitiveIds;
use crate::reader::compiled::Dist;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::path::Path;

/// Entries of the pushed state that a push changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushScope {
    All,
    /// The persona and the agent's settings, which the stock command pushes together.
    Persona,
    /// All primitives of a kind, or the one of that name.
    Kind(&'static Kind, Option<String>),
    /// None: only the files are kept.
    Backup,
}

/// Inputs of a state.
pub struct Input<'a> {
    pub root: &'a Path,
    pub agent: &'a Agent,
    /// Ids of its primitives in their order; none where they are not known.
    pub ids: &'a [PrimitiveIds],
    /// Output of `lua compile` for the same files.
    pub dist: &'a Dist,
    /// Filter for the parts of it that may be stored.
    pub guard: &'a SecretGuard<'a>,
    pub manifest: &'a StockManifest,
    pub scope: &'a PushScope,
    pub set_version: Option<&'a str>,
    /// The tree of the project's files in the same push.
    pub files: Id,
    pub base: &'a Base,
}

/// State on which a new one is built.
pub struct Base {
    pub state: State,
    /// The highest number ever given to each entry.
    pub floor: Numbers,
    /// The tree of the project's files that the state was made of.
    pub source: Option<Id>,
}

/// Next state, and the result for each entry in scope.
pub struct Built {
    pub state: State,
    pub items: Vec<PushedItem>,
}

pub fn build<S: Source + Sink>(sink: &mut S, input: &Input) -> Result<Built> {
    let earlier = EarlierState::new(input.root, input.files, input.base.source);
    let mut builder =
        Builder { sink, input, earlier, files: PathFinder::new(input.files), items: Vec::new() };
    let mut state = input.base.state.clone();
    if matches!(input.scope, PushScope::All | PushScope::Persona) {
        builder.settings(&mut state)?;
        builder.persona(&mut state)?;
    }
    let (primitives, ids) = (&input.agent.primitives, input.ids);
    let all = primitives.iter().enumerate().map(|(at, one)| (one, ids.get(at)));
    let in_scope: Vec<_> = all.filter(|(one, _)| input.scope.has(one.kind, &one.name)).collect();
    builder.remove_absent(&mut state, in_scope.iter().map(|(one, _)| *one));
    for (primitive, ids) in in_scope {
        builder.primitive(&mut state, primitive, ids)?;
    }
    Ok(Built { state, items: builder.items })
}

impl PushScope {
    fn has(&self, kind: &'static Kind, name: &str) -> bool {
        match self {
            PushScope::All => true,
            PushScope::Kind(wanted, None) => *wanted == kind,
            PushScope::Kind(wanted, Some(wanted_name)) => *wanted == kind && wanted_name == name,
            PushScope::Persona | PushScope::Backup => false,
        }
    }

    /// Cause of a push for its record, in the stock command's words.
    pub fn triggered_by(&self) -> String {
        match self {
            PushScope::All => "batch push".to_owned(),
            PushScope::Persona => "push persona".to_owned(),
            PushScope::Kind(kind, Some(name)) => format!("push {} {name}", kind.word),
            PushScope::Kind(kind, None) => format!("push {}", kind.word),
            PushScope::Backup => "manual push backup".to_owned(),
        }
    }
}

struct Builder<'a, S> {
    sink: &'a mut S,
    input: &'a Input<'a>,
    earlier: EarlierState<'a>,
    files: PathFinder,
    items: Vec<PushedItem>,
}

impl<S: Source + Sink> Builder<'_, S> {
    fn settings(&mut self, state: &mut State) -> Result<()> {
        let mut settings = self.input.agent.settings.clone();
        settings.insert("name".to_owned(), self.input.agent.name.clone().into());
        let order = self.input.agent.order();
        if !order.is_empty() {
            settings.insert(ORDER.to_owned(), order.clone().into());
        }
        let old = self.input.base.state.settings;
        let mut before: Map<String, Value> = match old {
            Some(old) => json::decode(&self.sink.blob(&old)?, SETTINGS)?,
            None => Map::new(),
        };
        // Older settings say nothing of order; the files of that time do.
        if old.is_some() && !before.contains_key(ORDER) && !order.is_empty() {
            let order = self.earlier.order(self.sink, &order)?;
            before.extend(order.map(|order| (ORDER.to_owned(), order.into())));
        }
        let is_same = compare::settings_that_differ(&before, &settings).is_empty();
        let id = match old {
            Some(old) if before == settings => old,
            _ => self.sink.put_blob(json::encode(&settings)?, old)?,
        };
        // Added and removed primitives are reported as such.
        let change = if old.is_some() && is_same {
            PushChange::Unchanged
        } else {
            change_of(old.as_ref(), &id)
        };
        state.settings = Some(id);
        let name = self.input.agent.name.clone();
        self.items.push(PushedItem {
            kind: "agent",
            name,
            before: None,
            after: None,
            change,
            rebundled: false,
        });
        Ok(())
    }

    fn persona(&mut self, state: &mut State) -> Result<()> {
        let (bytes, is_object) = match &self.input.agent.persona {
            None => {
                self.drop_persona(state);
                return Ok(());
            }
            Some(Persona::Text(text)) => (text.as_bytes().to_vec(), false),
            Some(Persona::Object(value)) => (json::encode_value(value)?, true),
        };
        let id =
            self.sink.put_blob(bytes, self.input.base.state.persona.map(|persona| persona.id))?;
        let persona = PersonaId { id, is_object };
        let change = change_of(self.input.base.state.persona.as_ref(), &persona);
        state.persona = Some(persona);
        let before = self
            .input
            .base
            .state
            .numbers
            .get(PERSONA)
            .cloned()
            .filter(|_| self.input.base.state.persona.is_some());
        let after = match (&before, change) {
            (Some(number), PushChange::Unchanged) => number.clone(),
            _ => numbers::next_persona(self.input.base.floor.get(PERSONA).map(String::as_str))?,
        };
        state.numbers.insert(PERSONA.to_owned(), after.clone());
        self.items.push(PushedItem {
            kind: "persona",
            name: "persona".to_owned(),
            before,
            after: Some(after),
            change,
            rebundled: false,
        });
        Ok(())
    }

    fn drop_persona(&mut self, state: &mut State) {
        let before = state.numbers.remove(PERSONA);
        if state.persona.take().is_some() {
            let item = PushedItem {
                kind: "persona",
                name: "persona".to_owned(),
                before,
                after: None,
                change: PushChange::Removed,
                rebundled: false,
            };
            self.items.push(item);
        }
    }

    /// Removes entries in scope that the project no longer has.
    fn remove_absent<'p>(
        &mut self,
        state: &mut State,
        present: impl Iterator<Item = &'p Primitive>,
    ) {
        let keys: Vec<String> = state.primitives.keys().cloned().collect();
        let present: HashSet<String> = present.map(key_of).collect();
        for key in keys.into_iter().filter(|key| !present.contains(key)) {
            let Some((kind, name)) = parse_key(&key) else { continue };
            if !self.input.scope.has(kind, &name) {
                continue;
            }
            state.primitives.remove(&key);
            let before = state.numbers.remove(&key);
            let (after, change) = (None, PushChange::Removed);
            self.items.push(PushedItem {
                kind: kind.word,
                name,
                before,
                after,
                change,
                rebundled: false,
            });
        }
    }

    fn primitive(
        &mut self,
        state: &mut State,
        primitive: &Primitive,
        ids: Option<&PrimitiveIds>,
    ) -> Result<()> {
        let key = key_of(primitive);
        let old_tree = self.input.base.state.primitives.get(&key).copied();
        let old = old_tree.map(|tree| Content::of(self.sink, &tree)).transpose()?;
        let content = self.content(primitive, ids, old.as_ref())?;
        let change = match (old_tree, &old) {
            (Some(tree), Some(old))
                if *old == content || self.earlier.has(self.sink, &tree, old, primitive)? =>
            {
                PushChange::Unchanged
            }
            _ => change_of(old.as_ref(), &content),
        };
        let rebundled = match (old_tree, self.input.dist.output()) {
            (Some(tree), Some(output)) if change == PushChange::Unchanged => {
                compiled_code::is_rebundled(self.sink, output, primitive, &tree)?
            }
            _ => false,
        };
        let before = self.input.base.state.numbers.get(&key).cloned();
        let after = self.number(primitive, &key, change)?;
        if change != PushChange::Unchanged {
            let tree = self.store(primitive, &content, old_tree)?;
            state.primitives.insert(key.clone(), tree);
        }
        // A number set by hand is news even where the content is not.
        let change = if before.as_ref() != Some(&after) && change == PushChange::Unchanged {
            PushChange::Changed
        } else {
            change
        };
        state.numbers.insert(key, after.clone());
        self.items.push(PushedItem {
            kind: primitive.kind.word,
            name: primitive.name.clone(),
            before,
            after: Some(after),
            change,
            rebundled,
        });
        Ok(())
    }

    fn number(&self, primitive: &Primitive, key: &str, change: PushChange) -> Result<String> {
        let highest = self.input.base.floor.get(key).map(String::as_str);
        if let Some(wanted) = self.input.set_version {
            numbers::choose(wanted)?;
            return match highest {
                Some(taken) if !numbers::is_past(wanted, taken) => {
                    Err(number_taken(primitive, wanted, taken))
                }
                _ => Ok(wanted.to_owned()),
            };
        }
        match (self.input.base.state.numbers.get(key), change) {
            (Some(number), PushChange::Unchanged) => Ok(number.clone()),
            _ => {
                let stated = self.input.manifest.version(primitive.kind, &primitive.name);
                numbers::next(highest.or(stated.filter(|number| numbers::choose(number).is_ok())))
            }
        }
    }

    fn content(
        &mut self,
        primitive: &Primitive,
        ids: Option<&PrimitiveIds>,
        old: Option<&Content>,
    ) -> Result<Content> {
        let known = ids.map(|ids| Content { definition: ids.definition, reach: ids.reach });
        // The blobs of the earlier state are stored.
        if let Some(known) = known.filter(|known| old == Some(known)) {
            return Ok(known);
        }
        let definition = json::encode_value(&primitive.definition)?;
        let reach = json::encode_value(&primitive.reach.to_json())?;
        Ok(Content {
            definition: self.sink.put_blob(definition, old.map(|old| old.definition))?,
            reach: self.sink.put_blob(reach, old.map(|old| old.reach))?,
        })
    }

    /// Stores the tree of a new or changed primitive, with the files it reaches byte for byte, and
    /// the compiler's output for it.
    fn store(&mut self, primitive: &Primitive, content: &Content, old: Option<Id>) -> Result<Id> {
        let mut entries = vec![
            TreeEntry::file(DEFINITION, content.definition),
            TreeEntry::file(REACH, content.reach),
        ];
        let before = old.map(|old| self.sink.tree(&old)).transpose()?.unwrap_or_default();
        let base = |name: &str| before.get(name).map(|entry| entry.id);
        let paths: Vec<&String> = primitive.reach.modules.keys().collect();
        if !paths.is_empty() {
            let files = self.reached(&paths)?;
            if !files.is_empty() {
                entries
                    .push(TreeEntry::directory(MODULES, nest(self.sink, &files, base(MODULES))?));
            }
        }
        if let Some(output) = self.input.dist.output() {
            let Input { root, agent, guard, .. } = *self.input;
            let code = compiled_code::store(
                self.sink,
                root,
                output,
                (agent, primitive),
                guard,
                base(CODE),
            )?;
            entries.extend(code.map(|code| TreeEntry::directory(CODE, code)));
        }
        self.sink.put_tree(&Tree::new(entries)?, old)
    }

    fn reached<'p>(&mut self, paths: &[&'p String]) -> Result<Vec<(&'p str, Mode, Id)>> {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let entry = match self.files.find(self.sink, path)? {
                Some(entry) => entry,
                // A secret, or a file beside the project.
                None => continue,
            };
            files.push((path.as_str(), entry.mode, entry.id));
        }
        files.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
        Ok(files)
    }
}

fn change_of<T: PartialEq>(old: Option<&T>, new: &T) -> PushChange {
    match old {
        None => PushChange::New,
        Some(old) if old == new => PushChange::Unchanged,
        Some(_) => PushChange::Changed,
    }
}

fn number_taken(primitive: &Primitive, wanted: &str, taken: &str) -> Error {
    let subject = format!("{} \"{}\"", primitive.kind.one, primitive.name);
    Error::usage(format!("cannot give {subject} the version {wanted}: it has had {taken} already"))
        .hint("a number is never used twice: choose one past it, or leave `--set-version` out")
}
