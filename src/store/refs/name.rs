//! The name of a ref: a series and a number in it, `refs/source/v12`.

use super::super::layout::{self, SNAPSHOTS, SOURCE, VERSIONS};
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// Ordered by series, then by number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefName {
    series: Box<str>,
    number: u64,
}

impl RefName {
    pub fn new(series: &str, number: u64) -> Result<RefName> {
        let name = RefName { series: check_series(series)?.into(), number };
        if number == 0 {
            return Err(bad(&name.to_string()));
        }
        Ok(name)
    }

    pub fn series(&self) -> &str {
        &self.series
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    /// For a person: `source/v12`.
    pub fn short(&self) -> String {
        layout::short(&self.to_string()).to_owned()
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/v{}", self.series, self.number)
    }
}

impl FromStr for RefName {
    type Err = Error;

    fn from_str(text: &str) -> Result<RefName> {
        let (series, file) = text.rsplit_once('/').ok_or_else(|| bad(text))?;
        RefName::new(series, number_of(file).ok_or_else(|| bad(text))?)
    }
}

/// The number of a last component: `v` and decimal digits, from 1, without leading zeros.
pub fn number_of(file: &str) -> Option<u64> {
    let digits = file.strip_prefix('v')?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// A series is `refs/source`, `refs/versions` or `refs/snapshots`. What a remote has is no series: see
/// [`super::super::RemoteTracking`].
pub fn check_series(series: &str) -> Result<&str> {
    match series {
        SOURCE | VERSIONS | SNAPSHOTS => Ok(series),
        _ => Err(bad(series)),
    }
}

fn bad(name: &str) -> Error {
    Error::usage(format!("\"{name}\" is not the name of a ref (as in \"{VERSIONS}/v2\")"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_are_read_and_shown_alike() {
        for text in ["refs/source/v1", "refs/versions/v18446744073709551615", "refs/snapshots/v3"] {
            assert_eq!(text.parse::<RefName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_names_are_refused() {
        for text in [
            "",
            "v1",
            "refs/source/",
            "refs/source/1",
            "refs/source/v",
            "refs/source/v0",
            "refs/source/v01",
            "refs/source/v+1",
            "refs/source/v-1",
            "refs/source/v1 ",
            "refs/source/v18446744073709551616",
            "refs/source//v1",
            "refs/heads/v1",
            "refs/versions/../source/v1",
            "refs/remotes/v1",
            "refs/remotes/origin/source/v1",
            "/refs/source/v1",
        ] {
            assert!(text.parse::<RefName>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_ordered_by_number() {
        let name = |text: &str| text.parse::<RefName>().unwrap();
        assert!(name("refs/source/v9") < name("refs/source/v10"));
        assert!(name("refs/source/v10") < name("refs/versions/v1"));
    }
}
