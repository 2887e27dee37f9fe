//! How pages tell the time.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// A moment near the present: in words, with the exact time for the tooltip and for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Such as `3 min ago`; the day beyond a week.
    pub words: String,
    /// RFC 3339, UTC.
    pub exact: String,
}

impl Moment {
    /// Tells `then` as seen from `now`.
    pub fn new(then: Timestamp, now: Timestamp) -> Moment {
        Moment {
            words: words(then, now),
            exact: then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

/// The day of a time stamp as catalogs write it, such as `12 Mar 2023`; `None` when it is none.
pub fn day(text: &str) -> Option<String> {
    let date = match text.parse::<Timestamp>() {
        Ok(instant) => instant.to_zoned(TimeZone::UTC).date(),
        Err(_) => text.parse::<jiff::civil::Date>().ok()?,
    };
    Some(date.strftime("%d %b %Y").to_string())
}

fn words(then: Timestamp, now: Timestamp) -> String {
    let age = now.duration_since(then);
    if age < SignedDuration::from_mins(1) {
        return "just now".to_owned();
    }
    match (age.as_hours() / 24, age.as_hours(), age.as_mins()) {
        (0, 0, minutes) => format!("{minutes} min ago"),
        (0, hours, _) => format!("{hours} h ago"),
        (1, _, _) => "yesterday".to_owned(),
        (days @ 2..=7, _, _) => format!("{days} days ago"),
        _ => then
            .to_zoned(TimeZone::UTC)
            .date()
            .strftime("%d %b %Y")
            .to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_times_are_relative_and_far_ones_are_days() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (then, expected) in [
            ("2026-11-21T11:59:30Z", "just now"),
            ("2026-11-21T12:00:30Z", "just now"),
            ("2026-11-21T11:57:00Z", "3 min ago"),
            ("2026-11-21T10:00:00Z", "2 h ago"),
            ("2026-11-20T11:00:00Z", "yesterday"),
            ("2026-11-16T11:00:00Z", "5 days ago"),
            ("2026-03-01T11:00:00Z", "01 Mar 2026"),
        ] {
            assert_eq!(Moment::new(then.parse().unwrap(), now).words, expected);
        }
    }

    #[test]
    fn a_day_is_read_from_a_time_stamp_or_a_date() {
        assert_eq!(
            day("2023-03-12T14:49:00.000Z").as_deref(),
            Some("12 Mar 2023")
        );
        assert_eq!(day("2023-03-12").as_deref(), Some("12 Mar 2023"));
        assert_eq!(day("last spring"), None);
    }
}
