//! Sign-in, tokens, sessions: who is calling.
//!
//! Programs and npm clients show a bearer token: a user token that this hub signed, a token of
//! `backend.auth.externalAccess`, or one that a plugin signed, of this hub or of a backend that
//! `discovery.endpoints` names. The credential barrier of each plugin reads it. Pages know people
//! by a session cookie, which the API never takes; see [`Viewer`].
//!
//! A sign-in provider ends in a [`UserIdentity`]. From there all are alike: a token for clients
//! ([`Auth::issue_user_token`]), a session for pages.

mod access_token;
mod barrier;
mod caller;
mod config;
mod cookie;
mod csrf;
mod device;
mod external;
mod extract;
mod guest;
mod issue;
mod jose;
mod jws;
mod key;
mod key_file;
mod key_store;
mod keys;
mod known_user;
mod limit;
mod oidc;
mod openid;
mod ownership;
mod placeholder;
mod plugin;
mod plugin_token;
mod provider;
mod random;
mod redirect;
mod remote_key;
mod remote_key_set;
mod service;
pub(crate) mod service_account;
mod session;
mod sign_in;
mod signed_in;
mod store;
#[cfg(test)]
pub(crate) mod test;
mod token;
mod userinfo;
mod way_in;

pub(crate) use access_token::{AccessTokenFeature, api as access_token_api};
pub(crate) use barrier::Barrier;
pub use config::{GuestConfig, MAX_TOKEN_LIFETIME};
pub(crate) use cookie::{PLUGIN_OPENAPI, plugin_routes};
pub use csrf::{
    CSRF_FIELD, CsrfForm, CsrfUpload, MAX_UPLOAD, NoFields, SignInToken, csrf_token_for_sign_in,
};
pub(crate) use device::{DeviceFeature, api as device_api};
pub use extract::{MaybeViewer, SessionInfo, Viewer};
pub(crate) use issue::issue_for_administrator;
pub use issue::{AdministratorToken, IssueError, TokenRequest};
pub use known_user::KnownUser;
pub use oidc::{Door, SignInFailure, begin as begin_sign_in};
pub use ownership::{Groups, ownership_of};
pub use redirect::local_path;
pub use service::{Auth, IssuedToken, UserIdentity};
pub(crate) use session::api as session_api;
pub use session::{Ending, SessionId, SessionSummary, end as end_sessions, refresh_token_shown};
pub(crate) use session::{base_cookie, cookie_name};
pub use signed_in::Profile;
pub use way_in::{WayIn, provider_name};

use crate::app::App;
use crate::feature::{Api, ApiAccess, Feature, Registrar};
use crate::hub::StartError;
use crate::task::Task;
use crate::ui::Language;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, get, post};

/// The feature.
pub(crate) struct Authentication;

impl Feature for Authentication {
    fn id(&self) -> &'static str {
        "auth"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        hub.service(Auth::new(hub.core().clone())?);
        hub.migrations(store::MIGRATIONS);
        hub.api(Api {
            plugin: "auth",
            router: api(),
            access: ApiAccess::Open,
            openapi: Vec::new(),
        });
        hub.pages(pages());
        hub.texts(&[
            (Language::English, include_str!("texts/en.ftl")),
            (Language::German, include_str!("texts/de.ftl")),
        ]);
        hub.check(config::findings);
        oidc::register_examinations(hub);
        hub.follower(
            "auth-sessions",
            "sessions",
            session::follow::follow_sessions,
        );
        hub.task(Task::new("auth-sessions-seen", session::seen::keep));
        hub.task(Task::new("auth-discovery", oidc::discover));
        hub.on_start(|app| async move {
            for finding in config::findings(app.core()) {
                finding.log("auth");
            }
            Ok(app.auth().load(app.plugins()).await?)
        });
        Ok(())
    }
}

fn api() -> Router<App> {
    Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(openid::configuration),
        )
        .route("/.well-known/jwks.json", get(openid::keys))
        .route("/v1/userinfo", get(userinfo::user_info))
        .route("/v1/token", get(token_endpoint))
        .route("/guest/refresh", get(guest::refresh).post(guest::refresh))
        .route("/guest/start", get(guest::not_implemented))
        .route(
            "/guest/handler/frame",
            get(guest::not_implemented).post(guest::not_implemented),
        )
        .route(
            "/{provider}/start",
            get(oidc::api::start).fallback(provider::absent),
        )
        .route(
            "/{provider}/handler/frame",
            get(oidc::callback::frame)
                .post(oidc::callback::frame)
                .fallback(provider::absent),
        )
        .route(
            "/{provider}/refresh",
            get(oidc::api::refresh)
                .post(oidc::api::refresh)
                .fallback(provider::absent),
        )
        .route(
            "/{provider}/logout",
            post(oidc::api::logout).fallback(provider::absent),
        )
        .route("/{provider}", any(provider::absent))
        .route("/{provider}/{*rest}", any(provider::absent))
}

/// Tokens are not exchanged here.
async fn token_endpoint() -> (StatusCode, &'static str) {
    (StatusCode::NOT_IMPLEMENTED, "Not Implemented")
}

fn pages() -> Router<App> {
    Router::new()
        .route("/sign-in/guest", post(sign_in::guest))
        .route("/sign-out", post(sign_in::sign_out))
        .merge(session::pages())
}
