//! The rows and conditions that one decision might have come from.

use std::fmt;

use smol_str::SmolStr;

use super::Ways;
use crate::{
    Action, Permission,
    decision::{Decision, ReasonKind},
    explain::Explanation,
    grants::{CompiledCondition, Row, is_role},
    model::{Effect, MappedPermission, Origin},
    record::Step,
    snapshot::{POLICY_CREATE, POLICY_ENTITY, PolicySnapshot},
};

/// A row, or one entry of a condition's mapping, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// The role; for old grants the user or group.
    pub subject: SmolStr,
    /// The permission's name or the resource type.
    pub permission: SmolStr,
    /// The action.
    pub action: Action,
    /// What it says.
    pub rule: Rule,
    /// Where it came from.
    pub origin: Origin,
    /// What became of it.
    pub outcome: Outcome,
}

/// What something that was considered says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A plain row.
    Grant(Effect),
    /// An entry of the conditional policy with this id.
    Condition(i64),
}

impl fmt::Display for Rule {
    /// Writes the effect: `allow`, `deny` or `conditional`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant(effect) => effect.fmt(f),
            Self::Condition(_) => f.pad("conditional"),
        }
    }
}

/// What became of a row or condition.
///
/// The order is that of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It decided. Where several say the same, all of them did.
    Decided,
    /// It was weighed, and a deny won.
    OverruledByDeny,
    /// It would apply, but something that comes earlier settled the matter: the list of super
    /// users, a row with the permission's name, a condition, or with `basic` a plain row.
    OverruledByPrecedence,
    /// It is about another action, or another permission of the resource type.
    OtherAction,
    /// The user does not hold the role.
    RoleNotHeld,
}

impl Outcome {
    /// The outcome's name on the wire, such as `other-action`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::OverruledByDeny => "overruled-by-deny",
            Self::OverruledByPrecedence => "overruled-by-precedence",
            Self::OtherAction => "other-action",
            Self::RoleNotHeld => "role-not-held",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Considered {
    /// Whether it was weighed at all.
    pub fn took_part(&self) -> bool {
        matches!(self.outcome, Outcome::Decided | Outcome::OverruledByDeny)
    }

    /// The id of the conditional policy, absent for a plain row.
    pub fn condition_id(&self) -> Option<i64> {
        match self.rule {
            Rule::Condition(id) => Some(id),
            Rule::Grant(_) => None,
        }
    }

    /// Whether this is what a reason led to.
    pub(super) fn is_found(&self, found: &Explanation<'_>) -> bool {
        if self.outcome != Outcome::Decided {
            return false;
        }
        match self.rule {
            Rule::Condition(id) => found.condition_id == Some(id),
            Rule::Grant(_) => {
                found.subject == Some(&self.subject)
                    && found.object == Some(&self.permission)
                    && found.action == Some(self.action)
                    && found.origin.as_ref() == Some(&self.origin)
            }
        }
    }
}

/// Everything about a permission's name or resource type, in the order of an account.
pub(super) fn all(
    snapshot: &PolicySnapshot,
    ways: &Ways,
    permission: &Permission,
    decision: &Decision,
    step: Option<Step>,
) -> Vec<Considered> {
    let view = View {
        snapshot,
        ways,
        permission,
        decision,
        step,
    };
    let mut all: Vec<_> = view.rows().chain(view.entries()).collect();
    let is_other = |one: &Considered| one.action != action_on(&one.permission, permission);
    all.sort_by(|one, other| {
        let key = |one: &Considered| (one.outcome, is_other(one), one.subject.clone());
        let rest = |one: &Considered| (one.permission != permission.name(), one.action, one.rule);
        (key(one), rest(one)).cmp(&(key(other), rest(other)))
    });
    all
}

/// Whether an entry of a condition was asked in the step that settled a decision.
pub(super) fn asks(
    step: Option<Step>,
    condition: &CompiledCondition,
    entry: &MappedPermission,
    permission: &Permission,
) -> bool {
    let Some(Step::Conditions { action, is_retyped }) = step else {
        return false;
    };
    let resource_type = if is_retyped {
        Some(POLICY_ENTITY)
    } else {
        permission.resource_type()
    };
    resource_type == Some(&condition.resource_type) && entry.covers(permission.name(), action)
}

/// The names under which policies may speak of a permission.
pub(crate) fn objects(permission: &Permission) -> impl Iterator<Item = &str> + Clone {
    let retired = (permission.name() == POLICY_CREATE).then_some(POLICY_ENTITY);
    let resource_type = permission
        .resource_type()
        .filter(|name| Some(*name) != retired && *name != permission.name());
    [Some(permission.name()), resource_type, retired]
        .into_iter()
        .flatten()
}

/// The action that a permission has for rows about `object`.
pub(crate) fn action_on(object: &str, permission: &Permission) -> Action {
    if permission.name() == POLICY_CREATE && object == POLICY_ENTITY {
        Action::Create
    } else {
        permission.action()
    }
}

struct View<'a> {
    snapshot: &'a PolicySnapshot,
    ways: &'a Ways,
    permission: &'a Permission,
    decision: &'a Decision,
    step: Option<Step>,
}

