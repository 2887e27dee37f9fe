//! Why nobody is signed in.

use super::metadata::MetadataError;
use super::resolver::Tried;
use crate::error::Error;
use axum::http::StatusCode;
use callboard_store::StoreError;

/// Why nobody is signed in; messages are those of the wire.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The provider said no, or the person did so there.
    #[error("Authentication rejected, {0}")]
    Rejected(String),
    /// The provider's answer does not prove what it should.
    #[error("Authentication failed, {0}")]
    Disproved(String),
    /// The answer belongs to no sign-in that this browser has begun lately.
    #[error(
        "Authentication failed, did not find expected authorization request details in session"
    )]
    Unexpected,
    /// The provider does not answer, or not in a way that can be used.
    #[error("Authentication failed, {what}: {cause}")]
    Unreachable {
        /// What it was asked.
        what: &'static str,
        /// What came of it.
        cause: String,
    },
    /// There is no key to seal what the browser keeps during a sign-in.
    #[error("Authentication failed, authentication requires session support")]
    NoSecret,
    /// The provider tells no address of a mailbox that could be compared.
    #[error("Login failed, user profile does not contain an email")]
    NoEmail {
        /// There is one, and nobody proved that it is theirs.
        is_unverified: bool,
    },
    /// The catalog has no user for the person.
    #[error("{message}")]
    NoUser {
        message: &'static str,
        tried: Vec<Tried>,
    },
    /// The catalog has several users for the person.
    #[error("User lookup resulted in multiple matches")]
    SeveralUsers(Tried),
    /// Anything with a name of its own on the wire.
    #[error(transparent)]
    Other(#[from] Error),
}

impl Refusal {
    /// The name of the error on the wire.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Refusal::Other(error) => error.wire().1,
            Refusal::SeveralUsers(_) => "ConflictError",
            Refusal::Rejected(_)
            | Refusal::Disproved(_)
            | Refusal::Unexpected
            | Refusal::Unreachable { .. }
            | Refusal::NoSecret
            | Refusal::NoEmail { .. }
            | Refusal::NoUser { .. } => "Error",
        }
    }

    /// The message of the wire; of a fault of ours there is nothing to tell.
    pub(super) fn message(&self) -> String {
        self.to_string()
    }

    /// The refusal as an answer with a status of its own.
    pub(super) fn into_error(self) -> Error {
        let message = self.message();
        let named = |status, message| Error::Named {
            status,
            name: "Error",
            message,
        };
        match self {
            Refusal::Other(error) => error,
            Refusal::SeveralUsers(_) => Error::Conflict(message),
            Refusal::Unreachable { .. } => Error::unavailable(message),
            Refusal::NoSecret => named(StatusCode::INTERNAL_SERVER_ERROR, message),
            Refusal::Rejected(_)
            | Refusal::Disproved(_)
            | Refusal::Unexpected
            | Refusal::NoEmail { .. }
            | Refusal::NoUser { .. } => named(StatusCode::FORBIDDEN, message),
        }
    }

    /// Whether the same question may well be answered a moment later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(
            self,
            Refusal::Unreachable { .. } | Refusal::Other(Error::ServiceUnavailable { .. })
        )
    }

    /// The provider did not answer `what`.
    pub(super) fn unreachable(what: &'static str, cause: impl Into<String>) -> Refusal {
        Refusal::Unreachable {
            what,
            cause: cause.into(),
        }
    }
}

impl From<MetadataError> for Refusal {
    fn from(error: MetadataError) -> Refusal {
        let cause = match &error {
            MetadataError::Http(error) => error.in_full(),
            MetadataError::Unfit(_) | MetadataError::Pausing => error.to_string(),
        };
        Refusal::unreachable("the provider gives no metadata", cause)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        Refusal::Other(error.into())
    }
}
