//! Byte ranges: a client asks for the rest of a pack that was cut.

use axum::http::HeaderMap;
use axum::http::header::{IF_RANGE, RANGE};

/// The range to send of `len` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    Whole,
    From(u64),
    /// There is nothing there.
    Beyond,
}

impl ByteRange {
    /// Offset of the bytes to send, if there are any.
    pub fn start(self) -> Option<u64> {
        match self {
            ByteRange::Whole => Some(0),
            ByteRange::From(start) => Some(start),
            ByteRange::Beyond => None,
        }
    }
}

/// Reads `Range: bytes=N-`. It counts only while `If-Range` names the thin pack that was cut; other
/// forms of ranges are passed over, as the standard allows.
pub fn part(headers: &HeaderMap, etag: &str, len: u64) -> ByteRange {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let Some(start) = text(RANGE).and_then(start) else { return ByteRange::Whole };
    match text(IF_RANGE) {
        Some(known) if known != etag => ByteRange::Whole,
        _ if start == 0 => ByteRange::Whole,
        _ if start >= len => ByteRange::Beyond,
        _ => ByteRange::From(start),
    }
}

fn start(range: &str) -> Option<u64> {
    let digits = range.strip_prefix("bytes=")?.strip_suffix('-')?;
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part_of(range: &str, if_range: Option<&str>) -> ByteRange {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        if let Some(known) = if_range {
            headers.insert(IF_RANGE, known.parse().unwrap());
        }
        part(&headers, "\"a\"", 100)
    }

    #[test]
    fn the_rest_of_what_was_cut() {
        assert_eq!(part(&HeaderMap::new(), "\"a\"", 100), ByteRange::Whole);
        assert_eq!(part_of("bytes=7-", Some("\"a\"")), ByteRange::From(7));
        assert_eq!(part_of("bytes=99-", None), ByteRange::From(99));
        assert_eq!(part_of("bytes=100-", Some("\"a\"")), ByteRange::Beyond);
        assert_eq!(
            part_of("bytes=7-", Some("\"b\"")),
            ByteRange::Whole,
            "another pack is sent whole"
        );
        for other in
            ["bytes=0-", "bytes=-5", "bytes=1-2", "bytes=1-,3-", "lines=1-", "bytes=+1-", "bytes=-"]
        {
            assert_eq!(part_of(other, None), ByteRange::Whole, "{other}");
        }
        assert_eq!(part_of("bytes=99999999999999999999-", None), ByteRange::Whole);
    }
}
