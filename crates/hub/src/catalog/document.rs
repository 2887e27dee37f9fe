//! A document of a catalog file, as far as it has the form of an entity.

use super::location::Location;
use callboard_catalog::{EntityRef, validate};
use callboard_yaml::Node;
use serde_json::Value;
use std::sync::Arc;

/// An entity as a file has it, not yet checked any further.
pub(super) struct Candidate {
    pub(super) entity_ref: EntityRef,
    pub(super) value: Value,
    pub(super) document: Arc<Node>,
    pub(super) location: Location,
}

impl Candidate {
    /// Takes a document of the file at `location`.
    ///
    /// # Errors
    ///
    /// The name and text of the error when it is no entity at all.
    pub(super) fn of(
        document: &Arc<Node>,
        location: &Location,
    ) -> Result<Candidate, (&'static str, String)> {
        let value = document.to_json();
        if !value.is_object() {
            return Err((
                "InputError",
                format!("Expected object at root of {location}, but found something else"),
            ));
        }
        let text = |value: &Value| {
            value
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let (Some(kind), Some(name)) = (text(&value["kind"]), text(&value["metadata"]["name"]))
        else {
            let message = validate(&value)
                .err()
                .map_or_else(|| "not an entity".to_owned(), |error| error.message);
            return Err(("TypeError", message));
        };
        let namespace = value["metadata"]["namespace"]
            .as_str()
            .unwrap_or(callboard_policy::DEFAULT_NAMESPACE);
        let entity_ref = EntityRef::new(&kind, namespace, &name);
        Ok(Candidate {
            entity_ref,
            value,
            document: Arc::clone(document),
            location: location.clone(),
        })
    }

    /// Whether a field, such as `spec.definition`, is an object that stands for other content.
    pub(super) fn has_placeholder(&self, field: &str) -> bool {
        let found = field
            .split('.')
            .try_fold(&self.value, |value, key| value.get(key));
        let members = found.and_then(Value::as_object);
        members.is_some_and(|members| {
            members.len() == 1 && members.keys().all(|key| key.starts_with('$'))
        })
    }
}
