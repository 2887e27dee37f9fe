//! Back from the provider: `/api/auth/<provider>/handler/frame`.

use super::api::{Call, add_cookie, append, check_target, moved};
use super::flow::Response as Answered;
use super::pending::Pending;
use super::refusal::Refusal;
use super::state::{PAGE_FLOW, State as FlowState};
use super::{attempt, frame, page};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use axum::extract::{Path, Request, State};
use axum::http::Method;
use axum::response::Response;
use serde_json::json;
use subtle::ConstantTimeEq;
use url::Url;

/// The longest form that a provider may post, in bytes.
const MAX_FORM: usize = 64 * 1024;

/// `GET` and `POST /api/auth/<provider>/handler/frame`: the second half of a sign-in.
///
/// Open, as nobody is signed in yet: what the browser keeps since the first half decides. Errors
/// are told to the front end by the page, whose status is 200.
pub(in crate::auth) async fn frame(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let mut answered = Answered::default();
    answered.read(parts.uri.query().unwrap_or_default().as_bytes());
    if parts.method == Method::POST {
        let form = axum::body::to_bytes(body, MAX_FORM).await;
        answered.read(&form.map_err(|_| crate::http::body::too_large())?);
    }
    let state = FlowState::decode(&answered.state);
    let environment = match (&answered.environment, &state) {
        (Some(environment), _) => Some(environment.clone()),
        (None, Ok(state)) => Some(state.environment.clone()),
        (None, Err(_)) if answered.state.is_empty() => None,
        (None, Err(error)) => return Err(Error::NotAllowed(error.to_string())),
    };
    let call = Call::find(&app, &id, environment, &parts.headers)?;
    let taken = match app.auth().oidc.seal() {
        Ok(seal) => Pending::take(app.core(), seal, &parts.headers, &answered.state),
        Err(_) => None,
    };
    let (pending, removal) = taken.unzip();
    let pending =
        pending.filter(|pending| pending.provider == id && pending.environment == call.environment);
    let is_page = state
        .as_ref()
        .is_ok_and(|state| state.flow.as_deref() == Some(PAGE_FLOW));
    // The code in the query is nothing for the record.
    let requester = Requester::of(&parts).without_query();
    if let Err(error) = attempt::check(&app, &requester) {
        return if is_page {
            page::refuse(&call, &error.into(), page::target_of(pending.as_ref()))
        } else {
            Err(error)
        };
    }
    let mut response = if is_page {
        page::finish(&call, &answered, pending, requester).await?
    } else {
        finish(&call, &answered, state, pending, requester).await?
    };
    if let Some(removal) = removal {
        add_cookie(&mut response, &removal.to_string())?;
    }
    Ok(response)
}

/// Ends a sign-in of another front end.
async fn finish(
    call: &Call<'_>,
    answered: &Answered,
    state: Result<FlowState, Error>,
    pending: Option<Pending>,
    requester: Requester,
) -> Result<Response, Error> {
    let app = call.app;
    let operation = Operation::begin(
        requester.clone(),
        "auth",
        "token-issue",
        json!({"provider": call.provider.id}),
    );
    let mut origin = app.auth().oidc.origins.app.clone();
    let mut target = None;
    let outcome = match state {
        Ok(state) => {
            let outcome = exchange(
                call,
                answered,
                &state,
                pending,
                &mut origin,
                operation.clone(),
            )
            .await;
            target = target_of(app, state);
            outcome
        }
        Err(error) => Err(error.into()),
    };
    let refusal = match outcome {
        Ok(response) => return Ok(response),
        Err(refusal) => refusal,
    };
    attempt::failed(app, &requester, &refusal);
    let (name, message) = (refusal.name(), refusal.message());
    operation.refuse(app, &refusal.into_error()).await;
    match target {
        Some(mut target) => {
            let others: Vec<(String, String)> = target
                .query_pairs()
                .into_owned()
                .filter(|(name, _)| name != "error")
                .collect();
            target
                .query_pairs_mut()
                .clear()
                .extend_pairs(others)
                .append_pair("error", &message);
            moved(target.as_str())
        }
        None => {
            let error = json!({"name": name, "message": message});
            let message = json!({"type": "authorization_response", "error": error});
            frame::page(&message, &origin)
        }
    }
}

/// Where the redirect flow of a state tells of failures, if it is one.
fn target_of(app: &App, state: FlowState) -> Option<Url> {
    let is_redirect = state.flow.as_deref() == Some("redirect");
    let target = state.redirect_url.filter(|_| is_redirect)?;
    check_target(app, &target).ok()?;
    Url::parse(&target).ok()
}

async fn exchange(
    call: &Call<'_>,
    answered: &Answered,
    state: &FlowState,
    pending: Option<Pending>,
    origin: &mut String,
    operation: Operation,
) -> Result<Response, Refusal> {
    let origins = &call.app.auth().oidc.origins;
    let not_allowed = |message: &str| Err(Error::NotAllowed(message.to_owned()).into());
    if let Some(asking) = &state.origin {
        let Some(asking) = super::origin::origin_of(asking) else {
            return not_allowed("App origin is invalid, failed to parse");
        };
        if !origins.allow(&asking) {
            return not_allowed(&format!("Origin '{asking}' is not allowed"));
        }
        *origin = asking;
    }
    let mut cookies = call.cookies(origin)?;
    let Some(nonce) = cookies.nonce() else {
        return not_allowed("Auth response is missing cookie nonce");
    };
    if !bool::from(nonce.as_bytes().ct_eq(state.nonce.as_bytes())) {
        return not_allowed("Invalid nonce");
    }
    // The seal tells that it was begun here; the page flow ends elsewhere.
    let pending = pending.filter(|pending| pending.page.is_none());
    let Some(pending) = pending else {
        call.app.auth().oidc.seal()?;
        return Err(Refusal::Unexpected);
    };
    let is_redirect = state.flow.as_deref() == Some("redirect");
    if let Some(target) = state.redirect_url.as_deref().filter(|_| is_redirect) {
        check_target(call.app, target)?;
    }
    let grant = answered.redeem(call.client, &pending).await?;
    let scope = state.scope.clone().unwrap_or_default();
    let session = call.session(&grant, scope.clone(), operation).await?;
    cookies.set_granted_scope(&scope);
    if let Some(token) = &grant.tokens.refresh_token {
        cookies.set_refresh_token(token);
    }
    let mut response = match (is_redirect, &state.redirect_url) {
        (true, Some(target)) => moved(target)?,
        (true, None) => {
            let message = "No redirectUrl provided in request query parameters";
            return Err(Error::Input(message.to_owned()).into());
        }
        (false, _) => {
            let message = json!({"type": "authorization_response", "response": session});
            frame::page(&message, origin)?
        }
    };
    append(&mut response, cookies)?;
    Ok(response)
}
