//! From a reason to the role, the policy and the line that it stands for.

use crate::{
    Action, Origin,
    decision::{Place, Reason, ReasonKind},
    grants::TargetId,
    members::HoldingId,
    model::Effect,
    snapshot::PolicySnapshot,
};

/// What a [`Reason`] leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// Why, in one word.
    pub kind: ReasonKind,
    /// The role that decided (or, for old grants, the user or group).
    pub subject: Option<&'a str>,
    /// The permission name or resource type that the policy is about.
    pub object: Option<&'a str>,
    /// The action that the policy is about. Absent for conditions, which have a mapping.
    pub action: Option<Action>,
    /// Where the policy came from.
    pub origin: Option<Origin>,
    /// The id of the conditional policy that decided.
    pub condition_id: Option<i64>,
}

impl PolicySnapshot {
    /// Finds the role, the policy and the line that a reason of this snapshot stands for.
    ///
    /// Where several policies say the same, it is the one whose role comes first by name.
    pub fn explain(&self, reason: Reason) -> Explanation<'_> {
        let kind = reason.kind();
        match reason.place() {
            Place::Nowhere => Explanation::of(kind),
            Place::Row(at) => self.explain_row(kind, at),
            Place::Holding { holding, target } => {
                let roles = self.members.roles(HoldingId(holding)).iter();
                let row = roles
                    .flat_map(|role| self.grants.rows_about(*role, TargetId(target)))
                    .find(|at| {
                        (self.grants.row(*at).effect == Effect::Deny)
                            == (kind == ReasonKind::GrantDeny)
                    });
                row.map_or(Explanation::of(kind), |at| self.explain_row(kind, at))
            }
            Place::Condition(at) => {
                let condition = self.grants.condition(at);
                Explanation {
                    subject: Some(&condition.role),
                    object: Some(&condition.resource_type),
                    origin: Some(condition.origin.clone()),
                    condition_id: Some(condition.id),
                    ..Explanation::of(kind)
                }
            }
        }
    }

    fn explain_row(&self, kind: ReasonKind, at: usize) -> Explanation<'_> {
        let (object, action) = self.grants.target_name(self.grants.row(at).target);
        Explanation {
            subject: Some(self.grants.subject_of(at, &self.roles)),
            object: Some(object),
            action: Some(action),
            origin: Some(self.grants.origin(at)),
            ..Explanation::of(kind)
        }
    }
}

impl Explanation<'_> {
    /// An explanation by the kind alone.
    fn of(kind: ReasonKind) -> Self {
        Self {
            kind,
            subject: None,
            object: None,
            action: None,
            origin: None,
            condition_id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use smol_str::SmolStr;

    use crate::{
        Decision, Effect, Grant, Membership, Permission, PolicyModel, Principal, Source, Sourced,
    };

    use super::*;

    #[test]
    fn a_reason_leads_to_the_role_and_the_line() {
        let origin = |line| Origin {
            source: Source::CsvFile,
            file: Some("rbac.csv".into()),
            line: Some(line),
        };
        let grant = |role, effect, line| {
            Sourced::new(
                Grant::new(role, "catalog-entity", Action::Read, effect),
                origin(line),
            )
        };
        let member = |role| Sourced::new(Membership::new("user:default/tom", role), origin(9));
        let model = PolicyModel {
            memberships: vec![member("role:default/a"), member("role:default/b")],
            grants: vec![
                grant("role:default/a", Effect::Allow, 1),
                grant("role:default/b", Effect::Deny, 2),
                grant("role:default/c", Effect::Deny, 3),
            ],
            ..PolicyModel::default()
        };
        let snapshot = model.compile(1);
        let tom = Principal::User {
            entity_ref: "user:default/tom",
            ownership: &[] as &[SmolStr],
        };

        let decision = snapshot.decide(
            tom,
            &Permission::resource("catalog.entity.read", Some(Action::Read), "catalog-entity"),
        );

        assert!(matches!(decision, Decision::Deny(_)));
        let expected = Explanation {
            subject: Some("role:default/b"),
            object: Some("catalog-entity"),
            action: Some(Action::Read),
            origin: Some(origin(2)),
            ..Explanation::of(ReasonKind::GrantDeny)
        };
        assert_eq!(snapshot.explain(decision.reason()), expected);
    }
}
