//! What changed about roles since a moment, as the audit log tells it.
//!
//! The log has every change of roles, whoever made it: people, files, the configuration. It says
//! nothing of who was in which group of the catalog, so groups count as they are now.

use super::owner::Visible;
use super::roster::Roster;
use crate::app::App;
use crate::audit::RoleChange;
use crate::error::Error;
use callboard_policy::{Action, EntityRef, GroupGraph, Permission};
use jiff::Timestamp;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How many changes are looked through.
const LOOKED_THROUGH: u32 = 20_000;

/// How many changes of a role that is gone are looked through for what it gave.
const OF_ONE: u32 = 1_000;

/// What changed about the roles that a reader may read.
pub(super) struct Changed {
    roster: Arc<Roster>,
    groups: GroupGraph,
    default_role: Option<SmolStr>,
    touches: HashMap<SmolStr, Touch>,
    /// Whether there were more changes than are looked through.
    pub(super) is_cut: bool,
}

/// What changed about one role.
#[derive(Debug, Default)]
struct Touch {
    /// Who became a member, or is none any more.
    members: HashSet<SmolStr>,
    /// The rules that came, went or are others now.
    rules: HashSet<Rule>,
}

impl Touch {
    fn add(&mut self, noted: Noted) {
        match noted {
            Noted::Member(member) => self.members.insert(member),
            Noted::Rule(rule) => self.rules.insert(rule),
        };
    }
}

/// Something that a change says of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Noted {
    /// This one became a member, or is none any more.
    Member(SmolStr),
    /// A rule about this came, went or is another now.
    Rule(Rule),
}

/// What a rule is about: a permission or a resource type, and an action.
type Rule = (SmolStr, Action);

/// Somebody whom a review is about, as far as changes count.
pub(super) struct Concerned<'a> {
    changed: &'a Changed,
    /// Each role about which something changed, with what this one has to do with it.
    touches: Vec<(&'a SmolStr, &'a Touch, Share)>,
}

/// What somebody has to do with a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    /// The very role.
    Itself,
    /// A holder, before and after.
    Holder,
    /// A holder before or after.
    OnceHolder,
}

impl Changed {
    /// What changed since `since` about the roles that `visible` covers.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] when the database does not answer.
    pub(super) async fn since(
        app: &App,
        visible: &Visible,
        since: Timestamp,
    ) -> Result<Changed, Error> {
        let audit = app.audit();
        let changes = audit.role_changes(since, LOOKED_THROUGH).await?;
        let is_cut = changes.len() == LOOKED_THROUGH as usize;
        let roster = app.rbac().roster();
        let state = roster.state();
        let is_shown = |role: &str, at: Timestamp| match (visible, state.roles.get(role)) {
            (Visible::All, _) => true,
            // Whoever may read this role need not have been allowed to read one that had its name
            // before.
            (_, Some(metadata)) => {
                visible.includes(metadata) && metadata.created_at.is_none_or(|made| made <= at)
            }
            (_, None) => false,
        };
        let mut touches: HashMap<SmolStr, Touch> = HashMap::new();
        for change in &changes {
            for (role, noted) in noted(change) {
                if is_shown(&role, change.at) {
                    touches.entry(role).or_default().add(noted);
                }
            }
        }
        // A role that is gone took its rules along, of which only older changes tell.
        for (role, touch) in &mut touches {
            if !state.roles.contains_key(role) {
                let all = audit
                    .changes_naming(role, Timestamp::UNIX_EPOCH, OF_ONE)
                    .await?;
                let rules = all.iter().flat_map(noted);
                for (_, noted) in rules.filter(|(named, _)| named == role) {
                    if let Noted::Rule(_) = noted {
                        touch.add(noted);
                    }
                }
            }
        }
        let (model, _) = app.rbac().in_force(app);
        Ok(Changed {
            roster,
            groups: model.groups,
            default_role: model.settings.default_role,
            touches,
            is_cut,
        })
    }

    /// What of it concerns a role.
    pub(super) fn about_role(&self, role: &str) -> Concerned<'_> {
        let touch = self.touches.get_key_value(role).into_iter();
        Concerned {
            changed: self,
            touches: touch
                .map(|(role, touch)| (role, touch, Share::Itself))
                .collect(),
        }
    }

    /// What of it concerns a user, or whoever is in a group.
    pub(super) fn about_holder(&self, holder: &str) -> Concerned<'_> {
        let references = self.references(holder);
        let share = |role: &SmolStr, touch: &Touch| {
            if touch.members.iter().any(|one| references.contains(one)) {
                return Some(Share::OnceHolder);
            }
            let mut members = self.roster.members(role);
            let is_holder = members.any(|(row, _)| references.contains(&row.member));
            let is_default = self.default_role.as_ref() == Some(role);
            (is_holder || is_default).then_some(Share::Holder)
        };
        let touches = self.touches.iter();
        Concerned {
            changed: self,
            touches: touches
                .filter_map(|(role, touch)| Some((role, touch, share(role, touch)?)))
                .collect(),
        }
    }

    /// A holder, and the groups that it is in or below.
    fn references(&self, holder: &str) -> HashSet<SmolStr> {
        let mut found = HashSet::from([SmolStr::new(holder)]);
        let mut next: Vec<&EntityRef> = self.groups.groups_of(holder).iter().collect();
        next.extend(self.groups.parents_of(holder));
        while let Some(group) = next.pop() {
            if found.insert(group.as_smol_str().clone()) {
                next.extend(self.groups.parents_of(group.as_str()));
            }
        }
        found
    }

    /// Whether a role has a rule about a permission now.
    fn is_about(&self, role: &str, permission: &Permission) -> bool {
        let mut policies = self.roster.policies(role);
        let mut conditions = self.roster.conditions(role);
        policies.any(|(grant, _)| is_rule_about((&grant.permission, grant.action), permission))
            || conditions.any(|(_, record)| {
                permission.resource_type() == Some(&*record.policy.resource_type)
                    && record.policy.covers(permission)
            })
    }
}

