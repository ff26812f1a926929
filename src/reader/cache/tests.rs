//! Cases of the agent cache. Expected values are worked out by hand.

mod edits;

use super::*;
use crate::object::{Memory, Mode, Sink, nest};
use crate::reader;

const INDEX: &str = "import { LuaAgent, LuaWebhook } from 'lua-cli'; import { n } from './lib';
    export const agent = new LuaAgent({ name: 'a', persona: { base: 'b' }, model: 'm', voice: 1.5,
      webhooks: [new LuaWebhook({ name: 'h', execute: async () => n })] });";

struct Fixture {
    folder: tempfile::TempDir,
    memory: Memory,
    cache: AgentCache,
}

impl Fixture {
    fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/index.ts"), INDEX).unwrap();
        std::fs::write(folder.path().join("src/lib.ts"), "export const n = 1;").unwrap();
        let cache =
            AgentCache::at(folder.path().join(".lua/agent"), folder.path().join(".lua/dist"));
        Fixture { folder, memory: Memory::default(), cache }
    }

    /// A tree with these files as they are now, or with any content.
    fn tree(&mut self, files: &[&str]) -> Id {
        let mut blobs = Vec::new();
        for file in files {
            let bytes = std::fs::read(self.folder.path().join(file));
            let blob = self.memory.put_blob(bytes.unwrap_or_default(), None).unwrap();
            blobs.push((*file, Mode::File, blob));
        }
        nest(&mut self.memory, &blobs, None).unwrap()
    }

    /// Reads the agent and keeps it for a tree; gives the agent.
    fn keep(&self, tree: Id) -> Agent {
        let made = reader::project_with_reads(self.folder.path()).unwrap();
        if let Some(cache_key) = made.cache_key {
            let key = (made.read, cache_key);
            let ids: Result<Vec<_>> = made.agent.primitives.iter().map(PrimitiveIds::of).collect();
            let agent = (&made.agent, &*ids.unwrap());
            self.cache.keep(&self.memory, (&snapshot(tree), &[]), key, agent).unwrap();
        }
        made.agent
    }

    fn kept(&self, tree: Id) -> Option<Agent> {
        self.kept_of(&snapshot(tree))
    }

    fn kept_of(&self, snapshot: &Snapshot) -> Option<Agent> {
        let kept = self.cache.load()?;
        let is_same = kept.is_of(self.folder.path(), &self.memory, (snapshot, &[])).unwrap();
        is_same.then(|| kept.into_agent().0)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// A snapshot without links.
fn snapshot(tree: Id) -> Snapshot {
    let (skipped, leftovers, kept, notes, work) = Default::default();
    let links = Id::of_blob(b"");
    Snapshot { tree, files: 0, bytes: 0, skipped, leftovers, kept, links, notes, work }
}

#[test]
fn the_agent_comes_back_for_the_same_files_only() {
    let mut fixture = Fixture::new();
    let tree = fixture.tree(&["src/index.ts", "src/lib.ts"]);
    let agent = fixture.keep(tree);
    assert_eq!(fixture.kept(tree), Some(agent));
    fixture.write("src/lib.ts", "export const n = 2;");
    let other = fixture.tree(&["src/index.ts", "src/lib.ts"]);
    assert_eq!(fixture.kept(other), None);
}

#[test]
fn a_file_that_the_agent_was_not_read_from_changes_nothing() {
    let mut fixture = Fixture::new();
    let tree = fixture.tree(&["src/index.ts", "src/lib.ts", "README.md"]);
    let agent = fixture.keep(tree);
    fixture.write("README.md", "more");
    fixture.write("src/unused.ts", "export const more = 1;");
    let files = ["src/index.ts", "src/lib.ts", "src/unused.ts", "README.md"];
    let other = fixture.tree(&files);
    assert_eq!(fixture.kept(other), Some(agent));
    // Without a file that it was read from it cannot be the same.
    let without = fixture.tree(&["src/index.ts", "README.md"]);
    assert_eq!(fixture.kept(without), None);
}

/// Each of these files would be read by the next reading, and none of them was there at the last one.
#[test]
fn a_new_file_that_would_be_read_counts() {
    let files = ["src/index.ts", "src/lib.ts"];
    let first = ["index.ts", "src/lib", "src/package.json", "src/workflows/a.workflow.script.js"];
    for new in first {
        let mut fixture = Fixture::new();
        let tree = fixture.tree(&files);
        fixture.keep(tree);
        if new == "src/lib" {
            // The module is found at its own name first.
            assert!(fixture.kept(tree).is_some());
        }
        fixture.write(new, "{}");
        let mut more = [&files[..], &[new]].concat();
        more.sort_unstable();
        let other = fixture.tree(&more);
        assert_eq!(fixture.kept(other), None, "{new}");
    }
}

#[test]
fn a_link_that_leads_elsewhere_counts() {
    let mut fixture = Fixture::new();
    let tree = fixture.tree(&["src/index.ts", "src/lib.ts", "README.md"]);
    let agent = fixture.keep(tree);
    let other = fixture.tree(&["src/index.ts", "src/lib.ts"]);
    let linked = Snapshot { links: Id::of_blob(b"a link"), ..snapshot(other) };
    assert_eq!(fixture.kept(other), Some(agent));
    assert_eq!(fixture.kept_of(&linked), None);
}

/// An agent in an unusual place is searched for: a new file can come before it.
#[test]
fn an_agent_that_was_searched_for_belongs_to_all_files() {
    let mut fixture = Fixture::new();
    let root = fixture.folder.path().to_owned();
    std::fs::rename(root.join("src/index.ts"), root.join("src/shop.ts")).unwrap();
    let tree = fixture.tree(&["src/lib.ts", "src/shop.ts"]);
    let agent = fixture.keep(tree);
    assert_eq!(fixture.kept(tree), Some(agent));
    let other = fixture.tree(&["README.md", "src/lib.ts", "src/shop.ts"]);
    assert_eq!(fixture.kept(other), None);
}

#[test]
fn a_damaged_cache_is_none() {
    let mut fixture = Fixture::new();
    let tree = fixture.tree(&["src/index.ts", "src/lib.ts"]);
    fixture.keep(tree);
    let path = fixture.cache.agent.clone();
    let whole = std::fs::read(&path).unwrap();
    for at in [0, 40, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(fixture.kept(tree), None);
    }
    std::fs::write(&path, &whole[..20]).unwrap();
    assert_eq!(fixture.kept(tree), None);
    std::fs::write(&path, whole).unwrap();
    assert!(fixture.kept(tree).is_some());
}

#[test]
fn what_is_read_outside_the_tree_counts() {
    let mut fixture = Fixture::new();
    // `lib.ts` is imported, and an ignore rule keeps it out of the files.
    let without = fixture.tree(&["src/index.ts"]);
    fixture.keep(without);
    assert_eq!(fixture.kept(without), None);
    let tree = fixture.tree(&["src/index.ts", "src/lib.ts"]);
    fixture.keep(tree);
    assert!(fixture.kept(tree).is_some());
    let lock = fixture.folder.path().join("package-lock.json");
    std::fs::write(&lock, "{}").unwrap();
    assert_eq!(fixture.kept(tree), None);
    std::fs::remove_file(&lock).unwrap();
    assert!(fixture.kept(tree).is_some());
    let config = fixture.folder.path().join("tsconfig.json");
    std::fs::write(&config, r#"{"extends": "../base.json"}"#).unwrap();
    assert_eq!(fixture.kept(tree), None);
}

#[test]
fn a_file_that_comes_before_another_one_counts() {
    let mut fixture = Fixture::new();
    let tree = fixture.tree(&["src/index.ts", "src/lib/index.ts"]);
    let root = fixture.folder.path().to_owned();
    std::fs::create_dir(root.join("src/lib")).unwrap();
    std::fs::rename(root.join("src/lib.ts"), root.join("src/lib/index.ts")).unwrap();
    fixture.keep(tree);
    assert!(fixture.kept(tree).is_some());
    // An ignore rule can keep both out of the tree.
    for path in ["src/lib.tsx", "index.ts"] {
        std::fs::write(root.join(path), "").unwrap();
        assert_eq!(fixture.kept(tree), None, "{path}");
        std::fs::remove_file(root.join(path)).unwrap();
    }
    assert!(fixture.kept(tree).is_some());
}

#[cfg(unix)]
#[test]
fn what_is_at_a_place_without_a_file_counts() {
    let mut fixture = Fixture::new();
    let root = fixture.folder.path().to_owned();
    std::fs::create_dir(root.join("src/lib")).unwrap();
    std::fs::rename(root.join("src/lib.ts"), root.join("src/lib/index.ts")).unwrap();
    std::os::unix::fs::symlink("elsewhere", root.join("src/lib.tsx")).unwrap();
    let tree = fixture.tree(&["src/index.ts", "src/lib/index.ts"]);
    fixture.keep(tree);
    assert!(fixture.kept(tree).is_some());
    // The link leads to a file now.
    std::fs::write(root.join("src/elsewhere"), "").unwrap();
    assert_eq!(fixture.kept(tree), None);
    std::fs::remove_file(root.join("src/elsewhere")).unwrap();
    assert!(fixture.kept(tree).is_some());
    // The folder is a file now.
    std::fs::remove_dir_all(root.join("src/lib")).unwrap();
    std::fs::write(root.join("src/lib"), "").unwrap();
    assert_eq!(fixture.kept(tree), None);
}

#[test]
fn a_text_that_is_read_counts() {
    let mut fixture = Fixture::new();
    let root = fixture.folder.path().to_owned();
    let index = "import { LuaAgent } from 'lua-cli'; import fs from 'fs';
        const more = fs.existsSync('more.md') ? fs.readFileSync('more.md', 'utf8') : '';
        export const agent = new LuaAgent({ name: 'a', persona: fs.readFileSync('p.md', 'utf8') + more });";
    std::fs::write(root.join("src/index.ts"), index).unwrap();
    std::fs::write(root.join("p.md"), "kind").unwrap();
    let without = fixture.tree(&["src/index.ts"]);
    fixture.keep(without);
    assert_eq!(fixture.kept(without), None);
    let tree = fixture.tree(&["src/index.ts", "p.md"]);
    fixture.keep(tree);
    assert!(fixture.kept(tree).is_some());
    std::fs::write(root.join("more.md"), "more").unwrap();
    assert_eq!(fixture.kept(tree), None);
}

#[cfg(unix)]
#[test]
fn a_package_that_is_linked_into_the_project_is_no_package_any_more() {
    let mut fixture = Fixture::new();
    let tree = fixture.tree(&["src/index.ts", "src/lib.ts"]);
    fixture.keep(tree);
    let modules = fixture.folder.path().join("node_modules");
    std::fs::create_dir(&modules).unwrap();
    std::os::unix::fs::symlink(fixture.folder.path().join("src"), modules.join("lua-cli")).unwrap();
    assert_eq!(fixture.kept(tree), None);
}

/// Many modules of a folder, for each of which a file of its bare name would be read before.
#[test]
fn a_new_file_counts_among_many_that_could_come() {
    let names: Vec<String> = (0..20).map(|number| format!("m{number}")).collect();
    let mut fixture = Fixture::new();
    let imports = names.iter().map(|name| format!("import {{ n as {name} }} from './{name}';"));
    fixture.write("src/lib.ts", &format!("{} export const n = m1;", imports.collect::<String>()));
    names.iter().for_each(|name| fixture.write(&format!("src/{name}.ts"), "export const n = 1;"));
    let mut files: Vec<String> = names.iter().map(|name| format!("src/{name}.ts")).collect();
    files.extend(["src/index.ts", "src/lib.ts"].map(str::to_owned));
    files.sort_unstable();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let tree = fixture.tree(&files);
    fixture.keep(tree);
    assert!(fixture.kept(tree).is_some());
    // Files that an ignore rule keeps out of the tree. None of these is taken for a module.
    fixture.write("src/m", "");
    fixture.write("src/m7.md", "");
    assert!(fixture.kept(tree).is_some());
    // A name that is no ASCII, and more names than are listed.
    for more in [vec!["é".to_owned()], (0..400).map(|number| format!("x{number}")).collect()] {
        more.iter().for_each(|name| fixture.write(&format!("src/{name}"), ""));
        assert!(fixture.kept(tree).is_some(), "{}", more.len());
        let new = fixture.folder.path().join("src/m7");
        std::fs::write(&new, "no code").unwrap();
        assert_eq!(fixture.kept(tree), None, "{}", more.len());
        std::fs::remove_file(new).unwrap();
        more.iter().for_each(|name| {
            std::fs::remove_file(fixture.folder.path().join("src").join(name)).unwrap();
        });
    }
    fixture.write("src/m7", "no code");
    assert_eq!(fixture.kept(tree), None);
}
