//! Writing: JSON-like values as YAML in block style.

use serde_json::Value;

use crate::scalar;

/// Writes a value as a document in block style, without the line of dashes before it.
///
/// Text stands without quotes only where every reader of YAML takes it for text. Reading gives
/// the value back, but for what reading changes in numbers: each is a double.
///
/// ```
/// let value = serde_json::json!({"rule": "IS_ENTITY_OWNER", "params": {"claims": ["$ownerRefs", "yes"]}});
/// let text = callboard_yaml::to_string(&value);
/// assert_eq!(text, "rule: IS_ENTITY_OWNER\nparams:\n  claims:\n    - $ownerRefs\n    - \"yes\"\n");
/// assert_eq!(callboard_yaml::parse(&text)?.to_json(), value);
/// # Ok::<(), callboard_yaml::YamlError>(())
/// ```
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

/// Writes a value whose first line is begun already, up to the end of its last line.
fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (at, (key, value)) in entries.iter().enumerate() {
                begin(at, indent, out);
                write_key(key, indent, out);
                after_key(value, indent, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                begin(at, indent, out);
                out.push_str("- ");
                block(item, indent + 2, out);
            }
        }
        scalar => {
            write_scalar(scalar, out);
            out.push('\n');
        }
    }
}

/// Indents every line but the first, which stands where it was begun.
fn begin(at: usize, indent: usize, out: &mut String) {
    if at > 0 {
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// How long a key may be before it must be announced.
const LONG_KEY: usize = 1000;

fn write_key(key: &str, indent: usize, out: &mut String) {
    let start = out.len();
    write_text(key, out);
    if out.len() - start > LONG_KEY {
        out.insert_str(start, "? ");
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
    }
    out.push(':');
}

fn after_key(value: &Value, indent: usize, out: &mut String) {
    let is_block = match value {
        Value::Object(entries) => !entries.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if is_block {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent + 2));
    } else {
        out.push(' ');
    }
    block(value, indent + 2, out);
}

fn write_scalar(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => out.push_str(&value.to_string()),
        Value::String(text) => write_text(text, out),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

fn write_text(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            // Everything beyond the basic plane is printable, so that four digits are enough.
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
}

fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Whether the text needs no quotes: a word that no reader, however old, takes for anything else.
fn is_plain(text: &str) -> bool {
    /// What older readers take for truth.
    const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off"];
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '_'));
    starts_well
        && text.chars().all(|c| {
            c.is_ascii_alphanumeric() || matches!(c, '$' | '_' | '-' | '.' | '/' | ':' | '@')
        })
        && !text.ends_with(':')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
        && scalar::is_text(text)
}
