//! `version undelete` with a remote, which decides: there first, then here, then in every clone.

use super::{copy_of, published};
use crate::common::Project;
use crate::common::proxy::{Fault, Proxy};
use crate::common::server::{Server, data, token};
use crate::common::shop::edit;
use crate::remote::served::{self, copy, head, heads};
use serde_json::json;

/// v2 is live at the remote, and v1 deleted. Two people have all of it.
fn deleted() -> (Project, Project) {
    let ana = published();
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m second", "version promote 2"] {
        ana.ok(line);
    }
    let ben = copy_of(&ana, "ben@example.com");
    ana.ok("version delete 1 --force");
    ben.ok("pull");
    (ana, ben)
}

fn status_of_v1(project: &Project) -> String {
    project.list("version list --offline")[1]["status"].as_str().unwrap().to_owned()
}

#[test]
fn the_remote_is_first_and_clones_follow() {
    let (ana, ben) = deleted();
    assert_eq!((status_of_v1(&ana), status_of_v1(&ben)), ("deleted".into(), "deleted".into()));
    let answer = ben.json("version undelete 1 -m \"we need it\"");
    assert_eq!((&answer["status"], &answer["changed"]), (&json!("superseded"), &json!(true)));
    assert_eq!(heads(&ben.root()).active, head(&data(&ana)).heads.active);
    served::assert_same(&ana_after_fetch(&ana));
    assert_eq!(status_of_v1(&ana), "superseded");
    let newest = &ana.list("log --ledger")[0];
    assert_eq!(
        (&newest["event"], &newest["by"], &newest["reason"]),
        (&json!("undelete"), &json!("ben@example.com"), &json!("we need it"))
    );
    // The second one makes no record.
    assert_eq!(ana.json("version undelete 1")["changed"], false);
    assert_eq!(ana.list("log --ledger").as_array().unwrap().len(), 4);
    ana.ok("version promote 1");
}

fn ana_after_fetch(ana: &Project) -> Project {
    ana.ok("pull");
    copy(ana)
}

#[test]
fn an_undeletion_by_a_stale_clone_is_judged_by_the_remote() {
    let (ana, ben) = deleted();
    ana.ok("version undelete 1");
    // Ben does not know: the record of the remote comes along, and no second one is made.
    assert_eq!(ben.json("version undelete 1")["changed"], false);
    assert_eq!(status_of_v1(&ben), "superseded");
    // Deleted again by Ben; Ana knows of no deletion, and asks the remote.
    ben.ok("version delete 1 --force");
    let told = ana.run("version undelete 1");
    assert!(told.stderr.contains("deleted v1  2026-11-21 09:30  ben@example.com"), "{told}");
    assert_eq!(heads(&ana.root()).active, head(&data(&ana)).heads.active);
    assert_eq!(ana.run("version undelete 2").code, 1, "it was never deleted");
}

#[test]
fn offline_it_waits_for_the_next_push() {
    let (ana, _ben) = deleted();
    let there = head(&data(&ana)).heads.active;
    ana.ok("version undelete 1 --offline");
    assert_eq!(head(&data(&ana)).heads.active, there);
    assert_eq!(
        ana.json("status")["unsent"],
        json!({"source": [], "versions": [], "promotions": 0, "deletions": 0, "undeletions": 1})
    );
    assert!(ana.run("status").to_string().contains("Not sent to origin: 1 undeletion"));
    assert!(ana.ok("log --ledger").contains("undelete v1  by ana@example.com  (local only)"));
    // The same command with the remote sends the record that waits, and makes no second one.
    let records = ana.list("log --ledger");
    ana.ok("version undelete 1");
    served::assert_same(&ana);
    assert_eq!(
        ana.list("log --ledger").as_array().unwrap().len(),
        records.as_array().unwrap().len()
    );
    ana.ok("version delete 1 --force --offline");
    ana.ok("version undelete 1 --offline");
    ana.ok("push");
    served::assert_same(&ana);
    assert_eq!(status_of_v1(&ana), "superseded");
}

#[test]
fn a_remote_that_does_not_answer_decides_nothing() {
    let (mut ana, _ben) = deleted();
    ana.set("LUA_STORE_TRIES", "1");
    ana.ok(&format!("remote set-url origin http://127.0.0.1:9/{}", served::AGENT));
    let before = heads(&ana.root());
    let told = ana.run("version undelete 1");
    assert_eq!(told.code, 11, "{told}");
    assert!(told.stderr.contains("nothing was changed; add `--offline`"), "{told}");
    assert_eq!(heads(&ana.root()), before);
}

