//! The endpoints for programs: device authorization (RFC 8628), its tokens, and their end.

use super::end;
use super::grant::{self, Grant, Refusal};
use super::waiting::{self, Applicant, CODE_LIFETIME, PAUSE};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::limit::Attempt;
use crate::error::Error;
use crate::http::body::{LIMIT_BYTES, too_large};
use crate::http::client_address::ClientAddress;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The grant type of a program that waits to be let in.
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How long the name of a program may be, in characters.
const MAX_CLIENT: usize = 100;

/// The page on which a person types the code.
pub(super) const PAGE: &str = "/device";

/// `POST /api/callboard/v1/oauth/device_authorization`.
///
/// Open: it gives nothing but a code, which a person who signed in has to confirm.
pub(super) async fn device_authorization(
    State(app): State<App>,
    address: Option<Extension<ClientAddress>>,
    Fields(fields): Fields,
) -> Response {
    let address = address.map(|Extension(ClientAddress(address))| address);
    let Some(client) = client(&fields) else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "`client_id` must name the program",
        );
    };
    // An address that asks and asks would keep everybody else from being let in.
    let limiter = app.auth().limiter();
    if let Err(error) = limiter.check(Attempt::DeviceCode, None, address) {
        return failure(&error);
    }
    limiter.failed(Attempt::DeviceCode, None, address);
    let address = address.map(|address| address.to_string());
    let codes = match waiting::apply(&app, Applicant { client, address }).await {
        Ok(codes) => codes,
        Err(error) => return failure(&error),
    };
    let page = format!("{}{PAGE}", app.core().base_url);
    no_store(json!({
        "device_code": codes.device.expose(),
        "user_code": codes.user.to_string(),
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?code={}", codes.user),
        "expires_in": CODE_LIFETIME.as_secs(),
        "interval": PAUSE.as_secs(),
    }))
}

/// `POST /api/callboard/v1/oauth/token`.
///
/// Open: the code or the refresh token says who asks.
pub(super) async fn token(
    State(app): State<App>,
    requester: Requester,
    Fields(fields): Fields,
) -> Response {
    let field = |name: &str| fields.get(name).map(String::as_str);
    let operation = |grant_type: &str| {
        let meta = json!({"grantType": grant_type, "client": field("client_id")});
        Operation::begin(requester, "auth", "token-issue", meta)
    };
    let given = match (
        field("grant_type"),
        field("device_code"),
        field("refresh_token"),
    ) {
        (Some(DEVICE_GRANT), Some(code), _) => {
            grant::exchange(&app, code, || operation("device_code")).await
        }
        (Some("refresh_token"), _, Some(token)) => {
            grant::refresh(&app, token, operation("refresh_token")).await
        }
        (Some(DEVICE_GRANT | "refresh_token"), _, _) | (None, _, _) => {
            return refusal(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "`grant_type` and its code or token must be given",
            );
        }
        (Some(_), _, _) => {
            return refusal(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "this hub gives tokens for device codes and refresh tokens",
            );
        }
    };
    match given {
        Ok(Grant { issued, refresh }) => {
            let now = app.core().clock.now().as_second();
            no_store(json!({
                "access_token": issued.token.expose(),
                "token_type": "Bearer",
                "expires_in": issued.expires_at.as_second() - now,
                "refresh_token": refresh.expose(),
            }))
        }
        Err(Refusal::Failed(error)) => failure(&error),
        Err(refused) => {
            let (word, text) = refused.words();
            refusal(StatusCode::BAD_REQUEST, word, text)
        }
    }
}

/// `POST /api/callboard/v1/oauth/revoke` (RFC 7009), with a refresh token.
///
/// Open: whoever holds the token may end it. What is unknown has ended, so it is 200 as well.
pub(super) async fn revoke(
    State(app): State<App>,
    requester: Requester,
    Fields(fields): Fields,
) -> Response {
    let Some(token) = fields.get("token") else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "`token` must be given",
        );
    };
    let operation = Operation::begin(requester, "auth", "device-sign-out", json!({}));
    match end::end_by_refresh(&app, token, operation).await {
        Ok(()) => no_store(json!({})),
        Err(error) => failure(&error),
    }
}

/// The fields of a form.
pub(super) struct Fields(HashMap<String, String>);

impl FromRequest<App> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, _app: &App) -> Result<Fields, Response> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LIMIT_BYTES).await;
        let body = body.map_err(|_| too_large().into_response())?;
        let fields = fields(&parts.headers, &body);
        fields
            .map(Fields)
            .map_err(|text| refusal(StatusCode::BAD_REQUEST, "invalid_request", text))
    }
}

/// The fields of a form; one that comes twice is refused, as RFC 6749 has it.
fn fields(headers: &HeaderMap, body: &Bytes) -> Result<HashMap<String, String>, &'static str> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err("the body must be a form");
    }
    let mut fields = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        if fields
            .insert(name.into_owned(), value.into_owned())
            .is_some()
        {
            return Err("a field was given twice");
        }
    }
    Ok(fields)
}

/// How a program calls itself: `client_id`, with `device_name` in brackets when it has one.
fn client(fields: &HashMap<String, String>) -> Option<String> {
    let field = |name: &str| {
        fields
            .get(name)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    };
    let client = field("client_id")?;
    let client = match field("device_name") {
        Some(device) => format!("{client} ({device})"),
        None => client.to_owned(),
    };
    let is_plain = client.chars().count() <= MAX_CLIENT && !client.chars().any(char::is_control);
    is_plain.then_some(client)
}

fn refusal(status: StatusCode, error: &str, description: &str) -> Response {
    let mut response = no_store(json!({"error": error, "error_description": description}));
    *response.status_mut() = status;
    response
}

/// A fault of ours, or of what the hub needs, in the form that such programs read.
fn failure(error: &Error) -> Response {
    let (status, _) = error.wire();
    let word = if status == StatusCode::TOO_MANY_REQUESTS {
        "slow_down"
    } else if status.is_server_error() {
        tracing::warn!(
            plugin = "auth",
            error = error as &dyn std::error::Error,
            "a program was given no token"
        );
        "temporarily_unavailable"
    } else {
        "access_denied"
    };
    refusal(status, word, &error.to_string())
}

fn no_store(body: Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
