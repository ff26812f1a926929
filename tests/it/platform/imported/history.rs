//! Imported history: numbers, authors, states, the ledger, and the requests for it.

use super::{AGENT, There, only_reads};
use crate::platform::stub::{Assumptions, Seed};
use insta::assert_snapshot;
use serde_json::Value;

#[test]
fn a_clone_has_the_versions_the_backups_and_the_live_one() {
    let there = There::new();
    there.platform.reset_requests();
    there.cloned("mine");
    assert!(only_reads(&there.platform.requests()), "{:?}", there.platform.requests());
    assert_snapshot!(there.in_clone("mine", "version list"), @r"
    VERSION  STATUS      CREATED           BY              PROMOTED  MESSAGE
    v3       staged      2026-11-20 10:00  bo@example.com  -         third
    v2*      active      2026-11-20 10:00  bo@example.com  unknown   second
    v1       superseded  2026-11-20 10:00  bo@example.com  unknown   first
    ");
    assert_snapshot!(there.in_clone("mine", "source list"), @r"
    VERSION  CREATED           BY        TRIGGERED BY            HASH
    v3 *     2026-11-20 10:00  platform  manual lua push backup  f7284e7b...
    v2       2026-11-20 10:00  platform  manual lua push backup  99c2f9f1...
    v1       2026-11-20 10:00  platform  manual lua push backup  7f4c2d0c...
    ");
    assert_snapshot!(there.in_clone("mine", "version show 3 --offline"), @r"
    Version v3 (staged)
      Created: 2026-11-20T10:00:19.000Z by bo@example.com
      Message: third
      Source:  v3
      Content: 0 exact, 3 inferred from backups, 0 unknown
      Model:   openai/gpt-4o
      Snapshot:
        Skills:         2
        Webhooks:       0
        Triggers:       0
        Jobs:           1
        Preprocessors:  0
        Postprocessors: 0
        MCP servers:    1
        Persona:        v1
    ");
    let checked = there.in_clone("mine", "fsck");
    assert!(checked.contains("nothing is damaged"), "{checked}");
    for path in ["src/index.ts", "src/skills/orders.skill.ts", "package.json"] {
        assert_eq!(there.read("mine", path), there.project.read(path), "{path}");
    }
    // The files of an older version are those of its backup.
    let old = there.in_clone("mine", "show v1:src/skills/catalog.skill.ts --offline");
    assert!(old.contains("Finds products"), "{old}");
    // The one new file keeps the store out of git.
    assert_snapshot!(there.in_clone("mine", "status --offline"), @r"
    Active version:  v2  second
      Live since a time that the platform does not say
      as origin had it at 09:30 UTC, just now
    Newest version:  v3  third
    Pushed source:   v3
    Staged:          v3 (created, never live)
    Not pushed:
      A .gitignore
    ");
}

#[test]
fn the_difference_of_two_versions_is_that_of_their_backups() {
    let there = There::new();
    there.cloned("mine");
    assert_snapshot!(there.in_clone("mine", "version diff 1 2 --offline").lines().filter(|line| !line.contains("(no changes)")).collect::<Vec<_>>().join("\n"), @r"
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.1 → 1.0.2
          ~ tool search
              description:
                - Finds products
                + Finds all products
    No changes: webhooks, jobs, preprocessors, postprocessors, triggers, MCP servers, persona, model, voice
    Files:
      M src/skills/catalog.skill.ts
    ");
}

#[test]
fn two_clones_have_the_same_objects() {
    let there = There::new();
    there.cloned("mine");
    there.cloned("yours");
    assert_eq!(there.refs("mine"), there.refs("yours"));
}

#[test]
fn a_fetch_with_nothing_new_asks_sixteen_times_at_most_and_stores_nothing() {
    let there = There::new();
    there.cloned("mine");
    let before = there.refs("mine");
    there.platform.reset_requests();
    let fetched = there.in_clone("mine", "fetch");
    assert!(fetched.contains("origin has nothing new"), "{fetched}");
    assert!(there.platform.requests().len() <= 16, "{:?}", there.platform.requests());
    assert_eq!(there.refs("mine"), before);
}

#[test]
fn what_is_new_is_asked_for_and_nothing_else() {
    let there = There::new();
    there.cloned("mine");
    there.fourth();
    there.platform.dashboard(AGENT).delete_version(3);
    there.platform.reset_requests();
    let pulled = there.in_clone("mine", "pull");
    assert!(pulled.contains("Pulled from origin"), "{pulled}");
    let asked: Vec<String> = there.platform.requests().iter().map(|one| one.route()).collect();
    let count = |route: &str| asked.iter().filter(|one| *one == route).count();
    let news = ["#21", "#25", "#33 skills", "#16", "#18"].map(count);
    assert_eq!(news, [1, 1, 1, 1, 1], "{asked:?}");
    assert!(there.read("mine", "src/lib/store.ts").contains("the gate"));
    assert_snapshot!(there.in_clone("mine", "version list --offline --status all"), @r"
    VERSION  STATUS      CREATED           BY              PROMOTED  MESSAGE
    v4*      active      2026-11-20 10:00  bo@example.com  unknown   fourth
    v3       deleted     2026-11-20 10:00  bo@example.com  -         third
    v2       superseded  2026-11-20 10:00  bo@example.com  unknown   second
    v1       superseded  2026-11-20 10:00  bo@example.com  unknown   first
    ");
    // A new clone has the same versions.
    there.cloned("yours");
    let ids = |folder: &str| -> Vec<Value> {
        let all = there.json(folder, "version list --all --offline");
        all["versions"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
    };
    assert_eq!(ids("mine"), ids("yours"));
}

#[test]
fn edits_that_were_not_pushed_are_merged_with_what_somebody_backed_up() {
    let there = There::new();
    there.cloned("mine");
    let path = "src/skills/catalog.skill.ts";
    let mine = there.read("mine", path).replace("Knows the products", "Knows all products");
    there.project.write(&format!("../mine/{path}"), mine);
    there.edit(path, "Use this to find products.", "Use this to find things.");
    there.push("skills", "catalog", "1.0.3");
    there.platform.dashboard(AGENT).back_up(&there.project.root());
    there.in_clone("mine", "pull");
    let merged = there.read("mine", path);
    assert!(merged.contains("Knows all products") && merged.contains("find things"), "{merged}");
}

#[test]
fn versions_of_one_backup_have_source_versions_of_their_own_and_both_numbers_are_shown() {
    let there = There::new();
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.edit_persona("You are Bo.");
    dashboard.create_version("another persona");
    there.edit("src/lib/store.ts", "the door", "the gate");
    there.push("skills", "orders", "1.0.4");
    there.version("fifth");
    there.cloned("mine");
    assert_snapshot!(there.in_clone("mine", "source list"), @r"
    VERSION            CREATED           BY        TRIGGERED BY            HASH
    v5 * (platform:4)  2026-11-20 10:00  platform  manual lua push backup  58794de9...
    v4                 2026-11-20 10:00  platform  version create          f7284e7b...
    v3                 2026-11-20 10:00  platform  manual lua push backup  f7284e7b...
    v2                 2026-11-20 10:00  platform  manual lua push backup  99c2f9f1...
    v1                 2026-11-20 10:00  platform  manual lua push backup  7f4c2d0c...
    ");
    let persona = |name: &str| there.in_clone("mine", &format!("show {name} --offline"));
    assert_eq!(persona("platform:4:package.json"), persona("v4:package.json"));
    let gate = persona("platform:source/4:src/lib/store.ts");
    assert!(gate.contains("the gate"), "{gate}");
    let old = persona("platform:source/3:src/lib/store.ts");
    assert!(old.contains("the door"), "{old}");
    let missing = there.project.run("-C ../mine show platform:9 --offline").to_string();
    assert!(missing.contains("\"platform:v9\" is not imported"), "{missing}");
}

/// Somebody made a version of a number that no backup followed, after one of a higher number.
#[test]
fn a_version_may_go_back_to_a_number_that_no_backup_has() {
    let there = There::new();
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.set_model("openai/gpt-5");
    dashboard.create_version("back");
    dashboard.change_snapshot(4, |snapshot| {
        let skills = snapshot["skills"].as_array_mut().unwrap();
        let orders = skills.iter_mut().find(|skill| skill["name"] == "orders").unwrap();
        orders["version"] = "1.0.2".into();
    });
    there.cloned("mine");
    let answer = there.json("mine", "version show 4 --offline");
    assert_eq!(answer["origins"]["unknown"], 1, "{answer}");
    let checked = there.in_clone("mine", "fsck");
    assert!(checked.contains("nothing is damaged"), "{checked}");
    // The number is not free for another content.
    there.edit("src/lib/store.ts", "the door", "the gate");
    there.push("skills", "orders", "1.0.4");
    there.version("fifth");
    there.in_clone("mine", "pull");
}

#[test]
fn a_number_that_is_gone_is_a_hole_and_is_never_given_again() {
    let there = There::new();
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.purge_version(1);
    dashboard.purge_backup(1);
    there.cloned("mine");
    assert_snapshot!(there.in_clone("mine", "version list --status all --offline"), @r"
    VERSION  STATUS   CREATED           BY              PROMOTED  MESSAGE
    v3       staged   2026-11-20 10:00  bo@example.com  -         third
    v2*      active   2026-11-20 10:00  bo@example.com  unknown   second
    v1       deleted  2026-11-20 10:00  platform        -         version 1 is gone on the platform
    ");
    assert_snapshot!(there.in_clone("mine", "source list"), @r"
    VERSION  CREATED           BY        TRIGGERED BY                      HASH
    v3 *     2026-11-20 10:00  platform  manual lua push backup            f7284e7b...
    v2       2026-11-20 10:00  platform  manual lua push backup            99c2f9f1...
    v1       2026-11-20 10:00  platform  backup 1 is gone on the platform  a4795565...
    ");
    let checked = there.in_clone("mine", "fsck");
    assert!(checked.contains("nothing is damaged"), "{checked}");
}

#[test]
fn no_assumption_about_the_answers_changes_what_is_imported() {
    let default = There::new();
    default.cloned("mine");
    let expected = default.refs("mine");
    for (name, assumptions) in Assumptions::each() {
        let there = There::with(assumptions);
        there.cloned("mine");
        assert_eq!(there.refs("mine"), expected, "{name}");
    }
}

#[test]
fn an_agent_without_a_backup_or_a_version_is_no_history() {
    let there = There::empty(Assumptions::default());
    let refused = there.project.run(&there.clone_line("mine")).to_string();
    assert!(refused.contains("nothing was ever pushed"), "{refused}");
    assert!(!there.project.path("../mine").exists());
    // Primitives that nobody backed up are no history either.
    there.push("skills", "orders", "1.0.1");
    assert_eq!(there.project.run(&there.clone_line("mine")).code, 3);
}

#[test]
fn a_long_history_is_imported_whole() {
    let there = There::empty(Assumptions::default());
    there.platform.seed(AGENT, &Seed { versions: 120, backups: 130, blobs: 260, files: 30 });
    there.cloned("mine");
    let all = there.json("mine", "version list --all --offline");
    assert_eq!(all["versions"].as_array().unwrap().len(), 120);
    assert_eq!(all["versions"][0]["status"], "active");
    let sources = there.json("mine", "source list --all");
    assert_eq!(sources["sourceVersions"].as_array().unwrap().len(), 130);
}