/// Both undelete the same, or one side undeletes what the other promotes or deletes.
#[test]
fn ledgers_that_both_continued_are_for_a_person_to_decide() {
    let undelete: &[&str] = &["version undelete 1"];
    let promote: &[&str] = &["version undelete 1", "version promote 1"];
    let again: &[&str] = &["version undelete 1", "version delete 1 --force"];
    for (theirs, ours) in
        [(undelete, undelete), (undelete, promote), (undelete, again), (promote, again)]
    {
        let (ana, ben) = deleted();
        theirs.iter().for_each(|line| drop(ben.ok(line)));
        ours.iter().for_each(|line| drop(ana.ok(&format!("{line} --offline"))));
        let before = heads(&ana.root());
        let told = ana.run("pull");
        assert_eq!(told.code, 1, "{theirs:?}, {ours:?}: {told}");
        assert!(
            told.stderr.contains("both sides promoted, deleted or undeleted versions"),
            "{told}"
        );
        assert!(
            told.to_string().contains("undeleted v1  2026-11-21 09:30  ben@example.com"),
            "{told}"
        );
        let told = ana.run("version undelete 1");
        assert_eq!(told.code, 1, "{told}");
        assert!(told.stderr.contains("version undelete v1 --theirs`"), "{told}");
        assert_eq!(heads(&ana.root()), before);
        ana.ok("version undelete 1 --theirs");
        served::assert_same(&ana);
    }
}

/// The remote has the deletion and nothing else new: ours follow it, under their new ids.
#[test]
fn an_unsent_undeletion_follows_what_others_pushed() {
    let (ana, ben) = deleted();
    edit(&ben, "src/skills/catalog.skill.ts", "Finds products", "Finds what we sell");
    ben.ok("push");
    ben.ok("version create -m third");
    ben.ok("push");
    edit(&ana, "src/index.ts", "You help.", "You help a lot.");
    for line in [
        "push --offline",
        "version create -m mine",
        "version delete 3 --force --offline",
        "version undelete 3 --offline",
        "version undelete 1 --offline",
    ] {
        ana.ok(line);
    }
    ana.ok("pull");
    ana.ok("push");
    let list = ana.list("version list");
    let told: Vec<_> =
        list.as_array().unwrap().iter().map(|row| (&row["message"], &row["status"])).collect();
    assert_eq!(
        told,
        [
            (&json!("mine"), &json!("staged")),
            (&json!("third"), &json!("staged")),
            (&json!("second"), &json!("active")),
            (&json!("first"), &json!("superseded"))
        ]
    );
    served::assert_same(&ana);
    assert_eq!(ana.run("log --verify").code, 0);
}

#[test]
fn it_needs_the_scope_of_a_promotion() {
    let (mut ana, _ben) = deleted();
    let server = Server::start(&ana, "");
    served::aim(&ana, &server.url);
    let tokens: Vec<String> = ["push", "promote"]
        .iter()
        .map(|scope| token(&ana, &format!("--agent {} --scope {scope}", served::AGENT)))
        .collect();
    ana.set("LUA_STORE_TOKEN", &tokens[0]);
    let before = heads(&ana.root());
    assert_eq!(ana.run("version undelete 1").code, 10);
    assert_eq!(heads(&ana.root()), before);
    ana.set("LUA_STORE_TOKEN", &tokens[1]);
    ana.ok("version undelete 1");
    served::assert_same(&ana);
    assert!(server.log().contains(r#""did":"undelete v1""#));
}

/// Whichever part is lost on the way, the same command completes it, and no record is made twice.
#[test]
fn a_lost_answer_is_found_by_asking_again() {
    let (ana, _ben) = deleted();
    let served = || {
        let mut ana = copy(&ana);
        let server = served::serve(&mut ana, "");
        let proxy = Proxy::before(server.url.strip_prefix("http://").unwrap().parse().unwrap());
        served::aim(&ana, &proxy.url());
        ana.set("LUA_STORE_TRIES", "1");
        (ana, server, proxy)
    };
    let (undisturbed, _server, proxy) = served();
    undisturbed.ok("version undelete 1");
    let (up, down, _) = proxy.traffic();
    let cuts: Vec<Fault> = (1..=8)
        .flat_map(|part| [Fault::CutUp(up * part / 8), Fault::CutDown(down * part / 8)])
        .collect();
    served::for_each(0..cuts.len(), |number| {
        let (ana, server, proxy) = served();
        proxy.next([cuts[number]]);
        let first = ana.run("version undelete 1");
        assert!(first.code == 0 || first.code == 11, "{first}");
        ana.ok("version undelete 1");
        let records = ana.list("log --ledger");
        assert_eq!(records.as_array().unwrap().len(), 4, "{:?}: {records}", cuts[number]);
        assert_eq!(heads(&ana.root()).active, head(server.data()).heads.active);
    });
}
