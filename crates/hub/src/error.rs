//! What can go wrong for a caller, and how the wire says it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callboard_store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// An answer that is not the one asked for.
///
/// The variants are Backstage's error names. A message that the wire specifies is sent as given;
/// several refusals have an empty one on purpose.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400 `InputError`: the request cannot be understood.
    #[error("{0}")]
    Input(String),
    /// 401 `AuthenticationError`: the caller did not prove who they are.
    #[error("{0}")]
    Authentication(String),
    /// 403 `NotAllowedError`: the caller may not do this.
    #[error("{0}")]
    NotAllowed(String),
    /// 403 `NotAllowedError`: a page stays closed; the message on the wire is empty.
    #[error("")]
    NoEntry {
        /// The name of the permission that would open it.
        permission: Box<str>,
    },
    /// 404 `NotFoundError`: there is no such thing, or the caller may not know of it.
    #[error("{0}")]
    NotFound(String),
    /// 404 `NotFoundError`: pages about roles while `permission.enabled` is off.
    #[error("Enable the RBAC backend plugin to use this feature.")]
    PermissionsOff,
    /// 404 with an empty body: no route matches.
    #[error("no route matches")]
    NoRoute,
    /// 409 `ConflictError`: the change collides with what is there.
    #[error("{0}")]
    Conflict(String),
    /// 429 `Error`: this was tried too often.
    #[error("Too many requests, please try again later")]
    TooManyRequests {
        /// When it makes sense again; the header `Retry-After` says it in whole seconds.
        retry_after: Duration,
    },
    /// 501 `NotImplementedError`: this part of the contract is not offered.
    #[error("{0}")]
    NotImplemented(String),
    /// 503 `ServiceUnavailableError`: something that is needed is away for now.
    #[error("{message}")]
    ServiceUnavailable {
        /// The message in the body.
        message: String,
        /// Why it is away; logged, hidden from the caller. Absent when the message says it all.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// An error whose name is not one of Backstage's, such as `SyntaxError`.
    #[error("{message}")]
    Named {
        /// The status code to answer with.
        status: StatusCode,
        /// The name in the body.
        name: &'static str,
        /// The message in the body.
        message: String,
    },
    /// 500: a fault of ours; logged with its cause, hidden from the caller.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A refusal with the empty message that the original sends.
    pub fn forbidden() -> Error {
        Error::NotAllowed(String::new())
    }

    /// Something that is needed is away, and there is no more to say about it.
    pub fn unavailable(message: impl Into<String>) -> Error {
        Error::ServiceUnavailable {
            message: message.into(),
            source: None,
        }
    }

    /// Wraps a fault of ours.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Internal(source.into())
    }

    /// The status code and the name that the wire uses.
    pub fn wire(&self) -> (StatusCode, &'static str) {
        match self {
            Error::Input(_) => (StatusCode::BAD_REQUEST, "InputError"),
            Error::Authentication(_) => (StatusCode::UNAUTHORIZED, "AuthenticationError"),
            Error::NotAllowed(_) | Error::NoEntry { .. } => {
                (StatusCode::FORBIDDEN, "NotAllowedError")
            }
            Error::NotFound(_) | Error::PermissionsOff | Error::NoRoute => {
                (StatusCode::NOT_FOUND, "NotFoundError")
            }
            Error::Conflict(_) => (StatusCode::CONFLICT, "ConflictError"),
            Error::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "Error"),
            Error::NotImplemented(_) => (StatusCode::NOT_IMPLEMENTED, "NotImplementedError"),
            Error::ServiceUnavailable { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableError")
            }
            Error::Named { status, name, .. } => (*status, name),
            Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Error"),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        match error {
            StoreError::Unavailable(_) | StoreError::Busy => Error::ServiceUnavailable {
                message: "the database does not answer at the moment".to_owned(),
                source: Some(error.into()),
            },
            other => Error::internal(other),
        }
    }
}

/// The error behind a response, for the layer that writes the body.
///
/// A handler does not know the request's method and URL, which the body repeats, nor whether the
/// caller wants a page; [`crate::http::error_body`] does.
#[derive(Debug, Clone)]
pub struct Failure(pub Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, _) = self.wire();
        let mut response = status.into_response();
        if let Error::TooManyRequests { retry_after } = &self {
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}
