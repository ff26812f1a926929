//! Merges of `pull` through the program, compared with real git.

use crate::common::{Project, shop};
use std::path::Path;

const INDEX: &str = "src/index.ts";
const SKILL: &str = "src/skills/catalog.skill.ts";

/// Ann and Ben with one remote that is a folder, and what both have pushed to it.
pub fn sharing() -> (Project, Project) {
    let ann = shop::versioned();
    ann.ok("remote add origin ../agents/agent_shop");
    ann.ok("push");
    let mut ben = Project::new();
    copy(&ann.root(), &ben.root());
    ben.set("LUA_STORE_AUTHOR", "ben@example.com");
    let remote = ann.root().with_file_name("agents").join("agent_shop");
    ben.ok(&format!("remote set-url origin {}", remote.display()));
    (ann, ben)
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir(from) {
        let target = to.join(entry.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(&entry, target).unwrap();
    }
}

fn walkdir(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(walkdir(&path)),
            false => found.push(path),
        }
    }
    found
}

/// Files of both sides: path, text to replace, the replacement by Ann and by Ben. `None` is no change.
type Edits = &'static [(&'static str, &'static str, Option<&'static str>, Option<&'static str>)];

/// The merge of the same edits by git, laid out in `base`; true if it finds no conflict.
fn git_merge(base: &Project, ann: &Project, ben: &Project, paths: &[&str]) -> bool {
    let git = Project::new();
    git.git("init -q -b main");
    git.git("config user.email a@example.com");
    git.git("config user.name a");
    let commit = |of: &Project, branch: &str| {
        git.git(&format!("checkout -q -B {branch} main"));
        paths.iter().for_each(|path| git.write(path, of.read(path)));
        git.git("add -A");
        git.git("commit -q --allow-empty -m x");
    };
    paths.iter().for_each(|path| git.write(path, base.read(path)));
    git.git("add -A");
    git.git("commit -q -m base");
    commit(ann, "ann");
    commit(ben, "ben");
    git.git("checkout -q ann");
    let is_clean = git.git("merge -q ben").code == 0;
    if is_clean {
        paths.iter().for_each(|path| base.write(path, git.read(path)));
    }
    is_clean
}

#[test]
fn what_git_merges_is_pulled_with_the_same_bytes() {
    let cases: [Edits; 3] = [
        // One file, lines apart.
        &[
            (INDEX, "You are Ava.", Some("You are Eve."), None),
            (INDEX, "docs.example.com", None, Some("help.example.com")),
        ],
        // One skill: two properties that do not touch.
        &[
            (SKILL, "Finds products", Some("Finds all"), None),
            (SKILL, "Use this to find products.", None, Some("Use it.")),
        ],
        // The code of one tool, and what it is called.
        &[
            ("src/lib/store.ts", "the door", Some("the gate"), None),
            ("src/skills/tools/TrackOrderTool.ts", "Tells where", None, Some("Says where")),
        ],
    ];
    for edits in cases {
        let (ann, ben) = sharing();
        let base = Project::new();
        shop::write(&base);
        for (path, from, by_ann, by_ben) in edits {
            by_ann.iter().for_each(|to| shop::edit(&ann, path, from, to));
            by_ben.iter().for_each(|to| shop::edit(&ben, path, from, to));
        }
        let paths: Vec<&str> = edits.iter().map(|edit| edit.0).collect();
        assert!(git_merge(&base, &ann, &ben, &paths), "{edits:?}");
        ben.ok("push");
        ann.ok("pull");
        for path in paths {
            assert_eq!(ann.read(path), base.read(path));
        }
    }
}

#[test]
fn properties_on_lines_that_touch_are_pulled_where_git_gives_up() {
    let (ann, ben) = sharing();
    let base = Project::new();
    shop::write(&base);
    shop::edit(&ann, SKILL, "Knows the products", "Knows all products");
    shop::edit(&ben, SKILL, "Use this to find products.", "Use it.");
    assert!(!git_merge(&base, &ann, &ben, &[SKILL]));
    ben.ok("push");
    let expected = ann.read(SKILL).replace("Use this to find products.", "Use it.");
    ann.ok("pull");
    assert_eq!(ann.read(SKILL), expected);
}

#[test]
fn conflicts_are_decided_by_path_and_by_name() {
    let clash = |one: &Project, word: &str| {
        shop::edit(one, SKILL, "Knows the products", &format!("Knows {word}"));
        shop::edit(one, INDEX, "You are Ava.", &format!("You are {word}."));
        shop::edit(one, "src/lib/store.ts", "the door", word);
    };
    let (ann, ben) = sharing();
    clash(&ben, "Ben");
    ben.ok("push");
    clash(&ann, "Ann");
    let before = ann.read(SKILL);
    // A conflict that nothing decides is refused, and nothing is changed.
    let refused = ann.run("pull --ours src/lib --theirs \"skill catalog\" --json");
    assert_eq!(refused.code, 1, "{refused}");
    let answer: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(answer["conflicts"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["conflicts"][0]["kind"], "persona");
    assert_eq!(ann.read(SKILL), before);
    ann.ok("pull --ours src/lib --theirs \"skill catalog\" --theirs persona");
    assert!(ann.read(SKILL).contains("Knows Ben"));
    assert!(ann.read(INDEX).contains("You are Ben."));
    assert!(ann.read("src/lib/store.ts").contains("Ann"));
}

#[test]
fn a_choice_that_reads_like_a_remote_is_refused() {
    let (ann, _) = sharing();
    let outcome = ann.run("pull --theirs origin");
    insta::assert_snapshot!(outcome, @r#"
    $ lua-store pull --theirs origin
    --- stderr
    Error: "origin" after --theirs can be the remote or a path
    hint: run `lua-store pull origin --theirs`, or write the path as ./origin
    --- exit 2
    "#);
    assert_eq!(ann.run("pull --ours --theirs").code, 2);
}

#[test]
fn a_change_that_the_merged_files_lack_is_said() {
    let (ann, ben) = sharing();
    shop::edit(&ben, INDEX, "skills: [orders, catalog]", "skills: [catalog]");
    shop::edit(&ben, INDEX, "import orders from './skills/orders.skill';\n", "");
    ben.ok("push");
    shop::edit(&ann, "src/lib/store.ts", "the door", "the gate");
    insta::assert_snapshot!(ann.run("pull"), @r#"
    $ lua-store pull
    source v2  2026-11-21 09:30  ben@example.com  batch push
        - skill orders
    ✅ Pulled from origin: 1 file(s) changed
       check: skill "orders" was removed there and changed here, and the result contains the change of one side only
    --- stderr
    Your earlier files are stored as safety snapshot 1.
    hint: run `lua-store snapshot restore 1` to restore them
    "#);
}
