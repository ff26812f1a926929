//! Atomic file beside other writers and sweeps.

use super::*;
use std::fs;
use std::sync::atomic::AtomicBool;

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn creating_keeps_the_file_that_has_the_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    assert_eq!(create(&path, b"one").unwrap(), Published::Done);
    assert_eq!(create(&path, b"two").unwrap(), Published::Exists);
    assert_eq!(fs::read(&path).unwrap(), b"one");
    replace(&path, b"three").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"three");
    assert_eq!(names(dir.path()), ["a"], "no temporary file stays");
}

#[test]
fn without_hard_links_nothing_is_replaced_either() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let temp = || {
        let mut temp = AtomicFile::create_in(dir.path()).unwrap();
        temp.write_all(b"one").unwrap();
        temp
    };
    assert_eq!(temp().rename_if_absent(&path).unwrap(), Published::Done);
    assert_eq!(temp().rename_if_absent(&path).unwrap(), Published::Exists);
    assert_eq!(fs::read(&path).unwrap(), b"one");
    assert_eq!(names(dir.path()), ["a"]);
}

/// Windows lets nobody replace a file that is mapped, so that one of this size is read there.
#[test]
fn a_mapped_file_is_replaced_and_the_map_stays_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pack");
    for size in [1, 300_000] {
        fs::write(&path, vec![1; size]).unwrap();
        let map = crate::fs::map(&path).unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(map.len() == size && map.iter().all(|byte| *byte == 1));
    }
    assert_eq!(names(dir.path()), ["pack"]);
}

/// A large one may stay: then the replacement fails, and nothing changes.
#[test]
fn a_large_mapped_file_is_replaced_or_stays_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pack");
    let size = (8 << 20) + 1;
    fs::write(&path, vec![1; size]).unwrap();
    let map = crate::fs::map(&path).unwrap();
    let replaced = replace(&path, b"new");
    assert!(replaced.is_ok() || cfg!(windows), "{replaced:?}");
    assert!(map.len() == size && map.iter().all(|byte| *byte == 1));
    let now = fs::read(&path).unwrap();
    let is_whole = if replaced.is_ok() { now == b"new" } else { now.len() == size };
    assert!(is_whole, "{} bytes", now.len());
    assert_eq!(names(dir.path()), ["pack"]);
    drop(map);
    replace(&path, b"new").unwrap();
}

/// Windows refuses it for a moment while somebody reads: the step is tried again.
#[test]
fn an_open_file_is_replaced_when_its_reader_ends() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ACTIVE");
    fs::write(&path, "old").unwrap();
    let reader = fs::File::open(&path).unwrap();
    let replaced = std::thread::scope(|scope| {
        let writer = scope.spawn(|| replace(&path, b"new"));
        std::thread::sleep(std::time::Duration::from_millis(100));
        drop(reader);
        writer.join().unwrap()
    });
    replaced.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_file_dropped_unpublished_disappears() {
    let dir = tempfile::tempdir().unwrap();
    let mut temp = AtomicFile::create_in(dir.path()).unwrap();
    temp.write_all(b"x").unwrap();
    drop(temp);
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn a_failed_publish_leaves_the_folder_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    fs::create_dir(&path).unwrap();
    assert!(replace(&path, b"x").is_err());
    assert_eq!(names(dir.path()), ["a"]);
    assert!(path.is_dir());
}

#[test]
fn a_sweep_takes_what_the_dead_left_and_only_that() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("tmp-1-0-000000001"), "left by a killed process").unwrap();
    fs::write(dir.path().join("kept"), "x").unwrap();
    let mut live = AtomicFile::create_in(dir.path()).unwrap();
    sweep(dir.path()).unwrap();
    live.write_all(b"y").unwrap();
    assert_eq!(live.create(&dir.path().join("live")).unwrap(), Published::Done);
    assert_eq!(names(dir.path()), ["kept", "live"]);
}

#[test]
fn writers_and_sweeps_at_once_disturb_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    sweep(dir.path()).unwrap();
                }
            });
        }
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let dir = dir.path();
                scope.spawn(move || {
                    for round in 0..100 {
                        let path = dir.join(format!("{writer}-{round}"));
                        match round % 2 {
                            0 => assert_eq!(create(&path, b"x").unwrap(), Published::Done),
                            _ => replace(&path, b"x").unwrap(),
                        }
                    }
                })
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::Release);
        assert!(results.iter().all(Result::is_ok));
    });
    assert_eq!(names(dir.path()).len(), 400);
}

#[test]
fn what_is_adopted_has_two_names_and_takes_nobody_elses() {
    let dir = tempfile::tempdir().unwrap();
    let (file, target) = (dir.path().join("a"), dir.path().join("b"));
    fs::write(&file, "one").unwrap();
    assert_eq!(AtomicFile::adopt(&file).create(&target).unwrap(), Published::Done);
    fs::remove_file(&file).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"one");
    fs::write(&file, "two").unwrap();
    assert_eq!(AtomicFile::adopt(&file).create(&target).unwrap(), Published::Exists);
    assert_eq!(fs::read(&target).unwrap(), b"one");
    assert!(AtomicFile::adopt(&dir.path().join("c")).create(&target).is_err());
}
