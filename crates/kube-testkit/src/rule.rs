//! Rules of schemas that one field alone cannot break: `x-kubernetes-validations`.
//!
//! The language is CEL with its standard library; what Kubernetes adds to that is not known here,
//! and a rule that uses it refuses the object, so that nothing passes unseen.

use std::collections::HashMap;

use cel::{Context, Program, Value as CelValue};
use serde_json::Value;

use crate::error::Cause;
use crate::schema::{join, member};

/// Checks the rules of a schema, of its members and of its items.
pub(crate) fn check(
    value: &Value,
    before: Option<&Value>,
    schema: &Value,
    path: &str,
    causes: &mut Vec<Cause>,
) {
    let rules = schema["x-kubernetes-validations"].as_array();
    for rule in rules.into_iter().flatten() {
        causes.extend(broken(rule, value, before, path));
    }
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if let Some(schema) = member(schema, name) {
                    let before = before.and_then(|before| before.get(name));
                    check(value, before, schema, &join(path, name), causes);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (at, item) in items.iter().enumerate() {
                    check(item, None, schema, &format!("{path}[{at}]"), causes);
                }
            }
        }
        _ => {}
    }
}

fn broken(rule: &Value, value: &Value, before: Option<&Value>, path: &str) -> Option<Cause> {
    let text = rule["rule"].as_str().unwrap_or_default();
    // A rule about a change has nothing to say of what is new.
    if text.contains("oldSelf") && before.is_none() {
        return None;
    }
    let why = match evaluate(text, value, before) {
        Ok(true) => return None,
        Ok(false) => match rule["message"].as_str() {
            Some(message) => message.to_owned(),
            None => format!("failed rule: {text}"),
        },
        Err(error) => format!("rule evaluation error: {text}: {error}"),
    };
    let field = rule["fieldPath"].as_str().map_or_else(
        || path.to_owned(),
        |field| join(path, field.trim_start_matches('.')),
    );
    Some(Cause::invalid(field, value, &why))
}

fn evaluate(text: &str, value: &Value, before: Option<&Value>) -> Result<bool, String> {
    let program = Program::compile(text).map_err(|error| error.to_string())?;
    let mut context = Context::default();
    context.add_variable_from_value("self", to_cel(value));
    if let Some(before) = before {
        context.add_variable_from_value("oldSelf", to_cel(before));
    }
    match program.execute(&context) {
        Ok(CelValue::Bool(holds)) => Ok(holds),
        Ok(other) => Err(format!("{other:?} is neither true nor false")),
        Err(error) => Err(error.to_string()),
    }
}

/// Whole numbers become signed ones, as Kubernetes has them.
fn to_cel(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(value) => CelValue::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => CelValue::Int(number),
            None => CelValue::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => CelValue::String(text.clone().into()),
        Value::Array(items) => CelValue::List(items.iter().map(to_cel).collect::<Vec<_>>().into()),
        Value::Object(members) => {
            let members: HashMap<String, CelValue> = members
                .iter()
                .map(|(name, value)| (name.clone(), to_cel(value)))
                .collect();
            CelValue::Map(members.into())
        }
    }
}
