//! The library as another program links it: `examples/embed.rs`, and what the interface refuses.

use crate::common::{Project, shop};
use lua_store::{Author, Kind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[allow(dead_code, reason = "main is for whoever runs the example")]
#[path = "../../examples/embed.rs"]
mod example;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

fn author() -> Author {
    Author::new("ana", now())
}

#[test]
fn the_example_does_what_it_says_and_the_program_agrees() {
    let project = shop::project();
    let mut out = Vec::new();
    example::run(&project.root(), "../share/agent_shop", now(), &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @"
    source version Some(1)
    version Some(1)
    v1 is active, made by release bot
      .gitignore: 7 bytes
      package.json: 37 bytes
      src/index.ts: 511 bytes
      src/jobs/nightly.ts: 210 bytes
      src/lib/store.ts: 62 bytes
      src/skills/catalog.skill.ts: 409 bytes
      src/skills/orders.skill.ts: 276 bytes
      src/skills/tools/TrackOrderTool.ts: 327 bytes
    sent versions [1], live there now: true
    sent again: []; new there: false
    changed since: 0 lines, 0 files
    ");
    let list = project.json("version list --offline");
    assert_eq!(list[0]["status"], "active", "{list}");
    assert_eq!(list[0]["createdBy"], "release bot", "{list}");
    assert!(project.ok("status").contains("v1"));

    // A second run finds nothing new, and reports so.
    let mut again = Vec::new();
    example::run(&project.root(), "../share/agent_shop", now(), &mut again).unwrap();
    let again = String::from_utf8(again).unwrap();
    assert!(again.starts_with("source version None\nversion None\nv1 is active"), "{again}");
}

#[test]
fn versions_of_the_program_are_read_and_compared() {
    let project = shop::project();
    project.ok("init");
    project.ok("push");
    project.ok("version create -m one");
    project.write("src/skills/catalog.skill.ts", shop::CATALOG.replace("search", "find"));
    project.ok("push");
    project.ok("version create -m two");
    project.ok("version promote 1 --force");

    let opened = lua_store::Project::find(&project.path("src")).unwrap();
    let store = opened.store();
    let numbers: Vec<_> =
        store.versions().unwrap().iter().map(|v| (v.number, v.status.word())).collect();
    assert_eq!(numbers, [(2, "staged"), (1, "active")]);
    assert_eq!(store.version("v1").unwrap().message.as_deref(), Some("one"));
    let path = "src/skills/catalog.skill.ts";
    assert_eq!(store.version("v1").unwrap().read(path).unwrap(), shop::CATALOG.as_bytes());
    let diff = store.diff("v1", "v2").unwrap();
    assert_eq!(diff.files.iter().map(|file| &*file.path).collect::<Vec<_>>(), [path]);
    let words = project.ok("diff v1 v2");
    assert!(
        !diff.lines.is_empty() && diff.lines.iter().all(|line| words.contains(line)),
        "{diff:?}"
    );
    assert!(store.diff("v2", "v2").unwrap().is_empty());
    assert!(opened.diff("v2").unwrap().is_empty() && !opened.diff("v1").unwrap().is_empty());
    let lost = opened.store().version("v1").unwrap().read("nowhere").unwrap_err();
    assert_eq!(
        (lost.kind(), lost.message()),
        (Kind::NotFound, "there is no file \"nowhere\" in v1")
    );
}

#[test]
fn what_was_not_expected_to_be_live_stops_a_promote() {
    let project = shop::project();
    let opened = lua_store::Project::init(&project.root()).unwrap();
    opened.push(None, &author()).unwrap();
    opened.store().create_version(None, &author()).unwrap().unwrap();
    let store = opened.store();
    store.promote("1", None, None, &author()).unwrap();
    project.write("src/skills/catalog.skill.ts", shop::CATALOG.replace("search", "find"));
    opened.push(None, &author()).unwrap();
    store.create_version(None, &author()).unwrap().unwrap();
    let refused = store.promote("2", Some("2"), None, &author()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict);
    assert_eq!(store.active().unwrap().unwrap().number, 1);
}

#[test]
fn what_another_project_pushed_stops_a_push_and_is_pulled() {
    let (ana, ben) = (shop::project(), shop::project());
    let url = ana.path("../share/agent_shop").display().to_string();
    let open = |project: &Project| {
        let opened = lua_store::Project::init(&project.root()).unwrap();
        opened.add_remote("origin", &url).unwrap();
        opened
    };
    let (first, second) = (open(&ana), open(&ben));
    first.push(None, &author()).unwrap();
    first.remote("origin", None, now()).unwrap().push().unwrap();
    ben.write("src/lib/new.ts", "export const one = 1;\n");
    second.push(None, &author()).unwrap();
    let origin = second.remote("origin", None, now()).unwrap();
    assert_eq!(origin.push().unwrap_err().kind(), Kind::Conflict);
    assert!(origin.pull(&author()).unwrap());
    assert_eq!(origin.push().unwrap().source_versions, [2]);
}

#[test]
fn a_token_goes_to_no_address_where_it_can_be_read_on_the_way() {
    let project = shop::project();
    let opened = lua_store::Project::init(&project.root()).unwrap();
    opened.add_remote("origin", "http://store.example.com/agent_shop").unwrap();
    let refused = opened.remote("origin", Some("lst_secret"), now()).err().unwrap();
    assert_eq!(refused.kind(), Kind::Usage);
    assert!(refused.message().contains("would cross the network in plain text"), "{refused}");
}
