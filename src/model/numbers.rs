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

/// The largest part that a number may have which somebody chooses; only counting goes on from there. So no number that
/// anybody sends takes the next one from all others.
pub const MOST_CHOSEN: u64 = 999_999_999_999_999;

/// Numbers that nobody reaches by counting: they came before there was a bound, and count as the largest chosen one.
const UNREAL: u64 = u64::MAX / 2;

/// Digits of [`UNREAL`]: a text that is shorter has no such part.
const UNREAL_DIGITS: usize = 19;

/// A number is no longer.
const LONGEST: usize = 100;

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
        text.parse().map_err(|_| Error::corrupt(format!("\"{text}\" is not a persona version")))?;
    Ok(number.checked_add(1).ok_or_else(|| too_large(text))?.to_string())
}

/// Reads a semver number.
pub fn parse(text: &str) -> Result<Version> {
    let hint = "use three numbers such as 1.0.3, with an optional tag such as 1.0.3-beta";
    Version::parse(text)
        .map_err(|_| Error::usage(format!("\"{text}\" is not a version number")).hint(hint))
}

/// Reads a number that somebody chooses.
pub fn choose(text: &str) -> Result<Version> {
    let version = parse(text)?;
    match is_countable(&version) && text.len() <= LONGEST {
        true => Ok(version),
        false => Err(Error::usage(format!("\"{text}\" leaves no room for later versions"))
            .hint("each of the three numbers has at most 15 digits")),
    }
}

fn is_countable(version: &Version) -> bool {
    [version.major, version.minor, version.patch].iter().all(|part| *part <= MOST_CHOSEN)
}

/// True if a number may be given after `highest`: it is the next one, or one that can be chosen.
pub fn leaves_room(key: &str, number: &str, highest: Option<&str>) -> bool {
    let next = if key == PERSONA { next_persona(highest) } else { next(highest) };
    if next.is_ok_and(|next| next == number) {
        return true;
    }
    match key == PERSONA {
        true => number.parse::<u64>().is_ok_and(|number| number <= MOST_CHOSEN),
        false => choose(number).is_ok(),
    }
}

/// Numbers to count on from: those without room for a next one are the largest that can be chosen.
pub fn below_maximum(numbers: &Numbers) -> Numbers {
    let one = |number: &String| match (number.parse::<u64>(), Version::parse(number)) {
        (Ok(UNREAL..), _) => MOST_CHOSEN.to_string(),
        (_, Ok(mut version)) if version.patch >= UNREAL => {
            version.patch = MOST_CHOSEN;
            version.to_string()
        }
        _ => number.clone(),
    };
    let or_same = |number: &String| match number.len() < UNREAL_DIGITS {
        true => number.clone(),
        false => one(number),
    };
    numbers.iter().map(|(key, number)| (key.clone(), or_same(number))).collect()
}

/// True if `a` is past `b`. Numbers of the persona are compared as numbers, the rest as semver; a
/// number that cannot be read is below everything.
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
    fn a_number_leaves_room_for_the_next() {
        let most = "999999999999999";
        assert!(leaves_room("skills/a", "2.0.0", Some("1.0.0")));
        assert!(leaves_room("skills/a", &format!("1.0.{most}"), None));
        assert!(!leaves_room("skills/a", "1.0.1000000000000000", Some("1.0.5")));
        assert!(
            leaves_room("skills/a", "1.0.1000000000000000", Some(&format!("1.0.{most}"))),
            "by counting"
        );
        assert!(!leaves_room("skills/a", &format!("1.0.0-{}", "x".repeat(95)), None));
        assert!(leaves_room(PERSONA, most, None));
        assert!(!leaves_room(PERSONA, "18446744073709551615", Some("4")));
        assert!(choose("1.0.18446744073709551615").is_err());
    }

    #[test]
    fn a_number_without_a_next_one_stands_in_nobodys_way() {
        let all = [
            ("persona", "18446744073709551615"),
            ("skills/a", "1.2.18446744073709551615"),
            ("jobs/b", "1.0.3"),
        ];
        let numbers = all.map(|(key, number)| (key.to_owned(), number.to_owned())).into();
        let below_maximum = below_maximum(&numbers);
        assert_eq!(next_persona(Some(&below_maximum["persona"])).unwrap(), "1000000000000000");
        assert_eq!(next(Some(&below_maximum["skills/a"])).unwrap(), "1.2.1000000000000000");
        assert_eq!(below_maximum["jobs/b"], "1.0.3");
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
