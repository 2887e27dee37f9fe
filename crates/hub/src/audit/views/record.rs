//! An event, in short and in full.

use super::PATH;
use super::diff::{self, DiffLine};
use crate::audit::chain::Row;
use crate::ui::{Code, Icon, Moment, Texts, Tone};
use jiff::Timestamp;
use serde_json::Value;

/// A row of the list.
pub(super) struct Summary {
    pub(super) number: i64,
    pub(super) href: String,
    pub(super) when: Moment,
    pub(super) actor: String,
    pub(super) event: String,
    /// What it is about; empty when the event names nothing that we know.
    pub(super) subject: String,
    pub(super) source: String,
    pub(super) outcome: Outcome,
}

/// How it went.
pub(super) struct Outcome {
    pub(super) tone: Tone,
    pub(super) icon: Icon,
    pub(super) word: String,
    /// Why not.
    pub(super) error: Option<String>,
}

/// An event in full.
pub(super) struct Record {
    pub(super) number: i64,
    pub(super) at: String,
    pub(super) plugin: String,
    pub(super) actor: String,
    pub(super) event: String,
    pub(super) subject: String,
    pub(super) request: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) diff: Vec<DiffLine>,
    pub(super) json: Code,
    pub(super) key_id: String,
    pub(super) previous_hash: String,
    /// The row before; the first has none.
    pub(super) previous: Option<String>,
    pub(super) hash: String,
    /// Whether it is as it was sealed; absent when nobody can tell.
    pub(super) is_sealed: Option<bool>,
}

impl Summary {
    pub(super) fn new(t: &Texts, row: &Row, now: Timestamp) -> Summary {
        let event = parsed(row);
        let then = Timestamp::from_millisecond(row.at).unwrap_or(now);
        Summary {
            number: row.number,
            href: format!("{PATH}/{}", row.number),
            when: Moment::new(t, then, now),
            actor: row.actor.clone(),
            event: row.event_id.clone(),
            subject: subject(&event["meta"]),
            source: text(&event["meta"]["source"]),
            outcome: Outcome::new(t, row, &event),
        }
    }
}

impl Record {
    pub(super) fn new(t: &Texts, row: &Row, is_sealed: Option<bool>) -> Record {
        let event = parsed(row);
        let request = &event["request"];
        let request = request["url"].as_str().map(|url| {
            let method = text(&request["method"]);
            format!("{method} {url}")
        });
        Record {
            number: row.number,
            at: time(row.at),
            plugin: row.plugin.clone(),
            actor: row.actor.clone(),
            event: row.event_id.clone(),
            subject: subject(&event["meta"]),
            request,
            outcome: Outcome::new(t, row, &event),
            diff: diff::lines(&event["meta"]),
            json: Code::json(&event),
            key_id: row.key_id.clone(),
            previous_hash: row.previous_hash.clone(),
            previous: (row.number > 1).then(|| format!("{PATH}/{}", row.number - 1)),
            hash: row.hash.clone(),
            is_sealed,
        }
    }
}

impl Outcome {
    fn new(t: &Texts, row: &Row, event: &Value) -> Outcome {
        let is_done = row.status == "succeeded";
        let (tone, icon, name) = if is_done {
            (Tone::Ok, Icon::Check, "audit-done")
        } else {
            (Tone::No, Icon::X, "audit-failed")
        };
        Outcome {
            tone,
            icon,
            word: t.say(name).to_string(),
            error: event["error"].as_str().map(str::to_owned),
        }
    }
}

/// The event; what is no JSON any more is shown as a text.
fn parsed(row: &Row) -> Value {
    serde_json::from_str(&row.event).unwrap_or_else(|_| Value::from(row.event.as_str()))
}

/// What an event is about, as far as its members say.
fn subject(meta: &Value) -> String {
    let named = [
        &meta["roleEntityRef"],
        &meta["condition"]["roleEntityRef"],
        &meta["policies"][0][0],
        &meta["addedPolicies"][0][1],
        &meta["updatedPolicies"][0][1],
        &meta["entityRef"],
        &meta["userEntityRef"],
        &meta["user"],
        &meta["target"],
        &meta["file"],
        &meta["permission"],
        &meta["name"],
    ];
    let found = named.into_iter().map(text).find(|text| !text.is_empty());
    found.unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Milliseconds since 1970 in RFC 3339, UTC.
pub(super) fn time(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds);
    time.map_or_else(
        |_| milliseconds.to_string(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    )
}
