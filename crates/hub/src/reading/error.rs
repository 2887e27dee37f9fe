//! Why a URL was not read.

use url::Url;

/// Why a URL was not read: what, where, and how to mend it, in one sentence.
///
/// No text holds a secret: URLs are shown as they were asked for, hosts that a redirect led to
/// without their query.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The host has nothing there, or hides it from the credentials that it was shown.
    #[error("nothing is there at `{url}`: {reason}")]
    NotFound {
        /// What was asked for.
        url: String,
        /// What the host said.
        reason: String,
    },
    /// The configuration does not allow it, or the host does not.
    #[error("`{url}` may not be read: {reason}")]
    NotAllowed {
        /// What was asked for.
        url: String,
        /// Who forbids it, and what allows it.
        reason: String,
    },
    /// It may well be read a moment later.
    #[error("`{url}` cannot be read now: {reason}")]
    Unavailable {
        /// What was asked for.
        url: String,
        /// What happened.
        reason: String,
    },
    /// It is longer than the hub reads.
    #[error("`{url}` is too large: {reason}")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// Which limit was met.
        reason: String,
    },
    /// The URL has no form that the host knows, or what came back is not what it should be.
    #[error("`{url}` cannot be read: {reason}")]
    Invalid {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ReadError {
    pub(super) fn not_found(url: &Url, reason: impl Into<String>) -> ReadError {
        ReadError::NotFound {
            url: shown(url),
            reason: reason.into(),
        }
    }

    pub(super) fn not_allowed(url: &Url, reason: impl Into<String>) -> ReadError {
        ReadError::NotAllowed {
            url: shown(url),
            reason: reason.into(),
        }
    }

    pub(super) fn unavailable(url: &Url, reason: impl Into<String>) -> ReadError {
        ReadError::Unavailable {
            url: shown(url),
            reason: reason.into(),
        }
    }

    pub(super) fn too_large(url: &Url, reason: impl Into<String>) -> ReadError {
        ReadError::TooLarge {
            url: shown(url),
            reason: reason.into(),
        }
    }

    pub(super) fn invalid(url: &Url, reason: impl Into<String>) -> ReadError {
        ReadError::Invalid {
            url: shown(url),
            reason: reason.into(),
        }
    }

    /// Whether the same question may well be answered a moment later.
    pub fn is_passing(&self) -> bool {
        matches!(self, ReadError::Unavailable { .. })
    }

    /// Whether there is nothing at the URL, which a location may take lightly.
    pub fn is_not_found(&self) -> bool {
        matches!(self, ReadError::NotFound { .. })
    }

    /// The word for it in `/metrics`.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            ReadError::NotFound { .. } => "not_found",
            ReadError::NotAllowed { .. } => "not_allowed",
            ReadError::Unavailable { .. } => "unavailable",
            ReadError::TooLarge { .. } => "too_large",
            ReadError::Invalid { .. } => "invalid",
        }
    }
}

/// A URL as it may be shown to whoever asked for it: without credentials.
pub(super) fn shown(url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.to_string();
    }
    let mut url = url.clone();
    // These fail only for URLs without a host, which have no credentials either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

/// A URL that somebody else made: also without its query, which may hold a passing token.
pub(super) fn shown_bare(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    shown(&url)
}
