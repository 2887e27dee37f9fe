//! Durations as people write them.

use std::time::Duration;

use jiff::Span;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

use crate::span::{Data, Origin, Tree};
use crate::view::to_number;

/// A duration in a section: `{minutes: 30}`, `PT30M` or `30 minutes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HumanDuration(pub Duration);

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        read(&Tree::from_json(value, &Origin::layer("config")))
            .map(Self)
            .ok_or_else(|| D::Error::custom("expected a duration such as `30 minutes`"))
    }
}

/// Seconds in each unit that the object form may have.
///
/// A month is 30 days and a year 365, as for the original.
const UNITS: [(&str, f64); 8] = [
    ("years", 365.0 * 86_400.0),
    ("months", 30.0 * 86_400.0),
    ("weeks", 7.0 * 86_400.0),
    ("days", 86_400.0),
    ("hours", 3_600.0),
    ("minutes", 60.0),
    ("seconds", 1.0),
    ("milliseconds", 0.001),
];

/// Reads `{minutes: 30}`, `PT30M` or `30 minutes`; `None` if it is none of them.
pub(crate) fn read(tree: &Tree) -> Option<Duration> {
    let seconds = match &tree.data {
        Data::String(text) => {
            let span: Span = text.trim().parse().ok()?;
            span_seconds(&span)
        }
        Data::Object(entries) if !entries.is_empty() => {
            entries.iter().try_fold(0.0, |sum, (key, value)| {
                let (_, seconds) = UNITS.iter().find(|(unit, _)| unit == key)?;
                Some(sum + to_number(value)? * seconds)
            })?
        }
        Data::Object(_) | Data::Array(_) | Data::Null | Data::Bool(_) | Data::Number(_) => {
            return None;
        }
    };
    Duration::try_from_secs_f64(seconds).ok()
}

fn span_seconds(span: &Span) -> f64 {
    let counts = [
        i64::from(span.get_years()),
        i64::from(span.get_months()),
        i64::from(span.get_weeks()),
        i64::from(span.get_days()),
        i64::from(span.get_hours()),
        span.get_minutes(),
        span.get_seconds(),
        span.get_milliseconds(),
    ];
    let whole: f64 = counts
        .iter()
        .zip(UNITS)
        .map(|(count, (_, seconds))| *count as f64 * seconds)
        .sum();
    whole + span.get_microseconds() as f64 * 1e-6 + span.get_nanoseconds() as f64 * 1e-9
}
