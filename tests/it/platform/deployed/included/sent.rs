//! Everything that is sent: only what changed, and after a warning.

use super::{INCLUDE, edit, edited, live, sent, texts, unsent};
use crate::common::shop;
use crate::platform::deployed::AGENT;
use crate::platform::stub::Assumptions;
use insta::assert_snapshot;

#[test]
fn a_push_leaves_them_out_and_says_so_and_another_sends_them() {
    let shop = unsent(Assumptions::default());
    shop::edit(&shop.project, "src/index.ts", "  jobs: [nightly],\n", "");
    shop::edit(&shop.project, "src/index.ts", "import nightly from './jobs/nightly';\n", "");
    assert_snapshot!(shop.run("push").to_string(), @r"
    $ lua-store push --compiled ../out
      ✅ shop pushed (agent settings, new)
      ✅ persona v1 pushed (new)
      ✅ orders v1.0.0 pushed (skill, new)
      ✅ catalog v1.0.0 pushed (skill, new)
      ✅ docs v1.0.0 pushed (mcp-server, new)
      ✅ label-printer v1.0.0 pushed (device, new)
      ✅ doorbell v1.0.0 pushed (device-trigger, new)
      ✅ digest v1.0.0 pushed (workflow, new)
    💾 Backup at v1 (9 new file(s))
    ✅ Push complete: 8 changed
    ✅ Sent to origin: source version v1
       staged        skill catalog (#2)
       staged        skill catalog 1.0.0 (#3)
       staged        skill orders (#2)
       staged        skill orders 1.0.0 (#3)
       staged        backup of source version v1 (#19)
    --- stderr
    hint: run `lua-store version create` to create a version of it
    Not sent, as no version contains it and it would be live at once: device-trigger doorbell 1.0.0, device label-printer 1.0.0, workflow digest 1.0.0 (add `--include device-triggers,devices,workflows` to send it)
    ");
    assert!(live(&shop).is_empty(), "{:?}", live(&shop));
    shop.platform.reset_requests();
    assert_snapshot!(shop.run(INCLUDE).to_string(), @r"
    $ lua-store push --include workflows,devices,device-triggers --compiled ../out
    Nothing changed since source version v1.
    ✅ origin has everything.
       staged        device-trigger doorbell (#2)
       live at once  device-trigger doorbell 1.0.0 (#3)
       staged        device label-printer (#2)
       live at once  device label-printer 1.0.0 (#3)
       staged        workflow digest (#2)
       staged        workflow digest 1.0.0 (#3)
       live at once  workflow digest 1.0.0 made live (#4)
    --- stderr
    What changed of workflows, devices, device-triggers will be live at once. It is in no version: a promotion neither makes it live nor reverts it.
    ");
    assert_eq!(
        shop.changes(),
        [
            "#2 device-triggers",
            "#3 device-triggers",
            "#2 devices",
            "#3 devices",
            "#2 workflows",
            "#3 workflows",
            "#4 workflows"
        ]
    );
    let first = texts(&[
        ("device-triggers/doorbell", "Somebody rings"),
        ("devices/label-printer", "Prints labels"),
        ("workflows/digest", "Sums up the day"),
    ]);
    assert_eq!(live(&shop), first);
    assert!(shop.project.ok("fsck").contains("nothing is damaged"));
    for line in [INCLUDE, "push"] {
        shop.platform.reset_requests();
        let nothing = shop.run(line);
        assert_eq!(nothing.code, 0, "{nothing}");
        assert!(!nothing.stderr.contains("Not sent"), "{nothing}");
        assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    }
}

#[test]
fn only_what_changed_is_sent_and_a_dry_run_plans_it() {
    let shop = sent();
    edit(&shop);
    assert_snapshot!(shop.run(&format!("{INCLUDE} --dry-run")).to_string(), @r"
    $ lua-store push --include workflows,devices,device-triggers --dry-run --compiled ../out
      ~  label-printer v1.0.1 would be pushed (device, 1.0.0 → 1.0.1)
          description:
            - Prints labels
            + Prints a label
      ~  digest v1.0.1 would be pushed (workflow, 1.0.0 → 1.0.1)
          description:
            - Sums up the day
            + Sums up a day
      ·  7 unchanged: shop, persona, orders, catalog, nightly, … and 2 more
    Would push 2 change(s), 1 changed file(s). Nothing was stored.
    Would send to the platform (plan d52360c559ab):
       staged        backup of the files (#19)
       live at once  device label-printer 1.0.1 (#3)
       staged        workflow digest 1.0.1 (#3)
       live at once  workflow digest 1.0.1 made live (#4)
    --- stderr
    Live at once, and in no version: device label-printer 1.0.1, workflow digest 1.0.1 made live
    ");
    let plan = shop.project.json(&shop.line("push --include workflows --dry-run"))["plan"].clone();
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    let effects: Vec<String> = plan["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!("{} {}", one["effect"].as_str().unwrap(), one["subject"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        effects,
        [
            "staged backup of the files",
            "staged workflow digest 1.0.1",
            "live at once workflow digest 1.0.1 made live"
        ]
    );
    assert_eq!(plan["notSent"][0], "device label-printer 1.0.1");
    let id = plan["id"].as_str().unwrap();
    // The plan of another push.
    let other = shop.run(&format!("{INCLUDE} --plan {id}"));
    assert_eq!(other.code, 1, "{other}");
    assert!(other.stderr.contains("does not hold any more"), "{other}");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    let done = shop.project.json(&shop.line(&format!("push --include workflows --plan {id}")));
    assert_eq!(done["deployed"]["notSent"][0], "device label-printer 1.0.1");
    assert_eq!(shop.changes(), ["#19", "#3 workflows", "#4 workflows"]);
    shop.platform.reset_requests();
    shop.ok(INCLUDE);
    assert_eq!(shop.changes(), ["#3 devices"]);
    assert_eq!(live(&shop), edited());
}

#[test]
fn each_platform_gets_them() {
    for (name, assumptions) in Assumptions::each() {
        if !assumptions.optional_kinds {
            continue;
        }
        let shop = unsent(assumptions);
        for _ in 0..2 {
            let outcome = shop.run(INCLUDE);
            assert_eq!(outcome.code, 0, "{name}: {outcome}");
            edit_once(&shop);
        }
        assert_eq!(live(&shop), edited(), "{name}");
        shop.platform.reset_requests();
        shop.ok("push --include workflows,devices,device-triggers --force");
        assert!(shop.changes().is_empty(), "{name}: {:?}", shop.changes());
    }
}

fn edit_once(shop: &super::Shop) {
    if shop.project.read(super::LIVE).contains("Sums up the day") {
        edit(shop);
    }
}

#[test]
fn a_promotion_leaves_them_as_they_are() {
    let shop = sent();
    let before = live(&shop);
    shop.project.ok("version create -m first --offline");
    shop.ok("version promote 1");
    for (name, text) in &before {
        assert_eq!(live(&shop).get(name), Some(text), "{name}");
    }
    edit(&shop);
    shop.platform.reset_requests();
    shop.ok(INCLUDE);
    assert_eq!(shop.changes(), ["#19", "#3 devices", "#3 workflows", "#4 workflows"]);
    assert_eq!(shop.project.run("remote verify").code, 0);
}

#[test]
fn ids_and_numbers_are_set_in_the_file_of_the_stock_command() {
    let shop = unsent(Assumptions::default());
    let text = "agent:\n  agentId: agent_shop\n  orgId: org-1\nskills: []\n";
    shop.project.write("lua.skill.yaml", text);
    shop.ok("push");
    assert!(!shop.project.read("lua.skill.yaml").contains("digest"));
    shop.ok(INCLUDE);
    let now = shop.project.read("lua.skill.yaml");
    for (kind, name, field) in [
        ("workflows", "digest", "workflowId"),
        ("devices", "label-printer", "deviceId"),
        ("device-triggers", "doorbell", "deviceTriggerId"),
    ] {
        let id = shop.platform.primitive_id(AGENT, kind, name);
        let mut fields =
            [format!("name: {name}"), "version: 1.0.0".to_owned(), format!("{field}: {id}")];
        fields.sort();
        let item = format!("  - {}\n", fields.join("\n    "));
        assert!(now.contains(&item), "{item}{now}");
    }
    // The edit is none of the user.
    shop.platform.reset_requests();
    let again = shop.ok(INCLUDE);
    assert!(again.contains("Nothing changed since source version v1"), "{again}");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
}
