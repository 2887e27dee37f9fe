//! `POST /api/permission/authorize` and the plugin's health.

use super::remote::{self, Question, Questions};
use super::service::Conditions;
use super::wire::{self, Answer, AnswerItem, AuthorizeItem, ConditionalAnswer, OneOrMany};
use super::{InForce, Permissions};
use crate::app::App;
use crate::error::Error;
use crate::http::body::JsonBody;
use crate::principal::Principal;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use callboard_policy::{Conditional, Decision};
use serde_json::{Value, json};

/// The routes that exist whether or not permissions are enforced.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/authorize", post(authorize))
        .route("/health", get(health))
}

/// What the OpenAPI document says of them, and of the plugin.
pub(crate) const OPENAPI: &str = include_str!("api.yaml");

/// `GET /api/permission/health`, open to everyone.
async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `POST /api/permission/authorize`.
///
/// For users, about themselves: no permission is needed.
pub(crate) async fn authorize(
    State(app): State<App>,
    principal: Principal,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    if matches!(principal, Principal::Service(_)) {
        return Err(Error::NotAllowed(
            "This endpoint does not allow 'service' credentials".to_owned(),
        ));
    }
    let items = wire::authorize_items(&body)?;
    let is_direct = principal
        .user()
        .is_none_or(|user| user.on_behalf_by.is_none());
    let names_nothing = |item: &AuthorizeItem<'_>| {
        item.permission.resource_type().is_some() && item.resource_ref.is_none()
    };
    if is_direct && items.iter().any(names_nothing) {
        return Err(Error::Input(
            "Resource permissions require a resourceRef to be set. Direct user requests without a resourceRef are not \
             allowed."
                .to_owned(),
        ));
    }
    // One policy for the whole batch, whatever is published meanwhile.
    let mut batch = Batch {
        in_force: &app.permission().in_force(),
        permissions: app.permission(),
        app: &app,
        principal: &principal,
        remote: Questions::default(),
    };
    let mut items: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(at, item)| batch.answer(at, item))
        .collect::<Result<_, _>>()?;
    if let Principal::User(user) = &principal {
        for (at, result) in batch.remote.ask(&app, user).await {
            items[at].result = result;
        }
    }
    Ok(Json(Answer { items }).into_response())
}

struct Batch<'a> {
    app: &'a App,
    permissions: &'a Permissions,
    in_force: &'a InForce,
    principal: &'a Principal,
    /// What only plugins of other backends can answer.
    remote: Questions,
}

impl Batch<'_> {
    /// The answer to the item at place `at`; a denial, if a plugin of another backend is to be
    /// asked first.
    fn answer<'a>(&mut self, at: usize, item: &AuthorizeItem<'a>) -> Result<AnswerItem<'a>, Error> {
        let decision = self
            .permissions
            .decide(self.in_force, self.principal, &item.permission);
        let Decision::Conditional(conditional) = &decision else {
            return Ok(AnswerItem {
                id: item.id,
                result: OneOrMany::One(decision.result()),
                conditional: None,
            });
        };
        check(item, conditional)?;
        let conditions = Conditions::new(self.in_force, self.principal, conditional);
        let Some(resource_ref) = &item.resource_ref else {
            let conditional = ConditionalAnswer {
                plugin_id: conditional.plugin_id.to_string(),
                resource_type: conditional.resource_type.to_string(),
                conditions: conditions.criteria.to_json(),
            };
            let result = OneOrMany::One(decision.result());
            return Ok(AnswerItem {
                id: item.id,
                result,
                conditional: Some(conditional),
            });
        };
        if remote::is_remote(self.app, &conditional.plugin_id) {
            let question = Question {
                item: at,
                resource_refs: resource_ref.map(|resource_ref| (*resource_ref).to_owned()),
                resource_type: conditional.resource_type.clone(),
                conditions: conditions.criteria.to_json(),
            };
            self.remote.add(&conditional.plugin_id, question);
            return Ok(AnswerItem {
                id: item.id,
                result: resource_ref.map(|_| wire::result_of(false)),
                conditional: None,
            });
        }
        let holds =
            |resource_ref: &&str| self.permissions.meets(self.app, &conditions, resource_ref);
        let result = resource_ref.map(|resource_ref| wire::result_of(holds(resource_ref)));
        Ok(AnswerItem {
            id: item.id,
            result,
            conditional: None,
        })
    }
}

/// Refuses a conditional decision that does not fit its permission: a fault of the stored policy.
fn check(item: &AuthorizeItem<'_>, conditional: &Conditional) -> Result<(), Error> {
    let name = item.permission.name();
    let message = match item.permission.resource_type() {
        Some(resource_type) if resource_type == conditional.resource_type => return Ok(()),
        Some(_) => format!(
            "Invalid resource conditions returned from permission policy for permission {name}"
        ),
        None => format!(
            "Conditional decision returned from permission policy for non-resource permission {name}"
        ),
    };
    Err(Error::Named {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        name: "Error",
        message,
    })
}
