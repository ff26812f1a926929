//! Many requests, a few of them at once.

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

/// Most requests at once, fewer than the stock command sends.
const AT_ONCE: usize = 8;

/// Does `work` for each number below `count`, several at once, in no order; the results are in order. After an error no more
/// is begun.
pub fn many<T: Send>(count: usize, work: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel();
    let run = || {
        let sender = sender.clone();
        while !is_over.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                break;
            }
            let done = work(at);
            if done.is_err() {
                is_over.store(true, Ordering::Relaxed);
            }
            if sender.send((at, done)).is_err() {
                break;
            }
        }
    };
    std::thread::scope(|scope| {
        // This thread works too, so that a system that gives no other is slower, and no more.
        for _ in 1..AT_ONCE.min(count) {
            if std::thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
    drop(sender);
    let mut all: Vec<Option<T>> = (0..count).map(|_| None).collect();
    for (at, done) in receiver {
        all[at] = Some(done?);
    }
    let missing = || Error::failed("a request was not sent");
    all.into_iter().map(|one| one.ok_or_else(missing)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_few_run_at_once() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let squares = many(100, |at| {
            let now = running.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(1));
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(at * at)
        });
        assert_eq!(squares.unwrap(), (0..100).map(|at| at * at).collect::<Vec<_>>());
        assert!((2..=AT_ONCE).contains(&most.into_inner()));
        assert_eq!(many(0, |_| Ok(())).unwrap(), []);
    }

    #[test]
    fn an_error_ends_it() {
        let begun = AtomicUsize::new(0);
        let failed = many(1_000, |at| {
            begun.fetch_add(1, Ordering::SeqCst);
            if at == 3 { Err(Error::failed("three")) } else { Ok(()) }
        });
        assert_eq!(failed.unwrap_err().message(), "three");
        assert!(begun.into_inner() < 1_000);
    }
}
