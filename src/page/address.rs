//! Addresses of pages. Each is stable: a link to it stays right.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Characters of a file name that an address cannot have as they are.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'/');

pub fn home(agent: &str) -> String {
    format!("/{agent}")
}

fn below(agent: &str, rest: &str) -> String {
    format!("/{agent}/-/{rest}")
}

pub fn version(agent: &str, number: u64) -> String {
    below(agent, &format!("versions/{number}"))
}

pub fn compare(agent: &str, from: u64, to: u64) -> String {
    below(agent, &format!("compare/v{from}...v{to}"))
}

/// The address to which the form with two versions goes.
pub fn compare_form(agent: &str) -> String {
    below(agent, "compare")
}

/// A folder or a file of a version; an empty path is all files.
pub fn files(agent: &str, number: u64, path: &str) -> String {
    below(agent, &format!("files/v{number}{}", slashed(path)))
}

/// The bytes of a file.
pub fn raw(agent: &str, number: u64, path: &str) -> String {
    below(agent, &format!("raw/v{number}{}", slashed(path)))
}

pub fn personas(agent: &str) -> String {
    below(agent, "persona")
}

pub fn persona(agent: &str, number: u64) -> String {
    below(agent, &format!("persona/v{number}"))
}

pub fn persona_diff(agent: &str, from: u64, to: u64) -> String {
    below(agent, &format!("persona/v{from}...v{to}"))
}

/// The page that edits the persona.
pub fn persona_edit(agent: &str) -> String {
    below(agent, "persona/edit")
}

pub fn source(agent: &str, number: u64) -> String {
    below(agent, &format!("source/v{number}"))
}

/// The page that makes a version live.
pub fn promote(agent: &str, number: u64) -> String {
    below(agent, &format!("promote/v{number}"))
}

/// The page that deletes a version.
pub fn delete(agent: &str, number: u64) -> String {
    below(agent, &format!("delete/v{number}"))
}

pub fn tokens(agent: &str) -> String {
    below(agent, "tokens")
}

/// The page that revokes a token.
pub fn token(agent: &str, id: &str) -> String {
    below(agent, &format!("tokens/{}", query(id)))
}

pub fn feed(agent: &str) -> String {
    below(agent, "feed")
}

pub fn search(agent: &str) -> String {
    below(agent, "search")
}

pub fn ledger(agent: &str) -> String {
    below(agent, "ledger")
}

/// The page to sign in, and the address to return to.
pub fn sign_in(then: &str) -> String {
    format!("/-/login?to={}", query(then))
}

/// A value of a query.
pub fn query(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn slashed(path: &str) -> String {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(|part| format!("/{}", query(part)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_encoded_part_by_part() {
        assert_eq!(files("shop", 7, "src/a b#1.ts"), "/shop/-/files/v7/src/a%20b%231.ts");
        assert_eq!(files("shop", 7, ""), "/shop/-/files/v7");
        assert_eq!(raw("shop", 1, "\"><script>"), "/shop/-/raw/v1/%22%3E%3Cscript%3E");
        assert_eq!(sign_in("/shop?page=2&by=a"), "/-/login?to=%2Fshop%3Fpage%3D2%26by%3Da");
    }
}
