//! `/plugins/…`: what administrators choose from.

use super::super::audited::{Read, Write};
use super::super::change::{self, PluginIds, Writer};
use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::super::plugin;
use super::super::state::State as Stored;
use crate::app::App;
use crate::audit::Requester;
use crate::error::Error;
use crate::http::body::JsonBody;
use crate::principal::Principal;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The events of those who change plugin ids.
const WRITE_IDS: &str = "plugin-ids-write";

/// `GET /api/permission/plugins/policies`.
///
/// Permission: `policy.entity.read`.
pub(super) async fn policies(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
) -> Result<Json<Vec<Value>>, Error> {
    let read = Read::begin(requester, "plugin-policies-read", json!({}));
    metadata(&app, &principal, read, plugin::policies).await
}

/// `GET /api/permission/plugins/condition-rules`.
///
/// Permission: `policy.entity.read`.
pub(super) async fn condition_rules(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
) -> Result<Json<Vec<Value>>, Error> {
    let read = Read::begin(requester, "condition-rules-read", json!({}));
    metadata(&app, &principal, read, plugin::condition_rules).await
}

/// A part of what plugins declare, those of other backends as new as they can be had.
async fn metadata(
    app: &App,
    principal: &Principal,
    read: Read,
    list: impl FnOnce(&App) -> Vec<Value>,
) -> Result<Json<Vec<Value>>, Error> {
    let allowed = Visible::of(app, principal, &POLICY_READ);
    if allowed.is_ok() {
        app.rbac().remote().refresh(app).await;
    }
    read.answer(|| {
        allowed?;
        Ok(Json(list(app)))
    })
}

/// `GET /api/permission/plugins/id`.
///
/// Permission: `policy.entity.read`.
pub(super) async fn ids(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
) -> Result<Json<Value>, Error> {
    Read::begin(requester, "plugin-ids-read", json!({})).answer(|| {
        Visible::of(&app, &principal, &POLICY_READ)?;
        Ok(Json(json!({"ids": plugin::ids(&app)})))
    })
}

/// `POST /api/permission/plugins/id`.
///
/// Permission: `policy.entity.create`.
pub(super) async fn add_ids(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, Error> {
    let prepare = || {
        change::creator(&app, &principal)?;
        let (ids, fixed) = (written_ids(&body)?, plugin::fixed_ids(&app));
        Ok(move |state: &mut Stored| change::add_plugin_ids(state, &fixed, &ids))
    };
    let written = Write::create(requester, WRITE_IDS).make(&app, |_| StatusCode::OK, prepare);
    let (_, ids) = written.await?;
    Ok(Json(json!({"ids": ids})))
}

/// `DELETE /api/permission/plugins/id`.
///
/// Permission: `policy.entity.delete`.
pub(super) async fn remove_ids(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, Error> {
    let prepare = || {
        Writer::deleting(&app, &principal)?;
        let (ids, fixed) = (written_ids(&body)?, plugin::fixed_ids(&app));
        Ok(move |state: &mut Stored| change::remove_plugin_ids(state, &fixed, &ids))
    };
    let written = Write::delete(requester, WRITE_IDS).make(&app, |_| StatusCode::OK, prepare);
    let (_, ids) = written.await?;
    Ok(Json(json!({"ids": ids})))
}

/// The ids in a body.
fn written_ids(body: &Value) -> Result<PluginIds, Error> {
    let refused = |message: &str| Err(Error::Input(message.to_owned()));
    let Some(ids) = body.get("ids").filter(|ids| !ids.is_null()) else {
        return refused("'ids' must be specified in the permission dependent plugin");
    };
    let Ok(ids) = serde_json::from_value(ids.clone()) else {
        return refused("'ids' must be an array of string plugin ID values");
    };
    PluginIds::new(ids)
}
