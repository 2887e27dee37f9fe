//! Decisions, and the reasons for them.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::{Action, Condition, Criteria, Permission, grants::CompiledCondition};

/// Who asks for a decision.
#[derive(Clone, Copy, Debug)]
pub enum Principal<'a> {
    /// Nobody in particular: there were no credentials, and none were needed.
    None,
    /// A plugin or an external system, with the restrictions of its access.
    Service(Option<&'a AccessRestrictions>),
    /// A user.
    User {
        /// The user, in canonical form.
        entity_ref: &'a str,
        /// In whose name the user owns things, as sign-in found it: usually the user and
        /// the groups he is directly in.
        ownership: &'a [SmolStr],
    },
}

/// What an external access is limited to. A limit that is absent limits nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessRestrictions {
    /// The names of the permissions that it may use.
    pub permission_names: Option<Vec<SmolStr>>,
    /// The action attributes that a permission must have one of.
    pub actions: Option<Vec<Action>>,
}

impl AccessRestrictions {
    /// Whether these restrictions let a permission through.
    pub fn allow(&self, permission: &Permission) -> bool {
        let named = |names: &Vec<SmolStr>| names.iter().any(|name| name == permission.name());
        let acts = |actions: &Vec<Action>| {
            permission
                .attribute_action()
                .is_some_and(|action| actions.contains(&action))
        };
        self.permission_names.as_ref().is_none_or(named) && self.actions.as_ref().is_none_or(acts)
    }
}

/// What the policy says to a permission.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It may be done.
    Allow(Reason),
    /// It may not be done.
    Deny(Reason),
    /// It may be done with resources that meet the criteria.
    Conditional(Box<Conditional>),
}

impl Decision {
    /// The denial of what the token that a user calls with is not for, whatever the policy says.
    pub fn out_of_scope() -> Self {
        Self::Deny(Reason::plain(ReasonKind::TokenScope))
    }

    /// Why it was decided so.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Allow(reason) | Self::Deny(reason) => *reason,
            Self::Conditional(conditional) => conditional.reason,
        }
    }

    /// Whether it may be done whatever the resource.
    pub fn is_allow(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// The result's name on the wire: `ALLOW`, `DENY` or `CONDITIONAL`.
    pub fn result(&self) -> &'static str {
        match self {
            Self::Allow(_) => "ALLOW",
            Self::Deny(_) => "DENY",
            Self::Conditional(_) => "CONDITIONAL",
        }
    }
}

/// Why something was decided.
///
/// A small handle: [`PolicySnapshot::explain`](crate::PolicySnapshot::explain), of the same
/// snapshot, leads from it to the role, the policy and the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    kind: ReasonKind,
    /// For a grant that is still to be looked for: what it is about, in 24 bits.
    target: [u8; 3],
    /// Where to look: a holding, a row or a condition.
    at: u32,
}

const _: () = assert!(size_of::<Reason>() == 8);

impl Reason {
    /// The bit of `at` that tells a row from a holding.
    const ROW: u32 = 1 << 31;

    /// Why, in one word.
    pub fn kind(self) -> ReasonKind {
        self.kind
    }

    pub(crate) fn plain(kind: ReasonKind) -> Self {
        Self {
            kind,
            target: [0; 3],
            at: 0,
        }
    }

    pub(crate) fn at_row(kind: ReasonKind, row: usize) -> Self {
        Self {
            kind,
            target: [0; 3],
            at: row as u32 | Self::ROW,
        }
    }

    /// Some role of the holding has a grant about the target. A target too great for the
    /// handle is not found again, and the reason then leads nowhere.
    pub(crate) fn in_holding(kind: ReasonKind, holding: u32, target: u32) -> Self {
        let [first, target @ ..] = target.to_be_bytes();
        Self {
            kind,
            target: if first == 0 { target } else { [u8::MAX; 3] },
            at: holding,
        }
    }

    pub(crate) fn at_condition(kind: ReasonKind, condition: usize) -> Self {
        Self {
            kind,
            target: [0; 3],
            at: condition as u32,
        }
    }

    pub(crate) fn place(self) -> Place {
        match self.kind {
            ReasonKind::GrantAllow | ReasonKind::GrantDeny if self.at & Self::ROW != 0 => {
                Place::Row((self.at & !Self::ROW) as usize)
            }
            ReasonKind::GrantAllow | ReasonKind::GrantDeny => {
                let [a, b, c] = self.target;
                Place::Holding {
                    holding: self.at,
                    target: u32::from_be_bytes([0, a, b, c]),
                }
            }
            ReasonKind::Condition
            | ReasonKind::ConditionCollision
            | ReasonKind::UnreadableCondition
            | ReasonKind::UnknownRule
            | ReasonKind::BadParameters => Place::Condition(self.at as usize),
            ReasonKind::PermissionsDisabled
            | ReasonKind::NoPrincipal
            | ReasonKind::ServiceAllowed
            | ReasonKind::ServiceRestricted
            | ReasonKind::TokenScope
            | ReasonKind::SuperUser
            | ReasonKind::NoGrant
            | ReasonKind::GroupCycle => Place::Nowhere,
        }
    }
}

