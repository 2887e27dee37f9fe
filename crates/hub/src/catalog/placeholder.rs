//! Placeholders: objects with one key, such as `$text`, that stand for what is somewhere else.

use super::emitted::Problem;
use super::location::Location;
use super::reference;
use super::source::{Got, Reads, Resolver};
use serde_json::Value;
use std::collections::BTreeSet;

/// The words that stand for other content; the original leaves others alone.
const KEYS: [&str; 5] = ["text", "json", "yaml", "openapi", "asyncapi"];

/// Whether there is a placeholder anywhere in an entity.
pub(super) fn has_any(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_any),
        Value::Object(members) => {
            key_of(value).is_some()
                || (!members.keys().any(|key| key.starts_with('$'))
                    && members.values().any(has_any))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether a placeholder of an entity says a whole URL of HTTP.
pub(super) fn names_url(value: &Value) -> bool {
    let is_url = |reference: &Value| {
        let text = reference.as_str().unwrap_or_default();
        text.starts_with("http:") || text.starts_with("https:")
    };
    match (key_of(value), value) {
        (Some((_, reference)), _) => is_url(reference),
        (None, Value::Array(items)) => items.iter().any(names_url),
        (None, Value::Object(members)) => members.values().any(names_url),
        (None, _) => false,
    }
}

/// The word of a placeholder without its `$`, and what it refers to.
fn key_of(value: &Value) -> Option<(&'static str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (key, reference) = members.iter().next()?;
    let key = key.strip_prefix('$')?;
    let known = KEYS.into_iter().find(|known| *known == key)?;
    Some((known, reference))
}

/// What came of filling in placeholders.
pub(super) enum Filled {
    /// All are.
    Whole(Value),
    /// These have to be read first.
    Missing(BTreeSet<Location>),
}

/// Puts content in the place of each placeholder of an entity that is at `base`.
///
/// # Errors
///
/// The first placeholder whose content cannot be had.
pub(super) fn fill(
    value: &Value,
    base: &Location,
    reads: &Reads,
    resolver: Resolver<'_>,
) -> Result<Filled, Problem> {
    let mut filling = Filling {
        base,
        reads,
        resolver,
        missing: BTreeSet::new(),
    };
    let filled = filling.value(value)?;
    Ok(match filling.missing.is_empty() {
        true => Filled::Whole(filled),
        false => Filled::Missing(filling.missing),
    })
}

struct Filling<'a> {
    base: &'a Location,
    reads: &'a Reads,
    resolver: Resolver<'a>,
    missing: BTreeSet<Location>,
}

impl Filling<'_> {
    fn value(&mut self, value: &Value) -> Result<Value, Problem> {
        if let Some((key, reference)) = key_of(value) {
            return self.placeholder(key, reference);
        }
        Ok(match value {
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.value(item))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(members) if !members.keys().any(|key| key.starts_with('$')) => {
                let filled = members
                    .iter()
                    .map(|(key, member)| Ok((key.clone(), self.value(member)?)));
                Value::Object(filled.collect::<Result<_, Problem>>()?)
            }
            plain => plain.clone(),
        })
    }

    fn placeholder(&mut self, key: &str, reference: &Value) -> Result<Value, Problem> {
        let Some(reference) = reference.as_str() else {
            return Err(error(&format!(
                "Placeholder ${key} expected a string value parameter, in the form of an absolute URL or a relative path"
            )));
        };
        let location = self.locate(key, reference)?;
        let Some(text) = self.text(key, reference, &location)? else {
            return Ok(Value::Null);
        };
        match key {
            "text" => Ok(text.into()),
            "json" => serde_json::from_str(&text).map_err(|problem| {
                error(&format!(
                    "Placeholder ${key} failed to parse JSON data at {reference}, {problem}"
                ))
            }),
            "yaml" => yaml(key, reference, &text),
            _ => self.bundle(key, reference, &location, &text),
        }
    }

    /// A document with what it refers to elsewhere put in, as YAML.
    fn bundle(
        &mut self,
        key: &str,
        reference: &str,
        location: &Location,
        text: &str,
    ) -> Result<Value, Problem> {
        let document = yaml(key, reference, text)?;
        let bundled = reference::bundle(document, location, self.reads, self.resolver).map_err(
            |problem| {
                error(&format!(
                    "Placeholder ${key} could not bundle {reference}, {problem}"
                ))
            },
        )?;
        Ok(match bundled {
            Filled::Whole(document) => callboard_yaml::to_string(&document).into(),
            Filled::Missing(missing) => {
                self.missing.extend(missing);
                Value::Null
            }
        })
    }

    fn locate(&self, key: &str, reference: &str) -> Result<Location, Problem> {
        self.resolver
            .resolve_within(self.base, reference)
            .map_err(|problem| {
                error(&format!(
                    "Placeholder ${key} could not form a URL out of {} and {reference}, {problem}",
                    self.base.target
                ))
            })
    }

    /// `None` when it is still to be read.
    fn text(
        &mut self,
        key: &str,
        reference: &str,
        location: &Location,
    ) -> Result<Option<String>, Problem> {
        let failed = |problem: &dyn std::fmt::Display| {
            error(&format!(
                "Placeholder ${key} could not read location {reference}, {problem}"
            ))
        };
        match self.reads.get(location) {
            None => {
                self.missing.insert(location.clone());
                Ok(None)
            }
            Some(Got::Found(pieces)) => match pieces.first().map(|piece| &piece.text) {
                Some(Ok(text)) => Ok(Some(text.to_string())),
                Some(Err(problem)) => Err(failed(problem)),
                None => Err(failed(&"nothing is there")),
            },
            Some(Got::Nothing) => Err(failed(&"nothing is there")),
            Some(Got::Failed(problem)) => Err(failed(&problem.message)),
            // Only whole locations are asked for what is new.
            Some(Got::Unchanged) => Err(failed(&"nothing came back")),
        }
    }
}

fn yaml(key: &str, reference: &str, text: &str) -> Result<Value, Problem> {
    let mut documents = callboard_yaml::parse_documents(text);
    if documents.len() != 1 {
        return Err(error(&format!(
            "Placeholder ${key} expected to find exactly one document of data at {reference}, found {}",
            documents.len()
        )));
    }
    match documents.remove(0) {
        Ok(document) => Ok(document.to_json()),
        Err(problem) => Err(error(&format!(
            "Placeholder ${key} found an error in the data at {reference}, {problem}"
        ))),
    }
}

/// The original's processor wraps what goes wrong in it.
fn error(message: &str) -> Problem {
    Problem::input(format!(
        "Processor PlaceholderProcessor threw an error while preprocessing; caused by Error: {message}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_known_words_alone_in_their_object_are_placeholders() {
        assert!(has_any(&json!({"spec": {"definition": {"$text": "./a"}}})));
        assert!(has_any(&json!({"spec": {"list": [{"$asyncapi": "./a"}]}})));
        assert!(!has_any(&json!({"spec": {"a": {"$text": "./a", "b": 1}}})));
        assert!(!has_any(&json!({"spec": {"a": {"$ref": "./a"}}})));
    }
}
