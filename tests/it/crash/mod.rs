//! The program cut at every disk step: counted first, then killed at each one, then with a full disk from each one.
//!
//! A *case* is a prepared folder and a command that changes it. Every run gets a fresh copy.

mod agent;
mod agents;
mod backup;
mod clone;
mod commands;
mod index;
mod log;
mod new_folder;
mod power;
mod pull;
mod remote;
mod remote_store;
mod restore;
#[cfg(unix)]
mod rollback;
mod saved;
mod store;
mod undo;

use log::ExpectedLog;
use power::Unsynced;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

const WORKERS: usize = 4;

struct Case<'a> {
    /// True for a command with one commit point, before which a failure has changed nothing.
    atomic: bool,
    /// The folder to copy for each run.
    prepared: &'a Path,
    /// The command, to be run in a copy.
    command: &'a (dyn Fn(&Path) -> Command + Sync),
    /// Check of a copy after a cut: the old state or the new one, nothing else.
    old_or_new: &'a (dyn Fn(&Path) + Sync),
    /// Check after the command succeeded, also at a second run after a cut.
    new: &'a (dyn Fn(&Path) + Sync),
}

impl Case<'_> {
    /// Goes through all cuts, a few at once: most of the time they wait for the disk.
    fn run(&self) {
        let (steps, log) = self.trace();
        assert!(!steps.is_empty(), "the command takes no disk step");
        assert_durable_order(&steps);
        let numbers = chosen(steps.len());
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.kill(*number, &steps[number - 1], &log);
                self.fill(*number, &steps[number - 1], &log);
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .for_each(|worker| worker.join().expect("a cut showed something wrong"));
        });
    }

    /// The disk steps of a run that nothing disturbs, and its operation log.
    fn trace(&self) -> (Vec<String>, ExpectedLog) {
        let (_dir, copy) = self.copy();
        let trace = copy.with_file_name("trace");
        let output = self.start(&copy, &format!("trace={}", trace.display()));
        assert!(output.status.success(), "{output:?}");
        (self.new)(&copy);
        let steps = std::fs::read_to_string(trace).unwrap().lines().map(str::to_owned).collect();
        (steps, ExpectedLog::new(self.prepared, &copy))
    }

    /// Dies at a step; what it left is sound, and the same command brings it to its end. What that has said is
    /// done stays done when power fails then.
    fn kill(&self, number: usize, step: &str, log: &ExpectedLog) {
        let (_dir, copy) = self.copy();
        let traces = [1, 2].map(|nth| copy.with_file_name(format!("trace-{nth}")));
        let output = self.start(&copy, &format!("kill={number},trace={}", traces[0].display()));
        assert_eq!(output.status.code(), None, "not killed at step {number}, {step}: {output:?}");
        log.check(&copy);
        (self.old_or_new)(&copy);
        let output = self.start(&copy, &format!("trace={}", traces[1].display()));
        assert!(output.status.success(), "after death at step {number}, {step}: {output:?}");
        log.check(&copy);
        (self.new)(&copy);
        let [mut killed, again] =
            traces.map(|trace| std::fs::read_to_string(trace).unwrap_or_default());
        killed.truncate(killed.trim_end().rfind('\n').map_or(0, |end| end + 1));
        let mut unsynced = Unsynced::default();
        for text in [killed, again] {
            unsynced.follow(&text.lines().map(parse).collect::<Vec<_>>());
        }
        unsynced.fail(&copy, self.prepared);
        let context = format!("death at step {number}, {step}, then {unsynced:?}");
        let checked = catch_unwind(AssertUnwindSafe(|| (self.new)(&copy)));
        assert!(checked.is_ok(), "power failed after {context}");
    }

    /// Fills the disk from a step on: the command reports it, and leaves all as it was.
    fn fill(&self, number: usize, step: &str, log: &ExpectedLog) {
        let (_dir, copy) = self.copy();
        let before = state(&copy);
        let output = self.start(&copy, &format!("full={number}"));
        log.check(&copy);
        if output.status.success() {
            return (self.new)(&copy);
        }
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("no storage space"), "full from step {number}, {step}: {told}");
        if self.atomic {
            assert!(
                state(&copy) == before,
                "full from step {number}, {step}: the store is changed"
            );
        }
        (self.old_or_new)(&copy);
        let output = (self.command)(&copy).output().unwrap();
        assert!(output.status.success(), "after a full disk at step {number}, {step}: {output:?}");
        (self.new)(&copy);
    }

    fn start(&self, copy: &Path, fault: &str) -> Output {
        (self.command)(copy).env("LUA_STORE_FAULT", fault).output().unwrap()
    }

    fn copy(&self) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("copy");
        copy_folder(self.prepared, &copy);
        let_time_pass(dir.path());
        (dir, copy)
    }
}

