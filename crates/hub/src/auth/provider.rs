//! Paths of sign-in providers that this hub does not have.

use crate::app::App;
use crate::error::Error;
use axum::extract::{Path, State};

/// The providers that Backstage and Red Hat Developer Hub know.
const KNOWN: [&str; 20] = [
    "atlassian",
    "auth0",
    "awsalb",
    "azureEasyAuth",
    "bitbucket",
    "bitbucketServer",
    "cfAccess",
    "cloudflare-access",
    "gcp-iap",
    "github",
    "gitlab",
    "google",
    "guest",
    "microsoft",
    "oauth2",
    "oauth2Proxy",
    "oidc",
    "okta",
    "onelogin",
    "saml",
];

/// `/<provider>` and everything below it that has no route.
pub(super) async fn absent(
    State(app): State<App>,
    Path(path): Path<Vec<(String, String)>>,
) -> Error {
    let provider = path
        .into_iter()
        .next()
        .map(|(_, provider)| provider)
        .unwrap_or_default();
    let config = &app.auth().config;
    if config.others.contains(&provider) {
        return Error::NotImplemented(format!(
            "The auth provider '{provider}' is not served by this version"
        ));
    }
    let is_configured = provider == super::guest::PROVIDER && config.guest.is_some();
    if KNOWN.contains(&provider.as_str()) && !is_configured {
        return Error::NotFound(format!("No auth provider registered for '{provider}'"));
    }
    Error::NotFound(format!("Unknown auth provider '{provider}'"))
}
