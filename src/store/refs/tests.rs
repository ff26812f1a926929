//! Tests of the refs: creating, listing, packing, races, damage.

use super::super::Store;
use super::packed::Packed;
use super::*;
use crate::error::Kind;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) fn store() -> (tempfile::TempDir, Store) {
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    (project, store)
}

/// A different id for each number.
pub(super) fn id(number: u64) -> Id {
    Id::of_blob(&number.to_be_bytes())
}

pub(super) fn fill(store: &Store, series: &str, numbers: std::ops::RangeInclusive<u64>) {
    let lock = store.lock().unwrap();
    for number in numbers {
        store.refs().create(&lock, &format!("{series}/v{number}"), id(number)).unwrap();
    }
}

pub(super) fn expected(last: u64) -> Vec<(u64, Id)> {
    (1..=last).map(|number| (number, id(number))).collect()
}

#[test]
fn a_ref_is_a_file_with_an_id_and_a_newline() {
    let (_project, store) = store();
    let lock = store.lock().unwrap();
    store.refs().create(&lock, "refs/versions/v1", Id::of_blob(b"")).unwrap();
    let bytes = std::fs::read_to_string(store.dir().join("refs/versions/v1")).unwrap();
    assert_eq!(bytes, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262\n");
    assert_eq!(store.refs().get("refs/versions/v1").unwrap(), Some(Id::of_blob(b"")));
    assert_eq!(store.refs().get("refs/versions/v2").unwrap(), None);
    assert_eq!(store.refs().get("refs/source/v1").unwrap(), None);
}

#[test]
fn a_list_is_in_the_order_of_numbers() {
    let (_project, store) = store();
    assert_eq!(store.refs().list(SOURCE).unwrap(), []);
    assert_eq!(store.refs().latest(SOURCE).unwrap(), None);
    fill(&store, SOURCE, 1..=12);
    fill(&store, VERSIONS, 1..=2);
    assert_eq!(store.refs().list(SOURCE).unwrap(), expected(12));
    assert_eq!(store.refs().latest(SOURCE).unwrap(), Some((12, id(12))));
    assert_eq!(store.refs().latest(VERSIONS).unwrap(), Some((2, id(2))));
}

#[test]
fn a_taken_name_is_a_conflict_loose_and_packed() {
    let (_project, store) = store();
    fill(&store, SOURCE, 1..=1);
    let lock = store.lock().unwrap();
    let again = || store.refs().create(&lock, "refs/source/v1", id(7)).unwrap_err();
    assert_eq!(again().kind(), Kind::Conflict);
    store.refs().pack_refs(&lock).unwrap();
    assert!(!store.dir().join("refs/source/v1").exists());
    assert_eq!(again().kind(), Kind::Conflict);
    assert_eq!(store.refs().list(SOURCE).unwrap(), expected(1));
}

#[test]
fn packing_keeps_every_ref_and_later_ones_join() {
    let (_project, store) = store();
    fill(&store, SOURCE, 1..=30);
    fill(&store, VERSIONS, 1..=11);
    store.refs().pack_refs(&store.lock().unwrap()).unwrap();
    assert_eq!(std::fs::read_dir(store.dir().join("refs/source")).unwrap().count(), 0);
    assert_eq!(store.refs().list(SOURCE).unwrap(), expected(30));
    fill(&store, SOURCE, 31..=40);
    assert_eq!(store.refs().list(SOURCE).unwrap(), expected(40));
    assert_eq!(store.refs().latest(SOURCE).unwrap(), Some((40, id(40))));
    assert_eq!(store.refs().latest(VERSIONS).unwrap(), Some((11, id(11))));
    assert_eq!(store.refs().append(&store.lock().unwrap(), VERSIONS, id(12)).unwrap(), 12);
    store.refs().pack_refs(&store.lock().unwrap()).unwrap();
    assert_eq!(store.refs().list(SOURCE).unwrap(), expected(40));
    assert_eq!(store.refs().get("refs/versions/v12").unwrap(), Some(id(12)));
}

/// Every state that a death during `pack_refs` can leave: `packed-refs` old, and then new with the
/// first few files removed.
#[test]
fn a_packing_cut_short_anywhere_loses_nothing_and_is_finished_by_the_next() {
    for removed in 0..=4 {
        let (_project, store) = store();
        fill(&store, SOURCE, 1..=3);
        store.refs().pack_refs(&store.lock().unwrap()).unwrap();
        fill(&store, SOURCE, 4..=6);
        if removed > 0 {
            let files: Vec<_> =
                (4..=6).map(|n| store.dir().join(format!("refs/source/v{n}"))).collect();
            let kept: Vec<_> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
            store.refs().pack_refs(&store.lock().unwrap()).unwrap();
            for (file, bytes) in files.iter().zip(kept).skip(removed - 1) {
                std::fs::write(file, bytes).unwrap();
            }
        }
        let check = || {
            assert_eq!(store.refs().list(SOURCE).unwrap(), expected(6));
            assert_eq!(store.refs().latest(SOURCE).unwrap(), Some((6, id(6))));
            (1..=6).for_each(|n| {
                assert_eq!(store.refs().get(&format!("refs/source/v{n}")).unwrap(), Some(id(n)))
            });
            assert!(store.refs().check().problems.is_empty());
        };
        check();
        let lock = store.lock().unwrap();
        assert!(store.refs().create(&lock, "refs/source/v5", id(5)).is_err());
        store.refs().pack_refs(&lock).unwrap();
        assert_eq!(std::fs::read_dir(store.dir().join("refs/source")).unwrap().count(), 0);
        check();
    }
}

#[test]
fn a_long_series_packs_itself_and_leftovers_go() {
    let (_project, store) = store();
    fill(&store, SOURCE, 1..=16);
    assert!(!store.dir().join("packed-refs").exists());
    std::fs::write(store.dir().join("refs/source/tmp-1-0-000000001"), "of a killed process")
        .unwrap();
    fill(&store, SOURCE, 17..=150);
    let files = std::fs::read_dir(store.dir().join("refs/source")).unwrap().count();
    assert_eq!(files, 150 - 144);
    assert_eq!(store.refs().list(SOURCE).unwrap(), expected(150));
}

#[test]
fn a_name_that_is_taken_stays_taken_while_the_files_are_packed() {
    for taken in [1, 15, 16] {
        let (_project, store) = store();
        fill(&store, SOURCE, 1..=16);
        let lock = store.lock().unwrap();
        let error = store.refs().create(&lock, &format!("refs/source/v{taken}"), id(999));
        assert_eq!(error.unwrap_err().kind(), Kind::Conflict);
        assert_eq!(store.refs().list(SOURCE).unwrap(), expected(16));
    }
}

#[test]
fn eight_writers_leave_no_gap_and_no_double() {
    let (_project, store) = store();
    std::thread::scope(|scope| {
        for writer in 0..8u64 {
            let store = &store;
            scope.spawn(move || {
                for round in 0..10 {
                    // As a command does: look without the lock, then take the next number that is free.
                    let mut next =
                        store.refs().latest(SOURCE).unwrap().map_or(1, |(last, _)| last + 1);
                    let mine = id(1000 * writer + round);
                    loop {
                        // On a busy machine the others may take longer than a command waits.
                        let lock = match store.lock() {
                            Err(error) if error.kind() == Kind::Unavailable => continue,
                            lock => lock.unwrap(),
                        };
                        match store.refs().create(&lock, &format!("refs/source/v{next}"), mine) {
                            Ok(_) => break,
                            Err(error) => assert_eq!(error.kind(), Kind::Conflict),
                        }
                        next += 1;
                    }
                }
            });
        }
    });
    let refs = store.refs().list(SOURCE).unwrap();
    assert_eq!(
        refs.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
        (1..=80).collect::<Vec<_>>()
    );
    let mut ids: Vec<_> = refs.iter().map(|(_, id)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 80);
}

#[test]
fn readers_miss_nothing_while_refs_are_made_and_packed() {
    let (_project, store) = store();
    fill(&store, SOURCE, 1..=1);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let (store, done) = (&store, &done);
            scope.spawn(move || {
                let mut known = 1;
                while !done.load(Ordering::Acquire) {
                    let list = store.refs().list(SOURCE).unwrap();
                    assert_eq!(list, expected(list.len() as u64));
                    assert!(list.len() as u64 >= known, "a ref was missed");
                    let (last, last_id) = store.refs().latest(SOURCE).unwrap().unwrap();
                    assert!(last >= list.len() as u64 && last_id == id(last));
                    assert_eq!(
                        store.refs().get(&format!("refs/source/v{last}")).unwrap(),
                        Some(last_id)
                    );
                    known = last;
                }
            });
        }
        for number in 2..=120 {
            let lock = store.lock().unwrap();
            assert_eq!(store.refs().append(&lock, SOURCE, id(number)).unwrap(), number);
            if number % 7 == 0 {
                store.refs().pack_refs(&lock).unwrap();
            }
        }
        done.store(true, Ordering::Release);
    });
}

