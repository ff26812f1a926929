//! A command cut at every disk step, and then `undo`: it takes back that command, or the one before it, or refuses. It
//! never takes back half of one.

use crate::common::{Project, shop};
use serde_json::Value;

const INDEX: &str = "src/index.ts";

/// Refs and pointer, by number.
fn refs(project: &Project) -> [Value; 3] {
    let status = project.json("status");
    let newest = project.run("rev-parse latest").stdout;
    [status["sourceVersion"].clone(), newest.into(), status["active"].clone()]
}

fn cut(prepare: &dyn Fn() -> Project, earlier: &str, line: &str) {
    for step in 1.. {
        let mut project = prepare();
        let oldest = refs(&project);
        project.ok(earlier);
        let (before, files) = (refs(&project), project.read(INDEX));
        project.set("LUA_STORE_FAULT", &format!("kill={step}"));
        let is_whole = project.run(line).code == 0;
        project.set("LUA_STORE_FAULT", "");
        let (after, since) = (refs(&project), project.read(INDEX));
        let undone = project.run("undo");
        let (now, context) = (refs(&project), format!("{line}, step {step}: {undone}"));
        match undone.code {
            // The refs had not changed: the newest record is that of the earlier command.
            0 if after == before => {
                assert_eq!((now, project.read(INDEX)), (oldest, since), "{context}");
            }
            0 => assert_eq!((now, project.read(INDEX)), (before, files), "{context}"),
            _ => {
                assert_eq!((now, project.read(INDEX)), (after, since), "{context}");
                let reason = "nothing recorded what changed it since";
                assert!(!is_whole && undone.stderr.contains(reason), "{context}");
            }
        }
        assert_eq!(project.run("fsck").code, 0, "{context}");
        if is_whole {
            assert!(step > 5);
            return;
        }
    }
}

fn edited() -> Project {
    let project = shop::versioned();
    shop::edit(&project, INDEX, "You are Ava.", "You are Eve.");
    project
}

#[test]
fn a_push() {
    cut(&edited, "version promote 1", "push");
}

#[test]
fn a_promotion() {
    cut(&shop::two_versions, "version promote 1", "version promote 2");
}

#[test]
fn a_version_with_its_push() {
    cut(&edited, "version promote 1", "version create --auto-push");
}

#[test]
fn a_rollback() {
    cut(&shop::two_versions, "version promote 1", "source rollback --version 1 --force");
}
