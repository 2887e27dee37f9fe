//! The audit event of each decision: one line, and no row, since a decision writes nothing.

use super::restriction::Restriction;
use super::service::InForce;
use crate::audit::{self, Actor, Event, Outcome, Severity};
use crate::hub::StartError;
use crate::principal::{Principal, UserPrincipal};
use callboard_config::Config;
use callboard_policy::{Decision, Permission, PolicySnapshot, Reason, ReasonKind};
use serde::Serialize;
use serde_json::value::RawValue;

const KEY: &str = "callboard.audit.decisions";

/// Which decisions become log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecisionLog {
    /// Every one, as in the original.
    All,
    /// Those that were denied.
    Denied,
    /// None: nothing is formatted either.
    None,
}

impl DecisionLog {
    pub(super) fn from_config(config: &Config) -> Result<DecisionLog, StartError> {
        match config.optional_string(KEY)?.as_deref() {
            None | Some("all") => Ok(DecisionLog::All),
            Some("denied") => Ok(DecisionLog::Denied),
            Some("none") => Ok(DecisionLog::None),
            Some(other) => Err(StartError::value(
                config,
                KEY,
                format_args!("`{other}` is none of `all`, `denied`, `none`"),
            )),
        }
    }

    /// Writes the event of a decision about a person, or about nobody.
    ///
    /// Services are decided without the policy, as in the original, and leave no event.
    /// `in_force` is the policy that decided. Gives what the event says that the decision asks of
    /// resources, if it says so.
    pub(super) fn write(
        self,
        principal: &Principal,
        permission: &Permission,
        decision: &Decision,
        in_force: &InForce,
    ) -> Option<Restriction> {
        let is_wanted = match self {
            DecisionLog::All => true,
            DecisionLog::Denied => matches!(decision, Decision::Deny(_)),
            DecisionLog::None => false,
        };
        match principal {
            Principal::User(user) if is_wanted => write(Some(user), permission, decision, in_force),
            Principal::None if is_wanted => write(None, permission, decision, in_force),
            Principal::User(_) | Principal::None | Principal::Service(_) => None,
        }
    }
}

/// What an event says of a decision.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    user_entity_ref: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_id: Option<&'a str>,
    permission_name: &'a str,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<&'a str>,
    result: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conditions: Option<&'a RawValue>,
}

fn write(
    user: Option<&UserPrincipal>,
    permission: &Permission,
    decision: &Decision,
    in_force: &InForce,
) -> Option<Restriction> {
    let conditional = match (decision, user) {
        (Decision::Conditional(conditional), Some(_)) => Some(conditional),
        _ => None,
    };
    let restriction = conditional.map(|conditional| in_force.restriction(user, conditional));
    let meta = Meta {
        user_entity_ref: user.map_or("user without entity", |user| user.entity_ref.as_str()),
        access_token_id: user.and_then(|user| user.access_token.as_deref()),
        permission_name: permission.name(),
        action: permission.action().as_str(),
        resource_type: match conditional {
            Some(conditional) => Some(conditional.resource_type.as_str()),
            None => permission.resource_type(),
        },
        result: decision.result(),
        reason: decision.reason().kind().as_str(),
        plugin_id: conditional.map(|conditional| conditional.plugin_id.as_str()),
        conditions: restriction.as_ref().and_then(Restriction::json),
    };
    let failure = failure(in_force.snapshot(), decision.reason(), permission);
    audit::record(&Event {
        plugin: "permission",
        id: "permission-evaluation",
        severity: Severity::Medium,
        outcome: failure
            .as_deref()
            .map_or(Outcome::Succeeded, Outcome::Failed),
        actor: Actor {
            id: "plugin:permission",
            ..Actor::default()
        },
        request: None,
        meta,
    });
    restriction
}

/// Why the policy could not answer, where it denied for that; `None` for every other decision.
fn failure(snapshot: &PolicySnapshot, reason: Reason, permission: &Permission) -> Option<String> {
    // To explain a grant is to look for it, so that only what is told is explained.
    let role = || snapshot.explain(reason).subject.unwrap_or_default();
    let of_condition = |fault: &str| {
        let (id, role) = (snapshot.explain(reason).condition_id, role());
        let id = id.unwrap_or_default();
        Some(format!(
            "Error: conditional policy {id} of role `{role}` {fault}"
        ))
    };
    match reason.kind() {
        ReasonKind::ConditionCollision => {
            let (name, action) = (permission.name(), permission.action().as_str());
            Some(format!(
                "ConflictError: role `{}` has several conditional policies about `{name}` with \
                 action `{action}`",
                role()
            ))
        }
        ReasonKind::UnreadableCondition => of_condition("cannot be read"),
        ReasonKind::UnknownRule => of_condition("names a rule that its plugin does not have"),
        ReasonKind::BadParameters => of_condition("gives a rule parameters that it does not take"),
        ReasonKind::PermissionsDisabled
        | ReasonKind::NoPrincipal
        | ReasonKind::ServiceAllowed
        | ReasonKind::ServiceRestricted
        | ReasonKind::TokenScope
        | ReasonKind::SuperUser
        | ReasonKind::GrantAllow
        | ReasonKind::GrantDeny
        | ReasonKind::NoGrant
        | ReasonKind::GroupCycle
        | ReasonKind::Condition => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_policy::{
        Action, ConditionalPolicy, MappedPermission, Membership, PolicyModel, Principal, Settings,
        Source, Sourced, StoredCondition,
    };
    use serde_json::json;

    #[test]
    fn a_collision_is_named() {
        let condition = |id| {
            let policy = ConditionalPolicy {
                role: "role:default/ushers".into(),
                plugin_id: "catalog".into(),
                resource_type: "catalog-entity".into(),
                mapping: vec![MappedPermission::Action(Action::Read)],
                conditions: json!({"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity"}),
            };
            Sourced::new(StoredCondition { id, policy }, Source::Rest.into())
        };
        let held = Membership::new("user:default/ann", "role:default/ushers");
        let model = PolicyModel {
            settings: Settings {
                enabled: true,
                ..Settings::default()
            },
            memberships: vec![Sourced::new(held, Source::Rest.into())],
            conditions: vec![condition(1), condition(2)],
            ..PolicyModel::default()
        };
        let snapshot = model.compile(1);
        let permission =
            Permission::resource("catalog.entity.read", Some(Action::Read), "catalog-entity");
        let asker = Principal::User {
            entity_ref: "user:default/ann",
            ownership: &[],
        };

        let decision = snapshot.decide(asker, &permission);

        assert!(matches!(decision, Decision::Deny(_)));
        assert_eq!(
            failure(&snapshot, decision.reason(), &permission).as_deref(),
            Some(
                "ConflictError: role `role:default/ushers` has several conditional policies about \
                 `catalog.entity.read` with action `read`"
            )
        );
    }
}
