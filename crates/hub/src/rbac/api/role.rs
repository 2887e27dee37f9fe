//! `/roles` and one role: reading, creating, updating and deleting.

use super::super::audited::{Read, Write};
use super::super::change::{self, NewRole, Writer};
use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::super::state::{RoleMetadata, State as Stored};
use super::RefPath;
use super::draft;
use super::query::Query;
use crate::app::App;
use crate::audit::Requester;
use crate::error::Error;
use crate::http::body::JsonBody;
use crate::principal::Principal;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use callboard_policy::reference::Usage;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

/// The events of those who read roles.
const READ: &str = "role-read";

/// The events of those who change them.
const WRITE: &str = "role-write";

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
    requester: Requester,
) -> Result<Json<Vec<Role>>, Error> {
    Read::begin(requester, READ, json!({"queryType": "all"})).answer(|| {
        let visible = Visible::of(&app, &principal, &POLICY_READ)?;
        Ok(Json(roles(&app.rbac().state(), &visible)))
    })
}

/// `GET /api/permission/roles/{kind}/{namespace}/{name}`: a list of one.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn by_ref(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(path): Path<RefPath>,
) -> Result<Json<Vec<Role>>, Error> {
    let query = json!({"queryType": "by-role", "entityRef": path.to_string()});
    Read::begin(requester, READ, query).answer(|| {
        let visible = Visible::of(&app, &principal, &POLICY_READ)?;
        let name = path.check(Usage::Role)?;
        let role = roles(&app.rbac().state(), &visible)
            .into_iter()
            .find(|role| role.name == name);
        role.map(|role| Json(vec![role]))
            .ok_or_else(|| Error::NotFound(String::new()))
    })
}

/// `POST /api/permission/roles`.
///
/// Permission: `policy.entity.create`, and `policy.entity.update` on a role that exists.
pub(super) async fn create(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, ()), Error> {
    create_role(&app, &principal, requester, || draft::new_role(&body)).await
}

/// `POST /api/permission/roles/{kind}/{namespace}/{name}`, which RHDH 1.4 documents.
///
/// Permission: `policy.entity.create`, and `policy.entity.update` on a role that exists.
pub(super) async fn create_named(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(path): Path<RefPath>,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, ()), Error> {
    let role = || draft::new_role_named(path.check(Usage::Role)?, &body);
    create_role(&app, &principal, requester, role).await
}

async fn create_role(
    app: &App,
    principal: &Principal,
    requester: Requester,
    role: impl FnOnce() -> Result<NewRole, Error>,
) -> Result<(StatusCode, ()), Error> {
    let prepare = || {
        let writer = Writer::creating(app, principal)?;
        let role = role()?;
        Ok(move |state: &mut Stored| change::create_role(state, &writer, &role))
    };
    Write::create(requester, WRITE)
        .make(app, |()| StatusCode::CREATED, prepare)
        .await
}

/// `PUT /api/permission/roles/{kind}/{namespace}/{name}`.
///
/// Permission: `policy.entity.update`; a conditional right reaches only the roles that it covers.
pub(super) async fn update(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(path): Path<RefPath>,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, ()), Error> {
    let prepare = || {
        let writer = Writer::updating(&app, &principal)?;
        let update = draft::role_update(path.check(Usage::Role)?, &body)?;
        Ok(move |state: &mut Stored| change::update_role(state, &writer, update))
    };
    Write::update(requester, WRITE)
        .make(&app, |()| StatusCode::OK, prepare)
        .await
}

/// `DELETE /api/permission/roles/{kind}/{namespace}/{name}`: the role, or one of its members.
///
/// Permission: `policy.entity.delete`; a conditional right reaches only the roles that it covers.
pub(super) async fn delete(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(path): Path<RefPath>,
    query: Query,
) -> Result<(StatusCode, ()), Error> {
    let prepare = || {
        let writer = Writer::deleting(&app, &principal)?;
        let role = path.check(Usage::Role)?;
        let member = query.first("memberReferences")?.map(str::to_owned);
        Ok(move |state: &mut Stored| change::delete_role(state, &writer, &role, member.as_deref()))
    };
    Write::delete(requester, WRITE)
        .make(&app, |()| StatusCode::NO_CONTENT, prepare)
        .await
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
