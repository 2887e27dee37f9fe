//! `GET /roles` and one role.

use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::super::state::{RoleMetadata, State as Stored};
use super::RefPath;
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use axum::Json;
use axum::extract::{Path, State};
use callboard_policy::reference::Usage;
use jiff::Timestamp;
use serde::Serialize;

/// A role on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Role {
    member_references: Vec<String>,
    name: String,
    metadata: Metadata,
}

/// A role's metadata on the wire; what was never set is `null`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    source: String,
    description: Option<String>,
    owner: Option<String>,
    author: Option<String>,
    modified_by: Option<String>,
    created_at: Option<String>,
    last_modified: Option<String>,
    is_default: bool,
}

/// `GET /api/permission/roles`.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn list(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Vec<Role>>, Error> {
    let visible = Visible::of(&app, &principal, &POLICY_READ)?;
    Ok(Json(roles(&app.rbac().state(), &visible)))
}

/// `GET /api/permission/roles/{kind}/{namespace}/{name}`: a list of one.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn by_ref(
    State(app): State<App>,
    principal: Principal,
    path: Path<RefPath>,
) -> Result<Json<Vec<Role>>, Error> {
    let visible = Visible::of(&app, &principal, &POLICY_READ)?;
    let name = RefPath::checked(path, Usage::Role)?;
    let role = roles(&app.rbac().state(), &visible)
        .into_iter()
        .find(|role| role.name == name);
    role.map(|role| Json(vec![role]))
        .ok_or_else(|| Error::NotFound(String::new()))
}

/// Roles in the order of their first membership, and the default role, which has no members, last.
fn roles(state: &Stored, visible: &Visible) -> Vec<Role> {
    let members = state.members();
    let with_members = members.iter().filter_map(|(role, members)| {
        let metadata = visible
            .role(state, role)
            .filter(|metadata| !metadata.is_default)?;
        Some(Role::new(role, members, metadata))
    });
    // The default role is everybody's, so everybody who may ask sees it.
    let defaults = state
        .roles
        .iter()
        .filter(|(_, metadata)| metadata.is_default);
    with_members
        .chain(defaults.map(|(role, metadata)| Role::new(role, &[], metadata)))
        .collect()
}

impl Role {
    fn new(name: &str, members: &[&str], metadata: &RoleMetadata) -> Role {
        Role {
            member_references: members.iter().map(|member| (*member).to_owned()).collect(),
            name: name.to_owned(),
            metadata: Metadata {
                source: metadata.source.to_string(),
                description: metadata.description.clone(),
                owner: metadata.owner.clone(),
                author: metadata.author.clone(),
                modified_by: metadata.modified_by.clone(),
                created_at: metadata.created_at.map(wire_time),
                last_modified: metadata.modified_at.map(wire_time),
                is_default: metadata.is_default,
            },
        }
    }
}

/// ISO 8601 in UTC with milliseconds.
pub(super) fn wire_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
