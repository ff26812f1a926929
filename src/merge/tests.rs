//! Merges of small projects. What must come out is worked out by hand.

#![allow(clippy::disallowed_methods, reason = "tests lay out projects")]

mod cases;
mod git;
mod pairs;
mod property;
mod structure;

use super::{Choices, Conflict, MergeOutcome, MergedTree, Side, Trees, merge};
use crate::object::{Id, Memory, Mode, Sink, Source, leaves, nest};
use crate::report;
use std::collections::BTreeMap;
use std::path::Path;

/// A project: path to text. A name that ends in `*` is executable, in `@` a link.
pub type Layout = BTreeMap<String, String>;

pub fn layout(files: &[(&str, &str)]) -> Layout {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// The same with some files put there or, without a text, taken away.
pub fn with(base: &Layout, files: &[(&str, Option<&str>)]) -> Layout {
    let mut layout = base.clone();
    for (path, text) in files {
        match text {
            Some(text) => layout.insert((*path).to_owned(), (*text).to_owned()),
            None => layout.remove(*path),
        };
    }
    layout
}

/// The same with a piece of text replaced; it must be there once.
pub fn edited(base: &Layout, path: &str, from: &str, to: &str) -> Layout {
    let text = &base[path];
    assert_eq!(text.matches(from).count(), 1, "{from:?} in {path}");
    let mut layout = base.clone();
    layout.insert(path.to_owned(), text.replace(from, to));
    layout
}

fn name(path: &str) -> (&str, Mode) {
    let marked = path.strip_suffix('*').map(|path| (path, Mode::Executable));
    marked
        .or_else(|| path.strip_suffix('@').map(|path| (path, Mode::Symlink)))
        .unwrap_or((path, Mode::File))
}

fn tree(memory: &mut Memory, layout: &Layout) -> Id {
    let mut files: Vec<_> = layout
        .iter()
        .map(|(path, text)| {
            let (path, mode) = name(path);
            (path, mode, memory.put_blob(text.as_bytes().to_vec(), None).unwrap())
        })
        .collect();
    files.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
    nest(memory, &files, None).unwrap()
}

fn lay_out(root: &Path, layout: &Layout) {
    for (path, text) in layout {
        let (path, mode) = name(path);
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match mode {
            #[cfg(unix)]
            Mode::Symlink => std::os::unix::fs::symlink(text, path).unwrap(),
            _ => std::fs::write(path, text).unwrap(),
        }
    }
}

fn read_back(memory: &Memory, tree: Id) -> Layout {
    let found = leaves(memory, tree).unwrap().into_iter().map(|(path, mode, id)| {
        let mark = match mode {
            Mode::Executable => "*",
            Mode::Symlink => "@",
            _ => "",
        };
        (path + mark, String::from_utf8_lossy(&memory.blob(&id).unwrap()).into_owned())
    });
    found.collect()
}

/// Merge of three projects: the result, or the conflicts.
pub fn merged(
    base: Option<&Layout>,
    ours: &Layout,
    theirs: &Layout,
    choice: Option<Side>,
) -> Result<Layout, Vec<Conflict>> {
    merge_layouts(base, ours, theirs, choice).map(|(merged, _)| merged)
}

/// The same with what the merge says about it.
pub fn merged_tree(
    base: Option<&Layout>,
    ours: &Layout,
    theirs: &Layout,
    choice: Option<Side>,
) -> Result<MergedTree, Vec<Conflict>> {
    merge_layouts(base, ours, theirs, choice).map(|(_, tree)| tree)
}

fn merge_layouts(
    base: Option<&Layout>,
    ours: &Layout,
    theirs: &Layout,
    choice: Option<Side>,
) -> Result<(Layout, MergedTree), Vec<Conflict>> {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), ours);
    let mut memory = Memory::default();
    let base = base.map(|base| tree(&mut memory, base));
    let trees = Trees { base, ours: tree(&mut memory, ours), theirs: tree(&mut memory, theirs) };
    match merge(&mut memory, folder.path(), &trees, &Choices::all(choice), None).unwrap() {
        MergeOutcome::Merged(merged) => Ok((read_back(&memory, merged.tree), merged)),
        MergeOutcome::Marked(_) => unreachable!("no labels"),
        MergeOutcome::Conflicts(conflicts) => Err(conflicts),
    }
}

pub fn sentences(conflicts: &[Conflict]) -> Vec<String> {
    conflicts.iter().map(report::conflict_sentence).collect()
}

/// An agent with a persona, a setting, two skills in one file, and a tool's code in another.
pub fn shop() -> Layout {
    layout(&[
        ("src/index.ts", INDEX),
        ("src/skills.ts", SKILLS),
        ("src/find.ts", FIND),
        ("README.md", "one\ntwo\nthree\nfour\n"),
    ])
}

pub const INDEX: &str = "\
import { LuaAgent } from 'lua-cli';
import { orders, catalog } from './skills';

export const agent = new LuaAgent({
  name: 'shop',

  model: 'openai/gpt-4o',

  persona: `You are Ava.
You help customers.
You are brief.`,

  skills: [
    orders,
    // products
    catalog,
  ],
});
";

const SKILLS: &str = "\
import { LuaSkill, defineTool } from 'lua-cli';
import { find } from './find';

export const orders = new LuaSkill({
  name: 'orders',
  description: 'Knows about orders',

  context: 'Use this for orders.',
  tools: [],
});

export const catalog = new LuaSkill({
  name: 'catalog',
  description: 'Knows the products',

  context: 'Use this for products.',
  tools: [defineTool({ name: 'search', description: 'Finds', execute: async () => find() })],
});
";

pub const FIND: &str = "\
export function find() {
  return 'the door';
}

export function unused() {
  return 1;
}
";
