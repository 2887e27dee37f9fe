//! Parameters of rules: their schema and their check.

use serde_json::{Map, Value, json};

use crate::filter::Match;

/// A parameter of a rule, as its schema describes it.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) form: Form,
}

/// The value that a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    OptionalText,
    Texts,
}

impl Form {
    /// What is wrong with a value, if anything is.
    fn problem(self, value: Option<&Value>) -> Option<String> {
        match (self, value) {
            (Self::OptionalText, None) => None,
            (Self::Text | Self::Texts, None) => Some("Required".to_owned()),
            (Self::Text | Self::OptionalText, Some(value)) => {
                unexpected("string", value, Value::is_string)
            }
            (Self::Texts, Some(Value::Array(items))) => items
                .iter()
                .find_map(|item| unexpected("string", item, Value::is_string)),
            (Self::Texts, Some(value)) => unexpected("array", value, Value::is_array),
        }
    }
}

/// The JSON schema (draft 7) of some parameters.
pub(crate) fn schema(parameters: &[Parameter]) -> Value {
    let schema_of = |parameter: &Parameter| match parameter.form {
        Form::Text | Form::OptionalText => {
            json!({"type": "string", "description": parameter.description})
        }
        Form::Texts => {
            json!({"type": "array", "items": {"type": "string"}, "description": parameter.description})
        }
    };
    let properties: Map<String, Value> = parameters
        .iter()
        .map(|parameter| (parameter.name.to_owned(), schema_of(parameter)))
        .collect();
    let is_required = |parameter: &&Parameter| parameter.form != Form::OptionalText;
    let required: Vec<_> = parameters
        .iter()
        .filter(is_required)
        .map(|parameter| parameter.name)
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "$schema": "http://json-schema.org/draft-07/schema#",
    })
}

/// Parameters that fit their rule.
pub(crate) struct Given<'a> {
    given: Option<&'a Map<String, Value>>,
}

impl<'a> Given<'a> {
    /// Checks the parameters of a condition; those that the rule does not know are ignored.
    ///
    /// # Errors
    ///
    /// What is wrong with the first that does not fit, in the words of upstream's validator.
    pub(crate) fn check(parameters: &[Parameter], params: &'a Value) -> Result<Self, String> {
        let given = match params {
            Value::Object(given) => Some(given),
            Value::Null => None,
            other => return Err(format!("Expected object, received {}", type_of(other))),
        };
        for parameter in parameters {
            let value = given.and_then(|given| given.get(parameter.name));
            if let Some(problem) = parameter.form.problem(value) {
                return Err(format!("{problem} at \"{}\"", parameter.name));
            }
        }
        Ok(Self { given })
    }

    /// A parameter that is a string.
    fn text(&self, name: &str) -> Option<&'a str> {
        self.given?.get(name)?.as_str()
    }

    /// A parameter that is a list of strings.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let list = self
            .given
            .and_then(|given| given.get(name))
            .and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The row below `parent` that one parameter names, with the value of `value` if it is given.
    pub(crate) fn member(&self, parent: &str, key: &str) -> Match {
        let key = format!("{parent}.{}", self.text(key).unwrap_or_default());
        match self.text("value") {
            None => Match::exists(&key),
            Some(value) => Match::one_of(&key, [value]),
        }
    }
}

fn unexpected(
    expected: &str,
    value: &Value,
    is_expected: impl FnOnce(&Value) -> bool,
) -> Option<String> {
    (!is_expected(value)).then(|| format!("Expected {expected}, received {}", type_of(value)))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
