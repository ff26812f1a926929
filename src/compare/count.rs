//! Number of differences between two states, without opening the things that differ.

use super::{differs, settings, settings_that_differ};
use crate::error::Result;
use crate::history::state::{Content, PERSONA_OBJECT, PERSONA_TEXT, SETTINGS, State};
use crate::object::{Id, Source, Tree, TreeEntry};
use std::collections::BTreeSet;

/// As many as `between` would list: primitives, the persona, settings. Only trees are read, and settings and
/// reaches where they differ.
pub fn count<S: Source + ?Sized>(source: &S, from: Option<&Id>, to: Option<&Id>) -> Result<usize> {
    let tree = |id: Option<&Id>| id.map_or_else(|| Ok(Tree::default()), |id| source.tree(id));
    let (from, to) = (tree(from)?, tree(to)?);
    let persona = |tree: &Tree| {
        [PERSONA_TEXT, PERSONA_OBJECT].map(|name| tree.get(name).map(|entry| entry.id))
    };
    let mut count = usize::from(persona(&from) != persona(&to));
    for (old, new) in differing(&from, &to) {
        let is_folder =
            |entry: Option<&TreeEntry>| entry.is_some_and(|entry| entry.mode.is_directory());
        let name = old.or(new).map_or("", |entry| &entry.name);
        if is_folder(old) || is_folder(new) {
            count += primitives(source, old.map(|entry| &entry.id), new.map(|entry| &entry.id))?;
        } else if name == SETTINGS {
            count += settings_count(source, old, new)?;
        }
    }
    Ok(count)
}

/// Entries of one name that are not the same on both sides.
fn differing<'t>(
    old: &'t Tree,
    new: &'t Tree,
) -> impl Iterator<Item = (Option<&'t TreeEntry>, Option<&'t TreeEntry>)> {
    let names: BTreeSet<&str> =
        old.entries().iter().chain(new.entries()).map(|entry| &*entry.name).collect();
    names.into_iter().map(|name| (old.get(name), new.get(name))).filter(|(old, new)| old != new)
}

fn primitives<S: Source + ?Sized>(source: &S, old: Option<&Id>, new: Option<&Id>) -> Result<usize> {
    let tree = |id: Option<&Id>| id.map_or_else(|| Ok(Tree::default()), |id| source.tree(id));
    let (old, new) = (tree(old)?, tree(new)?);
    let mut count = 0;
    for pair in differing(&old, &new) {
        count += match pair {
            (Some(old), Some(new)) => usize::from(differs(
                source,
                &Content::of(source, &old.id)?,
                &Content::of(source, &new.id)?,
            )?),
            _ => 1,
        };
    }
    Ok(count)
}

fn settings_count<S: Source + ?Sized>(
    source: &S,
    old: Option<&TreeEntry>,
    new: Option<&TreeEntry>,
) -> Result<usize> {
    let state = |entry: Option<&TreeEntry>| State {
        settings: entry.map(|entry| entry.id),
        ..State::default()
    };
    let (old, new) = (settings(source, &state(old))?, settings(source, &state(new))?);
    Ok(settings_that_differ(&old, &new).len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::between;
    use crate::history::state::{DEFINITION, PersonaId, REACH};
    use crate::object::{Memory, Sink};
    use proptest::prelude::*;

    fn blob(memory: &mut Memory, text: &str) -> Id {
        memory.put_blob(text.as_bytes().to_vec(), None).unwrap()
    }

    /// A state of two kinds, up to three primitives each, from a few numbers.
    fn state(memory: &mut Memory, parts: &[u8]) -> Id {
        let mut state = State::default();
        for (at, part) in parts.iter().enumerate() {
            let text = format!("{{\"value\":{part}}}");
            match at {
                0 => state.settings = Some(blob(memory, &text)),
                1 => {
                    state.persona =
                        Some(PersonaId { id: blob(memory, &text), is_object: part % 2 == 0 })
                }
                _ if *part == 0 => {}
                _ => {
                    let (definition, reach) = (blob(memory, &text), blob(memory, "{}"));
                    // The same content in another tree is no change.
                    let mut entries = vec![
                        TreeEntry::file(DEFINITION, definition),
                        TreeEntry::file(REACH, reach),
                    ];
                    entries.extend((*part > 2).then(|| TreeEntry::file("beside", definition)));
                    let tree = memory.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
                    let folder = if at % 2 == 0 { "skills" } else { "jobs" };
                    state.primitives.insert(format!("{folder}/p{at}"), tree);
                }
            }
        }
        state.store(memory, None).unwrap()
    }

    proptest! {
        #[test]
        fn counting_agrees_with_the_full_comparison(old in proptest::array::uniform8(0u8..4), new in proptest::array::uniform8(0u8..4)) {
            let mut memory = Memory::default();
            let (old, new) = (state(&mut memory, &old), state(&mut memory, &new));
            let full = between(&memory, Some(&old), Some(&new)).unwrap().count();
            prop_assert_eq!(count(&memory, Some(&old), Some(&new)).unwrap(), full);
            let full = between(&memory, None, Some(&new)).unwrap().count();
            prop_assert_eq!(count(&memory, None, Some(&new)).unwrap(), full);
        }
    }
}
