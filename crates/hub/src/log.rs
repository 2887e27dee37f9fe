//! Log lines in the form that the original writes, with secrets masked.
//!
//! In production a line is one JSON object with sorted members (`level`, `message`, `plugin`,
//! `service`, `timestamp` and whatever the event carries); in a terminal it is coloured text.

use crate::clock::{Clock, SecondText};
use crate::mask::Masks;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The name of the field whose text is a JSON object that becomes part of the line.
///
/// `tracing` has no nested values; audit events have, and hand them over in this field.
pub const JSON_FIELD: &str = "json";

/// How long most lines are at most.
const LINE_BYTES: usize = 1024;

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// Coloured text for a terminal.
    Text,
}

/// Takes one line with its line break.
type Sink = Box<dyn Fn(&str) + Send + Sync>;

/// Writes every event to standard output, or where it is told to.
pub struct LogLayer {
    format: Format,
    sink: Sink,
    masks: Masks,
    clock: Arc<dyn Clock>,
    times: SecondText,
}

impl LogLayer {
    /// A layer that replaces each of `secrets` by `***` wherever it stands in a line.
    ///
    /// Secrets of one character are left alone; see [`Masks`].
    pub fn new(format: Format, secrets: &[&str], clock: Arc<dyn Clock>) -> LogLayer {
        LogLayer {
            format,
            sink: Box::new(to_stdout),
            masks: Masks::new(secrets),
            clock,
            times: SecondText::new("%Y-%m-%d %H:%M:%S"),
        }
    }

    /// The layer on standard error, for commands whose answer stands on standard output.
    #[must_use]
    pub fn on_stderr(self) -> LogLayer {
        self.into_sink(to_stderr)
    }

    /// The layer with a place of its own for lines; each comes with its line break.
    #[must_use]
    pub fn into_sink(self, sink: impl Fn(&str) + Send + Sync + 'static) -> LogLayer {
        LogLayer {
            sink: Box::new(sink),
            ..self
        }
    }

    /// The layer with a filter: `level` for what the hub says itself, warnings from its libraries.
    pub fn with_level<S>(self, level: LevelFilter) -> impl Layer<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let libraries = level.min(LevelFilter::WARN);
        let targets = Targets::new()
            .with_default(libraries)
            .with_target("callboard", level)
            .with_target("audit", level);
        self.with_filter(targets)
    }

    fn line(&self, level: Level, fields: &Fields) -> String {
        match self.format {
            Format::Json => self.json_line(level, fields),
            Format::Text => self.masks.text(self.text_line(level, fields)),
        }
    }

    fn json_line(&self, level: Level, fields: &Fields) -> String {
        let time = self.times.of(self.clock.now());
        let nested = fields.nested();
        let mut members = fields.members(&nested);
        members.push(("message", Value::Text(fields.message.as_str().into())));
        members.push(("level", Value::Own(level_name(level))));
        members.push(("timestamp", Value::Own(&time)));
        match fields.plugin.as_deref() {
            Some("rootHttpRouter") => members.push(("service", Value::Own("rootHttpRouter"))),
            plugin => members.extend([
                ("service", Value::Own("backstage")),
                ("plugin", Value::Own(plugin.unwrap_or("hub"))),
            ]),
        }
        sort(&mut members);
        let line = written(&members);
        // Nearly no line does, and each secret would have to be looked for in each value.
        if !self.masks.may_occur_in(&line) {
            return line;
        }
        let masked = members.into_iter().map(|(name, value)| {
            let value = match value {
                Value::Own(text) => Value::Own(text),
                Value::Text(text) => Value::Text(self.masks.text(text.into_owned()).into()),
                Value::Json(json) => Value::Json(self.masks.json(json.into_owned()).into()),
            };
            (name, value)
        });
        written(&masked.collect::<Vec<_>>())
    }

    fn text_line(&self, level: Level, fields: &Fields) -> String {
        let colour = match level {
            Level::ERROR => "31",
            Level::WARN => "33",
            Level::INFO => "32",
            Level::DEBUG | Level::TRACE => "36",
        };
        let time = self.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        let plugin = fields.plugin.as_deref().unwrap_or("hub");
        let mut line = format!(
            "{time} \x1b[34m{plugin}\x1b[0m \x1b[{colour}m{}\x1b[0m {}",
            level_name(level),
            fields.message
        );
        let nested = fields.nested();
        let mut members = fields.members(&nested);
        sort(&mut members);
        for (name, value) in &members {
            let value = match value {
                Value::Own(text) => (*text).into(),
                Value::Text(text) => Cow::Borrowed(&**text),
                Value::Json(json) => {
                    let text = serde_json::from_str(json).map(Cow::Owned);
                    text.unwrap_or(Cow::Borrowed(&**json))
                }
            };
            // Writing to a string cannot fail.
            let _infallible = write!(line, " \x1b[2m{name}=\x1b[0m{value}");
        }
        line
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = self.line(*event.metadata().level(), &fields);
        line.push('\n');
        (self.sink)(&line);
    }
}

fn to_stdout(line: &str) {
    // A log that cannot be written must not stop the hub, and there is nowhere to say so.
    let _unwritable = std::io::stdout().lock().write_all(line.as_bytes());
}

fn to_stderr(line: &str) {
    let _unwritable = std::io::stderr().lock().write_all(line.as_bytes());
}

/// The levels as the original names them.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "silly",
    }
}

