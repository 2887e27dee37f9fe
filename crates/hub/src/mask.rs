//! Hides the secrets of the configuration wherever they turn up.

use aho_corasick::AhoCorasick;
use serde_json::Value;

/// Secrets that are replaced by `***`.
///
/// Those of one character are left alone, as the original does: masking them would make every
/// text unreadable.
pub(crate) struct Masks {
    /// What is hidden, the longest first.
    masks: Vec<String>,
    /// Finds all of them, and what a JSON text shows of them, at once; absent when they are too
    /// many for that.
    traces: Option<AhoCorasick>,
}

impl Masks {
    /// Hides each of `secrets`, also as JSON escapes it.
    pub(crate) fn new(secrets: &[&str]) -> Masks {
        let mut masks = Vec::new();
        for secret in secrets.iter().filter(|secret| secret.chars().count() > 1) {
            masks.push((*secret).to_owned());
            masks.extend(escaped(secret));
        }
        // The longest first, so that a secret that holds another one leaves nothing behind.
        masks.sort_by_key(|mask| std::cmp::Reverse(mask.len()));
        masks.dedup();
        let escaped: Vec<String> = masks.iter().filter_map(|mask| escaped(mask)).collect();
        let traces = AhoCorasick::new(masks.iter().chain(&escaped)).ok();
        Masks { masks, traces }
    }

    /// Whether a JSON text may show something of a secret; when not, masking changes nothing.
    pub(crate) fn may_occur_in(&self, json: &str) -> bool {
        let traces = self.traces.as_ref();
        traces.is_none_or(|traces| traces.is_match(json))
    }

    /// The text without secrets.
    pub(crate) fn text(&self, text: String) -> String {
        self.masks.iter().fold(text, |text, mask| {
            if text.contains(mask.as_str()) {
                text.replace(mask.as_str(), "***")
            } else {
                text
            }
        })
    }

    /// As [`Masks::value`], for a value that is written as JSON.
    pub(crate) fn json(&self, json: String) -> String {
        if !self.may_occur_in(&json) {
            return json;
        }
        match serde_json::from_str(&json) {
            Ok(value) => self.value(value).to_string(),
            // Rather a broken line than a secret.
            Err(_) => self.text(json),
        }
    }

    /// Masks what a value says, and leaves the names of members alone: masked after rendering, a
    /// secret such as `info` or `123` would break the JSON.
    pub(crate) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Number(number) => {
                let text = number.to_string();
                let masked = self.text(text.clone());
                if masked == text {
                    Value::Number(number)
                } else {
                    Value::String(masked)
                }
            }
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| (name, self.value(value)))
                .collect(),
            plain @ (Value::Null | Value::Bool(_)) => plain,
        }
    }
}

/// The text as JSON escapes it, if that is something else.
fn escaped(text: &str) -> Option<String> {
    let json = Value::from(text).to_string();
    let inner = &json[1..json.len() - 1];
    (inner != text).then(|| inner.to_owned())
}
