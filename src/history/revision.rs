//! Revision: a version as a person writes it: `2`, `v2`, `active`, `latest`, `previous`, `source/v6`,
//! `snapshot/v1`, `origin/v2`, the prefix of an id, or `v2:path` for an entry inside. The one grammar
//! of every command; `history::resolve` looks it up in a store.

use super::suggest;
use crate::error::{Error, Hint, Result};
use crate::object::IdPrefix;
use crate::store::check_remote_name;
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
    Source(InSeries),
    /// A safety snapshot, `snapshot/v1`.
    Snapshot(InSeries),
    /// A version as a remote has it, `origin/v2`, `origin/active`, `origin/source/v3`.
    Remote(String, Box<Revision>),
    /// A version by the number that the Lua platform has for it, `platform:2`, `platform:source/2` for a backup.
    Platform(Box<Revision>),
    /// Entry at a path inside.
    Inside(Box<Revision>, String),
}

/// Member of a series of which all numbers are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InSeries {
    Number(u64),
    /// The newest one.
    Latest,
}

const SOURCE: &str = "source/";
const SNAPSHOT: &str = "snapshot/";
const PLATFORM: &str = "platform:";

/// Names that no remote can have: `source/v2` is a source version of this store.
pub const RESERVED: [&str; 2] = ["source", "snapshot"];

impl Revision {
    /// The last push.
    pub const PUSHED: Revision = Revision::Source(InSeries::Latest);

    /// True if it means another version after a promotion.
    pub fn is_of_pointer(&self) -> bool {
        match self {
            Revision::Active | Revision::Previous => true,
            Revision::Inside(base, _) => base.is_of_pointer(),
            Revision::Number(_)
            | Revision::Latest
            | Revision::IdPrefix(_)
            | Revision::Source(_)
            | Revision::Snapshot(_)
            | Revision::Remote(..)
            | Revision::Platform(_) => false,
        }
    }

    /// The remote that has to be asked, for `origin/active`.
    pub fn remote_of_pointer(&self) -> Option<&str> {
        match self {
            Revision::Remote(name, of) if of.is_of_pointer() => Some(name),
            Revision::Inside(base, _) => base.remote_of_pointer(),
            _ => None,
        }
    }

    /// The same where a bare number, and `latest`, mean a source version: `source show 3`.
    #[must_use]
    pub fn in_sources(self) -> Revision {
        match self {
            Revision::Number(number) => Revision::Source(InSeries::Number(number)),
            Revision::Latest => Revision::PUSHED,
            Revision::Inside(base, path) => Revision::Inside(Box::new(base.in_sources()), path),
            other => other,
        }
    }

    /// The same where a bare number, and `latest`, mean a safety snapshot: `snapshot show 1`.
    #[must_use]
    pub fn in_snapshots(self) -> Revision {
        match self {
            Revision::Number(number) => Revision::Snapshot(InSeries::Number(number)),
            Revision::Latest => Revision::Snapshot(InSeries::Latest),
            other => other,
        }
    }
}

impl FromStr for Revision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Revision> {
        let begin = if text.starts_with(PLATFORM) { PLATFORM.len() } else { 0 };
        match text[begin..].find(':').map(|at| text.split_at(begin + at)) {
            Some((base, path)) => {
                Ok(Revision::Inside(Box::new(whole(base)?), path[1..].to_owned()))
            }
            None => whole(text),
        }
    }
}

fn whole(text: &str) -> Result<Revision> {
    if let Some(rest) = text.strip_prefix(PLATFORM) {
        let of = number(rest).map(|number| number.map(Revision::Number));
        let of = of.or_else(|| of_series(rest).filter(|_| rest.starts_with(SOURCE)));
        return of.unwrap_or_else(|| Err(invalid(text))).map(|of| Revision::Platform(Box::new(of)));
    }
    if let Some(found) = of_agent(text) {
        return found;
    }
    if let Some(found) = of_series(text) {
        return found;
    }
    if let Some((remote, rest)) = text.split_once('/')
        && !RESERVED.contains(&remote)
        && check_remote_name(remote).is_ok()
        && let Some(of) =
            of_agent(rest).or_else(|| of_series(rest).filter(|_| rest.starts_with(SOURCE)))
    {
        return Ok(Revision::Remote(remote.to_owned(), Box::new(of?)));
    }
    match IdPrefix::parse(text) {
        Some(_) => Ok(Revision::IdPrefix(text.to_ascii_lowercase())),
        None => Err(invalid(text)),
    }
}