/// Waits until what changes now bears a later time than all that was copied. A file as young as the
/// stat cache is read again by the next look of the same command, so without this the number of disk
/// steps would depend on how fast the copy was made.
fn let_time_pass(dir: &Path) {
    let touched = || {
        let file = dir.join("touched");
        std::fs::write(&file, "now").unwrap();
        file.metadata().unwrap().modified().unwrap()
    };
    let copied = touched();
    while touched() <= copied {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

/// The steps to cut at: each, or of very many the last ones and some of those before.
fn chosen(count: usize) -> Vec<usize> {
    const ALL: usize = 150;
    const LAST: usize = 60;
    if count <= ALL {
        return (1..=count).collect();
    }
    let rest = count - LAST;
    (1..=rest).step_by(rest.div_ceil(15)).chain(rest + 1..=count).collect()
}

/// In a store and in a remote store every rename and link comes right after the sync of a temporary file in the
/// same folder, or of one that was received, and that folder is synced before the command ends. Caches,
/// uploads and the log of the refs are never synced.
fn assert_durable_order(steps: &[String]) {
    let steps: Vec<_> = steps.iter().map(|step| parse(step)).collect();
    for (at, (word, path)) in steps.iter().enumerate() {
        if word == "Mkdir" {
            assert_folder_is_kept(&steps, at);
        }
        if word == "Create" {
            assert_file_is_kept(&steps, at);
        }
        let is_passing = |path: &Path| {
            path.ends_with(".lua/cache")
                || path.ends_with(".lua/cache/heard")
                || path.ends_with(".lua/cache/losses")
                || path.ends_with(".lua/cache/durable")
                || path.ends_with(".lua/cache/running")
                || path.ends_with("incoming")
        };
        let is_log = path.ends_with(".lua/reflog");
        if (word != "Rename" && word != "Link") || is_log || is_passing(path.parent().unwrap()) {
            continue;
        }
        if !path.components().any(|part| part.as_os_str() == ".lua" || part.as_os_str() == "depot")
        {
            assert_restored_in_order(&steps, at);
            continue;
        }
        let (before, temp) = &steps[at - 1];
        let beside = temp.file_name().unwrap().to_string_lossy().starts_with("tmp-")
            && temp.parent() == path.parent();
        let adopted = ["incoming", "cache"].iter().any(|dir| temp.parent().unwrap().ends_with(dir));
        assert!(
            before == "Sync" && (beside || adopted),
            "{} is published unsynced",
            path.display()
        );
        let synced = |(word, dir): &(String, PathBuf)| {
            word == "SyncDir" && Some(dir.as_path()) == path.parent()
        };
        assert!(steps[at..].iter().any(synced), "the name {} is never synced", path.display());
    }
}

/// Word and path of a disk step.
fn parse(step: &str) -> (String, PathBuf) {
    let (word, path) = step.split_once(' ').unwrap();
    (word.to_owned(), PathBuf::from(path))
}

/// A new folder has a durable name before the command ends, be it the first of a restore or the last.
fn assert_folder_is_kept(steps: &[(String, PathBuf)], at: usize) {
    let path = &steps[at].1;
    if path.ends_with(".lua/cache") || path.ends_with("incoming") {
        return;
    }
    let kept = |(word, dir): &(String, PathBuf)| match word.as_str() {
        "SyncDir" => path.parent() == Some(dir),
        // The whole file system, through the project's own folder.
        "Sync" => path.starts_with(dir),
        "Remove" => dir == path,
        _ => false,
    };
    assert!(steps[at..].iter().any(kept), "the folder {} is never synced", path.display());
}

/// A file of the project that is written under its own name is synced, and so is its folder, before the command ends: each by
/// itself, or with the whole file system through the project's own folder.
fn assert_file_is_kept(steps: &[(String, PathBuf)], at: usize) {
    let path = &steps[at].1;
    if power::is_draft(path) || power::is_in_store(path) {
        return;
    }
    let later = &steps[at..];
    let whole =
        |(word, dir): &(String, PathBuf)| word == "Sync" && dir != path && path.starts_with(dir);
    let synced = |word: &str, what: &Path| {
        later.iter().any(|step| whole(step) || (step.0 == word && step.1 == what))
    };
    assert!(synced("Sync", path), "the content of {} is never synced", path.display());
    let folder = path.parent().unwrap();
    assert!(synced("SyncDir", folder), "the name of {} is never synced", path.display());
}

/// In the project several files are written before the first takes its place: its folder, or the
/// whole file system through the project's own folder, is synced before and after.
fn assert_restored_in_order(steps: &[(String, PathBuf)], at: usize) {
    let (word, path) = &steps[at];
    if word == "Link" {
        return;
    }
    let is_draft =
        |path: &Path| path.file_name().unwrap().to_string_lossy().starts_with(".lua-store-tmp-");
    let whole = |(word, file): &(String, PathBuf)| {
        word == "Sync" && !is_draft(file) && path.starts_with(file)
    };
    let beside = |file: &Path| file.parent() == path.parent();
    // A link has no content of its own to sync. A new folder is published with all that is in it.
    let alone = |(word, file): &&(String, PathBuf)| {
        ["Sync", "Link", "SyncDir"].contains(&&**word) && is_draft(file) && beside(file)
    };
    let placed = |(word, file): &&(String, PathBuf)| word == "Rename" && beside(file);
    let before = &steps[..at];
    let all_at_once = before.iter().rev().take_while(|(word, _)| word != "Write").any(whole);
    let one_by_one = before.iter().filter(alone).count() > before.iter().filter(placed).count();
    assert!(all_at_once || one_by_one, "{} is published unsynced", path.display());
    let synced =
        |(word, dir): &(String, PathBuf)| word == "SyncDir" && Some(dir.as_path()) == path.parent();
    assert!(
        steps[at..].iter().any(|step| whole(step) || synced(step)),
        "{} never synced",
        path.display()
    );
}

/// Files that a failed command must not change: all of the store but new packs that nothing
/// references, caches, and the git guard.
fn state(project: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let store = project.join(".lua");
    let mut files: Vec<_> = walkdir::WalkDir::new(&store)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            (
                entry.path().strip_prefix(&store).unwrap().to_owned(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .filter(|(path, _)| !path.starts_with("objects") && !is_passing(path))
        .collect();
    files.sort();
    files
}

/// True for files of the store that are made again or may be missing, and for the log that [`ExpectedLog`] checks.
fn is_passing(path: &Path) -> bool {
    ["incoming", "cache", "lock", "reflog", "operations", ".git", ".gitignore"]
        .iter()
        .any(|name| path.starts_with(name))
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            #[cfg(unix)]
            std::os::unix::fs::symlink(std::fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else if kind.is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
