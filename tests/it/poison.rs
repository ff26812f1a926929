//! Records that are older than the rules they break: every command works around them, `fsck` names
//! them, and no store accepts them any more.

use crate::common::shop::{self, edit};
use crate::common::{Project, raw};
use lua_store::internals::history::project::Project as Agent;
use lua_store::internals::history::record::{Event, LedgerRecord, SourceRecord, VersionMeta};
use lua_store::internals::history::source::{self, SourceVersion};
use lua_store::internals::history::state::State;
use lua_store::internals::history::{ledger, version};
use lua_store::internals::store::{Active, Heads};
use std::path::PathBuf;

const MICROSECONDS: i64 = 1_795_253_400_000_000;

/// A shop with v1, which is live and pushed to a remote.
fn healthy() -> Project {
    let project = shop::project();
    project.ok("remote add origin ../data/agent_shop");
    for line in ["push", "version create -m first", "version promote 1"] {
        project.ok(line);
    }
    project
}

#[derive(Clone, Copy, PartialEq)]
enum Poison {
    SourceTime,
    VersionTime,
    LedgerTime,
    Persona,
    Message,
    State,
}

const ALL: [Poison; 6] = [
    Poison::SourceTime,
    Poison::VersionTime,
    Poison::LedgerTime,
    Poison::Persona,
    Poison::Message,
    Poison::State,
];

/// Adds v2 of both, and its promotion, below the rules.
fn poison(project: &Project, with: &[Poison]) {
    let agent = Agent::open(&project.root()).unwrap();
    let (store, has) = (agent.store(), |poison| with.contains(&poison));
    let heads = store.heads().unwrap();
    let mut batch = store.batch();
    let first = SourceVersion::load(store.objects(), 1, heads.source[0]).unwrap();
    let mut state = State::load(store.objects(), &first.state).unwrap();
    if has(Poison::Persona) {
        state.numbers.insert("persona".into(), u64::MAX.to_string());
    }
    let id = state.store(&mut batch, None).unwrap();
    let at_ms = if has(Poison::SourceTime) { MICROSECONDS } else { first.record.at_ms + 1 };
    let record = SourceRecord { at_ms, ..first.record.clone() };
    let second = source::put(&mut batch, &record, id, first.source, None).unwrap();
    let mut meta = VersionMeta {
        by: "eve@example.com".into(),
        at_ms: if has(Poison::VersionTime) { MICROSECONDS } else { first.record.at_ms + 2 },
        message: Some("second".into()),
        commit: None,
        source_version: 2,
        unread: None,
    };
    if has(Poison::Message) {
        meta.message = Some("long ".repeat(1000));
    }
    let of =
        if has(Poison::State) { State::default().store(&mut batch, None).unwrap() } else { id };
    let two = version::put(&mut batch, &meta, of, first.source, None).unwrap();
    let at_ms = if has(Poison::LedgerTime) { MICROSECONDS } else { first.record.at_ms + 3 };
    let step =
        LedgerRecord { event: Event::Promote, by: "eve@example.com".into(), at_ms, reason: None };
    let before = heads.active.unwrap().ledger;
    let ledger = ledger::append(&mut batch, &step, two, Some(before)).unwrap();
    batch.commit().unwrap();
    let lock = store.lock().unwrap();
    let after = Heads {
        source: vec![heads.source[0], second],
        versions: vec![heads.versions[0], two],
        active: Some(Active { version: Some(2), ledger }),
    };
    store.replace_refs(&lock, &heads, &after).unwrap();
}

