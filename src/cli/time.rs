//! Times as shown and given: always UTC.

use crate::error::{Error, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// `2026-11-21 09:30`, as tables have it.
pub fn minute(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string()
}

/// `14:10 UTC` for a time of today, with the day for any other.
pub fn short_time(time: Timestamp, now: Timestamp) -> String {
    let [time, now] = [time, now].map(|time| time.to_zoned(TimeZone::UTC));
    let form = if time.date() == now.date() { "%H:%M UTC" } else { "%Y-%m-%d %H:%M UTC" };
    time.strftime(form).to_string()
}

/// The present, or the time that `LUA_STORE_NOW` claims it is, so that a run can be repeated exactly.
pub fn now() -> Result<Timestamp> {
    match std::env::var("LUA_STORE_NOW") {
        Ok(text) => text.parse().map_err(|_| {
            Error::usage(format!("LUA_STORE_NOW is \"{text}\", which is not a time"))
                .hint("use a time such as `2026-11-21T09:30:00Z`")
        }),
        Err(_) => Ok(Timestamp::now()),
    }
}

/// A span such as `14d`, `12h`, `2w`, or `0` for none.
pub fn span(text: &str) -> Result<Duration> {
    let units = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60), ('w', 7 * 24 * 60 * 60)];
    let found =
        units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, *seconds)));
    let (number, seconds) = found.unwrap_or((text, 0));
    let whole = number.parse::<u64>().ok().filter(|number| seconds > 0 || *number == 0);
    let span = whole.and_then(|number| number.checked_mul(seconds)).map(Duration::from_secs);
    span.ok_or_else(|| {
        Error::usage(format!("\"{text}\" is not a span of time"))
            .hint("use `14d`, `12h`, `2w` or `0`")
    })
}

/// Clock of a command that lasts. A time from the environment does not advance, as in every command.
pub fn clock(start: Timestamp) -> impl Fn() -> Timestamp + Send + Sync + 'static {
    let stands_still = std::env::var_os("LUA_STORE_NOW").is_some();
    move || if stands_still { start } else { Timestamp::now() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_unit() {
        let seconds = |text: &str| span(text).ok().map(|span| span.as_secs());
        assert_eq!(seconds("14d"), Some(1_209_600));
        assert_eq!(
            [seconds("12h"), seconds("90s"), seconds("0")],
            [Some(43_200), Some(90), Some(0)]
        );
        for text in ["14", "d", "-1d", "1.5d", "99999999999999w", "", "soon"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_of_another_day_has_its_day() {
        let at = |second: i64| Timestamp::from_second(1_000_000_000 + second).unwrap();
        assert_eq!(short_time(at(0), at(3600)), "01:46 UTC");
        assert_eq!(short_time(at(0), at(86_400)), "2001-09-09 01:46 UTC");
    }

    #[test]
    fn a_minute_is_utc_without_seconds() {
        // 1 billion seconds after the epoch: 2001-09-09T01:46:40Z.
        assert_eq!(minute(Timestamp::from_second(1_000_000_000).unwrap()), "2001-09-09 01:46");
    }
}
