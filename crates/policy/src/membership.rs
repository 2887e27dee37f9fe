//! Checks of written memberships.

use crate::{
    Membership,
    reference::{self, ReferenceError, Usage},
};

impl Membership {
    /// Reads a membership from its two written fields: a user or group, and a role.
    ///
    /// References are compared as written: fold the member first where the input is folded.
    ///
    /// # Errors
    ///
    /// [`InvalidMembershipError`] with the first fault.
    ///
    /// # Source
    ///
    /// Mirrors the membership validation of the community RBAC backend, order of checks included.
    pub fn parse(member: &str, role: &str) -> Result<Self, InvalidMembershipError> {
        let row = Self::new(member, role);
        let checked =
            reference::check(member, Usage::Any).and_then(|()| reference::check(role, Usage::Any));
        if let Err(cause) = checked {
            return Err(InvalidMembershipError::Reference { row, cause });
        }
        if member.starts_with("role:") {
            return Err(InvalidMembershipError::RoleInheritance(row));
        }
        if role.starts_with("group:") {
            return Err(if member.starts_with("group:") {
                InvalidMembershipError::GroupInheritance(row)
            } else {
                InvalidMembershipError::UserMembership(row)
            });
        }
        match reference::check(role, Usage::Role) {
            Ok(()) => Ok(row),
            Err(cause) => Err(InvalidMembershipError::Reference { row, cause }),
        }
    }
}

/// Why a written membership is refused; the messages are those of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMembershipError {
    /// The member or the role is no reference.
    #[error("Failed to validate group policy {row}. Cause: {cause}")]
    Reference {
        /// As it was written.
        row: Membership,
        /// What is wrong with the reference.
        cause: ReferenceError,
    },
    /// The member is a role.
    #[error("Group policy is invalid: {0}. rbac-backend plugin doesn't support role inheritance.")]
    RoleInheritance(Membership),
    /// A group is to be in a group, which only the catalog says.
    #[error(
        "Group policy is invalid: {0}. Group inheritance information could be provided only with help of Catalog API."
    )]
    GroupInheritance(Membership),
    /// A user is to be in a group, which only the catalog says.
    #[error(
        "Group policy is invalid: {0}. User membership information could be provided only with help of Catalog API."
    )]
    UserMembership(Membership),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_reported() {
        let message = |member, role| Membership::parse(member, role).unwrap_err().to_string();
        let role = "role:default/a";

        assert!(message("bob", "role").starts_with("Failed to validate group policy bob,role."));
        assert_eq!(
            message("role:default/b", "group:default/c"),
            "Group policy is invalid: role:default/b,group:default/c. rbac-backend plugin doesn't \
             support role inheritance."
        );
        assert_eq!(
            message("group:default/b", "group:default/c"),
            "Group policy is invalid: group:default/b,group:default/c. Group inheritance \
             information could be provided only with help of Catalog API."
        );
        assert_eq!(
            message("user:default/b", "group:default/c"),
            "Group policy is invalid: user:default/b,group:default/c. User membership information \
             could be provided only with help of Catalog API."
        );
        assert!(message("user:default/b", "user:default/c").contains("Unsupported kind user."));
        assert!(Membership::parse("user:default/b", role).is_ok());
    }
}
