//! What the application configuration says: administrators, super users, the default role.

mod error;
mod limit;

use std::collections::BTreeSet;

use smol_str::{SmolStr, StrExt};

use crate::{
    Action, Effect, Grant, InvalidGrantError, Membership, Row, Source,
    reference::{self, ReferenceError, Usage},
};

pub use error::ConfiguredPolicyError;
pub use limit::{LimitPurpose, limit, max_depth};

/// The role of the configured administrators.
pub const ADMIN_ROLE: &str = "role:default/rbac_admin";

/// What metadata of configured roles name as author and last writer.
pub const CONFIGURATION_AUTHOR: &str = "application configuration";

/// What is said when nobody is configured to administrate.
pub const NO_ADMINS_WARNING: &str =
    "There are no admins or super admins configured for the RBAC-backend plugin.";

/// A role that the configuration makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredRole {
    /// Which of the two it is.
    pub kind: ConfiguredRoleKind,
    /// The role, as written.
    pub role: SmolStr,
    /// Its members, in lower case and in the order of the configuration.
    pub members: Vec<SmolStr>,
    /// What it may do.
    pub grants: Vec<Grant>,
}

/// The roles that the configuration makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfiguredRoleKind {
    /// The administrators' role, [`ADMIN_ROLE`].
    Admin,
    /// The role that every user holds.
    Default,
}

impl ConfiguredRoleKind {
    /// The description in the role's metadata.
    pub fn description(self) -> &'static str {
        match self {
            Self::Admin => {
                "The default permission policy for the admin role allows for the creation, deletion, updating, and \
                 reading of roles and permission policies."
            }
            Self::Default => "Role with default permissions for all users and groups.",
        }
    }
}

/// The administrators' role with its configured members.
///
/// Its policies are there whether it has members or not.
///
/// # Errors
///
/// [`ConfiguredPolicyError::Admin`] for a member that is no reference of a user or group.
pub fn admin_role(members: &[impl AsRef<str>]) -> Result<ConfiguredRole, ConfiguredPolicyError> {
    let invalid = |reference, cause| ConfiguredPolicyError::Admin { reference, cause };
    let grant = |permission, action| Grant::new(ADMIN_ROLE, permission, action, Effect::Allow);
    Ok(ConfiguredRole {
        kind: ConfiguredRoleKind::Admin,
        role: ADMIN_ROLE.into(),
        members: lowered(members)
            .map(|member| check_member(member, invalid))
            .collect::<Result<_, _>>()?,
        grants: vec![
            grant("policy-entity", Action::Read),
            grant("policy.entity.create", Action::Create),
            grant("policy-entity", Action::Delete),
            grant("policy-entity", Action::Update),
            grant("catalog-entity", Action::Read),
        ],
    })
}

/// The configured super users, in lower case.
///
/// # Errors
///
/// [`ConfiguredPolicyError::SuperUser`] for one that is no reference of a user or group.
pub fn super_users(names: &[impl AsRef<str>]) -> Result<Vec<SmolStr>, ConfiguredPolicyError> {
    let invalid = |reference, cause| ConfiguredPolicyError::SuperUser { reference, cause };
    lowered(names)
        .map(|name| check_member(name, invalid))
        .collect()
}

/// The default role with its configured permissions: names, and actions as written.
///
/// # Errors
///
/// [`ConfiguredPolicyError`] unless there is a valid role with valid permissions.
pub fn default_role(
    role: Option<&str>,
    permissions: &[(impl AsRef<str>, Option<impl AsRef<str>>)],
) -> Result<ConfiguredRole, ConfiguredPolicyError> {
    let Some(role) = role.filter(|role| !role.is_empty()) else {
        return Err(ConfiguredPolicyError::DefaultRoleMissing);
    };
    let role = SmolStr::new(role);
    if let Err(cause) = reference::check(&role, Usage::Role) {
        return Err(ConfiguredPolicyError::DefaultRole { role, cause });
    }
    if permissions.is_empty() {
        return Err(ConfiguredPolicyError::DefaultRoleEmpty(role));
    }
    let grants = permissions.iter().map(|(permission, action)| {
        let permission = permission.as_ref();
        let action = action.as_ref().map_or(Action::Use.as_str(), AsRef::as_ref);
        Grant::parse(&role, permission, action, Effect::Allow.as_str()).map_err(|cause| match cause
        {
            InvalidGrantError::Action(action) => ConfiguredPolicyError::DefaultAction {
                action,
                permission: permission.into(),
            },
            InvalidGrantError::Subject(_)
            | InvalidGrantError::Empty(_)
            | InvalidGrantError::Quotes
            | InvalidGrantError::Effect(_) => ConfiguredPolicyError::DefaultPolicy {
                role: role.clone(),
                cause,
            },
        })
    });
    let grants = grants.collect::<Result<_, _>>()?;
    Ok(ConfiguredRole {
        kind: ConfiguredRoleKind::Default,
        role,
        members: Vec::new(),
        grants,
    })
}

fn lowered(names: &[impl AsRef<str>]) -> impl Iterator<Item = SmolStr> {
    names
        .iter()
        .map(|name| name.as_ref().to_lowercase_smolstr())
}

/// Checks a user or group; roles pass the first check, but have no members that are roles.
fn check_member(
    reference: SmolStr,
    invalid: impl Fn(SmolStr, ReferenceError) -> ConfiguredPolicyError,
) -> Result<SmolStr, ConfiguredPolicyError> {
    let checked = reference::check(&reference, Usage::Any)
        .and_then(|()| reference::check(&reference, Usage::Owner));
    match checked {
        Ok(()) => Ok(reference),
        Err(cause) => Err(invalid(reference, cause)),
    }
}

