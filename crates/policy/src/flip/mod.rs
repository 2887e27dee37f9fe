//! The smallest changes that would turn an answer into the other one.

mod leaf;
mod part;
mod search;
mod text;

pub use leaf::leaf_flips;
pub use search::flips;

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use crate::{
    EntityRef, Permission,
    decision::{Decision, Principal},
    model::{
        Effect, Grant, MappedPermission, Membership, Origin, PolicyModel, Precedence, Sourced,
    },
};

/// A question about one user.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'a> {
    /// The user, in canonical form.
    pub user: &'a str,
    /// In whose name the user owns things.
    pub ownership: &'a [SmolStr],
    /// What the user may do, or may not.
    pub permission: &'a Permission,
}

impl<'a> Inquiry<'a> {
    /// The user as the one who asks for a decision.
    pub fn principal(self) -> Principal<'a> {
        Principal::User {
            entity_ref: self.user,
            ownership: self.ownership,
        }
    }
}

/// What came of a question in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It may be done.
    Allow,
    /// It may not be done.
    Deny,
    /// It depends on the resource, and none was named.
    Conditional,
}

impl Answer {
    /// The answer's name on the wire: `ALLOW`, `DENY` or `CONDITIONAL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::Deny => "DENY",
            Self::Conditional => "CONDITIONAL",
        }
    }

    /// The answer that a change is looked for to reach.
    pub fn opposite(self) -> Self {
        match self {
            Self::Allow => Self::Deny,
            Self::Deny | Self::Conditional => Self::Allow,
        }
    }
}

impl From<&Decision> for Answer {
    /// The answer while no resource is named.
    fn from(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(_) => Self::Allow,
            Decision::Deny(_) => Self::Deny,
            Decision::Conditional(_) => Self::Conditional,
        }
    }
}

/// A change that turns an answer into the other one.
///
/// Each one from [`flips`] was made on a copy of the policy and decided again.
#[derive(Clone, Debug, PartialEq)]
pub enum Flip {
    /// Removing these rows, all of them.
    RemoveGrants(Vec<Sourced<Grant>>),
    /// Giving a row the other effect.
    ChangeEffect(Sourced<Grant>),
    /// Adding a row.
    AddGrant(Grant),
    /// Making the user a member of a role.
    AddMembership(Membership),
    /// Removing these memberships, all of them.
    RemoveMemberships(Vec<Sourced<Membership>>),
    /// Taking the permission out of these conditional policies, all of them.
    NarrowConditions(Vec<Narrowed>),
    /// Another `policyDecisionPrecedence`.
    SetPrecedence(Precedence),
    /// Taking these users and groups off the list of super users.
    RemoveSuperUsers(Vec<SmolStr>),
    /// Taking a group out from under another, which ends a cycle.
    RemoveParent {
        /// The group.
        group: EntityRef,
        /// The group above it.
        parent: EntityRef,
    },
    /// A resource that meets this leaf of a condition, or no longer meets it. The policy
    /// stays as it is.
    ChangeResource {
        /// The id of the conditional policy.
        id: i64,
        /// Its role.
        role: SmolStr,
        /// The leaf's rule.
        rule: SmolStr,
        /// Its parameters, with the aliases replaced for the user.
        params: Value,
        /// Whether the leaf would hold then.
        holds: bool,
    },
}

/// What is taken out of a conditional policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowed {
    /// The policy's id.
    pub id: i64,
    /// Its role.
    pub role: SmolStr,
    /// The entries of its mapping that go; absent when these are all of them, and with them
    /// the whole policy.
    pub entries: Option<Vec<MappedPermission>>,
    /// Where it came from.
    pub origin: Origin,
}

impl Flip {
    /// Makes the change in a policy. A change of the resource leaves it as it is.
    pub fn apply(&self, model: &mut PolicyModel) {
        match self {
            Self::RemoveGrants(gone) => model.grants.retain(|grant| !gone.contains(grant)),
            Self::ChangeEffect(changed) => {
                for grant in model.grants.iter_mut().filter(|grant| *grant == changed) {
                    grant.row.effect = grant.row.effect.opposite();
                }
            }
            Self::AddGrant(grant) => model.grants.push(by_hand(grant.clone())),
            Self::AddMembership(membership) => {
                model.memberships.push(by_hand(membership.clone()));
            }
            Self::RemoveMemberships(gone) => {
                model
                    .memberships
                    .retain(|membership| !gone.contains(membership));
            }
            Self::NarrowConditions(narrowed) => {
                narrowed.iter().for_each(|narrowed| narrowed.apply(model));
            }
            Self::SetPrecedence(precedence) => model.settings.precedence = *precedence,
            Self::RemoveSuperUsers(gone) => {
                model
                    .settings
                    .super_users
                    .retain(|user| !gone.contains(user));
            }
            Self::RemoveParent { group, parent } => model.groups.remove_parent(group, parent),
            Self::ChangeResource { .. } => {}
        }
    }

