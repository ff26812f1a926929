//! Many processes at once: nothing that was reported as done is lost, numbers have neither gaps nor
//! doubles, the ledger has one record per move, and readers never see anything half done.

use crate::common::shop::{self, edit};
use crate::common::{Outcome, Project};
use crate::counted::history;
use lua_store::internals::history::record::Author;
use lua_store::internals::history::revision::Revision;
use lua_store::internals::operations::promote::{
    PointerState, PromoteRequest, plan_promotion, promote,
};
use lua_store::internals::store::Store;
use serde_json::Value;
#[cfg(unix)]
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
    let list = project.list(line);
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

/// True if a process has synced a pack, which gets its name under the lock.
#[cfg(unix)]
fn has_written(trace: &Path) -> bool {
    let steps = std::fs::read_to_string(trace).unwrap_or_default();
    steps.lines().any(|step| step.starts_with("Sync ") && step.contains("objects"))
}

/// Both build on v1, and wait for the lock with their objects written: whoever gets it second must build anew.
#[cfg(unix)]
#[test]
fn two_pushes_from_one_base_are_both_in_the_newest_state() {
    let project = shop::project();
    project.ok("push");
    let copies = [0, 1].map(|nth| sharing(&project, nth));
    edit(&copies[0], "src/skills/orders.skill.ts", "Knows about orders", "Knows every order");
    edit(&copies[1], "src/skills/catalog.skill.ts", "Knows the products", "Knows every product");
    let store = lua_store::internals::store::Store::open(&project.path(".lua")).unwrap();
    let lock = store.lock().unwrap();
    let lines = ["push skill --name orders --json", "push skill --name catalog --json"];
    let traces = [0, 1].map(|nth| project.path(format!("../trace-{nth}")));
    let mut pushes = [0, 1].map(|nth| {
        let mut command = copies[nth].lua_store(lines[nth]);
        command.env("LUA_STORE_FAULT", format!("trace={}", traces[nth].display()));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    });
    while !traces.iter().all(|trace| has_written(trace)) {
        let ended = pushes.iter_mut().find_map(|push| push.try_wait().unwrap());
        assert_eq!(ended, None, "a push ended without the lock");
        std::thread::yield_now();
    }
    drop(lock);
    let mut given: Vec<u64> = pushes.into_iter().map(pushed_by).collect();
    given.sort_unstable();
    assert_eq!(given, [2, 3]);
    project.ok("version create");
    // Skills whose content changed since v1 have the next number.
    let skills = serde_json::json!([{"name": "catalog", "version": "1.0.1"}, {"name": "orders", "version": "1.0.1"}]);
    assert_eq!(project.json("version show 1")["snapshot"]["skills"], skills);
    project.ok("fsck");
}

/// The number that a push reports.
#[cfg(unix)]
fn pushed_by(push: std::process::Child) -> u64 {
    let output = push.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str::<Value>(&told).unwrap()["sourceVersion"].as_u64().unwrap()
}

/// Success that one process reports.
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
        project.write(
            "src/skills/catalog.skill.ts",
            shop::CATALOG.replace("Finds", &format!("Finds {round}")),
        );
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
            let pushed = answer["pushed"].as_u64().map(Done::Pushed);
            pushed.into_iter().chain(answer["version"].as_u64().map(Done::Created)).collect()
        }
        2 => vec![moved(
            &project.run(&format!("version promote {} --json", 1 + round % 2)),
            Done::Promoted,
        )],
        _ => {
            vec![moved(
                &project.run(&format!("version delete {} --force --json", 2 + round)),
                Done::Deleted,
            )]
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

    let ledger = project.list("log --ledger");
    let events =
        |word| ledger.as_array().unwrap().iter().filter(|step| step["event"] == word).count();
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

/// Runs a command that stops at each file of the store that it opens, and goes on when `at` has seen the path. By a
/// file and not by a named pipe: a process that another test starts meanwhile holds a copy of each open pipe for a moment.
#[cfg(debug_assertions)]
pub fn stopping(project: &Project, line: &str, mut at: impl FnMut(&str)) -> Outcome {
    let file = project.root().join("../opened");
    let mut command = project.lua_store(line);
    command.env("LUA_STORE_FAULT", format!("stops={}", file.display()));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::scope(|scope| {
        let ending = scope.spawn(|| child.wait_with_output().unwrap());
        while !ending.is_finished() {
            match std::fs::read_to_string(&file) {
                Ok(opened) => {
                    at(&opened);
                    std::fs::remove_file(&file).unwrap();
                }
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        let output = ending.join().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Outcome { line: line.to_owned(), stdout, stderr, code: output.status.code().unwrap() }
    })
}

/// The system need not list a file that is made while it lists: a gap is looked at once more before it is a loss.
#[cfg(debug_assertions)]
#[test]
fn a_ref_that_a_listing_missed_is_found_by_the_second_look() {
    let project = shop::two_versions();
    for text in ["You do help", "You help"] {
        let old = if text == "You help" { "You do help" } else { "You help" };
        edit(&project, "src/index.ts", old, text);
        project.ok("push");
        project.ok("version create");
    }
    edit(&project, "src/index.ts", "You help", "You do help");
    for (line, series) in
        [("source list --all", "source"), ("version list --all", "versions"), ("push", "source")]
    {
        let (path, aside) =
            (project.path(format!(".lua/refs/{series}/v2")), project.path("../aside"));
        std::fs::rename(&path, &aside).unwrap();
        let missing = project.run(line);
        assert!(missing.to_string().contains("v2\" is missing"), "{missing}");
        // At this file the folder has been listed; the newest ref is also read alone.
        let first = format!("refs/{series}/v1");
        let mut is_made = false;
        let outcome = stopping(&project, line, |opened| {
            if !is_made && opened.ends_with(&first) {
                std::fs::rename(&aside, &path).unwrap();
                is_made = true;
            }
        });
        assert!(
            is_made && outcome.code == 0 && !outcome.to_string().contains("missing"),
            "{outcome}"
        );
    }
}

/// Check before the lock: it counts only if nothing changed until then.
#[test]
fn a_promotion_that_was_checked_before_another_change_is_checked_again() {
    let project = history(10);
    let store = Store::open(&project.path(".lua")).unwrap();
    let who = Author { by: "ann@example.com".into(), at_ms: 1 };
    let check = |number| {
        let pointer_state = PointerState::here(&store).unwrap();
        let promotion = plan_promotion(&pointer_state, &Revision::Number(number), None).unwrap();
        (pointer_state, promotion)
    };
    let take = |checked| promote(&store, checked, &PromoteRequest::default(), &who);
    let checked = check(7);
    assert_eq!(checked.1.previous, Some(1));
    project.ok("version promote 3");
    assert_eq!(take(checked).unwrap().previous, Some(3));
    let checked = check(8);
    project.ok("version delete 8 --force");
    let error = take(checked).unwrap_err();
    assert!(error.message().contains("cannot promote v8: it was deleted"), "{error}");
    let checked = check(9);
    project.ok("version promote 9");
    assert!(take(checked).unwrap().settled);
    // A version that was created meanwhile changes nothing for this one.
    let checked = check(2);
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    project.ok("version create --auto-push -m next");
    assert_eq!(take(checked).unwrap().previous, Some(9));
    assert_eq!(project.run("fsck").code, 0);
}
