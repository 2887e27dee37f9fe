//! A document of a catalog file, as far as it has the form of an entity.

use super::emitted::{Emitted, Form, Problem, annotated, entity_ref_of};
use super::location::Location;
use super::record::Digest;
use crate::finding::Finding;
use callboard_catalog::{EntityRef, validate};
use callboard_yaml::{Document, Node};
use smol_str::SmolStr;

/// What the documents of a file have in common.
pub(super) struct File<'a> {
    pub(super) location: &'a Location,
    /// The location as text, which has the references of its entities.
    pub(super) key: SmolStr,
    /// The location above it that nothing but a provider emits.
    pub(super) origin: &'a Location,
    /// Annotations that an entity has unless it says otherwise.
    pub(super) defaults: Vec<(&'static str, String)>,
}

/// An entity as a file has it.
pub(super) struct Candidate<'a> {
    pub(super) emitted: Emitted,
    pub(super) location: &'a Location,
    /// Its kind as it is written.
    pub(super) kind: SmolStr,
    pub(super) kind_line: u32,
    pub(super) line: u32,
    /// What becomes of it; absent when it is known already.
    pub(super) form: Option<Form>,
    /// What is wrong with it.
    pub(super) finding: Option<Finding>,
}

/// Something that should be read and cannot.
pub(super) struct Failure {
    pub(super) finding: Finding,
    /// The name of the error.
    pub(super) name: String,
    /// What it says, in the words of the wire.
    pub(super) message: String,
    /// Where it should have been read from, as text; what came from there stays.
    pub(super) key: SmolStr,
}

impl<'a> Candidate<'a> {
    /// Reads a document; `None` when there is nothing in it.
    ///
    /// `is_known` says of an emitted entity that it need not be judged.
    ///
    /// # Errors
    ///
    /// When it is no entity at all.
    pub(super) fn read(
        document: &Document<'_>,
        file: &'a File<'a>,
        is_known: impl FnOnce(&EntityRef, Digest) -> bool,
    ) -> Result<Option<Candidate<'a>>, Failure> {
        match document.parse() {
            Ok(None) => Ok(None),
            Ok(Some(node)) => Candidate::of(node, document, file, is_known).map(Some),
            Err(error) => {
                let line = error.position().map(|position| position.line);
                Err(Failure {
                    finding: Finding::error(format!("YAML error: {error}"))
                        .at(&file.location.target, line),
                    name: "InputError".to_owned(),
                    message: format!("YAML error at {}, {error}", file.location),
                    key: file.key.clone(),
                })
            }
        }
    }

    fn of(
        node: Node,
        document: &Document<'_>,
        file: &'a File<'a>,
        is_known: impl FnOnce(&EntityRef, Digest) -> bool,
    ) -> Result<Candidate<'a>, Failure> {
        let line = node.at.line;
        let kind_line = node.nearest(["kind"]).line;
        let failure = |name: &str, message: String| Failure {
            finding: Finding::error(&message).at(&file.location.target, Some(line)),
            name: name.to_owned(),
            message,
            key: file.key.clone(),
        };
        let value = node.into_json();
        if !value.is_object() {
            let location = file.location;
            return Err(failure(
                "InputError",
                format!("Expected object at root of {location}, but found something else"),
            ));
        }
        let Some(entity_ref) = entity_ref_of(&value) else {
            let message = validate(&value)
                .err()
                .map_or_else(|| "not an entity".to_owned(), |error| error.message);
            return Err(failure("TypeError", message));
        };
        let kind = value["kind"].as_str().unwrap_or_default().into();
        let value = annotated(value, file.location, file.origin, &file.defaults);
        let key = Some(file.key.clone());
        let (emitted, value) = Emitted::with_value(entity_ref, value, key, Some(line));
        let form = match is_known(&emitted.entity_ref, emitted.digest) {
            true => None,
            false => Some(Form::of(&value)),
        };
        let finding = match &form {
            Some(Form::Bad(problem)) => Some(invalid(document, file.location, line, problem)),
            Some(Form::Good | Form::Active) | None => None,
        };
        Ok(Candidate {
            emitted,
            location: file.location,
            kind,
            kind_line,
            line,
            form,
            finding,
        })
    }
}

/// What is said of an entity that is not valid, in a document that begins at `line`.
fn invalid(document: &Document<'_>, location: &Location, line: u32, problem: &Problem) -> Finding {
    let at = match (problem.field.as_str(), document.parse()) {
        // Read once more for the place alone: most documents are valid.
        (field, Ok(Some(node))) if !field.is_empty() => node.nearest(field.split('.')).line,
        _ => line,
    };
    Finding::error(&problem.message).at(&location.target, Some(at))
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
