//! Paths of sign-in providers that this hub does not have.

use crate::app::App;
use crate::error::Error;
use axum::extract::{Path, State};

/// The providers that Backstage and Red Hat Developer Hub know.
pub(super) const KNOWN: [&str; 20] = [
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
///
/// Open, as there is nothing here.
pub(super) async fn absent(
    State(app): State<App>,
    Path(path): Path<Vec<(String, String)>>,
) -> Error {
    let provider = path
        .into_iter()
        .next()
        .map(|(_, provider)| provider)
        .unwrap_or_default();
    absence(&app, &provider)
}

/// What is said of a provider, or of a path of one, that there is not.
pub(super) fn absence(app: &App, provider: &str) -> Error {
    let (config, oidc) = (&app.auth().config, &app.auth().oidc);
    if config.others.iter().any(|other| other == provider) {
        return Error::NotImplemented(format!(
            "The auth provider '{provider}' is not served by this version"
        ));
    }
    let is_guest = provider == super::guest::PROVIDER && config.guest.is_some();
    let is_configured = is_guest || oidc.get(provider).is_some();
    if KNOWN.contains(&provider) && !is_configured {
        return Error::NotFound(format!("No auth provider registered for '{provider}'"));
    }
    Error::NotFound(format!("Unknown auth provider '{provider}'"))
}
