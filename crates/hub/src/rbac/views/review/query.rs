//! What a review shows, as its address says it.

use super::PATH;
use crate::rbac::review::{By, Cell};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::form_urlencoded;

/// How many rows a page has.
pub(super) const ROWS: usize = 50;

/// The state of the page; all of it is in the address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ReviewQuery {
    pub(super) by: By,
    /// One permission, of which everybody is told who has it; else empty.
    pub(super) permission: String,
    /// One role, person or group, of which everything is told; else empty.
    pub(super) who: String,
    /// The plugin whose permissions are columns; empty for those of all.
    pub(super) plugin: String,
    /// What names contain.
    pub(super) text: String,
    /// The group that people are in.
    pub(super) group: String,
    /// The source of roles.
    pub(super) source: String,
    /// Whether only what is conditional is shown.
    pub(super) only_conditional: bool,
    /// The day since which something must have changed, as the form has it; else empty.
    pub(super) since: String,
    /// The page, counted from 0.
    pub(super) page: usize,
}

/// Something that was to be a day is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoDay;

impl ReviewQuery {
    /// Reads the query part of an address; what it does not know it ignores.
    pub(super) fn parse(text: &str) -> ReviewQuery {
        let mut query = ReviewQuery::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let value = value.trim();
            match &*name {
                "by" => {
                    query.by = match value {
                        "person" => By::Person,
                        "group" => By::Group,
                        _ => By::Role,
                    };
                }
                "permission" => value.clone_into(&mut query.permission),
                "who" => value.clone_into(&mut query.who),
                "plugin" => value.clone_into(&mut query.plugin),
                "text" => value.clone_into(&mut query.text),
                "group" => value.clone_into(&mut query.group),
                "source" => value.clone_into(&mut query.source),
                "only" => query.only_conditional = value == "conditional",
                "since" => value.clone_into(&mut query.since),
                "page" => query.page = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        query
    }

    /// The word of the address for what a row is.
    pub(super) fn by_word(&self) -> &'static str {
        match self.by {
            By::Role => "role",
            By::Person => "person",
            By::Group => "group",
        }
    }

    pub(super) fn href(&self) -> String {
        format!("{PATH}?{}", self.pairs())
    }

    /// The part of the address behind the `?`.
    pub(super) fn pairs(&self) -> String {
        let page = self.page.to_string();
        let pairs = [
            ("by", self.by_word()),
            ("permission", &self.permission),
            ("who", &self.who),
            ("plugin", &self.plugin),
            ("text", &self.text),
            ("group", &self.group),
            ("source", &self.source),
            (
                "only",
                if self.only_conditional {
                    "conditional"
                } else {
                    ""
                },
            ),
            ("since", &self.since),
            ("page", if self.page == 0 { "" } else { &page }),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// The same for other rows, from the first page on.
    pub(super) fn by(&self, by: By) -> ReviewQuery {
        ReviewQuery {
            by,
            permission: self.permission.clone(),
            plugin: self.plugin.clone(),
            ..ReviewQuery::default()
        }
    }

    pub(super) fn on_page(&self, page: usize) -> ReviewQuery {
        ReviewQuery {
            page,
            ..self.clone()
        }
    }

    /// Whether an answer is shown that is, or is not, about something that changed since the day of
    /// the query; `None` when there is no such day.
    pub(super) fn wants(&self, cell: Cell, is_changed: Option<bool>) -> bool {
        match (cell, is_changed) {
            (_, Some(false)) => false,
            (Cell::Conditional(_), _) => true,
            (Cell::Allow | Cell::Deny, _) => !self.only_conditional,
            // Who lost something has nothing now.
            (Cell::Nothing, is_changed) => is_changed.is_some() && !self.only_conditional,
        }
    }

    /// Since when something must have changed; absent when that does not matter.
    ///
    /// # Errors
    ///
    /// [`NoDay`] for what is neither a day nor a time stamp.
    pub(super) fn since(&self) -> Result<Option<Timestamp>, NoDay> {
        if self.since.is_empty() {
            return Ok(None);
        }
        if let Ok(moment) = self.since.parse() {
            return Ok(Some(moment));
        }
        let day: Date = self.since.parse().map_err(|_| NoDay)?;
        let begin = day.to_zoned(TimeZone::UTC).map_err(|_| NoDay)?;
        Ok(Some(begin.timestamp()))
    }

    /// Without what limits the rows.
    pub(super) fn cleared(&self) -> ReviewQuery {
        self.by(self.by)
    }

    pub(super) fn is_filtered(&self) -> bool {
        let texts = [
            &self.text,
            &self.group,
            &self.source,
            &self.plugin,
            &self.since,
        ];
        self.only_conditional || texts.into_iter().any(|text| !text.is_empty())
    }

    pub(super) fn is_by_role(&self) -> bool {
        self.by == By::Role
    }

    pub(super) fn is_by_person(&self) -> bool {
        self.by == By::Person
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight() {
        let since = |text: &str| ReviewQuery::parse(&format!("since={text}")).since();

        let midnight = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(since("2026-11-22"), Ok(Some(midnight)));
        assert_eq!(since("2026-11-22T00:00:00Z"), Ok(Some(midnight)));
        assert_eq!(since(""), Ok(None));
        assert_eq!(since("spring"), Err(NoDay));
    }

    #[test]
    fn a_review_survives_its_address() {
        let query = ReviewQuery {
            by: By::Group,
            permission: "a.b".to_owned(),
            text: "x & y".to_owned(),
            only_conditional: true,
            since: "2026-11-22".to_owned(),
            page: 3,
            ..ReviewQuery::default()
        };

        assert_eq!(ReviewQuery::parse(&query.pairs()), query);
        assert_eq!(
            ReviewQuery::parse("by=nobody&page=x"),
            ReviewQuery::default()
        );
    }
}
