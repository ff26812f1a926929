//! Rank of an id among ascending ids.

use crate::object::Id;

/// Number of ids, of so many that ascend, that are smaller than this one. Ids are hashes, so that the first bytes of one
/// say nearly where it is: from there in growing steps, then by halves.
pub fn rank(id: &Id, count: u32, is_below: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, count);
    let share = id.as_bytes().first_chunk().map_or(0, |first| u32::from_be_bytes(*first));
    let guess = ((u64::from(share) * u64::from(high)) >> 32) as u32;
    let mut step = 4;
    if guess < high && is_below(guess) {
        low = guess + 1;
        while high - low > step && is_below(low + step) {
            low += step + 1;
            step *= 2;
        }
        high = high.min(low + step);
    } else {
        high = high.min(guess);
        while high - low > step && !is_below(high - step) {
            high -= step;
            step *= 2;
        }
        low = low.max(high.saturating_sub(step));
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if is_below(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
