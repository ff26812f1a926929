//! `clone`, `fetch`, and what others pushed.

use super::{copy_of, published};
use crate::common::Project;
use crate::common::shop::edit;
use insta::assert_snapshot;

fn clone_of(project: &Project, options: &str) -> (Project, crate::common::Outcome) {
    let other = Project::new();
    let url = project.path("../data").canonicalize().unwrap().join("agent_shop");
    let outcome = other.run(&format!("clone \"{}\" shop {options}", url.display()));
    (other, outcome)
}

#[test]
fn a_clone_has_everything() {
    let ana = published();
    let (ben, outcome) = clone_of(&ana, "--json");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_eq!(ben.read("shop/src/index.ts"), ana.read("src/index.ts"));
    assert_eq!(ben.ok("-C shop version list"), ana.ok("version list"));
    assert_eq!(ben.ok("-C shop source list"), ana.ok("source list"));
    assert_snapshot!(ben.run("-C shop status"), @"
    $ lua-store -C shop status
    Active version:  v1  first
      Live since 09:30 UTC (just now) by ana@example.com
      as origin has it now
    Newest version:  v1  first
    Pushed source:   v1
    Nothing to push: the project is as it was pushed.
    ");
    assert_eq!(ben.run("-C shop fsck").code, 0);
    assert_eq!(ben.run("-C shop sync --check").code, 0);
}

#[test]
fn a_clone_needs_room_of_its_own_and_something_to_clone() {
    let ana = published();
    let (ben, _) = clone_of(&ana, "");
    ben.write("taken/file", "x");
    let url = ana.path("../data").canonicalize().unwrap();
    let taken = ben.run(&format!("clone \"{}\" taken", url.join("agent_shop").display()));
    assert_eq!(taken.code, 2, "{taken}");
    let nobody = ben.run(&format!("clone \"{}\" nobody", url.join("nobody").display()));
    assert_eq!(nobody.code, 3, "{nobody}");
    assert!(!ben.path("nobody").exists());
}

#[test]
fn a_clone_that_was_cut_off_goes_on() {
    let ana = published();
    let url = ana.path("../data").canonicalize().unwrap().join("agent_shop");
    let line = format!("clone \"{}\" shop", url.display());
    let mut cuts = 0;
    for step in (1..).step_by(5) {
        let ben = Project::new();
        let outcome =
            ben.lua_store(&line).env("LUA_STORE_FAULT", format!("kill={step}")).output().unwrap();
        if outcome.status.success() {
            break;
        }
        cuts += 1;
        // Cut off after its last file and ref it is whole, and nothing is left to go on with.
        let again = ben.run(&line);
        assert!(
            again.code == 0 || again.stderr.contains("it is not empty"),
            "cut at step {step}: {again}"
        );
        assert_eq!(ben.read("shop/src/index.ts"), ana.read("src/index.ts"));
        assert_eq!(ben.run("-C shop fsck").code, 0, "cut at step {step}");
        assert!(ben.ok("-C shop version list").contains("v1*"), "cut at step {step}");
    }
    assert!(cuts > 5, "{cuts} cuts");
}

#[test]
fn a_project_can_be_made_where_one_stands() {
    let ana = published();
    let ben = Project::new();
    let url = ana.path("../data").canonicalize().unwrap();
    assert_snapshot!(ben.run(&format!("init --agent-id agent_shop --remote \"{}\" --restore-sources", url.display())).to_string().replace(&*url.to_string_lossy(), "[DATA]"), @r#"
    $ lua-store init --agent-id agent_shop --remote "[DATA]" --restore-sources
    ✓ Created a store in [DIR]/project/.lua
    Agent: agent_shop
    Remote: origin ([DATA]/agent_shop)
    Restored 7 file(s)
    ✅ Project initialized with restored sources!
    "#);
    assert_eq!(ben.read("src/index.ts"), ana.read("src/index.ts"));
}

#[test]
fn fetching_touches_nothing_of_ours() {
    let ana = published();
    let ben = copy_of(&ana, "ben@example.com");
    assert_snapshot!(ben.run("fetch"), @"
    $ lua-store fetch
    origin has nothing new.
       source version v1, version v1, active v1
    ");
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push -m shorter");
    let before = (ben.ok("source list"), ben.read("src/index.ts"));
    let outcome = ben.run("fetch");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stderr.contains("`lua-store pull`"), "{outcome}");
    assert_eq!((ben.ok("source list"), ben.read("src/index.ts")), before);
    assert_eq!(ben.json("fetch")["source"], "behind");
    assert_eq!(ben.run("fsck").code, 0);
}

#[test]
fn overwriting_says_whose_work_it_supersedes_and_deletes_nothing() {
    let ana = published();
    let ben = copy_of(&ana, "ben@example.com");
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push -m shorter");
    edit(&ben, "src/index.ts", "You help customers shop.", "You help a lot.");
    ben.ok("push --offline");
    assert_eq!(ben.run("push --force").code, 1, "--force never overwrites");
    assert_snapshot!(ben.run("push --overwrite-remote"), @r#"
    $ lua-store push --overwrite-remote
    --- stderr
    source v2  2026-11-21 09:30  ana@example.com  shorter
        ~ persona
            - You help customers shop.
            + You help.
    Error: cannot ask "Your push will supersede what "origin" has. Continue?" without a terminal
    hint: add `--force` to run it without a question
    --- exit 2
    "#);
    assert_snapshot!(ben.run("push --overwrite-remote --force -m longer"), @"
    $ lua-store push --overwrite-remote --force -m longer
    Nothing changed since source version v3.
    ✅ Sent to origin: source version v3 (1161 bytes)
    --- stderr
    source v2  2026-11-21 09:30  ana@example.com  shorter
        ~ persona
            - You help customers shop.
            + You help.
    your source v2 → v3
    your persona 2 → 3
    ");
    let (cleo, _) = clone_of(&ana, "");
    assert!(cleo.read("shop/src/index.ts").contains("You help a lot."));
    assert_snapshot!(cleo.run("-C shop source list"), @"
    $ lua-store -C shop source list
    VERSION  CREATED           BY               TRIGGERED BY  HASH
    v3 *     2026-11-21 09:30  ben@example.com  batch push    d61ecacf...
    v2       2026-11-21 09:30  ana@example.com  batch push    6bfadf0f...
    v1       2026-11-21 09:30  ana@example.com  batch push    7ec3e3b6...
    ");
}