#[test]
fn a_store_that_holds_it_goes_on_and_fsck_names_it() {
    let project = healthy();
    project.ok("remote remove origin");
    poison(
        &project,
        &[
            Poison::SourceTime,
            Poison::VersionTime,
            Poison::LedgerTime,
            Poison::Persona,
            Poison::Message,
        ],
    );
    for line in [
        "log",
        "log --json",
        "log --ledger",
        "log --ledger --json",
        "log --verify",
        "version list",
        "version list --json",
        "version show 2",
        "version show 2 --json",
        "version status",
        "source list",
        "source list --json",
        "source show 2",
        "persona list",
        "persona list --json",
        "persona show",
        "status",
        "status --json",
        "diff",
        "version diff 1 2",
        "show v2",
        "push --dry-run",
    ] {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    assert!(project.ok("log --ledger").contains("1795253400000000 ms"));
    // A new persona gets a number that leaves room, and the next one too.
    for (text, number) in
        [("You help.", "1000000000000000"), ("You help a lot.", "1000000000000001")]
    {
        let before = project.read("src/index.ts");
        let line = before
            .lines()
            .find(|line| line.starts_with("You help"))
            .unwrap()
            .trim_end_matches("`,");
        project.write("src/index.ts", before.replace(line, text));
        let pushed = project.json("push");
        let persona = pushed["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["kind"] == "persona")
            .unwrap();
        assert_eq!(persona["to"], number);
    }
    project.ok("version create -m third");
    project.ok("version promote 3");
    project.ok("version promote previous");
    let checked = project.run("fsck");
    assert_eq!(checked.code, 1, "{checked}");
    for told in [
        "damaged: rules: source/v2: its time 1795253400000000 is out of range",
        "damaged: rules: source/v2: the number 18446744073709551615 of \"persona\" leaves no room for the next",
        "damaged: rules: versions/v2: its time 1795253400000000 is out of range",
        "damaged: rules: versions/v2: its message has 5000 bytes, more than 1024",
        "its time 1795253400000000 is out of range\n",
        "every command continues",
    ] {
        assert!(checked.stdout.contains(told), "{told}: {checked}");
    }
    assert_eq!(checked.stdout.matches("damaged: rules: ledger record ").count(), 1, "{checked}");
    assert_eq!(
        checked.stdout.matches("rules: source/v3").count(),
        0,
        "what came later is sound: {checked}"
    );
}

/// State of a healthy project that must not change.
fn held(project: &Project) -> (Heads, Vec<u8>, String) {
    let heads = Agent::open(&project.root()).unwrap().store().heads().unwrap();
    let tracking = std::fs::read(project.path(".lua/refs/remotes/origin")).unwrap();
    (heads, tracking, project.read("src/index.ts"))
}

/// A healthy project whose remote has what it had, and poison behind it.
fn beside(with: Poison) -> (Project, PathBuf) {
    let project = healthy();
    let other = Project::new();
    crate::remote::copy(&project.root(), &other.root());
    poison(&other, &[with]);
    let data = project.path("../data");
    raw::store(&other, &data, "agent_shop");
    (project, data)
}

#[test]
fn a_bad_remote_leaves_a_healthy_project_as_it_was() {
    for with in ALL {
        let (project, data) = beside(with);
        let before = held(&project);
        let told = match with {
            Poison::SourceTime => "refs/source/v2: its time",
            Poison::VersionTime => "refs/versions/v2: its time",
            Poison::LedgerTime => "its time 1795253400000000 is out of range",
            Poison::Persona => "leaves no room",
            Poison::Message => "refs/versions/v2: its message has 5000 bytes",
            Poison::State => "refs/versions/v2: its state is not that of source version v2",
        };
        for line in ["pull", "fetch", "pull --theirs", "push", "sync --check"] {
            if line == "push" {
                edit(
                    &project,
                    "src/index.ts",
                    "You help customers shop.",
                    "You help customers shop. Now.",
                );
                project.ok("push --offline");
            }
            let before = if line == "sync --check" || line == "push" {
                held(&project)
            } else {
                before.clone()
            };
            let outcome = project.run(line);
            assert_eq!(outcome.code, 1, "{outcome}");
            assert!(outcome.stderr.contains("cannot accept "), "{outcome}");
            assert!(outcome.stderr.contains(told), "{outcome}");
            assert_eq!(held(&project), before, "{line}");
        }
        project.ok("fsck");
        let cloned = project.run(&format!("clone {} ../clone", data.join("agent_shop").display()));
        assert!(cloned.code == 1 && cloned.stderr.contains(told), "{cloned}");
        assert!(cloned.stderr.contains("`lua-store clone --as-is`"), "{cloned}");
        assert!(!project.path("../clone/src").exists());
    }
}

/// A remote that accepted it before there were rules serves its users for ever: with the option it
/// is cloned as it is.
#[test]
fn a_remote_that_holds_it_is_joined_by_those_who_say_so() {
    for with in ALL {
        let (project, data) = beside(with);
        let url = data.join("agent_shop").display().to_string();
        // The clone of before goes on, or is begun again.
        assert_eq!(project.run(&format!("clone {url} ../clone")).code, 1);
        let cloned = project.json(&format!("clone {url} ../clone --as-is"));
        assert!(!cloned["asIs"].as_array().unwrap().is_empty(), "{cloned}");
        let fetched = project.run("fetch --as-is");
        assert!(
            fetched.code == 0 && fetched.stderr.contains("warning: accepted as it is: "),
            "{fetched}"
        );
        // A known breach stops no command.
        for line in
            ["fetch", "pull", "status", "version list", "log", "log --ledger", "version promote 1"]
        {
            project.ok(line);
            project.ok(&format!("{line} -C ../clone"));
        }
        for (folder, before, after) in [
            (".", "You help customers shop.", "You help."),
            ("../clone", "You help.", "You help a lot."),
        ] {
            project.ok(&format!("pull -C {folder}"));
            let file = format!("{folder}/src/index.ts");
            project.write(&file, project.read(&file).replace(before, after));
            for line in ["push", "version create -m next", "version promote latest"] {
                project.ok(&format!("{line} -C {folder}"));
            }
        }
        assert_eq!(project.run("fsck -C ../clone").code, 1, "it is named");
        // Commands that only read report nothing.
        let listed = project.list(&format!("version list --remote {url}"));
        assert_eq!(listed.as_array().unwrap().len(), 4, "{listed}");
    }
}

#[test]
fn a_bundle_is_no_other_way_in() {
    let project = healthy();
    let other = Project::new();
    crate::remote::copy(&project.root(), &other.root());
    poison(&other, &[Poison::SourceTime]);
    other.ok("bundle create ../bad.bundle");
    std::fs::copy(other.path("../bad.bundle"), project.path("../bad.bundle")).unwrap();
    let heads = |project: &Project| Agent::open(&project.root()).unwrap().store().heads().unwrap();
    let before = heads(&project);
    for line in [
        "bundle verify ../bad.bundle",
        "fetch ../bad.bundle",
        "pull ../bad.bundle",
        "clone ../bad.bundle ../c",
    ] {
        let outcome = project.run(line);
        assert!(
            outcome.code == 1 && outcome.stderr.contains("refs/source/v2: its time"),
            "{outcome}"
        );
        assert_eq!(heads(&project), before);
    }
    // It may be all that is left of a project.
    project.ok("clone ../bad.bundle ../c --as-is");
    project.ok("fetch ../bad.bundle --as-is");
    project.ok("pull ../bad.bundle");
    assert_eq!(heads(&project).source.len(), 2);
    assert_eq!(project.list("source list -C ../c").as_array().unwrap().len(), 2);
}

/// A breach that is in the store already stops no command: the remote accepted it before there were
/// rules.
#[test]
fn a_remote_that_holds_it_is_worked_with_by_those_who_have_it() {
    let project = healthy();
    poison(&project, &[Poison::SourceTime, Poison::Persona, Poison::LedgerTime]);
    raw::store(&project, &project.path("../data"), "agent_shop");
    for line in ["fetch", "pull", "status"] {
        project.ok(line);
    }
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m third", "version promote 3", "fetch"] {
        project.ok(line);
    }
    assert_eq!(project.json("fetch")["source"], "equal");
}

#[test]
fn what_nobody_would_take_is_not_made() {
    let project = healthy();
    let long = "x".repeat(1025);
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    let heads = |project: &Project| Agent::open(&project.root()).unwrap().store().heads().unwrap();
    let before = heads(&project);
    for line in [
        format!("push -m {long}"),
        format!("version create -m {long}"),
        format!("version promote 1 -m {long}"),
        format!("push --author {long}"),
        "push skill --name orders --set-version 1.0.18446744073709551615".to_owned(),
    ] {
        let outcome = project.run(&line);
        let told = ["has 1025 bytes, more than 1024", "leaves no room for later versions"];
        let is_settled = line.starts_with("version promote") && outcome.code == 0;
        assert!(is_settled || told.iter().any(|told| outcome.stderr.contains(told)), "{outcome}");
    }
    assert_eq!(heads(&project), before);
    // A path that only some systems could hold is refused as well.
    let deep = format!("{}file.txt", "d/".repeat(257));
    project.write(&deep, "deep");
    let outcome = project.run("push");
    assert!(
        outcome.code == 1 && outcome.stderr.contains("it is more than 256 folders deep"),
        "{outcome}"
    );
}

#[test]
fn a_clock_that_went_back_makes_a_record_that_is_taken() {
    let mut project = healthy();
    project.set("LUA_STORE_NOW", "2026-11-01T00:00:00Z");
    project.ok("version promote 1 -m again --force");
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m second", "version promote 2"] {
        project.ok(line);
    }
    assert!(
        project.ok("log --ledger").contains("2026-11-20 09:30"),
        "{}",
        project.ok("log --ledger")
    );
}

/// More than one transaction may create: several are sent, the pointer with the last.
#[test]
fn many_versions_that_were_made_offline_go_in_several_steps() {
    let project = healthy();
    let agent = Agent::open(&project.root()).unwrap();
    let (store, heads) = (agent.store(), agent.store().heads().unwrap());
    let first = SourceVersion::load(store.objects(), 1, heads.source[0]).unwrap();
    let (mut batch, mut after) = (store.batch(), heads.clone());
    for later in 1..=1001 {
        let record = SourceRecord { at_ms: first.record.at_ms + later, ..first.record.clone() };
        after
            .source
            .push(source::put(&mut batch, &record, first.state, first.source, None).unwrap());
    }
    batch.commit().unwrap();
    store.replace_refs(&store.lock().unwrap(), &heads, &after).unwrap();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push --offline", "version create -m last", "version promote 2 --offline", "push"]
    {
        project.ok(line);
    }
    let fetched = project.json("fetch");
    assert_eq!(
        (&fetched["source"], &fetched["versions"], &fetched["ledger"]),
        (&"equal".into(), &"equal".into(), &"equal".into())
    );
    assert_eq!(fetched["sourceVersion"], 1003);
}
