//! A few objects that unfold to more than any disk holds: counted, and refused before anything unfolds them.

use crate::common::{Project, raw, shop};
use lua_store::internals::client::{FolderRemote, Remote, push};
use lua_store::internals::history::project::Project as Agent;
use lua_store::internals::object::{Sink, Source, Tree, TreeEntry};
use lua_store::internals::progress::Progress;
use std::time::SystemTime;

/// A pushed shop with a second source version whose files are 2 to the power of `doublings`.
fn doubled(doublings: usize) -> Project {
    doubled_of(b"boom".to_vec(), doublings)
}

fn doubled_of(bytes: Vec<u8>, doublings: usize) -> Project {
    let project = shop::project();
    project.ok("push");
    let agent = Agent::open(&project.root()).unwrap();
    let store = agent.store();
    let first = store.heads().unwrap().source[0];
    let mut batch = store.batch();
    let blob = batch.put_blob(bytes, None).unwrap();
    let mut files =
        batch.put_tree(&Tree::new(vec![TreeEntry::file("file", blob)]).unwrap(), None).unwrap();
    for _ in 0..doublings {
        let both = vec![TreeEntry::directory("a", files), TreeEntry::directory("b", files)];
        files = batch.put_tree(&Tree::new(both).unwrap(), None).unwrap();
    }
    let mut entries = store.objects().tree(&first).unwrap().entries().to_vec();
    entries.iter_mut().filter(|entry| &*entry.name == "source").for_each(|entry| entry.id = files);
    let second = batch.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
    batch.commit().unwrap();
    store.refs().create(&store.lock().unwrap(), "refs/source/v2", second).unwrap();
    project
}

#[test]
fn a_bundle_that_unfolds_is_refused_and_nothing_is_made() {
    let project = doubled(40);
    project.ok("bundle create ../bomb.bundle");
    let size = std::fs::metadata(project.path("../bomb.bundle")).unwrap().len();
    assert!(size < 40_000, "{size}");
    let other = Project::new();
    std::fs::copy(project.path("../bomb.bundle"), other.path("bomb.bundle")).unwrap();
    for line in [
        "bundle verify bomb.bundle",
        "clone bomb.bundle second",
        "clone bomb.bundle second --as-is",
    ] {
        let outcome = other.run(line);
        assert_eq!(outcome.code, 1, "{outcome}");
        let said = "refs/source/v2: source: it has more than 1000000 files and folders";
        assert!(outcome.stderr.contains(said), "{outcome}");
        assert!(outcome.stderr.contains("hint: nothing was changed"), "{outcome}");
    }
    assert!(!other.path("second").exists());
    shop::write(&other);
    other.ok("init");
    let fetched = other.run("fetch bomb.bundle");
    assert!(fetched.code == 1 && fetched.stderr.contains("more than 1000000 files"), "{fetched}");
    assert_eq!(other.run("status").code, 0);
}

#[test]
fn a_server_does_not_take_it_in() {
    let project = doubled(40);
    let agent = Agent::open(&project.root()).unwrap();
    let remote = FolderRemote::new(
        &project.path("../data"),
        &"agent_shop".parse().unwrap(),
        SystemTime::now(),
    );
    let head = remote.head(None).unwrap();
    // As a stranger sends it: `push` would compare the files of both versions first.
    let sent = push::push(agent.store(), "origin", &remote, head, &Progress::default());
    let refused = sent.unwrap_err();
    assert!(refused.message().contains("more than 1000000 files and folders"), "{refused}");
    assert!(remote.head(None).unwrap().heads.is_empty());
}

/// A remote that has it all the same, as one does that means no good.
#[test]
fn a_client_does_not_take_it_in() {
    let project = doubled(40);
    let root = project.path("../data");
    raw::store(&project, &root, "agent_shop");
    let other = Project::new();
    let url = root.join("agent_shop").display().to_string();
    for line in ["clone {} second", "clone {} second --as-is", "version list --remote {}"] {
        let outcome = other.run(&line.replace("{}", &url));
        assert!(
            outcome.code == 1 && outcome.stderr.contains("more than 1000000 files"),
            "{outcome}"
        );
    }
    assert!(!other.path("second/a").exists());
    shop::write(&other);
    other.ok("init");
    other.ok(&format!("remote add origin {}", root.join("agent_shop").display()));
    for line in ["fetch", "fetch --as-is", "pull"] {
        let outcome = other.run(line);
        assert!(
            outcome.code == 1 && outcome.stderr.contains("more than 1000000 files"),
            "{outcome}"
        );
    }
    assert_eq!(other.list("source list").as_array().unwrap().len(), 0);
}

