//! `/refresh/{id}`: asking a provider for its roles.

use super::super::audited::Write;
use super::super::change;
use crate::app::App;
use crate::audit::Requester;
use crate::error::Error;
use crate::principal::Principal;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// `POST /api/permission/refresh/{id}`: done when the provider is.
///
/// Permission: `policy.entity.create`.
pub(super) async fn refresh(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let write = Write::create(requester, "provider-refresh");
    let refreshed = refresh_now(&app, &principal, &id).await;
    write.end(&app, refreshed).await
}

async fn refresh_now(app: &App, principal: &Principal, id: &str) -> Result<StatusCode, Error> {
    change::creator(app, principal)?;
    let providers = &app.core().providers;
    if providers.is_empty() {
        return Err(Error::NotFound("No RBAC providers were found".to_owned()));
    }
    let Some(provider) = providers.iter().find(|provider| provider.name() == id) else {
        return Err(Error::NotFound(format!(
            "The RBAC provider {id} was not found"
        )));
    };
    let refreshed = Arc::clone(provider).refresh().await;
    refreshed.map_err(Error::internal)?;
    Ok(StatusCode::OK)
}
