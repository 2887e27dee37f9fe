//! Answers and their bodies.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::resource::Resource;
use crate::{server, table};

pub(crate) const JSON: &str = "application/json";

/// An answer with a JSON body.
pub(crate) fn json(code: u16, body: &Value) -> Response {
    with_type(code, JSON, Body::from(body.to_string()))
}

pub(crate) fn with_type(code: u16, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// In which form a client wants objects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Form {
    Whole,
    /// `as=PartialObjectMetadata` or `as=PartialObjectMetadataList`.
    MetadataOnly,
    /// `as=Table`, also for a single object.
    Table,
}

impl Form {
    pub(crate) fn of_accept(accept: &str) -> Self {
        // The first form that is named is the one preferred.
        let first = accept.split(',').next().unwrap_or_default();
        if first.contains("as=PartialObjectMetadata") {
            Self::MetadataOnly
        } else if first.contains("as=Table") {
            Self::Table
        } else {
            Self::Whole
        }
    }

    /// The object as it is shown in `resource`'s version.
    pub(crate) fn show(self, object: &Value, resource: &Resource) -> Value {
        match self {
            Self::Whole => {
                let mut shown = object.clone();
                shown["apiVersion"] = json!(resource.api_version());
                shown["kind"] = json!(resource.kind);
                shown
            }
            Self::MetadataOnly => json!({
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": object["metadata"],
            }),
            Self::Table => {
                let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                table::of(resource, &metadata, &[object], &server::now())
            }
        }
    }

    pub(crate) fn list(self, resource: &Resource, metadata: &Value, objects: &[&Value]) -> Value {
        let (kind, api_version) = match self {
            Self::Table => return table::of(resource, metadata, objects, &server::now()),
            Self::Whole => (format!("{}List", resource.kind), resource.api_version()),
            Self::MetadataOnly => (
                "PartialObjectMetadataList".to_owned(),
                "meta.k8s.io/v1".to_owned(),
            ),
        };
        let items: Vec<Value> = objects
            .iter()
            .map(|object| self.show(object, resource))
            .collect();
        json!({"kind": kind, "apiVersion": api_version, "metadata": metadata, "items": items})
    }
}
