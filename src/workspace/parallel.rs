//! One piece of work for each number, spread over the processors.

use crate::parallel;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Numbers that a thread takes at a time.
const CHUNK: usize = 16;

/// More threads than this only wait for the disk.
const MOST_THREADS: usize = 8;

/// The results of `work` for `0..count`, in that order. `few` says that threads would not pay.
pub fn map<T: Send>(count: usize, few: bool, work: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let threads = parallel::processors().min(MOST_THREADS);
    if few || threads == 1 || count <= CHUNK {
        return (0..count).map(work).collect();
    }
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let run = || loop {
        let start = next.fetch_add(CHUNK, Ordering::Relaxed);
        if start >= count {
            return;
        }
        let results = (start..(start + CHUNK).min(count)).map(work).collect::<Vec<T>>();
        done.lock().expect("no thread dies holding this").push((start, results));
    };
    parallel::share(threads, run);
    let mut done = done.into_inner().expect("no thread dies holding this");
    done.sort_unstable_by_key(|(start, _)| *start);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_come_in_order() {
        for (count, few) in [(0, false), (1, false), (5000, false), (5000, true)] {
            let squares = super::map(count, few, &|n| n * n);
            assert_eq!(squares, (0..count).map(|n| n * n).collect::<Vec<_>>());
        }
    }
}
