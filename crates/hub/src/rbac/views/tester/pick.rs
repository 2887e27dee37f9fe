//! What may be chosen in the form: only what the person may know of.

use crate::error::Error;
use crate::guard::Guard;
use crate::rbac::POLICY_READ;
use crate::rbac::owner::Visible;
use crate::ui::entity::{Sight, title_of};
use crate::ui::{Page, PageRequest};
use askama::Template;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Filter, FullText, Match, OrderField, Query};
use callboard_policy::MappedPermission;
use std::collections::BTreeSet;
use url::form_urlencoded;

/// How many are offered at once.
const MOST: usize = 20;

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// What the field gets.
    pub(super) value: String,
    /// What it is called; empty when it is the same.
    pub(super) label: String,
}

#[derive(Template)]
#[template(path = "rbac/templates/tester_options.html")]
struct Options {
    choices: Vec<Choice>,
}

/// `GET /rbac/test/people?user=`: people whose name contains what was typed.
///
/// Permission: `policy.entity.read`; `catalog.entity.read` decides which of them are offered.
pub(super) async fn people(request: PageRequest) -> Result<Response, Error> {
    request.enter_administration(&Guard::Any(POLICY_READ.clone()))?;
    let choices = people_like(&sight(&request)?, &typed(&request, "user"));
    Ok(Page(Options { choices }).into_response())
}

/// `GET /rbac/test/permissions?permission=`: names of permissions that contain what was typed.
///
/// For people who are signed in. What only policies name is offered to those who may read them.
pub(super) async fn permissions(request: PageRequest) -> Result<Response, Error> {
    request.enter_administration(&Guard::SignedIn)?;
    let choices = permissions_like(&request, &typed(&request, "permission"));
    Ok(Page(Options { choices }).into_response())
}

/// `GET /rbac/test/resources?permission=&resource=`: what a permission can be about.
///
/// For people who are signed in; what they may read decides what is offered.
pub(super) async fn resources(request: PageRequest) -> Result<Response, Error> {
    request.enter_administration(&Guard::SignedIn)?;
    let [permission, resource] = ["permission", "resource"].map(|name| typed(&request, name));
    let choices = resources_like(&request, &sight(&request)?, &permission, &resource);
    Ok(Page(Options { choices }).into_response())
}

fn sight(request: &PageRequest) -> Result<Sight, Error> {
    Sight::of(&request.app, &request.viewer.principal, request.texts())
}

fn typed(request: &PageRequest, name: &str) -> String {
    let query = request.visit().uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(known, _)| known == name);
    found.map_or_else(String::new, |(_, value)| value.trim().to_owned())
}

/// People who may be seen and whose name, display name or address contains `text`.
pub(super) fn people_like(sight: &Sight, text: &str) -> Vec<Choice> {
    entities_like(sight, Filter::from(Match::one_of("kind", ["user"])), text)
}

fn entities_like(sight: &Sight, filter: Filter, text: &str) -> Vec<Choice> {
    // A whole reference is found by its name.
    let term = text.rsplit(['/', ':']).next().unwrap_or_default();
    let fields = [
        "metadata.name",
        "metadata.title",
        "spec.profile.displayname",
        "spec.profile.email",
    ];
    let page = sight.query(Query {
        filter: Some(filter),
        full_text: (!term.is_empty()).then(|| FullText {
            term: term.to_owned(),
            fields: fields.map(str::to_owned).to_vec(),
        }),
        order: vec![OrderField::ascending("metadata.name")],
        limit: Some(MOST),
        ..Query::default()
    });
    let choice = |entity: &std::sync::Arc<callboard_catalog::Entity>| Choice {
        value: entity.entity_ref().to_string(),
        label: title_of(entity).into_owned(),
    };
    page.entities.iter().map(choice).collect()
}

/// Names of permissions that contain `text`: those that plugins declare, and for readers of
/// policies those that roles name which they may see.
pub(super) fn permissions_like(request: &PageRequest, text: &str) -> Vec<Choice> {
    let PageRequest { app, viewer, .. } = request;
    let declared = app.plugin_permissions().iter();
    let declared = declared.flat_map(|plugin| &plugin.permissions);
    let mut names: BTreeSet<String> = declared
        .clone()
        .map(|permission| permission.name().to_owned())
        .collect();
    if let Ok(visible) = Visible::of(app, &viewer.principal, &POLICY_READ) {
        let types: BTreeSet<_> = declared.filter_map(|one| one.resource_type()).collect();
        let state = app.rbac().state();
        let grants = state.policies.keys();
        let granted = grants
            .filter(|grant| visible.sees(&state, &grant.subject))
            .map(|grant| grant.permission.as_str())
            // The name of a resource type has no dots, whoever owns it.
            .filter(|name| !types.contains(name) && name.contains('.'));
        names.extend(granted.map(str::to_owned));
        let conditions = state.conditions.values().map(|record| &record.policy);
        let mapped = conditions
            .filter(|policy| visible.sees(&state, &policy.role))
            .flat_map(|policy| policy.mapping.iter().filter_map(MappedPermission::name));
        names.extend(mapped.map(str::to_owned));
    }
    let names = names.into_iter().filter(|name| name.contains(text));
    names
        .map(|value| Choice {
            value,
            label: String::new(),
        })
        .collect()
}

/// What `permission` can be about and the person may see, as far as it contains `text`; nothing
/// for a permission that is about nothing in particular.
pub(super) fn resources_like(
    request: &PageRequest,
    sight: &Sight,
    permission: &str,
    text: &str,
) -> Vec<Choice> {
    let PageRequest { app, viewer, .. } = request;
    let declared = app.plugin_permissions().iter();
    let mut declared = declared.flat_map(|plugin| &plugin.permissions);
    let known = declared.find(|one| one.name() == permission);
    match known.map(|permission| permission.resource_type()) {
        // Before a permission is chosen, what most of them are about.
        None | Some(Some("catalog-entity")) => {
            entities_like(sight, Filter::from(Match::exists("kind")), text)
        }
        Some(Some("scaffolder-template")) => entities_like(
            sight,
            Filter::from(Match::one_of("kind", ["template"])),
            text,
        ),
        Some(Some("policy-entity")) => {
            let Ok(visible) = Visible::of(app, &viewer.principal, &POLICY_READ) else {
                return Vec::new();
            };
            let state = app.rbac().state();
            let roles = state.roles.keys();
            let seen = roles.filter(|role| role.contains(text) && visible.sees(&state, role));
            seen.take(MOST)
                .map(|role| Choice {
                    value: role.to_string(),
                    label: String::new(),
                })
                .collect()
        }
        Some(Some(_) | None) => Vec::new(),
    }
}
