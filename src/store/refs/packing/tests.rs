//! Tests of packing: refs of both series in one step, and a long list that is not written again.

use super::super::packed::Packed;
use super::super::tests::{expected, fill, id, store};
use super::super::{SOURCE, VERSIONS, log};
use crate::error::Kind;

#[test]
fn refs_of_both_series_are_created_in_one_step_with_all_that_are_files() {
    let (_project, store) = store();
    fill(&store, SOURCE, 1..=3);
    fill(&store, VERSIONS, 1..=2);
    let lock = store.lock().unwrap();
    assert!(store.append_both(&lock, (4, id(4)), (3, id(3))).unwrap());
    assert_eq!(store.refs().list(SOURCE).unwrap(), expected(4));
    assert_eq!(store.refs().list(VERSIONS).unwrap(), expected(3));
    assert!(store.refs().loose_numbers(SOURCE).unwrap().is_empty());
    let logged = log::newest(store.dir()).unwrap();
    assert_eq!((logged.source, logged.versions), (Some((4, id(4))), Some((3, id(3)))));
    let before = std::fs::read(store.dir().join("packed-refs")).unwrap();
    // A number that is taken is a conflict, whichever of the two it is.
    for (source, version) in [(4, 4), (5, 3)] {
        let refused = store.append_both(&lock, (source, id(8)), (version, id(9)));
        assert_eq!(refused.unwrap_err().kind(), Kind::Conflict);
    }
    // Damage, loose or packed, prevents it and changes nothing.
    let loose = store.dir().join("refs/versions/v4");
    std::fs::write(&loose, "x").unwrap();
    assert!(!store.append_both(&lock, (5, id(5)), (5, id(5))).unwrap());
    assert_eq!(std::fs::read(store.dir().join("packed-refs")).unwrap(), before);
    std::fs::remove_file(&loose).unwrap();
    let mut damaged = before.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    std::fs::write(store.dir().join("packed-refs"), &damaged).unwrap();
    assert!(!store.append_both(&lock, (5, id(5)), (4, id(4))).unwrap());
    assert_eq!(std::fs::read(store.dir().join("packed-refs")).unwrap(), damaged);
}

#[test]
fn a_long_list_of_refs_is_not_written_again_for_two_new_ones() {
    let (_project, store) = store();
    let ids = |last| (1..=last).map(id).collect::<Vec<_>>();
    let lock = store.lock().unwrap();
    for (sources, is_done) in [(1000, true), (1001, false)] {
        Packed::contiguous(&ids(sources), &ids(24)).write(store.dir()).unwrap();
        let next = sources + 1;
        let done = store.append_both(&lock, (next, id(next)), (25, id(25))).unwrap();
        assert_eq!(done, is_done);
        let newest = store.refs().latest(SOURCE).unwrap().unwrap().0;
        assert_eq!(newest, if is_done { next } else { sources });
        log::forget(store.dir()).unwrap();
    }
    // Unless the next ref would pack those that are files.
    drop(lock);
    fill(&store, VERSIONS, 25..=40);
    let lock = store.lock().unwrap();
    assert!(store.append_both(&lock, (1002, id(1002)), (41, id(41))).unwrap());
    assert_eq!(store.refs().list(VERSIONS).unwrap(), expected(41));
    assert_eq!(store.refs().list(SOURCE).unwrap(), expected(1002));
    assert!(store.refs().loose_numbers(VERSIONS).unwrap().is_empty());
}