/// What an event says.
#[derive(Default)]
struct Fields {
    message: String,
    plugin: Option<SmolStr>,
    /// The text of [`JSON_FIELD`].
    nested: Option<String>,
    /// Everything else, each as JSON.
    rest: Vec<(&'static str, String)>,
}

/// The members of [`Fields::nested`].
type Nested<'a> = BTreeMap<Name<'a>, &'a RawValue>;

/// The name of a member, borrowed where it has no escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// What a member of a line says.
enum Value<'a> {
    /// A word of ours, in which no secret is looked for.
    Own(&'a str),
    Text(Cow<'a, str>),
    Json(Cow<'a, str>),
}

impl Fields {
    fn put(&mut self, field: &Field, json: String) {
        // A raw identifier such as `r#type` keeps its prefix in the field's name.
        let name = field.name();
        let name = name.strip_prefix("r#").unwrap_or(name);
        self.rest.push((name, json));
    }

    fn put_text(&mut self, field: &Field, text: Cow<'_, str>) {
        match field.name() {
            "message" => self.message = text.into_owned(),
            "plugin" => self.plugin = Some(text.into()),
            JSON_FIELD => self.nested = Some(text.into_owned()),
            _ => self.put(field, quoted(&text)),
        }
    }

    /// The members of the nested object; `None` when there is none.
    fn nested(&self) -> Option<Nested<'_>> {
        let nested = self.nested.as_deref()?;
        serde_json::from_str(nested).ok()
    }

    /// What the line says beside the message, in no order; of two with one name the last counts.
    fn members<'a>(&'a self, nested: &'a Option<Nested<'a>>) -> Vec<(&'a str, Value<'a>)> {
        let mut members = Vec::with_capacity(16);
        let rest = self.rest.iter();
        members.extend(rest.map(|(name, json)| (*name, Value::Json(json.as_str().into()))));
        match (nested, &self.nested) {
            (Some(nested), _) => members.extend(
                nested
                    .iter()
                    .map(|(Name(name), json)| (&**name, Value::Json(json.get().into()))),
            ),
            (None, Some(text)) => members.push((JSON_FIELD, Value::Text(text.as_str().into()))),
            (None, None) => {}
        }
        members
    }
}

/// Sorts members by their names, and leaves of those with one name the last.
fn sort(members: &mut Vec<(&str, Value<'_>)>) {
    members.reverse();
    members.sort_by_key(|(name, _)| *name);
    members.dedup_by_key(|(name, _)| *name);
}

/// An object of members.
fn written(members: &[(&str, Value<'_>)]) -> String {
    let mut line = String::with_capacity(LINE_BYTES);
    line.push('{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        push_quoted(name, &mut line);
        line.push(':');
        match value {
            Value::Own(text) => push_quoted(text, &mut line),
            Value::Text(text) => push_quoted(text, &mut line),
            Value::Json(json) => line.push_str(json),
        }
    }
    line.push('}');
    line
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    push_quoted(text, &mut json);
    json
}

/// Writes a text as JSON.
fn push_quoted(text: &str, out: &mut String) {
    let is_special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    let mut rest = text;
    out.push('"');
    while let Some(at) = rest.bytes().position(is_special) {
        out.push_str(&rest[..at]);
        // One byte each, since all of them are ASCII.
        match &rest[at..=at] {
            "\"" => out.push_str("\\\""),
            "\\" => out.push_str("\\\\"),
            // Every text can be written.
            control => {
                let quoted = serde_json::to_string(control).unwrap_or_default();
                out.push_str(quoted.trim_matches('"'));
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value).to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.to_string());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::with_capacity(LINE_BYTES / 4);
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{value:?}");
        self.put_text(field, text.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use serde_json::{Map, Value};

    fn layer(secrets: &[&str]) -> LogLayer {
        LogLayer::new(Format::Json, secrets, Arc::new(SystemClock))
    }

    fn fields(message: &str) -> Fields {
        Fields {
            message: message.to_owned(),
            plugin: Some("auth".into()),
            ..Fields::default()
        }
    }

    #[test]
    fn a_line_is_one_json_object_with_sorted_members() {
        let line = layer(&[]).line(Level::WARN, &fields("two\nlines"));

        let value: Map<String, Value> = serde_json::from_str(&line).unwrap();
        assert_eq!(
            value.keys().collect::<Vec<_>>(),
            ["level", "message", "plugin", "service", "timestamp"]
        );
        assert_eq!(value["level"], "warn");
        assert_eq!(value["message"], "two\nlines");
        assert_eq!(value["service"], "backstage");
    }

    #[test]
    fn texts_are_written_as_json() {
        for text in [
            "",
            "plain ü",
            "\"",
            "\\\"",
            "a\"b\\c",
            "\u{1}\n\t\u{7f}",
            "end\\",
        ] {
            assert_eq!(quoted(text), Value::from(text).to_string());
        }
    }

    #[test]
    fn a_secret_is_masked_also_where_json_escapes_it() {
        let line = layer(&["pass\"word", "x"]).line(Level::INFO, &fields("the pass\"word is x"));

        assert!(line.contains("the *** is x"), "{line}");
    }

    #[test]
    fn a_secret_that_looks_like_a_part_of_the_line_leaves_it_whole() {
        let mut fields = fields("info 4711");
        let json = json!({"n": 4711, "deep": ["4711", "\",\""]});
        fields.rest.push(("info", json.to_string()));

        let line = layer(&["info", "4711", "\",\"", "in"]).line(Level::INFO, &fields);

        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["message"], "*** ***");
        assert_eq!(value["level"], "info");
        assert_eq!(value["info"], json!({"n": "***", "deep": ["***", "***"]}));
    }

    #[test]
    fn a_line_for_a_terminal_is_masked_too() {
        let layer = LogLayer::new(Format::Text, &["hush"], Arc::new(SystemClock));

        assert!(
            layer
                .line(Level::INFO, &fields("say hush"))
                .ends_with("say ***")
        );
    }
}
