//! Checks of written permission policies.

use smol_str::SmolStr;

use crate::{
    Action, Effect, Grant,
    reference::{self, ReferenceError, Usage},
};

impl Grant {
    /// Reads a policy from its four written fields; an absent field is an empty one.
    ///
    /// The subject may be a role, a user or a group. Whether a permission of the name exists
    /// is not asked.
    ///
    /// # Errors
    ///
    /// [`InvalidGrantError`] with the first fault.
    ///
    /// # Source
    ///
    /// Mirrors the policy validation of the community RBAC backend, order of checks included.
    pub fn parse(
        subject: &str,
        permission: &str,
        action: &str,
        effect: &str,
    ) -> Result<Self, InvalidGrantError> {
        reference::check(subject, Usage::Any)?;
        if permission.is_empty() {
            return Err(InvalidGrantError::Empty("permission"));
        }
        if permission.contains('"') {
            return Err(InvalidGrantError::Quotes);
        }
        if action.is_empty() {
            return Err(InvalidGrantError::Empty("policy"));
        }
        let Ok(action) = action.parse::<Action>() else {
            return Err(InvalidGrantError::Action(action.into()));
        };
        if effect.is_empty() {
            return Err(InvalidGrantError::Empty("effect"));
        }
        let Some(effect) = Effect::from_name(effect) else {
            return Err(InvalidGrantError::Effect(effect.into()));
        };
        Ok(Self::new(subject, permission, action, effect))
    }

    /// Whether this is a row of the resource type that `policy.entity.create` once had.
    pub fn is_retired(&self) -> bool {
        self.permission == "policy-entity" && self.action == Action::Create
    }
}

/// Why a written policy is refused; the messages are the causes named on the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrantError {
    /// The subject is no reference.
    #[error(transparent)]
    Subject(#[from] ReferenceError),
    /// A field is empty or absent.
    #[error("'{0}' field must not be empty")]
    Empty(&'static str),
    /// The permission's name has quotes in it.
    #[error(
        "'permission' contains double quotes (\") which are not supported by the RBAC policy persistence format."
    )]
    Quotes,
    /// The action is none.
    #[error(
        "'policy' has invalid value: '{0}'. It should be one of: create, read, update, delete, use"
    )]
    Action(SmolStr),
    /// The effect is none.
    #[error("'effect' has invalid value: '{0}'. It should be: 'allow' or 'deny'")]
    Effect(SmolStr),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_reported() {
        let cause = |fields: [&str; 4]| {
            let [subject, permission, action, effect] = fields;
            Grant::parse(subject, permission, action, effect)
                .unwrap_err()
                .to_string()
        };
        let role = "role:default/a";

        assert_eq!(
            cause(["", "", "", ""]),
            "'entityReference' must not be empty"
        );
        assert_eq!(
            cause([role, "", "", ""]),
            "'permission' field must not be empty"
        );
        assert_eq!(
            cause([role, "p", "", ""]),
            "'policy' field must not be empty"
        );
        assert_eq!(
            cause([role, "p", "Read", ""]),
            "'policy' has invalid value: 'Read'. It should be one of: create, read, update, delete, use"
        );
        assert_eq!(
            cause([role, "p", "read", ""]),
            "'effect' field must not be empty"
        );
        assert_eq!(
            cause([role, "p", "read", "Deny"]),
            "'effect' has invalid value: 'Deny'. It should be: 'allow' or 'deny'"
        );
        assert!(
            cause([role, "a\"b", "read", "deny"])
                .starts_with("'permission' contains double quotes (\")")
        );
    }
}
