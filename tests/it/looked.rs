//! Looks at the files of a project by a command: counted, and one for each file.

use crate::common::{Project, shop};
use std::collections::BTreeMap;
use std::path::Path;

/// Paths of the project whose metadata a command reads, with the number of times.
fn looks(project: &mut Project, line: &str) -> BTreeMap<String, usize> {
    let log = project.path("../looks");
    project.set("LUA_STORE_FAULT", &format!("looks={}", log.display()));
    project.run(line);
    project.set("LUA_STORE_FAULT", "");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let root = project.root();
    let mut looks = BTreeMap::new();
    for path in text.lines().filter_map(|path| path.strip_prefix(root.to_str().unwrap())) {
        *looks.entry(path.trim_start_matches('/').to_owned()).or_default() += 1;
    }
    looks
}

/// The same, whether a file was looked at by its path or by its name in an open folder.
fn by_path(looks: BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let mut paths = BTreeMap::new();
    for (path, count) in looks {
        let path = Path::new(&path).components().as_path().to_string_lossy().replace("/./", "/");
        *paths.entry(path.trim_start_matches("./").to_owned()).or_default() += count;
    }
    paths
}

/// The files of a project that is read, edited, read and pushed.
const COMMANDS: &[&str] = &["status", "diff", "push --dry-run", "push"];

#[test]
fn a_command_looks_at_each_file_once() {
    for line in COMMANDS {
        let mut project = shop::project();
        (0..200).for_each(|number| project.write(&format!("notes/{number}.md"), "a note\n"));
        project.ok("push");
        project.ok("status");
        let unchanged = by_path(looks(&mut project, line));
        assert!(unchanged.len() > 200, "{line}: {unchanged:?}");
        assert!(unchanged.values().all(|count| *count == 1), "{line}: {unchanged:?}");
        // A file that the agent is read from: it is looked at again, to be read as it is then.
        let edited = "src/lib/store.ts";
        shop::edit(&project, edited, "the door", "the gate");
        let mut after = by_path(looks(&mut project, line));
        let again = after.remove(edited).unwrap();
        assert!(again <= 2, "{line}: {again} looks at the edited file");
        // The patterns of a folder are read again with any change in it.
        let is_twice = |path: &str, count| count > 1 && !path.ends_with(".gitignore");
        let twice: Vec<_> = after.iter().filter(|(path, count)| is_twice(path, **count)).collect();
        assert!(twice.is_empty(), "{line}: {twice:?}");
        assert!(after.len() > 200, "{line}: {after:?}");
    }
}

/// The disk steps of a command, each with its path.
fn steps(project: &mut Project, line: &str) -> Vec<(String, String)> {
    let log = project.path("../steps");
    project.set("LUA_STORE_FAULT", &format!("trace={}", log.display()));
    project.ok(line);
    project.set("LUA_STORE_FAULT", "");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let step = |line: &str| line.split_once(' ').map(|(word, path)| (word.into(), path.into()));
    text.lines().filter_map(step).collect()
}

fn count(steps: &[(String, String)], word: &str, place: &str) -> usize {
    steps.iter().filter(|(step, path)| step == word && path.contains(place)).count()
}

#[test]
fn a_look_at_an_unchanged_project_is_by_name_in_each_folder() {
    let mut project = shop::project();
    (0..200).for_each(|number| project.write(&format!("notes/{number}.md"), "a note\n"));
    project.ok("push");
    project.ok("status");
    let looks = looks(&mut project, "status");
    let by_path: Vec<_> = looks.keys().filter(|path| !is_by_name(path)).collect();
    assert!(by_path.is_empty(), "{by_path:?}");
    assert!(looks.len() > 200, "{looks:?}");
}

/// The look of the scan, and the one after reading.
#[test]
fn a_first_push_looks_at_each_file_twice() {
    let mut project = shop::project();
    (0..200).for_each(|number| project.write(&format!("notes/{number}.md"), "a note\n"));
    let log = project.path("../looks");
    project.set("LUA_STORE_FAULT", &format!("looks={}", log.display()));
    project.ok("push");
    let text = std::fs::read_to_string(&log).unwrap();
    for number in 0..200 {
        let name = format!("/notes/{number}.md");
        let looks: Vec<_> = text.lines().filter(|path| path.ends_with(&name)).collect();
        assert_eq!(looks.len(), 2, "{looks:?}");
        assert!(looks[1].starts_with("open "), "{looks:?}");
    }
}

/// A folder itself is looked at through its handle.
fn is_by_name(path: &str) -> bool {
    path.starts_with("./") || path.contains("/./") || path == "." || path.ends_with("/.")
}

