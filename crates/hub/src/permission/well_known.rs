//! What every plugin answers below `/.well-known/backstage/permissions`.

use super::rule::Rules;
use super::wire::{self, Answer, AnswerItem, ConditionsItem};
use crate::app::App;
use crate::error::Error;
use crate::feature::{PluginPermissions, RuleDescription};
use crate::http::body::JsonBody;
use crate::principal::{Principal, UserPrincipal};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use callboard_policy::Permission;
use serde_json::{Map, Value, json};

/// The routes that a plugin gets by having declared its permissions; none for other plugins.
pub(crate) fn plugin_routes(app: &App, plugin: &'static str) -> Router<App> {
    if declared_by(app, plugin).next().is_none() {
        return Router::new();
    }
    let metadata = move |State(app): State<App>| async move { Json(metadata_of(&app, plugin)) };
    let apply = move |State(app): State<App>, principal: Principal, JsonBody(body): JsonBody| async move {
        apply(&app, &principal, plugin, &body)
    };
    Router::new()
        .route("/.well-known/backstage/permissions/metadata", get(metadata))
        .route(
            "/.well-known/backstage/permissions/apply-conditions",
            post(apply),
        )
}

/// What the plugin's OpenAPI document says of them.
pub(crate) fn plugin_openapi(app: &App, plugin: &str) -> Option<&'static str> {
    let mut declared = declared_by(app, plugin);
    declared.next().map(|_| include_str!("well_known.yaml"))
}

fn declared_by<'a>(app: &'a App, plugin: &str) -> impl Iterator<Item = &'a PluginPermissions> {
    app.plugin_permissions()
        .iter()
        .filter(move |declared| declared.plugin == plugin)
}

/// `GET …/metadata`.
///
/// Any credentials: names of permissions and rules are no secret.
fn metadata_of(app: &App, plugin: &str) -> Value {
    let permissions: Vec<_> = declared_by(app, plugin)
        .flat_map(|declared| &declared.permissions)
        .map(permission)
        .collect();
    let rules: Vec<_> = declared_by(app, plugin)
        .flat_map(|declared| &declared.rules)
        .map(rule)
        .collect();
    json!({"permissions": permissions, "rules": rules})
}

/// A permission in its wire form.
fn permission(permission: &Permission) -> Value {
    let mut attributes = Map::new();
    if let Some(action) = permission.attribute_action() {
        attributes.insert("action".to_owned(), json!(action.as_str()));
    }
    match permission.resource_type() {
        None => json!({"type": "basic", "name": permission.name(), "attributes": attributes}),
        Some(resource_type) => json!({
            "type": "resource", "name": permission.name(), "attributes": attributes, "resourceType": resource_type,
        }),
    }
}

/// A rule in its wire form.
pub(crate) fn rule(rule: &RuleDescription) -> Value {
    json!({
        "name": rule.name,
        "description": rule.description,
        "resourceType": rule.resource_type,
        "paramsSchema": rule.params_schema,
    })
}

/// `POST …/apply-conditions`.
///
/// For programs, and for plugins on behalf of a user: a direct user would learn, condition by
/// condition, about resources that are hidden from them.
fn apply(app: &App, principal: &Principal, plugin: &str, body: &Value) -> Result<Response, Error> {
    let is_direct = |user: &UserPrincipal| user.on_behalf_by.is_none();
    if principal.user().is_some_and(is_direct) {
        return Err(Error::forbidden());
    }
    let items = wire::conditions_items(body)?;
    check_types(app, plugin, &items)?;
    let items = items
        .iter()
        .map(|item| answer(app, plugin, item))
        .collect::<Result<_, _>>()?;
    Ok(Json(Answer { items }).into_response())
}

fn answer<'a>(app: &App, plugin: &str, item: &ConditionsItem<'a>) -> Result<AnswerItem<'a>, Error> {
    let rules = Rules::of(app, plugin, item.resource_type);
    let Some(resources) = rules.evaluator() else {
        return Err(Error::NotImplemented(format!(
            "This plugin does not expose any permission rule or can't evaluate the conditions request for {}",
            item.resource_type
        )));
    };
    let holds = item
        .resource_ref
        .try_map(|resource_ref| resources.meets(app, resource_ref, &item.conditions))?;
    Ok(AnswerItem {
        id: item.id,
        result: holds.map(|holds| wire::result_of(*holds)),
        conditional: None,
    })
}

/// Refuses types that the plugin does not have, all in one message.
fn check_types(app: &App, plugin: &str, items: &[ConditionsItem<'_>]) -> Result<(), Error> {
    let mut unexpected: Vec<&str> = Vec::new();
    for ConditionsItem { resource_type, .. } in items {
        let rules = Rules::of(app, plugin, resource_type);
        let is_known = rules.is_known() || rules.evaluator().is_some();
        if !is_known && !unexpected.contains(resource_type) {
            unexpected.push(resource_type);
        }
    }
    if unexpected.is_empty() {
        return Ok(());
    }
    Err(Error::Input(format!(
        "Unexpected resource types: {}.",
        unexpected.join(", ")
    )))
}
