//! A pull cut at every disk step: each file is old or new, the versions are those before or all of
//! those after, and the same pull brings it to its end.

use super::{Case, copy_folder};
use crate::common::faults;
use crate::pull::{both_pushed, fetched, who};
use lua_store::internals::history::project::Project;
use lua_store::internals::merge::PullRequest;
use lua_store::internals::merge::pull::{PullOutcome, pull};
use lua_store::internals::progress::Progress;
use lua_store::internals::store::Heads;
use std::path::{Path, PathBuf};
use std::process::Command;

const REMOTE: &str = "LUA_STORE_TEST_PULL";
const FILES: [&str; 5] = [
    "src/index.ts",
    "src/skills/catalog.skill.ts",
    "src/jobs/nightly.ts",
    "notes.md",
    "package.json",
];

/// The process that a case cuts. In an ordinary run there is nothing to pull.
#[test]
fn helper() {
    let Ok(remote) = std::env::var(REMOTE) else { return };
    let remote = heads(&PathBuf::from(remote));
    let project = Project::open(&std::env::current_dir().unwrap()).unwrap();
    match pull(&project, &remote, &PullRequest::default(), &who(), &Progress::default()) {
        Ok(PullOutcome::Refused(refused)) => panic!("{refused:?}"),
        Ok(_) => {}
        Err(error) => panic!("{error}"),
    }
}

fn heads(root: &Path) -> Heads {
    Project::open(root).unwrap().store().heads().unwrap()
}

fn files(root: &Path) -> Vec<String> {
    FILES.iter().map(|path| std::fs::read_to_string(root.join(path)).unwrap()).collect()
}

#[test]
fn pulling() {
    let (ann, ben) = both_pushed();
    fetched(&ann, &ben);
    let remote = ben.root();
    let command = |copy: &Path| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "crash::pull::helper", "--nocapture"])
            .current_dir(copy)
            .env(REMOTE, &remote);
        command
    };
    let (old, old_files) = (heads(&ann.root()), files(&ann.root()));
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy");
    copy_folder(&ann.root(), &copy);
    assert!(command(&copy).output().unwrap().status.success());
    let (new, new_files) = (heads(&copy), files(&copy));
    assert!(old != new && old_files != new_files);

    let old_or_new = |copy: &Path| {
        faults::assert_clean(copy);
        let now = heads(copy);
        assert!(now == old || now == new, "{now:?}");
        let read = files(copy);
        for (now, (old, new)) in read.iter().zip(old_files.iter().zip(&new_files)) {
            assert!(now == old || now == new, "{now}");
        }
        assert!(
            read == old_files || copy.join(".lua/refs/snapshots/v1").exists(),
            "touched before it was safe"
        );
        assert!(now == old || read == new_files, "the refs went ahead of the files");
    };
    let finished = |copy: &Path| {
        old_or_new(copy);
        assert_eq!((heads(copy), files(copy)), (new.clone(), new_files.clone()));
    };
    let case = Case {
        atomic: false,
        prepared: &ann.root(),
        command: &command,
        old_or_new: &old_or_new,
        new: &finished,
    };
    case.run();
}
