//! A project whose remote is a running server, and whether both have the same afterwards.

use crate::common::server::{Server, data};
use crate::common::{Project, faults};
use lua_store::internals::protocol::{AgentId, Head};
use lua_store::internals::remote_store::RemoteStore;
use lua_store::internals::store::{Heads, Store};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

pub const AGENT: &str = "agent_shop";

fn agent() -> AgentId {
    AGENT.parse().unwrap()
}

/// The project and the folder of its server, copied.
pub fn copy(of: &Project) -> Project {
    let copy = Project::new();
    super::copy(&of.root(), &copy.root());
    if data(of).exists() {
        super::copy(&data(of), &data(&copy));
    }
    copy
}

/// Starts a server of the folder beside the project, to which something may happen, and makes it the remote.
/// Only steps for the agent count: what a start takes depends on how its threads race.
pub fn serve(project: &mut Project, fault: &str) -> Server {
    project.set("LUA_STORE_FAULT", &format!("{fault},in={AGENT}"));
    let server = Server::start(project, "--no-auth");
    project.set("LUA_STORE_FAULT", "");
    aim(project, &server.url);
    server
}

/// Makes a server, or a proxy before it, the remote.
pub fn aim(project: &Project, url: &str) {
    project.ok(&format!("remote set-url origin {url}/{AGENT}"));
}

/// The disk steps that a server takes for a command.
pub fn steps(of: &Project, line: &str) -> RangeInclusive<usize> {
    let mut project = copy(of);
    let trace = data(&project).with_file_name("trace");
    let server = serve(&mut project, &format!("trace={}", trace.display()));
    project.ok(line);
    drop(server);
    assert_same(&project);
    1..=std::fs::read_to_string(&trace).unwrap().lines().count()
}

/// Head of the server, after a check that all of it can be read.
pub fn head(data: &Path) -> Head {
    let store = RemoteStore::open(data).unwrap();
    assert_eq!(store.check(&agent()).unwrap(), Vec::<String>::new());
    store.head(&agent()).unwrap().unwrap_or_else(|| Head::empty(agent()))
}

pub fn heads(project: &Path) -> Heads {
    Store::open(&project.join(".lua")).unwrap().heads().unwrap()
}

/// Checks that the server has exactly the versions of the project, and both are sound.
pub fn assert_same(project: &Project) {
    assert_same_as(project, &data(project));
}

pub fn assert_same_as(project: &Project, data: &Path) {
    faults::assert_clean(&project.root());
    let (here, there) = (heads(&project.root()), head(data));
    assert_eq!(
        (here.source, here.versions, here.active),
        (there.heads.source, there.heads.versions, there.heads.active)
    );
}

/// Does something for each number, a few at once: most of the time they wait for the disk.
pub fn for_each(numbers: impl IntoIterator<Item = usize>, work: impl Fn(usize) + Sync) {
    let numbers: Vec<usize> = numbers.into_iter().collect();
    let next = AtomicUsize::new(0);
    let take = || {
        while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(*number);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
        workers
            .into_iter()
            .for_each(|worker| worker.join().expect("one of them showed something wrong"));
    });
}
