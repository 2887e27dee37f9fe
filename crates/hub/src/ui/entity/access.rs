//! What the person may do here, and what decided it, in words.

use crate::app::App;
use crate::permission::{Conditions, InForce};
use crate::principal::Principal;
use crate::ui::{Icon, Texts, Tone};
use callboard_catalog::{Entity, EntityRef};
use callboard_policy::{
    Condition, Conditional, Criteria, Decision, Permission, PolicySnapshot, Reason, ReasonKind,
};
use std::sync::Arc;

/// One action with the answer to whether the person may do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRow {
    /// What stands before the action.
    pub icon: Icon,
    /// The action, such as `Unregister`.
    pub action: String,
    /// The answer.
    pub verdict: Verdict,
    /// What decided it, in words that anybody may read.
    pub reason: String,
    /// The role and the place of the policy, for those who may read roles.
    pub origin: Option<String>,
    /// Where the permission tester answers the same question, step by step; absent while
    /// permissions are off.
    pub tester: Option<String>,
}

/// An answer as a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Whatever the entity.
    Allowed,
    /// This entity, since the person owns it.
    AllowedAsOwner,
    /// This entity, since it meets a condition.
    AllowedHere,
    /// Some entities; which, depends on each.
    Depends,
    /// No.
    Denied,
}

impl Verdict {
    /// The name of the text of the badge.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Allowed => "entity-allowed",
            Verdict::AllowedAsOwner => "entity-allowed-as-owner",
            Verdict::AllowedHere => "entity-allowed-here",
            Verdict::Depends => "entity-depends",
            Verdict::Denied => "entity-denied",
        }
    }

    /// The colour of the badge.
    pub fn tone(self) -> Tone {
        match self {
            Verdict::Allowed => Tone::Ok,
            Verdict::AllowedAsOwner | Verdict::AllowedHere | Verdict::Depends => Tone::If,
            Verdict::Denied => Tone::No,
        }
    }

    /// The icon of the badge.
    pub fn icon(self) -> Icon {
        match self {
            Verdict::Allowed => Icon::Check,
            Verdict::AllowedAsOwner | Verdict::AllowedHere | Verdict::Depends => Icon::Split,
            Verdict::Denied => Icon::X,
        }
    }
}

/// Answers the questions of one page, all by the same policy.
pub struct Judge<'a> {
    app: &'a App,
    principal: &'a Principal,
    in_force: Arc<InForce>,
    snapshot: Arc<PolicySnapshot>,
    /// Whether the person may know which role and which line decided.
    reads_roles: bool,
}

