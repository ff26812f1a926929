//! Numbers of primitives: semver strings that only grow, and the persona's counter.
//!
//! A number is never used twice, not even after a rollback or after the primitive was removed and
//! came back: the next one is past the highest ever given.

use crate::error::{Error, Result};
use semver::Version;
use std::collections::BTreeMap;

/// Numbers by `folder/name`, as in `state/versions.json`.
pub type Numbers = BTreeMap<String, String>;

/// The key of the persona in [`Numbers`]; its numbers are 1, 2, 3 …
pub const PERSONA: &str = "persona";

const FIRST: Version = Version::new(1, 0, 0);

/// The number after `highest`; the very first one where there is none. A pre-release tag is kept,
/// as the stock command keeps it (`1.0.0-beta` → `1.0.1-beta`).
pub fn next(highest: Option<&str>) -> Result<String> {
    let Some(text) = highest else { return Ok(FIRST.to_string()) };
    let mut version = parse(text)?;
    version.patch = version.patch.checked_add(1).ok_or_else(|| too_large(text))?;
    Ok(version.to_string())
}

/// The persona's number after `highest`.
pub fn next_persona(highest: Option<&str>) -> Result<String> {
    let Some(text) = highest else { return Ok("1".to_owned()) };
    let number: u64 =
        text.parse().map_err(|_| Error::corrupt(format!("\"{text}\" is no persona version")))?;
    Ok(number.checked_add(1).ok_or_else(|| too_large(text))?.to_string())
}

/// Reads a semver number.
pub fn parse(text: &str) -> Result<Version> {
    let hint = "a version is three numbers like 1.0.3, with an optional tag like 1.0.3-beta";
    Version::parse(text).map_err(|_| Error::usage(format!("\"{text}\" is not a version number")).hint(hint))
}

/// Whether `a` is past `b`. Numbers of the persona are compared as numbers, the rest as semver; what
/// cannot be read is below everything.
pub fn is_past(a: &str, b: &str) -> bool {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a > b,
        _ => Version::parse(a).ok() > Version::parse(b).ok(),
    }
}

/// Raises each number of `into` to the one in `from` where that is past it.
pub fn raise(into: &mut Numbers, from: &Numbers) {
    for (key, number) in from {
        match into.get_mut(key) {
            Some(present) if !is_past(number, present) => {}
            Some(present) => present.clone_from(number),
            None => {
                into.insert(key.clone(), number.clone());
            }
        }
    }
}

fn too_large(text: &str) -> Error {
    Error::failed(format!("there is no number after \"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_by_a_patch() {
        assert_eq!(next(None).unwrap(), "1.0.0");
        assert_eq!(next(Some("1.0.0")).unwrap(), "1.0.1");
        assert_eq!(next(Some("2.3.9")).unwrap(), "2.3.10");
        assert_eq!(next(Some("1.0.0-beta")).unwrap(), "1.0.1-beta");
        assert_eq!(next_persona(None).unwrap(), "1");
        assert_eq!(next_persona(Some("9")).unwrap(), "10");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in ["", "1", "1.0", "v1.0.0", "1.0.x", "-1.0.0", "1.0.0.0", "01.0.0"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(next(Some("1.0.18446744073709551615")).is_err());
    }

    #[test]
    fn ten_is_past_nine() {
        assert!(is_past("1.0.10", "1.0.9"));
        assert!(is_past("10", "9"));
        assert!(!is_past("1.0.0", "1.0.0"));
        assert!(is_past("1.0.0", "1.0.0-beta"));
    }

    #[test]
    fn raising_takes_the_higher_of_each() {
        let numbers = |pairs: &[(&str, &str)]| -> Numbers {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let mut into = numbers(&[("a", "1.0.9"), ("b", "1.0.0")]);
        raise(&mut into, &numbers(&[("a", "1.0.10"), ("b", "0.9.0"), ("c", "1.0.0")]));
        assert_eq!(into, numbers(&[("a", "1.0.10"), ("b", "1.0.0"), ("c", "1.0.0")]));
    }
}
