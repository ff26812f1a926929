//! Stores written by earlier programs, kept forever: today's program reads every one, and goes on with it.

use crate::common::{Project, list_of};
use crate::opened;
use lua_store::internals::object::{Id, Source};
use lua_store::internals::store::Store;
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const STORES: &str = "tests/fixtures/stores";

/// Every folder of [`STORES`]. One that is not named here fails a test.
const COVERED: [&str; 3] = ["format-1", "format-2", "format-3"];

/// A command and what it answered when the store was made.
#[derive(Deserialize)]
struct Expected {
    line: String,
    answer: Value,
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

/// An empty project with a copy of the store.
fn project(name: &str) -> Project {
    project_of(&Path::new(STORES).join(name))
}

fn project_of(folder: &Path) -> Project {
    let project = Project::new();
    copy_folder(&folder.join("dot-lua"), &project.path(".lua"));
    // The git guard of a store: a repository cannot contain it, so no fixture does.
    for folder in [".lua/.git/objects", ".lua/.git/refs"] {
        fs::create_dir_all(project.path(folder)).unwrap();
    }
    project.write(".lua/.git/HEAD", "ref: refs/heads/lua-store\n");
    project.write(".lua/.git/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n");
    project.write(".lua/.gitignore", "*\n");
    project
}

/// True if an answer contains all of an older one. Added fields are newer.
fn holds(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            then.iter().all(|(key, then)| now.get(key).is_some_and(|now| holds(now, then)))
        }
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| holds(now, then))
        }
        (now, then) => now == then,
    }
}

#[test]
fn no_store_is_forgotten() {
    let mut folders: Vec<String> = fs::read_dir(STORES)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, COVERED);
}

#[test]
fn old_stores_answer_as_they_did() {
    for name in COVERED {
        let project = project(name);
        let text = fs::read_to_string(Path::new(STORES).join(name).join("expected.json")).unwrap();
        let expected: Vec<Expected> = serde_json::from_str(&text).unwrap();
        assert!(expected.len() > 10, "{name}");
        for Expected { line, answer } in expected {
            let now = project.json(&line);
            // Lists were bare arrays then.
            let now = if answer.is_array() { list_of(now) } else { now };
            assert!(holds(&now, &answer), "{name}: {line}\nthen: {answer:#}\nnow: {now:#}");
        }
    }
}

#[test]
fn old_stores_bring_their_files_back() {
    for name in COVERED {
        let project = project(name);
        for number in 1..=4 {
            project.ok(&format!("source rollback --version {number} --force"));
            for file in project.json(&format!("source show v{number}"))["files"].as_array().unwrap()
            {
                let path: PathBuf = project.path(file["path"].as_str().unwrap());
                let bytes = match fs::read_link(&path) {
                    Ok(target) => target.into_os_string().into_encoded_bytes(),
                    Err(_) => fs::read(&path).unwrap(),
                };
                let id = blake3::hash(&bytes).to_string();
                assert_eq!(id, file["id"].as_str().unwrap(), "{}", path.display());
            }
        }
        project.ok("source rollback --snapshot 1 --force");
        assert_eq!(project.read("data/notes.txt"), "not pushed\n");
    }
}

#[test]
fn old_stores_can_be_worked_with() {
    for name in COVERED {
        let project = project(name);
        project.ok("source rollback --version 2 --force");
        project.write("data/notes.txt", "new in an old store");
        let text = project.read("src/index.ts");
        project.write("src/index.ts", text.replace("You are Ava", "You are Eve"));
        let created = project.json("version create --auto-push -m five");
        assert_eq!(created["version"], 5, "{name}");
        project.ok("version promote 5");
        project.ok("compact");
        let packed = fs::read(project.path(".lua/packed-refs")).unwrap();
        assert!(packed.starts_with(b"lua-store packed-refs 2\n"), "{name}");
        assert_eq!(project.read(".lua/format"), "lua-store 3\n");
        project.ok("log --verify");
        assert!(project.ok("fsck").ends_with("nothing is damaged.\n"));
        assert!(project.path(".lua/.git/HEAD").exists(), "the shield against git is back");
    }
}

/// A state of older rules is compared with today's reading of its files.
#[test]
fn nothing_of_an_old_store_counts_as_changed_before_it_is() {
    for name in COVERED {
        let project = project(name);
        project.ok("source rollback --version 4 --force");
        project.write("data/notes.txt", "another text");
        let index = project.read("src/index.ts");
        project.write("src/index.ts", format!("// a comment\n{index}"));
        let push = project.json("push");
        assert_eq!(push["changed"], true, "{name}");
        let items = push["items"].as_array().unwrap();
        assert!(
            !items.is_empty() && items.iter().all(|item| item["change"] == "unchanged"),
            "{name}: {push:#}"
        );
    }
}

/// The blobs that an old index covers are in packs that a command does not open, unless it reads them.
#[test]
fn an_old_index_of_many_packs_is_used() {
    const COVERED: usize = 18;
    let mut project = project_of(Path::new("tests/fixtures/many-packs"));
    // No version was made, and git stores no empty folder.
    fs::create_dir_all(project.path(".lua/refs/versions")).unwrap();
    let packs = fs::read_dir(project.path(".lua/objects")).unwrap().count();
    // Of the covered packs one has the first source version, and another one what the second changed.
    for (line, covered) in [("source show 1", 1), ("source show 2", 2)] {
        assert_eq!(
            opened::packs_opened(&mut project, line),
            packs - COVERED - 2 + covered,
            "{line}"
        );
    }
    for text in opened::blobs_of_all_sizes() {
        // A store that has no pack open yet.
        let store = Store::open(&project.path(".lua")).unwrap();
        let id = Id::of_blob(text.as_bytes());
        assert_eq!(store.objects().blob(&id).unwrap(), text.as_bytes());
    }
    assert!(project.ok("fsck").ends_with("nothing is damaged.\n"));
    project.write("half.txt", "another half");
    project.ok("push backup");
    assert_eq!(project.list("source list").as_array().unwrap().len(), 3);
}
