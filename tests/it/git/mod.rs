//! `git connect`, `disconnect`, `status`, and what the other commands commit, with real git.

mod busy;
mod commits;
mod connect;
mod tags;
mod worktrees;

use crate::common::{Outcome, Project, shop};

/// The agent in a repository with one commit, connected, nothing pushed.
fn connected() -> Project {
    let project = shop::project();
    repository(&project);
    project.ok("git connect");
    project
}

fn repository(project: &Project) {
    git(project, "init --quiet --initial-branch=main");
    git(project, "config user.email ana@example.com");
    git(project, "config user.name Ana");
    git(project, "commit --quiet --allow-empty -m start");
}

/// git that must succeed.
fn git(project: &Project, line: &str) -> String {
    let outcome = project.git(line);
    assert_eq!(outcome.code, 0, "git {outcome}");
    outcome.stdout
}

/// Subjects with their tags and branches, newest first.
fn log(project: &Project) -> String {
    git(project, "log --format=%s%d")
}

fn status(project: &Project) -> String {
    git(project, "status --porcelain")
}

/// Hashes of git are other ones each time.
fn plain(outcome: &Outcome) -> String {
    let is_hash = |word: &str| word.len() == 40 && word.chars().all(|c| c.is_ascii_hexdigit());
    let text = outcome.to_string();
    let hashes: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| is_hash(word)).collect();
    hashes.iter().fold(text.clone(), |text, hash| text.replace(hash, "<hash>"))
}

fn commit_of(project: &Project, version: u64) -> Option<String> {
    let shown = project.json(&format!("version show {version}"));
    shown["commitHash"].as_str().map(str::to_owned)
}

/// The state of the tag of each version, newest first.
fn tags(project: &Project) -> Vec<String> {
    let found = project.json("git status");
    let versions = found["versions"].as_array().unwrap();
    versions.iter().map(|version| version["state"].as_str().unwrap().to_owned()).collect()
}

/// The version was made, and git was not: the warning says why.
fn assert_made_without_commit(outcome: &Outcome, why: &str) {
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stdout.contains("✓ Created v"), "{outcome}");
    assert!(outcome.stderr.contains(&format!("warning: Git commit skipped: {why}")), "{outcome}");
    assert!(outcome.stderr.contains("hint: run `lua-store push && git tag lua/v"), "{outcome}");
}
