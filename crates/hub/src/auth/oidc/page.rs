//! Sign-in of our own pages: there with a link, back with a session.

use super::api::{Call, add_cookie, moved};
use super::attempt;
use super::failure::SignInFailure;
use super::flow::{self, Response as Answered};
use super::pending::Pending;
use super::provider::Provider;
use super::refusal::Refusal;
use super::scope;
use super::state::{PAGE_FLOW, State};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::redirect::local_path;
use crate::auth::service::Auth;
use crate::auth::signed_in::Entered;
use crate::auth::{random, session, signed_in};
use crate::error::Error;
use crate::ui::see_other;
use axum::http::HeaderMap;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use std::time::Duration;

/// The page that tells of a failure.
const FAILED: &str = "/sign-in/failed";

/// The cookie that carries a failure to its page, and for how long.
const NOTICE: &str = "callboard-sign-in-notice";
const NOTICE_LIFETIME: Duration = Duration::from_secs(300);

/// One way to sign in, as the sign-in page offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The id of the provider.
    pub provider: String,
    /// What people call it; absent for the one that needs no name.
    pub title: Option<String>,
    /// Whether the page may go through it without being told: the provider decides what people
    /// see there.
    pub goes_straight_on: bool,
}

impl Auth {
    /// The providers of OpenID Connect that the sign-in page offers, in its order: those of
    /// `signInPage`, a name or a list, or else all that are configured for `auth.environment`.
    pub fn doors(&self) -> Vec<Door> {
        let environment = &self.config.environment;
        let door = |(provider, client): (&Provider, &std::sync::Arc<super::client::Client>)| Door {
            provider: provider.id.to_string(),
            title: provider.title(client),
            goes_straight_on: client.settings.goes_straight_on(),
        };
        let all: Vec<Door> = self.oidc.in_environment(environment).map(door).collect();
        let named = self.config.sign_in_page.iter();
        let listed: Vec<Door> = named
            .filter_map(|id| all.iter().find(|door| door.provider == *id).cloned())
            .collect();
        // A name that leads nowhere keeps nobody out.
        if listed.is_empty() { all } else { listed }
    }

    /// The failure that brought the browser of `headers` to its page, if there was one lately.
    pub fn failure(&self, headers: &HeaderMap) -> Option<SignInFailure> {
        let seal = self.oidc.seal().ok()?;
        let jar = CookieJar::from_headers(headers);
        let cookie = jar.get(&session::cookie_name(&self.core, NOTICE))?;
        seal.open(NOTICE, cookie.value())
    }
}

/// Sends the browser of `requester` to a provider of `auth.environment`; the person comes back to
/// `redirect`.
///
/// # Errors
///
/// The failure as the sign-in page tells it.
pub async fn begin(
    app: &App,
    requester: &Requester,
    headers: &HeaderMap,
    id: &str,
    redirect: Option<&str>,
) -> Result<Response, SignInFailure> {
    let auth = app.auth();
    let environment = &auth.config.environment;
    let target = redirect.and_then(local_path);
    let found = auth
        .oidc
        .in_environment(environment)
        .find(|(provider, _)| provider.id == id);
    let Some((provider, client)) = found else {
        let message = format!("No auth provider registered for '{id}'");
        attempt::failed(app, requester, &Error::NotFound(message).into());
        return Err(SignInFailure::of_nobody(id).on_the_way_to(target));
    };
    let fail = |refusal: &Refusal| {
        attempt::failed(app, requester, refusal);
        let failure = provider.failure(client, environment, refusal);
        failure.on_the_way_to(target)
    };
    attempt::check(app, requester).map_err(|error| fail(&error.into()))?;
    let state = State {
        nonce: URL_SAFE_NO_PAD.encode(random::bytes::<16>()),
        environment: environment.clone(),
        flow: Some(PAGE_FLOW.to_owned()),
        scope: Some(scope::join("", "", &client.settings.additional_scopes)),
        ..State::default()
    };
    let page = Some(target.unwrap_or("/").to_owned());
    let begun = flow::begin(app, headers, provider, client, &state, page).await;
    let begun = begun.map_err(|refusal| fail(&refusal))?;
    let response = moved(begun.location.as_str()).and_then(|mut response| {
        add_cookie(&mut response, &begun.cookie.to_string())?;
        Ok(response)
    });
    response.map_err(|error| fail(&error.into()))
}

/// Ends a sign-in of our pages: with a session on the page that the person asked for, or on the
/// page that says why not.
pub(super) async fn finish(
    call: &Call<'_>,
    answered: &Answered,
    pending: Option<Pending>,
    requester: Requester,
) -> Result<Response, Error> {
    let app = call.app;
    let operation = Operation::begin(
        requester.clone(),
        "auth",
        "sign-in",
        json!({"provider": call.provider.id}),
    );
    let target = target_of(pending.as_ref());
    match enter(call, answered, pending.as_ref(), operation.clone()).await {
        Ok(entered) => {
            let mut response = see_other(target);
            entered.set_cookies(response.headers_mut())?;
            let mut told = session::base_cookie(app.core(), NOTICE, String::new());
            told.make_removal();
            add_cookie(&mut response, &told.to_string())?;
            Ok(response)
        }
        Err(refusal) => {
            attempt::failed(app, &requester, &refusal);
            let response = refuse(call, &refusal, target);
            operation.refuse(app, &refusal.into_error()).await;
            response
        }
    }
}

/// Sends the person to the page that says why nobody is signed in, and from there to `target`.
pub(super) fn refuse(call: &Call<'_>, refusal: &Refusal, target: &str) -> Result<Response, Error> {
    let failure = call
        .provider
        .failure(call.client, &call.environment, refusal)
        .on_the_way_to(Some(target));
    let mut response = see_other(FAILED);
    if let Some(cookie) = notice(call.app, &failure) {
        add_cookie(&mut response, &cookie.to_string())?;
    }
    Ok(response)
}

/// The page that the person of a sign-in asked for.
pub(super) fn target_of(pending: Option<&Pending>) -> &str {
    let page = pending.and_then(|pending| pending.page.as_deref());
    page.and_then(local_path).unwrap_or("/")
}

async fn enter(
    call: &Call<'_>,
    answered: &Answered,
    pending: Option<&Pending>,
    operation: Operation,
) -> Result<Entered, Refusal> {
    let pending = pending.filter(|pending| pending.page.is_some());
    let pending = pending.ok_or(Refusal::Unexpected)?;
    let grant = answered.redeem(call.client, pending).await?;
    let signed_in = grant.sign_in(call.app, &call.provider.id, &call.environment, call.client)?;
    Ok(signed_in::enter(call.app, call.headers, signed_in, operation).await?)
}

fn notice(app: &App, failure: &SignInFailure) -> Option<Cookie<'static>> {
    let sealed = app.auth().oidc.seal().ok()?.seal(NOTICE, failure)?;
    let mut cookie = session::base_cookie(app.core(), NOTICE, sealed);
    cookie.set_max_age(NOTICE_LIFETIME.try_into().ok());
    Some(cookie)
}
