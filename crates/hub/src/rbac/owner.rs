//! `IS_OWNER`: which roles a caller sees whose right is limited to those that somebody owns.

use super::permissions::{POLICY_READ, RESOURCE_TYPE};
use super::state::{RoleMetadata, State};
use crate::app::App;
use crate::error::Error;
use crate::feature::{ConditionError, Examined, ResourceType};
use crate::permission::Access;
use crate::principal::Principal;
use callboard_policy::{Condition, Criteria, Permission};

/// The rule's name.
pub(super) const IS_OWNER: &str = "IS_OWNER";

/// Roles as resources of conditions, named by their references.
pub(super) struct RoleOwners;

impl ResourceType for RoleOwners {
    fn name(&self) -> &'static str {
        RESOURCE_TYPE
    }

    fn meets(
        &self,
        app: &App,
        resource_ref: &str,
        criteria: &Criteria<Condition>,
    ) -> Result<bool, ConditionError> {
        let tests = tests_of(criteria)?;
        Ok(app
            .rbac()
            .state()
            .roles
            .get(resource_ref)
            .is_some_and(|metadata| meets(&tests, metadata)))
    }

    fn examine(
        &self,
        app: &App,
        resource_ref: &str,
        conditions: &[&Condition],
    ) -> Result<Option<Vec<Examined>>, ConditionError> {
        let state = app.rbac().state();
        let Some(metadata) = state.roles.get(resource_ref) else {
            return Ok(None);
        };
        let owner = metadata.owner.as_deref().filter(|owner| !owner.is_empty());
        let examine = |condition: &&Condition| {
            let tests = tests_of(&Criteria::Leaf(Condition::clone(condition)))?;
            Ok(Examined {
                holds: meets(&tests, metadata),
                found: owner.into_iter().collect(),
            })
        };
        conditions
            .iter()
            .map(examine)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Permission: `policy.entity.read`.
    fn is_visible(&self, app: &App, principal: &Principal, resource_ref: &str) -> bool {
        Visible::of(app, principal, &POLICY_READ)
            .is_ok_and(|visible| visible.role(&app.rbac().state(), resource_ref).is_some())
    }
}

/// The roles that a caller may see or change.
pub(super) enum Visible {
    /// Every one.
    All,
    /// Those whose metadata pass.
    Owned(Criteria<Vec<String>>),
    /// None.
    Nothing,
}

impl Visible {
    /// What `principal` may do with roles.
    ///
    /// # Errors
    ///
    /// 403 with an empty message when it is nothing.
    pub(super) fn of(
        app: &App,
        principal: &Principal,
        permission: &Permission,
    ) -> Result<Visible, Error> {
        match app
            .permission()
            .authorize_conditional(principal, permission)
        {
            Access::Allow => Ok(Visible::All),
            Access::Deny => Err(Error::forbidden()),
            // A rule that cannot be evaluated was denied before; if one gets here, it is no right.
            Access::Conditional(restriction) => tests_of(restriction.criteria())
                .map(Visible::Owned)
                .map_err(|_| Error::forbidden()),
        }
    }

    /// The metadata of a role that exists and may be seen.
    pub(super) fn role<'a>(&self, state: &'a State, role: &str) -> Option<&'a RoleMetadata> {
        state
            .roles
            .get(role)
            .filter(|metadata| self.includes(metadata))
    }

    /// Whether what belongs to `role` may be seen: of a role without metadata, and of old rows of
    /// users and groups, only by those who see everything.
    pub(super) fn sees(&self, state: &State, role: &str) -> bool {
        match self {
            Visible::All => true,
            Visible::Owned(_) | Visible::Nothing => self.role(state, role).is_some(),
        }
    }

    /// Whether a role with these metadata may be seen.
    pub(super) fn includes(&self, metadata: &RoleMetadata) -> bool {
        match self {
            Visible::All => true,
            Visible::Owned(tests) => meets(tests, metadata),
            Visible::Nothing => false,
        }
    }
}

/// The owners that each leaf names.
pub(super) fn tests_of(
    criteria: &Criteria<Condition>,
) -> Result<Criteria<Vec<String>>, ConditionError> {
    criteria.try_map(&mut |condition| {
        if condition.rule != IS_OWNER {
            return Err(ConditionError::UnknownRule {
                rule: condition.rule.to_string(),
                resource_type: RESOURCE_TYPE.to_owned(),
            });
        }
        let owners = condition
            .params_object()
            .and_then(|params| params.get("owners")?.as_array());
        let owners = owners.and_then(|owners| {
            owners
                .iter()
                .map(|owner| owner.as_str().map(str::to_owned))
                .collect()
        });
        owners.ok_or_else(|| {
            ConditionError::InvalidParams("Error: Expected array at \"owners\"".to_owned())
        })
    })
}

fn meets(tests: &Criteria<Vec<String>>, metadata: &RoleMetadata) -> bool {
    let owner = metadata.owner.as_deref().filter(|owner| !owner.is_empty());
    tests.evaluate(&mut |owners| {
        metadata.is_default
            || owner.is_some_and(|owner| owners.iter().any(|listed| listed == owner))
    })
}
