//! A draft is stored: role, policies and conditions in one transaction.

use super::content::{Conditioned, Content, Granted, Mapped};
use super::difference::Difference;
use super::draft::Draft;
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use crate::principal::Principal;
use crate::rbac::change::{
    self, NewRole, RoleDraft, RoleUpdate, Writer, add_condition, add_policies, delete_condition,
    delete_policies, read_condition, update_condition,
};
use crate::rbac::owner::Visible;
use crate::rbac::service::Rbac;
use crate::rbac::state::State;
use callboard_policy::{ConditionLimits, ConditionalPolicy, Grant};
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::sync::{Arc, OnceLock};

/// Why a draft was not stored.
#[derive(Debug)]
pub(super) enum SaveError {
    /// Somebody stored something else meanwhile; absent when the role is gone.
    Conflict(Option<Box<Content>>),
    /// It was refused; nothing was changed.
    Refused(Error),
}

impl From<Error> for SaveError {
    fn from(error: Error) -> SaveError {
        SaveError::Refused(error)
    }
}

/// Stores a draft as `principal`, unless the role is no longer what the draft began from.
///
/// Needs `policy.entity.create` for a new role, and `policy.entity.update` on one that exists.
/// Whoever may create a role may give it its policies in the same stroke, whomever it belongs to.
pub(super) async fn save(
    app: &App,
    principal: &Principal,
    requester: Requester,
    draft: &Draft,
) -> Result<(), SaveError> {
    let writer = match &draft.base {
        None => Writer::creating(app, principal)?,
        Some(_) => Writer::updating(app, principal)?,
    };
    let change = Change::of(draft, &app.rbac().config().limits.conditions)?;
    let operations = change.operations(&requester);
    let found = Arc::new(OnceLock::new());
    let seen = Arc::clone(&found);
    let written = Rbac::write_all(app, operations, move |state| {
        let mut writer = writer;
        let stored = Content::of(state, change.old_name());
        if stored != change.base {
            // Nobody else sets it.
            let _first = seen.set(stored.map(Box::new));
            return Err(Error::Conflict("The role was changed meanwhile".to_owned()));
        }
        let metas = change.make(state, &mut writer)?;
        Ok(((), metas))
    });
    let written = written.await;
    match Arc::into_inner(found).and_then(OnceLock::into_inner) {
        Some(theirs) => Err(SaveError::Conflict(theirs)),
        None => Ok(written?),
    }
}

/// What the state would be with a draft stored in it; nothing is written.
pub(super) fn try_out(
    app: &App,
    principal: &Principal,
    draft: &Draft,
    state: &State,
) -> Result<State, Error> {
    let mut writer = match &draft.base {
        None => Writer::creating(app, principal)?,
        Some(_) => Writer::updating(app, principal)?,
    };
    let change = Change::of(draft, &app.rbac().config().limits.conditions)?;
    let mut state = state.clone();
    change.make(&mut state, &mut writer)?;
    Ok(state)
}

/// A draft in the terms of what is stored, read and checked.
struct Change {
    base: Option<Content>,
    role: SmolStr,
    update: Option<RoleChange>,
    revoked: Vec<Grant>,
    granted: Vec<Grant>,
    removed: Vec<i64>,
    changed: Vec<(i64, ConditionalPolicy)>,
    added: Vec<ConditionalPolicy>,
}

/// What becomes of the role itself.
enum RoleChange {
    Create(NewRole),
    Update(Box<RoleUpdate>),
}

impl Change {
    fn of(draft: &Draft, limits: &ConditionLimits) -> Result<Change, Error> {
        let difference = draft.difference();
        let role = draft.role();
        let policy = |one: &Conditioned| {
            read_condition(&to_wire(one, &role), limits)
                .map_err(|cause| Error::Input(cause.to_string()))
        };
        let mut changed = Vec::new();
        for (_, new) in &difference.changed {
            changed.extend(
                new.id
                    .map(|id| policy(new).map(|policy| (id, policy)))
                    .transpose()?,
            );
        }
        Ok(Change {
            update: RoleChange::of(draft, &difference)?,
            revoked: difference
                .revoked
                .iter()
                .map(|one| one.to_grant(&role))
                .collect(),
            granted: difference
                .granted
                .iter()
                .map(|one| one.to_grant(&role))
                .collect(),
            removed: difference.removed.iter().filter_map(|one| one.id).collect(),
            added: difference
                .added
                .iter()
                .map(policy)
                .collect::<Result<_, _>>()?,
            changed,
            base: draft.base.clone(),
            role,
        })
    }

    fn old_name(&self) -> &str {
        self.base.as_ref().map_or(&self.role, |base| &base.role)
    }

    /// The audit events, in the order in which [`Change::make`] gives what they say.
    fn operations(&self, requester: &Requester) -> Vec<Operation> {
        let mut operations = Vec::new();
        let mut begin = |id, action: &str| {
            let meta = json!({"source": "rest", "actionType": action});
            operations.push(Operation::begin(requester.clone(), "permission", id, meta));
        };
        match &self.update {
            Some(RoleChange::Create(_)) => begin("role-write", "create"),
            Some(RoleChange::Update(_)) => begin("role-write", "update"),
            None => {}
        }
        if !self.revoked.is_empty() {
            begin("policy-write", "delete");
        }
        if !self.granted.is_empty() {
            begin("policy-write", "create");
        }
        self.removed
            .iter()
            .for_each(|_| begin("condition-write", "delete"));
        self.changed
            .iter()
            .for_each(|_| begin("condition-write", "update"));
        self.added
            .iter()
            .for_each(|_| begin("condition-write", "create"));
        operations
    }

