//! `demo`: the main job, from an empty folder to a rollback.

use crate::common::Project;
use std::path::Path;

#[test]
fn every_command_of_the_demo_succeeds_and_does_what_it_is_shown_for() {
    let mut project = Project::new();
    project.set("TMPDIR", &project.root().to_string_lossy());
    let demo = project.json("demo");
    let commands = demo["commands"].as_array().unwrap();
    // A check that finds the drift it is shown for ends with 1.
    let found = |command: &serde_json::Value| {
        command["command"] == "lua-store sync --check"
            && command["stdout"].as_str().unwrap().contains("Drift Check Summary")
    };
    let expected = |command: &serde_json::Value| i64::from(found(command));
    assert!(commands.iter().all(|command| command["exitCode"] == expected(command)), "{demo:#}");
    let standings = ["Local code is behind the server", "Local code is ahead of the server"];
    let told: Vec<&str> = commands
        .iter()
        .filter(|command| found(command))
        .map(|c| c["stdout"].as_str().unwrap())
        .collect();
    assert_eq!(told.len(), 2, "{demo:#}");
    assert!(
        standings.iter().zip(&told).all(|(standing, told)| told.contains(standing)),
        "{told:#?}"
    );
    assert!(commands.last().unwrap()["command"] == "lua-store remote remove server");
    // The clone that rolled back had not heard of what it took back.
    let back = "lua-store version promote previous -m \"it promises refunds\"";
    let at = commands.iter().position(|command| command["command"] == back).expect("the night");
    let text = |at: usize, stream: &str| commands[at][stream].as_str().unwrap().to_owned();
    assert!(text(at, "stderr").contains("Downloaded from origin"), "{demo:#}");
    assert!(text(at, "stderr").contains("by colleague@example.com"), "{demo:#}");
    let (bad, good) = (text(at - 1, "stdout"), text(at, "stdout"));
    let number = |told: &str, before: &str| {
        told.split(before).nth(1).and_then(|rest| rest.split('.').next()).map(str::to_owned)
    };
    assert_eq!(number(&bad, "Promoted "), number(&good, "Previous active: "));
    assert_eq!(number(&bad, "Previous active: "), number(&good, "Promoted "));
    let status = text(at + 1, "stdout");
    assert!(status.contains(&number(&good, "Promoted ").unwrap()), "{status}");
    let shown = |line: &str| {
        let found = commands.iter().find(|command| command["command"] == line);
        found.unwrap_or_else(|| panic!("no {line} in {demo:#}"))["stdout"].as_str().unwrap()
    };
    assert!(
        shown("lua-store version promote v1")
            .contains("✓ Promoted v1. (No previous active version.)")
    );
    let diff = shown("lua-store version diff v1 v2");
    for expected in ["catalog-skill 1.0.0 → 1.0.1", "order-skill 1.0.0 → 1.0.1", "No changes: "]
    {
        assert!(diff.contains(expected), "{diff}");
    }
    // After the rollback the files are those of the first push.
    let folder = Path::new(demo["folder"].as_str().unwrap());
    let name = folder.file_name().unwrap().to_string_lossy();
    assert!(name.starts_with("lua-store-demo-"), "{name}");
    assert!(!project.path(&*name).join("src/skills/tools/SuggestGrindTool.ts").exists());
    assert_eq!(project.json(&format!("-C {name} status"))["active"], 1);
}

#[test]
fn the_person_is_told_where_to_go_on() {
    let mut project = Project::new();
    project.set("TMPDIR", &project.root().to_string_lossy());
    let shown = project.ok("demo");
    assert!(shown.contains("\n$ lua-store push -m \"first push\"\n"), "{shown}");
    assert!(shown.contains("\nThe project is in [DIR]/project/lua-store-demo-"), "{shown}");
}

#[test]
fn without_an_author_the_demo_says_whom_it_takes() {
    let mut project = Project::new();
    project.set("TMPDIR", &project.root().to_string_lossy());
    project.set("LUA_STORE_AUTHOR", "");
    let shown = project.ok("demo");
    assert!(
        shown.contains("# no author is configured, so the author here is you@example.com"),
        "{shown}"
    );
}
