//! Paced body: a server that sends a byte now and then would hold a client for ever.

use std::io::{self, Read};
use std::time::{Duration, Instant};

/// So many bytes must come in each span of time, as a server asks of uploads.
const LEAST: u64 = 30 << 10;

pub struct Paced<R> {
    inner: R,
    span: Duration,
    since: Instant,
    came: u64,
}

impl<R: Read> Paced<R> {
    pub fn new(inner: R, span: Duration) -> Paced<R> {
        Paced { inner, span, since: Instant::now(), came: 0 }
    }
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(into)?;
        self.came += len as u64;
        if len > 0 && self.since.elapsed() >= self.span {
            if self.came < LEAST {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "it sends too slowly"));
            }
            (self.since, self.came) = (Instant::now(), 0);
        }
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drip_is_cut_and_a_stream_is_not() {
        let read = |bytes: &[u8], piece: usize| {
            let mut paced = Paced::new(bytes, Duration::ZERO);
            let mut into = vec![0; piece];
            loop {
                match paced.read(&mut into) {
                    Ok(0) => return true,
                    Ok(_) => {}
                    Err(error) => return error.kind() != io::ErrorKind::TimedOut,
                }
            }
        };
        let bytes = vec![7; 90 << 10];
        assert!(read(&bytes, 30 << 10));
        assert!(!read(&bytes, (30 << 10) - 1));
        assert!(!read(b"x", 1));
        assert!(read(b"", 1));
    }
}
