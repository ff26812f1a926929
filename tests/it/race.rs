//! Many processes at once: nothing that was reported as done is lost, numbers have neither gaps nor
//! doubles, the ledger has one record per move, and readers never see anything half done.

use crate::common::shop::{self, edit};
use crate::common::{Outcome, Project};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};

const PROCESSES: usize = 8;
const ROUNDS: usize = 4;

/// Runs `work` with the numbers 0 to 7 at once, and gives all that it gave.
fn at_once<T: Send>(work: impl Fn(usize) -> Vec<T> + Sync) -> Vec<T> {
    let work = &work;
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..PROCESSES).map(|nth| scope.spawn(move || work(nth))).collect();
        started.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn answer(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, 0, "{outcome}");
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome}"))
}

/// The numbers of a list, ascending.
fn numbers(project: &Project, line: &str) -> Vec<u64> {
    let list = project.json(line);
    let mut numbers: Vec<u64> =
        list.as_array().unwrap().iter().map(|entry| entry["version"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

fn up_to(count: usize) -> Vec<u64> {
    (1..=count as u64).collect()
}

/// A copy of the project whose `.lua` is the same one.
#[cfg(unix)]
fn sharing(project: &Project, nth: usize) -> Project {
    let copy = Project::new();
    shop::write(&copy);
    copy.write("who.txt", format!("{nth}"));
    std::os::unix::fs::symlink(project.path(".lua"), copy.path(".lua")).unwrap();
    copy
}

#[cfg(unix)]
#[test]
fn eight_projects_push_into_one_store() {
    let project = shop::project();
    project.ok("push");
    let copies: Vec<Project> = (0..PROCESSES).map(|nth| sharing(&project, nth)).collect();
    let pushed = at_once(|nth| {
        let push = |round| {
            copies[nth].write("what.txt", format!("{nth} in round {round}"));
            answer(&copies[nth].run("push backup --json"))["sourceVersion"].as_u64().unwrap()
        };
        (0..ROUNDS).map(|round| (push(round), nth, round)).collect()
    });
    assert_eq!(numbers(&project, "source list --all"), up_to(1 + PROCESSES * ROUNDS));
    assert_eq!(pushed.len(), PROCESSES * ROUNDS);
    for (number, nth, round) in pushed {
        let text = project.ok(&format!("cat-file source/v{number}:source/what.txt"));
        assert_eq!(text, format!("{nth} in round {round}"), "source version v{number}");
    }
    project.ok("fsck");
}

/// What one process reports as done.
enum Done {
    Pushed(u64),
    Created(u64),
    Promoted,
    Deleted,
    Nothing,
}

/// One process's edit, while nobody reads.
fn write(project: &Project, nth: usize, round: usize) {
    project.write(&format!("notes/{nth}.md"), format!("round {round}"));
    if nth == 0 {
        project
            .write("src/skills/catalog.skill.ts", shop::CATALOG.replace("Finds", &format!("Finds {round}")));
    }
}

/// One of the four moves in the one folder that all share.
fn act(project: &Project, nth: usize, round: usize) -> Vec<Done> {
    match (nth + round) % 4 {
        0 => match answer(&project.run("push --json"))["sourceVersion"].as_u64() {
            Some(number) => vec![Done::Pushed(number)],
            None => vec![Done::Nothing],
        },
        1 => {
            let answer = answer(&project.run("version create --auto-push --json"));
            let pushed = answer["sourceVersion"].as_u64().map(Done::Pushed);
            pushed.into_iter().chain(answer["version"].as_u64().map(Done::Created)).collect()
        }
        2 => vec![moved(&project.run(&format!("version promote {} --json", 1 + round % 2)), Done::Promoted)],
        _ => {
            vec![moved(&project.run(&format!("version delete {} --force --json", 2 + round)), Done::Deleted)]
        }
    }
}

/// A move that may come too late: what is gone, live or not there yet is refused.
fn moved(outcome: &Outcome, done: Done) -> Done {
    if outcome.code == 0 {
        return if answer(outcome)["changed"] == true { done } else { Done::Nothing };
    }
    let refused = ["it was deleted", "active version", "only remaining", "not found"];
    let told = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(refused.iter().any(|words| told.contains(words)), "{outcome}");
    Done::Nothing
}

#[test]
fn eight_processes_push_create_promote_and_delete() {
    let project = shop::versioned();
    edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    project.ok("version create --auto-push");
    // All write, then all run: a project that never rests is refused, and is another test's matter.
    let round = |round| {
        (0..PROCESSES).for_each(|nth| write(&project, nth, round));
        at_once(|nth| act(&project, nth, round))
    };
    let done: Vec<Done> = (0..ROUNDS).flat_map(round).collect();
    let count = |which: fn(&Done) -> bool| done.iter().filter(|done| which(done)).count();

    let mut pushed: Vec<u64> = done
        .iter()
        .filter_map(|done| if let Done::Pushed(number) = done { Some(*number) } else { None })
        .collect();
    pushed.sort_unstable();
    assert_eq!(numbers(&project, "source list --all"), up_to(2 + pushed.len()));
    assert_eq!(pushed, up_to(2 + pushed.len())[2..]);
    let mut created: Vec<u64> = done
        .iter()
        .filter_map(|done| if let Done::Created(number) = done { Some(*number) } else { None })
        .collect();
    created.sort_unstable();
    assert!(!created.is_empty());
    assert_eq!(numbers(&project, "version list --all"), up_to(2 + created.len()));
    assert_eq!(created, up_to(2 + created.len())[2..]);

    let ledger = project.json("log --ledger");
    let events = |word| ledger.as_array().unwrap().iter().filter(|step| step["event"] == word).count();
    assert_eq!(events("promote"), count(|done| matches!(done, Done::Promoted)));
    assert_eq!(events("delete"), count(|done| matches!(done, Done::Deleted)));
    assert!(events("promote") > 0);

    project.ok("push");
    let newest = *numbers(&project, "source list --all").last().unwrap();
    for nth in 0..PROCESSES {
        let text = project.ok(&format!("cat-file source/v{newest}:source/notes/{nth}.md"));
        assert_eq!(text, format!("round {}", ROUNDS - 1));
    }
    project.ok("fsck");
    project.ok("log --verify");
}

#[test]
fn compaction_beside_pushes_and_readers() {
    let project = shop::versioned();
    let pushing = AtomicBool::new(true);
    let until_done = |line: &str| {
        while pushing.load(Ordering::Acquire) {
            project.ok(line);
        }
    };
    std::thread::scope(|scope| {
        for line in ["compact", "compact", "fsck", "log", "source list --all", "version show 1"] {
            scope.spawn(move || until_done(line));
        }
        for round in 0..12 {
            project.write("notes.md", format!("round {round}"));
            project.ok("push backup");
        }
        pushing.store(false, Ordering::Release);
    });
    for round in 0..12 {
        let number = round + 2;
        let text = project.ok(&format!("cat-file source/v{number}:source/notes.md"));
        assert_eq!(text, format!("round {round}"));
    }
    project.ok("fsck");
}
