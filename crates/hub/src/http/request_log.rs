//! One log line and one observation in `/metrics` for each request.

use super::client_address::ClientAddress;
use super::listen::Listen;
use crate::clock::{Clock, SecondText};
use crate::hub::StartError;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Uri, Version, header};
use axum::response::Response;
use callboard_config::Config;
use prometheus::{HistogramOpts, HistogramVec, Registry};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;
use url::Url;

/// Upper bounds of the buckets, in seconds, as the original has them.
const BUCKETS: [f64; 6] = [0.003, 0.03, 0.1, 0.3, 1.5, 10.0];

/// Upper bounds of the newer generation's buckets, in milliseconds.
const BUCKETS_MILLISECONDS: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10000.0,
];

/// What a request leaves behind: an observation in each generation of metrics, and a line.
pub struct RequestLog {
    clock: Arc<dyn Clock>,
    times: SecondText,
    duration_seconds: HistogramVec,
    duration_milliseconds: HistogramVec,
}

impl RequestLog {
    /// Registers the histograms.
    ///
    /// Where the hub is reached is the same for every series, and so is read from the
    /// configuration and not from requests, whose `Host` could be anything.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the registry already holds them, or `backend.listen` cannot be read.
    pub fn new(
        config: &Config,
        metrics: &Registry,
        clock: Arc<dyn Clock>,
    ) -> Result<RequestLog, StartError> {
        let options = HistogramOpts::new(
            "http_request_duration_seconds",
            "duration of HTTP requests in seconds",
        )
        .buckets(BUCKETS.to_vec());
        let duration_seconds = HistogramVec::new(options, &["status_code", "method", "path"])?;
        metrics.register(Box::new(duration_seconds.clone()))?;
        let options = HistogramOpts::new(
            "http_server_duration",
            "measures the duration of the inbound HTTP requests in milliseconds",
        )
        .buckets(BUCKETS_MILLISECONDS.to_vec())
        .const_label("net_host_name", base_host(config)?)
        .const_label(
            "net_host_port",
            Listen::from_config(config)?.port().to_string(),
        );
        let duration_milliseconds = HistogramVec::new(
            options,
            &[
                "http_scheme",
                "http_method",
                "http_flavor",
                "http_status_code",
            ],
        )?;
        metrics.register(Box::new(duration_milliseconds.clone()))?;
        Ok(RequestLog {
            clock,
            times: SecondText::new("%d/%b/%Y:%H:%M:%S +0000"),
            duration_seconds,
            duration_milliseconds,
        })
    }
}

/// A request under way, as far as it is logged.
pub(super) struct Observed {
    start: Instant,
    method: Method,
    uri: Uri,
    version: Version,
    referrer: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
    address: Option<ClientAddress>,
}

impl Observed {
    /// Its method.
    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    /// Its URL, as it came.
    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }
}

impl RequestLog {
    /// Begins to measure a request.
    pub(super) fn begin(&self, request: &Request) -> Observed {
        let header = |name| request.headers().get(name).cloned();
        Observed {
            start: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            referrer: header(header::REFERER),
            user_agent: header(header::USER_AGENT),
            address: request.extensions().get().copied(),
        }
    }

    /// Measures and logs, once the answer is known.
    pub(super) fn end(&self, observed: &Observed, response: &Response) {
        let Observed { method, uri, .. } = observed;
        let status = response.status();
        let elapsed = observed.start.elapsed().as_secs_f64();
        let flavor = version_number(observed.version);
        let labels = [
            status.as_str(),
            method_label(method),
            path_label(uri.path()),
        ];
        self.duration_seconds
            .with_label_values(&labels)
            .observe(elapsed);
        let labels = ["http", method_label(method), flavor, status.as_str()];
        self.duration_milliseconds
            .with_label_values(&labels)
            .observe(elapsed * 1000.0);
        let shown = shown(uri);
        if is_quiet(uri.path()) {
            tracing::debug!(
                plugin = "rootHttpRouter",
                r#type = "incomingRequest",
                "{method} {shown} {}",
                status.as_u16()
            );
        } else {
            let length = response
                .headers()
                .get(header::CONTENT_LENGTH)
                .and_then(|value| value.to_str().ok());
            tracing::info!(
                plugin = "rootHttpRouter",
                r#type = "incomingRequest",
                address = observed.address.map(tracing::field::display),
                "[{}] \"{method} {shown} HTTP/{flavor}\" {} {} {:?} {:?}",
                self.times.of(self.clock.now()),
                status.as_u16(),
                length.unwrap_or("-"),
                text(observed.referrer.as_ref()),
                text(observed.user_agent.as_ref()),
            );
        }
    }
}

/// What the log says of a URL: all of it, but for the answer of a sign-in provider, whose code is a
/// secret.
fn shown(uri: &Uri) -> Cow<'_, str> {
    match uri.path_and_query() {
        _ if uri.path().ends_with("/handler/frame") => uri.path().into(),
        Some(whole) if uri.authority().is_none() => whole.as_str().into(),
        _ => uri.to_string().into(),
    }
}

/// Probes and scrapes come every few seconds and say nothing.
fn is_quiet(path: &str) -> bool {
    path.starts_with("/.backstage/health/") || path == "/healthcheck" || path == "/metrics"
}

/// `/api/<plugin>`, or the first segment, when there is something there, else `other`: never a
/// name that a caller chose, so that the number of series stays small.
fn path_label(path: &str) -> &str {
    const KNOWN: [&str; 15] = [
        "/api/auth",
        "/api/callboard",
        "/api/catalog",
        "/api/permission",
        "/api/scaffolder",
        "/api-docs",
        "/catalog",
        "/settings",
        "/static",
        "/sign-in",
        "/sign-out",
        "/metrics",
        "/healthcheck",
        "/.backstage",
        "/",
    ];
    let is_under = |known: &&&str| {
        path.strip_prefix(**known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    KNOWN.iter().find(is_under).copied().unwrap_or("other")
}

/// The method, if it is one of the usual: a caller may send any word, and each would be a series.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    const NAMES: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN
        .iter()
        .position(|known| known == method)
        .map_or("other", |at| NAMES[at])
}

/// The host of `backend.baseUrl`.
fn base_host(config: &Config) -> Result<String, StartError> {
    let base_url = config.string("backend.baseUrl")?;
    let url = Url::parse(&base_url)
        .map_err(|error| StartError::value(config, "backend.baseUrl", error))?;
    Ok(url.host_str().unwrap_or_default().to_owned())
}

fn text(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or("-")
}

fn version_number(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2.0",
        _ => "1.1",
    }
}