/// What a [`Reason`] points at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Nowhere,
    Row(usize),
    Holding { holding: u32, target: u32 },
    Condition(usize),
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ReasonKind {
    /// Allowed: permissions are not enforced.
    PermissionsDisabled,
    /// Denied: nobody asked.
    NoPrincipal,
    /// Allowed: a service asked, and nothing restricts it.
    ServiceAllowed,
    /// Denied: the service's access is restricted to other permissions.
    ServiceRestricted,
    /// Denied: the token that the user calls with is for other permissions.
    TokenScope,
    /// Allowed: the user, or a group in whose name he owns things, is a super user.
    SuperUser,
    /// Allowed: a policy allows it and none denies it.
    GrantAllow,
    /// Denied: a policy denies it.
    GrantDeny,
    /// Denied: no policy is about it.
    NoGrant,
    /// Denied: the user's groups form a cycle, which takes all roles away.
    GroupCycle,
    /// Conditional: a conditional policy is about it.
    Condition,
    /// Denied: one role has several conditional policies about it.
    ConditionCollision,
    /// Denied: the criteria of a conditional policy are malformed.
    UnreadableCondition,
    /// Denied: a conditional policy names a rule that no plugin has.
    UnknownRule,
    /// Denied: a conditional policy gives a rule parameters that it does not take.
    BadParameters,
}

impl ReasonKind {
    /// The kind as a word for logs and metrics, such as `grant-deny`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PermissionsDisabled => "permissions-disabled",
            Self::NoPrincipal => "no-principal",
            Self::ServiceAllowed => "service-allowed",
            Self::ServiceRestricted => "service-restricted",
            Self::TokenScope => "token-scope",
            Self::SuperUser => "super-user",
            Self::GrantAllow => "grant-allow",
            Self::GrantDeny => "grant-deny",
            Self::NoGrant => "no-grant",
            Self::GroupCycle => "group-cycle",
            Self::Condition => "condition",
            Self::ConditionCollision => "condition-collision",
            Self::UnreadableCondition => "unreadable-condition",
            Self::UnknownRule => "unknown-rule",
            Self::BadParameters => "bad-parameters",
        }
    }
}

/// The conditional policies that decide together.
#[derive(Clone, Debug)]
pub struct Conditional {
    /// The plugin that owns the resources.
    pub plugin_id: SmolStr,
    /// The type of the resources.
    pub resource_type: SmolStr,
    /// The first of the policies.
    pub reason: Reason,
    /// One for each role, in the order of the roles' names.
    pub(crate) policies: Vec<Arc<CompiledCondition>>,
}

impl Conditional {
    /// What a resource must meet, with the aliases replaced by the user who asks.
    ///
    /// One member for each role that has a condition, below an `anyOf` that is there even
    /// for a single one.
    pub fn criteria_for(&self, user: &str, ownership: &[SmolStr]) -> Criteria<Condition> {
        let members = self
            .policies
            .iter()
            .filter_map(|policy| policy.criteria.as_ref());
        Criteria::AnyOf(
            members
                .map(|member| {
                    member
                        .clone()
                        .map(&mut |leaf: Condition| leaf.resolve(user, ownership))
                })
                .collect(),
        )
    }

    /// The ids of the conditional policies with the roles that hold them, in order.
    pub fn policies(&self) -> impl Iterator<Item = (i64, &str)> {
        self.policies
            .iter()
            .map(|policy| (policy.id, policy.role.as_str()))
    }

    /// Denies the whole decision since a rule is unknown, or refuses its parameters.
    ///
    /// The whole decision, never the leaf alone, which would allow below a `not`.
    pub fn deny(&self, fault: ConditionFault) -> Decision {
        let kind = match fault {
            ConditionFault::UnknownRule => ReasonKind::UnknownRule,
            ConditionFault::BadParameters => ReasonKind::BadParameters,
        };
        Decision::Deny(Reason {
            kind,
            ..self.reason
        })
    }
}

/// What can be wrong with a condition when it is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionFault {
    /// No plugin has the rule.
    UnknownRule,
    /// The rule does not take these parameters.
    BadParameters,
}
