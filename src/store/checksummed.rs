//! Checksummed text: lines, of which the last is the BLAKE3 of everything above it.

use super::parse_error::ParseError;
use crate::object::Id;

const CHECKSUM: &str = "checksum ";
const LINE_LEN: usize = CHECKSUM.len() + 2 * Id::LEN + 1;

pub fn append_checksum(text: String) -> String {
    let checksum = blake3::hash(text.as_bytes());
    text + &format!("{CHECKSUM}{checksum}\n")
}

/// Lines above the checksum, which must be theirs.
pub fn verify_checksum(bytes: &[u8]) -> Result<&str, ParseError> {
    let split = bytes.len().checked_sub(LINE_LEN).ok_or("it is too short")?;
    let (text, last) = bytes.split_at(split);
    if last != format!("{CHECKSUM}{}\n", blake3::hash(text)).as_bytes() {
        return Err("its checksum does not match".into());
    }
    std::str::from_utf8(text).map_err(|_| "it is not UTF-8".into())
}
