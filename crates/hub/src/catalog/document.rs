//! A document of a catalog file, as far as it has the form of an entity.

use super::codeowner;
use super::emitted::{Content, Emitted, Form, annotated, entity_ref_of, sorted};
use super::location::Location;
use super::record::Digest;
use super::work::VERSION;
use crate::finding::Finding;
use callboard_catalog::{EntityRef, validate};
use callboard_yaml::{Document, Node};
use smol_str::SmolStr;

/// What the documents of a file have in common.
pub(super) struct File<'a> {
    pub(super) location: &'a Location,
    /// The location above it that nothing but a provider emits.
    origin: &'a Location,
    /// The location as text, which has the references of its entities.
    key: SmolStr,
    /// Annotations that an entity has unless it says otherwise.
    defaults: Vec<(&'static str, String)>,
    /// Who owns an entity that does not say so itself, if its repository knows.
    owner: Option<String>,
    /// What an entity depends on beside the text of its document.
    surroundings: String,
}

/// An entity as a file has it.
pub(super) struct Candidate<'a> {
    pub(super) emitted: Emitted,
    pub(super) location: &'a Location,
    pub(super) line: u32,
    /// What becomes of it; absent when it is known already.
    pub(super) form: Option<Form>,
    /// What is wrong with it.
    pub(super) finding: Option<Finding>,
    document: Document<'a>,
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

impl<'a> File<'a> {
    /// A file whose entities have `defaults` as annotations and `owner` as their owner unless they
    /// say otherwise.
    pub(super) fn new(
        location: &'a Location,
        origin: &'a Location,
        defaults: Vec<(&'static str, String)>,
        owner: Option<String>,
    ) -> File<'a> {
        let key = location.to_string();
        File {
            location,
            origin,
            surroundings: format!("{VERSION}\n{key}\n{origin}\n{defaults:?}\n{owner:?}"),
            key: key.into(),
            defaults,
            owner,
        }
    }

    /// Reads a document; `None` when there is nothing in it.
    ///
    /// `known` gives the reference of an entity that was read from the same text before, and that
    /// need not be read again.
    ///
    /// # Errors
    ///
    /// When it is no entity at all.
    pub(super) fn read<'r>(
        &'r self,
        document: Document<'r>,
        known: impl FnOnce(Digest) -> Option<&'r EntityRef>,
    ) -> Result<Option<Candidate<'r>>, Box<Failure>> {
        let digest = Digest::of_all(&[&self.surroundings, document.text()]);
        if let Some(entity_ref) = known(digest) {
            let line = document.content_line();
            return Ok(Some(Candidate {
                emitted: Emitted {
                    entity_ref: entity_ref.clone(),
                    location_key: Some(self.key.clone()),
                    line: Some(line),
                    digest,
                    content: None,
                },
                location: self.location,
                line,
                form: None,
                finding: None,
                document,
            }));
        }
        match document.parse() {
            Ok(None) => Ok(None),
            Ok(Some(node)) => self.entity(node, document, digest).map(Some),
            Err(error) => {
                let line = error.position().map(|position| position.line);
                Err(Box::new(Failure {
                    finding: Finding::error(format!("YAML error: {error}"))
                        .at(&self.location.target, line),
                    name: "InputError".to_owned(),
                    message: format!("YAML error at {}, {error}", self.location),
                    key: self.key.clone(),
                }))
            }
        }
    }

    fn entity<'r>(
        &'r self,
        node: Node,
        document: Document<'r>,
        digest: Digest,
    ) -> Result<Candidate<'r>, Box<Failure>> {
        let line = node.at.line;
        let failure = |name: &str, message: String| {
            Box::new(Failure {
                finding: Finding::error(&message).at(&self.location.target, Some(line)),
                name: name.to_owned(),
                message,
                key: self.key.clone(),
            })
        };
        let mut value = node.into_json();
        if !value.is_object() {
            let location = self.location;
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
        if let Some(owner) = &self.owner
            && codeowner::is_wanting(&value)
        {
            codeowner::fill(&mut value, owner.clone());
        }
        let value = sorted(annotated(value, self.location, self.origin, &self.defaults));
        let form = Form::of(&value);
        let finding = match &form {
            Form::Bad(problem) => {
                let at = place(document, &problem.field).unwrap_or(line);
                Some(Finding::error(&problem.message).at(&self.location.target, Some(at)))
            }
            Form::Good | Form::Active => None,
        };
        Ok(Candidate {
            emitted: Emitted {
                entity_ref,
                location_key: Some(self.key.clone()),
                line: Some(line),
                digest,
                content: Some(Content::of(&value)),
            },
            location: self.location,
            line,
            form: Some(form),
            finding,
            document,
        })
    }
}

impl Candidate<'_> {
    /// The line of its kind.
    pub(super) fn kind_line(&self) -> u32 {
        place(self.document, "kind").unwrap_or(self.line)
    }
}

/// The line of a field in dotted form; `None` when it is no field. The document is read once more,
/// since nobody asks of most.
fn place(document: Document<'_>, field: &str) -> Option<u32> {
    let node = document.parse().ok().flatten();
    let at = node.map(|node| node.nearest(field.split('.')));
    at.filter(|_| !field.is_empty()).map(|at| at.line)
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