    /// Every role that the change names.
    pub fn roles(&self) -> Vec<&str> {
        match self {
            Self::RemoveGrants(gone) => gone.iter().map(|one| one.row.subject.as_str()).collect(),
            Self::ChangeEffect(changed) => vec![&changed.row.subject],
            Self::AddGrant(grant) => vec![&grant.subject],
            Self::AddMembership(membership) => vec![&membership.role],
            Self::RemoveMemberships(gone) => gone.iter().map(|one| one.row.role.as_str()).collect(),
            Self::NarrowConditions(narrowed) => {
                narrowed.iter().map(|one| one.role.as_str()).collect()
            }
            Self::ChangeResource { role, .. } => vec![role],
            Self::SetPrecedence(_) | Self::RemoveSuperUsers(_) | Self::RemoveParent { .. } => {
                Vec::new()
            }
        }
    }

    /// The change in JSON: `change` names it, `text` says it in a sentence.
    pub fn to_json(&self) -> Value {
        let (change, member, value) = match self {
            Self::RemoveGrants(gone) => {
                let gone: Vec<_> = gone.iter().map(sourced_grant).collect();
                ("remove-policies", "policies", gone.into())
            }
            Self::ChangeEffect(changed) => ("change-effect", "policy", sourced_grant(changed)),
            Self::AddGrant(grant) => ("add-policy", "policy", grant_json(grant).into()),
            Self::AddMembership(membership) => {
                ("add-member", "member", membership_json(membership).into())
            }
            Self::RemoveMemberships(gone) => {
                let sourced =
                    |one: &Sourced<Membership>| with_origin(membership_json(&one.row), &one.origin);
                let gone: Vec<_> = gone.iter().map(sourced).collect();
                ("remove-members", "members", gone.into())
            }
            Self::NarrowConditions(narrowed) => {
                let narrowed: Vec<_> = narrowed.iter().map(Narrowed::to_json).collect();
                ("narrow-conditions", "conditions", narrowed.into())
            }
            Self::SetPrecedence(precedence) => (
                "set-precedence",
                "policyDecisionPrecedence",
                precedence.as_str().into(),
            ),
            Self::RemoveSuperUsers(gone) => {
                let gone: Vec<_> = gone.iter().map(SmolStr::as_str).collect();
                ("remove-super-users", "superUsers", gone.into())
            }
            Self::RemoveParent { group, parent } => (
                "remove-parent",
                "relation",
                json!({"group": group.as_str(), "parent": parent.as_str()}),
            ),
            Self::ChangeResource {
                id,
                role,
                rule,
                params,
                holds,
            } => (
                "change-resource",
                "leaf",
                json!({
                    "id": id, "role": role.as_str(), "rule": rule.as_str(),
                    "params": params, "holds": holds,
                }),
            ),
        };
        json!({"change": change, member: value, "text": self.to_string()})
    }
}

impl Narrowed {
    fn apply(&self, model: &mut PolicyModel) {
        let Some(entries) = &self.entries else {
            return model.conditions.retain(|one| one.row.id != self.id);
        };
        let same = model
            .conditions
            .iter_mut()
            .filter(|one| one.row.id == self.id);
        for one in same {
            one.row
                .policy
                .mapping
                .retain(|entry| !entries.contains(entry));
        }
    }

    fn to_json(&self) -> Value {
        let mut json = Map::new();
        json.insert("id".to_owned(), self.id.into());
        json.insert("role".to_owned(), self.role.as_str().into());
        if let Some(entries) = &self.entries {
            let entries: Vec<_> = entries.iter().map(MappedPermission::to_json).collect();
            json.insert("permissionMapping".to_owned(), entries.into());
        }
        with_origin(json, &self.origin)
    }
}

/// A row as the administrator would add it who is told of it.
fn by_hand<T>(row: T) -> Sourced<T> {
    Sourced::new(row, crate::Source::Rest.into())
}

fn sourced_grant(grant: &Sourced<Grant>) -> Value {
    with_origin(grant_json(&grant.row), &grant.origin)
}

fn grant_json(grant: &Grant) -> Map<String, Value> {
    Map::from_iter([
        ("role".to_owned(), grant.subject.as_str().into()),
        ("permission".to_owned(), grant.permission.as_str().into()),
        ("action".to_owned(), grant.action.as_str().into()),
        ("effect".to_owned(), grant.effect.as_str().into()),
    ])
}

fn membership_json(membership: &Membership) -> Map<String, Value> {
    Map::from_iter([
        ("ref".to_owned(), membership.member.as_str().into()),
        ("role".to_owned(), membership.role.as_str().into()),
    ])
}

fn with_origin(mut json: Map<String, Value>, origin: &Origin) -> Value {
    json.insert("source".to_owned(), origin.source.as_str().into());
    if let Some(file) = &origin.file {
        json.insert("file".to_owned(), file.as_ref().into());
    }
    if let Some(line) = origin.line {
        json.insert("line".to_owned(), line.into());
    }
    Value::Object(json)
}

impl Grant {
    /// The row that says this of a permission by its name.
    fn named(role: &SmolStr, permission: &Permission, effect: Effect) -> Self {
        Self::new(role.clone(), permission.name(), permission.action(), effect)
    }
}
