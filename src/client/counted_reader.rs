//! Counted reader: reports to the progress how much was read from it.

use crate::progress::ByteProgress;
use std::io::{self, Read};

pub struct CountedReader<'a, 'b, R> {
    pub inner: R,
    /// Offset of the reader in the whole.
    pub at: u64,
    pub bytes: &'a mut ByteProgress<'b>,
}

impl<R: Read> Read for CountedReader<'_, '_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(into)?;
        self.at += len as u64;
        self.bytes.reached(self.at);
        Ok(len)
    }
}
