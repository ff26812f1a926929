//! Looks at the files of a project by a command: counted, and one for each file.

use crate::common::{Project, shop};
use std::collections::BTreeMap;

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

/// The files of a project that is read, edited, read and pushed.
const COMMANDS: &[&str] = &["status", "diff", "push --dry-run", "push"];

#[test]
fn a_command_looks_at_each_file_once() {
    for line in COMMANDS {
        let mut project = shop::project();
        (0..200).for_each(|number| project.write(&format!("notes/{number}.md"), "a note\n"));
        project.ok("push");
        project.ok("status");
        let unchanged = looks(&mut project, line);
        assert!(unchanged.len() > 200, "{line}: {unchanged:?}");
        assert!(unchanged.values().all(|count| *count == 1), "{line}: {unchanged:?}");
        // A file that the agent is read from: it is looked at again, to be read as it is then.
        let edited = "src/lib/store.ts";
        shop::edit(&project, edited, "the door", "the gate");
        let mut after = looks(&mut project, line);
        let again = after.remove(edited).unwrap();
        assert!(again <= 2, "{line}: {again} looks at the edited file");
        // The patterns of a folder are read again with any change in it.
        let is_twice = |path: &str, count| count > 1 && !path.ends_with(".gitignore");
        let twice: Vec<_> = after.iter().filter(|(path, count)| is_twice(path, **count)).collect();
        assert!(twice.is_empty(), "{line}: {twice:?}");
        assert!(after.len() > 200, "{line}: {after:?}");
    }
}
