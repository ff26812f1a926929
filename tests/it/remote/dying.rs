//! A server that dies at any disk step of a push or a promotion, or whose disk is full from there on.

use super::published;
use super::served::{AGENT, assert_same, copy, for_each, head, heads, serve, steps};
use crate::common::Project;
use crate::common::server::data;
use crate::common::shop::edit;

/// A second run of the command is later, and would make another record.
const LATER: &str = "2026-11-21T09:45:00Z";

/// Something to push: a source version is made by it.
fn changed() -> Project {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.write("picture.bin", noise(300_000));
    project
}

/// A second version to promote, of which the server knows nothing.
fn staged() -> Project {
    let project = changed();
    project.ok("push --offline");
    project.ok("version create -m second");
    project
}

/// Bytes that no codec makes shorter.
pub fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

/// The server dies at each step; another one takes its place, and the same command comes to its end.
fn killed(prepared: &Project, line: &str) {
    for_each(steps(prepared, line), |number| {
        let mut project = copy(prepared);
        project.set("LUA_STORE_TRIES", "1");
        let before = head(&data(&project));
        let server = serve(&mut project, &format!("kill={number}"));
        let cut = project.run(line);
        assert_eq!(cut.code, 11, "dead at step {number}: {cut}");
        assert_eq!(server.ended().0, None);
        let (there, here) = (head(&data(&project)), heads(&project.root()));
        assert!(
            there.heads.source.starts_with(&before.heads.source)
                && here.source.starts_with(&there.heads.source)
        );
        project.set("LUA_STORE_NOW", LATER);
        let server = serve(&mut project, "");
        let again = project.run(line);
        assert_eq!(again.code, 0, "after a death at step {number}: {again}");
        finished(&project);
        project.ok(&format!("clone {}/{AGENT} ../clone", server.url));
        assert_eq!(heads(&project.path("../clone")), heads(&project.root()));
    });
}

/// The disk is full from each step on: the command reports it, and nothing changes at the remote.
fn full(prepared: &Project, line: &str) {
    for_each(steps(prepared, line), |number| {
        let mut project = copy(prepared);
        project.set("LUA_STORE_TRIES", "1");
        let before = head(&data(&project));
        let server = serve(&mut project, &format!("full={number}"));
        let refused = project.run(line);
        drop(server);
        if refused.code == 0 {
            return finished(&project);
        }
        assert_eq!(refused.code, 11, "full from step {number}: {refused}");
        assert!(refused.stderr.contains("server") && refused.stderr.contains("disk"), "{refused}");
        assert_eq!(head(&data(&project)), before, "full from step {number}");
        project.set("LUA_STORE_NOW", LATER);
        let _server = serve(&mut project, "");
        let again = project.run(line);
        assert_eq!(again.code, 0, "after a full disk at step {number}: {again}");
        finished(&project);
    });
}

/// Two source versions, nothing lost and nothing doubled, here and there.
fn finished(project: &Project) {
    assert_same(project);
    let here = heads(&project.root());
    assert_eq!(here.source.len(), 2);
    let promoted = if here.versions.len() == 2 { 2 } else { 1 };
    assert_eq!(here.active.unwrap().version, Some(promoted));
    let records = project.list("log --ledger");
    assert_eq!(records.as_array().unwrap().len(), here.versions.len(), "{records}");
}

#[test]
fn a_push_to_a_server_that_dies() {
    killed(&changed(), "push");
}

#[test]
fn a_promotion_at_a_server_that_dies() {
    killed(&staged(), "version promote 2");
}

#[test]
fn a_push_to_a_server_whose_disk_is_full() {
    full(&changed(), "push");
}

#[test]
fn a_promotion_at_a_server_whose_disk_is_full() {
    full(&staged(), "version promote 2");
}
