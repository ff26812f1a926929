//! Retry policy: the number of tries, and the waits between them.
//!
//! Full jitter: the wait is random between nothing and a bound that doubles, so that many clients of a
//! server that comes back do not come back at once (Brooker, "Exponential Backoff And Jitter", 2015).

use super::failure::{RequestFailure, RetryAfter};
use crate::error::{Error, Kind, Result};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Number of tries in all.
    pub tries: u32,
    /// The bound of the first wait.
    pub first: Duration,
    /// No wait is longer, whatever the server asks for.
    pub longest: Duration,
    /// Longest time of one request, from the look-up of the host to the last byte of the answer. `None`: as long as
    /// something moves.
    pub request: Option<Duration>,
    /// Longest silence, or less than a trickle, of a server before a try counts as failed.
    pub silence: Duration,
}

impl RetryPolicy {
    /// One try, which is given up after a while.
    pub fn short(request: Duration) -> RetryPolicy {
        RetryPolicy { tries: 1, request: Some(request), ..RetryPolicy::default() }
    }
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            tries: 5,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(20),
            request: None,
            silence: Duration::from_secs(30),
        }
    }
}

/// Tries that are left for one request.
pub struct Retry {
    patience: RetryPolicy,
    tried: u32,
}

impl RetryPolicy {
    pub fn begin(self) -> Retry {
        Retry { patience: self, tried: 0 }
    }

    pub fn try_again<T>(self, mut attempt: impl FnMut() -> Result<T, RequestFailure>) -> Result<T> {
        let mut left = self.begin();
        loop {
            match attempt() {
                Ok(done) => return Ok(done),
                Err(failure) => left.wait(failure)?,
            }
        }
    }
}

impl Retry {
    /// Something went on: what failed before does not count.
    pub fn renew(&mut self) {
        self.tried = 0;
    }

    /// Waits before the next attempt, or gives the error where there is none.
    pub fn wait(&mut self, failure: RequestFailure) -> Result<()> {
        self.tried += 1;
        if failure.again == RetryAfter::Never {
            return Err(failure.error);
        }
        if self.tried >= self.patience.tries {
            return Err(unavailable(failure.error, self.tried));
        }
        let wait = match failure.again {
            RetryAfter::After(wait) => wait,
            _ => (self.patience.first * 2u32.pow((self.tried - 1).min(16))).mul_f64(random()),
        };
        std::thread::sleep(wait.min(self.patience.longest));
        Ok(())
    }
}

fn unavailable(error: Error, tried: u32) -> Error {
    let times = if tried == 1 { "once".to_owned() } else { format!("{tried} times") };
    let message = format!("{} (tried {times})", error.message());
    error.hints().iter().cloned().fold(Error::new(Kind::Unavailable, message), Error::also)
}

/// Between 0 and 1. Without a source of randomness all wait the whole time, which is no harm.
fn random() -> f64 {
    getrandom::u32().map_or(1.0, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: RetryPolicy = RetryPolicy {
        tries: 3,
        first: Duration::ZERO,
        longest: Duration::ZERO,
        request: None,
        silence: Duration::ZERO,
    };

    fn failure(again: RetryAfter) -> RequestFailure {
        let mut failure = RequestFailure::last(Error::unavailable("down"));
        failure.again = again;
        failure
    }

    #[test]
    fn what_passes_is_tried_as_often_as_said() {
        let mut tries = 0;
        let result: Result<()> = QUICK.try_again(|| {
            tries += 1;
            Err(failure(RetryAfter::Soon))
        });
        assert_eq!((tries, result.unwrap_err().message()), (3, "down (tried 3 times)"));
        let once = RetryPolicy { tries: 1, ..QUICK };
        let result: Result<()> = once.try_again(|| Err(failure(RetryAfter::Soon)));
        assert_eq!(result.unwrap_err().message(), "down (tried once)");
    }

    #[test]
    fn what_stays_is_tried_once() {
        let mut tries = 0;
        let result: Result<()> = QUICK.try_again(|| {
            tries += 1;
            Err(failure(RetryAfter::Never))
        });
        assert_eq!((tries, result.unwrap_err().message()), (1, "down"));
    }

    #[test]
    fn whatever_goes_on_may_go_on_for_ever() {
        let mut left = QUICK.begin();
        for _ in 0..100 {
            left.wait(failure(RetryAfter::After(Duration::from_secs(9)))).unwrap();
            left.renew();
        }
    }
}
