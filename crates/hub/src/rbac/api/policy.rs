//! `GET /policies` and those of one subject.

use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::super::state::State as Stored;
use super::RefPath;
use super::query::Query;
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use axum::Json;
use axum::extract::{Path, State};
use callboard_policy::Grant;
use callboard_policy::reference::Usage;
use serde::Serialize;

/// A permission policy on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Policy {
    entity_reference: String,
    permission: String,
    policy: &'static str,
    effect: &'static str,
    metadata: Metadata,
}

#[derive(Serialize)]
struct Metadata {
    source: String,
}

/// `GET /api/permission/policies`.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn list(
    State(app): State<App>,
    principal: Principal,
    query: Query,
) -> Result<Json<Vec<Policy>>, Error> {
    let visible = Visible::of(&app, &principal, &POLICY_READ)?;
    let filter = [
        query.first("entityRef")?,
        query.first("permission")?,
        query.first("policy")?,
        query.first("effect")?,
    ];
    let is_wanted = |policy: &Grant| {
        let row = [
            policy.subject.as_str(),
            &policy.permission,
            policy.action.as_str(),
            policy.effect.as_str(),
        ];
        filter
            .iter()
            .zip(row)
            .all(|(wanted, value)| wanted.is_none_or(|wanted| wanted == value))
    };
    Ok(Json(policies(&app.rbac().state(), &visible, is_wanted)))
}

/// `GET /api/permission/policies/{kind}/{namespace}/{name}`.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn by_subject(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<RefPath>,
) -> Result<Json<Vec<Policy>>, Error> {
    let visible = Visible::of(&app, &principal, &POLICY_READ)?;
    let subject = path.check(Usage::Any)?;
    let found = policies(&app.rbac().state(), &visible, |policy| {
        policy.subject == subject
    });
    if found.is_empty() {
        return Err(Error::NotFound(String::new()));
    }
    Ok(Json(found))
}

fn policies(state: &Stored, visible: &Visible, is_wanted: impl Fn(&Grant) -> bool) -> Vec<Policy> {
    let wanted = state.policies.keys().filter(|policy| is_wanted(policy));
    let shown = wanted.filter_map(|policy| {
        let metadata = visible.role(state, &policy.subject)?;
        if policy.is_retired() {
            tracing::warn!(
                plugin = "permission", role = policy.subject.as_str(),
                "a policy on `policy-entity` with `create` is shown as `policy.entity.create`; write it so",
            );
        }
        Some(Policy {
            entity_reference: policy.subject.to_string(),
            permission: if policy.is_retired() { "policy.entity.create".to_owned() } else { policy.permission.to_string() },
            policy: policy.action.as_str(),
            effect: policy.effect.as_str(),
            metadata: Metadata { source: metadata.source.to_string() },
        })
    });
    shown.collect()
}
