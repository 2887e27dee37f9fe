//! Reads the members of a request body with the errors of the original.

use super::wire::input;
use crate::error::Error;
use crate::http::body::JsonBody;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde_json::{Map, Value};

/// The body of a request to the catalog, which reports one that is too large in its own way.
pub(super) struct Body(Value);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Body, Error> {
        match JsonBody::from_request(request, state).await {
            Ok(JsonBody(body @ (Value::Object(_) | Value::Null))) => Ok(Body(body)),
            Ok(JsonBody(_)) => Err(input("request/body must be object")),
            Err(Error::Named {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                message,
                ..
            }) => Err(Error::Input(message)),
            Err(error) => Err(error),
        }
    }
}

impl Body {
    /// All of it: an object, or null.
    pub(super) fn whole(&self) -> &Value {
        &self.0
    }

    /// A member that may be absent.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A member that must be there.
    pub(super) fn require(&self, name: &str) -> Result<&Value, Error> {
        self.get(name)
            .ok_or_else(|| input(format!("request/body must have required property '{name}'")))
    }

    /// A list of strings; empty when it is absent.
    pub(super) fn strings(&self, name: &str) -> Result<Vec<&str>, Error> {
        self.get(name).map_or(Ok(Vec::new()), |value| {
            strings(&format!("request/body/{name}"), value)
        })
    }

    /// A string.
    pub(super) fn string(&self, name: &str) -> Result<Option<&str>, Error> {
        let text = |value| string(&format!("request/body/{name}"), value);
        self.get(name).map(text).transpose()
    }

    /// A number of things.
    pub(super) fn count(&self, name: &str) -> Result<Option<usize>, Error> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let at = |expected: &str| input(format!("request/body/{name} must be {expected}"));
        match (value.as_u64(), value.as_i64()) {
            (Some(count), _) => Ok(Some(usize::try_from(count).unwrap_or(usize::MAX))),
            (None, Some(_)) => Err(at(">= 0")),
            (None, None) => Err(at("integer")),
        }
    }
}

/// An object at a path of the body.
pub(super) fn object<'a>(path: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Error> {
    value
        .as_object()
        .ok_or_else(|| input(format!("{path} must be object")))
}

/// A string at a path of the body.
pub(super) fn string<'a>(path: &str, value: &'a Value) -> Result<&'a str, Error> {
    value
        .as_str()
        .ok_or_else(|| input(format!("{path} must be string")))
}

/// A list of strings at a path of the body.
pub(super) fn strings<'a>(path: &str, value: &'a Value) -> Result<Vec<&'a str>, Error> {
    let items = value
        .as_array()
        .ok_or_else(|| input(format!("{path} must be array")))?;
    items
        .iter()
        .enumerate()
        .map(|(index, item)| string(&format!("{path}/{index}"), item))
        .collect()
}
