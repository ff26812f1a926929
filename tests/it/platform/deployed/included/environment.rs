//! Values of the environment, which a workflow takes along: sent, and kept nowhere.

use super::{INCLUDE, LIVE, unsent};
use crate::common::{Project, shop};
use crate::platform::deployed::{AGENT, Shop};
use crate::platform::stub::{Assumptions, At, Fault};
use insta::assert_snapshot;

const VALUE: &str = "agent_value-of-the-team";

/// The workflow takes two values.
fn with_values() -> Shop {
    let shop = unsent(Assumptions::default());
    shop::edit(&shop.project, LIVE, "agentId: 'agent_sums'", "agentId: env.template('TEAM')");
    shop::edit(&shop.project, LIVE, "prompt: 'Sum up'", "prompt: env.template('PROMPT')");
    shop::edit(&shop.project, LIVE, "defineDeviceTrigger }", "defineDeviceTrigger, env }");
    shop
}

/// Files below a folder that contain a text.
fn containing(project: &Project, text: &str) -> Vec<String> {
    let root = project.root();
    let entries = walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files
        .filter(|file| {
            let bytes = std::fs::read(file.path()).unwrap();
            bytes.windows(text.len()).any(|part| part == text.as_bytes())
        })
        .map(|file| file.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_workflow_without_its_values_is_refused_before_anything_is_sent() {
    let shop = with_values();
    assert_snapshot!(shop.run(INCLUDE).stderr, @r#"
    What changed of workflows, devices, device-triggers will be live at once. It is in no version: a promotion neither makes it live nor reverts it.
    hint: run `lua-store version create` to create a version of it
    Error: the workflow "digest" takes values of the environment: PROMPT, TEAM
    hint: add `--env-from FILE` to send them: FILE has the form of the `.env` of the `lua` command
    hint: v1 is stored here; run `lua-store push` to send it to origin, once that is repaired
    "#);
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    shop.project.write("../values", "# values\nTEAM=agent_x\n");
    assert_snapshot!(shop.run(&format!("{INCLUDE} --env-from ../values")).stderr, @r#"
    What changed of workflows, devices, device-triggers will be live at once. It is in no version: a promotion neither makes it live nor reverts it.
    Error: the workflow "digest" takes values that the file of `--env-from` does not have: PROMPT
    hint: run `lua-store push` to send it to origin, once that is repaired
    "#);
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    // Devices take none.
    shop.ok("push --include devices");
    let absent = shop.run(&format!("{INCLUDE} --env-from ../absent"));
    assert_eq!(absent.code, 3, "{absent}");
    assert!(absent.stderr.contains("there is no file"), "{absent}");
}

#[test]
fn values_are_sent_and_kept_nowhere() {
    let shop = with_values();
    shop.project
        .write("../values", format!("TEAM='{VALUE}'\nPROMPT=Sum up the day\nOTHER=not sent\n"));
    let line = format!("{INCLUDE} --env-from ../values");
    let plan = shop.run(&format!("{line} --dry-run --json"));
    assert_eq!(plan.code, 0, "{plan}");
    // The platform repeats in its refusal what it got.
    let echo = format!(r#"{{"statusCode":400,"message":"TEAM {VALUE} is no agent","code":"NO"}}"#);
    shop.platform.on(At::route("#3 workflows"), Fault::StatusBytes(400, echo.into_bytes()));
    let refused = shop.run(&line);
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("TEAM … is no agent"), "{refused}");
    shop.platform.on(At::route("#3 workflows"), Fault::CutAfter);
    let lost = shop.run(&line);
    assert_eq!(lost.code, 11, "{lost}");
    let done = shop.run(&format!("{line} --json"));
    assert_eq!(done.code, 0, "{done}");
    let body = shop.platform.body(AGENT, "workflows", "digest", "1.0.1").unwrap();
    let expected = serde_json::json!({"TEAM": VALUE, "PROMPT": "Sum up the day"});
    assert_eq!(body["envOverlay"], expected);
    assert_eq!(body["envTemplateKeys"], serde_json::json!(["PROMPT", "TEAM"]));
    for outcome in [&plan, &refused, &lost, &done] {
        assert!(!outcome.to_string().contains(VALUE), "{outcome}");
    }
    assert_eq!(containing(&shop.project, VALUE), [""; 0]);
    assert!(!containing(&shop.project, "agent_shop").is_empty(), "the search finds texts");
}
