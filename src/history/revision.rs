//! Revision: a version as a person writes it: `2`, `v2`, `active`, `latest`, `previous`, the prefix
//! of an id, or `v2:path` for an entry inside. `history::resolve` looks it up in a store.

use super::suggest;
use crate::error::{Error, Hint, Result};
use crate::object::IdPrefix;
use std::fmt;
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    Number(u64),
    /// The version that is serving.
    Active,
    /// The newest version that is not deleted.
    Latest,
    /// The version that was active before the active one.
    Previous,
    /// 4 to 64 hexadecimal digits.
    IdPrefix(String),
    /// A source version, `source/v3`.
    Source(u64),
    /// Entry at a path inside.
    Inside(Box<Revision>, String),
}

impl Revision {
    /// True if it means another version after a promotion.
    pub fn is_of_pointer(&self) -> bool {
        match self {
            Revision::Active | Revision::Previous => true,
            Revision::Inside(base, _) => base.is_of_pointer(),
            Revision::Number(_)
            | Revision::Latest
            | Revision::IdPrefix(_)
            | Revision::Source(_) => false,
        }
    }
}

impl FromStr for Revision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Revision> {
        match text.split_once(':') {
            Some((base, path)) => Ok(Revision::Inside(Box::new(whole(base)?), path.to_owned())),
            None => whole(text),
        }
    }
}

fn whole(text: &str) -> Result<Revision> {
    match text {
        "active" => return Ok(Revision::Active),
        "latest" => return Ok(Revision::Latest),
        "previous" => return Ok(Revision::Previous),
        _ => {}
    }
    if let Some(number) = text.strip_prefix("source/") {
        return match whole(number)? {
            Revision::Number(number) => Ok(Revision::Source(number)),
            _ => Err(invalid(text)),
        };
    }
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && text.len() < 64 {
        return number(text, digits);
    }
    match IdPrefix::parse(text) {
        Some(_) => Ok(Revision::IdPrefix(text.to_ascii_lowercase())),
        None => Err(invalid(text)),
    }
}

/// Digits are a number before they are the beginning of an id, except when they are a whole id.
fn number(text: &str, digits: &str) -> Result<Revision> {
    match digits.parse() {
        Ok(0) => Err(invalid(text)),
        Ok(number) => Ok(Revision::Number(number)),
        // A number, and larger than any that was ever given.
        Err(_) => {
            Err(Error::not_found(format!("there is no version v{digits}"))
                .hint(Hint::ListAllVersions))
        }
    }
}

/// The stock command's words, full stop included.
fn invalid(text: &str) -> Error {
    let error = Error::usage(format!(
        "Invalid version \"{text}\": must be a positive integer like \"3\" or \"v3\"."
    ));
    match suggest::nearest(text, ["active", "latest", "previous"]) {
        Some(word) => error.hint(format!("did you mean `{word}`?")),
        None => error,
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Revision::Number(number) => write!(f, "v{number}"),
            Revision::Source(number) => write!(f, "source/v{number}"),
            Revision::Active => f.write_str("active"),
            Revision::Latest => f.write_str("latest"),
            Revision::Previous => f.write_str("previous"),
            Revision::IdPrefix(digits) => f.write_str(digits),
            Revision::Inside(base, path) => write!(f, "{base}:{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Revision> {
        text.parse()
    }

    #[test]
    fn numbers_words_and_ids_are_told_apart() {
        for text in ["2", "v2", "V2", "02"] {
            assert_eq!(parse(text).unwrap(), Revision::Number(2), "{text}");
        }
        assert_eq!(parse("source/v3").unwrap(), Revision::Source(3));
        assert_eq!(parse("active").unwrap(), Revision::Active);
        assert_eq!(parse("latest").unwrap(), Revision::Latest);
        assert_eq!(parse("previous").unwrap(), Revision::Previous);
        assert_eq!(parse("1234").unwrap(), Revision::Number(1234));
        assert_eq!(parse("FACE").unwrap(), Revision::IdPrefix("face".into()));
        let all_digits = "1".repeat(64);
        assert_eq!(parse(&all_digits).unwrap(), Revision::IdPrefix(all_digits.clone()));
    }

    #[test]
    fn a_path_is_what_follows_the_first_colon() {
        let inside = |base, path: &str| Revision::Inside(Box::new(base), path.into());
        assert_eq!(parse("v2:src/a:b.ts").unwrap(), inside(Revision::Number(2), "src/a:b.ts"));
        assert_eq!(parse("active:").unwrap(), inside(Revision::Active, ""));
        assert!(parse(":src").is_err());
    }

    #[test]
    fn what_is_no_version_is_a_usage_error_in_the_words_users_know() {
        for text in ["abc", "0", "v0", "-1", "", "v", "1.5", "+3", "vv2", "Active", "٣"] {
            let error = parse(text).unwrap_err();
            let expected = format!(
                "Invalid version \"{text}\": must be a positive integer like \"3\" or \"v3\"."
            );
            assert_eq!((error.message(), error.kind().exit_code()), (expected.as_str(), 2));
        }
    }

    #[test]
    fn a_number_beyond_all_versions_is_not_found() {
        let error = parse("99999999999999999999").unwrap_err();
        assert_eq!(error.message(), "there is no version v99999999999999999999");
        assert_eq!(error.kind().exit_code(), 3);
    }
}
