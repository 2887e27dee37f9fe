//! Discovery for verifiers: keys and metadata.

use super::keys::Jwks;
use crate::app::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

/// The metadata, with its members in the order of the original.
#[derive(Serialize)]
pub(super) struct Configuration {
    issuer: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 10],
    scopes_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 0],
    claims_supported: [&'static str; 2],
    grant_types_supported: [&'static str; 0],
}

/// `GET /.well-known/openid-configuration`.
///
/// Open: whoever verifies a token must find the keys.
pub(super) async fn configuration(State(app): State<App>) -> Json<Configuration> {
    let issuer = app.auth().issuer();
    Json(Configuration {
        token_endpoint: format!("{issuer}/v1/token"),
        userinfo_endpoint: format!("{issuer}/v1/userinfo"),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        issuer,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [
            "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
            "EdDSA",
        ],
        scopes_supported: ["openid"],
        token_endpoint_auth_methods_supported: [],
        claims_supported: ["sub", "ent"],
        grant_types_supported: [],
    })
}

/// `GET /.well-known/jwks.json`.
///
/// Open: these are public keys.
pub(super) async fn keys(State(app): State<App>) -> Json<Jwks> {
    Json(app.auth().jwks().await)
}
