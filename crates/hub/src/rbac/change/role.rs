//! Roles and their members.

use super::super::state::{RoleMetadata, State};
use super::super::write::Changed;
use super::{Writer, check_source};
use crate::error::Error;
use callboard_policy::reference::{self, ReferenceError, Usage};
use callboard_policy::{Membership, Source};
use serde_json::{Value, json};
use smol_str::{SmolStr, StrExt};
use std::collections::HashSet;

/// A role as somebody wrote it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RoleDraft {
    /// Its reference.
    pub(crate) name: String,
    /// Users and groups.
    pub(crate) members: Vec<String>,
    /// What it is for; absent means as it was, or nothing yet.
    pub(crate) description: Option<String>,
    /// The user or group that it belongs to; absent or empty means as it was, or whoever creates it.
    pub(crate) owner: Option<String>,
    /// The source that is claimed for it; an update accepts no other than REST.
    pub(crate) source: Option<String>,
}

/// A role whose references can be used; members are in lower case.
#[derive(Debug, Clone)]
pub(crate) struct NewRole {
    name: SmolStr,
    members: Vec<SmolStr>,
    description: Option<String>,
    owner: Option<String>,
    source: Option<Source>,
}

/// Why a written role is refused; the messages are the causes named on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidRoleError {
    /// A field is empty or absent.
    #[error("'{0}' field must not be empty")]
    Empty(&'static str),
    /// The role, a member or the owner cannot be referred to like this.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

/// What an update replaces, and with what.
#[derive(Debug, Clone)]
pub(crate) struct RoleUpdate {
    /// The role as it was: its name, and the members that go unless they are named again.
    pub(crate) old: NewRole,
    /// The role as it will be: perhaps another name, and the members that come.
    pub(crate) new: NewRole,
}

impl RoleDraft {
    /// Checks every reference; the first fault is reported.
    pub(crate) fn check(self) -> Result<NewRole, InvalidRoleError> {
        if self.name.is_empty() {
            return Err(InvalidRoleError::Empty("name"));
        }
        reference::check(&self.name, Usage::Role)?;
        if self.members.is_empty() {
            return Err(InvalidRoleError::Empty("memberReferences"));
        }
        for member in &self.members {
            // A role would pass the first check, but is no member: roles do not inherit.
            reference::check(member, Usage::Any)?;
            reference::check(member, Usage::Owner)?;
        }
        let owner = self.owner.filter(|owner| !owner.is_empty());
        if let Some(owner) = &owner {
            reference::check(owner, Usage::Owner)?;
        }
        let members = self.members.iter();
        Ok(NewRole {
            name: self.name.into(),
            members: members
                .map(|member| member.to_lowercase_smolstr())
                .collect(),
            description: self.description,
            owner,
            source: self.source.as_deref().map(Source::from),
        })
    }
}

/// Creates a role, or adds members to one that the writer may update.
///
/// # Errors
///
/// 403 when the role belongs to another source or owner, 409 when a member is there already or
/// named twice.
pub(crate) fn create_role(
    state: &mut State,
    writer: &Writer,
    role: &NewRole,
) -> Result<Changed<()>, Error> {
    if let Some(metadata) = state.roles.get(&role.name) {
        check_source(metadata, &role.name, "Unable to add role")?;
        // Otherwise whoever may create roles could take one over.
        if !writer.roles.includes(metadata) {
            return Err(Error::forbidden());
        }
    }
    let rows = role.rows();
    let mut seen = HashSet::new();
    for row in &rows {
        if state.memberships.contains_key(row) {
            return Err(Error::Conflict(String::new()));
        }
        check_once(&mut seen, row)?;
    }

    add_rows(state, rows);
    let metadata = state.roles.entry(role.name.clone());
    let metadata = metadata.or_insert_with(|| RoleMetadata {
        description: Some(String::new()),
        owner: Some(writer.user.to_string()),
        ..RoleMetadata::new(Source::Rest, &writer.user, writer.now)
    });
    write_metadata(metadata, writer, role);
    Ok(changed(meta(&role.name, metadata, &role.members)))
}

/// Replaces members of a role, renames it, or gives it another owner or description.
///
/// Members that the update does not name stay. With another name everything moves to it: all
/// members, policies, conditions and what is known about the role.
///
/// # Errors
///
/// 403 when the role belongs to another source or owner, 404 when it, or a member to replace, is
/// not there, 409 when a member or the new name is taken or a member is named twice, and 400 when
/// another source is claimed for it.
pub(crate) fn update_role(
    state: &mut State,
    writer: &Writer,
    RoleUpdate { old, new }: RoleUpdate,
) -> Result<Changed<()>, Error> {
    let Some(metadata) = state.roles.get(&old.name) else {
        return Err(Error::NotFound(format!(
            "Unable to find metadata for {}",
            old.name
        )));
    };
    check_source(metadata, &old.name, "Unable to edit role")?;
    if !writer.roles.includes(metadata) {
        return Err(Error::forbidden());
    }
    let (old_rows, new_rows) = (old.rows(), new.rows());
    let replaced: HashSet<&Membership> = old_rows.iter().collect();
    let mut seen = HashSet::new();
    for row in &new_rows {
        if state.memberships.contains_key(row) && !replaced.contains(row) {
            return Err(Error::Conflict(String::new()));
        }
        check_once(&mut seen, row)?;
    }
    seen.clear();
    for row in &old_rows {
        if !state.memberships.contains_key(row) {
            return Err(Error::NotFound(format!(
                "Member reference: {} was not found for role {}",
                row.member, old.name
            )));
        }
        check_once(&mut seen, row)?;
    }
    let is_renamed = new.name != old.name;
    if is_renamed && exists(state, &new.name) {
        return Err(Error::Conflict(String::new()));
    }
    let claimed = new.source.as_ref();
    if claimed
        .is_some_and(|claimed| !matches!(claimed, Source::Rest) && *claimed != metadata.source)
    {
        return Err(Error::Input(
            "The RoleMetadata.source field is 'read-only'.".to_owned(),
        ));
    }

    let mut metadata = metadata.clone();
    write_metadata(&mut metadata, writer, &new);
    state.memberships.retain(|row, _| !replaced.contains(row));
    if is_renamed {
        state.rename_role(&old.name, &new.name);
    }
    add_rows(state, new_rows);
    let mut meta = meta(&new.name, &metadata, &new.members);
    for (name, members, others) in [
        ("addedMembers", &new.members, &old.members),
        ("removedMembers", &old.members, &new.members),
    ] {
        let only: Vec<_> = members.iter().filter(|one| !others.contains(one)).collect();
        if !only.is_empty() {
            meta[name] = json!(only);
        }
    }
    if is_renamed {
        meta["oldRoleEntityRef"] = json!(old.name);
    }
    state.roles.insert(new.name, metadata);
    Ok(changed(meta))
}

/// Removes a member from a role, or the role; with its last member a role goes.
///
/// Its policies and conditions go with it, so that they do not revive with another role of its
/// name.
///
/// # Errors
///
/// 403 when the role is not there or belongs to another source or owner, and 404 when the member
/// is not there.
pub(crate) fn delete_role(
    state: &mut State,
    writer: &Writer,
    role: &str,
    member: Option<&str>,
) -> Result<Changed<()>, Error> {
    let Some(metadata) = writer.roles.role(state, role) else {
        return Err(Error::forbidden());
    };
    check_source(metadata, role, "Unable to delete role")?;
    let members = members_of(state, role);
    if let Some(member) = member.map(StrExt::to_lowercase_smolstr) {
        if !members.contains(&member) {
            return Err(Error::NotFound(format!(
                "role member '{member}' was not found"
            )));
        }
        if members.len() > 1 {
            let row = Membership::new(member.clone(), role);
            state.memberships.shift_remove(&row);
            if let Some(metadata) = state.roles.get_mut(role) {
                adopt(metadata, writer);
            }
            return Ok(changed(deleted(writer, role, &[member])));
        }
    }
    state.delete_role(role);
    Ok(changed(deleted(writer, role, &members)))
}

impl NewRole {
    fn rows(&self) -> Vec<Membership> {
        let members = self.members.iter();
        members
            .map(|member| Membership::new(member.clone(), self.name.clone()))
            .collect()
    }
}

fn exists(state: &State, role: &str) -> bool {
    state.roles.contains_key(role) || state.memberships.keys().any(|row| row.role == role)
}

fn members_of(state: &State, role: &str) -> Vec<SmolStr> {
    let rows = state.memberships.keys().filter(|row| row.role == role);
    rows.map(|row| row.member.clone()).collect()
}

/// Refuses a row that the same list had before.
fn check_once<'a>(seen: &mut HashSet<&'a Membership>, row: &'a Membership) -> Result<(), Error> {
    if seen.insert(row) {
        return Ok(());
    }
    let Membership { member, role } = row;
    Err(Error::Conflict(format!(
        "Duplicate role members found; {member}, {role} is a duplicate"
    )))
}

