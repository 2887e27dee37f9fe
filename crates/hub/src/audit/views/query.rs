//! Which events the page shows, as its address says it.

use super::PATH;
use crate::audit::store::Search;
use crate::ui::Texts;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use url::form_urlencoded;

/// The state of the page; all of it is in the address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct AuditQuery {
    pub(super) actor: String,
    pub(super) event: String,
    /// The role that an event is about, or other words in it.
    pub(super) role: String,
    pub(super) status: String,
    /// The first day, as the form has it.
    pub(super) from: String,
    /// The last day.
    pub(super) to: String,
    /// The number of the row before which the page begins.
    pub(super) cursor: Option<i64>,
    /// Whether the address has a cursor that is no number.
    has_bad_cursor: bool,
    /// Whether the list looks again by itself.
    pub(super) is_live: bool,
    /// Whether the whole log is to be verified.
    pub(super) verifies: bool,
}

/// What an address says that cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong<'a> {
    /// No day, and no time stamp.
    Day(&'a str),
    /// The last day is before the first.
    Order,
    /// No outcome that events have.
    Status(&'a str),
    /// A place in the list that is no number.
    Cursor,
}

impl Wrong<'_> {
    /// What is wrong, and what would be right.
    pub(super) fn words(self, t: &Texts) -> String {
        match self {
            Wrong::Day(text) => t.say("audit-wrong-day").with("text", text).to_string(),
            Wrong::Order => t.say("audit-wrong-order").to_string(),
            Wrong::Status(text) => t.say("audit-wrong-status").with("text", text).to_string(),
            Wrong::Cursor => t.say("audit-wrong-cursor").to_string(),
        }
    }
}

impl AuditQuery {
    /// Reads the query part of an address; what it does not know it ignores.
    pub(super) fn parse(text: &str) -> AuditQuery {
        let mut query = AuditQuery::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let value = value.trim();
            let field = match &*name {
                "actor" => &mut query.actor,
                "event" => &mut query.event,
                "role" => &mut query.role,
                "status" => &mut query.status,
                "from" => &mut query.from,
                "to" => &mut query.to,
                "cursor" => {
                    query.cursor = value.parse().ok();
                    query.has_bad_cursor = query.cursor.is_none();
                    continue;
                }
                "live" => {
                    query.is_live = value == "on";
                    continue;
                }
                "verify" => {
                    query.verifies = true;
                    continue;
                }
                _ => continue,
            };
            value.clone_into(field);
        }
        query
    }

    pub(super) fn to_search(&self) -> Search {
        Search {
            actor: self.actor.clone(),
            event_id: self.event.clone(),
            status: self.status.clone(),
            words: self.role.clone(),
            from: moment(&self.from, false),
            to: moment(&self.to, true),
            before: self.cursor,
            after: None,
        }
    }

    /// What cannot be looked for.
    pub(super) fn wrong(&self) -> Vec<Wrong<'_>> {
        let mut wrong = Vec::new();
        for value in [&self.from, &self.to] {
            if !value.is_empty() && moment(value, false).is_none() {
                wrong.push(Wrong::Day(value));
            }
        }
        if let (Some(from), Some(to)) = (moment(&self.from, false), moment(&self.to, true))
            && from >= to
        {
            wrong.push(Wrong::Order);
        }
        if !["", "succeeded", "failed"].contains(&self.status.as_str()) {
            wrong.push(Wrong::Status(&self.status));
        }
        if self.has_bad_cursor {
            wrong.push(Wrong::Cursor);
        }
        wrong
    }

    /// Whether a day is one that a field for days can show.
    pub(super) fn is_day(text: &str) -> bool {
        text.is_empty() || text.parse::<Date>().is_ok()
    }

    pub(super) fn href(&self) -> String {
        match self.pairs() {
            pairs if pairs.is_empty() => PATH.to_owned(),
            pairs => format!("{PATH}?{pairs}"),
        }
    }

    pub(super) fn export_href(&self) -> String {
        format!("{PATH}.jsonl?{}", self.pairs())
    }

    fn pairs(&self) -> String {
        let cursor = self.cursor.map(|cursor| cursor.to_string());
        let pairs = [
            ("actor", self.actor.as_str()),
            ("event", &self.event),
            ("role", &self.role),
            ("status", &self.status),
            ("from", &self.from),
            ("to", &self.to),
            ("cursor", cursor.as_deref().unwrap_or_default()),
            ("live", if self.is_live { "on" } else { "" }),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// The same from another row on.
    pub(super) fn at(&self, cursor: Option<i64>) -> AuditQuery {
        AuditQuery {
            cursor,
            is_live: false,
            ..self.clone()
        }
    }

    /// The same from the newest row on, looking again by itself, or no longer.
    pub(super) fn turned_live(&self) -> AuditQuery {
        AuditQuery {
            cursor: None,
            is_live: !self.is_live,
            ..self.clone()
        }
    }

    pub(super) fn to_verify(&self) -> String {
        match self.pairs() {
            pairs if pairs.is_empty() => format!("{PATH}?verify=on"),
            pairs => format!("{PATH}?{pairs}&verify=on"),
        }
    }

    pub(super) fn is_filtered(&self) -> bool {
        let texts = [
            &self.actor,
            &self.event,
            &self.role,
            &self.status,
            &self.from,
            &self.to,
        ];
        texts.into_iter().any(|text| !text.is_empty())
    }
}

/// The beginning of a day, or its end; or a time stamp as it is. Absent when it is neither.
fn moment(text: &str, is_end: bool) -> Option<i64> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let day: Date = text.parse().ok()?;
    let day = if is_end {
        day.checked_add(1.day()).ok()?
    } else {
        day
    };
    let begin = day.to_zoned(TimeZone::UTC).ok()?;
    Some(begin.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_survives_its_address() {
        let query = AuditQuery {
            actor: "user:default/ann".to_owned(),
            role: "a & b".to_owned(),
            cursor: Some(7),
            is_live: true,
            ..AuditQuery::default()
        };

        let href = query.href();

        let pairs = href.split_once('?').map(|(_, pairs)| pairs);
        assert_eq!(AuditQuery::parse(pairs.unwrap()), query);
        assert_eq!(AuditQuery::default().href(), PATH);
    }

    #[test]
    fn what_cannot_be_looked_for_is_told() {
        let wrong = |text: &str| AuditQuery::parse(text).wrong().len();

        assert_eq!(
            AuditQuery::parse("from=spring&status=maybe&cursor=x").wrong(),
            [Wrong::Day("spring"), Wrong::Status("maybe"), Wrong::Cursor]
        );
        assert_eq!(wrong("from=2026-11-21&to=2026-11-21"), 0);
        assert_eq!(wrong("from=2026-11-22&to=2026-11-21"), 1);
        assert_eq!(wrong("from=2026-11-22T10:00:00Z&status=failed&cursor=7"), 0);
    }

    #[test]
    fn a_day_is_taken_whole() {
        let query = AuditQuery::parse("from=2026-11-21&to=2026-11-21");

        let search = query.to_search();

        let length = search.to.unwrap() - search.from.unwrap();
        assert_eq!(length, 24 * 60 * 60 * 1000);
        assert_eq!(AuditQuery::parse("from=spring").to_search().from, None);
    }
}
