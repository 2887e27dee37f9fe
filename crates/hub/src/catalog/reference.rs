//! Documents that refer to others by `$ref`, made into one.

use super::location::Location;
use super::placeholder::Filled;
use super::source::{Got, Reads, Resolver};
use serde_json::Value;
use std::collections::BTreeSet;

/// How many documents deep references are followed.
const MAX_DEPTH: usize = 16;

/// Puts what a document refers to in other files in the place of the references.
///
/// References within the document stay as they are.
///
/// # Errors
///
/// Which reference leads nowhere.
pub(super) fn bundle(
    document: Value,
    location: &Location,
    reads: &Reads,
    resolver: Resolver<'_>,
) -> Result<Filled, String> {
    let mut bundling = Bundling {
        reads,
        resolver,
        missing: BTreeSet::new(),
    };
    let mut above = Vec::new();
    let document = bundling.value(document, location, &mut above)?;
    Ok(match bundling.missing.is_empty() {
        true => Filled::Whole(document),
        false => Filled::Missing(bundling.missing),
    })
}

struct Bundling<'a> {
    reads: &'a Reads,
    resolver: Resolver<'a>,
    missing: BTreeSet<Location>,
}

impl Bundling<'_> {
    /// `above` holds the references that are being followed.
    fn value(
        &mut self,
        value: Value,
        location: &Location,
        above: &mut Vec<String>,
    ) -> Result<Value, String> {
        Ok(match value {
            Value::Array(items) => Value::Array(
                items
                    .into_iter()
                    .map(|item| self.value(item, location, above))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str)
                    && !(reference.starts_with('#') && above.is_empty())
                {
                    let reference = reference.to_owned();
                    return self.follow(&reference, location, above);
                }
                let members = members
                    .into_iter()
                    .map(|(key, member)| Ok((key, self.value(member, location, above)?)));
                Value::Object(members.collect::<Result<_, String>>()?)
            }
            plain => plain,
        })
    }

    fn follow(
        &mut self,
        reference: &str,
        from: &Location,
        above: &mut Vec<String>,
    ) -> Result<Value, String> {
        let (path, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let location = match path {
            "" => from.clone(),
            path => self.resolver.resolve_within(from, path)?,
        };
        let name = format!("{location}#{pointer}");
        if above.contains(&name) || above.len() >= MAX_DEPTH {
            return Err(format!("`{reference}` leads back to itself"));
        }
        let text = match self.reads.get(&location) {
            None => {
                self.missing.insert(location);
                return Ok(Value::Null);
            }
            Some(Got::Found(pieces)) => match pieces.first().map(|piece| &piece.text) {
                Some(Ok(text)) => text.clone(),
                Some(Err(problem)) => return Err(format!("`{reference}`: {problem}")),
                None => return Err(format!("nothing is there at `{reference}`")),
            },
            Some(Got::Failed(problem)) => return Err(problem.message.clone()),
            Some(Got::Nothing | Got::Unchanged) => {
                return Err(format!("nothing is there at `{reference}`"));
            }
        };
        let document = callboard_yaml::parse(&text)
            .map_err(|problem| format!("`{reference}`: {problem}"))?
            .to_json();
        let found = document
            .pointer(pointer)
            .cloned()
            .ok_or_else(|| format!("nothing is there at `{reference}`"))?;
        above.push(name);
        let found = self.value(found, &location, above);
        above.pop();
        found
    }
}
