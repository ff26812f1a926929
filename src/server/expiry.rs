//! Expiry of a token: after a span (`30d`), on a day, at a time.

use crate::error::{Error, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The moment that a text names. It must lie ahead.
pub fn parse(text: &str, now: Timestamp) -> Result<Timestamp> {
    let end = after(text, now).or_else(|| day(text)).or_else(|| text.parse().ok());
    match end {
        Some(end) if end > now => Ok(end),
        Some(_) => Err(Error::usage(format!("\"{text}\" has passed already"))),
        None => Err(Error::usage(format!("\"{text}\" is neither a duration nor a time"))
            .hint("use `12h`, `30d`, `8w`, `2027-01-31` or `2027-01-31T09:00:00Z`")),
    }
}

fn after(text: &str, now: Timestamp) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_hours(i64::try_from(hours(text)?).ok()?)).ok()
}

/// Hours of a span such as `30d`.
pub fn hours(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 24 * 7,
        _ => return None,
    };
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    Some(u64::from(count) * hours)
}

/// Time that an old token stays valid after a rotation.
pub fn grace(text: &str) -> Result<SignedDuration> {
    let hours = hours(text).and_then(|hours| i64::try_from(hours).ok());
    let wrong =
        || Error::usage(format!("\"{text}\" is not a duration")).hint("use `24h`, `7d` or `0h`");
    hours.map(SignedDuration::from_hours).ok_or_else(wrong)
}

/// The day itself is still good, in UTC as all times here.
fn day(text: &str) -> Option<Timestamp> {
    let next: Date = text.parse::<Date>().ok().filter(|_| text.len() == 10)?.tomorrow().ok()?;
    Some(next.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str) -> String {
        let now = "2026-11-21T09:30:00Z".parse().unwrap();
        parse(text, now).map_or_else(|error| error.message().to_owned(), |end| end.to_string())
    }

    #[test]
    fn whiles_days_and_times() {
        assert_eq!(end("12h"), "2026-11-21T21:30:00Z");
        assert_eq!(end("30d"), "2026-12-21T09:30:00Z");
        assert_eq!(end("2w"), "2026-12-05T09:30:00Z");
        assert_eq!(end("2026-11-21"), "2026-11-22T00:00:00Z");
        assert_eq!(end("2027-01-31T09:00:00+01:00"), "2027-01-31T08:00:00Z");
    }

    #[test]
    fn what_is_over_or_makes_no_sense_is_refused() {
        assert_eq!(end("2026-11-20"), "\"2026-11-20\" has passed already");
        assert_eq!(end("0d"), "\"0d\" has passed already");
        for text in ["", "d", "soon", "-1d", "1.5d", "99999999999d", "30", "2026-13-01", "ä"] {
            assert_eq!(end(text), format!("\"{text}\" is neither a duration nor a time"));
        }
    }
}
