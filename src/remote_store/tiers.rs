//! Tiers: packs of about the same size, which are joined when there are many.
//!
//! A joined pack is at least four times as large as each of its parts, so that a byte is rewritten
//! only a few times, however many pushes follow. A large pack is never rewritten because of small
//! ones.

use super::engine::PackKey;
use super::head::PackRef;

/// Number of packs at which a tier becomes one. Of equal pushes the sixteenth writes the bytes of
/// sixteen, the 256th those of 256: over 200 pushes at most three times their bytes, beside storing
/// them.
pub const MANY_PACKS: usize = 16;

/// Most that the largest pack of a tier is larger than its smallest.
const ALIKE: u64 = 4;

/// The packs of the first tier that has `many`; at least two. Their sizes decide and nothing else.
pub fn full<'a>(packs: impl Iterator<Item = &'a PackRef>, many: usize) -> Option<Vec<PackKey>> {
    let mut by_size: Vec<&PackRef> = packs.collect();
    by_size.sort_by_key(|held| (held.bytes, held.key.fresh));
    let mut rest = &by_size[..];
    while let Some(first) = rest.first() {
        let alike = rest.partition_point(|held| held.bytes <= first.bytes.saturating_mul(ALIKE));
        if alike >= many.max(2) {
            return Some(rest[..alike].iter().map(|held| held.key.clone()).collect());
        }
        rest = &rest[alike..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::PackId;

    fn packs(sizes: &[u64]) -> Vec<PackRef> {
        let held = |(nth, bytes): (usize, &u64)| {
            let (agent, pack) = ("a".parse().unwrap(), PackId::of(b""));
            PackRef {
                key: PackKey { agent, fresh: [nth as u8; 16], pack },
                bytes: *bytes,
                objects: 1,
            }
        };
        sizes.iter().enumerate().map(held).collect()
    }

    /// The sizes of what is put together.
    fn chosen(sizes: &[u64], many: usize) -> Vec<u64> {
        let packs = packs(sizes);
        let keys = full(packs.iter(), many).unwrap_or_default();
        keys.iter().map(|key| packs.iter().find(|held| held.key == *key).unwrap().bytes).collect()
    }

    #[test]
    fn only_packs_of_about_one_size_are_put_together() {
        assert_eq!(chosen(&[], 2), [0; 0]);
        assert_eq!(chosen(&[9], 1), [0; 0], "one alone is never written again");
        assert_eq!(chosen(&[300_000, 5, 6], 2), [5, 6]);
        assert_eq!(chosen(&[5, 300_000, 20, 21], 2), [5, 20], "four times as large is alike");
        assert_eq!(chosen(&[5, 300_000, 600_000, 21, 22], 3), [0; 0]);
        assert_eq!(chosen(&[1, 300_000, 600_000, 400_000], 3), [300_000, 400_000, 600_000]);
    }

    #[test]
    fn over_any_200_pushes_at_most_three_times_their_bytes_are_written_again() {
        let mut kept = vec![300_000_000];
        let mut written = Vec::new();
        for _ in 0..4000 {
            kept.push(5_000);
            let mut again = 0;
            loop {
                let merged = chosen(&kept, MANY_PACKS);
                if merged.is_empty() {
                    break;
                }
                for size in &merged {
                    let at = kept.iter().position(|kept| kept == size).unwrap();
                    kept.remove(at);
                }
                kept.push(merged.iter().sum());
                again += merged.iter().sum::<u64>();
            }
            written.push(again);
        }
        let worst = written.windows(200).map(|window| window.iter().sum::<u64>()).max().unwrap();
        assert!(worst <= 3 * 200 * 5_000, "{worst}");
        assert!(kept.len() < 3 * MANY_PACKS && kept.contains(&300_000_000), "{kept:?}");
    }
}
