//! What a request asks for: its path, its parameters, its body.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::call::Verb;
use crate::error::ApiError;
use crate::protobuf;
use crate::write::Patch;

/// The resource or object that a path names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: String,
}

impl Target {
    /// Reads the segments of a path; `None` if it names no resource.
    pub(crate) fn parse(segments: &[&str]) -> Option<Self> {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (group, version, rest) = match segments {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            // `status` and `finalize` are parts of the namespace itself.
            ["namespaces", _, "status" | "finalize"] => (None, rest),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => {
                (Some(decode(namespace)), rest)
            }
            _ => (None, rest),
        };
        let (plural, name, subresource) = match rest {
            [plural] => (plural, None, ""),
            [plural, name] => (plural, Some(decode(name)), ""),
            [plural, name, subresource] => (plural, Some(decode(name)), *subresource),
            _ => return None,
        };
        Some(Self {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: (*plural).to_owned(),
            namespace,
            name,
            subresource: subresource.to_owned(),
        })
    }

    pub(crate) fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }
}

/// The parameters of a request; of one that is given twice, the last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(BTreeMap<String, String>);

impl Query {
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Self(pairs.into_owned().collect())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name), Some("true" | "1"))
    }

    /// A number; 400 if it is none.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let number = |text: &str| {
            text.parse()
                .map_err(|_| ApiError::bad_request(format!("{name}: Invalid value: \"{text}\"")))
        };
        self.text(name).map(number).transpose()
    }
}

pub(crate) fn header(headers: &HeaderMap, name: &header::HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

pub(crate) fn verb(method: &Method, target: &Target, query: &Query) -> Option<Verb> {
    let is_named = target.name.is_some();
    Some(match *method {
        Method::GET | Method::HEAD if query.flag("watch") => Verb::Watch,
        Method::GET | Method::HEAD if is_named => Verb::Get,
        Method::GET | Method::HEAD => Verb::List,
        Method::POST => Verb::Create,
        Method::PUT => Verb::Update,
        Method::PATCH => Verb::Patch,
        Method::DELETE if is_named => Verb::Delete,
        Method::DELETE => Verb::DeleteCollection,
        _ => return None,
    })
}

/// Reads the body of a request that creates or replaces.
pub(crate) fn object(body: &[u8], content_type: &str) -> Result<Value, ApiError> {
    if content_type == protobuf::MEDIA_TYPE {
        return protobuf::decode(body).ok_or_else(|| {
            let message = "the body of the request was in an unknown format - accepted media types \
                           include: application/json, application/yaml";
            ApiError::unsupported_media_type(message)
        });
    }
    json_or_yaml(body)
}

/// Reads the options of a deletion; what cannot be read is none.
pub(crate) fn options(body: &[u8], content_type: &str) -> Value {
    if content_type == protobuf::MEDIA_TYPE {
        protobuf::decode(body).unwrap_or_default()
    } else {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

/// Reads the body of a PATCH by its media type.
pub(crate) fn patch(body: &[u8], content_type: &str, is_forced: bool) -> Result<Patch, ApiError> {
    let unreadable = |error: &dyn std::fmt::Display| {
        ApiError::bad_request(format!("error decoding patch: {error}"))
    };
    Ok(match content_type {
        "application/apply-patch+yaml" => Patch::Apply {
            wanted: json_or_yaml(body)?,
            is_forced,
        },
        "application/merge-patch+json" => Patch::Merge(json_or_yaml(body)?),
        "application/strategic-merge-patch+json" => Patch::Strategic(json_or_yaml(body)?),
        "application/json-patch+json" => {
            Patch::Json(serde_json::from_slice(body).map_err(|error| unreadable(&error))?)
        }
        _ => {
            let message = "the body of the request was in an unknown format - accepted media types \
                           include: application/json-patch+json, application/merge-patch+json, \
                           application/strategic-merge-patch+json, application/apply-patch+yaml";
            return Err(ApiError::unsupported_media_type(message));
        }
    })
}

fn json_or_yaml(body: &[u8]) -> Result<Value, ApiError> {
    let error = match serde_json::from_slice(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let unreadable = |error: &dyn std::fmt::Display| {
        ApiError::bad_request(format!("error decoding body: {error}"))
    };
    let text = std::str::from_utf8(body).map_err(|_| unreadable(&error))?;
    let node = callboard_yaml::parse(text).map_err(|error| unreadable(&error))?;
    Ok(node.into_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: &str) -> Option<Target> {
        Target::parse(&path.split('/').skip(1).collect::<Vec<_>>())
    }

    #[test]
    fn a_namespace_is_told_from_what_is_in_it() {
        let namespace = target("/api/v1/namespaces/ns1/status").unwrap();
        assert_eq!(namespace.plural, "namespaces");
        assert_eq!(namespace.name.as_deref(), Some("ns1"));
        assert_eq!(namespace.subresource, "status");

        let inside = target("/apis/apps/v1/namespaces/ns1/deployments/web/scale").unwrap();
        assert_eq!(inside.namespace(), "ns1");
        assert_eq!(inside.plural, "deployments");
        assert_eq!(inside.subresource, "scale");
    }

    #[test]
    fn encoded_names_are_decoded() {
        let role = target("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aauth").unwrap();

        assert_eq!(role.name.as_deref(), Some("system:auth"));
    }
}