fn add_rows(state: &mut State, rows: Vec<Membership>) {
    for row in rows {
        state.add_membership(row, Source::Rest.into());
    }
}

fn write_metadata(metadata: &mut RoleMetadata, writer: &Writer, role: &NewRole) {
    if role.description.is_some() {
        metadata.description.clone_from(&role.description);
    }
    if role.owner.is_some() {
        metadata.owner.clone_from(&role.owner);
    }
    adopt(metadata, writer);
}

/// Notes who wrote last; what was older than sources belongs to REST from now on.
fn adopt(metadata: &mut RoleMetadata, writer: &Writer) {
    metadata.source = Source::Rest;
    metadata.touch(&writer.user, writer.now);
}

fn changed(meta: Value) -> Changed<()> {
    Changed { answer: (), meta }
}

/// What the event of a role that was written says.
fn meta(role: &str, metadata: &RoleMetadata, members: &[SmolStr]) -> Value {
    let mut meta = json!({
        "roleEntityRef": role,
        "source": metadata.source.as_str(),
        "modifiedBy": metadata.modified_by,
        "members": members,
    });
    let known = [
        ("description", &metadata.description),
        ("owner", &metadata.owner),
        ("author", &metadata.author),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            meta[name] = json!(value);
        }
    }
    meta
}

/// What the event of members that were removed says.
fn deleted(writer: &Writer, role: &str, members: &[SmolStr]) -> Value {
    json!({
        "roleEntityRef": role,
        "source": Source::Rest.as_str(),
        "modifiedBy": writer.user,
        "members": members,
    })
}

#[cfg(test)]
mod tests;
