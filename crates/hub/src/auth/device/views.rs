//! `/device`: the page on which a person lets a program in.

use super::code::UserCode;
use super::end;
use super::oauth::PAGE;
use super::waiting::{self, Verdict};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::limit::Attempt;
use crate::auth::{CsrfForm, NoFields, Viewer};
use crate::error::Error;
use crate::http::client_address::ClientAddress;
use crate::ui::{Icon, Page, PageRequest, Place, Shell, see_other};
use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use callboard_policy::EntityRef;
use serde::Deserialize;
use serde_json::json;
use std::net::IpAddr;

/// The pages.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route(PAGE, get(enter).post(confirm))
        .route("/device/decide", post(decide))
        .route("/settings/devices/{id}/end", post(end_session))
}

/// What the page is about.
enum Step {
    /// A code is to be typed; with what is wrong about the one before.
    Enter {
        code: String,
        /// The name of its text.
        error: Option<&'static str>,
    },
    /// A program asks.
    Confirm {
        code: String,
        client: String,
        address: Option<String>,
    },
    /// It was decided.
    Decided { is_approved: bool },
}

#[derive(Template)]
#[template(path = "auth/device/templates/device_page.html")]
struct DevicePage {
    shell: Shell,
    step: Step,
}

#[derive(Deserialize)]
struct CodeField {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
struct Decision {
    code: String,
    decision: String,
}

/// A request for the page, with the address that it comes from.
struct Asked {
    request: PageRequest,
    address: Option<IpAddr>,
}

impl FromRequestParts<App> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Asked, Response> {
        let address = parts.extensions.get::<ClientAddress>();
        Ok(Asked {
            address: address.map(|ClientAddress(address)| *address),
            request: PageRequest::from_request_parts(parts, app).await?,
        })
    }
}

impl Asked {
    fn page(&self, step: Step) -> Result<Page<DevicePage>, Error> {
        let place = Place::top(self.request.texts().say("device-title"));
        let shell = self.request.shell(place)?;
        Ok(Page(DevicePage { shell, step }))
    }

    /// The first step once more, with what is wrong.
    fn again(&self, code: &str) -> Result<Response, Error> {
        let step = Step::Enter {
            code: code.to_owned(),
            error: Some("device-unknown"),
        };
        let page = self.page(step)?;
        Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY))
    }

    /// The code that was typed, unless the person has typed too many that are none.
    fn code(&self, typed: &str) -> Result<Option<UserCode>, Error> {
        let PageRequest { app, viewer, .. } = &self.request;
        let (user, limiter) = (&viewer.user.entity_ref, app.auth().limiter());
        limiter.check(Attempt::DeviceCode, Some(user), self.address)?;
        Ok(UserCode::parse(typed))
    }

    fn count_wrong_code(&self) {
        let PageRequest { app, viewer, .. } = &self.request;
        let (user, limiter) = (&viewer.user.entity_ref, app.auth().limiter());
        limiter.failed(Attempt::DeviceCode, Some(user), self.address);
    }
}

/// `GET /device`: asks for the code; one in the address is filled in and has to be confirmed.
///
/// For people who are signed in, about themselves: no permission is needed.
async fn enter(asked: Asked, Query(field): Query<CodeField>) -> Result<Response, Error> {
    // Whatever else is in the address is not repeated.
    let code = UserCode::parse(&field.code).map(|code| code.to_string());
    let step = Step::Enter {
        code: code.unwrap_or_default(),
        error: None,
    };
    Ok(asked.page(step)?.into_response())
}

/// `POST /device`: shows what asks, for the person to compare.
///
/// For people who are signed in, about themselves: no permission is needed.
async fn confirm(asked: Asked, CsrfForm(field): CsrfForm<CodeField>) -> Result<Response, Error> {
    let applicant = match asked.code(&field.code)? {
        Some(code) => waiting::applicant(&asked.request.app, &code)
            .await?
            .map(|one| (code, one)),
        None => None,
    };
    let Some((code, applicant)) = applicant else {
        asked.count_wrong_code();
        return asked.again(&field.code);
    };
    let step = Step::Confirm {
        code: code.to_string(),
        client: applicant.client,
        address: applicant.address,
    };
    Ok(asked.page(step)?.into_response())
}

/// `POST /device/decide`: lets the program in, or does not.
///
/// For people who are signed in, about themselves: no permission is needed.
async fn decide(
    asked: Asked,
    requester: Requester,
    CsrfForm(decision): CsrfForm<Decision>,
) -> Result<Response, Error> {
    let (verdict, event) = match decision.decision.as_str() {
        "approve" => (Verdict::Approve, "device-approve"),
        "deny" => (Verdict::Deny, "device-deny"),
        _ => return Err(Error::Input("decision: `approve` or `deny`".to_owned())),
    };
    let Some(code) = asked.code(&decision.code)? else {
        asked.count_wrong_code();
        return asked.again("");
    };
    let user = EntityRef::parse(&asked.request.viewer.user.entity_ref).map_err(Error::internal)?;
    let requester = requester.known_as(user.as_str());
    let operation = Operation::begin(requester, "auth", event, json!({}));
    let provider = &asked.request.viewer.session.provider;
    match waiting::decide(
        &asked.request.app,
        code,
        &user,
        provider,
        verdict,
        operation,
    )
    .await
    {
        Ok(()) => {
            let is_approved = verdict == Verdict::Approve;
            Ok(asked.page(Step::Decided { is_approved })?.into_response())
        }
        Err(Error::NotFound(_)) => {
            asked.count_wrong_code();
            asked.again("")
        }
        Err(error) => Err(error),
    }
}

/// `POST /settings/devices/{id}/end`: ends the session of a program that one let in.
///
/// For people who are signed in, about themselves: no permission is needed.
async fn end_session(
    State(app): State<App>,
    viewer: Viewer,
    requester: Requester,
    Path(id): Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<Response, Error> {
    let requester = requester.known_as(viewer.user.entity_ref.as_str());
    let meta = json!({"sessionId": id});
    let operation = Operation::begin(requester, "auth", "device-sign-out", meta);
    end::end(&app, &viewer.user.entity_ref, &id, operation).await?;
    Ok(see_other("/settings/tokens"))
}