/// 16,384 files of 4 and of 8 MiB: one length is that of an object in a pack, the other of one that is streamed.
#[test]
fn bytes_are_bounded_as_files_are() {
    let said = "source: its files have more than 64 GiB in total";
    for size in [5 << 20, 9 << 20] {
        let project = doubled_of(vec![0; size], 14);
        project.ok("bundle create ../bomb.bundle");
        let other = Project::new();
        std::fs::copy(project.path("../bomb.bundle"), other.path("bomb.bundle")).unwrap();
        for line in ["bundle verify bomb.bundle", "clone bomb.bundle second"] {
            let outcome = other.run(line);
            assert!(outcome.code == 1 && outcome.stderr.contains(said), "{outcome}");
        }
        assert!(!other.path("second").exists());
        shop::write(&other);
        other.ok("init");
        let fetched = other.run("fetch bomb.bundle");
        assert!(fetched.code == 1 && fetched.stderr.contains(said), "{fetched}");
        let agent = Agent::open(&project.root()).unwrap();
        let remote = FolderRemote::new(
            &project.path("../data"),
            &"agent_shop".parse().unwrap(),
            SystemTime::now(),
        );
        let head = remote.head(None).unwrap();
        let sent = push::push(agent.store(), "origin", &remote, head, &Progress::default());
        assert!(sent.unwrap_err().message().contains("its files have more than 64 GiB in total"));
    }
    let project = doubled_of(vec![0; 5 << 20], 13);
    project.ok("bundle create ../large.bundle");
    assert_eq!(project.run("bundle verify ../large.bundle").code, 0, "40 GiB are less");
}

/// One that came in before it was counted, in its own store. Each answers; none unfolds it.
#[test]
fn a_bomb_that_is_here_already_is_not_unfolded() {
    let project = doubled(40);
    for line in ["push", "status", "diff", "source diff 1 2", "source rollback --version 2 --force"]
    {
        let outcome = project.run(line);
        assert!(
            outcome.code == 1 && outcome.stderr.contains("more than 1000000 files"),
            "{line}: {outcome}"
        );
    }
    let checked = project.run("fsck");
    assert!(checked.code == 1 && checked.stdout.contains("more than 1000000 files"), "{checked}");
    for line in ["source list", "log"] {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 0, "{line}: {outcome}");
    }
}

#[test]
fn what_shares_much_and_is_not_too_much_is_carried() {
    // 65,536 files of which all are the same.
    let project = doubled(16);
    project.ok("bundle create ../large.bundle");
    assert_eq!(project.run("bundle verify ../large.bundle").code, 0);
    project.ok("remote add origin ../data/agent_shop");
    project.ok("push");
}

#[test]
fn a_deep_tree_is_listed_as_it_is_read() {
    let project = shop::project();
    let agent = Agent::open(&project.root()).unwrap();
    let mut batch = agent.store().batch();
    let blob = batch.put_blob(b"deep".to_vec(), None).unwrap();
    let mut tree =
        batch.put_tree(&Tree::new(vec![TreeEntry::file("file", blob)]).unwrap(), None).unwrap();
    for _ in 0..20_000 {
        tree = batch
            .put_tree(&Tree::new(vec![TreeEntry::directory("d", tree)]).unwrap(), None)
            .unwrap();
    }
    batch.commit().unwrap();
    let listed = project.ok(&format!("ls-tree -r {tree}"));
    let path = format!("{}file\n", "d/".repeat(20_000));
    assert!(listed.ends_with(&path) && listed.lines().count() == 1, "{} letters", listed.len());
    assert_eq!(project.list(&format!("ls-tree -r {tree}")).as_array().unwrap().len(), 1);
    assert!(project.ok(&format!("ls-tree {tree}")).contains("d"));
}
