//! Passwords within URLs.

use super::others::secret;
use super::pattern::{Secret, is_random};
use std::ops::Range;

/// `scheme://user:password@host`.
pub fn url(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let ends = |byte: &&u8| !b" \t\r\n\"'`<>\\/?#,;()|".contains(byte);
    let authority = text[anchor.end..].iter().take(300).take_while(ends).count();
    let authority = &text[anchor.end..anchor.end + authority];
    let at = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority[..at].iter().position(|byte| *byte == b':')?;
    let (user, password) = (&authority[..colon], &authority[colon + 1..at]);
    if !is_password(user, password) || authority.len() == at + 1 {
        return None;
    }
    let start = anchor.end + colon + 1;
    secret(start..start + password.len(), 0)
}

/// The same for the web, where documents are full of them: only passwords that no person made up.
pub fn web_url(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let found = url(text, anchor)?;
    let password = &text[found.range.clone()];
    (password.len() >= 16 && is_random(password)).then_some(found)
}

/// Placeholders that documents write for a password, the longer before those that they contain.
const NO_PASSWORDS: [&str; 27] = [
    "password",
    "passwort",
    "passwd",
    "passw0rd",
    "p4ssw0rd",
    "p@ssw0rd",
    "pass",
    "pwd",
    "changeme",
    "change",
    "secret",
    "example",
    "your",
    "mysql",
    "postgres",
    "redis",
    "mongo",
    "hunter",
    "test",
    "user",
    "admin",
    "guest",
    "root",
    "token",
    "super",
    "auth",
    "123456789",
];

fn is_password(user: &[u8], password: &[u8]) -> bool {
    let mut rest = String::from_utf8_lossy(password).to_lowercase();
    let is_variable =
        password.iter().any(|byte| b"${}[]<>*".contains(byte)) || rest.starts_with('%');
    let kinds = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit];
    let kinds = kinds.iter().filter(|kind| password.iter().any(*kind)).count();
    let symbol = usize::from(password.iter().any(|byte| !byte.is_ascii_alphanumeric()));
    for word in NO_PASSWORDS {
        rest = rest.replace(word, "");
    }
    let is_strong = kinds + symbol >= 2 || password.len() >= 16;
    !is_variable
        && password != user
        && is_strong
        && rest.len() >= 6
        && !rest.contains("xxx")
        && !rest.contains("...")
}