#[test]
fn a_damaged_file_is_an_error_that_names_it_and_what_it_holds() {
    let (_project, store) = store();
    fill(&store, VERSIONS, 1..=3);
    let good = id(2).to_string();
    let cases = [
        (String::new(), "nothing"),
        (good.clone(), good.as_str()),
        (format!("{}\n", &good[..63]), &good[..63]),
        (format!("{}\n", good.to_uppercase()), &good.to_uppercase()),
        ("refs: x\n".to_owned(), "refs: x"),
    ];
    for (bytes, part) in cases {
        std::fs::write(store.dir().join("refs/versions/v2"), &bytes).unwrap();
        for error in [
            store.refs().get("refs/versions/v2").unwrap_err(),
            store.refs().list(VERSIONS).unwrap_err(),
            store.refs().pack_refs(&store.lock().unwrap()).unwrap_err(),
        ] {
            assert_eq!(error.kind(), Kind::Corrupt);
            assert!(error.message().contains("refs/versions/v2\" is damaged"), "{error}");
            assert!(error.message().contains(part), "{error}");
        }
        assert_eq!(store.refs().get("refs/versions/v1").unwrap(), Some(id(1)));
    }
}

#[test]
fn any_changed_byte_of_packed_refs_is_noticed() {
    let (_project, store) = store();
    fill(&store, SOURCE, 1..=2);
    store.refs().pack_refs(&store.lock().unwrap()).unwrap();
    let path = store.dir().join("packed-refs");
    let good = std::fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        let short = good[..at].to_vec();
        for damaged in [bytes, short] {
            std::fs::write(&path, damaged).unwrap();
            let survey = store.refs().check();
            assert!(
                survey
                    .problems
                    .iter()
                    .any(|problem| problem.error.message().contains("packed-refs\" is damaged"))
            );
            // Every ref that is readable is right, and none is passed over.
            let found = store.refs().list_all(SOURCE).unwrap();
            assert_eq!(found.len(), 2);
            for (number, found) in found {
                let alone = store.refs().get(&format!("refs/source/v{number}"));
                for found in [found, alone.map(|id| id.expect("it was there"))] {
                    match found {
                        Ok(found) => assert_eq!(found, id(number)),
                        Err(error) => {
                            assert!(error.message().contains("packed-refs\" is damaged"), "{error}")
                        }
                    }
                }
            }
            assert!(
                store.refs().latest(SOURCE).is_err()
                    || store.refs().latest(SOURCE).unwrap() == Some((2, id(2)))
            );
        }
    }
    std::fs::write(&path, &good[..good.len() / 2]).unwrap();
    std::fs::remove_file(store.dir().join("reflog")).unwrap();
    let lock = store.lock().unwrap();
    assert!(store.refs().append(&lock, SOURCE, id(3)).is_err(), "a taken number could be missed");
}

