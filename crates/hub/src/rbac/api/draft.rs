//! Roles in the bodies of requests.

use super::super::change::{NewRole, RoleDraft, RoleUpdate};
use crate::error::Error;
use serde_json::{Map, Value};
use std::fmt::Display;

/// What messages call a role that is created.
const DEFINITION: &str = "Invalid role definition";

/// The role of `POST /roles`.
pub(super) fn new_role(body: &Value) -> Result<NewRole, Error> {
    checked(DEFINITION, draft(DEFINITION, body.as_object())?)
}

/// The role of `POST /roles/{kind}/{namespace}/{name}`, whose body need not name it again.
pub(super) fn new_role_named(name: String, body: &Value) -> Result<NewRole, Error> {
    let draft = draft(DEFINITION, body.as_object())?;
    if !draft.name.is_empty() && draft.name != name {
        let found = &draft.name;
        return Err(refused(
            DEFINITION,
            format_args!("'name' is '{found}', but the path names '{name}'"),
        ));
    }
    checked(DEFINITION, RoleDraft { name, ..draft })
}

/// The two roles of `PUT /roles/{kind}/{namespace}/{name}`; the path names the old one.
pub(super) fn role_update(name: String, body: &Value) -> Result<RoleUpdate, Error> {
    const OLD: &str = "Invalid old role object";
    const NEW: &str = "Invalid new role object";
    let present = |member: &str| {
        let role = body.get(member).and_then(Value::as_object);
        role.ok_or_else(|| Error::Input(format!("'{member}' object must be present")))
    };
    let (old, new) = (present("oldRole")?, present("newRole")?);
    let old = RoleDraft {
        name,
        ..draft(OLD, Some(old))?
    };
    Ok(RoleUpdate {
        old: checked(OLD, old)?,
        new: checked(NEW, draft(NEW, Some(new))?)?,
    })
}

/// Reads a role without judging it; what is absent or `null` is empty.
fn draft(what: &str, role: Option<&Map<String, Value>>) -> Result<RoleDraft, Error> {
    let Some(role) = role else {
        return Ok(RoleDraft::default());
    };
    let wrong =
        |field: &str, expected: &str| refused(what, format_args!("'{field}' must be {expected}"));
    let text = |value: Option<&Value>, field: &str| match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong(field, "a string")),
    };
    let members = match role.get("memberReferences") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(members) => serde_json::from_value(members.clone()).ok(),
    };
    let metadata = match role.get("metadata") {
        None | Some(Value::Null) => None,
        Some(Value::Object(metadata)) => Some(metadata),
        Some(_) => return Err(wrong("metadata", "an object")),
    };
    let about = |member: &str| {
        let value = metadata.and_then(|metadata| metadata.get(member));
        text(value, &format!("metadata.{member}"))
    };
    Ok(RoleDraft {
        name: text(role.get("name"), "name")?.unwrap_or_default(),
        members: members.ok_or_else(|| wrong("memberReferences", "an array of strings"))?,
        description: about("description")?,
        owner: about("owner")?,
        source: about("source")?,
    })
}

fn checked(what: &str, draft: RoleDraft) -> Result<NewRole, Error> {
    draft.check().map_err(|cause| refused(what, cause))
}

fn refused(what: &str, cause: impl Display) -> Error {
    Error::Input(format!("{what}. Cause: {cause}"))
}
