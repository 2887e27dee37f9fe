//! The credential barrier in front of every plugin.

use super::access_token::Call;
use super::limit::Attempt;
use super::service;
use crate::app::App;
use crate::error::Error;
use crate::feature::ApiAccess;
use crate::http::client_address::ClientAddress;
use crate::http::revision;
use crate::principal::Principal;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use smol_str::SmolStr;

/// Who gets past, for one plugin.
#[derive(Clone)]
pub(crate) struct Barrier {
    app: App,
    plugin: SmolStr,
    access: ApiAccess,
}

impl Barrier {
    pub(crate) fn new(app: App, plugin: impl Into<SmolStr>, access: ApiAccess) -> Barrier {
        Barrier {
            app,
            plugin: plugin.into(),
            access,
        }
    }

    /// The middleware: finds the caller, or turns the request away. Nobody else may have the hub
    /// wait for a revision.
    pub(crate) async fn guard(
        State(barrier): State<Barrier>,
        request: Request,
        next: Next,
    ) -> Response {
        let (mut parts, body) = request.into_parts();
        // Nested routers see the path without the prefix of the plugin.
        match barrier.admit(&parts, "").await {
            Ok(principal) => {
                parts.extensions.insert(principal);
                let request = Request::from_parts(parts, body);
                revision::follow(&barrier.app, &barrier.plugin, request, next).await
            }
            Err(error) => error.into_response(),
        }
    }

    /// Who makes a request whose path begins with `prefix`.
    ///
    /// # Errors
    ///
    /// 401 and 403 for whoever does not get past, 429 for whoever guesses tokens.
    pub(crate) async fn admit(&self, parts: &Parts, prefix: &str) -> Result<Principal, Error> {
        let address = parts.extensions.get::<ClientAddress>();
        let path = parts.uri.path();
        let call = Call {
            plugin: &self.plugin,
            method: &parts.method,
            path: path.strip_prefix(prefix).unwrap_or(path),
            address: address.map(|ClientAddress(address)| *address),
        };
        self.caller(&parts.headers, call).await
    }

    async fn caller(&self, headers: &HeaderMap, call: Call<'_>) -> Result<Principal, Error> {
        if self.is_open(call.path) {
            return Ok(Principal::None);
        }
        let tokens = self.app.access_tokens();
        let bearer = service::bearer(headers);
        if let Some(token) = bearer
            && let Some(principal) = tokens.authenticate(&self.app, token, call)?
        {
            return Ok(principal);
        }
        let auth = self.app.auth();
        let is_guessable = bearer.is_some_and(is_guessable);
        if is_guessable {
            auth.limiter().check(Attempt::Token, None, call.address)?;
        }
        let caller = auth.authenticate_bearer(bearer, &self.plugin).await;
        if is_guessable && matches!(caller, Err(Error::Authentication(_))) {
            auth.limiter().failed(Attempt::Token, None, call.address);
        }
        match caller? {
            Principal::None if !auth.config.allows_anonymous => {
                Err(Error::Authentication("Missing credentials".to_owned()))
            }
            principal => Ok(principal),
        }
    }

    fn is_open(&self, path: &str) -> bool {
        match self.access {
            ApiAccess::Open => true,
            ApiAccess::Credentials { except } => {
                path == super::cookie::JWKS_PATH || except.contains(&path)
            }
        }
    }
}

