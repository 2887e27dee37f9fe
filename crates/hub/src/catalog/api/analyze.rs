//! `/analyze-location`: what a repository could be registered as.

use super::body::{self, Body};
use super::registration::location_of;
use super::wire::{input, json_of};
use crate::app::App;
use crate::catalog::{permissions, registration};
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Value, json};
use url::Url;

/// `POST /analyze-location`.
///
/// Permission: `catalog.location.analyze`.
pub(super) async fn analyze_location(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let described = body.require("location")?;
    body::object("request/body/location", described)?;
    let location = location_of("request/body/location", described)?;
    body.string("catalogFilename")?;
    registration::authorize(&app, &principal, &permissions::LOCATION_ANALYZE)?;
    let entity = Url::parse(&location.target)
        .ok()
        .and_then(|url| suggestion(&app, &url))
        .ok_or_else(|| input("The given location.target is not a URL"))?;
    Ok(json_of(&json!({
        "existingEntityFiles": [],
        "generateEntities": [{"entity": entity, "fields": []}],
    })))
}

/// A component for the repository that a URL leads into.
fn suggestion(app: &App, url: &Url) -> Option<Value> {
    let mut entity = json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": ""},
        "spec": {"type": "other", "lifecycle": "unknown"},
    });
    match app.reader().repository(url) {
        Some(repository) => {
            entity["metadata"]["name"] = json!(repository.name);
            if let Some(host) = annotation_host(repository.provider) {
                let slug = format!("{}/{}", repository.owner, repository.name);
                entity["metadata"]["annotations"] = json!({format!("{host}/project-slug"): slug});
            }
        }
        None => {
            url.host()?;
            let last = url.path_segments()?.rfind(|part| !part.is_empty())?;
            entity["metadata"]["name"] = json!(last.trim_end_matches(".git"));
        }
    }
    Some(entity)
}

fn annotation_host(provider: &str) -> Option<&'static str> {
    match provider {
        "azure" => Some("dev.azure.com"),
        "bitbucketCloud" | "bitbucketServer" => Some("bitbucket.org"),
        "github" => Some("github.com"),
        "gitlab" => Some("gitlab.com"),
        _ => None,
    }
}
