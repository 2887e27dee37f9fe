//! Asking one URL, through its redirects, within limits.
//!
//! Every hop is judged anew: its scheme, whether its host may be read at all, and the address
//! that the connection goes to.

use super::address::{Guard, Lookup, NotPublic, Reach};
use super::allow::{self, AllowList};
use super::error::{ReadError, shown_bare};
use super::integration::{Integration, host_and_port};
use crate::http_client::{HttpClient, HttpError};
use bytes::{Bytes, BytesMut};
use callboard_config::Secret;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use std::error::Error as StdError;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use url::{Host, Url};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;

/// Asks; holds the connections.
pub(super) struct Fetcher {
    allow: AllowList,
    lookup: Arc<dyn Lookup>,
    http: HttpClient,
    /// Apart, so that a connection into a private network is never reused for another host.
    public: OnceLock<Client>,
    anywhere: OnceLock<Client>,
}

/// One question.
pub(super) struct Call<'a> {
    /// What somebody wants to read, for texts.
    pub(super) asked: &'a Url,
    /// What is asked for it.
    pub(super) url: &'a Url,
    /// The Git host that is asked; absent for hosts of the allow list.
    pub(super) at: Option<&'a Integration>,
    pub(super) authorization: Option<&'a Secret<String>>,
    pub(super) accept: Option<&'static str>,
    pub(super) etag: Option<&'a str>,
    /// A body in JSON, which makes it a `POST`; redirects of such are not followed.
    pub(super) post: Option<&'a str>,
}

/// An answer whose body is still to be read.
pub(super) enum Fetched {
    NotModified,
    Found(Box<Body>),
}

/// A body, and what the host says about it.
pub(super) struct Body {
    response: Response,
    pub(super) url: Url,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<Timestamp>,
}

impl Fetcher {
    /// Whether the list of hosts has this URL.
    pub(super) fn permits(&self, url: &Url) -> bool {
        self.allow.permits(url)
    }

    /// The hosts of the list.
    pub(super) fn hosts(&self) -> impl Iterator<Item = String> {
        self.allow.hosts()
    }

    pub(super) fn new(allow: AllowList, lookup: Arc<dyn Lookup>, http: HttpClient) -> Fetcher {
        Fetcher {
            allow,
            lookup,
            http,
            public: OnceLock::new(),
            anywhere: OnceLock::new(),
        }
    }

    /// Asks and follows redirects, until there is a body or a reason for none.
    pub(super) async fn ask(&self, call: &Call<'_>) -> Result<Fetched, ReadError> {
        let mut url = call.url.clone();
        let mut authorization = call.authorization;
        for _ in 0..=MAX_REDIRECTS {
            // Credentials that were once left behind are not taken up again.
            let origin = url.origin();
            authorization = authorization.filter(|_| call.at.is_some_and(|at| at.trusts(&origin)));
            let response = self.hop(call, &url, authorization).await?;
            match next(&url, &response) {
                Some(_) if call.post.is_some() => {
                    let reason =
                        format!("`{}` redirects what does not bear it", host_and_port(&url));
                    return Err(ReadError::invalid(call.asked, reason));
                }
                Some(next) => url = next,
                None => return judge(call, url, response, authorization.is_some()),
            }
        }
        let reason = format!("it leads through more than {MAX_REDIRECTS} redirects");
        Err(ReadError::invalid(call.asked, reason))
    }

