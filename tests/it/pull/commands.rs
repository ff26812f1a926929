//! The command `pull` between two projects that share a remote.

use super::{SKILL, both_pushed, copy, fetched, heads, text};
use crate::common::{Project, shop};
use lua_store::internals::cli::hints;
use lua_store::internals::history::project;
use lua_store::internals::report::{self};

#[test]
fn a_push_that_is_behind_is_told_what_is_there() {
    let (ann, ben) = both_pushed();
    let remote = fetched(&ann, &ben);
    let opened = project::Project::open(&ann.root()).unwrap();
    let store = opened.store();
    let news = lua_store::internals::merge::incoming::Incoming::of(
        store.objects(),
        &store.heads().unwrap(),
        &remote,
    )
    .unwrap();
    let error = report::behind("push", "origin", &news);
    let told = format!(
        "{error}\nhint: {}\n{}",
        hints::of(&error).unwrap(),
        text(&report::incoming_lines(&news))
    );
    insta::assert_snapshot!(told, @r#"
    cannot push: "origin" has 1 source version and 1 version that are missing here
    hint: run `lua-store pull origin` to download it; nothing was changed
    source v2  2026-11-21 09:30  ben@example.com  batch push
        ~ skill catalog 1.0.0 → 1.0.1
            description:
              - Knows the products
              + Knows all products
        ~ persona
            - You help customers shop.
            + You help customers shop well.
    version v2  2026-11-21 09:30  ben@example.com  from ben
    "#);
    let json = serde_json::json!(report::IncomingView::new(&news));
    assert_eq!(json["source"][0]["createdBy"], "ben@example.com");
    assert_eq!(json["versions"][0]["message"], "from ben");
}

/// Ann and Ben with one remote, which has what both have.
fn sharing() -> (Project, Project) {
    let ann = shop::versioned();
    ann.ok("remote add origin ../agents/agent_shop");
    ann.ok("push");
    let mut ben = Project::new();
    copy(&ann.root(), &ben.root());
    ben.set("LUA_STORE_AUTHOR", "ben@example.com");
    ben.ok(&format!(
        "remote set-url origin {}",
        ann.root().with_file_name("agents").join("agent_shop").display()
    ));
    (ann, ben)
}

#[test]
fn two_people_pull_what_the_other_pushed() {
    let (ann, ben) = sharing();
    insta::assert_snapshot!(ann.run("pull"), @"
    $ lua-store pull
    origin has nothing new.
    ");
    shop::edit(&ben, SKILL, "Knows the products", "Knows all products");
    ben.ok("push");
    shop::edit(&ann, "src/jobs/nightly.ts", "0 3 * * *", "0 4 * * *");
    assert_eq!(ann.run("push").code, 1);
    ann.ok("push --offline");
    insta::assert_snapshot!(ann.run("pull"), @"
    $ lua-store pull
    source v2  2026-11-21 09:30  ben@example.com  batch push
        ~ skill catalog 1.0.0 → 1.0.1
            description:
              - Knows the products
              + Knows all products
    ✅ Pulled from origin: 1 file(s) changed
       your source v2 → v3
    ");
    ann.ok("push");
    insta::assert_snapshot!(ben.run("pull"), @"
    $ lua-store pull
    source v3  2026-11-21 09:30  ana@example.com  batch push
        ~ skill catalog 1.0.1 → 1.0.0
            description:
              - Knows all products
              + Knows the products
        ~ job nightly 1.0.0 → 1.0.1
            schedule.expression: 0 3 * * * → 0 4 * * *
    source v4  2026-11-21 09:30  ana@example.com  batch push
        ~ skill catalog 1.0.0 → 1.0.2
            description:
              - Knows the products
              + Knows all products
    ✅ Pulled from origin: 1 file(s) changed
    ");
    assert_eq!(
        (ann.read(SKILL), ann.read("src/jobs/nightly.ts")),
        (ben.read(SKILL), ben.read("src/jobs/nightly.ts"))
    );
    assert_eq!(heads(&ann), heads(&ben));
}

#[test]
fn a_pull_that_conflicts_is_told_and_decided() {
    let (ann, ben) = sharing();
    shop::edit(&ben, SKILL, "Knows the products", "Knows all products");
    ben.ok("push");
    shop::edit(&ann, SKILL, "Knows the products", "Knows some products");
    insta::assert_snapshot!(ann.run("pull"), @r#"
    $ lua-store pull
    skill "catalog" was changed on both sides in "src/skills/catalog.skill.ts"
        here:
          description:
            - Knows the products
            + Knows some products
        there:
          description:
            - Knows the products
            + Knows all products
    --- stderr
    Error: cannot pull from "origin": one change here conflicts with one there
    hint: run `lua-store pull origin --theirs` to resolve conflicts with theirs, or `--ours` with yours; nothing was changed
    --- exit 1
    "#);
    let refused = ann.run("pull --json");
    assert_eq!(refused.code, 1);
    let answer: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(answer["error"]["code"], "conflict");
    assert_eq!(
        (&answer["conflicts"][0]["name"], &answer["conflicts"][0]["reason"]),
        (&"catalog".into(), &"changed".into())
    );
    insta::assert_snapshot!(ann.run("pull --theirs"), @r#"
    $ lua-store pull --theirs
    source v2  2026-11-21 09:30  ben@example.com  batch push
        ~ skill catalog 1.0.0 → 1.0.1
            description:
              - Knows the products
              + Knows all products
    ✅ Pulled from origin: 1 file(s) changed
       decided: skill "catalog" was changed on both sides in "src/skills/catalog.skill.ts"
    --- stderr
    Your earlier files are stored as safety snapshot 1.
    hint: run `lua-store snapshot restore 1` to restore them
    "#);
    assert_eq!(ann.read(SKILL), ben.read(SKILL));
}
