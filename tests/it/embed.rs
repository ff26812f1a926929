//! The library as another program links it: `examples/embed.rs`, and what the interface refuses.

use crate::common::server::Server;
use crate::common::{Project, shop};
use lua_store::{Author, Kind, Listener, Phase};
use std::sync::{Arc, Mutex};
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
    let list = project.list("version list --offline");
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
    opened.create_version(None, &author()).unwrap().unwrap();
    let store = opened.store();
    opened.promote("1", None, None, &author()).unwrap();
    project.write("src/skills/catalog.skill.ts", shop::CATALOG.replace("search", "find"));
    opened.push(None, &author()).unwrap();
    opened.create_version(None, &author()).unwrap().unwrap();
    let refused = opened.promote("2", Some("2"), None, &author()).unwrap_err();
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
    first.remote("origin", None, now()).unwrap().push(&author()).unwrap();
    ben.write("src/lib/new.ts", "export const one = 1;\n");
    second.push(None, &author()).unwrap();
    let origin = second.remote("origin", None, now()).unwrap();
    assert_eq!(origin.push(&author()).unwrap_err().kind(), Kind::Conflict);
    assert!(origin.pull(&author()).unwrap());
    assert_eq!(origin.push(&author()).unwrap().source_versions, [2]);
}

#[test]
fn a_token_goes_to_no_address_where_it_can_be_read_on_the_way() {
    let project = shop::project();
    let opened = lua_store::Project::init(&project.root()).unwrap();
    opened.add_remote("origin", "http://store.example.com/agent_shop").unwrap();
    let refused = opened.remote("origin", Some("lst_secret"), now()).err().unwrap();
    assert_eq!(refused.kind(), Kind::Usage);
    assert!(refused.message().contains("would be sent in plain text"), "{refused}");
}

/// The agent, opened by the library, with a remote.
fn opened(project: &Project, url: &str) -> lua_store::Project {
    let opened = lua_store::Project::init(&project.root()).unwrap();
    opened.add_remote("origin", url).unwrap();
    opened
}

/// A version of a change, pushed and sent.
fn sent_version(project: &Project, opened: &lua_store::Project, word: &str, token: Option<&str>) {
    project.write("src/skills/catalog.skill.ts", shop::CATALOG.replace("search", word));
    opened.push(None, &author()).unwrap();
    opened.create_version(None, &author()).unwrap().unwrap();
    opened.remote("origin", token, now()).unwrap().push(&author()).unwrap();
}

#[test]
fn what_the_library_does_is_committed_in_git() {
    let project = shop::project();
    let git = |line: &str| {
        let outcome = project.git(line);
        assert_eq!(outcome.code, 0, "git {outcome}");
        outcome.stdout
    };
    git("init --quiet --initial-branch=main");
    git("config user.email ana@example.com");
    git("config user.name Ana");
    git("commit --quiet --allow-empty -m start");
    project.ok("git connect");
    let opened = lua_store::Project::open(&project.root()).unwrap();
    let pushed = opened.push(None, &author()).unwrap();
    assert_eq!(pushed.commit.as_deref(), Some(git("rev-parse HEAD").trim()));
    let version = opened.create_version(Some("one"), &author()).unwrap().unwrap();
    assert_eq!(version.commit.as_deref(), Some(git("rev-parse lua/v1").trim()));
    opened.promote("1", None, None, &author()).unwrap();
    insta::assert_snapshot!(git("log --format=%s%d"), @"
    lua: promote v1 to production (HEAD -> main)
    lua: create version v1: one (tag: lua/v1)
    lua: push staged code
    start
    ");
    assert_eq!(opened.push(None, &author()).unwrap().commit, None, "there is nothing to commit");
}

/// Two projects with one remote: a step is judged by what is live there, not here.
fn promotes_at_the_remote(ana: &Project, ben: &Project, url: &str, token: Option<&str>) {
    let (first, second) = (opened(ana, url), opened(ben, url));
    sent_version(ana, &first, "search", token);
    let (at_ana, at_ben) = (
        first.remote("origin", token, now()).unwrap(),
        second.remote("origin", token, now()).unwrap(),
    );
    assert_eq!(at_ana.promote("1", None, Some("tried"), &author()).unwrap().number, 1);
    assert!(at_ben.pull(&author()).unwrap());
    assert_eq!(second.store().active().unwrap().unwrap().number, 1, "it is live for all");
    sent_version(ben, &second, "seek", token);
    at_ben.promote("2", Some("1"), None, &author()).unwrap();

    // Here v1 is live still; there it is v2.
    assert_eq!(first.store().active().unwrap().unwrap().number, 1);
    let refused = at_ana.promote("1", Some("1"), None, &author()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict, "{refused}");
    assert!(at_ana.pull(&author()).unwrap());
    assert_eq!(at_ana.promote("1", Some("2"), None, &author()).unwrap().number, 1);
    assert!(at_ben.fetch().unwrap());
    let refused = at_ben.promote("1", Some("2"), None, &author()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict, "{refused}");
}

#[test]
fn a_promotion_is_judged_by_a_folder() {
    let (ana, ben) = (shop::project(), shop::project());
    let url = ana.path("../share/agent_shop").display().to_string();
    promotes_at_the_remote(&ana, &ben, &url, None);
}

#[test]
fn a_promotion_is_judged_by_a_server() {
    let (ana, ben) = (shop::project(), shop::project());
    let server = Server::start(&ana, "");
    let token = server.token(&ana, "agent_shop", "promote");
    let url = format!("{}/agent_shop", server.url);
    promotes_at_the_remote(&ana, &ben, &url, Some(&token));

    // The scope of a token holds for library calls too.
    let push_only = server.token(&ana, "agent_shop", "push");
    let opened = lua_store::Project::open(&ana.root()).unwrap();
    let before = opened.store().active().unwrap().unwrap().number;
    let origin = opened.remote("origin", Some(&push_only), now()).unwrap();
    let refused = origin.promote("2", None, None, &author()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden, "{refused}");
    assert_eq!(opened.store().active().unwrap().unwrap().number, before);
    let nobody = opened.remote("origin", Some("lst_wrong"), now()).unwrap();
    assert_eq!(nobody.fetch().unwrap_err().kind(), Kind::Auth);
}

/// Messages to a listener.
#[derive(Default)]
struct Recorded(Mutex<Vec<String>>);

impl Listener for Recorded {
    fn phase(&self, phase: Phase) {
        self.0.lock().unwrap().push(format!("{phase:?}"));
    }

    fn message(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

#[test]
fn a_listener_is_told_what_happens_on_the_way() {
    let (ana, ben) = (shop::project(), shop::project());
    let url = ana.path("../share/agent_shop").display().to_string();
    sent_version(&ana, &opened(&ana, &url), "search", None);
    let listener = Arc::new(Recorded::default());
    let second = opened(&ben, &url).with_listener(listener.clone());
    ben.write("src/lib/new.ts", "export const one = 1;\n");
    second.push(Some("mine"), &author()).unwrap();
    let origin = second.remote("origin", None, now()).unwrap();
    assert_eq!(origin.push(&author()).unwrap_err().kind(), Kind::Conflict);
    origin.pull(&author()).unwrap();
    origin.push(&author()).unwrap();
    let lines = listener.0.lock().unwrap().join("\n");
    insta::assert_snapshot!(lines, @"
    Pushing
    source v1  2026-01-01 00:00  ana  batch push
        + skill catalog
        + skill orders
        + job nightly
        + MCP server docs
        ~ persona
        ~ model
        ~ name
    version v1  2026-01-01 00:00  ana
    Merging
    Sending
    ");
}
