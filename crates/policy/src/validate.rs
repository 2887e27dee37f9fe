//! Checks of conditional policies that somebody wrote.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    Action, ConditionalPolicy, MappedPermission,
    reference::{self, Usage},
};

/// How large the criteria of a conditional policy may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionLimits {
    /// How deep nodes may be nested; the root is at depth 1.
    pub max_depth: usize,
    /// How many nodes there may be.
    pub max_nodes: usize,
    /// How many members one list may have.
    pub max_items: usize,
}

impl Default for ConditionLimits {
    fn default() -> Self {
        Self {
            max_depth: 12,
            max_nodes: 256,
            max_items: 64,
        }
    }
}

/// How many actions a mapping may list.
const MAX_ACTIONS: usize = Action::ALL.len();
/// How many named permissions a mapping may list.
const MAX_NAMED: usize = 25;

/// Checks the body of a conditional policy as every way in does.
///
/// Rules, parameters and the resource types of leaves are not looked at, nor is the role.
///
/// # Errors
///
/// [`InvalidConditionError`] with the first fault; its message goes to the caller as it stands.
///
/// # Source
///
/// Mirrors the shared validator of the community RBAC backend, order of checks included.
pub fn validate(body: &Value, limits: &ConditionLimits) -> Result<(), InvalidConditionError> {
    for key in ["roleEntityRef", "result", "pluginId", "resourceType"] {
        if text(body, key).is_none() {
            return Err(invalid(
                &[key],
                format_args!("'{key}' must be specified in the role condition"),
            ));
        }
    }
    let mapping = check_mapping(body)?;
    if text(body, "resourceType") == Some("policy-entity")
        && mapping.iter().any(|entry| entry.action() == Action::Create)
    {
        return Err(invalid(
            &["permissionMapping"],
            "Conditional policy can not be created for resource type 'policy-entity' with the permission action \
             'create'",
        ));
    }
    match body.get("conditions") {
        None | Some(Value::Null | Value::Bool(false)) => {}
        Some(Value::String(text)) if text.is_empty() => {}
        Some(conditions) => {
            let mut path = Path::new();
            return Walk { limits, nodes: 0 }.check(conditions, 1, &mut path);
        }
    }
    Err(invalid(
        &["conditions"],
        "'conditions' must be specified in the role condition",
    ))
}

impl ConditionalPolicy {
    /// Reads a conditional policy that somebody wrote, once it is valid.
    ///
    /// Beside [`validate`] the result must be `CONDITIONAL`. Whether the role exists, and
    /// whether its reference is one at all, is for the caller to ask: an API refuses what a
    /// file skips. See [`check_role`](Self::check_role).
    ///
    /// # Errors
    ///
    /// [`InvalidConditionError`] with the first fault.
    pub fn from_json(
        body: &Value,
        limits: &ConditionLimits,
    ) -> Result<Self, InvalidConditionError> {
        validate(body, limits)?;
        let field = |key| text(body, key).unwrap_or_default();
        let result = field("result");
        if result != "CONDITIONAL" {
            return Err(invalid(
                &["result"],
                format_args!("'result' has invalid value: '{result}'. It should be: 'CONDITIONAL'"),
            ));
        }
        Ok(Self {
            role: field("roleEntityRef").into(),
            plugin_id: field("pluginId").into(),
            resource_type: field("resourceType").into(),
            mapping: check_mapping(body)?,
            conditions: body.get("conditions").cloned().unwrap_or_default(),
        })
    }

    /// Checks that the role is a full reference of a role.
    ///
    /// # Errors
    ///
    /// [`InvalidConditionError`] with the message of the reference.
    pub fn check_role(&self) -> Result<(), InvalidConditionError> {
        reference::check(&self.role, Usage::Role)
            .map_err(|error| invalid(&["roleEntityRef"], error))
    }
}

impl MappedPermission {
    /// Reads an entry as it is stored: an action, or a name with an action.
    ///
    /// `None` for anything else, which no permission ever matches.
    pub fn from_json(entry: &Value) -> Option<Self> {
        let form = Form::of(entry)?;
        let action = form.action().parse().ok()?;
        Some(match form {
            Form::Action(_) => Self::Action(action),
            Form::Named { name, .. } => Self::Named {
                name: name.into(),
                action,
            },
        })
    }
}