impl<'a> Judge<'a> {
    /// A judge for one person.
    pub fn new(app: &'a App, principal: &'a Principal) -> Judge<'a> {
        let mut judge = Judge {
            app,
            principal,
            in_force: app.permission().in_force(),
            snapshot: app.permission().snapshot(),
            reads_roles: false,
        };
        judge.reads_roles = judge
            .permission("policy.entity.read")
            .is_some_and(|read| judge.decide(read).is_allow());
        judge
    }

    /// Whether permissions are off, so that everybody may do everything.
    pub fn is_off(&self) -> bool {
        let any = Permission::basic("callboard.any", None);
        let decision = self
            .snapshot
            .decide(callboard_policy::Principal::None, &any);
        decision.reason().kind() == ReasonKind::PermissionsDisabled
    }

    /// The roles that the person holds.
    pub fn roles(&self) -> Vec<String> {
        let Some(user) = self.principal.user() else {
            return Vec::new();
        };
        let mut roles: Vec<_> = self
            .snapshot
            .roles_of(&user.entity_ref, &user.ownership)
            .map(str::to_owned)
            .collect();
        roles.sort();
        roles
    }

    /// What the person may do with an entity, an action a row.
    pub fn rows_for(&self, t: &Texts, entity: &Entity) -> Vec<AccessRow> {
        let plugins = self.app.plugin_permissions().iter();
        let permissions = plugins.flat_map(|plugin| &plugin.permissions);
        let here = permissions.filter(|permission| concerns(permission, entity.entity_ref()));
        here.map(|permission| self.row(t, permission, Some(entity)))
            .collect()
    }

    /// What the person may do in general, for the permissions of these names that exist.
    pub fn rows_of(&self, t: &Texts, names: &[&str]) -> Vec<AccessRow> {
        names
            .iter()
            .filter_map(|name| self.permission(name))
            .map(|permission| self.row(t, permission, None))
            .collect()
    }

    fn permission(&self, name: &str) -> Option<&'a Permission> {
        let plugins = self.app.plugin_permissions().iter();
        plugins
            .flat_map(|plugin| &plugin.permissions)
            .find(|permission| permission.name() == name)
    }

    fn decide(&self, permission: &Permission) -> Decision {
        self.app
            .permission()
            .decide(&self.in_force, self.principal, permission)
    }

    fn row(&self, t: &Texts, permission: &Permission, entity: Option<&Entity>) -> AccessRow {
        let decision = self.decide(permission);
        let (verdict, reason) = match &decision {
            Decision::Allow(reason) => (Verdict::Allowed, allowed(reason.kind())),
            Decision::Deny(reason) => (Verdict::Denied, denied(reason.kind())),
            Decision::Conditional(conditional) => match (self.principal.user(), entity) {
                (Some(_), Some(entity)) => self.weigh(conditional, entity),
                (None, _) | (_, None) => {
                    let is_about_owners = is_about_owners(&conditional.criteria_for("", &[]));
                    (
                        Verdict::Depends,
                        if is_about_owners {
                            "entity-if-owned"
                        } else {
                            "entity-on-a-condition"
                        },
                    )
                }
            },
        };
        let (icon, action) = words(t, permission, entity.is_some());
        AccessRow {
            icon,
            action,
            verdict,
            reason: t.say(reason).to_string(),
            origin: self.origin(decision.reason()),
            tester: self.tester(permission, entity.map(Entity::entity_ref)),
        }
    }

    /// Whether an entity meets the conditions of a decision, and by what.
    fn weigh(&self, conditional: &Conditional, entity: &Entity) -> (Verdict, &'static str) {
        let conditions = Conditions::new(&self.in_force, self.principal, conditional);
        let is_met = |conditions: &Conditions<'_>| {
            self.app
                .permission()
                .meets(self.app, conditions, entity.entity_ref().as_str())
        };
        if !is_met(&conditions) {
            let reason = if is_about_owners(&conditions.criteria) {
                "entity-reason-owners-only"
            } else {
                "entity-reason-unmet"
            };
            return (Verdict::Denied, reason);
        }
        // Each alternative alone: whoever owns the entity is told so when ownership did it.
        let by_ownership = |alternative: &Criteria<Condition>| {
            demands_ownership(alternative) && is_met(&conditions.only(alternative.clone()))
        };
        if alternatives(&conditions.criteria)
            .into_iter()
            .any(by_ownership)
        {
            (Verdict::AllowedAsOwner, "entity-reason-owner")
        } else {
            (Verdict::AllowedHere, "entity-reason-met")
        }
    }

    /// Where the permission tester answers whether the person may do something; absent while
    /// permissions are off, as there is nothing to test.
    pub fn tester(&self, permission: &Permission, resource: Option<&EntityRef>) -> Option<String> {
        if !self.app.permission().is_enabled() {
            return None;
        }
        let user = self.principal.user().map(|user| &*user.entity_ref);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(user) = user {
            query.append_pair("user", user);
        }
        query.append_pair("permission", permission.name());
        query.append_pair("action", permission.action().as_str());
        if let Some(resource) = resource {
            query.append_pair("resource", resource.as_str());
        }
        Some(format!("/rbac/test?{}", query.finish()))
    }

    fn origin(&self, reason: Reason) -> Option<String> {
        if !self.reads_roles {
            return None;
        }
        let found = self.snapshot.explain(reason);
        let role = found.subject?;
        Some(
            found
                .origin
                .map_or_else(|| role.to_owned(), |origin| format!("{role}, {origin}")),
        )
    }
}

/// Whether a permission is asked about this entity.
fn concerns(permission: &Permission, entity_ref: &EntityRef) -> bool {
    match permission.resource_type() {
        Some("catalog-entity") => true,
        Some("scaffolder-template") => entity_ref.kind() == "template",
        Some(_) | None => false,
    }
}

/// The criteria of which one is enough.
fn alternatives(criteria: &Criteria<Condition>) -> Vec<&Criteria<Condition>> {
    match criteria {
        Criteria::AnyOf(members) => members.iter().flat_map(alternatives).collect(),
        Criteria::AllOf(_) | Criteria::Not(_) | Criteria::Leaf(_) => vec![criteria],
    }
}