/// A file as older programs wrote it, with and without a pointer.
#[test]
fn the_text_of_an_older_program_is_read_and_becomes_a_table() {
    let (_project, store) = store();
    let ids = |last| (1..=last).map(id).collect::<Vec<_>>();
    let old = Packed::contiguous(&ids(130), &ids(70));
    std::fs::write(store.dir().join("packed-refs"), packed_text::encode(&old)).unwrap();
    let check = || {
        assert_eq!(store.refs().list(SOURCE).unwrap(), expected(130));
        assert_eq!(store.refs().latest(VERSIONS).unwrap(), Some((70, id(70))));
        assert_eq!(store.refs().get("refs/source/v65").unwrap(), Some(id(65)));
        assert!(store.refs().check().problems.is_empty());
    };
    let is_table = || {
        let bytes = std::fs::read(store.dir().join("packed-refs")).unwrap();
        bytes.starts_with(b"lua-store packed-refs 2\n")
    };
    let format = || std::fs::read_to_string(store.dir().join("format")).unwrap();
    check();
    assert_eq!((is_table(), format().as_str()), (false, "lua-store 1\n"));
    store.refs().pack_refs(&store.lock().unwrap()).unwrap();
    check();
    assert_eq!((is_table(), format().as_str()), (true, "lua-store 2\n"));
    let pointer = Some(super::super::Active { version: Some(3), ledger: id(9) });
    let old = old.with_pointer(pointer);
    std::fs::write(store.dir().join("packed-refs"), packed_text::encode(&old)).unwrap();
    assert_eq!(store.active().unwrap(), pointer);
    drop(store.lock().unwrap());
    assert!(is_table(), "a cut rewriting of an older program is finished");
    assert_eq!(store.active().unwrap(), pointer);
    check();
}

#[test]
fn a_survey_finds_all_damage_at_once() {
    let (_project, store) = store();
    fill(&store, SOURCE, 1..=6);
    fill(&store, VERSIONS, 1..=2);
    let lock = store.lock().unwrap();
    store.refs().pack_refs(&lock).unwrap();
    let file = |name: &str, bytes: &str| std::fs::write(store.dir().join(name), bytes).unwrap();
    file("refs/source/v2", &format!("{}\n", id(9)));
    file("refs/source/v8", &format!("{}\n", id(8)));
    file("refs/versions/v3", "x");
    file("refs/versions/v04", "x");
    file("refs/versions/.DS_Store", "x");
    let survey = store.refs().check();
    let mut problems: Vec<_> =
        survey.problems.iter().map(|problem| problem.error.message()).collect();
    problems.sort_unstable();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems[0].contains("refs/versions/v04\" is not the name of a ref"), "{problems:?}");
    assert!(problems[1].contains("refs/versions/v3\" is damaged"), "{problems:?}");
    assert!(problems[2].starts_with("the ref \"refs/source/v2\" is "), "{problems:?}");
    assert_eq!(problems[3], "the ref \"refs/source/v7\" is missing");
    assert_eq!(survey.refs.len(), 9, "six and v8, and two versions");
}