/// A clone writes each file once, under its own name, and does not rename any. Its many files are synced at once.
#[test]
fn a_clone_writes_each_file_under_its_own_name() {
    let mut project = shop::project();
    (0..100).for_each(|number| project.write(&format!("notes/{number}.md"), "a note\n"));
    project.ok("remote add origin ../depot/agent_shop");
    project.ok("push");
    for (limit, syncs) in [("1000", 100), ("50", 0)] {
        project.set("LUA_STORE_SYNC_EACH", limit);
        let (clone, notes) = (format!("clone-{limit}"), format!("clone-{limit}/notes"));
        let steps = steps(&mut project, &format!("clone ../depot/agent_shop ../{clone}"));
        assert_eq!(count(&steps, "Create", &notes), 100, "{steps:?}");
        assert_eq!(count(&steps, "Rename", &notes), 0, "{steps:?}");
        assert_eq!(count(&steps, "Sync", &format!("{notes}/")), syncs, "{steps:?}");
        let whole = steps.iter().filter(|(step, path)| step == "Sync" && path.ends_with(&clone));
        assert_eq!(whole.count(), usize::from(syncs == 0), "{steps:?}");
    }
}

/// So does a restore into a new folder, which gets its own name last.
#[test]
fn a_restore_into_a_new_folder_renames_the_folder_alone() {
    let mut project = shop::project();
    (0..100).for_each(|number| project.write(&format!("notes/{number}.md"), "a note\n"));
    project.ok("push");
    for (limit, syncs, whole) in [("1000", 100, 0), ("50", 0, 1)] {
        project.set("LUA_STORE_SYNC_EACH", limit);
        let steps = steps(&mut project, &format!("restore source/v1 ../out-{limit}"));
        assert_eq!(count(&steps, "Create", "/notes/"), 100, "{steps:?}");
        assert_eq!(count(&steps, "Sync", "/notes/"), syncs, "{steps:?}");
        let is_folder = |(step, path): &&(String, String)| {
            step == "Sync" && path.contains("/.lua-store-tmp-dir-") && path.ends_with("-out-50")
        };
        assert_eq!(steps.iter().filter(is_folder).count(), whole, "{steps:?}");
        let renamed: Vec<_> = steps.iter().filter(|(step, _)| step == "Rename").collect();
        assert!(matches!(renamed[..], [(_, path)] if path.ends_with(&format!("out-{limit}"))));
    }
}

/// The ignore file that the new store writes is not among the pushed files: it is removed, and the others are created as before.
#[test]
fn a_clone_that_removes_a_file_writes_each_under_its_own_name() {
    let mut project = shop::project();
    std::fs::remove_file(project.path(".gitignore")).unwrap();
    let mut git = std::process::Command::new("git");
    assert!(git.args(["init", "-q"]).current_dir(project.root()).status().unwrap().success());
    (0..10).for_each(|number| project.write(&format!("notes/{number}.md"), "a note\n"));
    project.ok("remote add origin ../depot/agent_shop");
    project.ok("push");
    let steps = steps(&mut project, "clone ../depot/agent_shop ../clone");
    let is_guard = |path: &str| path.ends_with("clone/.gitignore");
    let removed = steps.iter().any(|(step, path)| step == "Aside" && is_guard(path));
    assert!(removed, "{steps:?}");
    assert_eq!(count(&steps, "Create", "clone/notes"), 10, "{steps:?}");
    assert_eq!(count(&steps, "Rename", "clone/notes"), 0, "{steps:?}");
}

/// From few to very many files, a restore syncs each of them, or the file system twice: before the files get their names, and
/// after.
#[test]
fn a_restore_syncs_its_files_one_by_one_up_to_a_thousand() {
    let mut project = shop::project();
    let fill = |project: &Project, text: &str| {
        (0..100).for_each(|number| project.write(&format!("notes/{number}.md"), text));
    };
    fill(&project, "first");
    project.ok("push");
    for (limit, syncs, whole) in [("1000", 100, 0), ("50", 0, 2)] {
        fill(&project, &format!("second {limit}"));
        project.set("LUA_STORE_SYNC_EACH", limit);
        let steps = steps(&mut project, "source rollback --version 1 --force");
        assert_eq!(count(&steps, "Sync", "/notes/"), syncs, "{steps:?}");
        let root = project.root();
        let all = steps.iter().filter(|(step, path)| step == "Sync" && root.ends_with(path));
        assert_eq!(all.count(), whole, "{steps:?}");
    }
}

/// A folder that is missing is asked for once, and not once for each file that will be in it.
#[cfg(target_os = "linux")]
#[test]
fn a_restore_asks_for_a_missing_folder_once() {
    let mut project = shop::project();
    (0..100).for_each(|number| project.write(&format!("notes/{number}.md"), "a note\n"));
    project.ok("push");
    std::fs::remove_dir_all(project.path("notes")).unwrap();
    let log = project.path("../asks");
    project.set("LUA_STORE_FAULT", &format!("asks={}", log.display()));
    project.ok("source rollback --version 1 --force");
    project.set("LUA_STORE_FAULT", "");
    let text = std::fs::read_to_string(&log).unwrap();
    let notes = text.lines().filter(|path| path.contains("notes")).count();
    assert!((1..20).contains(&notes), "{notes}: {text}");
}
