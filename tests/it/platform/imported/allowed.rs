//! Files that look like secrets, which an import leaves out unless somebody allows them.

use super::{AGENT, There};

const SECRET: &str = "{ \"token\": \"ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R\" }\n";

/// The newest backup, and version 4, have a file that looks like a secret; another one has a copy of it below a folder.
fn there() -> There {
    let there = There::new();
    there.project.write("settings.json", SECRET);
    there.project.write("src/copy.json", SECRET);
    there.version("with a token");
    there
}

fn sources(there: &There, folder: &str) -> Vec<String> {
    let all = there.json(folder, "source list --all");
    let ids = all["sourceVersions"].as_array().unwrap().iter();
    ids.rev().map(|version| version["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_clone_takes_the_file_that_is_allowed_and_names_the_others() {
    let there = there();
    let line = format!("{} --allow settings.json", there.clone_line("mine"));
    let cloned = there.project.run(&line);
    assert_eq!(cloned.code, 0, "{cloned}");
    assert_eq!(there.read("mine", "settings.json"), SECRET);
    assert!(!there.project.path("../mine/src/copy.json").exists());
    assert!(cloned.stderr.contains("files that look like secrets: src/copy.json"), "{cloned}");
    assert!(!cloned.stderr.contains("secrets: settings.json"), "{cloned}");
    // The permission is that of a push, too.
    let status = there.json("mine", "status --offline");
    assert_eq!(status["allowed"][0], "/settings.json");
    let edited = status["notPushed"]["files"].to_string();
    assert!(!edited.contains("json"), "{edited}");
    there.cloned("without");
    assert!(!there.project.path("../without/settings.json").exists());
    assert_eq!(sources(&there, "mine")[..3], sources(&there, "without")[..3]);
}

#[test]
fn a_file_that_is_allowed_later_comes_as_one_more_source_version() {
    let there = there();
    there.cloned("mine");
    let before = sources(&there, "mine");
    there.in_clone("mine", "pull --allow settings.json");
    assert_eq!(there.read("mine", "settings.json"), SECRET);
    let after = sources(&there, "mine");
    // Imported versions keep their ids.
    assert_eq!((&after[..4], after.len()), (&before[..], 5));
    let listed = there.in_clone("mine", "source list");
    assert!(listed.contains("the newest backup with files that are allowed since"), "{listed}");
    let shown = there.in_clone("mine", "remote show");
    assert!(
        shown.contains("secrets: src/copy.json") && !shown.contains("settings.json c"),
        "{shown}"
    );
    // It comes once.
    there.platform.reset_requests();
    let again = there.in_clone("mine", "fetch --allow settings.json");
    assert!(again.contains("has nothing new"), "{again}");
    assert!(there.platform.requests().len() <= 16, "{:?}", there.platform.requests());
    // A backup after it has it without a word, and nothing else that was left out.
    there.edit("src/skills/orders.skill.ts", "Knows orders", "Knows all orders");
    there.version("after");
    there.in_clone("mine", "pull");
    assert_eq!(there.read("mine", "settings.json"), SECRET);
    assert!(!there.project.path("../mine/src/copy.json").exists());
    let checked = there.in_clone("mine", "fsck");
    assert!(checked.contains("nothing is damaged"), "{checked}");
}

#[test]
fn a_new_backup_has_what_is_allowed_and_no_version_is_added() {
    let there = there();
    there.cloned("mine");
    there.edit("src/skills/orders.skill.ts", "Knows orders", "Knows all orders");
    there.version("after");
    there.in_clone("mine", "pull --allow settings.json --allow src/copy.json");
    assert_eq!(there.read("mine", "settings.json"), SECRET);
    assert_eq!(there.read("mine", "src/copy.json"), SECRET);
    assert_eq!(sources(&there, "mine").len(), 5);
    let shown = there.in_clone("mine", "remote show");
    assert!(!shown.contains("look like secrets"), "{shown}");
}

#[test]
fn another_remote_a_bundle_and_a_folder_with_files_are_refused_before_anything_is_made() {
    let there = there();
    there.project.ok("init --agent-id agent_shop");
    there.project.ok("push backup --allow settings.json --allow src/copy.json");
    there.project.ok("remote add shared ../data/agent_shop");
    there.project.ok("push");
    there.project.ok("bundle create ../all.bundle");
    for line in [
        "fetch --allow settings.json",
        "pull --allow settings.json",
        "fetch ../all.bundle --allow settings.json",
        "pull ../all.bundle --allow settings.json",
        "clone ../data/agent_shop ../other --allow settings.json",
        "clone ../all.bundle ../other --allow settings.json",
    ] {
        let refused = there.project.run(line);
        assert!(refused.code == 2 && refused.stderr.contains("only for agents on"), "{refused}");
    }
    there.project.write("../full/notes.txt", "mine\n");
    let line = format!("{} --allow settings.json", there.clone_line("full"));
    let refused = there.project.run(&line);
    assert!(refused.code == 2 && refused.stderr.contains("it is not empty"), "{refused}");
    assert!(!there.project.path("../full/.lua").exists());
    let dashboard = there.platform.dashboard(AGENT);
    for number in 1..=4 {
        dashboard.purge_backup(number);
        dashboard.purge_version(number);
    }
    let none = there.project.run(&format!("{} --allow settings.json", there.clone_line("none")));
    assert_eq!(none.code, 3, "{none}");
    assert!(!there.project.path("../none").exists());
}