/// Whether somebody could find the token by trying. One that is signed is of three parts, and
/// only whoever has the key makes another.
fn is_guessable(token: &str) -> bool {
    token.split('.').count() != 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hub;
    use crate::auth::service::UserIdentity;
    use crate::auth::test::{CATALOG_TOKEN, ManualClock, STATIC_TOKEN, hub};
    use crate::auth::token::limited_of;
    use crate::http::error_body;
    use axum::Router;
    use axum::body::Body;
    use axum::http::header;
    use axum::middleware::{from_fn, from_fn_with_state};
    use axum::routing::get;
    use callboard_policy::EntityRef;
    use serde_json::{Value, json};
    use std::time::Duration;
    use tower::ServiceExt;

    const HOUR: Duration = Duration::from_secs(3600);

    /// What a plugin answers to a caller: its name, or status, name and message of the refusal.
    async fn ask(
        hub: &Hub,
        plugin: &'static str,
        path: &str,
        authorization: Option<&str>,
    ) -> String {
        ask_from(hub, plugin, path, authorization, None).await.0
    }

    /// As [`ask`], from an address; gives `Retry-After` as well.
    async fn ask_from(
        hub: &Hub,
        plugin: &'static str,
        path: &str,
        authorization: Option<&str>,
        address: Option<&str>,
    ) -> (String, Option<String>) {
        let access = ApiAccess::Credentials {
            except: &["/health"],
        };
        let answer = |principal: Principal| async move { principal.actor().to_owned() };
        let router = Router::new()
            .route("/whoami", get(answer))
            .route("/health", get(answer))
            .merge(super::super::plugin_routes(plugin))
            .layer(from_fn_with_state(
                Barrier::new(hub.app().clone(), plugin, access),
                Barrier::guard,
            ))
            .layer(from_fn(async |request: Request, next: Next| {
                let (method, uri) = (request.method().clone(), request.uri().clone());
                error_body::write(&method, &uri, next.run(request).await)
            }))
            .with_state(hub.app().clone());
        let mut request = Request::get(path);
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(address) = address {
            request = request.extension(ClientAddress(address.parse().unwrap()));
        }
        let response = router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let told = match serde_json::from_str::<Value>(&text) {
            Ok(body) if body["error"].is_object() => {
                let field = |name| body["error"][name].as_str().unwrap().to_owned();
                format!("{} {} {}", status.as_u16(), field("name"), field("message"))
            }
            Ok(_) | Err(_) => text,
        };
        (told, retry_after)
    }

    #[tokio::test]
    async fn whoever_guesses_tokens_has_to_wait() {
        let clock = ManualClock::default();
        let hub = hub(&clock, json!({})).await;
        let signed = format!("Bearer {}", token(&hub).await);
        let right = format!("Bearer {STATIC_TOKEN}");
        let ask = async |authorization: &str, address: &'static str| {
            ask_from(
                &hub,
                "catalog",
                "/whoami",
                Some(authorization),
                Some(address),
            )
            .await
        };
        const GUESSER: &str = "192.0.2.7";

        for guess in 0..100 {
            let (refused, _) = ask(&format!("Bearer guess-{guess}"), GUESSER).await;
            assert_eq!(refused, "401 AuthenticationError Illegal token");
        }

        let (told, retry_after) = ask(&right, GUESSER).await;
        assert_eq!(told, "429 Error Too many requests, please try again later");
        assert_eq!(retry_after.as_deref(), Some("2"));
        assert_eq!(ask(&signed, GUESSER).await.0, "user:default/mara");
        assert_eq!(ask(&right, "192.0.2.8").await.0, "ci");
        clock.advance(Duration::from_secs(2));
        assert_eq!(ask(&right, GUESSER).await.0, "ci");
    }

    async fn token(hub: &Hub) -> String {
        let user = EntityRef::parse("user:default/mara").unwrap();
        let identity = UserIdentity {
            ownership: vec![user.as_smol_str().clone()],
            entity_ref: user,
        };
        let issued = hub
            .app()
            .auth()
            .issue_user_token(&identity, HOUR)
            .await
            .unwrap();
        issued.token.expose().clone()
    }

    #[tokio::test]
    async fn callers_are_known_by_their_tokens() {
        let hub = hub(&ManualClock::default(), json!({})).await;
        let user = format!("Bearer {}", token(&hub).await);
        let (program, restricted) = (
            format!("Bearer {STATIC_TOKEN}"),
            format!("bearer {CATALOG_TOKEN}"),
        );

        assert_eq!(
            ask(&hub, "catalog", "/whoami", Some(&user)).await,
            "user:default/mara"
        );
        assert_eq!(
            ask(&hub, "catalog", "/whoami", Some(&user)).await,
            "user:default/mara",
            "from memory"
        );
        assert_eq!(ask(&hub, "catalog", "/whoami", Some(&program)).await, "ci");
        assert_eq!(
            ask(&hub, "catalog", "/whoami", Some(&restricted)).await,
            "catalog-reader"
        );
        assert_eq!(
            ask(&hub, "permission", "/whoami", Some(&restricted)).await,
            "403 NotAllowedError This token's access is restricted to plugin(s) 'catalog'"
        );
    }

    #[tokio::test]
    async fn refusals_are_those_of_the_original() {
        let hub = hub(&ManualClock::default(), json!({})).await;
        let token = token(&hub).await;
        let ask = async |authorization: Option<&str>| {
            ask(&hub, "catalog", "/whoami", authorization).await
        };

        let missing = "401 AuthenticationError Missing credentials";
        assert_eq!(ask(None).await, missing);
        assert_eq!(ask(Some("Basic Y2k6Y2k=")).await, missing);
        assert_eq!(
            ask(Some("Bearer garbage")).await,
            "401 AuthenticationError Illegal token"
        );
        let long = format!("Bearer {}", "a".repeat(40_000));
        assert_eq!(
            ask(Some(&long)).await,
            "401 AuthenticationError Illegal token"
        );
        let limited = format!("Bearer {}", limited_of(&token).unwrap());
        assert_eq!(
            ask(Some(&limited)).await,
            "401 AuthenticationError Illegal limited user token"
        );
        let forged = format!("Bearer {}AAAA", &token[..token.len() - 4]);
        assert_eq!(
            ask(Some(&forged)).await,
            "401 AuthenticationError Invalid token; caused by JWSSignatureVerificationFailed: signature verification failed"
        );
        let header =
            crate::auth::jws::encode(&json!({"typ": "vnd.backstage.plugin", "alg": "ES256"}))
                .unwrap();
        assert!(
            ask(Some(&format!("Bearer {header}.e30.c2ln")))
                .await
                .starts_with("401 AuthenticationError Invalid plugin token")
        );
    }

    #[tokio::test]
    async fn a_token_ends_also_when_it_is_remembered() {
        let clock = ManualClock::default();
        let hub = hub(&clock, json!({})).await;
        let user = format!("Bearer {}", token(&hub).await);
        assert_eq!(
            ask(&hub, "catalog", "/whoami", Some(&user)).await,
            "user:default/mara"
        );

        clock.advance(HOUR);

        assert_eq!(
            ask(&hub, "catalog", "/whoami", Some(&user)).await,
            "401 AuthenticationError Invalid token; caused by JWTExpired: \"exp\" claim timestamp check failed"
        );
    }

    #[tokio::test]
    async fn exempt_paths_and_public_keys_need_no_credentials() {
        let hub = hub(&ManualClock::default(), json!({})).await;

        assert_eq!(ask(&hub, "catalog", "/health", None).await, "anonymous");
        assert_eq!(
            ask(&hub, "catalog", "/.backstage/auth/v1/jwks.json", None).await,
            r#"{"keys":[]}"#
        );
        let cookie = ask(&hub, "catalog", "/.backstage/auth/v1/cookie", None).await;
        assert_eq!(cookie, "401 AuthenticationError Missing credentials");
        let cookie = ask(
            &hub,
            "catalog",
            "/.backstage/auth/v1/cookie",
            Some(&format!("Bearer {STATIC_TOKEN}")),
        )
        .await;
        assert_eq!(
            cookie,
            "403 NotAllowedError This endpoint does not allow 'service' credentials"
        );
    }

    #[tokio::test]
    async fn without_the_default_policy_nobody_gets_in_but_bad_tokens_do_not() {
        let backend = json!({
            "baseUrl": "http://localhost:7007", "auth": {"dangerouslyDisableDefaultAuthPolicy": true},
        });
        let hub = hub(&ManualClock::default(), json!({"backend": backend})).await;

        assert_eq!(ask(&hub, "catalog", "/whoami", None).await, "anonymous");
        assert_eq!(
            ask(&hub, "catalog", "/whoami", Some("Bearer garbage")).await,
            "401 AuthenticationError Illegal token"
        );
    }

    #[tokio::test]
    async fn ownership_that_the_token_leaves_out_comes_from_the_latest_sign_in() {
        let auth = json!({"omitIdentityTokenOwnershipClaim": true});
        let hub = hub(&ManualClock::default(), json!({"auth": auth})).await;
        let headers = [(
            header::AUTHORIZATION,
            format!("Bearer {}", token(&hub).await).parse().unwrap(),
        )];

        let caller = hub
            .app()
            .auth()
            .authenticate(&HeaderMap::from_iter(headers), "catalog")
            .await
            .unwrap();

        assert_eq!(caller.user().unwrap().ownership, ["user:default/mara"]);
    }
}
