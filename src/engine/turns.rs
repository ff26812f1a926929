//! Turns: so many calls to an engine at once. Others wait, in the order in which they came.

use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longest wait for a turn.
const LONGEST: Duration = Duration::from_secs(20);

pub struct Turns {
    most: usize,
    state: Mutex<Waiting>,
    freed: Condvar,
}

#[derive(Default)]
struct Waiting {
    running: usize,
    next: u64,
    /// Numbers of those who wait, the first one first.
    line: VecDeque<u64>,
}

/// A turn, which ends when it is dropped.
pub struct Turn<'a>(&'a Turns);

impl Turns {
    pub fn new(most: usize) -> Turns {
        Turns { most, state: Mutex::default(), freed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn. `place` is the engine, for the error.
    pub fn take(&self, place: &dyn std::fmt::Display) -> Result<Turn<'_>> {
        self.take_within(LONGEST).ok_or_else(|| {
            Error::unavailable(format!("\"{place}\" is busy: {} calls are running", self.most))
        })
    }

    fn take_within(&self, longest: Duration) -> Option<Turn<'_>> {
        let end = Instant::now() + longest;
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.line.push_back(number);
        while state.running >= self.most || state.line.front() != Some(&number) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.line.retain(|other| *other != number);
                self.freed.notify_all();
                return None;
            }
            let waited = self.freed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.line.pop_front();
        state.running += 1;
        // The next one may have room too.
        self.freed.notify_all();
        Some(Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_allowed_run_and_a_wait_ends() {
        let turns = Turns::new(2);
        let soon = Duration::from_millis(20);
        let first = turns.take_within(soon).unwrap();
        let _second = turns.take_within(soon).unwrap();
        assert!(turns.take_within(soon).is_none());
        drop(first);
        assert!(turns.take_within(soon).is_some());
        assert!(turns.lock().line.is_empty(), "who gave up is not waited for");
    }

    #[test]
    fn who_came_first_is_first() {
        let turns = Turns::new(1);
        let order = Mutex::new(Vec::new());
        let running = turns.take(&"x").unwrap();
        std::thread::scope(|scope| {
            for number in 0..4 {
                let (turns, order) = (&turns, &order);
                scope.spawn(move || {
                    let _turn = turns.take(&"x").unwrap();
                    order.lock().unwrap().push(number);
                });
                while turns.lock().line.len() <= number {
                    std::thread::yield_now();
                }
            }
            drop(running);
        });
        assert_eq!(order.into_inner().unwrap(), [0, 1, 2, 3]);
    }
}
