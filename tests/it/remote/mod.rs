//! Remotes, seen through the program: `remote`, pushing, promoting, `sync`.

mod clone;
mod folder;
mod naming;
mod story;
mod sync;

use crate::common::Project;
use crate::common::shop;

/// The shop with a remote that is a folder beside it, nothing pushed.
pub fn shared() -> Project {
    let project = shop::project();
    project.ok("remote add origin ../data/agent_shop");
    project
}

/// The same with everything pushed, made v1 and promoted.
pub fn published() -> Project {
    let project = shared();
    project.ok("push");
    project.ok("version create -m first");
    project.ok("version promote 1");
    project
}

/// The same project somewhere else, in the state it has now: what a second person has.
pub fn copy_of(project: &Project, author: &str) -> Project {
    let mut other = Project::new();
    copy(&project.root(), &other.root());
    other.set("LUA_STORE_AUTHOR", author);
    let url = project.path("../data").canonicalize().unwrap().join("agent_shop");
    other.ok(&format!("remote set-url origin \"{}\"", url.display()));
    // Asks the remote, so that everything there is known.
    other.ok("push");
    other
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap) {
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
