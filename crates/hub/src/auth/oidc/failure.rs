//! Why a sign-in of our pages failed, in words for the person and for whoever can mend it.

use super::refusal::Refusal;
use super::resolver::Tried;
use crate::error::Error;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// The most resolvers that are told about: the words travel in a cookie.
const MAX_TRIED: usize = 4;

/// Why a sign-in of our pages failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInFailure {
    status: u16,
    /// For the person.
    pub message: String,
    /// For an administrator: what was looked for in vain.
    pub tried: Vec<String>,
    /// For an administrator: what to do about it.
    pub help: Option<String>,
    /// Where the person wanted to go; a path of this hub.
    pub redirect: Option<String>,
}

impl SignInFailure {
    /// The status of the page that tells of it.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::FORBIDDEN)
    }

    /// The failure of a sign-in with the provider that pages call `label`; its configuration is at
    /// `key`.
    pub(super) fn of(refusal: &Refusal, label: &str, key: &str) -> SignInFailure {
        let mut failure = SignInFailure {
            status: StatusCode::FORBIDDEN.as_u16(),
            message: String::new(),
            tried: Vec::new(),
            help: None,
            redirect: None,
        };
        let subject = capitalised(label);
        let (message, help) = match refusal {
            Refusal::Rejected(reason) => (
                format!("{subject} did not sign you in: {reason}."),
                (reason.starts_with("login_required")).then(|| {
                    format!("Without `{key}.prompt` only people who are signed in there already get in; set it to `auto`.")
                }),
            ),
            Refusal::Disproved(reason) => (
                format!("The answer of {label} could not be believed. Please try again."),
                Some(format!("What is wrong with it: {reason}.")),
            ),
            Refusal::Unexpected => (
                "This sign-in is over: it took too long, was finished already, or began in another \
                 browser. Please try again."
                    .to_owned(),
                None,
            ),
            Refusal::Unreachable { what, cause } => {
                failure.status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
                (
                    format!("{subject} cannot be reached at the moment. Please try again later."),
                    Some(format!("What happened: {what}: {cause}.")),
                )
            }
            Refusal::NoSecret => {
                failure.status = StatusCode::INTERNAL_SERVER_ERROR.as_u16();
                (
                    format!("Signing in with {label} is not set up completely."),
                    Some("Set `auth.session.secret` to a long random text.".to_owned()),
                )
            }
            Refusal::NoEmail { is_unverified } => {
                let what = if *is_unverified {
                    "says that nobody has verified your e-mail address"
                } else {
                    "tells no e-mail address of yours"
                };
                (
                    format!("You are known to {label}, but it {what}, by which you would be found here."),
                    Some(format!("Have the address verified there, or choose another resolver in `{key}.signIn.resolvers`.")),
                )
            }
            Refusal::NoUser { tried, .. } => {
                failure.tried = tried.iter().take(MAX_TRIED).map(describe).collect();
                (
                    format!("You are known to {label}, but the catalog has no user for you yet."),
                    Some(format!("Add a User to the catalog to which one of these leads, or choose other resolvers in `{key}.signIn.resolvers`.")),
                )
            }
            Refusal::SeveralUsers(tried) => {
                failure.tried = vec![describe(tried)];
                (
                    format!("You are known to {label}, but the catalog has several users who might be you."),
                    Some("Leave one User in the catalog with this value.".to_owned()),
                )
            }
            Refusal::Other(error @ Error::TooManyRequests { retry_after }) => {
                let (status, _) = error.wire();
                failure.status = status.as_u16();
                let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
                (
                    format!("Too many sign-ins from your network failed lately. Please try again in {seconds} s."),
                    Some("If all people seem to come from one address, name your proxies in `backend.trustProxy`.".to_owned()),
                )
            }
            Refusal::Other(error) => {
                let (status, _) = error.wire();
                failure.status = status.as_u16();
                (format!("{subject} does not sign you in: {error}."), None)
            }
        };
        failure.message = message;
        failure.help = help;
        failure
    }

    /// The same failure on the way to `target`.
    pub(super) fn on_the_way_to(mut self, target: Option<&str>) -> SignInFailure {
        self.redirect = target.filter(|target| *target != "/").map(str::to_owned);
        self
    }
}

/// A name as the first word of a sentence.
fn capitalised(label: &str) -> String {
    let mut rest = label.chars();
    let first: String = rest
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}", rest.as_str())
}

fn describe(tried: &Tried) -> String {
    let Tried {
        resolver,
        claim,
        value,
        sought,
    } = tried;
    match value {
        Some(value) => {
            format!(
                "{resolver}: the claim {claim} is “{value}”, and no single User has it as {sought}"
            )
        }
        None => format!("{resolver}: the claim {claim} is not sent"),
    }
}
