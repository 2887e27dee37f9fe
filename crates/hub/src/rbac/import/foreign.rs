//! What another installation stores, as loosely as it stores it.

use callboard_policy::Source;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::super::state::RoleMetadata;

/// Everything of another installation that an import looks at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Foreign {
    /// `p` and `g` rows.
    pub(crate) rules: Vec<ForeignRule>,
    /// Metadata of roles.
    pub(crate) roles: Vec<ForeignRole>,
    /// Conditional policies.
    pub(crate) conditions: Vec<ForeignCondition>,
    /// Ids of plugins, as far as they are texts.
    pub(crate) plugin_ids: Vec<Option<String>>,
}

/// A row of the policy: its type, then its values.
#[derive(Debug, Clone)]
pub(crate) struct ForeignRule {
    /// Where it stands, for the report.
    pub(crate) place: String,
    /// `p` or `g`.
    pub(crate) kind: Option<String>,
    /// The values, of which any may be missing.
    pub(crate) values: Vec<Option<String>>,
}

/// Metadata of a role.
#[derive(Debug, Clone)]
pub(crate) struct ForeignRole {
    /// Where they stand, for the report.
    pub(crate) place: String,
    /// The role.
    pub(crate) role: Option<String>,
    /// What is known about it.
    pub(crate) metadata: RoleMetadata,
}

/// A conditional policy.
#[derive(Debug, Clone)]
pub(crate) struct ForeignCondition {
    /// Where it stands, for the report.
    pub(crate) place: String,
    /// Its id.
    pub(crate) id: Option<i64>,
    /// The policy in its wire form, or why there is none.
    pub(crate) body: Result<Value, String>,
}

impl ForeignRule {
    /// The value at `position`, empty where it is missing.
    pub(crate) fn value(&self, position: usize) -> &str {
        self.values
            .get(position)
            .and_then(Option::as_deref)
            .unwrap_or_default()
    }
}

/// Metadata from members that are named as on the wire, which the columns are too.
///
/// Members that an older version does not have are absent; a missing source is `legacy`.
pub(crate) fn metadata(members: &Map<String, Value>) -> RoleMetadata {
    let source = text(members, "source").filter(|source| !source.is_empty());
    RoleMetadata {
        source: source.map_or(Source::Legacy, |source| Source::from(source.as_str())),
        description: text(members, "description"),
        owner: text(members, "owner"),
        author: text(members, "author"),
        modified_by: text(members, "modifiedBy"),
        created_at: text(members, "createdAt").and_then(|text| time(&text)),
        modified_at: text(members, "lastModified").and_then(|text| time(&text)),
        is_default: match members.get("isDefault") {
            Some(Value::Bool(is_default)) => *is_default,
            Some(Value::Number(number)) => number.as_i64() != Some(0),
            Some(_) | None => false,
        },
    }
}

/// A member as text; `None` if it is absent or `null`.
pub(crate) fn text(members: &Map<String, Value>, key: &str) -> Option<String> {
    match members.get(key)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A time in ISO 8601, with or without an offset, or as in mail (`Tue, 25 Mar 2025 17:24:17 GMT`).
///
/// It is cut to the milliseconds that are stored. `None` for anything else.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| utc(text))
        .or_else(|| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))?;
    Timestamp::from_millisecond(time.as_millisecond()).ok()
}

/// A time without an offset is one of Greenwich.
fn utc(text: &str) -> Option<Timestamp> {
    let local: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_time_is_read() {
        let expected: Timestamp = "2025-03-25T17:24:17Z".parse().unwrap();

        for form in [
            "2025-03-25T17:24:17.000Z",
            "2025-03-25T17:24:17.0004+00:00",
            "2025-03-25 18:24:17+01",
            "2025-03-25T17:24:17",
            "Tue, 25 Mar 2025 17:24:17 GMT",
        ] {
            assert_eq!(time(form), Some(expected), "{form}");
        }
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn members_that_an_old_version_does_not_have_are_absent() {
        let Value::Object(members) =
            serde_json::json!({"roleEntityRef": "role:default/a", "source": null})
        else {
            unreachable!("written as an object above")
        };

        let metadata = metadata(&members);

        assert_eq!(metadata.source, Source::Legacy);
        assert_eq!((metadata.owner, metadata.is_default), (None, false));
    }
}
