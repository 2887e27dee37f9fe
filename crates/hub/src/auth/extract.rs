//! What handlers ask for: the caller of the API, the person behind a page.

use super::session::{self, SessionId};
use super::signed_in::Profile;
use super::{access_token, csrf, external, redirect};
use crate::app::App;
use crate::error::Error;
use crate::principal::{Principal, UserPrincipal};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use smol_str::SmolStr;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use url::Url;

impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = Infallible;

    /// The caller that the credential barrier found; nobody outside `/api`.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Principal, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or(Principal::None))
    }
}

impl Principal {
    /// The user behind the call, on paths that are for people only.
    ///
    /// # Errors
    ///
    /// 401 without credentials, 403 for a program.
    pub fn require_user(&self) -> Result<&Arc<UserPrincipal>, Error> {
        match self {
            Principal::User(user) => Ok(user),
            Principal::Service(_) => Err(Error::NotAllowed(
                "This endpoint does not allow 'service' credentials".to_owned(),
            )),
            Principal::None => Err(Error::Authentication("Missing credentials".to_owned())),
        }
    }

    /// The person who calls, on paths that give access away or take it: only somebody who signed
    /// in may, in their own name.
    ///
    /// # Errors
    ///
    /// As [`Principal::require_user`], and 403 for a call with an access token or on behalf of
    /// somebody.
    pub fn require_person(&self) -> Result<&Arc<UserPrincipal>, Error> {
        let user = self.require_user()?;
        if user.access_token.is_some() {
            return Err(access_token::not_allowed());
        }
        if user.on_behalf_by.is_some() {
            let message = "This endpoint does not allow calls on behalf of a user";
            return Err(Error::NotAllowed(message.to_owned()));
        }
        Ok(user)
    }
}

/// The person who looks at a page, known by their session cookie.
///
/// As an extractor it sends everybody else to the sign-in page, from which they come back.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The person as services take them; always [`Principal::User`].
    pub principal: Principal,
    /// The person.
    pub user: Arc<UserPrincipal>,
    /// How they are signed in.
    pub session: SessionInfo,
}

/// How a person is signed in.
#[derive(Clone)]
pub struct SessionInfo {
    /// By what it is ended.
    pub id: SessionId,
    /// The value of the field [`super::CSRF_FIELD`] of every form.
    pub csrf: String,
    /// The id of the provider that signed them in.
    pub provider: SmolStr,
    /// What the provider told of them.
    pub profile: Profile,
    /// When they signed in.
    pub signed_in_at: Timestamp,
    /// When they must sign in again.
    pub expires_at: Timestamp,
}

impl fmt::Debug for SessionInfo {
    /// Leaves out the token of the forms.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SessionInfo {
            id,
            csrf: _,
            provider,
            profile,
            signed_in_at,
            expires_at,
        } = self;
        let mut debug = f.debug_struct("SessionInfo");
        debug
            .field("id", id)
            .field("provider", provider)
            .field("profile", profile)
            .field("signed_in_at", signed_in_at)
            .field("expires_at", expires_at);
        debug.finish_non_exhaustive()
    }
}

/// The person who looks at a page, if anybody is signed in. Never turns a request away.
#[derive(Debug, Clone)]
pub struct MaybeViewer(pub Option<Viewer>);

impl FromRequestParts<App> for MaybeViewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<MaybeViewer, Infallible> {
        Ok(MaybeViewer(viewer(app, &parts.headers).await))
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Viewer, Response> {
        viewer(app, &parts.headers)
            .await
            .ok_or_else(|| to_sign_in(parts))
    }
}

async fn viewer(app: &App, headers: &HeaderMap) -> Option<Viewer> {
    let id = session::id_of(app, headers)?;
    let digest = external::digest(&id);
    let session = session::current(app, &digest).await?;
    Some(Viewer {
        principal: Principal::User(session.user.clone()),
        user: session.user.clone(),
        session: SessionInfo {
            id: SessionId::new(digest),
            csrf: csrf::token(&id),
            provider: session.provider.clone(),
            profile: session.profile.clone(),
            signed_in_at: session.signed_in_at,
            expires_at: session.expires_at,
        },
    })
}

