//! Values that must not be shown.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, Zeroizing};

use crate::path::Step;
use crate::span::{Data, Tree};

/// A value that is never printed, and wiped from memory when dropped.
///
/// It is no `Serialize` on purpose, so that it cannot slip into a response.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes a value into hiding.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Gives the value to code that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// Ends of keys whose values are secret, without case, `-` and `_`.
const SECRET_ENDS: [&str; 13] = [
    "secret",
    "token",
    "password",
    "passphrase",
    "privatekey",
    "accesskey",
    "apikey",
    "accountkey",
    "signingkey",
    "encryptionkey",
    "connectionstring",
    // The key with which SAML assertions are read.
    "decryptionpvk",
    "authorization",
];

/// Says whether the value under `key` is secret by its name.
fn is_secret_key(key: &str) -> bool {
    let key: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    SECRET_ENDS.iter().any(|end| key.ends_with(end))
}

/// Says whether the scalar at `path` is secret.
pub(crate) fn is_secret(path: &[Step]) -> bool {
    let keys: Vec<&str> = path
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    match keys.as_slice() {
        // As text these are URLs with a password.
        ["backend", "database" | "cache", .., "connection"]
        // PEM text.
        | [.., "certificate" | "ssl", "key"]
        | ["callboard", "audit", "key" | "formerKeys"] => true,
        [.., "headers", _] => true,
        [.., key] => is_secret_key(key),
        [] => false,
    }
}

/// Calls `found` with every secret string.
pub(crate) fn visit<'a>(tree: &'a Tree, path: &mut Vec<Step>, found: &mut impl FnMut(&'a str)) {
    match &tree.data {
        Data::Object(entries) => {
            for (key, value) in entries {
                path.push(Step::Key(key.clone()));
                visit(value, path, found);
                path.pop();
            }
        }
        Data::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                visit(item, path, found);
                path.pop();
            }
        }
        Data::String(text) if is_secret(path) => found(text),
        Data::String(_) | Data::Null | Data::Bool(_) | Data::Number(_) => {}
    }
}

/// Replaces every secret scalar by `***`.
pub(crate) fn redacted(tree: &Tree, path: &mut Vec<Step>) -> serde_json::Value {
    let mut below = |step, value| {
        path.push(step);
        let shown = redacted(value, path);
        path.pop();
        shown
    };
    match &tree.data {
        Data::Object(entries) => serde_json::Value::Object(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), below(Step::Key(key.clone()), value)))
                .collect(),
        ),
        Data::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| below(Step::Index(index), item))
            .collect(),
        Data::Null => serde_json::Value::Null,
        Data::Bool(_) | Data::Number(_) | Data::String(_) if is_secret(path) => "***".into(),
        Data::Bool(_) | Data::Number(_) | Data::String(_) => tree.to_json(),
    }
}

/// Overwrites what looks secret in the text of a file, leaving every offset in place.
///
/// This works by lines, as the text may not even be YAML: it takes the rest of a line
/// after a secret key, and the lines below that are indented further.
pub(crate) fn blot(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hidden_below = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '-']).len();
        if line.trim().is_empty() {
            out.push_str(line);
        } else if hidden_below.is_some_and(|limit| indent > limit) {
            stars(line, &mut out);
        } else if let Some((keep, hide)) = secret_part(line) {
            hidden_below = Some(indent);
            out.push_str(keep);
            stars(hide, &mut out);
        } else {
            hidden_below = None;
            out.push_str(line);
        }
    }
    out
}

/// Cuts a line after the first secret key and its colon.
fn secret_part(line: &str) -> Option<(&str, &str)> {
    line.match_indices(':').find_map(|(colon, _)| {
        let key = line[..colon].trim_end_matches(['"', '\'']);
        let key = &key[key
            .rfind([' ', '{', ',', '"', '\'', '-'])
            .map_or(0, |start| start + 1)..];
        // A line does not know what stands above it, so every `key` is hidden.
        let is_hidden = is_secret_key(key) || matches!(key, "connection" | "key" | "formerKeys");
        is_hidden.then(|| line.split_at(colon + 1))
    })
}

/// Writes as many bytes as `text` has, white space as it is.
fn stars(text: &str, out: &mut String) {
    for c in text.chars() {
        if c.is_ascii_whitespace() {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n('*', c.len_utf8()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::blot;

    #[test]
    fn blotting_hides_secrets_and_keeps_offsets() {
        let text = "\
a: 1
clientSecret: hüsh # no
headers: {x-token: t, a: b}
privateKey: |
  line
  line
b: 2
";

        let blotted = blot(text);

        assert_eq!(blotted.len(), text.len());
        assert_eq!(
            blotted,
            "\
a: 1
clientSecret: ***** * **
headers: {x-token: ** ** **
privateKey: *
  ****
  ****
b: 2
"
        );
    }
}
