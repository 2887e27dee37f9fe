//! How pages tell the time.

use crate::ui::Texts;
use jiff::civil::Date;
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
    pub fn new(t: &Texts, then: Timestamp, now: Timestamp) -> Moment {
        Moment {
            words: words(t, then, now),
            exact: then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

/// The day of a time stamp as catalogs write it, such as `12 Mar 2023`; `None` when it is none.
pub fn day(t: &Texts, text: &str) -> Option<String> {
    let date = match text.parse::<Timestamp>() {
        Ok(instant) => instant.to_zoned(TimeZone::UTC).date(),
        Err(_) => text.parse::<Date>().ok()?,
    };
    Some(say_day(t, date))
}

fn say_day(t: &Texts, date: Date) -> String {
    let day = t.say("day").with("day", date.day());
    // A year is a name here, not a number.
    let day = day
        .with("month", date.month())
        .with("year", date.year().to_string());
    day.to_string()
}

fn words(t: &Texts, then: Timestamp, now: Timestamp) -> String {
    let age = now.duration_since(then);
    if age < SignedDuration::from_mins(1) {
        return t.say("just-now").to_string();
    }
    let text = match (age.as_hours() / 24, age.as_hours(), age.as_mins()) {
        (0, 0, minutes) => t.say("minutes-ago").with("n", minutes),
        (0, hours, _) => t.say("hours-ago").with("n", hours),
        (1, _, _) => t.say("yesterday"),
        (days @ 2..=7, _, _) => t.say("days-ago").with("n", days),
        _ => return say_day(t, then.to_zoned(TimeZone::UTC).date()),
    };
    text.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Dictionary, Language};

    fn texts(language: Language) -> Texts {
        let sources = [
            (Language::English, include_str!("texts/en.ftl")),
            (Language::German, include_str!("texts/de.ftl")),
        ];
        Dictionary::new(&sources).texts(language)
    }

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
            ("2026-03-01T11:00:00Z", "1 Mar 2026"),
        ] {
            assert_eq!(
                Moment::new(&texts(Language::English), then.parse().unwrap(), now).words,
                expected
            );
        }
    }

    #[test]
    fn a_day_is_read_from_a_time_stamp_or_a_date() {
        let english = texts(Language::English);
        assert_eq!(
            day(&english, "2023-03-12T14:49:00.000Z").as_deref(),
            Some("12 Mar 2023")
        );
        assert_eq!(day(&english, "2023-03-12").as_deref(), Some("12 Mar 2023"));
        assert_eq!(day(&english, "last spring"), None);
        let german = texts(Language::German);
        assert_eq!(day(&german, "2023-03-12").as_deref(), Some("12. März 2023"));
    }
}
