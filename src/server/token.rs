//! A token: the secret that a client shows, and the little of it that a server keeps.
//!
//! `lst_`, 64 hexadecimal digits of secret, 8 of checksum. The prefix lets secret scanners find one
//! that lies about; the checksum distinguishes a mistyped token from an unknown one, without a look
//! into any file. The server keeps BLAKE3 of the secret and nothing else: a slow hash is for
//! passwords, which can be guessed, and 256 random bits cannot.

use crate::error::{Error, Result};
use crate::protocol::TOKEN_PREFIX as PREFIX;
use std::fmt;

const CHECKSUM: &str = "lua-store 2026-11-21 token checksum v1";
const HASH: &str = "lua-store 2026-11-21 token hash v1";

/// The secret of one token. It has no `Debug`, so that no log can have it by accident.
pub struct TokenSecret([u8; 32]);

impl TokenSecret {
    /// 256 bits from the operating system.
    pub fn random() -> Result<TokenSecret> {
        let mut bytes = [0; 32];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Ok(TokenSecret(bytes)),
            Err(error) => Err(Error::failed(format!("cannot get random bits: {error}"))),
        }
    }

    /// `None` for a text that no token has: another prefix, another length, a typing mistake.
    pub fn parse(text: &str) -> Option<TokenSecret> {
        let digits = text.strip_prefix(PREFIX)?;
        let secret = TokenSecret(bytes(digits.get(..64)?)?);
        (digits[64..] == secret.checksum()).then_some(secret)
    }

    /// Hash that the server keeps. Two of these are compared in constant time, as `blake3::Hash` does.
    pub fn hash(&self) -> blake3::Hash {
        blake3::Hash::from_bytes(blake3::derive_key(HASH, &self.0))
    }

    fn checksum(&self) -> String {
        let digest = blake3::Hash::from_bytes(blake3::derive_key(CHECKSUM, &self.0));
        digest.to_hex()[..8].to_owned()
    }
}

/// The token as its owner has it.
impl fmt::Display for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}{}", blake3::Hash::from_bytes(self.0).to_hex(), self.checksum())
    }
}

/// A text with every token in it made unreadable.
pub fn hidden(text: &str) -> String {
    let mut parts = text.split(PREFIX);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric());
        shown.push_str(PREFIX);
        shown.push_str("***");
        shown.push_str(rest);
    }
    shown
}

/// Reads 64 lower-case hexadecimal digits: a token has one spelling.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    let lower = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let hash = blake3::Hash::from_hex(digits).ok()?;
    lower.then_some(*hash.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let text = TokenSecret::random().unwrap().to_string();
        assert_eq!(text.len(), 4 + 64 + 8);
        assert_eq!(TokenSecret::parse(&text).unwrap().to_string(), text);
        assert_ne!(TokenSecret::random().unwrap().to_string(), text);
    }

    #[test]
    fn every_mistyped_character_and_every_cut_is_noticed() {
        let text = TokenSecret([7; 32]).to_string();
        for at in 0..text.len() {
            assert!(TokenSecret::parse(&text[..at]).is_none());
            let mut wrong = text.clone().into_bytes();
            wrong[at] = if wrong[at] == b'1' { b'2' } else { b'1' };
            assert!(TokenSecret::parse(std::str::from_utf8(&wrong).unwrap()).is_none(), "{at}");
        }
        assert!(TokenSecret::parse(&format!("{text}0")).is_none());
        assert!(TokenSecret::parse(&text.to_uppercase()).is_none());
        assert!(TokenSecret::parse(&format!("lst_{}", "ä".repeat(36))).is_none());
    }

    #[test]
    fn a_token_in_a_text_is_hidden() {
        let token = TokenSecret([7; 32]);
        assert_eq!(
            hidden(&format!("there is no \"{token}\", nor {token}")),
            "there is no \"lst_***\", nor lst_***"
        );
        assert_eq!(hidden("plain"), "plain");
    }

    #[test]
    fn what_is_kept_does_not_give_the_secret_away() {
        let secret = TokenSecret([7; 32]);
        let kept = secret.hash().to_hex();
        assert!(!secret.to_string().contains(kept.as_str()));
        assert_eq!(secret.hash(), TokenSecret([7; 32]).hash());
        assert_ne!(secret.hash(), TokenSecret([8; 32]).hash());
    }
}