/// 302 to the sign-in page; a fragment that htmx asked for becomes a move of the whole page.
fn to_sign_in(parts: &Parts) -> Response {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if !parts.headers.contains_key("hx-request") {
        return (
            StatusCode::FOUND,
            [(header::LOCATION, redirect::sign_in_page(path))],
        )
            .into_response();
    }
    let shown = parts
        .headers
        .get("hx-current-url")
        .and_then(|url| Url::parse(url.to_str().ok()?).ok());
    let shown =
        shown.map(|url| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
    let target = redirect::sign_in_page(shown.as_deref().unwrap_or("/"));
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    if let Ok(target) = HeaderValue::from_str(&target) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("hx-redirect"), target);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hub;
    use crate::auth::test::{ManualClock, hub};
    use crate::clock::Clock;
    use axum::http::Request;
    use serde_json::json;
    use std::time::Duration;

    async fn sign_in(hub: &Hub, user: &'static str, clock: &ManualClock) -> String {
        let entity_ref = SmolStr::new_static(user);
        let ownership = vec![entity_ref.clone(), "group:default/old".into()];
        let user = UserPrincipal::new(entity_ref, ownership);
        session::test::start(&hub.app().auth().sessions, user, clock, None).await
    }

    async fn view(hub: &Hub, headers: &[(&str, &str)]) -> Result<Viewer, Response> {
        let mut request = Request::get("/catalog?filters[kind]=api");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        Viewer::from_request_parts(&mut parts, hub.app()).await
    }

    #[tokio::test]
    async fn a_session_cookie_names_the_person() {
        let clock = ManualClock::default();
        let hub = hub(&clock, json!({})).await;
        let id = sign_in(&hub, "user:default/guest", &clock).await;

        let viewer = view(&hub, &[("cookie", &format!("callboard-session={id}"))])
            .await
            .unwrap();

        assert_eq!(viewer.user.entity_ref, "user:default/guest");
        assert_eq!(viewer.principal.actor(), "user:default/guest");
        assert_eq!(viewer.session.signed_in_at, clock.now());
        assert_ne!(viewer.session.csrf, id);
    }

    #[tokio::test]
    async fn anybody_else_is_sent_to_sign_in_and_comes_back() {
        let hub = hub(&ManualClock::default(), json!({})).await;

        let page = view(&hub, &[("cookie", "callboard-session=made-up")])
            .await
            .unwrap_err();
        let fragment = [
            ("hx-request", "true"),
            ("hx-current-url", "http://localhost:7007/settings?tab=a"),
        ];
        let fragment = view(&hub, &fragment).await.unwrap_err();

        assert_eq!(page.status(), StatusCode::FOUND);
        assert_eq!(
            page.headers()[header::LOCATION],
            "/?redirect=%2Fcatalog%3Ffilters%5Bkind%5D%3Dapi"
        );
        assert_eq!(fragment.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            fragment.headers()["hx-redirect"],
            "/?redirect=%2Fsettings%3Ftab%3Da"
        );
    }

    #[tokio::test]
    async fn ownership_is_read_again_once_a_token_would_have_ended() {
        let clock = ManualClock::default();
        let hub = hub(&clock, json!({})).await;
        let cookie = format!(
            "callboard-session={}",
            sign_in(&hub, "user:default/guest", &clock).await
        );
        let before = view(&hub, &[("cookie", &cookie)]).await.unwrap();

        clock.advance(Duration::from_secs(3600));
        let after = view(&hub, &[("cookie", &cookie)]).await.unwrap();

        assert_eq!(
            before.user.ownership,
            ["user:default/guest", "group:default/old"]
        );
        assert_eq!(after.user.ownership, ["user:default/guest"]);
        assert_eq!(after.session.signed_in_at, before.session.signed_in_at);
    }

    #[tokio::test]
    async fn a_session_of_another_guest_than_the_configured_one_ends() {
        let clock = ManualClock::default();
        let hub = hub(&clock, json!({})).await;
        let cookie = format!(
            "callboard-session={}",
            sign_in(&hub, "user:default/former", &clock).await
        );

        clock.advance(Duration::from_secs(3600));

        assert!(view(&hub, &[("cookie", &cookie)]).await.is_err());
    }
}
