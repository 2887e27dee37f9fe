//! A document of a catalog file, as far as it has the form of an entity.

use super::emitted::{Problem, entity_ref_of};
use super::location::Location;
use crate::finding::Finding;
use callboard_catalog::{EntityRef, validate};
use callboard_yaml::Node;
use serde_json::Value;

/// An entity as a file has it, not yet checked any further.
pub(super) struct Candidate {
    pub(super) entity_ref: EntityRef,
    pub(super) value: Value,
    pub(super) document: Node,
    pub(super) location: Location,
}

impl Candidate {
    /// Takes a document of the file at `location`.
    ///
    /// # Errors
    ///
    /// The name and text of the error when it is no entity at all.
    pub(super) fn of(
        document: Node,
        location: &Location,
    ) -> Result<Candidate, (&'static str, String)> {
        let value = document.to_json();
        if !value.is_object() {
            return Err((
                "InputError",
                format!("Expected object at root of {location}, but found something else"),
            ));
        }
        let Some(entity_ref) = entity_ref_of(&value) else {
            let message = validate(&value)
                .err()
                .map_or_else(|| "not an entity".to_owned(), |error| error.message);
            return Err(("TypeError", message));
        };
        Ok(Candidate {
            entity_ref,
            value,
            document,
            location: location.clone(),
        })
    }
}

/// What is said of an entity that is not valid.
pub(super) fn invalid(child: &Candidate, problem: &Problem) -> Finding {
    let at = match problem.field.as_str() {
        "" => child.document.at,
        field => child.document.nearest(field.split('.')),
    };
    Finding::error(&problem.message).at(&child.location.target, Some(at.line))
}

/// What is said of an entity whose reference another one has.
pub(super) fn conflict(
    entity_ref: &EntityRef,
    wanted_by: &str,
    line: Option<u32>,
    held_by: &str,
    held_at: Option<u32>,
) -> Finding {
    let target = |key: &'_ str| {
        Location::parse(key).map_or_else(|| key.to_owned(), |location| location.target)
    };
    let message = format!(
        "Detected conflicting entityRef {entity_ref} already referenced by {held_by} and now also {wanted_by}"
    );
    let first = target(held_by);
    let first = held_at.map_or_else(|| first.clone(), |line| format!("{first}:{line}"));
    Finding::warning(message)
        .at(target(wanted_by), line)
        .help(format!(
            "the one at {first} counts; rename or remove one of them"
        ))
}
