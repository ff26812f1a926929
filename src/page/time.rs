//! Shown time: a time as pages show it, exact and as a distance from now.

use crate::report::view::minute_of;
use maud::{Markup, Render, html};

/// A time in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownTime {
    iso: String,
    ago: Option<String>,
}

impl ShownTime {
    /// `iso` is the time as records have it.
    pub fn new(iso: String, at_ms: i64, now_ms: i64) -> ShownTime {
        ShownTime { iso, ago: Some(ago(now_ms.saturating_sub(at_ms))) }
    }

    /// A time without its distance from now.
    pub fn exact(iso: String) -> ShownTime {
        ShownTime { iso, ago: None }
    }
}

impl Render for ShownTime {
    fn render(&self) -> Markup {
        html! {
            time datetime=(self.iso) { (minute_of(&self.iso)) " UTC" }
            @if let Some(ago) = &self.ago { " " span.quiet { "(" (ago) ")" } }
        }
    }
}

/// `3 hours ago`
fn ago(ms: i64) -> String {
    let minutes = ms / 60_000;
    let (count, unit) = match minutes {
        ..0 => return "in the future".to_owned(),
        0 => return "just now".to_owned(),
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        1440..86_400 => (minutes / 1440, "day"),
        86_400..1_051_200 => (minutes / 43_200, "month"),
        _ => (minutes / 525_600, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_has_the_largest_unit_that_fits() {
        let minute = 60_000;
        let shown = |minutes: i64| ago(minutes * minute);
        assert_eq!(
            [0, 1, 59, 60, 3 * 60, 24 * 60, 59 * 1440, 60 * 1440, 729 * 1440, 730 * 1440]
                .map(shown),
            [
                "just now",
                "1 minute ago",
                "59 minutes ago",
                "1 hour ago",
                "3 hours ago",
                "1 day ago",
                "59 days ago",
                "2 months ago",
                "24 months ago",
                "2 years ago"
            ]
        );
        assert_eq!(ago(-60_000), "in the future");
    }
}