/// A mapping entry as written, before its action is known to be one.
#[derive(Clone, Copy)]
enum Form<'a> {
    Action(&'a str),
    Named { name: &'a str, action: &'a str },
}

impl<'a> Form<'a> {
    fn of(entry: &'a Value) -> Option<Self> {
        if let Some(action) = entry.as_str() {
            return Some(Self::Action(action));
        }
        let field = |key| entry.get(key).and_then(Value::as_str);
        Some(Self::Named {
            name: field("name")?,
            action: field("action")?,
        })
    }

    fn action(self) -> &'a str {
        match self {
            Self::Action(action) | Self::Named { action, .. } => action,
        }
    }
}

fn check_mapping(body: &Value) -> Result<Vec<MappedPermission>, InvalidConditionError> {
    let key = "permissionMapping";
    let fault = |message: fmt::Arguments<'_>| invalid(&[key], message);
    let Some(entries) = body
        .get(key)
        .and_then(Value::as_array)
        .filter(|entries| !entries.is_empty())
    else {
        return Err(fault(format_args!(
            "'{key}' must be non empty array in the role condition"
        )));
    };
    let named = !entries[0].is_string();
    let most = if named { MAX_NAMED } else { MAX_ACTIONS };
    if entries.len() > most {
        return Err(fault(format_args!("'{key}' can have at most {most} items")));
    }
    let mut forms = Vec::new();
    for entry in entries {
        let Some(form) = Form::of(entry) else {
            return Err(fault(format_args!(
                "'{key}' entry must be an action string or {{name: string, action: string}}, got: {entry}"
            )));
        };
        if named != matches!(form, Form::Named { .. }) {
            return Err(fault(format_args!(
                "'{key}' must be either all action strings or all {{name, action}} objects, not a mix"
            )));
        }
        if matches!(form, Form::Named { name, .. } if name.trim().is_empty()) {
            return Err(fault(format_args!(
                "'{key}' entry has empty permission name"
            )));
        }
        forms.push(form);
    }
    let mut mapping = Vec::new();
    for (form, entry) in forms.iter().zip(entries) {
        let Some(mapped) = MappedPermission::from_json(entry) else {
            return Err(fault(format_args!(
                "'{key}' array contains non action value: '{}'",
                form.action()
            )));
        };
        mapping.push(mapped);
    }
    for (at, entry) in mapping.iter().enumerate() {
        if mapping[..at].contains(entry) {
            return Err(match entry {
                MappedPermission::Action(action) => fault(format_args!(
                    "'{key}' must not contain duplicate permission action '{action}'"
                )),
                MappedPermission::Named { name, action } => fault(format_args!(
                    "'{key}' must not contain duplicate permission '{name}' with action '{action}'"
                )),
            });
        }
    }
    Ok(mapping)
}

/// The steps from the conditions to a node; indices are steps too.
type Path = Vec<String>;

/// A walk through the criteria, depth first.
struct Walk<'a> {
    limits: &'a ConditionLimits,
    nodes: usize,
}

impl Walk<'_> {
    fn check(
        &mut self,
        node: &Value,
        depth: usize,
        path: &mut Path,
    ) -> Result<(), InvalidConditionError> {
        let ConditionLimits {
            max_depth,
            max_nodes,
            ..
        } = *self.limits;
        if depth > max_depth {
            return Err(at(
                path,
                format_args!("Conditional criteria depth exceeds maximum of {max_depth}"),
            ));
        }
        self.nodes += 1;
        if self.nodes > max_nodes {
            return Err(at(
                path,
                format_args!("Conditional criteria exceeds maximum of {max_nodes} nodes"),
            ));
        }
        let empty = Map::new();
        let node = node.as_object().unwrap_or(&empty);
        let forms: Vec<_> = ["allOf", "anyOf", "not"]
            .into_iter()
            .filter(|form| node.contains_key(*form))
            .collect();
        let advice = "consider reworking request to include nested condition criteria. Conditional criteria causing \
                      the error";
        let form = match forms.as_slice() {
            [] => return check_leaf(node, path),
            [form] => *form,
            _ => {
                let forms = forms.join(",");
                return Err(at(
                    path,
                    format_args!(
                        "RBAC plugin does not support parallel conditions, {advice} {forms}."
                    ),
                ));
            }
        };
        if let Some(rule) = node.get("rule") {
            let rule = rule
                .as_str()
                .map_or_else(|| rule.to_string(), str::to_owned);
            return Err(at(
                path,
                format_args!(
                    "RBAC plugin does not support parallel conditions alongside rules, {advice} {form}, 'rule: {rule}'."
                ),
            ));
        }
        if form == "not" {
            return self.step(&node["not"], depth, path, ["not".to_owned()]);
        }
        let shown = dotted(path);
        let Some(members) = node[form].as_array().filter(|members| !members.is_empty()) else {
            return Err(at(
                path,
                format_args!("{shown}.{form} criteria must be non empty array"),
            ));
        };
        let most = self.limits.max_items;
        if members.len() > most {
            return Err(at(
                path,
                format_args!("{shown}.{form} criteria supports at most {most} items"),
            ));
        }
        for (index, member) in members.iter().enumerate() {
            self.step(member, depth, path, [form.to_owned(), index.to_string()])?;
        }
        Ok(())
    }

    fn step<const N: usize>(
        &mut self,
        node: &Value,
        depth: usize,
        path: &mut Path,
        steps: [String; N],
    ) -> Result<(), InvalidConditionError> {
        path.extend(steps);
        self.check(node, depth + 1, path)?;
        path.truncate(path.len() - N);
        Ok(())
    }
}

