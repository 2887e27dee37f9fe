//! What the hub asks a provider for.

use callboard_config::{ConfigError, View};
use serde_json::Value;

/// What every sign-in asks for.
pub(super) const REQUIRED: [&str; 3] = ["openid", "profile", "email"];

/// The parts of a list that is written as one text.
pub(super) fn split(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| c.is_whitespace() || c == '|' || c == ',');
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

/// Scopes of the configuration: a list, or one text.
///
/// # Errors
///
/// [`ConfigError`] when the value is neither.
pub(super) fn read(section: &View<'_>, key: &str) -> Result<Vec<String>, ConfigError> {
    match section.json(key) {
        Some(Value::String(text)) => Ok(split(&text).collect()),
        Some(_) | None => Ok(section.optional_string_list(key)?.unwrap_or_default()),
    }
}

/// All that is asked for, each once, in the order of the original: what this request wants, what
/// was granted before, what is required, what the configuration adds.
pub(super) fn join(requested: &str, granted: &str, additional: &[String]) -> String {
    let required = REQUIRED.map(str::to_owned);
    let all = split(requested)
        .chain(split(granted))
        .chain(required)
        .chain(additional.iter().cloned());
    let mut scopes: Vec<String> = Vec::new();
    for scope in all {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_asked_for_once_in_the_order_of_the_original() {
        let additional = ["groups".to_owned(), "email".to_owned()];

        assert_eq!(join("", "", &[]), "openid profile email");
        assert_eq!(
            join("calendar,tasks|email", "drive openid", &additional),
            "calendar tasks email drive openid profile groups"
        );
    }
}
