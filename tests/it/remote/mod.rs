//! Remotes, seen through the program: `remote`, pushing, promoting, `sync`.

mod clone;
mod dying;
mod elsewhere;
mod folder;
mod foreign;
mod growing;
mod live;
mod many;
mod misnamed;
mod naming;
mod narrow;
mod network;
mod platform;
mod rewritten;
pub mod served;
mod silent;
mod stale;
mod story;
mod sync;
mod tokens;
mod undelete;

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

/// The same beside a folder `store` that is its remote: to be copied with it.
pub fn shop_with_remote_store() -> Project {
    let project = shop::project();
    project.ok("remote add origin ../depot/agent_shop");
    project.ok("push");
    project.ok("version create -m first");
    project.ok("version promote 1");
    project
}

/// Such a project with its remote, once more.
pub fn copy_of_folder(of: &Project) -> Project {
    let other = Project::new();
    copy(&of.root(), &other.root());
    copy(&of.path("../depot"), &other.path("../depot"));
    other
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

pub fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap) {
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
