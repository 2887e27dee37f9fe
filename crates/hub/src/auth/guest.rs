//! The guest provider: everybody is the same user.

use super::ownership::ownership_of;
use super::service::UserIdentity;
use super::signed_in::{self, Profile, SignedIn};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use smol_str::SmolStr;

/// The id of the provider.
pub(super) const PROVIDER: &str = "guest";

/// `GET` and `POST /api/auth/guest/refresh`: a session without further ado.
///
/// Open, as it is how a guest signs in; the configuration decides whether there is one.
pub(super) async fn refresh(
    State(app): State<App>,
    requester: Requester,
) -> Result<Response, Error> {
    let operation = Operation::begin(
        requester,
        "auth",
        "token-issue",
        json!({"provider": PROVIDER}),
    );
    let issued = issue(&app, operation.clone()).await;
    operation.or_refuse(&app, issued).await
}

async fn issue(app: &App, operation: Operation) -> Result<Response, Error> {
    let identity = signed_in::identify(app, &identity(app)?, operation).await?;
    let session = json!({"profile": {}, "backstageIdentity": identity});
    Ok((
        [(axum::http::header::CACHE_CONTROL, "no-store")],
        Json(session),
    )
        .into_response())
}

/// Who a guest is now: the user of the catalog, else what the configuration says.
///
/// # Errors
///
/// 404 when the provider is not configured, 403 when it is not allowed here.
pub(super) fn identity(app: &App) -> Result<UserIdentity, Error> {
    let auth = app.auth();
    let Some(guest) = &auth.config.guest else {
        return Err(Error::NotFound(format!(
            "No auth provider registered for '{PROVIDER}'"
        )));
    };
    if !guest.is_allowed {
        return Err(Error::NotAllowed(
            "The guest provider cannot be used outside of a development environment unless \
             'auth.providers.guest.dangerouslyAllowOutsideDevelopment' is enabled"
                .to_owned(),
        ));
    }
    let ownership = ownership_of(&app.catalog().snapshot(), &guest.user, auth.groups())
        .or_else(|| guest.ownership.clone())
        .unwrap_or_else(|| vec![guest.user.as_smol_str().clone()]);
    Ok(UserIdentity {
        entity_ref: guest.user.clone(),
        ownership,
    })
}

/// The guest, signed in.
///
/// # Errors
///
/// As [`identity`].
pub(super) fn sign_in(app: &App) -> Result<SignedIn, Error> {
    Ok(SignedIn {
        identity: identity(app)?,
        profile: Profile::default(),
        provider: SmolStr::new_static(PROVIDER),
        environment: None,
        refresh_token: None,
    })
}

/// What the guest provider does not have: `start` and `handler/frame`.
pub(super) async fn not_implemented(State(app): State<App>) -> Error {
    match app.auth().config.guest {
        Some(_) => Error::NotImplemented("Not implemented".to_owned()),
        None => Error::NotFound(format!("No auth provider registered for '{PROVIDER}'")),
    }
}
