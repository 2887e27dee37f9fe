//! The JSON schemas of entities, and errors in the words of the validator that upstream uses.

use std::sync::LazyLock;

use jsonschema::{
    Validator,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;

/// Who checks an entity of a known kind, and how.
pub(crate) struct Kind {
    name: &'static str,
    api_versions: &'static [&'static str],
    /// The name under which upstream reports its errors.
    pub(crate) processor: &'static str,
    pub(crate) schema: Schema,
}

impl Kind {
    /// The built-in kind of an entity; both names are compared with their case.
    pub(crate) fn find(api_version: &str, kind: &str) -> Option<&'static Self> {
        KINDS
            .iter()
            .find(|known| known.name == kind && known.api_versions.contains(&api_version))
    }
}

/// What every entity has, before anything else is known of it.
pub(crate) static ENVELOPE: LazyLock<Schema> =
    LazyLock::new(|| Schema::new(include_str!("schemas/envelope.json")));

/// What an entity may have outside `spec`.
pub(crate) static ENTITY: LazyLock<Schema> =
    LazyLock::new(|| Schema::new(include_str!("schemas/entity.json")));

static KINDS: LazyLock<[Kind; 9]> = LazyLock::new(|| {
    let built_in = |name, schema| Kind {
        name,
        api_versions: &["backstage.io/v1alpha1", "backstage.io/v1beta1"],
        processor: "BuiltinKindsEntityProcessor",
        schema: Schema::new(schema),
    };
    [
        built_in("API", include_str!("schemas/api.json")),
        built_in("Component", include_str!("schemas/component.json")),
        built_in("Domain", include_str!("schemas/domain.json")),
        built_in("Group", include_str!("schemas/group.json")),
        built_in("Location", include_str!("schemas/location.json")),
        built_in("Resource", include_str!("schemas/resource.json")),
        built_in("System", include_str!("schemas/system.json")),
        built_in("User", include_str!("schemas/user.json")),
        Kind {
            name: "Template",
            api_versions: &["scaffolder.backstage.io/v1beta3"],
            processor: "ScaffolderEntitiesProcessor",
            schema: Schema::new(include_str!("schemas/template.json")),
        },
    ]
});

/// A compiled schema.
pub(crate) struct Schema {
    source: Value,
    validator: Validator,
}

/// The first place at which a value leaves its schema.
pub(crate) struct SchemaError {
    /// The JSON pointer of the place, or `<root>`.
    pub(crate) path: String,
    /// What is wrong there, such as `must be string`.
    pub(crate) message: String,
    /// The particulars, such as `type: string`.
    pub(crate) params: String,
    /// The field in dotted form; a missing or surplus member is named too.
    pub(crate) field: String,
}

impl Schema {
    fn new(source: &str) -> Self {
        // The schemas are compiled in, and the tests validate with every one of them.
        let source = serde_json::from_str(source).expect("an embedded schema is JSON");
        let validator = jsonschema::draft7::new(&source).expect("an embedded schema is a schema");
        Self { source, validator }
    }

    /// Finds the error that upstream's validator comes to first.
    pub(crate) fn first_error(&self, value: &Value) -> Option<SchemaError> {
        // Most values are valid, and to know that alone is several times cheaper.
        if self.validator.is_valid(value) {
            return None;
        }
        let errors = self.validator.iter_errors(value);
        let first = errors.min_by_key(|error| self.rank(error.schema_path().as_str()))?;
        Some(SchemaError::of(&first))
    }

    /// The place of a keyword in the order of upstream's validator: at each value its own
    /// keywords first, then its members in the order in which the schema lists them.
    fn rank(&self, schema_path: &str) -> Vec<usize> {
        let (mut at, mut is_name, mut rank) = (&self.source, false, Vec::new());
        for segment in schema_path.split('/').skip(1) {
            let position = at
                .as_object()
                .and_then(|members| members.keys().position(|key| key == segment));
            rank.push(if is_name {
                position.unwrap_or_default()
            } else {
                keyword_rank(segment)
            });
            is_name = !is_name && segment == "properties";
            at = &at[segment];
        }
        rank
    }
}

fn keyword_rank(keyword: &str) -> usize {
    const ORDER: [&str; 8] = [
        "type",
        "minLength",
        "required",
        "enum",
        "items",
        "additionalProperties",
        "properties",
        "patternProperties",
    ];
    ORDER
        .iter()
        .position(|known| *known == keyword)
        .unwrap_or(ORDER.len())
}

impl SchemaError {
    fn of(error: &jsonschema::ValidationError<'_>) -> Self {
        let pointer = error.instance_path().as_str();
        let mut field: Vec<String> = pointer
            .split('/')
            .skip(1)
            .map(|key| key.replace("~1", "/").replace("~0", "~"))
            .collect();
        let (message, params) = match error.kind() {
            ValidationErrorKind::Required { property } => {
                let property = property.as_str().unwrap_or_default();
                field.push(property.to_owned());
                (
                    format!("must have required property '{property}'"),
                    format!("missingProperty: {property}"),
                )
            }
            ValidationErrorKind::Type { kind } => {
                let types = match kind {
                    TypeKind::Single(only) => only.to_string(),
                    TypeKind::Multiple(types) => types
                        .iter()
                        .map(|one| one.to_string())
                        .collect::<Vec<_>>()
                        .join(","),
                };
                (format!("must be {types}"), format!("type: {types}"))
            }
            ValidationErrorKind::MinLength { limit } => (
                format!("must NOT have fewer than {limit} characters"),
                format!("limit: {limit}"),
            ),
            ValidationErrorKind::Enum { options } => {
                let options: Vec<_> = options
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                (
                    "must be equal to one of the allowed values".to_owned(),
                    format!("allowedValues: {}", options.join(",")),
                )
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let first = unexpected.first().map(String::as_str).unwrap_or_default();
                field.push(first.to_owned());
                (
                    "must NOT have additional properties".to_owned(),
                    format!("additionalProperty: {first}"),
                )
            }
            other => (error.to_string(), format!("keyword: {}", other.keyword())),
        };
        let root = || "<root>".to_owned();
        Self {
            path: if pointer.is_empty() {
                root()
            } else {
                pointer.to_owned()
            },
            message,
            params,
            field: if field.is_empty() {
                root()
            } else {
                field.join(".")
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_schema_compiles_and_the_first_error_is_the_one_of_upstream() {
        let component = Kind::find("backstage.io/v1beta1", "Component").unwrap();
        let message = |entity: Value| {
            let error = component.schema.first_error(&entity).unwrap();
            format!("{} {} - {}", error.path, error.message, error.params)
        };

        assert_eq!(
            message(json!({"spec": {"type": 1}})),
            "/spec must have required property 'lifecycle' - missingProperty: lifecycle"
        );
        assert_eq!(
            message(json!({"spec": {"dependsOn": "x", "owner": "", "lifecycle": "y", "type": 1}})),
            "/spec/type must be string - type: string"
        );
        assert!(Kind::find("backstage.io/v1alpha1", "component").is_none());
        assert!(
            ENVELOPE
                .first_error(&json!([]))
                .is_some_and(|error| error.field == "<root>")
        );
        assert!(ENTITY.first_error(&json!([])).is_some());
    }
}
