//! Why a sign-in of our pages failed, in words for the person and for whoever can mend it.

use super::refusal::Refusal;
use super::resolver::Tried;
use crate::auth::config::DEVELOPMENT;
use crate::auth::provider_name;
use crate::error::Error;
use crate::ui::{Rich, Texts, capitalised};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// The most resolvers that are told about: the reason travels in a cookie.
const MAX_TRIED: usize = 4;

/// Why a sign-in of our pages failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInFailure {
    status: u16,
    reason: Reason,
    /// What people call the provider; absent for the one that needs no name.
    title: Option<String>,
    /// Where it is configured.
    key: String,
    /// Whether that is for developers, who are told the names of secrets.
    is_for_developers: bool,
    /// Where the person wanted to go; a path of this hub.
    pub redirect: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Reason {
    /// No provider has this id.
    Nobody(String),
    Rejected(String),
    Disproved(String),
    Unexpected,
    Unreachable {
        what: String,
        cause: String,
    },
    NoSecret,
    NoEmail,
    UnverifiedEmail,
    NoUser(Vec<Tried>),
    SeveralUsers(Tried),
    TooMany {
        seconds: u64,
    },
    Other(String),
}

impl From<&Refusal> for Reason {
    fn from(refusal: &Refusal) -> Reason {
        match refusal {
            Refusal::Rejected(reason) => Reason::Rejected(reason.clone()),
            Refusal::Disproved(reason) => Reason::Disproved(reason.clone()),
            Refusal::Unexpected => Reason::Unexpected,
            Refusal::Unreachable { what, cause } => Reason::Unreachable {
                what: (*what).to_owned(),
                cause: cause.clone(),
            },
            Refusal::NoSecret => Reason::NoSecret,
            Refusal::NoEmail {
                is_unverified: false,
            } => Reason::NoEmail,
            Refusal::NoEmail {
                is_unverified: true,
            } => Reason::UnverifiedEmail,
            Refusal::NoUser { tried, .. } => {
                Reason::NoUser(tried.iter().take(MAX_TRIED).cloned().collect())
            }
            Refusal::SeveralUsers(tried) => Reason::SeveralUsers(tried.clone()),
            Refusal::Other(Error::TooManyRequests { retry_after }) => Reason::TooMany {
                seconds: retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0),
            },
            Refusal::Other(error) => Reason::Other(error.to_string()),
        }
    }
}

impl SignInFailure {
    /// The status of the page that tells of it.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::FORBIDDEN)
    }

    /// The failure of a sign-in with the provider `id`, which pages call `title`, in an
    /// environment.
    pub(super) fn of(
        refusal: &Refusal,
        title: Option<String>,
        id: &str,
        environment: &str,
    ) -> SignInFailure {
        let status = match refusal {
            Refusal::Unreachable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::NoSecret => StatusCode::INTERNAL_SERVER_ERROR,
            Refusal::Other(error) => error.wire().0,
            Refusal::Rejected(_)
            | Refusal::Disproved(_)
            | Refusal::Unexpected
            | Refusal::NoEmail { .. }
            | Refusal::NoUser { .. }
            | Refusal::SeveralUsers(_) => StatusCode::FORBIDDEN,
        };
        SignInFailure {
            status: status.as_u16(),
            reason: refusal.into(),
            title,
            key: format!("auth.providers.{id}.{environment}"),
            is_for_developers: environment == DEVELOPMENT,
            redirect: None,
        }
    }

    /// The failure of a sign-in with a provider that there is not.
    pub(super) fn of_nobody(id: &str) -> SignInFailure {
        SignInFailure {
            status: StatusCode::NOT_FOUND.as_u16(),
            reason: Reason::Nobody(id.to_owned()),
            title: None,
            key: "auth.providers".to_owned(),
            is_for_developers: false,
            redirect: None,
        }
    }

    /// The same failure on the way to `target`.
    pub(super) fn on_the_way_to(mut self, target: Option<&str>) -> SignInFailure {
        self.redirect = target.filter(|target| *target != "/").map(str::to_owned);
        self
    }

    /// For the person: what happened.
    pub fn message(&self, t: &Texts) -> String {
        let provider = provider_name(t, self.title.as_deref());
        let text = match &self.reason {
            Reason::Nobody(id) => t.say("sign-in-nobody").with("id", id.as_str()),
            Reason::Rejected(reason) => t.say("sign-in-rejected").with("reason", reason.as_str()),
            Reason::Disproved(_) => t.say("sign-in-disproved"),
            Reason::Unexpected => t.say("sign-in-over"),
            Reason::Unreachable { .. } => t.say("sign-in-unreachable"),
            Reason::NoSecret => t.say("sign-in-no-secret"),
            Reason::NoEmail => t.say("sign-in-no-email"),
            Reason::UnverifiedEmail => t.say("sign-in-unverified-email"),
            Reason::NoUser(_) => t.say("sign-in-no-user"),
            Reason::SeveralUsers(_) => t.say("sign-in-several-users"),
            Reason::TooMany { seconds } => t.say("sign-in-too-many").with("seconds", *seconds),
            Reason::Other(reason) => t.say("sign-in-other").with("reason", reason.as_str()),
        };
        let text = text.with("subject", capitalised(&provider));
        text.with("provider", provider).to_string()
    }

    /// For an administrator: what was looked for in vain.
    pub fn tried(&self, t: &Texts) -> Vec<String> {
        let tried = match &self.reason {
            Reason::NoUser(tried) => tried.as_slice(),
            Reason::SeveralUsers(tried) => std::slice::from_ref(tried),
            _ => &[],
        };
        tried.iter().map(|tried| describe(t, tried)).collect()
    }

    /// For an administrator: what to do about it.
    pub fn help<'t>(&'t self, t: &'t Texts) -> Option<Rich<'t>> {
        let resolvers = || format!("{}.signIn.resolvers", self.key);
        Some(match &self.reason {
            Reason::Rejected(reason) if reason.starts_with("login_required") => t
                .rich("sign-in-rejected-help")
                .code("key", &format!("{}.prompt", self.key))
                .code("value", "auto"),
            Reason::Disproved(reason) => t
                .rich("sign-in-disproved-help")
                .with("reason", reason.as_str()),
            Reason::Unreachable { what, cause } => t
                .rich("sign-in-unreachable-help")
                .with("what", what.as_str())
                .with("cause", cause.as_str()),
            Reason::NoSecret if self.is_for_developers => t
                .rich("sign-in-no-secret-help")
                .code("key", "auth.session.secret"),
            Reason::NoEmail | Reason::UnverifiedEmail => {
                t.rich("sign-in-no-email-help").code("key", &resolvers())
            }
            Reason::NoUser(_) => t.rich("sign-in-no-user-help").code("key", &resolvers()),
            Reason::SeveralUsers(_) => t.rich("sign-in-several-users-help"),
            Reason::TooMany { .. } => t
                .rich("sign-in-too-many-help")
                .code("key", "backend.trustProxy"),
            Reason::Nobody(_)
            | Reason::Rejected(_)
            | Reason::Unexpected
            | Reason::NoSecret
            | Reason::Other(_) => return None,
        })
    }
}

fn describe(t: &Texts, tried: &Tried) -> String {
    let Tried {
        resolver,
        claim,
        value,
        sought,
    } = tried;
    let text = match value {
        Some(value) => t
            .say("sign-in-tried")
            .with("value", value.as_str())
            .with("sought", sought.as_str()),
        None => t.say("sign-in-tried-nothing"),
    };
    let text = text.with("resolver", resolver.as_str());
    text.with("claim", claim.as_str()).to_string()
}