/// A word or a number of an agent version.
fn of_agent(text: &str) -> Option<Result<Revision>> {
    match text {
        "active" => Some(Ok(Revision::Active)),
        "latest" => Some(Ok(Revision::Latest)),
        "previous" => Some(Ok(Revision::Previous)),
        _ => number(text).map(|number| number.map(Revision::Number)),
    }
}

/// `source/v3`, `snapshot/latest`.
fn of_series(text: &str) -> Option<Result<Revision>> {
    let (member, rest): (fn(InSeries) -> Revision, &str) = match text.strip_prefix(SOURCE) {
        Some(rest) => (Revision::Source, rest),
        None => (Revision::Snapshot, text.strip_prefix(SNAPSHOT)?),
    };
    match rest {
        "latest" => Some(Ok(member(InSeries::Latest))),
        _ => number(rest).map(|number| number.map(|number| member(InSeries::Number(number)))),
    }
}

/// Digits are a number before they are the beginning of an id, except when they are a whole id.
fn number(text: &str) -> Option<Result<u64>> {
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || text.len() >= 64 {
        return None;
    }
    match digits.parse() {
        Ok(0) => None,
        Ok(number) => Some(Ok(number)),
        // A number, and larger than any that was ever given.
        Err(_) => {
            Some(Err(Error::not_found(format!("there is no version v{digits}"))
                .hint(Hint::ListAllVersions)))
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
        None if text.contains('/') => error.hint(Hint::HelpVersions),
        None => error,
    }
}

impl fmt::Display for InSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InSeries::Number(number) => write!(f, "v{number}"),
            InSeries::Latest => f.write_str("latest"),
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Revision::Number(number) => write!(f, "v{number}"),
            Revision::Source(member) => write!(f, "{SOURCE}{member}"),
            Revision::Snapshot(member) => write!(f, "{SNAPSHOT}{member}"),
            Revision::Remote(name, of) => write!(f, "{name}/{of}"),
            Revision::Platform(of) => write!(f, "{PLATFORM}{of}"),
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
        assert_eq!(parse("source/v3").unwrap(), Revision::Source(InSeries::Number(3)));
        assert_eq!(parse("active").unwrap(), Revision::Active);
        assert_eq!(parse("latest").unwrap(), Revision::Latest);
        assert_eq!(parse("previous").unwrap(), Revision::Previous);
        assert_eq!(parse("1234").unwrap(), Revision::Number(1234));
        assert_eq!(parse("FACE").unwrap(), Revision::IdPrefix("face".into()));
        let all_digits = "1".repeat(64);
        assert_eq!(parse(&all_digits).unwrap(), Revision::IdPrefix(all_digits.clone()));
    }

    #[test]
    fn series_and_remotes_have_their_names_in_front() {
        let member = InSeries::Number(2);
        let at = |of| Revision::Remote("origin".into(), Box::new(of));
        for (text, expected) in [
            ("source/2", Revision::Source(member)),
            ("source/latest", Revision::PUSHED),
            ("snapshot/v2", Revision::Snapshot(member)),
            ("snapshot/latest", Revision::Snapshot(InSeries::Latest)),
            ("origin/v2", at(Revision::Number(2))),
            ("origin/active", at(Revision::Active)),
            ("origin/source/v2", at(Revision::Source(member))),
            ("platform:2", Revision::Platform(Box::new(Revision::Number(2)))),
            ("platform:source/v2", Revision::Platform(Box::new(Revision::Source(member)))),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
            assert_eq!(parse(&parse(text).unwrap().to_string()).unwrap(), expected, "{text}");
        }
        for text in [
            "origin/",
            "/v2",
            "origin/x",
            "origin/snapshot/v1",
            "a/b/v2",
            "source/active",
            "snapshot/",
            "platform:source/x",
            "platform:snapshot/v1",
            "platform:",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message().starts_with("Invalid version"), "{text}: {error}");
        }
        assert_eq!(parse("origin/active").unwrap().remote_of_pointer(), Some("origin"));
        assert_eq!(parse("origin/v2:src").unwrap().remote_of_pointer(), None);
    }

    #[test]
    fn a_path_is_what_follows_the_first_colon() {
        let inside = |base, path: &str| Revision::Inside(Box::new(base), path.into());
        assert_eq!(parse("v2:src/a:b.ts").unwrap(), inside(Revision::Number(2), "src/a:b.ts"));
        assert_eq!(parse("active:").unwrap(), inside(Revision::Active, ""));
        let platform = Revision::Platform(Box::new(Revision::Number(2)));
        assert_eq!(parse("platform:2:src").unwrap(), inside(platform, "src"));
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
