//! Tiers: packs of about the same size, which are combined when there are many. A store and a remote store choose by
//! this one rule.
//!
//! A combined pack is larger than each of its parts by a factor, so that a byte is rewritten only a few times, however
//! many pushes follow. A large pack is never rewritten because of small ones.

/// Most that the largest pack of a tier is larger than its smallest.
const ALIKE: u64 = 4;

/// The places of the packs of the first tier that has `many`; at least two. Their sizes decide and nothing else. `most`
/// limits the sum of their sizes: of a tier with more, only the smallest ones are combined.
pub fn full(sizes: &[u64], many: usize, most: u64) -> Option<Vec<usize>> {
    let mut by_size: Vec<usize> = (0..sizes.len()).collect();
    by_size.sort_by_key(|at| sizes[*at]);
    let mut rest = &by_size[..];
    while let Some(first) = rest.first() {
        let largest = sizes[*first].saturating_mul(ALIKE);
        let (tier, larger) = rest.split_at(rest.partition_point(|at| sizes[*at] <= largest));
        let mut sum = 0u64;
        let fits = |at: &&usize| {
            sum = sum.saturating_add(sizes[**at]);
            sum <= most
        };
        let chosen = tier.iter().take_while(fits).count();
        if tier.len() >= many && chosen >= 2 {
            return Some(tier[..chosen].to_vec());
        }
        rest = larger;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of what is combined.
    fn chosen(sizes: &[u64], many: usize, most: u64) -> Vec<u64> {
        let places = full(sizes, many, most).unwrap_or_default();
        places.iter().map(|at| sizes[*at]).collect()
    }

    #[test]
    fn only_packs_of_about_one_size_are_combined() {
        let chosen = |sizes: &[u64], many| chosen(sizes, many, u64::MAX);
        assert_eq!(chosen(&[], 2), [0; 0]);
        assert_eq!(chosen(&[9], 1), [0; 0], "one alone is never written again");
        assert_eq!(chosen(&[300_000, 5, 6], 2), [5, 6]);
        assert_eq!(chosen(&[5, 300_000, 20, 21], 2), [5, 20], "four times as large is alike");
        assert_eq!(chosen(&[5, 300_000, 600_000, 21, 22], 3), [0; 0]);
        assert_eq!(chosen(&[1, 300_000, 600_000, 400_000], 3), [300_000, 400_000, 600_000]);
    }

    #[test]
    fn no_more_is_combined_than_the_limit() {
        assert_eq!(chosen(&[5, 6, 7, 8], 4, 18), [5, 6, 7]);
        assert_eq!(chosen(&[5, 6, 7, 8], 4, 10), [0; 0], "one alone is never written again");
        assert_eq!(chosen(&[5, 6, 7, 8], 5, 18), [0; 0], "a tier that is not full");
        assert_eq!(chosen(&[11, 12, 1, 1], 2, 10), [1, 1]);
    }

    /// Bytes that each of some pushes of one size writes again, and the packs at the end.
    fn grown(
        mut packs: Vec<u64>,
        pushes: usize,
        many: usize,
        most: impl Fn(u64) -> u64,
    ) -> (Vec<u64>, Vec<u64>) {
        let mut written = Vec::new();
        for _ in 0..pushes {
            packs.push(5_000);
            let limit = most(packs.iter().sum());
            let places = full(&packs, many, limit).unwrap_or_default();
            let sum: u64 = places.iter().map(|at| packs[*at]).sum();
            assert!(sum <= limit);
            packs =
                (0..packs.len()).filter(|at| !places.contains(at)).map(|at| packs[at]).collect();
            packs.extend((sum > 0).then_some(sum));
            written.push(sum);
        }
        (written, packs)
    }

    #[test]
    fn over_any_200_pushes_at_most_three_times_their_bytes_are_written_again() {
        let (written, packs) = grown(vec![300_000_000], 4000, 16, |_| u64::MAX);
        let worst = written.windows(200).map(|window| window.iter().sum::<u64>()).max().unwrap();
        assert!(worst <= 3 * 200 * 5_000, "{worst}");
        assert!(packs.len() < 3 * 16 && packs.contains(&300_000_000), "{packs:?}");
    }

    /// A store's own limit: two hundred pushes of this size, or a sixteenth of everything.
    #[test]
    fn with_a_limit_the_sum_grows_with_the_logarithm_and_no_push_writes_more_than_it() {
        for pushes in [500, 5_000, 50_000] {
            let limit = |total: u64| (total / 16).max(200 * 5_000);
            let (written, packs) = grown(Vec::new(), pushes, 10, limit);
            let log = pushes.ilog2() as u64;
            let (sum, most) = (written.iter().sum::<u64>(), *written.iter().max().unwrap());
            assert!(sum <= log * pushes as u64 * 5_000, "{pushes}: {sum}");
            assert!(most <= limit(pushes as u64 * 5_000), "{pushes}: {most}");
            assert!(packs.len() as u64 <= 6 * log, "{pushes}: {} packs", packs.len());
        }
    }
}