/// Whether criteria are met by nobody but an owner.
fn demands_ownership(criteria: &Criteria<Condition>) -> bool {
    match criteria {
        Criteria::Leaf(leaf) => leaf.rule == "IS_ENTITY_OWNER",
        Criteria::AllOf(members) => members.iter().any(demands_ownership),
        Criteria::AnyOf(members) => !members.is_empty() && members.iter().all(demands_ownership),
        Criteria::Not(_) => false,
    }
}

/// Whether ownership is all that the criteria ask for.
fn is_about_owners(criteria: &Criteria<Condition>) -> bool {
    let mut leaves = criteria.leaves().peekable();
    leaves.peek().is_some() && leaves.all(|leaf| leaf.rule == "IS_ENTITY_OWNER")
}

/// What an action is called, and its icon; beside an entity it needs no object.
fn words(t: &Texts, permission: &Permission, is_beside_entity: bool) -> (Icon, String) {
    let (icon, words) = match permission.name() {
        "catalog.entity.read" if is_beside_entity => (Icon::Eye, "entity-action-read"),
        "catalog.entity.read" => (Icon::Eye, "entity-action-read-catalog"),
        "catalog.entity.refresh" => (Icon::RefreshCw, "entity-action-refresh"),
        "catalog.entity.delete" => (Icon::Trash2, "entity-action-unregister"),
        "catalog.entity.create" => (Icon::Plus, "entity-action-register"),
        "scaffolder.template.parameter.read" => {
            (Icon::SlidersHorizontal, "entity-action-read-parameters")
        }
        "scaffolder.template.step.read" => (Icon::Workflow, "entity-action-read-steps"),
        "scaffolder.template.management" => (Icon::Pencil, "entity-action-manage-templates"),
        "policy.entity.read" => (Icon::Shield, "entity-action-read-roles"),
        "policy.entity.update" => (Icon::Pencil, "entity-action-edit-policies"),
        other => return (Icon::KeyRound, other.to_owned()),
    };
    (icon, t.say(words).to_string())
}

fn allowed(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::PermissionsDisabled => "entity-reason-off",
        ReasonKind::SuperUser => "entity-reason-super-user",
        _ => "entity-reason-allowed",
    }
}

fn denied(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::NoGrant => "entity-reason-no-grant",
        ReasonKind::GroupCycle => "entity-reason-circle",
        ReasonKind::ConditionCollision
        | ReasonKind::UnreadableCondition
        | ReasonKind::UnknownRule
        | ReasonKind::BadParameters => "entity-reason-faulty",
        _ => "entity-reason-denied",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn leaf(rule: &str) -> Criteria<Condition> {
        Criteria::Leaf(Condition {
            rule: rule.into(),
            resource_type: "catalog-entity".into(),
            params: json!({}),
        })
    }

    #[test]
    fn ownership_is_said_only_when_nothing_else_counts() {
        assert!(is_about_owners(&Criteria::AnyOf(vec![leaf(
            "IS_ENTITY_OWNER"
        )])));
        assert!(!is_about_owners(&Criteria::AnyOf(vec![
            leaf("IS_ENTITY_OWNER"),
            leaf("IS_ENTITY_KIND")
        ])));
        assert!(!is_about_owners(&Criteria::AnyOf(Vec::new())));
    }

    #[test]
    fn ownership_decides_only_where_nothing_else_would_do() {
        let owner_or_kind = Criteria::AnyOf(vec![leaf("IS_ENTITY_OWNER"), leaf("IS_ENTITY_KIND")]);
        let owner_and_kind = Criteria::AllOf(vec![leaf("IS_ENTITY_OWNER"), leaf("IS_ENTITY_KIND")]);

        let [owner, kind] = alternatives(&owner_or_kind)[..] else {
            panic!("two alternatives")
        };
        assert!(demands_ownership(owner) && !demands_ownership(kind));
        assert!(demands_ownership(&owner_and_kind));
        assert!(!demands_ownership(&Criteria::not(leaf("IS_ENTITY_OWNER"))));
    }

    #[test]
    fn parts_of_templates_are_asked_about_templates_only() {
        let steps =
            Permission::resource("scaffolder.template.step.read", None, "scaffolder-template");

        assert!(concerns(
            &steps,
            &EntityRef::new("template", "default", "rust-service")
        ));
        assert!(!concerns(
            &steps,
            &EntityRef::new("component", "default", "seat-map")
        ));
    }
}