impl Concerned<'_> {
    /// Whether what decides about a permission became another.
    pub(super) fn by(&self, permission: &Permission) -> bool {
        self.touches.iter().any(|(role, touch, share)| {
            let mut rules = touch.rules.iter();
            let is_touched = rules.any(|(name, action)| is_rule_about((name, *action), permission));
            let is_given =
                || *share == Share::OnceHolder && self.changed.is_about(role, permission);
            is_touched || is_given()
        })
    }
}

fn is_rule_about((name, action): (&SmolStr, Action), permission: &Permission) -> bool {
    let is_named = *name == permission.name() || permission.resource_type() == Some(&**name);
    is_named && action == permission.action()
}

/// What a change says, each with the role that it is about.
fn noted(change: &RoleChange) -> Vec<(SmolStr, Noted)> {
    let meta = &change.meta;
    let mut all = Vec::new();
    match change.event_id.as_str() {
        "role-write" => {
            let role = SmolStr::new(meta["roleEntityRef"].as_str().unwrap_or_default());
            let differing = [&meta["addedMembers"], &meta["removedMembers"]];
            let is_told = differing.iter().any(|list| list.is_array());
            // Who is named without being told apart came or went with the role.
            let is_update = meta["actionType"] == "update";
            let with_role = (!is_told && !is_update).then_some(&meta["members"]);
            for member in differing.into_iter().chain(with_role).flat_map(texts) {
                all.push((role.clone(), Noted::Member(member.into())));
            }
            for row in rows(&meta["addedPolicies"]).chain(rows(&meta["updatedPolicies"])) {
                if let (Some(member), Some(role)) = (row[0].as_str(), row[1].as_str()) {
                    all.push((role.into(), Noted::Member(member.into())));
                }
            }
        }
        "policy-write" => {
            for row in rows(&meta["policies"]).chain(rows(&meta["oldPolicies"])) {
                if let (Some(role), Some(name)) = (row[0].as_str(), row[1].as_str())
                    && let Some(action) = action(&row[2])
                {
                    all.push((role.into(), Noted::Rule((name.into(), action))));
                }
            }
        }
        _ => {
            let condition = &meta["condition"];
            let role = condition["roleEntityRef"].as_str().unwrap_or_default();
            let resource_type = condition["resourceType"].as_str().unwrap_or_default();
            for entry in rows(&condition["permissionMapping"]) {
                // An entry is an action, or a permission with an action.
                let name = entry["name"].as_str().unwrap_or(resource_type);
                if let Some(action) = action(entry.get("action").unwrap_or(entry)) {
                    all.push((role.into(), Noted::Rule((name.into(), action))));
                }
            }
        }
    }
    all
}

fn action(value: &Value) -> Option<Action> {
    value.as_str()?.parse().ok()
}

fn rows(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    rows(list).filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(event_id: &str, meta: Value) -> Vec<String> {
        let change = RoleChange {
            number: 1,
            at: Timestamp::UNIX_EPOCH,
            event_id: event_id.to_owned(),
            actor: String::new(),
            meta,
        };
        let told = noted(&change).into_iter().map(|(role, noted)| match noted {
            Noted::Member(member) => format!("{role} {member}"),
            Noted::Rule((name, action)) => format!("{role} {name} {action}"),
        });
        told.collect()
    }

    #[test]
    fn members_are_those_who_came_or_went() {
        let created = json!({"actionType": "create", "roleEntityRef": "role:default/a", "members": ["user:default/x"]});
        let updated = json!({
            "actionType": "update", "roleEntityRef": "role:default/a",
            "members": ["user:default/x", "user:default/y"], "addedMembers": ["user:default/y"],
        });
        let renamed = json!({
            "actionType": "update", "roleEntityRef": "role:default/a", "members": ["user:default/x"],
        });

        assert_eq!(
            told("role-write", created),
            ["role:default/a user:default/x"]
        );
        assert_eq!(
            told("role-write", updated),
            ["role:default/a user:default/y"]
        );
        assert!(told("role-write", renamed).is_empty());
    }

    #[test]
    fn rules_are_about_permissions_or_types() {
        let policies = json!({"policies": [["role:default/a", "catalog-entity", "read", "allow"]]});
        let condition = json!({"condition": {
            "roleEntityRef": "role:default/a", "resourceType": "catalog-entity",
            "permissionMapping": ["update", {"name": "catalog.entity.delete", "action": "delete"}],
        }});

        assert_eq!(
            told("policy-write", policies),
            ["role:default/a catalog-entity read"]
        );
        assert_eq!(
            told("condition-write", condition),
            [
                "role:default/a catalog-entity update",
                "role:default/a catalog.entity.delete delete"
            ]
        );
    }
}