impl<'a> View<'a> {
    fn rows(&self) -> impl Iterator<Item = Considered> {
        let grants = &self.snapshot.grants;
        let targets: Vec<_> = objects(self.permission)
            .flat_map(|object| Action::ALL.map(|action| grants.target(object, action)))
            .flatten()
            .collect();
        let about =
            (0..grants.row_count()).filter(move |at| targets.contains(&grants.row(*at).target));
        about.map(|at| {
            let row = grants.row(at);
            let subject = grants.subject_of(at, &self.snapshot.roles);
            let (object, action) = grants.target_name(row.target);
            Considered {
                outcome: self.outcome_of_row(subject, row, object, action),
                subject: subject.clone(),
                permission: object.clone(),
                action,
                rule: Rule::Grant(row.effect),
                origin: grants.origin(at),
            }
        })
    }

    fn entries(&self) -> impl Iterator<Item = Considered> {
        let conditions = self.snapshot.grants.conditions().iter();
        let about = conditions.filter(|condition| {
            objects(self.permission).any(|name| name == condition.resource_type)
        });
        about.flat_map(move |condition| {
            condition.mapping.iter().map(move |entry| Considered {
                subject: condition.role.clone(),
                permission: entry
                    .name()
                    .map_or_else(|| condition.resource_type.clone(), SmolStr::new),
                action: entry.action(),
                rule: Rule::Condition(condition.id),
                origin: condition.origin.clone(),
                outcome: self.outcome_of_entry(condition, entry),
            })
        })
    }

    fn outcome_of_row(&self, subject: &str, row: &Row, object: &str, action: Action) -> Outcome {
        let is_role = is_role(subject);
        let is_held = if is_role {
            self.ways.holds(subject)
        } else {
            self.ways.is_or_is_in(subject)
        };
        if !is_held {
            return Outcome::RoleNotHeld;
        }
        let is_weighed = match self.step {
            Some(Step::Roles(target)) => is_role && row.target == target,
            Some(Step::Subjects(target)) => !is_role && row.target == target,
            Some(Step::Conditions { .. }) | None => false,
        };
        if is_weighed {
            return match (self.decision.is_allow(), row.effect) {
                (true, _) | (false, Effect::Deny) => Outcome::Decided,
                (false, Effect::Allow) => Outcome::OverruledByDeny,
            };
        }
        if action == action_on(object, self.permission) {
            Outcome::OverruledByPrecedence
        } else {
            Outcome::OtherAction
        }
    }

    fn outcome_of_entry(&self, condition: &CompiledCondition, entry: &MappedPermission) -> Outcome {
        if !self.ways.holds(&condition.role) {
            return Outcome::RoleNotHeld;
        }
        if asks(self.step, condition, entry, self.permission) {
            return self.outcome_of_asked(condition);
        }
        let action = action_on(&condition.resource_type, self.permission);
        if entry.covers(self.permission.name(), action) {
            Outcome::OverruledByPrecedence
        } else {
            Outcome::OtherAction
        }
    }

    /// Whether a condition that was asked is the fault for which all of them deny.
    fn outcome_of_asked(&self, condition: &CompiledCondition) -> Outcome {
        let reason = self.decision.reason();
        let is_fault = match reason.kind() {
            ReasonKind::ConditionCollision => {
                self.snapshot.explain(reason).subject == Some(&condition.role)
            }
            ReasonKind::UnreadableCondition => condition.criteria.is_none(),
            // Whatever else is decided in this step is what the condition says.
            ReasonKind::Condition
            | ReasonKind::UnknownRule
            | ReasonKind::BadParameters
            | ReasonKind::PermissionsDisabled
            | ReasonKind::NoPrincipal
            | ReasonKind::ServiceAllowed
            | ReasonKind::ServiceRestricted
            | ReasonKind::TokenScope
            | ReasonKind::SuperUser
            | ReasonKind::GrantAllow
            | ReasonKind::GrantDeny
            | ReasonKind::NoGrant
            | ReasonKind::GroupCycle => true,
        };
        if is_fault {
            Outcome::Decided
        } else {
            Outcome::OverruledByDeny
        }
    }
}