    async fn hop(
        &self,
        call: &Call<'_>,
        url: &Url,
        authorization: Option<&Secret<String>>,
    ) -> Result<Response, ReadError> {
        let client = self.client_for(call, url)?;
        let mut headers = HeaderMap::new();
        let mut insert = |name: HeaderName, value: &str, is_secret: bool| {
            // What no header can carry was not given by a host, or is checked at start.
            if let Ok(mut value) = HeaderValue::from_str(value) {
                value.set_sensitive(is_secret);
                headers.insert(name, value);
            }
        };
        insert(header::ACCEPT, call.accept.unwrap_or("*/*"), false);
        if let Some(etag) = call.etag {
            insert(header::IF_NONE_MATCH, etag, false);
        }
        if let Some(authorization) = authorization {
            insert(header::AUTHORIZATION, authorization.expose(), true);
        }
        let request = match call.post {
            None => client.get(url.clone()),
            Some(body) => {
                insert(header::CONTENT_TYPE, "application/json", false);
                client.post(url.clone()).body(body.to_owned())
            }
        };
        let sent = request.headers(headers).send().await;
        sent.map_err(|error| self.broken(call, url, error))
    }

    /// The client that may connect to the host of `url`.
    fn client_for(&self, call: &Call<'_>, url: &Url) -> Result<&Client, ReadError> {
        let refused = |what: String| {
            let reason = if url == call.url {
                what
            } else {
                format!("it redirects to `{}`, and {what}", shown_bare(url))
            };
            ReadError::not_allowed(call.asked, reason)
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("only `http` and `https` are read".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("credentials do not belong into URLs".to_owned()));
        }
        let is_own = call.at.is_some_and(|at| at.leads_to(url));
        if !is_own && !self.allow.permits(url) {
            return Err(refused(not_listed(url)));
        }
        let reach = self.allow.reach(url);
        if literal(url).is_some_and(|address| !reach.permits(address)) {
            return Err(refused(not_public(url)));
        }
        self.client(reach)
            .map_err(|error| ReadError::unavailable(call.asked, error.in_full()))
    }

