//! When it ends, what it leaves, and which browser it opens.

use super::started::LocalPages;
use crate::common::{Project, shop};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

/// Names of everything in the folders of a project.
fn names(project: &Project) -> BTreeSet<String> {
    let root = project.root();
    let all = walkdir::WalkDir::new(root.parent().unwrap()).into_iter();
    all.map(|entry| entry.unwrap().path().display().to_string()).collect()
}

#[test]
fn a_signal_or_the_end_of_its_terminal_ends_it_and_no_file_stays() {
    let project = shop::two_versions();
    project.ok("version diff v1 v2");
    let before = names(&project);
    for signal in ["-INT", "-HUP", "-TERM"] {
        let pages = LocalPages::entered(&project, "");
        pages.page("/agent");
        pages.page("/agent/-/compare/v1...v2");
        pages.signal(signal);
        assert_eq!(pages.ended(), Some(0), "{signal}");
        assert_eq!(names(&project), before, "{signal}");
    }
}

#[test]
fn without_requests_it_ends_by_itself() {
    let mut project = shop::two_versions();
    project.set("LUA_STORE_IDLE", "300");
    assert_eq!(LocalPages::start(&project, "").ended(), Some(0));
}

#[test]
fn a_browser_is_opened_for_a_person_at_a_terminal() {
    let mut project = shop::two_versions();
    project.set("LUA_STORE_IDLE", "1000");
    let tools = project.home().join("tools");
    std::fs::create_dir_all(&tools).unwrap();
    let opened = tools.join("opened");
    let script = format!("#!/bin/sh\necho \"$1\" >>'{}'\n", opened.display());
    for name in ["xdg-open", "open"] {
        std::fs::write(tools.join(name), &script).unwrap();
        let may_run = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(tools.join(name), may_run).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    project.set("PATH", &format!("{}:{path}", tools.display()));
    let opened = || std::fs::read_to_string(&opened).unwrap_or_default();
    project.ok("ui --read-only");
    project.on_terminal("ui --no-open", "");
    project.on_terminal("ui --json", "");
    project.set("CI", "true");
    project.on_terminal("ui", "");
    assert_eq!(opened(), "");
    project.set("CI", "");
    let (shown, code) = project.on_terminal("ui", "");
    assert_eq!(code, 0);
    let address = opened();
    assert!(address.starts_with("http://lua-store-") && shown.contains(address.trim()), "{shown}");
}
