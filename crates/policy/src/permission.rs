//! Permissions and the actions that they stand for.

use std::{fmt, str::FromStr};

use smol_str::SmolStr;

/// What a policy lets somebody do.
///
/// The order is the one in which messages list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// `create`
    Create,
    /// `read`
    Read,
    /// `update`
    Update,
    /// `delete`
    Delete,
    /// `use`, the action of a permission that has no action attribute
    Use,
}

impl Action {
    /// Every action, in order.
    pub const ALL: [Self; 5] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Delete,
        Self::Use,
    ];

    /// The action's name in policies and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Use => "use",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Action {
    type Err = UnknownActionError;

    /// Reads a name exactly as written: `Read` is no action.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| UnknownActionError(text.into()))
    }
}

/// A text that names no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown action `{0}`")]
pub struct UnknownActionError(pub SmolStr);

/// Something that a plugin asks about before it acts.
///
/// A permission is a *resource* permission exactly when it has a resource type; only those
/// can be decided conditionally.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// A permission about no resource in particular, such as `catalog.entity.create`.
    Basic {
        /// The name, compared exactly.
        name: SmolStr,
        /// The action attribute, absent for "use".
        action: Option<Action>,
    },
    /// A permission about resources of one type, such as `catalog.entity.read`.
    Resource {
        /// The name, compared exactly.
        name: SmolStr,
        /// The action attribute, absent for "use".
        action: Option<Action>,
        /// The type of the resources, such as `catalog-entity`.
        resource_type: SmolStr,
    },
}

impl Permission {
    /// A basic permission.
    pub fn basic(name: impl Into<SmolStr>, action: Option<Action>) -> Self {
        Self::Basic {
            name: name.into(),
            action,
        }
    }

    /// A resource permission.
    pub fn resource(
        name: impl Into<SmolStr>,
        action: Option<Action>,
        resource_type: impl Into<SmolStr>,
    ) -> Self {
        Self::Resource {
            name: name.into(),
            action,
            resource_type: resource_type.into(),
        }
    }

    /// The permission's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Basic { name, .. } | Self::Resource { name, .. } => name,
        }
    }

    /// The action that policies know it by: its attribute, or [`Action::Use`].
    pub fn action(&self) -> Action {
        self.attribute_action().unwrap_or(Action::Use)
    }

    /// The action attribute as the permission declares it.
    pub fn attribute_action(&self) -> Option<Action> {
        match self {
            Self::Basic { action, .. } | Self::Resource { action, .. } => *action,
        }
    }

    /// The resource type, absent for a basic permission.
    pub fn resource_type(&self) -> Option<&str> {
        match self {
            Self::Basic { .. } => None,
            Self::Resource { resource_type, .. } => Some(resource_type),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_exactly() {
        for action in Action::ALL {
            assert_eq!(action.as_str().parse(), Ok(action));
        }
        assert_eq!(
            "Read".parse::<Action>(),
            Err(UnknownActionError("Read".into()))
        );
    }

    #[test]
    fn a_permission_without_an_action_is_used() {
        let permission = Permission::basic("kubernetes.proxy", None);

        assert_eq!(permission.action(), Action::Use);
        assert_eq!(permission.attribute_action(), None);
    }
}
