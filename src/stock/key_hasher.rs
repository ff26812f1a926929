//! Key of a file: 16 digits by which the stock command names a content. It is made of the bytes as text, so that two
//! binary files may share one.

use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Write};

/// The replacement character, in the place of bytes that are not UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// The first 8 bytes of a SHA-256: 16 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey(pub [u8; 8]);

impl FileKey {
    pub fn of(bytes: &[u8]) -> (FileKey, bool) {
        let mut hasher = KeyHasher::default();
        hasher.add(bytes);
        let (key, is_text, _) = hasher.finish();
        (key, is_text)
    }

    pub fn parse(text: &str) -> Option<FileKey> {
        let plain = text.len() == 16
            && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let value = u64::from_str_radix(text, 16).ok().filter(|_| plain)?;
        Some(FileKey(value.to_be_bytes()))
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// Hashes bytes as the text that a JavaScript program reads them as, piece by piece.
#[derive(Default)]
pub struct KeyHasher {
    text: Sha256,
    raw: Sha256,
    /// Beginning of a character whose rest is in the next piece.
    begun: Vec<u8>,
    is_binary: bool,
}

impl KeyHasher {
    pub fn add(&mut self, piece: &[u8]) {
        self.raw.update(piece);
        let mut bytes = std::mem::take(&mut self.begun);
        bytes.extend_from_slice(piece);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (valid, bad) = match std::str::from_utf8(rest) {
                Ok(_) => (rest.len(), None),
                Err(error) => (error.valid_up_to(), error.error_len()),
            };
            self.text.update(&rest[..valid]);
            rest = &rest[valid..];
            match bad {
                // A character that the next piece may complete.
                None => break,
                Some(len) => {
                    self.replace();
                    rest = &rest[len..];
                }
            }
        }
        self.begun = rest.to_vec();
    }

    fn replace(&mut self) {
        self.is_binary = true;
        self.text.update(REPLACEMENT);
    }

    /// The key, whether the bytes are text, and their own hash.
    pub fn finish(mut self) -> (FileKey, bool, [u8; 32]) {
        if !self.begun.is_empty() {
            self.replace();
        }
        let hash = self.text.finalize();
        let key = FileKey(std::array::from_fn(|at| hash[at]));
        (key, !self.is_binary, self.raw.finalize().into())
    }
}

impl Write for KeyHasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By Node: `crypto.createHash("sha256").update(Buffer.from(hex, "hex").toString("utf8")).digest("hex").slice(0, 16)`.
    #[test]
    fn keys_are_those_of_node() {
        for (bytes, key, is_text) in [
            (&b""[..], "e3b0c44298fc1c14", true),
            (b"hello\n", "5891b5b522d5df08", true),
            (b"\xff\xfe\x00a", "89502cc1c784f581", false),
            (b"a\xe2\x82", "51d277510ba4bf97", false),
            (b"\xf0\x9f\x98z\xc3\xa9", "fe302b08081ec30c", false),
        ] {
            let (found, text) = FileKey::of(bytes);
            assert_eq!((found.to_string().as_str(), text), (key, is_text), "{bytes:?}");
            assert_eq!(FileKey::parse(key), Some(found));
        }
        assert_eq!(FileKey::parse("5891B5B522D5DF08"), None);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..6), 0..6)
        ) {
            let whole = pieces.concat();
            let mut hasher = KeyHasher::default();
            pieces.iter().for_each(|piece| hasher.add(piece));
            let lossy = String::from_utf8_lossy(&whole);
            let expected = Sha256::digest(lossy.as_bytes());
            let (key, is_text, sha) = hasher.finish();
            prop_assert_eq!(&sha[..], &Sha256::digest(&whole)[..]);
            prop_assert_eq!(&key.0[..], &expected[..8]);
            prop_assert_eq!(is_text, std::str::from_utf8(&whole).is_ok());
        }
    }
}