    /// Makes the change, and gives what each event says.
    fn make(self, state: &mut State, writer: &mut Writer) -> Result<Vec<Value>, Error> {
        let mut metas = Vec::new();
        match self.update {
            Some(RoleChange::Create(role)) => {
                let made = change::create_role(state, writer, &role);
                metas.push(
                    made.map_err(|error| prefixed("Unable to create role.", error))?
                        .meta,
                );
                // It came into being a moment ago, and nobody else has seen it yet.
                writer.roles = Visible::All;
            }
            Some(RoleChange::Update(update)) => {
                let made = change::update_role(state, writer, *update);
                metas.push(
                    made.map_err(|error| prefixed("Unable to edit the role.", error))?
                        .meta,
                );
            }
            None => {}
        }
        if !self.revoked.is_empty() {
            let revoked = delete_policies(state, writer, written(self.revoked));
            let prefix = "Unable to delete the permission policies.";
            metas.push(policies(&revoked.map_err(|error| prefixed(prefix, error))?));
        }
        if !self.granted.is_empty() {
            let granted = add_policies(state, writer, written(self.granted));
            let prefix = "Unable to create the permission policies.";
            metas.push(policies(&granted.map_err(|error| prefixed(prefix, error))?));
        }
        for id in self.removed {
            let removed = delete_condition(state, writer, id);
            let prefix = "Unable to remove conditions from the role.";
            let mut condition = removed.map_err(|error| prefixed(prefix, error))?.to_json();
            condition["id"] = json!(id);
            metas.push(json!({"condition": condition}));
        }
        for (id, policy) in self.changed {
            metas.push(json!({"condition": policy.to_json()}));
            update_condition(state, writer, id, Ok(policy))
                .map_err(|error| prefixed("Unable to update conditions.", error))?;
        }
        for policy in self.added {
            metas.push(json!({"condition": policy.to_json()}));
            add_condition(state, writer, policy)
                .map_err(|error| prefixed("Unable to add conditions to the role.", error))?;
        }
        Ok(metas)
    }
}

impl RoleChange {
    fn of(draft: &Draft, difference: &Difference) -> Result<Option<RoleChange>, Error> {
        let checked = |name: &str, members: Vec<String>| {
            let role = RoleDraft {
                name: name.to_owned(),
                members,
                description: Some(draft.description.clone()),
                owner: Some(draft.owner.trim().to_owned()),
                source: None,
            };
            role.check()
                .map_err(|cause| Error::Input(format!("Invalid role definition. Cause: {cause}")))
        };
        let Some(base) = &draft.base else {
            let members = draft.members.iter().map(SmolStr::to_string).collect();
            return Ok(Some(RoleChange::Create(checked(&draft.role(), members)?)));
        };
        if !difference.is_about_role() {
            return Ok(None);
        }
        // Members that nobody touches are not looked at again, but for one: a role has some.
        let kept = base
            .members
            .iter()
            .find(|one| !difference.left.contains(one));
        let with = |members: &[SmolStr]| {
            let members = members.iter().chain(kept);
            members.map(SmolStr::to_string).collect()
        };
        Ok(Some(RoleChange::Update(Box::new(RoleUpdate {
            old: checked(&base.role, with(&difference.left))?,
            new: checked(&draft.role(), with(&difference.joined))?,
        }))))
    }
}

impl Granted {
    fn to_grant(&self, role: &SmolStr) -> Grant {
        Grant::new(
            role.clone(),
            self.permission.clone(),
            self.action,
            self.effect,
        )
    }
}

/// A condition in its wire form, as the policy of `role`.
pub(super) fn to_wire(one: &Conditioned, role: &str) -> Value {
    json!({
        "result": "CONDITIONAL",
        "roleEntityRef": role,
        "pluginId": one.plugin,
        "resourceType": one.resource_type,
        "permissionMapping": one.mapping.iter().map(Mapped::to_wire).collect::<Vec<_>>(),
        "conditions": one.criteria,
    })
}

fn written(grants: Vec<Grant>) -> Vec<change::Written> {
    // What a form brings is checked as what a request brings.
    let read = |grant: Grant| {
        let Grant {
            subject,
            permission,
            action,
            effect,
        } = grant;
        Grant::parse(&subject, &permission, action.as_str(), effect.as_str())
    };
    grants.into_iter().map(read).collect()
}

/// What the event of policies says.
fn policies(grants: &[Grant]) -> Value {
    let row = |grant: &Grant| {
        json!([
            grant.subject,
            grant.permission,
            grant.action.as_str(),
            grant.effect.as_str()
        ])
    };
    json!({"policies": grants.iter().map(row).collect::<Vec<_>>()})
}

/// An error that says first what could not be done.
fn prefixed(prefix: &str, error: Error) -> Error {
    let said = |text: String| match text.as_str() {
        "" => prefix.to_owned(),
        text => format!("{prefix} {text}"),
    };
    match error {
        Error::Input(text) => Error::Input(said(text)),
        Error::NotAllowed(text) => Error::NotAllowed(said(text)),
        Error::NotFound(text) => Error::NotFound(said(text)),
        Error::Conflict(text) => Error::Conflict(said(text)),
        other => other,
    }
}
