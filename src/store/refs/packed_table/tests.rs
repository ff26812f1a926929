//! Tests of the table: it comes back, every changed byte is noticed, and what is sound is recovered.

use super::super::packed_file::PackedFile;
use super::super::{RefName, SOURCE, VERSIONS};
use super::*;
use crate::error::Kind;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn id(number: u64) -> Id {
    Id::of_blob(&number.to_be_bytes())
}

fn packed(source: &BTreeSet<u64>, versions: &BTreeSet<u64>) -> Packed {
    let mut packed = Packed::default();
    for (at, numbers) in [source, versions].into_iter().enumerate() {
        numbers.iter().for_each(|number| packed.push(at, *number, id(*number)).unwrap());
    }
    packed
}

fn numbers(most: u64) -> impl Strategy<Value = BTreeSet<u64>> {
    let contiguous = (0..most).prop_map(|last| (1..=last).collect());
    let gaps = proptest::collection::btree_set(1..4 * most, 0..most as usize);
    let huge = proptest::collection::btree_set(1..=u64::MAX, 0..most as usize);
    prop_oneof![contiguous, gaps, huge]
}

fn pointer() -> impl Strategy<Value = Option<Active>> {
    let active = (proptest::option::of(1..u64::MAX), any::<[u8; 32]>());
    proptest::option::of(
        active.prop_map(|(version, ledger)| Active { version, ledger: Id::from_bytes(ledger) }),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_encoded_comes_back_whole_and_one_by_one(source in numbers(200), versions in numbers(70), pointer in pointer()) {
        let packed = packed(&source, &versions).with_pointer(pointer);
        let bytes = encode(&packed);
        let decoded = decode(&bytes).unwrap();
        prop_assert_eq!(&decoded, &packed);
        prop_assert_eq!(recover(&bytes).0, packed);
        let folder = tempfile::tempdir().unwrap();
        crate::fs::replace(&folder.path().join("packed-refs"), &bytes).unwrap();
        let file = PackedFile::open(folder.path()).unwrap();
        prop_assert_eq!(file.pointer().unwrap(), pointer);
        for (series, numbers) in [(SOURCE, &source), (VERSIONS, &versions)] {
            let newest = numbers.last().map(|last| (*last, id(*last)));
            prop_assert_eq!(file.newest(series).unwrap().0, newest);
            let last = numbers.last().copied().unwrap_or(0);
            let whole = (numbers.len() as u64 == last).then_some(last);
            prop_assert_eq!(file.contiguous(series).unwrap(), whole);
            let absent = [1, 65, last / 2, last.saturating_sub(1), last.saturating_add(1)];
            for number in numbers.iter().copied().chain(absent).filter(|number| *number > 0) {
                let name = RefName::new(series, number).unwrap();
                let (found, damage) = file.get(&name).unwrap();
                prop_assert_eq!(found, numbers.contains(&number).then(|| id(number)));
                prop_assert!(damage.is_none());
            }
        }
    }

    #[test]
    fn a_changed_or_missing_end_is_noticed_and_the_rest_is_recovered(source in 1u64..200, versions in 0u64..70, at: prop::sample::Index, bit in 0u8..8) {
        let whole = packed(&(1..=source).collect(), &(1..=versions).collect());
        let bytes = encode(&whole);
        let at = at.index(bytes.len());
        let mut changed = bytes.clone();
        changed[at] ^= 1 << bit;
        prop_assert!(decode(&changed).is_err());
        prop_assert!(decode(&bytes[..at]).is_err());
        for damaged in [&changed[..], &bytes[..at]] {
            let (found, _) = recover(damaged);
            for series in [SOURCE, VERSIONS] {
                let wrong = found.series(series).iter().filter(|(number, found)| *found != id(*number));
                prop_assert!(wrong.count() <= 1, "only an id that was changed itself");
                let last = if series == SOURCE { source } else { versions };
                prop_assert!(found.series(series).iter().all(|(number, _)| *number <= last));
            }
        }
        if at >= HEADER_LEN {
            // A changed bit costs one record at most, and a header keeps all of them in their place.
            let lost = |series| whole.series(series).len() - recover(&changed).0.series(series).len();
            prop_assert!(lost(SOURCE) + lost(VERSIONS) <= 1);
        }
    }
}

#[test]
fn damage_of_one_block_is_met_by_those_who_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packed-refs");
    let bytes = encode(&packed(&(1..=300).collect(), &(1..=100).collect()));
    let name = |number| RefName::new(SOURCE, number).unwrap();
    for (block, of_it) in [(0u64, 1u64), (1, 100), (4, 300)] {
        let mut changed = bytes.clone();
        changed[offset_of(block) as usize + 2000] ^= 1;
        crate::fs::replace(&path, &changed).unwrap();
        let file = PackedFile::open(folder.path()).unwrap();
        let damage = file.get(&name(of_it)).unwrap().1.expect("it is in that block");
        assert_eq!(damage.kind(), Kind::Corrupt);
        assert!(damage.message().contains(&format!("its block {block} does")), "{damage}");
        let (found, damage) = file.get(&name(200)).unwrap();
        assert!(found == Some(id(200)) && damage.is_none(), "it is in another block");
        assert_eq!(file.newest(SOURCE).unwrap().1.is_some(), block == 4);
        assert!(file.newest(VERSIONS).unwrap().1.is_none());
    }
}

#[test]
fn blocks_in_each_others_place_are_refused() {
    let bytes = encode(&packed(&(1..=200).collect(), &(1..=1).collect()));
    let header = TableHeader::decode(&bytes).unwrap();
    let block = |at: u64| &bytes[offset_of(at) as usize..][..BLOCK_LEN];
    assert!((0..5).all(|at| header.block(at, block(at)).is_ok()));
    assert!((0..4).all(|at| header.block(at, block(at + 1)).is_err()));
}