    fn client(&self, reach: Reach) -> Result<&Client, HttpError> {
        let slot = match reach {
            Reach::Public => &self.public,
            Reach::Anywhere => &self.anywhere,
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let lookup = self.lookup.clone();
        let client = self.http.hop_by_hop(Guard { lookup, reach })?;
        Ok(slot.get_or_init(|| client))
    }

    fn broken(&self, call: &Call<'_>, url: &Url, error: reqwest::Error) -> ReadError {
        let error = error.without_url();
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
        let mut text = Vec::new();
        while let Some(error) = cause {
            if error.is::<NotPublic>() {
                return ReadError::not_allowed(call.asked, not_public(url));
            }
            text.push(error.to_string());
            cause = error.source();
        }
        let host = host_and_port(url);
        let reason = format!("`{host}` does not answer: {}", text.join(": "));
        ReadError::unavailable(call.asked, reason)
    }
}

impl Body {
    /// Everything, when it is no longer than `limit` bytes.
    pub(super) async fn read(
        mut self: Box<Self>,
        asked: &Url,
        limit: u64,
    ) -> Result<Bytes, ReadError> {
        let too_large = || {
            let reason = format!("the hub reads at most {limit} bytes");
            ReadError::too_large(asked, reason)
        };
        if self
            .response
            .content_length()
            .is_some_and(|length| length > limit)
        {
            return Err(too_large());
        }
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.chunk(asked).await? {
            if (bytes.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// The next part; `None` at the end.
    pub(super) async fn chunk(&mut self, asked: &Url) -> Result<Option<Bytes>, ReadError> {
        let chunk = self.response.chunk().await;
        chunk.map_err(|_| ReadError::unavailable(asked, "the answer broke off"))
    }
}

/// Where a redirect leads; `None` for an answer that is none.
fn next(url: &Url, response: &Response) -> Option<Url> {
    use StatusCode as S;
    let is_redirect = matches!(
        response.status(),
        S::MOVED_PERMANENTLY
            | S::FOUND
            | S::SEE_OTHER
            | S::TEMPORARY_REDIRECT
            | S::PERMANENT_REDIRECT
    );
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    is_redirect.then(|| url.join(location).ok()).flatten()
}

/// The address that a URL has instead of a name.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn not_listed(url: &Url) -> String {
    let host = host_and_port(url);
    let key = allow::KEY;
    format!(
        "`{host}` is neither a Git host of `integrations` nor allowed by `{key}`: add `host: {host}` there, with the paths that may be read"
    )
}

fn not_public(url: &Url) -> String {
    let (host, key, option) = (host_and_port(url), allow::KEY, allow::PRIVATE);
    format!(
        "`{host}` is not at an address of the public internet: add `host: {host}` with `{option}: true` to `{key}` if it may be reached there"
    )
}

/// What an answer that is no redirect says.
fn judge(
    call: &Call<'_>,
    url: Url,
    response: Response,
    was_authorized: bool,
) -> Result<Fetched, ReadError> {
    let status = response.status();
    let host = host_and_port(&url);
    let says = format!("`{host}` answers {status}");
    match status {
        // A page that asks people to sign in has this status at Azure.
        StatusCode::NON_AUTHORITATIVE_INFORMATION if call.at.is_some() => Err(
            ReadError::not_allowed(call.asked, format!("{says}{}", mend(call, was_authorized))),
        ),
        StatusCode::NOT_MODIFIED if call.etag.is_some() => Ok(Fetched::NotModified),
        status if status.is_success() => body(call, url, response),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            let reason = format!("{says}{}", mend(call, was_authorized));
            Err(ReadError::not_found(call.asked, reason))
        }
        status if is_passing(status, response.headers()) => {
            let wait = response.headers().get(header::RETRY_AFTER);
            let wait = wait.and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
            let wait = wait.map(|seconds| format!(", and wants {seconds} seconds of rest"));
            let spent = if is_spent(response.headers()) {
                ", and its rate limit is spent"
            } else {
                ""
            };
            let reason = format!("{says}{spent}{}", wait.unwrap_or_default());
            Err(ReadError::unavailable(call.asked, reason))
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let reason = format!("{says}{}", mend(call, was_authorized));
            Err(ReadError::not_allowed(call.asked, reason))
        }
        _ => Err(ReadError::invalid(call.asked, says)),
    }
}

fn body(call: &Call<'_>, url: Url, response: Response) -> Result<Fetched, ReadError> {
    let text = |name| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    // Nothing was asked to be packed, so nothing is unpacked, to whatever length that may be.
    if text(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let reason = format!(
            "`{}` packs its answer though it should not",
            host_and_port(&url)
        );
        return Err(ReadError::invalid(call.asked, reason));
    }
    let date = text(header::LAST_MODIFIED).and_then(|date| rfc2822::parse(&date).ok());
    Ok(Fetched::Found(Box::new(Body {
        etag: text(header::ETAG),
        last_modified: date.map(|date| date.timestamp()),
        url,
        response,
    })))
}

/// Whether the host only wants to be asked later.
fn is_passing(status: StatusCode, headers: &HeaderMap) -> bool {
    let is_spent = headers
        .get("x-ratelimit-remaining")
        .is_some_and(|left| left.as_bytes() == b"0");
    let is_rate_limit =
        status == StatusCode::FORBIDDEN && (is_spent || headers.contains_key(header::RETRY_AFTER));
    let is_busy = matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
    );
    is_busy || is_rate_limit || status.is_server_error()
}

fn is_spent(headers: &HeaderMap) -> bool {
    let left = headers.get("x-ratelimit-remaining");
    left.is_some_and(|left| left.as_bytes() == b"0")
}

/// What may help when a Git host shows nothing.
fn mend(call: &Call<'_>, was_authorized: bool) -> String {
    match call.at {
        None => String::new(),
        Some(at) if was_authorized => {
            let (id, host) = (at.forge.id(), &at.host);
            format!(
                "; if it is there, the credentials of `{host}` in `integrations.{id}` may not read it"
            )
        }
        Some(at) => {
            let (id, host) = (at.forge.id(), &at.host);
            format!("; if it is not public, give credentials for `{host}` in `integrations.{id}`")
        }
    }
}
