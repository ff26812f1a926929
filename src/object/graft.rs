//! Graft: a tree with the entry at one path replaced, added or removed.

use super::{Id, Memory, Mode, Overlay, Sink, Source, Tree, TreeEntry};
use crate::error::Result;

/// The tree with this entry at the path, or with none there. Folders that become empty go, and those that are missing
/// come. New trees are put into the memory.
pub fn graft(
    memory: &mut Memory,
    objects: &dyn Source,
    tree: Id,
    path: &str,
    entry: Option<(Mode, Id)>,
) -> Result<Id> {
    let parts: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    match replaced(memory, objects, Some(tree), &parts, entry)? {
        Some(id) => Ok(id),
        None => memory.put_tree(&Tree::default(), None),
    }
}

/// The tree after it; `None` where nothing would be in it.
fn replaced(
    memory: &mut Memory,
    objects: &dyn Source,
    tree: Option<Id>,
    parts: &[&str],
    entry: Option<(Mode, Id)>,
) -> Result<Option<Id>> {
    let [name, rest @ ..] = parts else { return Ok(entry.map(|(_, id)| id)) };
    let old = match tree {
        Some(id) => Overlay(memory, objects).tree(&id)?,
        None => Tree::default(),
    };
    let before = old.get(name);
    let below = before.filter(|entry| entry.mode.is_directory()).map(|entry| entry.id);
    let new = match (rest.is_empty(), entry) {
        (true, _) => entry.map(|(mode, id)| TreeEntry::new(name, mode, id)),
        (false, None) if below.is_none() => before.cloned(),
        (false, _) => {
            replaced(memory, objects, below, rest, entry)?.map(|id| TreeEntry::directory(name, id))
        }
    };
    let others = old.entries().iter().filter(|other| *other.name != **name).cloned();
    let entries: Vec<TreeEntry> = others.chain(new).collect();
    if entries.is_empty() {
        return Ok(None);
    }
    memory.put_tree(&Tree::new(entries)?, None).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{leaves, nest};

    fn id(n: u8) -> Id {
        Id::from_bytes([n; 32])
    }

    #[test]
    fn one_path_is_replaced_and_the_rest_stays() {
        let mut memory = Memory::default();
        let files =
            [("a/b/x", Mode::File, id(1)), ("a/c", Mode::File, id(2)), ("d", Mode::File, id(3))];
        let tree = nest(&mut memory, &files, None).unwrap();
        let before = Memory::default();
        let mut after = |path: &str, entry: Option<(Mode, Id)>| {
            let grafted = graft(&mut memory, &before, tree, path, entry).unwrap();
            let found = leaves(&memory, grafted).unwrap();
            found
                .into_iter()
                .map(|(path, _, id)| format!("{path}{}", id.as_bytes()[0]))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let new = Some((Mode::File, id(9)));
        assert_eq!(after("a/b/x", new), "a/b/x9 a/c2 d3");
        assert_eq!(after("a/b/x", None), "a/c2 d3", "its folder goes with it");
        assert_eq!(after("new/y", new), "a/b/x1 a/c2 d3 new/y9");
        assert_eq!(after("d/y", new), "a/b/x1 a/c2 d/y9", "a file makes room for a folder");
        assert_eq!(after("d/y", None), "a/b/x1 a/c2 d3");
        assert_eq!(after("a", None), "d3");
    }
}
