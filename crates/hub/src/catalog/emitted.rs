//! An entity as a file or a provider gives it, before it is processed.

use super::location::Location;
use super::placeholder;
use super::record::Digest;
use crate::auth::service_account;
use callboard_catalog::{EntityRef, StatusItem, check_keys, validate};
use serde_json::{Map, Value};
use smol_str::SmolStr;
use std::sync::Arc;

pub(super) const LOCATION_ANNOTATION: &str = "backstage.io/managed-by-location";
pub(super) const ORIGIN_ANNOTATION: &str = "backstage.io/managed-by-origin-location";

/// Lists of references whose order means nothing.
const UNORDERED: [&str; 7] = [
    "/spec/providesApis",
    "/spec/consumesApis",
    "/spec/dependsOn",
    "/spec/dependencyOf",
    "/spec/memberOf",
    "/spec/children",
    "/spec/members",
];

/// Something that says it is an entity.
#[derive(Debug, Clone)]
pub(super) struct Emitted {
    pub(super) entity_ref: EntityRef,
    /// Who has its reference; absent when anybody may take it.
    pub(super) location_key: Option<SmolStr>,
    /// Its line in the file.
    pub(super) line: Option<u32>,
    /// Tells it from anything else.
    pub(super) digest: Digest,
    /// What it says; absent when it is known by its digest, so that nobody had to read it.
    pub(super) content: Option<Content>,
}

/// What an entity says.
#[derive(Debug, Clone)]
pub(super) struct Content {
    /// The entity, with the annotations that tell where it comes from: as a tree it would take
    /// several times the memory, and there may be many.
    pub(super) json: Arc<str>,
    /// Whether it says itself which etag it has.
    pub(super) has_own_etag: bool,
}

/// What becomes of an entity when it is processed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// Nothing else needs to be known: it is final but for its relations.
    Good,
    /// It is refused.
    Bad(Problem),
    /// Something has to be read first.
    Active,
}

/// Why an entity is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The name of the error, such as `InputError`.
    pub(super) name: String,
    /// What it says.
    pub(super) message: String,
    /// The field at fault in dotted form; empty when it is no field.
    pub(super) field: String,
}

impl Emitted {
    /// Takes an entity that already says where it comes from.
    pub(super) fn new(
        entity_ref: EntityRef,
        value: Value,
        location_key: Option<SmolStr>,
        line: Option<u32>,
    ) -> Emitted {
        let content = Content::of(&sorted(value));
        let key = location_key.as_deref().unwrap_or_default();
        Emitted {
            entity_ref,
            digest: Digest::of_all(&[key, &content.json]),
            location_key,
            line,
            content: Some(content),
        }
    }

    /// The entity as a tree, made anew at each call; null when it was not read.
    pub(super) fn value(&self) -> Value {
        let json = self.content.as_ref().map(|content| &*content.json);
        // It was a tree before it was text.
        json.and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// The entity that stands for a location which nothing emits but a provider.
    pub(super) fn root(location: &Location) -> Emitted {
        let value = annotated(location.to_entity(), location, location, &[]);
        let key = Some(location.to_string().into());
        Emitted::new(location.entity_ref(), value, key, None)
    }
}

impl Content {
    /// What an entity says whose lists are [`sorted`].
    pub(super) fn of(value: &Value) -> Content {
        Content {
            json: value.to_string().into(),
            has_own_etag: value["metadata"]["etag"].is_string(),
        }
    }
}

impl Form {
    /// Judges an entity as far as that is possible without reading anything.
    pub(super) fn of(value: &Value) -> Form {
        if placeholder::has_any(value) {
            return Form::Active;
        }
        match check(value) {
            Err(problem) => Form::Bad(problem),
            Ok(()) if value["kind"] == "Location" => Form::Active,
            Ok(()) => Form::Good,
        }
    }
}

impl Problem {
    /// Something that is wrong with the input.
    pub(super) fn input(message: impl Into<String>) -> Problem {
        Problem {
            name: "InputError".to_owned(),
            message: message.into(),
            field: String::new(),
        }
    }

    /// The problem as it is shown with an entity.
    pub(super) fn status(&self) -> StatusItem {
        StatusItem::processing_error(&self.name, &self.message)
    }
}

/// Whether an entity can come into the catalog as it is.
pub(super) fn check(value: &Value) -> Result<(), Problem> {
    validate(value).map_err(|error| Problem {
        name: error.name.to_string(),
        message: error.message,
        field: error.field,
    })?;
    check_keys(value).map_err(|error| Problem::input(error.to_string()))?;
    // Else whoever writes to the catalog could put a service account into groups.
    match entity_ref_of(value) {
        Some(entity_ref) if service_account::is_one(&entity_ref) => Err(Problem::input(format!(
            "{entity_ref} cannot be an entity: the namespace {} is for service accounts",
            service_account::NAMESPACE
        ))),
        Some(_) | None => Ok(()),
    }
}

/// The reference of something that has the form of an entity, `None` for anything else.
pub(super) fn entity_ref_of(value: &Value) -> Option<EntityRef> {
    let text = |value: &'_ Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let (kind, name) = (text(&value["kind"])?, text(&value["metadata"]["name"])?);
    let namespace = value["metadata"]["namespace"]
        .as_str()
        .unwrap_or(callboard_policy::DEFAULT_NAMESPACE);
    Some(EntityRef::new(&kind, namespace, &name))
}

/// Says in an entity where it comes from, whatever it says itself; `defaults` give way to it.
pub(super) fn annotated(
    mut entity: Value,
    location: &Location,
    origin: &Location,
    defaults: &[(&str, String)],
) -> Value {
    let Some(metadata) = entity.get_mut("metadata").and_then(Value::as_object_mut) else {
        return entity;
    };
    let written = match metadata.get_mut("annotations").map(Value::take) {
        None => Map::new(),
        Some(Value::Object(written)) => written,
        // It will be refused for what it is.
        Some(other) => {
            metadata.insert("annotations".into(), other);
            return entity;
        }
    };
    let mut annotations = Map::new();
    annotations.insert(LOCATION_ANNOTATION.into(), location.to_string().into());
    annotations.insert(ORIGIN_ANNOTATION.into(), origin.to_string().into());
    for (key, value) in defaults {
        annotations.insert((*key).to_owned(), value.as_str().into());
    }
    for (key, value) in written {
        if key != LOCATION_ANNOTATION && key != ORIGIN_ANNOTATION {
            annotations.insert(key, value);
        }
    }
    metadata.insert("annotations".into(), annotations.into());
    entity
}

/// The location that an annotation of an entity names.
pub(super) fn location_in(entity: &Value, annotation: &str) -> Option<Location> {
    let text = entity["metadata"]["annotations"][annotation].as_str()?;
    Location::parse(text)
}

/// Sorts lists of references, as the original does: a file that is only rearranged changes nothing.
pub(super) fn sorted(mut entity: Value) -> Value {
    for field in UNORDERED {
        if let Some(list) = entity
            .pointer_mut(field)
            .and_then(Value::as_array_mut)
            .filter(|list| list.iter().all(Value::is_string))
        {
            list.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
        }
    }
    entity
}
