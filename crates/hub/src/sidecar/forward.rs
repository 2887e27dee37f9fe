//! Passing a request on to a sidecar, and its answer back.

use super::Sidecar;
use crate::app::App;
use crate::auth::Barrier;
use crate::error::Error;
use crate::feature::ApiAccess;
use crate::http::body::too_large;
use crate::principal::Principal;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Uri;
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::response::Response;
use callboard_config::Secret;
use smol_str::SmolStr;
use std::time::Duration;
use url::Url;

/// How long a sidecar may take until its answer begins; a page of a browser waits no longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the body of a request may be, in bytes. That of an answer has no end, as in a log
/// that is followed.
const LIMIT_BYTES: usize = 10 * 1024 * 1024;

/// The plugin of the hub that signs what a sidecar is told of the caller.
const SIGNER: &str = "auth";

/// What belongs to one connection, and not to the message.
static OF_THE_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What is between the caller and the hub: cookies are sessions, and the token may be for more
/// than this plugin. The rest is set anew.
static OF_THE_CALLER: [HeaderName; 5] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
];

/// Passes on what is asked of one plugin.
pub(super) struct Forwarder {
    client: reqwest::Client,
    sidecar: Sidecar,
}

impl Forwarder {
    pub(super) fn new(client: reqwest::Client, sidecar: Sidecar) -> Forwarder {
        Forwarder { client, sidecar }
    }

    pub(super) fn plugin(&self) -> &SmolStr {
        &self.sidecar.plugin
    }

    /// The answer of the sidecar to a request, whatever it is.
    ///
    /// # Errors
    ///
    /// 401 and 403 by the barrier, 403 for a token that is narrowed further than to a plugin, 413
    /// for a body that is too long, 503 when the sidecar does not answer.
    pub(super) async fn forward(&self, app: &App, request: Request) -> Result<Response, Error> {
        let (parts, body) = request.into_parts();
        let url = self.url(&parts.uri).ok_or(Error::NoRoute)?;
        let barrier = Barrier::new(
            app.clone(),
            self.plugin().clone(),
            ApiAccess::Credentials { except: &[] },
        );
        let prefix = format!("/api/{}", self.plugin());
        let caller = barrier.admit(&parts, &prefix).await?;
        let token = self.token(app, &caller).await?;

        let body = to_bytes(body, LIMIT_BYTES).await.map_err(|_| too_large())?;
        let mut headers = parts.headers;
        strip(&mut headers, &OF_THE_CALLER);
        let mut request = self.client.request(parts.method, url).headers(headers);
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        if !body.is_empty() {
            request = request.body(body);
        }
        let sent = tokio::time::timeout(PATIENCE, request.send()).await;
        let answer = sent.map_err(|_| self.away(None))?;
        let answer = answer.map_err(|error| self.away(Some(error.into())))?;
        Ok(response_of(answer))
    }

    /// Where the sidecar has what `uri` asks for; `None` when that leads out of the plugin.
    fn url(&self, uri: &Uri) -> Option<Url> {
        let rest = uri
            .path()
            .strip_prefix("/api/")?
            .strip_prefix(self.plugin().as_str())?;
        let mut url = self.sidecar.base.clone();
        url.set_path(&format!("{}{rest}", self.sidecar.base.path()));
        url.set_query(uri.query());
        // Dots in it, written plainly or not, may have led elsewhere.
        let below = url.path().strip_prefix(self.sidecar.base.path())?;
        (below.is_empty() || below.starts_with('/')).then_some(url)
    }

    /// What the sidecar is told of the caller; nothing of nobody.
    async fn token(&self, app: &App, caller: &Principal) -> Result<Option<Secret<String>>, Error> {
        let user = match caller {
            Principal::None => return Ok(None),
            Principal::User(user) if user.restrictions.is_none() => Some(&**user),
            Principal::Service(service) if service.restrictions.is_none() => None,
            // Nobody there would know of what it is narrowed to.
            Principal::User(_) | Principal::Service(_) => {
                return Err(Error::NotAllowed(format!(
                    "This token's access is restricted, so plugin '{}' does not take it",
                    self.plugin()
                )));
            }
        };
        let auth = app.auth();
        let issued = auth.issue_plugin_token(SIGNER, self.plugin(), user).await?;
        Ok(Some(issued.token))
    }

    fn away(&self, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::ServiceUnavailable {
            message: format!("plugin '{}' does not answer", self.plugin()),
            source,
        }
    }
}

fn response_of(answer: reqwest::Response) -> Response {
    let answer: axum::http::Response<reqwest::Body> = answer.into();
    let (parts, body) = answer.into_parts();
    let mut headers = parts.headers;
    // A cookie would be one of the hub's own address.
    strip(&mut headers, &[header::SET_COOKIE]);
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = parts.status;
    *response.headers_mut() = headers;
    response
}

/// Removes these headers, those of the connection, and those that it names.
fn strip(headers: &mut HeaderMap, names: &[HeaderName]) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_THE_CONNECTION.iter().chain(names).chain(&named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarder() -> Forwarder {
        let config = serde_json::json!({
            "callboard": {"sidecars": [{"url": "http://127.0.0.1:7008", "plugins": ["props"]}]},
        });
        let config = callboard_config::Config::from_value(config);
        let sidecar = super::super::from_config(&config).unwrap().remove(0);
        let client = crate::http_client::HttpClient::default().passing_on();
        Forwarder::new(client.unwrap(), sidecar)
    }

    #[test]
    fn a_path_stays_below_the_plugin() {
        let forwarder = forwarder();
        let url = |path: &str| {
            let url = forwarder.url(&path.parse().unwrap());
            url.map(|url| url.to_string())
        };

        let base = "http://127.0.0.1:7008/api/props";
        assert_eq!(url("/api/props"), Some(base.to_owned()));
        assert_eq!(
            url("/api/props/a%2Fb/../c?d=e%20f"),
            Some(format!("{base}/c?d=e%20f"))
        );
        for path in [
            "/api/props/../catalog",
            "/api/props/%2e%2e/catalog",
            "/api/props/../../x",
            "/api/props/../propsmaster",
        ] {
            assert_eq!(url(path), None, "{path}");
        }
    }

    #[test]
    fn headers_of_the_connection_stay_behind() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("cookie", "session"),
            ("accept", "text/plain"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }

        strip(&mut headers, &OF_THE_CALLER);

        let left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["accept"]);
    }
}