fn check_leaf(node: &Map<String, Value>, path: &Path) -> Result<(), InvalidConditionError> {
    for key in ["resourceType", "rule"] {
        if node
            .get(key)
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
        {
            let shown = dotted(path);
            return Err(at(
                path,
                format_args!("'{key}' must be specified in the {shown}.condition"),
            ));
        }
    }
    Ok(())
}

/// Writes `roleCondition.conditions.anyOf[1].not`.
fn dotted(path: &Path) -> String {
    let mut shown = "roleCondition.conditions".to_owned();
    for step in path {
        match step.parse::<usize>() {
            Ok(index) => shown += &format!("[{index}]"),
            Err(_) => shown += &format!(".{step}"),
        }
    }
    shown
}

fn text<'a>(body: &'a Value, key: &str) -> Option<&'a str> {
    body.get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn invalid(path: &[&str], message: impl fmt::Display) -> InvalidConditionError {
    InvalidConditionError {
        message: message.to_string(),
        path: path.iter().map(|step| (*step).to_owned()).collect(),
    }
}

fn at(path: &Path, message: fmt::Arguments<'_>) -> InvalidConditionError {
    let path = std::iter::once("conditions".to_owned())
        .chain(path.iter().cloned())
        .collect();
    InvalidConditionError {
        message: message.to_string(),
        path,
    }
}

/// Why a conditional policy is refused; the message is that of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidConditionError {
    message: String,
    path: Vec<String>,
}

impl InvalidConditionError {
    /// The keys and indices from the body to the value at fault.
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.path.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(conditions: &Value) -> Value {
        json!({
            "result": "CONDITIONAL", "roleEntityRef": "role:default/a", "pluginId": "catalog",
            "resourceType": "catalog-entity", "permissionMapping": ["read"], "conditions": conditions,
        })
    }

    #[test]
    fn a_fault_says_where_it_is() {
        let leaf = json!({"rule": "R", "resourceType": "t"});
        let body = body(&json!({"anyOf": [leaf, {"not": {"resourceType": "t"}}]}));

        let error = validate(&body, &ConditionLimits::default()).unwrap_err();

        assert_eq!(
            error.to_string(),
            "'rule' must be specified in the roleCondition.conditions.anyOf[1].not.condition"
        );
        assert_eq!(
            error.path().collect::<Vec<_>>(),
            ["conditions", "anyOf", "1", "not"]
        );
    }

    #[test]
    fn only_conditional_is_a_result() {
        let mut body = body(&json!({"rule": "R", "resourceType": "t"}));
        assert!(ConditionalPolicy::from_json(&body, &ConditionLimits::default()).is_ok());

        body["result"] = "MAYBE".into();

        assert!(ConditionalPolicy::from_json(&body, &ConditionLimits::default()).is_err());
    }

    #[test]
    fn what_is_read_is_written_again() {
        let body = body(
            &json!({"not": {"rule": "R", "resourceType": "t", "params": {"a": "$currentUser"}}}),
        );

        let policy = ConditionalPolicy::from_json(&body, &ConditionLimits::default()).unwrap();

        assert_eq!(policy.to_json(), body);
        assert_eq!(policy.check_role(), Ok(()));
    }
}
