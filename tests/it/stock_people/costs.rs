//! Cost of a push of everything: syncs, packs, files that are opened.

use super::person::Person;
use crate::common::Project;
use crate::common::server::Server;
use std::path::Path;

/// Primitives of the agent.
const SKILLS: usize = 7;

/// Edits of a push: each primitive, the persona, the files. Settings that are as they were change nothing.
const EDITS: usize = SKILLS + 2;

/// Syncs of an edit: a pack, its folder, the head, its folder.
const SYNCS: usize = 4;

/// Names of files below a folder that end with this.
fn count(folder: &Path, end: &str) -> usize {
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    files.filter(|file| file.file_name().to_string_lossy().ends_with(end)).count()
}

#[test]
fn a_push_of_everything_leaves_at_most_two_packs_and_syncs_as_often_as_it_changes_something() {
    let mut project = Project::new();
    let trace = project.path("../trace");
    project.set("LUA_STORE_FAULT", &format!("trace={}", trace.display()));
    let server = Server::start(&project, "");
    project.set("LUA_STORE_FAULT", "");
    let mut person = Person::new(&server, &project, "ana", SKILLS);
    person.push_all().unwrap();
    for turn in 2..5 {
        person.describe(turn, "Other");
        let before = std::fs::read_to_string(&trace).unwrap().lines().count();
        let packs = count(server.data(), ".pack");
        person.push_all().unwrap();
        let more = count(server.data(), ".pack") - packs;
        // A page of the head is one too.
        assert!((1..=2).contains(&more), "{more} packs more");
        let steps = std::fs::read_to_string(&trace).unwrap();
        let steps: Vec<&str> = steps.lines().skip(before).collect();
        let syncs = steps.iter().filter(|step| step.starts_with("Sync")).count();
        // Each edit, one pack for all of them, and perhaps a page of the head.
        let most = SYNCS * (EDITS + 1) + SYNCS / 2;
        assert!(syncs <= most, "{syncs} syncs, at most {most}:\n{}", steps.join("\n"));
    }
}

#[test]
fn a_look_at_everything_opens_no_file_and_stores_nothing() {
    let mut project = Project::new();
    let (trace, reads) = (project.path("../trace"), project.path("../reads"));
    let plan = format!("trace={},reads={}", trace.display(), reads.display());
    project.set("LUA_STORE_FAULT", &plan);
    let server = Server::start(&project, "");
    project.set("LUA_STORE_FAULT", "");
    let mut person = Person::new(&server, &project, "ana", SKILLS);
    person.push_all().unwrap();
    let look = || {
        for kind in ["skills", "jobs", "webhooks", "voice-agents"] {
            person.get(&format!("/developer/{kind}/{}", super::person::AGENT));
        }
        for rest in ["mcp-servers", "persona/versions?status=published", "backup"] {
            person.get(&super::person::below(rest));
        }
    };
    let lines =
        || [&trace, &reads].map(|log| std::fs::read_to_string(log).unwrap().lines().count());
    look();
    let before = lines();
    look();
    assert_eq!(lines(), before, "steps, and files that were opened");
}
