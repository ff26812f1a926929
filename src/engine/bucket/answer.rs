//! Answer of a bucket to one call.

use bytes::Bytes;

#[derive(Debug)]
pub struct S3Answer {
    pub status: u16,
    /// As the bucket wrote it, without quotes.
    pub etag: Option<String>,
    pub content_length: Option<u64>,
    pub content_range: Option<String>,
    pub body: Bytes,
}

impl S3Answer {
    /// The object does not exist.
    pub fn is_absent(&self) -> bool {
        self.status == 404
    }

    /// The condition of the call was not met, so that it had no effect.
    pub fn is_refused(&self) -> bool {
        matches!(self.status, 409 | 412)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// First byte, end and length of the object of a partial answer.
    pub fn range(&self) -> Option<(u64, u64, u64)> {
        let text = self.content_range.as_deref()?.strip_prefix("bytes ")?;
        let (range, total) = text.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        Some((first.parse().ok()?, last.parse::<u64>().ok()?.checked_add(1)?, total.parse().ok()?))
    }
}
