//! Validation of an entity as it was written, with the errors of upstream.

use std::fmt;

use callboard_policy::EntityRefError;
use serde::Serialize;
use serde_json::Value;

use crate::{
    format, relation,
    schema::{ENTITY, ENVELOPE, Kind, SchemaError},
};

/// Why an entity is refused.
///
/// It serialises to the form that `POST /validate-entity` answers with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct ValidationError {
    /// The name of the error.
    pub name: ErrorName,
    /// The whole message, that of the cause included.
    pub message: String,
    /// The field at fault in dotted form, such as `spec.owner` or `<root>`.
    #[serde(skip)]
    pub field: String,
    /// What the error was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<ValidationCause>,
}

/// The error behind a [`ValidationError`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValidationCause {
    /// The name of the error.
    pub name: ErrorName,
    /// What it says.
    pub message: String,
}

/// The names that validation errors have on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ErrorName {
    /// A plain error.
    Error,
    /// The input is at fault.
    InputError,
    /// A value has the wrong type or form.
    TypeError,
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "Error",
            Self::InputError => "InputError",
            Self::TypeError => "TypeError",
        })
    }
}

/// Checks an entity as it was written.
///
/// First its envelope, then the form of its fields, then the schema of its kind, then the
/// references that it makes.
///
/// # Errors
///
/// [`ValidationError`] with the first thing that is wrong. An entity of a kind that is not
/// built in is refused too.
pub fn validate(entity: &Value) -> Result<(), ValidationError> {
    if let Some(error) = ENVELOPE.first_error(entity) {
        return Err(ValidationError {
            name: ErrorName::TypeError,
            message: with_params(&error),
            field: error.field,
            cause: None,
        });
    }
    let entity_ref = written_ref(entity);
    check_policy(entity).map_err(|(field, message)| {
        caused(
            &format!("Policy check failed for {entity_ref}"),
            field,
            ErrorName::Error,
            message,
        )
    })?;

    let text = |member: &str| entity[member].as_str().unwrap_or_default();
    let Some(kind) = Kind::find(text("apiVersion"), text("kind")) else {
        return Err(unrecognized(entity, &entity_ref));
    };
    let processor = format!("Processor {} threw an error while", kind.processor);
    if let Some(error) = kind.schema.first_error(entity) {
        let context = format!("{processor} validating the entity {entity_ref}");
        let message = with_params(&error);
        return Err(caused(&context, error.field, ErrorName::TypeError, message));
    }
    relation::edges(entity).map(drop).map_err(|error| {
        let name = match error.problem {
            EntityRefError::Form(_) => ErrorName::TypeError,
            EntityRefError::MissingKind(_) => ErrorName::Error,
        };
        let message = error.to_string();
        caused(
            &format!("{processor} postprocessing"),
            error.field,
            name,
            message,
        )
    })
}

/// The reference of an entity whose name may not be valid yet.
fn written_ref(entity: &Value) -> String {
    let metadata = &entity["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let namespace = metadata["namespace"]
        .as_str()
        .unwrap_or(callboard_policy::DEFAULT_NAMESPACE);
    format!(
        "{}:{}/{}",
        text(&entity["kind"]),
        namespace.to_lowercase(),
        text(&metadata["name"])
    )
}

/// Checks what holds for entities of every kind; gives the field and the message.
fn check_policy(entity: &Value) -> Result<(), (String, String)> {
    if let Some(error) = ENTITY.first_error(entity) {
        return Err((
            error.field,
            format!("Malformed envelope, {} {}", error.path, error.message),
        ));
    }
    // The schema knows them, but only the hub may set them.
    if let Some(foreign) = ["relations", "status"]
        .into_iter()
        .find(|member| entity.get(member).is_some())
    {
        return Err((foreign.to_owned(), format!("Unknown field {foreign}")));
    }
    format::check(entity).map_err(|error| {
        let is_rooted = error.field.starts_with("metadata.") || !error.field.contains('.');
        let field = if is_rooted {
            error.field
        } else {
            format!("metadata.{}", error.field)
        };
        (field, error.message)
    })
}

fn unrecognized(entity: &Value, entity_ref: &str) -> ValidationError {
    let is_known_version = matches!(
        entity["apiVersion"].as_str(),
        Some("backstage.io/v1alpha1" | "backstage.io/v1beta1" | "scaffolder.backstage.io/v1beta3")
    );
    let is_template = entity["kind"] == "Template";
    ValidationError {
        name: ErrorName::InputError,
        message: format!(
            "No processor recognized the entity {entity_ref} as valid, possibly caused by a foreign kind or apiVersion"
        ),
        field: if is_known_version && !is_template {
            "kind"
        } else {
            "apiVersion"
        }
        .to_owned(),
        cause: None,
    }
}

fn with_params(error: &SchemaError) -> String {
    format!("{} {} - {}", error.path, error.message, error.params)
}

fn caused(context: &str, field: String, name: ErrorName, message: String) -> ValidationError {
    ValidationError {
        name: ErrorName::InputError,
        message: format!("{context}; caused by {name}: {message}"),
        field,
        cause: Some(ValidationCause { name, message }),
    }
}
