//! Who asks for something, and with which request.

use super::Actor;
use crate::http::client_address::ClientAddress;
use crate::principal::Principal;
use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, Uri, header};
use smol_str::SmolStr;
use std::convert::Infallible;
use std::net::IpAddr;

/// Who asks for something, and with which request: what audit events say about both.
///
/// A handler takes it as an extractor, behind the credential barrier.
#[derive(Debug, Clone)]
pub struct Requester {
    /// A user's reference, a service's subject, or `plugin:<id>` for the hub itself.
    id: String,
    /// The address that the request came from.
    ip: Option<IpAddr>,
    /// The host that the request named.
    hostname: Option<String>,
    /// The client program.
    user_agent: Option<String>,
    /// The id of the access token that was shown; says nothing of its text.
    access_token: Option<SmolStr>,
    /// Method and whole URL; absent for work of the hub itself and of command-line tools.
    request: Option<(Method, Uri)>,
}

impl Requester {
    /// The hub itself, working for `plugin` without being asked.
    pub fn plugin(plugin: &str) -> Requester {
        Requester::named(format!("plugin:{plugin}"))
    }

    /// Somebody at the machine who runs a command.
    pub fn named(id: impl Into<String>) -> Requester {
        Requester {
            id: id.into(),
            ip: None,
            hostname: None,
            user_agent: None,
            access_token: None,
            request: None,
        }
    }

    /// Who sends a request, behind the credential barrier or in front of it.
    pub fn of(parts: &Parts) -> Requester {
        let principal = parts
            .extensions
            .get::<Principal>()
            .unwrap_or(&Principal::None);
        // A nested router sees a part of the path; the event names all of it.
        let whole = parts.extensions.get::<OriginalUri>();
        let uri = whole.map_or(&parts.uri, |OriginalUri(uri)| uri);
        let address = parts.extensions.get::<ClientAddress>();
        Requester {
            id: principal.actor().to_owned(),
            ip: address.map(|ClientAddress(address)| *address),
            hostname: text(&parts.headers, header::HOST),
            user_agent: text(&parts.headers, header::USER_AGENT),
            access_token: principal.user().and_then(|user| user.access_token.clone()),
            request: Some((parts.method.clone(), uri.clone())),
        }
    }

    /// The same request by somebody who is known by other means than a token of the API, such as
    /// the person behind a page.
    #[must_use]
    pub fn known_as(self, id: impl Into<String>) -> Requester {
        Requester {
            id: id.into(),
            ..self
        }
    }

    /// The address that the request came from; absent for work of the hub itself.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// What the client program calls itself.
    pub(crate) fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    /// The id of the access token that the request showed; absent for everybody else.
    pub(super) fn access_token(&self) -> Option<&str> {
        self.access_token.as_deref()
    }

    /// The same request without what stands behind the `?`, where that is a secret.
    #[must_use]
    pub fn without_query(mut self) -> Requester {
        if let Some((_, uri)) = &mut self.request {
            *uri = path_of(uri);
        }
        self
    }

    pub(super) fn actor(&self) -> Actor<'_> {
        Actor {
            id: &self.id,
            ip: self.ip,
            hostname: self.hostname.as_deref(),
            user_agent: self.user_agent.as_deref(),
        }
    }

    pub(super) fn request(&self) -> Option<(&Method, &Uri)> {
        self.request.as_ref().map(|(method, uri)| (method, uri))
    }
}

impl<S: Sync> FromRequestParts<S> for Requester {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Requester, Infallible> {
        Ok(Requester::of(parts))
    }
}

/// A URI as far as its path.
fn path_of(uri: &Uri) -> Uri {
    // INVARIANT: the path of a valid URI is one.
    uri.path().parse().unwrap_or_default()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}
