//! Why configured policies stop the start.

use smol_str::SmolStr;

use super::LimitPurpose;
use crate::{InvalidGrantError, SourceError, reference::ReferenceError};

/// Why the configuration of policies stops the start; known messages are those of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfiguredPolicyError {
    /// An administrator is no user or group.
    #[error("Invalid admin entity reference '{reference}': {cause}")]
    Admin {
        /// The reference, in lower case.
        reference: SmolStr,
        /// What is wrong with it.
        cause: ReferenceError,
    },
    /// A super user is no user or group.
    #[error("Invalid super user entity reference '{reference}': {cause}")]
    SuperUser {
        /// The reference, in lower case.
        reference: SmolStr,
        /// What is wrong with it.
        cause: ReferenceError,
    },
    /// The administrators' role belongs to another source.
    #[error("The RoleMetadata.source field is 'read-only'.")]
    AdminSource,
    /// The default permissions have no role.
    #[error(
        "Default role is mandatory for defaultPermissions configuration. Please set a valid default role in the \
         configuration."
    )]
    DefaultRoleMissing,
    /// The default role is no role.
    #[error("Invalid default role '{role}': {cause}")]
    DefaultRole {
        /// The role, as written.
        role: SmolStr,
        /// What is wrong with it.
        cause: ReferenceError,
    },
    /// The default role has no permissions.
    #[error(
        "The default role '{0}' requires at least one entry in permission.rbac.defaultPermissions.basicPermissions."
    )]
    DefaultRoleEmpty(SmolStr),
    /// A default permission has an unknown action.
    #[error("Invalid action '{action}' for permission '{permission}'.")]
    DefaultAction {
        /// The action, as written.
        action: SmolStr,
        /// The permission.
        permission: SmolStr,
    },
    /// A default permission is no policy.
    #[error("Invalid default permission policy for role '{role}': {cause}")]
    DefaultPolicy {
        /// The default role.
        role: SmolStr,
        /// What is wrong with the policy.
        cause: InvalidGrantError,
    },
    /// The default role belongs to another source.
    #[error("Invalid default role '{role}': {cause}")]
    DefaultSource {
        /// The default role.
        role: SmolStr,
        /// Whose it is.
        cause: SourceError,
    },
    /// The depth of the group hierarchy is negative.
    #[error("Max Depth for RBAC group hierarchy must be greater than or equal to zero")]
    MaxDepth,
    /// A limit is no positive integer.
    #[error("'{key}' must be a positive integer for {} validation", .purpose.as_str())]
    Limit {
        /// The key, as the message gives it.
        key: SmolStr,
        /// What the limit is for.
        purpose: LimitPurpose,
    },
}