/// Rows to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowChanges {
    /// Rows to store.
    pub add: Vec<Row>,
    /// Rows to remove.
    pub remove: Vec<Row>,
}

impl ConfiguredRole {
    /// The rows that the role is made of.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let memberships = self
            .members
            .iter()
            .map(|member| Membership::new(member.clone(), self.role.clone()));
        memberships
            .map(Row::Membership)
            .chain(self.grants.iter().cloned().map(Row::Grant))
    }

    /// Finds what must be written so that the role is the configured one.
    ///
    /// `stored` are all rows of the role. Members that are no longer configured go, and so
    /// do the default role's other policies; the administrators' role loses only the row
    /// that was retired.
    ///
    /// # Errors
    ///
    /// [`ConfiguredPolicyError`] when the role's metadata name another source, `legacy` apart. The
    /// administrators' role then only matters when members must be added.
    pub fn sync(
        &self,
        metadata: Option<&Source>,
        stored: &[Row],
    ) -> Result<RowChanges, ConfiguredPolicyError> {
        let known: BTreeSet<_> = stored.iter().collect();
        let wanted: BTreeSet<_> = self.rows().collect();
        let superfluous = |row: &Row| match (self.kind, row) {
            (ConfiguredRoleKind::Admin, Row::Grant(grant)) => {
                grant.is_retired() && grant.effect == Effect::Allow
            }
            (ConfiguredRoleKind::Admin, Row::Membership(_)) | (ConfiguredRoleKind::Default, _) => {
                !wanted.contains(row)
            }
        };
        let add: Vec<_> = self.rows().filter(|row| !known.contains(row)).collect();
        if let Some(source) = metadata
            && let Err(cause) = source.check_writable_by(&Source::Configuration, &self.role)
        {
            match self.kind {
                ConfiguredRoleKind::Admin
                    if !add.iter().any(|row| matches!(row, Row::Membership(_))) => {}
                ConfiguredRoleKind::Admin => return Err(ConfiguredPolicyError::AdminSource),
                ConfiguredRoleKind::Default => {
                    return Err(ConfiguredPolicyError::DefaultSource {
                        role: self.role.clone(),
                        cause,
                    });
                }
            }
        }
        Ok(RowChanges {
            add,
            remove: stored
                .iter()
                .filter(|row| superfluous(row))
                .cloned()
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_ACTION: Option<&str> = None;

    #[test]
    fn administrators_are_folded_before_they_are_checked() {
        let role = admin_role(&["User:Default/Tom", "group:default/ops"]).unwrap();

        assert_eq!(role.members, ["user:default/tom", "group:default/ops"]);
        assert_eq!(
            admin_role(&["tom"]).unwrap_err().to_string(),
            "Invalid admin entity reference 'tom': Entity reference \"tom\" had missing or empty kind (e.g. did not \
             start with \"component:\" or similar)"
        );
        assert!(super_users(&["role:default/a"]).is_err());
    }

    #[test]
    fn the_default_role_needs_a_role_and_permissions() {
        let message = |role, permissions: &[(&str, Option<&str>)]| {
            default_role(role, permissions).unwrap_err().to_string()
        };

        assert!(message(None, &[("x", NO_ACTION)]).starts_with("Default role is mandatory"));
        assert!(
            message(Some("user:default/a"), &[("x", NO_ACTION)])
                .starts_with("Invalid default role 'user:default/a': ")
        );
        assert!(
            message(Some("role:default/a"), &[])
                .starts_with("The default role 'role:default/a' requires")
        );
        assert_eq!(
            message(Some("role:default/a"), &[("x", Some("refresh"))]),
            "Invalid action 'refresh' for permission 'x'."
        );
        assert_eq!(
            message(Some("role:default/a"), &[("", NO_ACTION)]),
            "Invalid default permission policy for role 'role:default/a': 'permission' field must not be empty"
        );
    }

    #[test]
    fn a_default_permission_without_an_action_is_used() {
        let role =
            default_role(Some("role:default/a"), &[("kubernetes.proxy", NO_ACTION)]).unwrap();

        assert_eq!(
            role.grants,
            [Grant::new(
                "role:default/a",
                "kubernetes.proxy",
                Action::Use,
                Effect::Allow
            )]
        );
    }

    #[test]
    fn the_admin_role_loses_old_members_and_the_retired_row_only() {
        let role = admin_role(&["user:default/ann"]).unwrap();
        let tom = Row::Membership(Membership::new("user:default/tom", ADMIN_ROLE));
        let retired = Row::Grant(Grant::new(
            ADMIN_ROLE,
            "policy-entity",
            Action::Create,
            Effect::Allow,
        ));
        let other = Row::Grant(Grant::new(ADMIN_ROLE, "x", Action::Use, Effect::Allow));

        let changes = role
            .sync(
                Some(&Source::Legacy),
                &[tom.clone(), retired.clone(), other],
            )
            .unwrap();

        assert_eq!(changes.remove, [tom, retired]);
        assert_eq!(changes.add.len(), 6);
        assert_eq!(
            role.sync(Some(&Source::Rest), &[]),
            Err(ConfiguredPolicyError::AdminSource)
        );
    }

    #[test]
    fn the_default_role_has_exactly_its_configured_policies() {
        let role = default_role(Some("role:default/a"), &[("x", NO_ACTION)]).unwrap();
        let other = Row::Grant(Grant::new(
            "role:default/a",
            "y",
            Action::Use,
            Effect::Allow,
        ));

        let changes = role.sync(None, std::slice::from_ref(&other)).unwrap();

        assert_eq!(
            changes,
            RowChanges {
                add: role.rows().collect(),
                remove: vec![other]
            }
        );
    }
}
